"""`diagnose`: from what somebody sees to the likely causes, in order, with what speaks for and against each.

How it works: messages are found in a text (`lines`), an exception or a recording (`recordings`). Each gives its causes
a weight that falls with their place. Figures (`clues`) and answers (`questions`) add to it or take from it, each with
its reason. The sum orders the causes. Nothing is random and nothing is learned: the same input gives the same order,
and every weight has a sentence.

A `Diagnosis` is a value: `answer` makes a new one. What is not recognised gives a diagnosis without causes, which says
so. What this module leaves out: showing the scenario (`play` does), and measuring a fix (`confirming`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wslab.course.diagnosis.causes import KnownCause, Likely, cause_of
from wslab.course.diagnosis.clues import silence, weights
from wslab.course.diagnosis.confirming import Confirmation, confirm
from wslab.course.diagnosis.files import content_of, recording_in
from wslab.course.diagnosis.lines import Found, all_figures, found_in
from wslab.course.diagnosis.pattern import Figures
from wslab.course.diagnosis.questions import MOST_QUESTIONS, QUESTIONS, Question, Weight
from wslab.course.diagnosis.recordings import found_at, found_on
from wslab.course.diagnosis.symptoms import SYMPTOMS, Symptom
from wslab.course.diagnosis.words import asking, causes, findings, none_of_these
from wslab.lab import ConnectionClosed
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.player import PlayedTape, play
from wslab.tape.tape import Tape

__all__ = ["Diagnosis", "Likely", "diagnose"]

CHOSEN = "what you see"
"""The software of a symptom that was chosen."""

MOST_CHAINED = 10
"""Exceptions that are followed from one to the one that caused it."""

_STILL_LIKELY = 0.4  # of the first one's weight: what a question may be about

_SHORTEST_BUSY = 40.0  # seconds: a Ping after 20, and 20 of waiting

_QUIET_BEYOND = 1.25  # of the timer's time: for how long nobody speaks in `idle-proxy`


@dataclass(frozen=True)
class Diagnosis:
    """What was found, what was answered, and the causes in order."""

    found: tuple[Found, ...]
    answers: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = False
    """Whether it was found on a tape."""

    @property
    def figures(self) -> Figures:
        """The numbers that were found."""
        return all_figures(list(self.found))

    @property
    def causes(self) -> list[Likely]:
        """The causes, the likeliest first; empty where nothing was recognised, whatever was answered."""
        if not self.found:
            return []
        weighed: dict[str, list[Weight]] = {}
        for name, weight in self._weights():
            weighed.setdefault(name, []).append(weight)
        likely = [
            _sum(name, given, self._seen) for name, given in weighed.items() if any(weight > 0 for weight, _ in given)
        ]
        return sorted(likely, key=lambda each: -each.weight)

    @property
    def symptoms(self) -> list[Symptom]:
        """The symptoms that the first cause is likeliest behind: their sections and threads belong to it."""
        first = self._first
        likely = [each for each in SYMPTOMS if first is not None and each.causes[0].scenario == first.name]
        seen = {each.line for each in self.found if each.software == CHOSEN}
        return [each for each in likely if each.name in seen] or likely

    @property
    def question(self) -> Question | None:
        """What to ask next; None where nothing would tell more, or enough was asked."""
        causes = self.causes
        if not causes or len(self.answers) >= MOST_QUESTIONS:
            return None
        names = [each.cause.name for each in causes if each.weight >= causes[0].weight * _STILL_LIKELY]
        left = [
            each
            for each in QUESTIONS
            if each.name not in self.answers and each.tells_apart(names) >= min(2, len(names))
        ]
        return left[0] if left and len(names) > 1 else None

    def answer(self, **answers: str) -> Diagnosis:
        """The diagnosis with answers, such as `answer(when="quiet")`. Raises ValueError for one that does not exist."""
        known = {each.name: each for each in QUESTIONS}
        for name, choice in answers.items():
            if name not in known:
                raise ValueError(f"The questions are {', '.join(known)}; this is {name!r}.")
            known[name].choice(choice)
        return replace(self, answers={**self.answers, **answers})

    @property
    def values(self) -> dict[str, object]:
        """The parameters of the first cause's scenario: those of the symptom that was chosen, and the numbers found."""
        first = self._first
        if first is None or first.scenario is None:
            return {}
        return {**self._shown_by(first.scenario), **_values(first.scenario, self.figures)}

    def _shown_by(self, scenario: str) -> Mapping[str, object]:
        """The values with which a scenario shows the symptom that was chosen, where its defaults show another one."""
        causes = (cause for each in SYMPTOMS if each.name == self._seen for cause in each.causes)
        return next((cause.values for cause in causes if cause.scenario == scenario), {})

    def play(self) -> PlayedTape:
        """Play the scenario of the first cause, with the numbers that were found.

        Raises ValueError where nothing was recognised, or no scenario shows the cause.
        """
        first = self._first
        if first is None or first.scenario is None:
            raise ValueError(
                "No scenario shows this."
                if first is not None
                else "Nothing was recognised, so there is nothing to play."
            )
        return play(first.scenario, **self.values)  # type: ignore[arg-type]

    def confirm(self, cause: str | None = None, /, **values: object) -> Confirmation:
        """Play the scenario of a cause as it is and fixed, and say whether the sign of it is gone.

        `cause` is the name of a scenario, as in `causes`; None is the first one. `values` are parameters of the
        scenario to try in place of the fix. The numbers are the scenario's own, for which its fix is made, and not
        those that were found. Raises ValueError where nothing was recognised, for a cause whose fix no scenario
        measures, and for a value that cannot be.
        """
        first = self._first
        if cause is None and first is None:
            raise ValueError(
                "Nothing was recognised: choose a symptom, or name the cause whose fix is to be confirmed."
            )
        name = cause or (first.name if first is not None else "")
        return confirm(name, self._shown_by(name), values, seen=self._seen)

    @property
    def _seen(self) -> str:
        """The name of the symptom that was chosen; empty where none was."""
        return next((each.line for each in self.found if each.software == CHOSEN), "")

    @property
    def _first(self) -> KnownCause | None:
        return next((each.cause for each in self.causes), None)

    def _weights(self) -> Iterator[tuple[str, Weight]]:
        for found in self.found:
            for place, name in enumerate(found.causes):
                yield name, (1 / (1 + place), f"{found.software}: {found.says}")
        yield from weights(self.figures)
        for question in QUESTIONS:
            if question.name in self.answers:
                yield from question.choice(self.answers[question.name]).weighs.items()

    @property
    def findings(self) -> list[str]:
        """What was found in sentences; where nothing was recognised, that, and the symptoms to choose from."""
        nothing = [] if self.causes else none_of_these(recorded=self.recorded)
        return [*findings(self.found), *nothing]

    @property
    def explanation(self) -> list[str]:
        """The causes in sentences, each with what speaks for and against it, its fix and the settings."""
        return list(causes(self.causes, [each.software for each in self.found], self.symptoms))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """In a notebook the last line of a cell shows the sentences."""
        printer.text(str(self))

    def __str__(self) -> str:
        return "\n".join([*self.findings, *self.explanation, *asking(self.question, "answer({}=...)")])


