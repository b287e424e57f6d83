"""`wslab dissect`: bytes in; out come each frame in bits and a table of its fields, for the terminal, or JSON.

The input is hex as people write it, a file, or `-` for standard input. The content of a file or a
pipe is taken as hex when it is text with nothing but hex digits and their separators, else as the bytes themselves. No
legal frame begins with the byte of a hex digit or a separator, but the first fragment of a compressed message (A or B).

The fields, the words and the verdict are those of `wslab.explain`; `terminal.dissection` draws the tables.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.dissection import as_tables, judge
from wslab.cli.terminal.output import as_json, write_line
from wslab.explain import Anatomy, Part, Verdict, anatomy, parse_hex
from wslab.explain.openings import likely_receiver
from wslab.protocol import Deflate, Role

_HEX_TEXT = re.compile(rb"(?:0[xX]|\\x|[0-9a-fA-F]|[\s,:;_-])*")
_MOST_BYTES = 1 << 20
_HELP = "give hex such as 818537fa213d7f9f4d5158, a file, or - for standard input"


def _files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


@click.command()
@click.argument("source", metavar="[HEX | FILE | -]", shell_complete=_files)
@click.option(
    "--role",
    type=click.Choice(["client", "server"]),
    help="Who receives the bytes; without it, the side that they fit.",
)
@click.option("--alone", is_flag=True, help="Judge each frame by itself, as from the middle of a connection.")
@click.option("--deflate", is_flag=True, help="Read compressed messages: permessage-deflate was agreed on.")
@click.option("--json", "in_json", is_flag=True, help="Print the same as JSON.")
@click.pass_context
def dissect(context: click.Context, source: str, role: str | None, alone: bool, deflate: bool, in_json: bool) -> None:
    """Take bytes apart: every field with its value, its meaning and its section of RFC 6455.

    Each frame is drawn in bits as the RFC draws it, 32 a row, or 16 in a narrow terminal. Several frames in a row are
    shown one after the other; a head of the opening handshake may come before them.
    The exit code is 0 when all of it is legal and whole, 1 when a rule is broken or the end is missing.
    """
    agreed = Deflate() if deflate else None
    receiver = Role(role) if role else None
    whole, found = take_apart(read_input(source), receiver, alone=alone, deflate=agreed)
    if in_json:
        for chunk in json_chunks(whole, found):
            write_line(chunk)
    else:
        console = Console(highlight=False, emoji=False)
        for each in as_tables(whole, found, dark=is_dark(), width=console.width):
            console.print(each)
    context.exit(0 if is_legal(whole) else 1)


# --- the input ----------------------------------------------------------------------------------


def read_input(source: str) -> bytes:
    """Return the bytes that the argument names.

    Raises:
        CliError: There is no such file and it is not hex, or it holds more than a mebibyte.
    """
    if source == "-":
        return _decode(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input")
    path = Path(source)
    if _is_file(path):
        with path.open("rb") as file:
            return _decode(file.read(_MOST_BYTES + 1), source)
    if not _HEX_TEXT.fullmatch(source.encode(errors="replace")):
        raise CliError(f"{source[:80]!r} is neither a file nor hex: {_HELP}.")
    return _hex(source, "HEX")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # long hex is not a file name
        return False


def _decode(data: bytes, name: str) -> bytes:
    if len(data) > _MOST_BYTES:
        raise CliError(f"{name} holds more than {_MOST_BYTES:,} bytes: dissect a part of it, cut with head -c.")
    return _hex(data.decode(), name) if _HEX_TEXT.fullmatch(data) else data


def _hex(text: str, name: str) -> bytes:
    try:
        data = parse_hex(text, name)
    except ValueError as error:
        raise CliError(str(error)) from error
    if not data:
        raise CliError(f"{name} is empty: {_HELP}.")
    return data


# --- the parts ----------------------------------------------------------------------------------


def take_apart(
    data: bytes, role: Role | None, *, alone: bool = False, deflate: Deflate | None = None
) -> tuple[Anatomy, Verdict]:
    """Take the bytes apart as `role` receives them; None is the side that they look meant for."""
    whole = anatomy(data, role or likely_receiver(data), whole_stream=not alone, deflate=deflate)
    return whole, judge(whole, alone=alone, deflate=deflate)


def is_legal(whole: Anatomy) -> bool:
    """Whether every part is there to its end and breaks no rule."""
    return whole.error is None and not any(part.missing for part in whole.parts)


def json_chunks(whole: Anatomy, found: Verdict) -> Iterator[str]:
    """All that the table shows as one JSON object, in chunks of whole lines; a mebibyte may have 500,000 parts."""
    error = whole.error
    before = {"receiver": whole.role.value, "bytes": len(whole.data), "legal": is_legal(whole)}
    behind = {
        "verdict": found.sentence,
        "rule": error.rule.id if error else None,
        "error": str(error) if error else None,
        "close_code": int(error.close_code) if error and error.close_code else None,
    }
    yield as_json(before, indent=1).removesuffix("\n}") + ',\n "parts": ['
    for number, part in enumerate(whole.parts, 1):
        yield indent(as_json(_part_data(part), indent=1), "  ") + ("," if number < len(whole.parts) else "")
    yield " ],\n" + as_json(behind, indent=1).removeprefix("{\n")


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
