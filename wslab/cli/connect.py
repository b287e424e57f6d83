"""`wslab connect`: a client to type in. Every line is a message; what begins with / is a command.

Rules of this module: everything that travels is shown, our own frames too, and told at the end on both levels:
which Close came or went, and how TCP ended. What a person types wrong is a sentence and changes nothing. Ctrl-D and
`/close` end with the closing handshake; Ctrl-C too, but it waits a second at most.

What it leaves out: how a line is typed (`keyboard`), drawn (`lines`) and kept (`saving`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wslab.cli.close_advice import explain_end, is_final
from wslab.cli.recording import saving
from wslab.cli.terminal.input import LineInput
from wslab.cli.terminal.lines import EntryPrinter, printable
from wslab.explain import parse_hex
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab
from wslab.lab.ending import Ending
from wslab.lab.faults.manual import close_words
from wslab.protocol import CloseCode, LocalProtocolError

if TYPE_CHECKING:
    from rich.console import Console

COMMANDS = {
    "/hex": ("/hex 01 02", "send bytes as a binary message"),
    "/file": ("/file PATH", "send a file as a binary message"),
    "/ping": ("/ping [TEXT]", "send a Ping and time its Pong"),
    "/fragments": ("/fragments a|b|c", "send one text message in fragments (§5.4)"),
    "/raw": ("/raw 81 01 ff", "send bytes just as they are, also such as break a rule"),
    "/close": ("/close [CODE] [REASON]", "begin the closing handshake; 1000 unless you say otherwise"),
    "/help": ("/help", "this list; a message that begins with / is written with //"),
}
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a reconnect at most, the first time and ever; each time twice as long, and a random part of it."""

STABLE = 5.0
"""Seconds after which a connection counts as good, and the next wait is short again."""

MOST_FILE = 64 * 1024 * 1024
TAPE_BYTES = 256 * 1024 * 1024
_AT_ONCE = 1.0  # seconds for the closing handshake after Ctrl-C


@dataclass(frozen=True)
class ConnectOptions:
    """What the command line asked for; times in seconds. `options` go to `Lab.connect`."""

    url: str
    options: dict[str, Any]
    beyond_loopback: bool = False
    reconnect: bool = False
    save: Path | None = None
    bare: bool = False
    quiet_for: float | None = 1.0
    timeout: float = 10.0


def header(text: str) -> tuple[str, str]:
    """`Name: value` as a header.

    Raises:
        click.UsageError: There is no colon.
    """
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"{text!r} is no header: write it as 'Name: value'.")
    return name.strip(), value.strip()


async def connect(wanted: ConnectOptions, console: Console, *, dark: bool) -> int:
    """Talk until either side closes; 0 where both said Close, 1 where it ended in another way.

    Raises:
        click.UsageError: Nobody is there, or what was asked for cannot be sent.
    """
    lab = Lab(timeout=wanted.timeout, tape_bytes=TAPE_BYTES, beyond_loopback=wanted.beyond_loopback)
    lines = EntryPrinter(lab.tape, console, dark=dark, whole=True)
    stop_telling = None if wanted.bare else lab.tape.watch(lines.tell)
    async with lab, saving(lab.tape, wanted.save):
        try:
            session = Session(lab, wanted, console, lines)
            async with LineInput(list(COMMANDS), session.toolbar) as keyboard:
                return await session.run(keyboard)
        finally:
            if stop_telling is not None:
                stop_telling()


@dataclass(frozen=True)
class _End:
    """How one connection, or the attempt at one, ended: the exit code, and whether another may do better."""

    code: int
    again: bool


