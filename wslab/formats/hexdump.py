r"""Hex as people keep it, read as a tape: plain hex, dumps with offsets, and both directions of Wireshark's own dump.

    81 05 48 65 6c 6c 6f                                       plain, as for `wslab dissect`
    00000000: 8105 4865 6c6c 6f                        ..Hello   xxd
    00000000  81 05 48 65 6c 6c 6f                  |..Hello|    hexdump -C
        00000000  48 54 54 50 2f 31 2e 31 20  HTTP/1.1           Wireshark, Follow TCP Stream: the other side

A dump has no times, so all happens at 0, and no fates. Its first bytes say who sent it: a request or a masked frame is
the client's. Without a head, frames come from the first byte on.

What it leaves out: dumps that squeeze equal lines into `*` (`hexdump -v` does not), octal and decimal dumps.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from wslab.explain import parse_hex
from wslab.explain.openings import find_opening, likely_receiver
from wslab.tape.files import UnreadableFile, opened
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.records import ForeignSource, RecordKind, fact_tag, pack, tag
from wslab.tape.tape import Tape

LARGEST = 64 * 1024 * 1024
"""Characters that a dump may have. Reading it takes at most six times as many bytes of memory, the tape included."""

_PLAIN = re.compile(rb"(?:0[xX]|\\x|[0-9a-fA-F]|[\s,:;_-])+")
_OFFSET = re.compile(r"^(?P<indent>\s*)(?:0x)?(?P<offset>[0-9a-fA-F]{4,16})(?P<colon>:?)(?P<rest>[ \t].*)?$")
_WORD = re.compile(r"[ \t]+([0-9a-fA-F]+)(?=[ \t]|$)")
_PER_LINE = 16
_IP = b"\x45\x00"  # where a frame would have RSV1 and a reserved opcode


def is_hex(begin: bytes) -> bool:
    """Whether a file that begins like this is hex, plain or with offsets."""
    lines = begin.decode("latin-1").splitlines() or [""]
    return bool(_PLAIN.fullmatch(begin)) or _OFFSET.match(lines[0] if len(lines) == 1 else _first(lines)) is not None


def _first(lines: list[str]) -> str:
    return next((line for line in lines if line.strip()), "")


def load(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Tape:
    """Read a dump; raises `UnreadableFile` with the first line that is not hex."""
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableFile(path, f"this dump has more than {LARGEST:,} characters: keep a part of it.")
    try:
        chunks = _chunks(data)
    except ValueError as error:
        raise UnreadableFile(path, f"this hex dump cannot be read: {error}") from None
    if not chunks:
        raise UnreadableFile(path, "this hex dump has no bytes.")
    if chunks[0][1].startswith(_IP):
        raise UnreadableFile(path, "this hex dump cannot be read: these are whole IP packets; keep them as a capture.")
    return _as_tape(chunks, max_bytes)


def _chunks(data: bytes) -> list[tuple[bool, bytes]]:
    """The bytes of each run of lines with one direction, with whether that is the other direction."""
    lines = _lines(data)
    first = next(lines, None)
    if first is None or not _is_dump(first[1]):
        plain = parse_hex(data.decode("latin-1"), "the dump")
        return [(False, plain)] if plain else []
    chunks: list[tuple[bool, bytearray]] = []
    for number, line in chain((first,), lines):
        other, found = _dump_line(number, line)
        if not chunks or chunks[-1][0] != other:
            chunks.append((other, bytearray()))
        chunks[-1][1].extend(found)
    return [(other, bytes(found)) for other, found in chunks]


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers; one at a time, for a dump may have millions."""
    text = io.TextIOWrapper(io.BytesIO(data), "latin-1")
    return ((number, line.rstrip("\n")) for number, line in enumerate(text, 1) if not line.isspace())


def _is_dump(line: str) -> bool:
    """Whether a line begins with an offset: with more digits than a byte, and bytes behind it."""
    found = _OFFSET.match(line)
    if found is None or not found["rest"] or int(found["offset"], 16) != 0:
        return False
    return bool(found["colon"]) or len(found["offset"]) in (6, 7, 8, 16) or "  " in found["rest"]


def _dump_line(number: int, line: str) -> tuple[bool, bytes]:
    if line.strip() == "*":
        raise ValueError(f"line {number} is *, which stands for lines left out: make the dump with hexdump -v.")
    found = _OFFSET.match(line)
    if found is None:
        raise ValueError(f"line {number} has no offset: {line[:60]!r}.")
    digits = "".join(_words(found["rest"] or ""))
    return bool(found["indent"]), bytes.fromhex(digits)


def _words(rest: str) -> Iterator[str]:
    """The hex of a line up to its text column: as many words as make 16 bytes, or up to a wide gap."""
    taken, at = 0, 0
    while taken < 2 * _PER_LINE and (found := _WORD.match(rest, at)):
        gap, word = found.start(1) - at, found[1]
        if len(word) % 2 or (taken and gap > 2 and taken != _PER_LINE) or taken + len(word) > 2 * _PER_LINE:
            return
        yield word
        taken, at = taken + len(word), found.end()


def _as_tape(chunks: list[tuple[bool, bytes]], max_bytes: int) -> Tape:
    tape = Tape.blank(max_bytes=max_bytes)
    source = ForeignSource("wire", "hexdump")
    tape.put(0.0, 1, fact_tag(source), pack(source))
    first = chunks[0][1]
    sender = likely_receiver(first).peer
    if find_opening(first, sender.peer) is None:
        tape.put(0.0, 1, tag(RecordKind.JOINED))
    for other, data in chunks:
        tape.put(0.0, 1, tag(RecordKind.TAKEN, sender.peer if other != chunks[0][0] else sender), data)
    return tape
