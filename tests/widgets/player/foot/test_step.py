"""The present step: its sentence for every step of every scenario, its way, its bytes, and what can be changed."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look
from wslab import ScenarioPlayer
from wslab.scenarios.catalogue import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_steps_to_its_end_and_back_and_each_step_has_its_sentence(name: str) -> None:
    view = ScenarioPlayer(name, asks=False)
    state = view.player.timeline
    numbers = [state.number(place) for place in range(len(state.shown))]
    assert view.step == numbers[-1]
    some = sorted({*numbers[:12], *numbers[::60], *numbers[-12:]})  # of a long run those at its ends, and some between
    for step in (*reversed(some), *some):
        view.step = step
        assert view.step == step
    view.redraw()  # until then the page alone knows which one is shown
    captions = look(view.regions["caption"])
    shown = captions.having("data-from")
    assert [int(each["data-from"] or -1) for each in shown if "hidden" not in each] == [numbers[-1]]
    entries = {entry.number: entry for entry in state.entries}
    for number in (int(each["data-from"] or -1) for each in shown):
        assert f"Step {number}. {look(state.sentence(entries[number])).text}" in captions.text


def test_the_sentence_says_who_is_wrong() -> None:
    view = ScenarioPlayer("half-open", asks=False)
    assert "The RST is lost on the way. The server still believes OPEN" in look(view.regions["caption"]).text


def test_a_step_has_its_way_its_bytes_and_what_can_be_changed() -> None:
    view = ScenarioPlayer("clean-close", asks=False, step=5)
    foot = view.regions["parts"]
    assert "client → server, departs at 2.5 ms, arrives 0.5 ms later" in look(foot).text
    assert "Close code" in look(foot).text
    assert {"5:drop", "5:cut"} <= {each["data-arg"] for each in look(foot).having("data-arg")}


def test_a_fold_can_be_unfolded() -> None:
    view = ScenarioPlayer("keepalive", asks=False)
    assert "24 Pings and as many Pongs" in look(view.regions["caption"]).text
    assert "Unfold" in look(view.regions["parts"]).text
