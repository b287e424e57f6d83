"""What a scenario is, and the catalogue of them all.

A scenario is a coroutine function of a fresh `Lab` with keyword parameters, with what it teaches as data beside it. The
decorator `scenario` makes a `Scenario` of it and enters it into `SCENARIOS`. The first line of the function's docstring
is its sentence. Each parameter is `Annotated` with what it means, and from the annotation comes what it may be:
choices, a type, a range. `fix` holds the parameters with which the same scenario goes well. `explanation` is for after:
one for all runs, or a function that makes the one that is true for a run (`explanation`).

What this module leaves out: importing the modules of scenarios (`stories`), and playing (`player`).
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from wslab.extras import EXTRAS, MissingExtra
from wslab.lab import Lab
from wslab.protocol.numbers import as_number, shown_value
from wslab.scenarios.asked import Answers, Topic
from wslab.scenarios.explanation import Explain, Explanation, PlayedRun, explain

Run = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """In the annotation of a parameter that is a number of seconds: below this its story cannot be told."""

    least: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a scenario: its default, what it means, and what it may be: choices, or `types` and a range.

    A whole number suits a float, too; None does where `NoneType` is among the types. A number is `least` or more.
    `examples` are values that a view offers where those near the default would not do.
    """

    name: str
    default: Any
    text: str
    types: tuple[type, ...]
    choices: tuple[object, ...] = ()
    within: range | None = None
    examples: tuple[object, ...] = ()
    least: float = 0.0

    def check(self, value: object) -> None:
        """`ValueError` for a value that it cannot have."""
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"{self.name} is one of {', '.join(map(repr, self.choices))}; this is {value!r}.")
        elif value is None:
            if self.default is not None and NoneType not in self.types:
                raise ValueError(f"{self.name} is {_in_words(self.types)}; None is no value for it.")
        elif not _suits(self.types, value):
            raise ValueError(f"{self.name} is {_in_words(self.types)}; this is {shown_value(value)}.")
        elif isinstance(value, (int, float)) and not _is_amount(value):
            raise ValueError(f"{self.name} is a finite number, 0 or more; this is {shown_value(value)}.")
        elif self.within is not None and value not in self.within:
            raise ValueError(f"{self.name} is {self.within[0]:,} to {self.within[-1]:,}; this is {shown_value(value)}.")
        elif isinstance(value, (int, float)) and value < self.least:
            raise ValueError(f"{self.name} is {self.least:g} or more; this is {shown_value(value)}.")


def _is_amount(value: float) -> bool:
    number = float(value) if isinstance(value, bool) else as_number(value)
    return number is not None and 0 <= number < math.inf


_TYPES: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bytes: "bytes",
    bool: "True or False",
    NoneType: "None",
}


def _in_words(types: Sequence[type]) -> str:
    return " or ".join(_TYPES[each] for each in types)


