"""A client that is cheaper than any server: it sends ready-made bytes and only counts what comes back.

Rules of this module: two batches are in flight, so that the server never waits for us; every answer
is an unmasked frame of the same size, or from TCP without a protocol (`as_sent`) the very same bytes, so counting
bytes counts messages. Time limits everywhere.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from itertools import pairwise

from wslab.protocol import Frame, HandshakeRequest

LIMIT_SECONDS = 120.0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class _Counter(asyncio.Protocol):
    """Sends a batch for every batch that came back whole, until enough came back."""

    def __init__(self, batch: bytes, answer_size: int, batches: int, in_flight: int) -> None:
        self.batch, self.answer_size, self.left_to_send, self.in_flight = batch, answer_size, batches, in_flight
        self.batches = batches + 1  # with the beginning, in `ends`
        self.missing = answer_size * batches
        self.until_next = answer_size
        self.ends: list[float] = []  # when each batch had come back
        self.done: asyncio.Future[list[float]] = asyncio.get_running_loop().create_future()
        self.head: bytes | None = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(HandshakeRequest.build("127.0.0.1", key=KEY).serialize())

    def data_received(self, data: bytes) -> None:
        if self.head is not None:
            self.head += data
            if b"\r\n\r\n" in self.head:
                self.head = None
                self._begin()
            return
        self.missing -= len(data)
        self.until_next -= len(data)
        while self.until_next <= 0 and len(self.ends) < self.batches:
            self.until_next += self.answer_size
            self.ends.append(time.perf_counter())
            self._send()
        if self.missing <= 0 and not self.done.done():
            self.done.set_result(self.ends)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"the server ended the connection: {exc}"))

    def _begin(self) -> None:
        self.ends.append(time.perf_counter())
        for _ in range(self.in_flight):
            self._send()

    def _send(self) -> None:
        if self.left_to_send:
            self.left_to_send -= 1
            self.transport.write(self.batch)


def messages_a_second(
    port: int, size: int, *, depth: int, batches: int, in_flight: int = 2, as_sent: bool = False
) -> float:
    """Echoed messages a second, with `in_flight` batches of `depth` messages on their way."""
    ends = _ends(port, size, depth=depth, batches=batches, in_flight=in_flight, as_sent=as_sent)
    return depth * batches / (ends[-1] - ends[0])


def seconds_a_round_trip(port: int, size: int, count: int, *, as_sent: bool = False) -> float:
    """Seconds for one message to go and come back, with one in flight: the median of `count`."""
    ends = _ends(port, size, depth=1, batches=count, in_flight=1, as_sent=as_sent)
    return statistics.median(after - before for before, after in pairwise(ends))


def _ends(port: int, size: int, *, depth: int, batches: int, in_flight: int, as_sent: bool) -> list[float]:
    """When it began, and when each batch had come back."""
    payload = os.urandom(size)
    batch = Frame.binary(payload, mask=os.urandom(4)).serialize() * depth
    answer = len(batch) if as_sent else len(Frame.binary(payload).serialize()) * depth

    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        _, counter = await loop.create_connection(
            lambda: _Counter(batch, answer, batches, in_flight), "127.0.0.1", port
        )
        return await asyncio.wait_for(counter.done, LIMIT_SECONDS)

    return asyncio.run(run())
