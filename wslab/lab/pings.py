"""Pings that are on their way, and their Pongs (§5.5.2, §5.5.3).

Rules of this module: a Pong answers its Ping and every earlier one; one that answers none does no harm.
"""

from __future__ import annotations

import asyncio


class Pings:
    """Payloads, who waits for each, and when it was sent."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[bytes, tuple[asyncio.Future[float], float]] = {}

    def check(self, payload: bytes) -> None:
        """`ValueError` where this payload is on its way."""
        if payload in self._waiting:
            raise ValueError(f"A Ping with the payload {payload!r} is on its way already: its Pong could be either's.")

    def sent(self, payload: bytes, now: float) -> asyncio.Future[float]:
        """A Ping departs; the seconds that its Pong takes."""
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[payload] = pong, now
        return pong

    def forget(self, payload: bytes) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(payload, None)

    def answered(self, payload: bytes, now: float) -> None:
        """A Pong came."""
        if payload not in self._waiting:
            return
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
