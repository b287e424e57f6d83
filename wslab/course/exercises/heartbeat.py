"""`check_heartbeat`: a learner's heartbeat, in the situations in which connections die, or only look as if they had.

The function is `async def heartbeat(ws, heard)`. A server starts it beside the handler of a connection. `ws` is the
server's end, `heard()` gives the seconds since the peer's last message (a Pong is none). What is asked of it:

- a path that is dead is found within `FOUND_IN` seconds, and the connection is then ended with `ws.abort()`;
- a peer that lives is kept: one that answers slowly, one behind a tunnel, one whose Pongs are lost but which speaks;
- a proxy that ends a connection after `IDLE` seconds without a byte sees one often enough;
- it costs little: at most `MOST_PINGS` Pings in ten minutes, and no message, which the peer's program would receive;
- it returns when the connection is over. There it may also end by the `ConnectionClosed` that it gets.

How it works: a `Situation` is data. `_play` makes one connection of it, `_Seen` is what was observed, and `_findings`
asks one question after the other of that. The first that has an answer is what the check says.

Left out: a program that hangs behind a library that answers each Ping (the scenario `three-heartbeats`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

from wslab.course.exercises.trial import Finding, Run, Trial, first_wrong, not_begun
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, Endpoint
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import IdleTimer
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Delay, Outage
from wslab.lab.link.link import Link
from wslab.protocol import Opcode

__all__ = ["check_heartbeat"]

FOUND_IN = 60.0
"""Seconds after which a dead path must be found."""

IDLE = 60.0
"""Seconds without a byte after which the proxy ends the connection."""

MOST_PINGS = 75
"""Pings in ten minutes: one every eight seconds."""

_EARLIEST, _LATEST = 39.0, 110.0  # seconds between which a path dies
_TUNNELS = (75.0, 135.0, 200.0, 262.0)
_IN_TUNNEL = 15.0
_SLOW = 4.0  # seconds in each direction


@dataclass(frozen=True, slots=True)
class Situation:
    """What happens to the connection: `name` is the scenario that tells it, `setting` says it in a sentence.

    `talks` are the seconds between two messages of the peer (None: it is quiet). With `dies` the path falls silent
    right after a Pong, the worst moment, or at `_LATEST` where none comes; at `leaves_at` the peer closes with 1000.
    `lives` is why the peer lives, where it does, and `hint` what to write.
    """

    name: str
    setting: str
    faults: tuple[Fault, ...] = ()
    talks: float | None = None
    dies: bool = False
    leaves_at: float | None = None
    tunnels: tuple[float, ...] = ()
    seconds: float = 300.0
    lives: str = ""
    hint: str = ""


SITUATIONS = (
    Situation("half-open", "The path falls silent.", dies=True, seconds=200),
    Situation(
        "zombie-user",
        "The peer sends a message every 15 s, and then the path falls silent.",
        talks=15,
        dies=True,
        seconds=200,
    ),
    Situation(
        "idle-proxy",
        "The peer is quiet for ten minutes and answers each Ping; a proxy ends what is idle for 60 s.",
        (IdleTimer(IDLE),),
        seconds=600,
        lives="It is only quiet.",
        hint="`heard()` counts messages only, and a quiet peer sends none. Let a Pong count, too.",
    ),
    Situation(
        "slow-path",
        "Each way takes 4 s, so a Pong takes 8 s.",
        (Delay(_SLOW),),
        lives="Its Pong comes after 8 s.",
        hint="A late Pong and a dead peer look the same until it comes: wait longer, `await ws.ping(timeout=20)`.",
    ),
    Situation(
        "tunnel",
        "The peer's train is in a tunnel for 15 s, four times.",
        tunnels=_TUNNELS,
        lives="TCP delivers behind the tunnel what was sent in it.",
        hint="Wait longer than the tunnel: `await ws.ping(timeout=20)`. A wait that names no limit has 10 s here.",
    ),
    Situation(
        "pong-lost",
        "The peer sends a message every 15 s, and every Pong of it is lost.",
        (SwallowPongs(),),
        talks=15,
        lives="Its last message came less than 15 s ago.",
        hint="A peer that speaks is alive. When no Pong comes, look at `heard()` before you end the connection.",
    ),
    Situation("clean-close", "The peer closes with 1000 after 100 s.", leaves_at=100, seconds=200),
)
"""In the order in which they are played."""


def check_heartbeat(mine: object) -> CheckResult:
    """Run a learner's `async def heartbeat(ws, heard)` through all situations; the first that goes wrong is told.

    `ws` is the server's end of a connection, `heard()` the seconds since the peer's last message. Nothing takes real
    time, nothing raises at the learner, and code that never ends is stopped. The `tape` of the result is that of the
    situation that went wrong; where all go well, of the first.

    >>> async def heartbeat(ws, heard):
    ...     while True:
    ...         await asyncio.sleep(20)
    ...         await ws.pong()
    >>> check_heartbeat(heartbeat).ok
    False
    """
    early = not_begun(mine, "write what asks the peer, again and again.", FIRST, THEN, SOLUTION)
    if early is not None:
        return replace(early, tape=_play(_nothing, SITUATIONS[0]).trial.tape)
    assert callable(mine)
    wrong = first_wrong(partial(_play, mine), SITUATIONS, _findings, lambda each: f"{each.name}: {each.setting}")
    if wrong is not None:
        return wrong
    what = f"your heartbeat does its work in all {len(SITUATIONS)} situations."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[0]).trial.tape)


async def _nothing(*_: object) -> None:
    """What a stub does."""


# ---- one run


@dataclass
class _Seen:
    """What was observed of one run. Times are seconds from its beginning."""

    situation: Situation
    trial: Trial
    died: float | None = None
    ended: float | None = None
    run: Run = field(default_factory=Run)
    heard_at: float = 0.0
    ws: Endpoint | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def sent(self, opcode: Opcode) -> list[float]:
        """When the server sent frames with this opcode."""
        return [each.time for each in self.trial.tape.frames(opcode, "server")]

    def pings_now(self) -> int:
        """How many Pings the server has sent so far."""
        return len(self.trial.lab.tape.frames(Opcode.PING, "server"))

    @property
    def error(self) -> Exception | SystemExit | None:
        """What left the function, but for a `ConnectionClosed` when it was over."""
        error = self.run.error
        return None if isinstance(error, ConnectionClosed) and self.ended is not None else error


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    seen = _Seen(situation, Trial(function))
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    lab, situation = seen.trial.lab, seen.situation

    async def handle(ws: Endpoint) -> None:
        seen.ws, seen.heard_at = ws, lab.now
        seen.opened.set()
        seen.run = seen.trial.start(ws, lambda: lab.now - seen.heard_at)
        with suppress(ConnectionClosed):
            async for _ in ws:
                seen.heard_at = lab.now

    server = await lab.serve(handle)
    link = await lab.link(server, *situation.faults)
    peer = await lab.connect(link, timeout=30)
    loop = asyncio.get_running_loop()
    beside = [_talk(peer, situation.talks), _befall(seen, link, peer), _end_of(seen)]
    tasks = [loop.create_task(each) for each in beside]
    while lab.now < situation.seconds and seen.pings_now() <= MOST_PINGS * 2:  # noqa: ASYNC110  it looks
        await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()  # an error of the story is the check's own


async def _talk(peer: Endpoint, talks: float | None) -> None:
    """The peer's messages, as long as its connection lives."""
    with suppress(ConnectionClosed):
        for number in range(1000 if talks else 0):
            await asyncio.sleep(talks or 0)
            await peer.send(f"position {number + 1}")


