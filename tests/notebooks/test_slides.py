"""Every cell says what it is on slides, and so `wslab slides` and nbconvert agree."""

from __future__ import annotations

import pytest

from tests.notebooks.course import FOLDER, NOTEBOOKS, load
from tests.notebooks.slides import slide_type, tagged


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_each_cell_has_the_tag_that_the_rule_gives_it(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text("utf-8")
    assert tagged(text) == text, "python -m tests.notebooks.slides"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_question_stands_alone_until_the_next_key_and_no_slide_shows_a_solution(name: str) -> None:
    types = [(cell.metadata.slideshow.slide_type, cell.source) for cell in load(name).cells]
    assert types[0][0] == "slide"
    assert all(kind == "subslide" for kind, source in types if "= Predict(" in source)
    assert all(kind == "notes" for kind, source in types if source.startswith("<details>"))
    assert sum(kind in ("slide", "subslide") for kind, _ in types) >= 6


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("markdown", "# A title", "slide"),
        ("markdown", "Words.", "fragment"),
        ("markdown", "<details><summary>One solution</summary>", "notes"),
        ("code", "from wslab import Lab", "skip"),
        ("code", "one = Predict('?', [1, 2])\none", "subslide"),
        ("code", "from wslab import Predict\none = Predict('?', [1, 2])\none", "subslide"),
        ("code", "print(1)", "fragment"),
    ],
)
def test_the_rule(kind: str, source: str, expected: str) -> None:
    assert slide_type({"cell_type": kind, "source": source}) == expected
