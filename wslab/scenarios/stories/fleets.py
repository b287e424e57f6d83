"""Coming back: many clients at once, messages lost or done twice, and answers that overtake each other."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from itertools import count
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab
from wslab.lab.faults.timing import Delay
from wslab.protocol import State
from wslab.scenarios.answers import fleets as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import AtLeast, scenario
from wslab.scenarios.explanations import fleets as explanations

GROUP = "Coming back"

Backoff = Literal["none", "exponential", "full-jitter"]

_FIRST, _LONGEST, _AT_ONCE = 5.0, 60.0, 0.1  # seconds
_SLOW_PATH = Delay(0.05)


def _wait(backoff: Backoff, attempt: int, chance: random.Random) -> float:
    """Seconds before an attempt; the first is number 0."""
    if backoff == "none":
        return _AT_ONCE
    longest = min(_LONGEST, _FIRST * 2**attempt)
    return longest if backoff == "exponential" else chance.uniform(0, longest)


@scenario(
    "herd",
    group=GROUP,
    topic=Topic.MANY,
    question="The server could accept all of them in five seconds. Why do some of them never get in?",
    answers=answers.HERD,
    explanation=explanations.herd,
    fix={"backoff": "full-jitter"},
    fixed="Each client waits a random part of 5 s, then of 10 s, of 20 s and so on: the work is spread over time.",
)
async def herd(
    lab: Lab,
    *,
    clients: Annotated[int, "how many come back", range(10, 10_001)] = 100,
    backoff: Annotated[Backoff, "before each attempt: a moment; 5 s, 10 s, 20 s; or a random part of that"] = "none",
    a_second: Annotated[
        float | None, "clients that the server takes in a second (None or 0: a fifth of them)", (None, 10.0, 20.0, 50.0)
    ] = None,
    timeout: Annotated[float, "seconds after which a client ends an attempt", (1.0, 2.0, 4.0, 8.0), AtLeast(0.1)] = 2.0,
    watched: Annotated[float, "seconds after which the story ends, for it need not end by itself"] = 10.0,
) -> None:
    """The server is back after a restart; all its clients come at once, again and again, and few get in."""
    tries: list[float] = []
    back: list[float] = []
    loaded: list[bool] = []  # each session, and whether its client was still there
    turn = asyncio.Lock()

    async def take_in(connection: Endpoint) -> None:
        async with turn:
            await asyncio.sleep(1 / (a_second or clients / 5))
            loaded.append(connection.state is not State.CLOSED)
        await connection.send("welcome back")
        await connection.wait_closed()

    async def come_back() -> None:
        for attempt in count():
            await asyncio.sleep(_wait(backoff, attempt, lab.random))
            tries.append(lab.now)
            if await _is_taken_in(lab, server.url, timeout):
                back.append(lab.now)
                return

    server = await lab.serve(take_in)
    lab.tape.note(0, None, f"The server is back after a restart, and its {clients:,} clients know that it was away.")
    with suppress(TimeoutError):
        async with asyncio.timeout(watched):
            await asyncio.gather(*(come_back() for _ in range(clients)))
    lab.tape.note(0, None, _herd_in_words(lab.now, clients, tries, back, loaded))


async def _is_taken_in(lab: Lab, url: str, timeout: float) -> bool:
    """One attempt of one client, which ends it where no welcome comes in time; whether it got in."""
    with suppress(TimeoutError, HandshakeRefused, ConnectionClosed, ConnectionError):
        client = await lab.connect(url, timeout=timeout)
        try:
            return bool(await client.recv(timeout=timeout))
        except TimeoutError:
            client.abort()
    return False


def _herd_in_words(now: float, clients: int, tries: list[float], back: list[float], loaded: list[bool]) -> str:
    peak = max(Counter(map(int, tries)).values(), default=0)
    who = "all" if len(back) == clients else f"{len(back):,} of {clients:,}"
    return (
        f"After {now:.1f} s {who} are back: {len(tries):,} attempts, at most {peak:,} in one second. The server loaded "
        f"{len(loaded):,} sessions, {loaded.count(False):,} of them for clients that had left."
    )


@scenario(
    "reconnect",
    group=GROUP,
    topic=Topic.WRONG,
    question="All sends of the server succeeded. Which of the eight news items does the client never see?",
    answers=answers.RECONNECT,
    explanation=explanations.RECONNECT,
    fix={"resume": "by-number"},
    fixed="The client says the number of the last item that it has, and the server, which keeps them, goes on there.",
)
async def reconnect(
    lab: Lab,
    *,
    resume: Annotated[
        Literal["nothing", "last-five", "by-number"], "what the server sends first to a client that is back"
    ] = "nothing",
    away: Annotated[float, "seconds until the client is back"] = 0.25,
) -> None:
    """The connection breaks while news is going out; the client comes back, and never sees some of the news."""
    news = _News()
    seen: list[str] = []
    readers: list[Endpoint] = []

    async def tell(connection: Endpoint) -> None:
        last, published = _number(await connection.recv()), len(news.lines)
        begin = {"nothing": published, "last-five": max(0, published - 5), "by-number": last}[resume]
        for number in count(begin):
            await connection.send(await news.line(number))

    async def read() -> None:
        with suppress(ConnectionClosed):
            client = await lab.connect(link)
            readers.append(client)
            await client.send(f"I have {seen[-1]}" if seen else "I have nothing")
            async for line in client:
                seen.append(str(line))  # noqa: PERF401  each as it comes: the connection may break

    async def come_back() -> None:
        await read()
        await asyncio.sleep(away)
        await read()

    link = await lab.link(await lab.serve(tell), _SLOW_PATH)
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(come_back())
        for number in range(1, 9):
            await asyncio.sleep(0.2)
            news.publish(f"news {number}")
            if number == 4:
                await asyncio.sleep(0.02)  # it is on its way
                link.cut()
        await asyncio.sleep(max(0.2, away - 0.4))  # until the client is back
        reader.cancel()
    readers[-1].note(_seen_in_words(list(map(_number, seen)), range(1, 9)))


class _News:
    """All that was published, and a wait for what comes next."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._fresh = asyncio.Event()

    def publish(self, line: str) -> None:
        """Add a line, and wake all who wait for it."""
        self.lines.append(line)
        self._fresh.set()
        self._fresh.clear()

    async def line(self, number: int) -> str:
        """A line by its number, counted from 0, as soon as it is there."""
        while number >= len(self.lines):
            await self._fresh.wait()
        return self.lines[number]


