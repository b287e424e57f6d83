"""`wslab handout`: a sheet of paper for each notebook, made of the notebook itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from markupsafe import escape

from tests.notebooks.course import FOLDER, NOTEBOOKS, cells, load
from wslab.cli.handout.outline import Outline, minutes, outlines
from wslab.cli.handout.page import as_page, inline
from wslab.cli.main import main
from wslab.course.myths import MYTHS

COURSE = outlines(FOLDER)


def handout(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["handout", *arguments], prog_name="wslab")


def test_every_notebook_has_an_outline() -> None:
    assert [outline.name for outline in COURSE] == NOTEBOOKS


@pytest.mark.parametrize("outline", COURSE, ids=lambda outline: str(outline.name))
def test_an_outline_is_whole(outline: Outline) -> None:
    code = "\n".join(cell.source for cell in cells(load(outline.name), "code"))
    assert len(outline.questions) == code.count("Predict(")
    assert all(len(question.choices) != 1 for question in outline.questions), "none where code makes them"
    assert outline.title
    assert outline.opening
    assert outline.goals
    assert outline.exercises
    assert len(outline.remember) > 2
    assert 5 <= outline.minutes <= 120
    assert all((FOLDER / f"{name}.ipynb").exists() for name in outline.needs)


@pytest.mark.parametrize(
    ("time", "number"),
    [
        ("five minutes, and as long again for the exercises", 10),
        ("twenty-five minutes", 25),
        ("forty minutes, or two for the one that you have", 40),
        ("an hour for all, two minutes for one", 60),
        ("two hours", 120),
    ],
)
def test_a_time_in_words_is_a_number_of_minutes(time: str, number: int) -> None:
    assert minutes(time) == number


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^'some time' does not begin with a time"):
        minutes("some time")


def test_all_pages_are_written_and_say_how_to_go_on(tmp_path: Path) -> None:
    said = handout(str(tmp_path / "paper"))
    assert (
        said.output == f"Wrote {len(NOTEBOOKS)} pages to {tmp_path / 'paper'}: open one in a browser, and print it.\n"
    )
    assert sorted(path.stem for path in (tmp_path / "paper").iterdir()) == NOTEBOOKS


def test_single_notebooks_are_named_by_their_beginnings(tmp_path: Path) -> None:
    assert handout(str(tmp_path), "04", "05_pro").exit_code == 0
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["04_disconnects", "05_proxies_and_networks"]
    unknown = handout(str(tmp_path), "99")
    assert unknown.exit_code == 2
    assert unknown.stderr.startswith("wslab: There is no notebook '99'; there are 00_start, ")


@pytest.mark.parametrize("outline", COURSE, ids=lambda outline: str(outline.name))
def test_a_page_loads_nothing_and_gives_no_answer(outline: Outline) -> None:
    page = as_page(outline)
    assert page.count("<!doctype html>") == 1
    assert not re.search(r"<[^>]*\b(?:src|href)=|<link|@import|url\(", page)
    assert all(myth.truth not in page for myth in MYTHS)
    assert page.count("☐ half true") <= len(MYTHS)
    assert "The run says" not in page


def test_markdown_of_a_line_becomes_elements_and_what_looks_like_markup_stays_text() -> None:
    parts = "".join(str(escape(part)) for part in inline("a `<b>` **c** *d* [e](f.ipynb)"))
    assert parts == "a <code>&lt;b&gt;</code> <strong>c</strong> <em>d</em> e"
