"""The page of scenarios is the one that the code makes, by playing them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wslab.scenarios import SCENARIOS
from wslab.scenarios.page import page


@pytest.fixture(scope="module")
def made() -> str:
    return page()


def test_the_page_in_the_repository_is_the_one_that_the_code_makes(made: str, root: Path) -> None:
    kept = (root / "wslab" / "scenarios" / "SCENARIOS.md").read_text(encoding="utf-8")
    assert kept == made, "python -m wslab.scenarios.page > wslab/scenarios/SCENARIOS.md"


def test_the_page_is_made_by_its_command(made: str, root: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "wslab.scenarios.page"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout == made


def test_it_has_a_row_for_every_scenario_with_all_of_its_parameters(made: str) -> None:
    for scenario in SCENARIOS.values():
        (row,) = [line for line in made.splitlines() if line.startswith(f"| `{scenario.name}` |")]
        assert scenario.question.replace("|", "\\|") in row
        assert all(f"`{name}={each.default!r}`" in row for name, each in scenario.parameters.items())


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        (
            "half-open",
            "| client CLOSED 1006, server OPEN | client CLOSED 1006, server CLOSED 1006, (`ping_interval=20.0`)",
        ),
        ("clean-close", "| client CLOSED 1000, server CLOSED 1000 | nothing to fix |"),
        ("herd", "| 244 of 344:, client CLOSED 1006, server CLOSED 1006, 100 of 344:, client OPEN, server OPEN |"),
        ("sent-twice", "| #1:, client CLOSED 1006, server CLOSED 1006, #2:, client CLOSED 1000"),
        ("tls-name-mismatch", "| no connection began | client CLOSED 1000, server CLOSED 1000, ("),
    ],
)
def test_it_says_how_each_ends_as_it_is_and_fixed(made: str, name: str, ends: str) -> None:
    row = next(line for line in made.splitlines() if line.startswith(f"| `{name}` |"))
    assert ends in row.replace("<br>", ", ").replace("&nbsp;", " ")
