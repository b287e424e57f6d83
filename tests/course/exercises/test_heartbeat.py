"""Heartbeats that learners plausibly write: each wrong one is told what it did, and in which situation."""

# ruff: noqa: ASYNC110, ASYNC251, E722, SIM105  this is what learners write
from __future__ import annotations

import asyncio
import pdb
import random
import re
import sys
import time
from contextlib import suppress
from datetime import datetime
from time import sleep
from typing import Any

import pytest

from wslab import CheckResult, ConnectionClosed, check_heartbeat
from wslab.course.exercises.heartbeat import SITUATIONS, SOLUTION


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


def beliefs(result: CheckResult) -> tuple[str, ...]:
    """What both sides believe at the end of the tape."""
    assert result.tape is not None
    last = result.tape[-1]
    sides = (("client", last.client), ("server", last.server))
    return tuple(f"{name} {side.state.value} {side.code or ''}".strip() for name, side in sides if side is not None)


# ---- right ones


async def asks_and_looks(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(20)
            try:
                await ws.ping(timeout=20)
            except TimeoutError:
                if heard() > 20:
                    ws.abort()


async def two_misses(ws: Any, heard: Any) -> None:
    missed = 0
    while missed < 2:
        try:
            await ws.ping(timeout=18)
            missed = 0
        except TimeoutError:
            missed = 0 if heard() < 30 else missed + 1
        except ConnectionClosed:
            return
        await asyncio.sleep(8)
    ws.abort()


async def with_a_task(ws: Any, heard: Any) -> None:
    """It ends by the ConnectionClosed that it gets, which is no fault."""
    while True:
        await asyncio.sleep(25)
        asking = asyncio.create_task(ws.ping(timeout=60))
        done, _ = await asyncio.wait({asking}, timeout=20)
        if done:
            asking.result()
            continue
        asking.cancel()
        if heard() > 20:
            ws.abort()


@pytest.mark.parametrize("right", [asks_and_looks, two_misses, with_a_task])
def test_a_right_one_passes_and_shows_the_path_that_fell_silent(right: Any) -> None:
    result = check_heartbeat(right)
    assert result, result.sentence
    assert beliefs(result) == ("client OPEN", "server CLOSED 1006")


# ---- wrong ones


async def never_asks(ws: Any, heard: Any) -> None:
    await ws.wait_closed()


async def asks_once(ws: Any, heard: Any) -> None:
    await asyncio.sleep(20)
    await ws.ping(timeout=20)


async def asks_three_times(ws: Any, heard: Any) -> None:
    for _ in range(3):
        await asyncio.sleep(10)
        await ws.ping(timeout=20)


async def returns_where_no_pong_comes(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            return


async def asks_early_and_then_no_more(ws: Any, heard: Any) -> None:
    await asyncio.sleep(30)
    while True:
        await ws.ping(timeout=20)
        await asyncio.sleep(200)


async def waits_for_a_pong_too_long(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=100)
        except TimeoutError:
            ws.abort()


async def aborts_and_raises(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            ws.abort()
            raise


async def looks_at_heard_alone(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        while ws.is_open:
            await asyncio.sleep(5)
            if heard() > 45:
                ws.abort()


async def sends_pongs(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        await ws.pong(b"here")


async def sends_messages(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        await ws.send("ping")


async def ignores_the_missing_pong(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            pass


async def lets_the_missing_pong_out(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        await ws.ping(timeout=20)


async def closes_and_waits(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            await ws.close(1011, "keepalive ping timeout")


async def asks_too_rarely(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(45)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            ws.abort()


async def skips_while_it_hears(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(20)
            if heard() < 58 and heard() < asyncio.get_running_loop().time() - 1:
                continue
            try:
                await ws.ping(timeout=20)
            except TimeoutError:
                ws.abort()


async def gives_three_chances(ws: Any, heard: Any) -> None:
    missed = 0
    while missed < 3:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
            missed = 0
        except TimeoutError:
            missed += 1
    ws.abort()


async def waits_two_seconds(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(20)
            try:
                await ws.ping(timeout=2)
            except TimeoutError:
                if heard() > 20:
                    ws.abort()


async def waits_ten_seconds(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(10)
            try:
                await ws.ping()
            except TimeoutError:
                if heard() > 20:
                    ws.abort()


async def counts_only_pongs(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(20)
            try:
                await ws.ping(timeout=20)
            except TimeoutError:
                ws.abort()


async def slower_than_the_proxy(ws: Any, heard: Any) -> None:
    with suppress(ConnectionClosed):
        await asyncio.sleep(10)
        while True:
            try:
                await ws.ping(timeout=20)
            except TimeoutError:
                if heard() > 20:
                    ws.abort()
            await asyncio.sleep(62 if asyncio.get_running_loop().time() > 280 else 25)


async def never_stops(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            if heard() > 20:
                ws.abort()
        except Exception:
            pass


async def aborts_and_looks_on(ws: Any, heard: Any) -> None:
    try:
        while True:
            await asyncio.sleep(5)
            if heard() > 50:
                ws.abort()
    except ConnectionClosed:
        return


async def hammers(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(1)
        try:
            await ws.ping(timeout=20)
        except TimeoutError:
            if heard() > 20:
                ws.abort()


async def without_any_wait(ws: Any, heard: Any) -> None:
    while True:
        await ws.ping(timeout=20)


async def hides_everything(ws: Any, heard: Any) -> None:
    while True:
        try:
            await ws.ping(timeout=20)
            await asyncio.sleep(20)
        except TimeoutError:
            if heard() > 20:
                ws.abort()
        except:
            pass


async def never_returns(ws: Any, heard: Any) -> None:
    while True:
        pass


async def blocks(ws: Any, heard: Any) -> None:
    while True:
        time.sleep(20)
        await ws.ping(timeout=20)


async def blocks_and_hides_it(ws: Any, heard: Any) -> None:
    while True:
        try:
            sleep(20)
            await ws.ping(timeout=20)
        except:
            pass


async def forgets_to_await_the_sleep(ws: Any, heard: Any) -> None:
    while True:
        asyncio.sleep(20)  # type: ignore[unused-coroutine]
        await ws.ping(timeout=20)


async def forgets_to_await_the_ping(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(20)
        ws.ping(timeout=20)


async def asks_the_machine(ws: Any, heard: Any) -> None:
    last = time.monotonic()
    while True:
        await asyncio.sleep(1)
        if time.monotonic() - last > 20:
            await ws.ping(timeout=20)


async def asks_the_calendar(ws: Any, heard: Any) -> None:
    last = datetime.now()
    while (datetime.now() - last).seconds < 20:
        await asyncio.sleep(1)


async def breaks_into_a_debugger(ws: Any, heard: Any) -> None:
    breakpoint()
    await never_returns(ws, heard)


async def asks_pdb(ws: Any, heard: Any) -> None:
    pdb.set_trace()
    await never_returns(ws, heard)


def how_often() -> float:
    return float(input("How often? "))


async def asks_a_person(ws: Any, heard: Any) -> None:
    await asyncio.sleep(how_often())


async def takes_the_trace_down(ws: Any, heard: Any) -> None:
    sys.settrace(None)
    await never_returns(ws, heard)


async def catches_around_the_loop(ws: Any, heard: Any) -> None:
    try:
        while True:
            await asyncio.sleep(20)
            await ws.ping(timeout=20)
    except TimeoutError:
        if heard() > 20:
            ws.abort()


async def finds_it_a_little_late(ws: Any, heard: Any) -> None:
    while True:
        await asyncio.sleep(45)
        try:
            await ws.ping(timeout=16)
        except TimeoutError:
            ws.abort()
            return


async def misspells(ws: Any, heard: Any) -> None:
    await asyncio.sleep(20)
    await ws.pign()


async def takes_one(ws: Any) -> None:
    await ws.ping()


def is_no_coroutine_function(ws: Any, heard: Any) -> None:
    ws.abort()


WRONG = [
    (never_asks, "half-open", "It never asks. A silent path looks like a quiet peer"),
    (never_asks, "half-open", "The path falls silent. That is at 110 s. It is to be found by 170 s"),
    (asks_early_and_then_no_more, "half-open", "The path falls silent. That is at 110 s. It is to be found by 170 s"),
    (waits_for_a_pong_too_long, "half-open", "The path falls silent. That is at 40.5 s, right after a Pong. It is"),
    (waits_for_a_pong_too_long, "half-open", "It asks at 60 s, and then waits too long"),
    (asks_once, "half-open", "asks once, and returns at 20 s"),
    (asks_three_times, "half-open", "asks 3 times, and returns at 30 s"),
    (returns_where_no_pong_comes, "half-open", "gets no Pong, returns at 80 s, and nobody ends the connection"),
    (aborts_and_raises, "half-open", "You have ended the connection, so the missing Pong is dealt with"),
    (looks_at_heard_alone, "idle-proxy", "`heard()` counts messages only, and a quiet peer sends none"),
    (sends_pongs, "half-open", "No answer to them is expected (§5.5.3)"),
    (sends_messages, "half-open", "sends messages, 10 so far, and the peer's program receives each that arrives"),
    (ignores_the_missing_pong, "half-open", "It asks 4 times after that, gets no Pong, and goes on"),
    (lets_the_missing_pong_out, "half-open", "TimeoutError leaves your heartbeat at 80 s, and nobody ends"),
    (closes_and_waits, "half-open", "`close` sends a Close and waits for the peer's, which cannot come"),
    (asks_too_rarely, "half-open", "With 20 s between two Pings and 20 s to wait for the Pong"),
    (skips_while_it_hears, "zombie-user", "Ask more often, whatever `heard()` says"),
    (gives_three_chances, "half-open", "End it soon: `ws.abort()`"),
    (waits_two_seconds, "slow-path", "A late Pong and a dead peer look the same until it comes"),
    (waits_ten_seconds, "tunnel", "Wait longer than the tunnel"),
    (counts_only_pongs, "pong-lost", "A peer that speaks is alive. When no Pong comes, look at `heard()`"),
    (
        finds_it_a_little_late,
        "half-open",
        "That is at 90.5 s, right after a Pong. It is to be found by 150.5 s, and you end it at 151 s",
    ),
    (catches_around_the_loop, "pong-lost", "in it an `await` that waits, and `except TimeoutError`"),
    (slower_than_the_proxy, "idle-proxy", "Ask more often than the proxy's timer"),
    (never_stops, "half-open", "your heartbeat still runs at 200 s"),
    (aborts_and_looks_on, "half-open", "Return behind your own `ws.abort()`"),
    (hammers, "idle-proxy", "At most 75 in ten minutes are asked for"),
    (without_any_wait, "half-open", "Pings in 1 s. At most 75"),
    (hides_everything, "half-open", "lets no time pass"),
    (never_returns, "half-open", "it runs on and on at 0.002 s and lets no time pass"),
    (blocks, "half-open", "time.sleep, which stops the whole event loop"),
    (blocks_and_hides_it, "half-open", "time.sleep, which stops the whole event loop"),
    (forgets_to_await_the_sleep, "half-open", "calls sleep without `await`, so it does not happen"),
    (forgets_to_await_the_ping, "half-open", "calls ping without `await`, so it does not happen"),
    (asks_the_machine, "half-open", "asks the machine for the time, and the check runs in virtual time"),
    (asks_the_calendar, "half-open", "asks the machine for the time, and the check runs in virtual time"),
    (breaks_into_a_debugger, "half-open", "it starts a debugger, which takes the place of what stops an endless loop"),
    (asks_pdb, "half-open", "print what you want to see"),
    (asks_a_person, "half-open", "it waits for a person with `input`"),
    (takes_the_trace_down, "half-open", "`sys.settrace`"),
    (misspells, "half-open", "Your code raises AttributeError: 'Endpoint' object has no attribute 'pign'"),
    (takes_one, "half-open", "It cannot be called: takes_one takes"),
    (is_no_coroutine_function, "half-open", "Write `async def` instead of `def`"),
]


@pytest.mark.parametrize(("wrong", "situation", "says"), WRONG, ids=[each[0].__name__ for each in WRONG])
def test_a_wrong_one_is_told_what_it_did_and_where(wrong: Any, situation: str, says: str) -> None:
    result = check_heartbeat(wrong)
    assert result.ok is False
    assert re.sub(r"^Of 7 situations . went well\. ", "", result.sentence).startswith(f"{situation}: ")
    assert says in said(result)
    assert len(result.helps) >= 2
    assert result.tape is not None
    assert len(result.tape) > 1


@pytest.mark.parametrize("stopped", [breaks_into_a_debugger, asks_a_person, never_returns, blocks, asks_the_machine])
def test_the_solution_for_code_that_was_stopped_is_never_what_stopped_it(stopped: Any) -> None:
    """Before, it was the first code in the hint: `breakpoint()` for one that has to be taken out."""
    result = check_heartbeat(stopped)
    assert result.solution == SOLUTION
    assert ("holds up every connection" in result.bigger_hint) == (stopped in (never_returns, blocks))


@pytest.mark.parametrize("stub", [None, ..., b""])
def test_what_is_not_begun_is_not_yet_and_shows_what_a_connection_without_a_heartbeat_does(stub: object) -> None:
    result = check_heartbeat(stub)
    assert result.ok is None
    assert all((result.hint, result.bigger_hint, result.solution))
    assert beliefs(result) == ("client OPEN", "server OPEN")


def test_a_body_that_does_nothing_is_a_stub() -> None:
    async def dots(ws: Any, heard: Any) -> None: ...

    async def says_what(ws: Any, heard: Any) -> None:
        """Ask the peer."""

    assert check_heartbeat(dots).ok is None
    assert check_heartbeat(says_what).ok is None


def test_what_is_no_function_is_told_so() -> None:
    assert "this is an int, and the check wants the function" in check_heartbeat(20).sentence
    assert "Give the function itself" in check_heartbeat(never_asks(None, None)).hint


def test_the_same_code_gets_the_same_verdict_and_leaves_chance_and_tracing_as_they_were() -> None:
    random.seed(3)
    before, tracing = random.getstate(), (sys.gettrace(), sys.getprofile())
    first, second = check_heartbeat(waits_two_seconds), check_heartbeat(waits_two_seconds)
    assert first.sentence == second.sentence
    assert first.tape is not None
    assert second.tape is not None
    assert [each.data for each in first.tape] == [each.data for each in second.tape]
    assert random.getstate() == before
    assert (sys.gettrace(), sys.getprofile()) == tracing


def test_every_situation_but_those_that_end_says_why_the_peer_lives() -> None:
    assert all(bool(each.lives) != bool(each.dies or each.leaves_at) for each in SITUATIONS)
