"""Where a peer has lost the count of its bytes: the violation stays, and the frames behind it are told again."""

from __future__ import annotations

import pytest

from tests.tape.tapes import ANSWER, KEY, REQUEST, blank, sent
from wslab.lab import Tape
from wslab.protocol import Frame, Role
from wslab.tape.dissector import StreamDissector
from wslab.tape.records import FramesFound

TEXTS = [f"message {number:04}" for number in range(4)]
GOOD = b"".join(Frame.text(text).serialize() for text in TEXTS)


def tape_of(data: bytes, sender: Role = Role.SERVER) -> Tape:
    tape = blank()
    sent(tape, REQUEST.serialize())
    sent(tape, ANSWER.serialize(), Role.SERVER)
    sent(tape, data, sender)
    return tape


LOST = {
    "characters were counted": (b"\x81\x05" + "héllö".encode(), 2),
    "bytes too many": (Frame.text("hello").serialize() + b"ab", 2),
    "garbage": (b"\xf7\x83\x13 which no header would explain.", 34),
}


@pytest.mark.parametrize("name", LOST)
def test_frames_are_told_again_behind_a_mistake_in_the_count(name: str) -> None:
    before, size = LOST[name]
    tape = tape_of(before + GOOD)
    wrong = [entry for entry in tape if entry.error is not None]
    assert [len(entry.data) for entry in wrong] == [size]
    assert [entry.plain for entry in tape.frames()][-4:] == [text.encode() for text in TEXTS]
    [found] = [entry for entry in tape if isinstance(entry.fact, FramesFound)]
    assert found.fact == FramesFound("server", "mistake", size, 4, False, True)
    assert "A receiver has failed the connection before" in found.sentence


@pytest.mark.parametrize(
    ("data", "wrong", "sender"),
    [
        (b"\xf1\x05hello" + GOOD, 1, Role.SERVER),
        (b"\xf1\x05hello\xf1\x05hello" + GOOD, 2, Role.SERVER),
        (GOOD, 4, Role.CLIENT),
        (b"\xf1\x05hello", 1, Role.SERVER),
    ],
)
def test_where_headers_say_the_truth_each_violation_is_one(data: bytes, wrong: int, sender: Role) -> None:
    tape = tape_of(data, sender)
    assert sum(entry.error is not None for entry in tape) == wrong
    assert not any(isinstance(entry.fact, FramesFound) for entry in tape)


def test_an_unmasked_frame_is_no_text_of_a_log() -> None:
    [wrong] = [entry for entry in tape_of(Frame.text("message 0").serialize(), Role.CLIENT) if entry.error is not None]
    assert wrong.cause is None or wrong.cause.id != "text"


def test_looking_for_frames_has_a_limit() -> None:
    dissector = StreamDissector(Role.CLIENT)
    dissector.join()
    broken = b"\xf1\x81" + KEY + b"x"
    for _ in range(3000):
        list(dissector.feed(broken))
    assert dissector._searched <= 1 << 21
