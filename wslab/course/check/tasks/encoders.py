"""Functions that write a frame in a wrong way, as people do (`encode_frame`).

Left out: what is right, and the cases (`encode_frame`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wslab.course.check.task import Mistake
from wslab.protocol.frames import Frame
from wslab.protocol.masking import mask_by_definition

__all__ = ["MISTAKES", "right_frame"]


def right_frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None) -> bytes:
    """The right bytes."""
    return Frame(opcode, payload, fin=fin, mask=mask).serialize()


Length = Callable[[int], bytes]
"""The seven bits of the length, and the bytes that follow these."""


def _length(size: int) -> bytes:
    if size < 126:
        return bytes([size])
    return b"\x7e" + size.to_bytes(2, "big") if size < 65536 else b"\x7f" + size.to_bytes(8, "big")


def _with_bits(head: bytes, bits: int) -> bytes:
    return bytes([head[0] | bits]) + head[1:]


def _write(
    *,
    first: Callable[[int, bool], int] = lambda opcode, fin: opcode | fin << 7,
    length: Callable[[bytes, bytes | None], bytes] = lambda payload, mask: _length(len(payload)),
    mask_bit: Callable[[bytes | None], int] = lambda mask: (mask is not None) << 7,
    key: Callable[[bytes], bytes] = lambda mask: mask,
    masked: Callable[[bytes, bytes], bytes] = mask_by_definition,
) -> Callable[..., bytes]:
    """A function that writes a frame, with one part that is not as it should be."""

    def encode_frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None) -> bytes:
        head = bytes([first(opcode, fin)]) + _with_bits(length(payload, mask), mask_bit(mask))
        return head + (payload if mask is None else key(mask) + masked(payload, mask))

    return encode_frame


def _sized(length: Length) -> Callable[..., bytes]:
    return _write(length=lambda payload, _: length(len(payload)))


def _forms(first: int, second: int, order: Any = "big", bits: int = 64) -> Callable[..., bytes]:
    """The forms of the length, with other boundaries, another order of bytes, or too few of them."""

    def length(size: int) -> bytes:
        if size < first:
            return bytes([size])
        many = bits // 8
        return (
            b"\x7e" + (size % 65536).to_bytes(2, order)
            if size < second
            else b"\x7f" + (size % (1 << bits)).to_bytes(many, order)
        )

    return _sized(length)


def _mistake(name: str, rule: str, function: Callable[..., Any], title: str, hint: str, bigger: str = "") -> Mistake:
    return Mistake(name, rule, function, title, hint, bigger or _LAYOUT)


_LAYOUT = (
    "Byte 0: FIN and the opcode. Byte 1: MASK and seven bits of length; 126 says that 2 bytes of length follow, 127 "
    "that 8 do. Then the four bytes of the key, if there is one, then the payload (§5.2)."
)
_THREE = (
    "Up to 125 the seven bits are the length; from 126 to 65535 they are 126, and 2 bytes follow; from 65536 on they "
    "are 127, and 8 bytes follow (§5.2)."
)
_BIG = 'The most significant byte comes first: size.to_bytes(2, "big"), to_bytes(8, "big") (§5.2).'

SHORTEST, MASKS, FIELD = "length-minimal", "client-masks", "local-frame-field"

MISTAKES = (
    # the first byte
    _mistake(
        "fin-always",
        "control-fragmented",
        _write(first=lambda opcode, fin: opcode | 0x80),
        "FIN is 1 also where fin is False.",
        "Bit 0 of byte 0 is 1 on the last fragment alone.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "fin-never",
        "control-fragmented",
        _write(first=lambda opcode, fin: opcode),
        "FIN is 0 always.",
        "Bit 0 of byte 0, 0x80, says that no fragment follows.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "fin-in-opcode",
        "reserved-opcode",
        _write(first=lambda opcode, fin: opcode | fin << 3),
        "FIN is written as a part of the opcode.",
        "FIN is bit 0 of byte 0, the most significant one: 0x80. The opcode is its lower four bits.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "fin-lowest-bit",
        "reserved-opcode",
        _write(first=lambda opcode, fin: (opcode << 1 | fin) & 0xFF),
        "FIN is the least significant bit.",
        "The RFC counts bits from the most significant one: bit 0 is 0x80.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "fin-inverted",
        "control-fragmented",
        _write(first=lambda opcode, fin: opcode | (not fin) << 7),
        "FIN is 1 where fin is False, and 0 where it is True.",
        "FIN means final: 1 on the last fragment.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "opcode-in-upper-half",
        "reserved-bits",
        _write(first=lambda opcode, fin: (opcode << 4 | fin) & 0xFF),
        "The opcode is in the upper half of byte 0.",
        "It is the lower four bits; above them are FIN and the three reserved bits.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "reserved-bit",
        "reserved-bits",
        _write(first=lambda opcode, fin: opcode | (0xC0 if fin else 0)),
        "RSV1 is set together with FIN.",
        "FIN alone is 0x80; 0xC0 sets RSV1, too, which says that the message is compressed.",
        "(0x80 if fin else 0) | opcode",
    ),
    _mistake(
        "always-text",
        FIELD,
        _write(first=lambda opcode, fin: 1 | fin << 7),
        "The opcode is 1, whatever is asked for.",
        "The opcode comes from the argument.",
        "(0x80 if fin else 0) | opcode",
    ),
    # the length
    _mistake(
        "length-little-endian",
        SHORTEST,
        _forms(126, 65536, "little"),
        "The bytes of the length are turned round.",
        "The length is in network byte order.",
        _BIG,
    ),
    _mistake(
        "16-bit-from-125",
        SHORTEST,
        _forms(125, 65536),
        "125 gets two bytes of length.",
        "125 fits into the seven bits; 126 is the first that does not.",
        _THREE,
    ),
    _mistake(
        "7-bit-to-126",
        SHORTEST,
        _sized(lambda size: bytes([126]) if size == 126 else _length(size)),
        "126 is written into the seven bits, where it says that a length follows.",
        "125 is the longest that stands there itself.",
        _THREE,
    ),
    _mistake(
        "7-bit-to-127",
        SHORTEST,
        _sized(lambda size: bytes([size]) if size < 128 else _length(size)),
        "126 and 127 are written into the seven bits, where they say that a length follows.",
        "125 is the longest that stands there itself.",
        _THREE,
    ),
    _mistake(
        "64-bit-from-65535",
        SHORTEST,
        _forms(126, 65535),
        "65535 gets eight bytes of length.",
        "Two bytes hold 65535; 65536 is the first that does not fit.",
        _THREE,
    ),
    _mistake(
        "16-bit-to-65536",
        SHORTEST,
        _forms(126, 65537),
        "65536 is written into two bytes, which hold 65535 at most.",
        "From 65536 on the length has eight bytes.",
        _THREE,
    ),
    _mistake(
        "16-bit-only",
        SHORTEST,
        _forms(126, 1 << 62),
        "There are never more than two bytes of length.",
        "From 65536 on the length has eight bytes, behind 127.",
        _THREE,
    ),
    _mistake(
        "64-bit-only",
        SHORTEST,
        _forms(126, 126),
        "From 126 on the length has eight bytes always.",
        "The shortest form that holds it is asked for.",
        _THREE,
    ),
    _mistake(
        "extended-always",
        SHORTEST,
        _forms(0, 65536),
        "There are two bytes of length where none are needed.",
        "The shortest form that holds it is asked for.",
        _THREE,
    ),
    _mistake(
        "32-bit-length",
        SHORTEST,
        _forms(126, 65536, bits=32),
        "Behind 127 there are four bytes of length.",
        "127 says that eight bytes follow.",
        _THREE,
    ),
    _mistake(
        "126-without-length",
        SHORTEST,
        _sized(lambda size: bytes([min(size, 126)]) if size < 65536 else b"\x7f"),
        "126 and 127 are written, and no length behind them.",
        "They only say how many bytes of length follow.",
        _THREE,
    ),
    _mistake(
        "127-for-all",
        SHORTEST,
        _sized(lambda size: bytes([size]) if size < 126 else b"\x7f" + size.to_bytes(2 if size < 65536 else 8, "big")),
        "127 is written where two bytes of length follow.",
        "126 announces two bytes, 127 eight.",
        _THREE,
    ),
    _mistake(
        "length-cut-to-7-bits",
        SHORTEST,
        _sized(lambda size: bytes([size & 0x7F])),
        "The length is cut to its lower seven bits.",
        "What does not fit seven bits needs two or eight bytes more.",
        _THREE,
    ),
    _mistake(
        "length-counts-key",
        MASKS,
        _write(length=lambda payload, mask: _length(len(payload) + (4 if mask else 0))),
        "The length counts the masking key, too.",
        "It is the length of the payload alone.",
    ),
    _mistake(
        "length-counts-header",
        FIELD,
        _write(length=lambda payload, mask: _length(len(payload) + 2)),
        "The length counts the two bytes of the header, too.",
        "It is the length of the payload alone.",
    ),
    # the mask
    _mistake(
        "no-mask-bit",
        MASKS,
        _write(mask_bit=lambda mask: 0),
        "MASK is 0 though a key follows.",
        "Bit 0 of byte 1, 0x80, says that the key is there.",
    ),
    _mistake(
        "mask-bit-always",
        "server-does-not-mask",
        _write(mask_bit=lambda mask: 0x80),
        "MASK is 1 though no key follows.",
        "Bit 0 of byte 1, 0x80, says that the key is there.",
    ),
    _mistake(
        "no-key",
        MASKS,
        _write(key=lambda mask: b""),
        "The masking key is not in the frame.",
        "The receiver needs it: four bytes, between length and payload.",
    ),
    _mistake(
        "payload-plain",
        MASKS,
        _write(masked=lambda payload, mask: payload),
        "The payload is not masked, or twice, which leaves it plain.",
        "With a key, byte i of the payload is XORed once with byte i mod 4 of it (§5.3).",
    ),
    _mistake(
        "mask-index-late",
        MASKS,
        _write(masked=lambda payload, mask: mask_by_definition(payload, mask[2:] + mask[:2])),
        "The mask begins with byte 2 of the key.",
        "Byte 0 of the payload takes byte 0 of the key: the header is not counted (§5.3).",
    ),
    _mistake(
        "mask-with-first-byte",
        MASKS,
        _write(masked=lambda payload, mask: mask_by_definition(payload, mask[:1] * 4)),
        "Every byte is masked with the first byte of the key.",
        "Byte i of the payload takes byte i mod 4 of the key (§5.3).",
    ),
    _mistake(
        "mask-key-backwards",
        MASKS,
        _write(key=lambda mask: mask[::-1]),
        "The key stands in the frame from its end.",
        "Its four bytes are written in their order, and used in it.",
    ),
    _mistake(
        "key-behind-payload",
        MASKS,
        lambda opcode, payload, *, fin=True, mask=None: _moved_key(opcode, payload, fin, mask),
        "The key stands behind the payload.",
        "It stands between length and payload.",
    ),
    _mistake(
        "ignores-mask",
        MASKS,
        lambda opcode, payload, *, fin=True, mask=None: right_frame(opcode, payload, fin=fin),
        "It takes no notice of mask.",
        "With a key: MASK 1, the key behind the length, the payload masked.",
    ),
    # the result
    _mistake(
        "list",
        FIELD,
        lambda opcode, payload, *, fin=True, mask=None: list(right_frame(opcode, payload, fin=fin, mask=mask)),
        "It gives a list of numbers.",
        "What travels is bytes: bytes(...) makes them of numbers.",
    ),
    _mistake(
        "hex",
        FIELD,
        lambda opcode, payload, *, fin=True, mask=None: right_frame(opcode, payload, fin=fin, mask=mask).hex(),
        "It gives hex digits.",
        "What travels is bytes: bytes.fromhex(...) makes them of digits.",
    ),
    _mistake(
        "header-only",
        FIELD,
        lambda opcode, payload, *, fin=True, mask=None: right_frame(opcode, payload, fin=fin)[: -len(payload) or None],
        "It gives the header without the payload.",
        "The payload stands at the end.",
    ),
)


def _moved_key(opcode: int, payload: bytes, fin: bool, mask: bytes | None) -> bytes:
    whole = right_frame(opcode, payload, fin=fin, mask=mask)
    if mask is None:
        return whole
    begin = len(whole) - len(payload)
    return whole[: begin - 4] + whole[begin:] + mask