async def _befall(seen: _Seen, link: Link, peer: Endpoint) -> None:
    """What happens to the path, and whether the peer leaves."""
    lab, situation = seen.trial.lab, seen.situation
    for begin in situation.tunnels:
        await asyncio.sleep(begin - lab.now)
        link.faults = (Outage(_IN_TUNNEL),)
        await asyncio.sleep(_IN_TUNNEL)
        link.faults = ()
    if situation.dies:
        await asyncio.sleep(_EARLIEST)
        while lab.now < _LATEST and not _has_just_answered(seen, lab.now):  # noqa: ASYNC110  it looks
            await asyncio.sleep(0.5)
        seen.died = lab.now
        link.silence()
    if situation.leaves_at is not None:
        await asyncio.sleep(situation.leaves_at - lab.now)
        await peer.close_quietly(1000)


def _has_just_answered(seen: _Seen, moment: float) -> bool:
    """Whether a Pong of the peer has come within the half second before a moment."""
    pongs = seen.trial.lab.tape.frames(Opcode.PONG, "client")
    return any(moment - 0.5 < each.time <= moment for each in pongs)


async def _end_of(seen: _Seen) -> None:
    await seen.opened.wait()
    assert seen.ws is not None
    await seen.ws.wait_closed()
    seen.ended = seen.trial.lab.now


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    for name, question in _QUESTIONS.items():
        found = question(seen)
        if found is not None:
            yield replace(found, mistake=name)


