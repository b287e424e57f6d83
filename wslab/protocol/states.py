"""The life of a connection as one table of data.

The code asks the table, and `StateMap` is drawn from the same table, so the two cannot disagree. The four states are
the RFC's (§4.1, §7.1.3, §7.1.4). A *happening* is what can move an endpoint from one state to another. A pair that the
table does not name cannot happen, and asking for it is a `KeyError`: a bug of ours, never of a peer.

What this module leaves out: who did it and why (`connection`).
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """What an endpoint believes about its connection."""

    CONNECTING = "CONNECTING"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class Happening(Enum):
    """What moves an endpoint from one state to another."""

    HANDSHAKE_DONE = "opening handshake done"
    HANDSHAKE_REFUSED = "opening handshake refused"
    CLOSE_SENT = "Close sent"
    CLOSE_RECEIVED = "Close received"
    FAILED = "fail the connection"
    TCP_CLOSED = "TCP closed"


TRANSITIONS: dict[tuple[State, Happening], State] = {
    (State.CONNECTING, Happening.HANDSHAKE_DONE): State.OPEN,  # §4.1, §4.2.2
    (State.CONNECTING, Happening.HANDSHAKE_REFUSED): State.CLOSED,  # §7.1.4: closed, but not cleanly
    (State.CONNECTING, Happening.TCP_CLOSED): State.CLOSED,
    (State.OPEN, Happening.CLOSE_SENT): State.CLOSING,  # §7.1.3
    (State.OPEN, Happening.CLOSE_RECEIVED): State.CLOSING,  # §7.1.3
    (State.OPEN, Happening.FAILED): State.CLOSING,  # §7.1.7
    (State.OPEN, Happening.TCP_CLOSED): State.CLOSED,  # §7.1.5: abnormal, 1006
    (State.CLOSING, Happening.CLOSE_SENT): State.CLOSING,
    (State.CLOSING, Happening.CLOSE_RECEIVED): State.CLOSING,
    (State.CLOSING, Happening.FAILED): State.CLOSING,
    (State.CLOSING, Happening.TCP_CLOSED): State.CLOSED,  # §7.1.4
}


def after(state: State, happening: Happening) -> State:
    """The state that `happening` leads to."""
    return TRANSITIONS[state, happening]
