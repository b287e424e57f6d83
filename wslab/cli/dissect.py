"""`wslab dissect`: bytes in, a table of their fields out, for the terminal or as JSON.

The input is hex as people write it, a file, or `-` for standard input. What a file or a pipe holds is taken as hex when
it is text of nothing but hex digits and their separators, else as the bytes themselves. No legal frame is mistaken for
hex: none can begin with a byte that is a hex digit or a separator.

The fields, the words and the verdict are those of `wslab.explain`; here they only get their colours and columns.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wslab.explain import Anatomy, Part, Verdict, anatomy, parse_hex, verdict
from wslab.protocol import Deflate, Role

if TYPE_CHECKING:
    pass


_HEX_TEXT = re.compile(rb"(?:0[xX]|\\x|[0-9a-fA-F]|[\s,:;_-])*")
_MOST_BYTES = 1 << 20
_HELP = "give hex such as 818537fa213d7f9f4d5158, a file, or - for standard input"


def read_input(source: str) -> bytes:
    """Give the bytes that the argument names.

    Raises:
        click.UsageError: There is no such file and it is no hex, or it holds more than a mebibyte.
    """
    if source == "-":
        return _decode(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input")
    path = Path(source)
    if _is_file(path):
        with path.open("rb") as file:
            return _decode(file.read(_MOST_BYTES + 1), source)
    if not _HEX_TEXT.fullmatch(source.encode(errors="replace")):
        raise click.UsageError(f"{source[:80]!r} is neither a file nor hex: {_HELP}.")
    return _hex(source, "HEX")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # long hex is no file name
        return False


def _decode(data: bytes, name: str) -> bytes:
    if len(data) > _MOST_BYTES:
        raise click.UsageError(f"{name} holds more than {_MOST_BYTES:,} bytes: dissect a part of it, cut with head -c.")
    return _hex(data.decode(), name) if _HEX_TEXT.fullmatch(data) else data


def _hex(text: str, name: str) -> bytes:
    try:
        data = parse_hex(text, name)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not data:
        raise click.UsageError(f"{name} is empty: {_HELP}.")
    return data


def likely_receiver(data: bytes) -> Role:
    """Say who receives these bytes: the server what begins masked or as a request, else the client."""
    if data.startswith(b"HTTP/"):
        return Role.CLIENT
    if re.match(rb"[A-Z]{3,20} ", data):
        return Role.SERVER
    return Role.CLIENT if len(data) > 1 and data[1] < 0x80 else Role.SERVER


def judge(whole: Anatomy, *, alone: bool, deflate: Deflate | None = None) -> Verdict:
    """Give the receiver's verdict on the frames, those behind a head if there is one."""
    begin = whole.parts[0].end // 8 if whole.parts and whole.parts[0].kind.id == "http" else 0
    return verdict(whole.data[begin:], whole.role, whole_stream=not alone, deflate=deflate)


def dissect(
    data: bytes, role: Role | None, *, alone: bool = False, deflate: Deflate | None = None
) -> tuple[Anatomy, Verdict]:
    """Take the bytes apart as `role` receives them; None is whoever the bytes look meant for."""
    whole = anatomy(data, role or likely_receiver(data), whole_stream=not alone, deflate=deflate)
    return whole, judge(whole, alone=alone, deflate=deflate)


def is_legal(whole: Anatomy) -> bool:
    """Whether every part is there to its end and breaks no rule."""
    return whole.error is None and not any(part.missing for part in whole.parts)


def as_data(whole: Anatomy, found: Verdict) -> dict[str, Any]:
    """Give all that the table shows, for `--json`."""
    return {
        "receiver": whole.role.value,
        "bytes": len(whole.data),
        "legal": is_legal(whole),
        "parts": [_part_data(part) for part in whole.parts],
        "verdict": found.sentence,
        "rule": whole.error.rule.id if whole.error else None,
        "error": str(whole.error) if whole.error else None,
        "close_code": int(whole.error.close_code) if whole.error and whole.error.close_code else None,
    }


def _part_data(part: Part) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "bit": field.start,
            "bits": field.size,
            "value": field.value,
            "meaning": field.meaning,
            "section": field.section,
            "breaks": field.rule.id if field.rule else None,
        }
        for field in part.fields
    ]
    return {
        "kind": part.kind.id,
        "name": part.name,
        "missing": part.missing,
        "plain": part.plain.hex(),
        "inflated": None if part.inflated is None else part.inflated.hex(),
        "fields": fields,
    }
