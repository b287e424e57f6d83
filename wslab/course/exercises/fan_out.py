"""`check_fan_out`: a learner's room, in which one message goes to all, with the users who stop a careless one.

The function is `async def tell_all(users, news)`. `users` are the server's ends of the connections, `news` gives one
message after the other (`async for item in news`). What is asked of it:

- each user who reads gets each message, in order, and soon: within `SOON` seconds, whatever the others do;
- a user who reads nothing is sent a Close with 1013 or 1008, before it is more than `MOST_BEHIND` messages behind;
- one who pauses for a few seconds is kept, and misses nothing;
- one who leaves disturbs nobody;
- the function returns when the news is over and has been sent.

How it works: a room of three users in virtual time, and a message of 64 KiB each second, so that the buffers of a
connection are full after a few. `Situation` says what the first user does.

Left out: dropping old messages for a slow user, the other way to bound a queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from wslab.course.exercises.trial import Finding, Run, Trial, not_begun, report
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, Endpoint
from wslab.protocol import Opcode, State

__all__ = ["check_fan_out"]

NEWS, SIZE, EVERY = 24, 64 * 1024, 1.0
"""Messages, the bytes of each, and the seconds between two."""

SOON = 0.5
"""Seconds in which a message reaches a user who reads."""

MOST_BEHIND = 10
"""Messages that a user may be behind, those in TCP's buffers included."""

STALLED, PAUSED, LEFT, GONE = "stalls", "pauses", "leaves", "is gone"


@dataclass(frozen=True, slots=True)
class Situation:
    """What the first of the three users does, after the third message."""

    setting: str
    first: str = ""
    hint: str = ""


SITUATIONS = (
    Situation("Three users read all the time."),
    Situation(
        "One user leaves.", LEFT, "A `send` to one who has left raises ConnectionClosed: only that one's part ends."
    ),
    Situation(
        "One user's connection is cut.", GONE, "ConnectionClosed of one user ends that one's part, and nobody else's."
    ),
    Situation(
        "One user reads nothing for four seconds, and then goes on.", PAUSED, "Let a few messages wait, in order."
    ),
    Situation("One user's phone stalls, and reads nothing more.", STALLED, "Nobody may wait for that one."),
)
"""In the order in which they are played."""

SOLUTION = """async def tell_all(users, news):
    queues = {user: asyncio.Queue(4) for user in users}

    async def feed(user, queue):
        try:
            while (item := await queue.get()) is not None:
                await user.send(item)
        except TimeoutError:
            drop(user)
        except ConnectionClosed:
            queues.pop(user, None)

    def drop(user):
        queues.pop(user, None)
        tasks.create_task(user.close_quietly(1013, "too slow"))

    def offer(item):
        for user, queue in list(queues.items()):
            try:
                queue.put_nowait(item)
            except asyncio.QueueFull:
                feeders[user].cancel()
                drop(user)

    async with asyncio.TaskGroup() as tasks:
        feeders = {user: tasks.create_task(feed(user, queue)) for user, queue in queues.items()}
        async for item in news:
            offer(item)
        offer(None)"""


def check_fan_out(mine: object) -> CheckResult:
    """Run a learner's `async def tell_all(users, news)` through all situations; the first that goes wrong is told.

    `users` is a list of the server's ends of connections, `news` an asynchronous iterator of messages. Nothing takes
    real time, nothing raises at the learner, and code that never ends is stopped. The `tape` of the result is that of
    the situation that went wrong; where all go well, of the last.

    >>> async def tell_all(users, news):
    ...     async for item in news:
    ...         for user in users:
    ...             await user.send(item)
    >>> check_fan_out(tell_all).ok
    False
    """
    early = not_begun(mine, "write what sends each item to all users.", _STEP_ONE, _STEP_TWO, SOLUTION)
    if early is not None:
        return replace(early, tape=_play(_in_turn, SITUATIONS[-1]).trial.tape)
    assert callable(mine)
    for number, situation in enumerate(SITUATIONS, 1):
        seen = _play(mine, situation)
        found = next(_findings(seen), None)
        if found is not None:
            return report(situation.setting, number, len(SITUATIONS), found, seen.trial.tape)
    what = f"in all {len(SITUATIONS)} situations nobody waits for another, and memory stays small."
    return CheckResult(True, what, tape=seen.trial.tape)


