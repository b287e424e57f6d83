"""Pings that are on their way, and their Pongs (§5.5.2, §5.5.3).

How it works: each Ping that is waited for has a payload of its own, by which its Pong is known. A Pong answers its Ping
and every earlier one, for a peer may answer only the latest. A Pong that answers none does no harm.

What it leaves out: Pings at regular times (`keepalive`), how long a Pong may take (`endpoint`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import LabContext

_Waiting = dict[bytes, tuple[asyncio.Future[float], float]]

_SIZE = 4  # bytes in a payload of our choice
_NEVER_USED: _Waiting = {}  # shared by all connections that have sent no Ping, and always empty


class Pings:
    """Payloads, the future that waits for each Pong, and when its Ping was sent."""

    __slots__ = ("_context", "_waiting")

    def __init__(self, context: LabContext) -> None:
        self._context = context
        self._waiting = _NEVER_USED

    @property
    def waiting(self) -> int:
        """How many Pings have no Pong yet."""
        return len(self._waiting)

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
        """A Ping goes out; the future is the seconds that its Pong takes."""
        pong: asyncio.Future[float] = self._context.clock.loop.create_future()
        if self._waiting is _NEVER_USED:
            self._waiting = {}
        self._waiting[payload] = pong, self._context.clock.now()
        return pong

    def forget(self, payload: bytes) -> None:
        """The wait for this Pong is over."""
        self._waiting.pop(payload, None)

    def answered(self, payload: bytes) -> None:
        """A Pong arrived."""
        if payload not in self._waiting:
            return
        now = self._context.clock.now()
        # §5.5.3: "the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame"
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
                pong.exception()  # marked as seen, or asyncio would log it where no task waits
