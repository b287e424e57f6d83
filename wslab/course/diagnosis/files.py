"""A file that somebody has: a recording, or a text such as a log.

What `load` reads is a recording. There is one exception: a dump of bytes is text, and so is a log. Where the messages
of a program are in a text, it is taken for a log, however well its figures would read as bytes.
"""

from __future__ import annotations

from pathlib import Path

from wslab.course.diagnosis.lines import MOST_TEXT, found_in
from wslab.formats import UnreadableFile, load
from wslab.formats.dumps.reader import decoded
from wslab.tape.files import opened
from wslab.tape.tape import Tape

__all__ = ["content_of"]


def content_of(path: Path) -> Tape | str:
    """The recording in a file, or the last MiB of its text; raises UnreadableFile for neither, or no file."""
    text = _text(path)
    is_json = text.lstrip()[:1] in ("{", "[")
    if text and not is_json and found_in(text):
        return text
    try:
        return load(path)
    except UnreadableFile:
        if not text:  # bytes that are no recording: the reader says why
            raise
        return text


def _text(path: Path) -> str:
    """The end of a text, from the beginning of a line on; empty where the file holds bytes."""
    with opened(path) as file:
        if decoded(file.read(4096)) is None:
            return ""
        size = file.seek(0, 2)
        file.seek(max(0, size - MOST_TEXT))
        text = (
            (decoded(file.read(MOST_TEXT)) or "")
            if size <= MOST_TEXT
            else file.read(MOST_TEXT).decode(errors="replace")
        )
    return text if size <= MOST_TEXT else text.partition("\n")[2] or text
