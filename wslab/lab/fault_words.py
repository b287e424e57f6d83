"""Faults in words: as one writes them, in two words for a picture, and in a sentence.

Rules of this module: what is written is read back by `faults_named` as the same fault. A sentence says what happens to
whose bytes, with the fault's own figures.

What it leaves out: what faults there are (`faults`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

from wslab.lab.faults import (
    NAMES,
    AlterHeader,
    Coalesce,
    Cut,
    Delay,
    DelayPongs,
    Fault,
    Flip,
    Gate,
    IdleTimer,
    Insert,
    Loss,
    MaxAge,
    Meddle,
    Outage,
    Rate,
    Rechunk,
    Silence,
    Split,
    SwallowPongs,
    TruncateText,
)

__all__ = ["MEANINGS", "brief", "name_of", "told", "written"]

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "mobile": "A phone on the move: late by turns, narrow, and now and then a packet is lost and sent again.",
        "satellite": "Far away: every byte takes a third of a second, each way.",
        "train_tunnel": "After 10 s nothing passes for 45 s, then all that waited comes at once.",
        "laptop_lid": "After 10 s the lid is closed for an hour; TCP outlives it, timers may not.",
        "wifi_to_mobile": "After 10 s the phone has another network: the old connection is silent, and nobody is told.",
        "nginx_60s": "A proxy ends a connection on which nothing passed for 60 s, with FIN to both sides.",
        "nat_5min": "A router forgets a connection that was quiet for 5 minutes, and tells nobody, ever.",
        "cloud_350s": "A load balancer forgets a connection quiet for 350 s; whoever sends next gets RST.",
        "two_hours_at_most": "An intermediary ends every connection after two hours, busy or not.",
        "corporate_proxy": "A proxy that knows HTTP only takes the Upgrade header away, so no handshake succeeds.",
        "censor_rst": "Somebody reads along, and resets both sides when the server says “forbidden”.",
        "slow_reader": "The client takes 2,000 bytes a second; what the server sends piles up.",
        "byte_by_byte": "Every byte comes alone: a reader that takes a chunk for a frame breaks.",
        "glue": "What comes within 50 ms comes as one chunk: several frames in one read.",
        "pongs_lost": "Pings arrive, Pongs do not: a heartbeat gives up a connection that works.",
    }
)
"""What each preset is in life, by its name."""

_COMMON = frozenset(each.name for each in fields(Fault))


def name_of(fault: Fault) -> str:
    """The name that a command line knows, as `half-open`; of those that it does not know, the class's."""
    return next((name for name, kind in NAMES.items() if kind is type(fault)), type(fault).__name__.lower())


def written(fault: Fault) -> str:
    """A fault as one writes it: `delay:seconds=0.2,of=client`; only what is not as usual is told."""
    own = sorted(fields(fault), key=lambda each: each.name in _COMMON)
    parts = [f"{each.name}={_value(getattr(fault, each.name))}" for each in own if not _is_usual(fault, each)]
    return ":".join(filter(None, [name_of(fault), ",".join(parts)]))


def _is_usual(fault: Fault, field: Any) -> bool:
    return field.default is not MISSING and getattr(fault, field.name) == field.default


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


_AFTER_IDLE = {"fin": "then FIN", "rst": "then RST", "forget": "then forgets", "silent": "then silent"}
_IDLE_ENDS = {
    "fin": "ends it with FIN to both sides",
    "rst": "ends it with RST to both sides",
    "forget": "forgets it without a word; whoever sends next gets RST",
    "silent": "swallows what comes from then on, and tells nobody",
}

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
        Meddle: lambda it: it.action,
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
        Meddle: lambda it: f"One thing is done to some bytes of {_whose(it)}: {it.action}.",
    }
)
