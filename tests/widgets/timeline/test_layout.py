"""Where the arrows of the timeline lie: geometry without a picture."""

from __future__ import annotations

from tests.widgets.tapes import KEY, C, Recorder, S, closed, half_open
from wslab.lab import Tape
from wslab.protocol import Frame
from wslab.tape.follow import TapeView
from wslab.widgets.timeline.layout import GAP, ROW, Arrow, arrows
from wslab.widgets.timeline.state import TimelineState


def state_of(tape: Tape) -> TimelineState:
    view = TapeView(tape)
    return TimelineState(view.entries(1), view.cut(1))


def arrows_of(tape: Tape) -> list[Arrow]:
    state = state_of(tape)
    return list(arrows(state, range(state.last)))


def test_every_entry_has_one_arrow_in_order() -> None:
    assert [arrow.index for arrow in arrows_of(closed())] == list(range(8))


def test_an_arrow_is_level_when_no_time_passed_and_falls_when_some_did() -> None:
    data = Frame.text("a", mask=KEY).serialize()
    level, falling = arrows_of(Recorder().open().depart(C, data).arrive(S, 7, after=0).send(C, data).tape)[-2:]
    assert level.falls == 0
    assert falling.falls > 0


def test_an_arrival_behind_the_next_departure_falls_below_its_row() -> None:
    first, second = (Frame.text(text, mask=KEY).serialize() for text in "ab")
    told = Recorder().open().depart(C, first).depart(C, second).arrive(S, 7).arrive(S, 7)
    assert arrows_of(told.tape)[-2].falls > ROW


def test_a_silence_between_two_departures_adds_its_gap_to_the_fall() -> None:
    ping = Frame.ping(mask=KEY).serialize()
    told = Recorder().open().depart(C, ping).wait(1).depart(C, ping).arrive(S, 6, after=0).arrive(S, 6, after=0)
    assert arrows_of(told.tape)[-2].falls == ROW + GAP


def test_a_lost_frame_has_no_fall_of_its_own() -> None:
    assert arrows_of(half_open())[-2].falls == 0


def test_a_label_stands_in_the_middle_unless_an_arrow_passes_there() -> None:
    ping, pong = Frame.ping(b"a", mask=KEY).serialize(), Frame.pong(b"a").serialize()
    told = Recorder().open().depart(C, ping).depart(S, pong).wait(0.001).arrive(S, len(ping)).arrive(C, len(pong))
    told.send(C, Frame.text("c", mask=KEY).serialize())
    assert [arrow.middle for arrow in arrows_of(told.tape)[-3:]] == [50, 76, 50]