def _suits(types: tuple[type, ...], value: object) -> bool:
    if isinstance(value, bool):  # Python counts it as a whole number
        return bool in types
    return isinstance(value, (*types, int) if float in types else types)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: `run(lab, **parameters)` makes it happen.

    `question` is asked before, and `answers` are those of the run with default parameters; `explain` says after a run
    what happened and why. `fix` are the parameters with which it goes well, and `fixed` says what they change. `group`
    is where it stands in the course, `topic` where somebody looks for it. `clock` is the clock that it needs; nearly
    all run on either, and then it is `virtual`. `extra` is the one of
    `wslab.extras` that it needs; nearly all need none.
    """

    name: str
    run: Run
    group: str
    topic: Topic
    question: str
    answers: Answers
    explanation: Explain
    fix: Mapping[str, object]
    fixed: str
    clock: str = "virtual"
    extra: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What happens, in one sentence."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    @property
    def missing(self) -> str:
        """What is not installed that it needs, in a sentence with the command for it; empty where it plays here."""
        is_here = not self.extra or not EXTRAS[self.extra].missing
        return "" if is_here else str(MissingExtra(f"The scenario {self.name}", EXTRAS[self.extra]))

    def values(self, parameters: Mapping[str, object]) -> dict[str, object]:
        """Every parameter with its value: the given ones, and the defaults of the others."""
        return {**{name: each.default for name, each in self.parameters.items()}, **parameters}

    def explain(self, run: PlayedRun) -> Explanation:
        """What happened in a run, why, what each side knows, and what to write in code."""
        return explain(self.explanation, run)

    def check_fix(self) -> None:
        """`ValueError` where there is no fixed variant."""
        if not self.fix:
            raise ValueError(f"{self.name} has no fixed variant: play it as it is.")

    def check(self, parameters: Mapping[str, object]) -> None:
        """`TypeError` for a parameter that it does not have, `ValueError` for a value that cannot be."""
        for name, value in parameters.items():
            if name not in self.parameters:
                raise TypeError(f"The scenario {self.name!r} has no parameter {name!r}: {self._near(name)}")
            self.parameters[name].check(value)

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.parameters, n=1, cutoff=0.5)
        if near:
            return f"did you mean {near[0]!r}?"
        return f"there are {', '.join(self.parameters)}." if self.parameters else "it has none."

    def __repr__(self) -> str:
        return f"{self.name}: {self.sentence}"


class UnknownScenario(LookupError):
    """No scenario has that name; the message gives the nearest name."""

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name, SCENARIOS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(SCENARIOS)}."
        super().__init__(f"There is no scenario {name!r}: {hint}")


_all: dict[str, Scenario] = {}

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(_all)
"""Every scenario by its name, in the order of the course."""


def scenario(
    name: str,
    *,
    group: str,
    topic: Topic,
    question: str,
    answers: Answers,
    explanation: Explain,
    fix: Mapping[str, object],
    fixed: str,
    clock: Literal["virtual", "real"] = "virtual",
    extra: str = "",
) -> Callable[[Run], Run]:
    """Enter a coroutine function `run(lab, *, ...)` into the catalogue; the arguments are the fields of `Scenario`."""

    def enter(run: Run) -> Run:
        fixes, parameters = MappingProxyType(dict(fix)), _parameters(run)
        made = Scenario(name, run, group, topic, question, answers, explanation, fixes, fixed, clock, extra, parameters)
        made.check(fix)
        assert name not in _all, f"two scenarios {name}"
        _all[name] = made
        return run

    return enter


def _parameters(run: Run) -> Mapping[str, Parameter]:
    """The keyword parameters of a scenario."""
    hints = get_type_hints(run, include_extras=True, localns={"Lab": Lab})
    named = {name: each for name, each in inspect.signature(run).parameters.items() if each.kind is each.KEYWORD_ONLY}
    assert not named.keys() & {"seed", "clock", "do", "fixed"}, "these are parameters of `play` itself"
    return MappingProxyType({name: _parameter(name, each.default, hints[name]) for name, each in named.items()})


def _parameter(name: str, default: object, hint: Any) -> Parameter:
    assert get_origin(hint) is Annotated, f"say what {name} means: Annotated[..., 'seconds between two Pings']"
    annotated, says, *rest = get_args(hint)
    within = next((each for each in rest if isinstance(each, range)), None)
    examples = next((each for each in rest if isinstance(each, tuple)), ())
    least = next((each.least for each in rest if isinstance(each, AtLeast)), 0.0)
    choices = get_args(annotated) if get_origin(annotated) is Literal else ()
    # of `int | None` the arguments are its types; of a single type there are none
    types = tuple(map(type, choices)) or get_args(annotated) or (annotated,)
    assert set(types) <= _TYPES.keys(), f"{name}: a parameter is {_in_words(tuple(_TYPES))}"
    return Parameter(name, default, says, types, choices, within, examples, least)


def scenarios(group: str | None = None) -> list[Scenario]:
    """All scenarios, or those of one group, in the order of the course; each shows its name and its sentence."""
    return [each for each in SCENARIOS.values() if group in (None, each.group)]
