"""The parser of frames (§5.2): bytes of one direction in, whole frames out, however the bytes are cut.

How it works. Most chunks hold a few whole, legal frames, and nothing else. `FrameParser._parse` is one loop for
exactly these: it asks only whether a frame is legal and whole, and knows no rule by name. The first frame that is odd
or cut off ends the loop and takes the slow path:

- The header is not whole, or something in it is wrong. `read_header` judges it bit by bit, in the order in which the
  bits arrive, and raises at the first wrong one: it never waits for a byte that could not save the frame. Where all
  bits so far are legal, they are kept and put before the next chunk.
- The header is whole and legal, and the payload is not. It becomes an `Unfinished`, which collects the payload as
  it comes. It is joined and unmasked once, in the end. `messages` judges text and compressed messages before that,
  and reads the newest bytes from `unfinished.latest`.

So each rule is written once, in `read_header`, and the fast loop needs no rule at all. It may send a legal frame the
slow way, but must never accept an illegal one; a test compares both paths.

After a violation the stream has no meaning any more: nothing says where the next frame would begin. The parser
remembers the error and raises it again. The frames that came before it in the same chunk are valid and travel
with the error (`FrameError.frames`).

What this module leaves out: the order of frames, text and Close bodies (`wslab.protocol.messages`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames.frame import DEFAULT_MAX_MESSAGE, FIN, MASK, OPCODE, OPCODES, RSV1, RSV2, RSV3, Frame
from wslab.protocol.masking import mask_unchecked
from wslab.protocol.numbers import size_in_words
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES, Rule

_MAX_HEADER = 14  # bytes: two, eight of the length, four of the masking key
_LARGE = 4096  # bytes from which a copy costs more than an object


class FrameError(ProtocolError):
    """A violation in a stream of frames.

    `frames` are the whole frames that came before it in the same `feed`: they are valid, and must be handled first.
    """

    def __init__(self, rule: Rule, offset: Offset, found: str, expected: str) -> None:
        super().__init__(rule, offset, found, expected)
        self.frames: list[Frame] = []


class Header(NamedTuple):
    """A header that is whole and legal.

    `first` is its first byte, `key` the masking key or None, `length` the payload's, `size` its own, both in bytes.
    """

    first: int
    key: bytes | None
    length: int
    size: int

    @property
    def opcode(self) -> int:
        """As in `Frame`."""
        return OPCODES[self.first & OPCODE]

    @property
    def rsv1(self) -> bool:
        """As in `Frame`."""
        return bool(self.first & RSV1)


class Unfinished:
    """A frame whose header is whole and whose payload is still arriving.

    `begin` is the byte of the stream at which its payload begins; `missing` is how many bytes are still to come.
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
        # a view copies nothing, but keeps its whole chunk alive: only where the chunk is mostly this payload
        part = memoryview(chunk)[begin:end] if size >= _LARGE and 2 * size >= len(chunk) else chunk[begin:end]
        self._latest = part
        self.missing -= size
        if size >= _LARGE or not self.missing:
            self._parts.append(part)
        elif self._parts and type(self._parts[-1]) is bytearray:
            self._parts[-1] += part  # many small pieces in one buffer: an object for each would weigh far more
        else:
            self._parts.append(bytearray(part))

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


# every first byte that is legal by itself: any FIN for a data frame, FIN for a control frame, no RSV bit
_LEGAL_FIRST = frozenset(
    {fin | opcode for fin in (0, FIN) for opcode in (0, 1, 2)} | {FIN | opcode for opcode in (8, 9, 10)}
)
_LEGAL_WITH_RSV1 = _LEGAL_FIRST | {first | RSV1 for first in _LEGAL_FIRST if first & 0b1111 in (1, 2)}


