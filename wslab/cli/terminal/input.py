"""Lines that a person types or a pipe brings, without holding up the event loop.

In a terminal, prompt_toolkit edits the line and keeps it below what is printed meanwhile. A pipe, a file, a terminal
whose output goes elsewhere, and one without prompt_toolkit (the extra `terminal`) is read by a thread, since no event
loop can wait for every kind of file. The lines end with Ctrl-D, the pipe's end, Ctrl-C or SIGTERM; `stopped` says
whether it was one of the last two. No line is longer than `MOST`, and only a few chunks of a pipe are read ahead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from wslab.cli.terminal.output import write_line
from wslab.extras import EXTRAS, MissingExtra
from wslab.lab import ConnectionClosed
from wslab.protocol import LocalProtocolError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

MOST = 16 * 1024 * 1024
"""Bytes that a line from a pipe may have; a longer one is cut into several."""

_CHUNK = 64 * 1024
_AHEAD = 4  # chunks


def failed_line(error: Exception) -> str:
    """Why a typed line could not be obeyed, in a sentence: errors for people as they are, others with their name."""
    if isinstance(error, (ValueError, OSError, LocalProtocolError, ConnectionClosed)):
        return str(error)
    return f"This could not be done: {type(error).__name__}: {error}"


class LineInput:
    """Lines for `async for`; an `async with` around it gives the terminal back."""

    def __init__(self, words: Sequence[str] = (), toolbar: Callable[[], str] | None = None) -> None:
        self.is_terminal = all(file is not None and file.isatty() for file in (sys.stdin, sys.stdout))
        self.stopped = False
        self._stop = asyncio.Event()
        self._words = list(words)
        self._toolbar = toolbar
        self._session: PromptSession[str] | None = None
        self._pipe: _Pipe | None = None
        self._stack = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels the task instead
                loop.add_signal_handler(number, self.stop)
                self._stack.callback(loop.remove_signal_handler, number)
        extra = EXTRAS["terminal"]
        if self.is_terminal and not extra.missing:
            self._session = self._prepare()
            return self
        if self.is_terminal:
            write_line(str(MissingExtra("A line that you can edit", extra)), to_stderr=True)
        self._pipe = _Pipe()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def stop(self) -> None:
        """End the lines: Ctrl-C and SIGTERM do."""
        self.stopped = True
        self._stop.set()

    async def until_stopped(self) -> None:
        """Wait for Ctrl-C or SIGTERM."""
        await self._stop.wait()

    async def __aiter__(self) -> AsyncIterator[str]:
        while not self.stopped:
            line = await self._or_stop(self._typed() if self._session is not None else self._piped())
            if line is None:
                return
            yield line

    # --- inside -----------------------------------------------------------------------

    async def _or_stop(self, coming: Coroutine[Any, Any, str | None]) -> str | None:
        """The next line, or None at the end of them."""
        line, stop = asyncio.ensure_future(coming), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({line, stop}, return_when=asyncio.FIRST_COMPLETED)
            return line.result() if line.done() else None
        finally:
            stop.cancel()
            if not line.done():
                line.cancel()
                await asyncio.wait({line})  # prompt_toolkit gives the terminal back

    def _prepare(self) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.patch_stdout import patch_stdout

        self._stack.enter_context(patch_stdout(raw=True))
        return PromptSession(completer=WordCompleter(self._words, sentence=True), complete_while_typing=False)

    async def _typed(self) -> str | None:
        assert self._session is not None
        toolbar = self._toolbar
        try:
            return await self._session.prompt_async("› ", bottom_toolbar=toolbar, refresh_interval=0.5)
        except EOFError:
            return None
        except KeyboardInterrupt:
            self.stop()
            return None

    async def _piped(self) -> str | None:
        assert self._pipe is not None
        return await self._pipe.line()


class _Pipe:
    """Standard input as lines, read by a thread; it may be a file, a pipe or a terminal."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._rest = b""
        self._ended = False
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True, name="standard input").start()

    async def line(self) -> str | None:
        """The next line without its end, None behind the last."""
        while (at := self._rest.find(b"\n")) < 0 and len(self._rest) < MOST and not self._ended:
            chunk = await self._chunks.get()
            self._room.release()
            self._ended = not chunk
            self._rest += chunk
        if not self._rest:
            return None
        end = min(at if at >= 0 else len(self._rest), MOST)
        line, self._rest = self._rest[:end], self._rest[end + (end == at) :]
        return line.removesuffix(b"\r").decode("utf-8", "replace")

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        chunk = b"begin"
        while chunk:
            self._room.acquire()
            try:
                chunk = os.read(0, _CHUNK)
            except OSError:  # closed, or no input at all
                chunk = b""
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the line not needed
                loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
