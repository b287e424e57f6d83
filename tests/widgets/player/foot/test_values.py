"""Other values for the parameters: what is offered can be played, and playing shows that run."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look, press
from wslab import ScenarioPlayer, play
from wslab.scenarios.catalogue import SCENARIOS, Parameter
from wslab.scenarios.player import Call
from wslab.widgets.player.foot.values import MOST_STOPS, stops

PARAMETERS = [(name, each) for name, scenario in SCENARIOS.items() for each in scenario.parameters.values()]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=lambda each: getattr(each, "name", each))
def test_what_is_offered_has_default_and_fix_and_is_allowed(name: str, parameter: Parameter) -> None:
    scenario = SCENARIOS[name]
    offered = stops(scenario, parameter, parameter.default)
    if str in parameter.types and not parameter.choices:
        assert offered == ()
        return
    assert 2 <= len(offered) <= max(MOST_STOPS, len(parameter.choices))
    assert len(set(offered)) == len(offered)
    assert parameter.default in offered
    assert scenario.fix.get(parameter.name, parameter.default) in offered
    for value in offered:
        scenario.check({parameter.name: value})


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_ends_of_every_slider_can_be_played(name: str) -> None:
    scenario = SCENARIOS[name]
    for parameter in scenario.parameters.values():
        offered = stops(scenario, parameter, parameter.default)
        for value in {offered[0], offered[-1]} if offered else ():
            assert Call(name, parameters={parameter.name: value}).play().run.ended_early is None


def test_a_slider_moves_the_run_and_stays_at_its_end() -> None:
    view = ScenarioPlayer("half-open", asks=False)
    words = look(view.regions["parts"]).having("data-words")
    assert [each["data-words"] for each in words] == ["None\t5\t10\t20\t40", "2.5\t5\t10\t20"]
    press(view, "set", "ping_interval", "2")
    assert view.player.played.digest() == play("half-open", ping_interval=10).digest()
    assert view.step == view.last
    assert "ping_interval=10" in look(view.regions["header"]).text
    assert not view.regions["fork"]
    view.step = 3
    press(view, "set", "timeout", "0")
    assert view.player.played.call.parameters == {"ping_interval": 10.0, "timeout": 2.5}
    assert view.step == 3
    press(view, "defaults")
    assert view.player.played.digest() == play("half-open").digest()


def test_a_value_between_the_stops_is_one_of_them() -> None:
    view = ScenarioPlayer("half-open", asks=False, ping_interval=7.0)
    (words, _) = look(view.regions["parts"]).having("data-words")
    assert words["data-words"] == "None\t5\t7\t10\t20\t40"


def test_a_choice_and_a_text_are_played_too() -> None:
    view = ScenarioPlayer("cut", asks=False)
    press(view, "set", "how", "2")
    assert view.player.played.call.parameters == {"how": "close"}
    censor = ScenarioPlayer("censor", asks=False)
    press(censor, "set", "word", "weather")
    assert censor.player.played.digest() == play("censor", word="weather").digest()


def test_from_the_fixed_run_its_values_are_kept() -> None:
    view = ScenarioPlayer("half-open", asks=False)
    press(view, "run", "fixed")
    press(view, "set", "timeout", "0")
    assert view.player.played.call.parameters == {"ping_interval": 20.0, "timeout": 2.5}
    assert not view.player.is_fixed


def test_what_was_said_and_the_open_part_stay_when_a_value_changes() -> None:
    view = ScenarioPlayer("half-open")
    view.selected = "said-0"
    view.selected = "part-values"
    press(view, "set", "ping_interval", "2")
    assert view.selected == "part-values"
    assert view.player.question.text == SCENARIOS["half-open"].question
    assert view.player.answer is not None


def test_a_scenario_without_parameters_offers_none() -> None:
    tabs = look(ScenarioPlayer("clean-close", asks=False).regions["parts"]).of_class("wsl-partname")
    assert "part-values" not in [each["data-select"] for each in tabs]
