"""The protocol's numbers: roles, opcodes, close codes.

A name here follows the RFC's, or the registry's where the RFC has none; a number is the registry's (§11.7 and
§11.8). The functions answer only whether a number belongs to a range. What a peer must do about a number is in `rules`;
what it means in words is in `wslab.explain`.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class Role(Enum):
    """Which end of the connection: the client opens it, the server accepts it (§1.3)."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def peer(self) -> Role:
        """The other end."""
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT

    @property
    def masks(self) -> bool:
        """Whether frames sent by this role are masked: the client's are, the server's are not (§5.1)."""
        return self is Role.CLIENT

    def __str__(self) -> str:
        return self.value


class Opcode(IntEnum):
    """What a frame is (§5.2, §11.8). 0x3-0x7 and 0xB-0xF are reserved and have no name."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA

    @property
    def is_control(self) -> bool:
        """Control frames have the opcode's highest bit set (§5.5)."""
        return self >= Opcode.CLOSE


class CloseCode(IntEnum):
    """Why a connection ends (§7.4.1, and the registry of §11.7 for 1012 to 1014)."""

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS_RCVD = 1005
    ABNORMAL_CLOSURE = 1006
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015


# §7.4.1: these three tell an application what happened; each "MUST NOT be set as a status code in a Close control
# frame"
NEVER_ON_THE_WIRE = frozenset({CloseCode.NO_STATUS_RCVD, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE})

_REGISTERED = frozenset(CloseCode) - NEVER_ON_THE_WIRE


def may_be_sent(code: int) -> bool:
    """Whether a Close frame may carry `code`: a registered one, or 3000 to 4999 (§7.4.1, §7.4.2).

    >>> may_be_sent(1000), may_be_sent(1006), may_be_sent(4000)
    (True, False, True)
    """
    return code in _REGISTERED or 3000 <= code <= 4999
