"""Masking (§5.3): XOR with a four-byte key, its own inverse.

Rules of this module: one contract, `apply_mask(data, key) -> bytes`, and every
function below keeps it. The readable one comes first because it is the
definition; the fast ones follow and must agree with it on every input.

What it leaves out: choosing a key. A key must be unpredictable (§10.3), and this
layer has no randomness of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from .errors import LocalProtocolError
from .rules import RULES

Mask = Callable[[bytes, bytes], bytes]


def mask_by_definition(data: bytes, key: bytes) -> bytes:
    """The definition of §5.3, letter by letter: octet i of the result is octet i XOR octet (i mod 4) of the key."""
    return bytes(octet ^ key[i % 4] for i, octet in enumerate(data))


def mask_by_integer(data: bytes, key: bytes) -> bytes:
    """The same in one XOR: the payload as one large number, the key repeated to its length."""
    size = len(data)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def _fastest() -> Mask:
    try:
        from websockets.speedups import apply_mask as mask_in_c
    except ImportError:  # no C extension here (Pyodide, PyPy): one big XOR is the next best
        return mask_by_integer
    return mask_in_c


# for callers that have checked the key already, such as the parser's inner loop
mask_unchecked: Mask = _fastest()


def apply_mask(data: bytes, key: bytes) -> bytes:
    """Mask `data`, or unmask it: the operation is its own inverse (§5.3).

    `key` is exactly four bytes; anything else raises `LocalProtocolError`.

    >>> apply_mask(b"Hello", bytes.fromhex("37fa213d")).hex(" ")
    '7f 9f 4d 51 58'
    >>> apply_mask(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d"))
    b'Hello'
    """
    data, key = bytes(memoryview(data)), bytes(memoryview(key))  # a view first: bytes(5) would be five zeros
    if len(key) != 4:
        raise LocalProtocolError(RULES["local-key-length"], found=f"a key of {len(key)} bytes", expected="4 bytes")
    return mask_unchecked(data, key)
