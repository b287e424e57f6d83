"""Frames (§5.2): one class for a frame, one incremental parser for a direction.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |F|R|R|R| opcode|M| Payload len |  Extended payload length      |
    |I|S|S|S|  (4)  |A|     (7)     |  (16 or 64 bits, if the       |
    |N|V|V|V|       |S|             |   length is 126 or 127)       |
    | |1|2|3|       |K|             |                               |
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |  Masking-key (32 bits, if MASK is 1)  |  Payload data ...      |

Rules of this module: a `Frame` is whatever fits the figure, legal or not, for a
laboratory must be able to say wrong things. `FrameParser` accepts only what a
frame by itself may be; the order of frames and the text in them are judged in
`messages`. The parser has two paths: one loop over all the whole frames of a
chunk, and a slow path for whatever is odd or cut off. Only the slow path knows
the rules, so each is written once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.protocol.offset import Offset

from .codes import CloseCode, Opcode, Role, may_be_sent
from .masking import mask_unchecked
from .rules import RULES

DEFAULT_MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes that a frame, and a whole message, may carry unless told otherwise: 16 MiB."""

FIN, RSV1, _RSV2, _RSV3 = 0b1000_0000, 0b0100_0000, 0b0010_0000, 0b0001_0000
OPCODE = 0b1111
_MASK = 0b1000_0000
_MAX_HEADER = 14
_LARGE = 4096  # bytes from which a copy costs more than an object


