"""How a connection ended, was refused, or could not begin, in plain words.

Rules of this module: every error says what happened, what it means, and where there is one, the
way out. It says only what this side can know: a reset shows that TCP was cut, never who cut it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wslab.explain import close_code_words, narrate_error, quoted
from wslab.protocol import CloseCode, Connection, HandshakeResponse, ProtocolError, Role, Rule, State
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
    """The facts about the end of a connection on one side."""

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
        """Both sides said Close, with 1000, 1001 or no code: `async for` ends without an error."""
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
        """The end in a few words, for a pill."""
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


class ConnectionClosed(Exception):
    """The connection has ended: no message can be sent, and none will come.

    `code` and `reason` are what this side believes (§7.1.5, §7.1.6): those of the Close frame
    that came, 1005 where it had none, 1006 where none came. `clean` is whether both sides said
    Close. `by` is who closed first or failed the connection, `"client"` or `"server"`, and
    `"nobody"` where TCP ended without a word.
    """

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending

    @property
    def code(self) -> int:
        """The close code that this side believes in."""
        return self.ending.code

    @property
    def reason(self) -> str:
        """The reason that came with it, often empty."""
        return self.ending.reason

    @property
    def clean(self) -> bool:
        """Whether the closing handshake was complete (§7.1.4)."""
        return self.ending.clean

    @property
    def by(self) -> str:
        """Who closed first: `client`, `server` or `nobody`."""
        return "nobody" if self.ending.closed_by is None else self.ending.closed_by.value

    def __str__(self) -> str:
        return self.ending.words()


class HandshakeRefused(Exception):
    """The opening handshake failed (§4.1, §4.2.2).

    `status` is the HTTP status that came (0: none), `sentence` says why, `response` is the
    server's answer where one came, `rule` the rule that decided where one is known to this side.
    """

    def __init__(
        self, status: int, sentence: str, *, response: HandshakeResponse | None = None, rule: Rule | None = None
    ) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.response = response
        self.rule = rule

    def __str__(self) -> str:
        return self.sentence


class PortInUse(OSError):
    """Another program listens at the port that was asked for. `port` is its number."""

    def __init__(self, host: str, port: int, holder: str) -> None:
        super().__init__(
            f"Port {port} on {host} is held by {holder}: end that one, choose another port, "
            "or leave `port` out and a free one is taken."
        )
        self.port = port


def belief_words(wire: Connection) -> str:
    """What this side believes of a connection that has not ended, in a few words."""
    if wire.state is State.OPEN:
        return "messages may travel"
    if wire.failure is not None:
        code = wire.failure.close_code
        return f"failed the connection with {int(code) if code else 'no code'}"
    if wire.close_sent is not None and wire.close_received is not None:
        return "both said Close, TCP is still to end"
    return "sent a Close, waits for the peer's"


def opening_too_slow_words(role: Role, seconds: float) -> str:
    """Why this side gives the opening handshake up."""
    return (
        f"The opening handshake was not done within {seconds:g} s; the {role} still believes in CONNECTING. "
        f"The {role.peer} did not speak, or it is no WebSocket {role.peer}."
    )


def keepalive_words(role: Role, seconds: float) -> str:
    """Why this side fails a connection on which its Ping was not answered."""
    return (
        f"No Pong answered the {role}'s Ping within {seconds:g} s: nothing shows that the {role.peer} is still there, "
        f"and the {role} fails the connection (keepalive, §5.5.2)."
    )


def failure_words(role: Role, error: ProtocolError) -> str:
    """Why this side fails the connection, for the tape."""
    return f"{narrate_error(error, role.value)} Found {error.found} at {error.offset}."
