"""Every scenario as a page for people: `python -m wslab.scenarios.page > wslab/scenarios/SCENARIOS.md`.

Each scenario is one row. What both sides believe in the end is found by playing it, as it is and fixed; everything else
comes from the catalogue. A test compares the file with the page.

What this module leaves out: the steps and the explanation, which `wslab play NAME` shows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby

from wslab.explain.markdown import markdown_row
from wslab.lab import Tape
from wslab.scenarios import SCENARIOS, Scenario, play
from wslab.scenarios.outcomes import Outcome, outcomes

_COLUMNS = ("scenario", "what happens", "what to predict", "parameters", "in the end", "fixed, in the end")
_FEW = 4  # connections that are named; more are counted


def page() -> str:
    """Every scenario as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The scenarios"
    yield f"\n{len(SCENARIOS)} scenarios, made by `python -m wslab.scenarios.page > wslab/scenarios/SCENARIOS.md`."
    yield "The last two columns are what both sides believe when it is over, found by playing the scenario with its"
    yield "defaults and fixed; `wslab play NAME` shows the steps to it, and why."
    for group, members in groupby(SCENARIOS.values(), lambda each: each.group):
        yield f"\n## {group}\n"
        yield from (markdown_row(_COLUMNS), markdown_row(["---"] * len(_COLUMNS)))
        yield from (markdown_row(_cells(each)) for each in members)


def _cells(scenario: Scenario) -> Iterator[str]:
    yield f"`{scenario.name}`"
    yield from (scenario.sentence, scenario.question)
    yield "<br>".join(f"`{each.name}={each.default!r}`: {each.text}" for each in scenario.parameters.values())
    yield _end(play(scenario.name))
    yield _fixed(scenario) if scenario.fix else "nothing to fix"


def _fixed(scenario: Scenario) -> str:
    how = ", ".join(f"`{name}={value!r}`" for name, value in scenario.fix.items())
    return f"{_end(play(scenario.name, fixed=True))}<br>({how})"


def _end(tape: Tape) -> str:
    ends = outcomes(tape)
    if len(ends) < 2:
        return _beliefs(ends[0]) if ends else "no connection began"
    return "<br>".join(f"{_connections(each, tape)}:<br>{_beliefs(each)}" for each in ends)


def _beliefs(end: Outcome) -> str:
    return "<br>".join(f"{side} {belief}".replace(" ", "&nbsp;") for side, belief in end.beliefs)


def _connections(end: Outcome, tape: Tape) -> str:
    if len(tape.connection_numbers) > _FEW:
        return f"{len(end.connections):,} of {len(tape.connection_numbers):,}"
    return ", ".join(f"#{number}" for number in end.connections)


if __name__ == "__main__":
    sys.stdout.write(page())
