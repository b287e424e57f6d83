"""Clients that learners plausibly write: each wrong one is told what it did, and in which situation."""

# ruff: noqa: SIM105  this is what learners write
from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.course.exercises.test_heartbeat import beliefs
from wslab import CheckResult, ConnectionClosed, HandshakeRefused, check_reconnect
from wslab.course.exercises.outages import HERD, SITUATIONS

ENDS = (ConnectionClosed, HandshakeRefused, OSError)
Wait = Callable[[int], float]


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


def full_jitter(failures: int) -> float:
    return random.uniform(0, min(60, 5 * 2**failures))


# ---- right ones


async def in_one_loop(connect: Any, show: Any) -> None:
    last = failures = 0
    while True:
        ws = None
        try:
            ws = await connect()
            await ws.send(f"after {last}")
            while True:
                try:
                    number = int(await ws.recv(timeout=20))
                except TimeoutError:
                    await ws.ping(timeout=20)
                    continue
                if number > last:
                    show(number)
                    last, failures = number, 0
        except ConnectionClosed as closed:
            if closed.code == 1000:
                return
        except HandshakeRefused as refused:
            if refused.status == 403:
                return
        except OSError:
            if ws:
                ws.abort()
        await asyncio.sleep(full_jitter(failures))
        failures += 1


class Follower:
    """The same in parts, with a heartbeat beside the reading, and waits of which one half is chance."""

    def __init__(self, connect: Any, show: Any) -> None:
        self.connect, self.show = connect, show
        self.last = self.failures = 0

    async def beat(self, ws: Any) -> None:
        while True:
            before = self.last
            await asyncio.sleep(20)
            try:
                await ws.ping(timeout=20)
            except TimeoutError:
                if self.last == before:
                    ws.abort()

    async def read(self, ws: Any) -> int:
        beating = asyncio.create_task(self.beat(ws))
        try:
            async for text in ws:
                if int(text) > self.last:
                    self.last = int(text)
                    self.failures = 0
                    self.show(text)
        except ConnectionClosed:
            pass
        finally:
            beating.cancel()
        return int(ws.close_code)

    async def run(self) -> None:
        while True:
            try:
                ws = await self.connect()
                await ws.send(f"after {self.last}")
                if await self.read(ws) == 1000:
                    return
            except HandshakeRefused as refused:
                if refused.status < 500 and refused.status:
                    raise
            except (ConnectionClosed, OSError):
                pass
            longest = min(60.0, 5.0 * 2**self.failures)
            await asyncio.sleep(longest / 2 + random.random() * longest / 2)
            self.failures += 1


async def in_parts(connect: Any, show: Any) -> None:
    await Follower(connect, show).run()


@pytest.mark.parametrize("right", [in_one_loop, in_parts])
def test_a_right_one_passes_and_shows_the_connection_that_was_cut(right: Any) -> None:
    result = check_reconnect(right)
    assert result, said(result)
    assert result.tape is not None
    assert len(result.tape.connection_numbers) == 2
    assert "It is lost on the way" in str(result.tape)


# ---- wrong ones: the right one, with one thing left out or done otherwise


def client(
    *,
    wait: Wait = full_jitter,
    begin: Callable[[int], str] = "after {}".format,
    fresh: bool = False,
    doubles: bool = False,
    listens: float | None = 20,
    asks: float | None = 20,
    final: tuple[int, ...] = (1000,),
    refusals: tuple[int, ...] = (403,),
    reset: str = "item",
    catches: tuple[type[Exception], ...] = ENDS,
    lets_go: bool = True,
    tries: int = 10**9,
    counts: bool = False,
) -> Any:
    """A client that differs from `in_one_loop` in what is given."""

    async def follow(connect: Any, show: Any) -> None:
        last = failures = 0
        for _ in range(tries):
            if fresh:
                last = 0
            ws = None
            try:
                ws = await connect()
                if reset == "connect":
                    failures = 0
                if begin(last):
                    await ws.send(begin(last))
                while True:
                    try:
                        number = int(await (ws.recv() if listens is None else ws.recv(timeout=listens)))
                    except TimeoutError:
                        if asks is None:
                            raise
                        await ws.ping(timeout=asks)
                        continue
                    if number > last or doubles:
                        number = last + 1 if counts else number
                        show(number)
                        last = number
                        failures = 0 if reset == "item" else failures
            except catches as error:
                if isinstance(error, ConnectionClosed) and error.code in final:
                    return
                if isinstance(error, HandshakeRefused) and error.status in refusals:
                    return
                if ws and lets_go:
                    ws.abort()
            await asyncio.sleep(wait(failures))
            failures += 1

    return follow


async def with_async_for(connect: Any, show: Any) -> None:
    """It never learns that a path is silent."""
    last = failures = 0
    while True:
        try:
            ws = await connect()
            await ws.send(f"after {last}")
            async for text in ws:
                if int(text) > last:
                    last, failures = int(text), 0
                    show(last)
            if ws.close_code == 1000:
                return
        except ENDS as error:
            if isinstance(error, HandshakeRefused) and error.status == 403:
                return
        await asyncio.sleep(full_jitter(failures))
        failures += 1


