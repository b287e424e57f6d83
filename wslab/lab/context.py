"""What the parts of one lab share: the clock, the network, the tape, the time limit, and what is alive in it.

How it works: endpoints, listeners and links hold the `LabContext`, and so does the `Lab` that the user holds. Nothing
inside holds the `Lab`. So a lab that is dropped without `close` is collected, and its finalizer clears the context.

A `Flow` is one connection from the client to the server, through all links that stand between them; its number is the
one on the tape. Two ends of TCP find their flow by their pair of addresses: the end that shows up first makes it, the
other one gets the same.

What it leaves out: what a user calls (`lab`), time and sockets (`clock`, `network`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from random import Random
from typing import Protocol, runtime_checkable

from wslab.lab.clock.base import Clock
from wslab.lab.clock.event_loop import RESTS
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.network.address import Address
from wslab.lab.network.base import Network
from wslab.protocol import Role
from wslab.tape.records import Fact
from wslab.tape.tape import Tape


class Closable(Protocol):
    """A part of a lab: it has sockets, and can let go of them at once."""

    def drop(self) -> None:
        """Let go of every socket now. No Close is sent; TCP ends with FIN, or with RST where bytes are unread."""


@runtime_checkable
class HasClosingHandshake(Protocol):
    """A part that can close properly before it is dropped: an endpoint."""

    async def close_quietly(self, code: int, reason: str = "", *, timeout: float | None = None) -> None:
        """Perform the closing handshake (§7.1.2) within `timeout` seconds, and raise nothing if that fails."""


class Flow:
    """One connection: its number on the tape, which of its ends are ours, whether a link stands between."""

    __slots__ = ("linked", "number", "ours")

    def __init__(self, number: int) -> None:
        self.number = number
        self.ours: list[Role] = []  # at most two, and looked at for every read: shorter than a set is
        self.linked = False


READ_SIZE = 256 * 1024
"""Bytes that one read takes at most, as in asyncio itself."""

FIRST_READ = 16 * 1024
"""Bytes that a read takes at first, and from a peer of tiny frames, so that others have their turn."""

_TINY = 64  # bytes of a frame, on average, below which a read of many is long work


def next_read(most: int, size: int, frames: int) -> int:
    """How much to read next, where `most` could be read, and `size` bytes with so many frames came."""
    if frames * _TINY > size:
        return FIRST_READ
    return READ_SIZE if size >= most else most


class LabContext:
    """Clock, network, tape and time limit of one lab, and the parts that are alive in it, in the order they came."""

    def __init__(
        self,
        clock: Clock,
        network: Network,
        tape: Tape | None,
        *,
        timeout: float,
        keys: Callable[[int], bytes],
        seed: int | None = None,
        interventions: Sequence[StreamIntervention] = (),
        log_errors: bool = True,
    ) -> None:
        self.clock = clock
        self.network = network
        self.tape = tape
        self.timeout = timeout
        self.keys = keys
        self.seed = seed
        self.interventions = interventions
        self.log_errors = log_errors
        # no set, which goes by address: a run with a seed could not be repeated
        self.parts: dict[Closable, None] = {}
        self._flows: dict[tuple[Address, Address], Flow] = {}
        self._numbers = 0
        self._kept = False

    def random(self, name: str) -> Random:
        """Randomness for one purpose; with a seed it repeats, no matter what was random elsewhere."""
        return Random() if self.seed is None else Random(f"{self.seed}/{name}")

    @cached_property
    def buffer(self) -> memoryview:
        """Where the reads of all connections land, one after the other (`EndpointProtocol.get_buffer`)."""
        return memoryview(bytearray(READ_SIZE))

    def flow(self, client: Address, server: Address) -> Flow:
        """The flow between two addresses: the second end that asks gets the one that the first was given."""
        flow = self._flows.pop((client, server), None)
        if flow is None:
            flow = self._flows[client, server] = self._new_flow()
        return flow

    def _new_flow(self) -> Flow:
        self._numbers += 1
        return Flow(self._numbers)

    def expect(self, client: Address, server: Address, flow: Flow) -> None:
        """The end that will show up with these addresses belongs to `flow`."""
        self._flows[client, server] = flow

    def forget(self, client: Address, server: Address) -> None:
        """These addresses are free for another connection."""
        self._flows.pop((client, server), None)

    def record_fact(self, fact: Fact, flow: Flow | None = None) -> None:
        """A fact on the tape, about one flow or, without it, about the lab."""
        if self.tape is not None:
            self.tape.record_fact(0 if flow is None else flow.number, fact)

    def keep(self) -> None:
        """See that no socket outlives the loop: its end cancels all tasks, and the one started here drops all."""
        if self.clock.is_over:  # all that was here died with that loop
            self.drop()
            self._kept = False
        if not self._kept:
            self.clock.start(self._watch(), name=RESTS)
            self._kept = True

    async def _watch(self) -> None:
        try:
            await self.clock.rest()
        finally:
            self._kept = False
            self.drop()
            await self.clock.settle()

    def drop(self) -> None:
        """End everything at once, without waiting; what came first goes first."""
        for part in list(self.parts):
            part.drop()
        self.parts.clear()
        self._flows.clear()

    @property
    def in_use(self) -> bool:
        """Whether anything was opened since the last time that all was closed."""
        return self._kept

    async def close(self, code: int, timeout: float) -> None:
        """Close every connection with its closing handshake, each within `timeout` seconds, and drop all the rest."""
        endpoints = [part for part in self.parts if isinstance(part, HasClosingHandshake)]
        await asyncio.gather(*(each.close_quietly(code, timeout=timeout) for each in endpoints))
        self.drop()
        await self.clock.settle()
        await self.clock.finish_all(timeout)

    def clear(self) -> None:
        """`drop`, and cancel every task."""
        self.drop()
        self.clock.cancel_all()


class SystemKeys:
    """Bytes that nobody can predict (§5.3), from the system by the kilobyte: to ask it for each frame takes longer."""

    def __init__(self) -> None:
        self._stock = b""

    def __call__(self, size: int) -> bytes:
        """`size` bytes, none of which were given before."""
        if len(self._stock) < size:
            self._stock = secrets.token_bytes(max(size, 1024))
        keys, self._stock = self._stock[:size], self._stock[size:]
        return keys