class Session:
    """One person's talk with one server, over one connection after another if need be."""

    def __init__(self, lab: Lab, wanted: ConnectOptions, console: Console, lines: EntryPrinter) -> None:
        self._lab = lab
        self._wanted = wanted
        self._console = console
        self._lines = lines
        self._endpoint: Endpoint | None = None
        self._open = asyncio.Event()
        self._pings: set[asyncio.Task[None]] = set()
        self._attempts = 0
        self._leaves = False  # whether it was us who closed

    async def run(self, keyboard: LineInput) -> int:
        """From the first connection to the last end; the exit code."""
        self._typing = asyncio.create_task(self._type(keyboard))
        self._stop = asyncio.create_task(keyboard.until_stopped())
        try:
            while True:
                end = await self._once()
                if not (self._wanted.reconnect and end.again) or self._is_over():
                    return end.code
                await self._wait_before_next()
                if self._is_over():
                    return end.code
        finally:
            tasks = {self._typing, self._stop, *self._pings}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def toolbar(self) -> str:
        """The line under the line that is typed."""
        state = "CONNECTING" if self._endpoint is None else self._endpoint.state.value
        return f" {self._wanted.url}  {state}   /help   Ctrl-D closes"

    def _is_over(self) -> bool:
        """Whether the person has nothing more to say."""
        return self._leaves or self._typing.done() or self._stop.done()

    # --- one connection -------------------------------------------------------------------

    async def _once(self) -> _End:
        dialling = asyncio.create_task(self._lab.connect(self._wanted.url, **self._wanted.options))
        await asyncio.wait({dialling, self._stop}, return_when=asyncio.FIRST_COMPLETED)
        if not dialling.done():
            dialling.cancel()
            await asyncio.wait({dialling})
            return _End(0, again=False)
        try:
            endpoint = dialling.result()
        except (LocalProtocolError, ValueError) as error:
            raise click.UsageError(str(error)) from error
        except HandshakeRefused as error:
            self._say(f"Refused: {printable(str(error))}", bad=True)
            return _End(1, again=_may_pass(error.status))
        except OSError as error:
            if not self._wanted.reconnect:
                raise click.UsageError(f"{self._wanted.url} cannot be reached: {error.strerror or error}") from error
            self._say(f"Not connected: {error.strerror or error}", bad=True)
            return _End(1, again=True)
        return await self._talk(endpoint)

    async def _talk(self, endpoint: Endpoint) -> _End:
        """Until the end of this connection, whoever ends it."""
        loop = asyncio.get_running_loop()
        opened, receiving = loop.time(), asyncio.create_task(self._receive(endpoint))
        self._endpoint = endpoint
        self._open.set()
        await asyncio.wait({receiving, self._typing, self._stop}, return_when=asyncio.FIRST_COMPLETED)
        if not receiving.done():
            await self._leave(endpoint, receiving)
        ending = await receiving
        self._endpoint = None
        self._open.clear()
        if loop.time() - opened >= STABLE:
            self._attempts = 0
        self._tell(ending)
        return _End(0 if ending.normal else 1, again=not is_final(ending.code))

    async def _leave(self, endpoint: Endpoint, receiving: asyncio.Task[Ending]) -> None:
        """The person goes: at once where that was Ctrl-C, else once what was asked for is answered."""
        if not self._stop.done():
            await self._until_quiet(receiving)
        code = CloseCode.GOING_AWAY if self._stop.done() else CloseCode.NORMAL_CLOSURE
        await endpoint.close_quietly(code, timeout=_AT_ONCE)

    async def _until_quiet(self, receiving: asyncio.Task[Ending]) -> None:
        size, seconds = -1, self._wanted.quiet_for
        while self._lab.tape.size != size and not receiving.done() and not self._stop.done():
            size = self._lab.tape.size
            await asyncio.wait({receiving, self._stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self, endpoint: Endpoint) -> Ending:
        """Take every message, so that nothing is held back; how it ended."""
        try:
            async for message in endpoint:
                if self._wanted.bare:
                    click.echo(message.hex(" ") if isinstance(message, bytes) else printable(message))
            await endpoint.recv()
        except ConnectionClosed as closed:
            return closed.ending
        raise AssertionError("a connection that has ended says why")

    def _tell(self, ending: Ending) -> None:
        if not self._wanted.bare:
            self._lines.tell()
        for line in explain_end(ending):
            self._say(printable(line))

    async def _wait_before_next(self) -> None:
        """Wait longer each time, and never as long as the other clients do (full jitter)."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2**self._attempts)
        seconds = random.uniform(0, longest)
        self._attempts += 1
        self._say(
            f"Attempt {self._attempts} in {seconds:.1f} s: a random part of {longest:g} s, twice as much each time."
        )
        await asyncio.wait({self._typing, self._stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    # --- what is typed ------------------------------------------------------------------------

    async def _type(self, keyboard: LineInput) -> None:
        """Every line, to the end of them."""
        async for line in keyboard:
            if not line:
                continue
            try:
                await self._obey(line)
            except (ValueError, OSError, LocalProtocolError, ConnectionClosed) as error:
                self._say(printable(str(error)), bad=True)
            if self._leaves:
                return

    async def _obey(self, line: str) -> None:
        if line == "/help":
            for usage, words in COMMANDS.values():
                self._say(f"  {usage:<24}{words}")
            return
        await self._open.wait()
        endpoint = self._endpoint
        assert endpoint is not None
        if not line.startswith("/") or line.startswith("//"):
            await endpoint.send(line.removeprefix("/") if line.startswith("//") else line)
            return
        command, _, rest = line.partition(" ")
        match command:
            case "/hex":
                await endpoint.send(parse_hex(rest, "The message"))
            case "/file":
                await endpoint.send(await asyncio.to_thread(_read, rest))
            case "/ping":
                self._ping(endpoint, rest.encode() or None)
            case "/fragments":
                await _send_fragments(endpoint, rest.split("|"))
            case "/raw":
                await endpoint.send_raw(parse_hex(rest, "The bytes"))
            case "/close":
                await self._close(endpoint, rest)
            case _:
                raise ValueError(f"There is no command {command}; /help shows those there are.")

    def _ping(self, endpoint: Endpoint, payload: bytes | None) -> None:
        task = asyncio.create_task(self._time(endpoint, payload))
        self._pings.add(task)
        task.add_done_callback(self._pings.discard)

    async def _time(self, endpoint: Endpoint, payload: bytes | None) -> None:
        try:
            seconds = await endpoint.ping(payload)
            if not self._wanted.bare:
                return  # the Pong's line tells its time
            self._say(f"The Pong came after {seconds * 1000:.1f} ms.")
        except (TimeoutError, ValueError, LocalProtocolError, ConnectionClosed) as error:
            self._say(printable(str(error)), bad=True)

    async def _close(self, endpoint: Endpoint, text: str) -> None:
        code, reason = close_words(text)
        endpoint_closing = endpoint.close(code, reason)
        self._leaves = True
        try:
            await endpoint_closing
        except (LocalProtocolError, ValueError):
            self._leaves = False
            raise
        except (TimeoutError, ConnectionClosed):
            pass  # told as the end

    def _say(self, text: str, *, bad: bool = False) -> None:
        """A sentence of ours; with bare output to standard error, where it disturbs nobody."""
        if self._wanted.bare:
            click.echo(text, err=True)
        else:
            self._console.print(text, style="bold red" if bad else "", markup=False, soft_wrap=True)


async def _send_fragments(endpoint: Endpoint, parts: Sequence[str]) -> None:
    for number, part in enumerate(parts, 1):
        await endpoint.send_fragment(part, fin=number == len(parts))


def _read(name: str) -> bytes:
    path = Path(name.strip()).expanduser()
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is a folder or a device, and no file.")
    with path.open("rb") as file:
        data = file.read(MOST_FILE + 1)
    if len(data) > MOST_FILE:
        raise ValueError(
            f"{path} is larger than {MOST_FILE >> 20} MiB, which is the most that one message carries here."
        )
    return data


def _may_pass(status: int) -> bool:
    """Whether a refusal may be over soon: the server's own trouble, or too much at once."""
    return status >= 500 or status in (0, 408, 425, 429)
