"""RFC 6455 as pure code: bytes in, events out.

Rules of this layer: no I/O, no clock, no Jupyter; the standard library, h11 for
the HTTP head, and the C mask of `websockets` where it is present. It runs unchanged
in a browser's Python. Randomness comes from the caller, or from the system where
the RFC demands that it be strong (§10.3).
"""

from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.protocol.handshake.base import GUID, accept_key
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.head import DEFAULT_MAX_HEAD, HeadReader
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse
from wslab.protocol.offset import Offset

from .codes import CloseCode, Opcode, Role
from .connection import Connection
from .deflate import Deflate
from .events import CloseReceived, Ended, Event, Failed, Message, PingReceived, PongReceived
from .extensions import Extension, parse_extensions
from .frames import DEFAULT_MAX_MESSAGE, Frame, FrameParser
from .masking import apply_mask
from .rules import RULES, Rule
from .states import TRANSITIONS, Happening, State

__all__ = [
    "DEFAULT_MAX_HEAD",
    "DEFAULT_MAX_MESSAGE",
    "GUID",
    "RULES",
    "TRANSITIONS",
    "Check",
    "CloseCode",
    "CloseReceived",
    "Connection",
    "Deflate",
    "Ended",
    "Event",
    "Extension",
    "Failed",
    "Frame",
    "FrameParser",
    "HandshakeRequest",
    "HandshakeResponse",
    "Happening",
    "HeadReader",
    "LocalProtocolError",
    "Message",
    "Offset",
    "Opcode",
    "PingReceived",
    "PongReceived",
    "ProtocolError",
    "Role",
    "Rule",
    "State",
    "accept_key",
    "apply_mask",
    "parse_extensions",
]
