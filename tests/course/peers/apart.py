"""The verdicts of `wslab.course.peers` held to peers that run apart: whole programs on sockets, not their protocols.

wslab, `websockets` and npm's `ws` are the clients and servers of `tests.peers.programs`, with their applications;
wsproto, which has no sockets, is the reader of `tests.differential` for frames, and fed one byte at a time for heads.
Our side of each connection writes the very bytes, and reads what comes back with plain parsing of its own.

How a verdict is held to that:

- refuses: what comes back is that Close code, that HTTP status, or the end of TCP.
- accepts, reads something else, or waits for the rest of a message: a Ping behind the bytes is answered, and the
  application got the messages that the verdict names.
- waits inside a frame: TCP is ended behind the bytes; a peer that refused would have sent its Close by then. A Ping
  behind them is not answered.
- waits inside a head: nothing comes back for a while.

A client's key is its own on a socket, so the response gets the accept value of that key before it is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import wsproto
from wsproto.events import AcceptConnection, Request
from wsproto.extensions import PerMessageDeflate
from wsproto.utilities import RemoteProtocolError

from tests.differential.readers import Wsproto
from tests.peers.programs import Options, Program, Report
from tests.peers.wire import listening
from wslab.course.peers.changes import Change
from wslab.course.peers.exchanges import HEADS, KEY, Exchange
from wslab.course.peers.judging import Outcome, Verdict, pieces, probe
from wslab.course.peers.reading import Heard
from wslab.protocol import Deflate, HandshakeRequest, Opcode, Role, accept_key

LIMIT = 20.0  # seconds for what must come
QUIET = 0.3  # seconds in which nothing must come
TURNS = 30  # of the event loop, in which a program in this process reads a frame, and its application the message
ENDS = b"\r\n\r\n"
PONG = b"still there?"


@dataclass
class Seen:
    """What came back, and what the application reports in the end."""

    role: Role
    back: bytearray = field(default_factory=bytearray)
    ended: bool = False
    report: Report | None = None

    @property
    def head(self) -> bytes:
        """The peer's own head; of a server that answered nothing, nothing."""
        head, end, _ = bytes(self.back).partition(ENDS)
        return head + end

    @property
    def status(self) -> int | None:
        """The HTTP status of a server's answer."""
        words = self.head.split(b" ", 2)
        return int(words[1]) if self.role is Role.SERVER and len(words) > 1 else None

    @property
    def frames(self) -> list[tuple[int, bytes]]:
        """Opcode and payload of each whole frame behind the head; they are all short."""
        data, found = bytes(self.back)[len(self.head) :], []
        if self.role is Role.SERVER and self.status != 101:
            return []
        while len(data) > 1:
            masked, size = data[1] >> 7, data[1] & 127
            begin = 6 if masked else 2
            key, payload = data[2:begin] or bytes(4), data[begin : begin + size]
            if len(payload) < size:
                break
            found.append((data[0] & 15, bytes(each ^ key[at % 4] for at, each in enumerate(payload))))
            data = data[begin + size :]
        return found

    @property
    def close_codes(self) -> list[int]:
        """The codes of the Closes that came; 1005 stands for none (§7.1.5)."""
        return [int.from_bytes(payload[:2], "big") or 1005 for opcode, payload in self.frames if opcode == Opcode.CLOSE]

    @property
    def pongs(self) -> list[bytes]:
        """The payloads of the Pongs that came."""
        return [payload for opcode, payload in self.frames if opcode == Opcode.PONG]


# --- one connection -----------------------------------------------------------------------------


