"""The masking stepper as HTML and text: the same XOR as the protocol, step by step."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look
from wslab.protocol import apply_mask
from wslab.widgets.masking.picture import regions, text
from wslab.widgets.masking.state import MaskingState
from wslab.widgets.page import html_of

KEY = bytes.fromhex("37fa213d")


def everything(state: MaskingState) -> str:
    return "".join(html_of(node) for node in regions(state, range(len(state.payload) + 1)).values())


@pytest.mark.parametrize("payload", [b"", b"a", b"Hello", bytes(range(9)), bytes(range(256))])
@pytest.mark.parametrize("unmask", [False, True])
def test_each_step_tells_the_byte_that_the_protocol_computes(payload: bytes, unmask: bool) -> None:
    state = MaskingState(payload, KEY, unmask=unmask, is_text=False)
    words = look(regions(state, range(len(payload) + 1))["caption"]).text
    masked = apply_mask(payload, KEY)
    source, result = (masked, payload) if unmask else (payload, masked)
    for index, (before, after) in enumerate(zip(source, result, strict=True)):
        assert f"key[{index % 4}] = {KEY[index % 4]:02x}" in words
        assert f"{before:02x} XOR {KEY[index % 4]:02x} = {after:02x}" in words


def test_the_bits_say_where_payload_and_key_differ() -> None:
    html = html_of(regions(MaskingState(b"o", KEY, 1), range(2))["details"])
    assert 'aria-label="01101111 XOR 00110111 is 01011000"' in html
    assert html.count("is-differ") == 3


def test_only_the_bytes_that_are_done_are_shown_as_done() -> None:
    columns = look(regions(MaskingState(b"Hello", KEY, 3), range(6))["picture"]).of_class("wsl-mcol")
    times = [(each.get("class") or "").split()[-1] for each in columns]
    assert times == ["is-past", "is-past", "is-now", "is-next", "is-next", "is-empty", "is-empty", "is-empty"]


@pytest.mark.parametrize(("step", "group"), [(0, "0-4"), (4, "0-4"), (5, "5-8"), (8, "5-8")])
def test_the_key_lies_under_the_present_four_bytes(step: int, group: str) -> None:
    keys = look(regions(MaskingState(b"Hello, W", KEY, step), range(9))["picture"]).of_class("wsl-mkey")
    assert [each["data-at"] for each in keys if "is-now" in (each["class"] or "")] == [group]


def test_an_empty_payload_still_says_something() -> None:
    assert "nothing to mask" in everything(MaskingState(b"", KEY))


def test_the_payload_is_data_in_every_region() -> None:
    state = MaskingState(EVIL.encode(), KEY, 3, key_text=EVIL, key_problem=EVIL)
    html = everything(state)
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_has_a_line_for_each_byte() -> None:
    lines = text(MaskingState(b"Hello", KEY)).splitlines()
    assert len(lines) == 7
    assert lines[-1].split() == ["4", "6f", "01101111", "o", "[0]", "37", "00110111", "58", "01011000", "X"]


def test_a_long_text_form_is_cut_and_says_so() -> None:
    shown = text(MaskingState(bytes(1000), KEY))
    assert "936 bytes are left out" in shown
    assert len(shown.splitlines()) == 67
