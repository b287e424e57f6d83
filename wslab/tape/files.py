"""What all formats share: a file that appears whole or not at all, and the error for one that cannot be read.

A file is written beside its target, under a name that nobody can foresee, and takes its place in one step. A target may
be checked long before it is written (`check_target`), so that a long run does not end without its file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from wslab.explain import counted

LATEST = 9e9
"""The latest Unix time that is believed, in the year 2255: the sum of two still fits into a capture's nanoseconds."""

MOST_WARNINGS = 100
"""Damaged parts of a file that are named one by one; the rest are only counted."""


# each match takes what comes before one separator, strings passed over; the end matches too, so that no place in a
# hostile file is looked at twice
_VALUES = re.compile(rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^"\[{,]++)*+(?:[\[{,]|\Z)', re.DOTALL)


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
            left = "is" if self._more == 1 else "are"
            self._sentences.append(f"{counted(self._more, f'more {self._what}')} of the file {left} left out.")


class UnreadableFile(ValueError):
    """A file that cannot be read as a tape. `path` is the file, `why` the reason in words."""

    def __init__(self, path: str | Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = Path(path)
        self.why = why


def opened(path: str | Path) -> BinaryIO:
    """Open a file to read; `UnreadableFile` where that cannot be, or it is not a file: a FIFO never ends."""
    file = Path(path)
    try:
        if not file.exists():
            raise UnreadableFile(path, "there is no such file.")
        if not file.is_file():
            raise UnreadableFile(path, "this is a folder or a device, not a file.")
        return file.open("rb")
    except OSError as error:
        raise UnreadableFile(path, f"it cannot be read: {error.strerror or error}.") from error


def has_more_values(data: bytes, most: int) -> bool:
    """Whether JSON has more values than these, before Python makes an object of each.

    Counted is what begins a list or an object, and what separates two values, outside of strings.
    """
    if data.count(b",") + data.count(b"[") + data.count(b"{") <= most:
        return False
    return next(islice(_VALUES.finditer(data), most, None), None) is not None


def target_of(path: str | Path) -> Path:
    """The file to which `path` leads through links, whether it exists or not: where it is written.

    Raises `OSError` for what is not a file, such as a folder or a FIFO, and for links that lead in a circle.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise OSError(errno.EINVAL, "this is a folder or a device, not a file", str(path))
    return Path(path).resolve()


def check_target(path: str | Path) -> None:
    """Check now whether `replacing` can write there later; `OSError` where it cannot. Nothing is changed."""
    beside = _beside(target_of(path))
    _create(beside, None).close()
    beside.unlink()


@contextmanager
def replacing(path: str | Path, *, follow_links: bool = True) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` only once it is whole; after an error nothing has changed.

    The new file has the permissions of the old one, from its first byte on, so that a private file stays private; where
    there was none, those that the umask gives. A device such as /dev/null is not replaced: that raises `OSError`.
    Without `follow_links` a link is itself replaced, and what it leads to is not touched.
    """
    target = target_of(path) if follow_links else Path(path)
    beside = _beside(target)
    try:
        with _create(beside, _permissions(target)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def write_errors(path: str | Path) -> Iterator[None]:
    """An error of writing `path` as one sentence, which says why; its type stays."""
    try:
        yield
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {_why(Path(path), error)}.") from None


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no folder {path.parent}; make it first, or name another"
    if isinstance(error, NotADirectoryError):
        return f"{path.parent} is a file, not a folder"
    if isinstance(error, PermissionError):
        return f"you have no right to write into {path.parent}; name another folder"
    return error.strerror or str(error)


def _beside(target: Path) -> Path:
    """A name that nobody can foresee, in the same folder."""
    return target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.part")


def _permissions(target: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError):
        mode = target.lstat().st_mode
        return stat.S_IMODE(mode) & 0o777 if stat.S_ISREG(mode) else None
    return None


def _create(path: Path, permissions: int | None) -> BinaryIO:
    """A new file, never one that is there already, nor what a link leads to."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags, 0o666 if permissions is None else 0o600)
    if permissions is not None:
        path.chmod(permissions)
    return os.fdopen(number, "wb")
