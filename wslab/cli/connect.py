"""`wslab connect`: a client to type in. Every line is a message; what begins with / is a command.

Three things run at once: one task receives, so that the peer is never held back; one reads what is typed; the tape's
watcher prints every frame of both directions. A `Session` starts them, waits for the first to end, and says why the
connection ended, on the level of WebSocket and of TCP. With --reconnect it begins again after a wait.

What a person types wrong is a sentence and changes nothing. `/close`, Ctrl-D and Ctrl-C end with the closing handshake;
the two keys wait a second for it at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from wslab.cli.close_advice import explain_end, is_final
from wslab.cli.errors import CliError
from wslab.cli.options import CERTIFICATE, FILE, SECONDS, SECRETS, find_target, trusting
from wslab.cli.recording import dropped, saving
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.input import LineInput, failed_line
from wslab.cli.terminal.lines import EntryPrinter
from wslab.cli.terminal.output import write_line
from wslab.explain import parse_hex
from wslab.explain.redaction import redact_text, redact_words
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab
from wslab.lab.ending import Ending
from wslab.lab.faults.manual import close_words
from wslab.protocol import CloseCode, Deflate, LocalProtocolError
from wslab.protocol.handshake.head import escaped

COMMANDS = {
    "/hex": ("/hex 01 02", "send bytes as a binary message"),
    "/file": ("/file PATH", "send a file as a binary message"),
    "/ping": ("/ping [TEXT]", "send a Ping and time its Pong"),
    "/fragments": ("/fragments a|b|c", "send one text message in fragments (§5.4)"),
    "/raw": ("/raw 81 01 ff", "send bytes just as they are, even if they break a rule"),
    "/close": ("/close [CODE] [REASON]", "begin the closing handshake; 1000 unless you say otherwise"),
    "/help": ("/help", "this list; a message that begins with / is written with //"),
}
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a reconnect at most, the first time and ever; each time twice as long, and a random part of it."""

STABLE = 5.0
"""Seconds after which a connection counts as good, and the next wait is short again."""

MOST_FILE = 64 * 1024 * 1024
TAPE_BYTES = 256 * 1024 * 1024
_PART_OF_A_MESSAGE = 4096  # bytes by which a long message on its way shows
_AT_ONCE = 1.0  # seconds for the closing handshake after Ctrl-C


# --- the command --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ConnectOptions:
    """What the command line asked for; times in seconds. `connecting` are the options of `Lab.connect`."""

    url: str
    connecting: dict[str, Any]
    beyond_loopback: bool = False
    reconnect: bool = False
    save: Path | None = None
    bare: bool = False
    quiet_for: float | None = 1.0
    timeout: float = 10.0
    secrets: bool = False

    @property
    def shown_url(self) -> str:
        """The address as it is printed."""
        return self.url if self.secrets else redact_text(self.url)


@click.command()
@click.argument("url", metavar="ws://HOST:PORT/PATH")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A further header; repeatable.")
@click.option(
    "--subprotocol", "subprotocols", multiple=True, metavar="NAME", help="A subprotocol to ask for; repeatable."
)
@click.option("--origin", help="The Origin header, which a browser sends for its page (§10.2).")
@click.option("--deflate", is_flag=True, help="Offer compression (permessage-deflate, RFC 7692).")
@click.option("--ping-interval", type=SECONDS, help="Seconds from one Ping to the next; without it, no Ping.")
@click.option(
    "--reconnect",
    is_flag=True,
    help="Connect again after an end that may be temporary: exponential back-off with full jitter.",
)
@click.option("--save", type=FILE, metavar="FILE.jsonl", help="Keep the recording in this file while it grows.")
@SECRETS
@click.option("--bare", is_flag=True, help="Print the messages that come and nothing else, one a line.")
@click.option(
    "--wait",
    "quiet_for",
    type=SECONDS,
    default=1.0,
    show_default=True,
    help="After the end of piped input, seconds of quiet before it closes; inf waits for the peer's Close.",
)
@click.option(
    "--timeout",
    type=SECONDS,
    default=10.0,
    show_default=True,
    help="Seconds to connect, and for answers to /ping and /close.",
)
@click.option("--cafile", type=CERTIFICATE, help="For wss://: trust the authority in this PEM file, too.")
@click.option("--insecure", is_flag=True, help="For wss://: trust any server. For a test server of your own.")
@click.option("--beyond-loopback", is_flag=True, help="Allow a server on another machine.")
@click.pass_context
def connect(context: click.Context, /, url: str, **chosen: Any) -> None:
    """Talk to a server: a line is a text message, /help lists the commands, Ctrl-D closes.

    It shows the frames of both directions (of a burst the first ones and a count), and at the end why it ended: the
    close code, TCP, and what that means.
    Lines may come through a pipe, too. The exit code is 0 when both sides sent a Close with 1000, 1001 or no code,
    1 when it ended otherwise or was refused, 2 when no server could be reached and --reconnect was not given.
    """
    options = read_options(url, chosen)
    with contextlib.suppress(KeyboardInterrupt):  # handled already, where a loop has no signal handlers
        context.exit(asyncio.run(run_client(options, Console(highlight=False, emoji=False), dark=is_dark())))