class Line:
    """Our end of a connection with a program."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        self._reader = reader
        self._writer = writer
        self.seen = seen

    def write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    def finish(self) -> None:
        if self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    async def more(self, limit: float) -> bool:
        """Whether something came, or the end of TCP, within so many seconds."""
        if self.seen.ended:
            return False
        try:
            data = await asyncio.wait_for(self._reader.read(65536), limit)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.seen.back += data
        self.seen.ended = not data
        return True

    async def until(self, is_there: object) -> None:
        """Read until something is there or TCP ends."""
        assert callable(is_there)
        while not is_there() and await self.more(LIMIT):
            pass


@asynccontextmanager
async def line(program: Program, exchange: Exchange, role: Role) -> AsyncIterator[tuple[Line, list[bytes] | None]]:
    """A connection with a program in this role; for a client, the legal head that answers its own key."""
    seen = Seen(role)
    if role is Role.SERVER:
        assert program.server is not None
        async with program.server(Options()) as (address, told):
            reader, writer = await asyncio.open_connection(address.host, address.port)
            yield Line(reader, writer, seen), None
            writer.close()
            if seen.status == 101:
                seen.report = await asyncio.wait_for(asyncio.shield(told), LIMIT)
        return
    async with listening() as (url, came):
        options = Options(deflate=exchange.deflate)
        telling = asyncio.create_task(program.client(f"{url}lab", options))
        reader, writer = await asyncio.wait_for(came, LIMIT)
        own = Line(reader, writer, seen)
        await own.until(lambda: ENDS in seen.back)
        key = HandshakeRequest.parse(bytes(seen.back))[0].key
        response = exchange.sent[1].data.replace(accept_key(KEY).encode(), accept_key(key).encode())
        yield own, [response]
        writer.close()
        seen.report = await asyncio.wait_for(telling, LIMIT)


def given(exchange: Exchange, role: Role, change: Change, response: list[bytes] | None) -> list[bytes]:
    """The head and the frames behind it, changed; a client's head answers its own key."""
    head, *frames = pieces(exchange, role, change)
    if response is not None and change.place == 1:
        legal = bytearray(response[0])
        legal[change.byte] ^= exchange.sent[1].data[change.byte] ^ change.value
        head = bytes(legal)
    elif response is not None:
        head = response[0]
    return [head, *frames]


# --- a verdict held to it -----------------------------------------------------------------------


async def check(program: Program, exchange: Exchange, change: Change, verdict: Verdict) -> str:
    """What differs between a verdict and a program on a socket; empty where nothing does."""
    role = verdict.role
    if verdict.outcome is Outcome.REFUSES and verdict.fails is not role:
        return await _check_answer(program, exchange, change)
    if verdict.outcome is Outcome.WAITS and verdict.inside:
        return await _check_waits(program, exchange, change, verdict)
    async with line(program, exchange, role) as (own, response):
        behind = [] if verdict.refusal is not None else [probe(role)]
        await _send(own, [*given(exchange, role, change, response), *behind])
        if verdict.refusal is None and not verdict.reading.closed:
            await own.until(lambda: PONG in own.seen.pongs)
        else:
            await own.until(lambda: own.seen.close_codes)
    return _differs(own.seen, verdict)


async def _send(own: Line, all_of_it: list[bytes]) -> None:
    """The head, and what is behind it, a frame at a time: to a server, once it has answered 101."""
    head, *frames = all_of_it
    own.write(head)
    if own.seen.role is Role.SERVER:
        await own.until(lambda: ENDS in own.seen.back)
        if own.seen.status != 101:
            return
    for frame in frames:
        await _turn()
        own.write(frame)


async def _turn() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def _differs(seen: Seen, verdict: Verdict) -> str:
    if verdict.refusal is not None:
        return _refused_otherwise(seen, verdict.refusal.answer)
    if not verdict.reading.closed and PONG not in seen.pongs:
        return f"the Ping was not answered: {bytes(seen.back)!r}"
    return _heard_otherwise(seen, verdict.reading.heard)


def _refused_otherwise(seen: Seen, answer: object) -> str:
    codes, opened = seen.close_codes, seen.status == 101 or seen.role is Role.CLIENT
    found: object = codes[0] if codes else seen.status if not opened else "ends TCP"
    found = "ends TCP" if found is None else found
    return "" if found == answer and (seen.ended or codes or found != "ends TCP") else f"it said {found}"


