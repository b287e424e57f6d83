"""`wslab tap`: stands between any client and any server, and shows every frame of both directions as it passes.

Rules of this module: bytes pass on as they come, whatever they are; what is shown and kept never holds them up, and is
bounded. Clients dial the tap; it dials the target for each of them. With a terminal a line can be typed that puts in,
holds, drops or changes frames (`steering`), and so can a pipe; without either it only watches. However it ends, what
was recorded is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wslab.cli.recording import saving
from wslab.cli.tap.summary import ConnectionSummary
from wslab.cli.tap.typed import COMMANDS, TapCommands, faults_of
from wslab.cli.target import Target
from wslab.cli.terminal.input import LineInput
from wslab.cli.terminal.lines import MOST_SHOWN, EntryPrinter, hanging, printable
from wslab.lab import Entry, Lab, Link, PortInUse
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader
from wslab.lab.faults.manual import Insert
from wslab.lab.faults.names import resolve
from wslab.protocol import Role

if TYPE_CHECKING:
    from rich.console import Console

DIAL_LIMIT = 10.0
"""Seconds that the target has to take a connection."""


@dataclass(frozen=True)
class TapOptions:
    """What the command line asked for. `tape_bytes` limits the recording, and so what is shown."""

    target: Target
    host: str = "127.0.0.1"
    port: int = 0
    faults: tuple[Fault, ...] = ()
    save: Path | None = None
    as_json: bool = False
    beyond_loopback: bool = False
    tape_bytes: int = 256 * 1024 * 1024
    tls: ssl.SSLContext | None = None


def named(names: Sequence[str], after: float) -> tuple[Fault, ...]:
    """The faults of a command line, all `after` so many seconds.

    Raises:
        click.UsageError: There is no such fault, or two contradict each other.
    """
    if after and not names:
        raise click.UsageError("--after says when a fault begins: name it with --fault.")
    try:
        return resolve([fault for name in names for fault in faults_of(name, after)])
    except ValueError as error:
        raise click.UsageError(str(error)) from error


async def tap(wanted: TapOptions, console: Console, *, dark: bool) -> None:
    """Tap until we are told to stop.

    Raises:
        click.UsageError: The port is taken, or faults contradict each other, or the file cannot be written.
    """
    lab = Lab(timeout=DIAL_LIMIT, tape_bytes=wanted.tape_bytes, beyond_loopback=wanted.beyond_loopback)
    async with lab:
        link = await _link(lab, wanted)
        async with saving(lab.tape, wanted.save):
            await Tap(lab, link, wanted, console, dark=dark).run()


async def _link(lab: Lab, wanted: TapOptions) -> Link:
    faults = (*_host(wanted.target), Insert(), *wanted.faults)
    try:
        return await lab.link(wanted.target.url, *faults, host=wanted.host, port=wanted.port, tls=wanted.tls)
    except PortInUse as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        where = f"{wanted.host}:{wanted.port}"
        raise click.UsageError(f"{where} cannot be had: {error.strerror or error}.") from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _host(target: Target) -> Sequence[Fault]:
    """Another machine chooses the site by the Host that was asked for: it must be its own, not the tap's (§4.1)."""
    return () if target.is_here else (AlterHeader("Host", target.host_header, of=Role.CLIENT),)