def _any_code(seen: _Seen) -> Finding | None:
    found = seen.trial.finding()
    return found and replace(found, solution=found.solution or SOLUTION)


def _messages(seen: _Seen) -> Finding | None:
    count = len(seen.sent(Opcode.TEXT)) + len(seen.sent(Opcode.BINARY))
    if not count:
        return None
    return Finding(
        f"Your heartbeat sends messages, {count} so far, and the peer's program receives each that arrives.",
        "A Ping is a frame for the peer's library, and no program sees it: `await ws.ping(timeout=20)` (§5.5.2).",
        "A message wants an answer that both programs know. That is another heartbeat, for a program that hangs.",
        SOLUTION,
    )


def _error(seen: _Seen) -> Finding | None:
    error, run = seen.error, seen.run
    if error is None:
        return None
    if not isinstance(error, TimeoutError):
        return replace(seen.trial.raised(run), solution=SOLUTION)
    if seen.ended is not None:
        sentence = f"The connection is over at {seen.ended:.0f} s, and TimeoutError leaves your heartbeat."
        return Finding(sentence, *_why_timeout(seen), SOLUTION)
    return Finding(
        f"TimeoutError leaves your heartbeat at {run.ended:.0f} s, and nobody ends the connection: it stays OPEN.",
        "`ping` raises TimeoutError when no Pong comes. Catch it, and decide there whether the peer is gone.",
        "A task that ends with an error ends alone: the connection beside it does not notice.",
        SOLUTION,
    )


def _why_timeout(seen: _Seen) -> tuple[str, str]:
    """Hints for a TimeoutError that leaves the heartbeat when the connection is over."""
    if seen.sent(Opcode.CLOSE):
        return (
            "`close` sends a Close and waits for the peer's, which cannot come. `ws.abort()` ends TCP and waits for "
            "nobody.",
            "A closing handshake needs a peer that answers (§7.1.2); where it is gone, only TCP is left to end.",
        )
    return (
        "You have ended the connection, so the missing Pong is dealt with: catch TimeoutError, and return.",
        "An error that leaves a task says that something is left to do.",
    )


def _too_early(seen: _Seen) -> Finding | None:
    ended = seen.run.ended
    if ended is None or seen.ended is not None:
        return None
    pings = seen.sent(Opcode.PING)
    if seen.died is not None and pings and pings[-1] > seen.died:
        return Finding(
            f"Your heartbeat gets no Pong, returns at {ended:.0f} s, and nobody ends the connection: it stays OPEN.",
            "A missing Pong is what it looks for. End the connection there, and then return: `ws.abort()`.",
            "A task that returns ends alone: the connection beside it does not notice.",
            SOLUTION,
        )
    times = "once" if len(pings) == 1 else f"{len(pings)} times"
    asked = f"asks {times}, and " if pings else ""
    return Finding(
        f"Your heartbeat {asked}returns at {ended:.0f} s, and the connection goes on without it.",
        "It goes on as long as the connection: `while True:`, in it an `await` that waits, and `except TimeoutError`.",
        "A peer that was heard lived then. It can be gone a second later, so ask again.",
        SOLUTION,
    )


def _not_found(seen: _Seen) -> Finding | None:
    died, ended = seen.died, seen.ended
    if died is None or (ended is not None and ended <= died + FOUND_IN):
        return None
    still = "the server still believes OPEN" if ended is None else f"you end it at {round(ended, 1):g} s"
    moment = f"{round(died, 1):g} s{', right after a Pong' if _has_just_answered(seen, died) else ''}"
    sentence = f"That is at {moment}. It is to be found by {round(died + FOUND_IN, 1):g} s, and {still}."
    return Finding(sentence, *_why_not_found(seen, died), SOLUTION)


