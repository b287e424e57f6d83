"""A link between any client and any server, in the terminal: every frame of both directions as it passes.

Bytes pass on as they come, whatever they are. What is shown and kept never holds them up, and is bounded. Clients dial
the tap, and it dials the target for each of them. Whenever the tape has something new, the new entries are printed, a
bounded number in each turn of the loop; each is added to the summary of its connection, and once all entries of a
connection that is over were looked at, its summary is printed.

Lines come from a terminal or a pipe and go to `typed`; without either, the tap only watches. However it ends, what was
recorded is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.recording import dropped, saving
from wslab.cli.tap.summary import ConnectionSummary
from wslab.cli.tap.typed import COMMANDS, TapCommands, faults_of
from wslab.cli.terminal.input import LineInput, failed_line
from wslab.cli.terminal.lines import LAST_BATCHES, MOST_SHOWN, STUCK, EntryPrinter, full_tape, hanging
from wslab.cli.terminal.output import as_json, write_line
from wslab.explain import counted
from wslab.explain.redaction import redact_text
from wslab.lab import Entry, Lab, Link, PortInUse
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader
from wslab.lab.faults.manual import Insert
from wslab.lab.faults.names import resolve
from wslab.lab.network.address import LOOPBACK, is_loopback
from wslab.lab.network.uri import parse_uri
from wslab.protocol import Role
from wslab.protocol.handshake.head import escaped
from wslab.protocol.messages import CloseBody
from wslab.tape.streams.pending import PendingPart

DIAL_LIMIT = 10.0
"""Seconds that the target has to take a connection."""


@dataclass(frozen=True)
class TapOptions:
    """What the command line asked for. `tape_bytes` limits the recording, and so what is shown."""

    url: str
    host: str = LOOPBACK
    port: int = 0
    faults: tuple[Fault, ...] = ()
    save: Path | None = None
    as_json: bool = False
    secrets: bool = False
    beyond_loopback: bool = False
    tape_bytes: int = 256 * 1024 * 1024
    tls: ssl.SSLContext | None = None

    @property
    def shown_url(self) -> str:
        """The target as it is printed."""
        return self.url if self.secrets else redact_text(self.url)


def named_faults(names: Sequence[str], after: float) -> tuple[Fault, ...]:
    """The faults of a command line, each beginning `after` seconds into a connection.

    Raises:
        CliError: There is no such fault, or two contradict each other.
    """
    if after and not names:
        raise CliError("--after says when a fault begins: name it with --fault.")
    try:
        return resolve([fault for name in names for fault in faults_of(name, after)])
    except ValueError as error:
        raise CliError(str(error)) from error


async def run_tap(options: TapOptions, console: Console, *, dark: bool) -> None:
    """Tap until Ctrl-C, SIGTERM or `quit`.

    Raises:
        CliError: The port is taken, or faults contradict each other, or the file cannot be written.
    """
    lab = Lab(timeout=DIAL_LIMIT, tape_bytes=options.tape_bytes, beyond_loopback=options.beyond_loopback)
    async with lab:
        link = await _link(lab, options)
        async with saving(lab.tape, options.save, secrets=options.secrets):
            await Tap(lab, link, options, console, dark=dark).run()


async def _link(lab: Lab, options: TapOptions) -> Link:
    faults = (*_host_header(options.url), Insert(), *options.faults)
    try:
        return await lab.link(options.url, *faults, host=options.host, port=options.port, tls=options.tls)
    except PortInUse as error:
        raise CliError(str(error)) from error
    except OSError as error:
        raise CliError(f"{options.host}:{options.port} cannot be had: {error.strerror or error}.") from error
    except ValueError as error:
        raise CliError(str(error)) from error


def _host_header(url: str) -> Sequence[Fault]:
    """Another machine chooses the site by the Host header: it must name that machine, not the tap (§4.1)."""
    uri = parse_uri(url)
    return () if is_loopback(uri.host) else (AlterHeader("Host", uri.host_header, of=Role.CLIENT),)


class Tap:
    """What is shown of a link, and the person's commands to it."""

    def __init__(self, lab: Lab, link: Link, options: TapOptions, console: Console, *, dark: bool) -> None:
        self._lab = lab
        self._link = link
        self._options = options
        self._console = console
        self._printer = EntryPrinter(
            lab.tape, console, dark=dark, full_hint="--tape-mib sets the limit.", secrets=options.secrets
        )
        self._commands = TapCommands(link, self._print)
        self._open: dict[int, ConnectionSummary] = {}
        self._over: dict[int, int] = {}  # connections, and how far the tape has them
        self._is_full = False  # with --json

    async def run(self) -> None:
        """Show what passes until Ctrl-C, SIGTERM or `quit`."""
        self._print_introduction()
        stop_watching = self._lab.tape.watch(self._print_new)
        try:
            async with LineInput(list(COMMANDS), self._toolbar) as typed:
                tasks = {asyncio.create_task(each) for each in (self._obey_all(typed), self._tell_pending())}
                await typed.until_stopped()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        finally:
            stop_watching()
            for _ in range(LAST_BATCHES):
                self._print_new()
                if not self._printer.is_behind:
                    break
            self._print_end()

    # --- what is shown --------------------------------------------------------------------

    def _print_introduction(self) -> None:
        self._print(f"Point your client at {self._link.url}")
        self._print(f"Everything passes on to {self._options.shown_url}; help lists what you can do, Ctrl-C ends it.")

    def _print_new(self) -> None:
        """Print what is new, and the summary of each connection that is over."""
        new = self._printer.take_new() if self._options.as_json else self._printer.print_new()
        new = [self._shown(entry) for entry in new]
        if self._options.as_json:
            if new:
                write_line("\n".join(as_json(as_data(entry, self._lab.tape.epoch)) for entry in new))
            if self._lab.tape.dropped_records and not (self._is_full or self._printer.is_behind):
                self._is_full = True
                write_line(as_json(self._full_data()))
        for entry in new:
            if entry.connection:
                self._summary(entry.connection).add(entry)
        self._print_summaries()

    async def _tell_pending(self) -> None:
        """Say what has begun and does not go on."""
        if not self._options.as_json:
            await self._printer.print_pending()
        while True:
            await asyncio.sleep(STUCK)
            for part in self._printer.stuck():
                write_line(as_json(pending_data(part, round(time.time(), 6))))

    def _shown(self, entry: Entry) -> Entry:
        return entry if self._options.secrets else entry.redacted()

    def _full_data(self) -> dict[str, Any]:
        """The line of `--json` that says why no entry follows, with the keys of an entry; people get the sentence."""
        sentence = full_tape(self._lab.tape, "--tape-mib sets the limit.")
        self._print(sentence)
        now = round(time.time(), 6)
        return {"time": now, "connection": 0, "from": "wire", "kind": "full", "sentence": sentence}

    def _summary(self, number: int) -> ConnectionSummary:
        if number not in self._open:
            self._open[number] = ConnectionSummary()
        return self._open[number]

    def _print_summaries(self) -> None:
        open_numbers = set(self._link.connection_numbers)
        for number in [each for each in self._open if each not in open_numbers]:
            if self._printer.has_seen(self._over.setdefault(number, self._lab.tape.size)):
                del self._over[number]
                unseen = "the tape was full" if self._lab.tape.dropped_records else ""
                self._print_summary(number, self._open.pop(number).sentences(unseen=unseen))

    def _print_summary(self, number: int, sentences: Iterable[str]) -> None:
        if self._options.as_json:
            return
        begin = f"{'':13}#{number:<3}  "
        for sentence in sentences:
            self._print(begin + hanging(escaped(sentence), len(begin), self._console), style="italic")

    def _toolbar(self) -> str:
        names = [type(fault).__name__ for fault in self._link.faults if not isinstance(fault, (Insert, AlterHeader))]
        held = f"   PAUSED, waiting: {len(self._link.held)}" if self._commands.is_paused else ""
        faults = f"   faults: {', '.join(names)}" if names else ""
        count = f"{len(self._link.connection_numbers)} open, {self._link.connection_count} seen"
        own = self._link.url if self._options.secrets else redact_text(self._link.url)
        return f" {own} → {self._options.shown_url}   {count}{held}{faults}"

    def _print_end(self) -> None:
        left = len(self._link.connection_numbers)
        unseen = "the tap was ended" if self._printer.is_behind else ""
        pending = [each if self._options.secrets else each.redacted() for each in self._lab.tape.pending()]
        for number, summary in self._open.items():
            summary.pending = [each.sentence for each in pending if each.connection == number]
            self._print_summary(number, summary.sentences(still_open=not unseen, unseen=unseen))
        if unseen:
            self._print(self._printer.left_out())
        seen = self._link.connection_count
        self._print(f"Stopped; {counted(seen, 'connection')} seen, {left} still open then.")
        if self._options.save is None and (lost := dropped(self._lab.tape)):
            self._print(lost)

    def _print(self, text: str, *, style: str = "") -> None:
        """Print a sentence; with --json on standard error, so that the output holds events only."""
        if self._options.as_json:
            write_line(text, to_stderr=True)
        else:
            self._console.print(text, markup=False, soft_wrap=True, style=style)

    # --- what is typed --------------------------------------------------------------------

    async def _obey_all(self, typed: LineInput) -> None:
        """Do what each line says. The end of a terminal's input ends the tap, the end of a pipe does not."""
        async for line in typed:
            if line.strip() in ("quit", "/quit", "exit"):
                typed.stop()
                return
            if line.strip():
                self._obey(line)
        if typed.is_terminal:
            typed.stop()

    def _obey(self, line: str) -> None:
        try:
            self._commands.obey(line)
        except Exception as error:  # whatever a line does, the next one is read
            self._print(hanging(escaped(failed_line(error)), 0, self._console), style="bold red")


