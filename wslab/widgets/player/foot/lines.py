"""What the fix of a scenario changes in its code, as lines with − and +.

Left out: finding the lines (`scenarios.code_difference`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import htpy as h
from htpy import Node

from wslab.scenarios.catalogue import Scenario
from wslab.scenarios.code_difference import CodeChange, code_changes

__all__ = ["fix"]

WITHOUT, WITH = "−", "+"
"""Before a line as it is, and before one of the fixed variant."""


def fix(scenario: Scenario, told: Node) -> Node:
    """What the fix does (None: it is said elsewhere), and the lines of the scenario's code that differ with it."""
    return [
        told is not None and h.p(".wsl-line")[h.b["Fixed: "], told],
        h.pre(".wsl-code-lines", aria_label="The lines of the scenario that differ; − as it is, + fixed")[
            chain.from_iterable(_lines(change) for change in code_changes(scenario))
        ],
    ]


def _lines(change: CodeChange) -> Iterator[Node]:
    yield from (_line(WITHOUT, "is-without", each) for each in change.plain)
    yield from (_line(WITH, "is-with", each) for each in change.fixed)


def _line(sign: str, name: str, code: str) -> Node:
    return h.span(class_=name)[f"{sign} {code}\n"]
