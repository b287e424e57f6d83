"""The file that a learner hands in: `wslab-report.json`.

It is JSON in UTF-8, an object with these names; later versions may have more of them, which a reader skips.

- `format`: `"wslab-report"`. `version`: 1; a change that a reader has to know of raises it.
- `name`: whose it is, as the learner wrote it. `written`: when, as ISO 8601 in UTC, to the second.
- `predictions`: a list, in the order of the runs. Of each:
    - `question`; `chosen`: what was chosen before the run, null where nothing was; `actual`: what the run gave.
    - `right`: whether both are the same, null where nothing was chosen. `cell`: the id of the cell with the run, or "".
- `checks`: a list, in the order in which they were first run. Of each:
    - `check`: its name, as `check_repaired` or `check.unmask`. `function`: the name of what the learner wrote, or "".
    - `result`: what it said last, one of `not yet`, `right`, `wrong`, `raises` and `hangs`. `passed`: whether it was
      right at least once. `runs`: how often it was run in the last kernel that ran it.
    - `rule`: the id of the rule that the last result is about, or "". `mistake`: the known mistake, or "".
    - `cell`: the id of the cell, or "".
- `left_out`: how many predictions and checks did not fit into the bounds of `notes`.

Nothing else is in it: no code, no outputs, no address. A learner can edit it: it is a statement and no proof. It may be
hostile, so `read_report` believes nothing that it has not looked at.

Left out: where the file is, which `handing_in` and `wslab grade` know.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from wslab.course.hand_in.notes import MOST_NOTES, MOST_TEXT, CheckNote, PredictionNote

__all__ = ["FORMAT", "KINDS", "LARGEST", "VERSION", "Report", "as_text", "read_report"]

FORMAT, VERSION = "wslab-report", 1
"""What the file calls itself, and the version of its format."""

LARGEST = 2 * 1024 * 1024
"""Bytes that a report may have; `MOST_NOTES` with texts of usual length have a tenth of it."""

KINDS = ("not yet", "right", "wrong", "raises", "hangs")
"""What a check can say."""

_MOST_RUNS = 1_000_000_000

Note = TypeVar("Note")


@dataclass(frozen=True, slots=True)
class Report:
    """What a learner hands in: a name, what was predicted, and what the checks said; `path` is where it was written."""

    name: str
    predictions: tuple[PredictionNote, ...]
    checks: tuple[CheckNote, ...]
    written: str = ""
    left_out: int = 0
    path: Path | None = None

    @property
    def chosen(self) -> int:
        """How many predictions were made before the run."""
        return sum(each.chosen is not None for each in self.predictions)

    @property
    def right(self) -> int:
        """How many of them came true."""
        return sum(each.right is True for each in self.predictions)

    @property
    def passed(self) -> int:
        """How many checks were right at least once."""
        return sum(each.passed for each in self.checks)

    def __str__(self) -> str:
        made = f"{self.right} of {self.chosen} predictions right"
        where = f" It is in {self.path}; nothing was sent." if self.path is not None else ""
        return f"{self.name}: {made}, {self.passed} of {len(self.checks)} checks passed.{where}"

    __repr__ = __str__


def as_text(report: Report) -> str:
    """The file of a report."""
    data = {"format": FORMAT, "version": VERSION, "name": report.name, "written": report.written}
    lists = {"predictions": list(map(asdict, report.predictions)), "checks": list(map(asdict, report.checks))}
    return json.dumps({**data, **lists, "left_out": report.left_out}, ensure_ascii=False, indent=1) + "\n"


def read_report(text: str) -> Report:
    """The report in a file; `ValueError` with the end of a sentence where it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError("is not a report of wslab")
    if data.get("version") != VERSION:
        raise ValueError(
            f"has version {data.get('version')!r:.40} of the format, and this wslab knows version {VERSION}"
        )
    read = _Fields(data, "the report")
    return Report(
        read.text("name"),
        read.each("predictions", _prediction),
        read.each("checks", _check),
        read.text("written"),
        read.count("left_out"),
    )


class _Fields:
    """The values of one object of a file, each looked at before it is believed."""

    def __init__(self, data: object, what: str) -> None:
        if not isinstance(data, dict):
            raise ValueError(f"has something other than an object for {what}")
        self._data: dict[str, Any] = data
        self._what = what

    def text(self, name: str) -> str:
        value = self._data.get(name)
        if not isinstance(value, str) or len(value) > MOST_TEXT:
            raise self._wrong(name, f"a text of at most {MOST_TEXT} characters")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._data.get(name) is None else self.text(name)

    def one_of(self, name: str, values: tuple[object, ...]) -> Any:
        value = self._data.get(name)
        if not any(value is each or (isinstance(value, str) and value == each) for each in values):
            raise self._wrong(name, f"one of {', '.join(json.dumps(each) for each in values)}")
        return value

    def count(self, name: str) -> int:
        value = self._data.get(name)
        if type(value) is not int or not 0 <= value <= _MOST_RUNS:
            raise self._wrong(name, "a number from 0 on")
        return value

    def each(self, name: str, read: Callable[[_Fields], Note]) -> tuple[Note, ...]:
        values = self._data.get(name)
        if not isinstance(values, list) or len(values) > MOST_NOTES:
            raise self._wrong(name, f"a list of at most {MOST_NOTES}")
        return tuple(read(_Fields(value, f"`{name}` number {number}")) for number, value in enumerate(values, 1))

    def _wrong(self, name: str, right: str) -> ValueError:
        return ValueError(f"has no good `{name}` in {self._what}: it has to be {right}")


def _prediction(read: _Fields) -> PredictionNote:
    chosen, actual = read.text_or_none("chosen"), read.text("actual")
    right = read.one_of("right", (True, False, None))
    return PredictionNote(read.text("question"), chosen, actual, right, read.text("cell"))


def _check(read: _Fields) -> CheckNote:
    result, passed = read.one_of("result", KINDS), read.one_of("passed", (True, False))
    names, about = (read.text("check"), read.text("function")), (read.text("rule"), read.text("mistake"))
    return CheckNote(*names, result, passed, read.count("runs"), *about, read.text("cell"))
