"""What explains a scenario, and what an explanation may depend on.

An explanation has four parts: what happened, why, what each side knows in the end, and what to write in code. Its
author writes one `Explanation` where the story is the same for all parameters. Where it is not, the author writes a
function of the `PlayedRun`, which looks at the parameters and at the outcome and returns the one that is true for them;
`by` and `either` make the usual ones.

Rules: what a run decides is never written out. The texts hold placeholders, which are filled from the run: `{client}`
and `{server}` are what the sides of connection 1 believe in the end (`CLOSED 1006`; `nothing` for a side that is dead
or is not ours), `{client2}` is the client of connection 2, and `{ping_interval}` is the value of that parameter. With a
noun, `{pages:page}`, a number is counted: `1 page`, `20 pages`. A brace that stands for itself is doubled, as in
`str.format`.

What this module leaves out: when a run is explained (`catalogue`, `player`), and how a view shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from html import escape
from string import Formatter

from wslab.explain import counted
from wslab.lab import Belief, Tape
from wslab.protocol import State

PARTS: Mapping[str, str] = {
    "what": "What happened",
    "why": "Why",
    "knows": "What each side knows",
    "code": "What to write",
    "limits": "Limits of the model",
}
"""The parts of an explanation in their order, with the title of each."""


@dataclass(frozen=True, slots=True)
class PlayedRun:
    """A run as its explanation sees it: `parameters` are all values, defaults included.

    `ended_early` is the error with which the scenario ended before its story was over; None where it was not.
    """

    parameters: Mapping[str, object]
    tape: Tape
    ended_early: Exception | None = None

    def __getitem__(self, name: str) -> object:
        """The value of a parameter."""
        return self.parameters[name]

    def number(self, name: str) -> float:
        """The value of a parameter that is a number; 0.0 where it is None."""
        value = self.parameters[name]
        return float(value) if isinstance(value, (int, float)) else 0.0

    def client(self, connection: int = 1) -> Belief | None:
        """What the client of a connection believes in the end."""
        return self._belief("client", connection)

    def server(self, connection: int = 1) -> Belief | None:
        """What the server of a connection believes in the end."""
        return self._belief("server", connection)

    def is_open(self, side: str, connection: int = 1) -> bool:
        """Whether a side believes OPEN in the end."""
        belief = self._belief(side, connection)
        return belief is not None and belief.state is State.OPEN

    def code(self, side: str, connection: int = 1) -> int | None:
        """The close code that a side believes in the end (§7.1.5); None while it has none."""
        belief = self._belief(side, connection)
        return None if belief is None else belief.code

    def _belief(self, side: str, connection: int) -> Belief | None:
        entries = self.tape.entries(connection)
        belief: Belief | None = getattr(entries[-1], side) if entries else None
        return belief


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, why, what each side `knows`, and what to write in `code`, with the parameter or setting named.

    `limits` is for a scenario whose model is simpler than the thing itself.
    """

    what: str
    why: str
    knows: str
    code: str
    limits: str = ""

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        """Each part that has a text, with its title."""
        return ((title, getattr(self, name)) for name, title in PARTS.items() if getattr(self, name))

    def __str__(self) -> str:
        return "\n".join(f"{title}: {text}" for title, text in self.parts)

    def _repr_html_(self) -> str:
        return "".join(f"<p><b>{title}.</b> {_CODE.sub(_IN_CODE, escape(text))}</p>" for title, text in self.parts)

    def filled(self, run: PlayedRun) -> Explanation:
        """With every placeholder filled from the run; `KeyError` for one that the run does not have."""
        texts = (getattr(self, each.name) for each in fields(self))
        return Explanation(*(_filled(text, run) for text in texts))


_CODE, _IN_CODE = re.compile("`([^`]+)`"), r"<code>\1</code>"

Explain = Explanation | Callable[[PlayedRun], Explanation]
"""What an author writes: the explanation, or the function that makes the one for a run."""


def by(parameter: str, variants: Mapping[object, Explain]) -> Explain:
    """The one of `variants` for the value of a parameter that has choices."""
    return lambda run: _chosen(variants[run[parameter]], run)


def either(test: Callable[[PlayedRun], bool], yes: Explain, no: Explain) -> Explain:
    """`yes` for a run that passes the test, `no` for any other."""
    return lambda run: _chosen(yes if test(run) else no, run)


def _chosen(made: Explain, run: PlayedRun) -> Explanation:
    return made if isinstance(made, Explanation) else made(run)


def explain(made: Explain, run: PlayedRun) -> Explanation:
    """The explanation of a run, with its placeholders filled."""
    if run.ended_early is not None:
        return _of_an_early_end(run)
    return _chosen(made, run).filled(run)


def _filled(text: str, run: PlayedRun) -> str:
    names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    return text.format_map({name: _value(name, run) for name in names})


class _Whole(int):
    """A whole number, which a noun in the place of a format counts."""

    def __format__(self, form: str) -> str:
        return counted(int(self), form) if form[:1].isalpha() else format(int(self), form)


_SIDE = re.compile(r"(client|server)(\d*)")


def _value(name: str, run: PlayedRun) -> object:
    """What stands for a placeholder."""
    side = _SIDE.fullmatch(name)
    if side is None:  # a parameter; one that is called `client` never hides what a side believes
        value = run.parameters[name]
        if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
            return _Whole(value)
        return value
    number = int(side[2] or 1)
    belief = run.client(number) if side[1] == "client" else run.server(number)
    return "nothing" if belief is None else str(belief)


def _of_an_early_end(run: PlayedRun) -> Explanation:
    """For a run that never came to the point of its story."""
    sides = [
        f"the {side} of connection {number} believes {belief}"
        for number in run.tape.connection_numbers
        for side, belief in (("client", run.client(number)), ("server", run.server(number)))
        if belief is not None
    ]
    knows = "; ".join(sides) or "no connection began, and no side believes anything"
    return Explanation(
        what=f"The run ends before its story is over. {run.ended_early}",
        why="With these parameters a step fails that the story needs, so what it is about does not happen.",
        knows=f"{knows[0].upper()}{knows[1:]}.",
        code="Nothing is to be learned from this run for code. Give each --set a value nearer to its default.",
    )