async def returns_behind_async_for(connect: Any, show: Any) -> None:
    last = 0
    while True:
        try:
            ws = await connect()
            await ws.send(f"after {last}")
            async for text in ws:
                if int(text) > last:
                    last = int(text)
                    show(last)
            return
        except ENDS:
            await asyncio.sleep(full_jitter(0))


async def reads_once(connect: Any, show: Any) -> None:
    ws = await connect()
    await ws.send("after 0")
    async for text in ws:
        show(text)


async def dials_nobody(connect: Any, show: Any) -> None:
    await asyncio.sleep(1)


async def forgets_to_await_connect(connect: Any, show: Any) -> None:
    ws = connect()
    await ws.send("after 0")


async def forgets_to_await_send(connect: Any, show: Any) -> None:
    ws = await connect()
    ws.send("after 0")
    async for text in ws:
        show(text)


async def hides_everything(connect: Any, show: Any) -> None:
    while True:
        try:
            ws = await connect()
            await ws.send("after 0")
            while True:
                try:
                    show(await ws.recv(timeout=20))
                except Exception:
                    pass
        except Exception:
            await asyncio.sleep(1)


async def raises_first(connect: Any, show: Any) -> None:
    ws = await connect()
    last: Any = 0
    await ws.send("after " + last)


async def shows_the_wrong_thing(connect: Any, show: Any) -> None:
    ws = await connect()
    await ws.send("after 0")
    async for text in ws:
        show(text + "!")


async def shows_all_each_time(connect: Any, show: Any) -> None:
    ws = await connect()
    await ws.send("after 0")
    kept = []
    async for text in ws:
        kept.append(text)
        for each in kept:
            show(each)


async def ends_where_a_dial_fails(connect: Any, show: Any) -> None:
    last = 0
    while True:
        try:
            ws = await connect()
        except OSError:
            return
        await ws.send(f"after {last}")
        with suppress(ConnectionClosed):
            async for text in ws:
                if int(text) > last:
                    last = int(text)
                    show(last)
        if ws.close_code == 1000:
            return
        await asyncio.sleep(full_jitter(0))


async def sorts_afterwards(connect: Any, show: Any) -> None:
    ws = await connect()
    await ws.send("after 0")
    kept = [text async for text in ws]
    for text in reversed(kept):
        show(text)


async def counts_items(connect: Any, show: Any, count: int) -> None:
    ws = await connect()
    await ws.send("after 0")
    for _ in range(count):
        show(await ws.recv(timeout=20))


async def counts_two_items(connect: Any, show: Any) -> None:
    await counts_items(connect, show, 2)


async def counts_three_items(connect: Any, show: Any) -> None:
    await counts_items(connect, show, 3)


async def one_connection_each(connect: Any, show: Any) -> None:
    last = 0
    while True:
        try:
            ws = await connect()
            await ws.send(f"after {last}")
            last = int(await ws.recv(timeout=20))
            show(last)
            await ws.close()
        except ConnectionClosed as closed:
            if closed.code == 1000:
                return


