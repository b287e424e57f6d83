"""Keeping a recording on disk while it grows, so that no end of the program loses it.

A file of JSON lines is written as the records come, at most a second behind them, and is whole up to its last line at
any moment, even if the program is killed. Any other format that `wslab.export` knows is written once, at the end, also
when the block ends with an error. What cannot be written is found out before the block begins: a FIFO, a folder, a
circle of links, a name without a format. At the end it says how many records or entries were kept, what a full tape
dropped, and how many secrets of heads became asterisks. Entries are not counted for JSON lines, which are made of
records: to know their number all must be made.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from wslab.cli.errors import CliError
from wslab.cli.terminal.output import write_line
from wslab.explain import counted, size_in_words
from wslab.explain.redaction import notice
from wslab.lab import Tape
from wslab.tape.files import check_target
from wslab.tape.jsonlines import JsonlinesWriter
from wslab.tape.log import RecordRedactor

PAUSE = 1.0
"""Seconds between two writes."""


@contextlib.asynccontextmanager
async def saving(tape: Tape, path: Path | None, *, secrets: bool = False) -> AsyncIterator[None]:
    """Keep a tape in a file while the block runs, and complete the file at its end; without a path nothing is kept.

    Secrets in heads become asterisks, unless `secrets` keeps them.

    Raises:
        CliError: It cannot be written there.
    """
    if path is None:
        yield
        return
    redactor = None if secrets else RecordRedactor()
    with write_errors(path):
        file = _open(tape, path, redactor)
    appending = asyncio.create_task(_keep_appending(file, path)) if file is not None else None
    try:
        yield
    finally:
        if appending is not None:
            appending.cancel()
        with write_errors(path):
            kept, count = _complete(tape, path, file, redactor)
        told = [f"Saved {kept} to {path}.", dropped(tape), replaced(count, path)]
        write_line(" ".join(filter(None, told)), to_stderr=True)


def dropped(tape: Tape) -> str:
    """What a full tape did not keep, in a sentence; empty where it kept everything."""
    if not tape.dropped_records:
        return ""
    records, were = counted(tape.dropped_records, "record"), "was" if tape.dropped_records == 1 else "were"
    return f"The tape was full: {records} with {size_in_words(tape.dropped_bytes)} {were} not kept."


def replaced(count: int, path: Path) -> str:
    """How many secrets became asterisks in a file, in a sentence; empty where there were none."""
    return notice(count, path, "--secrets") if count else ""


def export_to(path: Path, tape: Tape, *, secrets: bool) -> int:
    """Write a tape in the format that the name says; returns how many secrets became asterisks."""
    from wslab import export  # loads the widgets, which only a page needs

    shown, count = (tape, 0) if secrets else tape.redacted()
    export(shown, path, secrets=True)
    return count


def check_save(path: Path) -> None:
    """Check before a run that its recording can be written there.

    Raises:
        CliError: It cannot, or the name has no suffix of a format.
    """
    from wslab.exporter import SUFFIXES, UnknownSuffix

    if path.suffix.lower() not in SUFFIXES:
        raise CliError(str(UnknownSuffix(path)))
    check_file(path)


def check_file(path: Path) -> None:
    """Check before a run that a file can be written there; `CliError` where it cannot."""
    with write_errors(path):
        check_target(path)


def _open(tape: Tape, path: Path, redactor: RecordRedactor | None) -> JsonlinesWriter | None:
    if path.suffix.lower() == ".jsonl":
        return JsonlinesWriter(tape.log, path, redactor=redactor)
    check_save(path)
    return None


async def _keep_appending(file: JsonlinesWriter, path: Path) -> None:
    """Append each second. After a failure it tries again, and reports only the first of several in a row."""
    reported = False
    while True:
        await asyncio.sleep(PAUSE)
        try:
            await _append(file)
        except OSError as error:
            if not reported:
                write_line(
                    f"{_cannot(path, error)} New records are kept in memory, and writing is tried again.",
                    to_stderr=True,
                )
            reported = True
        else:
            reported = False


async def _append(file: JsonlinesWriter) -> None:
    """Append what came, a bounded part of it in each turn of the loop."""
    while file.append_part():  # noqa: ASYNC110  it takes turns, and waits for nothing
        await asyncio.sleep(0)


def _cannot(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or error}."


def _complete(tape: Tape, path: Path, file: JsonlinesWriter | None, redactor: RecordRedactor | None) -> tuple[str, int]:
    """Write the rest; returns how much is in the file, in words, and how many secrets became asterisks."""
    if file is None:
        return counted(len(tape), "entry", "entries"), export_to(path, tape, secrets=redactor is None)
    file.close()
    return counted(file.count, "record"), 0 if redactor is None else redactor.count


@contextlib.contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """An error of the disk as a sentence."""
    try:
        yield
    except OSError as error:
        raise CliError(_cannot(path, error)) from error
