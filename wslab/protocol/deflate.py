"""permessage-deflate (RFC 7692): messages made smaller, and read again without being drowned.

How it works:

- Negotiation. A client offers; a server takes the first offer that it can honour and answers with what will hold; the
  client checks the answer against its offers. An illegal offer is declined and is no error (RFC 7692 §7); an illegal
  answer fails the connection.
- Sending. Each message is deflated and flushed, and loses the four bytes with which every flush ends
  (RFC 7692 §7.2.1).
- Receiving. The four bytes are put back. Inflating stops at a limit *while* it inflates: a bomb never fills the memory.
- The window goes on from message to message, unless the handshake agreed that it does not. A compressor or decompressor
  is made when the first message needs it, so that an idle connection costs no window.
- A DEFLATE block may say that it is the last (BFINAL, RFC 7692 §7.2.3.4). For zlib the stream then ends, for a message
  it does not: a new stream follows, with the same window, for RFC 7692 §7.2.2 asks for the window "used to process the
  last compressed message". zlib does not give its window out, so `Inflater` keeps the newest bytes itself.

The work of `Inflater` grows with the bytes that come in and go out, and with nothing else: input is taken in slices, so
that what zlib gives back is short, and a message may end its stream only `MAX_FINAL_BLOCKS` times.

zlib writes no raw DEFLATE with a window of 8 bits, so `Deflater` takes 9. Its matches never reach back further than the
window less 262 bytes, which is 250, so what it makes can be read with 8.

What this module leaves out: other extensions, and a preset dictionary (the RFC has none).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.extensions import Extension
from wslab.protocol.numbers import size_in_words
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES, Rule

NAME = "permessage-deflate"

MAX_FINAL_BLOCKS = 1000
"""DEFLATE blocks of one message that may say that they are the last: each costs a new stream."""

ANSWER_RULES = tuple(
    RULES[f"deflate-{name}"]
    for name in (
        *("parameter-known", "parameter-once", "parameter-value"),
        *("answer-once", "answer-client-bits", "answer-takeover", "answer-server-bits"),
    )
)
"""What an answer can break, in the order in which it is checked."""

_TAIL = b"\x00\x00\xff\xff"  # ends every sync flush; never travels (RFC 7692 §7.2.1)
_STEP = 64 * 1024  # bytes that are inflated in one go
_SLICE = 16 * 1024  # compressed bytes that are given to zlib in one go
_STREAM = 2 * 1024  # bytes that are inflated in the time that a new stream takes
_BITS = re.compile(r"[89]|1[0-5]")
_PARAMETERS = (
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
)


@dataclass(frozen=True, slots=True)
class Deflate:
    """What one side wants, or what both agreed on (RFC 7692 §7.1).

    `*_max_window_bits` (8 to 15) limit the window that this side compresses with;
    `*_no_context_takeover` makes it forget the window after each message: less memory, less compression.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15

    def __post_init__(self) -> None:
        for bits in (self.server_max_window_bits, self.client_max_window_bits):
            if not 8 <= bits <= 15:
                raise ValueError(f"a window has 8 to 15 bits (RFC 7692 §7.1.2), not {bits}")

    def offer(self) -> Extension:
        """What a client writes into its request; its own window is always on offer, so that a server may limit it."""
        # RFC 7692 §7.1.2.2: without a value it only says that the client can do with a smaller window
        bits = None if self.client_max_window_bits == 15 else str(self.client_max_window_bits)
        return Extension(NAME, (*self._common(), ("client_max_window_bits", bits)))

    def answer(self, offer: Extension) -> Extension:
        """What a server writes into its answer to `offer`."""
        return Extension(NAME, tuple(self._answered({name for name, _ in offer.parameters})))

    def _answered(self, offered: Set[str]) -> Iterator[tuple[str, str | None]]:
        # RFC 7692 §7.1.2.1: a server accepts a limit of its window "by including the "server_max_window_bits"
        # extension parameter" in its answer, also where the limit is 15, which limits nothing
        yield from self._common(named="server_max_window_bits" in offered)
        # RFC 7692 §7.1.2.2: without `client_max_window_bits` in the offer the answer "MUST NOT" have it
        if "client_max_window_bits" in offered and self.client_max_window_bits < 15:
            yield "client_max_window_bits", str(self.client_max_window_bits)

    def _common(self, *, named: bool = False) -> Iterator[tuple[str, str | None]]:
        if self.server_no_context_takeover:
            yield "server_no_context_takeover", None
        if self.client_no_context_takeover:
            yield "client_no_context_takeover", None
        if named or self.server_max_window_bits < 15:
            yield "server_max_window_bits", str(self.server_max_window_bits)