def diagnose(seen: str | Path | BaseException | Tape | None = None, *, symptom: str | None = None) -> Diagnosis:
    """The likely causes of what you see: a text (messages, a log, a code), a file, an exception, or a tape.

    A `Path` that `load` reads is a tape; of another file the text counts. A text that is no message but a dump of
    bytes is read as a file of it would be. `symptom` is the name of one of `SYMPTOMS`,
    alone or beside the rest. Of a text the last MiB, the last 10,000 lines and 4,096 characters of each line are looked
    at: what is newest stands at its end. The result has `causes`, the next `question`, `play()` and `confirm()`, which
    plays the fix, too; `print` shows all of it.

    Raises TypeError for anything else, ValueError for another symptom, UnreadableFile (a ValueError) for a file that
    is not there.
    """
    if seen is None and symptom is None:
        raise TypeError("diagnose() takes a text, a Path, an exception or a tape, or symptom=NAME.")
    seen = content_of(seen) if isinstance(seen, Path) else seen
    found = [] if seen is None else _found(seen)
    if isinstance(seen, str) and not found and (tape := recording_in(seen)) is not None:
        seen, found = tape, found_on(tape)
    chosen = [] if symptom is None else [_chosen(symptom)]
    return Diagnosis((*chosen, *found), recorded=isinstance(seen, Tape))


