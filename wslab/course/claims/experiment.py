"""An experiment on a claim: what is run, which verdict its figures give, and what is drawn of them.

How it works: `measure` runs in the lab on the virtual clock and gives figures, which are facts by name. `judge`
compares them with each other and gives the verdict; it knows nothing else, so other figures give another verdict, and
a test holds that for each claim. `draw` makes a chart of the same figures. Nothing here reads a sentence.

Rules: an experiment takes well under a second, needs neither socket nor thread nor a second process, and gives the same
figures each time. What is a model of something that the lab does not have says so in `simulated`.

Left out: what the claim is and what is true of it (`wslab.course.myths`), and the learner (`claim`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wslab.course.claims.charts import Arrow, Chart
from wslab.course.myths import Verdict
from wslab.lab import Entry, Lab, Tape
from wslab.protocol import Opcode

__all__ = ["Experiment", "Figures", "arrows", "half", "in_lab", "messages", "number", "series", "status", "whether"]

T = TypeVar("T")

Figures = Mapping[str, float | str | tuple[float, ...] | tuple[Arrow, ...]]
"""Facts by name. A tuple, of numbers or of messages, is for the chart alone."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """How a claim is put to the test: `name` is that of the myth.

    `does` says what is run. `peers` is what real peers do, `remember` one sentence for life. `simulated` says what is a
    model of something that the lab has not, and is empty where nothing is. `otherwise` are figures with which the
    verdict would be another one: a claim that no outcome could refute would be no claim.
    """

    name: str
    does: str
    measure: Callable[[], Figures]
    judge: Callable[[Figures], Verdict]
    draw: Callable[[Figures], Chart]
    peers: str
    remember: str
    simulated: str = ""
    otherwise: Mapping[str, float | str] = field(default_factory=dict)


def in_lab(story: Callable[[Lab], Awaitable[T]], *, seed: int = 0) -> T:
    """What a story gives that runs in a lab of its own, in memory and in no time."""
    lab = Lab(clock="virtual", seed=seed, log_errors=False)

    async def told() -> T:
        async with lab:
            return await story(lab)

    return lab.run(told())


def number(figures: Figures, name: str) -> float:
    """A figure that is a number; `TypeError` for another one."""
    value = figures[name]
    if isinstance(value, (str, tuple)):
        raise TypeError(f"The figure {name!r} is no number: {value!r}.")
    return value


def series(figures: Figures, name: str) -> tuple[float, ...]:
    """A figure that is a series of numbers; anything else in it is left out."""
    value = figures[name]
    return tuple(each for each in value if isinstance(each, (int, float))) if isinstance(value, tuple) else ()


def messages(figures: Figures, name: str) -> tuple[Arrow, ...]:
    """A figure that is a series of messages; anything else in it is left out."""
    value = figures[name]
    return tuple(each for each in value if isinstance(each, Arrow)) if isinstance(value, tuple) else ()


def whether(holds: bool) -> Verdict:
    """The verdict on a claim that is true or not."""
    return Verdict.TRUE if holds else Verdict.FALSE


def half(one: bool, other: bool) -> Verdict:
    """The verdict on a claim of two parts: half true where only one of them holds."""
    return whether(one) if one == other else Verdict.HALF


def status(tape: Tape, connection: int) -> int:
    """The HTTP status that a server answered a request with; 0 where it answered none."""
    head = tape.heads(connection).get("server") if connection in tape.connection_numbers else None
    return int(bytes(head).split()[1]) if head else 0


def arrows(frames: Iterable[Entry]) -> tuple[Arrow, ...]:
    """Frames as arrows: a text by its first letters, any other by its name."""
    return tuple(Arrow(each.sender, _label(each), each.time, each.arrived) for each in frames)


def _label(entry: Entry) -> str:
    if entry.opcode == Opcode.TEXT:
        return (entry.plain or b"").decode(errors="replace")[:20]
    return entry.kind.capitalize()