def read_options(url: str, chosen: Mapping[str, Any]) -> ConnectOptions:
    """Turn the options as click names them into their values.

    Raises:
        CliError: The address, a header or a certificate is wrong.
    """
    secure = find_target(url, beyond_loopback=chosen["beyond_loopback"]).secure
    connecting = {
        "headers": [header(each) for each in chosen["headers"]],
        "subprotocols": chosen["subprotocols"],
        "origin": chosen["origin"],
        "deflate": Deflate() if chosen["deflate"] else None,
        "ping_interval": chosen["ping_interval"],
        "tls": trusting(chosen["cafile"], anybody=chosen["insecure"], secure=secure),
    }
    as_they_are = {
        name: chosen[name] for name in ("beyond_loopback", "reconnect", "save", "bare", "timeout", "secrets")
    }
    quiet_for = None if chosen["quiet_for"] == float("inf") else chosen["quiet_for"]
    return ConnectOptions(url, connecting, quiet_for=quiet_for, **as_they_are)


def header(text: str) -> tuple[str, str]:
    """`Name: value` as a header.

    Raises:
        CliError: There is no colon.
    """
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise CliError(f"{text!r} is not a header: write it as 'Name: value'.")
    return name.strip(), value.strip()


async def run_client(options: ConnectOptions, console: Console, *, dark: bool) -> int:
    """Connect and pass messages until either side closes.

    Returns the exit code: 0 after a normal end (`Ending.normal`), 1 after any other.

    Raises:
        CliError: The server cannot be reached, or what was asked for cannot be sent.
    """
    lab = Lab(timeout=options.timeout, tape_bytes=TAPE_BYTES, beyond_loopback=options.beyond_loopback)
    printer = EntryPrinter(lab.tape, console, dark=dark, whole=True, secrets=options.secrets)
    stop_watching = None if options.bare else lab.tape.watch(printer.print_new)
    async with lab, saving(lab.tape, options.save, secrets=options.secrets):
        try:
            session = Session(lab, options, console, printer)
            async with LineInput(list(COMMANDS), session.toolbar) as typed:
                return await session.run(typed)
        finally:
            if stop_watching is not None:
                stop_watching()
                if options.save is None and (lost := dropped(lab.tape)):
                    write_line(lost, to_stderr=True)


# --- the session --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Attempt:
    """How one connection, or the attempt at one, ended: the exit code, and whether another may do better."""

    code: int
    again: bool


