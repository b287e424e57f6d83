"""The grades of a server or a client in the terminal, and what each failure teaches.

The words and the verdicts are those of `wslab.conformance`. Here they get their columns, a bar while the cases run, and
the bytes of one case of each lesson, taken apart. The page for `--html` is `wslab.conformance.page`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from wslab.cli.terminal.dissection import as_tables, judge
from wslab.conformance.cases import GROUPS
from wslab.conformance.report import GRADES, Case, Report, Taught
from wslab.conformance.words import (
    MARKS,
    UNASKED,
    bytes_to_show,
    capital,
    count,
    mark,
    not_agreed,
    part_to_show,
    sentence,
)

MOST_CASES = 12
"""Cases of one lesson that are shown with their details; the others with their numbers only."""


@contextmanager
def progress(console: Console) -> Iterator[Callable[[Case, int], None]]:
    """A bar by case in a terminal; elsewhere a line for each 50 cases."""
    if not console.is_terminal:
        yield _lines(console)
        return
    words = TextColumn("{task.description}")
    with Progress(
        words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("begins", total=None)
        counts: Counter[str] = Counter()

        def on_case(case: Case, total: int) -> None:
            counts[case.grade] += 1
            bar.update(task, total=total, advance=1, description=f"{case.id:<8} {counts['failed']} failed")

        yield on_case


def _lines(console: Console) -> Callable[[Case, int], None]:
    counts: Counter[str] = Counter()

    def on_case(case: Case, total: int) -> None:
        counts[case.grade] += 1
        done = counts.total()
        if done % 50 == 0 or done == total:
            console.print(f"case {done} of {total}, {counts['failed']} failed; the last was {case.id}")

    return on_case


# --- the terminal ---------------------------------------------------------------------


def as_tables_of(report: Report, *, dark: bool = True) -> Iterator[RenderableType]:
    """All that the terminal shows: the grades by group, what to fix, what is left open, the verdict."""
    yield grades(report)
    for taught in report.taught:
        yield from _lesson(taught, report, dark=dark)
    yield from _left_open(report)
    yield _verdict(report)


def grades(report: Report) -> Table:
    """The grades by group."""
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
    lesson, cases = taught.lesson, taught.cases
    yield Text(f"\n{mark(taught)} {capital(lesson.heading)}. {count(cases)}", "bold")
    rows = [("why", f"{capital(lesson.why)}."), ("to fix it", f"{lesson.fix}.")]
    if taught.is_remark:
        yield _pairs([*rows, ("seen", f"{lesson.where}, in {_some(cases)}; {UNASKED}.")])
    else:
        yield _pairs(rows)
        for case in cases[:MOST_CASES]:
            yield _case(case)
        if len(cases) > MOST_CASES:
            yield _pairs([(f"{MARKS[case.grade]} {case.id}", case.title) for case in cases[MOST_CASES:]])
    yield from _dissected(taught, report, dark=dark)


def _some(cases: tuple[Case, ...]) -> str:
    more = f" and {len(cases) - MOST_CASES} more" if len(cases) > MOST_CASES else ""
    return ", ".join(case.id for case in cases[:MOST_CASES]) + more


def _case(case: Case) -> RenderableType:
    where = [("where", case.lesson.where)] if case.lesson and case.lesson.where else []
    rows = [(f"{MARKS[case.grade]} {case.id}", case.title), ("expected", case.expected), ("came", case.received)]
    return _pairs([*rows, *where])


def _pairs(rows: list[tuple[str, str]]) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(justify="right", style="dim", min_width=10)
    table.add_column(overflow="fold")
    for name, words in rows:
        table.add_row(name, Text(words))
    return table


def _dissected(taught: Taught, report: Report, *, dark: bool) -> Iterator[RenderableType]:
    """The bytes of the shortest of these cases, the frame that matters."""
    found = [case for case in taught.cases if bytes_to_show(case, report, taught.lesson).data]
    if not found:
        return
    case = min(found, key=lambda case: len(case.sent.data))
    whole = bytes_to_show(case, report, taught.lesson)
    yield Text(f"\nThe bytes of {case.id}, as the {whole.role.value} receives them, with wslab's own verdict:", "bold")
    judged = judge(whole, alone=False)
    *part, _ = as_tables(replace(whole, parts=(whole.parts[part_to_show(whole)],)), judged, dark=dark)
    yield from part[:-1]
    yield Text(judged.sentence)


def _left_open(report: Report) -> Iterator[RenderableType]:
    if report.of("informational"):
        yield Text("\nNo verdict, and why:", "bold")
    for case in report.of("informational"):
        assert case.lesson is not None
        words = f"{capital(case.lesson.heading)}: {case.lesson.why}."
        yield _pairs([(f"{MARKS[case.grade]} {case.id}", words), ("came", case.received)])
    if report.of("unimplemented"):
        yield Text(f"\n{not_agreed(report)}")


def _verdict(report: Report) -> Text:
    return Text(f"\n{sentence(report)}", "bold" if report.passed else "bold red")
