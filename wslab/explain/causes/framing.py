"""Where the count of bytes was lost: each common mistake is tried, and the one that would fit is named.

A stream of frames has no marks between them: once a length is wrong, everything behind it is read from the wrong place.
The rule that is then broken says nothing of the mistake, which came before. So the mistakes that programs make are
tried, one after the other, on the frame in which it went wrong: a length written in another form or in another byte
order, a length of characters, a key or a MASK bit without the other, a first byte that is lost, and two programs that
write at once. One of them *fits* where the frame would then end with the data, or before a legal frame, and where its
text would be UTF-8.

The work is bounded: the first `LOOK` bytes are looked at, and a frame that would follow is judged by its header.

What this module leaves out: bytes that are no frame by their look (`foreign`).
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wslab.explain.causes.cause import Cause
from wslab.explain.hextext import short_hex
from wslab.explain.words import counted
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames.parser import read_header
from wslab.protocol.frames.scanner import announced_size
from wslab.protocol.masking import apply_mask
from wslab.protocol.numbers import size_in_words

__all__ = ["find_framing"]

LOOK = 1 << 20
"""Bytes that are looked at: a length of 16 bits and what follows."""

_MOST = (1 << 63) - 1
_MOST_PLACES = 64  # places at which a second program may have begun to write
_FIRST_BYTES = (0x81, 0x82, 0x80, 0x88, 0x89, 0x8A, 0x01, 0x02)


class _Read(NamedTuple):
    """The header of a frame as its bytes say it, legal or not; `length` is None where it is not whole."""

    first: int
    masked: bool
    short: int
    length: int
    begin: int  # of the payload
    key: bytes

    @property
    def is_text(self) -> bool:
        return self.first & 0x0F in (Opcode.TEXT, Opcode.CONTINUATION)


def find_framing(data: bytes, receiver: Role, before: bytes = b"", *, rsv1: bool = False) -> Cause | None:
    """What was wrong with the count of bytes; None where nothing that is tried would fit.

    `data` begins with the frame in which it went wrong and goes on to the last byte that came; `before` is the frame in
    front of it.
    """
    stream = _Stream(data[:LOOK], receiver, rsv1)
    for attempt in _ATTEMPTS:
        cause = attempt(stream, before)
        if cause is not None:
            return cause
    return None


class _Stream(NamedTuple):
    """The bytes from the beginning of a frame on, and who receives them."""

    data: bytes
    receiver: Role
    rsv1: bool

    def fits(self, at: int) -> bool:
        """Whether a frame may end at `at`: with the data, or in front of a legal header."""
        if at >= len(self.data):
            return at == len(self.data)
        try:
            header = read_header(self.data[at : at + 14], self.receiver, _MOST, rsv1=self.rsv1)
        except ProtocolError:
            return False
        return header is not None and at + header.size + header.length <= len(self.data)

    def goes_on(self, at: int) -> bool:
        """Whether a whole legal frame begins at `at`."""
        return at < len(self.data) and self.fits(at)


def _header(data: bytes) -> _Read | None:
    """The header at the beginning of `data`; None where it is not whole."""
    if len(data) < 2:
        return None
    masked, short = data[1] > 0x7F, data[1] & 0x7F
    end = {126: 4, 127: 10}.get(short, 2)
    begin = end + 4 * masked
    if len(data) < begin:
        return None
    length = short if end == 2 else int.from_bytes(data[2:end], "big")
    return _Read(data[0], masked, short, length, begin, data[end:begin])


def _payload(data: bytes, begin: int, size: int, key: bytes) -> bytes:
    raw = data[begin : begin + size]
    return apply_mask(raw, key) if key else raw


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_whole(stream: _Stream, read: _Read, begin: int, size: int, key: bytes) -> bool:
    """Whether the frame, with this payload, would fit: what follows is legal, and its text is UTF-8."""
    end = begin + size
    if not 0 <= size <= len(stream.data) - begin or not stream.fits(end):
        return False
    return not (read.is_text and read.first > 0x7F) or _is_utf8(_payload(stream.data, begin, size, key))


def _said(read: _Read, came: int) -> str:
    return f"The length says {size_in_words(read.length)}, and {came:,} came."


# --- the attempts -------------------------------------------------------------------------------------


def _seven_bits(stream: _Stream, _: bytes) -> Cause | None:
    """126 or 127 in the seven bits, where the length itself was meant."""
    read = _header(stream.data)
    if read is None or read.short < 126:
        return None
    begin = 2 + 4 * read.masked
    key = stream.data[2:begin]
    if not _is_whole(stream, read, begin, read.short, key):
        return None
    right = f"{(stream.data[1] & 0x80) | 126:02x} {read.short.to_bytes(2, 'big').hex(' ')}"
    return Cause(
        "length-in-seven-bits",
        f"{_said(read, begin + read.short - read.begin)} As `{right}` it would fit: {size_in_words(read.short)}.",
        f"The sender writes a length of {read.short} in seven bits, where {read.short} has another meaning (§5.2).",
        "send messages of 125, 126 and 127 bytes; for seven bits `< 126` is right, `< 128` wrong",
    )


def _little_endian(stream: _Stream, _: bytes) -> Cause | None:
    read = _header(stream.data)
    if read is None or read.short < 126:
        return None
    written = stream.data[2 : read.begin - 4 * read.masked]
    size = int.from_bytes(written, "little")
    if size == read.length or not _is_whole(stream, read, read.begin, size, read.key):
        return None
    return Cause(
        "length-little-endian",
        f"{_said(read, size)} As `{short_hex(written[::-1])}` it would fit: {size_in_words(size)}.",
        "The sender writes the length in the byte order of its processor, and not in network byte order (§5.2).",
        "look for a missing htons, htonl or big-endian flag where the sender writes the length",
    )


_WIDTHS = {126: (4, 8), 127: (2, 4)}  # bytes, instead of 2 and 8


def _other_width(stream: _Stream, _: bytes) -> Cause | None:
    """126 or 127, and the length in another number of bytes than belongs to it."""
    read = _header(stream.data.ljust(14, b"\0"))
    if read is None or read.short < 126:
        return None
    for width in _WIDTHS[read.short]:
        begin = 2 + width + 4 * read.masked
        size = int.from_bytes(stream.data[2 : 2 + width], "big")
        if size and _is_whole(stream, read, begin, size, stream.data[2 + width : begin]):
            right = 2 if read.short == 126 else 8
            return Cause(
                "length-of-other-width",
                f"The length stands in {width} bytes behind {read.short}: read so, the frame would fit, with {size:,} "
                f"bytes.",
                f"The sender writes an integer of {8 * width} bits, and {right} bytes belong behind {read.short} "
                "(§5.2).",
                f"look for the type of the length where the sender writes it: {8 * right} bits are right",
            )
    return None


def _one_off(stream: _Stream, before: bytes) -> Cause | None:
    """The length is one too large or too small: with the other, this frame and the next are legal."""
    for data in (before + stream.data, stream.data):
        read, whole = _header(data), stream._replace(data=data)
        if read is None or not read.is_text or read.first < 0x80 or (data is not stream.data and not before):
            continue
        for size in (read.length - 1, read.length + 1):
            if size > 0 and whole.goes_on(read.begin + size) and _is_whole(whole, read, read.begin, size, read.key):
                return Cause(
                    "length-one-off",
                    f"The length says {read.length:,} bytes; with {size:,} this frame and the next would fit.",
                    "The sender counts one byte too many or too few, such as the NUL or the line end of a string.",
                    "compare the length that is written with the bytes that are sent behind the header",
                )
    return None


def _no_key(stream: _Stream, _: bytes) -> Cause | None:
    """The MASK bit is set, and the payload follows at once."""
    read = _header(stream.data)
    if read is None or not read.masked or not _is_whole(stream, read, read.begin - 4, read.length, b""):
        return None
    if not any(read.key) and _is_whole(stream, read, read.begin, read.length, read.key):
        return None  # the four zero bytes are a key, which leaves the payload as it is
    if not read.length or not _is_utf8(stream.data[read.begin - 4 : read.begin - 4 + read.length]):
        return None
    what = "The MASK bit is set and no key follows: without the bit the frame would fit."
    if stream.receiver is Role.CLIENT:
        writer = "The server sets a bit that it must not set (§5.1), and masks nothing."
        return Cause("mask-without-key", what, writer, "see where the server sets 0x80 in the second byte")
    return Cause(
        "mask-without-key",
        what,
        "The client sets the bit and neither sends a key nor masks the payload, which both belong to it (§5.3).",
        "see where the client sets 0x80 in the second byte, and whether four bytes of a key follow",
    )


def _key_without_bit(stream: _Stream, _: bytes) -> Cause | None:
    """A key stands in front of the payload, and the MASK bit is not set."""
    read = _header(stream.data)
    if read is None or read.masked or not read.length:
        return None
    key = stream.data[read.begin : read.begin + 4]
    if len(key) < 4 or not _is_whole(stream, read, read.begin + 4, read.length, key):
        return None
    if not read.is_text or _is_utf8(stream.data[read.begin : read.begin + 4 + read.length]):
        return None
    what = "A key stands in front of the payload and the MASK bit is 0: with the bit the frame would fit."
    if stream.receiver is Role.CLIENT:
        writer = "The server masks the payload, which it must not do (§5.1), and leaves the bit out."
        return Cause("key-without-mask", what, writer, "see where the server writes a key and masks: it needs neither")
    return Cause(
        "key-without-mask",
        what,
        "The client masks the payload and leaves the bit out.",
        "see whether the client sets 0x80 in the second byte (§5.3)",
    )


def _characters(stream: _Stream, before: bytes) -> Cause | None:
    """The length counts characters, and the text goes on behind the end that it says."""
    for data in (before + stream.data, stream.data):
        read = _header(data)
        if read is None or read.first & 0x0F != Opcode.TEXT or (data is not stream.data and not before):
            continue
        text = _payload(data, read.begin, min(4 * read.length, len(data)), read.key)
        for size in _sizes_of(text, read.length):
            whole = stream._replace(data=data)
            if read.length < size and _is_whole(whole, read, read.begin, size, read.key):
                return _of_characters(read.length, text[:size], in_front=data is not stream.data)
    return None


def _sizes_of(text: bytes, count: int) -> Iterator[int]:
    """The bytes of the first `count` characters of a text, counted as code points and in units of UTF-16."""
    points = units = 0
    decoded = codecs.getincrementaldecoder("utf-8")("ignore").decode(text)
    size = 0
    for character in decoded:
        if points == count or units == count:
            yield size
        if points > count or units > 2 * count:
            return
        size += len(character.encode("utf-8", "replace"))
        points, units = points + 1, units + 1 + (ord(character) > 0xFFFF)
    if count in (points, units):
        yield size


def _of_characters(count: int, text: bytes, *, in_front: bool) -> Cause:
    whose = "length of the frame in front" if in_front else "length"
    is_points = len(text.decode("utf-8", "ignore")) == count
    units = counted(count, "character") if is_points else counted(count, "unit of UTF-16", "units of UTF-16")
    return Cause(
        "length-counts-characters",
        f"The {whose} says {size_in_words(count)}, and the text has {units}, in UTF-8 {size_in_words(len(text))}.",
        "The sender counts characters, such as with length of a string, where bytes count (§5.2).",
        "send `é`: its length is 2; encode the text first, and count the bytes of that",
    )


def _first_byte_lost(stream: _Stream, _: bytes) -> Cause | None:
    for first in _FIRST_BYTES:
        longer = stream._replace(data=bytes([first]) + stream.data)
        read = _header(longer.data)
        if read is not None:  # where a recording begins, nobody may know who sends
            longer = longer._replace(receiver=Role.SERVER if read.masked else Role.CLIENT)
        if read is None or read.length < 2 or not longer.goes_on(0):
            continue
        if not _is_whole(longer, read, read.begin, read.length, read.key):
            continue
        return Cause(
            "first-byte-lost",
            f"One byte is missing in front: behind `{first:02x}` these would be a whole frame.",
            "A program has read one byte too many before, such as the end of the head, or has begun to log too late.",
            "look at who reads the socket before the WebSocket library does, and at the byte in front of this one",
        )
    return None


def _two_writers(stream: _Stream, _: bytes) -> Cause | None:
    """A whole frame stands inside the payload of this one."""
    read = _header(stream.data)
    if read is None or not read.length:
        return None
    for at in _places(stream, read):
        size = announced_size(stream.data, at)
        if size is None or at + size > len(stream.data) or not stream.fits(at):
            continue
        without = stream._replace(data=stream.data[:at] + stream.data[at + size :])
        if _is_whole(without, read, read.begin, read.length, read.key):
            return Cause(
                "two-writers",
                f"A whole frame of {size} bytes stands inside this one, at byte {at}: without it this one would fit.",
                "Two tasks or threads of the sender write to the socket at once, and neither waits for the other.",
                "look for a second place that sends, such as a heartbeat, and let one lock or queue guard the socket",
            )
    return None


def _places(stream: _Stream, read: _Read) -> Iterator[int]:
    """Where in the payload a second frame may begin: the first bytes that look like it."""
    found = 0
    for at in range(read.begin + 1, min(read.begin + read.length, len(stream.data) - 1)):
        if stream.data[at] in _FIRST_BYTES and (stream.data[at + 1] > 0x7F) == (stream.receiver is Role.SERVER):
            yield at
            found += 1
            if found == _MOST_PLACES:
                return


_ATTEMPTS: tuple[Callable[[_Stream, bytes], Cause | None], ...] = (
    _seven_bits,
    _little_endian,
    _other_width,
    _characters,
    _two_writers,
    _no_key,
    _key_without_bit,
    _one_off,
    _first_byte_lost,
)
