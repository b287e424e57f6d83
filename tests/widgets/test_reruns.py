"""A cell that is run again and again leaves what one run leaves: of descriptors, tasks, models, threads and memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.widgets.reruns import CELLS, Kernel, kernel, rerun

RUNS = 20
SAME = ("descriptors", "sockets", "tasks", "models", "comms", "threads")
OBJECTS, MIB = 600, 6.0
"""What IPython's own history of these runs, and Python's allocator, may add."""

README = (Path(__file__).parent / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def started() -> Iterator[Kernel]:
    """One kernel; what it has before the first cell is no garbage, so that looking for garbage need not look at it."""
    with kernel() as each:
        assert each.run("gc.collect()\ngc.freeze()") == ("ok", "")
        yield each


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_run_again_leaves_what_one_run_leaves(started: Kernel, name: str) -> None:
    before, after = rerun(started, name, RUNS)
    assert {kind: after[kind] for kind in SAME} == {kind: before[kind] for kind in SAME}
    assert after["objects"] - before["objects"] < OBJECTS
    assert after["MiB"] - before["MiB"] < MIB


@pytest.mark.parametrize("name", CELLS)
def test_the_readme_has_a_line_for_it(name: str) -> None:
    assert f"| {name} |" in README
