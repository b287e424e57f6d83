"""How much of a connection is read at once."""

from __future__ import annotations

from wslab.lab.context import FIRST_READ, READ_SIZE, next_read


def test_a_peer_that_fills_its_reads_with_large_frames_is_read_in_larger_ones() -> None:
    assert next_read(FIRST_READ, FIRST_READ, 10) == READ_SIZE
    assert next_read(READ_SIZE, 1000, 1) == READ_SIZE


def test_a_peer_of_tiny_frames_is_read_in_small_ones() -> None:
    assert next_read(FIRST_READ, FIRST_READ, FIRST_READ // 2) == FIRST_READ
    assert next_read(READ_SIZE, READ_SIZE, READ_SIZE // 2) == FIRST_READ


def test_a_peer_that_sends_little_stays_as_it_is() -> None:
    assert next_read(FIRST_READ, 131, 1) == FIRST_READ
