"""The task `unmask(payload, key) -> bytes`: masking is its own inverse (§5.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wslab.course.check.differences import differing_bytes
from wslab.course.check.task import Case, Mistake, Task
from wslab.course.report import CheckResult
from wslab.protocol.masking import mask_by_definition

__all__ = ["TASK"]

RULE = "client-masks"

KEY = bytes.fromhex("37fa213d")
"""The key of the RFC's example (§5.7)."""


def _by(index: Callable[[int, bytes], int]) -> Callable[[bytes, bytes], bytes]:
    """Masking with another byte of the key than §5.3 says."""
    return lambda payload, key: bytes(byte ^ key[index(i, payload)] for i, byte in enumerate(payload))


def _with(combine: Callable[[int, int], int]) -> Callable[[bytes, bytes], bytes]:
    """Masking with another operation than XOR."""
    return lambda payload, key: bytes(combine(byte, key[i % 4]) % 256 for i, byte in enumerate(payload))


def _words(order: Any, *, all_bytes: bool) -> Callable[[bytes, bytes], bytes]:
    """Masking of four bytes at a time, the last few left out or left plain."""

    def masked(payload: bytes, key: bytes) -> bytes:
        whole = len(payload) // 4 * 4
        number = int.from_bytes(key, order)
        words = (int.from_bytes(payload[at : at + 4], "big") ^ number for at in range(0, whole, 4))
        return b"".join(word.to_bytes(4, "big") for word in words) + (payload[whole:] if all_bytes else b"")

    return masked


_unmask = mask_by_definition


def _mistake(name: str, function: Callable[[bytes, bytes], Any], title: str, hint: str, bigger: str) -> Mistake:
    return Mistake(name, RULE, function, title, hint, bigger)


_INDEX = "Byte i of the payload takes byte i mod 4 of the key: key[i % 4] (§5.3)."
_EACH = "bytes(byte ^ key[i % 4] for i, byte in enumerate(payload)) takes each byte once."

MISTAKES = (
    _mistake(
        "not-unmasked",
        lambda payload, key: payload,
        "It gives the payload as it came: not unmasked, or twice, which is the same.",
        "XOR of each byte with one of the key's four gives the plain byte; a second XOR undoes the first.",
        _EACH,
    ),
    _mistake(
        "first-byte-of-key",
        _by(lambda i, _: 0),
        "Every byte takes the first byte of the key.",
        "The key has four bytes, and they take turns.",
        _INDEX,
    ),
    _mistake(
        "index-one-late",
        _by(lambda i, _: (i + 1) % 4),
        "It begins with byte 1 of the key.",
        "Both are counted from 0.",
        _INDEX,
    ),
    _mistake(
        "index-from-header",
        _by(lambda i, _: (i + 2) % 4),
        "It counts the two bytes of the header, too, and begins with byte 2 of the key.",
        "The payload is counted from its own first byte.",
        _INDEX,
    ),
    _mistake(
        "index-one-early",
        _by(lambda i, _: (i - 1) % 4),
        "It begins with byte 3 of the key.",
        "Both are counted from 0.",
        _INDEX,
    ),
    _mistake(
        "key-backwards",
        _by(lambda i, _: 3 - i % 4),
        "The key is taken from its end.",
        "Its bytes are used in the order in which they are on the wire.",
        _INDEX,
    ),
    _mistake(
        "counted-from-end",
        _by(lambda i, payload: (len(payload) - 1 - i) % 4),
        "The bytes of the payload are counted from its end.",
        "Byte 0 is the first on the wire.",
        _INDEX,
    ),
    _mistake(
        "modulo-three",
        _by(lambda i, _: i % 3),
        "It takes three bytes of the key in turns.",
        "The key has four bytes.",
        _INDEX,
    ),
    _mistake(
        "index-past-key",
        _by(lambda i, _: i),
        "The index runs past the end of the key, which has four bytes.",
        "A payload is mostly longer than the key, which then begins again.",
        _INDEX,
    ),
    _mistake(
        "key-once",
        lambda payload, key: bytes(a ^ b for a, b in zip(payload, key, strict=False)),
        "It ends with the key, after four bytes.",
        "`zip` ends with the shorter one; the key begins again as often as the payload needs it.",
        _INDEX,
    ),
    _mistake(
        "rest-plain",
        lambda payload, key: _unmask(payload[:4], key) + payload[4:],
        "It unmasks the first four bytes and leaves the others.",
        "The key begins again after its four bytes.",
        _INDEX,
    ),
    _mistake(
        "last-bytes-lost",
        _words("big", all_bytes=False),
        "It works on four bytes at a time and loses the last few.",
        "A payload of 5 bytes is one word of four, and one byte more.",
        _EACH,
    ),
    _mistake(
        "last-bytes-plain",
        _words("big", all_bytes=True),
        "It works on four bytes at a time and leaves the last few masked.",
        "A payload of 5 bytes is one word of four, and one byte more.",
        _EACH,
    ),
    _mistake(
        "key-little-endian",
        _words("little", all_bytes=False),
        "The key is a number whose bytes are turned round.",
        'Byte 0 of the key meets byte 0 of the payload: int.from_bytes(key, "big").',
        _INDEX,
    ),
    _mistake(
        "once-per-key-byte",
        lambda payload, key: bytes(byte ^ key[0] ^ key[1] ^ key[2] ^ key[3] for byte in payload),
        "Each byte is combined with all four bytes of the key.",
        "Each byte of the payload takes one byte of the key.",
        _INDEX,
    ),
    _mistake(
        "chained",
        lambda payload, key: _chained(payload, key),
        "Each byte is combined with the result before it, too.",
        "Masking has no memory: a byte depends on itself and on one byte of the key.",
        _INDEX,
    ),
    _mistake(
        "or",
        _with(lambda byte, key: byte | key),
        "It takes OR instead of XOR.",
        "OR loses bits: from 1 | 1 and 0 | 1 nobody finds out which it was.",
        "XOR is ^ in Python.",
    ),
    _mistake(
        "and",
        _with(lambda byte, key: byte & key),
        "It takes AND instead of XOR.",
        "AND loses bits: from 1 & 0 and 0 & 0 nobody finds out which it was.",
        "XOR is ^ in Python.",
    ),
    _mistake(
        "plus",
        _with(lambda byte, key: byte + key),
        "It adds instead of XOR.",
        "A sum has carries; XOR looks at each bit alone.",
        "XOR is ^ in Python.",
    ),
    _mistake(
        "minus",
        _with(lambda byte, key: byte - key),
        "It subtracts instead of XOR.",
        "A difference has carries; XOR looks at each bit alone.",
        "XOR is ^ in Python.",
    ),
    _mistake(
        "inverted",
        _with(lambda byte, key: 255 - (byte ^ key)),
        "All bits are turned round.",
        "XOR with the key is all there is to do.",
        _EACH,
    ),
    _mistake(
        "key-in-front",
        lambda payload, key: key + _unmask(payload, key),
        "It gives the key and then the payload.",
        "The key stands in the frame, and is no part of the payload.",
        _EACH,
    ),
    _mistake(
        "list",
        lambda payload, key: list(_unmask(payload, key)),
        "It gives a list of numbers.",
        "The result is bytes.",
        "bytes(...) makes bytes of numbers.",
    ),
    _mistake(
        "text",
        lambda payload, key: _unmask(payload, key).decode("latin-1"),
        "It gives text.",
        "A payload need not be text: give its bytes.",
        "bytes(...) of the numbers, without chr() and join.",
    ),
    _mistake(
        "empty-crashes",
        lambda payload, key: _unmask(payload, key) if payload else payload[0],
        "It fails where the payload is empty.",
        "A frame may carry no bytes: nothing is left then, and b'' comes back.",
        _EACH,
    ),
)


