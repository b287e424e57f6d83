"""What is asked before a run: choices that tell nothing, and a beginning that answers nothing."""

from __future__ import annotations

import pytest

from wslab import play
from wslab.protocol.states import State
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.player.state import CHOICES, MOST_SHOWN, beginning, choices_of
from wslab.widgets.player.widget import ScenarioPlayer


@pytest.mark.parametrize(
    ("right", "offered"),
    [
        ("CLOSED 1006 ≠ OPEN", {"OPEN ≠ CLOSED 1006", "CLOSED 1006 = CLOSED 1006", "OPEN = OPEN"}),
        ("OPEN = OPEN", {"CLOSED 1000 = CLOSED 1000", "CLOSED 1006 = CLOSED 1006", "CLOSED 1006 ≠ OPEN"}),
    ],
)
def test_the_other_answers_are_made_from_the_right_one(right: str, offered: set[str]) -> None:
    assert set(choices_of(right)) == {right} | offered


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_offers_its_own_outcome_among_different_answers(name: str) -> None:
    state = ScenarioPlayer(name).player
    if state.timeline.connection:
        assert state.right in state.choices
        assert len(set(state.choices)) == len(state.choices) == CHOICES
        assert list(state.choices) == sorted(state.choices)
    else:
        assert state.choices == ()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_beginning_shows_no_loss_no_end_and_no_violation(name: str) -> None:
    state = ScenarioPlayer(name).player
    shown = state.timeline.entries[: beginning(state.timeline.entries)]
    assert len(shown) <= MOST_SHOWN
    assert len(shown) < len(state.timeline.entries) or len(shown) <= 3
    for entry in shown:
        believed = {each.state for each in (entry.client, entry.server) if each is not None}
        assert believed <= {State.CONNECTING, State.OPEN}
        assert (entry.fate == "lost", entry.error) == (False, None)
    scene = state.scene
    assert scene is None or list(scene.entries) == list(shown)


def test_a_run_without_a_connection_has_no_choices() -> None:
    assert choices_of("without a connection") == ()
    assert ScenarioPlayer("tls-name-mismatch").player.choices == ()


def test_what_both_believe_after_a_silence_is_not_told() -> None:
    state = ScenarioPlayer("half-open").player
    assert state.scene is not None
    assert [entry.number for entry in state.scene.entries] == [0, 1, 2, 3, 4, 5]
    assert len(play("half-open")) == 9
