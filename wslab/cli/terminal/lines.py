"""Entries of a tape as lines for the terminal: one for each frame, head, TCP event and fault, as it happens.

    time          connection  way  kind   size  how sent  content
    14:02:11.004  #1           →   T text   5 B  masked    Hello

The client is on the left and the server on the right: → is from the client, ← from the server. Colour and mark are
those of the entry's kind, as in every view of the lab. What a peer sends is data: nothing in it reaches the terminal
unescaped, and what is longer than the line is cut in the middle.

A printer remembers two things of the frames before: the Pings without a Pong, to time it, and the sides in whose name a
Close was injected, whose own frames go no further.

A flood of tiny frames must not hold the loop up. So each call of `print_new` looks at a bounded number of entries, and
asks to be called again soon while there are more; of all that comes until it has caught up, the first lines are printed
and the rest is counted. It keeps no entry.
"""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from wslab.cli.terminal.colours import kind_style
from wslab.cli.terminal.facts import injected
from wslab.explain import KINDS, close_code_words
from wslab.explain.hextext import short_hex
from wslab.explain.words import UNDECODABLE, is_readable, is_text
from wslab.lab import Entry, Tape
from wslab.protocol import Frame, Opcode
from wslab.protocol.handshake.head import escaped
from wslab.protocol.messages import CloseBody
from wslab.protocol.numbers import size_in_words
from wslab.tape.entry import PEER
from wslab.tape.follow import EntryStream
from wslab.tape.streams.pending import PendingPart

MOST_LINES = 100
"""Lines printed in one go; the tape calls at most 20 times a second. What exceeds them is only counted."""

MOST_COUNTED = 20_000
"""Entries that are counted at most before the count is printed, and lines again."""

MOST_PINGS = 1000
"""Pings without a Pong that are remembered."""

LAST_BATCHES = 50
"""How often it looks once more at the end, each time at a bounded number of entries."""

MOST_SHOWN = 4096
"""Characters of a payload that a line shows at most, however wide the terminal is."""

STUCK = 1.0
"""Seconds after which a head or a frame that has begun and does not go on is printed."""

_WAYS = {"client": "→", "server": "←", "wire": "·"}
_PIPE_WIDTH = 200  # characters, where no terminal has a width


