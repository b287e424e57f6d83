"""`export`: a tape as a file for others, by the suffix of its name.

This module knows the suffixes of the formats and nothing of what is in them. The page is the Timeline's own; the
widgets behind it are loaded only when a page is written.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from wslab.formats import har, markdown
from wslab.formats.pcap import pcapng
from wslab.lab import Tape
from wslab.tape.files import check_target

__all__ = ["SUFFIXES", "UnknownSuffix", "export"]


class UnknownSuffix(ValueError):
    """The suffix of a file's name is not that of a format."""

    def __init__(self, path: str | Path) -> None:
        suffix = Path(path).suffix
        near = difflib.get_close_matches(suffix.lower(), SUFFIXES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        said = f"{suffix} is not a format for a tape" if suffix else "the name has no suffix of a format"
        super().__init__(f"{path}: {said}; there are {', '.join(SUFFIXES)}.{hint}")


def export(tape: Tape, path: str | Path) -> Path:
    """Write a tape to a file, in the format that its suffix names, and return the path.

    `.pcapng` is for Wireshark and tshark, `.har` for a browser's DevTools, `.html` a page that shows the Timeline by
    itself, `.md` the tape in words, `.jsonl` the tape itself, which `load` reads back whole. A file that exists is
    replaced. Raises `UnknownSuffix`, a ValueError, for any other name, and `OSError` where it cannot be written.
    """
    write = SUFFIXES.get(Path(path).suffix.lower())
    if write is None:
        raise UnknownSuffix(path)
    check_target(path)
    return write(tape, path)


def _page(tape: Tape, path: str | Path) -> Path:
    from wslab.widgets.timeline.widget import Timeline

    view = Timeline(tape)
    try:
        return view.save(path)
    finally:
        view.close()


SUFFIXES: Mapping[str, Callable[[Tape, str | Path], Path]] = MappingProxyType(
    {
        ".pcapng": pcapng.save,
        ".har": har.save,
        ".html": _page,
        ".md": markdown.save,
        ".jsonl": Tape.save,
    }
)
"""Each suffix with what writes its format."""
