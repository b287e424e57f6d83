"""What people say and what people see, as a page: `python -m wslab.course.page > wslab/course/CLAIMS.md`.

A test compares the file with the page. What this module leaves out: playing anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from wslab.course.diagnosis import NOTEBOOK, SYMPTOMS, Symptom
from wslab.course.myths import MYTHS, Lesson, Myth
from wslab.explain.markdown import markdown_row

_RUNS = "[myths](../../notebooks/myths.ipynb)"
"""The notebook of the claims."""


def page() -> str:
    """Myths and symptoms as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What people say, and what people see"
    yield "\nMade by `python -m wslab.course.page > wslab/course/CLAIMS.md`. `wslab play NAME` plays a scenario and"
    yield "explains it; a place in the course is a notebook and a heading. The cell that runs a claim stands in"
    yield f"{_RUNS}, and runs anywhere else. `wslab diagnose` leads from a message, a log or a recording to the"
    yield "causes."
    yield "\n## What people say\n"
    said = ("what people say", "verdict", "what is true", "the cell that runs it", "what shows it")
    yield from _table(said, map(_myth, MYTHS))
    yield "\n## What people see\n"
    seen = ("what people see", "its name", "causes, the likeliest first", "where the course runs it", "sections")
    yield from _table((*seen, "asked by others"), map(_symptom, SYMPTOMS))


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield markdown_row(columns)
    yield markdown_row(["---"] * len(columns))
    yield from map(markdown_row, rows)


def _myth(myth: Myth) -> tuple[str, ...]:
    shown = [*(f"`{name}`" for name in myth.scenarios), *map(_place, myth.lessons)]
    return myth.claim, myth.verdict.value, myth.truth, f'`myths("{myth.name}").run()`', "<br>".join(shown)


def _place(lesson: Lesson) -> str:
    return f"[{lesson.notebook}](../../notebooks/{lesson.notebook}.ipynb): {lesson.heading}"


def _symptom(symptom: Symptom) -> tuple[str, ...]:
    causes = "<br>".join(f"`{cause.scenario}`: {cause.text}" for cause in symptom.causes)
    place = _place(Lesson(NOTEBOOK, symptom.heading))
    sections, threads = ", ".join(symptom.sections), ", ".join(symptom.threads)
    return symptom.text, f"`{symptom.name}`", causes, place, sections, threads


if __name__ == "__main__":
    sys.stdout.write(page())