WRONG = {
    "dials nobody": (dials_nobody, "clean-close", "Begin with `ws = await connect()`"),
    "forgets to await connect": (forgets_to_await_connect, "clean-close", "calls connect without `await`"),
    "forgets to await send": (forgets_to_await_send, "clean-close", "calls send without `await`"),
    "says nothing": (client(begin=lambda _: ""), "clean-close", "Your client connects and says nothing"),
    "raises before it says anything": (raises_first, "clean-close", "Your code raises TypeError"),
    "says it otherwise": (client(begin=str), "clean-close", "connects and says '0'"),
    "shows text": (shows_the_wrong_thing, "clean-close", "Your code raises ValueError"),
    "asks for one too few": (client(begin=lambda last: f"after {last + 1}"), "clean-close", "It says `after 1`"),
    "counts three items": (
        counts_three_items,
        "clean-close",
        "returns at 15 s, and the server has not closed with 1000 yet: more may come",
    ),
    "counts two items": (counts_two_items, "clean-close", "returns at 10 s, and the server has more"),
    "a connection for each item": (one_connection_each, "sent-twice", "The client shows item 1 twice: it came twice"),
    "shows at the end": (sorts_afterwards, "clean-close", "Show each item when it comes, not at the end"),
    "hides everything": (hides_everything, "clean-close", "lets no time pass"),
    "comes back after 1000": (client(final=()), "clean-close", "1000 means that it is over: return"),
    "reads once": (reads_once, "reconnect", "ConnectionClosed (1006) leaves your function at 20 s"),
    "after 0 each time": (client(fresh=True), "reconnect", "it asked for it again"),
    "shows all each time": (
        shows_all_each_time,
        "clean-close",
        "twice, and asked for it once. Show each item once",
    ),
    "comes back too late": (client(wait=lambda _: 20), "reconnect", "Dial again when the connection ends, soon"),
    "ends where a dial fails": (ends_where_a_dial_fails, "rolling-deploy", "after a dial that failed, and the server"),
    "asks for the next": (
        client(begin=lambda last: f"after {last and last + 1}"),
        "reconnect",
        "the client has not shown item 4 of 8",
    ),
    "no back-off at all": (client(wait=lambda _: 0), "rolling-deploy", "Wait longer after each failure"),
    "shows doubles": (client(doubles=True), "sent-twice", "Show an item only when its number is above the last"),
    "counts by itself": (client(doubles=True, counts=True), "sent-twice", "shows the items in the order"),
    "ends with async for": (returns_behind_async_for, "rolling-deploy", "after a connection that ended with 1001"),
    "1001 is the end": (client(final=(1000, 1001)), "rolling-deploy", "Look at `ws.close_code`"),
    "catches no OSError": (
        client(catches=(ConnectionClosed, HandshakeRefused)),
        "rolling-deploy",
        "ConnectionRefusedError leaves your function",
    ),
    "waits for ever": (with_async_for, "half-open-server", "It still waits on the silent path"),
    "waits too long": (client(listens=90), "half-open-server", "It still waits on the silent path"),
    "leaves the dead one open": (client(lets_go=False), "half-open-server", "is still open at your end"),
    "takes quiet for dead": (client(asks=None), "keepalive", "When `recv` finds nothing, ask"),
    "waits without a limit of its own": (client(listens=None, asks=None), "keepalive", "has 10 s here"),
    "asks with two seconds": (client(asks=2), "slow-path", "while the server lives"),
    "one second each time": (client(wait=lambda _: random.uniform(0.9, 1.1)), "rolling-deploy", "Your client dials"),
    "as long each time": (client(wait=lambda _: random.uniform(0, 9)), "herd", "dials more than 400 times"),
    "no limit to the wait": (client(wait=lambda n: random.uniform(0.5, 1) * 5 * 2**n), "herd", "Limit the wait"),
    "three attempts": (client(tries=3), "rolling-deploy", "Your function returns at"),
    "twenty attempts": (client(tries=20), "herd", "and the server has more"),
    "503 is the end": (client(refusals=(403, 503)), "herd", "and the server has more"),
    "catches no refusal": (
        client(catches=(ConnectionClosed, OSError)),
        "herd",
        "HandshakeRefused leaves your function",
    ),
    "an open connection is a success": (client(reset="connect"), "killed", "An open connection is no success yet"),
    "never counts from 0 again": (client(reset="never"), "network-change", "count from 0 again when an item came"),
    "403 is asked again": (client(refusals=()), "handshake-refused", "Look at `refused.status`"),
    "no chance": (
        client(wait=lambda n: min(60, 5 * 2**n)),
        "herd",
        f"Within one second come {HERD} dials of {HERD} clients",
    ),
    "a little chance": (
        client(wait=lambda n: min(60, 5 * 2**n) * random.uniform(0.95, 1.05)),
        "herd",
        f"dials of {HERD} clients",
    ),
    "several in a second": (
        client(wait=lambda n: min(60, 0.1 * 2**n)),
        "herd",
        f"Within one second come {3 * HERD} dials of {HERD} clients",
    ),
    "chance of one second": (
        client(wait=lambda n: random.uniform(0, min(60, 2**n))),
        "herd",
        "the first from 0 to 5 s",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_one_is_told_what_it_did_and_where(name: str) -> None:
    wrong, situation, says = WRONG[name]
    result = check_reconnect(wrong)
    assert result.ok is False
    told = re.sub(r"^Of \d+ situations \d+ went well\. ", "", result.sentence)
    assert told.startswith(f"{situation}: "), told
    assert says in said(result)
    assert len(result.helps) >= 2
    assert result.tape is not None
    assert len(result.tape) > 1 or name in ("dials nobody", "forgets to await connect")


@pytest.mark.parametrize("stub", [None, ..., b""])
def test_what_is_not_begun_is_not_yet_and_shows_a_client_that_does_not_come_back(stub: object) -> None:
    result = check_reconnect(stub)
    assert result.ok is None
    assert all((result.hint, result.bigger_hint, result.solution))
    assert beliefs(result)[0] == "client CLOSED 1006"


def test_a_body_that_does_nothing_is_a_stub() -> None:
    async def dots(connect: Any, show: Any) -> None: ...

    assert check_reconnect(dots).ok is None


def test_the_same_code_gets_the_same_verdict() -> None:
    first, second = (check_reconnect(client(doubles=True)) for _ in range(2))
    assert first.sentence == second.sentence
    assert first.tape is not None
    assert second.tape is not None
    assert [each.data for each in first.tape] == [each.data for each in second.tape]


def test_no_attempt_is_asked_for_in_less_than_a_second() -> None:
    assert all(each.within >= 1 and each.most_dials >= 1 for each in SITUATIONS)
