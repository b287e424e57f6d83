"""One connection that is replayed: it sends what the recording has, and compares what comes.

How it works: two things run. One reads: the bytes go to the tape of the replay, and each head or frame that becomes
whole there is compared (`comparison`). The other goes through the steps of the script: it waits until the other side
has sent what came before, then for the recorded pause (not where `fast`), and sends the recorded bytes.

Each wait has a limit: the time that the recorded side took, and `timeout` seconds more. What did not come by then is a
deviation, and the replay goes on without it, `MOST_WAITS` times. It ends early where the other side ends TCP too soon,
sends a Close that the recording does not have there (it is answered, §5.5.1), or does not read.

Behind the last step it waits for the rest of the recording. A recording that stops while the connection is open ends
with a Close of its own, 1001. A Ping that the recording does not have is answered (§5.5.2).

What it leaves out: listening and dialling (`replay`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from wslab.lab.clock.event_loop import VirtualLoop
from wslab.lab.clock.real import RealClock
from wslab.lab.clock.runner import running_loop
from wslab.lab.context import READ_SIZE
from wslab.lab.network.sockets import SocketNetwork
from wslab.lab.replay.comparison import Comparison
from wslab.lab.replay.deviation import ENDED, FULL, MISSING, MORE, MOST_DEVIATIONS, UNREAD, Deviation, ReplayResult
from wslab.lab.replay.heads import response_for
from wslab.lab.replay.script import FRAMES, HEADS, ReplayStep, Script, compression
from wslab.protocol import CloseCode, Frame, Opcode, Role
from wslab.protocol.handshake.head import is_refusal
from wslab.tape.entry import Entry
from wslab.tape.records import RecordKind, tag
from wslab.tape.tape import Tape

MOST_WAITS = 3
"""Waits in vain behind which a replay ends."""

CLOSE_LIMIT = 1.0
"""Seconds that the other side has to end TCP, or to answer a Close, once the recording is over."""

STOPS, STOPPED = "the recording ends here", "the replay is stopped"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a replay goes: `fast` leaves the recorded pauses out; `timeout` limits each wait, in seconds."""

    fast: bool = False
    timeout: float = 10.0


Heard = Callable[[int, Deviation], object]


class ReplaySessions:
    """The tape of a replay, and the connections on it, each of which is told what became whole there.

    `heard(connection, deviation)` is called with each deviation.
    """

    def __init__(self, heard: Heard | None, max_bytes: int) -> None:
        self._loop = loop = asyncio.get_running_loop()
        epoch = 0.0 if isinstance(loop, VirtualLoop) else RealClock().epoch
        self.tape = Tape(loop.time, loop.call_later, max_bytes=max_bytes, epoch=epoch)
        self.heard = heard
        self.count = 0
        self._sessions: dict[int, ReplaySession] = {}
        self._seen = 0

    @property
    def is_here(self) -> bool:
        """Whether the loop of this tape runs here, or none does."""
        running = running_loop()
        return running is None or running is self._loop

    def begin(self, session: ReplaySession) -> int:
        """One more connection; returns its number."""
        self.count += 1
        self._sessions[self.count] = session
        return self.count

    def end(self, number: int) -> None:
        """A connection is over."""
        self._sessions.pop(number, None)

    def look(self) -> None:
        """Give each connection what became whole since the last look."""
        new = self.tape[self._seen :]
        self._seen += len(new)
        for entry in new:
            if entry.connection in self._sessions:
                self._sessions[entry.connection].take(entry)


