"""One relayed connection: what stands between one client and its server.

How it works. A relay cannot pass TCP segments on; it *ends* TCP on both sides. So a relayed connection is two TCP
connections, one to each side (`RelaySide`), and two pipelines between them, one for each direction (`Pipeline`):

    client  --TCP-->  side of the client --[ pipeline of the client's bytes ]--> side of the server  --TCP-->  server
    client  <--TCP--  side of the client <--[ pipeline of the server's bytes ]-- side of the server  <--TCP--  server

A connection begins when the client's side is open: it gets its number, and the server is dialled. Until the server
is reached, the client is not read, so its bytes wait in the system. What a side reads goes into the pipeline of its
role, through the stages of the faults, and comes out in `emit`, which writes it to the other side.

*Flow control.* A reader that stops reading must stop the writer at the far end, as without a relay. So a side is not
read (`RelaySide.hold`) while there is a reason: the other side's socket takes no more ("writer"), the pipeline is full
("pipeline"), or the server is not reached yet ("dialling"). The reasons are a set, for they come and go by themselves.

*Ends.* FIN closes one direction and RFC 9293 §3.6 lets the other live on, so FIN travels through the pipeline like
bytes, behind them, and is written to the other side alone. asyncio's TLS cannot close one direction by itself: there
both close. RST ends both directions at once, and is passed on as RST, through the pipeline too. When both sides have
sent FIN the sides are closed. But where a fault swallowed a FIN, the other side must not hear of it, so both stay open,
half-open. A system forgets a connection that one side closed after a minute, and on the real clock so does this one.

*The tape.* What a link does is recorded at once, as facts:

- LINKED when the client's side is open;
- TAKEN, with the bytes, when bytes of a program that is not the lab's own come in; the lab's own endpoints record
  theirs themselves, when they send. The same holds for FIN, RST and a lost connection;
- PASSED, with a count alone, when bytes go out: those that were taken, in order;
- SWALLOWED and CHANGED, with the place in the sender's stream and what the fault did, when a fault touches bytes;
- INJECTED, with the frame, when somebody puts one in;
- SILENCE and its end, CUT and FIN_TO_BOTH when a fault, or the user, does that to the connection.

Left out: the listener (`relay`), what each fault does (`faults`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from wslab.lab.context import FIRST_READ, Flow, LabContext, next_read
from wslab.lab.faults.base import Fault
from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import Direction, FaultLike, Stage
from wslab.lab.faults.watcher import Watcher
from wslab.lab.network.address import Address
from wslab.lab.network.base import TcpSignal
from wslab.lab.network.tls import Tls, tls_fact
from wslab.protocol import Role
from wslab.tape.records import Fact, FaultAct, RecordKind, SilenceEnded, Unreachable, pack_change, tag

FORGOTTEN_AFTER = 60.0
"""Seconds after which a system forgets a connection that it closed and the other side did not (Linux's FIN_WAIT_2)."""


class RelayedBy(Protocol):
    """The relay of a connection, as the connection sees it."""

    context: LabContext
    target: Address
    trust: Tls | None
    faults: tuple[Fault, ...]
    connections: set[RelayedConnection]
    newest: int


class RelaySide(asyncio.Protocol, asyncio.BufferedProtocol):
    """One of the two TCP connections: `role` is who speaks at it."""

    def __init__(self, connection: RelayedConnection, role: Role) -> None:
        self.transport: asyncio.Transport | None = None
        self._connection = connection
        self._role = role
        self._most_read = FIRST_READ
        self._held_by: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._connection.joined(self._role, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read may land."""
        return self._connection.buffer[: self._most_read]

    def buffer_updated(self, nbytes: int) -> None:
        """That many bytes of this side came in."""
        pipeline = self._connection.pipelines[self._role]
        before = pipeline.frames
        self.data_received(self._connection.buffer[:nbytes].tobytes())
        self._most_read = next_read(self._most_read, nbytes, pipeline.frames - before)

    def data_received(self, data: bytes) -> None:
        """Bytes of this side came in."""
        self._connection.take(self._role, data)

    def eof_received(self) -> bool:
        """FIN of this side came in; returns whether the other direction lives on."""
        self._connection.take_fin(self._role)
        # under TLS it cannot live on: asyncio closes such a transport at once
        return self.transport is not None and self.transport.can_write_eof()

    def connection_lost(self, error: Exception | None) -> None:
        """TCP of this side is over."""
        self.transport = None
        self._connection.lost(self._role, error)

    def pause_writing(self) -> None:
        """The system takes no more bytes for this side: read no more of the other side."""
        # what this side cannot write comes from the other side, so it is the other that must not be read
        self._connection.sides[self._role.peer].hold("writer", full=True)

    def resume_writing(self) -> None:
        """The system takes more: go on."""
        self._connection.sides[self._role.peer].hold("writer", full=False)

    def hold(self, why: str, *, full: bool) -> None:
        """Read no more of this side while there is a reason."""
        # a set, not a counter: a reason may be given twice, and one may end while another lasts
        was = bool(self._held_by)
        (self._held_by.add if full else self._held_by.discard)(why)
        # only the first reason stops the reading, and only the end of the last one lets it go on
        if self.transport is not None and was is not bool(self._held_by):
            (self.transport.pause_reading if full else self.transport.resume_reading)()


class RelayedConnection:
    """Two TCP connections, and a pipeline for each direction. It is their owner, and what watchers watch."""

    def __init__(self, relay: RelayedBy) -> None:
        self.clock = relay.context.clock
        self._network = relay.context.network
        # replaced in `_begin`, when the connection has its number
        self.random = relay.context.random("link")
        # None until the client's side is open, for only then the pair of addresses is known
        self.flow: Flow | None = None
        # shared by all connections of the lab, as no read outlives its call
        self.buffer = relay.context.buffer
        self.sides = {role: RelaySide(self, role) for role in Role}
        self.pipelines = {role: Pipeline(self, role) for role in Role}
        self.since = self.touched = self.clock.now()
        self._relay = relay
        self._context = relay.context
        self._watchers: list[Watcher[Any]] = []
        self._is_dialled = False  # whether a SYN went to the server
        self._left: set[Role] = set()  # those of whom nothing more comes
        self._has_swallowed_signal = False  # whether a side left and the other does not know
        self._forget_timer: asyncio.TimerHandle | None = None
        self._addresses: list[tuple[Address, Address]] = []  # under which the lab finds this connection

    @property
    def number(self) -> int:
        """The number of the connection; 0 before it stands."""
        return 0 if self.flow is None else self.flow.number

    @property
    def is_over(self) -> bool:
        """Whether both sides have left."""
        return len(self._left) == len(Role)

    # --- what the sides report --------------------------------------------------------

    def joined(self, role: Role, transport: asyncio.Transport) -> None:
        """A side stands: the client's first, then ours to the server."""
        if role is Role.CLIENT:
            self._begin(transport)
            return
        if (tls := tls_fact(transport, "wire")) is not None:
            self.record_fact(tls)
        self.read_on()

    def _begin(self, transport: asyncio.Transport) -> None:
        own, client = self._network.addresses(transport)
        # the lab's own client asks for the same pair of addresses: both get one number on the tape
        self.flow = self._context.flow(client, own)
        self.flow.linked = True
        # by number, so that chance on this connection does not depend on what happens on others
        self.random = self._context.random(f"link/{self.flow.number}")
        self._addresses.append((client, own))
        self._relay.connections.add(self)
        self._relay.newest = self.flow.number
        self.record(RecordKind.LINKED)
        self.since = self.touched = self.clock.now()
        self.apply(self._relay.faults)
        # a path that is silent from the first lets not even the SYN through, so the server is never dialled
        if self.pipelines[Role.CLIENT].is_silent:
            self._left.add(Role.SERVER)
        else:
            self._is_dialled = True
            self.sides[Role.CLIENT].hold("dialling", full=True)  # until there is somewhere to put the bytes
            self.clock.start(self._dial())

    def take(self, role: Role, data: bytes) -> None:
        """Bytes of `role` came in."""
        tape, flow = self._context.tape, self.flow
        self.touched = self.clock.now()  # also what a fault swallows counts: an idle timer sees bytes, not their fate
        # an endpoint of the lab recorded these bytes when it sent them: once more, and the tape had each frame twice
        if tape is not None and flow is not None and role not in flow.ours:
            tape.record(flow.number, tag(RecordKind.TAKEN, role), data)
        self.pipelines[role].feed(data)

    def take_fin(self, role: Role) -> None:
        """`role` closed its direction."""
        # on the tape it happens now; on the wire it happens behind the bytes that still wait in the pipeline
        self._record_foreign(RecordKind.FIN_SENT, role)
        self.pipelines[role].signal(TcpSignal.FIN)

    def lost(self, role: Role, error: Exception | None) -> None:
        """A side is gone: a reset is passed on as a reset."""
        # without an error the side ended in order, and its FIN went through the pipeline already
        if error is not None:
            if isinstance(error, (ConnectionResetError, BrokenPipeError)):
                self._record_foreign(RecordKind.RST_SENT, role)
            else:
                self._record_foreign(RecordKind.LOST, role, str(error).encode())
            self.pipelines[role].signal(TcpSignal.RST)
        # the other side may still have bytes to read; only when both are gone is the connection over
        if all(side.transport is None for side in self.sides.values()):
            self._forget()

    # --- what the pipelines say -------------------------------------------------------

    def emit(self, role: Role, item: StreamItem) -> None:
        """Write what `role` sent to the other side."""
        out = self.sides[role.peer].transport
        if isinstance(item, StreamChunk):
            # a transport that is closing takes no bytes: what comes now was not passed on, and must not count
            if out is not None and not out.is_closing():
                # first the tape, then TCP: on the tape a cause stands in front of what it causes
                self._count(RecordKind.PASSED, role, item.size)
                out.write(item.data)
        # RST takes with it what still waits to be written, as it would without a relay
        elif item is TcpSignal.RST:
            if out is not None:
                self._network.reset(out)
        else:
            self._emit_fin(role, out)

    def _emit_fin(self, role: Role, out: asyncio.Transport | None) -> None:
        # TLS (asyncio's) has no half-closed connection: there the end of one direction is the end of both
        can_half_close = out is None or out.can_write_eof()
        if out is not None and can_half_close and not out.is_closing():
            self._network.end_writing(out)
        self._leave(role)
        if not can_half_close:
            self._close()

    def _leave(self, role: Role) -> None:
        """Nothing more comes of `role`."""
        self._left.add(role)
        # both know that both left: nothing is to be waited for. Where a FIN was swallowed, the other must not hear
        # of it, also not by our closing of its socket
        if self.is_over and not self._has_swallowed_signal:
            self._close()
        # in memory nothing is used up: a half-open connection stays, and costs the virtual clock no event
        elif self.is_over and self.clock.is_real and self._forget_timer is None:
            self._forget_timer = self.clock.later(FORGOTTEN_AFTER, self.drop)

    def hold(self, role: Role, *, full: bool) -> None:
        """A pipeline holds too much, or no longer."""
        self.sides[role].hold("pipeline", full=full)

    def swallowed(self, role: Role, chunk: StreamChunk, act: FaultAct) -> None:
        """Record that bytes go no further."""
        self.record(RecordKind.SWALLOWED, role, pack_change(chunk.start, chunk.size, b"", act))

    def signal_swallowed(self, role: Role) -> None:
        """`role` left, and the other side does not hear of it."""
        self._has_swallowed_signal = True
        self._leave(role)

    def changed(self, role: Role, chunk: StreamChunk, act: FaultAct) -> None:
        """Record that other bytes go on."""
        self.record(RecordKind.CHANGED, role, pack_change(chunk.start, chunk.size, chunk.data, act))

    def record_fact(self, fact: Fact) -> None:
        """Put what a fault or the link did on the tape."""
        self._context.record_fact(fact, self.flow)

    def notify_watchers(self) -> None:
        """Let all who watch the tape look again."""
        if self._context.tape is not None:
            # nothing new may be on the tape, so no record wakes them by itself
            self._context.tape.notify_watchers()

    # --- faults -----------------------------------------------------------------------

    def apply(self, faults: Sequence[Fault]) -> None:
        """Go on with these faults; those that were there already go on as they were."""
        silent, lasting = self._silent, self.lasting
        stay = [*faults, *lasting]
        # a silence goes first, so it does not swallow what the stages in front of it let go of when they go too
        for pipeline in self.pipelines.values():
            pipeline.exchange([each for each in pipeline.stages if not each.is_silent or each.fault in stay])
        # a fault in both directions has two stages: each keeps the state of one stream
        for role, pipeline in self.pipelines.items():
            here = [each for each in faults if each.touches(role)]
            pipeline.exchange([*self._stages(pipeline, here, lasting)])
        self._record_end_of_silence(silent - self._silent)
        self._apply_watchers(faults)

    @property
    def lasting(self) -> list[FaultLike]:
        """The silences that stay although they are taken away: they swallowed something, and be it the client's SYN."""
        stages = [stage for pipeline in self.pipelines.values() for stage in pipeline.stages]
        return [stage.fault for stage in stages if stage.is_forever or (stage.is_silent and not self._is_dialled)]

    @property
    def _silent(self) -> set[Role]:
        return {role for role, pipeline in self.pipelines.items() if pipeline.is_silent}

    def _record_end_of_silence(self, ended: set[Role]) -> None:
        transports = [each.transport for each in self.sides.values() if each.transport is not None]
        if ended and not all(each.is_closing() for each in transports):
            self.record_fact(SilenceEnded("wire" if len(ended) == len(Role) else next(iter(ended)).value))

    def _stages(self, pipeline: Pipeline, faults: Sequence[Fault], lasting: Sequence[FaultLike]) -> Iterable[Stage]:
        """One stage for each fault, the old one where it is the same; behind them those that never go."""
        old = list(pipeline.stages)
        # by value: a fault that is assigned again is the same one; of two that are equal each keeps its own stage
        for fault in faults:
            same = next((each for each in old if each.fault == fault), None)
            if same is not None:
                old.remove(same)
                yield same
            elif (made := fault.stage(pipeline)) is not None:
                yield made
        yield from (each for each in old if each.fault in lasting)

    def _apply_watchers(self, faults: Sequence[Fault]) -> None:
        for gone in (each for each in self._watchers if each.fault not in faults):
            gone.stop()
        self._watchers = [each for each in self._watchers if each.fault in faults]
        # a fault that stays keeps its watcher, and with it all that this has counted
        known = [each.fault for each in self._watchers]
        for fault in faults:
            made = None if fault in known else fault.watcher(self)
            if made is not None:
                self._watchers.append(made)
                made.start()

    def add_stages(self, make: Callable[[Direction], Stage], *, in_front: bool = False) -> None:
        """Put one more stage into both directions, behind the others or in front of them; it acts at once."""
        for pipeline in self.pipelines.values():
            made = make(pipeline)
            made.begins = self.clock.now()  # the watcher that adds it has waited already
            pipeline.exchange([made, *pipeline.stages] if in_front else [*pipeline.stages, made])

    def read_on(self) -> None:
        """Read the client: the server is reached, or what the client sends goes nowhere anyway."""
        self.sides[Role.CLIENT].hold("dialling", full=False)

    def end(self, signal: TcpSignal) -> None:
        """End both TCP connections, with FIN or RST, and record it."""
        # recorded first, for what the sides do then is a consequence of it
        self.record(RecordKind.FIN_TO_BOTH if signal is TcpSignal.FIN else RecordKind.CUT)
        if signal is TcpSignal.FIN:
            self._close()
            return
        for role in Role:
            self.reset(role)

    def reset(self, role: Role) -> None:
        """Send RST to one side."""
        transport = self.sides[role].transport
        if transport is not None:
            self._network.reset(transport)

    # --- its beginning and its end ----------------------------------------------------

    async def _dial(self) -> None:
        target, trust = self._relay.target, self._relay.trust
        context, name = (None, None) if trust is None else (trust.context, trust.name)
        # `bound` is called before the SYN leaves, so that a server of the lab, which may accept at once, finds the flow
        try:
            await self._network.dial(
                lambda: self.sides[Role.SERVER],
                target,
                timeout=self._context.timeout,
                bound=self._expect,
                ssl=context,
                server_hostname=name,
            )
        except OSError as error:
            self.record_fact(_why_not(error, target, trust))
            self.drop()
        finally:
            # also where the task is cancelled: a server's side that stands must not be left over
            if self.sides[Role.CLIENT].transport is None:  # the client left in the meantime
                self.drop()

    def _expect(self, own: Address) -> None:
        """Our own address towards the server is known: an endpoint of the lab there belongs to this connection."""
        assert self.flow is not None
        # this is the pair that a server of the lab sees when it accepts: it finds the connection by it
        self._addresses.append((own, self._relay.target))
        self._context.expect(own, self._relay.target, self.flow)

    def _close(self) -> None:
        """FIN to both sides, behind what is still to be written."""
        for side in self.sides.values():
            if side.transport is not None:
                side.transport.close()

    def drop(self) -> None:
        """Let go of both sockets."""
        # unlike `close`, `abort` does not wait until a slow receiver has taken what is buffered
        for side in self.sides.values():
            if side.transport is not None:
                side.transport.abort()

    def _forget(self) -> None:
        self._relay.connections.discard(self)
        # a timer would keep the connection alive, and act on one that is over
        for gone in self._watchers:
            gone.stop()
        if self._forget_timer is not None:
            self._forget_timer.cancel()
        # a system gives the same port to another connection soon
        for pair in self._addresses:
            self._context.forget(*pair)
        self.notify_watchers()

    # --- the tape ---------------------------------------------------------------------

    def record(self, what: RecordKind, role: Role | None = None, data: bytes = b"") -> None:
        """Put a fact on the tape."""
        # before the client's side is open there is no connection that a fact could belong to
        if self._context.tape is not None and self.flow is not None:
            self._context.tape.record(self.flow.number, tag(what, role), data)

    def _count(self, what: RecordKind, role: Role, size: int) -> None:
        if self._context.tape is not None and self.flow is not None:
            self._context.tape.record_count(self.flow.number, tag(what, role), size)

    def _record_foreign(self, what: RecordKind, role: Role, data: bytes = b"") -> None:
        """Record what a program that is not the lab's own does to TCP; the lab's own endpoints record it themselves."""
        if self.flow is not None and role not in self.flow.ours:
            self.record(what, role, data)


def _why_not(error: OSError, target: Address, trust: Tls | None) -> Fact:
    failed = None if trust is None else trust.failed(error, target, "wire")
    if failed is not None:
        return failed
    why = "refused" if isinstance(error, ConnectionRefusedError) else error.strerror or str(error)
    return Unreachable("wire", str(target), why)
