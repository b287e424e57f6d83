"""The faults that have a button, in three groups: what is slower, what ends, what lies. Each has one number at most.

A button that is pressed stands for a fault on the link. Its number is read from that fault and written back into it, so
what was given besides (`of`, `after`, `jitter`) stays. A fault that has no button is put on in its written form.

Left out: how they look (`fault_row`), and the written form (`fault_form`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Flip
from wslab.lab.faults.ending import IdleTimer, Silence
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Delay, Loss, Outage, Rate
from wslab.protocol import Role

__all__ = ["GROUPS", "KNOBS", "Knob", "Number", "knob_of", "worn"]


@dataclass(frozen=True, slots=True)
class Number:
    """The one number of a fault: which `field` it is, in which `unit`, and how it is typed.

    `times` is what one unit is in the field's own: 0.001 for milliseconds. `before`: the unit stands before the number.
    """

    field: str
    unit: str
    usual: float
    times: float = 1.0
    least: float = 0.0
    most: float | None = None
    step: float = 1.0
    digits: int = 2
    is_whole: bool = False
    before: bool = False

    def shown(self, fault: Fault) -> str:
        """The number as the field shows it."""
        return f"{round(getattr(fault, self.field) / self.times, 6):g}"

    def within(self, fault: Fault, text: str) -> Fault:
        """The fault with another number; `ValueError` where the text is none."""
        try:
            number = float(text)
        except ValueError:
            raise ValueError(f"{self.field} is a number of {self.unit}; not {text!r}.") from None
        if self.is_whole and not number.is_integer():
            raise ValueError(f"{self.field} is a whole number; not {text!r}.")
        value = int(number) if self.is_whole else round(number * self.times, 9)
        return replace(fault, **{self.field: value})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Knob:
    """A fault with a button: its name, what it does in words, and the fault that it puts on.

    `make` gets how many frames the client has sent so far.
    """

    name: str
    says: str
    kind: type[Fault]
    make: Callable[[int], Fault]
    number: Number | None = None
    word: str = ""


SLOWER = (
    Knob(
        "delay",
        "Delay: each byte comes later",
        Delay,
        lambda _: Delay(0.2),
        Number("seconds", "ms", 200, times=0.001, step=50, digits=4),
    ),
    Knob(
        "rate",
        "Rate: so many bytes a second pass, and the sender waits",
        Rate,
        lambda _: Rate(2000),
        Number("bytes_per_second", "kB/s", 2, times=1000, least=0.001, digits=3),
    ),
    Knob(
        "loss",
        "Loss: packets are lost, and TCP sends them again",
        Loss,
        lambda _: Loss(0.1),
        Number("probability", "%", 10, times=0.01, most=99),
    ),
    Knob(
        "outage",
        "Outage: nothing passes for a while, then everything at once",
        Outage,
        lambda _: Outage(5),
        Number("seconds", "s", 5, digits=3),
    ),
)

ENDS = (
    Knob(
        "silence",
        "Silence: everything is swallowed, with no sign to either side",
        Silence,
        lambda _: Silence(),
        word="silence",
    ),
    Knob(
        "idle",
        "Idle timer: an intermediary ends what was quiet for so long",
        IdleTimer,
        lambda _: IdleTimer(60),
        Number("seconds", "s", 60, digits=3),
    ),
)

LIES = (
    Knob(
        "flip",
        "Flip: this bit of the first byte of the client's next frame",
        Flip,
        lambda sent: Flip(at_frame=sent + 1, bit=3),
        Number("bit", "bit", 3, most=7, digits=1, is_whole=True, before=True),
    ),
    Knob(
        "header",
        "Header: Upgrade is taken out of the next connection's request",
        AlterHeader,
        lambda _: AlterHeader("Upgrade", of=Role.CLIENT),
        word="header",
    ),
    Knob("pongs", "Pongs vanish; everything else passes", SwallowPongs, lambda _: SwallowPongs(), word="Pongs"),
)

GROUPS = (("slower", SLOWER), ("ends", ENDS), ("lies", LIES))

KNOBS = {knob.name: knob for _, group in GROUPS for knob in group}
"""All of them by name."""


def worn(knob: Knob, faults: Sequence[Fault]) -> int | None:
    """The place of the fault for which a button is pressed; None where it is not."""
    return next((place for place, fault in enumerate(faults) if type(fault) is knob.kind), None)


def knob_of(fault: Fault) -> Knob | None:
    """The button of a fault, where it has one."""
    return next((knob for knob in KNOBS.values() if type(fault) is knob.kind), None)
