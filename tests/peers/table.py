"""What was measured as text: two tables for people, and the rows of `wslab/protocol/peers.py`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from tests.npm import WS
from wslab.cli.doctor import find_chromium
from wslab.protocol import RULES, Role
from wslab.protocol.peers import ACCEPTS, DECLINES, ENDS_TCP, WAITS

from .measure import NOT_TRIED, Cell, Cells
from .programs import PROGRAMS

_NAMES = {ACCEPTS: "_OK", DECLINES: "_NO", ENDS_TCP: "_TCP", WAITS: "_MORE", NOT_TRIED: "None"}


def here() -> dict[str, str]:
    """The versions of the peers on this machine, those of a browser without the digits that change each week."""
    installed = {"websockets": version("websockets"), "ws": WS.rpartition("@")[2], "aiohttp": version("aiohttp")}
    return {**installed, "Chromium": _of_chromium()}


def _of_chromium() -> str:
    path = find_chromium()
    if path is None:
        return ""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    found = re.search(r" (\d+)\.", told)
    return found[1] if found else ""


def tried(cells: Cells) -> list[str]:
    """What was tried, in the order of the rules."""
    return list(dict.fromkeys(what for what, _, _ in cells))


def markdown(cells: Cells, *, rules: bool) -> Iterator[str]:
    """A table: one row for a rule (or else for a way), one column for a peer."""
    yield f"| {'rule' if rules else 'what is tried'} | {' | '.join(PROGRAMS)} |"
    yield f"| --- |{' --- |' * len(PROGRAMS)}"
    for what in tried(cells):
        if (what in RULES) is rules:
            yield f"| {f'`{what}`' if rules else what} | {' | '.join(_cell(cells, what, name) for name in PROGRAMS)} |"


def _cell(cells: Cells, what: str, name: str) -> str:
    found = {role: cells[what, role, name] for role in Role if (what, role, name) in cells}
    if len(set(found.values())) == 1:
        return str(next(iter(found.values())))
    return "; ".join(f"{role}: {cell}" for role, cell in found.items())


def data(cells: Cells) -> Iterator[str]:
    """The rows of `MEASURED`."""
    for what in tried(cells):
        for role in Role:
            row = [cells.get((what, role, name)) for name in PROGRAMS]
            if what in RULES and any(row):
                yield f'    ("{what}", _{role.name[0]}): _row({", ".join(_source(cell) for cell in row)}),'


def _source(cell: Cell | None) -> str:
    return str(cell) if cell is None or isinstance(cell, int) else _NAMES[cell]


def by_rule(cells: Cells) -> Mapping[tuple[str, Role], Mapping[str, Cell]]:
    """What `MEASURED` should say."""
    found: dict[tuple[str, Role], dict[str, Cell]] = {}
    for (what, role, name), cell in cells.items():
        if what in RULES and cell != NOT_TRIED:
            found.setdefault((what, role), {})[name] = cell
    return found
