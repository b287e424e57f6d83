"""`check_relay`: a learner's relay between two connections, in the situations that fill a careless one's memory.

The function is `async def relay(one, other)`. A gateway starts it with its two connections, and it passes the messages
of each on to the other. What is asked of it:

- each message arrives once, in order, as text or binary as it was, in both directions at the same time;
- where one side reads slowly, the other has to wait: of `MESSAGES` large messages at most `MOST_HELD` are on their way;
- where one side ends, the other is closed soon, and the function returns.

How it works: a client, the gateway and a server, each with small buffers, in virtual time. Both ends count what they
send and read, so what is held between them is the difference.

Left out: Pings and close codes, which a relay of messages does not pass on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from wslab.course.exercises.trial import Finding, Run, Trial, first_wrong, not_begun
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, Endpoint
from wslab.protocol import State

__all__ = ["check_relay"]

MESSAGES, SIZE = 60, 64 * 1024
"""Messages of the slow situations, and the bytes of each."""

MOST_HELD = 25
"""Messages on their way at most: TCP's buffers on both sides of the gateway hold some ten of them."""

ENDS_IN = 10.0
"""Seconds after the end of one side in which the other has to end."""


@dataclass(frozen=True, slots=True)
class Situation:
    """How many messages go to the server and to the client, how large they are, and how slowly they are read."""

    setting: str
    up: int = 0
    down: int = 0
    size: int = 20
    pause: float = 0.0
    leaves: str = "client"


SITUATIONS = (
    Situation("The client sends three messages, two texts and a binary one, and leaves.", up=3),
    Situation("The server sends three messages that nobody asked for, and then the client leaves.", down=3),
    Situation("Both send at the same time, ten messages each.", up=10, down=10),
    Situation("The server sends a message and closes.", down=1, leaves="server"),
    Situation(
        f"The server sends {MESSAGES} messages of 64 KiB, and the client reads one a second.",
        down=MESSAGES,
        size=SIZE,
        pause=1,
    ),
    Situation(
        f"The client sends {MESSAGES} messages of 64 KiB, and the server reads one a second.",
        up=MESSAGES,
        size=SIZE,
        pause=1,
    ),
)
"""In the order in which they are played."""

FIRST = "Begin with one direction: `async for message in one: await other.send(message)`."
THEN = (
    "The other direction runs at the same time: a coroutine for each, and `asyncio.gather` for both. When one of them "
    "ends, close what it sent to, so that the other ends, too."
)
SOLUTION = """async def relay(one, other):
    async def pump(source, target):
        try:
            async for message in source:
                await target.send(message)
        finally:
            await target.close()

    await asyncio.gather(pump(one, other), pump(other, one))"""


def check_relay(mine: object) -> CheckResult:
    """Run a learner's `async def relay(one, other)` through all situations; the first that goes wrong is told.

    `one` and `other` are the gateway's connections: to the client and to the server. Nothing takes real time, nothing
    raises at the learner, and code that never ends is stopped. The `tape` of the result is that of the situation that
    went wrong; where all go well, of the third.

    >>> async def relay(one, other):
    ...     async for message in one:
    ...         await other.send(message)
    >>> check_relay(relay).ok
    False
    """
    early = not_begun(mine, "write what passes the messages of each on to the other.", FIRST, THEN, SOLUTION)
    if early is not None:
        return replace(early, tape=_play(_nothing, SITUATIONS[0]).trial.tape)
    assert callable(mine)
    wrong = first_wrong(partial(_play, mine), SITUATIONS, _findings)
    if wrong is not None:
        return wrong
    what = f"your relay does its work in all {len(SITUATIONS)} situations, and its memory stays small."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[2]).trial.tape)


async def _nothing(*_: object) -> None:
    """What a stub does."""


# ---- one run


@dataclass
class _End:
    """The client or the server: its connection, what it is to send and has sent, what it has read, whether it ended."""

    name: str
    to_send: list[str | bytes]
    ws: Endpoint | None = None
    sent: int = 0
    read: list[str | bytes] = field(default_factory=list)
    is_over: bool = False


@dataclass
class _Seen:
    """What was observed of one run."""

    situation: Situation
    trial: Trial
    client: _End
    server: _End
    held: int = 0
    unwritten: int = 0
    run: Run = field(default_factory=Run)
    hands: tuple[Endpoint, ...] = ()

    def ways(self) -> Iterator[tuple[_End, _End]]:
        """Both directions: who sends, who reads."""
        yield self.client, self.server
        yield self.server, self.client

    @property
    def is_done(self) -> bool:
        """Whether everything has arrived."""
        return all(len(reader.read) >= len(sender.to_send) for sender, reader in self.ways())

    def look(self) -> None:
        """Remember how much is held now, if it is the most so far."""
        for sender, reader in self.ways():
            self.held = max(self.held, sender.sent - len(reader.read))
        self.unwritten = max([self.unwritten, *(each.unwritten for each in self.hands)])


