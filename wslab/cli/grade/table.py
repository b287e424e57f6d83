"""The rows of `wslab grade`: on the screen, as CSV and as JSON.

What learners wrote is data of strangers. On the screen, controls are escaped. In CSV, a cell that a spreadsheet would
take for a formula begins with an apostrophe.

CSV has a line for each file, with these columns: learner, file, kind, name, what, passed, total,
predictions_right, predictions_made, predictions, remark. A value that there is none of is empty.

JSON is an object: `format` is `"wslab-grade"`, `version` is 1, `rows` is a list of objects with the same names, and
with `verdicts`, each with `exercise`, `result`, `sentence`, `rule` and `mistake`. What there is none of is null.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from wslab.cli.grade.rows import Row
from wslab.protocol.handshake.head import escaped

__all__ = ["FORMAT", "VERSION", "as_csv", "as_data", "as_table"]

FORMAT, VERSION = "wslab-grade", 1

_COLUMNS = ("learner", "file", "kind", "name", "what", "passed", "total")
_MADE = ("predictions_right", "predictions_made", "predictions")


def as_table(rows: Sequence[Row]) -> Table:
    """The table for the screen; files are named where one cannot be graded, and what is not begun is one line."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("learner", "what", "passed", "predicted", "open"):
        table.add_column(name, overflow="fold")
    for row in _shortened(rows):
        passed = "" if row.passed is None else f"{row.passed} of {row.total}"
        made = "" if row.predictions is None else f"{row.predictions[0]} of {row.predictions[1]}"
        cells = [Text(escaped(each)) for each in (row.learner, _what(row), passed, made)]
        table.add_row(*cells, Text(escaped(row.remark), _style(row)))
    return table


def _shortened(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows, where several notebooks of a learner that are as the course has them are one."""
    untouched = Counter(row.learner for row in rows if _is_untouched(row))
    for row in rows:
        if not _is_untouched(row) or untouched[row.learner] == 1:
            yield row
        elif untouched[row.learner]:
            what = f"{untouched.pop(row.learner)} notebooks"
            yield Row(row.learner, "", "notebook", what, remark="not begun")


def _is_untouched(row: Row) -> bool:
    results = {each.result for each in row.verdicts}
    return row.kind == "notebook" and results == {"not yet"}


def _what(row: Row) -> str:
    """What a file is, in a word or two."""
    if row.kind == "notebook":
        return row.what or row.file
    if row.kind == "report" and row.name != row.learner:
        return f"report of {row.name}"
    return row.file if row.kind == "unreadable" else row.kind


def _style(row: Row) -> str:
    return "bold red" if row.kind == "unreadable" else "yellow" if row.remark else ""


def as_data(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows as data for JSON."""
    return {"format": FORMAT, "version": VERSION, "rows": list(map(_as_object, rows))}


def _as_object(row: Row) -> dict[str, Any]:
    verdicts = [asdict(each) for each in row.verdicts]
    return _as_line(row) | {"verdicts": verdicts}


def _as_line(row: Row) -> dict[str, Any]:
    made = row.predictions or (None, None, None)
    named = {name: getattr(row, name) for name in _COLUMNS}
    return named | dict(zip(_MADE, made, strict=True)) | {"remark": row.remark}


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_COLUMNS, *_MADE, "remark"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in _as_line(row).items()})
    return text.getvalue()


def _plain(value: object) -> object:
    """A value for a spreadsheet: a text on one line, and never a formula."""
    if not isinstance(value, str):
        return value
    line = escaped(value)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
