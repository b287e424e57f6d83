"""From frames to messages: fragments, text, and what a Close says (§5.4, §5.5.1, §8.1).

How it works. `MessageAssembler` takes the data frames of one direction in order; each is legal by itself, for
`FrameParser` let it pass. It knows whether a message is unfinished, and of which kind: that decides whether a frame may
come next. A whole message in one frame is decoded in one go. Any other is collected in blocks and judged as it arrives:
text by an incremental decoder that remembers a character cut in two, a compressed message by inflating it up to the
limit.

Text fails at the first byte that makes it impossible, not at the end of the message: even inside a frame that is
not whole yet. For that `connection` shows each unfinished frame to `preview`, which judges the newest bytes once;
`add` then judges only what is left. `_previewed` says how far that went.

Offsets in errors count from the first byte of the frame's payload, or from the frame itself for what its header
shows (`InHeader`); `connection` makes them places in the stream.

`OwnMessage` is the other direction: the fragmented message that we are sending, which has to obey the same order.

What this module leaves out: answering. `connection` sends Pongs and Closes.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from wslab.protocol.codes import NEVER_ON_THE_WIRE, CloseCode, Opcode, may_be_sent
from wslab.protocol.deflate import Inflater
from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.protocol.frames.frame import DEFAULT_MAX_MESSAGE, Frame, describe_code, encode
from wslab.protocol.frames.parser import Unfinished
from wslab.protocol.numbers import size_in_words
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES, Rule

_BLOCK = 256 * 1024  # bytes; a buffer that grows without end would be copied again and again

_utf8_decoder = codecs.getincrementaldecoder("utf-8")


class InHeader(ProtocolError):
    """A violation that the frame's header shows: its offset counts from the first byte of the frame."""


@dataclass(frozen=True, slots=True)
class CloseBody:
    """What a Close frame says; the code is 1005, "no status received", where it has no body (§7.1.5)."""

    code: int
    reason: str

    @classmethod
    def lenient(cls, payload: bytes) -> CloseBody:
        """The body as it stands, legal or not, for views: it never raises.

        A body without a whole code says 1005. Each byte of the reason that is not UTF-8 becomes U+FFFD (`�`), so the
        reason may differ from what was sent, and its UTF-8 may be longer; the payload has the bytes themselves. An
        endpoint judges the body with `read_close` instead.
        """
        if len(payload) < 2:
            return cls(CloseCode.NO_STATUS_RCVD, "")
        code, reason = _code_and_reason(payload)
        return cls(code, reason.decode("utf-8", "replace"))


def _code_and_reason(payload: bytes) -> tuple[int, bytes]:
    """The two parts of a Close body of two bytes or more, unjudged."""
    # §5.5.1: "the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order)"
    return int.from_bytes(payload[:2], "big"), payload[2:]


class Utf8:
    """A decoder of UTF-8 text that arrives in chunks, cut anywhere (§8.1). `rule` is what bad text breaks."""

    def __init__(self, rule: Rule = RULES["text-is-utf8"]) -> None:
        self._rule = rule
        self._decoder = _utf8_decoder()

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """The characters that `data` makes whole; `ProtocolError` at the first byte that cannot stand there.

        `final` says that the text ends here: then a character that is cut is wrong too.
        """
        # §8.1: where the bytes are "not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket
        # Connection_"
        # the state from before, to find the place in `data` even where the bad character began in an earlier chunk
        before = self._decoder.getstate()
        pending = before[0]
        try:
            text = self._decoder.decode(data, final)
            self._refuse_surrogate(pending + data)
        except UnicodeDecodeError as error:
            self._decoder.setstate(before)
            raise self._wrong(error, len(pending)) from None
        return text

    def _refuse_surrogate(self, data: bytes) -> None:
        """Python waits for the third byte of a surrogate; the second is wrong already (RFC 3629 §4)."""
        held = self._decoder.getstate()[0]
        if len(held) == 2 and held[0] == 0xED and held[1] >= 0xA0:
            at = len(data) - 2
            raise UnicodeDecodeError("utf-8", data, at, at + 1, "invalid continuation byte")

    def _wrong(self, error: UnicodeDecodeError, pending: int) -> ProtocolError:
        # Python says where the bad character begins; the byte that makes it bad is the first or the one behind the good
        data = error.object
        at = error.start if error.reason == "invalid start byte" else error.end
        if at >= len(data):
            found, expected = "the end of the text", "the rest of a character"
        else:
            found = f"0x{data[at]:02x}" + (f" behind {data[error.start : at].hex(' ')}" if at > error.start else "")
            expected = "a byte that UTF-8 allows there"
        return ProtocolError(self._rule, Offset(max(at - pending, 0)), found, expected)


