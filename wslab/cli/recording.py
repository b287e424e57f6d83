"""Keeping a recording on disk while it grows, so that no end of the program loses it.

Rules of this module: a file of JSON lines is written as the records come, at most a second behind them, and is whole
up to its last line at any moment, even if the program is killed. Any other format that `wslab.export` knows is
written once, at the end, which is the caller's `finally`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import click

from wslab.lab import Tape
from wslab.tape.jsonlines import JsonlinesWriter

PAUSE = 1.0
"""Seconds between two writes."""


@contextlib.asynccontextmanager
async def saving(tape: Tape, path: Path | None) -> AsyncIterator[None]:
    """Keep a tape in a file while the block runs, and complete it at its end; without a path nothing is kept.

    Raises:
        click.UsageError: It cannot be written there; told before the block begins where that is known.
    """
    if path is None:
        yield
        return
    with _told(path):
        file = _open(tape, path)
    going_on = asyncio.create_task(_go_on(file, path)) if file is not None else None
    try:
        yield
    finally:
        if going_on is not None:
            going_on.cancel()
        with _told(path):
            _complete(tape, path, file)
        click.echo(f"Saved {len(tape):,} entries to {path}.", err=True)


def _open(tape: Tape, path: Path) -> JsonlinesWriter | None:
    if path.suffix == ".jsonl":
        return JsonlinesWriter(tape.log, path)
    from wslab.exporter import SUFFIXES, UnknownSuffix

    if path.suffix.lower() not in SUFFIXES:
        raise click.UsageError(str(UnknownSuffix(path)))
    path.touch()  # what cannot be written is known now, not after hours
    return None


async def _go_on(file: JsonlinesWriter, path: Path) -> None:
    """Whatever the disk does, the next second is tried again; the first failure is told at once."""
    told = False
    while True:
        await asyncio.sleep(PAUSE)
        try:
            file.append()
        except OSError as error:
            if not told:
                click.echo(f"{_cannot(path, error)} What comes is kept in memory, and tried again.", err=True)
            told = True
        else:
            told = False


def _cannot(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or error}."


def _complete(tape: Tape, path: Path, file: JsonlinesWriter | None) -> None:
    if file is not None:
        file.close()
        return
    from wslab import export

    try:
        export(tape, path)
    except OSError:
        if path.stat().st_size == 0:  # it was only touched
            path.unlink()
        raise


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.UsageError(_cannot(path, error)) from error