def _messages(count: int, size: int, name: str) -> list[str | bytes]:
    """Numbered messages of this size; the second one is binary, as large ones all are."""
    texts = [f"{name} {number}".ljust(size, ".") for number in range(1, count + 1)]
    return [text.encode() if number == 1 or size >= SIZE else text for number, text in enumerate(texts)]


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    client = _End("client", _messages(situation.up, situation.size, "question"))
    server = _End("server", _messages(situation.down, situation.size, "news"))
    seen = _Seen(situation, Trial(function), client, server)
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    lab = seen.trial.lab
    opened = asyncio.Event()

    async def answer(ws: Endpoint) -> None:
        seen.server.ws = ws
        await ws.wait_closed()

    async def pass_on(ws: Endpoint) -> None:
        other = await lab.connect(server, max_queue=1)
        seen.hands = (ws, other)
        seen.run = seen.trial.start(ws, other)
        opened.set()
        await ws.wait_closed()

    server = await lab.serve(answer, max_queue=1)
    gateway = await lab.serve(pass_on, max_queue=1)
    seen.client.ws = await lab.connect(gateway, max_queue=1)
    await opened.wait()
    await _talk(seen)


async def _talk(seen: _Seen) -> None:
    """Both ends send and read, until everything has arrived or time is over; then one of them leaves."""
    jobs = [job(end, seen.situation.pause) for end in (seen.client, seen.server) for job in (_send, _read)]
    tasks = [asyncio.ensure_future(each) for each in jobs]
    for _ in range(2 * MESSAGES):
        seen.look()
        await asyncio.sleep(0.5)
        if seen.is_done:
            break
    leaver = seen.client if seen.situation.leaves == "client" else seen.server
    assert leaver.ws is not None
    await leaver.ws.close_quietly(1000, timeout=ENDS_IN)
    await asyncio.sleep(ENDS_IN)
    for end in (seen.client, seen.server):
        end.is_over = end.ws is not None and end.ws.state is State.CLOSED
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _send(end: _End, _pause: float) -> None:
    assert end.ws is not None
    with suppress(ConnectionClosed, TimeoutError):
        for message in end.to_send:
            await end.ws.send(message)
            end.sent += 1


async def _read(end: _End, pause: float) -> None:
    assert end.ws is not None
    with suppress(ConnectionClosed):
        async for message in end.ws:
            end.read.append(message)
            await asyncio.sleep(pause)


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    for question in (_any_code, _raised, _held, _arrived, _ended, _returned):
        found = question(seen)
        if found is not None:
            yield found


def _any_code(seen: _Seen) -> Finding | None:
    return seen.trial.finding()


def _raised(seen: _Seen) -> Finding | None:
    if seen.run.error is None or isinstance(seen.run.error, ConnectionClosed):  # it may end so when one side has ended
        return None
    return replace(seen.trial.raised(seen.run), solution=SOLUTION)


def _held(seen: _Seen) -> Finding | None:
    if seen.held <= MOST_HELD:
        return None
    sentence = (
        f"{seen.held} of the {MESSAGES} messages were held between sender and reader, where {MOST_HELD} is the most."
    )
    hint = (
        "Your code starts the next send before the last one is done: `await target.send(message)` waits for room."
        if seen.unwritten > MOST_HELD * SIZE // 2
        else "Your code takes messages that it cannot pass on yet, and keeps them: read the next when the last is sent."
    )
    return Finding(
        sentence,
        hint,
        "A relay that reads only when it could write makes the sender wait, by TCP's window (RFC 9293 §3.8.6).",
        SOLUTION,
    )


def _arrived(seen: _Seen) -> Finding | None:
    for sender, reader in seen.ways():
        if reader.read != sender.to_send:
            return _differs(sender, reader)
    return None


def _differs(sender: _End, reader: _End) -> Finding:
    pairs = zip(sender.to_send, reader.read, strict=False)
    at = next((number for number, (one, two) in enumerate(pairs) if one != two), len(reader.read))
    if at >= len(reader.read):
        what = f"Of the {sender.name}'s {len(sender.to_send)} messages {len(reader.read)} arrived at the {reader.name}."
        hint = (
            "Both directions go on at the same time: two coroutines in `asyncio.gather(...)`, each with its own loop."
        )
    elif at >= len(sender.to_send):
        what = f"The {reader.name} got {len(reader.read)} messages, and {len(sender.to_send)} were sent."
        hint = "Pass on each message once."
    else:
        came, went = repr(reader.read[at])[:40], repr(sender.to_send[at])[:40]
        what = f"Message {at + 1} of the {sender.name} arrived as {came}; it was {went}."
        hint = (
            "`send` makes text of a str and binary of bytes: pass the message on as it came, and one after the other."
        )
    return Finding(
        what, hint, "`async for message in source: await target.send(message)` for each direction.", SOLUTION
    )


def _ended(seen: _Seen) -> Finding | None:
    for end in (seen.client, seen.server):
        if not end.is_over:
            return Finding(
                f"The connection to the {end.name} is still open, {ENDS_IN:.0f} s after the other one has ended.",
                "`async for` ends when its connection has ended: close the other one behind it.",
                "`try: ... finally: await target.close()` closes it however the loop ends.",
                SOLUTION,
            )
    return None


def _returned(seen: _Seen) -> Finding | None:
    if seen.run.ended is not None:
        return None
    return Finding(
        "Both connections have ended, and your function still runs.",
        "A loop ends with its connection; return when both loops have ended.",
        "`asyncio.gather(...)` returns when both are done.",
        SOLUTION,
    )
