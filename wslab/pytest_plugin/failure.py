"""What a failing test says of its labs: the seed, the last steps with what both sides believe, and where the tape is.

How it works: pytest prints the sections of a report behind the traceback, and pytest-xdist carries them over from its
workers. Secrets in heads are asterisks there and in the file, for both often end in the log of a CI.

What it leaves out: how a tape is put into words (`tape.text`), and the format of the file (`Tape.save`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from wslab.explain import counted
from wslab.pytest_plugin.asked import VIRTUAL, Use, marked
from wslab.tape.entry import Entry
from wslab.tape.tape import Tape
from wslab.tape.text import in_words

STEPS = 20
"""Steps that are printed; all of them are in the file."""

SIDES = ("client", "server")

_NOT_KEPT = "--wslab-tapes=DIR keeps the whole tape."
_LONGEST_NAME = 150


def sections(item: pytest.Item, uses: Sequence[Use]) -> list[tuple[str, str]]:
    """A heading and a text for each lab of a test that failed."""
    return [
        (f"wslab: {use.clock} clock, seed {use.seed}", "\n".join(_lines(item, use, number)))
        for number, use in enumerate(uses)
    ]


def _lines(item: pytest.Item, use: Use, number: int) -> Iterator[str]:
    tape, secrets = (use.tape or use.lab.tape.copy()).redacted()
    last = tape[-STEPS:]
    if len(tape) > STEPS:
        yield f"The last {STEPS} of {len(tape)} steps:"
    yield in_words(last, tape.log, tape.pending(), many=len(tape.connection_numbers) > 1)
    if strangers := _strangers(tape):
        yield f"The {' and the '.join(strangers)} is not the lab's own: what it believes is not known."
    if use.clock == VIRTUAL and "seed" not in marked(item):  # on the real clock the rest does not repeat
        yield f"To run it again: --wslab-seed={use.seed}"
    folder = item.config.getoption("wslab_tapes")
    yield _kept(tape, Path(folder) / file_name(item.nodeid, number), secrets) if folder else _NOT_KEPT


def _strangers(entries: Sequence[Entry]) -> list[str]:
    """The sides of which, on some connection, no belief is known at any step."""
    # over the whole tape: a side whose process died believed something before
    known = {(entry.connection, side) for entry in entries for side in SIDES if getattr(entry, side) is not None}
    connections = {entry.connection for entry in entries if entry.connection}
    return [side for side in SIDES if any((each, side) not in known for each in connections)]


def _kept(tape: Tape, path: Path, secrets: int) -> str:
    """Save the tape, and say where it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tape.save(path)
    except OSError as error:
        return f"The tape could not be kept in {path}: {error.strerror or error}"
    masked = f" ({counted(secrets, 'secret')} in heads masked)" if secrets else ""
    return f"The whole tape, for wslab.load{masked}: {path}"


def file_name(nodeid: str, number: int = 0) -> str:
    """A name for the tape of a test: what file systems take of its id, and a few digits that tell like names apart."""
    name = re.sub(r"[^\w.=]+", "-", nodeid).strip("-")[-_LONGEST_NAME:]
    digits = sha256(f"{nodeid} {number}".encode()).hexdigest()[:6]
    return f"{name}-{digits}.jsonl"
