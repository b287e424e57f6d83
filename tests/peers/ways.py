"""What is tried where the RFC leaves a choice, or names no code: a coroutine a way, which gives the answer in words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from wslab.protocol import Frame, Opcode
from wslab.protocol.messages import CloseBody

from .programs import BYE, Options, Report
from .wire import LIMIT, Wire

Way = Callable[[Wire, Awaitable[Report]], Awaitable[str]]

LATE = "late"
BEAT = 0.3  # seconds between two Pings, and for a Pong
LONGEST_CLOSE = 90.0  # seconds that a program may wait for the answer to its Close


class Tried(NamedTuple):
    """A way, and with which options the program is started; `pings` where a library without heartbeats is left out."""

    way: Way
    options: Options = Options()
    pings: bool = False


def _code(close: Frame | None) -> str:
    if close is None:
        return "ends TCP"
    return str(int(CloseBody.lenient(close.payload).code)) if close.payload else "no code"


async def text_goes_wrong(wire: Wire, told: Awaitable[Report]) -> str:
    """A first fragment that can no longer become UTF-8; a Ping behind it shows whether the program goes on."""
    wire.send(Frame(Opcode.TEXT, b"\xff", fin=False), Frame.ping(b"?"))
    answer = await wire.next(Opcode.CLOSE, Opcode.PONG)
    if answer is None or answer.opcode == Opcode.CLOSE:
        return f"{_code(answer)} at once"
    wire.send(Frame(Opcode.CONTINUATION, b"", fin=True))
    return f"{_code(await wire.next(Opcode.CLOSE))} at the end"


async def close_with(code: int, wire: Wire, told: Awaitable[Report]) -> str:
    """A Close with this code, which many judge and many do not."""
    wire.send(Frame(Opcode.CLOSE, code.to_bytes(2, "big")))
    answer = _code(await wire.next(Opcode.CLOSE))
    return "accepts" if answer in (str(code), "1000") else answer  # aiohttp answers every Close with 1000


async def close_echo(wire: Wire, told: Awaitable[Report]) -> str:
    """A Close with 4321: does the answer repeat it?"""
    wire.send(Frame.close(4321))
    answer = _code(await wire.next(Opcode.CLOSE))
    return "repeats it" if answer == "4321" else answer


async def ping_behind_close(wire: Wire, told: Awaitable[Report]) -> str:
    """A Ping that arrives once the program has sent its Close, and before ours."""
    wire.send(Frame.text(BYE))
    await wire.next(Opcode.CLOSE)
    wire.send(Frame.ping(b"?"), Frame.close(1000))
    wire.finish()
    return "silent" if await wire.next(Opcode.PONG) is None else "Pong"


async def message_behind_close(wire: Wire, told: Awaitable[Report]) -> str:
    """A message that was on its way when the program closed."""
    wire.send(Frame.text(BYE))
    await wire.next(Opcode.CLOSE)
    wire.send(Frame.text(LATE), Frame.close(1000))
    wire.finish()
    report = await asyncio.wait_for(told, LIMIT)
    return "delivers" if LATE in report.heard else "drops"


async def pong_missing(wire: Wire, told: Awaitable[Report]) -> str:
    """No Pong comes: what the program sends, and what its application is told."""
    close = await wire.next(Opcode.CLOSE)
    if close is not None:
        wire.send(Frame.close(int(CloseBody.lenient(close.payload).code)))
    wire.finish()
    report = await asyncio.wait_for(told, LIMIT)
    sent = "ends TCP" if close is None else f"sends {_code(close)}"
    return f"{sent}, its application sees {report.code}"


async def close_unanswered(wire: Wire, told: Awaitable[Report]) -> str:
    """Nobody answers the program's Close: how long it waits for that, and for the end of TCP."""
    wire.send(Frame.text(BYE))
    await wire.next(Opcode.CLOSE)
    clock = asyncio.get_running_loop()
    begin = clock.time()
    await wire.next(Opcode.CLOSE, limit=LONGEST_CLOSE)
    return f"{clock.time() - begin:.0f} s"


WAYS: dict[str, Tried] = {
    "text that is not UTF-8, in a first fragment": Tried(text_goes_wrong),
    "Close with 1004": Tried(partial(close_with, 1004)),
    "Close with 1016": Tried(partial(close_with, 1016)),
    "Close with 2999": Tried(partial(close_with, 2999)),
    "Close with 5000": Tried(partial(close_with, 5000)),
    "Close with 4321: the answer": Tried(close_echo),
    "a Ping behind its own Close": Tried(ping_behind_close),
    "a message behind its own Close": Tried(message_behind_close),
    "its Ping is not answered": Tried(pong_missing, Options(heartbeat=BEAT), pings=True),
}
"""What takes no time, by its name in the table."""

SLOW: dict[str, Tried] = {"its own Close is not answered: it waits": Tried(close_unanswered)}
"""What takes up to a minute."""

WITHOUT_HEARTBEAT = ("ws", "Chromium")
"""Programs that send no Ping by themselves."""