async def _in_turn(users: list[Endpoint], news: AsyncIterator[bytes]) -> None:
    """What a stub is shown: a loop that waits for each user."""
    async for item in news:
        for user in users:
            await user.send(item)


# ---- one run


@dataclass
class _User:
    """A user: the user's own end and the server's, which items were read when, and when the server had ended it."""

    own: Endpoint
    servers: Endpoint
    read: list[tuple[int, float]] = field(default_factory=list)
    ended: float | None = None

    @property
    def items(self) -> list[int]:
        """The numbers of the items, as they were read."""
        return [number for number, _ in self.read]


@dataclass
class _Seen:
    """What was observed of one run. Times are those of the lab's clock."""

    situation: Situation
    trial: Trial
    users: list[_User] = field(default_factory=list)
    published: dict[int, float] = field(default_factory=dict)
    run: Run = field(default_factory=Run)

    @property
    def readers(self) -> list[_User]:
        """Those who are to get everything."""
        return self.users[1:] if self.situation.first in (STALLED, LEFT, GONE) else self.users

    def close_code(self, user: _User) -> int | None:
        """The code of the Close that the server sent to a user."""
        closes = self.trial.tape.frames(Opcode.CLOSE, "server", connection=user.servers.number)
        return int.from_bytes((closes[0].plain or b"")[:2], "big") if closes else None


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    seen = _Seen(situation, Trial(function))
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    lab = seen.trial.lab
    server = await lab.serve(_stay)
    for _ in range(3):
        own = await lab.connect(server, max_queue=1)
        seen.users.append(_User(own, server.connections[-1]))
    loop = asyncio.get_running_loop()
    first = seen.situation.first
    tasks = [loop.create_task(_read(seen, each, first if each is seen.users[0] else "")) for each in seen.users]
    seen.run = seen.trial.start([each.servers for each in seen.users], _news(seen))
    for _ in range(round((NEWS * EVERY + 15) / 0.5)):
        await asyncio.sleep(0.5)
        for user in seen.users:
            if user.ended is None and user.servers.state is not State.OPEN:
                user.ended = lab.now
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _stay(ws: Endpoint) -> None:
    await ws.wait_closed()


async def _news(seen: _Seen) -> AsyncIterator[bytes]:
    """An item each second: its number, and filling."""
    for number in range(1, NEWS + 1):
        seen.published[number] = seen.trial.lab.now
        yield number.to_bytes(SIZE, "big")
        await asyncio.sleep(EVERY)


async def _read(seen: _Seen, user: _User, does: str) -> None:
    with suppress(ConnectionClosed):
        async for item in user.own:
            user.read.append((int.from_bytes(bytes(item), "big") if isinstance(item, bytes) else 0, seen.trial.lab.now))
            if len(user.read) == 3:
                await _do(user, does)


async def _do(user: _User, does: str) -> None:
    """What the first user does after the third item."""
    if does == LEFT:
        await user.own.close_quietly(1001)
    elif does == GONE:
        user.own.abort()
    elif does in (PAUSED, STALLED):
        await asyncio.sleep(4 if does == PAUSED else 1000)


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    for question in (_any_code, _raised, _late, _missing, _bound, _code, _returned):
        found = question(seen)
        if found is not None:
            yield replace(found, solution=found.solution or SOLUTION)


def _any_code(seen: _Seen) -> Finding | None:
    return seen.trial.finding()