class Tap:
    """What is shown of a link, and what a person does to it."""

    def __init__(self, lab: Lab, link: Link, wanted: TapOptions, console: Console, *, dark: bool) -> None:
        self._lab = lab
        self._link = link
        self._wanted = wanted
        self._console = console
        self._lines = EntryPrinter(lab.tape, console, dark=dark)
        self._steering = TapCommands(link, self._say)
        self._stories: dict[int, ConnectionSummary] = {}
        self._told = self._seen = 0

    async def run(self) -> None:
        """Show what passes until Ctrl-C, SIGTERM or `quit`."""
        self._introduce()
        stop_telling = self._lab.tape.watch(self._tell)
        try:
            async with LineInput(list(COMMANDS), self._toolbar) as keyboard:
                typing = asyncio.create_task(self._type(keyboard))
                await keyboard.until_stopped()
                typing.cancel()
                await asyncio.wait({typing})
        finally:
            stop_telling()
            self._tell()
            self._farewell()

    # --- what is shown --------------------------------------------------------------------

    def _introduce(self) -> None:
        self._say(f"Point your client at {self._link.url}")
        self._say(f"Everything passes on to {self._wanted.target.url}; help lists what you can do, Ctrl-C ends it.")

    def _tell(self) -> None:
        """Print what is new, and the story of each connection that is over."""
        new = self._lab.tape[self._told :]
        self._told += len(new)
        for entry in new:
            if entry.connection:
                self._story(entry.connection).take(entry)
        if self._wanted.as_json:
            for entry in new:
                click.echo(json.dumps(as_data(entry, self._lab.tape.epoch), ensure_ascii=False))
        else:
            self._lines.tell()
        self._tell_ends()

    def _story(self, number: int) -> ConnectionSummary:
        if number not in self._stories:
            self._seen += 1
            self._stories[number] = ConnectionSummary()
        return self._stories[number]

    def _tell_ends(self) -> None:
        open_ones = set(self._link.connection_numbers)
        for number in [each for each in self._stories if each not in open_ones]:
            story = self._stories.pop(number)
            self._tell_story(number, story.tell(whole=not self._lab.tape.dropped_records))

    def _tell_story(self, number: int, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            begin = f"{'':13}#{number:<3}  "
            says = hanging(printable(sentence), len(begin), self._console)
            self._say(begin + says, quiet=self._wanted.as_json, style="italic")

    def _toolbar(self) -> str:
        faults = [type(fault).__name__ for fault in self._link.faults if not isinstance(fault, (Insert, AlterHeader))]
        held = f"   PAUSED, {len(self._link.held)} wait" if self._steering.is_paused else ""
        wrong = f"   faults: {', '.join(faults)}" if faults else ""
        count = f"{len(self._link.connection_numbers)} open, {self._seen} seen"
        return f" {self._link.url} → {self._wanted.target.url}   {count}{held}{wrong}"

    def _farewell(self) -> None:
        left = len(self._link.connection_numbers)
        for number, story in self._stories.items():
            self._tell_story(number, story.tell(still_open=True))
        self._say(f"Stopped; {self._seen} connections seen, {left} still open and cut.")

    def _say(self, text: str, *, quiet: bool = False, style: str = "") -> None:
        if self._wanted.as_json:
            if not quiet:
                click.echo(text, err=True)
        else:
            self._console.print(text, markup=False, soft_wrap=True, style=style)

    # --- what is typed --------------------------------------------------------------------

    async def _type(self, keyboard: LineInput) -> None:
        """Every line; the end of a pipe is no reason to stop watching, the end of a terminal is."""
        async for line in keyboard:
            if line.strip() in ("quit", "/quit", "exit"):
                keyboard.stop()
                return
            if line.strip():
                try:
                    self._steering.obey(line)
                except ValueError as error:
                    self._say(hanging(printable(str(error)), 0, self._console), style="bold red")
        if keyboard.is_terminal:
            keyboard.stop()


def as_data(entry: Entry, epoch: float) -> dict[str, Any]:
    """An entry for `--json`; a payload is text where it is some, else hex, and cut at `MOST_SHOWN` of them."""
    data: dict[str, Any] = {
        "time": round(epoch + entry.time, 6),
        "connection": entry.connection,
        "from": entry.sender,
        "kind": entry.kind,
        "sentence": entry.sentence,
    }
    frame = entry.frame
    if frame is None:
        return data | ({"rule": entry.error.rule.id} if entry.error is not None else {})
    plain = entry.plain or b""
    data |= {
        "opcode": int(frame.opcode),
        "fin": frame.fin,
        "masked": frame.mask is not None,
        "size": len(frame.payload),
        "compressed": frame.rsv1,
        "fate": entry.fate,
    }
    if entry.kind == "close":
        code = int.from_bytes(frame.payload[:2], "big") if frame.payload else None
        return data | {"code": code, "reason": frame.payload[2:].decode("utf-8", "replace")}
    with contextlib.suppress(UnicodeDecodeError):
        if entry.kind != "binary":
            return data | {"text": plain.decode()[:MOST_SHOWN]}
    return data | {"hex": plain[:MOST_SHOWN].hex()}
