"""Every scenario has all that it teaches with, and says what is wrong with a name or a parameter."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest

import wslab
from wslab.scenarios import SCENARIOS, UnknownScenario, play, scenarios

each_scenario = pytest.mark.parametrize("name", SCENARIOS)


@each_scenario
def test_a_scenario_has_a_sentence_a_question_and_a_fix(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.sentence.endswith((".", "!", "?"))
    assert scenario.question.endswith("?")
    assert scenario.fixed.endswith(".")
    assert set(scenario.fix) <= set(scenario.parameters)
    assert scenario.fix or "nothing to fix" in scenario.fixed
    assert scenario.group


@each_scenario
def test_every_parameter_says_what_it_means_and_takes_its_default(name: str) -> None:
    for parameter in SCENARIOS[name].parameters.values():
        assert parameter.text
        parameter.check(parameter.default)


@each_scenario
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    if SCENARIOS[name].clock == "virtual":
        assert play(name, seed=5).digest() == play(name, seed=5).digest()


@each_scenario
def test_the_fixed_variant_is_another_story(name: str) -> None:
    scenario = SCENARIOS[name]
    if scenario.fix and scenario.clock == "virtual":
        assert play(name).diff(play(name, fixed=True)) is not None


def test_the_list_is_called_from_the_package() -> None:
    listed = cast(Any, wslab.scenarios)()
    assert listed == scenarios() == list(SCENARIOS.values())
    assert repr(listed[0]).startswith("clean-close: The client says Close")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: play("halfopen"), UnknownScenario, "did you mean 'half-open'"),
        (lambda: play("zzz"), UnknownScenario, "there are clean-close, cut"),
        (lambda: play("half-open", ping_intervall=3), TypeError, "did you mean 'ping_interval'"),
        (lambda: play("half-open", colour=3), TypeError, "there are ping_interval, timeout"),
        (lambda: play("clean-close", colour=3), TypeError, "it has none"),
        (lambda: play("half-open", timeout=-1), ValueError, "timeout is a finite number, 0 or more"),
        (lambda: play("half-open", timeout=math.inf), ValueError, "timeout is a finite number, 0 or more; this is inf"),
        (lambda: play("slow-keepalive", ping_interval=0), ValueError, "ping_interval is 0.1 or more; this is 0"),
        (lambda: play("keepalive", ping_interval=0), ValueError, "ping_interval is 0.1 or more; this is 0"),
        (lambda: play("tunnel", ping_timeout=0), ValueError, "ping_timeout is 0.001 or more; this is 0"),
        (lambda: play("half-open", timeout="long"), ValueError, "timeout is a number; this is 'long'"),
        (lambda: play("half-open", timeout=None), ValueError, "None is no value"),
        (lambda: play("half-open", ping_interval="x"), ValueError, "ping_interval is a number or None; this is 'x'"),
        (lambda: play("cut", how="hard"), ValueError, "how is one of 'rst', 'fin', 'close'"),
        (lambda: play("cut", clock="slow"), ValueError, "clock is 'real' or 'virtual'"),
        (lambda: play("clean-close", fixed=True), ValueError, "clean-close has no fixed variant"),
    ],
)
def test_a_slip_is_told_in_one_sentence(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


def test_a_scenario_plays_on_real_sockets_too() -> None:
    assert play("clean-close", clock="real").diff(play("clean-close")) is None
