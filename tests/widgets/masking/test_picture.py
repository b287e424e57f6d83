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
    return "".join(html_of(node) for node in regions(state, range(state.last + 1)).values())


@pytest.mark.parametrize("payload", [b"", b"a", b"Hello", bytes(range(9)), bytes(range(256))])
@pytest.mark.parametrize("unmask", [False, True])
def test_each_step_tells_the_byte_that_the_protocol_computes(payload: bytes, unmask: bool) -> None:
    state = MaskingState(payload, KEY, unmask=unmask, is_text=False)
    words = look(regions(state, range(state.last + 1))["explained"]).text
    masked = apply_mask(payload, KEY)
    source, result = (masked, payload) if unmask else (payload, masked)
    for index, (before, after) in enumerate(zip(source, result, strict=True)):
        assert f"key[{index % 4}] = {KEY[index % 4]:02x}" in words
        assert f"{before:02x} XOR {KEY[index % 4]:02x} = {after:02x}" in words


def test_the_bits_say_where_payload_and_key_differ() -> None:
    html = html_of(regions(MaskingState(b"o", KEY), range(1))["explained"])
    assert 'aria-label="01101111 XOR 00110111 is 01011000"' in html
    assert html.count("is-differ") == 3


def test_only_the_bytes_that_are_done_are_shown_as_done() -> None:
    columns = look(regions(MaskingState(b"Hello", KEY, 2), range(5))["picture"]).of_class("wsl-mcol")
    times = [(each.get("class") or "").split()[-1] for each in columns]
    numbers = [each["data-goto"] for each in columns if "data-goto" in each]
    assert numbers == ["0", "1", "2", "3", "4"]  # the number of the byte is the number of its step
    assert times == ["is-past", "is-past", "is-now", "is-next", "is-next", "is-empty", "is-empty", "is-empty"]


def test_bytes_are_the_cells_of_every_strip_and_what_is_not_masked_has_its_character() -> None:
    for unmask in (False, True):
        picture = look(regions(MaskingState(b"Hello", KEY, 2, unmask=unmask), range(5))["picture"])
        assert len(picture.of_class("wsl-scell")) == 5 * 2 + 2 * 4  # two rows, and the key under each group
        assert len(picture.of_class("wsl-schar")) == 5


@pytest.mark.parametrize(("step", "group"), [(0, "0-3"), (3, "0-3"), (4, "4-7"), (7, "4-7")])
def test_the_key_lies_under_the_present_four_bytes(step: int, group: str) -> None:
    keys = look(regions(MaskingState(b"Hello, W", KEY, step), range(8))["picture"]).of_class("wsl-mkey")
    assert [each["data-at"] for each in keys if "is-now" in (each["class"] or "")] == [group]


@pytest.mark.parametrize(("size", "columns"), [(0, 4), (1, 4), (5, 8), (16, 16), (20, 20), (21, 20), (400, 20)])
def test_cells_are_as_wide_as_whole_groups_of_four_allow(size: int, columns: int) -> None:
    state = MaskingState(bytes(size), KEY)
    (picture,) = look(regions(state, range(state.last + 1))["picture"]).of_class("wsl-mask")
    assert picture["style"] == f"--columns:{columns}"
    assert ("is-long" in (picture["class"] or "")) == (size > 20)


def test_the_counter_names_the_byte_that_the_words_name() -> None:
    shown = regions(MaskingState(b"Hello", KEY, 2), range(5))
    assert "byte 2 of 0–4" in look(shown["controls"]).text
    (words,) = (each for each in look(shown["explained"]).having("data-from") if "hidden" not in each)
    assert words["data-from"] == "2"


def test_an_empty_payload_still_says_something() -> None:
    assert "nothing to mask" in everything(MaskingState(b"", KEY))


def test_the_payload_is_data_in_every_region() -> None:
    state = MaskingState(EVIL.encode(), KEY, 3, key_text=EVIL, key_problem=EVIL)
    html = everything(state)
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_has_a_line_for_each_byte() -> None:
    lines = text(MaskingState(b"Hello", KEY)).splitlines()
    assert len(lines) == 9
    assert lines[-1].startswith("Byte 0, 48 (H), and key[0 mod 4] = key[0] = 37: 48 XOR 37 = 7f.")
    assert lines[6].split() == ["4", "6f", "01101111", "o", "[0]", "37", "00110111", "58", "01011000", "X"]


def test_a_long_text_form_is_cut_and_says_so() -> None:
    shown = text(MaskingState(bytes(1000), KEY))
    assert "left out: 936 bytes" in shown
    assert "left out: 1 byte\n" in text(MaskingState(bytes(65), KEY))
    assert len(shown.splitlines()) == 69
