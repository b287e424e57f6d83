"""`wslab.report`: one file that a learner can hand in, written when it is asked for and not before.

Each kernel knows what happened in it. So a report adds to the file that is there: who asks once in each notebook has
one file for all of them. What was predicted first stays, of a check the last result counts. A file of another name is
left alone, and so is one that is no report.

Nothing is sent anywhere. It works in the browser's Python, where the file is in its file system.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wslab.course.hand_in.contents import LARGEST, Report, as_text, read_report
from wslab.course.hand_in.notes import MOST_TEXT, NOTES, Notes
from wslab.tape.files import replacing

__all__ = ["FILE", "report"]

FILE = "wslab-report.json"
"""The name of the file, where nobody chooses another one."""


def report(name: str, path: str | Path | None = FILE) -> Report:
    """Write what you predicted and which checks passed to a file that you can hand in; nothing is sent.

    `name` says whose it is, in at most 500 characters. `path` is the file; what a report of the same name there has
    stays, and is added to. With None nothing is written, and the report is only shown. Raises ValueError for no name,
    and for a file that is not a report of this name; OSError where the file cannot be written.

    >>> report("Ada", path=None)
    Ada: 0 of 0 predictions right, 0 of 0 checks passed.
    """
    if not name.strip() or len(name) > MOST_TEXT:
        raise ValueError(f'Say whose report it is, in at most {MOST_TEXT} characters: report("Ada").')
    if path is None:
        return _made(name, None)
    made = replace(_made(name, _earlier(Path(path), name)), path=Path(path))
    with replacing(Path(path), shared=True) as file:
        file.write(as_text(made).encode("utf-8", "replace"))
    return made


def _earlier(path: Path, name: str) -> Report | None:
    """The report that is there; None where nothing is."""
    if not path.exists():
        return None
    other = f"choose another file, as in report({name!r:.60}, {'another.json'!r})"
    try:
        there = read_report(_content(path))
    except ValueError as error:
        raise ValueError(f"{path} {error}: {other}.") from None
    if there.name != name:
        raise ValueError(f"{path} is the report of {there.name!r:.60}: {other}.")
    return there


def _content(path: Path) -> str:
    """The text of a file, no more of it than a report may have."""
    if not path.is_file():  # to read a FIFO would never end
        raise ValueError("is not a file")
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"has more than the {LARGEST:,} bytes of a report")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is no JSON") from None


def _made(name: str, earlier: Report | None) -> Report:
    notes = Notes()
    if earlier is not None:
        notes.add_all(earlier.predictions, earlier.checks)
    notes.add_all(NOTES.predictions.values(), NOTES.checks.values())
    written = datetime.now(UTC).isoformat(timespec="seconds")
    left_out = notes.left_out + NOTES.left_out
    return Report(name, tuple(notes.predictions.values()), tuple(notes.checks.values()), written, left_out)
