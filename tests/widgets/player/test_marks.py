"""The steps that one looks for: frames, Closes, and where the two sides begin to differ."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look
from wslab import ScenarioPlayer
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.player.marks import marks


def found(name: str, **parameters: object) -> dict[str, tuple[int, ...]]:
    state = ScenarioPlayer(name, asks=False, **parameters).player.timeline
    return {mark.name: mark.steps for mark in marks(state)}


def test_frames_closes_and_differences_are_found() -> None:
    assert found("clean-close") == {"frame": (3, 4, 5, 6), "Close": (5, 6), "difference": (7,)}
    assert found("half-open") == {"frame": (3, 4, 6, 7), "Close": (), "difference": (8,)}


def test_a_difference_counts_where_it_begins_and_where_it_becomes_another() -> None:
    assert found("simultaneous-close")["difference"] == (3, 5, 6)


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_mark_is_a_step_of_the_run_and_each_close_is_a_frame(name: str) -> None:
    state = ScenarioPlayer(name, asks=False).player.timeline
    steps = {entry.number: entry for entry in state.entries}
    by_name = {mark.name: mark.steps for mark in marks(state)}
    assert {step for each in by_name.values() for step in each} <= steps.keys()
    assert {each for each in by_name["Close"] if steps[each].opcode is not None} <= {*by_name["frame"]}
    for step in by_name["difference"]:
        assert str(steps[step].client) != str(steps[step].server)


def test_the_buttons_carry_their_steps_and_tell_their_keys() -> None:
    buttons = look(ScenarioPlayer("clean-close", asks=False).regions["controls"]).having("data-seek")
    assert [(each["data-seek"], each["data-steps"]) for each in buttons] == [("f", "3 4 5 6"), ("c", "5 6"), ("d", "7")]
    assert all(f"key {str(each['data-seek']).upper()}" in str(each["title"]) for each in buttons)


def test_what_the_filter_hides_is_not_looked_for() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    view.do_kind("close", "")
    assert {mark.name: mark.steps for mark in marks(view.player.timeline)}["Close"] == ()
