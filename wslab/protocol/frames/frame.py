"""One frame (§5.2) as a value, and how it is written.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |F|R|R|R| opcode|M| Payload len |  Extended payload length      |
    |I|S|S|S|  (4)  |A|     (7)     |  (16 or 64 bits, if the       |
    |N|V|V|V|       |S|             |   length is 126 or 127)       |
    | |1|2|3|       |K|             |                               |
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |  Masking-key (32 bits, if MASK is 1)  |  Payload data ...      |

A `Frame` holds whatever fits the figure, legal or not, because a laboratory must be able to send wrong frames. Only
the named constructors (`Frame.text`, `Frame.close`, ...) refuse what the RFC forbids. A frame keeps its whole first
byte as one number, so that the parser can compare it with a set of legal ones and make a frame without further work.
`serialize` always writes the length in its shortest form.

What this module leaves out: reading (`parser`), and what a sequence of frames means (`wslab.protocol.messages`).
"""

from __future__ import annotations

from typing import Any

from wslab.protocol.codes import NEVER_ON_THE_WIRE, CloseCode, Opcode, may_be_sent
from wslab.protocol.errors import LocalProtocolError
from wslab.protocol.masking import mask_unchecked
from wslab.protocol.numbers import size_in_words
from wslab.protocol.rules import RULES

DEFAULT_MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes that a frame, and a whole message, may carry unless told otherwise: 16 MiB."""

# the fields of the first byte
FIN, RSV1, RSV2, RSV3 = 0b1000_0000, 0b0100_0000, 0b0010_0000, 0b0001_0000
OPCODE = 0b0000_1111
# and the one bit of the second that is not the length's
MASK = 0b1000_0000


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
            first |= RSV1 * bool(rsv1) | RSV2 * bool(rsv2) | RSV3 * bool(rsv3)
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
        return bool(self.first & RSV2)

    @property
    def rsv3(self) -> bool:
        """A bit that no registered extension uses."""
        return bool(self.first & RSV3)

    @property
    def opcode(self) -> int:
        """An `Opcode`, or a plain number where the opcode is reserved."""
        return OPCODES[self.first & OPCODE]

    @property
    def header_size(self) -> int:
        """Bytes before the payload, with the length in its shortest form: 2 to 14 (§5.2)."""
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
        """A Pong of at most 125 bytes: the answer to a Ping, or unsolicited (§5.5.3)."""
        return cls(Opcode.PONG, _control(payload), mask=mask)

    @classmethod
    def close(cls, code: int | None = None, reason: str = "", *, mask: bytes | None = None) -> Frame:
        """A Close with a code that may be sent and a reason of at most 123 bytes of UTF-8, or with neither (§5.5.1)."""
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


OPCODES: tuple[int, ...] = tuple(Opcode(n) if n in frozenset(Opcode) else n for n in range(16))
"""Each of the sixteen opcodes, as an `Opcode` where it has a name: a look-up is cheaper than a call."""

_FIELDS = ("opcode", "payload", "fin", "rsv1", "rsv2", "rsv3", "mask")
_SHOWN = 32  # bytes of a payload in `repr`


def write_frame(first: int, payload: bytes, mask: bytes | None) -> bytes:
    """The bytes of one frame: `first` is the whole first byte, `mask` four bytes that were checked before, or None."""
    # §5.2: "the minimal number of bytes MUST be used to encode the length", in network byte order
    size = len(payload)
    bit = 0 if mask is None else MASK
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
    """The data as `bytes`, which cannot change any more; `LocalProtocolError` for what is not bytes."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise LocalProtocolError(RULES["local-frame-field"], f"a payload of type {type(data).__name__}", "bytes")
    return bytes(data)


def check_key(mask: bytes) -> bytes:
    """A masking key of four bytes (§5.3); `LocalProtocolError` for anything else."""
    if not isinstance(mask, (bytes, bytearray, memoryview)):
        raise LocalProtocolError(RULES["local-key-length"], f"a key of type {type(mask).__name__}", "4 bytes")
    key = bytes(mask)
    if len(key) != 4:
        raise LocalProtocolError(RULES["local-key-length"], f"a key of {size_in_words(len(key))}", "4 bytes")
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
    # §5.5: "All control frames MUST have a payload length of 125 bytes or less"
    if len(data) > 125:
        raise LocalProtocolError(RULES["local-control-too-long"], f"{len(data)} bytes", "at most 125")
    return data


def _close_body(code: int | None, reason: str) -> bytes:
    # §5.5.1: if there is a body, its first two bytes are the code; a reason may stand behind it
    if code is None:
        if reason:
            raise LocalProtocolError(RULES["local-reason-needs-code"], "a reason without a code", "a code first")
        return b""
    if not _is_int(code) or not may_be_sent(code):
        rule = RULES["local-close-code-reserved" if code in NEVER_ON_THE_WIRE else "local-close-code"]
        raise LocalProtocolError(rule, f"the code {describe_code(code)}", "one that may be sent")
    return int(code).to_bytes(2, "big") + encode(reason)


def describe_code(code: int) -> str:
    """A close code with its name where it has one: `1006 (abnormal closure)`."""
    known = code in frozenset(CloseCode)
    return f"{int(code)} ({CloseCode(code).name.replace('_', ' ').lower()})" if known else repr(code)
