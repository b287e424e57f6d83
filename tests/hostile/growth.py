"""Work that must grow with the bytes of a peer, and no faster: each input of `GROWTHS`, once and twice as long.

An attack that costs memory is in `attacks`; here it costs time. CPU time is counted, the best of several runs, so that
copying counts as well as calling. `python -m tests.hostile.growth` prints the table of README.md.
"""

from __future__ import annotations

import contextlib
import gc
import gzip
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.formats.pcap.test_read import pcap, segment, up
from tests.lab.faults.playbook import Recorder
from tests.tape.tapes import ANSWER, REQUEST, blank, counted, sent
from wslab.explain import anatomy, verdict
from wslab.explain.causes.search import cause_in, cause_of
from wslab.explain.redaction import HeadRedactor, redact_head
from wslab.formats import UnreadableFile, load
from wslab.formats.dumps.reader import UnknownForm, read_dump
from wslab.formats.pcap.unwrap import unwrap
from wslab.lab.clock.virtual import VirtualClock
from wslab.lab.faults.base import Fault
from wslab.lab.faults.chunk import StreamItem
from wslab.lab.faults.manual import Gate, GateStage, Insert
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.timing import Rate
from wslab.protocol import (
    Connection,
    Deflate,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    HeadReader,
    Opcode,
    ProtocolError,
    Role,
)
from wslab.protocol.deflate import MAX_FINAL_BLOCKS, Deflater, Inflater, choose
from wslab.protocol.extensions import Extension
from wslab.protocol.frames.boundary import BoundarySearch
from wslab.protocol.frames.scanner import FrameScanner
from wslab.protocol.handshake.body import BodyReader
from wslab.tape.dissector import StreamDissector
from wslab.tape.files import opened

ZERO = bytes(4)
RUNS = 3
MOST = 2.5
"""What twice the input may cost at most, in times; 2 is what it should."""

Work = Callable[[], object]


class Growth(NamedTuple):
    """One input. `make` returns the work on `size` bytes of it, or on twice as many; to make it is not counted."""

    name: str
    size: int
    make: Callable[[int], Work]


def ratio(growth: Growth, runs: int = RUNS) -> tuple[float, float]:
    """Milliseconds of CPU for the input at its size, and how many times as much for twice the size."""
    once, twice = (_cheapest(growth, size, runs) for size in (growth.size, 2 * growth.size))
    return once * 1000, twice / once


def _cheapest(growth: Growth, size: int, runs: int) -> float:
    return min(_cost(growth.make(size)) for _ in range(runs))


def _cost(work: Work) -> float:
    gc.collect(1)  # what the run before left, and not all that the process has
    gc.disable()
    try:
        begin = time.process_time()
        work()
        return time.process_time() - begin
    finally:
        gc.enable()


# --- the receiver -------------------------------------------------------------------------------


def _heard(data: bytes, *, chunk: int = 0, deflate: Deflate | None = None) -> Work:
    """A server is given `data` in one chunk, or in many."""
    chunks = [data[at : at + (chunk or len(data))] for at in range(0, len(data), chunk or len(data))]

    def work() -> None:
        server = Connection(Role.SERVER, deflate=deflate)
        for each in chunks:
            server.receive_data(each)
            server.happened()
            server.data_to_send()

    return work


def _client(frame: Frame) -> bytes:
    return frame.replace(mask=ZERO).serialize()


