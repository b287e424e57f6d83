"""A file that grows with its tape, on a disk that does not always take it."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tape.tapes import blank, conversation, moved
from wslab.lab import Tape
from wslab.tape.jsonlines import JsonlinesWriter


class Disk:
    """Takes so many bytes at a time, and none where that is 0."""

    def __init__(self, takes: list[int]) -> None:
        self.content = b""
        self.closed = False
        self._takes = takes

    def write(self, data: bytes) -> int:
        size = self._takes.pop() if self._takes else len(data)
        if not size:
            raise OSError(28, "No space left on device")
        self.content += bytes(data[:size])
        return min(size, len(data))

    def __enter__(self) -> Disk:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


@given(st.lists(st.integers(0, 300), max_size=30))
def test_a_disk_that_is_full_for_a_while_leaves_no_hole(takes: list[int]) -> None:
    tape, disk = blank(), Disk([*takes, 1])
    with mock.patch("wslab.tape.jsonlines.growing", return_value=disk):
        file = JsonlinesWriter(tape.log, "tape.jsonl")
    for number in range(len(takes) + 1):
        moved(tape, b"%d" % number)
        try:
            file.append()
        except OSError:
            continue
    disk._takes.clear()
    file.close()
    assert disk.closed
    with mock.patch("wslab.tape.jsonlines.growing", return_value=disk):
        whole = JsonlinesWriter(tape.log, "whole.jsonl")
        grown, disk.content, disk.closed = disk.content, b"", False
        whole.append()
    assert grown == disk.content


def test_a_disk_that_stays_full_is_told_at_the_end_and_the_file_is_closed() -> None:
    disk = Disk([0] * 10)
    with mock.patch("wslab.tape.jsonlines.growing", return_value=disk):
        file = JsonlinesWriter(conversation(blank()).log, "tape.jsonl")
    with pytest.raises(OSError, match="No space"):
        file.close()
    assert disk.closed


def test_what_is_written_is_the_tape(tmp_path: Path) -> None:
    tape = blank()
    with JsonlinesWriter(tape.log, tmp_path / "tape.jsonl") as file:
        file.append()
        conversation(tape)
        file.append()
        moved(tape, b"more")
    assert Tape.load(tmp_path / "tape.jsonl").digest() == tape.digest()


def test_the_first_line_says_what_was_dropped_at_any_moment(tmp_path: Path) -> None:
    tape, path = blank(max_bytes=1000), tmp_path / "tape.jsonl"
    file = JsonlinesWriter(tape.log, path)
    for _ in range(3):
        for _ in range(5):
            moved(tape, bytes(300))
        file.append()  # the program may be killed here
        loaded = Tape.load(path)
        assert loaded.dropped_records == tape.dropped_records > 0
        assert loaded.dropped_bytes == tape.dropped_bytes
        assert loaded.warnings == []
    file.close()
    assert Tape.load(path).digest() == tape.digest()