class ExtensionFault(NamedTuple):
    """What is wrong with an element: the rule, and what was found and expected, in words."""

    rule: Rule
    found: str
    expected: str


def find_fault(extension: Extension, sender: Role) -> ExtensionFault | None:
    """What is illegal in one element by itself; None where it is legal (RFC 7692 §7.1)."""
    # RFC 7692 §7: a parameter that is not defined, that has an invalid value or that comes more than once. For each of
    # them "A server MUST decline an extension negotiation offer", and a client fails the connection
    seen = set()
    for name, value in extension.parameters:
        if name not in _PARAMETERS:
            return ExtensionFault(RULES["deflate-parameter-known"], f"`{name}`", "one of the four parameters")
        if name in seen:
            return ExtensionFault(RULES["deflate-parameter-once"], f"`{name}` twice", "it once")
        if not _legal_value(name, value, sender):
            found = f"`{name}`" if value is None else f"`{name}={value}`"
            return ExtensionFault(RULES["deflate-parameter-value"], found, _expected_value(name))
        seen.add(name)
    return None


def _legal_value(name: str, value: str | None, sender: Role) -> bool:
    # RFC 7692 §7.1.1: the two about takeover never have a value
    # RFC 7692 §7.1.2: a window has "a decimal integer value without leading zeroes between 8 to 15, inclusive"
    if name.endswith("takeover"):
        return value is None
    if value is None:  # only a client's offer may leave it open, and only for its own window
        return name == "client_max_window_bits" and sender is Role.CLIENT
    return _BITS.fullmatch(value) is not None


def _expected_value(name: str) -> str:
    return "it without a value" if name.endswith("takeover") else "a number from 8 to 15"


def choose(offers: Sequence[Extension], wanted: Deflate) -> tuple[Deflate, Extension] | None:
    """The server's half: the first legal offer, what will hold, and the answer to write; None to decline all."""
    for offer in offers:
        # RFC 7692 §5: a client lists its offers in order of preference, so the first that can be honoured is taken
        if offer.name == NAME and find_fault(offer, Role.CLIENT) is None:
            asked = dict(offer.parameters)
            agreed = _agree(asked, wanted)
            return agreed, agreed.answer(offer)
    return None


def _agree(asked: dict[str, str | None], wanted: Deflate) -> Deflate:
    # a wish of either side for no takeover holds, and of two windows the smaller; the client's window may only be
    # limited where it said that it can be
    client_bits = wanted.client_max_window_bits if "client_max_window_bits" in asked else 15
    return Deflate(
        server_no_context_takeover=wanted.server_no_context_takeover or "server_no_context_takeover" in asked,
        client_no_context_takeover=wanted.client_no_context_takeover or "client_no_context_takeover" in asked,
        server_max_window_bits=min(wanted.server_max_window_bits, _bits(asked, "server_max_window_bits")),
        client_max_window_bits=min(client_bits, _bits(asked, "client_max_window_bits")),
    )


def _bits(parameters: dict[str, str | None], name: str) -> int:
    return int(parameters.get(name) or 15)


def check_answers(chosen: Sequence[Extension], offers: Sequence[Extension]) -> ExtensionFault | None:
    """The client's half: what is illegal in an answer, by itself or against the offers; None where it may stand."""
    # RFC 7692 §7: "A client MUST _Fail the WebSocket Connection_ if the peer server accepted an extension negotiation
    # offer for this extension with an extension negotiation response meeting any of the following conditions": here and
    # in `_against_offer`
    answers = [each for each in chosen if each.name == NAME]
    if len(answers) > 1:
        return ExtensionFault(RULES["deflate-answer-once"], f"{NAME} {len(answers)} times", "it once")
    return _check_answer(answers[0], offers) if answers else None


def _check_answer(answer: Extension, offers: Sequence[Extension]) -> ExtensionFault | None:
    fault = find_fault(answer, Role.SERVER)
    ours = [dict(offer.parameters) for offer in offers if offer.name == NAME]
    if fault is not None or not ours:
        return fault
    # an answer does not say which offer it takes: it stands if it fits any of them
    faults = [_against_offer(dict(answer.parameters), offer) for offer in ours]
    return None if None in faults else faults[0]


