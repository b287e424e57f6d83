"""Every fault with the plays that hold it to the same on both clocks, as a page for people.

`python -m tests.lab.faults.page > wslab/lab/FAULTS.md` writes it. It stands with the tests because the plays do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields

from tests.lab.faults.plays import PLAYS, Play
from wslab.explain.markdown import markdown_row
from wslab.lab.faults.base import Fault
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.names import NAMES
from wslab.lab.faults.presets import PRESETS

UNNAMED: tuple[type[Fault], ...] = (Insert,)
"""Faults that no command line needs to name."""

APART: Mapping[type[Fault], str] = {Gate: "test_at_a_gate_each_frame_waits_and_can_pass_vanish_or_change"}
"""Faults that wait for somebody to decide have a test of their own, on both clocks too."""


def page() -> str:
    """All of it as Markdown."""
    return "\n".join([*_head(), *_faults(), *_plays(), *_presets()]) + "\n"


def _head() -> Iterator[str]:
    yield "# The faults"
    yield f"\n{len(NAMES)} faults with a name and {len(PRESETS)} presets, made by"
    yield "`python -m tests.lab.faults.page > wslab/lab/FAULTS.md`.\n"
    yield "Each works on both clocks: in memory, where time is virtual, and between real sockets, through a relay on"
    yield "127.0.0.1. `test_a_fault_does_the_same_on_both_clocks` plays each play below on both, and holds that both"
    yield "ends do and see the same events in the same order, and believe the same in the end. Every fault also has"
    yield "`after`, the seconds until it acts, and `of`, whose bytes it touches (`client`, `server`; without it both,"
    yield "and of `cut`, `fin` and `flip` at a place the client's). Those that act on a whole connection take no `of`:"
    yield "`idle`, `max-age`, and `cut` and `fin` without a place."


def _faults() -> Iterator[str]:
    yield from _table(
        "Faults",
        ("`--fault`", "in Python", "what it does", "what can be set", "played on both clocks by"),
        [(f"`{name}`", *_fault(kind)) for name, kind in NAMES.items()]
        + [("not by name", *_fault(kind)) for kind in UNNAMED],
    )


def _fault(kind: type[Fault]) -> tuple[str, ...]:
    says = " ".join((kind.__doc__ or "").split())
    plays = [play.name for play in PLAYS if any(type(fault) is kind for fault in play.faults)] or [f"`{APART[kind]}`"]
    own = [each for each in fields(kind) if each.name not in ("of", "after")]
    values = [f"`{each.name}`" if each.default is MISSING else f"`{each.name}={each.default!r}`" for each in own]
    return f"`{kind.__name__}`", says, "<br>".join(values), "; ".join(plays)


def _plays() -> Iterator[str]:
    columns = ("play", "faults", "meanwhile", "in memory and on sockets, client and server believe")
    yield from _table("Plays", columns, [tuple(_play(each)) for each in PLAYS])


def _play(play: Play) -> Iterator[str]:
    yield from (play.name, ", ".join(map(_written, play.faults)), (play.story.__doc__ or "").strip(), _ends(play))


def _ends(play: Play) -> str:
    return ", ".join("no code" if code is None else str(code) for code in play.ends)


def _written(fault: Fault) -> str:
    """As `--fault` takes it, where that has a name for it."""
    return f"`{fault.written()}`" if type(fault) in NAMES.values() else f"`{type(fault).__name__}()`"


def _presets() -> Iterator[str]:
    rows = [(f"`{name}`", "<br>".join(map(_written, faults))) for name, faults in PRESETS.items()]
    yield from _table("Presets", ("`--fault`", "its faults"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield from (markdown_row(columns), markdown_row(["---"] * len(columns)))
    yield from map(markdown_row, rows)


if __name__ == "__main__":
    sys.stdout.write(page())
