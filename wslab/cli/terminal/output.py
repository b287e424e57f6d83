"""Plain lines of text, written at once: a pipe's reader sees each line when it happens.

What is drawn (colours, tables) goes through rich instead. What a peer sent is data: as JSON, each character that a
terminal could obey, or that could change the order of what is read, is written as an escape of JSON. The data are the
same; nothing of them reaches the terminal raw.
"""

from __future__ import annotations

import json
import sys


def write_line(text: str, *, to_stderr: bool = False) -> None:
    """Write one line, or several; to standard error where they must not mix with the output that a script reads."""
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)


def as_json(data: object, *, indent: int | None = None) -> str:
    """Data as JSON that a terminal can show: letters of every script as they are, everything unprintable escaped.

    Escaped are the controls C0, DEL and C1, marks of direction, separators of lines, and halves of surrogate pairs.
    """
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else _escape(each) for each in text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
