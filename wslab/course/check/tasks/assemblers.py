"""Functions that make messages of frames in a wrong way, as people do (`assemble`).

Left out: the cases, and where results differ (`assemble`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wslab.course.check.task import Mistake
from wslab.protocol.codes import Opcode
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames import Frame
from wslab.protocol.messages import MessageAssembler
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES

__all__ = ["APART", "CONTROL", "MISTAKES", "RESERVED", "STARTS", "UTF8", "WAY", "Fragment", "right_messages"]

Fragment = tuple[bool, int, bytes]

STARTS, APART, UTF8, CONTROL, RESERVED = (
    "continuation-needs-start",
    "messages-do-not-interleave",
    "text-is-utf8",
    "control-fragmented",
    "reserved-opcode",
)


def right_messages(frames: Sequence[Fragment]) -> list[str | bytes]:
    """The right messages; ValueError with the `ProtocolError` as its cause where the frames are illegal."""
    assembler = MessageAssembler()
    messages = []
    try:
        for fin, opcode, payload in frames:
            _check(fin, opcode)
            if opcode < Opcode.CLOSE:
                message = assembler.add(Frame(opcode, payload, fin=fin))
                messages += [] if message is None else [message]
    except ProtocolError as error:
        raise ValueError(str(error)) from error
    return messages


def _check(fin: bool, opcode: int) -> None:
    if opcode not in tuple(Opcode):
        raise ProtocolError(RULES[RESERVED], Offset(0, 4), f"the opcode 0x{opcode:X}", "one that exists")
    if opcode >= Opcode.CLOSE and not fin:
        raise ProtocolError(RULES[CONTROL], Offset(0, 0), "FIN 0", "FIN 1")


# ---- assemblers with a mistake


@dataclass(frozen=True)
class _Assembler:
    """An assembler in the simplest way; each field is a part of it that can be wrong."""

    decode: Callable[[bytes], Any] = lambda data: data.decode()
    binary: Callable[[bytes], Any] = bytes
    ends: Callable[[bool], bool] = bool
    control: str = "skipped"
    """Or `kept` (as messages), `ends` (the message begins anew behind it), `refused` (within a message)."""
    piecewise: bool = False
    kind_of_last: bool = False
    unstarted: str = "refused"
    """A continuation of nothing; or `kept` as a binary message, or `skipped`."""
    second: str = "refused"
    """A message within another one; or `joined` to it, or `replaces` it."""
    clears: bool = True
    unfinished: str = "left"
    """What is not finished at the end; or `given`, or `refused`."""
    keeps_empty: bool = True
    unchecked: str = ""

    def __call__(self, frames: Sequence[Fragment]) -> list[Any]:
        """Assemble, with what is wrong here."""
        messages: list[Any] = []
        kind: int | None = None
        parts: list[bytes] = []
        for fin, opcode, payload in frames:
            self._check(fin, opcode)
            if opcode >= 8:
                if self.control == "kept":
                    messages.append(payload)
                if self.control == "ends":
                    kind, parts = None, []
                if self.control == "refused" and kind is not None:
                    raise ValueError
                continue
            if opcode == 0:
                if kind is None:
                    if self.unstarted == "refused":
                        raise ValueError
                    if self.unstarted == "skipped":
                        continue
                    kind = 2
            elif kind is not None:
                if self.second == "refused":
                    raise ValueError
                if self.second == "replaces":
                    kind, parts = opcode, []
            else:
                kind = opcode
            parts.append(payload)
            if self.ends(fin):
                of = opcode if self.kind_of_last else kind
                if self.keeps_empty or any(parts):
                    messages.append(self._whole(of, parts))
                kind, parts = None, [] if self.clears else parts
        if kind is not None and self.unfinished == "given":
            messages.append(self._whole(kind, parts))
        if kind is not None and self.unfinished == "refused":
            raise ValueError
        return messages

    def _check(self, fin: bool, opcode: int) -> None:
        if opcode not in (0, 1, 2, 8, 9, 10) and self.unchecked != RESERVED:
            raise ValueError
        if opcode >= 8 and not fin and self.unchecked != CONTROL:
            raise ValueError

    def _whole(self, kind: int, parts: list[bytes]) -> Any:
        if kind != 1:
            return self.binary(b"".join(parts))
        return "".join(map(self.decode, parts)) if self.piecewise else self.decode(b"".join(parts))


def _other(change: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    """The right messages, in another form."""
    return lambda frames: change(right_messages(frames))


def _quiet(frames: Sequence[Fragment]) -> Any:
    """As many messages as there are before the first mistake."""
    for size in range(len(frames), -1, -1):
        try:
            return right_messages(frames[:size])
        except ValueError:
            continue
    return []


def _mistake(name: str, rule: str, function: Callable[[Any], Any], title: str, hint: str, bigger: str = "") -> Mistake:
    return Mistake(name, rule, function, title, hint, bigger or WAY)


WAY = (
    "Keep the opcode and the parts of the message that has begun. A continuation adds a part; FIN ends the message: "
    "join the parts, then decode if it is text (§5.4)."
)
_REFUSE = "Ask that for each frame before anything is kept, and raise ValueError."

MISTAKES = (
    _mistake(
        "decoded-piecewise",
        UTF8,
        _Assembler(piecewise=True),
        "Each fragment is decoded by itself.",
        "A fragment may end inside of a character: join the bytes first, then decode (§5.6).",
    ),
    _mistake(
        "latin-1",
        UTF8,
        _Assembler(decode=lambda data: data.decode("latin-1")),
        "Text is decoded as Latin-1.",
        "Text is UTF-8: .decode() (§5.6).",
    ),
    _mistake(
        "utf-16",
        UTF8,
        _Assembler(decode=lambda data: data.decode("utf-16-le")),
        "Text is decoded as UTF-16.",
        "Text is UTF-8: .decode() (§5.6).",
    ),
    _mistake(
        "errors-ignored",
        UTF8,
        _Assembler(decode=lambda data: data.decode(errors="ignore")),
        "Bytes that are no UTF-8 are left out.",
        "A text message must be valid as a whole; .decode() without `errors` raises ValueError (§8.1).",
    ),
    _mistake(
        "errors-replaced",
        UTF8,
        _Assembler(decode=lambda data: data.decode(errors="replace")),
        "Bytes that are no UTF-8 are replaced by a sign.",
        "A text message must be valid as a whole; .decode() without `errors` raises ValueError (§8.1).",
    ),
    _mistake(
        "surrogates",
        UTF8,
        _Assembler(decode=lambda data: data.decode(errors="surrogatepass")),
        "Surrogates are accepted.",
        "Their three bytes are no UTF-8: .decode() without `errors` refuses them (§8.1).",
    ),
    _mistake(
        "text-as-bytes",
        UTF8,
        _Assembler(decode=bytes),
        "A text message is given as bytes.",
        "Opcode 1 is text: str; opcode 2 is binary: bytes (§5.6).",
    ),
    _mistake(
        "binary-as-text",
        UTF8,
        _Assembler(binary=lambda data: data.decode("latin-1")),
        "A binary message is given as text.",
        "Opcode 1 is text: str; opcode 2 is binary: bytes (§5.6).",
    ),
    _mistake(
        "binary-as-utf-8",
        UTF8,
        _Assembler(binary=lambda data: data.decode()),
        "A binary message is decoded as text.",
        "Opcode 1 is text: str; opcode 2 is binary: bytes (§5.6).",
    ),
    _mistake(
        "kind-of-last-frame",
        STARTS,
        _Assembler(kind_of_last=True),
        "The kind of a message is taken from its last frame.",
        "That is a continuation, opcode 0: the first frame says whether it is text (§5.4).",
    ),
    _mistake(
        "fin-ignored",
        STARTS,
        _Assembler(ends=lambda fin: True),
        "Every frame ends a message.",
        "Without FIN the message goes on in the next frame.",
    ),
    _mistake(
        "fin-inverted",
        STARTS,
        _Assembler(ends=lambda fin: not fin),
        "A frame without FIN ends the message.",
        "FIN is True on the last fragment.",
    ),
    _mistake(
        "not-cleared",
        APART,
        _Assembler(clears=False),
        "A message begins with the bytes of the one before it.",
        "Forget the parts when the message is done.",
    ),
    _mistake(
        "control-kept",
        CONTROL,
        _Assembler(control="kept"),
        "Control frames are in the list.",
        "Close, Ping and Pong, opcodes from 8 on, are no messages (§5.5).",
    ),
    _mistake(
        "control-ends-message",
        CONTROL,
        _Assembler(control="ends"),
        "A control frame makes it forget the message that has begun.",
        "A Ping may come between two fragments: the message goes on behind it (§5.4).",
    ),
    _mistake(
        "control-refused",
        CONTROL,
        _Assembler(control="refused"),
        "A control frame between fragments is refused.",
        "A Ping may come there, so that it need not wait for a long message (§5.4).",
    ),
    _mistake(
        "control-fragmented",
        CONTROL,
        _Assembler(unchecked=CONTROL),
        "It accepts a control frame without FIN.",
        "A control frame is never fragmented (§5.5).",
        _REFUSE,
    ),
    _mistake(
        "reserved-opcode",
        RESERVED,
        _Assembler(unchecked=RESERVED),
        "It accepts opcodes that are reserved.",
        "Legal are 0, 1, 2, 8, 9 and 10 (§5.2).",
        _REFUSE,
    ),
    _mistake(
        "reserved-opcode",
        RESERVED,
        lambda frames: right_messages([each for each in frames if each[1] in (0, 1, 2, 8, 9, 10)]),
        "It leaves out frames whose opcode is reserved.",
        "They are illegal, and the rest cannot be trusted: legal are 0, 1, 2, 8, 9 and 10 (§5.2).",
        _REFUSE,
    ),
    _mistake(
        "continuation-kept",
        STARTS,
        _Assembler(unstarted="kept"),
        "A continuation of no message begins one.",
        "Opcode 0 must continue a message that has begun (§5.4).",
        _REFUSE,
    ),
    _mistake(
        "continuation-skipped",
        STARTS,
        _Assembler(unstarted="skipped"),
        "A continuation of no message is left out.",
        "It is illegal, and the rest cannot be trusted (§5.4).",
        _REFUSE,
    ),
    _mistake(
        "messages-joined",
        APART,
        _Assembler(second="joined"),
        "A new message within another one is joined to it.",
        "A message must be finished before the next begins (§5.4).",
        _REFUSE,
    ),
    _mistake(
        "message-replaced",
        APART,
        _Assembler(second="replaces"),
        "A new message within another one takes its place.",
        "A message must be finished before the next begins (§5.4).",
        _REFUSE,
    ),
    _mistake(
        "unfinished-given",
        STARTS,
        _Assembler(unfinished="given"),
        "A message that is not finished is in the list.",
        "Its end is still to come: leave it out.",
    ),
    _mistake(
        "unfinished-refused",
        STARTS,
        _Assembler(unfinished="refused"),
        "A message that is not finished is refused.",
        "That is legal: its end is still to come. Leave it out.",
    ),
    _mistake(
        "empty-lost",
        STARTS,
        _Assembler(keeps_empty=False),
        "An empty message is left out.",
        "A message may have no bytes: '' or b''. Ask for None, not whether there are bytes.",
    ),
    _mistake(
        "first-only",
        APART,
        _other(lambda messages: messages[:1]),
        "It gives the first message alone.",
        "`return` within the loop ends it: collect all messages first.",
    ),
    _mistake(
        "last-only",
        APART,
        _other(lambda messages: messages[-1:]),
        "It gives the last message alone.",
        "Append each message to the list.",
    ),
    _mistake(
        "all-joined",
        APART,
        _other(lambda messages: ["".join(map(str, messages))] if messages else []),
        "All messages are joined into one.",
        "Each message is an item of the list.",
    ),
    _mistake(
        "refuses-nothing",
        STARTS,
        _quiet,
        "It stops without an error where the frames are illegal.",
        "Raise ValueError there: who calls it has to fail the connection.",
        _REFUSE,
    ),
)
