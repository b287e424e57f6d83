"""The inside of a link: a relay that listens, and a cable for each connection that goes through.

Rules of this module: without faults bytes are passed on just as they come, and FIN and RST too, in each direction by
itself; nothing is known of frames. TLS is spoken to the server alone, where that wants it. A reader that stops reading
stops the writer, as without a link.

What it leaves out: what a user calls (`link`), what each fault does (`stages`, `watchers`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from wslab.lab.bench import Bench, Line
from wslab.lab.faults import Fault, Silence
from wslab.lab.lane import Item, Lane, Piece, Sign, Stage
from wslab.lab.records import What, pack_change, tag
from wslab.lab.stages import ForgetStage, SilenceStage, stage
from wslab.lab.tls import Tls, tls_words
from wslab.lab.watchers import Watcher, watcher
from wslab.lab.world import Address, Listens
from wslab.protocol import Role

FORGOTTEN_AFTER = 60.0
"""Seconds after which a system forgets a connection that it closed and the other side did not (Linux's FIN_WAIT_2)."""


class _End(asyncio.Protocol):
    """One of the two TCP connections of a cable: `role` is who speaks at it."""

    def __init__(self, cable: Cable, role: Role) -> None:
        self.transport: asyncio.Transport | None = None
        self._cable = cable
        self._role = role
        self._held_by: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._cable.joined(self._role, transport)

    def data_received(self, data: bytes) -> None:
        self._cable.pass_on(self._role, data)

    def eof_received(self) -> bool:
        self._cable.fin(self._role)
        # the other direction lives on; under TLS it cannot
        return self.transport is not None and self.transport.can_write_eof()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._cable.lost(self._role, error)

    def pause_writing(self) -> None:
        self._cable.ends[self._role.peer].hold("writer", full=True)

    def resume_writing(self) -> None:
        self._cable.ends[self._role.peer].hold("writer", full=False)

    def hold(self, why: str, *, full: bool) -> None:
        """Read no more while there is a reason."""
        was = bool(self._held_by)
        (self._held_by.add if full else self._held_by.discard)(why)
        if self.transport is not None and was is not bool(self._held_by):
            (self.transport.pause_reading if full else self.transport.resume_reading)()


class Cable:
    """What stands between one client and its server: two TCP connections, and a lane for each direction."""

    def __init__(self, relay: Relay) -> None:
        self.world = relay.bench.world
        self.random = relay.bench.random("link")
        self.line: Line | None = None
        self.ends = {role: _End(self, role) for role in Role}
        self.lanes = {role: Lane(self, role) for role in Role}
        self.since = self.touched = self.world.now()
        self._relay = relay
        self._bench = relay.bench
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
        self.line = self._bench.line(client, own)
        self.line.linked = True
        self.random = self._bench.random(f"link/{self.line.number}")
        self._addresses.append((client, own))
        self._relay.cables.add(self)
        self._record(What.LINKED)
        self.since = self.touched = self.world.now()
        self.apply(self._relay.faults)
        if self._is_silent_to_the_server:
            self._left.add(Role.SERVER)  # it never comes
        else:
            self.ends[Role.CLIENT].hold("dialling", full=True)  # until there is somewhere to put the bytes
            self.world.start(self._dial())

    @property
    def _is_silent_to_the_server(self) -> bool:
        return any(isinstance(each, SilenceStage) and not each.sleeps for each in self.lanes[Role.CLIENT].stages)

    def pass_on(self, role: Role, data: bytes) -> None:
        """Bytes of `role` came in."""
        tape, line = self._bench.tape, self.line
        self.touched = self.world.now()
        if tape is not None and line is not None and role not in line.ours:
            tape.record(line.number, tag(What.TAKEN, role), data)
        self.lanes[role].feed(data)

    def fin(self, role: Role) -> None:
        """`role` closed its direction."""
        self._record_foreign(What.FIN_SENT, role)
        self.lanes[role].sign(Sign.FIN)

    def lost(self, role: Role, error: Exception | None) -> None:
        """An end is gone: a reset is passed on as a reset."""
        if error is not None:
            if isinstance(error, (ConnectionResetError, BrokenPipeError)):
                self._record_foreign(What.RST_SENT, role)
            else:
                self._record_foreign(What.LOST, role, str(error).encode())
            self.lanes[role].sign(Sign.RST)
        if all(end.transport is None for end in self.ends.values()):
            self._forget()

    # --- what the lanes say -----------------------------------------------------------

    def emit(self, role: Role, item: Item) -> None:
        """What `role` sent goes out on the other side."""
        out = self.ends[role.peer].transport
        if isinstance(item, Piece):
            if out is not None and not out.is_closing():
                self._count(What.PASSED, role, item.size)
                out.write(item.data)
        elif item is Sign.RST:
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

    def swallowed(self, role: Role, piece: Piece, words: str) -> None:
        """Bytes go no further."""
        self._record(What.SWALLOWED, role, pack_change(piece.start, piece.size, b"", words))

    def unheard(self, role: Role) -> None:
        """It left, and nobody is told."""
        self._is_unheard = True
        self._leave(role)

    def changed(self, role: Role, piece: Piece, words: str) -> None:
        """Other bytes go on."""
        self._record(What.CHANGED, role, pack_change(piece.start, piece.size, piece.data, words))

    def tell(self, words: str) -> None:
        """A sentence for the tape."""
        self._bench.note(words, line=self.line)

    def stir(self) -> None:
        """Whoever watches looks again."""
        if self._bench.tape is not None:
            self._bench.tape.stir()

    # --- faults -----------------------------------------------------------------------------

    def apply(self, faults: Sequence[Fault]) -> None:
        """These faults from now on; those that stood already go on as they were."""
        for role, lane in self.lanes.items():
            lane.stand([*self._stages(lane, [each for each in faults if each.touches(role)])])
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

    def _stages(self, lane: Lane, faults: Sequence[Fault]) -> Iterable[Stage]:
        old = list(lane.stages)
        for fault in faults:
            same = next((each for each in old if each.fault == fault), None)
            if same is not None:
                old.remove(same)
                yield same
            elif (made := stage(fault, lane)) is not None:
                yield made
        yield from (each for each in old if each.is_forever)

    def fall_silent(self, of: Role | None) -> None:
        """It is told; the bytes are swallowed in the lanes."""
        self._record(What.SILENCE, of)
        self.ends[Role.CLIENT].hold("dialling", full=False)

    def swallow(self) -> None:
        """An intermediary swallows everything from now on, whatever the link's faults become."""
        for lane in self.lanes.values():
            lane.stand([*lane.stages, SilenceStage(Silence(), lane)])
        self.fall_silent(None)

    def forget(self) -> None:
        """An intermediary knows nothing of the connection any more."""
        for lane in self.lanes.values():
            lane.stand([ForgetStage(Silence(), lane), *lane.stages])

    def cut(self, *, gently: bool) -> None:
        """End both TCP connections."""
        self._record(What.CUT_GENTLY if gently else What.CUT)
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
            self._bench.expect(own, target, line)

        trust = self._relay.trust
        context, name = (None, None) if trust is None else (trust.context, trust.name)
        try:
            await self.world.dial(
                lambda: self.ends[Role.SERVER],
                target,
                timeout=self._bench.timeout,
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
            self._bench.forget(*pair)
        self.stir()

    def _count(self, what: What, role: Role, size: int) -> None:
        if self._bench.tape is not None and self.line is not None:
            self._bench.tape.record_count(self.line.number, tag(what, role), size)

    def _record_foreign(self, what: What, role: Role, data: bytes = b"") -> None:
        """What a peer that is not ours does to TCP; ours tell it themselves."""
        if self.line is not None and role not in self.line.ours:
            self._record(what, role, data)

    def _record(self, what: What, role: Role | None = None, data: bytes = b"") -> None:
        if self._bench.tape is not None and self.line is not None:
            self._bench.tape.record(self.line.number, tag(what, role), data)


def _why_not(error: OSError, target: Address, trust: Tls | None) -> str:
    refused = None if trust is None else trust.refused(error, target)
    if refused is not None:
        return refused.sentence.removesuffix(".")
    return "nobody listens there" if isinstance(error, ConnectionRefusedError) else error.strerror or str(error)


class Relay:
    """The inside of a link: a listener that makes a cable for each connection."""

    def __init__(self, bench: Bench, target: Address, faults: tuple[Fault, ...], trust: Tls | None = None) -> None:
        self.bench = bench
        self.target = target
        self.trust = trust
        self.faults = faults
        self.cables: set[Cable] = set()
        self.address = Address("", 0)
        self._listening: Listens | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        self._listening = await self.bench.world.listen(lambda: Cable(self).ends[Role.CLIENT], host, port)
        self.address = self._listening.address
        self.bench.parts.add(self)

    @property
    def in_order(self) -> list[Cable]:
        """The cables by the numbers of their connections."""
        return sorted(self.cables, key=lambda each: each.number)

    def apply(self, faults: tuple[Fault, ...]) -> None:
        """Every cable, and those to come."""
        self.faults = faults
        self.bench.world.enter(self._apply)

    def _apply(self) -> None:
        for cable in self.in_order:
            cable.apply(self.faults)
        if self.bench.tape is not None:
            self.bench.tape.stir()

    def cut(self, *, gently: bool) -> None:
        """Every cable; those to come are whole."""
        for cable in self.in_order:
            cable.cut(gently=gently)

    def drop(self) -> None:
        """Listen no more, and let go of every cable."""
        listening, self._listening = self._listening, None
        self.bench.parts.discard(self)
        if listening is not None:
            listening.close()
        for cable in self.in_order:
            cable.drop()
