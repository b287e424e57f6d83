"""`wslab replay`: a recorded server or client in the terminal, as a peer for a program of yours.

It prints each frame as it passes, and each deviation from the recording where it is found. As a server it takes client
after client until Ctrl-C, each from the beginning of the recording; as a client it dials once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.options import CERTIFICATE, FILE, SECONDS, SECRETS, find_target, listen_at, trusting
from wslab.cli.recording import check_save, dropped, saving
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.lines import EntryPrinter, hanging
from wslab.cli.terminal.output import write_line
from wslab.cli.terminal.signals import until_stopped
from wslab.explain import counted
from wslab.formats import UnreadableFile, load
from wslab.lab import HandshakeRefused, PortInUse
from wslab.lab.replay.deviation import Deviation, ReplayResult
from wslab.lab.replay.replay import Replay, ReplayServer
from wslab.lab.replay.script import NothingToReplay
from wslab.protocol.handshake.head import escaped
from wslab.tape.tape import Tape

SERVER, CLIENT = "server", "client"
TAPE_BYTES = 256 * 1024 * 1024
MOST_WARNINGS = 5
"""Sentences on what a damaged file has lost that are printed."""


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("url", required=False, metavar="[ws://TARGET]")
@click.option(
    "--as", "role", type=click.Choice([SERVER, CLIENT]), default=SERVER, show_default=True, help="Which side to replay."
)
@click.option(
    "--listen", default="0", metavar="PORT", help="Where clients connect: a port, or HOST:PORT; 0 is a free port."
)
@click.option(
    "--connection",
    type=click.IntRange(1),
    metavar="N",
    help="The connection in FILE; by default the first with frames.",
)
@click.option("--fast", is_flag=True, help="Leave the recorded pauses out.")
@click.option(
    "--timeout",
    type=SECONDS,
    default=10.0,
    show_default=True,
    help="Seconds that each wait for the other side may take beyond its recorded time.",
)
@click.option("--once", is_flag=True, help="As a server: end after the first connection.")
@click.option("--save", type=FILE, metavar="FILE.jsonl", help="Keep the replay in this file while it goes on.")
@SECRETS
@click.option("--cafile", type=CERTIFICATE, help="For a wss:// target: trust the authority in this PEM file, too.")
@click.option("--insecure", is_flag=True, help="For a wss:// target: trust any server.")
@click.option("--beyond-loopback", is_flag=True, help="Allow it to dial other machines, and to listen for them.")
@click.pass_context
def replay(context: click.Context, /, file: Path, url: str | None, **chosen: Any) -> None:
    """Replay a recorded server or client for your own program, and say where that departs from the recording.

    FILE is a tape of wslab, a HAR, a capture or a dump. It sends what the recorded side sent, each time once your
    program has sent what came before, and names the frame, the byte and the bit at which your program does something
    else. Masking keys, the handshake's key, Host and Date may differ. Secrets that FILE has as asterisks are sent as
    asterisks. The exit code is 0 when your program did what the recording has, 1 when not, 2 when it could not be
    tried or no connection was replayed to its end.
    """
    _check(url, chosen)
    recording = _loaded(file, chosen)
    console = Console(highlight=False, emoji=False)
    if chosen["role"] == CLIENT:
        running = _as_client(recording, str(url), chosen, console)
    else:
        running = _as_server(recording, chosen, console)
    code = 2  # where Ctrl-C comes before the loop listens for it, or cannot
    with contextlib.suppress(KeyboardInterrupt):
        code = asyncio.run(running)
    context.exit(code)


def _check(url: str | None, chosen: Mapping[str, Any]) -> None:
    """Refuse what the chosen side has no use for."""
    if chosen["role"] == CLIENT:
        if url is None:
            raise CliError("--as client needs the server to dial: wslab replay FILE --as client ws://127.0.0.1:9000/.")
        if chosen["once"] or chosen["listen"] != "0":
            raise CliError("--once and --listen are for --as server: a client dials once.")
    elif url is not None:
        raise CliError("A server dials nobody: leave the URL out, or add --as client.")
    elif chosen["cafile"] is not None or chosen["insecure"]:
        raise CliError("--cafile and --insecure are for --as client with a wss:// target.")


def _loaded(file: Path, chosen: Mapping[str, Any]) -> Tape:
    if chosen["save"] is not None:
        check_save(chosen["save"])
    try:
        tape = load(file)
    except UnreadableFile as error:
        raise CliError(str(error)) from error
    for warning in tape.warnings[:MOST_WARNINGS]:
        write_line(escaped(warning), to_stderr=True)
    return tape


class Replaying:
    """A replay, and what is printed of it."""

    def __init__(self, recording: Tape, chosen: Mapping[str, Any], console: Console) -> None:
        try:
            self.replay = Replay(
                recording,
                connection=chosen["connection"],
                fast=chosen["fast"],
                timeout=chosen["timeout"],
                on_deviation=self._deviated,
                tape_bytes=TAPE_BYTES,
            )
        except (NothingToReplay, ValueError) as error:
            raise CliError(str(error)) from error
        self._console = console
        self._recording = recording
        self._printer = EntryPrinter(self.replay.tape, console, dark=is_dark(), secrets=chosen["secrets"])
        self._has_deviated = False
        self._is_over = False  # a connection, with its result

    @property
    def exit_code(self) -> int:
        """What a script learns: 1 where the other side deviated, 2 where no connection was replayed to its end."""
        return 1 if self._has_deviated else 0 if self._is_over else 2

    @contextlib.contextmanager
    def printing(self, role: str) -> Iterator[None]:
        """Say what is replayed, and print what happens while the block runs."""
        for line in self._introduction(role):
            write_line(line)
        stop_watching = self.replay.tape.watch(self._printer.print_new)
        try:
            yield
        finally:
            stop_watching()
            self._printer.print_rest()
            if lost := dropped(self.replay.tape):
                write_line(lost)

    def _introduction(self, role: str) -> Iterator[str]:
        count = len(self._recording.connection_numbers)
        number = self.replay.connection
        frames = counted(len(self._recording.frames(side=role, connection=number)), "frame")
        others = f" of {count} (--connection N chooses another)" if count > 1 else ""
        yield f"Replaying the {role} of connection {number}{others}: {frames}."
        if self.replay.masked:
            yield f"The recording has {counted(self.replay.masked, 'secret')} as asterisks: they are sent as asterisks."

    def _deviated(self, connection: int, deviation: Deviation) -> None:
        self._printer.print_new()
        self._has_deviated = True
        self._print(connection, f"≠ {deviation.sentence}")

    def over(self, result: ReplayResult) -> None:
        """Say how a connection went."""
        self._printer.print_new()
        self._is_over = True
        what = counted(result.compared, "head or frame", "heads and frames")
        found = counted(len(result.deviations) + result.more, "deviation")
        as_recorded = f"did what the recording has: {what} compared"
        self._print(result.connection, f"Over; the other side {as_recorded if result.is_same else f'shows {found}'}.")

    def _print(self, connection: int, sentence: str) -> None:
        begin = f"{'':13}#{connection:<3}  "
        text = begin + hanging(escaped(sentence), len(begin), self._console)
        self._console.print(text, markup=False, soft_wrap=True, style="bold")


async def _as_client(recording: Tape, url: str, chosen: Mapping[str, Any], console: Console) -> int:
    beyond_loopback = chosen["beyond_loopback"]
    target = find_target(url, beyond_loopback=beyond_loopback)
    tls = trusting(chosen["cafile"], anybody=chosen["insecure"], secure=target.secure)
    shown = Replaying(recording, chosen, console)
    async with saving(shown.replay.tape, chosen["save"], secrets=chosen["secrets"]):
        with shown.printing(CLIENT):
            dialling = shown.replay.connect(url, tls=tls, beyond_loopback=beyond_loopback)
            result = await _unless_stopped(dialling)
            if result is not None:
                shown.over(result)
    return shown.exit_code


async def _unless_stopped(dialling: Coroutine[Any, Any, ReplayResult]) -> ReplayResult | None:
    """The result; None where Ctrl-C or SIGTERM came first."""
    going, stopping = asyncio.ensure_future(dialling), asyncio.create_task(until_stopped())
    try:
        await asyncio.wait({going, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return await going if going.done() else None
    except (OSError, HandshakeRefused) as error:
        raise CliError(str(error)) from error
    finally:
        for task in (going, stopping):
            task.cancel()
        await asyncio.gather(going, stopping, return_exceptions=True)


async def _as_server(recording: Tape, chosen: Mapping[str, Any], console: Console) -> int:
    beyond_loopback = chosen["beyond_loopback"]
    host, port = listen_at(chosen["listen"], beyond_loopback=beyond_loopback)
    shown = Replaying(recording, chosen, console)
    try:
        server = await shown.replay.serve(host=host, port=port, beyond_loopback=beyond_loopback)
    except PortInUse as error:
        raise CliError(str(error)) from error
    except OSError as error:
        raise CliError(f"{host}:{port} cannot be had: {error.strerror or error}.") from error
    async with saving(shown.replay.tape, chosen["save"], secrets=chosen["secrets"]), server:
        with shown.printing(SERVER):
            write_line(f"Point your client at {server.url}\nCtrl-C ends it.")
            await _until_done(shown, server, once=chosen["once"])
    return shown.exit_code


async def _until_done(shown: Replaying, server: ReplayServer, *, once: bool) -> None:
    telling, stopping = asyncio.create_task(_tell(shown, server, once=once)), asyncio.create_task(until_stopped())
    try:
        await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, stopping):
            task.cancel()
        await asyncio.gather(telling, stopping, return_exceptions=True)


async def _tell(shown: Replaying, server: ReplayServer, *, once: bool) -> None:
    """Say how each connection went; with `once` only the first."""
    for number in itertools.count(1):
        shown.over(await server.result(number, timeout=math.inf))
        if once:
            return
