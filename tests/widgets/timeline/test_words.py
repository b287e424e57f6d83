"""The words on a tag and the times beside it."""

from __future__ import annotations

import pytest

from tests.widgets.tapes import KEY, C, Recorder, S
from wslab.protocol import Frame
from wslab.widgets.timeline.words import duration, moment, ways_to_say


@pytest.mark.parametrize(
    ("side", "frame", "ways"),
    [
        (C, Frame.text("Hello", mask=KEY), ("“Hello”", "")),
        (S, Frame.close(1000, "thank you"), ("Close 1000 “thank you”", "Close 1000", "1000", "")),
        (S, Frame.ping(b"\x01\x02\x03\x04"), ("Ping", "")),
        (S, Frame.pong(b"are you there"), ("Pong “are yo… there”", "Pong “are y…", "")),
        (S, Frame.binary(bytes(2000)), ("2,000 bytes", "")),
        (S, Frame.text("Hello", mask=KEY), ("breaks §5.1", "")),
    ],
)
def test_a_tag_says_it_in_fewer_and_fewer_words(side: object, frame: Frame, ways: tuple[str, ...]) -> None:
    tape = Recorder().open().depart(side, frame.serialize()).tape  # type: ignore[arg-type]
    assert ways_to_say(tape[3]) == ways


def test_a_head_is_its_first_line_then_its_first_word() -> None:
    tape = Recorder().open().tape
    assert [ways_to_say(tape[n])[0] for n in (0, 1, 2)] == ["TCP connects", "GET /chat", "101 Switching Protocols"]
    assert [ways_to_say(tape[n])[1] for n in (1, 2)] == ["GET", "101"]


@pytest.mark.parametrize(
    ("seconds", "at", "long"),
    [
        (0, "0 ms", "0 ms"),
        (0.0000486, "0 ms", "49 µs"),
        (0.000107, "0.1 ms", "0.11 ms"),
        (0.0005, "0.5 ms", "0.5 ms"),
        (0.1015, "101.5 ms", "102 ms"),
        (0.994, "994 ms", "994 ms"),
        (0.999, "999 ms", "1 s"),
        (0.99997, "1 s", "1 s"),
        (3.003, "3.003 s", "3 s"),
        (12, "12 s", "12 s"),
        (75.002, "1 min 15 s", "1 min 15 s"),
        (240, "4 min", "4 min"),
        (9000, "2 h 30 min", "2 h 30 min"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, at: str, long: str) -> None:
    assert (moment(seconds), duration(seconds)) == (at, long)
