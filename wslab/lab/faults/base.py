"""What every fault is: a value that says what is wrong with a link, to whose bytes, and from when on.

How a fault works: it is a frozen dataclass and does nothing by itself. Put on a connection, it makes a *stage* for each
direction that it touches (`stage`: what happens to the bytes), a *watcher* (`watcher`: what happens to the connection
as a whole), or both. Everything that belongs to one fault stands in one place: its values, its stage, its
watcher, its words, the name that a command line knows (`kind`) and the values that a form proposes (`example`).

To add one, subclass `Fault`, set `kind`, and override `effect` and one of `stage` and `watcher`. What cannot be is
refused with a sentence when the fault is made.

Left out: what contradicts what, and how names are read (`names`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from math import inf
from types import MappingProxyType
from typing import Any, ClassVar

from wslab.lab.faults.stage import Direction, Stage
from wslab.lab.faults.watcher import Watched, Watcher
from wslab.protocol import Role
from wslab.protocol.numbers import as_number, shown_value


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something wrong with a link.

    `of` is whose bytes it touches: `"client"` or `"server"`, the sender (None: both). A fault that acts on a whole
    connection takes none. `after` is the number of seconds from the moment at which it is put on a connection until it
    acts.

    Raises:
        ValueError: A value that cannot be.
    """

    kind: ClassVar[str] = ""
    """The name that a command line knows, as `half-open`."""

    example: ClassVar[str] = ""
    """Values that show something, as a command line writes them: what a form proposes. Empty where none are needed."""

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """The fields that have only a few values, with these: the first is the usual one."""

    of: Role | str | None = None
    after: float = 0.0

    def __post_init__(self) -> None:
        if self.of is not None:
            object.__setattr__(self, "of", _role(self.of))
        for field in fields(self):
            value = getattr(self, field.name)
            if str(field.type).startswith(("int", "float")) and not (value is None and "None" in str(field.type)):
                object.__setattr__(self, field.name, _number(type(self).__name__, field, value))
        for name, values in self.choices.items():
            _check_choice(self, name, values)

    def touches(self, role: Role) -> bool:
        """Whether it has to do with the bytes that `role` sends."""
        return self.of is None or self.of is role

    # --- what it does -----------------------------------------------------------------

    def stage(self, flow: Direction) -> Stage | None:
        """The stage that acts on the bytes of one direction; None where this fault does not touch bytes."""
        return None

    def watcher(self, connection: Watched) -> Watcher[Any] | None:
        """The watcher that acts on the whole connection; None where this fault needs none."""
        return None

    # --- in words ---------------------------------------------------------------------

    def brief(self) -> str:
        """Its figures in a few words: `200 ms`, `RST at frame 3, after 5 s`; empty where it has none."""
        return ", ".join(filter(None, [self.figures(), f"after {seconds_words(self.after)}" if self.after else ""]))

    def told(self) -> str:
        """What it does, in one sentence: `After 5 s: ...` where it waits."""
        words = self.effect()
        if not self.after:
            return words
        first = words[0] if words.startswith(_CAPITALS) else words[0].lower()
        return f"After {seconds_words(self.after)}: {first}{words[1:]}"

    def figures(self) -> str:
        """Its own figures, without `after`."""
        return ""

    def effect(self) -> str:
        """What it does once its time has come, in one sentence."""
        raise NotImplementedError

    def written(self) -> str:
        """The fault as a command line writes it: `delay:seconds=0.2,of=client`; only values that are not the usual."""
        own = sorted(fields(self), key=lambda each: each.name in COMMON)
        values = [f"{each.name}={_value(getattr(self, each.name))}" for each in own if not self._is_usual(each)]
        return ":".join(filter(None, [self.kind, ",".join(values)]))

    def _is_usual(self, field: Field[Any]) -> bool:
        return field.default is not MISSING and bool(getattr(self, field.name) == field.default)

    @property
    def whose(self) -> str:
        """`both sides`, `the client` or `the server`."""
        return "both sides" if self.of is None else f"the {_value(self.of)}"

    @property
    def they_send(self) -> str:
        """`both sides send`, `the client sends` or `the server sends`."""
        return f"{self.whose} send{'' if self.of is None else 's'}"


COMMON = tuple(each.name for each in fields(Fault))
"""The fields that every fault has; they are written behind its own."""


# --- words that several faults share ----------------------------------------------------

_CAPITALS = ("TCP ", "Pongs ")  # that a sentence may begin with, and that stay capital inside of one


def seconds_words(value: float) -> str:
    """`200 ms`, `45 s`, `5 min`, `2 h`."""
    if value < 1:
        return f"{value * 1000:g} ms"
    if value < 120:
        return f"{value:g} s"
    return f"{value / 60:g} min" if value < 7200 else f"{value / 3600:g} h"


def place_words(at_byte: int | None, at_frame: int | None, into: int) -> str:
    """`at byte 9`, `at frame 2`, `at frame 2, byte 1`; empty where it is no place."""
    if at_byte is not None:
        return f"at byte {at_byte}"
    if at_frame is None:
        return ""
    return f"at frame {at_frame}" + (f", byte {into}" if into else "")


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "value", value))


# --- what cannot be ---------------------------------------------------------------------


def check_one_place(fault: Fault, *given: bool) -> None:
    """`ValueError` where a fault was given more than one place in the stream."""
    if sum(given) > 1:
        raise ValueError(f"{type(fault).__name__}: it has one place; give at_byte or at_frame, not both.")


def check_both_sides(fault: Fault) -> None:
    """`ValueError` where a fault that acts on a whole connection was given a side."""
    if fault.of is not None:
        raise ValueError(f"{type(fault).__name__}: this acts on the whole connection, so leave `of` out.")


def _check_choice(fault: Fault, name: str, values: tuple[str, ...]) -> None:
    value = getattr(fault, name)
    if value not in values:
        raise ValueError(f"{type(fault).__name__}: {name} is one of {', '.join(values)}; not {value!r}.")


def _role(of: Role | str) -> Role:
    try:
        return Role(of)
    except ValueError:
        raise ValueError(f"of is 'client' or 'server', whose bytes it touches, or None for both; not {of!r}.") from None


def _number(fault: str, field: Field[Any], value: object) -> float:
    """A number of a fault in its type: a whole one stays whole."""
    whole = str(field.type).startswith("int")
    number = as_number(value)
    if number is None or number == inf or (whole and (not isinstance(value, int) or value > sys.maxsize)):
        kind = "a whole number" if whole else "a finite number"
        raise ValueError(f"{fault}: {field.name} is {kind}; this is {shown_value(value)}.")
    if number < 0:
        raise ValueError(f"{fault}: {field.name} is not below 0; this is {value!r}. Time and bytes go one way only.")
    return value if isinstance(value, (int, float)) else number