def _times(frame: Frame, size: int) -> bytes:
    wire = _client(frame)
    return wire * (size // len(wire))


def _floods(size: int) -> bytes:
    """Messages with as many final blocks as one may have."""
    return _times(Frame(Opcode.BINARY, b"\x03\x00" * MAX_FINAL_BLOCKS, rsv1=True), size)


def _one_flood(size: int) -> Work:
    """What the limit of a message would stop: here each fragment is inflated as a message of its own."""
    payload = b"\x03\x00" * (MAX_FINAL_BLOCKS - 1) + b"\x00"

    def work() -> None:
        inflater = Inflater(Deflate(), Role.SERVER)
        for _ in range(size // len(payload)):
            for _ in inflater.inflate(payload, 1 << 20, last=True):
                pass

    return work


def _squeezed(size: int) -> bytes:
    text = bytes(range(256)) * (size // 256)
    return _client(Frame(Opcode.BINARY, Deflater(Deflate(), Role.CLIENT).deflate(text), rsv1=True))


def _stored(size: int) -> bytes:
    """A message in stored blocks, each final: as large as what it inflates to."""
    block = b"\x01\x00\x40\xff\xbf" + bytes(16384)
    return _client(Frame(Opcode.BINARY, block * (size // len(block)), rsv1=True))


# --- heads --------------------------------------------------------------------------------------


def _head(lines: bytes) -> bytes:
    return REQUEST.serialize().removesuffix(b"\r\n") + lines + b"\r\n"


def _judged(data: bytes) -> Work:
    return lambda: [check.passed for check in HandshakeRequest.parse(data)[0].checks()]


def _read(data: bytes, chunk: int) -> Work:
    def work() -> None:
        reader = HeadReader(Role.CLIENT, max_head=2 * len(data))
        for at in range(0, len(data), chunk):
            reader.feed(data[at : at + chunk])

    return work


def _offers(size: int) -> Work:
    head = _head(b"Sec-WebSocket-Extensions: " + b"permessage-deflate; x=1, " * (size // 25) + b"x\r\n")
    return lambda: choose(HandshakeRequest.parse(head)[0].extensions, Deflate())


def _answers(size: int) -> Work:
    asked = HandshakeRequest.build("x", key="A" * 22 + "==", extensions=[Extension("permessage-deflate")] * 500)
    line = b"Sec-WebSocket-Extensions: " + b"permessage-deflate; server_no_context_takeover, " * (size // 48) + b"x\r\n"
    head = ANSWER.serialize().removesuffix(b"\r\n") + line + b"\r\n"
    return lambda: HandshakeResponse.parse(head)[0].checks(asked)


# --- who looks on -------------------------------------------------------------------------------


def _dissected(data: bytes, *, chunk: int = 1 << 16, sender: Role = Role.CLIENT) -> Work:
    def work() -> None:
        dissector = StreamDissector(sender)
        dissector.join()
        for at in range(0, len(data), chunk):
            for _ in dissector.feed(data[at : at + chunk]):
                pass

    return work


def _requests(size: int) -> Work:
    """Requests and refusals on one connection."""
    tape, refusal = blank(max_bytes=1 << 26), b"HTTP/1.1 401 x\r\nContent-Length: 1\r\n\r\nx"
    for _ in range(size // len(REQUEST.serialize())):
        sent(tape, REQUEST.serialize())
        sent(tape, refusal, Role.SERVER)
    return lambda: [entry.error for entry in tape]


def _chunked(size: int) -> Work:
    data = b"1\r\nx\r\n" * (size // 6)
    return lambda: BodyReader(chunked=True).take(data)


def _searched(data: bytes, chunk: int = 1448) -> Work:
    def work() -> None:
        search = BoundarySearch()
        for at in range(0, len(data), chunk):
            search.feed(data[at : at + chunk])
        search.end()

    return work


def _captured(data: bytes, chunk: int, *, cut: int = 0, every: int = 0) -> Work:
    """A capture from the middle on; each packet was cut by `cut` bytes, or one of `every` is missing."""
    made = [
        segment(up(), at, data[at : at + chunk])[: 40 + chunk - cut]
        for at in range(0, len(data), chunk)
        if not every or at // chunk % every
    ]
    folder = TemporaryDirectory()
    path = pcap(made, Path(folder.name))

    def work() -> None:
        with contextlib.suppress(UnreadableFile):
            load(path)
        folder.cleanup()

    return work


def _caused(payload: bytes, before: bytes = b"") -> Work:
    """A frame that announces 65,535 bytes more than come, and has what looks like many mistakes."""
    frame = b"\x81\x7f" + (len(payload) + 65535).to_bytes(8, "big") + payload
    return lambda: cause_in(before + frame, len(before) + len(frame) - 1, Role.CLIENT)


def _dumped(text: str) -> Work:
    def work() -> None:
        with contextlib.suppress(UnknownForm):
            read_dump(text)

    return work


def _unwrapped(link: int, data: bytes, times: int = 1) -> Work:
    def work() -> None:
        for _ in range(times):
            unwrap(link, data)

    return work


def _tunnels(size: int) -> Work:
    """Packets with IP in IP in IP, deeper than anybody looks."""
    packet = b"\x45" + bytes(8) + b"\x04" + bytes(10)
    return _unwrapped(101, packet * 200, size // 4000)


def _unpacked(data: bytes) -> Work:
    def work() -> None:
        with TemporaryDirectory() as name:
            (Path(name) / "growth.gz").write_bytes(data)
            with opened(Path(name) / "growth.gz") as file:
                file.read()

    return work


def _redacted(data: bytes) -> Work:
    def work() -> None:
        redactor = HeadRedactor()
        for at in range(len(data)):
            redactor.feed(data[at : at + 1])

    return work


def _scanned(data: bytes, chunk: int = 1 << 16) -> Work:
    def work() -> None:
        scanner = FrameScanner()
        for at in range(0, len(data), chunk):
            scanner.feed(data[at : at + chunk])

    return work


def _taped(data: bytes) -> Work:
    tape = blank(max_bytes=1 << 26)
    sent(tape, REQUEST.serialize())
    sent(tape, ANSWER.serialize(), Role.SERVER)
    for at in range(0, len(data), 1 << 16):
        sent(tape, data[at : at + (1 << 16)])
        counted(tape, len(data[at : at + (1 << 16)]))
    return lambda: list(tape.frames())


def _tape_flood(size: int) -> Work:
    asked = HandshakeRequest.build("x", key=REQUEST.key, extensions=[Deflate().offer()])
    tape = blank(max_bytes=1 << 26)
    sent(tape, asked.serialize())
    sent(
        tape, HandshakeResponse.accept(asked, extensions=[Deflate().answer(Deflate().offer())]).serialize(), Role.SERVER
    )
    sent(tape, _floods(size))
    return lambda: list(tape.frames())


# --- a link -------------------------------------------------------------------------------------


class _Owner(Recorder):
    """An owner of a pipeline that keeps nothing."""

    def emit(self, role: Role, item: StreamItem) -> None:
        """Let it go."""


def _linked(fault: Fault, data: bytes) -> Work:
    """A server behind a link sends `data`, in one chunk; what waits at a gate is let through, one by one."""

    def work() -> None:
        pipeline = Pipeline(_Owner(VirtualClock()), Role.SERVER)
        stage = fault.stage(pipeline)
        assert stage is not None
        pipeline.exchange([stage])
        pipeline.feed(ANSWER.serialize() + data)
        if isinstance(stage, GateStage):
            for held, _ in list(stage.held):
                held.release()

    return work


MIB = 1 << 20

GROWTHS: Sequence[Growth] = (
    Growth(
        "member flood, one message",
        MIB,
        lambda n: _heard(_client(Frame(2, b"\x03\x00" * (n // 2), rsv1=True)), deflate=Deflate()),
    ),
    Growth("member flood, message after message", 64 << 10, lambda n: _heard(_floods(n), deflate=Deflate())),
    Growth("member flood, within the limit", 64 << 10, _one_flood),
    Growth("stored final blocks", 4 * MIB, lambda n: _heard(_stored(n), deflate=Deflate())),
    Growth("compressed message in one frame", 4 * MIB, lambda n: _heard(_squeezed(n), deflate=Deflate())),
    Growth("one-byte frames", 128 << 10, lambda n: _heard(_times(Frame.text("x"), n))),
    Growth(
        "one-byte fragments",
        128 << 10,
        lambda n: _heard(_client(Frame.text("x", fin=False)) + _times(Frame.continuation("x", fin=False), n)),
    ),
    Growth("a frame byte by byte", 32 << 10, lambda n: _heard(_client(Frame.text("x" * n)), chunk=1)),
    Growth("empty frames in one chunk", 256 << 10, lambda n: _heard(_times(Frame.text(""), n))),
    Growth("Pings in one chunk", 128 << 10, lambda n: _heard(_times(Frame.ping(b""), n))),
    Growth("Pongs in one chunk", 128 << 10, lambda n: _heard(_times(Frame.pong(b""), n))),
    Growth("UTF-8 that is bad at the end", MIB, lambda n: _heard(_client(Frame(1, b"\xc3\xa4" * (n // 2) + b"\xff")))),
    Growth(
        "bad UTF-8 behind fragments",
        256 << 10,
        lambda n: _heard(
            _client(Frame(1, b"x", fin=False))
            + _times(Frame(0, "ä".encode() * 50, fin=False), n)
            + _client(Frame(0, b"\xff"))
        ),
    ),
    Growth("head with many lines", 128 << 10, lambda n: _judged(_head(b"a: b\r\n" * (n // 6)))),
    Growth("head with one endless line", MIB, lambda n: _judged(_head(b"a: " + b"b" * n + b"\r\n"))),
    Growth("head with an endless line of spaces", MIB, lambda n: _judged(_head(b"a: b" + b" " * n + b"c\r\n"))),
    Growth("head byte by byte", 64 << 10, lambda n: _read(_head(b"a: " + b"b" * n + b"\r\n"), 1)),
    Growth(
        "head with many tokens",
        256 << 10,
        lambda n: _judged(_head(b"Sec-WebSocket-Protocol: " + b", ".join(b"%d" % i for i in range(n // 7)) + b"\r\n")),
    ),
    Growth("offers that are all illegal", 128 << 10, _offers),
    Growth("answers that are all illegal", 128 << 10, _answers),
    Growth("`StreamDissector`, tiny frames", 64 << 10, lambda n: _dissected(_times(Frame.pong(b""), n))),
    Growth("`StreamDissector`, tiny frames without masks", 1000, lambda n: _dissected(b"\x8a\x00" * (n // 2))),
    Growth("`StreamDissector`, more of them than are shown", 512 << 10, lambda n: _dissected(b"\x8a\x00" * (n // 2))),
    Growth("`StreamDissector`, byte by byte", 16 << 10, lambda n: _dissected(_client(Frame.binary(bytes(n))), chunk=1)),
    Growth(
        "`StreamDissector`, line ends between frames",
        8 << 10,
        lambda n: _dissected(b"\x81\x01x\r\n" * (n // 5), sender=Role.SERVER),
    ),
    Growth("`StreamDissector`, a second head that never ends", MIB, lambda n: _dissected(b"GET /" + b"a" * n)),
    Growth("tape, requests without frames", 64 << 10, _requests),
    Growth("`BodyReader`, tiny chunks", 256 << 10, _chunked),
    Growth("boundary, headers at every byte", 64 << 10, lambda n: _searched(b"\x01\x05" * (n // 2))),
    Growth("boundary, long frames at every byte", 64 << 10, lambda n: _searched(b"\x82\x7e\x7f\xff" * (n // 4))),
    Growth("boundary, byte by byte", 16 << 10, lambda n: _searched(b"\x82\x7e\x7f\xff" * (n // 4), 1)),
    Growth("capture, tiny packets of the middle", 16 << 10, lambda n: _captured(b"\x01\x05" * (n // 2), 2)),
    Growth("capture, a gap behind each packet", 128 << 10, lambda n: _captured(_times(Frame.text("x"), n), 70, cut=3)),
    Growth(
        "capture, packets lost again and again", 128 << 10, lambda n: _captured(_times(Frame.text("x"), n), 70, every=3)
    ),
    Growth("cause, NULs", MIB, lambda n: lambda: cause_of(bytes(n), Role.CLIENT, stray=True)),
    Growth("cause, frames inside a frame", 256 << 10, lambda n: _caused(b"\x81\x00" * (n // 2))),
    Growth("cause, text of many characters", 256 << 10, lambda n: _caused("ä".encode() * (n // 2))),
    Growth("cause, far behind many frames", 128 << 10, lambda n: _caused(b"", b"\x81\x00" * (n // 2))),
    Growth("dump, hex", 512 << 10, lambda n: _dumped("81 05 " * (n // 6))),
    Growth("dump, rows of xxd", 256 << 10, lambda n: _dumped("00000000: 8105 4865  ..He\n" * (n // 26))),
    Growth("dump, a string of backslashes", 512 << 10, lambda n: _dumped('"' + "\\\\" * (n // 2) + '"')),
    Growth("dump, a list of numbers", 256 << 10, lambda n: _dumped("[" + "129, " * (n // 5) + "5]")),
    Growth("dump, quotes that end nothing", 128 << 10, lambda n: _dumped("b'\"" * (n // 3))),
    Growth("dump, spaces", 512 << 10, lambda n: _dumped("8" + " " * n + "?")),
    Growth("dump, times and arrows", 128 << 10, lambda n: _dumped("12:00:00.000 -> 81 05\n" * (n // 22))),
    Growth("packet, labels of MPLS", 4 * MIB, lambda n: _unwrapped(219, b"\x00\x01\x00\x40" * (n // 4))),
    Growth("packet, entries of NFLOG", 128 << 10, lambda n: _unwrapped(239, b"\2\0\0\0" + b"\4\0\x0a\0" * (n // 4))),
    Growth("packet, headers of IPv6", 4 * MIB, lambda n: _unwrapped(101, b"\x60" + bytes(39) + bytes(n))),
    Growth("packets, tunnels in tunnels", 64 << 10, _tunnels),
    Growth("gzip, empty members", 64 << 10, lambda n: _unpacked(gzip.compress(b"") * (n // 20))),
    Growth("`FrameScanner`, tiny frames", 128 << 10, lambda n: _scanned(ANSWER.serialize() + b"\x8a\x00" * (n // 2))),
    Growth("`FrameScanner`, head byte by byte", 16 << 10, lambda n: _scanned(b"GET / HTTP/1.1\r\n" + b"a" * n, 1)),
    Growth("link with `insert`, tiny frames", 64 << 10, lambda n: _linked(Insert(), b"\x8a\x00" * (n // 2))),
    Growth("link with `rate`, tiny portions", 32 << 10, lambda n: _linked(Rate(bytes_per_second=20), bytes(n))),
    Growth("link with `gate`, tiny frames let through", 4 << 10, lambda n: _linked(Gate(), b"\x8a\x00" * (n // 2))),
    Growth("`anatomy`, zeros", 16 << 10, lambda n: lambda: anatomy(bytes(n), Role.CLIENT)),
    Growth("`anatomy`, tiny frames", 128 << 10, lambda n: lambda: anatomy(b"\x81\x00" * (n // 2), Role.CLIENT)),
    Growth(
        "`anatomy`, list of spaces",
        256 << 10,
        lambda n: lambda: anatomy(_head(b"Sec-WebSocket-Extensions: a" + b" " * n + b"b\r\n"), Role.SERVER),
    ),
    Growth(
        "`anatomy`, list of quotes",
        64 << 10,
        lambda n: lambda: anatomy(_head(b"Sec-WebSocket-Extensions: " + b'"\\' * (n // 2) + b"\r\n"), Role.SERVER),
    ),
    Growth("`verdict`, tiny frames", 128 << 10, lambda n: lambda: verdict(b"\x89\x00" * (n // 2), Role.CLIENT)),
    Growth("`Tape.frames`, tiny frames", 32 << 10, lambda n: _taped(_times(Frame.pong(b""), n))),
    Growth("`Tape.frames`, member flood", 64 << 10, _tape_flood),
    Growth(
        "`redact_head`, words of a secret",
        MIB,
        lambda n: (
            lambda: redact_head(
                _head(
                    b"a: ?"
                    + b"token" * (n // 10)
                    + b"\r\nSec-WebSocket-Protocol: "
                    + b"eyJ45678910" * (n // 22)
                    + b"!\r\n"
                )
            )
        ),
    ),
    Growth("`HeadRedactor`, byte by byte", 4 << 10, lambda n: _redacted(b"GET /?" + b"a=b&" * (n // 4))),
)


def main(words: Sequence[str]) -> None:
    """Print the table; `words` choose inputs by parts of their names."""
    print("| input | size, KiB | CPU, ms | twice the size costs |\n|---|--:|--:|--:|")
    for growth in (each for each in GROWTHS if not words or any(word in each.name for word in words)):
        try:
            cost, factor = ratio(growth)
        except ProtocolError as error:  # not reached by a right input
            raise SystemExit(f"{growth.name}: {error}") from error
        print(f"| {growth.name} | {growth.size / 1024:,.0f} | {cost:,.1f} | {factor:.2f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
