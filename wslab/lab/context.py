"""What the parts of one lab share, and never the lab itself.

Rules of this module: endpoints, listeners and links hold the `LabContext`; the `Lab`
that the user holds also does, and nothing inside holds the `Lab`. So a lab that is
dropped without `close` is collected, and its finalizer clears the bench.

A `Flow` is one connection from the client to the server, through whatever links
stand between: it has the number that the tape uses. Two ends of TCP find their line by
their pair of addresses.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from random import Random
from typing import Protocol, runtime_checkable

from wslab.lab.clock.base import World
from wslab.lab.clock.event_loop import RESTS
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.network.address import Address
from wslab.protocol import Role
from wslab.tape.tape import Tape


class Closable(Protocol):
    """What a bench can end at once."""

    def drop(self) -> None:
        """Let go of every socket now, without a word to the peer beyond what TCP says."""


@runtime_checkable
class Closing(Protocol):
    """A part that says goodbye before it ends."""

    async def close_quietly(self, code: int, reason: str = "", *, timeout: float | None = None) -> None:
        """The closing handshake, whatever comes of it."""


class Flow:
    """One connection: its number on the tape, which of its ends are ours, whether a link stands between."""

    __slots__ = ("linked", "number", "ours")

    def __init__(self, number: int) -> None:
        self.number = number
        self.ours: list[Role] = []  # at most two, and looked at for every read: shorter than a set is
        self.linked = False


READ_SIZE = 256 * 1024
"""Bytes that one read takes at most, as in asyncio itself."""


class LabContext:
    """World, tape and limits of one lab, and what is alive in it."""

    def __init__(
        self,
        world: World,
        tape: Tape | None,
        *,
        timeout: float,
        keys: Callable[[int], bytes],
        seed: int | None = None,
        interventions: Sequence[StreamIntervention] = (),
    ) -> None:
        self.world = world
        self.tape = tape
        self.timeout = timeout
        self.keys = keys
        self.seed = seed
        self.interventions = interventions
        self.parts: set[Closable] = set()
        self._lines: dict[tuple[Address, Address], Flow] = {}
        self._numbers = 0
        self._kept = False

    def random(self, name: str) -> Random:
        """Chance for one purpose; with a seed it repeats, whatever chance was used for elsewhere."""
        return Random() if self.seed is None else Random(f"{self.seed}/{name}")

    @cached_property
    def buffer(self) -> memoryview:
        """Where the reads of all connections land, one after the other; see `reading`."""
        return memoryview(bytearray(READ_SIZE))

    def line(self, client: Address, server: Address) -> Flow:
        """The line between two addresses: the second end that asks gets the one that the first was given."""
        line = self._lines.pop((client, server), None)
        if line is None:
            line = self._lines[client, server] = self.new_line()
        return line

    def new_line(self) -> Flow:
        """A line with the next number."""
        self._numbers += 1
        return Flow(self._numbers)

    def expect(self, client: Address, server: Address, line: Flow) -> None:
        """The end that will show up with these addresses belongs to `line`."""
        self._lines[client, server] = line

    def forget(self, client: Address, server: Address) -> None:
        """These addresses are free for another connection."""
        self._lines.pop((client, server), None)

    def note(self, text: str, *, side: Role | None = None, line: Flow | None = None) -> None:
        """A sentence on the tape."""
        if self.tape is not None:
            self.tape.note(0 if line is None else line.number, side, text)

    def keep(self) -> None:
        """Watch over the parts: whoever ends the loop cancels its tasks, and this one then lets go of every socket."""
        if self.world.is_over:  # whatever was here died with that loop
            self.drop()
            self._kept = False
        if not self._kept:
            self.world.start(self._watch(), name=RESTS)
            self._kept = True

    async def _watch(self) -> None:
        try:
            await self.world.rest()
        finally:
            self._kept = False
            self.drop()
            await self.world.settle()

    def drop(self) -> None:
        """End everything at once, in any order, without waiting."""
        for part in list(self.parts):
            part.drop()
        self.parts.clear()
        self._lines.clear()

    @property
    def in_use(self) -> bool:
        """Whether anything was opened since the last time that all was closed."""
        return self._kept

    async def close(self, code: int, timeout: float) -> None:
        """Close every connection with its closing handshake, and then all the rest."""
        endpoints = [part for part in self.parts if isinstance(part, Closing)]
        await asyncio.gather(*(each.close_quietly(code, timeout=timeout) for each in endpoints))
        self.drop()
        await self.world.settle()
        await self.world.finish_all(timeout)

    def clear(self) -> None:
        """`drop`, and every task with it."""
        self.drop()
        self.world.cancel_all()


class SystemKeys:
    """Bytes nobody can predict (§10.3), asked of the system by the kilobyte: asking for each frame takes longer."""

    def __init__(self) -> None:
        self._stock = b""

    def __call__(self, size: int) -> bytes:
        """`size` bytes, none of which were given before."""
        if len(self._stock) < size:
            self._stock = secrets.token_bytes(max(size, 1024))
        keys, self._stock = self._stock[:size], self._stock[size:]
        return keys
