"""What the timeline reads from a tape: entries by connection, outdated beliefs, and the words on an arrow."""

from __future__ import annotations

import pytest

from tests.widgets.tapes import KEY, C, Recorder, closed, half_open
from wslab import play
from wslab.explain.durations import format_duration, format_time
from wslab.lab import Belief, Lab
from wslab.protocol import Frame, Opcode
from wslab.protocol.states import State
from wslab.tape.follow import Cursor, Follower, TapeView
from wslab.tape.records import RecordKind, tag
from wslab.tape.text import is_outdated, label


def belief(state: State | None) -> Belief | None:
    return None if state is None else Belief(state, None, "")


@pytest.mark.parametrize(
    ("mine", "other", "cut", "expected"),
    [
        (State.OPEN, State.OPEN, False, False),
        (State.OPEN, State.OPEN, True, True),
        (State.OPEN, State.CLOSED, False, True),
        (State.OPEN, State.CLOSING, False, True),
        (State.OPEN, State.CONNECTING, False, False),
        (State.OPEN, None, False, False),
        (State.CONNECTING, State.OPEN, False, False),
        (State.CONNECTING, State.CONNECTING, True, True),
        (State.CONNECTING, State.CLOSED, False, False),
        (State.CLOSING, State.CLOSED, False, False),
        (State.CLOSING, State.CLOSED, True, True),
        (State.CLOSED, State.OPEN, True, False),
        (None, State.OPEN, True, False),
    ],
)
def test_a_belief_is_outdated_when_tcp_is_gone_or_the_other_has_left_open(
    mine: State | None, other: State | None, cut: bool, expected: bool
) -> None:
    assert is_outdated(belief(mine), belief(other), cut=cut) is expected


def test_open_is_outdated_once_the_process_of_the_other_side_has_died() -> None:
    assert is_outdated(belief(State.OPEN), None, cut=False, gone=True)
    assert not is_outdated(belief(State.CLOSING), None, cut=False, gone=True)


@pytest.mark.parametrize(
    ("seconds", "moment", "long"),
    [
        (0, "0.0 ms", "0 ms"),
        (0.0005, "0.5 ms", "0 ms"),
        (0.25, "250.0 ms", "250 ms"),
        (1, "1.000 s", "1.0 s"),
        (12.0031, "12.003 s", "12.0 s"),
        (119.97, "2:00.0 min", "120.0 s"),
        (360, "6:00.0 min", "6 min"),
        (86400.25, "1440:00.2 min", "24.0 h"),
    ],
)
def test_moments_and_durations_have_the_unit_that_reads_best(seconds: float, moment: str, long: str) -> None:
    assert (format_time(seconds), format_duration(seconds)) == (moment, long)


def test_a_lab_a_tape_and_a_list_give_the_same_entries() -> None:
    tape = closed()
    lab = Lab()
    for source in (tape, list(tape), tuple(tape)):
        assert [entry.number for entry in TapeView(source).entries(1)] == list(range(len(tape)))
    assert TapeView(lab).entries(1) == []


@pytest.mark.parametrize("source", [5, None, object()])
def test_what_holds_no_entries_is_refused(source: object) -> None:
    with pytest.raises(TypeError, match="a Lab, a Tape or a list of entries"):
        TapeView(source)


def test_only_what_is_new_is_read() -> None:
    told = Recorder().open()
    view = TapeView(told.tape)
    before = len(view.entries(1))
    assert view.update() is False
    told.say("more")
    assert view.update() is True
    assert len(view.entries(1)) == before + 2


def test_connections_are_kept_apart() -> None:
    told = Recorder().open()
    Recorder(2, told.tape).open().say("two")
    view = TapeView(told.tape)
    assert view.connection_numbers == [1, 2]
    assert {entry.connection for entry in view.entries(2)} == {2}


