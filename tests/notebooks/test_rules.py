"""The rules for authors (CONTRIBUTING.md, "Add a notebook"), and the template, which keeps to them and runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from nbformat import NotebookNode

from tests.notebooks.course import METADATA, NOTEBOOKS, TEMPLATE, cells, exercises, load
from tests.notebooks.test_notebooks import ANSWERS
from wslab import CheckResult, Tape
from wslab.course import Answer

SOON = 3
"""Cells behind a question within which the run that answers it comes."""

CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
QUESTION = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

both = pytest.mark.parametrize("name", [*NOTEBOOKS, pytest.param(TEMPLATE, id="template")])


def prose(notebook: NotebookNode) -> list[str]:
    """What its Markdown says, without code."""
    return [CODE.sub("", cell.source) for cell in cells(notebook, "markdown")]


def asked(notebook: NotebookNode) -> Iterator[tuple[int, int]]:
    """Where each question stands, and where the run that answers it does."""
    source = [cell.source if cell.cell_type == "code" else "" for cell in notebook.cells]
    for at, each in enumerate(source):
        if "Predict(" in each:
            yield at, next(other for other in range(at, len(source)) if ".resolve(" in source[other])


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_its_name_can_be_typed_and_imported(name: str) -> None:
    assert re.fullmatch(r"(\d\d_)?[a-z][a-z_]*", name)


@both
def test_its_metadata_and_ids_are_those_of_every_notebook(name: str) -> None:
    notebook = load(name)
    assert notebook.metadata == METADATA
    assert [cell.id for cell in notebook.cells if not re.fullmatch("[a-z0-9-]+", cell.id)] == []
    assert {key for cell in notebook.cells for key in cell.metadata} <= {"tags", "slideshow"}
    tagged = [cell.metadata.tags for cell in notebook.cells if "tags" in cell.metadata]
    assert tagged == [["exercise"]] * len(exercises(notebook))


@both
def test_it_has_one_title_and_that_opens_it(name: str) -> None:
    titles = [text for text in prose(load(name)) if re.search(r"^# ", text, re.MULTILINE)]
    assert titles == prose(load(name))[:1]


@both
def test_no_word_is_doubled(name: str) -> None:
    text = "\n".join(prose(load(name)))
    assert re.findall(r"\b(\w+) \1\b", text) == []


@both
def test_a_cell_that_asks_gives_no_reason_and_ends_with_its_question(name: str) -> None:
    notebook = load(name)
    for at, _ in asked(notebook):
        tree = compile(notebook.cells[at].source, name, "exec", QUESTION)
        [call] = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_predict(node)]
        assert call.keywords == [], "a reason would be read before the choice"
        assert not isinstance(call.args[1], ast.Dict)
        assert isinstance(tree.body[-1], ast.Expr)
        assert isinstance(tree.body[-1].value, ast.Name)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_prose_behind_a_run_does_not_open_with_its_answer_in_bold(name: str) -> None:
    """It stands on the screen already while the question is asked."""
    notebook = load(name)
    for (_, run_at), answer in zip(asked(notebook), ANSWERS[name], strict=False):
        behind = notebook.cells[run_at + 1]
        bold = re.match(r"\*\*(.+?)\*\*", behind.source) if behind.cell_type == "markdown" else None
        assert not bold or not set(bold[1].split()) & set(answer.split())


def _is_predict(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "Predict"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_question_is_answered_on_the_same_screen(name: str) -> None:
    """The prose beside a question does not say its answer; a word or two of it may come in a sentence by chance.

    That there are as many questions as answers is held by the run; a page may ask by something else than `Predict`.
    """
    notebook = load(name)
    for (at, run_at), answer in zip(asked(notebook), ANSWERS[name], strict=False):
        assert run_at - at <= SOON
        beside = [cell for cell in notebook.cells[max(0, at - 1) : run_at] if cell.cell_type == "markdown"]
        if len(answer.split()) > 2:
            assert [cell.source for cell in beside if answer in cell.source] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_player_asks_again_between_a_question_and_its_answer(name: str) -> None:
    notebook = load(name)
    tapes = set(
        re.findall(r"^(\w+) = play\(", "\n".join(cell.source for cell in cells(notebook, "code")), re.MULTILINE)
    )
    for at, run_at in asked(notebook):
        lasts = [cell.source.splitlines()[-1] for cell in notebook.cells[at + 1 : run_at] if cell.source]
        assert [last for last in lasts if last in tapes or last.startswith("play(")] == []


def test_the_template_runs_and_its_stub_is_not_yet() -> None:
    given: dict[str, Any] = {}
    values = [_value(cell.source, given) for cell in cells(load(TEMPLATE), "code")]
    assert [value.actual for value in values if isinstance(value, Answer)] == ["1006", "6"]
    assert [value.ok for value in values if isinstance(value, CheckResult)] == [None]
    assert len([value for value in values if isinstance(value, Tape)]) == 2


def _value(source: str, given: dict[str, Any]) -> object:
    """Run a cell, and what its last line gives."""
    *before, last = ast.parse(source).body
    exec(compile(ast.Module(before, []), "cell", "exec"), given)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), given)
    exec(compile(ast.Module([last], []), "cell", "exec"), given)
    return None
