"""Functions that read a frame in a wrong way, as people do (`decode_frame`).

Left out: the cases, and where results differ (`decode_frame`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wslab.course.check.outcome import Outcome
from wslab.course.check.task import Mistake
from wslab.course.check.tasks.reader import Decoded, Reader, right_fields
from wslab.protocol.masking import mask_by_definition

__all__ = ["LAYOUT", "MISTAKES", "WAIT"]


def _swap(change: Callable[[Decoded], Any]) -> Callable[[bytes], Any]:
    """The right values, in another form."""

    def decode_frame(data: bytes) -> Any:
        found = right_fields(data)
        return None if found is None else change(found)

    return decode_frame


def _instead(error: type[Exception]) -> Callable[[bytes], Any]:
    """Another error than ValueError; None: no error."""

    def decode_frame(data: bytes) -> Any:
        try:
            return right_fields(data)
        except ValueError:
            raise error from None

    return decode_frame


def _quiet(data: bytes) -> Any:
    try:
        return right_fields(data)
    except ValueError:
        return None


def _early(data: bytes) -> Any:
    """It waits with ValueError."""
    found = right_fields(data)
    if found is None:
        raise ValueError
    return found


def _mistake(
    name: str,
    rule: str,
    function: Callable[..., Any],
    title: str,
    hint: str,
    bigger: str = "",
    when: Callable[[Outcome, Outcome], bool] | None = None,
) -> Mistake:
    return Mistake(name, rule, function, title, hint, bigger or LAYOUT, when)


def _fails_early(outcome: Outcome, right: Outcome) -> bool:
    return outcome.error is not None and right.error is None and right.value is None


def _fails_otherwise(outcome: Outcome, right: Outcome) -> bool:
    return outcome.way == "raises" and right.error is not None


LAYOUT = (
    "Byte 0: FIN and the opcode. Byte 1: MASK and seven bits of length; 126 says that 2 bytes of length follow, 127 "
    "that 8 do. Then the four bytes of the key where MASK is 1, then the payload (§5.2)."
)
WAIT = "Whether there are enough bytes is asked before each part: the two first, the length, the key, the payload."
_BEFORE = "Check it as soon as the header is whole, and raise ValueError there."
SHORTEST, MASKS, FIELD = "length-minimal", "client-masks", "local-frame-field"

MISTAKES = (
    _mistake(
        "fin-in-opcode",
        "reserved-opcode",
        Reader(opcode=lambda first: first),
        "FIN and the reserved bits are taken for a part of the opcode.",
        "The opcode is the lower four bits of byte 0.",
        "data[0] & 0x0F",
    ),
    _mistake(
        "fin-in-opcode",
        "reserved-opcode",
        Reader(opcode=lambda first: first, believes=True),
        "FIN and the reserved bits are taken for a part of the opcode, which is refused then.",
        "The opcode is the lower four bits of byte 0.",
        "data[0] & 0x0F",
    ),
    _mistake(
        "opcode-in-upper-half",
        "reserved-opcode",
        Reader(opcode=lambda first: first >> 4),
        "The opcode is read from the upper half of byte 0.",
        "FIN and the reserved bits are there; the opcode is the lower four bits.",
        "data[0] & 0x0F",
    ),
    _mistake(
        "fin-as-number",
        "control-fragmented",
        Reader(fin=lambda first: first & 0x80),
        "fin is 128 instead of True.",
        "data[0] & 0x80 is 0 or 128: bool(...) makes True of the latter.",
        "bool(data[0] & 0x80)",
    ),
    _mistake(
        "fin-lowest-bit",
        "control-fragmented",
        Reader(fin=lambda first: bool(first & 1)),
        "FIN is read from the least significant bit.",
        "The RFC counts bits from the most significant one: bit 0 is 0x80.",
        "bool(data[0] & 0x80)",
    ),
    _mistake(
        "fin-inverted",
        "control-fragmented",
        Reader(fin=lambda first: not first & 0x80),
        "fin is True where FIN is 0.",
        "FIN is 1 on the last fragment.",
        "bool(data[0] & 0x80)",
    ),
    _mistake(
        "fin-always",
        "control-fragmented",
        Reader(fin=lambda first: True),
        "fin is True always.",
        "Bit 0 of byte 0 says whether it is the last fragment.",
        "bool(data[0] & 0x80)",
    ),
    _mistake(
        "mask-bit-in-length",
        MASKS,
        Reader(size=lambda second: second, widths=((254, 2), (126, 2), (255, 8), (127, 8))),
        "MASK is taken for a part of the length.",
        "The length is the lower seven bits of byte 1.",
        "data[1] & 0x7F",
    ),
    _mistake(
        "length-little-endian",
        SHORTEST,
        Reader(order="little"),
        "The bytes of the length are read in the wrong order.",
        "The most significant byte comes first.",
        'int.from_bytes(data[2:4], "big") (§5.2).',
    ),
    _mistake(
        "126-as-length",
        SHORTEST,
        Reader(widths=()),
        "126 and 127 are taken for the length itself.",
        "They say that the length follows, in 2 or 8 bytes.",
    ),
    _mistake(
        "127-as-length",
        SHORTEST,
        Reader(widths=((126, 2),)),
        "127 is taken for the length itself.",
        "It says that the length follows, in 8 bytes.",
    ),
    _mistake(
        "127-as-16-bit",
        SHORTEST,
        Reader(widths=((126, 2), (127, 2))),
        "Behind 127 two bytes of length are read.",
        "127 says that eight bytes follow.",
    ),
    _mistake(
        "127-as-32-bit",
        SHORTEST,
        Reader(widths=((126, 2), (127, 4))),
        "Behind 127 four bytes of length are read.",
        "127 says that eight bytes follow.",
    ),
    _mistake(
        "127-as-16-bit",
        SHORTEST,
        Reader(widths=((126, 2), (127, 2)), unchecked=SHORTEST),
        "Behind 127 two bytes of length are read.",
        "127 says that eight bytes follow.",
    ),
    _mistake(
        "127-as-32-bit",
        SHORTEST,
        Reader(widths=((126, 2), (127, 4)), unchecked=SHORTEST),
        "Behind 127 four bytes of length are read.",
        "127 says that eight bytes follow.",
    ),
    _mistake(
        "not-unmasked",
        MASKS,
        Reader(unmask=lambda payload, key: payload),
        "The payload is given masked, as it came.",
        "With MASK 1, byte i of the payload is XORed with byte i mod 4 of the key (§5.3).",
    ),
    _mistake(
        "mask-with-first-byte",
        MASKS,
        Reader(unmask=lambda payload, key: bytes(byte ^ key[0] for byte in payload)),
        "Every byte is unmasked with the first byte of the key.",
        "Byte i of the payload takes byte i mod 4 of the key (§5.3).",
    ),
    _mistake(
        "mask-index-late",
        MASKS,
        Reader(unmask=lambda payload, key: mask_by_definition(payload, key[2:] + key[:2])),
        "Unmasking begins with byte 2 of the key.",
        "Byte 0 of the payload takes byte 0 of the key: the header is not counted (§5.3).",
    ),
    _mistake(
        "mask-key-backwards",
        MASKS,
        Reader(unmask=lambda payload, key: mask_by_definition(payload, key[::-1])),
        "The key is taken from its end.",
        "Its bytes are used in the order in which they are on the wire (§5.3).",
    ),
    _mistake(
        "key-in-payload",
        MASKS,
        Reader(masked=lambda second: False),
        "The four bytes of the key are taken for the payload.",
        "With MASK 1 they stand between length and payload, and the length does not count them.",
    ),
    _mistake(
        "key-always",
        "server-does-not-mask",
        Reader(masked=lambda second: True),
        "Four bytes are taken for a key also where MASK is 0.",
        "Without MASK the payload follows the length at once.",
    ),
    _mistake(
        "takes-all",
        FIELD,
        Reader(takes=lambda data, begin, end: data[begin:]),
        "The payload goes on to the end of the data.",
        "Bytes of the next frame may follow: the payload has as many bytes as the length says.",
        "data[begin : begin + length]",
    ),
    _mistake(
        "consumed-payload",
        FIELD,
        Reader(consumed=lambda begin, end: end - begin),
        "consumed counts the payload alone.",
        "The next frame begins behind header and payload.",
        "consumed is where the payload ends, counted from the front of data.",
    ),
    _mistake(
        "consumed-without-key",
        FIELD,
        lambda data: _without_key(data),
        "consumed does not count the masking key.",
        "The next frame begins behind header, key and payload.",
        "consumed is where the payload ends, counted from the front of data.",
    ),
    _mistake(
        "consumed-all",
        FIELD,
        lambda data: None if (found := right_fields(data)) is None else (*found[:3], len(data)),
        "consumed is all of the data.",
        "Bytes of the next frame may follow, and would be lost.",
        "consumed is where the payload ends, counted from the front of data.",
    ),
    _mistake(
        "consumed-left",
        FIELD,
        lambda data: None if (found := right_fields(data)) is None else (*found[:3], len(data) - found[3]),
        "consumed counts the bytes that are left.",
        "It counts those that this frame had.",
        "consumed is where the payload ends, counted from the front of data.",
    ),
    _mistake(
        "short-crashes",
        FIELD,
        Reader(waits_for_header=False),
        "It fails where bytes of the header are not there yet.",
        "TCP cuts anywhere: data may end inside of the header, and None is the answer then.",
        WAIT,
        _fails_early,
    ),
    _mistake(
        "payload-cut-off",
        FIELD,
        Reader(waits_for_payload=False),
        "It gives a payload that is not whole.",
        "TCP cuts anywhere: where data ends inside of the payload, None is the answer.",
        WAIT,
    ),
    _mistake(
        "refuses-to-wait",
        FIELD,
        _early,
        "It raises ValueError where bytes are only missing.",
        "None says that more is needed; ValueError, that no further byte can make it legal.",
        WAIT,
    ),
    _mistake(
        "reserved-bits",
        "reserved-bits",
        Reader(unchecked="reserved-bits"),
        "It accepts reserved bits that are 1.",
        "RSV1, RSV2 and RSV3 are 0 where no extension was agreed on: data[0] & 0x70.",
        _BEFORE,
    ),
    _mistake(
        "reserved-opcode",
        "reserved-opcode",
        Reader(unchecked="reserved-opcode"),
        "It accepts opcodes that are reserved.",
        "Legal are 0, 1, 2, 8, 9 and 10.",
        _BEFORE,
    ),
    _mistake(
        "control-fragmented",
        "control-fragmented",
        Reader(unchecked="control-fragmented"),
        "It accepts a control frame without FIN.",
        "Close, Ping and Pong, opcodes from 8 on, are never fragmented (§5.5).",
        _BEFORE,
    ),
    _mistake(
        "control-too-long",
        "control-too-long",
        Reader(unchecked="control-too-long"),
        "It accepts a control frame of more than 125 bytes.",
        "Close, Ping and Pong carry 125 bytes at most (§5.5).",
        _BEFORE,
    ),
    _mistake(
        "length-not-minimal",
        SHORTEST,
        Reader(unchecked="length-minimal"),
        "It accepts a length in a longer form than it needs.",
        "Behind 126 there is at least 126, behind 127 at least 65536 (§5.2).",
        _BEFORE,
    ),
    _mistake(
        "length-top-bit",
        "length-top-bit",
        Reader(unchecked="length-top-bit"),
        "It waits for the payload of a length whose highest bit is 1.",
        "Of the 64 bits the highest must be 0 (§5.2).",
        _BEFORE,
    ),
    _mistake(
        "refuses-nothing",
        "reserved-bits",
        _quiet,
        "It gives None where the frame is illegal.",
        "None says that more bytes are needed, and the caller would wait for ever: raise ValueError.",
        _BEFORE,
    ),
    _mistake(
        "other-error",
        "reserved-bits",
        _instead(RuntimeError),
        "Where the frame is illegal, it raises another error than ValueError.",
        "The error for a frame that is illegal is ValueError here, or one that is derived from it.",
        _BEFORE,
        _fails_otherwise,
    ),
    _mistake(
        "assertion",
        "reserved-bits",
        _instead(AssertionError),
        "It checks with assert.",
        "`python -O` leaves out each assert, and anybody may send such a frame: raise ValueError.",
        _BEFORE,
    ),
    _mistake(
        "payload-as-text",
        FIELD,
        _swap(lambda found: (*found[:2], found[2].decode("latin-1"), found[3])),
        "The payload is text.",
        "A payload is bytes: whether it is text, the message says and not the frame.",
    ),
    _mistake(
        "three-values",
        FIELD,
        _swap(lambda found: found[:3]),
        "It gives three values.",
        "The fourth says where the next frame begins.",
        "return fin, opcode, payload, consumed",
    ),
)


def _without_key(data: bytes) -> Any:
    found = right_fields(data)
    return found if found is None or not data[1] & 0x80 else (*found[:3], found[3] - 4)
