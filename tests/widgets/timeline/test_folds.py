"""Keepalive in one line: only what says nothing new is folded, and all of it comes back."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look, press, shown
from tests.widgets.tapes import KEY, C, Recorder, S
from wslab import ScenarioPlayer, Timeline, play
from wslab.lab import Tape
from wslab.protocol import Frame
from wslab.scenarios.catalogue import SCENARIOS
from wslab.tape.entry import ARRIVED
from wslab.tape.follow import TapeView
from wslab.widgets.timeline.folds import FEWEST, folds
from wslab.widgets.timeline.layout import layout
from wslab.widgets.timeline.state import Filter, TimelineState


def beats(count: int, *, answered: bool = True) -> Tape:
    """A message, so many Pings of the server ten seconds apart, the last one answered or not, and a message."""
    told = Recorder().open().say("Hello")
    for number in range(count):
        told.wait(10).send(S, Frame.ping(b"%d" % number).serialize())
        if answered or number < count - 1:
            told.send(C, Frame.pong(b"%d" % number, mask=KEY).serialize())
    return told.wait(10).say("Bye").tape


def folded(tape: Tape, connection: int = 1) -> TimelineState:
    view = TapeView(tape)
    return TimelineState(view.entries(connection), view.cut(connection), filter=Filter(folds=True))


def test_a_run_of_answered_pings_is_one_line_and_one_step() -> None:
    view = Timeline(beats(8))
    count = view.count
    press(view, "keepalive", value="true")
    assert view.count == count - 15
    assert "8 Pings in 1 min 10 s, all answered" in look(view.regions["picture"]).text
    assert "8 Pings and as many Pongs, from 10 s to 1 min 20 s: each Ping was answered." in shown(view)
    assert look(view.regions["header"]).of_class("wsl-about")
    assert "hidden" not in look(view.regions["header"]).text
    press(view, "keepalive", value="false")
    assert view.count == count


def test_it_is_unfolded_from_its_own_step() -> None:
    view = Timeline(beats(8))
    press(view, "keepalive", value="true")
    (unfold,) = [each for each in look(view.regions["drawer"]).having("data-do") if each["data-do"] == "keepalive"]
    press(view, "keepalive", unfold["data-arg"] or "")
    assert "all answered" not in look(view.regions["picture"]).text


def test_a_ping_without_a_pong_is_never_folded() -> None:
    state = folded(beats(8, answered=False))
    assert not state.folds
    assert len(state.shown) == len(state.entries)


def test_two_entries_are_not_worth_a_fold() -> None:
    assert not folded(beats(FEWEST // 2 - 1)).folds
    assert folded(beats(FEWEST // 2)).folds


def test_a_fold_stands_between_its_neighbours_and_no_idle_time_is_drawn_in_it() -> None:
    state = folded(beats(8))
    found = layout(state, state.shown)
    place = next(n for n, arrow in enumerate(found.arrows) if arrow.shape == "fold")
    before, fold, after = (arrow.line for arrow in found.arrows[place - 1 : place + 2])
    assert before.y0 < fold.y0 < after.y0
    assert [round(gap.seconds) for gap in found.gaps] == [10, 10]
    assert all(gap.bottom <= fold.y0 or gap.top > fold.y0 for gap in found.gaps)


def test_a_step_inside_a_fold_is_the_fold() -> None:
    view = Timeline(beats(8))
    press(view, "keepalive", value="true")
    first = next(iter(view.state.folds))
    view.step = first + 5
    assert view.step == first


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in ("herd", "deflate-memory")])
def test_in_every_scenario_what_is_folded_arrived_was_answered_and_changed_no_belief(name: str) -> None:
    tape = play(name)
    for number in tape.connection_numbers[:6]:
        state = folded(tape, number)
        entries = state.entries
        for fold in folds(entries, range(len(entries))):
            run = [entries[index] for index in fold.indices]
            assert {entry.fate for entry in run} == {ARRIVED}
            assert [entry.kind for entry in run].count("pong") == fold.pings == len(run) / 2
            assert len({(str(entry.client), str(entry.server)) for entry in run}) == 1
        if state.folds:
            found = layout(state, state.shown)
            assert all(tag.free for arrow in found.arrows for tag in arrow.tags[1:])


def test_the_player_begins_folded_and_the_timeline_unfolded() -> None:
    tape = play("keepalive")
    assert "24 Pings in 9 min 35 s, all answered" in ScenarioPlayer(tape, asks=False).regions["picture"]
    assert not Timeline(tape).state.folds


def test_words_of_a_fold_are_in_the_text_too() -> None:
    view = Timeline(beats(8))
    press(view, "keepalive", value="true")
    assert "8 Pings and as many Pongs" in view.text()
