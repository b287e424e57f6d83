"""How a connection ended, as one side knows it, and the words for it.

How it works: `Ending` has the facts: both Close frames, a failure, how TCP ended. Its words are made when an error or
a view asks for them. `TcpEnd` names the ways in which TCP ends.

It says only what this side can know. What the other side believes is in the other side's `Ending`.

What it leaves out: when the end has come (`endpoint.state`), what to do about a close code (`cli.close_advice`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wslab.explain import close_code_words, narrate_error, quoted
from wslab.protocol import CloseCode, Connection, ProtocolError, Role, State
from wslab.protocol.messages import CloseBody

_OK = frozenset({CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RCVD})


class TcpEnd(Enum):
    """How TCP ended, as this side saw it; the value completes a sentence that begins with TCP."""

    FIN = "was closed by the peer (FIN)"
    RST = "was reset (RST)"
    ABORTED = "was cut by this side (RST)"
    LIMIT = "was cut by this side, which had waited long enough (RST)"
    DROPPED = "was closed by this side, for its lab ended"
    LOST = "broke"


@dataclass(frozen=True, slots=True)
class Ending:
    """The facts about the end of a connection on one side.

    `code` and `reason` are what this side believes (§7.1.5, §7.1.6), `clean` whether the closing handshake was complete
    (§7.1.4), `closed_by` who sent the first Close or failed the connection.
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
    why: str = ""  # a sentence, where this side failed the connection though no rule was broken

    @property
    def normal(self) -> bool:
        """Whether both sides sent a Close with 1000, 1001 or no code: then `async for` ends without an error."""
        codes = [body.code for body in (self.sent, self.received) if body is not None]
        return self.clean and all(code in _OK for code in codes)

    def words(self) -> str:
        """The end as sentences."""
        return f"{self.why} {self._words()}".lstrip()

    def _words(self) -> str:
        if self.failure is not None:
            return self._failed()
        if self.clean:
            return f"The {self.closed_by} closed the connection with {_code_words(self.code, self.reason)}."
        return f"{self._unclean()} {_NO_1006}"

    def short(self) -> str:
        """The end in a few words, for a small place in a view."""
        if self.failure is not None:
            return f"failed the connection: {self.failure.rule.id}"
        if self.why:
            return "failed the connection: no Pong came in time"
        return f"closed by the {self.closed_by}" if self.clean else f"no Close came: TCP {self.tcp.value}"

    def _failed(self) -> str:
        assert self.failure is not None
        rule, code = self.failure.rule, self.failure.close_code
        said = "" if code is None else f" with {int(code)}"
        return (
            f"The {self.role} failed the connection{said}: {rule.says} ({rule.reference}); "
            f"found {self.failure.found} at {self.failure.offset}. {_NO_1006}"
        )

    def _unclean(self) -> str:
        if self.received is not None:  # our answer could not be sent any more
            return f"The {self.role.peer} sent a Close, and TCP {self.tcp.value} before it was answered."
        if self.sent is not None:
            sent = _code_words(self.sent.code, self.sent.reason)
            return f"The {self.role} sent a Close with {sent}; no Close came back, and TCP {self.tcp.value}."
        return f"TCP {self.tcp.value}, and no Close frame was sent or came."


_NO_1006 = "What this side believes is 1006, a code that is never on the wire (§7.1.5, §7.4.1)."


def _code_words(code: int, reason: str) -> str:
    if code == CloseCode.NO_STATUS_RCVD:
        return "a Close without a code (1005 stands for that, and is never on the wire, §7.4.1)"
    return f"{code}, {close_code_words(code)}" + (f"; its reason: {quoted(reason.encode())}" if reason else "")


def belief_words(protocol: Connection) -> str:
    """What this side believes of a connection that has not ended, in a few words."""
    if protocol.state is State.OPEN:
        return "messages may travel"
    if protocol.failure is not None:
        code = protocol.failure.close_code
        return f"failed the connection with {int(code) if code else 'no code'}"
    if protocol.close_sent is not None and protocol.close_received is not None:
        return "both said Close, TCP is still to end"
    return "sent a Close, waits for the peer's"


def opening_too_slow_words(role: Role, seconds: float) -> str:
    """Why this side gives the opening handshake up."""
    return (
        f"The opening handshake was not done within {seconds:g} s; the {role} still believes in CONNECTING. "
        f"The {role.peer} did not speak, or it is no WebSocket {role.peer}."
    )


def opening_limit_words(role: Role, seconds: float) -> str:
    """That this side gives the opening handshake up, for the tape."""
    return f"The {role} waited {seconds:g} s for the opening handshake, and gives up."


def keepalive_words(role: Role, seconds: float) -> str:
    """Why this side fails a connection on which its Ping was not answered."""
    return (
        f"No Pong answered the {role}'s Ping within {seconds:g} s: nothing shows that the {role.peer} is still there, "
        f"and the {role} fails the connection (keepalive, §5.5.2)."
    )


def failure_words(role: Role, error: ProtocolError) -> str:
    """Why this side fails the connection, for the tape."""
    return f"{narrate_error(error, role.value)} Found {error.found} at {error.offset}."
