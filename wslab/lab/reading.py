"""How bytes come from a socket: through one buffer that all connections of a lab share.

Rules of this module: for each read of a plain protocol asyncio asks for 256 KiB of fresh memory, and in many a process
the system maps and unmaps it each time, which takes four times as long as a small read itself. A loop reads one
socket at a time, so one buffer does for all, and what came is copied out of it at once.

What it leaves out: connections in memory, which bring whole chunks to `data_received` by themselves.
"""

from __future__ import annotations

import asyncio

from wslab.lab.bench import Bench


class Reading(asyncio.Protocol, asyncio.BufferedProtocol):
    """A protocol that hears of bytes by `data_received`, wherever they come from."""

    __slots__ = ()

    _bench: Bench

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read may land."""
        return self._bench.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """That many bytes came."""
        self.data_received(self._bench.buffer[:nbytes].tobytes())
