"""The page of libraries is made of the programs that the tests run."""

from __future__ import annotations

from pathlib import Path

from tests.lab.libraries.page import page


def test_the_page_in_the_repository_is_the_one_that_the_programs_make(root: Path) -> None:
    made = (root / "wslab" / "lab" / "LIBRARIES.md").read_text(encoding="utf-8")
    assert made == page(), "python -m tests.lab.libraries.page > wslab/lab/LIBRARIES.md"
