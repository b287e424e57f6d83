"""Plain lines of text, written at once: a pipe's reader sees each line when it happens.

What is drawn (colours, tables) goes through rich instead.
"""

from __future__ import annotations

import sys


def write_line(text: str, *, to_stderr: bool = False) -> None:
    """Write one line, or several; to standard error where they must not mix with the output that a script reads."""
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)
