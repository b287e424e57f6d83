"""Only the clock's modules know time and threads, and only the network's know sockets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import wslab.lab

LAB = Path(wslab.lab.__file__).parent
MODULES = sorted(LAB.rglob("*.py"))
HOMES = {
    "clock": {"time", "threading", "datetime", "sched", "signal"},
    "network": {"socket", "select", "selectors"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LAB)))
def test_time_and_sockets_are_used_in_one_folder_each(path: Path, home: str) -> None:
    assert path.parent == LAB / home or not HOMES[home].intersection(imported(path))


def test_no_clock_knows_a_network() -> None:
    used = {name for path in (LAB / "clock").glob("*.py") for name in imported(path)}
    assert not {name for name in used if name.startswith("wslab.lab") and not name.startswith("wslab.lab.clock")}
