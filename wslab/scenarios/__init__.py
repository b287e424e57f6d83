"""Scenarios: named ways in which a connection goes, each a function of one screen.

A scenario is a coroutine function of a fresh `Lab` that does what its first sentence says, and nothing else: no
printing, no drawing, no randomness but the lab's, no time but its clock's. It ends at its most telling moment; `play`
runs it and returns the tape up to there. What it teaches stands beside it as data: its parameters, a question to ask
before, an explanation of four parts for after, which fits the run, and the parameters that fix it.

- `asked`: the question before a run with its answers (`answers`, one module a group), and the topics.
- `catalogue`: what a scenario is, and the list of them all.
- `explanation`: what happened, why, what each side knows, and what to write in code.
- `stories`: the scenarios themselves, one module a group.
- `player`: playing one, as it is or with something changed at a step.
- `tracing`: which line of a story caused each entry.
- `codes`: the codes that each scenario shows.
- `interventions`: what can be changed at a step.
- `outcomes`: what both sides believe in the end.
- `steps`: what several stories do.
- `page`: the scenarios as a page for people.
"""

import sys
from types import ModuleType

from wslab.scenarios.catalogue import SCENARIOS, Parameter, Scenario, UnknownScenario, scenarios
from wslab.scenarios.explanation import Explanation
from wslab.scenarios.interventions import Intervention, cut, delay, drop, edit, flip
from wslab.scenarios.player import PlayedTape, play
from wslab.scenarios.stories import load

__all__ = [
    "SCENARIOS",
    "Explanation",
    "Intervention",
    "Parameter",
    "PlayedTape",
    "Scenario",
    "UnknownScenario",
    "cut",
    "delay",
    "drop",
    "edit",
    "flip",
    "play",
    "scenarios",
]


class _CallableModule(ModuleType):
    """`wslab.scenarios` is this module, and `wslab.scenarios()` is the list.

    Python sets the attribute `wslab.scenarios` to this module when it is first imported, so a function of that name
    would last only until then. No name but this one can be both, and so the module itself is what can be called.
    """

    def __call__(self, group: str | None = None) -> list[Scenario]:
        """See `catalogue.scenarios`."""
        return scenarios(group)


sys.modules[__name__].__class__ = _CallableModule
load()
