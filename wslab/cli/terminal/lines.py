"""Entries of a tape as lines for the terminal: one for each frame, head, TCP event and fault, as it happens.

    time          connection  way  kind   size  how it travelled  what it says
    14:02:11.004  #1           →   T text   5 B  masked            Hello

Client left, server right: → is from the client, ← from the server. Colour and mark are those of the entry's kind, as
in every view of the lab. What a peer sends is data: nothing in it reaches the terminal unescaped, and it is cut in
the middle where it is longer than the line.

What it leaves out: keys and commands (`keyboard`), and sentences about an end (`endings`).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from wslab.explain import KINDS, close_code_words
from wslab.lab import Entry, Tape
from wslab.protocol import Frame, FrameParser, Opcode, Role
from wslab.tape.entry import PEER

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


MOST_LINES = 200
"""Lines in one go; the tape calls at most 20 times a second. Of more than these, the rest is counted."""

MOST_SHOWN = 4096
"""Characters of a payload that a line shows at most, however wide the terminal is."""

_WAYS = {"client": "→", "server": "←", "wire": "·"}
_PIPE_WIDTH = 200  # characters, where no terminal tells its own


class EntryPrinter:
    """Prints what is new on a tape.

    `whole` shows payloads whole, up to `MOST_SHOWN` characters, instead of cut to the width.
    """

    def __init__(self, tape: Tape, console: Console, *, dark: bool, whole: bool = False) -> None:
        self._tape = tape
        self._console = console
        self._dark = dark
        self._whole = whole
        self._told = 0
        self._full = False
        self._pings: dict[tuple[int, str, bytes], float] = {}  # that wait for their Pong
        self._closed: set[tuple[int, str]] = set()  # whose frames go no further, for a Close was put in before them

    def tell(self) -> None:
        """Print what is new; of a burst, the first lines and a count."""
        new = self._tape[self._told :]
        self._told += len(new)
        for entry in new[:MOST_LINES]:
            self._console.print(self.line(entry), soft_wrap=True)
        if len(new) > MOST_LINES:
            self._console.print(f"{'':>10}… and {len(new) - MOST_LINES:,} more", soft_wrap=True)
        if self._tape.dropped_records and not self._full:
            self._full = True
            self._console.print(
                f"The tape is full ({self._tape.max_bytes >> 20} MiB): what comes passes on, but is neither shown nor "
                "kept. --tape-mib sets the limit.",
                style="bold reverse",
                soft_wrap=True,
            )

    def line(self, entry: Entry) -> Text:
        """One entry."""
        from rich.text import Text

        kind = KINDS[entry.kind]
        style = f"bold {kind.dark if self._dark else kind.light}" if kind.id != "fault" else "bold reverse"
        line = Text.assemble(
            (f"{self._clock(entry)} ", "dim"), f"#{entry.connection:<3}{_WAYS[entry.sender]} ", (kind.mark, style), " "
        )
        frame = entry.frame
        if frame is None:
            self._remember(entry)
            says = hanging(entry.sentence, len(line), self._console)
            return line.append(says, "bold red" if entry.error is not None else "")
        line.append(f"{_name(frame):<7}", style).append(f"{_size(len(frame.payload)):>9}  ")
        line.append(f"{', '.join(_manners(entry, frame)):<8}", "dim")
        if entry.fate == "lost":
            behind_close = (entry.connection, entry.sender) in self._closed
            line.append(*(("  goes no further", "dim") if behind_close else ("  lost on the way", "bold red")))
        says = self._content(entry, frame)
        return line.append(f"  {self._cut(says, len(line) + 2)}" if says else "")

    # --- inside -----------------------------------------------------------------------

    def _remember(self, entry: Entry) -> None:
        """What was put in looks to its receiver as if its peer had sent it."""
        found = put_in(entry)
        if found is None:
            return
        receiver, frame = found
        sender = PEER[receiver]
        if frame.opcode == Opcode.PING:
            self._pings[entry.connection, sender, frame.payload] = entry.time
        elif frame.opcode == Opcode.CLOSE:
            self._closed.add((entry.connection, sender))

    def _clock(self, entry: Entry) -> str:
        """The time of day, to compare with other logs; seconds since the first entry where nobody knows it."""
        epoch = self._tape.epoch
        if not epoch:
            return f"{entry.time:>12.3f}"
        return datetime.fromtimestamp(epoch + entry.time).strftime("%H:%M:%S.%f")[:12]

    def _content(self, entry: Entry, frame: Frame) -> str:
        """What a frame says; of a Pong also how long it took."""
        plain = entry.plain or b""
        if frame.opcode == Opcode.CLOSE:
            return _close(frame)
        if frame.opcode == Opcode.PING:
            self._pings[entry.connection, entry.sender, frame.payload] = entry.time
        if frame.opcode == Opcode.PONG:
            return "  ".join(filter(None, [_shown(plain, binary=False), self._answers(entry, frame)]))
        return _shown(plain, binary=frame.opcode == Opcode.BINARY)

    def _answers(self, entry: Entry, frame: Frame) -> str:
        sent = self._pings.pop((entry.connection, PEER[entry.sender], frame.payload), None)
        return "answers no Ping that is open" if sent is None else f"{(entry.time - sent) * 1000:.1f} ms after the Ping"

    def _cut(self, text: str, before: int) -> str:
        """Text for the rest of the line; a long one loses its middle."""
        width = self._console.width if self._console.is_terminal else _PIPE_WIDTH
        room = MOST_SHOWN if self._whole else max(width - before, 20)
        if len(text) <= room:
            return text
        half = (room - 1) // 2
        return f"{text[:half]}…{text[len(text) - half :]}"


def _name(frame: Frame) -> str:
    """The kind of a frame in a word; fragments show that they are some."""
    names = {0: "…", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
    name = names.get(frame.opcode, f"0x{frame.opcode:X}")
    if frame.opcode == Opcode.CONTINUATION:
        return "last" if frame.fin else "more"
    return name if frame.fin else f"{name} …"


def _size(size: int) -> str:
    return f"{size:,} B"


def _manners(entry: Entry, frame: Frame) -> Iterator[str]:
    """How it travelled: masked, compressed."""
    if frame.mask is not None:
        yield "masked"
    if entry.plain is not None and entry.plain != frame.payload:
        yield f"deflate, {_size(len(entry.plain))} plain"
    elif frame.rsv1:
        yield "deflate, not inflated"


def _close(frame: Frame) -> str:
    if not frame.payload:
        return "without a code"
    code = int.from_bytes(frame.payload[:2], "big")
    reason = _shown(frame.payload[2:], binary=False)
    return f"{code} {close_code_words(code)}" + (f"; “{reason}”" if reason else "")


def _shown(payload: bytes, *, binary: bool) -> str:
    """Payload as one line that commands no terminal; only as much of it as may be shown is decoded."""
    if binary or not _is_text(payload):
        return _hex(payload)
    if len(payload) <= 4 * MOST_SHOWN:
        return printable(payload.decode("utf-8", "replace"))
    ends = (payload[: 2 * MOST_SHOWN], payload[-2 * MOST_SHOWN :])
    return printable("…".join(each.decode("utf-8", "replace") for each in ends))


def _is_text(payload: bytes) -> bool:
    # a fragment may begin and end inside a character: only its middle must decode
    return "\ufffd" not in payload[:256].decode("utf-8", "replace").strip("\ufffd")


def _hex(payload: bytes) -> str:
    most = MOST_SHOWN // 3
    return payload[:most].hex(" ") + (" …" if len(payload) > most else "")


def put_in(entry: Entry) -> tuple[str, Frame] | None:
    """Who got a frame that somebody put in at a link, and the frame; None for every other entry."""
    found = _PUT_IN.match(entry.sentence) if entry.kind == "fault" and entry.sender == "wire" else None
    return (found[1], FrameParser(Role(found[1])).feed(entry.data)[0]) if found else None


_PUT_IN = re.compile("Somebody in the middle sends the (client|server) ")


def hanging(text: str, before: int, console: Console) -> str:
    """A sentence that begins behind so many columns, in lines as wide as the terminal is; a pipe gets one line."""
    if not console.is_terminal:
        return text
    return f"\n{'':{before}}".join(textwrap.wrap(text, max(console.width - before, 40)))


def printable(text: str) -> str:
    """Text with every character that a terminal could obey, or that breaks the line, as an escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
