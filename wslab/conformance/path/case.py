"""A stage of the path and its cases, as data: what is sent to a server, and what has to come back.

A case is one connection. It begins with `head`, the request of the opening handshake, in which `{host}` and `{target}`
stand for the server's. Behind the answer go the frames of `sent`, in one write or cut into pieces of `cut` bytes. What
has to come back is one of these:

- `Grant`: the server agrees to the opening handshake; nothing more is looked at.
- `Refusal`: it refuses it with an HTTP error.
- `Echo`: these messages come back, and these Pongs. Messages keep their order among each other, and Pongs theirs.
- `Failure`: it fails the connection (§7.1.7): a Close, or the end of TCP, and no message.
- `Closing`: it answers the Close, and ends TCP.
- `Survival`: whatever it does, it still serves the next client.

A `Failure` is demanded where an RFC demands it of a receiver, or where the stage says so (`demanded`). Of all others a
server that goes on is told, and passes: the path demands nothing that the RFC leaves open.

Left out: playing a case (`exchange`), and judging it (`judging`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wslab.conformance.lessons import ECHO, Lesson
from wslab.protocol import Frame, Rule
from wslab.protocol.rules import OF_SENDERS, Force

__all__ = ["HEAD", "Case", "Closing", "Echo", "Failure", "Grant", "Refusal", "Stage", "Survival", "Want", "head"]


def head(
    *more: str, key: str = "dGhlIHNhbXBsZSBub25jZQ==", version: str = "13", method: str = "GET", without: str = ""
) -> str:
    """A request of the opening handshake, with `more` lines; the key is that of §1.3 unless another one is given."""
    lines = [
        f"{method} {{target}} HTTP/1.1",
        "Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        f"Sec-WebSocket-Version: {version}",
    ]
    kept = [line for line in lines if not without or not line.startswith(f"{without}:")]
    return "\r\n".join([*kept, *more, "", ""])


HEAD = head()


@dataclass(frozen=True, slots=True)
class Grant:
    """The server answers 101, and the answer passes every check of a client (§4.1)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server answers with an HTTP error (§4.2.1); `version` asks for Sec-WebSocket-Version in it (§4.2.2)."""

    rule: Rule
    version: bool = False


@dataclass(frozen=True, slots=True)
class Echo:
    """These messages come back, each a whole frame without a mask, and Pongs with these payloads.

    Of several Pongs only the last has to come (§5.5.3).
    """

    messages: tuple[Frame, ...] = ()
    pongs: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The server fails the connection, for `rule`; `demanded` where the stage asks for it whatever the RFC says."""

    rule: Rule
    demanded: bool = False

    @property
    def left_open(self) -> bool:
        """Whether a server may go on."""
        return not self.demanded and (self.rule.id in OF_SENDERS or self.rule.force is not Force.MUST)


@dataclass(frozen=True, slots=True)
class Closing:
    """The server answers the Close that was sent and ends TCP.

    `wrong` is the code that fits as an answer to a Close that breaks a rule, and 0 for a right one. A server may also
    end TCP alone for a wrong one.
    """

    code: int | None
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Survival:
    """Whatever the server does here, it serves the next client."""


Want = Grant | Refusal | Echo | Failure | Closing | Survival


@dataclass(frozen=True, slots=True)
class Case:
    """One connection to the server.

    `name` is unique in its stage, `title` says what is sent. `lesson` is the rule or duty that a wrong answer misses,
    where what came breaks no rule by itself. `compressed` sends the data frames as permessage-deflate has agreed on;
    where the server declines it, the case is not played. `ends` is what we do in the end: a Close, RST, or nothing,
    so that the connection stays open during the check that follows. `hint` stands in place of the stage's.
    """

    name: str
    title: str
    want: Want
    sent: tuple[Frame | bytes, ...] = ()
    head: str = HEAD
    cut: int = 0
    compressed: bool = False
    ends: Literal["close", "reset", "hold"] = "close"
    lesson: Lesson = ECHO
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the path.

    `aim` says exactly what is asked of the server, since people write it from that. `hint` and `more` help, the second
    with what to write; `scenario` is one to play.
    """

    name: str
    title: str
    aim: str
    hint: str
    more: str
    scenario: str
    cases: tuple[Case, ...]
