"""What becomes of the next connection through a link: the lab tries it.

A fault that is on counts from the beginning of each connection, so what it did to the last one does not say what it
does to the next. Whether that one opens, and when, depends on all faults together, on their order and on the time that
a client waits. So nothing is deduced here. A lab on the virtual clock dials through a link with the same faults, which
takes a few milliseconds, and `next_dial` says what happened. Where chance plays a part it dials several times, and once
more with most packets lost: where that ends like all others, no chance strikes a dial.

Left out: what the server that the link leads to does by itself. The one of the rehearsal takes every connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median

from wslab.lab import HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.timing import Delay, Loss
from wslab.protocol import Role
from wslab.tape.entry import Entry
from wslab.tape.records import LinkEnded
from wslab.widgets.timeline.words import duration

__all__ = ["ENDED", "HELD", "LATE", "OPENS", "REFUSED", "SILENT", "SUBJECT", "NextDial", "next_dial"]

OPENS, HELD, SILENT, LATE, REFUSED, ENDED = "opens", "held", "silent", "late", "refused", "ended"

SEEDS = 9
"""Dials where chance plays a part."""

SUBJECT = "The next connection"
"""What `NextDial.told` speaks of."""

AT_ONCE = 0.005
"""Seconds beyond those of a link without faults, below which a connection opens at once."""


@dataclass(frozen=True, slots=True)
class NextDial:
    """How a dial ends: `outcome`, `seconds` after its beginning; `by_chance` where not every dial need end like that.

    `subject` is who waits where the link holds a head, the HTTP status where the server refuses (empty: the client does
    not take the answer), and FIN or RST where TCP ends. `limit` is how long a client waits.
    """

    outcome: str
    seconds: float = 0.0
    subject: str = ""
    limit: float = 0.0
    by_chance: bool = False

    def told(self) -> str:
        """The same in one sentence."""
        return f"{SUBJECT} {self.does}"

    @property
    def does(self) -> str:
        """The sentence without its subject."""
        return _WORDS[self.outcome](self)


def _opens(dial: NextDial) -> str:
    if dial.seconds < AT_ONCE:
        return "opens at once, or by chance later." if dial.by_chance else "opens at once."
    about, chance = ("about ", ", by chance") if dial.by_chance else ("", "")
    return f"opens after {about}{duration(dial.seconds)}{chance}."


def _held(dial: NextDial) -> str:
    what = "its request" if dial.subject == Role.CLIENT.value else "the server's answer"
    return f"waits: the link holds {what}, and its client gives up after {_limit(dial)}."


def _refused(dial: NextDial) -> str:
    if dial.subject:
        return f"is refused: the server answers {dial.subject}."
    return "fails: the client cannot take the answer that comes (§4.1)."


def _limit(dial: NextDial) -> str:
    return duration(dial.limit)


def _silent(dial: NextDial) -> str:
    return f"hangs: no answer comes, and its client gives up after {_limit(dial)}."


def _late(dial: NextDial) -> str:
    return f"does not open in time: its client gives up after {_limit(dial)}."


def _ends(dial: NextDial) -> str:
    return f"ends{f' with {dial.subject}' if dial.subject else ''} before it opens."


_WORDS = {OPENS: _opens, HELD: _held, SILENT: _silent, LATE: _late, REFUSED: _refused, ENDED: _ends}


@lru_cache(maxsize=64)
def next_dial(faults: tuple[Fault, ...], limit: float) -> NextDial:
    """What a connection that is dialled now comes to; its client waits `limit` seconds."""
    if not any(_has_chance(fault) for fault in faults):
        return _rehearsed(faults, limit, 0)
    dials = [_rehearsed(faults, limit, seed) for seed in range(SEEDS)]
    worst = _rehearsed([_at_its_worst(fault) for fault in faults], limit, 0)
    outcomes = [each.outcome for each in dials]
    usual = [each for each in dials if each.outcome == max(outcomes, key=outcomes.count)]
    return replace(usual[0], seconds=median(each.seconds for each in usual), by_chance=len({worst, *dials}) > 1)


def _has_chance(fault: Fault) -> bool:
    return (isinstance(fault, Loss) and fault.probability > 0) or (isinstance(fault, Delay) and fault.jitter > 0)


def _at_its_worst(fault: Fault) -> Fault:
    """The fault, with a chance that strikes almost always, where it has one."""
    is_loss = isinstance(fault, Loss) and fault.probability > 0
    return replace(fault, probability=0.9) if is_loss else fault  # type: ignore[call-arg]


def _rehearsed(faults: Sequence[Fault], limit: float, seed: int) -> NextDial:
    """One dial; both ends wait a little longer than that, so that neither gives up first."""
    lab = Lab(clock="virtual", seed=seed, timeout=limit + 1)
    return lab.run(_dial(lab, faults, limit))


async def _dial(lab: Lab, faults: Sequence[Fault], limit: float) -> NextDial:
    server = await lab.serve(echo)
    whole = await _seconds(lab, await lab.link(server))
    link, began = await lab.link(server, *faults), lab.now
    dialling = asyncio.ensure_future(lab.connect(link))
    await asyncio.wait([dialling], timeout=limit)
    if not dialling.done():
        found = _waiting(link)
        dialling.cancel()
    else:
        found = _ended(dialling.exception(), lab.tape)
    with suppress(asyncio.CancelledError, HandshakeRefused, OSError):
        await dialling
    return replace(found, seconds=round(max(0.0, lab.now - began - whole), 6), limit=limit)


async def _seconds(lab: Lab, link: Link) -> float:
    """How long a dial takes where nothing is wrong."""
    began = lab.now
    await lab.connect(link)
    return lab.now - began


def _waiting(link: Link) -> NextDial:
    held = link.first_held(1)
    if held:
        return NextDial(HELD, subject=held[0].sender)
    return NextDial(SILENT if link.silent else LATE)


def _ended(error: BaseException | None, tape: Sequence[Entry]) -> NextDial:
    if error is None:
        return NextDial(OPENS)
    ended = next((entry.fact for entry in reversed(tape) if isinstance(entry.fact, LinkEnded)), None)
    if ended is not None:
        return NextDial(ENDED, subject=ended.what)
    if not isinstance(error, HandshakeRefused) or not (error.status or error.error):
        return NextDial(ENDED)
    return NextDial(REFUSED, subject=str(error.status) if error.status not in (0, 101) else "")