class EntryPrinter:
    """Prints what is new on a tape.

    `whole` shows payloads whole, up to `MOST_SHOWN` characters, instead of cut to the width. `full_hint` is a sentence
    that says what to do once the tape is full. Secrets in heads are asterisks, unless `secrets` shows them.
    """

    def __init__(
        self,
        tape: Tape,
        console: Console,
        *,
        dark: bool,
        whole: bool = False,
        most_lines: int = MOST_LINES,
        full_hint: str = "",
        secrets: bool = False,
    ) -> None:
        self._tape = tape
        self._console = console
        self._dark = dark
        self._whole = whole
        self._most_lines = most_lines
        self._full_hint = full_hint
        self._secrets = secrets
        self._stream = EntryStream(tape.log)
        self._printed = self._counted = 0  # since it had caught up
        self._is_full = False
        self.cause = ""  # why what came last was no frame
        self._pending: dict[tuple[int, str], PendingPart] = {}  # when it was asked last, by connection and side
        self._told: dict[tuple[int, str], PendingPart] = {}
        self._pings: dict[tuple[int, str, bytes], float] = {}  # without a Pong yet: when they were sent
        self._closed: set[tuple[int, str]] = set()  # connection and side whose frames go no further

    def print_new(self) -> Sequence[Entry]:
        """Print what is new; of a burst, the first lines and a count. Returns the entries that it took."""
        new = self.take_new()
        for entry in new[: max(0, self._most_lines - self._printed)]:
            self._console.print(self.line(entry if self._secrets else entry.redacted()), soft_wrap=True)
            self._printed += 1
            self._counted -= 1
        self._counted += len(new)
        if not self.is_behind or self._counted >= MOST_COUNTED:
            self._print_count()
        if self._tape.dropped_records and not (self._is_full or self.is_behind):
            self._is_full = True
            self._print_full()
        return new

    def take_new(self) -> Sequence[Entry]:
        """The new entries, or the first of them, without printing them; where there are more, it asks to look again."""
        new = self._stream.new()
        if self.is_behind:
            self._tape.notify_watchers(at_once=True)
        return new

    @property
    def is_behind(self) -> bool:
        """Whether there is more to look at."""
        return self._stream.is_behind

    def has_seen(self, size: int) -> bool:
        """Whether it has looked at so many bytes of the recording."""
        return self._stream.position >= size

    async def print_pending(self) -> None:
        """Print what has begun and does not go on, once each, for as long as the program runs."""
        while True:
            await asyncio.sleep(STUCK)
            for part in self.stuck():
                self._console.print(self._pending_line(part), style="bold", soft_wrap=True)

    def pending_of(self, side: str) -> str:
        """What a side has begun on the newest connection and never ended, in a sentence; empty where nothing is."""
        parts = [each for each in self._stream.pending() if each.side == side]
        newest = max(parts, key=lambda each: each.connection, default=None)
        return "" if newest is None else (newest if self._secrets else newest.redacted()).sentence

    def stuck(self) -> list[PendingPart]:
        """What has begun, and has not grown since this was asked last; each is given once."""
        pending = [each if self._secrets else each.redacted() for each in self._stream.pending()]
        before, self._pending = self._pending, {(each.connection, each.side): each for each in pending}
        stuck = [each for key, each in self._pending.items() if before.get(key) == each and self._told.get(key) != each]
        self._told.update({(each.connection, each.side): each for each in stuck})
        return stuck

    def _pending_line(self, part: PendingPart) -> str:
        begin = f"{'':13}#{part.connection:<3}{_WAYS[part.side]} … "
        return begin + hanging(escaped(part.sentence), len(begin), self._console)

    def print_rest(self) -> None:
        """Print what is still new at the end of the program, within a bounded time, and how much was left out."""
        for _ in range(LAST_BATCHES):
            self.print_new()
            if not self.is_behind:
                return
        self._print_count()
        self._console.print(self.left_out(), style="bold reverse", soft_wrap=True)

    def left_out(self) -> str:
        """That it has not looked at all of the recording, in a sentence."""
        left = self._tape.size - self._stream.position
        return f"It ends here. Not looked at any more, and not shown: {size_in_words(left)} of the recording."

    def line(self, entry: Entry) -> Text:
        """The line of one entry."""
        kind = KINDS[entry.kind]
        style = kind_style(kind, dark=self._dark)
        line = Text.assemble(
            (f"{self._time(entry)} ", "dim"), f"#{entry.connection:<3}{_WAYS[entry.sender]} ", (kind.mark, style), " "
        )
        frame = entry.frame
        if frame is None:
            self._remember_injected(entry)
            self.cause = entry.cause.sentence if entry.cause is not None else self.cause
            sentence = hanging(entry.sentence, len(line), self._console)
            return line.append(sentence, "bold red" if entry.error is not None else "")
        line.append(f"{_name(frame):<7}", style).append(f"{_size(len(frame.payload)):>9}  ")
        line.append(f"{', '.join(_how_sent(entry, frame)):<8}", "dim")
        if entry.fate == "lost":
            line.append(*self._lost(entry))
        content = self._content(entry, frame)
        return line.append(f"  {self._cut(content, len(line) + 2)}" if content else "")

    # --- inside -----------------------------------------------------------------------

    def _print_count(self) -> None:
        if self._counted:
            self._console.print(f"{'':>10}… and {self._counted:,} more", soft_wrap=True)
        self._printed = self._counted = 0

    def _print_full(self) -> None:
        self._console.print(full_tape(self._tape, self._full_hint), style="bold reverse", soft_wrap=True)

    def _remember_injected(self, entry: Entry) -> None:
        """A frame that was injected looks to its receiver as if its peer had sent it."""
        found = injected(entry)
        if found is None:
            return
        receiver, frame = found
        sender = PEER[receiver]
        if frame.opcode == Opcode.PING:
            self._remember_ping(entry, sender, frame)
        elif frame.opcode == Opcode.CLOSE:
            self._closed.add((entry.connection, sender))

    def _remember_ping(self, entry: Entry, sender: str, frame: Frame) -> None:
        if len(self._pings) >= MOST_PINGS:
            del self._pings[next(iter(self._pings))]
        self._pings[entry.connection, sender, frame.payload] = entry.time

    def _lost(self, entry: Entry) -> tuple[str, str]:
        """Why a frame did not arrive, and the style of these words."""
        behind_close = (entry.connection, entry.sender) in self._closed
        return ("  goes no further", "dim") if behind_close else ("  lost on the way", "bold red")

    def _time(self, entry: Entry) -> str:
        """The time of day, to compare with other logs; seconds since the first entry where the tape has none."""
        epoch = self._tape.epoch
        if not epoch:
            return f"{entry.time:>12.3f}"
        return datetime.fromtimestamp(epoch + entry.time).strftime("%H:%M:%S.%f")[:12]

    def _content(self, entry: Entry, frame: Frame) -> str:
        """The content of a frame; of a Pong also how long it took."""
        plain = entry.plain or b""
        if frame.opcode == Opcode.CLOSE:
            return _close(frame)
        if frame.opcode == Opcode.PING:
            self._remember_ping(entry, entry.sender, frame)
        shown = _payload(plain, binary=not is_readable(plain) if frame.opcode & 8 else frame.opcode == Opcode.BINARY)
        if frame.opcode == Opcode.PONG:
            return "  ".join(filter(None, [shown, self._round_trip(entry, frame)]))
        return shown

    def _round_trip(self, entry: Entry, frame: Frame) -> str:
        sent = self._pings.pop((entry.connection, PEER[entry.sender], frame.payload), None)
        return "answers no open Ping" if sent is None else f"{(entry.time - sent) * 1000:.1f} ms after the Ping"

    def _cut(self, text: str, before: int) -> str:
        """Text for the rest of the line; a long one loses its middle."""
        width = self._console.width if self._console.is_terminal else _PIPE_WIDTH
        room = MOST_SHOWN if self._whole else max(width - before, 20)
        if len(text) <= room:
            return text
        half = (room - 1) // 2
        return f"{text[:half]}…{text[len(text) - half :]}"


