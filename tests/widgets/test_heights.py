"""The table of heights has a line for each view that is measured; the heights themselves need a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.heights import PAGES, link_panel

README = (Path(__file__).parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_readme_has_its_height(name: str) -> None:
    (line,) = [each for each in README.splitlines() if each.startswith(f"| {name} |") and each.count("|") == 7]
    assert all(cell.strip().isdigit() for cell in line.split("|")[2:7])


@pytest.mark.parametrize(
    ("what", "shows"),
    [
        ("empty", "No connection yet."),
        ("held", "held since"),
        ("four", "connection 4, the newest"),
        ("silent", "4 min 5 s"),
    ],
)
def test_a_bench_is_what_its_name_says(what: str, shows: str) -> None:
    assert shows in link_panel(what)