def _heard_otherwise(seen: Seen, heard: tuple[Heard, ...]) -> str:
    assert seen.report is not None
    texts = [text for kind, text in heard if kind == "text"]
    binary = [data for kind, data in heard if kind == "binary" and isinstance(data, bytes)]
    for found in seen.report.heard:
        if found in texts:
            texts.remove(found)
        elif binary and found in (str(binary[0]), binary[0].decode("utf-8", "replace")):
            del binary[0]
        else:
            return f"its application got {found!r}"
    pings = [data for kind, data in heard if kind == "ping"]
    if texts or binary or [each for each in seen.pongs if each != PONG] != pings:
        return f"its application got {seen.report.heard}, and it answered {seen.pongs}"
    return _closed_otherwise(seen, heard)


def _closed_otherwise(seen: Seen, heard: tuple[Heard, ...]) -> str:
    closed = [str(text).split()[0] for kind, text in heard if kind == "close"]
    codes = [str(code) for code in seen.close_codes]
    return "" if closed == (codes or closed) and bool(closed) >= bool(codes) else f"it closed with {codes}"


async def _check_waits(program: Program, exchange: Exchange, change: Change, verdict: Verdict) -> str:
    in_head = not verdict.reading.heard
    async with line(program, exchange, verdict.role) as (own, response):
        sent = given(exchange, verdict.role, change, response)
        if in_head:
            own.write(b"".join(sent if verdict.role is Role.CLIENT else sent[:1]))
            before = len(own.seen.back)
            await own.more(QUIET)
            return "" if len(own.seen.back) == before and not own.seen.ended else "it did not wait"
        await _send(own, sent)
        own.finish()
        await own.until(lambda: False)
    codes = own.seen.close_codes
    return "" if not codes else f"it did not wait: {codes}"


async def _check_answer(program: Program, exchange: Exchange, change: Change) -> str:
    """A server that accepts the changed request, and answers with the accept value of another key."""
    async with line(program, exchange, Role.SERVER) as (own, _):
        own.write(change.data(exchange))
        await own.until(lambda: ENDS in own.seen.back)
    legal = accept_key(exchange.request.key).encode()
    return "" if own.seen.status == 101 and legal not in own.seen.head else "it answered the same key, or refused"


# --- wsproto ------------------------------------------------------------------------------------


def check_wsproto(exchange: Exchange, change: Change, verdict: Verdict) -> str:
    """What differs between a verdict and wsproto, driven in another way."""
    if change.place < HEADS:
        found = _wsproto_head(exchange, verdict.role, change.data(exchange))
        expected = _head_word(verdict)
        return "" if found == expected or expected == "" else f"its head came to {found}, not {expected}"
    reader = Wsproto(verdict.role, None if exchange.deflate is None else Deflate())
    reader.feed(b"".join(pieces(exchange, verdict.role, change)[1:]))
    heard = [each for each in verdict.reading.heard if each[0] not in ("open", "close")]
    end = None if verdict.refusal is None else ("failed", verdict.refusal.answer)
    if verdict.reading.closed:
        code, _, reason = str(verdict.reading.heard[-1][1]).partition(" ")
        end = ("close", int(code), reason)  # type: ignore[assignment]
    return "" if (reader.happened, reader.end) == (heard, end) else f"it came to {reader.happened}, {reader.end}"


def _head_word(verdict: Verdict) -> str:
    """What a verdict says of the head alone; nothing where the frames behind it decide."""
    if verdict.refusal is not None and not verdict.reading.heard:
        return "refused"
    return "waits" if not verdict.reading.heard else "open"


def _wsproto_head(exchange: Exchange, role: Role, head: bytes) -> str:
    kind = wsproto.ConnectionType.SERVER if role is Role.SERVER else wsproto.ConnectionType.CLIENT
    connection = wsproto.WSConnection(kind)
    if role is Role.CLIENT:
        wishes = [] if exchange.deflate is None else [PerMessageDeflate()]
        request = connection.send(Request(host="127.0.0.1", target="/lab", extensions=list(wishes)))
        key = HandshakeRequest.parse(request)[0].key
        head = head.replace(accept_key(KEY).encode(), accept_key(key).encode())
    try:
        for at in range(len(head)):
            connection.receive_data(head[at : at + 1])
            for event in connection.events():
                return "open" if isinstance(event, Request | AcceptConnection) else "refused"
    except (RemoteProtocolError, UnicodeError):
        return "refused"
    return "waits"
