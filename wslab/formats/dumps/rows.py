"""Dumps in rows: an offset, the bytes, and often the same bytes as text.

    00000000: 8105 4865 6c6c 6f                        ..Hello
    00000000  81 05 48 65 6c 6c 6f                     |..Hello|

Text can look like hex. How many cells of a row are bytes is therefore asked in this order: the offset of the next row
minus this one; the text, which must show exactly these bytes; a wide gap behind the cells. The offsets of `od` are
octal, so the base is the one in which all differences fit.

A row of `*` stands for rows like the one before, up to the next offset. Lines between rows may say a direction, or
begin a new packet; any other line is refused with its number.

What this module leaves out: what the cells say (`cells`), and which dump a text is (`table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from wslab.formats.dumps.cells import MOST, Cells
from wslab.formats.dumps.form import IN, OUT, Piece, UnfitText

LARGEST = 64 * 1024 * 1024
"""Bytes that a dump may stand for: rows of `*` are short for many."""

_ROW = re.compile(r"(?P<indent>[ \t]*)(?P<hex>0[xX])?(?P<offset>[0-9a-fA-F]{4,16})(?P<colon>:?)(?P<rest>(?=[ \t]).*)?$")
_OUTWARD = re.compile(r"=> Send|(?:\S+ ){0,2}> |Sent\b")
_INWARD = re.compile(r"<= Recv|(?:\S+ ){0,2}< |Received\b")
_BETWEEN = re.compile(
    r"=> Send|<= Recv|== Info|\*|\d\d:\d\d:\d\d|={5,}|Follow:|Filter:|Node \d|Label:|Path:"
    r"|(?:Packet|Frame|Reassembled)\b"
    r"|\s*(?:Offset(?: Bytes)?\s+)?(?:00 01 02 03|0 +1 +2 +3|-{4,})|\S+ IP6? "
)
_SAMPLE = 64  # rows from which the base of the offsets is found
_BASES = (16, 8, 10)
_USUAL = 16  # bytes in a row of characters


class _Row(NamedTuple):
    number: int
    offset: str
    rest: str
    way: str
    begins: bool  # a new packet, after a line that says so


def read_rows(text: str, first: re.Pattern[str], cells: Cells) -> list[Piece]:
    """The bytes of a dump whose first row looks like `first`; `UnfitText` where a line is not a row."""
    rows = list(islice(_rows(text, first), _SAMPLE))
    if not rows:
        raise UnfitText("it has no offset and bytes in a row")
    base = _base_of(rows, cells)
    return list(_packets(_rows(text, first), cells, base))


def _lines(text: str) -> Iterator[str]:
    """One line at a time: a dump may have millions."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text[at:end].rstrip("\r")
        at = end + 1


def _rows(text: str, first: re.Pattern[str]) -> Iterator[_Row]:
    way, begins, seen, indents = "", False, False, ""
    for number, line in enumerate(_lines(text), 1):
        if not line.strip():
            continue
        found = _ROW.match(line)
        if found is not None and not seen:
            if not first.match(line):
                raise UnfitText(f"line {number} begins otherwise: {line[:40]!r}")
            seen, indents = True, found["indent"]
        if found is not None:
            side = way or (IN if found["indent"] != indents and len(found["offset"]) == 8 else "")
            yield _Row(number, found["offset"], found["rest"] or "", side, begins)
            begins = False
        elif line.strip() == "*" and seen:
            yield _Row(number, "*", "", way, False)
        elif _BETWEEN.match(line):
            way, begins = _way_of(line) or way, True
        else:
            raise UnfitText(f"line {number} has no offset: {line[:60]!r}.", 0.5 if seen else 0.0)


def _way_of(line: str) -> str:
    return OUT if _OUTWARD.match(line) else IN if _INWARD.match(line) else ""


def _base_of(rows: list[_Row], cells: Cells) -> int:
    """The base in which all differences of offsets fit; of several, the one that makes full rows longest."""
    taken = [cells.take(row.rest) for row in rows]
    return max(_BASES, key=lambda base: (*_fits(rows, taken, base), -_BASES.index(base)))


