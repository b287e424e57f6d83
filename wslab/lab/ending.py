"""How a connection ended, as one side knows it, and the words for it.

How it works: `Ending` has the facts: both Close frames, a failure, how TCP ended. Its words are made when an error is
shown. `TcpEnd` names the ways in which TCP ends; their words are the tape's (`tape.sentences`). What goes on the tape
of an ending is `Ending.belief`, a code and no words.

It says only what this side can know. What the other side believes is in the other side's `Ending`.

What it leaves out: when the end has come (`endpoint.state`), what to do about a close code (`cli.close_advice`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wslab.explain import close_code_words, quoted
from wslab.protocol import CloseCode, Connection, ProtocolError, Role, State
from wslab.protocol.messages import CloseBody
from wslab.tape.records import TimedOut, reason
from wslab.tape.sentences import TCP_ENDS, sentence_of

_OK = frozenset({CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RCVD})


class TcpEnd(Enum):
    """How TCP ended, as this side saw it."""

    FIN = "FIN"
    RST = "RST"
    ABORTED = "ABORTED"
    LIMIT = "LIMIT"
    DROPPED = "DROPPED"
    LOST = "LOST"

    @property
    def words(self) -> str:
        """The rest of a sentence that begins with TCP."""
        return TCP_ENDS[self.value]


@dataclass(frozen=True, slots=True)
class Ending:
    """The facts about the end of a connection on one side.

    `code` and `reason` are what this side believes (§7.1.5, §7.1.6), `clean` whether the closing handshake was complete
    (§7.1.4), `closed_by` who sent the first Close, failed the connection or, at this side, cut TCP. `timed_out` is set
    where this side failed the connection although no rule was broken: no Pong came.
    """

    role: Role
    code: int
    reason: str
    clean: bool
    closed_by: Role | None
    sent: CloseBody | None
    received: CloseBody | None
    failure: ProtocolError | None
    tcp: TcpEnd
    timed_out: TimedOut | None = None

    @property
    def normal(self) -> bool:
        """Whether both sides sent a Close with 1000, 1001 or no code: then `async for` ends without an error."""
        codes = [body.code for body in (self.sent, self.received) if body is not None]
        return self.clean and all(code in _OK for code in codes)

    def words(self) -> str:
        """The end as sentences."""
        why = "" if self.timed_out is None else sentence_of(self.timed_out)
        return f"{why} {self._words()}".lstrip()

    def _words(self) -> str:
        if self.failure is not None:
            return self._failed()
        if self.timed_out is not None:
            return f"{self._missed_pong()} {_NO_1006}"
        if self.clean:
            return self._closed()
        return self._unanswered() if self.received is not None else f"{self._unclean()} {_NO_1006}"

    @property
    def belief(self) -> str:
        """Why this side believes that the connection is CLOSED (`records.reason`)."""
        if self.failure is not None:
            return reason("failed", self.failure.rule.id)
        if self.timed_out is not None:
            return reason("no-pong")
        if self.clean:
            return reason("closed", str(self.closed_by))
        return reason("no-close" if self.received is None else "unanswered", self.tcp.name)

    def _failed(self) -> str:
        assert self.failure is not None
        rule, code = self.failure.rule, self.failure.close_code
        said = "" if code is None else f" with {int(code)}"
        return (
            f"The {self.role} failed the connection{said}: {rule.text} ({rule.reference}); "
            f"found {self.failure.found} at {self.failure.place}. {_NO_1006}"
        )

    def _closed(self) -> str:
        first = self.sent if self.closed_by is self.role else self.received
        assert first is not None  # a clean end has both
        words = f"The {self.closed_by} closed the connection with {_code_words(first.code, first.reason)}."
        if first.code == self.code:
            return f"{words}{self._why_normal(first)}"
        # §7.1.5: the code is that of the first Close that this side received, whichever was sent first
        came = _code_words(self.code, self.reason)
        return f"{words} The {self.role.peer}'s Close came with {came}: that is what this side believes (§7.1.5)."

    def _why_normal(self, first: CloseBody) -> str:
        """That a handler may have returned: it is the usual reason of a server for a Close that gives none."""
        is_plain = first.code == CloseCode.NORMAL_CLOSURE and not first.reason
        return " A handler that returns ends it so." if is_plain and self.closed_by is Role.SERVER else ""

    def _missed_pong(self) -> str:
        assert self.sent is not None  # a side that fails an open connection sends a Close first
        sent = _code_words(self.sent.code, self.sent.reason)
        unread = "what came behind it was not read (§7.1.7)"
        return f"The {self.role} sent a Close with {sent}; {unread}, and TCP {self.tcp.words}."

    def _unanswered(self) -> str:
        # §7.1.5: the code is that of the Close that came, also where our own could not be sent any more
        said = _code_words(self.code, self.reason)
        return (
            f"The {self.role.peer} sent a Close with {said}; TCP {self.tcp.words} before it was answered. "
            "This side still believes that code (§7.1.5)."
        )

    def _unclean(self) -> str:
        if self.sent is not None:
            sent = _code_words(self.sent.code, self.sent.reason)
            return f"The {self.role} sent a Close with {sent}; no Close came back, and TCP {self.tcp.words}."
        return f"TCP {self.tcp.words}, and no Close frame was sent or came."


_NO_1006 = "What this side believes is 1006, a code that is never on the wire (§7.1.5, §7.4.1)."


def _code_words(code: int, reason: str) -> str:
    if code == CloseCode.NO_STATUS_RCVD:
        return "a Close without a code (1005 stands for that, and is never on the wire, §7.4.1)"
    return f"{code}, {close_code_words(code)}" + (f"; its reason: {quoted(reason.encode())}" if reason else "")


def belief_reason(protocol: Connection) -> str:
    """Why this side believes what it does of a connection that has not ended (`records.reason`)."""
    if protocol.state is State.OPEN:
        return reason("open")
    if protocol.failure is not None:
        code = protocol.failure.close_code
        return reason("failing", str(int(code))) if code else reason("failing-without-code")
    if protocol.has_failed:  # without a rule that was broken: no Pong came
        return reason("no-pong")
    if protocol.close_sent is not None and protocol.close_received is not None:
        return reason("both-closed")
    return reason("close-sent") if protocol.close_received is None else reason("close-received")