def _against_offer(got: dict[str, str | None], offer: dict[str, str | None]) -> ExtensionFault | None:
    # RFC 7692 §7.1.2.2: without `client_max_window_bits` in the offer the answer must not have it
    if "client_max_window_bits" in got and "client_max_window_bits" not in offer:
        expected = "none, for it was not offered"
        return ExtensionFault(RULES["deflate-answer-client-bits"], "`client_max_window_bits`", expected)
    # RFC 7692 §7.1.1.1: a server that accepts an offer with this parameter has it in its answer
    if "server_no_context_takeover" in offer and "server_no_context_takeover" not in got:
        found = "no `server_no_context_takeover`"
        return ExtensionFault(RULES["deflate-answer-takeover"], found, "it, for it was asked for")
    return _against_server_bits(got, offer) if "server_max_window_bits" in offer else None


def _against_server_bits(got: dict[str, str | None], offer: dict[str, str | None]) -> ExtensionFault | None:
    # RFC 7692 §7.1.2.1: a server accepts the limit "by including the "server_max_window_bits" extension parameter in
    # the extension negotiation response to send back to the client with the same or smaller value as the offer"
    most = _bits(offer, "server_max_window_bits")
    if "server_max_window_bits" not in got:
        found = "no `server_max_window_bits`"
    elif _bits(got, "server_max_window_bits") > most:
        found = f"a window of {_bits(got, 'server_max_window_bits')} bits"
    else:
        return None
    # a larger `client_max_window_bits` is no fault: the offer's is a hint, and a server may "ignore this value"
    # (RFC 7692 §7.1.2.2); the client then compresses with the smaller of the two
    return ExtensionFault(RULES["deflate-answer-server-bits"], found, f"`server_max_window_bits` of at most {most}")


def agreed_by(answer: Extension, offer: Extension) -> Deflate:
    """What holds for a client once the answer has passed its checks."""
    # RFC 7692 §7.1.1.2: a client that offered `client_no_context_takeover` keeps to it even if the answer is silent
    got, asked = dict(answer.parameters), dict(offer.parameters)
    return Deflate(
        server_no_context_takeover="server_no_context_takeover" in got,
        client_no_context_takeover="client_no_context_takeover" in got or "client_no_context_takeover" in asked,
        server_max_window_bits=_bits(got, "server_max_window_bits"),
        client_max_window_bits=min(_bits(got, "client_max_window_bits"), _bits(asked, "client_max_window_bits")),
    )


class _Head(Protocol):
    """A request or an answer of the handshake, as far as this module knows it."""

    @property
    def extensions(self) -> list[Extension]: ...


def agreed_on(request: _Head, response: _Head) -> Deflate | None:
    """What a handshake that passed its checks agreed on; None where the messages stay as they are."""
    answer = next((each for each in response.extensions if each.name == NAME), None)
    if answer is None:
        return None
    offers = [each for each in request.extensions if each.name == NAME]
    # the first offer that the answer fits is the one that was taken
    fitting = (offer for offer in offers if _check_answer(answer, [offer]) is None)
    return agreed_by(answer, next(fitting, Extension(NAME)))


class Deflater:
    """One direction's sending half: whole messages in, their compressed payloads out."""

    def __init__(self, agreed: Deflate, role: Role) -> None:
        own = role.value
        self._bits = max(getattr(agreed, f"{own}_max_window_bits"), 9)  # see the top: zlib's 9 can be read with 8
        self._forget = getattr(agreed, f"{own}_no_context_takeover")
        self._zlib: zlib._Compress | None = None

    def deflate(self, data: bytes, *, last: bool = True) -> bytes:
        """The compressed form of a message, or of one of its fragments (RFC 7692 §7.2.1)."""
        # only now: zlib takes up to 256 KiB for it, and many connections never send a message
        if self._zlib is None:
            self._zlib = zlib.compressobj(wbits=-self._bits)
        # a sync flush ends at a whole byte, so that this much can be read before more comes
        out = self._zlib.compress(data) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        if last:
            # RFC 7692 §7.2.1: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
            out = out.removesuffix(_TAIL) or b"\x00"  # an empty message is one zero byte (RFC 7692 §7.2.3.6)
            if self._forget:
                self._zlib = None
        return out


