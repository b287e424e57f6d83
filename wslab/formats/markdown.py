"""A tape as Markdown: what happened in words, with what both sides believe, for an issue, a chat or a notebook.

Payloads are data: nothing in them acts as Markdown or HTML. There is one line for each entry, and a
line of beliefs where they change.

What it leaves out: bytes. They are in the other formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wslab.explain import KINDS, counted
from wslab.explain.words import printable
from wslab.tape.entry import Belief, Entry
from wslab.tape.files import replacing
from wslab.tape.follow import TapeView
from wslab.tape.tape import Tape

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")
_WAYS = {"client": "client → server", "server": "client ← server", "wire": "wire"}


def save(tape: Tape, path: str | Path) -> Path:
    """Write a tape as Markdown."""
    with replacing(path) as file:
        for line in _lines(tape):
            file.write(f"{line}\n".encode("utf-8", "replace"))
    return Path(path)


def _lines(tape: Tape) -> Iterator[str]:
    yield "# What happened"
    yield ""
    connections = counted(len(tape.connection_numbers), "connection")
    yield f"{counted(len(tape), 'entry', 'entries')} on {connections}, recorded by wslab."
    for warning in tape.warnings:
        yield f"\n> {_plain(warning)}"
    view = TapeView(tape)
    for number in [0, *tape.connection_numbers]:
        entries = view.entries(number)
        if entries:
            yield f"\n## {f'Connection {number}' if number else 'The lab'}\n"
            yield from _connection(entries)


def _connection(entries: list[Entry]) -> Iterator[str]:
    yield "| time | who | what |"
    yield "|---:|---|---|"
    believed: tuple[Belief | None, Belief | None] = (None, None)
    for entry in entries:
        mark = KINDS[entry.kind].mark
        yield f"| {entry.time * 1000:,.1f} ms | {_WAYS[entry.sender]} | {_plain(mark)} {_plain(entry.sentence)} |"
        beliefs = entry.client, entry.server
        if beliefs != believed:
            yield f"| | | *{_plain('; '.join(_beliefs(*beliefs)))}* |"
            believed = beliefs


def _beliefs(client: Belief | None, server: Belief | None) -> Iterator[str]:
    for side, belief in (("client", client), ("server", server)):
        if belief is not None:
            yield f"the {side} believes {belief} ({belief.detail})"


def _plain(words: str) -> str:
    """Text escaped so that Markdown takes it as plain words, in one line."""
    return _SPECIAL.sub(r"\\\1", printable(words))
