"""`wslab slides`: a notebook as a page that shows one slide at a time and loads nothing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from nbconvert import SlidesExporter

from tests.notebooks.course import FOLDER, load
from wslab.cli.main import main
from wslab.cli.slides.deck import as_deck

NAME = "03_masking"


def slides(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["slides", *arguments], prog_name="wslab")


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The slides of a notebook, as the command writes them."""
    folder = tmp_path_factory.mktemp("slides")
    said = slides(str(folder / "new"), "03")
    assert said.output == f"Wrote 1 page to {folder / 'new'}: open one in a browser; the right arrow goes on.\n"
    return (folder / "new" / f"{NAME}.slides.html").read_text("utf-8")


def test_each_cell_says_what_it_is(deck: str) -> None:
    expected = Counter(cell.metadata.slideshow.slide_type for cell in load(NAME).cells)
    assert Counter(re.findall(r' data-slide="(\w+)"', deck)) == expected


def test_nothing_is_loaded(deck: str) -> None:
    assert re.findall(r'<(?:script|img|iframe)[^>]* src="[^"]*"|<link[^>]*href="http[^"]*"', deck) == []
    assert "@import url" not in deck


def test_with_run_the_results_are_on_the_slides(tmp_path: Path) -> None:
    path = tmp_path / "two.ipynb"
    path.write_text(
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "P"}},'
        '"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null,'
        '"source": "print(6 * 7000)"}]}'
    )
    assert "42000" not in as_deck(path)
    page = as_deck(path, run=True)
    assert "42000" in page
    assert 'data-slide="fragment"' in page, "a cell without a tag follows the one before it"


def test_an_unknown_notebook_is_one_sentence(tmp_path: Path) -> None:
    said = slides(str(tmp_path), "77")
    assert said.exit_code == 2
    assert said.stderr.startswith("wslab: There is no notebook '77'; there are 00_start, ")
    assert list(tmp_path.iterdir()) == []


def test_without_jupyterlab_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wslab.extras.find_spec", lambda name: None)
    said = slides(str(tmp_path), "03")
    assert said.exit_code == 2
    assert (
        said.stderr
        == "wslab: wslab slides needs jupyterlab and hypothesis, which are not installed: pip install 'wslab[lab]'\n"
    )


def test_nbconvert_makes_slides_of_the_same_tags() -> None:
    page, _ = SlidesExporter().from_filename(str(FOLDER / f"{NAME}.ipynb"))
    begins = sum(cell.metadata.slideshow.slide_type in ("slide", "subslide") for cell in load(NAME).cells)
    headings = sum(cell.metadata.slideshow.slide_type == "slide" for cell in load(NAME).cells)
    assert page.count("<section") == begins + headings