# --- JSON ---------------------------------------------------------------------------------------


def as_data(entry: Entry, epoch: float) -> dict[str, Any]:
    """An entry for `--json`; a payload is text where it is UTF-8, else hex, and cut at `MOST_SHOWN`."""
    data: dict[str, Any] = {
        "time": round(epoch + entry.time, 6),
        "connection": entry.connection,
        "from": entry.sender,
        "kind": entry.kind,
        "sentence": entry.sentence,
    }
    frame = entry.frame
    if frame is None:
        return data | _error_data(entry)
    data |= {
        "opcode": int(frame.opcode),
        "fin": frame.fin,
        "masked": frame.mask is not None,
        "size": len(frame.payload),
        "compressed": frame.rsv1,
        "fate": entry.fate,
    }
    return data | (_close_data(frame.payload) if entry.kind == "close" else _payload_data(entry))


def _error_data(entry: Entry) -> dict[str, Any]:
    cause = entry.cause
    found = {} if entry.error is None else {"rule": entry.error.rule.id}
    return found if cause is None else {**found, "cause": cause.id}


def pending_data(part: PendingPart, now: float) -> dict[str, Any]:
    """What has begun and does not go on, for `--json`, with the keys of an entry."""
    data = {"time": now, "connection": part.connection, "from": part.side, "kind": "pending"}
    return data | {"sentence": part.sentence, "size": part.size, "announced": part.announced}


def _close_data(payload: bytes) -> dict[str, Any]:
    close = CloseBody.lenient(payload)
    return {"code": int(close.code) if payload else None, "reason": close.reason}


def _payload_data(entry: Entry) -> dict[str, Any]:
    plain = entry.plain or b""
    with contextlib.suppress(UnicodeDecodeError):
        if entry.kind != "binary":
            return {"text": plain.decode()[:MOST_SHOWN]}
    return {"hex": plain[:MOST_SHOWN].hex()}
