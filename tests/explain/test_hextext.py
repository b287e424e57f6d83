"""Hex as people paste it, and errors that name the wrong letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.explain.hextext import parse_hex, short_hex, spaced_hex


@pytest.mark.parametrize(
    "text", ["81 05 ff", "8105FF", "0x81, 0x05, 0xff", "81:05:ff", r"\x81\x05\xff", "81 05\nff\n", "81-05_ff"]
)
def test_hex_is_read_in_the_forms_that_people_paste(text: str) -> None:
    assert parse_hex(text) == b"\x81\x05\xff"


@given(st.binary(max_size=40))
def test_what_is_written_reads_back(data: bytes) -> None:
    assert parse_hex(spaced_hex(data)) == data


def test_nothing_is_no_bytes() -> None:
    assert parse_hex(" \n") == b""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("81 0g", r"'g' \(character 5 of the bytes\)"),
        ("hello", "'h' .character 1 "),
        ("0x81 0x05 x", "'x' .character 11 "),
    ],
)
def test_a_letter_that_is_not_hex_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_hex(text)


def test_an_odd_digit_is_told_with_its_fixing() -> None:
    with pytest.raises(ValueError, match=r"the key cannot end in half a byte: 3 is an odd number .* for example 05"):
        parse_hex("81 5", "the key")


@pytest.mark.parametrize(("size", "text"), [(0, ""), (2, "00 00"), (3, "00 00 …")])
def test_hex_in_short_says_that_there_is_more(size: int, text: str) -> None:
    assert short_hex(bytes(size), 2) == text
