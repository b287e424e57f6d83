"""`wslab conformance`: the grades of a server or a client in the terminal, and what each failure teaches.

The words and the verdicts are those of `wslab.course.conformance`; here they get their columns, a bar while the cases
run, and the bytes of one case of each lesson taken apart. The page for `--html` is `conformance_page`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wslab.course.conformance import GRADES, Case, NotGraded, Report, Taught, grade_client, grade_server
from wslab.course.conformance_cases import GROUPS
from wslab.course.conformance_lessons import Lesson
from wslab.explain import Anatomy, anatomy
from wslab.protocol import Rule
from wslab.tools.dissect import as_tables, judge

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

MARKS = {"ok": "✓", "non-strict": "~", "informational": "i", "unimplemented": "–", "failed": "✗"}
UNASKED = "the suite does not look at this"
MOST_CASES = 12
"""Cases of one lesson that are told one by one in the terminal; the others by their numbers."""


def check_target(path: Path | None) -> None:
    """See before a long run that a file can be written there."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.UsageError(f"{path} cannot be written: there is no folder {path.absolute().parent}.")


def grade(target: Sequence[str], console: Console, *, client: bool, beyond_loopback: bool, **how: Any) -> Report:
    """The report on a client's command or a server's address; `console` is where the progress is shown.

    `how` is that of `grade_client` and `grade_server`. `click.UsageError` where nothing could be graded.
    """
    if not target or (len(target) > 1 and not client):
        raise click.UsageError("Give one address as ws://127.0.0.1:9001, or --client -- and a command.")
    with progress(console) as told:
        if client:
            run = grade_client(target, told=told, **how)
        else:
            run = grade_server(target[0], told=told, beyond_loopback=beyond_loopback, **how)
        try:
            return asyncio.run(run)
        except NotGraded as error:
            raise click.UsageError(str(error)) from error


