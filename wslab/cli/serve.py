"""`wslab serve`: a server of the lab in the terminal, with every frame as it happens.

It listens on 127.0.0.1 until Ctrl-C or SIGTERM. Then it closes what is open with 1001 (§7.4.1) and says how many
connections those were. Each line is an entry of the lab's tape; of a burst only the first lines are printed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import click
from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.options import FREE_PORT, PORT, SECRETS
from wslab.cli.recording import dropped
from wslab.cli.terminal.colours import is_dark
from wslab.cli.terminal.lines import EntryPrinter
from wslab.cli.terminal.output import write_line
from wslab.cli.terminal.signals import until_stopped
from wslab.explain import counted
from wslab.lab import Lab, PortInUse, Server, echo
from wslab.protocol import CloseCode

HANDLERS = {"echo": echo}
MOST_LINES = 40
"""Lines printed in one go, since nothing slows a burst down; the tape calls at most 20 times a second."""

TAPE_BYTES = 64 * 1024 * 1024
FULL_HINT = "Start it again to see more, or with --quiet to keep nothing."
CLOSE_LIMIT = 1.0
"""Seconds that a peer has to answer our Close."""


@click.command()
@click.argument("handler", type=click.Choice(list(HANDLERS)), default="echo")
@click.option("--port", type=PORT, default=0, help=FREE_PORT)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Take only this origin: scheme, host, port (§10.2); repeatable.",
)
@SECRETS
@click.option("--quiet", is_flag=True, help="Print the address only, not what happens.")
def serve(handler: str, port: int, origins: tuple[str, ...], secrets: bool, quiet: bool) -> None:
    """Serve on this machine and show the frames; `echo` sends every message back.

    Without --origin it takes every client, pages of any site included. With it, a client that names another origin
    or none is refused with 403. Of a burst it shows the first frames and a count. Ctrl-C ends it: every open
    connection is closed with 1001.
    """
    with contextlib.suppress(KeyboardInterrupt):  # handled already, where a loop has no signal handlers
        console = Console(highlight=False, emoji=False)
        asyncio.run(run_server(handler, port, console, origins, quiet=quiet, dark=is_dark(), secrets=secrets))


async def run_server(
    name: str,
    port: int,
    console: Console,
    origins: Sequence[str] = (),
    *,
    quiet: bool,
    dark: bool,
    secrets: bool = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM; `origins` are the origins whose clients it takes; without any, it takes all.

    Secrets in heads are printed as asterisks, unless `secrets` shows them.

    Raises:
        CliError: The port is in use or not permitted.
    """
    async with Lab(tape=not quiet, tape_bytes=TAPE_BYTES) as lab:
        server = await _listen(lab, name, port, origins)
        printer = EntryPrinter(
            lab.tape, console, dark=dark, most_lines=MOST_LINES, full_hint=FULL_HINT, secrets=secrets
        )
        stop_watching = (lambda: None) if quiet else lab.tape.watch(printer.print_new)
        write_line(f"{name} listens at {server.url}\nCtrl-C ends it.")
        try:
            await until_stopped()
        finally:
            left = len(server.connections)
            await server.close(CloseCode.GOING_AWAY, "the server is stopped", timeout=CLOSE_LIMIT)
            stop_watching()
            if not quiet:
                printer.print_rest()
                if lost := dropped(lab.tape):
                    write_line(lost)
            write_line(f"Stopped; {counted(left, 'open connection')} closed with 1001.")


async def _listen(lab: Lab, name: str, port: int, origins: Sequence[str]) -> Server:
    try:
        return await lab.serve(HANDLERS[name], port=port, origins=origins or None)
    except PortInUse as error:
        raise CliError(str(error)) from error
    except OSError as error:
        raise CliError(f"Port {port} cannot be had: {error.strerror or error}.") from error
