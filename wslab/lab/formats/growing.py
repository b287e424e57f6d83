"""A file of JSON lines that grows with its tape, for recordings that must outlive their program.

Rules of this module: what is new is appended, line by line, in the format of `jsonlines`; a program that is killed
loses what came since the last `append` and at most one line cut in two, which `Tape.load` names. Where the system takes
no more, the rest waits, and the next `append` goes on at that very byte. `close` completes the file.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from wslab.lab.formats import jsonlines
from wslab.lab.tape import Tape


class Growing:
    """A tape on its way to a file. `OSError` where it cannot be written; the file begins empty."""

    BATCH = 1024 * 1024  # bytes that are made into lines before they are written

    def __init__(self, tape: Tape, path: str | Path) -> None:
        self._tape = tape
        self._path = Path(path)
        self._file = self._path.open("wb", buffering=0)
        self._lines = bytearray()  # on their way
        self._written = 0  # bytes of the recording that are, or were, lines

    def append(self) -> None:
        """Write what came since the last time, and hand it to the system."""
        if self._file.closed:
            return
        self._write()
        if self._tape.size > self._written == 0:
            self._lines += next(jsonlines._lines(self._tape)).encode()
        began = self._tape._began
        for end, time, number, what, side, data in self._tape._raw(self._written):
            self._lines += jsonlines._line((time - began, number, what, side, data)).encode()
            self._written = end
            if len(self._lines) > self.BATCH:
                self._write()
        self._write()

    def _write(self) -> None:
        while self._lines:
            del self._lines[: self._file.write(self._lines)]

    def close(self) -> None:
        """Write the rest; a tape that is empty or lost something says so in its first line."""
        with self._file:
            self.append()
        if self._tape.dropped_records or not self._written:
            self._tape.save(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
