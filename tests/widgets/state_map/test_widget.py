"""`StateMap`: its role, its source, and one cursor with the Timeline."""

from __future__ import annotations

import pytest
import traitlets

from tests.widgets.helpers import look, press
from wslab import StateMap, Timeline, play
from wslab.widgets.state_map.state import ARROWS, Arrow, arrow_name


def test_it_shows_the_bare_map_without_a_source() -> None:
    view = StateMap("server")
    assert view.last == 0
    assert "States of the server" in view.text()


def test_it_has_a_step_for_each_entry_of_its_connection() -> None:
    tape = play("half-open")
    assert StateMap("client", tape).last == len(tape.entries(1)) - 1


def test_an_unknown_role_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match='A side is "client" or "server"; this is \'proxy\''):
        StateMap("proxy")


def test_a_connection_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="has no connection 7"):
        StateMap("client", play("cut"), connection=7)


def test_a_step_is_the_number_of_an_entry_in_every_connection() -> None:
    tape = play("zombie-user")
    numbers = [entry.number for entry in tape.entries(2)]
    view = StateMap("server", tape, connection=2)
    assert (view.state.first, view.last, view.count) == (numbers[0], numbers[-1], len(numbers))
    for asked in range(len(tape)):
        view.step = asked
        assert view.step == max([number for number in numbers if number <= asked], default=numbers[0])
    stops = look(view.regions["caption"]).having("data-stop")
    assert [int(each["data-stop"] or "") for each in stops] == numbers


@pytest.mark.parametrize("role", ["client", "server"])
def test_beside_a_timeline_it_has_the_same_cursor_and_both_may_step(role: str) -> None:
    timeline = Timeline(play("zombie-user"))
    view = StateMap(role, timeline)
    assert (view.connection, view.step) == (timeline.connection, timeline.step) == (2, 12)
    for step in (5, 3, 9):
        timeline.step = step
        assert view.step == step
        believed = getattr(timeline.state.entries[timeline.state.place(step)], role)
        assert view.state.state_at(view.step) is (believed and believed.state)
    view.step = 6
    assert timeline.step == 6


def test_the_map_of_a_timeline_alone_is_that_of_the_client() -> None:
    timeline = Timeline(play("cut"))
    assert StateMap(timeline).role == "client"


def test_it_follows_a_timeline_to_another_connection_and_to_a_fork() -> None:
    timeline = Timeline(play("zombie-user"))
    view = StateMap(timeline)
    timeline.connection = 1
    assert (view.connection, view.step) == (1, timeline.step)
    timeline = Timeline(play("clean-close"), step=6)
    view = StateMap(timeline)
    press(timeline, "change", "6:drop")
    timeline.step = timeline.last
    assert view.step == timeline.last == 9
    assert str(view.state.moves[-1].after) == "CLOSED 1006"


def test_it_steps_where_the_timeline_hides_a_step() -> None:
    timeline = Timeline(play("clean-close"))
    view = StateMap(timeline)
    press(timeline, "kind", "text")
    view.step = 4
    assert (view.step, timeline.step) == (4, 2)
    view.step = 5
    assert (view.step, timeline.step) == (5, 5)


def test_two_maps_share_one_cursor() -> None:
    tape = play("clean-close")
    one, other = StateMap("client", tape), StateMap("server", tape)
    traitlets.link((one, "step"), (other, "step"))
    one.step = 4
    assert other.step == 4


@pytest.mark.parametrize("arrow", ARROWS, ids=lambda each: arrow_name(each.before, each.then))
def test_choosing_an_arrow_explains_it(arrow: Arrow) -> None:
    view = StateMap("client")
    view.selected = arrow_name(arrow.before, arrow.then)
    assert arrow.happenings[0].value in view.regions["details"]


def test_beside_the_map_stands_the_way_of_this_side_and_of_the_bare_map_what_the_states_mean() -> None:
    """Before, the right half of the view was empty."""
    view = StateMap("client", play("half-open"), step=2)
    steps = look(view.regions["details"]).of_class("wsl-smap-step")
    assert [each["data-goto"] for each in steps] == ["0", "2", "8"]
    assert [("is-now" in (each["class"] or "")) for each in steps] == [False, True, False]
    for words in ("step 0 CONNECTING", "step 2 OPEN", "step 8 CLOSED 1006"):
        assert words in look(view.regions["details"]).text
        assert words in view.text()
    bare = StateMap()
    assert "CLOSING A Close was sent or has come" in look(bare.regions["details"]).text
    assert "CLOSING: A Close was sent or has come" in bare.text()
