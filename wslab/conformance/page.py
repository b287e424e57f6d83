"""The page of `wslab conformance --html`: the grades, what to fix, and the bytes of each case taken apart.

One file that loads nothing, in the look of the lab's views: the same style, the same figure of a frame in bits, the
same script that lights up a field's bits and bytes together. Every case opens by keyboard or mouse; without a script
the page reads the same. Bytes are drawn for the first cases of each lesson, so that a page about hundreds of failures
stays small; the others have theirs in hex.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

import htpy as h
from htpy import Node
from markupsafe import Markup

from wslab.conformance.cases import GROUPS
from wslab.conformance.lessons import Lesson
from wslab.conformance.report import GRADES, Case, Grade, Report, Taught
from wslab.conformance.results import Log
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
from wslab.explain import Anatomy, Field, spaced_hex
from wslab.widgets import components
from wslab.widgets.frame_figure import Drawing, figure
from wslab.widgets.hexdump import lines
from wslab.widgets.page import page, script, style
from wslab.widgets.strip import tokens

DRAWN = 5
"""Cases of one lesson whose bytes are drawn."""

FEW = 5
"""Cases of a remark that are shown; it may be there in all of them."""


def as_page(report: Report) -> str:
    """The report as a page that stands alone."""
    ours = (files("wslab.conformance") / "style.css").read_text("utf-8")
    look, lights = (Markup(text) for text in (style() + ours, script()))  # noqa: S704  the files of this package
    body = [h.style[look], h.div(".wsl.wsl-report")[_summary(report)], _lessons(report), _every(report)]
    return page(f"Conformance of a {report.role.value}", [*body, h.script(type="module")[lights]])


def _summary(report: Report) -> Node:
    return [
        h.p(class_=["wsl-outcome", "is-yes" if report.passed else "is-no"])[
            h.b(aria_hidden="true")[MARKS["ok" if report.passed else "failed"]], " ", sentence(report)
        ],
        h.p(".wsl-note")[f"Graded by the cases of Autobahn's test suite, as {report.suite} runs them."],
        _grades(report),
    ]


def _grades(report: Report) -> Node:
    shown = [grade for grade in GRADES if grade != "unimplemented" or report.counts()[grade]]
    head = ["Group", "What it is about", "Cases", *(grade.capitalize() for grade in shown)]
    return h.table(".wsl-table.wsl-grades")[
        h.thead[h.tr[(h.th(scope="col")[name] for name in head)]],
        h.tbody[
            (
                h.tr[h.th(scope="row")[group], h.td[GROUPS[group]], _numbers(report, group, shown)]
                for group in report.groups
            )
        ],
        h.tfoot[h.tr[h.th(scope="row")["All"], h.td, _numbers(report, None, shown)]],
    ]


def _numbers(report: Report, group: str | None, shown: Sequence[Grade]) -> Iterator[Node]:
    counts = report.counts(group)
    yield h.td(".wsl-num")[f"{counts.total()}"]
    for grade in shown:
        wrong = grade == "failed" and counts[grade] > 0
        yield h.td(class_=["wsl-num", wrong and "is-no"])[f"{counts[grade]}"]


# --- what to fix ---------------------------------------------------------------------


def _lessons(report: Report) -> Node:
    taught, undecided = report.taught, report.of("informational")
    return [
        h.h2["What to fix"] if taught else None,
        (_lesson(each, report) for each in taught),
        h.p(".wsl-note")[not_agreed(report)] if report.of("unimplemented") else None,
        h.h2["What has no verdict"] if undecided else None,
        h.div(".wsl.wsl-report")[(_undecided(case) for case in undecided)] if undecided else None,
    ]


def _lesson(taught: Taught, report: Report) -> Node:
    lesson, cases = taught.lesson, taught.cases
    how_many = f"{count(cases)}; {UNASKED}" if taught.is_remark else count(cases)
    return h.section(".wsl-lesson")[
        h.h3[
            h.span(".wsl-no", aria_hidden="true")[mark(taught)],
            f" {capital(lesson.text)} ",
            lesson.section and components.section(lesson.section),
        ],
        h.p[h.b["Why: "], f"{capital(lesson.why)}."],
        h.p[h.b["To fix it: "], f"{lesson.fix}."],
        h.p(".wsl-note")[f"{how_many}."],
        (_case(case, report, lesson, number) for number, case in enumerate(cases[: FEW if taught.is_remark else None])),
    ]


def _case(case: Case, report: Report, lesson: Lesson, number: int) -> Node:
    """One case of a lesson, the first of them open."""
    whole = bytes_to_show(case, report, _own(case, lesson))
    return h.details(".wsl-case", open=number == 0)[
        h.summary[_grade(case), h.b[case.id], " ", case.title],
        h.div[
            h.dl(".wsl-refusal")[([h.dt[name], h.dd[words]] for name, words in _facts(case, _own(case, lesson)))],
            _bytes(case, whole) if number < DRAWN else _hex(whole),
        ],
    ]


def _own(case: Case, lesson: Lesson) -> Lesson:
    """The same lesson with the place where this case has it."""
    return next((each for each in (case.lesson, case.remark) if each and each.text == lesson.text), lesson)


def _grade(case: Case) -> Node:
    return h.span(class_=["wsl-grade", case.grade == "failed" and "is-no"])[f"{MARKS[case.grade]} {case.grade}"]


def _facts(case: Case, lesson: Lesson) -> Iterator[tuple[str, str]]:
    yield "Expected", f"{case.expected}."
    yield "Came", f"{case.received}."
    if lesson.where:
        yield "Where", f"{lesson.where}."
    yield "The suite", case.outcome
    if case.expectation:
        yield "Its words", case.expectation


def _undecided(case: Case) -> Node:
    assert case.lesson is not None
    lesson = case.lesson
    return [
        h.h3[f"{case.id}: {capital(lesson.text)} ", lesson.section and components.section(lesson.section)],
        h.p[f"{capital(lesson.why)}."],
        h.p(".wsl-note")[f"What came here: {case.received}."],
    ]


# --- bytes ----------------------------------------------------------------------------


def _bytes(case: Case, whole: Anatomy) -> Node:
    """The frame that matters, in bits, in fields and in hex: a view of its own, so that only its fields light up."""
    if not whole.parts:
        return _no_bytes()
    number = part_to_show(whole)
    part = whole.parts[number]
    which = f"Frame {number + 1} of {len(whole.parts)}" if len(whole.parts) > 1 else "The frame"
    title = f"{which} of case {case.id}, as a {whole.role.value} receives it"
    return h.div(".wsl", role="group", aria_label=title, data_wslab="FrameInspector", data_wslab_static=True)[
        h.div(".wsl-body")[
            h.p[components.chip(part.kind, part.name), f" {title}"],
            figure(Drawing(whole, part, (), live=False)),
            h.div(".wsl-twin")[_fields(whole, number), _dump(case, whole)],
        ]
    ]


def _fields(whole: Anatomy, number: int) -> Node:
    names = tokens(whole)
    head = h.tr[(h.th(scope="col")[name] for name in ("Field", "Value", "Meaning"))]
    rows = (_field(field, names[field.start]) for field in whole.parts[number].fields)
    return h.table(".wsl-table")[h.thead[head], h.tbody[rows]]


def _field(field: Field, token: str) -> Node:
    wrong = field.rule is not None and h.p(".wsl-no")[f"× It must hold: {field.rule.text}"]
    return h.tr(class_=["wsl-frow", field.rule is not None and "is-illegal"], data_link=token)[
        h.th(scope="row")[field.name],
        h.td[h.code[field.value]],
        h.td[field.meaning, " ", components.section(field.section), wrong],
    ]


def _dump(case: Case, whole: Anatomy) -> Node:
    label = f"The bytes of case {case.id} in one direction, as the suite logged them, in hex"
    return h.div[
        h.pre(".wsl-whole", tabindex="0", role="group", aria_label=label)["\n".join(lines(whole.data))],
        h.p(".wsl-note")[_log_words(case.sent if whole.data is case.sent.data else case.answered)],
        components.copy_button("Copy as hex", spaced_hex(whole.data)),
    ]


def _hex(whole: Anatomy) -> Node:
    return h.p[h.code(".wsl-hex")[spaced_hex(whole.data)]] if whole.data else _no_bytes()


def _log_words(log: Log) -> str:
    if log.whole:
        return "These are all the bytes of this direction behind the opening handshake."
    return "The suite logs the first 64 bytes of each write; its log is cut at the first that is longer."


def _no_bytes() -> Node:
    return h.p(".wsl-note")["The suite logged no bytes of this case."]


# --- all cases ------------------------------------------------------------------------


def _every(report: Report) -> Node:
    return [
        h.h2["All cases"],
        h.div(".wsl.wsl-report")[(_group(report, group) for group in report.groups)],
    ]


def _group(report: Report, group: str) -> Node:
    cases = [case for case in report.cases if case.group == group]
    counts = report.counts(group)
    grades = ", ".join(f"{counts[grade]} {grade}" for grade in GRADES if counts[grade])
    head = h.tr[(h.th(scope="col")[name] for name in ("Case", "Grade", "What it does", "Seconds"))]
    return h.details(".wsl-case")[
        h.summary[h.b[f"{group} {GROUPS[group]}"], f": {grades}"],
        h.table(".wsl-table")[h.thead[head], h.tbody[(_line(case) for case in cases)]],
    ]


def _line(case: Case) -> Node:
    return h.tr[
        h.th(scope="row")[case.id],
        h.td[_grade(case)],
        h.td[case.title],
        h.td(".wsl-num")[f"{case.seconds:.2f}"],
    ]