class FrameParser:
    """Bytes of one direction in, frames out, however the bytes are cut.

    `role` is the receiver's own: a server expects masked frames, a client unmasked
    ones. `feed` returns the frames that became whole, and raises at the
    first wrong bit, as early as that bit is seen. It is a `FrameError`, whose `frames` came before the violation in
    the same chunk. After an error every further `feed` raises the same error, without frames.

    `max_payload` limits the payload of one frame, in bytes (16 MiB by default). `rsv1` says that permessage-deflate
    was agreed on, which gives that bit a meaning on the first frame of a message (RFC 7692 §6).

    >>> FrameParser(Role.SERVER).feed(bytes.fromhex("818537fa213d7f9f4d5158"))
    [<Frame TEXT b'Hello' mask=37fa213d>]
    """

    def __init__(self, role: Role, *, max_payload: int = DEFAULT_MAX_MESSAGE, rsv1: bool = False) -> None:
        if max_payload < 0:
            raise ValueError(f"max_payload is a number of bytes, 0 or more: {max_payload}")
        self.role = Role(role)  # a word that names none is refused here, not misread later
        self.max_payload = max_payload
        self.position = 0  # bytes of the stream that belong to frames already returned
        self.count = 0  # of the frames that `feed` has returned
        self.rsv1 = rsv1
        self._mask_bit = MASK if self.role is Role.SERVER else 0
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
            raise FrameError(*self._error.args)
        # first the frame that is still arriving, or the bytes of a header that were kept, then the rest in one loop
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
        self.count += len(frames)
        return frames

    def _parse(self, data: bytes, begin: int, frames: list[Frame]) -> None:
        """Read all whole frames of a chunk in one loop; what is odd or cut off takes the slow path."""
        # names of the function itself: the loop looks up nothing else
        legal, mask_bit, limit, unmask, new = self._legal_first, self._mask_bit, self.max_payload, mask_unchecked, _new
        at, end = begin, len(data)  # `at` is where the present frame begins
        while at + 2 <= end:
            first, second = data[at], data[at + 1]
            if first not in legal or second & MASK != mask_bit:
                break
            length = second & 0x7F
            start = at + 2  # of the payload, once the rest of the header is counted
            if length > 125:  # 126 and 127 say where the length really stands
                size = 2 if length == 126 else 8
                length = int.from_bytes(data[start : start + size], "big")
                start += size
                # the slow path will say which of three rules it is: a control frame has at most 125 bytes (§5.5), a
                # length has its shortest form, and of 64 bits the most significant is 0 (§5.2)
                if first & 0b1000 or length < 126 or (size == 8 and not 65536 <= length < 1 << 63):
                    break
            key = None
            if mask_bit:
                start += 4
                key = data[start - 4 : start]
            stop = start + length
            if length > limit or start > end:  # too big, or the header itself is cut off
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
        """Judge what is left, the beginning of an odd frame or of one that is cut off, and keep it."""
        # the slow path judges again bit by bit, so that the error names the very bit; the fast loop only knows that
        # something is odd
        try:
            header = read_header(data[at : at + _MAX_HEADER], self.role, self.max_payload, rsv1=self.rsv1)
        except ProtocolError as error:
            self._error = error.moved(self.position)
            raised = FrameError(*self._error.args)
            # the frames in front of the violation are valid, and the caller must still get them
            raised.frames = frames
            raise raised from None
        if header is None:
            self._rest = data[at:]
        else:
            self._keep(header, data, at + header.size)

    def _keep(self, header: Header, data: bytes, begin: int) -> None:
        """Begin an unfinished frame: its payload starts at byte `begin` of `data`, and more of it is to come."""
        self.unfinished = Unfinished(header, self.position + header.size)
        self.unfinished.take(data, begin, len(data))

    def _continue(self, unfinished: Unfinished, data: bytes, frames: list[Frame]) -> int:
        """Give the unfinished frame what it still needs; returns how many bytes that was."""
        # at most to the end of this frame: what is behind it is the header of the next
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
    """The header at the beginning of `data`, judged bit by bit; None while it is not whole.

    Raises `ProtocolError` at the first wrong bit that `data` holds, counted from its first byte. `role` is the
    receiver's own; `max_payload` is in bytes.
    """
    if not data:
        return None
    first = data[0]  # judged alone: one byte is enough to refuse a frame
    _check_first(first, rsv1)
    if len(data) < 2:
        return None
    second = data[1]
    _check_second(first, second, role)
    size = {126: 4, 127: 10}.get(second & 0x7F, 2)  # bytes up to the end of the length
    # §5.2: of a length of 64 bits "the most significant bit MUST be 0": known at the third byte already
    if size == 10 and len(data) > 2 and data[2] & 0x80:
        raise ProtocolError(RULES["length-top-bit"], Offset(2, 0), "a 1", "a 0")
    if len(data) < size:
        return None
    length = _read_length(data[:size], max_payload)
    if not second & MASK:
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
    # §10.4: an endpoint may limit what it accepts; 1009 says so (§7.4.1)
    if length > max_payload:
        found = f"a length of {size_in_words(length, grouped=False)}"
        raise ProtocolError(RULES["frame-too-big"], Offset(1, 1), found, f"at most {max_payload}")
    return length


def _check_first(first: int, rsv1: bool) -> None:
    opcode = first & OPCODE
    # §5.5: control frames "MUST NOT be fragmented"
    if opcode in (8, 9, 10) and not first & FIN:
        raise ProtocolError(RULES["control-fragmented"], Offset(0, 0), "FIN 0", "FIN 1")
    # RFC 7692 §6.1: RSV1 stands on the first fragment of a compressed message, never elsewhere
    if rsv1 and first & RSV1:
        if opcode not in (1, 2):
            raise ProtocolError(RULES["rsv1-first-fragment"], Offset(0, 1), "RSV1 1", "RSV1 0")
        first ^= RSV1  # here it has a meaning: the message is compressed
    # §5.2: the reserved bits "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values"
    for number, bit in enumerate((RSV1, RSV2, RSV3), start=1):
        if first & bit:
            raise ProtocolError(RULES["reserved-bits"], Offset(0, number), f"RSV{number} 1", f"RSV{number} 0")
    # §5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_"
    if opcode not in (0, 1, 2, 8, 9, 10):
        raise ProtocolError(RULES["reserved-opcode"], Offset(0, 4), f"the opcode 0x{opcode:X}", "one that exists")


def _check_second(first: int, second: int, role: Role) -> None:
    # §5.1: a server closes the connection "upon receiving a frame that is not masked"; "A server MUST NOT mask any
    # frames", and a client closes a connection "if it detects a masked frame"
    if role is Role.SERVER and not second & MASK:
        raise ProtocolError(RULES["client-masks"], Offset(1, 0), "MASK 0", "MASK 1")
    if role is Role.CLIENT and second & MASK:
        raise ProtocolError(RULES["server-does-not-mask"], Offset(1, 0), "MASK 1", "MASK 0")
    length = second & 0x7F
    # §5.5: a control frame has at most 125 bytes, so its length never needs the extended form (§5.2); refused at this
    # field already, where nobody knows yet whether the payload is too long or only its length too wide
    if first & 0b1000 and length > 125:
        raise ProtocolError(RULES["control-too-long"], Offset(1, 1), f"the length field {length}", "at most 125")


def _check_extended(length: int, size: int) -> None:
    # §5.2: "in all cases, the minimal number of bytes MUST be used to encode the length"
    shorter = "7 bits" if length < 126 else "16 bits" if size == 10 and length < 65536 else None
    if shorter:
        raise ProtocolError(
            RULES["length-minimal"], Offset(1, 1), f"{length} written in {(size - 2) * 8} bits", f"it in {shorter}"
        )
