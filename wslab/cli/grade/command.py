"""The command `wslab grade`: it reads what a class has handed in, runs the checks, and shows and writes a table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.grade.exercises import Lesson, lessons
from wslab.cli.grade.folder import HandedIn, Notebook, find, learners
from wslab.cli.grade.jobs import Job, Verdict, jobs_of, lesson_of
from wslab.cli.grade.rows import Graded, Row, row_of
from wslab.cli.grade.running import run_learners
from wslab.cli.grade.table import as_csv, as_data, as_table
from wslab.cli.launch import course_source
from wslab.cli.options import FILE, Seconds
from wslab.cli.recording import check_file, write_errors
from wslab.cli.terminal.output import as_json
from wslab.tape.files import replacing


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--csv", "lines", type=FILE, help="Write the table as CSV to this file, for a spreadsheet.")
@click.option("--json", "data", type=FILE, help="Write the table as JSON to this file, with every exercise.")
@click.option("--no-run", "reads_only", is_flag=True, help="Run nothing: read reports and progress files alone.")
@click.option(
    "--timeout",
    type=Seconds(0.1, 600),
    default=20.0,
    show_default=True,
    help="Seconds that each exercise has.",
)
@click.pass_context
def grade(
    context: click.Context, folder: Path, lines: Path | None, data: Path | None, reads_only: bool, timeout: float
) -> None:
    """Grade what a class handed in: notebooks, reports, progress files of `wslab build`.

    FOLDER has a folder for each learner, or files that are named after them. Reports (wslab-report.json, written by
    wslab.report) and progress files (wslab-build.json) are read, not checked: a learner can edit both.

    Of a notebook of the course, each exercise is run: the definitions that the learner wrote for it, and of the rest of
    the notebook the functions, classes, imports and literal values that these name. They run against the check of this
    wslab's own course, in a process apart, without the network, without writing a file, and with a limit of time and
    memory. No other cell runs. Such a process is no sandbox: --no-run runs nothing.

    The exit code is 0 when every file could be read, 1 when one could not, 2 when there was nothing to grade.
    """
    for path in filter(None, (lines, data)):
        check_file(path)
    rows = _rows(find(folder), None if reads_only else timeout)
    if not rows:
        raise CliError(
            f"There is nothing to grade in {folder}: no notebook, no wslab-report.json, no wslab-build.json."
        )
    Console(highlight=False, emoji=False).print(as_table(rows))
    if lines is not None:
        _write(lines, as_csv(rows))
    if data is not None:
        _write(data, as_json(as_data(rows), indent=1) + "\n")
    context.exit(1 if any(row.kind == "unreadable" for row in rows) else 0)


def _rows(handed: Sequence[HandedIn], limit: float | None) -> list[Row]:
    """The rows, by the learners' names; without a limit nothing is run."""
    course = lessons(course_source())
    which = [_lesson(each, course) for each in handed]
    names = learners(handed, [None if lesson is None else lesson.name for lesson in which])
    verdicts = {} if limit is None else _run(handed, which, names, limit)
    rows = [
        row_of(each, name, Graded(lesson, verdicts.get(each.place)), course)
        for each, name, lesson in zip(handed, names, which, strict=True)
    ]
    return sorted(rows, key=lambda row: (row.learner.casefold(), row.file))


def _lesson(handed: HandedIn, course: Sequence[Lesson]) -> Lesson | None:
    content = handed.content
    return lesson_of(content.cells, handed.place.stem, course) if isinstance(content, Notebook) else None


def _run(
    handed: Sequence[HandedIn], which: Sequence[Lesson | None], names: Sequence[str], limit: float
) -> dict[Path, list[Verdict]]:
    """The verdicts on each notebook of the course; a learner's notebooks share a process."""
    jobs: dict[str, list[tuple[Path, Job]]] = {}
    for each, lesson, name in zip(handed, which, names, strict=True):
        if isinstance(each.content, Notebook) and lesson is not None:
            jobs.setdefault(name, []).extend((each.place, job) for job in jobs_of(each.content.cells, lesson))
    found = asyncio.run(run_learners([[job for _, job in of_learner] for of_learner in jobs.values()], limit))
    verdicts: dict[Path, list[Verdict]] = {}
    for of_learner, said in zip(jobs.values(), found, strict=True):
        for (place, _), verdict in zip(of_learner, said, strict=True):
            verdicts.setdefault(place, []).append(verdict)
    return verdicts


def _write(path: Path, text: str) -> None:
    with write_errors(path), replacing(path, shared=True) as file:
        file.write(text.encode("utf-8", "replace"))
