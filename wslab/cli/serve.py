"""`wslab serve`: a server of the lab in the terminal, told as it happens.

It listens on 127.0.0.1 until Ctrl-C (or SIGTERM), then closes what is open with 1001 (§7.4.1) and says how many that
were. Each line is an entry of the lab's tape, in the colour of its kind; a burst is told in short.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

import click

from wslab.explain import KINDS
from wslab.lab import Lab, PortInUse, Tape, echo
from wslab.protocol import CloseCode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from wslab.lab import Entry

HANDLERS = {"echo": echo}
MOST_LINES = 40  # in one go; the tape calls at most 20 times a second
TAPE_BYTES = 64 * 1024 * 1024
CLOSE_LIMIT = 1.0  # seconds for a peer to answer our Close


async def serve(name: str, port: int, console: Console, *, quiet: bool, dark: bool) -> None:
    """Serve until we are told to stop.

    Raises:
        click.UsageError: The port is in use or may not be had.
    """
    async with Lab(tape=not quiet, tape_bytes=TAPE_BYTES) as lab:
        try:
            server = await lab.serve(HANDLERS[name], port=port)
        except PortInUse as error:
            raise click.UsageError(str(error)) from error
        except OSError as error:
            raise click.UsageError(f"Port {port} cannot be had: {error.strerror or error}.") from error
        teller = Teller(lab.tape, console, dark=dark)
        stop_telling = lab.tape.watch(teller.tell)
        click.echo(f"{name} listens at {server.url}\nCtrl-C ends it.")
        try:
            await told_to_stop()
        finally:
            left = len(server.connections)
            await server.close(CloseCode.GOING_AWAY, "the server is stopped", timeout=CLOSE_LIMIT)
            stop_telling()
            teller.tell()
            click.echo(f"Stopped; {left} open connection{'' if left == 1 else 's'} closed with 1001.")


async def told_to_stop() -> None:
    """Wait for Ctrl-C or SIGTERM; where a loop cannot be told of signals, Ctrl-C cancels this instead."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


class Teller:
    """Prints the entries of a tape that it has not printed yet."""

    def __init__(self, tape: Tape, console: Console, *, dark: bool) -> None:
        self._tape = tape
        self._console = console
        self._dark = dark
        self._told = 0

    def tell(self) -> None:
        """Print what is new; of a burst, the first lines and a count."""
        new = self._tape[self._told :]
        self._told += len(new)
        for entry in new[:MOST_LINES]:
            self._console.print(self._line(entry), soft_wrap=True)
        if len(new) > MOST_LINES:
            self._console.print(f"  … and {len(new) - MOST_LINES:,} more", soft_wrap=True)

    def _line(self, entry: Entry) -> Text:
        from rich.text import Text

        kind = KINDS[entry.kind]
        way = {"client": "→", "server": "←", "wire": "·"}[entry.sender]
        style = f"bold {kind.dark if self._dark else kind.light}" if kind.id != "fault" else "bold reverse"
        return Text.assemble(f"#{entry.connection} {way} ", (kind.mark, style), f" {entry.sentence}")