def _chained(payload: bytes, key: bytes) -> bytes:
    result, before = [], 0
    for i, byte in enumerate(payload):
        before ^= byte ^ key[i % 4]
        result.append(before)
    return bytes(result)


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    key = case.arguments["key"]
    assert isinstance(key, bytes)
    return differing_bytes(got, expected, lambda at: f"key[{at % 4}]", lambda at: _why(key, at))


def _why(key: bytes, at: int) -> str:
    return f"It is byte {at}, and {at} mod 4 = {at % 4}: it takes key[{at % 4}], {key[at % 4]:02x} (§5.3)."


def _case(payload: bytes, key: bytes = KEY) -> Case:
    return Case({"payload": payload, "key": key}, RULE)


def _inputs(strategies: Any) -> Any:
    keys = strategies.binary(min_size=4, max_size=4)
    return strategies.builds(_case, strategies.binary(max_size=20), keys)


CASES = (
    _case(b""),
    _case(b"\x7f"),
    _case(bytes.fromhex("7f9f4d5158")),  # Hello, the RFC's example
    _case(b"\x7f", b"\x01\x02\x03\x04"),
    _case(b"abcd", b"\x01\x02\x03\x04"),
    _case(b"abcdefgh", b"\x01\x02\x03\x04"),
    _case(b"abcdefghi", b"\x80\x40\x20\x10"),
    _case(b"\xff\xfe\x00\x01\x80\x7f", b"\x80\xff\x7f\x01"),
    _case(bytes(7), b"\x01\x02\x03\x04"),
    _case(b"", b"\0\0\0\0"),
    _case(b"abcdef", b"\0\0\0\0"),
    _case(b"", b"\x01\x02\x03\x04"),
    _case(bytes(range(256)), b"\xde\xad\xbe\xef"),
)

SOLUTION = """\
def unmask(payload, key):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))"""

TASK = Task(
    signature="unmask(payload: bytes, key: bytes) -> bytes",
    wants="bytes, as many as the payload has",
    begin="XOR byte i of the payload with byte i mod 4 of the key (§5.3)",
    reference=_unmask,
    fits=lambda value: isinstance(value, bytes),
    cases=CASES,
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
)
