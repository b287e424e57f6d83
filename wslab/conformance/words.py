"""The sentences of a report that the terminal and the page share, and the bytes that a lesson is about.

Left out: how they are laid out (`page`, and the terminal's module in `wslab.cli`).
"""

from __future__ import annotations

from wslab.conformance.lessons import Lesson
from wslab.conformance.report import GRADES, Case, Report, Taught
from wslab.explain import Anatomy, anatomy
from wslab.protocol import Rule

__all__ = ["MARKS", "UNASKED", "bytes_to_show", "capital", "count", "mark", "not_agreed", "part_to_show", "sentence"]

MARKS = {"ok": "✓", "non-strict": "~", "informational": "i", "unimplemented": "–", "failed": "×"}
UNASKED = "the suite does not grade this"
"""The words beside a remark."""


def mark(taught: Taught) -> str:
    """The mark of a lesson: that of its first case, or a cross for what the suite does not grade."""
    return MARKS["failed" if taught.is_remark else taught.cases[0].grade]


def count(cases: tuple[Case, ...]) -> str:
    """`1 case`, `5 cases`."""
    return f"{len(cases)} case{'' if len(cases) == 1 else 's'}"


def bytes_to_show(case: Case, report: Report, lesson: Lesson) -> Anatomy:
    """The bytes that a lesson is about: what the suite sent, or what broke a rule in answer to it."""
    sent = anatomy(case.sent.data, report.role)
    if lesson.rule is None or _breaks(sent, lesson.rule):
        return sent
    answered = anatomy(case.answered.data, report.role.peer)
    return answered if _breaks(answered, lesson.rule) else sent


def _breaks(whole: Anatomy, rule: Rule) -> bool:
    return whole.error is not None and whole.error.rule is rule


def part_to_show(whole: Anatomy) -> int:
    """Which part of the bytes to look at: the one that breaks a rule, else the first."""
    broken = [number for number, part in enumerate(whole.parts) if any(field.rule for field in part.fields)]
    return broken[0] if broken else 0


def not_agreed(report: Report) -> str:
    """Why the compression of some cases was not graded."""
    cases = report.of("unimplemented")
    series = ", ".join(dict.fromkeys(f"{case.id.rpartition('.')[0]}.*" for case in cases))
    return (
        f"The compression of {count(cases)} ({series}) was not agreed on. An extension is optional (RFC 7692 §5): this"
        " is not a failure. To have them graded, a server agrees to permessage-deflate, and a client offers it with"
        " client_no_context_takeover and client_max_window_bits: the suite asks for what is offered only."
    )


def sentence(report: Report) -> str:
    """The whole run in one sentence."""
    counts, many = report.counts(), len(report.cases)
    grades = [f"{counts[grade]} {grade}" for grade in GRADES if counts[grade]]
    remarks = len(report.remarks)
    also = f"; in {remarks} of them what came back breaks a rule" if remarks else ""
    return f"The {report.role.value} at {report.target}: {', '.join(grades)} of {many} in {report.seconds:.0f} s{also}."


def capital(words: str) -> str:
    """With a capital first letter."""
    return f"{words[:1].upper()}{words[1:]}"
