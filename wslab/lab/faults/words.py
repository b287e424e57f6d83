"""Faults in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Flip, Rechunk, Split, TruncateText
from wslab.lab.faults.ending import _AFTER_IDLE, _IDLE_ENDS, Cut, IdleTimer, MaxAge, Silence
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.pongs import DelayPongs, SwallowPongs
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "value", value))


def brief(fault: Fault) -> str:
    """Its figures in two or three words: `200 ms`, `RST at frame 3`; empty where it has none."""
    words = _BRIEF[type(fault)](fault) if type(fault) in _BRIEF else ""
    return ", ".join(filter(None, [words, f"after {seconds(fault.after)}" if fault.after else ""]))


def told(fault: Fault) -> str:
    """What it does, in one sentence."""
    words = _TOLD[type(fault)](fault)
    return f"After {seconds(fault.after)}: {words[0].lower()}{words[1:]}" if fault.after else words


def seconds(value: float) -> str:
    """`200 ms`, `45 s`, `5 min`, `2 h`."""
    if value < 1:
        return f"{value * 1000:g} ms"
    if value < 120:
        return f"{value:g} s"
    return f"{value / 60:g} min" if value < 7200 else f"{value / 3600:g} h"


def _whose(fault: Fault) -> str:
    return "both sides" if fault.of is None else f"the {_value(fault.of)}"


def _they_send(fault: Fault) -> str:
    return f"{_whose(fault)} send{'' if fault.of is None else 's'}"


def _place(fault: Any) -> str:
    """Where in the stream a fault happens."""
    if getattr(fault, "seen", b""):
        return f"at “{_value(fault.seen)}”"
    if fault.at_byte is not None:
        return f"at byte {fault.at_byte}"
    if fault.at_frame is None:
        return ""
    return f"at frame {fault.at_frame}" + (f", byte {fault.into}" if fault.into else "")


def _end(fault: Any) -> str:
    return "FIN" if fault.gently else "RST"


_BRIEF: Mapping[type[Fault], Callable[[Any], str]] = MappingProxyType(
    {
        Delay: lambda it: seconds(it.seconds) + (f" to {seconds(it.seconds + it.jitter)}" if it.jitter else ""),
        Rate: lambda it: f"{it.bytes_per_second:,.0f} B/s",
        Loss: lambda it: f"{it.probability:.3g}" if it.probability < 0.001 else f"{it.probability * 100:g} %",
        Outage: lambda it: seconds(it.seconds),
        Cut: lambda it: f"{_end(it)} {_place(it)}".strip(),
        IdleTimer: lambda it: f"{seconds(it.seconds)}, {_AFTER_IDLE[it.how]}",
        MaxAge: lambda it: f"{seconds(it.seconds)}, then {_end(it)}",
        Rechunk: lambda it: f"{it.size} B each",
        Split: lambda it: f"at byte {it.at_byte}",
        Coalesce: lambda it: seconds(it.seconds),
        Flip: lambda it: f"bit {it.bit} {_place(it)}",
        TruncateText: lambda it: f"frame {it.at_frame}",
        AlterHeader: lambda it: f"{it.name}{' removed' if it.value is None else f': {it.value}'}",
        DelayPongs: lambda it: seconds(it.seconds),
        StreamIntervention: lambda it: it.action,
    }
)

_TOLD: Mapping[type[Fault], Callable[[Any], str]] = MappingProxyType(
    {
        Delay: lambda it: (
            f"Each byte of {_whose(it)} comes {seconds(it.seconds)} later"
            + (f", and up to {seconds(it.jitter)} more, by chance" if it.jitter else "")
            + "; order is kept."
        ),
        Rate: lambda it: f"The path takes {it.bytes_per_second:,.0f} bytes a second of {_whose(it)}; the sender waits.",
        Loss: lambda it: (
            f"Packets of {_whose(it)} are lost with probability {it.probability:g}; TCP sends them again "
            f"{seconds(it.retransmit_after)} later, and what is behind them waits. No byte is missing."
        ),
        Outage: lambda it: f"For {seconds(it.seconds)} nothing of {_whose(it)} passes; then all of it comes at once.",
        Silence: lambda it: f"What {_they_send(it)} is swallowed, and nobody is told: half-open.",
        Cut: lambda it: (
            f"TCP ends on both sides with {_end(it)}" + (f" {_place(it)} of {_whose(it)}." if it.has_place else ".")
        ),
        IdleTimer: lambda it: f"Where nothing passes for {seconds(it.seconds)}, an intermediary {_IDLE_ENDS[it.how]}.",
        MaxAge: lambda it: (
            f"An intermediary ends each connection after {seconds(it.seconds)} with {_end(it)}, busy or not."
        ),
        Rechunk: lambda it: f"The bytes of {_whose(it)} come in chunks of {it.size}: TCP promises bytes, not chunks.",
        Split: lambda it: f"A chunk of {_whose(it)} ends behind byte {it.at_byte}, wherever else chunks end.",
        Coalesce: lambda it: f"What {_they_send(it)} within {seconds(it.seconds)} comes as one chunk.",
        Flip: lambda it: (
            f"Bit {it.bit} is turned over {_place(it)} of {_whose(it)}; bit 0 is the most significant one."
        ),
        TruncateText: lambda it: f"Text frame {it.at_frame} of {_whose(it)} ends inside a character of UTF-8.",
        AlterHeader: lambda it: (
            f"The header {it.name} of {_whose(it)} "
            + ("is taken out of the opening handshake." if it.value is None else f"becomes “{it.value}”.")
        ),
        SwallowPongs: lambda it: f"Pongs of {_whose(it)} vanish; everything else passes.",
        DelayPongs: lambda it: f"Each Pong of {_whose(it)}, and what is behind it, comes {seconds(it.seconds)} later.",
        Gate: lambda it: f"Each head and frame of {_whose(it)} waits until you let it through, drop it or change it.",
        Insert: lambda it: f"Frames may be put between those of {_whose(it)}; nothing else is wrong.",
        StreamIntervention: lambda it: f"One thing is done to some bytes of {_whose(it)}: {it.action}.",
    }
)