class Frame:
    """One frame. Treat it as a value: change it with `replace`, never in place.

    Any opcode of 0 to 15, any RSV bits and any length can be built, also illegal
    ones; the named constructors (`Frame.text`, `Frame.close`, ...) build only legal
    frames and raise `LocalProtocolError` otherwise. `payload` is the application's
    bytes, never the masked ones; with a `mask` of four bytes `serialize` masks it.

    >>> Frame.text("Hello", mask=bytes.fromhex("37fa213d")).serialize().hex(" ")
    '81 85 37 fa 21 3d 7f 9f 4d 51 58'
    """

    # few slots: making a frame is the parser's inner loop
    __slots__ = ("first", "mask", "payload")

    first: int  # the whole first byte: FIN, RSV1 to RSV3, opcode
    mask: bytes | None
    payload: bytes

    def __init__(
        self,
        opcode: int,
        payload: bytes = b"",
        *,
        fin: bool = True,
        rsv1: bool = False,
        rsv2: bool = False,
        rsv3: bool = False,
        mask: bytes | None = None,
    ) -> None:
        if type(opcode) is not Opcode and not (_is_int(opcode) and 0 <= opcode <= 15):
            raise LocalProtocolError(RULES["local-frame-field"], f"the opcode {opcode!r}", "0 to 15")
        first = FIN | opcode if fin else int(opcode)
        if rsv1 or rsv2 or rsv3:
            first |= RSV1 * bool(rsv1) | _RSV2 * bool(rsv2) | _RSV3 * bool(rsv3)
        self.first = first
        self.mask = None if mask is None else check_key(mask)
        self.payload = payload if type(payload) is bytes else own_bytes(payload)

    @property
    def fin(self) -> bool:
        """Whether this is the last fragment of its message."""
        return bool(self.first & FIN)

    @property
    def rsv1(self) -> bool:
        """The bit that permessage-deflate uses (RFC 7692 §6)."""
        return bool(self.first & RSV1)

    @property
    def rsv2(self) -> bool:
        """A bit that no registered extension uses."""
        return bool(self.first & _RSV2)

    @property
    def rsv3(self) -> bool:
        """A bit that no registered extension uses."""
        return bool(self.first & _RSV3)

    @property
    def opcode(self) -> int:
        """An `Opcode`, or a plain number where the opcode is reserved."""
        return _OPCODES[self.first & OPCODE]

    @property
    def header_size(self) -> int:
        """Bytes before the payload: 2 to 14 (§5.2)."""
        size = len(self.payload)
        return 2 + (0 if size < 126 else 2 if size < 65536 else 8) + (4 if self.mask is not None else 0)

    def serialize(self) -> bytes:
        """The bytes on the wire, with the length in its shortest form."""
        return write_frame(self.first, self.payload, self.mask)

    def replace(self, **changes: Any) -> Frame:
        """A copy with some fields changed: `frame.replace(fin=False)`."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        unknown = changes.keys() - fields.keys()
        if unknown:
            raise TypeError(f"a frame has no field {min(unknown)!r}; it has {', '.join(_FIELDS)}")
        return Frame(**fields | changes)

    @classmethod
    def text(cls, text: str, *, fin: bool = True, mask: bytes | None = None) -> Frame:
        """A text frame (§5.6). A lone surrogate has no UTF-8: `LocalProtocolError`."""
        return cls(Opcode.TEXT, encode(text), fin=fin, mask=mask)

    @classmethod
    def binary(cls, data: bytes, *, fin: bool = True, mask: bytes | None = None) -> Frame:
        """A binary frame (§5.6)."""
        return cls(Opcode.BINARY, data, fin=fin, mask=mask)

    @classmethod
    def continuation(cls, data: bytes | str, *, fin: bool = True, mask: bytes | None = None) -> Frame:
        """A further fragment of the message that a text or binary frame without FIN began (§5.4)."""
        return cls(Opcode.CONTINUATION, encode(data) if isinstance(data, str) else data, fin=fin, mask=mask)

    @classmethod
    def ping(cls, payload: bytes = b"", *, mask: bytes | None = None) -> Frame:
        """A Ping of at most 125 bytes (§5.5.2)."""
        return cls(Opcode.PING, _control(payload), mask=mask)

    @classmethod
    def pong(cls, payload: bytes = b"", *, mask: bytes | None = None) -> Frame:
        """A Pong of at most 125 bytes: the answer to a Ping, or unasked (§5.5.3)."""
        return cls(Opcode.PONG, _control(payload), mask=mask)

    @classmethod
    def close(cls, code: int | None = None, reason: str = "", *, mask: bytes | None = None) -> Frame:
        """A Close with a code that may travel and a reason of at most 123 bytes, or with neither (§5.5.1)."""
        return cls(Opcode.CLOSE, _control(_close_body(code, reason)), mask=mask)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frame):
            return NotImplemented
        return (self.first, self.mask, self.payload) == (other.first, other.mask, other.payload)

    def __hash__(self) -> int:
        return hash((self.first, self.mask, self.payload))

    def __repr__(self) -> str:
        opcode = self.opcode
        parts = [opcode.name if isinstance(opcode, Opcode) else f"0x{opcode:X}", repr(_shorten(self.payload))]
        if len(self.payload) > _SHOWN:
            parts.append(f"{len(self.payload)} bytes")
        parts += [] if self.fin else ["fin=False"]
        parts += [f"{name}=True" for name in ("rsv1", "rsv2", "rsv3") if getattr(self, name)]
        parts += [] if self.mask is None else [f"mask={self.mask.hex()}"]
        return f"<Frame {' '.join(parts)}>"


_FIELDS = ("opcode", "payload", "fin", "rsv1", "rsv2", "rsv3", "mask")
_SHOWN = 32
_OPCODES: tuple[int, ...] = tuple(Opcode(n) if n in frozenset(Opcode) else n for n in range(16))


def write_frame(first: int, payload: bytes, mask: bytes | None) -> bytes:
    """A frame on the wire: `first` is its whole first byte; a mask was checked already."""
    size = len(payload)
    bit = 0 if mask is None else _MASK
    if size < 126:
        header = bytes((first, bit | size))
    elif size < 65536:
        header = bytes((first, bit | 126, size >> 8, size & 0xFF))
    else:
        header = bytes((first, bit | 127)) + size.to_bytes(8, "big")
    return header + payload if mask is None else b"".join((header, mask, mask_unchecked(payload, mask)))


def _shorten(payload: bytes) -> bytes:
    return payload if len(payload) <= _SHOWN else payload[: _SHOWN // 2] + b"..." + payload[-_SHOWN // 2 :]


def _is_int(value: object) -> bool:
    return isinstance(value, int)


def own_bytes(data: bytes | bytearray | memoryview) -> bytes:
    """Whatever holds bytes as `bytes`, so that it cannot change any more."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise LocalProtocolError(RULES["local-frame-field"], f"a payload of type {type(data).__name__}", "bytes")
    return bytes(data)


