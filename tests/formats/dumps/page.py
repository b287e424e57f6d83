"""The table of forms, measured: `python -m tests.formats.dumps.page > wslab/formats/dumps/FORMS.md`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import wslab
from tests.formats.dumps.written import WRITTEN
from wslab.cli.dissect import read_input

CASE = bytes.fromhex("819537fa213d4cd8485915c010111595511f0dd849585b964e1f4a")
PAGE = Path(wslab.__file__).parent / "formats" / "dumps" / "FORMS.md"


class Row(NamedTuple):
    """One written form: what `dissect` took it for, and whether both readers gave the bytes back."""

    name: str
    form: str
    dissected: bool
    loaded: bool


def measured(folder: Path) -> list[Row]:
    """Write the frame in every form, and read it with both."""
    return list(_rows(folder / "dump"))


def _rows(path: Path) -> Iterator[Row]:
    for name, write in WRITTEN.items():
        path.write_bytes(write(CASE).encode())
        given = read_input(str(path))
        dissected = [data for data, _ in given.streams] == [CASE]
        yield Row(name, given.form, dissected, wslab.load(path).bytes(1, "client") == CASE)


def page(rows: list[Row]) -> str:
    """The table as Markdown."""
    head = (
        "# Written forms of bytes\n\n"
        "Measured by `python -m tests.formats.dumps.page`: a masked frame of 27 bytes, written in each form and read.\n"
        "A property test does the same with random frames. The name in the second column is the one for `--as`.\n\n"
        "| written by or as | read as | `dissect` | `load` |\n|---|---|---|---|\n"
    )
    lines = (f"| {row.name} | `{row.form}` | {_word(row.dissected)} | {_word(row.loaded)} |\n" for row in rows)
    return head + "".join(lines)


def _word(right: bool) -> str:
    return "right" if right else "wrong"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(page(measured(Path(name))))