def _number(text: str | bytes) -> int:
    """The number in a line; 0 where there is none."""
    return int("".join(each for each in str(text) if each in "0123456789")[:9] or "0")


def _seen_in_words(seen: list[int], news: range) -> str:
    never = [each for each in news if each not in seen]
    twice = [each for each in news if seen.count(each) > 1]
    parts = [
        f"The client has seen news {_listed(seen)}",
        f"{_listed(never)} never came" if never else "",
        f"{_listed(twice)} came twice" if twice else "",
    ]
    return f"{'; '.join(filter(None, parts))}." if never or twice else f"{parts[0]}: each once, and in order."


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


@scenario(
    "sent-twice",
    group=GROUP,
    topic=Topic.WRONG,
    question="The client pays 10 and hears nothing. It pays again. How much has the server booked?",
    answers=answers.SENT_TWICE,
    explanation=explanations.SENT_TWICE,
    fix={"ids": True},
    fixed="The order has an id: the server recognises it, does nothing, and gives the same answer.",
)
async def sent_twice(
    lab: Lab, *, ids: Annotated[bool, "whether the server looks at an order's number, and does each once"] = False
) -> None:
    """The answer to an order is lost with the connection; the client sends the order again, and it is done twice."""
    booked: list[str] = []

    async def book(connection: Endpoint) -> None:
        async for text in connection:
            order = str(text)
            if not (ids and order in booked):
                booked.append(order)
            await connection.send(f"booked: {order}")

    link = await lab.link(await lab.serve(book), _SLOW_PATH)
    client = await lab.connect(link)
    await client.send("order 7: pay 10")
    await asyncio.sleep(0.07)  # it has come in, and the answer is on its way
    link.cut()
    with suppress(ConnectionClosed):
        await client.recv()
    client = await lab.connect(link)
    await client.send("order 7: pay 10")
    await client.recv()
    await client.close()
    await asyncio.sleep(0.1)
    client.note(f"The client wanted to pay 10, and the server has booked {10 * len(booked)}.")


_WORK = {"report": 0.3, "search": 0.2, "time": 0.1}  # seconds that each takes


@scenario(
    "out-of-order",
    group=GROUP,
    topic=Topic.WRONG,
    question="The client asks for a report, a search and the time. Which answer comes first?",
    answers=answers.OUT_OF_ORDER,
    explanation=explanations.OUT_OF_ORDER,
    fix={"how": "one-by-one"},
    fixed="The handler finishes one message before it reads the next: in order, and as slow as all together. With "
    "an id in each question and its answer, the tasks could stay.",
)
async def out_of_order(
    lab: Lab,
    *,
    how: Annotated[Literal["task-per-message", "one-by-one"], "how the server's handler works"] = "task-per-message",
) -> None:
    """The server answers each message in a task of its own, and quick answers overtake slow ones."""

    async def answer(connection: Endpoint, question: str) -> None:
        await asyncio.sleep(_WORK.get(question, 0.1))
        with suppress(ConnectionClosed):
            await connection.send(f"the {question}")

    async def handler(connection: Endpoint) -> None:
        async with asyncio.TaskGroup() as tasks:
            with suppress(ConnectionClosed):
                async for question in connection:
                    task = tasks.create_task(answer(connection, str(question)))
                    if how == "one-by-one":
                        await task

    client = await lab.connect(await lab.serve(handler))
    for question in _WORK:
        await client.send(question)
    for question in _WORK:
        heard = str(await client.recv())
        client.note(f"The client takes “{heard}” for the answer to “{question}”.")
    await client.close()
