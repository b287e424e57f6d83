"""The solutions of the course: `python -m tests.notebooks.solutions` writes each of them to its two places.

The one source is `tests/notebooks/solved/NAME.md`, a part for each exercise: a heading with the names that it asks for,
the code, why it is right, and a usual mistake. From there come the folded cell behind the exercise's check, and the
notebook `notebooks/solutions/NAME.ipynb`, which runs by itself. All else in that notebook is taken from the one that
it belongs to: the words of the task, the check, the imports, and cells that define what a task or a check uses.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tests.notebooks.course import FOLDER, METADATA, NOTEBOOKS, exercises, load
from wslab.cli.grade.cells import Cell, cells_of, definitions, used_names
from wslab.cli.grade.exercises import SOLUTIONS, Lesson

SOURCES = Path(__file__).parent / "solved"
PART = re.compile(r"## (.+)\n\n```python\n(.+?)\n```\n\n?(.*)", re.DOTALL)
HEADING = re.compile(r"^## Try it yourself(?:: (.*))?\n+", re.MULTILINE)
WIDEST = 100
"""Characters of a line of code that a JupyterLab of 1300 pixels shows."""


@dataclass(frozen=True)
class Solution:
    """The solution of an exercise: `title` are the names that it defines, `words` say why it is right."""

    title: str
    code: str
    words: str


def solutions(name: str) -> list[Solution]:
    """The solutions of a notebook's exercises, in their order."""
    text = (SOURCES / f"{name}.md").read_text("utf-8")
    matches = [PART.fullmatch(part.strip()) for part in re.split(r"^(?=## )", text, flags=re.MULTILINE) if part.strip()]
    return [Solution(*match.groups()) for match in matches if match]


# --- the folded cells


def folded(name: str, number: int, solution: Solution) -> str:
    """The cell behind a check; its link leads to the same exercise in the notebook of solutions.

    JupyterLab goes to the exercise where that notebook is open already, and otherwise to its top.
    """
    why = f"[Why it is right, and a usual mistake](solutions/{name}.ipynb#Exercise-{number})"
    return f"<details><summary>One solution</summary>\n\n```python\n{solution.code}\n```\n\n{why}\n\n</details>"


def with_folded(name: str) -> str:
    """The file of a notebook, each of its folded cells as it should be."""
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))
    places = [at for at, cell in enumerate(notebook["cells"]) if "exercise" in cell["metadata"].get("tags", [])]
    for number, (at, solution) in enumerate(zip(places, solutions(name), strict=True), 1):
        notebook["cells"][at + 2]["source"] = folded(name, number, solution).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


# --- the notebooks of solutions


def made(name: str) -> str:
    """The notebook of solutions, as JSON."""
    notebook = load(name)
    first = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    opening = (
        f"# {first}: solutions\n\n"
        f"Try the exercises first, in [the notebook itself](../{name}.ipynb). Each solution is one of several that "
        "pass. The first cell imports what tasks, solutions and checks use."
    )
    tried = [list(_exercise(notebook, number, each)) for number, each in enumerate(solutions(name), 1)]
    code = [source for cells in tried for kind, _, source in cells if kind == "code"]
    setup = [("code", f"setup-{number}", source) for number, source in enumerate(_setup(name, code), 1)]
    cells = [("markdown", "title", opening), *setup, *(cell for each in tried for cell in each)]
    prefix = f"{SOLUTIONS}{name.replace('_', '-')}"
    data = {
        "cells": [_cell(kind, f"{prefix}-{place}", source) for kind, place, source in cells],
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cell(kind: str, name: str, source: str) -> dict[str, object]:
    lines = source.splitlines(keepends=True)
    of_code: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, "source": lines, **of_code}


def _exercise(notebook: NotebookNode, number: int, solution: Solution) -> Iterator[tuple[str, str, str]]:
    """The cells of one exercise: kind, the end of the id, and source."""
    at = notebook.cells.index(exercises(notebook)[number - 1])
    for part, (kind, source) in enumerate(_task(notebook.cells[:at], number), 1):
        yield kind, f"{number}-task-{part}", source
    yield "code", f"{number}-solution", solution.code
    yield "markdown", f"{number}-why", solution.words
    yield "code", f"{number}-check", notebook.cells[at + 1].source


