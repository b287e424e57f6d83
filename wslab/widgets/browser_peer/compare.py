"""The script's account beside the tape's: what the browser hid from its script, and what a proxy changed on the way.

One row for each subject: what the script was told, and what the tape has. A row `differs` where the two contradict each
other; where the script was told nothing at all, its part is empty.

Through jupyter-server-proxy the two are accounts of two connections. What the proxy changes between them was measured:
`wslab.course.proxied`.

Left out: when each thing happened (`column`, and the timeline).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from wslab.protocol import Opcode
from wslab.tape.entry import Entry
from wslab.tape.records import LinkEnded, ProcessDied, RuleFailed, TcpLost, TimedOut
from wslab.tape.text import label
from wslab.widgets.browser_peer.state import PROXY, BrowserPeerState, Place, Record

__all__ = ["Row", "rows"]

MOST_READ = 2000
"""Entries that are counted, the newest: a redraw costs the same, however long a connection lives."""

_CAUSES = (RuleFailed, TimedOut, LinkEnded, ProcessDied, TcpLost)


@dataclass(frozen=True, slots=True)
class Row:
    """One subject: what the script was told (empty: nothing), and what the tape has."""

    subject: str
    script: str
    tape: str
    differs: bool = False


def rows(state: BrowserPeerState) -> list[Row]:
    """The rows of the dial that is shown; none before there is one."""
    if state.record is None or state.place is None or not state.record.events:
        return []
    both = _Both(state.record, state.place, state.timeline.entries)
    found = (_origin(both), _opening(both), _subprotocol(both), _compression(both))
    return [each for each in (*found, _messages(both), _pings(both), _masks(both), _end(both)) if each is not None]


@dataclass(frozen=True)
class _Both:
    """A record and the entries of its connection, with what several rows ask of them."""

    record: Record
    place: Place
    every: Sequence[Entry]
    proxied: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "proxied", self.record.dial.way == PROXY)

    @cached_property
    def entries(self) -> Sequence[Entry]:
        return self.every[max(0, len(self.every) - MOST_READ) :]

    @cached_property
    def counts(self) -> Counter[tuple[str, int]]:
        """How many frames each side sent, by opcode."""
        return Counter((each.sender, each.opcode) for each in self.entries if each.opcode is not None)

    def of(self, sender: str, *opcodes: int) -> int:
        """How many frames of these opcodes a side sent."""
        return sum(self.counts[sender, opcode] for opcode in opcodes)

    def head(self, sender: str) -> dict[str, str]:
        """The first line of a side's head, under the empty name, and its headers; empty where it sent none."""
        head = next((each for each in self.every[:12] if each.kind == "http" and each.sender == sender), None)
        if head is None:
            return {}
        first, *lines = head.data.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
        return {"": first, **{name.strip().lower(): value.strip() for name, _, value in map(_parted, lines)}}

    @cached_property
    def request(self) -> dict[str, str]:
        return self.head("client")

    @cached_property
    def answer(self) -> dict[str, str]:
        return self.head("server")


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _origin(both: _Both) -> Row:
    script = "null" if both.record.dial.sandboxed else both.place.origin
    tape = both.request.get("origin", "no Origin") if both.request else "no request"
    return Row("Origin", script, tape, script != tape)


def _opening(both: _Both) -> Row:
    script, status = _opening_seen(both.record), both.answer.get("", "").removeprefix("HTTP/1.1 ")
    tape = (status or "no answer") if both.request else "nothing arrived"
    return Row("Opening", script, tape, bool(script) and (script == "open") != tape.startswith("101"))


def _opening_seen(record: Record) -> str:
    seen = next((each.what for each in record.events if each.what in ("open", "error", "throws")), "")
    return {"error": "error, no status"}.get(seen, seen)


def _agreed(both: _Both, subject: str, name: str, script: str) -> Row | None:
    tape = both.answer.get(name, "")
    if both.record.last("open") is None or not (script or tape):
        return None
    return Row(subject, script or "none", tape or "none", script != tape)


def _subprotocol(both: _Both) -> Row | None:
    opened = both.record.last("open")
    return _agreed(both, "Subprotocol", "sec-websocket-protocol", opened.protocol if opened else "")


def _compression(both: _Both) -> Row | None:
    opened = both.record.last("open")
    return _agreed(both, "Extensions", "sec-websocket-extensions", opened.extensions if opened else "")


def _messages(both: _Both) -> Row | None:
    said, got = both.record.sent, both.record.received
    mine, its = (both.of(who, Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION) for who in ("client", "server"))
    if not (got or said or mine or its):
        return None
    return Row("Messages", f"{said:,} out, {got:,} in", f"{_many(mine, 'frame')} out, {its:,} in")


def _pings(both: _Both) -> Row | None:
    pings, pongs = both.of("server", Opcode.PING), both.of("client", Opcode.PONG)
    if not (pings or pongs):
        return None
    return Row("Pings", "", f"{_many(pings, 'Ping')}; {'proxy' if both.proxied else 'browser'}: {_many(pongs, 'Pong')}")


def _masks(both: _Both) -> Row | None:
    masked = sum(count for (sender, _), count in both.counts.items() if sender == "client")
    if not masked:
        return None
    further = both.of("server", Opcode.CONTINUATION)
    fragments = f", {_many(further, 'more fragment')}" if further else ""
    return Row("Frames", "", f"{masked:,} masked{fragments}")


def _end(both: _Both) -> Row | None:
    closed = both.record.last("close")
    tape = ", ".join(_ended(both))
    if closed is None and not tape:
        return None
    script = "" if closed is None else f"{closed.code}{_quoted(closed.text)}, {'' if closed.clean else 'not '}clean"
    codes = {_code(each) for each in both.entries if each.kind == "close"}
    return Row("End", script, tape or "nothing yet", closed is not None and _contradicts(closed.code, codes))


def _contradicts(code: int, codes: set[int]) -> bool:
    """Whether the script's code is none of the tape's; 1006 says that no Close came."""
    return bool(codes) if code == 1006 else code not in codes


def _code(entry: Entry) -> int:
    payload = entry.plain or b""
    return int.from_bytes(payload[:2], "big") if len(payload) > 1 else 1005


def _ended(both: _Both) -> Iterator[str]:
    """Why it ended, by the tape: what was told, else the first Close, else how TCP ended."""
    entries = both.entries
    yield from (label(each) for each in entries if isinstance(each.fact, _CAUSES))
    close = next((each for each in entries if each.kind == "close"), None)
    if close is not None:
        yield f"{close.sender}: {label(close)}"
        return
    tcp = next((each for each in entries if each.tcp in ("FIN", "RST")), None)
    if tcp is not None:
        yield f"{tcp.sender}: {tcp.tcp}, no Close"


def _quoted(text: str) -> str:
    return f" “{text}”" if text else ""


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
