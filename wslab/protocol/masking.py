"""Masking (§5.3): XOR with a four-byte key, its own inverse.

Every function here has one contract: data and a key of four bytes in, bytes of the same length out. The first is the
definition of §5.3, letter by letter, to be read. The others compute the same in larger steps: four tables, each for
every fourth byte; one XOR of two large numbers; numpy; C. A test holds them to the definition on every input. `LADDER`
lists those that this Python can run.

C is the fastest at every length, so `apply_mask` takes it where the package `websockets` brings it. Without it, the
large numbers are the fastest up to some hundred bytes, as most messages are, and need no other package. Beyond that the
tables are faster, and numpy more so.

Masking hides nothing: the key stands in the frame. It keeps a page from choosing the bytes that a client puts on the
wire, which a confused intermediary might take for an HTTP request (§10.3).

What this module leaves out: choosing a key. It must be unpredictable; `connection` takes it from the system.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any

from wslab.protocol.errors import LocalProtocolError
from wslab.protocol.numbers import size_in_words
from wslab.protocol.rules import RULES

Maskable = bytes | memoryview
Mask = Callable[[Maskable, bytes], bytes]


def mask_by_definition(data: Maskable, key: bytes) -> bytes:
    """The definition of §5.3, letter by letter: byte i of the result is byte i XOR byte (i mod 4) of the key."""
    # §5.3: "j = i MOD 4", "transformed-octet-i = original-octet-i XOR masking-key-octet-j"
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


def mask_by_integer(data: Maskable, key: bytes) -> bytes:
    """The same in one XOR: the payload as one large number, the key repeated to its length."""
    size = len(data)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


@cache
def _xor_table(key_byte: int) -> bytes:
    return bytes(byte ^ key_byte for byte in range(256))


def mask_by_table(data: Maskable, key: bytes) -> bytes:
    """The same with four tables of 256 bytes, one for each byte of the key: every fourth byte is looked up in one."""
    masked = bytearray(data)
    for turn in range(4):
        masked[turn::4] = masked[turn::4].translate(_xor_table(key[turn]))
    return bytes(masked)


def mask_by_numpy(data: Maskable, key: bytes) -> bytes:
    """The same with numpy, four bytes at a time; the last few, which fill no word, by the definition."""
    numpy: Any = import_module("numpy")  # not at the top: importing it takes longer than importing all of wslab
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
    """The C extension of `websockets`, loaded alone: importing the whole package would take longer than all of ours."""
    package = find_spec("websockets")
    spec = package and PathFinder.find_spec("websockets.speedups", package.submodule_search_locations)
    if not spec or not spec.loader:  # not here (Pyodide, PyPy)
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    mask: Mask = module.apply_mask
    return mask


LADDER: dict[str, Mask] = _ladder()
"""Every way to mask that this Python can run, by name, the plain ones first: `benchmarks` compares them."""

# for callers that have checked the key already, such as the parser's fast loop
mask_unchecked: Mask = LADDER.get("C", mask_by_integer)


def apply_mask(data: bytes, key: bytes) -> bytes:
    """Mask `data`, or unmask it: the operation is its own inverse (§5.3).

    `key` is exactly four bytes; any other length raises `LocalProtocolError`.

    >>> apply_mask(b"Hello", bytes.fromhex("37fa213d")).hex(" ")
    '7f 9f 4d 51 58'
    >>> apply_mask(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d"))
    b'Hello'
    """
    data, key = bytes(memoryview(data)), bytes(memoryview(key))  # a view first: bytes(5) would be five zeros
    if len(key) != 4:
        raise LocalProtocolError(RULES["local-key-length"], f"a key of {size_in_words(len(key))}", "4 bytes")
    return mask_unchecked(data, key)
