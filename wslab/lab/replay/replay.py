"""`Replay`: a recorded connection as a peer for a program of yours.

How it works: `serve` listens with asyncio's own streams, and `connect` dials with them. So it runs on whichever loop
is there: on real sockets, and within `Lab(clock="virtual").run(...)` on TCP in memory and in virtual time. Each
connection is a `ReplaySession`, and all of them are on one tape.

Nothing listens or dials beyond loopback unless `beyond_loopback=True` asks for it. At most `MOST_SESSIONS` connections
run at once, and `MOST_RESULTS` results are kept, the newest ones.

What it leaves out: loading files (`wslab.replay`), and several recorded connections in one replay.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from wslab.lab.errors import HandshakeRefused
from wslab.lab.network.address import LOOPBACK, Address, is_loopback
from wslab.lab.network.ports import named_holder
from wslab.lab.network.tls import Tls, check_server_context
from wslab.lab.network.uri import WebSocketURI, parse_uri
from wslab.lab.replay.deviation import Deviation, ReplayResult
from wslab.lab.replay.heads import request_for
from wslab.lab.replay.script import Script, choose_connection, read_script
from wslab.lab.replay.session import Heard, Pace, ReplaySession, ReplaySessions
from wslab.protocol import Role
from wslab.protocol.numbers import read_seconds, read_size
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.sentences import sentence_of
from wslab.tape.tape import Tape

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    import ssl

log = logging.getLogger("wslab")

MOST_SESSIONS = 100
"""Connections that a replay serves at once; of any more, TCP is closed."""

MOST_RESULTS = 1000
"""Results that a server of a replay keeps."""

_NOBODY = "Nobody listens at {}: start the server, or fix the port."


class Replay:
    """One connection of a recording, ready to be played again; `wslab.replay` makes it.

    `connection` is its number in the recording, and `connections` are all that could be chosen. `fast` leaves the
    recorded pauses out. `timeout` is what each wait for the other side may take beyond its recorded time, in seconds.
    `on_deviation(connection, deviation)` is called as each is found. `tape_bytes` limits the tape of the replay.
    """

    def __init__(
        self,
        recording: Tape,
        *,
        connection: int | None = None,
        fast: bool = False,
        timeout: float = 10.0,
        on_deviation: Heard | None = None,
        tape_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self._recording = recording
        self._pace = Pace(fast, read_seconds("timeout", timeout, forever=False))
        self._heard = on_deviation
        self._tape_bytes = read_size("tape_bytes", tape_bytes)
        self._sessions: ReplaySessions | None = None
        self.connection = choose_connection(recording, connection)

    @property
    def tape(self) -> Tape:
        """What happens in the replay, all connections. `RuntimeError` where no event loop runs and none was used."""
        return self._here().tape

    @property
    def masked(self) -> int:
        """How many secrets of its heads are asterisks in the recording: they are sent as asterisks."""
        return self._script(Role.CLIENT).masked

    async def serve(
        self,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        tls: ssl.SSLContext | None = None,
        beyond_loopback: bool = False,
    ) -> ReplayServer:
        """The recorded server, listening for clients: each connection is a replay from the beginning.

        `port` 0 takes a free one. `tls` is a context with a server's certificate.

        Raises `PortInUse` where somebody listens at the port, another `OSError` where the address cannot be
        had, `ValueError` for one beyond this machine.
        """
        check_server_context(tls)
        _check_host(host, beyond_loopback=beyond_loopback)
        server = ReplayServer(self._script(Role.SERVER), self._pace, self._here())
        with named_holder(host, port):
            await server.start(host, port, tls)
        return server

    async def connect(
        self, url: str, *, tls: ssl.SSLContext | None = None, beyond_loopback: bool = False
    ) -> ReplayResult:
        """The recorded client against the server at `url`; returns how it went once the connection is over.

        A path in the URL takes the place of the recorded one. `tls` says whom to trust at a wss:// address; None is
        whom the system trusts.

        Raises `ConnectionRefusedError` where nobody listens, `HandshakeRefused` where TLS fails, `TimeoutError` where
        TCP is not taken within the time limit, `ValueError` for a URL that is not one or leads beyond this machine.
        """
        uri = parse_uri(url)
        _check_host(uri.address.host, beyond_loopback=beyond_loopback)
        reader, writer = await self._dial(uri, tls)
        script = self._script(Role.CLIENT)
        return await ReplaySession(script, self._pace, self._here(), reader, writer).run(request_for(script, uri))

    async def _dial(
        self, uri: WebSocketURI, tls: ssl.SSLContext | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        trust = Tls(tls, uri.name) if uri.secure else None
        security: dict[str, Any] = {} if trust is None else {"ssl": trust.context, "server_hostname": trust.name}
        try:
            async with asyncio.timeout(self._pace.timeout):
                return await asyncio.open_connection(*uri.address, **security)
        except TimeoutError:
            raise TimeoutError(f"{uri.address} did not take a connection within {self._pace.timeout:g} s.") from None
        except ConnectionRefusedError:
            raise ConnectionRefusedError(_NOBODY.format(uri.address)) from None
        except OSError as error:
            failed = None if trust is None else trust.failed(error, uri.address, "client")
            if failed is None:
                raise
            raise HandshakeRefused(0, sentence_of(failed)) from error

    def _here(self) -> ReplaySessions:
        """The tape with its connections; on another event loop, whose time is another one, a new tape."""
        if self._sessions is None or not self._sessions.is_here:
            self._sessions = ReplaySessions(self._heard, self._tape_bytes)
        return self._sessions

    def _script(self, role: Role) -> Script:
        return read_script(self._recording, self.connection, role)

    def __repr__(self) -> str:
        return f"<Replay of connection {self.connection}>"


class ReplayServer:
    """The recorded server. `results` are those of the connections that are over, the newest 1,000 of them.

    Use it with `async with`, or call `close`.
    """

    def __init__(self, script: Script, pace: Pace, sessions: ReplaySessions) -> None:
        self.results: deque[ReplayResult] = deque(maxlen=MOST_RESULTS)
        self._script = script
        self._pace = pace
        self._sessions = sessions
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Condition()
        self._count = 0  # of those that are over

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, host, port, ssl=tls)
        self.address = Address(*self._server.sockets[0].getsockname()[:2])
        self._scheme = "ws" if tls is None else "wss"

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{self._scheme}://{self.address}/"

    @property
    def port(self) -> int:
        """The port at which it listens."""
        return self.address.port

    @property
    def tape(self) -> Tape:
        """What happened in the replay, all connections."""
        return self._sessions.tape

    @property
    def deviations(self) -> list[Deviation]:
        """Those of all connections that are over and whose results are kept."""
        return [each for result in self.results for each in result.deviations]

    async def result(self, number: int = 1, *, timeout: float = 60.0) -> ReplayResult:
        """How the connection `number` went, in the order of their ends, from 1.

        Raises `TimeoutError` where it is not over within `timeout` seconds, `ValueError` where its result is no longer
        kept.
        """
        if self._count - number >= MOST_RESULTS:
            raise ValueError(f"Only the newest {MOST_RESULTS:,} results are kept, and {number} is not one of them.")
        try:
            async with asyncio.timeout(read_seconds("timeout", timeout)), self._ended:
                await self._ended.wait_for(lambda: self._count >= number)
        except TimeoutError:
            raise TimeoutError(f"Connection {number} of the replay is not over after {timeout:g} s.") from None
        return self.results[number - 1 - self._count]

    async def close(self) -> None:
        """Take no more connections, and end those that run."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> ReplayServer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<ReplayServer at {self.url}, {self._count} replayed>"

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MOST_SESSIONS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._replay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = ReplaySession(self._script, self._pace, self._sessions, reader, writer)
        try:
            await session.run()
        except Exception:  # of the caller's `on_deviation`
            log.exception("The replay of connection %s ended with an error.", session.number)
        self.results.append(session.result)
        async with self._ended:
            self._count += 1
            self._ended.notify_all()


def _check_host(host: str, *, beyond_loopback: bool) -> None:
    if not beyond_loopback and not is_loopback(host):
        raise ValueError(f"{host} is beyond this machine, and a replay stays on it: beyond_loopback=True lets it out.")