def _fits(rows: list[_Row], taken: list[tuple[bytes, list[int]]], base: int) -> tuple[int, int]:
    """Minus the rows that do not fit, and the bytes of those that do, but for the last."""
    misfits, total = 0, 0
    for number, (data, ends) in enumerate(taken[:-1]):
        row, after = rows[number : number + 2]
        step = _step(row, after, base)
        if step is not None and not after.rest.strip():  # the end of the dump: only the last word is padded
            count = shown_count(row.rest, data, ends)
            misfits += not count - ends.count(ends[min(1, len(data))]) < step <= count
        elif step is not None:
            misfits += step > len(data)
            total += step
    return -misfits, total


def _step(row: _Row, after: _Row, base: int) -> int | None:
    """The bytes between two rows; None where the second begins anew, or one stands for others."""
    try:
        step = int(after.offset, base) - int(row.offset, base)
    except ValueError:
        return MOST + 1 if "*" not in (row.offset, after.offset) else None
    return step if step > 0 and not after.begins else None


def _packets(rows: Iterator[_Row], cells: Cells, base: int) -> Iterator[Piece]:
    """Each run of rows whose offsets go on; a smaller offset, or a line between, begins a new one."""
    data, way, last = bytearray(), "", b""
    previous: _Row | None = None
    star = False
    for row in rows:
        if previous is not None and row.offset != "*":
            last = _bytes_of(previous, row, cells, base) or last
            data += last
            if star:
                data += _squeezed(last, previous, row, base)
            if _is_new(previous, row, base):
                yield Piece(bytes(data), way)
                data = bytearray()
        star = row.offset == "*"
        if len(data) > LARGEST:
            raise UnfitText(f"line {row.number} makes it longer than {LARGEST:,} bytes", 1.0)
        if row.offset != "*":
            previous, way = row, row.way
    if previous is not None:
        yield Piece(bytes(data) + _bytes_of(previous, None, cells, base), way)


def _is_new(row: _Row, after: _Row, base: int) -> bool:
    return after.begins or after.way != row.way or int(after.offset, base) <= int(row.offset, base)


def _squeezed(last: bytes, row: _Row, after: _Row, base: int) -> bytes:
    missing = int(after.offset, base) - int(row.offset, base) - len(last)
    if not last or not 0 <= missing <= LARGEST:
        raise UnfitText(f"line {after.number} does not go on where the rows of * end", 0.9)
    return (last * (missing // len(last) + 1))[:missing]


def _bytes_of(row: _Row, after: _Row | None, cells: Cells, base: int) -> bytes:
    found, ends = cells.take(row.rest)
    if not found and row.rest.strip():
        raise UnfitText(f"line {row.number} has no bytes of this form: {row.rest.strip()[:40]!r}", 0.1)
    step = _step(row, after, base) if after is not None else None
    if step is not None and cells.spaces and step <= _USUAL:
        found = found.ljust(step)
    if step is not None and step <= len(found):
        return found[:step]
    return found[: shown_count(row.rest, found, ends)]


def shown_count(rest: str, found: bytes, ends: list[int]) -> int:
    """How many bytes the row has: those that its text shows, or those in front of a wide gap."""
    for count in range(len(found), 0, -1):
        if _is_end(ends, count) and _shows(rest[ends[count] :], found[:count]):
            return count
    return _before_gap(rest, found, ends)


def _is_end(ends: list[int], count: int) -> bool:
    """Whether a cell ends behind so many bytes."""
    return count + 1 == len(ends) or ends[count + 1] != ends[count]


def _shows(tail: str, data: bytes) -> bool:
    shown = tail.strip()
    if shown[:1] + shown[-1:] in ("||", "><"):
        shown = shown[1:-1].strip()
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data).strip()
    same = all(mine == theirs or mine == "." for mine, theirs in zip(text, shown, strict=False))
    return not tail.strip() or (len(shown) == len(text) and same)


def _before_gap(rest: str, found: bytes, ends: list[int]) -> int:
    for count in range(1, len(found)):
        gap = re.match(r"[ \t]*", rest[ends[count] :])
        if count != 8 and gap is not None and len(gap[0]) > 2 and _is_end(ends, count):
            return count
    return len(found)
