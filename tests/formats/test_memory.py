"""What comes from a file takes no more memory than its format says, whatever stands in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.formats.memory import peak_of_loading
from wslab.formats import UnreadableFile, load
from wslab.formats.har import entries
from wslab.lab import Tape
from wslab.tape import jsonlines
from wslab.tape.files import has_more_values

MIB = 1024 * 1024
FIRST = b'{"wslab":"tape","version":2,"epoch":0.0}\n'


@pytest.mark.parametrize("line", [b"00\n", b"0", b"0x00,", b"81 05 "])
def test_a_hex_dump_takes_six_times_its_size(line: bytes, tmp_path: Path) -> None:
    size = 16 * MIB
    (tmp_path / "dump").write_bytes(line * (size // len(line) // 2 * 2))
    assert peak_of_loading(tmp_path / "dump") < 6 * size


def test_a_dump_with_offsets_takes_six_times_its_size(tmp_path: Path) -> None:
    size = 4 * MIB
    lines = (b"%08x: 8105 4865 6c6c 6f\n" % (at * 7) for at in range(size // 29))
    (tmp_path / "dump").write_bytes(b"".join(lines))
    assert peak_of_loading(tmp_path / "dump") < 6 * size


@pytest.mark.parametrize("part", [b"[],", b"0.5,", b'{"a":{}},', b'"ab",', b'{"a":[]},'])
def test_a_har_takes_three_times_its_size_and_200_bytes_a_value(part: bytes, tmp_path: Path) -> None:
    size = 16 * MIB
    data = b'{"log":{"entries":[' + part * (size // len(part)) + b"0]}}"
    (tmp_path / "har").write_bytes(data)
    assert peak_of_loading(tmp_path / "har") < 3 * len(data) + 200 * entries.MOST_VALUES


def test_a_har_of_too_many_values_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "har").write_bytes(b'{"log":{"entries":[' + b"[]," * entries.MOST_VALUES + b"0]}}")
    with pytest.raises(UnreadableFile, match="more than 2,000,000 JSON values"):
        load(tmp_path / "har")


def test_what_stands_in_strings_is_no_value() -> None:
    data = json.dumps({"data": r'[{,"' * 100, "more": [1, 2, "\\", '"']}).encode()
    assert has_more_values(data, 6)
    assert not has_more_values(data, 8)


@pytest.mark.parametrize(
    ("data", "most", "more"),
    [
        (b'"' + b",\\" * MIB, 2, False),  # a string without an end
        (b"1" * MIB + b",,,", 2, True),
        (b'"",' * MIB, MIB - 1, True),
        (b'"[' * MIB, MIB - 1, False),  # every second bracket is in a string
        (b"\\" * MIB + b",[{", 2, True),
    ],
)
def test_values_of_broken_json_are_counted_in_one_go(data: bytes, most: int, more: bool) -> None:
    assert has_more_values(data, most) is more


@pytest.mark.parametrize("part", [b"[],", b'"\xf0\x9f\x98\x80aaaaaaaaa",', b'{"a":{}},'])
def test_a_json_line_takes_three_times_its_size(part: bytes, tmp_path: Path) -> None:
    size = 16 * MIB
    line = b'{"time":0,"connection":1,"what":"note","side":"wire","text":[' + part * (size // len(part)) + b"0]}\n"
    (tmp_path / "tape").write_bytes(FIRST + line)
    assert peak_of_loading(tmp_path / "tape") < 3 * size
    tape = Tape.load(tmp_path / "tape")
    assert len(tape) == 0
    assert "Line 2 of the file is left out" in tape.warnings[0]


def test_a_record_of_many_bytes_comes_back_in_four_times_its_line(tmp_path: Path) -> None:
    digits = b"00" * (8 * MIB)
    line = b'{"time":0,"connection":1,"what":"taken","side":"client","hex":"' + digits + b'"}\n'
    (tmp_path / "tape").write_bytes(FIRST + line)
    assert peak_of_loading(tmp_path / "tape") < 4.5 * len(line)
    assert Tape.load(tmp_path / "tape").size > 8 * MIB
    assert len(line) > jsonlines.LONG


@pytest.mark.parametrize("digits", [4_301, 100_000])
def test_a_number_of_thousands_of_digits_is_one_sentence(digits: int, tmp_path: Path) -> None:
    number = b"9" * digits
    (tmp_path / "har").write_bytes(b'{"log":{"entries":[' + number + b"]}}")
    with pytest.raises(UnreadableFile, match="a number of thousands of digits, not a HAR"):
        load(tmp_path / "har")
    (tmp_path / "tape").write_bytes(
        FIRST + b'{"time":' + number + b',"connection":1,"what":"note","side":"wire","text":"x"}\n'
    )
    assert Tape.load(tmp_path / "tape").warnings == [
        "Line 2 of the file is left out: it has a number of thousands of digits."
    ]
    (tmp_path / "first").write_bytes(b'{"wslab":"tape","version":' + number + b"}\n")
    with pytest.raises(UnreadableFile):
        load(tmp_path / "first")
