"""Masking (§5.3): XOR with a four-byte key, its own inverse.

Rules of this module: one contract, `apply_mask(data, key) -> bytes`, and every
function below keeps it. The readable one comes first because it is the
definition; the fast ones follow and must agree with it on every input.

What it leaves out: choosing a key. A key must be unpredictable (§10.3), and this
layer has no randomness of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any

from .errors import LocalProtocolError
from .rules import RULES

Octets = bytes | memoryview
Mask = Callable[[Octets, bytes], bytes]


def mask_by_definition(data: Octets, key: bytes) -> bytes:
    """The definition of §5.3, letter by letter: octet i of the result is octet i XOR octet (i mod 4) of the key."""
    return bytes(octet ^ key[i % 4] for i, octet in enumerate(data))


def mask_by_integer(data: Octets, key: bytes) -> bytes:
    """The same in one XOR: the payload as one large number, the key repeated to its length."""
    size = len(data)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


@cache
def _xor_table(key_octet: int) -> bytes:
    return bytes(octet ^ key_octet for octet in range(256))


def mask_by_table(data: Octets, key: bytes) -> bytes:
    """The same with four tables of 256 octets, one for each octet of the key: each fourth octet is looked up in one."""
    masked = bytearray(data)
    for turn in range(4):
        masked[turn::4] = masked[turn::4].translate(_xor_table(key[turn]))
    return bytes(masked)


def mask_by_numpy(data: Octets, key: bytes) -> bytes:
    """The same with numpy, four octets at a time; the last few, which fill no word, by the definition."""
    numpy: Any = import_module("numpy")  # here, for it takes longer to import than all of ours
    whole = len(data) // 4
    words = numpy.frombuffer(data, numpy.uint32, whole) ^ numpy.frombuffer(key, numpy.uint32)
    return bytes(words.tobytes()) + mask_by_definition(data[4 * whole :], key)


def _ladder() -> dict[str, Mask]:
    rungs: dict[str, Mask] = {"loop": mask_by_definition, "table": mask_by_table, "integer": mask_by_integer}
    if find_spec("numpy"):
        rungs["numpy"] = mask_by_numpy
    in_c = _mask_in_c()
    return rungs | {"C": in_c} if in_c else rungs


def _mask_in_c() -> Mask | None:
    """The C extension of `websockets` without that package around it, which takes longer to import than all of ours."""
    package = find_spec("websockets")
    spec = package and PathFinder.find_spec("websockets.speedups", package.submodule_search_locations)
    if not spec or not spec.loader:  # not here (Pyodide, PyPy)
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    mask: Mask = module.apply_mask
    return mask


LADDER: dict[str, Mask] = _ladder()
"""Every way to mask that there is here, the slow and plain ones first: `benchmarks` climbs it."""

# for callers that have checked the key already, such as the parser's inner loop
mask_unchecked: Mask = LADDER.get("C", mask_by_integer)


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
