"""A pseudo-terminal with a person at it: what `wslab` shows there, and the keys that are pressed."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from .process import ROOT_ENV

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\r")


@dataclass
class Terminal:
    """The other end of a pseudo-terminal; `raw` is all that was shown."""

    handle: int
    raw: str = ""

    @property
    def said(self) -> str:
        """What was shown, without colours and cursor movements."""
        return _CODES.sub("", self.raw)

    def press(self, keys: bytes) -> None:
        """Type this."""
        os.write(self.handle, keys)

    def until(self, words: str, seconds: float = 20.0) -> None:
        """Read until this is shown."""
        end = time.monotonic() + seconds
        while words not in self.said:
            assert self.read(end - time.monotonic()), f"never shown: {words!r}\n{self.said}"

    def read(self, seconds: float) -> bool:
        """Read what comes next; False where it ended, or nothing came in time."""
        if not select.select([self.handle], [], [], max(seconds, 0))[0]:
            return False
        try:
            chunk = os.read(self.handle, 64 * 1024)
        except OSError:  # Linux tells the end of the other side so
            return False
        self.raw += chunk.decode(errors="replace")
        return bool(chunk)


def in_terminal(arguments: list[str], act: Callable[[Terminal], None], *, columns: int = 100) -> tuple[int, str]:
    """Run `wslab` in a pseudo-terminal while somebody acts; its exit code, and what was shown."""
    pid, handle = pty.fork()
    if pid == 0:  # the child: becomes the command
        env = {**ROOT_ENV, "COLUMNS": str(columns), "LINES": "40"}
        os.execve(sys.executable, [sys.executable, "-m", "wslab", *arguments], env)
    terminal = Terminal(handle)
    try:
        act(terminal)
        while terminal.read(20):
            pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9) if _lives(pid) else None
        os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), terminal.said


def _lives(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
