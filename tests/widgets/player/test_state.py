"""What is shown before the question is answered: a beginning that answers nothing."""

from __future__ import annotations

import pytest

from wslab import play
from wslab.protocol.states import State
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.player.state import MOST_SHOWN, beginning
from wslab.widgets.player.widget import ScenarioPlayer


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_beginning_shows_no_loss_no_end_and_no_violation(name: str) -> None:
    state = ScenarioPlayer(name).player
    shown = state.timeline.entries[: beginning(state.timeline.entries, state.question.before)]
    assert len(shown) <= MOST_SHOWN
    assert len(shown) < len(state.timeline.entries) or len(shown) <= 3
    for entry in shown:
        believed = {each.state for each in (entry.client, entry.server) if each is not None}
        assert believed <= {State.CONNECTING, State.OPEN}
        assert (entry.fate == "lost", entry.error) == (False, None)
    scene = state.scene
    assert scene is None or list(scene.entries) == list(shown)


def test_what_both_believe_after_a_silence_is_not_told() -> None:
    state = ScenarioPlayer("half-open").player
    assert state.scene is not None
    assert [entry.number for entry in state.scene.entries] == [0, 1, 2, 3, 4, 5]
    assert len(play("half-open")) == 9


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_step_that_decides_a_question_is_one_of_the_run_and_is_not_shown_before(name: str) -> None:
    before = SCENARIOS[name].answers.before
    state = ScenarioPlayer(name).player
    if before is not None:
        assert state.scene is not None
        assert before in [entry.number for entry in state.timeline.entries]
        assert max(entry.number for entry in state.scene.entries) < before
