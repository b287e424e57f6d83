"""RFC 6455 as pure code: bytes in, events out.

There is no I/O, no clock and no Jupyter here: only the standard library, h11 for the HTTP head, and the C mask of
`websockets` where it is present. The layer runs unchanged in a browser's Python. Randomness comes from the caller, or
from the system where the RFC demands that it be strong (§5.3).

- `rules`: every rule that the code enforces, as data. `errors`, `offset`: how a violation is said, and where it is.
- `codes`, `states`, `events`: the numbers, the state machine as a table, what a connection tells its owner.
- `handshake`, `extensions`: the opening handshake and every check of it.
- `frames`, `masking`: one frame as a value, the parser, the XOR.
- `messages`, `deflate`: from frames to messages, and permessage-deflate.
- `connection`: one endpoint of an open connection, sans-IO.
"""

from wslab.protocol.codes import CloseCode, Opcode, Role
from wslab.protocol.connection import Connection
from wslab.protocol.deflate import Deflate
from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.protocol.events import CloseReceived, Ended, Event, Failed, Message, PingReceived, PongReceived
from wslab.protocol.extensions import Extension, parse_extensions
from wslab.protocol.frames import DEFAULT_MAX_MESSAGE, Frame, FrameError, FrameParser
from wslab.protocol.handshake.base import GUID, accept_key
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.head import DEFAULT_MAX_HEAD, HeadReader
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse
from wslab.protocol.masking import apply_mask
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES, Rule
from wslab.protocol.states import TRANSITIONS, Happening, State

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
    "FrameError",
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