class _Blocks:
    """The bytes of an unfinished message, in blocks of about 256 KiB: to grow, no more than one block is copied."""

    __slots__ = ("_blocks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._blocks: list[bytearray] = []

    def add(self, data: bytes) -> None:
        if data:
            if not self._blocks or len(self._blocks[-1]) >= _BLOCK:
                self._blocks.append(bytearray())
            self._blocks[-1] += data
            self.size += len(data)

    def join(self) -> bytes:
        return b"".join(self._blocks)


class MessageAssembler:
    """The data frames of one direction in, whole messages out.

    `max_message` limits a message over all its fragments, in bytes, also once it is inflated.
    `inflater` reads compressed messages, where compression was agreed on.
    """

    def __init__(self, *, max_message: int = DEFAULT_MAX_MESSAGE, inflater: Inflater | None = None) -> None:
        self.max_message = max_message
        self._inflater = inflater
        self.opcode: int | None = None  # of the unfinished message; None between messages
        self._compressed = False  # whether it is compressed
        self._text: Utf8 | None = None
        self._payload = _Blocks()  # what came of it; judged already where it is text
        self._size = 0  # announced by its frames, the one still arriving included
        self._previewed: int | None = None  # bytes of the frame still arriving that were judged already

    @property
    def inside_message(self) -> bool:
        """Whether a fragmented message has begun and is not finished."""
        return self.opcode is not None

    def add(self, frame: Frame) -> str | bytes | None:
        """Take a data frame; returns the message if this frame finishes one.

        Raises `ProtocolError`, `InHeader` for what the frame's header shows.
        """
        # a frame that was previewed has begun already, and only the bytes behind those that were judged are left
        if self._previewed is None:
            self._begin(frame.opcode, len(frame.payload), frame.rsv1)
            if frame.fin and not self._payload.size and self._text is None and not self._compressed:
                return self._whole(frame.payload)
        self._extend(frame.payload[self._previewed or 0 :], final=frame.fin)
        self._previewed = None
        return self._finish() if frame.fin else None

    def preview(self, frame: Unfinished) -> None:
        """Judge the newest bytes of a data frame that is still arriving."""
        if self._previewed is None:
            header = frame.header
            self._begin(header.opcode, header.length, header.rsv1)
            self._previewed = 0
        if self.opcode == Opcode.TEXT or self._compressed:  # in plain binary there is nothing to judge
            self._extend(frame.latest, final=False)
            self._previewed = frame.header.length - frame.missing

    def _begin(self, opcode: int, length: int, compressed: bool) -> None:
        """A frame begins: may it come here, and does the message stay within its limit?"""
        # §5.4: a message is one frame "with the FIN bit clear and an opcode other than 0", then frames with opcode 0;
        # so a continuation needs a beginning, and a beginning needs the message before it to be over
        if opcode == Opcode.CONTINUATION:
            if self.opcode is None:
                raise InHeader(RULES["continuation-needs-start"], Offset(0, 4), "opcode 0x0", "0x1 or 0x2")
        elif self.opcode is not None:
            found = f"opcode 0x{opcode:X} inside an unfinished message"
            raise InHeader(RULES["messages-do-not-interleave"], Offset(0, 4), found, "0x0")
        else:
            self.opcode, self._compressed = opcode, compressed
        # §10.4 asks for limits on the whole message, not only on the frame; the header announces enough to refuse now
        self._size += length
        if self._size > self.max_message:
            found = f"a message of at least {size_in_words(self._size, grouped=False)}"
            raise InHeader(RULES["message-too-big"], Offset(1, 1), found, f"at most {self.max_message}")

    def _whole(self, payload: bytes) -> str | bytes:
        """The common case: a message in one frame."""
        # nothing of it was kept: the state goes back to what it is between messages
        opcode, self.opcode, self._size = self.opcode, None, 0
        return payload if opcode == Opcode.BINARY else read_text(payload)

    def _extend(self, data: bytes, *, final: bool) -> None:
        # text must be UTF-8 once it is inflated, not before
        if self._compressed and self._inflater is not None:
            self._extend_inflated(self._inflater, data, final=final)
            return
        try:
            self._extend_plain(data, final=final)
        except ProtocolError as error:
            raise error.moved(self._previewed or 0) from None

    def _extend_plain(self, data: bytes, *, final: bool) -> None:
        # judged before it is kept: text that cannot become right is not gathered
        if self.opcode == Opcode.TEXT:
            self._text = self._text or Utf8()
            self._text.decode(data, final=final)
        self._payload.add(data)

    def _extend_inflated(self, inflater: Inflater, data: bytes, *, final: bool) -> None:
        # what is wrong in the inflated bytes has no place on the wire: the error names the payload's beginning
        try:
            for plain in inflater.inflate(data, self.max_message, last=final, before=self._payload.size):
                self._extend_plain(plain, final=False)
            self._extend_plain(b"", final=final)
        except ProtocolError as error:
            raise ProtocolError(error.rule, Offset(0), error.found, error.expected) from None

    def _finish(self) -> str | bytes:
        # §5.6: a fragment may hold "a partial UTF-8 sequence; however, the whole message MUST contain valid UTF-8":
        # it does, each fragment was judged, and the text is decoded from the whole
        payload, binary = self._payload.join(), self.opcode == Opcode.BINARY
        self.opcode, self._text, self._payload, self._size = None, None, _Blocks(), 0
        return payload if binary else payload.decode()


def read_text(payload: bytes) -> str:
    """A whole text message; `ProtocolError` at the first byte that is no UTF-8 (§8.1)."""
    # Python's own decoder is the quickest judge; the slow one is only asked where it refused
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return Utf8().decode(payload, final=True)  # fails again, and says where


def read_close(payload: bytes) -> CloseBody:
    """What the body of a Close frame says (§5.5.1); `ProtocolError` where it is illegal."""
    # §5.5.1: a Close "MAY contain a body"; if it does, that begins with a code, and a reason in UTF-8 may follow
    if not payload:
        return CloseBody(CloseCode.NO_STATUS_RCVD, "")
    if len(payload) == 1:
        raise ProtocolError(RULES["close-body-length"], Offset(0), "one byte", "no byte, or two and more")
    code, reason = _code_and_reason(payload)
    # §7.4.1: 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame". The others that we refuse
    # are refused by nobody's MUST; §7.4.2 gives them no meaning
    if not may_be_sent(code):
        rule = RULES["close-code-valid" if code in NEVER_ON_THE_WIRE else "close-code-known"]
        raise ProtocolError(rule, Offset(0), f"the code {describe_code(code)}", "one that may be sent")
    try:
        return CloseBody(code, Utf8(RULES["close-reason-utf8"]).decode(reason, final=True))
    except ProtocolError as error:
        raise error.moved(2) from None


# --- what we send ---------------------------------------------------------------------------


class OwnMessage:
    """The fragmented message that we are sending, if any: `kind` is text or binary, None between messages.

    A fragment is made first and counts only when it goes out (`took`): a refusal in between changes nothing.
    """

    def __init__(self) -> None:
        self.kind: Opcode | None = None
        self._text: Utf8 | None = None

    def check_between_messages(self) -> None:
        """`LocalProtocolError` inside a fragmented message."""
        # §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message"
        if self.kind is not None:
            found = "a new message inside a fragmented one"
            raise LocalProtocolError(RULES["local-message-order"], found, "its next fragment")

    def next_frame(self, data: str | bytes, fin: bool, opcode: Opcode | None) -> Frame:
        """The next fragment; nothing is remembered of it until it goes out."""
        # §5.4: the first fragment has the type, all others are continuations
        if self.kind is None:
            kind = self._first_kind(data, opcode)
        else:
            kind = Opcode.CONTINUATION
            if opcode not in (None, kind, self.kind):
                self.check_between_messages()
        return Frame(kind, encode(data) if isinstance(data, str) else data, fin=fin)

    def took(self, frame: Frame) -> None:
        """The fragment goes out; `LocalProtocolError` where its bytes cannot continue the text (§8.1)."""
        # §5.6: a fragment of a text may end inside a character, so the decoder goes on from one to the next
        kind, text = (Opcode(frame.opcode) if self.kind is None else self.kind), self._text or Utf8()
        if kind is Opcode.TEXT:
            try:
                text.decode(frame.payload, final=frame.fin)
            except ProtocolError as error:
                raise LocalProtocolError(RULES["local-text"], error.found, error.expected) from None
        self.kind, self._text = (None, None) if frame.fin else (kind, text)

    def _first_kind(self, data: str | bytes, opcode: Opcode | None) -> Opcode:
        if opcode is None:
            return Opcode.TEXT if isinstance(data, str) else Opcode.BINARY
        if opcode not in (Opcode.TEXT, Opcode.BINARY):
            found = f"opcode 0x{opcode:X} at the beginning of a message"
            raise LocalProtocolError(RULES["local-message-order"], found, "text or binary")
        return opcode