def write(report: Report, page: Path | None, data: Path | None) -> None:
    """Write the files that were asked for."""
    if data is not None:
        data.write_text(json.dumps(report.as_data(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    if page is not None:
        from wslab.tools.conformance_page import as_page

        page.write_text(as_page(report), "utf-8")


@contextmanager
def progress(console: Console) -> Iterator[Callable[[Case, int], None]]:
    """A bar by case in a terminal; elsewhere a line for each 50 cases."""
    if not console.is_terminal:
        yield _lines(console)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    words = TextColumn("{task.description}")
    with Progress(
        words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("begins", total=None)
        counts: Counter[str] = Counter()

        def told(case: Case, total: int) -> None:
            counts[case.grade] += 1
            bar.update(task, total=total, advance=1, description=f"{case.id:<8} {counts['failed']} failed")

        yield told


def _lines(console: Console) -> Callable[[Case, int], None]:
    counts: Counter[str] = Counter()

    def told(case: Case, total: int) -> None:
        counts[case.grade] += 1
        done = counts.total()
        if done % 50 == 0 or done == total:
            console.print(f"{done} of {total} cases, {counts['failed']} failed; the last was {case.id}")

    return told


# --- the terminal ---------------------------------------------------------------------


def as_tables_of(report: Report, *, dark: bool = True) -> Iterator[RenderableType]:
    """All that is told in the terminal: the grades by group, what to mend, what is left open, the verdict."""
    yield grades(report)
    for taught in report.taught:
        yield from _lesson(taught, report, dark=dark)
    yield from _left_open(report)
    yield _verdict(report)


def grades(report: Report) -> Table:
    """The grades by group."""
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    shown = [grade for grade in GRADES if grade != "unimplemented" or report.counts()[grade]]
    for heading in ("group", "what it is about", "cases", *shown, "seconds"):
        table.add_column(heading, justify="left" if heading == "what it is about" else "right")
    for group in report.groups:
        counts, cases = report.counts(group), [case for case in report.cases if case.group == group]
        seconds = sum(case.seconds for case in cases)
        numbers = [_number(counts[grade], grade) for grade in shown]
        table.add_row(group, GROUPS[group], str(len(cases)), *numbers, f"{seconds:.1f}")
    whole = [_number(report.counts()[grade], grade) for grade in shown]
    table.add_row("", "all", str(len(report.cases)), *whole, f"{report.seconds:.1f}", style="bold")
    return table


def _number(count: int, grade: str) -> str:
    return f"[bold red]{count}[/]" if count and grade == "failed" else str(count)


def _lesson(taught: Taught, report: Report, *, dark: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    lesson, cases = taught.lesson, taught.cases
    yield Text(f"\n{mark(taught)} {capital(lesson.says)} ({lesson.reference}). {count(cases)}", "bold")
    rows = [("why", f"{capital(lesson.why)}."), ("to mend it", f"{lesson.mend}.")]
    if taught.is_remark:
        yield _pairs([*rows, ("seen", f"{lesson.where}, in {_some(cases)}; {UNASKED}.")])
    else:
        yield _pairs(rows)
        for case in cases[:MOST_CASES]:
            yield _case(case)
        if len(cases) > MOST_CASES:
            yield _pairs([(f"{MARKS[case.grade]} {case.id}", case.title) for case in cases[MOST_CASES:]])
    yield from _dissected(taught, report, dark=dark)


def mark(taught: Taught) -> str:
    """The mark of a lesson: that of its first case, or a cross for what the suite does not look at."""
    return MARKS["failed" if taught.is_remark else taught.cases[0].grade]


def count(cases: tuple[Case, ...]) -> str:
    """`1 case`, `5 cases`."""
    return f"{len(cases)} case{'' if len(cases) == 1 else 's'}"


def _some(cases: tuple[Case, ...]) -> str:
    more = f" and {len(cases) - MOST_CASES} more" if len(cases) > MOST_CASES else ""
    return ", ".join(case.id for case in cases[:MOST_CASES]) + more


def _case(case: Case) -> RenderableType:
    where = [("where", case.lesson.where)] if case.lesson and case.lesson.where else []
    rows = [(f"{MARKS[case.grade]} {case.id}", case.title), ("expected", case.expected), ("came", case.received)]
    return _pairs([*rows, *where])


def _pairs(rows: list[tuple[str, str]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(justify="right", style="dim", min_width=10)
    table.add_column(overflow="fold")
    for name, words in rows:
        table.add_row(name, Text(words))
    return table


def _dissected(taught: Taught, report: Report, *, dark: bool) -> Iterator[RenderableType]:
    """The bytes of the shortest of these cases, the frame that matters."""
    from rich.text import Text

    found = [case for case in taught.cases if told_bytes(case, report, taught.lesson).data]
    if not found:
        return
    case = min(found, key=lambda case: len(case.sent.data))
    whole = told_bytes(case, report, taught.lesson)
    yield Text(f"\nThe bytes of {case.id}, as the {whole.role.value} receives them:", "bold")
    judged = judge(whole, alone=False)
    *part, _ = as_tables(replace(whole, parts=(whole.parts[telling(whole)],)), judged, dark=dark)
    yield from part[:-1]
    yield Text(judged.sentence)


def told_bytes(case: Case, report: Report, lesson: Lesson) -> Anatomy:
    """The bytes that a lesson is about: what the suite sent, or what broke a rule in answer to it."""
    is_answer = lesson.rule is not None and (lesson is case.remark or lesson.rule is _rule(case.remark))
    sent = anatomy(case.sent.data, report.role)
    if is_answer and (sent.error is None or sent.error.rule is not lesson.rule):
        return anatomy(case.answered.data, report.role.peer)
    return sent


def _rule(lesson: Lesson | None) -> Rule | None:
    return lesson.rule if lesson else None


def telling(whole: Anatomy) -> int:
    """Which part of the bytes to look at: the one that breaks a rule, else the first."""
    broken = [number for number, part in enumerate(whole.parts) if any(field.rule for field in part.fields)]
    return broken[0] if broken else 0


def _left_open(report: Report) -> Iterator[RenderableType]:
    from rich.text import Text

    if report.of("informational"):
        yield Text("\nNo verdict, and why:", "bold")
    for case in report.of("informational"):
        assert case.lesson is not None
        words = f"{capital(case.lesson.says)} ({case.lesson.reference}): {case.lesson.why}."
        yield _pairs([(f"{MARKS[case.grade]} {case.id}", words), ("came", case.received)])
    if report.of("unimplemented"):
        yield Text(f"\n{not_agreed(report)}")


def not_agreed(report: Report) -> str:
    """Why the compression of some cases was not graded."""
    cases = report.of("unimplemented")
    series = ", ".join(dict.fromkeys(f"{case.id.rpartition('.')[0]}.*" for case in cases))
    return (
        f"Not agreed on was the compression of {count(cases)} ({series}). An extension is optional (RFC 7692 §5): this"
        " is no failure. To have them graded, a server agrees to permessage-deflate, and a client offers it with"
        " client_no_context_takeover and client_max_window_bits: the suite asks for what is offered only."
    )


def _verdict(report: Report) -> Text:
    from rich.text import Text

    return Text(f"\n{sentence(report)}", "bold" if report.passed else "bold red")


def sentence(report: Report) -> str:
    """The whole run in one sentence."""
    counts, many = report.counts(), len(report.cases)
    told = [f"{counts[grade]} {grade}" for grade in GRADES if counts[grade]]
    remarks = len(report.remarks)
    also = f"; in {remarks} of them what came back breaks a rule" if remarks else ""
    return f"The {report.role.value} at {report.target}: {', '.join(told)} of {many} in {report.seconds:.0f} s{also}."


def capital(words: str) -> str:
    """With a capital first letter."""
    return f"{words[:1].upper()}{words[1:]}"