def _found(seen: str | BaseException | Tape) -> list[Found]:
    if isinstance(seen, Tape):
        return found_on(seen)
    if isinstance(seen, ConnectionClosed):
        return found_at(seen.ending)
    if isinstance(seen, BaseException):
        return found_in("\n".join(_chain(seen)))
    if isinstance(seen, str):
        return found_in(seen)
    raise TypeError(f"diagnose() takes a text, a Path, an exception or a tape; this is {type(seen).__name__}.")


def _chosen(name: str) -> Found:
    """A symptom that somebody chose, as a message."""
    symptom = next((each for each in SYMPTOMS if each.name == name), None)
    if symptom is None:
        raise ValueError(f"The symptoms are {', '.join(each.name for each in SYMPTOMS)}; this is {name!r}.")
    return Found(CHOSEN, name, symptom.text, Figures(), tuple(cause.scenario for cause in symptom.causes))


def _chain(error: BaseException) -> Iterator[str]:
    """An exception, and those that it comes from."""
    for _ in range(MOST_CHAINED):
        yield f"{type(error).__name__}: {error}"
        before = error.__cause__ or error.__context__
        if before is None:
            return
        error = before


def _sum(name: str, given: list[Weight], seen: str) -> Likely:
    """A message that is there twice counts once: its weights are not added, the greatest counts."""
    by_reason: dict[str, float] = {}
    for weight, why in given:
        by_reason[why] = max(weight, by_reason.get(why, weight))
    return Likely(
        cause_of(name, seen=seen),
        sum(by_reason.values()),
        tuple(why for why, weight in by_reason.items() if weight > 0),
        tuple(why for why, weight in by_reason.items() if weight < 0),
    )


def _values(scenario: str, figures: Figures) -> dict[str, object]:
    known = SCENARIOS[scenario].parameters
    found = dict(_VALUES[scenario](figures)) if scenario in _VALUES else {}
    return {name: value for name, value in found.items() if value is not None and _may_be(known[name], value)}


def _of_idle_proxy(figures: Figures) -> dict[str, object]:
    seconds = silence(figures)
    return {} if not seconds else {"idle": seconds, "quiet": seconds * _QUIET_BEYOND}


def _of_close_code(figures: Figures) -> dict[str, object]:
    """A code of an application is played as the first of its thousand."""
    code = figures.code
    return {"code": code // 1000 * 1000 if code is not None and code >= 3000 else code}


def _of_busy_loop(figures: Figures) -> dict[str, object]:
    """How long the loop computed: a shorter time than a keepalive waits ends nothing there."""
    return {"busy": figures.took if (figures.took or 0) >= _SHORTEST_BUSY else None}


_VALUES: Mapping[str, Callable[[Figures], dict[str, object]]] = {
    "idle-proxy": _of_idle_proxy,
    "age-limit": lambda figures: {"age": None if figures.age is None else round(figures.age)},
    "blocked-loop": _of_busy_loop,
    "close-code": _of_close_code,
    "handshake-refused": lambda figures: {"status": figures.status},
    "message-too-big": lambda figures: {"size": figures.size, "limit": figures.limit} if figures.limit else {},
}
"""What a scenario makes of the numbers that were found; None for a number that it does not take."""


def _may_be(parameter: object, value: object) -> bool:
    try:
        parameter.check(value)  # type: ignore[attr-defined]
    except ValueError:
        return False
    return True
