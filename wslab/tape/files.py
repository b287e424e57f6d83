"""What all formats share: a file that appears whole or not at all, and the error for one that cannot be read.

A file that is compressed with gzip is read as what it unpacks to (`opened`). A few bytes of gzip can stand for a
thousand times as many, so unpacking ends at `MOST_UNPACKED` for each byte of the file.

A file is written beside its target, under a name that nobody can foresee, and takes its place in one step. A target may
be checked long before it is written (`check_target`), so that a long run does not end without its file.

A recording holds what was said in confidence, so a new file is for its owner alone (mode 600).
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import secrets
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from wslab.explain import counted

OWNER_ONLY = 0o600
"""The permissions of a new file: its owner may read and write it, and nobody else."""

LATEST = 9e9
"""The latest Unix time that is believed, in the year 2255: the sum of two still fits into a capture's nanoseconds."""

MOST_WARNINGS = 100
"""Damaged parts of a file that are named one by one; the rest are only counted."""

MOST_UNPACKED = 100
"""Bytes to which each byte of a gzip file may unpack, where all of it is more than `UNPACKED_FREELY`."""

UNPACKED_FREELY = 16 * 1024 * 1024
"""Bytes to which any gzip file may unpack."""

_GZIP = b"\x1f\x8b"
_PACKED_AT_ONCE, _UNPACKED_AT_ONCE = 16 * 1024, 1024 * 1024
_TOO_MUCH = (
    f"this gzip file unpacks to more than {MOST_UNPACKED} times its size: if you trust it, unpack it first (gunzip)."
)

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
    """Open a file to read, unpacked where it is compressed with gzip.

    Raises `UnreadableFile` where that cannot be, or it is not a file: a FIFO never ends. Reading raises it, too, where
    gzip unpacks to too much.
    """
    file = Path(path)
    try:
        if not file.exists():
            raise UnreadableFile(path, "there is no such file.")
        if not file.is_file():
            raise UnreadableFile(path, "this is a folder or a device, not a file.")
        plain = file.open("rb")
        is_packed = plain.peek(len(_GZIP)).startswith(_GZIP)
    except OSError as error:
        raise UnreadableFile(path, f"it cannot be read: {error.strerror or error}.") from error
    return io.BufferedReader(_Unpacked(path, plain)) if is_packed else plain


def check_packed(path: str | Path) -> str:
    """Unpack a gzip file once and keep nothing; the sentence says where it is damaged, empty where it is whole.

    It takes a small part of the time that reading takes, and refuses too much before anybody reads it. Raises
    `UnreadableFile` as `opened` does, and where nothing can be unpacked.
    """
    with opened(path) as file:
        unpacked = file.raw if isinstance(file, io.BufferedReader) else None
        if not isinstance(unpacked, _Unpacked):
            return ""
        if not unpacked.seek(0, os.SEEK_END) and unpacked.damage:
            raise UnreadableFile(path, f"this gzip file {unpacked.damage}, and nothing of it can be unpacked.")
        return unpacked.damage and f"The gzip file {unpacked.damage}: what comes before that was read."


class _Unpacked(io.RawIOBase):
    """What a gzip file unpacks to; its members, if there are several, follow one another.

    Damage ends it as its end does; `damage` says what it was.
    """

    def __init__(self, path: str | Path, packed: BinaryIO) -> None:
        self._path = path
        self._packed = packed
        self._begin()

    def _begin(self) -> None:
        self._packed.seek(0)
        self._waiting = b""  # packed bytes that were read
        self._read = 0  # of packed bytes
        self._at = 0  # in what it unpacks to
        self._has_ended = False
        self.damage = ""
        self._next_member()

    def _next_member(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._in_member = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._packed.close()
        super().close()

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; back means from the beginning again."""
        while whence == os.SEEK_END and self._unpack(_UNPACKED_AT_ONCE):
            pass
        place = offset if whence == os.SEEK_SET else self._at + offset
        if place < self._at:
            self._begin()
        while self._at < place and self._unpack(place - self._at):
            pass
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._unpack(len(view)) if view else b""
        view[: len(data)] = data
        return len(data)

    def _unpack(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        data = b""
        while not data and not self._has_ended:
            data = self._some(min(size, _UNPACKED_AT_ONCE))
        self._at += len(data)
        if self._at > max(UNPACKED_FREELY, MOST_UNPACKED * self._read):
            raise UnreadableFile(self._path, _TOO_MUCH)
        return data

    def _some(self, size: int) -> bytes:
        """A part of the next bytes, or none yet."""
        if not self._waiting and not self._fill():
            return self._end("is cut off" if self._in_member else "")
        try:
            data = self._member.decompress(self._waiting, size)
        except zlib.error:
            return self._end("is damaged")
        self._in_member = True
        self._waiting = self._member.unconsumed_tail
        if self._member.eof:
            self._waiting = self._member.unused_data.lstrip(b"\0")
            self._next_member()
        return data

    def _fill(self) -> bool:
        """Read on. Zeros that fill up a member are passed over. False means the end."""
        while not self._waiting and (packed := self._packed.read(_PACKED_AT_ONCE)):
            self._read += len(packed)
            self._waiting = packed if self._in_member else packed.lstrip(b"\0")
        return bool(self._waiting)

    def _end(self, damage: str) -> bytes:
        self._has_ended, self.damage = True, damage
        return b""


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
def replacing(path: str | Path, *, follow_links: bool = True, shared: bool = False) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` only once it is whole; after an error nothing has changed.

    The new file has the permissions of the old one, from its first byte on, so that a private file stays private; where
    there was none, it is for its owner alone, or, with `shared`, has those that the umask gives. A device such as
    /dev/null is not replaced: that raises `OSError`. Without `follow_links` a link is itself replaced, and what it
    leads to is not touched.
    """
    target = target_of(path) if follow_links else Path(path)
    beside = _beside(target)
    try:
        with _create(beside, _permissions(target), shared=shared) as file:
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


def growing(path: Path) -> BinaryIO:
    """A file that is written while it grows, empty now and without a buffer; a new one is for its owner alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    return cast("BinaryIO", os.fdopen(os.open(path, flags, OWNER_ONLY), "wb", buffering=0))


def _create(path: Path, permissions: int | None, *, shared: bool = False) -> BinaryIO:
    """A new file, never one that is there already, nor what a link leads to."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags, 0o666 if shared and permissions is None else OWNER_ONLY)
    if permissions is not None:
        path.chmod(permissions)
    return os.fdopen(number, "wb")
