"""The page of faults is the one that the code makes, and names every fault, play and preset."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.lab.faults.page import UNNAMED, page
from tests.lab.faults.plays import PLAYS
from wslab.lab.faults.base import Fault
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.faults.names import NAMES
from wslab.lab.faults.presets import PRESETS


def _made_of(kind: type[Fault]) -> Iterator[type[Fault]]:
    """The classes of faults; not those that only stand for what several have in common."""
    for each in kind.__subclasses__():
        yield from _made_of(each) if each.__subclasses__() else (each,)


def test_the_page_in_the_repository_is_the_one_that_the_code_makes(root: Path) -> None:
    made = (root / "wslab" / "lab" / "FAULTS.md").read_text(encoding="utf-8")
    assert made == page(), "python -m tests.lab.faults.page > wslab/lab/FAULTS.md"


def test_the_page_is_made_by_its_command(root: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.lab.faults.page"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout == page()


def test_it_names_every_fault_play_and_preset() -> None:
    lines = page().splitlines()
    for name in (*(f"`{each}`" for each in (*NAMES, *PRESETS)), *(play.name for play in PLAYS)):
        assert sum(line.startswith(f"| {name} |") for line in lines) >= 1, name
    assert {*NAMES.values(), *UNNAMED, StreamIntervention} == set(_made_of(Fault))