class ReplaySession:
    """A connection, from its first byte to its end; `number` is its number on the tape of the replay."""

    def __init__(
        self,
        script: Script,
        pace: Pace,
        sessions: ReplaySessions,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.number = sessions.begin(self)
        self._script = script
        self._pace = pace
        self._sessions = sessions
        self._reader, self._writer = reader, writer
        self._comparison = Comparison(script)
        self._deviations: list[Deviation] = []
        self._more = 0
        self._news = asyncio.Event()
        self._live: dict[str, bytes] = {}  # the heads of this connection
        self._eof = self._over = self._compares_no_more = self._has_sent_all = self._is_fin_sent = False
        self._waits = 0
        self._closed: Entry | None = None  # the other side's Close
        self._has_closed = False
        self._record(RecordKind.ACCEPT if script.role is Role.SERVER else RecordKind.CONNECT, _peer(self._writer))

    @property
    def result(self) -> ReplayResult:
        """How it went so far."""
        return ReplayResult(self.number, self._comparison.compared, tuple(self._deviations), self._more)

    async def run(self, request: bytes = b"") -> ReplayResult:
        """Replay all of it; `request` is what a client sends first. The connection is over then."""
        self._live["client"] = request
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(lambda _: self._read_no_more())
        try:
            for step in self._script.steps:
                if not await self._is_time(step):
                    break
                await self._play(step)
            await self._finish()
        except asyncio.CancelledError:
            self._close(STOPPED)
            raise
        finally:
            reading.cancel()
            self._writer.close()
            self._record(RecordKind.ENDED)
            self._sessions.end(self.number)
            await asyncio.wait({reading})
        if not reading.cancelled():
            reading.result()  # raises what a caller's own function raised
        return self.result

    # --- what comes -----------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(READ_SIZE):
                self._record(RecordKind.ARRIVED, data)
                self._sessions.look()
                self._news.set()
            self._record(RecordKind.FIN_ARRIVED)
        except OSError:
            self._record(RecordKind.RST_ARRIVED)
        self._eof = True
        self._sessions.look()
        self._end_early()

    def _read_no_more(self) -> None:
        self._over |= not self._eof  # reading failed
        self._news.set()

    def take(self, entry: Entry) -> None:
        """Take in what became whole on the tape of this connection; what it sent itself needs no look."""
        if entry.sender != self._script.role.peer.value or entry.tcp is not None or not entry.data:
            return
        if entry.kind == "http":
            self._hear(entry)
        if self._is_behind_the_end():
            return
        deviation = self._comparison.take(entry)
        if deviation is not None:
            self._deviate(deviation)
        if entry.opcode == Opcode.CLOSE and entry.header_size:
            self._closed = entry
            self._over |= deviation is not None and deviation.kind != MISSING and not _is_close(deviation.recorded)
        elif deviation is not None and deviation.kind == MORE and entry.opcode == Opcode.PING:
            self._answer(entry)

    def _answer(self, ping: Entry) -> None:
        """Answer a Ping that the recording does not have; not while the other side does not read."""
        if self._writer.transport.get_write_buffer_size() < READ_SIZE:
            self._write(self._masked(Frame.pong(ping.plain or b"")))

    def _is_behind_the_end(self) -> bool:
        """Whether what comes now is behind the end of the recording, which stopped while the connection was open."""
        if self._script.is_open and self._has_sent_all and self._has(self._script.arrived):
            self._compares_no_more = True
        return self._compares_no_more

    def _hear(self, entry: Entry) -> None:
        self._live[entry.sender] = entry.data
        if self._script.role is Role.CLIENT:
            self._agree()

    def _agree(self) -> None:
        """Both heads are there: see whether the compression is that of the recording."""
        live = compression(self._live.get("client"), self._live.get("server"))
        self._comparison.inflates = live == self._script.agreed

    def _end_early(self) -> None:
        """TCP ended: where the recording has more, that is a deviation."""
        for queue in (HEADS, FRAMES):
            is_missed = self._comparison.at[queue] < self._script.arrived[queue]
            if is_missed and not (self._compares_no_more or self._over):
                self._over = True
                self._deviate(self._comparison.missing(self._comparison.next_in(queue), kind=ENDED))

    def _deviate(self, deviation: Deviation) -> None:
        if len(self._deviations) == MOST_DEVIATIONS:
            self._more += 1
            return
        self._deviations.append(deviation)
        if self._sessions.heard is not None:
            self._sessions.heard(self.number, deviation)

    # --- what is waited for ---------------------------------------------------------------

    async def _is_time(self, step: ReplayStep) -> bool:
        """Wait for what came before a step, and for its pause; False where the replay is over."""
        await self._await_all(step.after, step.elapsed)
        if step.pause and not self._pace.fast:
            await self._until(lambda: self._over, step.pause)
        return not self._over

    async def _await_all(self, after: Mapping[str, int], recorded: float) -> None:
        """Wait until so much of each queue has come; what has not by then is told, once."""
        limit = recorded + self._pace.timeout
        if await self._until(lambda: self._over or self._eof or self._has(after), limit):
            return
        self._waits += 1
        self._over = self._waits == MOST_WAITS
        for queue, count in after.items():
            if self._comparison.at[queue] < count:
                self._over |= queue == HEADS
                self._deviate(self._comparison.missing(self._comparison.next_in(queue), limit))
                self._comparison.skip_to(queue, count)

    def _has(self, after: Mapping[str, int]) -> bool:
        return all(self._comparison.at[queue] >= count for queue, count in after.items())

    async def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, for so many seconds at most; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        return done()

    # --- what is sent ---------------------------------------------------------------------

    async def _play(self, step: ReplayStep) -> None:
        entry = step.entry
        if entry is not None and entry.tcp is not None:
            self._end_tcp(entry.tcp)
            return
        self._has_closed |= _is_close(entry)
        self._write(self._bytes_of(step))
        await self._drain()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._pace.timeout):
                await self._writer.drain()
        except TimeoutError:
            self._over = True
            side = self._script.role.peer.value
            self._deviate(Deviation(UNREAD, side=side, seconds=self._pace.timeout))
        except OSError:
            self._over = True

    def _bytes_of(self, step: ReplayStep) -> bytes:
        entry = step.entry
        if entry is None or (entry.kind == "http" and entry.data == self._own_head):
            return self._head()
        frame = entry.frame
        if frame is None:
            return entry.data
        if step.answers in self._comparison.pings:
            return frame.replace(payload=self._comparison.pings[step.answers]).serialize()
        if entry.inflated is not None and not self._comparison.inflates:
            return frame.replace(payload=entry.inflated, rsv1=False).serialize()
        return entry.data

    @property
    def _own_head(self) -> bytes | None:
        return self._script.response if self._script.role is Role.SERVER else self._script.request

    def _head(self) -> bytes:
        if self._script.role is Role.CLIENT:
            return self._live["client"]
        self._live["server"] = response_for(self._script, self._live.get("client", b""))
        self._agree()
        return self._live["server"]

    def _write(self, data: bytes) -> None:
        if not self._writer.is_closing() and not self._is_fin_sent:
            self._record(RecordKind.SENT, data)
            self._writer.write(data)

    def _masked(self, frame: Frame) -> bytes:
        return frame.replace(mask=secrets.token_bytes(4) if self._script.role.masks else None).serialize()

    # --- the end --------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Wait for the rest of the recording, and end what it left open."""
        if not self._over:
            self._has_sent_all = True
            await self._await_all(self._script.arrived, self._script.rest)
            if self._script.is_open and not self._pace.fast:
                await self._until(lambda: self._eof or self._over, self._script.tail)
            if self._script.ends:
                await self._until(lambda: self._eof, self._script.rest + CLOSE_LIMIT)
        self._compares_no_more = True
        self._close(STOPS)
        if self._script.role is Role.SERVER:  # §7.1.1: the server ends TCP first
            self._end_tcp("FIN")
        await self._until(lambda: self._eof, CLOSE_LIMIT)
        self._end_tcp("FIN")

    def _close(self, reason: str) -> None:
        """Send the Close that is still owed, as an answer or because the recording has none."""
        if self._has_closed or is_refusal(self._live.get("server", b"")):
            return
        if self._closed is not None:
            self._write(self._masked(Frame(Opcode.CLOSE, (self._closed.plain or b""))))
        elif not self._eof:
            self._write(self._masked(Frame.close(CloseCode.GOING_AWAY, reason)))

    def _end_tcp(self, how: str) -> None:
        if self._is_fin_sent or self._writer.is_closing():
            return
        self._is_fin_sent = True
        self._record(RecordKind.RST_SENT if how == "RST" else RecordKind.FIN_SENT)
        if how == "RST":
            SocketNetwork.reset(self._writer.transport)
        elif self._writer.can_write_eof():  # not so over TLS
            with suppress(OSError):
                self._writer.write_eof()

    def _record(self, what: RecordKind, data: bytes = b"") -> None:
        self._sessions.tape.record(self.number, tag(what, self._script.role), data)
        if self._sessions.tape.dropped_records and not self._compares_no_more:
            self._over = self._compares_no_more = True
            self._deviate(Deviation(FULL))


def _is_close(entry: Entry | None) -> bool:
    return entry is not None and entry.opcode == Opcode.CLOSE


def _peer(writer: asyncio.StreamWriter) -> bytes:
    host, port = (*(writer.get_extra_info("peername") or ("?", 0)),)[:2]
    return f"{host}:{port}".encode()
