"""An entry keeps its bytes and where its payload begins: looking at it parses nothing again."""

from __future__ import annotations

from unittest import mock

import pytest

from tests.tape.tapes import KEY, blank, conversation, counted, moved, opened, sent, shaken
from wslab import play
from wslab.lab import Entry
from wslab.protocol import Frame, FrameParser, Role


def look(entry: Entry) -> tuple[object, ...]:
    return entry.frame, entry.plain, entry.opcode, entry.sentence, repr(entry)


def test_a_frame_is_parsed_once_for_the_tape_however_often_it_is_looked_at() -> None:
    tape = conversation(blank())
    with mock.patch.object(FrameParser, "feed", autospec=True, side_effect=FrameParser.feed) as feed:
        entries = list(tape)
        opening = feed.call_count
        first = [look(entry) for entry in entries]
        second = [look(entry) for entry in tape]
    assert (opening, feed.call_count) == (8, 8)  # one chunk for each of the eight frames
    assert first == second


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
@pytest.mark.parametrize("side", list(Role))
def test_the_frame_is_sliced_from_its_bytes_whatever_form_its_length_has(size: int, side: Role) -> None:
    frame = Frame.binary(
        bytes(range(256)) * (size // 256) + bytes(size % 256), mask=KEY if side is Role.CLIENT else None
    )
    tape = blank(max_bytes=1 << 22)
    shaken(tape)
    data = frame.serialize()
    for begin in range(0, len(data), 40_000):
        sent(tape, data[begin : begin + 40_000], side)
    entry = tape[-1]
    assert (entry.frame, entry.plain, entry.opcode, entry.data) == (frame, frame.payload, 2, data)


def test_fin_and_rsv1_are_those_of_the_bytes() -> None:
    for entry in play("deflate-bomb").frames():
        if entry.frame is not None:
            assert entry.frame.serialize() == entry.data


def test_what_is_no_legal_frame_has_none_and_yet_an_opcode_where_it_says_one() -> None:
    tape = blank()
    opened(tape)
    sent(tape, b"GET / HTTP/1.1\r\n\r\n")
    moved(tape, b"\x81\x00")  # not masked
    sent(tape, b"\x82")
    counted(tape, 1)
    tape.note(1, None, "a note")
    found = [(entry.kind, entry.frame, entry.plain, entry.opcode) for entry in tape]
    assert found == [
        ("tcp", None, None, None),
        ("http", None, None, None),
        ("text", None, None, 1),
        ("fault", None, None, None),
    ]
