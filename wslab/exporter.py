"""`export`: a tape as a file for others, by the suffix of its name.

This module knows the suffixes of the formats and nothing of what is in them. The page is the Timeline's own, without a
widget (`widgets.still_view`); what draws it is loaded only when a page is written.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from wslab.explain.redaction import notice
from wslab.formats import har, markdown
from wslab.formats.pcap import pcapng
from wslab.lab import Tape
from wslab.tape import jsonlines
from wslab.tape.files import check_target

logger = logging.getLogger("wslab")

__all__ = ["SUFFIXES", "UnknownSuffix", "export"]


class UnknownSuffix(ValueError):
    """The suffix of a file's name is not that of a format."""

    def __init__(self, path: str | Path) -> None:
        suffix = Path(path).suffix
        near = difflib.get_close_matches(suffix.lower(), SUFFIXES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        said = f"{suffix} is not a format for a tape" if suffix else "the name has no suffix of a format"
        super().__init__(f"{path}: {said}; there are {', '.join(SUFFIXES)}.{hint}")


def export(tape: Tape, path: str | Path, *, secrets: bool = False) -> Path:
    """Write a tape to a file, in the format that its suffix names, and return the path.

    `.pcapng` is for Wireshark and tshark, `.har` for a browser's DevTools, `.html` a page that shows the Timeline by
    itself, `.md` the tape in words, `.jsonl` the tape itself, which `load` reads back whole. A file that exists is
    replaced. Secrets in heads (credentials, cookies, tokens in a URL or a subprotocol) become asterisks, as many as
    they have bytes, unless `secrets` asks for them; a warning of the logger `wslab` says how many. Raises
    `UnknownSuffix`, a ValueError, for any other name, and `OSError` where it cannot be written.
    """
    write = SUFFIXES.get(Path(path).suffix.lower())
    if write is None:
        raise UnknownSuffix(path)
    check_target(path)
    if secrets:
        return write(tape, path)
    redacted, count = tape.redacted()
    if count:
        logger.warning("%s", notice(count, path, "secrets=True"))
    return write(redacted, path)


def _page(tape: Tape, path: str | Path) -> Path:
    from wslab.widgets.still_view import of_tape

    return of_tape(tape, secrets=True).save(path)  # what is to be no secret was replaced in the tape


SUFFIXES: Mapping[str, Callable[[Tape, str | Path], Path]] = MappingProxyType(
    {
        ".pcapng": pcapng.save,
        ".har": har.save,
        ".html": _page,
        ".md": markdown.save,
        ".jsonl": lambda tape, path: jsonlines.save(tape.log, path),
    }
)
"""Each suffix with what writes its format."""
