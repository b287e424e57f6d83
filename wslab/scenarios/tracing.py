"""Which line of a scenario's story caused each entry of its tape.

How it works: the run is played with a callback on its log, which changes nothing in it. After each record the
callback looks for the story on the stack. Where it is there, that line of the story is what did it: `await
client.send("two")` reaches TCP within the call. Where it is not, the lab's own code did it by itself, such as a Pong or
a keepalive Ping; then the line is the one at which the story waits meanwhile. Records become entries as in any tape:
which records made which entries is seen by reading them one by one.

Only who asks for the lines pays for them; `play` records none. Each line is of the story's own file, whichever function
it is in.

What this module leaves out: showing the lines (a view).
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from wslab.lab import Lab
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.player import Call, PlayedTape, replay
from wslab.tape.interpreter import Interpreter
from wslab.tape.log import Log

MOST_RECORDS = 20_000
"""Records whose lines are kept; the entries of a longer run have none behind them."""


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A line of a story's file, counted from 1. `did_it` says that it caused the entry; else the story waits there."""

    number: int
    did_it: bool


@dataclass(frozen=True, slots=True)
class Source:
    """The function or class around a line of a story, as it stands in its file, and the number of its first line."""

    first: int
    lines: tuple[str, ...]


def traced(call: Call) -> tuple[PlayedTape, tuple[StoryLine | None, ...]]:
    """Play a scenario, as `play` does; its tape, and for each entry the line of the story, None where that is over."""
    tracer = _Tracer()
    tape = replay(call, tracer.watch)
    return tape, tuple(_by_entry(tape.log, tracer.lines))


class _Tracer:
    """Notes where the story is at each record of a run."""

    def __init__(self) -> None:
        self._story: Any = None
        self._file = ""
        self.lines: list[StoryLine | None] = []

    def watch(self, lab: Lab, story: Awaitable[object]) -> None:
        """Begin anew: a fork is played several times, and the last run counts."""
        self._story, self.lines = story, []
        self._file = self._story.cr_code.co_filename
        lab.tape.log.on_record = self._on_record

    def _on_record(self) -> None:
        if len(self.lines) < MOST_RECORDS:
            self.lines.append(self._running(sys._getframe(1)) or self._waiting())

    def _running(self, frame: FrameType | None) -> StoryLine | None:
        """The line on the stack: the innermost of the story's file."""
        while frame is not None:
            if frame.f_code.co_filename == self._file:
                return StoryLine(frame.f_lineno, did_it=True)
            frame = frame.f_back
        return None

    def _waiting(self) -> StoryLine | None:
        """The line at which the story waits."""
        frame: FrameType | None = self._story.cr_frame
        return None if frame is None else StoryLine(frame.f_lineno, did_it=False)


def _by_entry(log: Log, lines: list[StoryLine | None]) -> Iterator[StoryLine | None]:
    """For each entry the line of the record that began it."""
    interpreter = Interpreter()
    for (end, record), line in zip(log.since(0), lines, strict=False):
        known = len(interpreter.entries)
        interpreter.read([(end, *record)])
        yield from [line] * (len(interpreter.entries) - known)


_BLOCKS = (ast.AsyncFunctionDef, ast.FunctionDef, ast.ClassDef)


@cache
def source_around(name: str, line: int) -> Source:
    """The function or class of a scenario's file that a line is in; ValueError for a line outside of all of them."""
    path = inspect.getsourcefile(SCENARIOS[name].run)
    assert path is not None, "scenarios are files"
    text = Path(path).read_text(encoding="utf-8")
    blocks = (node for node in ast.parse(text).body if isinstance(node, _BLOCKS))
    found = next((node for node in blocks if node.lineno <= line <= (node.end_lineno or node.lineno)), None)
    if found is None:
        raise ValueError(f"Line {line} of {name} is in no function.")
    return Source(found.lineno, tuple(text.splitlines()[found.lineno - 1 : found.end_lineno]))
