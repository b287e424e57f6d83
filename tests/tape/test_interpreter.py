"""Entries from recordings made elsewhere: odd, endless or hostile. All of them become entries, and quickly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from unittest import mock

import pytest

from tests.tape.tapes import KEY, blank, shaken
from wslab.lab import Tape
from wslab.protocol import Deflate, Extension, Frame, HandshakeRequest, HandshakeResponse, Opcode, Role
from wslab.protocol.deflate import Deflater
from wslab.tape import dissector, interpreter
from wslab.tape.records import RecordKind, pack_change, tag

Step = tuple[RecordKind, Role | None, bytes | int]

MANY = 50_000
SOON = 6.0  # seconds of the processor; each took several times as long while its time grew with the square
HUGE = b"\xff" + (1 << 40).to_bytes(8, "big") + KEY
REFUSAL = b"HTTP/1.1 404 Not Found\r\n\r\n"
BYTE = (RecordKind.SENT, Role.CLIENT, b"A")
FRAME = (RecordKind.SENT, Role.CLIENT, Frame.text("A", mask=KEY).serialize())


def refused() -> Iterator[Step]:
    yield RecordKind.SENT, Role.SERVER, REFUSAL
    for _ in range(MANY):
        yield RecordKind.SENT, Role.SERVER, b"A"


def broken() -> Iterator[Step]:
    yield RecordKind.JOINED, None, b""
    yield RecordKind.SENT, Role.CLIENT, b"\xf3" + HUGE
    for _ in range(MANY):
        yield BYTE


def swallowed_in_time() -> Iterator[Step]:
    yield RecordKind.ACCEPT, Role.SERVER, b""
    yield RecordKind.JOINED, None, b""
    for _ in range(MANY):
        yield FRAME
    for place in range(MANY):
        yield RecordKind.SWALLOWED, Role.CLIENT, pack_change(place * 7, 7, b"", "")


def swallowed_ahead() -> Iterator[Step]:
    yield RecordKind.JOINED, None, b""
    for place in reversed(range(MANY)):
        yield RecordKind.SWALLOWED, Role.CLIENT, pack_change(place * 7, 3, b"", "")
    for _ in range(MANY):
        yield FRAME


def changed_ahead() -> Iterator[Step]:
    yield RecordKind.JOINED, None, b""
    for place in reversed(range(MANY)):
        yield RecordKind.CHANGED, Role.CLIENT, pack_change(place * 7, 3, b"\0", "changed")
    for _ in range(MANY):
        yield RecordKind.COUNTED, Role.SERVER, 7


def accepted_again_and_again() -> Iterator[Step]:
    yield RecordKind.JOINED, None, b""
    for _ in range(MANY):
        yield FRAME
        yield RecordKind.ACCEPT, Role.SERVER, b""


STORIES = [refused, broken, swallowed_in_time, swallowed_ahead, changed_ahead, accepted_again_and_again]


def played(steps: Iterator[Step]) -> Tape:
    tape = Tape.blank()
    for what, side, data in steps:
        tape.put(0.0, 1, tag(what, side), data)
    return tape


@pytest.mark.parametrize("story", STORIES)
def test_however_many_of_a_kind_they_are_read_soon(story: object) -> None:
    tape = played(story())  # type: ignore[operator]
    began = time.process_time()  # what others do meanwhile does not count
    assert len(tape) >= 1
    assert time.process_time() - began < SOON


def test_the_error_of_a_broken_frame_keeps_nothing_of_the_reading() -> None:
    tape = blank()
    shaken(tape)
    tape.record(1, tag(RecordKind.SENT, Role.CLIENT), bytes.fromhex("f38000000000") * dissector.MOST_BROKEN)
    errors = [entry.error for entry in tape if entry.error is not None]
    assert len(errors) == dissector.MOST_BROKEN
    assert all(error.__traceback__ is None and not hasattr(error, "frames") for error in errors)


@pytest.mark.parametrize("pieces", [1, 3])
def test_of_endless_broken_frames_so_many_are_told_and_the_rest_is_one(pieces: int) -> None:
    tape = blank()
    shaken(tape)
    for _ in range(pieces):
        tape.record(1, tag(RecordKind.SENT, Role.CLIENT), b"\xf1\x00" * 50 * dissector.MOST_BROKEN)
    wrong = [entry for entry in tape if entry.error is not None]
    assert len(wrong) == dissector.MOST_BROKEN + 1
    assert sum(len(entry.data) for entry in wrong) == pieces * 100 * dissector.MOST_BROKEN
    assert "bytes that break a rule" in wrong[-1].sentence


def agreed(tape: Tape) -> None:
    """A handshake that agrees on compression."""
    request = HandshakeRequest.build("127.0.0.1", key="dGhlIHNhbXBsZSBub25jZQ==", extensions=[Deflate().offer()])
    answer = HandshakeResponse.accept(request, extensions=[Extension("permessage-deflate", ())])
    tape.record(1, tag(RecordKind.SENT, Role.CLIENT), request.serialize())
    tape.record(1, tag(RecordKind.SENT, Role.SERVER), answer.serialize())


def test_a_compressed_frame_that_cannot_be_inflated_is_told_as_it_is() -> None:
    tape = blank()
    agreed(tape)
    frame = Frame(Opcode.TEXT, b"\x07\xff\x07", rsv1=True, mask=KEY)
    tape.record(1, tag(RecordKind.SENT, Role.CLIENT), frame.serialize())
    assert tape[-1].frame == frame
    assert tape[-1].plain == b"\x07\xff\x07"
    assert tape[-1].sentence == "The client sends text, 3 bytes, marked as compressed (RSV1), masked: 07 ff 07."


def test_what_inflates_to_more_than_is_kept_stays_compressed() -> None:
    tape = blank()
    agreed(tape)
    deflater = Deflater(Deflate(), Role.CLIENT)
    for _ in range(3):
        payload = deflater.deflate(bytes(1000), last=True)
        tape.record(
            1, tag(RecordKind.SENT, Role.CLIENT), Frame.binary(payload, mask=KEY).replace(rsv1=True).serialize()
        )
    with mock.patch.object(interpreter, "MOST_INFLATED", 2500):
        sizes = [len(entry.plain or b"") for entry in tape.frames()]
    assert sizes[:2] == [1000, 1000]
    assert sizes[2] < 50


@pytest.mark.parametrize("cut", [b"GET / HT", b"\x81\x85", b"\x81\x85" + KEY + b"He"])
def test_bytes_behind_the_end_of_their_stream_begin_afresh(cut: bytes) -> None:
    tape = blank()
    if not cut.startswith(b"GET"):
        tape.record(1, tag(RecordKind.JOINED))
    for step in (
        (RecordKind.SENT, cut),
        (RecordKind.FIN_SENT, b""),
        (RecordKind.SENT, b"\xf3"),
        (RecordKind.SENT, FRAME[2]),
    ):
        tape.record(1, tag(step[0], Role.CLIENT), step[1])
    told = [entry.data for entry in tape if entry.data]
    assert told[0] == cut
    assert b"".join(told[1:]).startswith(b"\xf3")


def test_a_refusals_page_in_pieces_leaves_its_head_known() -> None:
    tape = blank()
    for piece in (REFUSAL, b"no such", b" page"):
        tape.record(1, tag(RecordKind.SENT, Role.SERVER), piece)
    assert tape.heads(1) == {"server": REFUSAL + b"no such page"}
