"""A pseudo-terminal with a person at it: what `wslab` shows there, and the keys that are pressed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass

import pyte

from .process import ROOT_ENV

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\r")


@dataclass
class Terminal:
    """The other end of a pseudo-terminal; `raw` is all that was shown, `screen` what a person sees now."""

    pid: int
    handle: int
    screen: pyte.Screen
    raw: str = ""

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self.screen)
        self.resize(self.screen.columns, self.screen.lines)

    @property
    def seen(self) -> str:
        """The lines on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def resize(self, columns: int, lines: int) -> None:
        """Make the window larger or smaller, as a person does."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until_seen(self, words: str, seconds: float = 20.0) -> str:
        """Read until this is on the screen; all that is there then."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            assert self.read(end - time.monotonic()), f"never seen: {words!r}\n{self.seen}"
        return self.seen

    @property
    def said(self) -> str:
        """What was shown, without colours and cursor movements."""
        return _CODES.sub("", self.raw)

    def press(self, keys: bytes) -> None:
        """Type this."""
        os.write(self.handle, keys)

    def press_until(self, keys: bytes, words: str) -> None:
        """Type this again until that is shown: between two prompts a key may be lost, as it may for a person."""
        for _ in range(10):
            self.press(keys)
            end = time.monotonic() + 3
            while words not in self.said and self.read(end - time.monotonic()):
                pass
            if words in self.said:
                return
        raise AssertionError(f"never shown: {words!r}\n{self.said}")

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
        self._stream.feed(chunk)
        return bool(chunk)


def in_terminal(
    arguments: list[str],
    act: Callable[[Terminal], None],
    *,
    columns: int = 100,
    lines: int = 40,
    python: str = sys.executable,
    **env: str,
) -> tuple[int, str]:
    """Run the `wslab` of a Python in a pseudo-terminal while somebody acts; its exit code, and what was shown."""
    pid, handle = pty.fork()
    if pid == 0:  # the child: becomes the command, once its terminal has a size
        for _ in range(2000):
            if os.get_terminal_size(0) == (columns, lines):
                break
            time.sleep(0.001)
        os.execve(python, [python, "-m", "wslab", *arguments], {**ROOT_ENV, **env})
    terminal = Terminal(pid, handle, pyte.Screen(columns, lines))
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
