"""The events that a connection gives to its owner, in the order in which they happened.

They are plain values without behaviour. An event is about what arrived, or about the connection's end; what we send
ourselves needs no event. A failure comes behind the messages that arrived before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message: `str` for text, `bytes` for binary (§5.6)."""

    data: str | bytes


@dataclass(frozen=True, slots=True)
class PingReceived:
    """A Ping. Its Pong needs no call: the next `data_to_send` has it (§5.5.2), of very many Pings the last (§5.5.3)."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PongReceived:
    """A Pong, solicited or not (§5.5.3)."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class CloseReceived:
    """The peer's Close frame; code 1005 where it had no body (§7.1.5)."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """We fail the connection because the peer broke `error.rule` (§7.1.7)."""

    error: ProtocolError


@dataclass(frozen=True, slots=True)
class Ended:
    """TCP is closed and nothing more will come (§7.1.4).

    `code` and `reason` are what this side believes (§7.1.5, §7.1.6); 1006 where no
    Close frame was received. `clean` is whether the closing handshake was complete.
    `closed_by` is who sent the first Close or failed the connection, None where TCP just ended.
    """

    code: int
    reason: str
    clean: bool
    closed_by: Role | None


Event: TypeAlias = Message | PingReceived | PongReceived | CloseReceived | Failed | Ended