def full_tape(tape: Tape, hint: str) -> str:
    """That a tape is full, and what that means, in a sentence."""
    size = f"{tape.max_bytes >> 20} MiB"
    return f"The tape is full ({size}): traffic still passes, but is neither shown nor kept. {hint}".rstrip()


def _name(frame: Frame) -> str:
    """The kind of a frame in a word; a fragment shows that it is one."""
    if frame.opcode == Opcode.CONTINUATION:
        return "last" if frame.fin else "more"
    names = {1: "text", 2: "binary", 8: "Close", 9: "Ping", 10: "Pong"}
    name = names.get(frame.opcode, f"0x{frame.opcode:X}")
    return name if frame.fin else f"{name} …"


def _size(size: int) -> str:
    return f"{size:,} B"


def _how_sent(entry: Entry, frame: Frame) -> Iterator[str]:
    """Masked, compressed."""
    if frame.mask is not None:
        yield "masked"
    if entry.plain is not None and entry.plain != frame.payload:
        yield f"deflate, {_size(len(entry.plain))} plain"
    elif frame.rsv1:
        yield "RSV1, not inflated"


def _close(frame: Frame) -> str:
    if not frame.payload:
        return "without a code"
    close = CloseBody.lenient(frame.payload)
    reason = _payload(frame.payload[2:], binary=False)
    return f"{close.code} {close_code_words(close.code)}" + (f"; “{reason}”" if reason else "")


def _payload(payload: bytes, *, binary: bool) -> str:
    """Payload as one line without control characters; only as much of it as may be shown is decoded."""
    if binary or not is_text(payload, whole=False):
        return short_hex(payload, MOST_SHOWN // 3)
    if len(payload) <= 4 * MOST_SHOWN:
        return escaped(payload.decode("utf-8", UNDECODABLE))
    ends = (payload[: 2 * MOST_SHOWN], payload[-2 * MOST_SHOWN :])
    return escaped("…".join(each.decode("utf-8", UNDECODABLE) for each in ends))


def hanging(text: str, before: int, console: Console) -> str:
    """A sentence that begins after `before` columns, in lines as wide as the terminal; a pipe gets one line."""
    if not console.is_terminal:
        return text
    return f"\n{'':{before}}".join(textwrap.wrap(text, max(console.width - before, 40)))
