"""A diagnosis in lines of plain text: what was found, the causes with what speaks for and against each, the question.

Short rules: at most `MOST_FOUND` messages and `MOST_CAUSES` causes are written out, the rest by name. A reason that
was the reason of the cause before is not said again. Of the settings those of the recognised software come first, and
`MOST_OTHERS` more. What a peer or a log said is never printed: each sentence is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from wslab.course.diagnosis.causes import Fix, Likely
from wslab.course.diagnosis.known import PATTERNS
from wslab.course.diagnosis.lines import Found
from wslab.course.diagnosis.questions import Question
from wslab.course.diagnosis.symptoms import SYMPTOMS, Symptom

__all__ = ["asking", "causes", "findings", "none_of_these", "settings_for"]

MOST_FOUND, MOST_CAUSES, MOST_OTHERS, MOST_THREADS = 5, 4, 3, 4

RELATED = {
    "AWS": ("AWS ALB", "AWS API Gateway"),
    "ASGI servers": ("uvicorn",),
    "Chromium": ("a page",),
    "Firefox": ("a page",),
    "Java": ("Tomcat", "Netty", "OkHttp", "Spring"),
    "Kubernetes and Linux": ("Kubernetes",),
    "Node": ("ws",),
    "Ruby and Elixir": ("Rails", "Phoenix"),
    "Safari": ("a page",),
    "SignalR": (".NET",),
    "a page's script": ("a page",),
    "aiohttp": ("asyncio",),
    "asyncio": ("websockets",),
    "websockets": ("asyncio",),
}
"""Whose settings matter, too, where a software was recognised."""


def findings(found: Sequence[Found]) -> Iterator[str]:
    """What was found, a line each."""
    said = list(dict.fromkeys(f"{each.software}: {each.says}" for each in found))
    yield from said[:MOST_FOUND]
    if len(said) > MOST_FOUND:
        yield f"... and {len(said) - MOST_FOUND} more."


def none_of_these(*, recorded: bool) -> Iterator[str]:
    """That nothing was recognised, and the symptoms to choose from."""
    yield (
        "Nothing went wrong on this recording that is known here."
        if recorded
        else f"Not one of these: it is none of the {len(PATTERNS)} messages that are known here."
    )
    yield "Choose what you see:"
    yield from (f"  {each.name}: {each.text}" for each in SYMPTOMS)


def causes(found: Sequence[Likely], software: Sequence[str], symptoms: Sequence[Symptom]) -> Iterator[str]:
    """The causes in order, each with its reasons and its fix; behind the first, sections and threads of `symptoms`."""
    before: tuple[str, ...] = ()
    for place, each in enumerate(found[:MOST_CAUSES], 1):
        yield from _cause(place, each, before, software)
        before = each.speaks_for
        if place == 1:
            yield from _see(symptoms)
    if rest := [each.cause.name for each in found[MOST_CAUSES:]]:
        yield f"\nLess likely: {', '.join(rest)}."


def _cause(place: int, likely: Likely, before: Sequence[str], software: Sequence[str]) -> Iterator[str]:
    cause = likely.cause
    yield f"\n{place}. {cause.text}" + ("" if cause.scenario is None else f" [wslab play {cause.scenario}]")
    new = [why for why in likely.speaks_for if why not in before]
    yield from (f"   + {why}" for why in new)
    if len(new) < len(likely.speaks_for):
        yield f"   + {'As' if not new else 'Otherwise as'} for {place - 1}."
    yield from (f"   - {why}" for why in likely.speaks_against)
    yield f"   Fix: {cause.fix.text}"
    yield from (f"        {name}: {setting}" for name, setting in settings_for(cause.fix, software))


def settings_for(fix: Fix, software: Sequence[str]) -> list[tuple[str, str]]:
    """The settings of what was recognised, in this order, and of at most three others."""
    names = chain.from_iterable((each, *RELATED.get(each, ())) for each in software)
    first = {name: fix.settings[name] for name in names if name in fix.settings}
    others = [(name, setting) for name, setting in fix.settings.items() if name not in first]
    return [*first.items(), *others[:MOST_OTHERS]]


def _see(symptoms: Sequence[Symptom]) -> Iterator[str]:
    """The sections, and where others asked the same."""
    sections = dict.fromkeys(chain.from_iterable(each.sections for each in symptoms))
    threads = list(dict.fromkeys(chain.from_iterable(each.threads for each in symptoms)))[:MOST_THREADS]
    if sections:
        yield f"   See: {', '.join(sections)}"
    if threads:
        yield f"   Asked by others: {', '.join(threads)}"


def asking(question: Question | None, how: str) -> Iterator[str]:
    """A question and its choices; `how` says how to answer, with `{}` for the question's name."""
    if question is not None:
        yield f"\n{question.text} {how.format(question.name)}:"
        yield from (f"  {each.name}: {each.text}" for each in question.choices)
