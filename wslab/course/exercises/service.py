"""The server that `check_reconnect` plays: numbered items, and all that can befall the connections to it.

How it works: a client says once, as its first message, what it has: `after 3`. The server then sends every item above
that number, one message each, the text of which is the number: `4`. It keeps all items, so who asks for them gets
them. When all is over it closes with 1000, and so it does to clients that come later.

`connect` is what the learner's function is given. It dials the server through a link, and counts. While the server is
down it raises `ConnectionRefusedError`, as an address does at which nobody listens; while it starts, the server answers
503, and where it lets nobody in, 403, both of which `connect` raises as `HandshakeRefused`.

Left out: what happens when (`reconnect`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from wslab.lab import ConnectionClosed, Endpoint, Lab, Server
from wslab.lab.faults.base import Fault
from wslab.lab.link.link import Link
from wslab.protocol import HandshakeRequest

__all__ = ["MOST_DIALS", "Client", "Service"]

MOST_DIALS = 400
"""Attempts of one client after which its run ends: it goes on without end."""


@dataclass
class Client:
    """What one client did: when it dialled, on which connections, and which items it showed, each with its moment.

    `got_in` says whether its last dial opened a connection.
    """

    dials: list[float] = field(default_factory=list)
    connections: list[Endpoint] = field(default_factory=list)
    shown: list[tuple[float, int]] = field(default_factory=list)
    got_in: bool = False

    @property
    def items(self) -> list[int]:
        """The items in the order in which they were shown."""
        return [item for _, item in self.shown]

    def items_by(self, moment: float | None) -> list[int]:
        """Those that were shown up to a moment (None: all)."""
        return [item for at, item in self.shown if moment is None or at <= moment]


class Service:
    """The server, the link to it, and its clients.

    `again` is how many items it sends once more to a client that comes back: a server that does not know for certain
    what arrived errs on that side. `asked` has for each connection the number above which its client wants the items,
    and `told` are the connections whose clients are told with 1000 that all is over, where the path is not dead.
    """

    def __init__(self, lab: Lab, clients: int = 1, again: int = 0) -> None:
        self.lab = lab
        self.clients = [Client() for _ in range(clients)]
        self.strangers: list[str] = []
        self.asked: dict[int, int] = {}
        self.told: set[int] = set()
        self.over_at: float | None = None
        self.enough = asyncio.Event()
        self.crashes = False
        self.status = 101
        self.published = 0
        self.server: Server
        self.link: Link
        self._again = again
        self._news = asyncio.Event()
        self._is_down = False

    async def open(self, *faults: Fault) -> None:
        """Listen, behind a link with these faults."""
        self.server = await self.lab.serve(self._tell, on_request=self._on_request)
        self.link = await self.lab.link(self.server, *faults)

    # --- what a client is given --------------------------------------------------------------

    def connect_of(self, client: Client) -> Callable[[], object]:
        """`connect` of one client: it dials, and gives the connection."""

        async def connect() -> Endpoint:
            client.dials.append(self.lab.now)
            client.got_in = False
            if len(client.dials) > MOST_DIALS:
                self.enough.set()
                await asyncio.sleep(10)
            if self._is_down:
                await asyncio.sleep(0.001)
                raise ConnectionRefusedError("Nobody listens: the server is down.")
            ws = await self.lab.connect(self.link, timeout=20)
            client.connections.append(ws)
            client.got_in = True
            return ws

        return connect

    def show_of(self, client: Client) -> Callable[[object], None]:
        """`show` of one client: it takes an item, as a number or as text."""

        def show(item: object) -> None:
            client.shown.append((self.lab.now, int(str(item))))

        return show

    # --- the server --------------------------------------------------------------------------

    def _on_request(self, request: HandshakeRequest) -> tuple[int, str] | None:
        return None if self.status == 101 else (self.status, "not now" if self.status == 503 else "not you")

    async def _tell(self, ws: Endpoint) -> None:
        """One connection: what it has, and then everything above that."""
        try:
            said = str(await ws.recv(timeout=60))
        except (ConnectionClosed, TimeoutError):
            self.strangers.append("")
            return
        found = re.fullmatch(r"after (\d{1,9})", said)
        if found is None:
            self.strangers.append(said)
            await ws.close_quietly(1008, "say what you have: after 3")
        elif self.crashes:
            ws.abort()
        else:
            with suppress(ConnectionClosed):
                self.asked[ws.number] = int(found[1])
                await self._send_above(ws, max(0, int(found[1]) - self._again))

    async def _send_above(self, ws: Endpoint, number: int) -> None:
        while True:
            while number < self.published:
                number += 1
                await ws.send(str(number))
            if self.over_at is not None:
                if ws.is_open:  # its client has not closed it before
                    self.told.add(ws.number)
                return  # the lab closes with 1000
            await self._news.wait()

    async def publish(self, count: int, every: float) -> None:
        """So many items, one each so many seconds."""
        for _ in range(count):
            await asyncio.sleep(every)
            self.published += 1
            self._tell_all()

    def _tell_all(self) -> None:
        self._news.set()
        self._news.clear()

    # --- what befalls it ---------------------------------------------------------------------

    async def restart(self, seconds: float, code: int | None) -> None:
        """Close everything with a code, or die (None), and be back after so many seconds."""
        self.lab.tape.note(0, None, f"The server is down for {seconds:g} s.")
        port = self.server.port
        self._is_down = True
        if code is None:
            self.server.kill()
        else:
            await self.server.close(code, timeout=1)
        await asyncio.sleep(seconds)
        self.server = await self.lab.serve(self._tell, port=port, on_request=self._on_request)
        self._is_down = False
        self.lab.tape.note(0, None, "The server is back.")

    def ended(self, ws: Endpoint) -> bool:
        """Whether the 1000 with which a client's connection ended is the server's."""
        return ws.close_code == 1000 and ws.number in self.told

    def end(self) -> None:
        """All is over: 1000 for everybody."""
        self.over_at = self.lab.now
        self._tell_all()
