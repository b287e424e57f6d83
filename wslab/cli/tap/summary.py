"""How each connection that a tap sees went, told when it is over.

Rules of this module: a tap stands in the middle. It knows which Close passed by, and who ended TCP first; what the two
programs believe it can only infer, and says so. A story takes a few numbers of memory, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wslab.cli.close_advice import ADVICE
from wslab.cli.terminal.lines import put_in
from wslab.explain import close_code_words, narrate_close
from wslab.lab import Entry
from wslab.protocol import Frame, Opcode
from wslab.tape.entry import PEER

STILL_OPEN = "It is still open, for one side at least: the end of the tap cuts it."


def _code_and_reason(close: Frame) -> tuple[int, str]:
    code = int.from_bytes(close.payload[:2], "big") if close.payload else 1005
    return code, close.payload[2:].decode("utf-8", "replace")


@dataclass
class ConnectionSummary:
    """What matters of one connection for its end."""

    frames: dict[str, int] = field(default_factory=lambda: {"client": 0, "server": 0})
    closes: dict[str, tuple[int, str]] = field(default_factory=dict)  # by who sent it, the first one first
    tcp: tuple[str, str] | None = None  # who ended TCP first, and how
    faults: list[str] = field(default_factory=list)
    broken: str = ""
    opened: bool = False
    put_in: tuple[int, str] | None = None  # the Close that somebody put in here, before any other

    def take(self, entry: Entry) -> None:
        """One more entry of it."""
        if entry.kind == "fault" and entry.sender == "wire":
            self.faults = [*self.faults[:2], entry.sentence]
            found = None if self.closes or self.put_in else put_in(entry)
            if found is not None and found[1].opcode == Opcode.CLOSE:
                self.put_in = _code_and_reason(found[1])
        elif entry.error is not None:
            self.broken = self.broken or entry.sentence
        elif entry.kind == "tcp":
            how = next((each for each in ("FIN", "RST") if f"({each})" in entry.sentence), None)
            self.tcp = self.tcp or (how and (entry.sender, how)) or None
        elif entry.kind == "http":
            self.opened = self.opened or (entry.sender == "server" and b" 101" in entry.data[:13])
        elif (frame := entry.frame) is not None:
            self.frames[entry.sender] += 1
            if entry.kind == "close" and entry.sender not in self.closes:
                self.closes[entry.sender] = _code_and_reason(frame)

    def tell(self, *, still_open: bool = False, whole: bool = True) -> Iterator[str]:
        """The end in sentences, or how it stands where the tap ends first.

        Where it is not `whole`, for the tape was full, the end is not known, and nothing is said of it.
        """
        if not whole and not still_open:
            yield f"{self._counts()} Then the tape was full: how this connection ended was not seen.".lstrip()
            return
        yield f"{self._counts()} {self._standing() if still_open else self._of_websocket()}".lstrip()
        if self.tcp is not None:
            yield f"The {self.tcp[0]} ended TCP first ({self.tcp[1]}).{self._of_refusing()}"
        yield from (f"In between: {each}" for each in self.faults)
        if self.broken:
            yield f"Before: {self.broken}"
        if not still_open and self.put_in is None and (code := self._code()) in ADVICE:
            yield ADVICE[code]

    def _counts(self) -> str:
        if not self.opened:
            return ""
        frames = "frame" if self.frames["client"] == 1 else "frames"
        return f"{self.frames['client']:,} {frames} went →, {self.frames['server']:,} came ←."

    def _code(self) -> int:
        """What an endpoint most likely tells its application."""
        if not self.opened:
            return 0
        return next(iter(self.closes.values()))[0] if self.closes else 1006

    def _standing(self) -> str:
        return f"{self._of_closes()} {STILL_OPEN}" if self.closes else STILL_OPEN

    def _of_websocket(self) -> str:
        if not self.opened:
            return "The opening handshake was never done: no WebSocket connection began."
        if self.closes or self.put_in:
            return self._of_closes()
        return "No Close frame passed: both programs will report 1006 (§7.1.5)."

    def _of_refusing(self) -> str:
        """A client that does not like the server's answer leaves, and says nothing (§4.1)."""
        silent = self.opened and self.tcp is not None and self.tcp[0] == "client" and not any(self.frames.values())
        return " It sent no frame: see whether it took the server's answer to its handshake." if silent else ""

    def _of_closes(self) -> str:
        if self.put_in is not None:
            answered = " and the ".join(each for each in PEER if each in self.closes)
            who = f"the {answered} answered it" if answered else "nobody answered it"
            return f"A Close was put in here, with {narrate_close(*self.put_in)}; {who}."
        first, (code, reason) = next(iter(self.closes.items()))
        said = f"The {first} said Close first, with {narrate_close(code, reason)}"
        other = self.closes.get(PEER[first])
        if other is None:
            return f"{said}; the {PEER[first]} never answered it."
        same = "the same" if other[0] == code else f"{other[0]} ({close_code_words(other[0]).partition(':')[0]})"
        return f"{said}; the {PEER[first]} answered with {same}."
