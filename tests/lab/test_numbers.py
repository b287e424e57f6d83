"""A number that cannot be is refused with one sentence, before anything is done with it; one that can be is taken."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from wslab import load
from wslab.lab import Endpoint, Lab, Server, Tape, echo
from wslab.lab.faults.content import Rechunk, Split
from wslab.lab.faults.ending import Cut, IdleTimer
from wslab.lab.faults.timing import Delay, Loss, Rate
from wslab.protocol.numbers import as_number
from wslab.scenarios import play
from wslab.scenarios.interventions import delay, flip

NO_TIMES: list[Any] = [math.nan, -math.inf, -1, Fraction(-1, 2), Decimal(-1), Decimal("nan"), Decimal("sNaN")]
NO_NUMBERS: list[Any] = [True, "5", b"5", [5], 1j, object()]
TOO_LARGE: list[Any] = [10**400, 10**5000, -(10**5000), Fraction(10**400), Decimal("1e400")]
NO_SIZES: list[Any] = [math.nan, math.inf, -1, 1.5, Fraction(3), Decimal(3)]
TIMES: list[Any] = [5, 5.0, Fraction(11, 2), Decimal("5.5")]

Call = Callable[[Lab, Server, Endpoint, Any], Awaitable[object]]


async def made(value: object) -> object:
    return value


WAITS: dict[str, Call] = {
    "recv": lambda _, __, client, value: client.recv(timeout=value),
    "ping": lambda _, __, client, value: client.ping(timeout=value),
    "close": lambda _, __, client, value: client.close(timeout=value),
    "server.close": lambda _, server, __, value: server.close(timeout=value),
}
LIMITS: dict[str, Call] = {
    "connect timeout": lambda lab, server, _, value: lab.connect(server, timeout=value),
    "Lab timeout": lambda _, __, ___, value: made(Lab(clock="virtual", timeout=value)),
    "serve ping_timeout": lambda lab, _, __, value: lab.serve(echo, ping_timeout=value),
    "connect ping_timeout": lambda lab, server, _, value: lab.connect(server, ping_timeout=value),
}
FINITE: dict[str, Call] = {
    "serve ping_interval": lambda lab, _, __, value: lab.serve(echo, ping_interval=value),
    "connect ping_interval": lambda lab, server, _, value: lab.connect(server, ping_interval=value),
    "block": lambda lab, server, _, value: lab.block(server, value),
    "delay": lambda _, __, ___, value: made(delay(value)),
    "Delay": lambda _, __, ___, value: made(Delay(value)),
    "Delay jitter": lambda _, __, ___, value: made(Delay(0, jitter=value)),
    "Rate": lambda _, __, ___, value: made(Rate(value)),
    "Loss": lambda _, __, ___, value: made(Loss(0.1, retransmit_after=value)),
    "IdleTimer": lambda _, __, ___, value: made(IdleTimer(value)),
    "after": lambda _, __, ___, value: made(Cut(after=value)),
}
SCENARIO: dict[str, Call] = {"play": lambda _, __, ___, value: made(play("half-open", timeout=value))}
SIZES: dict[str, Call] = {
    "load": lambda _, __, ___, value: made(load("nowhere.jsonl", max_bytes=value)),
    "Tape.load": lambda _, __, ___, value: made(Tape.load("nowhere.jsonl", max_bytes=value)),
    "max_message": lambda lab, _, __, value: lab.serve(echo, max_message=value),
    "max_queue": lambda lab, server, _, value: lab.connect(server, max_queue=value),
    "max_head": lambda lab, _, __, value: lab.serve(echo, max_head=value),
    "tape_bytes": lambda _, __, ___, value: made(Lab(clock="virtual", tape_bytes=value)),
    "port": lambda lab, _, __, value: lab.serve(echo, port=value),
    "link port": lambda lab, server, _, value: lab.link(server, port=value),
    "flip": lambda _, __, ___, value: made(flip(value)),
    "Rechunk": lambda _, __, ___, value: made(Rechunk(value)),
    "Split": lambda _, __, ___, value: made(Split(value)),
    "Cut at_byte": lambda _, __, ___, value: made(Cut(at_byte=value)),
}

REFUSED = [
    *((name, call, value) for name, call in WAITS.items() for value in (*NO_TIMES, *NO_NUMBERS, *TOO_LARGE)),
    *((name, call, value) for name, call in LIMITS.items() for value in (0, *NO_TIMES, *NO_NUMBERS, *TOO_LARGE)),
    *(
        (name, call, value)
        for name, call in (FINITE | SCENARIO).items()
        for value in (math.inf, *NO_TIMES, *NO_NUMBERS, *TOO_LARGE)
    ),
    *((name, call, value) for name, call in SIZES.items() for value in (*NO_SIZES, *NO_NUMBERS, *TOO_LARGE)),
]


def lab_run(call: Call, value: Any) -> list[str]:
    """Make the call in a lab with an open connection; the kinds of what was sent because of it."""
    kinds: list[str] = []

    async def story(lab: Lab) -> None:
        server = await lab.serve(echo)
        client = await lab.connect(server)
        before = len(lab.tape)
        try:
            await call(lab, server, client, value)
        finally:
            kinds.extend(entry.kind for entry in lab.tape[before:])

    lab = Lab(clock="virtual", timeout=1.0)
    try:
        lab.run(story(lab))
    except ValueError as error:
        text = str(error)
        assert text.endswith(".")
        assert "\n" not in text
        assert len(text) < 200
        kinds.append("refused")
    return kinds


@pytest.mark.parametrize(
    ("name", "call", "value"), REFUSED, ids=[f"{name}-{n}" for n, (name, *_) in enumerate(REFUSED)]
)
def test_a_number_that_cannot_be_is_one_sentence_and_nothing_is_sent(name: str, call: Call, value: Any) -> None:
    assert lab_run(call, value) == ["refused"], name


@pytest.mark.parametrize("value", TIMES)
@pytest.mark.parametrize("name", [*WAITS, *LIMITS, *FINITE])
def test_a_number_of_any_kind_is_a_time(name: str, value: Any) -> None:
    call = (WAITS | LIMITS | FINITE)[name]

    async def story(lab: Lab) -> None:
        server = await lab.serve(echo)
        client = await lab.connect(server)
        await client.send("x")
        await call(lab, server, client, value)

    lab = Lab(clock="virtual", timeout=60.0)
    lab.run(story(lab))


@pytest.mark.parametrize("value", [Fraction(1, 2), Decimal("0.5"), 0, 0.5])
async def test_a_wait_ends_after_the_time_that_was_given(value: Any) -> None:
    lab = Lab(clock="virtual")

    async def story() -> float:
        client = await lab.connect(await lab.serve(echo))
        before = lab.now
        with pytest.raises(TimeoutError):
            await client.recv(timeout=value)
        return lab.now - before

    assert await asyncio.to_thread(lab.run, story()) == pytest.approx(float(value))


def test_infinity_is_a_time_to_wait_for_what_comes() -> None:
    async def story(lab: Lab) -> str | bytes:
        client = await lab.connect(await lab.serve(echo), timeout=math.inf)
        await client.send("x")
        return await client.recv(timeout=math.inf)

    lab = Lab(clock="virtual")
    assert lab.run(story(lab)) == "x"


def test_a_number_becomes_a_float_or_nothing() -> None:
    assert [as_number(each) for each in (1, Fraction(1, 4), Decimal("0.25"), math.inf)] == [1.0, 0.25, 0.25, math.inf]
    assert [as_number(each) for each in (*NO_NUMBERS, *TOO_LARGE, math.nan)] == [None] * 12
