"""`wslab dissect`: bytes in; out come each frame in bits and a table of its fields, for the terminal, or JSON.

The input is a dump as people write it, a file, or `-` for standard input. What is text is read by `formats.dumps`, as
`load` reads it, and said what it was taken for; what cannot be text is taken as the bytes themselves, and so is a
head of HTTP. Where a dump has both directions, each is taken apart by itself.

The fields, the words and the verdict are those of `wslab.explain`; `terminal.dissection` draws the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.options import SECRETS
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.dissection import as_tables, judge
from wslab.cli.terminal.output import as_json, write_line
from wslab.explain import Anatomy, Part, Verdict, anatomy, verdict
from wslab.explain.narration import size_in_words
from wslab.explain.openings import find_opening, likely_receiver
from wslab.explain.redaction import Secrets, StreamRedactor, notice
from wslab.formats.dumps.form import Reading
from wslab.formats.dumps.reader import FORM_IDS, UnknownForm, decoded, read_dump
from wslab.formats.hexdump import client_way
from wslab.protocol import Deflate, HandshakeRequest, Role
from wslab.tape.files import UnreadableFile, opened
from wslab.tape.streams.preamble import before_http

_MOST_BYTES = 1 << 20
_RAW = "raw"
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
@click.option(
    "--as",
    "as_form",
    type=click.Choice([_RAW, *FORM_IDS]),
    metavar="FORM",
    help="How the bytes are written, such as xxd, hexdump or base64; raw for the bytes themselves. Default: found out.",
)
@click.option("--alone", is_flag=True, help="Judge each frame by itself, as from the middle of a connection.")
@click.option("--deflate", is_flag=True, help="Read compressed messages: permessage-deflate was agreed on.")
@click.option("--json", "in_json", is_flag=True, help="Print the same as JSON.")
@SECRETS
@click.pass_context
def dissect(
    context: click.Context,
    source: str,
    role: str | None,
    as_form: str | None,
    alone: bool,
    deflate: bool,
    in_json: bool,
    secrets: bool,
) -> None:
    """Take bytes apart: every field with its value, its meaning and its section of RFC 6455.

    The bytes may be written in any form: hex, xxd, hexdump, od, what Wireshark, tcpdump, curl and Node print, literals
    of programming languages, Base64, whole packets. The first line says what they were read as.
    Each frame is drawn in bits as the RFC draws it, 32 a row, or 16 in a narrow terminal. Several frames in a row are
    shown one after the other; a head of the opening handshake may come before them.
    The exit code is 0 when all of it is legal and whole, 1 when a rule is broken or the end is missing.
    """
    agreed = Deflate() if deflate else None
    given = read_input(source, as_form or "")
    given = _without_preambles(given if secrets else hidden(given))  # asterisks keep every length
    request = asked_in(given.streams)
    found = [
        take_apart(data, Role(role) if role else receiver, alone=alone, deflate=agreed, request=request)
        for data, receiver in given.streams
    ]
    if in_json:
        _print_json(given, found)
    else:
        _print_tables(given, found, alone=alone, told=role is not None)
    context.exit(0 if all(is_legal(whole, judged) for whole, judged in found) else 1)


def hidden(given: Given) -> Given:
    """The same bytes with asterisks in place of the secrets in heads, which is said on standard error."""
    known = Secrets()
    streams = [(StreamRedactor(known).feed(data), receiver) for data, receiver in given.streams]
    if known.values:
        write_line(notice(len(known.values), "What is shown", "--secrets"), to_stderr=True)
    return given._replace(streams=streams)


def _print_json(given: Given, found: list[tuple[Anatomy, Verdict]]) -> None:
    """One object; of a dump with both directions, a list of two."""
    many = len(found) > 1
    for number, (whole, judged) in enumerate(found):
        if many:
            write_line("," if number else "[")
        for chunk in json_chunks(whole, judged, given.form):
            write_line(chunk)
    if many:
        write_line("]")


def _print_tables(given: Given, found: list[tuple[Anatomy, Verdict]], *, alone: bool, told: bool) -> None:
    console = Console(highlight=False, emoji=False)
    if given.sentence:
        console.print(given.sentence, markup=False)
    for whole, judged in found:
        if len(found) > 1:
            console.print(f"What the {whole.role.peer} sent:")
        for each in as_tables(whole, judged, dark=is_dark(), width=console.width):
            console.print(each)
        if len(found) == 1 and not told and (other := other_reading(whole, judged, alone=alone)):
            console.print(other, markup=False)


# --- the input ----------------------------------------------------------------------------------


class Given(NamedTuple):
    """The bytes of each direction with who most likely receives them, and what they were read as.

    `form` is empty for the bytes themselves.
    """

    streams: list[tuple[bytes, Role]]
    form: str = ""
    sentence: str = ""


def read_input(source: str, as_form: str = "") -> Given:
    """Return the bytes that the argument names; `as_form` says how they are written.

    Raises:
        CliError: There is no such file and it is no dump, or it holds more than a mebibyte.
    """
    if source == "-":
        return _decode(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input", as_form)
    path = Path(source)
    if _is_file(path):
        return _decode(_content(path), source, as_form)
    if as_form == _RAW:
        raise CliError(f"{source[:80]!r} is no file: --as raw takes the bytes of a file or of - (standard input).")
    return _dump(source, "HEX", as_form, f"{source[:80]!r} is neither a file nor bytes: {_HELP}. As bytes, ")


def _without_preambles(given: Given) -> Given:
    """The same without SOCKS or the PROXY protocol in front of HTTP, and a sentence that says so."""
    streams, told = [], [given.sentence]
    for data, receiver in given.streams:
        found = before_http(data)
        rest = data[sum(len(message) for message, _ in found) :]
        told.extend(fact.words for _, fact in found)
        if found and not rest:
            raise CliError(f"These bytes are no frame. {' '.join(told[1:])} Give what follows, too.")
        streams.append((rest, likely_receiver(rest) if found else receiver))
        if found:
            told.append(f"Stripped: {size_in_words(len(data) - len(rest))}.")
    return given._replace(streams=streams, sentence=" ".join(filter(None, told)))


def _content(path: Path) -> bytes:
    try:
        with opened(path) as file:
            return file.read(_MOST_BYTES + 1)
    except UnreadableFile as error:
        raise CliError(str(error)) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # long hex is not a file name
        return False


def _decode(data: bytes, name: str, as_form: str) -> Given:
    if len(data) > _MOST_BYTES:
        raise CliError(f"{name} holds more than {_MOST_BYTES:,} bytes: dissect a part of it, cut with head -c.")
    text = None if as_form == _RAW or not data else decoded(data)
    if as_form and as_form != _RAW and text is None:
        text = data.decode("latin-1")
    if text is None and data:
        return Given([(data, likely_receiver(data))], "", f"Taken as the bytes themselves, {size_in_words(len(data))}.")
    return _dump(text or "", name, as_form)


def _dump(text: str, name: str, as_form: str, before: str = "") -> Given:
    if not text.strip():
        raise CliError(f"{name} is empty: {_HELP}.")
    try:
        reading = read_dump(text, as_form)
    except UnknownForm as error:
        raise CliError(f"{before or name + ': '}{error}") from error
    return Given(_streams(reading), reading.form.id, reading.sentence)


def _streams(reading: Reading) -> list[tuple[bytes, Role]]:
    """The bytes of each direction, the first that speaks first."""
    ways = dict.fromkeys(piece.way for piece in reading.pieces)
    whole = [(way, b"".join(piece.data for piece in reading.pieces if piece.way == way)) for way in ways]
    if len(whole) == 1:
        return [(data, likely_receiver(data)) for _, data in whole]
    client = client_way(reading.pieces)
    return [(data, Role.SERVER if way == client else Role.CLIENT) for way, data in whole]


# --- the parts ----------------------------------------------------------------------------------


def take_apart(
    data: bytes,
    role: Role | None,
    *,
    alone: bool = False,
    deflate: Deflate | None = None,
    request: HandshakeRequest | None = None,
) -> tuple[Anatomy, Verdict]:
    """Take the bytes apart as `role` receives them; None is the side that they look meant for.

    A response is judged with its `request`, where that is known.
    """
    role = role or likely_receiver(data)
    whole = anatomy(data, role, whole_stream=not alone, deflate=deflate, request=request, foreign=not alone)
    return whole, judge(whole, alone=alone, deflate=deflate, request=request)


def asked_in(streams: Sequence[tuple[bytes, Role]]) -> HandshakeRequest | None:
    """The request of the direction that a server receives, where both directions are here."""
    asked = next((data for data, receiver in streams if receiver is Role.SERVER), b"")
    opening = find_opening(asked, Role.SERVER)
    if len(streams) == 1 or opening is None or not opening.whole:
        return None
    return HandshakeRequest.parse(opening.head)[0]


def is_legal(whole: Anatomy, judged: Verdict) -> bool:
    """Whether no rule is broken, and every part is there to its end or is discarded behind a Close."""
    return whole.error is None and judged.accepted is True


def other_reading(whole: Anatomy, found: Verdict, *, alone: bool) -> str:
    """What the other side would make of the same frames, for nobody said who receives them; empty behind a head.

    A sender's role shows in the masks only (§5.1). Where both refuse the frames, there is nothing to choose.
    """
    role = whole.role.peer
    if found.accepted is False or find_opening(whole.data, whole.role) is not None:
        return ""
    other = verdict(whole.data, role, whole_stream=not alone)
    return f"If the {role} received it (--role {role}): {other.sentence}"


def json_chunks(whole: Anatomy, found: Verdict, form: str = "") -> Iterator[str]:
    """All that the table shows as one JSON object, in chunks of whole lines; a mebibyte may have 500,000 parts."""
    error, cause = found.error, found.cause
    before = {"receiver": whole.role.value, "bytes": len(whole.data), "legal": is_legal(whole, found)}
    before |= {"read_as": form} if form else {}
    behind = {
        "verdict": found.sentence,
        "rule": error.rule.id if error else None,
        "error": str(error.because(cause.sentence) if cause else error) if error else None,
        "fix": found.fix or None,
        "cause": cause._asdict() if cause else None,
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
        "at_least": part.at_least,
        "plain": part.plain.hex(),
        "inflated": None if part.inflated is None else part.inflated.hex(),
        "fields": fields,
    }
