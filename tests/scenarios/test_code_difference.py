"""What the fix changes in the code: true lines, which run, and as few as can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest

from wslab.scenarios import catalogue
from wslab.scenarios.catalogue import SCENARIOS, Scenario
from wslab.scenarios.code_difference import code_changes, code_with
from wslab.scenarios.player import play

FIXED = [name for name, each in SCENARIOS.items() if each.fix]
VIRTUAL = [name for name in FIXED if SCENARIOS[name].clock == "virtual"]


def made_of(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """The scenario whose code is the lines in which these values stand."""
    lines = "\n    ".join(code_with(scenario, values))
    found: dict[str, Any] = {}
    code = f"async def made(lab, *, {', '.join(scenario.parameters)}):\n    {lines}"
    exec(compile(code, scenario.name, "exec"), scenario.run.__globals__, found)
    return replace(scenario, run=partial(found["made"], **{**scenario.values({}), **values}))


@pytest.mark.parametrize("name", VIRTUAL)
@pytest.mark.parametrize("fixed", [False, True])
def test_the_lines_run_and_give_the_scenarios_own_tape(name: str, fixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = SCENARIOS[name]
    wanted = play(name, fixed=fixed).digest()
    plain = {each: scenario.parameters[each].default for each in scenario.fix}
    made = made_of(scenario, scenario.fix if fixed else plain)
    monkeypatch.setattr("wslab.scenarios.player.SCENARIOS", MappingProxyType({**catalogue.SCENARIOS, name: made}))
    assert play(name, fixed=fixed).digest() == wanted


@pytest.mark.parametrize("name", FIXED)
def test_every_fix_changes_few_lines(name: str) -> None:
    changes = code_changes(SCENARIOS[name])
    lines = [line for change in changes for line in (*change.plain, *change.fixed)]
    assert 1 <= len(lines) <= 12
    assert all(change.plain != change.fixed for change in changes)


def both(name: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(change.plain, change.fixed) for change in code_changes(SCENARIOS[name])]


def test_a_value_stands_where_the_parameter_stood() -> None:
    plain, fixed = "await lab.serve(echo, ping_interval=None)", "await lab.serve(echo, ping_interval=20)"
    assert both("half-open") == [((f"server = {plain}",), (f"server = {fixed}",))]


def test_of_a_branch_only_what_runs_is_shown() -> None:
    assert both("killed") == [(("server.kill()",), ('await server.close(1001, "shutting down")',))]


def test_what_only_one_variant_does_stands_alone() -> None:
    assert both("out-of-order") == [((), ("await task",))]


def test_a_decided_part_of_a_condition_goes() -> None:
    assert both("sent-twice") == [
        (("booked.append(order)",), ("if not (order in booked):", "    booked.append(order)")),
    ]


def test_of_a_table_that_is_written_out_the_value_is_taken() -> None:
    assert both("reconnect") == [(("begin = published",), ("begin = last",))]


def test_a_number_before_a_dot_is_still_python() -> None:
    assert '(1006).to_bytes(2, "big")' in both("wrong-close-code")[1][0][0]


def test_without_a_fix_nothing_differs() -> None:
    assert code_changes(SCENARIOS["clean-close"]) == []
