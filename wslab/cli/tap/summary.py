"""How each connection that a tap sees went, in sentences, once it is over.

A tap stands in the middle. It knows which Close passed, and which side ended TCP first. What the two programs report is
inferred from that, and the sentences say so. A summary takes the memory of a few numbers, however long the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wslab.cli.close_advice import ADVICE, advice
from wslab.cli.terminal.facts import injected, is_link_fault, tcp_signal
from wslab.explain import close_code_words, narrate_close
from wslab.lab import Entry
from wslab.protocol import CloseCode, Opcode
from wslab.protocol.handshake.head import is_refusal
from wslab.protocol.messages import CloseBody
from wslab.tape.entry import LOST, PEER

STILL_OPEN = "It is still open, for one side at least: it ends with the tap."


@dataclass
class ConnectionSummary:
    """What matters for the end of one connection."""

    frames: dict[str, int] = field(default_factory=lambda: {"client": 0, "server": 0})
    closes: dict[str, CloseBody] = field(default_factory=dict)  # by sender, in the order in which they passed
    carried: dict[str, Entry] = field(default_factory=dict)  # by sender: that Close on the tape, which knows its fate
    tcp: tuple[str, str] | None = None  # the side that ended TCP first, and FIN or RST
    faults: list[str] = field(default_factory=list)
    broken: str = ""
    opened: bool = False
    unanswered: dict[str, int] = field(default_factory=lambda: {"client": 0, "server": 0})
    """By sender: bytes of data since the other side's last data."""
    pending: list[str] = field(default_factory=list)  # what has begun and is not whole
    injected: CloseBody | None = None  # the Close that was injected here, before any other

    def add(self, entry: Entry) -> None:
        """Take in one more entry of the connection."""
        if is_link_fault(entry):
            self._add_fault(entry)
        elif entry.kind == "http":
            self._add_head(entry)
        elif entry.error is not None:
            self.broken = self.broken or entry.sentence
        elif (signal := tcp_signal(entry)) is not None:
            self.tcp = self.tcp or (entry.sender, signal)
        elif entry.header_size:  # a frame; most are only counted, and cost no look at their payload
            self.frames[entry.sender] += 1
            self._count_unanswered(entry)
            if entry.kind == "close" and entry.sender not in self.closes:
                self.closes[entry.sender] = CloseBody.lenient(entry.plain or b"")
                self.carried[entry.sender] = entry

    def _count_unanswered(self, entry: Entry) -> None:
        if entry.opcode is not None and entry.opcode < Opcode.CLOSE and not self.closes:
            self.unanswered[entry.sender] += len(entry.data)
            self.unanswered[PEER[entry.sender]] = 0

    def _add_head(self, entry: Entry) -> None:
        self.opened = self.opened or (entry.sender == "server" and not is_refusal(entry.data))
        if entry.error is not None or entry.despite is not None:
            self.broken = self.broken or entry.sentence

    def _add_fault(self, entry: Entry) -> None:
        self.faults = [*self.faults[:2], entry.sentence]
        found = None if self.closes or self.injected else injected(entry)
        if found is not None and found[1].opcode == Opcode.CLOSE:
            self.injected = CloseBody.lenient(found[1].payload)

    def sentences(self, *, still_open: bool = False, unseen: str = "") -> Iterator[str]:
        """The end in sentences, or the state so far where the tap ends first.

        `unseen` says what came before the end was seen, as in `the tape was full`: then nothing is said about it.
        """
        if unseen and not still_open:
            yield f"{self._counts()} Then {unseen}: how this connection ended was not seen.".lstrip()
            return
        yield f"{self._counts()} {self._so_far() if still_open else self._how_it_ended()}".lstrip()
        if self.tcp is not None:
            yield f"The {self.tcp[0]} ended TCP first ({self.tcp[1]}).{self._refused_silently()}"
        yield from (f"In between: {each}" for each in self.faults)
        if self.broken:
            yield f"Before: {self.broken}"
        yield from self.pending
        if not still_open and self.injected is None and (code := self._code()) in ADVICE:
            yield advice(code, unanswered=self._behind_the_close())

    def _counts(self) -> str:
        if not self.opened:
            return ""
        frames = "frame" if self.frames["client"] == 1 else "frames"
        return f"The client sent {self.frames['client']:,} {frames}, the server {self.frames['server']:,}."

    def _code(self) -> int:
        """The close code that an endpoint most likely reports to its application."""
        if not self.opened:
            return 0
        is_lost = any(map(self._is_lost, self.closes))
        return next(iter(self.closes.values())).code if self.closes and not is_lost else 1006

    def _behind_the_close(self) -> int:
        """Bytes that the side that closed first had got and not answered."""
        return self.unanswered[PEER[next(iter(self.closes))]] if self.closes else 0

    def _so_far(self) -> str:
        return f"{self._closing_handshake()} {STILL_OPEN}" if self.closes else STILL_OPEN

    def _how_it_ended(self) -> str:
        if not self.opened:
            return "The opening handshake was never done: no WebSocket connection began."
        if self.closes or self.injected:
            return f"{self._closing_handshake()}{self._no_close_back()}"
        if self._may_have_refused():
            return "No Close frame passed: a side whose handshake was done will report 1006 (§7.1.5)."
        return "No Close frame passed: both programs will report 1006 (§7.1.5)."

    def _no_close_back(self) -> str:
        """What a side reports that no Close reached."""
        left = [] if self.injected else [side for side in PEER if not self._reached(side)]
        lost = " and the ".join(f"{side}'s" for side in PEER if self._is_lost(side))
        how = f"The {lost} Close was lost on the way" if lost else "No Close came back"
        who = f"the {left[0]}" if len(left) == 1 else "both programs"
        return f" {how}, so {who} will report 1006 (§7.1.5)." if left else ""

    def _reached(self, side: str) -> bool:
        """Whether this side got a Close."""
        return PEER[side] in self.closes and not self._is_lost(PEER[side])

    def _is_lost(self, sender: str) -> bool:
        return sender in self.carried and self.carried[sender].fate == LOST

    def _may_have_refused(self) -> bool:
        """A client that refuses the server's response ends TCP and sends nothing (§4.1)."""
        return self.opened and self.tcp is not None and self.tcp[0] == "client" and not any(self.frames.values())

    def _refused_silently(self) -> str:
        refused = self._may_have_refused()
        return " It sent no frame: see whether it took the server's answer to its handshake." if refused else ""

    def _closing_handshake(self) -> str:
        if self.injected is not None:
            answered = " and the ".join(each for each in PEER if each in self.closes)
            who = f"the {answered} answered it" if answered else "neither side answered it"
            return f"A Close was injected here, with {_words(self.injected)}; {who}."
        first, close = next(iter(self.closes.items()))
        said = f"The {first} sent the first Close, with {_words(close)}"
        other = self.closes.get(PEER[first])
        if other is None:
            return f"{said}; the {PEER[first]} never answered it."
        meaning = close_code_words(other.code).partition(":")[0]
        coded = "none" if other.code == CloseCode.NO_STATUS_RCVD else f"{other.code} ({meaning})"
        answer = "the same" if other.code == close.code else coded
        return f"{said}; the {PEER[first]} answered with {answer}."


def _words(close: CloseBody) -> str:
    return "no code" if close.code == CloseCode.NO_STATUS_RCVD else narrate_close(close.code, close.reason)
