"""The solutions: each of their two places has what the source says, and each notebook of them runs by itself."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from textwrap import indent
from typing import Any

import pytest

from tests.notebooks.course import FOLDER, NOTEBOOKS, cells, exercises, load
from tests.notebooks.solutions import SOURCES, folded, made, solutions, with_folded
from wslab import CheckResult, check_heartbeat, check_reconnect
from wslab.cli.grade.exercises import lessons

HOW = "python -m tests.notebooks.solutions"
TITLES = {lesson.name: [each.title for each in lesson.exercises] for lesson in lessons(FOLDER)}

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def run(source: str, given: dict[str, Any]) -> object:
    """Run a cell as Jupyter does; what its last line gives."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    _run(compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), given)
    if not isinstance(last, ast.Expr):
        return None
    return _run(compile(ast.Expression(last.value), "cell", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), given)


def _run(code: Any, given: dict[str, Any]) -> object:
    value = eval(code, given)
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def test_there_is_one_source_and_one_notebook_of_solutions_for_each_notebook() -> None:
    assert sorted(path.stem for path in SOURCES.iterdir()) == NOTEBOOKS
    assert sorted(path.name for path in (FOLDER / "solutions").iterdir()) == [f"{name}.ipynb" for name in NOTEBOOKS]


@each_notebook
def test_both_places_have_what_the_source_says(name: str) -> None:
    assert (FOLDER / f"{name}.ipynb").read_text("utf-8") == with_folded(name), HOW
    assert (FOLDER / "solutions" / f"{name}.ipynb").read_text("utf-8") == made(name), HOW


@each_notebook
def test_every_solution_says_why_it_is_right_and_what_people_get_wrong(name: str) -> None:
    assert [each.title for each in solutions(name)] == TITLES[name]
    for each in solutions(name):
        why, _, mistake = each.words.partition("\n\nA usual mistake: ")
        assert why, f"{each.title}: say why it is right"
        assert mistake, f"{each.title}: say what people get wrong"
        assert each.words.count("\n") == 2


@each_notebook
def test_a_notebook_of_solutions_runs_by_itself_from_top_to_bottom_and_every_check_passes(name: str) -> None:
    given: dict[str, Any] = {}
    values = [run(cell.source, given) for cell in cells(load(f"solutions/{name}"), "code")]
    results = [value for value in values if isinstance(value, CheckResult)]
    assert [result.ok for result in results] == [True] * len(TITLES[name]), results


@each_notebook
def test_the_links_of_both_places_lead_to_each_other(name: str) -> None:
    notebook = load(f"solutions/{name}")
    text = "\n".join(cell.source for cell in cells(notebook, "markdown"))
    assert f"](../{name}.ipynb)" in cells(notebook, "markdown")[0].source
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if not target.startswith("https://")]
    assert [target for target in targets if not (FOLDER / "solutions" / target).exists()] == []
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    links = [folded(name, number, each) for number, each in enumerate(solutions(name), 1)]
    named = [re.findall(rf"\(solutions/{name}\.ipynb#([\w-]+)\)", link)[0] for link in links]
    assert named == [heading.replace(" ", "-") for heading in headings], "JupyterLab makes the anchor of a heading so"


@each_notebook
def test_the_task_is_told_in_the_words_of_the_notebook_and_the_check_is_its_own(name: str) -> None:
    own, theirs = load(name), load(f"solutions/{name}")
    code = [cell.source for cell in cells(own, "code")]
    checks = [code[code.index(cell.source) + 1] for cell in exercises(own)]
    assert [cell.source for cell in theirs.cells if cell.id.endswith("-check")] == checks
    told = "\n".join(cell.source for cell in cells(own, "markdown"))
    for cell in cells(theirs, "markdown"):
        if "-task-" in cell.id:
            words = cell.source.replace("](../", "](").split("\n\n", 1 + cell.source.count("\n\n**"))[-1]
            assert words in told


def test_no_cell_of_a_notebook_of_solutions_is_taken_for_one_of_the_course() -> None:
    course = {cell.id for name in NOTEBOOKS for cell in load(name).cells}
    solved = [cell.id for name in NOTEBOOKS for cell in load(f"solutions/{name}").cells]
    assert len(set(solved)) == len(solved)
    assert course & set(solved) == set()


@pytest.mark.parametrize("check", [check_heartbeat, check_reconnect])
def test_what_a_check_shows_as_the_solution_to_one_who_has_not_begun_is_the_whole_solution(check: Any) -> None:
    folds = [
        cell.source for cell in cells(load("06_heartbeats_and_reconnects"), "markdown") if "<details>" in cell.source
    ]
    assert any(indent(check(None).solution, "    ") in fold for fold in folds)