def check_key(mask: bytes) -> bytes:
    """A masking key of four bytes (§5.3); `LocalProtocolError` for anything else."""
    if not isinstance(mask, (bytes, bytearray, memoryview)):
        raise LocalProtocolError(RULES["local-key-length"], f"a key of type {type(mask).__name__}", "4 bytes")
    key = bytes(mask)
    if len(key) != 4:
        raise LocalProtocolError(RULES["local-key-length"], f"a key of {len(key)} bytes", "4 bytes")
    return key


def encode(text: str) -> bytes:
    """Text as UTF-8; `LocalProtocolError` where it holds a lone surrogate (§5.6)."""
    if not isinstance(text, str):
        raise LocalProtocolError(RULES["local-text"], f"text of type {type(text).__name__}", "a str")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        found = f"the lone surrogate U+{ord(text[error.start]):04X} at character {error.start}"
        raise LocalProtocolError(RULES["local-text"], found, "characters that UTF-8 has") from None


def _control(payload: bytes) -> bytes:
    data = own_bytes(payload)
    if len(data) > 125:
        raise LocalProtocolError(RULES["local-control-too-long"], f"{len(data)} bytes", "at most 125")
    return data


def _close_body(code: int | None, reason: str) -> bytes:
    if code is None:
        if reason:
            raise LocalProtocolError(RULES["local-reason-needs-code"], "a reason without a code", "a code first")
        return b""
    if not _is_int(code) or not may_be_sent(code):
        raise LocalProtocolError(RULES["local-close-code"], f"the code {describe_code(code)}", "one that may be sent")
    return int(code).to_bytes(2, "big") + encode(reason)


def describe_code(code: int) -> str:
    """A close code with its name where it has one: `1006 (abnormal closure)`."""
    known = code in frozenset(CloseCode)
    return f"{int(code)} ({CloseCode(code).name.replace('_', ' ').lower()})" if known else repr(code)


class Header(NamedTuple):
    """What the slow path knows of a frame whose header is whole."""

    first: int
    key: bytes | None
    length: int
    size: int

    @property
    def opcode(self) -> int:
        """As in `Frame`."""
        return _OPCODES[self.first & OPCODE]

    @property
    def rsv1(self) -> bool:
        """As in `Frame`."""
        return bool(self.first & RSV1)


class Unfinished:
    """A frame whose header is whole and whose payload is still arriving; it is unmasked in one piece in the end.

    `begin` is the place of its payload in the stream.
    """

    __slots__ = ("_latest", "_parts", "begin", "header", "missing")

    def __init__(self, header: Header, begin: int) -> None:
        self.header = header
        self.begin = begin
        self.missing = header.length
        self._latest: bytes | memoryview = b""
        self._parts: list[bytes | memoryview | bytearray] = []

    def take(self, chunk: bytes, begin: int, end: int) -> None:
        """The next bytes of the payload, as they came: those of `chunk` from `begin` up to `end`."""
        size = end - begin
        # a view copies nothing, but keeps its whole chunk
        piece = memoryview(chunk)[begin:end] if size >= _LARGE and 2 * size >= len(chunk) else chunk[begin:end]
        self._latest = piece
        self.missing -= size
        if size >= _LARGE or not self.missing:
            self._parts.append(piece)
        elif self._parts and type(self._parts[-1]) is bytearray:
            self._parts[-1] += piece  # single bytes, each an object, would weigh many times as much
        else:
            self._parts.append(bytearray(piece))

    @property
    def latest(self) -> bytes:
        """What came last of the payload, unmasked."""
        header, latest = self.header, self._latest
        if header.key is None:
            return bytes(latest)
        turn = (header.length - self.missing - len(latest)) % 4  # the key goes on where the last chunk left it
        return mask_unchecked(latest, header.key[turn:] + header.key[:turn])

    def finish(self) -> Frame:
        """The frame, once nothing is missing."""
        payload, key = b"".join(self._parts), self.header.key
        frame = _new(Frame)
        frame.first = self.header.first
        frame.mask = key
        frame.payload = payload if key is None else mask_unchecked(payload, key)
        return frame


_LEGAL_FIRST = frozenset(
    {fin | opcode for fin in (0, FIN) for opcode in (0, 1, 2)} | {FIN | opcode for opcode in (8, 9, 10)}
)
_LEGAL_WITH_RSV1 = _LEGAL_FIRST | {first | RSV1 for first in _LEGAL_FIRST if first & 0b1111 in (1, 2)}


