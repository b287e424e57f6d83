"""What a notebook of the course says of itself, read from its cells: nothing is written down a second time.

The first cell has the title, "You need: " with links to other notebooks, "Time: " and "After it you can ". Questions
are the calls of `Predict` in code cells, exercises the headings that begin with "Try it yourself", and what to remember
is the list below the heading of that name. Nothing is run.

Left out: the answers to the questions, which only a run knows.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Outline", "Question", "minutes", "outlines"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to answer before a run, and what one can choose."""

    text: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A notebook in short; texts are Markdown.

    `name` is that of its file without suffix, `needs` the names of the notebooks that come before it, `time` what it
    says of its time, `minutes` the same as a number. `goals` is what one can do after it.
    """

    name: str
    title: str
    opening: str
    needs: tuple[str, ...]
    time: str
    minutes: int
    goals: str
    questions: tuple[Question, ...]
    exercises: tuple[str, ...]
    remember: tuple[str, ...]


def outlines(folder: Path) -> list[Outline]:
    """The notebooks of the course in a folder that say what one can do after them, in the order of their names."""
    read = [(path.stem, json.loads(path.read_text("utf-8"))["cells"]) for path in sorted(folder.glob("*.ipynb"))]
    return [_outline(name, cells) for name, cells in read if "After it you can " in "".join(cells[0]["source"])]


def _outline(name: str, cells: Sequence[Mapping[str, Any]]) -> Outline:
    told = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    first = "".join(cells[0]["source"])
    paragraphs = [" ".join(each.split()) for each in first.split("\n\n")]
    needs, time = _found(r"You need: (.*?) Time: ", first), _found(r"Time: (.*?)\.(?:\s|$)", first)
    return Outline(
        name,
        paragraphs[0].lstrip("# "),
        paragraphs[1],
        tuple(re.findall(r"\((\w+)\.ipynb\)", needs)),
        time,
        minutes(time),
        _found(r"After it you can (.*?)\.(?:\s|$)", first),
        tuple(question for source in code for question in _questions(source)),
        tuple(re.findall(r"^## Try it yourself:? ?(.*)", told, re.MULTILINE)),
        tuple(_points(told.partition("## What to remember\n")[2].partition("\n## ")[0])),
    )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.DOTALL)
    return " ".join(match[1].split()) if match else ""


def _points(text: str) -> Iterator[str]:
    """The points of a list, each on one line."""
    for point in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
        yield " ".join(point.split("\n\n")[0].split())


def _questions(source: str) -> Iterator[Question]:
    """The calls of `Predict`; of one whose choices are made by code, the question alone."""
    for node in ast.walk(compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Predict":
            text, choices = (_value(each) for each in (*node.args, ast.Constant(None), ast.Constant(None))[:2])
            if isinstance(text, str):
                yield Question(text, tuple(map(str, choices)) if isinstance(choices, (list, tuple, dict)) else ())


def _value(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


_UNITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_NUMBERS = _UNITS | _TENS | {"a": 1, "an": 1, "fifteen": 15, "twelve": 12}


def minutes(time: str) -> int:
    """What a notebook says of its time, as minutes: `twenty-five minutes` is 25, `an hour for all` 60.

    `and as long again` doubles it. Raises ValueError where it begins with no time.
    """
    match = re.match(r"([a-z-]+) (minute|hour)s?(.*)", time)
    words = match[1].split("-") if match else ["?"]
    if match is None or not all(word in _NUMBERS for word in words):
        raise ValueError(f"{time!r} does not begin with a time, such as twenty-five minutes.")
    number = sum(_NUMBERS[word] for word in words) * (60 if match[2] == "hour" else 1)
    return number * 2 if "as long again" in match[3] else number