class Session:
    """One person's use of one server, over one connection after another if need be."""

    def __init__(self, lab: Lab, options: ConnectOptions, console: Console, printer: EntryPrinter) -> None:
        self._lab = lab
        self._options = options
        self._console = console
        self._printer = printer
        self._endpoint: Endpoint | None = None
        self._open = asyncio.Event()
        self._pings: set[asyncio.Task[None]] = set()
        self._attempts = 0
        self._received = 0  # messages
        self._unanswered = 0  # bytes that were sent since the last message came
        self._is_closing = False  # whether the person closed

    async def run(self, typed: LineInput) -> int:
        """Run from the first connection to the end of the last; returns the exit code."""
        self._typing = asyncio.create_task(self._obey_all(typed))
        self._stop = asyncio.create_task(typed.until_stopped())
        telling = asyncio.create_task(self._tell_pending())
        try:
            while True:
                end = await self._once()
                if not (self._options.reconnect and end.again) or self._is_over():
                    return end.code
                await self._wait_before_next()
                if self._is_over():
                    return end.code
        finally:
            tasks = {self._typing, self._stop, telling, *self._pings}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if not self._typing.cancelled():
                self._typing.result()  # an error of the input itself is not lost

    def toolbar(self) -> str:
        """The line under the line that is typed."""
        state = "CONNECTING" if self._endpoint is None else self._endpoint.state.value
        return f" {self._options.shown_url}  {state}   /help   Ctrl-D closes"

    async def _tell_pending(self) -> None:
        """Say what the peer has begun and does not go on with."""
        if not self._options.bare:
            await self._printer.print_pending()

    def _is_over(self) -> bool:
        """Whether the person has closed, or no line can come any more."""
        return self._is_closing or self._typing.done() or self._stop.done()

    # --- one connection -------------------------------------------------------------------

    async def _once(self) -> _Attempt:
        dialling = asyncio.create_task(self._lab.connect(self._options.url, **self._options.connecting))
        await asyncio.wait({dialling, self._stop}, return_when=asyncio.FIRST_COMPLETED)
        if not dialling.done():
            dialling.cancel()
            await asyncio.wait({dialling})
            return _Attempt(1, again=False)
        try:
            endpoint = dialling.result()
        except (LocalProtocolError, ValueError) as error:
            raise CliError(str(error)) from error
        except HandshakeRefused as error:
            words = str(error) if self._options.secrets else redact_words(str(error))
            self._print(f"{'Redirected' if 300 <= error.status < 400 else 'Refused'}: {escaped(words)}", bad=True)
            return _Attempt(1, again=_may_pass(error.status))
        except OSError as error:
            if not self._options.reconnect:
                raise CliError(f"{self._options.shown_url} cannot be reached: {error.strerror or error}") from error
            self._print(f"Not connected: {error.strerror or error}", bad=True)
            return _Attempt(1, again=True)
        return await self._until_end(endpoint)

    async def _until_end(self, endpoint: Endpoint) -> _Attempt:
        """From the open connection to its end, on either side."""
        loop = asyncio.get_running_loop()
        opened, receiving = loop.time(), asyncio.create_task(self._receive(endpoint))
        self._endpoint, self._unanswered = endpoint, 0
        self._open.set()
        await asyncio.wait({receiving, self._typing, self._stop}, return_when=asyncio.FIRST_COMPLETED)
        if not receiving.done():
            await self._close_for_person(endpoint, receiving)
        ending = await receiving
        self._endpoint = None
        self._open.clear()
        if loop.time() - opened >= STABLE:
            self._attempts = 0
        self._print_end(ending)
        return _Attempt(0 if ending.normal else 1, again=not is_final(ending.code))

    async def _close_for_person(self, endpoint: Endpoint, receiving: asyncio.Task[Ending]) -> None:
        """Close for the person: at once on Ctrl-C, else once the peer has been quiet for a while."""
        if not self._stop.done():
            await self._until_quiet(receiving)
        code = CloseCode.GOING_AWAY if self._stop.done() else CloseCode.NORMAL_CLOSURE
        await endpoint.close_quietly(code, timeout=_AT_ONCE)

    async def _until_quiet(self, receiving: asyncio.Task[Ending]) -> None:
        before, seconds = (-1, -1), self._options.quiet_for
        while (now := self._activity()) != before and not receiving.done() and not self._stop.done():
            before = now
            await asyncio.wait({receiving, self._stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def _activity(self) -> tuple[int, int]:
        """What grows while messages come, whether the tape has room or not; a few Pings and Pongs do not count."""
        tape = self._lab.tape
        return self._received, (tape.size + tape.dropped_bytes) // _PART_OF_A_MESSAGE

    async def _receive(self, endpoint: Endpoint) -> Ending:
        """Take every message, so that flow control never stops the peer; returns how the connection ended."""
        try:
            async for message in endpoint:
                self._received += 1
                self._unanswered = 0
                if self._options.bare:
                    write_line(message.hex(" ") if isinstance(message, bytes) else escaped(message))
            await endpoint.recv()
        except ConnectionClosed as closed:
            return closed.ending
        raise AssertionError("a connection that has ended says why")

    def _print_end(self, ending: Ending) -> None:
        if not self._options.bare:
            self._printer.print_rest()
        for line in explain_end(ending, self._printer.cause, self._printer.pending_of("server"), self._unanswered):
            self._print(escaped(line))

    async def _wait_before_next(self) -> None:
        """Wait a random part of a time that doubles, so that many clients do not come at once (full jitter)."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2**self._attempts)
        seconds = random.uniform(0, longest)
        self._attempts += 1
        then = "the longest wait" if longest == LONGEST_WAIT else "twice as much each time"
        self._print(f"Attempt {self._attempts} in {seconds:.1f} s: a random part of {longest:g} s, {then}.")
        await asyncio.wait({self._typing, self._stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    # --- what is typed ------------------------------------------------------------------------

    async def _obey_all(self, typed: LineInput) -> None:
        """Do what each line says, to the end of them."""
        async for line in typed:
            if not line:
                continue
            try:
                await self._obey(line)
            except Exception as error:  # whatever a line does, the next one is read
                self._print(escaped(failed_line(error)), bad=True)
            if self._is_closing:
                return

    async def _send(self, endpoint: Endpoint, message: str | bytes) -> None:
        self._unanswered += len(message)
        await endpoint.send(message)

    async def _obey(self, line: str) -> None:
        if line == "/help":
            for usage, words in COMMANDS.values():
                self._print(f"  {usage:<24}{words}")
            return
        await self._open.wait()
        endpoint = self._endpoint
        assert endpoint is not None
        if not line.startswith("/") or line.startswith("//"):
            await self._send(endpoint, line.removeprefix("/") if line.startswith("//") else line)
            return
        command, _, rest = line.partition(" ")
        match command:
            case "/hex":
                await self._send(endpoint, parse_hex(rest, "The message"))
            case "/file":
                await self._send(endpoint, await asyncio.to_thread(_read, rest))
            case "/ping":
                self._ping(endpoint, rest.encode() or None)
            case "/fragments":
                await _send_fragments(endpoint, rest.split("|"))
            case "/raw":
                await endpoint.send_raw(parse_hex(rest, "The bytes"))
            case "/close":
                await self._close(endpoint, rest)
            case _:
                raise ValueError(f"There is no command {command}; /help lists them all.")

    def _ping(self, endpoint: Endpoint, payload: bytes | None) -> None:
        task = asyncio.create_task(self._time(endpoint, payload))
        self._pings.add(task)
        task.add_done_callback(self._pings.discard)

    async def _time(self, endpoint: Endpoint, payload: bytes | None) -> None:
        try:
            seconds = await endpoint.ping(payload)
            if not self._options.bare:
                return  # the Pong's line shows its time
            self._print(f"The Pong came after {seconds * 1000:.1f} ms.")
        except Exception as error:  # nobody waits for this task
            self._print(escaped(failed_line(error)), bad=True)

    async def _close(self, endpoint: Endpoint, text: str) -> None:
        code, reason = close_words(text)
        closing = endpoint.close(code, reason)
        self._is_closing = True
        try:
            await closing
        except (LocalProtocolError, ValueError):
            self._is_closing = False
            raise
        except (TimeoutError, ConnectionClosed):
            pass  # printed as the end

    def _print(self, text: str, *, bad: bool = False) -> None:
        """Print a sentence; with --bare on standard error, so that the output holds messages only."""
        if self._options.bare:
            write_line(text, to_stderr=True)
        else:
            self._console.print(text, style="bold red" if bad else "", markup=False, soft_wrap=True)


async def _send_fragments(endpoint: Endpoint, parts: Sequence[str]) -> None:
    for number, part in enumerate(parts, 1):
        await endpoint.send_fragment(part, fin=number == len(parts))


def _read(name: str) -> bytes:
    try:
        path = Path(name.strip()).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{name.strip()} names the folder of a user who does not exist here.") from error
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is a folder or a device, not a file.")
    with path.open("rb") as file:
        data = file.read(MOST_FILE + 1)
    if len(data) > MOST_FILE:
        raise ValueError(
            f"{path} is larger than {MOST_FILE >> 20} MiB, which is the most that one message carries here."
        )
    return data


def _may_pass(status: int) -> bool:
    """Whether a refusal may be temporary: an error of the server (5xx), or too many requests at once."""
    return status >= 500 or status in (0, 408, 425, 429)