class FrameParser:
    """Bytes of one direction in, frames out, however the bytes are cut.

    `role` is the receiver's own: a server expects masked frames, a client unmasked
    ones. `feed` returns the frames that became whole, and raises `ProtocolError` at the
    first wrong bit, as early as that bit is seen; frames that came before it in the same
    chunk are in `error.frames`. After an error the stream has no meaning any more, and
    every further `feed` raises the same error. `max_payload` limits one frame, in bytes. `rsv1` tells that
    permessage-deflate was agreed on, which gives that bit a meaning on the first frame of a message (RFC 7692 §6).

    >>> FrameParser(Role.SERVER).feed(bytes.fromhex("818537fa213d7f9f4d5158"))
    [<Frame TEXT b'Hello' mask=37fa213d>]
    """

    def __init__(self, role: Role, *, max_payload: int = DEFAULT_MAX_MESSAGE, rsv1: bool = False) -> None:
        if max_payload < 0:
            raise ValueError(f"max_payload is a number of bytes, 0 or more: {max_payload}")
        self.role = Role(role)  # a word that names none is refused here, not misread later
        self.max_payload = max_payload
        self.position = 0  # bytes of the stream that belong to frames already returned
        self.rsv1 = rsv1
        self._mask_bit = _MASK if self.role is Role.SERVER else 0
        self._legal_first = _LEGAL_WITH_RSV1 if rsv1 else _LEGAL_FIRST
        self._rest = b""
        self.unfinished: Unfinished | None = None  # the frame whose payload is still arriving
        self._error: ProtocolError | None = None

    @property
    def inside_frame(self) -> bool:
        """Whether the stream, if it ended here, would end inside a frame."""
        return bool(self._rest) or self.unfinished is not None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` makes whole, in order."""
        if self._error is not None:
            raise ProtocolError(*self._error.args)
        frames: list[Frame] = []
        if type(data) is not bytes:
            data = bytes(memoryview(data))  # a view first: bytes(5) would be five zeros
        at = 0
        if self.unfinished is not None:
            at = self._continue(self.unfinished, data, frames)
        elif self._rest:
            data, self._rest = self._rest + data, b""
        if at < len(data):
            self._parse(data, at, frames)
        return frames

    def _parse(self, data: bytes, begin: int, frames: list[Frame]) -> None:
        """All whole frames of a chunk in one loop; whatever is odd or cut off goes the slow path."""
        legal, mask_bit, limit, unmask, new = self._legal_first, self._mask_bit, self.max_payload, mask_unchecked, _new
        at, end = begin, len(data)  # `at` is where the present frame begins
        while at + 2 <= end:
            first, second = data[at], data[at + 1]
            if first not in legal or second & _MASK != mask_bit:
                break
            length = second & 0x7F
            start = at + 2  # of the payload, once the rest of the header is counted
            if length > 125:  # 126 and 127 say where the length really stands
                size = 2 if length == 126 else 8
                length = int.from_bytes(data[start : start + size], "big")
                start += size
                # control frames are short, lengths have their shortest form, and the top bit is 0
                if first & 0b1000 or length < 126 or (size == 8 and not 65536 <= length < 1 << 63):
                    break
            key = None
            if mask_bit:
                start += 4
                key = data[start - 4 : start]
            stop = start + length
            if length > limit or start > end:
                break
            if stop > end:  # all is well so far, and the rest of the payload is to come
                self.position += at - begin
                self._keep(Header(first, key, length, start - at), data, start)
                return
            payload = data[start:stop]
            frame: Frame = new(Frame)  # without __init__, whose checks are done
            frame.first = first
            frame.mask = key
            frame.payload = payload if key is None else unmask(payload, key)
            frames.append(frame)
            at = stop
        self.position += at - begin
        if at < end:
            self._pause(data, at, frames)

    def _pause(self, data: bytes, at: int, frames: list[Frame]) -> None:
        """What is left begins an odd frame or one that is cut off: judge it, and keep it for the next chunk."""
        try:
            header = read_header(data[at : at + _MAX_HEADER], self.role, self.max_payload, rsv1=self.rsv1)
        except ProtocolError as error:
            self._error = error.moved(self.position)
            raised = error.moved(self.position)
            raised.frames = frames
            raise raised from None
        if header is None:
            self._rest = data[at:]
        else:
            self._keep(header, data, at + header.size)

    def _keep(self, header: Header, data: bytes, begin: int) -> None:
        """A frame whose payload begins there, and of which more is to come."""
        self.unfinished = Unfinished(header, self.position + header.size)
        self.unfinished.take(data, begin, len(data))

    def _continue(self, unfinished: Unfinished, data: bytes, frames: list[Frame]) -> int:
        """Take what the unfinished frame still needs, and tell how many bytes that was."""
        taken = min(unfinished.missing, len(data))
        unfinished.take(data, 0, taken)
        if not unfinished.missing:
            frames.append(unfinished.finish())
            self.position = unfinished.begin + unfinished.header.length
            self.unfinished = None
        return taken


_new: Callable[[type[Frame]], Frame] = object.__new__


def read_header(
    data: bytes, role: Role, max_payload: int = DEFAULT_MAX_MESSAGE, *, rsv1: bool = False
) -> Header | None:
    """Judge the header at the beginning of `data` bit by bit; None while it is not whole.

    Raises `ProtocolError` at the first wrong bit that `data` holds.
    """
    if not data:
        return None
    first = data[0]
    _check_first(first, rsv1)
    if len(data) < 2:
        return None
    second = data[1]
    _check_second(first, second, role)
    size = {126: 4, 127: 10}.get(second & 0x7F, 2)  # bytes up to the end of the length
    if size == 10 and len(data) > 2 and data[2] & 0x80:
        raise ProtocolError(RULES["length-top-bit"], Offset(2, 0), "a 1", "a 0")
    if len(data) < size:
        return None
    length = _read_length(data[:size], max_payload)
    if not second & _MASK:
        return Header(first, None, length, size)
    if len(data) < size + 4:
        return None
    return Header(first, data[size : size + 4], length, size + 4)


def _read_length(data: bytes, max_payload: int) -> int:
    """The payload's length, from a header that ends behind it."""
    length, size = data[1] & 0x7F, len(data)
    if size > 2:
        length = int.from_bytes(data[2:], "big")
        _check_extended(length, size)
    if length > max_payload:
        found = f"a length of {length} bytes"
        raise ProtocolError(RULES["frame-too-big"], Offset(1, 1), found, f"at most {max_payload}")
    return length


def _check_first(first: int, rsv1: bool) -> None:
    opcode = first & 0b1111
    if rsv1 and first & RSV1:
        if opcode not in (1, 2):
            raise ProtocolError(RULES["rsv1-first-fragment"], Offset(0, 1), "RSV1 1", "RSV1 0")
        first ^= RSV1  # here it has a meaning: the message is compressed
    if opcode in (8, 9, 10) and not first & FIN:
        raise ProtocolError(RULES["control-fragmented"], Offset(0, 0), "FIN 0", "FIN 1")
    for number, bit in enumerate((RSV1, _RSV2, _RSV3), start=1):
        if first & bit:
            raise ProtocolError(RULES["reserved-bits"], Offset(0, number), f"RSV{number} 1", f"RSV{number} 0")
    if opcode not in (0, 1, 2, 8, 9, 10):
        raise ProtocolError(RULES["reserved-opcode"], Offset(0, 4), f"the opcode 0x{opcode:X}", "one that exists")


def _check_second(first: int, second: int, role: Role) -> None:
    if role is Role.SERVER and not second & _MASK:
        raise ProtocolError(RULES["client-masks"], Offset(1, 0), "MASK 0", "MASK 1")
    if role is Role.CLIENT and second & _MASK:
        raise ProtocolError(RULES["server-does-not-mask"], Offset(1, 0), "MASK 1", "MASK 0")
    length = second & 0x7F
    if first & 0b1000 and length > 125:
        raise ProtocolError(RULES["control-too-long"], Offset(1, 1), f"the length field {length}", "at most 125")


def _check_extended(length: int, size: int) -> None:
    shorter = "7 bits" if length < 126 else "16 bits" if size == 10 and length < 65536 else None
    if shorter:
        raise ProtocolError(
            RULES["length-minimal"], Offset(1, 1), f"{length} written in {(size - 2) * 8} bits", f"it in {shorter}"
        )
