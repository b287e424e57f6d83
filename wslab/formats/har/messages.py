"""The messages of a WebSocket connection in a HAR: a list in its entry, or a file beside the HAR.

Playwright can write the messages to a file of their own, one a line, which the entry names. Such a file is looked for
in the HAR's own folder, under a plain name, and within the limits of one HAR.

A message that has no direction, no payload or an odd opcode is left out, and told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wslab.formats.har.entries import LARGEST, MOST_VALUES, Json, listed_in, part, text
from wslab.formats.har.message import HarMessage, read_message
from wslab.protocol import ProtocolError
from wslab.tape.files import UnreadableFile, Warnings, has_more_values, opened

MOST_FILES = 1000
"""Files beside a HAR that are looked for."""

_ATTACHED = re.compile(r"[\w-]{1,128}\.jsonl")


def attachment(entry: Json) -> str:
    """The name of the file beside the HAR that has the messages; empty where there is none."""
    content = part(part(entry, "response"), "content")
    name = text(content, "_file") or text(content, "_sha1")
    return name if _ATTACHED.fullmatch(name) and listed_in(entry) is None else ""


class Attachments:
    """The files beside a HAR that have messages, each read once, together within the limits of one HAR."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = LARGEST
        self._read: set[str] = set()

    def read(self, name: str) -> list[Any] | None:
        """The messages in a file; None where it is not there, was read before, or goes beyond the limits."""
        if name in self._read or len(self._read) == MOST_FILES:
            return None
        self._read.add(name)
        try:
            with opened(self._folder / name) as file:
                data = file.read(self._left + 1)
        except UnreadableFile:
            return None
        if len(data) > self._left or has_more_values(data, MOST_VALUES):
            return None
        self._left -= len(data)
        return [_json_line(line) for line in data.splitlines() if line.strip()]


def _json_line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def read_messages(number: int, listed: Sequence[Any], warn: Warnings) -> Iterator[HarMessage]:
    """The messages of connection `number`, in the order of the list."""
    marks = any(isinstance(each, dict) and "encoding" in each for each in listed)
    for index, message in enumerate(listed, 1):
        try:
            yield read_message(message, marks=marks)
        except (ValueError, ProtocolError) as problem:
            warn(f"Message {index} of connection {number} is left out: {problem}")
