"""What commands share that write a page for each notebook of the course: which are meant, and the writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from wslab.cli.errors import CliError
from wslab.cli.recording import write_errors
from wslab.explain.words import counted
from wslab.tape.files import replacing

__all__ = ["meant", "write_pages"]


def meant(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The notebooks that are meant by their names or the beginnings of these; all where there is none.

    Raises:
        CliError: A name means none of them.
    """
    for name in names:
        if not any(each.startswith(name) for each in known):
            raise CliError(f"There is no notebook {name!r}; there are {', '.join(known)}.")
    return [each for each in known if not names or each.startswith(tuple(names))]


def write_pages(folder: Path, pages: Iterable[tuple[str, str]]) -> str:
    """Write pages, each with the name of its file, into a folder that is made where there is none; says what it did.

    Raises:
        CliError: They cannot be written.
    """
    count = 0
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for count, (name, text) in enumerate(pages, 1):  # noqa: B007  it counts
        with write_errors(folder / name), replacing(folder / name, shared=True) as file:
            file.write(text.encode())
    return f"Wrote {counted(count, 'page')} to {folder}"
