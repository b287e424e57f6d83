"""The strip: every byte of a frame in one cell, in the tint of its field, with what it says under it."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, Tags, look
from wslab.explain.anatomy import anatomy
from wslab.protocol import Frame, Role
from wslab.widgets.strip import strip, wire_lines

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


def drawn(data: bytes, role: Role = Role.SERVER, most: int = 24) -> Tags:
    told = anatomy(data, role)
    return look(strip(told, told.parts[0], most=most))


def tints(tags: Tags) -> list[str]:
    """The tint of each run of bits, in order."""
    classes = [(attrs.get("class") or "").split() for _, attrs in tags.found]
    return [name[6:] for each in classes for name in each if name.startswith("wsl-t-")]


def test_every_byte_is_one_cell() -> None:
    assert len(drawn(HELLO).of_class("wsl-scell")) == len(HELLO)
    assert "37key[0]fakey[1]" in drawn(HELLO).text
    assert "7fH9fe4dl51l58o" in drawn(HELLO).text


def test_each_field_has_its_tint() -> None:
    assert tints(drawn(HELLO)) == ["flags"] * 4 + ["opcode", "key", "length", "key", "payload"]
    closed = drawn(bytes.fromhex("880603e8646f6e65"), Role.CLIENT)
    assert tints(closed)[-2:] == ["close", "payload"]
    assert "1000" in closed.text


def test_a_tint_of_the_first_byte_covers_exactly_its_bits() -> None:
    bits = drawn(HELLO).of_class("wsl-sbits")
    assert [each["style"] for each in bits[:5]] == [
        "grid-column:1/span 1",
        "grid-column:2/span 1",
        "grid-column:3/span 1",
        "grid-column:4/span 1",
        "grid-column:5/span 4",
    ]


@pytest.mark.parametrize(
    ("data", "name"), [("810548656c6c6f", "MASK"), ("838537fa213d7f9f4d5158", "opcode"), ("c18537fa213d7f", "RSV1")]
)
def test_an_illegal_field_is_hatched_and_named(data: str, name: str) -> None:
    tags = drawn(bytes.fromhex(data))
    assert len(tags.of_class("is-illegal")) == 1
    assert f"× {name}" in tags.text


def test_a_long_payload_is_cut_and_what_is_missing_is_told() -> None:
    whole = Frame.binary(bytes(100), mask=bytes(4)).serialize()
    assert len(drawn(whole, most=8).of_class("wsl-scell")) == 6 + 8
    assert "… 92 bytes more" in drawn(whole, most=8).text
    assert "… 30 bytes to come" in drawn(whole[:-30], most=70).text
    assert "… 62 bytes more, 30 bytes to come" in drawn(whole[:-30], most=8).text


def test_of_a_long_frame_its_beginning_is_enough() -> None:
    told = anatomy(Frame.binary(bytes(70_000)).serialize()[:100], Role.CLIENT)
    assert "… 69,992 bytes more" in look(strip(told, told.parts[0], most=8, cut=True)).text


@pytest.mark.parametrize("size", range(1, len(HELLO) + 1))
def test_a_frame_that_is_cut_off_anywhere_is_drawn(size: int) -> None:
    assert len(drawn(HELLO[:size]).of_class("wsl-scell")) == size


def test_it_says_all_its_fields_to_a_screen_reader() -> None:
    (box,) = drawn(HELLO).of_class("wsl-strip")
    assert box["role"] == "img"
    assert "opcode 0x1 text, MASK 1, Payload len 5" in (box["aria-label"] or "")


def test_a_payload_is_data() -> None:
    assert not drawn(Frame.text(EVIL).serialize(), Role.CLIENT).having("onerror")


def test_a_head_is_shown_as_its_lines() -> None:
    tags = look(wire_lines(b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + EVIL.encode() + b"\r\n\r\n"))
    assert len(tags.of_class("wsl-wline")) == 3
    assert not tags.having("onerror")