def _task(before: list[NotebookNode], number: int) -> Iterator[tuple[str, str]]:
    """What an exercise asks, from its heading on; the heading becomes one that a link can name."""
    begin = max(at for at, cell in enumerate(before) if HEADING.search(cell.source))
    heading = list(HEADING.finditer(before[begin].source))[-1]
    title = (heading[1] or "").removesuffix(".")
    asked = f"**{title[:1].upper()}{title[1:]}{'' if title[-1:] in '?!' else '.'}**\n\n" if title else ""
    yield "markdown", f"## Exercise {number}\n\n{asked}{_from_below(before[begin].source[heading.end() :])}"
    for cell in before[begin + 1 :]:
        yield cell.cell_type, _from_below(cell.source) if cell.cell_type == "markdown" else cell.source


def _from_below(text: str) -> str:
    """Markdown whose links lead to the same places from one folder below."""
    return re.sub(r"\]\((?![a-z]+:|#)", "](../", text)


# --- what they need to run


def _setup(name: str, code: Iterable[str]) -> Iterator[str]:
    """The cells before the first exercise: imports, and cells of the notebook that define what else is used."""
    course = Lesson(name, cells_of((FOLDER / f"{name}.ipynb").read_text("utf-8")))
    left, imported, places = list(_unmade(code)), dict[str, ast.stmt](), set[int]()
    while left:
        used = left.pop()
        found = course.known.get(used)
        if found is None or used in imported or found.place[0] in places:
            continue
        if isinstance(found.code, ast.Import | ast.ImportFrom):
            imported[used] = found.code
        else:
            places.add(found.place[0])
            left += used_names(course.others[found.place[0]].source)
    yield "\n\n".join(_imports(imported))
    yield from (course.others[place].source for place in sorted(places))


def _unmade(code: Iterable[str]) -> set[str]:
    """The names that these cells use before they make them."""
    made: set[str] = set()
    wanted: set[str] = set()
    for source in code:
        wanted |= used_names(source) - made
        made |= definitions([Cell("", source)]).keys()
    return wanted


def _imports(imported: Mapping[str, ast.stmt]) -> Iterator[str]:
    """The imports of these names as ruff orders them: the standard library, other packages, wslab."""
    whole: set[str] = set()
    parts: dict[str, list[ast.alias]] = {}
    for name, code in imported.items():
        assert isinstance(code, ast.Import | ast.ImportFrom)
        (alias,) = (each for each in code.names if (each.asname or each.name.split(".")[0]) == name)
        if isinstance(code, ast.Import):
            whole.add(ast.unparse(ast.Import([alias])))
        else:
            parts.setdefault(str(code.module), []).append(alias)
    lines = [*sorted(whole), *(_import_from(module, parts[module]) for module in sorted(parts))]
    for section in (0, 1, 2):
        found = [line for line in lines if _section(line.split()[1]) == section]
        if found:
            yield "\n".join(found)


def _section(module: str) -> int:
    top = module.split(".")[0]
    return 0 if top in sys.stdlib_module_names else 2 if top == "wslab" else 1


def _import_from(module: str, aliases: list[ast.alias]) -> str:
    """Constants, classes, functions; a name a line where one line would be too long."""
    order = sorted(aliases, key=lambda each: (2 - each.name[0].isupper() - each.name.isupper(), each.name))
    names = [ast.unparse(each) for each in order]
    line = f"from {module} import {', '.join(names)}"
    lines = "".join(f"    {name},\n" for name in names)
    return line if len(line) <= WIDEST else f"from {module} import (\n{lines})"


if __name__ == "__main__":
    for name in NOTEBOOKS:
        (FOLDER / f"{name}.ipynb").write_text(with_folded(name), "utf-8")
        (FOLDER / "solutions" / f"{name}.ipynb").write_text(made(name), "utf-8")
