"""A check of how a learner reads server-sent events (WHATWG HTML, section 9.2.6, as of 2026).

The learner's function gets a stream as text and gives the data of its events. `CASES` are streams, each with one thing
that a quick reader gets wrong: a comment, several lines of data, a colon or a space in the data, other fields, CR LF,
and an event that is not over yet. What is right stands beside each stream.

Left out: ids and names of events, `retry`, and a stream that comes in pieces.
"""

from __future__ import annotations

from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_events"]


class _Case(NamedTuple):
    """A stream, what a browser makes of it, and what is to be known for that."""

    stream: str
    right: list[str]
    hint: str


CASES = (
    _Case("data: 1\n\ndata: 2\n\n", ["1", "2"], "An empty line ends an event: two of them are here."),
    _Case(": keep\n\ndata: 1\n\n", ["1"], "A line that begins with a colon is a comment, and no event."),
    _Case("data: a\ndata: b\n\n", ["a\nb"], "Several lines of data are one event, joined by a line break."),
    _Case("id: 7\nevent: price\ndata: 1\n\n", ["1"], "Only the lines of the field `data` are its data."),
    _Case("data: a: b\n\n", ["a: b"], "The first colon ends the name of the field; others belong to the data."),
    _Case("data:1\n\ndata:  2\n\n", ["1", " 2"], "One space behind the colon is dropped, if there is one; no more."),
    _Case("id: 8\n\ndata: 1\n\n", ["1"], "Without data there is no event."),
    _Case("data: 1\r\n\r\ndata: 2\r\n\r\n", ["1", "2"], "Lines may end with CR LF, too."),
    _Case("data: 1\n\ndata: 2\n", ["1"], "The empty line is missing at the end, so the event is not over: dropped."),
)

TASK = Task(
    (list, tuple),
    "a list of texts",
    "Go through the lines, collect the data, and give it out at each empty line.",
    'Three kinds of lines matter: empty ones end an event, "data" or "data:..." adds a line, all others are left out.',
    """def events(stream):
    given, data = [], []
    for line in stream.replace("\\r\\n", "\\n").split("\\n")[:-1]:
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            given.append("\\n".join(data))
            data = []
    return given""",
)


def check_events(mine: object) -> CheckResult:
    """Give streams of server-sent events to the learner's function, and name what it reads otherwise than a browser.

    `mine` is a function of a text that returns the list of its events' data.

    >>> check_events(lambda stream: stream.split()).hint
    'An empty line ends an event: two of them are here.'
    """
    values = TASK.values(mine, [case.stream for case in CASES])
    if isinstance(values, CheckResult):
        return values
    pairs = zip(CASES, map(list, values), strict=True)
    wrong = next(((case, value) for case, value in pairs if value != case.right), None)
    if wrong is None:
        return TASK.right(f"{len(CASES)} streams are read as a browser reads them.")
    case, value = wrong
    return TASK.wrong(f"of {case.stream!r} it gives {value!r}, and a browser gives {case.right!r}.", _hint(case, value))


def _hint(case: _Case, value: list[object]) -> str:
    if value == [f"{each}\n" for each in case.right]:
        return "A line break stands between two lines of data, not behind the last one."
    if value == ["\n".join(case.right[: at + 1]) for at in range(len(case.right))]:
        return "Your second event has the lines of the first, too: begin with no data behind each event."
    return case.hint
