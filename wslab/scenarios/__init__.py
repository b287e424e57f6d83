"""Named stories: ways in which a connection goes, each a function of one screen.

Rules of this layer: a scenario is a coroutine function of a fresh `Lab` that does what its first
sentence says, and nothing else: no printing, no drawing, no randomness but the lab's, no time but its clock's. It
ends at its most telling moment; `play` runs it and returns the tape up to there. What it teaches stands beside it as
data: its parameters, a question to ask before, an explanation with its sections for after, and a variant that fixes it.

`wslab.scenarios()` lists them: the module can be called.
"""

import sys
from types import ModuleType

from wslab.scenarios.catalogue import SCENARIOS, Parameter, Scenario, UnknownScenario, load, scenarios
from wslab.scenarios.interventions import Intervention, cut, delay, drop, edit, flip
from wslab.scenarios.player import play

__all__ = [
    "SCENARIOS",
    "Intervention",
    "Parameter",
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


class _Callable(ModuleType):
    """`wslab.scenarios` is this module, and `wslab.scenarios()` the list."""

    def __call__(self, group: str | None = None) -> list[Scenario]:
        """See `catalogue.scenarios`."""
        return scenarios(group)


sys.modules[__name__].__class__ = _Callable
load()
