"""What is printed as JSON: the data as they are, and nothing that a terminal could obey."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.cli.terminal.output import as_json

DANGEROUS = "\x00\x07\x1b\x7f\x80\x9b\x9f\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\u061c\ufeff\ud800\U000e0001"


@pytest.mark.parametrize("character", DANGEROUS)
@pytest.mark.parametrize("indent", [None, 1])
def test_what_a_terminal_could_obey_is_escaped(character: str, indent: int | None) -> None:
    data = {f"key{character}": [f"a{character}b", "é漢字😀"]}
    text = as_json(data, indent=indent)
    assert all(line.isprintable() for line in text.split("\n"))
    assert json.loads(text) == data
    assert "é漢字😀" in text


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_is_written_reads_back(data: object) -> None:
    text = as_json(data)
    assert text.isprintable()
    assert json.loads(text) == data
