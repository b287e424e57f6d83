"""Two tapes compared: the first step at which they differ, in words, and what counts as different."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.tape.tapes import ANSWER, REQUEST, believed, blank, counted, moved, opened, sent
from wslab.lab import Tape
from wslab.protocol import Frame, HandshakeRequest, HandshakeResponse, Role, State
from wslab.tape.records import ProcessDied, RecordKind, tag


def tape_of(frames: Sequence[Frame], *, request: HandshakeRequest = REQUEST, arrives: bool = True) -> Tape:
    tape = blank()
    opened(tape)
    moved(tape, request.serialize())
    for frame in frames:
        data = frame.serialize()
        sent(tape, data)
        if arrives:
            counted(tape, len(data))
    return tape


HELLO = Frame.text("Hello", mask=b"1234")


def test_the_same_story_has_no_difference() -> None:
    assert tape_of([HELLO]).diff(tape_of([HELLO])) is None
    assert blank().diff(blank()) is None


def test_masking_keys_are_chance_unless_asked_for() -> None:
    here, there = tape_of([HELLO]), tape_of([HELLO.replace(mask=b"zyxw")])
    assert here.diff(there) is None
    found = here.diff(there, keys=True)
    assert found is not None
    assert (found.step, found.what) == (2, ("key",))
    assert "31 32 33 34" in str(found)
    assert "7a 79 78 77" in str(found)


def test_whether_a_frame_is_masked_is_no_chance() -> None:
    found = tape_of([HELLO]).diff(tape_of([HELLO.replace(mask=None)]))
    assert found is not None
    assert found.what[0] == "payload"
    assert "rule" in found.what


def test_the_handshakes_key_and_port_are_chance_unless_asked_for() -> None:
    other = HandshakeRequest.build("127.0.0.1:9002", key="x3JJHMbDL1EzLkh9GBhXDw==")
    here, there = tape_of([HELLO]), tape_of([HELLO], request=other)
    assert here.diff(there) is None
    found = here.diff(there, keys=True)
    assert found is not None
    assert (found.step, found.what) == (1, ("key",))
    named = HandshakeRequest.build("127.0.0.1:9001", "/elsewhere", key="dGhlIHNhbXBsZSBub25jZQ==")
    elsewhere = here.diff(tape_of([HELLO], request=named))
    assert elsewhere is not None
    assert elsewhere.what == ("head",)


def test_another_payload_is_told_with_both_sides() -> None:
    found = tape_of([HELLO, HELLO]).diff(tape_of([HELLO, Frame.text("Help!", mask=b"1234")]))
    assert found is not None
    assert (found.step, found.what) == (3, ("payload",))
    assert str(found) == (
        "The first difference is step 3 (payload).\n"
        "Here: #1 The client sends text, 5 bytes, masked: “Hello”. Payload: 48 65 6c 6c 6f (5 bytes).\n"
        "There: #1 The client sends text, 5 bytes, masked: “Help!”. Payload: 48 65 6c 70 21 (5 bytes)."
    )


def test_a_tape_that_ends_earlier_is_told_with_what_the_other_has() -> None:
    short, long = tape_of([HELLO]), tape_of([HELLO, Frame.close(1000, mask=b"1234")])
    one, other = short.diff(long), long.diff(short)
    assert one is not None
    assert other is not None
    assert (one.step, one.here, other.there) == (3, None, None)
    assert str(one).startswith(
        "The first difference is step 3: this tape ends before it, and on the other #1 The client"
    )
    assert str(other).startswith("The first difference is step 3: the other tape ends before it, and on this #1")


def test_another_fate_is_a_difference() -> None:
    found = tape_of([HELLO]).diff(tape_of([HELLO], arrives=False))
    assert found is not None
    assert "fate" in found.what
    assert "Fate: arrived." in str(found)


def test_times_count_only_when_asked_for() -> None:
    here, there = tape_of([HELLO]), tape_of([HELLO])
    there.put(1000.0, 1, tag(RecordKind.FIN_SENT, Role.CLIENT))
    here.put(1001.0, 1, tag(RecordKind.FIN_SENT, Role.CLIENT))
    assert here.diff(there) is None
    found = here.diff(there, times=True)
    assert found is not None
    assert (found.step, found.what) == (3, ("time",))


@pytest.mark.parametrize("side", list(Role))
def test_another_belief_is_a_difference_and_so_is_the_end(side: Role) -> None:
    here, there = tape_of([HELLO]), tape_of([HELLO])
    believed(here, side, State.OPEN)
    believed(there, side, State.CLOSED, 1006)
    found = here.diff(there)
    assert found is not None
    assert found.what == (side.value,)
    assert found.ends == (f"In the end the {side.value} of #1 believes OPEN here, and believes CLOSED 1006 there.",)
    assert f"{side.value.capitalize()}: believes CLOSED 1006 (so far)." in str(found)


def test_a_side_whose_process_died_believes_nothing_in_the_end() -> None:
    here, there = tape_of([HELLO]), tape_of([HELLO])
    for tape in (here, there):
        believed(tape, Role.SERVER, State.OPEN)
    there.record_fact(1, ProcessDied("server"))
    found = here.diff(there)
    assert found is not None
    assert found.ends == ("In the end the server of #1 believes OPEN here, and believes nothing there.",)


def test_a_note_in_other_words_is_a_difference() -> None:
    here, there = tape_of([]), tape_of([])
    here.note(1, None, "one")
    there.note(1, None, "two")
    found = here.diff(there)
    assert found is not None
    assert found.what == ("fact",)


def test_the_answers_accept_value_follows_the_key() -> None:
    other = HandshakeRequest.build("127.0.0.1:9001", key="x3JJHMbDL1EzLkh9GBhXDw==")
    here, there = tape_of([]), tape_of([], request=other)
    sent(here, ANSWER.serialize(), Role.SERVER)
    sent(there, HandshakeResponse.accept(other).serialize(), Role.SERVER)
    assert here.diff(there) is None
    assert here.digest() != there.digest()
