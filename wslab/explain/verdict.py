"""What a receiver makes of some bytes: accepted, refused by which rule, or still waiting.

The verdict is that of a real endpoint: the bytes go to the same `Connection` and the same checks of the handshake that
the lab's endpoints use, and the result is put into words.

A rule says what is wrong with the bytes as frames. Where they are something else, or the count of bytes was lost
before, the verdict has a `cause` (`causes`), which is told in place of the rule's own fix.

What this module leaves out: which field is wrong (`anatomy`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from wslab.explain.causes.cause import Cause
from wslab.explain.causes.foreign import STRAY, find_foreign
from wslab.explain.causes.search import cause_in
from wslab.explain.narration import narrate_close, narrate_error, remark_body, size_in_words
from wslab.explain.openings import Opening, find_opening
from wslab.explain.words import quoted
from wslab.protocol.codes import CloseCode, Opcode, Role
from wslab.protocol.connection import Connection
from wslab.protocol.deflate import Deflate
from wslab.protocol.errors import ProtocolError
from wslab.protocol.events import CloseReceived, Event, Message, PingReceived, PongReceived
from wslab.protocol.frames import Frame, FrameError, FrameParser
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.messages import read_close
from wslab.protocol.offset import Offset
from wslab.protocol.rules import Rule

__all__ = ["Verdict", "verdict"]

MOST_TOLD = 100
"""Messages and control frames that a sentence names one by one."""

_SIP = 1 << 14
"""Bytes that the connection is given at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one role answers to some bytes.

    `accepted` is None while the bytes are cut off inside a head or a frame. `error`, `rule`, `offset` and `close_code`
    describe a refusal. The rest is what was judged: `data`, whose frames begin at byte `begin`, and whether messages
    may be compressed.
    """

    role: Role
    accepted: bool | None
    sentence: str
    error: ProtocolError | None = None
    data: bytes = field(default=b"", repr=False)
    begin: int = 0
    compresses: bool = False

    @property
    def cause(self) -> Cause | None:
        """What the bytes are instead of legal frames, or how their count was lost; None where nothing of that fits."""
        error = self.error
        if error is None and self.accepted is None and self.begin < len(self.data):  # a frame that is not whole
            return cause_in(self.data, len(self.data), self.role, self.begin, rsv1=self.compresses)
        if error is None or error.close_code is None or error.rule.id in _OF_CONTENT:
            return None
        at, stray = error.offset.byte, error.rule.id == STRAY
        return cause_in(self.data, at, self.role, self.begin, rsv1=self.compresses, stray=stray)

    @property
    def rule(self) -> Rule | None:
        """The rule that was broken."""
        return self.error.rule if self.error else None

    @property
    def close_code(self) -> CloseCode | None:
        """What the connection fails with."""
        return self.error.close_code if self.error else None

    @property
    def offset(self) -> Offset | None:
        """The first wrong bit."""
        return self.error.offset if self.error else None

    @property
    def fix(self) -> str:
        """How to fix it, as a sentence; empty where nothing is wrong."""
        if self.error is None:
            return ""
        if (cause := self.cause) is not None:
            return cause.sentence
        words = self.error.rule.fix
        return f"{words[0].upper()}{words[1:]}."


_OF_CONTENT = frozenset(
    {"close-body-length", "close-code-valid", "close-code-known", "close-reason-utf8", "message-too-big"}
)
"""Rules that say nothing of where a frame begins or ends."""


def verdict(
    data: bytes,
    role: Role,
    *,
    whole_stream: bool = True,
    deflate: Deflate | None = None,
    request: HandshakeRequest | None = None,
) -> Verdict:
    """What a receiver in `role` makes of some bytes: frames, or the head of a handshake and what is behind it.

    With `whole_stream` the bytes are the first behind the handshake; without, each frame is
    judged by itself, as one from the middle of a conversation. `deflate` is what the handshake agreed on (RFC 7692);
    judged by itself, a compressed frame is not inflated. A response is judged with its `request`; without, its accept
    value, its subprotocol and its extensions may still be wrong (§4.1). One with another status than 101 breaks no
    rule, and is accepted as HTTP.

    >>> verdict(bytes.fromhex("810548656c6c6f"), Role.SERVER).close_code
    <CloseCode.PROTOCOL_ERROR: 1002>
    >>> verdict(bytes.fromhex("810548656c6c6f"), Role.CLIENT).sentence
    'The client accepts it: the text message “Hello”.'
    """
    opening = find_opening(data, role, request)
    if opening is None:
        return _of_stream(data, role, deflate) if whole_stream else _of_frames(data, role, deflate)
    return _of_opening(opening, data, role, deflate, known=request is not None)


def _of_opening(opening: Opening, data: bytes, role: Role, deflate: Deflate | None, *, known: bool) -> Verdict:
    if not opening.whole:
        sentence = f"The {role} has {size_in_words(len(data))} and waits for the rest of the {opening.name}."
        return Verdict(role, None, sentence)
    if opening.failed:
        error = opening.failed[0].error()
        return Verdict(role, False, narrate_error(error, role.value), error)
    behind = data[len(opening.head) :]
    if opening.refusal:
        return Verdict(role, True, _of_refusal(opening, len(data)))
    accepts = _accepts(opening, known=known)
    if not behind:
        return Verdict(role, True, accepts)
    frames = _of_stream(behind, role, deflate)
    moved = frames.error.moved(len(opening.head)) if frames.error else None
    begin = len(opening.head)
    return Verdict(role, frames.accepted, f"{accepts} {frames.sentence}", moved, data, begin, deflate is not None)


def _accepts(opening: Opening, *, known: bool) -> str:
    """That a head passes its checks; those of an answer that need its request are made where that is known."""
    if opening.sender is Role.CLIENT:
        return "The server accepts the request."
    remark = remark_body(opening.head.decode("latin-1").splitlines())
    return f"The client accepts the response{'' if known else _IF_IT_FITS}.{remark}"


def _of_refusal(opening: Opening, end: int) -> str:
    """That an answer of HTTP breaks no rule, though no WebSocket begins with it."""
    told = f"The client reads the response as HTTP: with {opening.refusal} instead of 101 no WebSocket begins (§4.1)."
    body, left = opening.body_end - len(opening.head), end - opening.body_end
    if body:
        told += f" What comes behind it, {size_in_words(body)}, is its body and no frame (§1.3)."
    if left:
        told += f" What is left, {size_in_words(left)}, belongs to no response that was asked for (RFC 9112 §6.3)."
    return told


_IF_IT_FITS = (
    " if it fits the request, which is not here: its accept value, subprotocol and extensions depend on that (§4.1)"
)


def _of_stream(data: bytes, role: Role, deflate: Deflate | None) -> Verdict:
    connection = Connection(role, keys=bytes, deflate=deflate)
    told = _hear(connection, data)
    if connection.failure is not None:
        error = connection.failure
        return Verdict(role, False, narrate_error(error, role.value), error, data, 0, deflate is not None)
    if connection.close_received is not None:
        return Verdict(role, True, f"The {role} accepts it: {told}.{_behind_close(data, role, deflate)}")
    if not data or connection.inside_frame:
        begun = data if connection.inside_frame else b""
        return Verdict(role, None, _waiting(data, role, connection.inside_frame), None, begun)
    sentence = f"The {role} accepts it: {told}." if told else f"The {role} accepts it and waits for the next fragment."
    return Verdict(role, True, sentence)


def _hear(connection: Connection, data: bytes) -> str:
    """Give it the bytes, in sips, since each may inflate to a thousand times as many; every event in words."""
    told: list[str] = []
    count = 0
    for at in range(0, len(data), _SIP):
        connection.receive_data(data[at : at + _SIP])
        events = connection.events()
        told += map(_tell, events[: MOST_TOLD - len(told)])
        count += len(events)
        if connection.failure is not None:
            break
    more = count - len(told)
    return "; ".join([*told, f"and {more:,} more"] if more else told)


def _behind_close(data: bytes, role: Role, deflate: Deflate | None) -> str:
    """A sentence on the bytes behind the first Close, to stand behind another; empty where there are none."""
    parser = FrameParser(role, rsv1=deflate is not None)
    try:
        frames = parser.feed(data)
    except FrameError as error:
        frames = error.frames
    ends = accumulate(frame.header_size + len(frame.payload) for frame in frames)
    end = next(end for frame, end in zip(frames, ends, strict=True) if frame.opcode == Opcode.CLOSE)
    if end == len(data):
        return ""
    # §1.4: behind a Close "a peer discards any further data received"; §5.5.1 forbids to send data frames there
    size = size_in_words(len(data) - end)
    told = f" It discards the {size} behind the Close (§1.4): no data frame may stand there (§5.5.1)."
    foreign = find_foreign(data[end:], role.peer)
    return told if foreign is None else f"{told} {foreign.cause.sentence}"


def _of_frames(data: bytes, role: Role, deflate: Deflate | None) -> Verdict:
    parser = FrameParser(role, rsv1=deflate is not None)
    try:
        frames = parser.feed(data)
        _check_closes(frames)
    except ProtocolError as error:
        return Verdict(role, False, narrate_error(error, role.value), error, data, 0, deflate is not None)
    if not frames or parser.inside_frame:
        begun = data if parser.inside_frame else b""
        return Verdict(role, None, _waiting(data, role, parser.inside_frame), None, begun)
    return Verdict(role, True, f"The {role} accepts {'it' if len(frames) == 1 else f'all {len(frames)} frames'}.")


def _check_closes(frames: Sequence[Frame]) -> None:
    """`ProtocolError` for the first illegal body of a Close, at its place in the data."""
    begin = 0
    for frame in frames:
        if frame.opcode == Opcode.CLOSE:
            try:
                read_close(frame.payload)
            except ProtocolError as error:
                raise error.moved(begin + frame.header_size) from None
        begin += frame.header_size + len(frame.payload)


def _waiting(data: bytes, role: Role, inside: bool) -> str:
    if not inside:
        return f"The {role} waits: there is no frame yet."
    return f"The {role} has {size_in_words(len(data))} and waits for the rest of the frame.{_never_ends(data, role)}"


def _never_ends(data: bytes, role: Role) -> str:
    """Why the last frame may never become whole, to stand behind a sentence; empty where nothing fits."""
    cause = cause_in(data, len(data), role)
    return "" if cause is None else f" {cause.sentence}"


def _tell(event: Event) -> str:
    match event:
        case Message(data=str(text)):
            return f"the text message {quoted(text.encode())}"
        case Message(data=data):
            return f"a binary message of {size_in_words(len(data))}"
        case PingReceived():
            return "a Ping, which it answers with a Pong"
        case PongReceived():
            return "a Pong"
        case CloseReceived(code=CloseCode.NO_STATUS_RCVD):
            return "a Close without a code, which it answers with Close"
        case CloseReceived(code=code, reason=reason):
            return f"Close {narrate_close(code, reason)}, which it answers with Close"
    return "the end of TCP"