def test_the_entry_that_cuts_tcp_is_known() -> None:
    view = TapeView(half_open())
    cut = view.cut(1)
    assert cut is not None
    assert "silent" in view.entries(1)[cut].sentence
    assert TapeView(closed()).cut(1) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Frame.text("Hello", mask=KEY), "text “Hello”"),
        (Frame(Opcode.TEXT, b"Hel", fin=False, mask=KEY), "text, more follows “Hel”"),
        (Frame.binary(b"\x00\x01", mask=KEY), "binary, 2 bytes"),
        (Frame.ping(mask=KEY), "Ping"),
        (Frame.ping(b"\xff\x00\x10", mask=KEY), "Ping ff 00 10"),
        (Frame.pong(b"alive", mask=KEY), "Pong “alive”"),
        (Frame.close(1000, "bye", mask=KEY), "Close 1000 “bye”"),
        (Frame(Opcode.CLOSE, b"", mask=KEY), "Close"),
    ],
)
def test_an_arrow_has_few_words(data: Frame, words: str) -> None:
    told = Recorder().open().depart(C, data.serialize())
    assert label(list(told.tape)[-1]) == words


def test_an_arrow_names_the_rule_of_a_fragment_that_continues_nothing() -> None:
    told = Recorder().open().depart(C, Frame.continuation(b"lo", mask=KEY).serialize())
    assert label(list(told.tape)[-1]) == "continuation breaks continuation-needs-start"


def test_heads_tcp_and_violations_are_named_too() -> None:
    told = Recorder().open().send(C, b"\x81\x05Hello")
    words = [label(entry) for entry in told.tape]
    assert words == ["TCP connects", "GET /chat", "101 Switching Protocols", "text breaks client-masks"]


def test_half_open_ends_in_a_reset() -> None:
    words = [label(entry) for entry in half_open()]
    assert words[-3:] == ["The link goes silent", "text “Are you there?”", "RST"]


def test_what_was_played_does_not_go_on_and_a_labs_tape_does() -> None:
    assert not TapeView(play("half-open")).can_watch
    assert TapeView(Lab()).can_watch


def test_what_happened_to_the_lab_itself_can_be_shown_and_stands_last() -> None:
    tape = Recorder().open().tape
    Recorder(0, tape).record(RecordKind.NOTE, None, b"The story ends here.")
    assert TapeView(tape).connection_numbers == [1, 0]


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("The link goes silent: it swallows all.", "The link goes silent: it swallows all"),
        ("The proxy says " + "no " * 40, "The proxy says " + "no " * 14 + "…"),
        ("x" * 61, "x" * 58 + " …"),
        ("\x1b[2J", "·[2J"),
        ("", "a note"),
    ],
)
def test_a_note_is_cut_only_where_there_is_no_room_and_says_so(note: str, words: str) -> None:
    (entry,) = Recorder(0).record(RecordKind.NOTE, None, note.encode()).tape
    assert label(entry) == words


def test_what_was_inflated_says_from_what() -> None:
    bomb = next(entry for entry in play("deflate-bomb") if entry.kind == "binary")
    assert bomb.frame is not None
    assert label(bomb) == f"binary, 1,048,576 bytes out of {len(bomb.frame.payload):,}"


def test_a_cursor_goes_on_where_its_reader_stopped() -> None:
    things = list("abc")
    cursor = Cursor(lambda position: enumerate(things[position:], position + 1))
    assert next(iter(cursor)) == "a"
    things.append("d")
    assert (list(cursor), cursor.position, list(cursor)) == (["b", "c", "d"], 4, [])


def test_each_follower_has_a_place_of_its_own() -> None:
    told = Recorder().open()
    first, second = Follower(told.tape), Follower(told.tape)
    assert [entry.number for entry in first.new()] == [0, 1, 2]
    Recorder(2, told.tape).open()
    told.say("more")
    assert {entry.connection for entry in first.new()} == {1, 2}
    assert [entry.number for entry in second.new()] == list(range(len(told.tape)))
    assert (first.new(), second.new()) == ([], [])
    assert first.seen == second.seen == len(told.tape)


def test_what_arrives_after_it_was_given_is_completed_in_place() -> None:
    told = Recorder().open()
    follower = Follower(told.tape)
    follower.new()
    told.depart(C, Frame.text("Hello", mask=KEY).serialize())
    (entry,) = follower.new()
    assert entry.fate == "on the way"
    told.tape.record_count(1, tag(RecordKind.COUNTED, C.peer), len(entry.data))
    assert follower.new() == []
    assert entry.fate == "arrived"


def test_a_list_of_entries_is_followed() -> None:
    follower = Follower(list(closed()))
    assert len(follower.new()) == len(closed())
    assert follower.new() == []
