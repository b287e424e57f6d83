"""Every way to mask keeps the one contract of §5.3."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslab.protocol import LocalProtocolError, apply_mask, masking
from wslab.protocol.masking import LADDER, Mask, mask_by_definition

MASKS = {**LADDER, "fastest": masking.mask_unchecked, "public": apply_mask}
each_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
keys = st.binary(min_size=4, max_size=4)


@each_mask
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 1000])
def test_byte_i_is_masked_with_byte_i_modulo_4_of_the_key(mask: Mask, size: int) -> None:
    data, key = bytes(at * 7 % 256 for at in range(size)), b"\x00\x01\x80\xff"
    masked = mask(data, key)
    assert len(masked) == size
    assert all(masked[at] == data[at] ^ key[at % 4] for at in range(size))


@each_mask
@given(data=st.binary(max_size=300), key=keys)
@settings(max_examples=100)
def test_masking_agrees_with_the_definition_and_is_its_own_inverse(mask: Mask, data: bytes, key: bytes) -> None:
    masked = mask(data, key)
    assert masked == mask_by_definition(data, key)
    assert mask(masked, key) == data


@each_mask
def test_leading_zeros_survive(mask: Mask) -> None:
    assert mask(bytes(6), bytes(4)) == bytes(6)
    assert mask(b"\x01\x02\x03\x04\x01\x02", b"\x01\x02\x03\x04") == bytes(6)


@each_mask
def test_the_sample_of_the_rfc(mask: Mask) -> None:
    assert mask(b"Hello", bytes.fromhex("37fa213d")) == bytes.fromhex("7f9f4d5158")


@each_mask
def test_a_view_is_masked_without_a_copy_of_it(mask: Mask) -> None:
    assert mask(memoryview(b"..Hello..")[2:7], bytes.fromhex("37fa213d")) == bytes.fromhex("7f9f4d5158")


@pytest.mark.parametrize("key", [b"", b"a", b"abc", b"abcde", bytes(8)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        apply_mask(b"Hello", key)
    assert caught.value.rule.id == "local-key-length"


@pytest.mark.parametrize("data", [5, "text", None], ids=repr)
def test_what_is_not_bytes_is_a_mistake(data: Any) -> None:
    with pytest.raises(TypeError, match="bytes"):
        apply_mask(data, bytes(4))
    with pytest.raises(TypeError, match="bytes"):
        apply_mask(b"Hello", data)


def test_a_key_is_counted_in_bytes() -> None:
    key: Any = memoryview(bytes(16)).cast("I")
    with pytest.raises(LocalProtocolError, match="a key of 16 bytes"):
        apply_mask(b"Hello", key)
    with pytest.raises(LocalProtocolError, match="a key of 1 byte,"):
        apply_mask(b"Hello", b"x")


def test_with_nothing_but_python_the_ladder_has_three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "find_spec", lambda name: None)
    assert list(masking._ladder()) == ["loop", "table", "integer"]


def test_websockets_without_its_c_extension_has_no_mask_for_us(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = ModuleSpec("websockets", None)
    package.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(masking, "find_spec", lambda name: package if name == "websockets" else None)
    assert "C" not in masking._ladder()


def test_masking_does_not_bring_the_package_whose_c_it_uses() -> None:
    asked = "import sys, wslab; sys.exit('websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], timeout=60).returncode == 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_whatever_holds_bytes_can_be_masked(kind: type) -> None:
    assert apply_mask(kind(b"Hello"), kind(bytes.fromhex("37fa213d"))).hex() == "7f9f4d5158"
