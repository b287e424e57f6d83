"""A playbook: a conversation with one pipeline, written down as it should go, and then played.

    (Playbook(Rechunk(2)) >> b"abc" << b"ab" << b"c" >> FIN << FIN).play()

`>>` is what goes in: bytes, FIN or RST, a list of faults that replace those before, or a `float`, seconds that pass.
`<<` is what must come out then: bytes, FIN or RST, or what the stages report, as `Swallowed` or `Full`. The idea is
that of mitmproxy's tests. Time is virtual; `play` compares the whole conversation, so a failure shows all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from wslab.lab.clock.virtual import VirtualClock
from wslab.lab.faults.base import Fault
from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import Stage
from wslab.lab.network.base import TcpSignal
from wslab.protocol import Role
from wslab.tape.records import Fact, FaultAct

FIN, RST = TcpSignal.FIN, TcpSignal.RST


class Swallowed(NamedTuple):
    """Bytes go no further."""

    data: bytes


class Changed(NamedTuple):
    """Other bytes go on."""

    data: bytes


class Full(NamedTuple):
    """The sender is held back, or no longer."""

    is_full: bool


Out = bytes | TcpSignal | Swallowed | Changed | Full | Fact | str
In = bytes | TcpSignal | float | Sequence[Fault]


class Recorder:
    """An owner of a pipeline that writes down all that comes out of it and all that its stages report."""

    number = 1

    def __init__(self, clock: VirtualClock, seed: int = 0) -> None:
        self.clock = clock
        self.random = Random(seed)
        self.log: list[In | Out] = []
        self.starts: list[int] = []

    def emit(self, role: Role, item: StreamItem) -> None:
        if isinstance(item, TcpSignal):
            self.log.append(item)
        else:
            self.log.append(item.data)
            self.starts.append(item.start)

    def hold(self, role: Role, *, full: bool) -> None:
        self.log.append(Full(full))

    def swallowed(self, role: Role, chunk: StreamChunk, act: FaultAct) -> None:
        self.log.append(Swallowed(chunk.data))

    def signal_swallowed(self, role: Role) -> None:
        self.log.append("signal swallowed")

    def changed(self, role: Role, chunk: StreamChunk, act: FaultAct) -> None:
        self.log.append(Changed(chunk.data))

    def record_fact(self, fact: Fact) -> None:
        self.log.append(fact)

    def notify_watchers(self) -> None:
        """Nobody watches."""

    def end(self, signal: TcpSignal) -> None:
        self.log.append(f"{signal.value} to both")

    def reset(self, role: Role) -> None:
        self.log.append(f"reset of the {role}")

    # --- what it wrote down -----------------------------------------------------------

    @property
    def out(self) -> bytes:
        """All bytes that came out."""
        return b"".join(each for each in self.log if isinstance(each, bytes))

    @property
    def gone(self) -> bytes:
        """All bytes that were swallowed."""
        return b"".join(each.data for each in self.log if isinstance(each, Swallowed))

    @property
    def signals(self) -> list[TcpSignal]:
        """FIN and RST that came out."""
        return [each for each in self.log if isinstance(each, TcpSignal)]

    @property
    def full(self) -> list[bool]:
        """How the sender was held back, and let go on."""
        return [each.is_full for each in self.log if isinstance(each, Full)]


def exchange(pipeline: Pipeline, faults: Sequence[Fault]) -> None:
    """Other faults, as a relayed connection applies them: a stage whose fault stays goes on."""
    known: dict[object, Stage] = {each.fault: each for each in pipeline.stages}
    made = [known.get(fault) or fault.stage(pipeline) for fault in faults]
    pipeline.exchange([each for each in made if each is not None])


class Playbook:
    """What goes in and what must come out, in order."""

    def __init__(self, *faults: Fault, sender: Role = Role.CLIENT, seed: int = 0) -> None:
        self._faults = faults
        self._sender = sender
        self._script: list[tuple[bool, In | Out]] = []
        self._owner = Recorder(VirtualClock(), seed)
        self._pipeline = Pipeline(self._owner, sender)

    def __rshift__(self, item: In) -> Playbook:
        self._script.append((True, item))
        return self

    def __lshift__(self, item: Out) -> Playbook:
        self._script.append((False, item))
        return self

    def play(self) -> None:
        """Let it happen, and compare."""
        self._owner.clock.run(self._play())
        self._owner.clock.abandon(lambda: None)
        assert self._owner.log == [item for _, item in self._script]

    async def _play(self) -> None:
        exchange(self._pipeline, self._faults)
        for goes_in, item in self._script:
            if goes_in:
                self._owner.log.append(item)
                await self._put_in(item)

    async def _put_in(self, item: object) -> None:
        if isinstance(item, bytes):
            self._pipeline.feed(item)
        elif isinstance(item, TcpSignal):
            self._pipeline.signal(item)
        elif isinstance(item, (int, float)):
            await asyncio.sleep(item)
        else:
            assert isinstance(item, Sequence)
            exchange(self._pipeline, item)
        await asyncio.sleep(0)
