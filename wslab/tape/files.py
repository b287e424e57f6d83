"""What all formats share: a file that appears whole or not at all, and the error for one that cannot be read."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LATEST = 9e9
"""The latest Unix time that is believed, in the year 2255: the sum of two still fits into a capture's nanoseconds."""

MOST_WARNINGS = 100
"""Damaged parts of a file that are named one by one; the rest are only counted."""


class Warnings:
    """Collects a sentence for each damaged part, up to a limit; the rest are counted, with `what` as their name."""

    def __init__(self, sentences: list[str], what: str) -> None:
        self._sentences = sentences
        self._left = MOST_WARNINGS
        self._more = 0
        self._what = what

    def __call__(self, sentence: str) -> None:
        """One more."""
        if self._left:
            self._sentences.append(sentence)
            self._left -= 1
        else:
            self._more += 1

    def finish(self) -> None:
        """There are no more."""
        if self._more:
            self._sentences.append(f"{self._more:,} more {self._what} of the file are left out.")


class UnreadableFile(ValueError):
    """A file that cannot be read as a tape. `path` is the file, `why` the reason in words."""

    def __init__(self, path: str | Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = Path(path)
        self.why = why


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` only once it is whole; after an error nothing has changed.

    A device such as /dev/null is not replaced: that raises `OSError`.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "this is a folder or a device, not a file", str(path))
    beside = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
