"""What somebody has, as a file or as a text: a recording, or messages such as a log.

What `load` reads is a recording. There is one exception: a dump of bytes is text, and so is a log. Where the messages
of a program are in a text, it is taken for a log, however well its figures would read as bytes. A text that somebody
pastes is read as a file with these words would be, but for a number alone, which is no dump.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from wslab.course.diagnosis.lines import MOST_TEXT, found_in
from wslab.formats import UnreadableFile, load
from wslab.formats.dumps.reader import decoded
from wslab.formats.hexdump import begins_with_head
from wslab.tape.files import opened
from wslab.tape.tape import Tape

__all__ = ["content_of", "recording_in"]

_LEAST_BYTES = 4
"""Bytes that a text must have room for to be a dump: a word such as "cafe" is none."""


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


def recording_in(text: str) -> Tape | None:
    """The recording that a text without messages holds, such as a hex dump; None where it holds none."""
    if len(text) < 2 * _LEAST_BYTES or text.strip().isdigit() or _is_one_line_of_a_head(text.strip()):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            return load(path)
        except UnreadableFile:
            return None


def _is_one_line_of_a_head(text: str) -> bool:
    """A request line or a status line alone says nothing of the fields that would be wrong."""
    return "\n" not in text and begins_with_head(text.encode(errors="replace"))


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