def _why_not_found(seen: _Seen, died: float) -> tuple[str, str]:
    pings = [each for each in seen.sent(Opcode.PING) if each > died]
    if not seen.sent(Opcode.PING) and seen.sent(Opcode.PONG):
        return (
            "It sends Pongs that nobody asked for. No answer to them is expected (§5.5.3), so a missing one says "
            "nothing: send Pings.",
            "A one-way heartbeat tells the peer that you live. Whether the peer lives, only an answer tells.",
        )
    if not seen.sent(Opcode.PING):
        return (
            "It never asks. A silent path looks like a quiet peer: `await ws.ping(timeout=20)`, every 20 s.",
            "This peer has promised no heartbeat of its own: only a missing answer tells them apart, not `heard()`.",
        )
    in_time = "With 20 s between two Pings and 20 s to wait for the Pong, the end comes after 40 s at the latest."
    if len(pings) == 1 and pings[0] < died + FOUND_IN / 2:
        return (
            f"It asks at {pings[0]:.0f} s, and then waits too long: the time between two Pings and the wait for the "
            "Pong have to fit into 60 s.",
            in_time,
        )
    if len(pings) <= 1:
        return (
            "Ask more often, whatever `heard()` says: the time between two Pings and the wait for the Pong have to fit "
            "into 60 s.",
            in_time,
        )
    return (
        f"It asks {len(pings)} times after that, gets no Pong, and goes on. End it soon: `ws.abort()`.",
        f"`ping` raises TimeoutError when no Pong came in time. {in_time}",
    )


def _ended_alive(seen: _Seen) -> Finding | None:
    situation, ended = seen.situation, seen.ended
    if ended is None or not situation.lives:
        return None
    gap = _longest_gap([0.0, *seen.sent(Opcode.PING), *seen.sent(Opcode.PONG), ended])
    if any(isinstance(each, IdleTimer) for each in situation.faults) and gap >= IDLE:
        return Finding(
            f"The proxy ends the connection at {ended:.0f} s: for {gap:.0f} s there was no byte of yours.",
            "Ask more often than the proxy's timer: every 20 or 25 s for a timer of 60 s.",
            "A Ping is a keepalive as well as a question (§5.5.2). Below half of the timer, one may be late.",
            SOLUTION,
        )
    return Finding(
        f"Your heartbeat ends the connection at {ended:.0f} s, and the peer is alive. {situation.lives}",
        situation.hint,
        "To end a live connection and to keep a dead one are the two mistakes of a heartbeat: its limits choose "
        "between them.",
        _LOOK if situation.talks else SOLUTION,
    )


def _longest_gap(times: list[float]) -> float:
    return max(after - before for before, after in pairwise(times))


def _goes_on(seen: _Seen) -> Finding | None:
    if seen.ended is None or seen.run.ended is not None:
        return None
    return Finding(
        f"The connection is over at {seen.ended:.0f} s, and your heartbeat still runs at {seen.trial.lab.now:.0f} s.",
        "Return behind your own `ws.abort()`, and where `ping` raises ConnectionClosed, which `except Exception` would "
        "hide. `heard()` raises nothing: code that asks only that never learns that the connection is over.",
        "With every connection that ends, one more task would stay: a leak that shows after days.",
        "    ws.abort()\n    return\nexcept ConnectionClosed:\n    return",
    )


def _too_many(seen: _Seen) -> Finding | None:
    pings = seen.sent(Opcode.PING)
    if len(pings) <= MOST_PINGS:
        return None
    return Finding(
        f"Your heartbeat sends {len(pings)} Pings in {pings[-1]:.0f} s.",
        f"At most {MOST_PINGS} in ten minutes are asked for; every 20 s is enough for a proxy's timer of 60 s.",
        "Each Ping and its Pong wake a phone's radio, and 10,000 clients answer them, too.",
        "await asyncio.sleep(20)",
    )


_QUESTIONS: dict[str, Callable[[_Seen], Finding | None]] = {
    "any-code": _any_code,
    "sends-messages": _messages,
    "too-many-pings": _too_many,
    "error-leaves": _error,
    "returns-early": _too_early,
    "dead-path-not-found": _not_found,
    "ends-a-live-connection": _ended_alive,
    "goes-on-behind-the-end": _goes_on,
}
"""What is asked of a run, by the name of the mistake that it finds."""

SOLUTION = """\
try:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            if heard() > 20:
                ws.abort()
except ConnectionClosed:
    return"""
_LOOK = "except TimeoutError:\n    if heard() > 20:\n        ws.abort()"
FIRST = "Begin with a loop: wait 20 s with `await asyncio.sleep(20)`, then `await ws.ping(timeout=20)`."
THEN = "A Ping without a Pong raises TimeoutError. There look at `heard()`, and end with `ws.abort()` if all is silent."
