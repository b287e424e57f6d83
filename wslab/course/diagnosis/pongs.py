"""Why a Ping got no Pong in time, as a tape shows it: which of the causes comes first, and by which sign.

What is known of the other side after the Ping decides: its Pong came late, was lost, or was never sent; what it sent
before or behind; how much lay in front of the Ping. What this module leaves out: who waited (`recordings`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from wslab.protocol import Opcode
from wslab.tape.entry import PEER, Entry

__all__ = ["causes_of_no_pong", "seconds_without_pong"]

LARGE = 1 << 16
"""Bytes in front of a Ping or a Pong that may hold it up."""

_SHORT = 0.01  # seconds: what clocks may differ
_LATE = 1.0  # seconds between the arrival of a Ping and its Pong: a library answers at once


def causes_of_no_pong(entries: Sequence[Entry], waited: Entry, seconds: float) -> str:
    """The causes, the likeliest first, of a Pong for which the sender of `waited` waited so many seconds in vain."""
    side, asked = waited.sender, waited.time - seconds + _SHORT
    ping = next((each for each in reversed(entries) if _is(each, side, Opcode.PING) and each.time <= asked), None)
    if ping is None:
        return "half-open blocked-loop"
    mine = [each for each in entries if each.sender == side and each.opcode is not None]
    theirs = [each for each in entries if each.sender == PEER[side] and each.opcode is not None]
    return next((names for fits, names in _SIGNS if fits(mine, theirs, ping)), "half-open blocked-loop tunnel")


def seconds_without_pong(entries: Sequence[Entry], close: Entry) -> float | None:
    """How long the sender of a Close had waited for a Pong by then, in seconds; None where it waited for none.

    A capture keeps no timer of a program: the Ping that has no Pong is all that it shows of one.
    """
    before = [each for each in entries if each.time <= close.time]
    pongs = [each.time for each in before if _is(each, PEER[close.sender], Opcode.PONG) and each.arrived is not None]
    last = max(pongs, default=-math.inf)  # it answers the earlier Pings, too (§5.5.3)
    asked = [each.time for each in before if _is(each, close.sender, Opcode.PING) and each.time > last]
    waited = close.time - min(asked, default=close.time)
    return waited if waited >= _LATE else None


def _is(entry: Entry, side: str, opcode: Opcode) -> bool:
    return entry.sender == side and entry.opcode == opcode


def _behind_upload(_mine: list[Entry], theirs: list[Entry], ping: Entry) -> bool:
    """A large message of the peer was still on its way when the Ping was sent."""
    sent = [each for each in theirs if each.time <= ping.time and len(each.data) >= LARGE]
    return any(each.arrived is None or each.arrived > ping.time for each in sent)


def _behind_queue(mine: list[Entry], theirs: list[Entry], ping: Entry) -> bool:
    """Much lay in front of the Ping, which was read late or answered late."""
    before = sum(len(each.data) for each in mine if each.time < ping.time and each.opcode != Opcode.PING)
    return before >= LARGE and (_is_late(ping) or not _pong_in_time(theirs, ping))


def _lost(_mine: list[Entry], theirs: list[Entry], ping: Entry) -> bool:
    """The peer answered at once, or sent other frames all the time, and its Pong never came."""
    return _pong_in_time(theirs, ping) and any(each.opcode == Opcode.PONG and each.arrived is None for each in theirs)


def _tunnel(_mine: list[Entry], theirs: list[Entry], ping: Entry) -> bool:
    """The Ping itself came late, and was answered at once: the way was closed for a while."""
    return _is_late(ping) and _pong_in_time(theirs, ping)


def _is_late(ping: Entry) -> bool:
    return ping.arrived is not None and ping.arrived - ping.time > _LATE


def _busy(_mine: list[Entry], theirs: list[Entry], ping: Entry) -> bool:
    """The peer sends something later on: it lives, and had been busy."""
    return any(each.time > ping.time for each in theirs)


def _pong_in_time(theirs: list[Entry], ping: Entry) -> bool:
    came = ping.arrived
    return came is not None and any(each.opcode == Opcode.PONG and came <= each.time <= came + _LATE for each in theirs)


_SIGNS = (
    (_behind_upload, "pong-behind-upload blocked-loop tunnel"),
    (_behind_queue, "pong-behind-queue blocked-loop"),
    (_tunnel, "tunnel half-open"),
    (_lost, "pong-lost half-open"),
    (_busy, "blocked-loop pong-behind-queue"),
)
"""Signs and causes; the first that fits counts."""
