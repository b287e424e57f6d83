"""The server on the path: a program that is started here, or one that runs already.

A program is started with a free port in place of `{port}` in its command, and in the environment variable `PORT`. Its
port is tried until it opens, with the connection that the first case uses: a server that cannot bear a client that
comes and goes would otherwise die before the path begins. A program that has ended is started again, for the next
stage. It is ended, with all that it has started, when the path ends.

Left out: what is sent to it.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Protocol, Self

from wslab.conformance.errors import NotGraded
from wslab.conformance.program import Program, running
from wslab.conformance.raw import RawConnection, open_streams
from wslab.lab.network.address import LOOPBACK, Address
from wslab.lab.network.ports import who_listens_at
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import Role

__all__ = ["PLACEHOLDER", "VARIABLE", "Running", "Started", "Target", "reason"]

PLACEHOLDER, VARIABLE = "{port}", "PORT"
"""What stands for the port in a command, and the environment variable that has it."""

DIAL_LIMIT = 2.0
"""Seconds that one attempt to connect may take."""

_AGAIN = 0.05  # seconds between two attempts while the program starts
_DYING = 0.15  # seconds in which a program that failed a client may end because of it


class Target(Protocol):
    """A server that can be dialled."""

    @property
    def uri(self) -> WebSocketURI:
        """Where it is."""

    @property
    def said(self) -> str:
        """The last that it printed."""

    @property
    def raised(self) -> str:
        """The error that left its code on the last connection, in words; empty where that cannot be seen."""

    async def ready(self) -> None:
        """See that it runs."""

    async def dial(self) -> RawConnection:
        """A connection; `OSError` where it takes none."""

    async def death(self) -> str:
        """How the program ended, in words; empty while it runs, and where it is not ours."""


class Running:
    """A server that runs already, at this address."""

    said = raised = ""

    def __init__(self, uri: WebSocketURI) -> None:
        self.uri = uri
        self._opened = False

    async def ready(self) -> None:
        """Nothing has to be done for it."""

    async def dial(self) -> RawConnection:
        """A connection; `OSError` where it takes none, and NotGraded where it takes not even the first one."""
        try:
            streams = await open_streams(self.uri, DIAL_LIMIT)
        except OSError as error:
            if self._opened:
                raise
            raise NotGraded(
                f"Nobody can be reached at {self.uri.address} ({reason(error)}): start your server first."
            ) from None
        self._opened = True
        return RawConnection(*streams, Role.SERVER)

    async def death(self) -> str:
        """Nothing is known of its process."""
        return ""


class Started:
    """A program that is started here; an `async with` around it ends it.

    `port` is taken in place of a free one where it is given. `limit` is how many seconds the program has to open it.
    """

    raised = ""

    def __init__(self, command: Sequence[str], *, port: int | None = None, limit: float = 30.0) -> None:
        self._command = command
        self._limit = limit
        self._is_fixed = port is not None
        self._port = port or 0
        self._program: Program | None = None
        self._stack = AsyncExitStack()
        self._opened = False
        self._begin = 0.0

    @property
    def uri(self) -> WebSocketURI:
        """Where it has to listen."""
        return WebSocketURI(Address(LOOPBACK, self._port), "/", LOOPBACK, secure=False)

    @property
    def said(self) -> str:
        """The last that the program printed."""
        return "" if self._program is None else self._program.said

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ready(self) -> None:
        """Start the program where it does not run.

        Raises NotGraded where it cannot be started, or its port is in use.
        """
        if self._program is not None and self._program.exit_code is None:
            return
        await self._stack.aclose()
        if self._is_fixed:
            _check_free(self._port)
        else:  # never the old one: its connections may be in TIME_WAIT, and not every program sets SO_REUSEADDR
            self._port = _free_port()
        start = running(self._command, PLACEHOLDER, str(self._port), VARIABLE)
        self._program = await self._stack.enter_async_context(start)
        self._opened, self._begin = False, time.monotonic()

    async def dial(self) -> RawConnection:
        """A connection; the first one waits until the program has opened its port.

        Raises `OSError` where it takes none, and NotGraded where it does not open its port in time.
        """
        while True:
            try:
                streams = await open_streams(self.uri, DIAL_LIMIT)
            except OSError:
                if self._opened:
                    raise
                await self._check_starting()
                continue
            self._opened = True
            return RawConnection(*streams, Role.SERVER)

    async def death(self) -> str:
        """How the program ended, in words; empty while it runs."""
        assert self._program is not None
        code = await self._program.wait(_DYING)
        if code is None:
            return ""
        return f"ended with exit code {code}" if code >= 0 else f"was ended by {_signal_name(-code)}"

    async def _check_starting(self) -> None:
        """Wait a little while the program starts; NotGraded where it ended, or its time is over."""
        assert self._program is not None
        code = await self._program.wait(_AGAIN)
        if code is not None:
            raise NotGraded(f"{self._name} ended at once with exit code {code}.{_quoted(self.said)}{self._no_port}")
        if time.monotonic() - self._begin > self._limit:
            where = f"{LOOPBACK}:{self._port}"
            raise NotGraded(
                f"{self._name} runs, and after {self._limit:g} s nobody listens at {where}: let it listen there, on"
                f" 127.0.0.1 or on all addresses; localhost may be ::1.{_quoted(self.said)}{self._no_port}"
            )

    @property
    def _name(self) -> str:
        return repr(self._command[0])

    @property
    def _no_port(self) -> str:
        """That the command has no place for the port, where that may be why."""
        if any(PLACEHOLDER in word for word in self._command) or self._is_fixed:
            return ""
        return (
            f" The command has no {PLACEHOLDER}: write that where your program takes its port, let it read the"
            f" environment variable {VARIABLE}, or say with --port which one it always takes."
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def reason(error: OSError) -> str:
    """Why a connection was not made, in the system's words."""
    return os.strerror(error.errno) if error.errno else "no answer in time"


def _quoted(said: str) -> str:
    last = " ".join(said[-400:].split())
    return f" It said: {last}" if last else " It said nothing."


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _check_free(port: int) -> None:
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        who = who_listens_at(port)
        raise NotGraded(
            f"Port {port} is in use by {who} ({error.strerror}): end that first, or choose another --port."
        ) from None
