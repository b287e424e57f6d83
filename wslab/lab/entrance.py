"""The opening handshake as an endpoint lives it: fed until it has an outcome, and waited for.

Rules of this module: whoever waits learns the outcome, and where nobody does, a failure is not lost: the tape tells
it. What the heads say is judged in `opening`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wslab.lab.opening import ClientOpening, Opened, Outcome, ServerOpening

Tell = Callable[[bool], object]
"""Called once, when it is known whether the connection is open."""


class Entrance:
    """Before the connection is open; afterwards, the two heads."""

    __slots__ = ("_heads", "_opened", "_opening", "_tell")

    def __init__(
        self, opening: ClientOpening | ServerOpening, loop: asyncio.AbstractEventLoop, tell: Tell | None = None
    ) -> None:
        self._opening: ClientOpening | ServerOpening | None = opening
        self._tell = tell
        self._opened: asyncio.Future[None] = loop.create_future()
        self._heads: tuple[bytes, bytes] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether there is no outcome yet."""
        return self._opening is not None

    def begin(self) -> bytes:
        """What to say first."""
        return b"" if self._opening is None else self._opening.begin()

    def feed(self, data: bytes) -> Outcome | None:
        """Bytes of the peer's head; the outcome, once there is one."""
        return self._decided(self._opening.feed(data)) if self._opening else None

    def end(self) -> Outcome | None:
        """No more bytes will come."""
        return self._decided(self._opening.end()) if self._opening else None

    def _decided(self, outcome: Outcome | None) -> Outcome | None:
        if outcome is not None:
            self._opening = None
        if isinstance(outcome, Opened):
            self._heads = (outcome.request.serialize(), outcome.response.serialize())
        return outcome

    @property
    def heads(self) -> tuple[bytes, bytes]:
        """Request and answer; `RuntimeError` before the handshake is done."""
        if self._heads is None:
            raise RuntimeError("The opening handshake of this connection is not done.")
        return self._heads

    def open(self) -> None:
        """Whoever waits goes on."""
        if not self._opened.done():
            self._opened.set_result(None)
            self._say(is_open=True)

    def fail(self, error: Exception) -> None:
        """Whoever waits gets `error`; the handshake is over."""
        self._opening = None
        if not self._opened.done():
            self._opened.set_exception(error)
            self._opened.exception()  # where nobody waits for it, it is not lost: the tape tells it
            self._say(is_open=False)

    def _say(self, *, is_open: bool) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell(is_open)

    async def wait(self) -> None:
        """Until the handshake is done; `HandshakeRefused` or `TimeoutError` where it fails.

        One task waits for that: whoever made the endpoint. Others have it only when it is done.
        """
        await self._opened
