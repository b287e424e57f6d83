"""A person's program as a process of ours: started, listened to, and ended with all that it has started.

It runs in a session of its own, so that its whole process group can be ended. What it says on both of its streams goes
to a temporary file, of which `said` gives the end: a pipe would stop the program once it is full. Words of the command
that have a placeholder, such as `{port}`, get its value; the same value is in an environment variable.

Left out: what is asked of the program, and how long it may take.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from typing import IO

from wslab.conformance.errors import NotGraded

__all__ = ["MOST_SAID", "Program", "running"]

MOST_SAID = 2000
"""Bytes of a program's output that are shown at most, the last ones."""

END_LIMIT = 2.0
"""Seconds that a program has to end after SIGTERM, before SIGKILL."""


class Program:
    """A running program; `exit_code` is None as long as it runs, and minus the signal's number where one ended it."""

    def __init__(self, process: asyncio.subprocess.Process, output: IO[bytes]) -> None:
        self._process = process
        self._output = output

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode

    @property
    def said(self) -> str:
        """The last that it wrote, to standard output and standard error."""
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - MOST_SAID))
        return self._output.read().decode(errors="replace")

    async def wait(self, seconds: float | None = None) -> int | None:
        """Wait for its end, at most so many seconds; its exit code, None where it still runs."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        return self.exit_code

    async def end(self, grace: float = END_LIMIT) -> None:
        """End it and what it has started: SIGTERM, and after `grace` seconds SIGKILL; with a grace of 0 at once."""
        if grace:
            self._signal(signal.SIGTERM)
            await self.wait(grace)
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))  # the group may outlive its first process
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], placeholder: str, value: str, variable: str, *, grace: float = END_LIMIT
) -> AsyncIterator[Program]:
    """Run a command while the block runs, `value` in place of the `placeholder` and in the environment `variable`.

    Raises NotGraded where it cannot be started.
    """
    words = [word.replace(placeholder, value) for word in command]
    with tempfile.TemporaryFile() as output:
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                env={**os.environ, variable: value},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise NotGraded(f"The command {words[0]!r} cannot be started: {error.strerror or error}.") from None
        program = Program(process, output)
        try:
            yield program
        finally:
            await program.end(grace)
