"""Which clock and which seed a test asks for, by its fixtures, its markers and the command line.

The clock is that of the lab which the test has as a fixture, `wslab_virtual` or `wslab_lab`; else that of the marker
`wslab(clock=...)`; else the virtual one. The seed is the marker's, which belongs to the test; else that of
`--wslab-seed`; else 0. `--wslab-seeds N` runs each test that has no seed of its own with N of them.

A wrong marker fails its test, with one sentence. `Use` is one lab that a test got.

What it leaves out: making the labs (`plugin`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # every run of pytest loads this module, and few need a lab
    from wslab.lab import Lab
    from wslab.tape.tape import Tape

REAL, VIRTUAL = "real", "virtual"

LABS = {"wslab_virtual": VIRTUAL, "wslab_lab": REAL}
"""The fixtures that are a lab, and the clock of each."""

SEED = "wslab_seed"
"""The fixture that all others of the plugin use."""

_KNOWN = ("clock", "seed")


@dataclass(slots=True)
class Use:
    """One lab of a test. `tape` is what was on it when the test failed, where the lab was closed after that."""

    lab: Lab
    clock: str
    seed: int
    tape: Tape | None = None


def marked(node: pytest.Item) -> dict[str, Any]:
    """What the markers of a test say; those nearest to the test count."""
    found: dict[str, Any] = {}
    for mark in node.iter_markers("wslab"):
        found = {**mark.kwargs, **found}
    return found


def check_marks(item: pytest.Item) -> None:
    """Fail a test of which a marker cannot be meant."""
    for mark in item.iter_markers("wslab"):
        unknown = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in _KNOWN)]
        if unknown:
            _fail(f"takes clock= and seed=, by name; this has {', '.join(unknown)}.")
    said = marked(item)
    if said.get("clock", REAL) not in LABS.values():
        _fail(f"has a clock of {REAL!r} or {VIRTUAL!r}; this is {said['clock']!r}.")
    if not isinstance(said.get("seed", 0), int) or isinstance(said.get("seed"), bool):
        _fail(f"has a seed that is a whole number; this is {said['seed']!r}.")


def clock_of(item: pytest.Function) -> str:
    """The clock on which a test's links, servers and coroutine are; fails the test where that is not clear."""
    used = [clock for name, clock in LABS.items() if name in item.fixturenames]
    clock = marked(item).get("clock")
    if clock is None and len(used) > 1:
        _fail("is missing: this test has a lab on either clock, so say clock= for its links, servers and coroutine.")
    if clock is not None and used and clock not in used:
        _fail(f"says clock={clock!r}, and the test has the lab on the other clock: change the marker or the fixture.")
    return clock or (used[0] if used else VIRTUAL)


def fixture_of(clock: str) -> str:
    """The fixture that is the lab on this clock."""
    return next(name for name, each in LABS.items() if each == clock)


def first_seed(config: pytest.Config) -> int:
    """The seed of the command line; 0 where it has none."""
    seed: int = config.getoption("wslab_seed")
    return seed


def seeds_for(metafunc: pytest.Metafunc) -> list[int]:
    """The seeds with which a test is run, where it is run with several; else none."""
    if SEED not in metafunc.fixturenames or "seed" in marked(metafunc.definition):
        return []
    if any(SEED in str(mark.args[:1]) for mark in metafunc.definition.iter_markers("parametrize")):
        return []
    count, first = metafunc.config.getoption("wslab_seeds"), first_seed(metafunc.config)
    return list(range(first, first + count)) if count > 1 else []


def _fail(what: str) -> None:
    pytest.fail(f"The marker wslab {what}", pytrace=False)
