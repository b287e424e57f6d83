"""Watchers: a fault at work on a whole connection, beside its bytes.

A watcher starts when its fault is put on a connection, acts once when its time has come (`after` seconds later, unless
it says otherwise), and stops when the fault is taken away. It sees the connection as `Watched`, never as a relay.

Left out: the faults themselves (`ending`), and what touches bytes (`stage`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol

from wslab.lab.clock.base import Clock
from wslab.lab.faults.stage import Direction, F, Stage
from wslab.lab.network.base import TcpSignal
from wslab.protocol import Role
from wslab.tape.records import Fact, FaultAct, RecordKind


class Watched(Protocol):
    """A connection, as its watchers see it.

    `since` is the time at which it was made, `touched` when the last byte passed, both in seconds on its clock.
    """

    clock: Clock
    since: float
    touched: float

    def record(self, what: RecordKind, role: Role | None = None, /) -> None:
        """Put a fact on the tape."""

    def record_fact(self, fact: Fact, /) -> None:
        """Put what a fault did on the tape."""

    def end(self, signal: TcpSignal, /) -> None:
        """End TCP on both sides, with FIN or RST, and record it."""

    def add_stages(self, make: Callable[[Direction], Stage], /, *, in_front: bool = False) -> None:
        """Put one more stage into both directions, behind the others or in front of them; it acts at once.

        It stays as long as its fault does.
        """

    def read_on(self) -> None:
        """Read the client although the server is not reached yet: what the client sends goes nowhere."""


class Watcher(Generic[F]):
    """A fault at work on one connection."""

    def __init__(self, fault: F, connection: Watched) -> None:
        self.fault = fault
        self.connection = connection
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Wait for its time."""
        self.later(self.fault.after, self.act)

    def act(self) -> None:
        """Do what the fault does."""
        raise NotImplementedError

    def record_act(self, name: str, /, **figures: str | float) -> None:
        """Put on the tape what the fault does now: a key of `sentences.ACTS`, and the figures of its sentence."""
        self.connection.record_fact(FaultAct("wire", self.fault.written(), name, figures))

    def stop(self) -> None:
        """Never act again."""
        if self._timer is not None:
            self._timer.cancel()

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Call it in so many seconds; at once where none are left."""
        if seconds > 0:
            self._timer = self.connection.clock.later(seconds, call)
        else:
            call()
