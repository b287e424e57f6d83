"""A HAR as a tape: the WebSocket connections of browsers and proxies.

A HAR is one JSON value. It is read within limits (`LARGEST`, `MOST_VALUES`), its WebSocket entries are found
(`entries`), and each becomes records (`connection`); those of all connections are put on the tape in the order of their
times. A fact on the tape says that it comes from a HAR, and what that HAR lacks. What is damaged is left out and named
in `tape.warnings`.

Read are also the bare log that an extension gets, without `log` around it, and a single entry.

What it leaves out: all entries of a HAR that are not WebSocket.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wslab.explain import counted
from wslab.formats.har.connection import HarRecord, read_connection
from wslab.formats.har.entries import LARGEST, MOST_VALUES, Json, is_web_socket
from wslab.formats.har.messages import Attachments
from wslab.formats.har.times import unix_seconds
from wslab.protocol import Role
from wslab.tape.files import UnreadableFile, Warnings, has_more_values, opened
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.records import FACTS, tag
from wslab.tape.tape import Tape

_EXPORT_LESS = "export only the WebSocket connection."


def load(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Tape:
    """Read the WebSocket connections of a HAR.

    Raises `UnreadableFile` where it has none, or is not a HAR.
    """
    found = _web_sockets(path, _json(path))
    warnings: list[str] = []
    warn = Warnings(warnings, "message")
    attachments = Attachments(Path(path).parent)
    happened: list[HarRecord] = []
    for number, entry in enumerate(found, 1):
        happened += read_connection(number, entry, attachments, warn)
    warn.finish()
    happened.sort(key=lambda each: each.time)
    began = happened[0].time
    tape = Tape.blank(max_bytes=max_bytes, epoch=began)
    tape.warnings.extend(warnings)
    for each in happened:
        side = None if each.what in FACTS else Role.CLIENT
        tape.put(max(0.0, each.time - began), each.number, tag(each.what, side), each.data)
    return tape


def _json(path: str | Path) -> Any:
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableFile(path, f"this HAR has more than {LARGEST:,} bytes: {_EXPORT_LESS}")
    if has_more_values(data, MOST_VALUES):
        raise UnreadableFile(path, f"this HAR has more than {MOST_VALUES:,} JSON values: {_EXPORT_LESS}")
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise UnreadableFile(path, "this begins like JSON, but is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            path, f"this is damaged JSON: {error.msg} in line {error.lineno}; a HAR that was cut cannot be read."
        ) from None
    except RecursionError:
        raise UnreadableFile(path, "this is JSON nested beyond all reason, not a HAR.") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise UnreadableFile(path, "this is JSON with a number of thousands of digits, not a HAR.") from None


def _web_sockets(path: str | Path, har: Any) -> list[Json]:
    entries = _entries(har)
    if entries is None:
        raise UnreadableFile(path, "this is JSON, but no HAR (it has no log.entries) and no tape of wslab.")
    found = [entry for entry in entries if isinstance(entry, dict) and is_web_socket(entry)]
    if not found:
        raise UnreadableFile(
            path,
            f"this HAR has {counted(len(entries), 'entry', 'entries')}, and no WebSocket connection: open the network "
            "panel before the page connects, and export afterwards. Some tools leave WebSocket out, such as Playwright "
            "before mid-2026.",
        )
    return sorted(found, key=lambda entry: unix_seconds(entry.get("startedDateTime")) or 0.0)


def _entries(har: Any) -> list[Any] | None:
    if not isinstance(har, dict):
        return None
    if isinstance(har.get("request"), dict) and isinstance(har.get("response"), dict):
        return [har]
    log = har.get("log", har)
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None
