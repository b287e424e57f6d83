"""Starting `wslab` beside a test's own loop, feeding it, and ending that process and no other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wslab.protocol import HandshakeRequest, HandshakeResponse, accept_key

HERE = (sys.executable, "-m", "wslab")
ROOT_ENV = {**os.environ, "PYTHONUNBUFFERED": "1", "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}


@dataclass
class Tool:
    """A running command; `said` is what it printed so far, both streams in one."""

    process: asyncio.subprocess.Process
    said: str = ""

    async def type(self, *lines: str) -> None:
        """Lines for its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        await self.process.stdin.drain()

    def end_input(self) -> None:
        """No more lines."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def until(self, words: str, seconds: float = 15.0) -> str:
        """Wait until it has said this; all that it said."""
        try:
            async with asyncio.timeout(seconds):
                while words not in self.said:
                    assert await self._read(), f"it ended and never said {words!r}:\n{self.said}"
        except TimeoutError:
            raise AssertionError(f"it never said {words!r}:\n{self.said}") from None
        return self.said

    async def more(self, seconds: float = 15.0) -> None:
        """Wait until it says something more."""
        async with asyncio.timeout(seconds):
            assert await self._read(), f"it ended:\n{self.said}"

    async def end(self, seconds: float = 15.0) -> int:
        """Wait for its end; the exit code."""
        async with asyncio.timeout(seconds):
            while await self._read():
                pass
            return await self.process.wait()

    async def _read(self) -> bool:
        assert self.process.stdout is not None
        chunk = await self.process.stdout.read(64 * 1024)
        self.said += chunk.decode(errors="replace")
        return bool(chunk)


@contextlib.asynccontextmanager
async def wslab(
    *arguments: str,
    stdin: bool = True,
    command: Sequence[str] = HERE,
    env: Mapping[str, str] = ROOT_ENV,
    cwd: Path | None = None,
) -> AsyncIterator[Tool]:
    """Run `wslab` with these arguments; without `stdin` its input is empty. `command` is the one of another place."""
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        env=env,
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    tool = Tool(process)
    try:
        yield tool
    finally:
        if process.returncode is None:
            process.kill()
        await tool.end()
        if process.stdin is not None:
            process.stdin.close()
            with contextlib.suppress(OSError):
                await process.stdin.wait_closed()


@contextlib.asynccontextmanager
async def tapping(target: str, *arguments: str) -> AsyncIterator[tuple[Tool, str]]:
    """A tap in front of `target`, and the address where clients dial it."""
    async with wslab("tap", target, *arguments) as tool:
        await tool.until("Ctrl-C ends it")
        found = re.search(r"Point your client at (\S+)", tool.said)
        assert found, tool.said
        yield tool, found[1]


@contextlib.asynccontextmanager
async def answering(data: bytes, *, accept: bytes | None = None) -> AsyncIterator[str]:
    """A server that sends these bytes behind its 101, with another accept value where one is given, and reads on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))[0]
        head = HandshakeResponse.accept(request).serialize()
        writer.write(head.replace(accept_key(request.key).encode(), accept or accept_key(request.key).encode()) + data)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def stopped(tool: Tool) -> str:
    """End it as Ctrl-C does; all that it said."""
    tool.process.send_signal(signal.SIGINT)
    assert await tool.end() == 0, tool.said
    return tool.said


async def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until this is so."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not so within {seconds:g} s")
