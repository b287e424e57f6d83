"""The files in a folder that can be graded, whatever else lies there.

Looked at are files that end in `.ipynb` or `.json`, in the folder and in those below it. Of JSON files those count
that are a report (`wslab.report`) or progress of `wslab build`; any other is left alone, unless `wslab` is in its name.
Hidden folders, copies of Jupyter's (`.ipynb_checkpoints`) and folders of packages are left out, and so are the course's
own index and solutions.

Who handed in what is hostile or broken still gets a line: `Problem` says in one sentence what is wrong. Links are not
followed, a FIFO is not opened, and nothing is read beyond `LARGEST`, or in more than `MOST_FILES` files.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wslab.cli.errors import CliError
from wslab.cli.grade.cells import Cell, cells_of
from wslab.cli.grade.exercises import SOLUTIONS
from wslab.conformance.path import progress
from wslab.course.hand_in import contents
from wslab.course.hand_in.contents import Report, read_report
from wslab.explain import size_in_words

__all__ = ["HandedIn", "Notebook", "Problem", "find", "learners"]

LARGEST = 16 * 1024 * 1024
"""Bytes that a file may have; a notebook with all its outputs has some 2 MB."""

MOST_FILES = 5_000
"""Files that are looked at, and entries of folders a hundred times as many."""

DEEPEST = 8
"""Folders in one another that are looked into."""

_LEFT_OUT = {"node_modules", "venv", "__pycache__", "target", "site-packages"}


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells of a notebook."""

    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that cannot be graded, and why, as the end of a sentence that begins with its name."""

    why: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file: its place in the folder, and what is in it."""

    place: Path
    content: Report | progress.Progress | Notebook | Problem


def learners(handed: Sequence[HandedIn], lessons: Sequence[str | None]) -> list[str]:
    """Whose each file is. `lessons` names for each the notebook of the course that it is, None where it is none.

    It is the first folder, since anybody can write any name into a report. A folder with two of the same notebook, or
    with reports of two names, is not one learner's. There, and beside the folders, it is the name in a report, else
    that of the file.
    """
    pairs = Counter((each.place.parts[0], name) for each, name in zip(handed, lessons, strict=True) if name is not None)
    shared = {folder for (folder, _), count in pairs.items() if count > 1}
    names = {(each.place.parts[0], each.content.name) for each in handed if isinstance(each.content, Report)}
    shared |= {folder for folder, count in Counter(folder for folder, _ in names).items() if count > 1}
    return [_learner(each, shared) for each in handed]


def _learner(handed: HandedIn, shared: Container[str]) -> str:
    folder, *rest = handed.place.parts
    if rest and folder not in shared:
        return folder
    return handed.content.name if isinstance(handed.content, Report) else handed.place.stem


def find(folder: Path) -> list[HandedIn]:
    """What was handed in, by the names of the files.

    Raises:
        CliError: There are too many files.
    """
    found = [(place, _content(folder / place)) for place in _places(folder)]
    return [HandedIn(place, content) for place, content in found if content is not None]


def _places(folder: Path) -> list[Path]:
    places: list[Path] = []
    for place in _below(folder, Path(), [MOST_FILES * 100]):
        if place.suffix in (".ipynb", ".json") or (folder / place).is_symlink():
            places.append(place)
        if len(places) > MOST_FILES:
            raise CliError(f"There are more than {MOST_FILES:,} files in {folder}: grade one class at a time.")
    return sorted(places)


def _below(folder: Path, below: Path, left: list[int]) -> Iterator[Path]:
    """The files below a folder; of folders only those that are real ones, and not too deep."""
    try:
        entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        left[0] -= 1
        if left[0] < 0:
            raise CliError(
                f"There is too much in {folder}: grade a folder that has what was handed in and nothing else."
            )
        place = below / entry.name
        if not entry.is_dir(follow_symlinks=False):
            yield place
        elif not entry.name.startswith(".") and entry.name not in _LEFT_OUT and len(place.parts) <= DEEPEST:
            yield from _below(folder, place, left)


def _content(path: Path) -> Report | progress.Progress | Notebook | Problem | None:
    """What is in a file; None for what is no matter of ours."""
    try:
        text = _text(path)
        if path.suffix == ".ipynb":
            cells = cells_of(text)
            return None if _is_no_work(cells, path) else Notebook(cells)
        return _data(text, path)
    except ValueError as error:
        return Problem(str(error))


def _is_no_work(cells: Sequence[Cell], path: Path) -> bool:
    """Whether it is the course's own index, or a notebook of its solutions."""
    return path.stem == "index" if not cells else cells[0].id.startswith(SOLUTIONS)


def _data(text: str, path: Path) -> Report | progress.Progress | None:
    if f'"{contents.FORMAT}"' in text:
        return read_report(text)
    if f'"{progress.FORMAT}"' in text:
        return progress.read_progress(text)
    if "wslab" in path.name:
        raise ValueError("is neither a report of wslab nor progress of wslab build")
    return None


def _text(path: Path) -> str:
    """The text of a file; `ValueError` with the end of a sentence where it cannot be read."""
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            raise ValueError("is a symbolic link, which is not followed")
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("is not a file")
        if about.st_size > LARGEST:
            size = size_in_words(about.st_size)
            raise ValueError(f"has {size}, and a file to grade has at most {size_in_words(LARGEST)}")
        with path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from None