def _raised(seen: _Seen) -> Finding | None:
    error = seen.run.error
    if error is None:
        return None
    errors = list(error.exceptions) if isinstance(error, ExceptionGroup) else [error]
    if isinstance(errors[0], (ConnectionClosed, TimeoutError)):
        name = type(errors[0]).__name__
        sentence = f"Your function ends with a {name} at second {seen.run.ended:.0f}, and nobody gets news any more."
        return Finding(sentence, seen.situation.hint or _FEED, _FEED)
    return seen.trial.raised(seen.run)


_STEP_ONE = (
    "The first step passes four of the five situations: an `asyncio.Queue()` and a task for each user, which sends "
    "what comes out of it, and None behind the last item."
)
_STEP_TWO = (
    "The second step is the user who stalls. `asyncio.Queue(4)` has a limit, and a full one raises `QueueFull` in "
    "`put_nowait`: take that queue away, cancel the task behind it, and `tasks.create_task(user.close_quietly(1013))`."
)
_FEED = (
    "A task for each user, `try: ... except (ConnectionClosed, TimeoutError): ...` in it, and a queue to feed it from."
)
_QUEUES = (
    "An `asyncio.Queue(4)` and a task for each user: the loop over the news puts into the queues with `put_nowait`, "
    "which never waits."
)


def _late(seen: _Seen) -> Finding | None:
    for user in seen.readers:
        late = max((at - seen.published[number] for number, at in user.read if number in seen.published), default=0.0)
        if late > SOON and not (seen.situation.first == PAUSED and user is seen.users[0]):
            sentence = f"A user who reads all the time got an item {late:.1f} s after it was published."
            return Finding(sentence, "Your loop waits for one user while the others wait behind it.", _QUEUES)
    return None


def _missing(seen: _Seen) -> Finding | None:
    wanted = list(range(1, NEWS + 1))
    for user in seen.readers:
        if user.items == wanted:
            continue
        who = "The user who paused" if seen.situation.first == PAUSED and user is seen.users[0] else "A user who reads"
        if sorted(set(user.items)) == wanted:
            return Finding(f"{who} got all {NEWS} items, but twice or in another order.", _ORDER, _QUEUES)
        code = seen.close_code(user)
        ended = f", and was sent Close {code}" if code is not None else ""
        return Finding(f"{who} got {len(user.items)} of {NEWS} items{ended}.", seen.situation.hint or _ALL, _QUEUES)
    return None


_ORDER = (
    "Tasks that each send one item may overtake each other: one task for each user, which sends one after the other."
)
_ALL = "Send each item to each user, and let what waits in the queues be sent before you return."


def _bound(seen: _Seen) -> Finding | None:
    first = seen.users[0]
    published = [at for at in seen.published.values() if first.ended is None or at < first.ended]
    behind = len(published) - len(first.read)
    if seen.situation.first != STALLED or behind <= MOST_BEHIND:
        return None
    what = "never closes" if first.ended is None else "closes late"
    sentence = f"The server {what} the user who stalls, {behind} items of 64 KiB behind; {MOST_BEHIND} is the most."
    hint = (
        "Close the connection of a user whose queue is full (`asyncio.QueueFull`, so it needs a limit), and of one for "
        "whom `send` raises TimeoutError."
    )
    return Finding(sentence, hint, _STEP_TWO)


def _code(seen: _Seen) -> Finding | None:
    if seen.situation.first != STALLED or seen.close_code(seen.users[0]) in (1008, 1013):
        return None
    code = seen.close_code(seen.users[0])
    what = "was sent no Close" if code is None else f"was sent Close {code}"
    return Finding(
        f"The user who stalls {what}; 1013 (or 1008) says that it was too slow.",
        "At `asyncio.QueueFull` close that connection: `await user.close_quietly(1013)`, in a task of its own.",
        "Closing waits for an answer that may not come, so no loop for all should wait for it.",
    )


def _returned(seen: _Seen) -> Finding | None:
    if seen.run.ended is not None:
        return None
    hint = "End each user's task: put None into its queue behind the last item, for example."
    return Finding(f"The news has been over for {15} s, and your function still runs.", hint, _QUEUES)
