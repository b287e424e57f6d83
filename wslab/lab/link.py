"""A cable that one can pull: a TCP relay on loopback between a client and a server.

Rules of this module: a link passes bytes on just as they come, and FIN and RST too, in each
direction by itself; it knows nothing of frames. A reader that stops reading stops the writer, as without a link.
A fault changes what a `Cable` does with the next bytes. Real peers go through a link as ours do.

There is no way back from silence: what a silent link swallowed was acknowledged to its sender, so no TCP will send
it again, and a stream with a hole would be a lie. Make a new link.

What it leaves out: faults that only delay or change bytes; they become stages of the same cable.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wslab.lab.bench import Bench, Line
from wslab.lab.records import What, tag
from wslab.lab.world import Address, Listens
from wslab.protocol import Role

if TYPE_CHECKING:
    from wslab.lab.lab import Lab


class _End(asyncio.Protocol):
    """One of the two TCP connections of a cable: `role` is who speaks at it."""

    def __init__(self, cable: Cable, role: Role) -> None:
        self.transport: asyncio.Transport | None = None
        self._cable = cable
        self._role = role

    @property
    def _other(self) -> _End:
        """The end at which the bytes of this one leave."""
        return self._cable.ends[self._role.peer]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._cable.joined(self._role, transport)

    def data_received(self, data: bytes) -> None:
        self._cable.pass_on(self._role, data)

    def eof_received(self) -> bool:
        self._cable.pass_fin(self._role)
        return True  # the other direction lives on

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._cable.lost(self._role, error)

    def pause_writing(self) -> None:
        if self._other.transport is not None:
            self._other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other.transport is not None:
            self._other.transport.resume_reading()


class Cable:
    """What stands between one client and its server: two TCP connections and what passes between them."""

    def __init__(self, relay: Relay) -> None:
        self.silent = relay.silent
        self.line: Line | None = None
        self.ends = {role: _End(self, role) for role in Role}
        self._relay = relay
        self._bench = relay.bench
        self._fins: set[Role] = set()
        self._addresses: list[tuple[Address, Address]] = []

    # --- what the ends report ---------------------------------------------------------

    def joined(self, role: Role, transport: asyncio.Transport) -> None:
        """An end stands: the client's first, then ours to the server."""
        if role is Role.SERVER:
            self._resume_client()
            return
        own, client = self._bench.world.addresses(transport)
        self.line = self._bench.line(client, own)
        self.line.linked = True
        self._addresses.append((client, own))
        self._relay.cables.add(self)
        self._record(What.LINKED)
        if self.silent:
            self._record(What.SILENCE)
        else:
            transport.pause_reading()  # until there is somewhere to put the bytes
            self._bench.world.start(self._dial())

    def pass_on(self, role: Role, data: bytes) -> None:
        """Bytes of `role` came in: put them out on the other side."""
        tape, line, out = self._bench.tape, self.line, self.ends[role.peer].transport
        if tape is not None and line is not None and role not in line.ours:
            tape.record(line.number, tag(What.TAKEN, role), data)
        if self.silent or out is None:
            return
        if tape is not None and line is not None:
            tape.record_count(line.number, tag(What.PASSED, role), len(data))
        out.write(data)

    def pass_fin(self, role: Role) -> None:
        """`role` closed its direction: so does the other side; when both did, the cable is done."""
        out = self.ends[role.peer].transport
        if self.silent:
            return
        self._fins.add(role)
        if out is not None and not out.is_closing():
            out.write_eof()
        if len(self._fins) == len(Role):
            self._close()

    def lost(self, role: Role, error: Exception | None) -> None:
        """An end is gone: a reset is passed on as a reset."""
        out = self.ends[role.peer].transport
        if out is not None and error is not None and not self.silent:
            self._bench.world.reset(out)
        if all(end.transport is None for end in self.ends.values()):
            self._forget()

    # --- faults -----------------------------------------------------------------------------

    def silence(self) -> None:
        """Swallow everything from now on."""
        if not self.silent:
            self.silent = True
            self._record(What.SILENCE)
            self._resume_client()

    def cut(self, *, gently: bool) -> None:
        """End both TCP connections."""
        self._record(What.CUT_GENTLY if gently else What.CUT)
        if gently:
            self._close()
            return
        for end in self.ends.values():
            if end.transport is not None:
                self._bench.world.reset(end.transport)

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

        try:
            await self._bench.world.dial(
                lambda: self.ends[Role.SERVER], target, timeout=self._bench.timeout, bound=expect
            )
        except OSError as error:
            self._bench.note(f"The link cannot reach {target}: {error.strerror or error}.", line=line)
            self.drop()
        finally:
            if self.ends[Role.CLIENT].transport is None:  # the client left in the meantime
                self.drop()

    def _resume_client(self) -> None:
        client = self.ends[Role.CLIENT].transport
        if client is not None:
            client.resume_reading()

    def _close(self) -> None:
        for end in self.ends.values():
            if end.transport is not None:
                end.transport.close()

    def _forget(self) -> None:
        self._relay.cables.discard(self)
        for pair in self._addresses:
            self._bench.forget(*pair)

    def _record(self, what: What) -> None:
        if self._bench.tape is not None and self.line is not None:
            self._bench.tape.record(self.line.number, tag(what))


class Relay:
    """The inside of a link: a listener that makes a cable for each connection."""

    def __init__(self, bench: Bench, target: Address) -> None:
        self.bench = bench
        self.target = target
        self.cables: set[Cable] = set()
        self.silent = False
        self.address = Address("", 0)
        self._listening: Listens | None = None

    async def start(self, host: str) -> None:
        """Listen at a free port."""
        self._listening = await self.bench.world.listen(lambda: Cable(self).ends[Role.CLIENT], host, 0)
        self.address = self._listening.address
        self.bench.parts.add(self)

    def silence(self) -> None:
        """Every cable, and those to come."""
        self.silent = True
        for cable in list(self.cables):
            cable.silence()

    def cut(self, *, gently: bool) -> None:
        """Every cable; those to come are whole."""
        for cable in list(self.cables):
            cable.cut(gently=gently)

    def drop(self) -> None:
        """Listen no more, and let go of every cable."""
        listening, self._listening = self._listening, None
        self.bench.parts.discard(self)
        if listening is not None:
            listening.close()
        for cable in list(self.cables):
            cable.drop()


class Link:
    """A cable between clients and a server. Clients dial `url` instead of the server's.

    Everything holds for all connections that go through the link.
    """

    def __init__(self, lab: Lab, relay: Relay, path: str) -> None:
        self._lab = lab
        self._relay = relay
        self._path = path

    @property
    def url(self) -> str:
        """What a client dials: `ws://127.0.0.1:PORT/`."""
        return f"ws://{self._relay.address}{self._path}"

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections that go through it now."""
        return sorted(cable.line.number for cable in self._relay.cables if cable.line is not None)

    def silence(self) -> None:
        """Pull the cable: both directions are swallowed and nobody is told, not even by FIN or RST.

        Each side goes on to believe what it believed (half-open). There is no way back; see the module.
        """
        self._relay.silence()

    def cut(self, *, gently: bool = False) -> None:
        """End the connections at once with RST to both sides, or `gently` with FIN. New connections pass."""
        self._relay.cut(gently=gently)

    async def close(self) -> None:
        """Listen no more, and end what goes through."""
        self._relay.drop()
        await self._relay.bench.world.settle()

    async def __aenter__(self) -> Link:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        state = "silent" if self._relay.silent else "passes everything on"
        return f"<Link at {self.url} to {self._relay.target}, {state}, {len(self._relay.cables)} connections>"
