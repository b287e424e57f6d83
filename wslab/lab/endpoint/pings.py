"""Pings that are on their way, and their Pongs (§5.5.2, §5.5.3).

Rules of this module: a Pong answers its Ping and every earlier one; one that answers none does no harm.
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import LabContext

_SIZE = 4  # bytes in a payload of our choice


class Pings:
    """Payloads, who waits for each, and when it was sent."""

    __slots__ = ("_context", "_waiting")

    def __init__(self, context: LabContext) -> None:
        self._context = context
        self._waiting: dict[bytes, tuple[asyncio.Future[float], float]] = {}

    def fresh(self) -> bytes:
        """A payload that no Ping on its way has."""
        payload = self._context.keys(_SIZE)
        while payload in self._waiting:
            payload = self._context.keys(_SIZE)
        return payload

    def check(self, payload: bytes) -> None:
        """`ValueError` where this payload is on its way."""
        if payload in self._waiting:
            raise ValueError(f"A Ping with the payload {payload!r} is on its way already: its Pong could be either's.")

    def sent(self, payload: bytes) -> asyncio.Future[float]:
        """A Ping departs; the seconds that its Pong takes."""
        pong: asyncio.Future[float] = self._context.world.loop.create_future()
        self._waiting[payload] = pong, self._context.world.now()
        return pong

    def forget(self, payload: bytes) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(payload, None)

    def answered(self, payload: bytes) -> None:
        """A Pong came."""
        if payload not in self._waiting:
            return
        now = self._context.world.now()
        for sent, (pong, at) in list(self._waiting.items()):
            del self._waiting[sent]
            if not pong.done():
                pong.set_result(now - at)
            if sent == payload:
                break

    def give_up(self, error: Exception) -> None:
        """No Pong will come any more."""
        for pong, _ in self._waiting.values():
            if not pong.done():
                pong.set_exception(error)
                pong.exception()  # where nobody waits for it, it is no news
