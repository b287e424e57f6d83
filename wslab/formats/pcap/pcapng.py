"""Captures: the file formats pcapng, written and read, and the older pcap, read.

Packets go through one by one, and none is larger than `LARGEST_BLOCK`, so memory stays small
whatever the file's size. A file that ends inside a packet, or is damaged, gives what comes before, and a warning.

What it leaves out: what is in a packet (`tcpip`), writing a tape as packets (`write`), reading a tape from packets
(`read`), name resolution, statistics and the secrets of TLS, which are skipped.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from wslab.explain import counted, size_in_words
from wslab.formats.pcap import read as reassembly
from wslab.formats.pcap import tls
from wslab.formats.pcap import write as capture
from wslab.formats.pcap.links import RAW_IP
from wslab.formats.pcap.read import Captured
from wslab.tape.files import LATEST, UnreadableFile, opened, replacing
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.tape import Tape

LARGEST_BLOCK = 16 * 1024 * 1024
"""Bytes that a block may have; a larger one is damage."""

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_ORDER = b"\x1a\x2b\x3c\x4d"
_COMMENT, _RESOLUTION, _HARDWARE, _OFFSET = 1, 9, 4, 14
_PCAP = {
    (magic if order == ">" else magic[::-1]): (order, digits, more)
    for order in "><"
    for magic, digits, more in (
        (b"\xa1\xb2\xc3\xd4", 6, 0),
        (b"\xa1\xb2\x3c\x4d", 9, 0),
        (b"\xa1\xb2\xcd\x34", 6, 8),
    )
}
"""By its magic number, the byte order of a pcap, the digits of its seconds, and the bytes that each packet's header has
more than 16: a former libpcap of Linux, called modified, noted the interface there."""


def is_capture(begin: bytes) -> bool:
    """Whether a file that begins like this is a pcapng or a pcap."""
    return begin[:4] in _PCAP or begin[:4] == _SECTION.to_bytes(4, "big")


# ---- writing


def save(tape: Tape, path: str | Path) -> Path:
    """Write a tape as packets that Wireshark and tshark decode."""
    with replacing(path) as file:
        file.write(_section(capture.summary(tape)))
        base = round(tape.epoch * 1_000_000_000)
        for each in capture.packets(tape):
            file.write(_packet(base + round(each.time * 1_000_000_000), each.data, each.comment))
    return Path(path)


def _section(comment: str) -> bytes:
    """The section, and its one interface: packets that begin with IP, times in nanoseconds."""
    options = _option(_COMMENT, comment.encode()) + _option(_HARDWARE, b"wslab")
    section = _block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options + _option(0, b""))
    return section + _block(
        _INTERFACE, struct.pack("<HHI", RAW_IP, 0, 0) + _option(_RESOLUTION, b"\x09") + _option(0, b"")
    )


def _packet(nanoseconds: int, data: bytes, comment: str) -> bytes:
    head = struct.pack("<IIIII", 0, nanoseconds >> 32, nanoseconds & 0xFFFFFFFF, len(data), len(data))
    options = _option(_COMMENT, comment.encode()) + _option(0, b"") if comment else b""
    return _block(_PACKET, head + _padded(data) + options)


def _option(code: int, value: bytes) -> bytes:
    value = value[:0xFFF0]
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


# ---- reading


def load(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES, keys: str | Path | None = None) -> Tape:
    """Read the WebSocket connections of a capture; `keys` is a file with the keys of TLS.

    Raises `UnreadableFile` where it has none, which says what it has instead.
    """

    def captured(warnings: list[str]) -> Iterator[Captured]:
        with opened(path) as file:
            yield from _packets(file, warnings)

    try:
        return reassembly.read(captured, max_bytes=max_bytes, decrypt=lambda: tls.decrypt(path, keys))
    except UnreadableFile:
        raise
    except ValueError as problem:
        raise UnreadableFile(path, str(problem)) from None


class _Damaged(Exception):
    """From here on the file cannot be read."""


class _Interface(NamedTuple):
    link: int
    per_second: int  # ticks of its clock
    offset: int  # in seconds
    snap: int = 0


def _packets(file: BinaryIO, warnings: list[str]) -> Iterator[Captured]:
    magic = file.read(4)
    count = odd = 0
    try:
        for each in _pcap(file, magic) if magic in _PCAP else _pcapng(file, magic):
            count += 1
            odd += not 0 <= each.time < LATEST
            yield each._replace(time=min(max(0.0, each.time), LATEST - 1))
    except _Damaged as problem:
        warnings.append(f"The capture {problem} behind packet {count:,}: what follows is not read.")
    if odd:
        have = "has a time" if odd == 1 else "have times"
        warnings.append(
            f"{counted(odd, 'packet')} of the capture {have} before 1970 or behind 2255, which cannot be right."
        )


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise _Damaged("is cut off")
    return data


def _pcap(file: BinaryIO, magic: bytes) -> Iterator[Captured]:
    order, digits, more = _PCAP[magic]
    *_, link = struct.unpack(f"{order}HHiIII", _exactly(file, 20))
    interface = _Interface(link & 0xFFFF, 10**digits, 0)
    while head := file.read(16 + more):
        if len(head) < 16 + more:
            raise _Damaged("is cut off")
        seconds, parts, kept, size = struct.unpack_from(f"{order}IIII", head)
        yield _captured(interface, seconds * 10**digits + parts, _exactly(file, _sane(kept)), size)


def _sane(size: int) -> int:
    if size > LARGEST_BLOCK:
        raise _Damaged(f"is damaged (a packet of {size:,} bytes)")
    return size


def _captured(interface: _Interface, ticks: int, data: bytes, size: int) -> Captured:
    time = (interface.offset * interface.per_second + ticks) / interface.per_second
    return Captured(time, interface.link, data, size)


def _pcapng(file: BinaryIO, begin: bytes) -> Iterator[Captured]:
    order, interfaces = "<", list[_Interface]()
    while begin:
        if int.from_bytes(begin, "big") == _SECTION:
            order, interfaces = _new_section(file), []
        else:
            kind = struct.unpack(f"{order}I", begin)[0] if len(begin) == 4 else _INTERFACE
            body = _body(file, struct.unpack(f"{order}I", _exactly(file, 4))[0], 8)
            if kind == _INTERFACE:
                interfaces.append(_interface(order, body))
            elif (found := _of_block(kind, order, body, interfaces)) is not None:
                yield found
        begin = file.read(4)


def _new_section(file: BinaryIO) -> str:
    size, mark = file.read(4), file.read(4)
    order = "<" if mark == _ORDER[::-1] else ">"
    if mark not in (_ORDER, _ORDER[::-1]):
        raise _Damaged("is damaged (a section without its byte order)")
    _body(file, struct.unpack(f"{order}I", size)[0], 12)
    return order


def _body(file: BinaryIO, size: int, read: int) -> bytes:
    """The rest of a block of `size` bytes without the length that is repeated at its end; `read` were read already."""
    if not 4 <= size - read <= LARGEST_BLOCK:
        raise _Damaged(f"is damaged (a block of {size_in_words(size)})")
    return _exactly(file, size - read)[:-4]


def _interface(order: str, body: bytes) -> _Interface:
    if len(body) < 8:
        raise _Damaged("is damaged (an interface that is cut)")
    per_second, offset = 10**6, 0
    for code, value in _options(order, body[8:]):
        if code == _RESOLUTION and value:
            power = value[0] & 0x7F
            per_second = (2 if value[0] & 0x80 else 10) ** min(power, 64)
        elif code == _OFFSET and len(value) == 8:
            offset = struct.unpack(f"{order}q", value)[0]
    link, snap = struct.unpack_from(f"{order}HxxI", body)
    return _Interface(link, per_second, offset, snap)


def _options(order: str, data: bytes) -> Iterable[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(f"{order}HH", data, at)
        if code == 0:
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + size + (-size % 4)


def _of_block(kind: int, order: str, body: bytes, interfaces: list[_Interface]) -> Captured | None:
    """The packet in a block; None for blocks that hold none, and for interfaces that nobody announced."""
    if kind == _SIMPLE and interfaces and len(body) >= 4:
        size = struct.unpack_from(f"{order}I", body)[0]
        return _captured(interfaces[0], 0, body[4 : 4 + min(size, interfaces[0].snap or size)], size)
    if kind not in (_PACKET, _OLD_PACKET) or len(body) < 20:
        return None
    layout = f"{order}IIIII" if kind == _PACKET else f"{order}HxxIIII"
    number, high, low, kept, size = struct.unpack_from(layout, body)
    if number >= len(interfaces) or kept > len(body) - 20:
        return None
    return _captured(interfaces[number], high << 32 | low, body[20 : 20 + kept], size)