class Inflater:
    """One direction's receiving half: compressed payload in, bytes out, never more than a limit per message."""

    def __init__(self, agreed: Deflate, role: Role) -> None:
        peer = role.peer.value
        self._bits = getattr(agreed, f"{peer}_max_window_bits")
        self._forget = getattr(agreed, f"{peer}_no_context_takeover")
        self._zlib: zlib._Decompress | None = None
        self._window = bytearray()  # the newest bytes that came out; the last 2 ** bits of them are the window
        self._final_blocks = 0  # of the message so far
        self.work = 0
        """What was done so far, in bytes that came out; each final block counts as some, for it takes as long."""

    def inflate(self, data: bytes, limit: int, *, last: bool, before: int = 0) -> Iterator[bytes]:
        """The bytes that `data` inflates to, in chunks of at most 64 KiB.

        `limit` is for the whole message, of which `before` bytes came out already; `last` says that it ends here.
        Raises `ProtocolError` where the data is no DEFLATE stream, where it has too many final blocks, or as soon as
        more than `limit` bytes came out of the message.
        """
        room = limit - before
        for chunk in self._chunks(data, last):
            room -= len(chunk)
            if room < 0:
                found = f"a message that inflates to more than {size_in_words(limit, grouped=False)}"
                raise ProtocolError(RULES["inflated-too-big"], Offset(0), found, f"at most {limit}")
            yield chunk
        if last:
            self._end_message()

    def _end_message(self) -> None:
        self._final_blocks = 0
        # RFC 7692 §7.1.1: without context takeover each message begins with an empty window
        if self._forget:
            self._zlib = None
            self._window.clear()

    def _chunks(self, data: bytes, last: bool) -> Iterator[bytes]:
        for part, ends in _slices(data, last):
            rest = part
            while rest:
                if self._zlib is None:
                    # where the message ends behind a final block, no stream is open, and the tail has nothing to end
                    if ends and self._final_blocks and rest == _TAIL:
                        return
                    self._zlib = self._new_stream()
                chunk = self._step(self._zlib, rest)
                self._remember(chunk)
                yield chunk
                rest = self._behind(self._zlib) if self._zlib.eof else self._zlib.unconsumed_tail

    def _new_stream(self) -> zlib._Decompress:
        if not self._window:
            return zlib.decompressobj(wbits=-self._bits)
        return zlib.decompressobj(wbits=-self._bits, zdict=self._window[-(1 << self._bits) :])

    def _step(self, inflater: zlib._Decompress, data: bytes) -> bytes:
        # at most `_STEP` bytes come out; what is not read yet waits in `unconsumed_tail`
        try:
            return inflater.decompress(data, _STEP)
        except zlib.error as error:
            found = str(error).rpartition(": ")[2]
            raise ProtocolError(RULES["deflate-data"], Offset(0), found, "a DEFLATE stream in the window") from None

    def _remember(self, chunk: bytes) -> None:
        window, size = self._window, 1 << self._bits
        self.work += len(chunk)
        window += chunk
        if len(window) > 2 * size:  # not sooner: so each byte is moved once at most
            del window[:-size]

    def _behind(self, inflater: zlib._Decompress) -> bytes:
        """What stands behind a final block: inside a message it is legal, and a new stream follows it."""
        self._zlib = None
        self._final_blocks += 1
        self.work += _STREAM
        if self._final_blocks > MAX_FINAL_BLOCKS:
            found = f"more than {MAX_FINAL_BLOCKS} final blocks"
            raise ProtocolError(RULES["deflate-final-blocks"], Offset(0), found, f"at most {MAX_FINAL_BLOCKS}")
        return inflater.unused_data


def _slices(data: bytes, last: bool) -> Iterable[tuple[bytes, bool]]:
    """A payload cut for zlib, each part with whether the message ends with it; the last part then has the tail."""
    # RFC 7692 §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message"
    if len(data) <= _SLICE:
        return ((data + _TAIL if last else data, last),)
    end = (len(data) - 1) // _SLICE * _SLICE  # where the last part begins
    parts = ((data[begin : begin + _SLICE], False) for begin in range(0, end, _SLICE))
    return (*parts, (data[end:] + _TAIL if last else data[end:], last))
