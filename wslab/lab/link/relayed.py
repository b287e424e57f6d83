"""TODO."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wslab.lab.context import Flow
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import ForgetStage, Silence, SilenceStage
from wslab.lab.faults.names import stage, watcher
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import Stage, StreamChunk, StreamItem, TcpSignal
from wslab.lab.faults.watcher import Watcher
from wslab.lab.network.address import Address
from wslab.lab.network.tls import Tls, tls_words
from wslab.protocol import Role
from wslab.tape.records import RecordKind, pack_change, tag

if TYPE_CHECKING:
    from wslab.lab.link.relay import Relay

FORGOTTEN_AFTER = 60.0
"""Seconds after which a system forgets a connection that it closed and the other side did not (Linux's FIN_WAIT_2)."""


class RelaySide(asyncio.Protocol):
    """One of the two TCP connections of a cable: `role` is who speaks at it."""

    def __init__(self, cable: RelayedConnection, role: Role) -> None:
        self.transport: asyncio.Transport | None = None
        self._cable = cable
        self._role = role
        self._held_by: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._cable.joined(self._role, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of this side."""
        self._cable.pass_on(self._role, data)

    def eof_received(self) -> bool:
        """FIN of this side; whether the other direction lives on."""
        self._cable.fin(self._role)
        # the other direction lives on; under TLS it cannot
        return self.transport is not None and self.transport.can_write_eof()

    def connection_lost(self, error: Exception | None) -> None:
        """TCP of this side is over."""
        self.transport = None
        self._cable.lost(self._role, error)

    def pause_writing(self) -> None:
        """The system takes no more: read no more of the other side."""
        self._cable.ends[self._role.peer].hold("writer", full=True)

    def resume_writing(self) -> None:
        """The system takes more: go on."""
        self._cable.ends[self._role.peer].hold("writer", full=False)

    def hold(self, why: str, *, full: bool) -> None:
        """Read no more while there is a reason."""
        was = bool(self._held_by)
        (self._held_by.add if full else self._held_by.discard)(why)
        if self.transport is not None and was is not bool(self._held_by):
            (self.transport.pause_reading if full else self.transport.resume_reading)()


class RelayedConnection:
    """What stands between one client and its server: two TCP connections, and a lane for each direction."""

    def __init__(self, relay: Relay) -> None:
        self.world = relay.context.world
        self.random = relay.context.random("link")
        self.line: Flow | None = None
        self.ends = {role: RelaySide(self, role) for role in Role}
        self.pipelines = {role: Pipeline(self, role) for role in Role}
        self.since = self.touched = self.world.now()
        self._relay = relay
        self._context = relay.context
        self._watchers: list[Watcher] = []
        self._left: set[Role] = set()
        self._is_unheard = False  # whether somebody left and the other was not told
        self._farewell: asyncio.TimerHandle | None = None
        self._addresses: list[tuple[Address, Address]] = []

    @property
    def number(self) -> int:
        """The number of the connection; 0 before it stands."""
        return 0 if self.line is None else self.line.number

    @property
    def is_over(self) -> bool:
        """Whether both sides have left."""
        return len(self._left) == len(Role)

    # --- what the ends report ---------------------------------------------------------

    def joined(self, role: Role, transport: asyncio.Transport) -> None:
        """An end stands: the client's first, then ours to the server."""
        if role is Role.SERVER:
            if words := tls_words(transport):
                self.tell(f"The link speaks TLS to the server: {words}")
            self.ends[Role.CLIENT].hold("dialling", full=False)
            return
        own, client = self.world.addresses(transport)
        self.line = self._context.line(client, own)
        self.line.linked = True
        self.random = self._context.random(f"link/{self.line.number}")
        self._addresses.append((client, own))
        self._relay.cables.add(self)
        self._record(RecordKind.LINKED)
        self.since = self.touched = self.world.now()
        self.apply(self._relay.faults)
        if self._is_silent_to_the_server:
            self._left.add(Role.SERVER)  # it never comes
        else:
            self.ends[Role.CLIENT].hold("dialling", full=True)  # until there is somewhere to put the bytes
            self.world.start(self._dial())

    @property
    def _is_silent_to_the_server(self) -> bool:
        return any(isinstance(each, SilenceStage) and not each.sleeps for each in self.pipelines[Role.CLIENT].stages)

    def pass_on(self, role: Role, data: bytes) -> None:
        """Bytes of `role` came in."""
        tape, line = self._context.tape, self.line
        self.touched = self.world.now()
        if tape is not None and line is not None and role not in line.ours:
            tape.record(line.number, tag(RecordKind.TAKEN, role), data)
        self.pipelines[role].feed(data)

    def fin(self, role: Role) -> None:
        """`role` closed its direction."""
        self._record_foreign(RecordKind.FIN_SENT, role)
        self.pipelines[role].sign(TcpSignal.FIN)

    def lost(self, role: Role, error: Exception | None) -> None:
        """An end is gone: a reset is passed on as a reset."""
        if error is not None:
            if isinstance(error, (ConnectionResetError, BrokenPipeError)):
                self._record_foreign(RecordKind.RST_SENT, role)
            else:
                self._record_foreign(RecordKind.LOST, role, str(error).encode())
            self.pipelines[role].sign(TcpSignal.RST)
        if all(end.transport is None for end in self.ends.values()):
            self._forget()

    # --- what the lanes say -----------------------------------------------------------

    def emit(self, role: Role, item: StreamItem) -> None:
        """What `role` sent goes out on the other side."""
        out = self.ends[role.peer].transport
        if isinstance(item, StreamChunk):
            if out is not None and not out.is_closing():
                self._count(RecordKind.PASSED, role, item.size)
                out.write(item.data)
        elif item is TcpSignal.RST:
            if out is not None:
                self.world.reset(out)
        else:
            self._pass_fin(role, out)

    def _pass_fin(self, role: Role, out: asyncio.Transport | None) -> None:
        whole = out is None or out.can_write_eof()
        if out is not None and whole and not out.is_closing():
            self.world.end_writing(out)
        self._leave(role)
        if not whole:
            self._close()

    def _leave(self, role: Role) -> None:
        """Nothing more comes of `role`."""
        self._left.add(role)
        if self.is_over and not self._is_unheard:
            self._close()
        elif self.is_over and self.world.is_real and self._farewell is None:
            self._farewell = self.world.later(FORGOTTEN_AFTER, self.drop)

    def hold(self, role: Role, *, full: bool) -> None:
        """A lane holds too much, or no longer."""
        self.ends[role].hold("lane", full=full)

    def swallowed(self, role: Role, piece: StreamChunk, words: str) -> None:
        """Bytes go no further."""
        self._record(RecordKind.SWALLOWED, role, pack_change(piece.start, piece.size, b"", words))

    def unheard(self, role: Role) -> None:
        """It left, and nobody is told."""
        self._is_unheard = True
        self._leave(role)

    def changed(self, role: Role, piece: StreamChunk, words: str) -> None:
        """Other bytes go on."""
        self._record(RecordKind.CHANGED, role, pack_change(piece.start, piece.size, piece.data, words))

    def tell(self, words: str) -> None:
        """A sentence for the tape."""
        self._context.note(words, line=self.line)

    def stir(self) -> None:
        """Whoever watches looks again."""
        if self._context.tape is not None:
            self._context.tape.stir()

    # --- faults -----------------------------------------------------------------------------

    def apply(self, faults: Sequence[Fault]) -> None:
        """These faults from now on; those that stood already go on as they were."""
        for role, pipeline in self.pipelines.items():
            pipeline.stand([*self._stages(pipeline, [each for each in faults if each.touches(role)])])
        stay = [each for each in self._watchers if each.fault in faults]
        for gone in self._watchers:
            if gone not in stay:
                gone.stop()
        known = [each.fault for each in stay]
        self._watchers = stay
        for fault in faults:
            made = None if fault in known else watcher(fault, self)
            if made is not None:
                self._watchers.append(made)
                made.start()

    def _stages(self, pipeline: Pipeline, faults: Sequence[Fault]) -> Iterable[Stage]:
        old = list(pipeline.stages)
        for fault in faults:
            same = next((each for each in old if each.fault == fault), None)
            if same is not None:
                old.remove(same)
                yield same
            elif (made := stage(fault, pipeline)) is not None:
                yield made
        yield from (each for each in old if each.is_forever)

    def fall_silent(self, of: Role | None) -> None:
        """It is told; the bytes are swallowed in the lanes."""
        self._record(RecordKind.SILENCE, of)
        self.ends[Role.CLIENT].hold("dialling", full=False)

    def swallow(self) -> None:
        """An intermediary swallows everything from now on, whatever the link's faults become."""
        for pipeline in self.pipelines.values():
            pipeline.stand([*pipeline.stages, SilenceStage(Silence(), pipeline)])
        self.fall_silent(None)

    def forget(self) -> None:
        """An intermediary knows nothing of the connection any more."""
        for pipeline in self.pipelines.values():
            pipeline.stand([ForgetStage(Silence(), pipeline), *pipeline.stages])

    def cut(self, *, gently: bool) -> None:
        """End both TCP connections."""
        self._record(RecordKind.CUT_GENTLY if gently else RecordKind.CUT)
        if gently:
            self._close()
            return
        for role in Role:
            self.reset(role)

    def reset(self, role: Role) -> None:
        """RST to one side."""
        transport = self.ends[role].transport
        if transport is not None:
            self.world.reset(transport)

    def drop(self) -> None:
        """Let go of both sockets."""
        for end in self.ends.values():
            if end.transport is not None:
                end.transport.abort()

    # --- inside -----------------------------------------------------------------------------------

    async def _dial(self) -> None:
        target, line = self._relay.target, self.line
        assert line is not None

        def expect(own: Address) -> None:
            self._addresses.append((own, target))
            self._context.expect(own, target, line)

        trust = self._relay.trust
        context, name = (None, None) if trust is None else (trust.context, trust.name)
        try:
            await self.world.dial(
                lambda: self.ends[Role.SERVER],
                target,
                timeout=self._context.timeout,
                bound=expect,
                ssl=context,
                server_hostname=name,
            )
        except OSError as error:
            self.tell(f"The link cannot reach {target}: {_why_not(error, target, trust)}.")
            self.drop()
        finally:
            if self.ends[Role.CLIENT].transport is None:  # the client left in the meantime
                self.drop()

    def _close(self) -> None:
        for end in self.ends.values():
            if end.transport is not None:
                end.transport.close()

    def _forget(self) -> None:
        self._relay.cables.discard(self)
        for gone in self._watchers:
            gone.stop()
        if self._farewell is not None:
            self._farewell.cancel()
        for pair in self._addresses:
            self._context.forget(*pair)
        self.stir()

    def _count(self, what: RecordKind, role: Role, size: int) -> None:
        if self._context.tape is not None and self.line is not None:
            self._context.tape.record_count(self.line.number, tag(what, role), size)

    def _record_foreign(self, what: RecordKind, role: Role, data: bytes = b"") -> None:
        """What a peer that is not ours does to TCP; ours tell it themselves."""
        if self.line is not None and role not in self.line.ours:
            self._record(what, role, data)

    def _record(self, what: RecordKind, role: Role | None = None, data: bytes = b"") -> None:
        if self._context.tape is not None and self.line is not None:
            self._context.tape.record(self.line.number, tag(what, role), data)


def _why_not(error: OSError, target: Address, trust: Tls | None) -> str:
    refused = None if trust is None else trust.refused(error, target)
    if refused is not None:
        return refused.sentence.removesuffix(".")
    return "nobody listens there" if isinstance(error, ConnectionRefusedError) else error.strerror or str(error)
