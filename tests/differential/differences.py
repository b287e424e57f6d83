"""Why two readers may disagree, each reason with its name; whatever has none is a fault of ours or news of theirs.

Rules of this module: a reason is proved, not assumed. A *fix* changes the stream in the one thing that the reason is
about (or lifts the limits), and then both must agree, or what is left must have a reason of its own. The others are
*codes*: both refuse the same frame, and the table below names our rule and their code. README.md explains each by
the section that decides it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from wslab.protocol import Deflate, Role
from wslab.protocol.masking import apply_mask

from .readers import Ours, Reader, Websockets, Wsproto
from .streams import LIMIT, Stream

NO_LIMIT = {"websockets": (1 << 63) - 1, "wsproto": 1 << 70}  # what zlib takes as one; and above every sum
MOST_REASONS = 5

_TOO_BIG = ("frame-too-big", "message-too-big", "inflated-too-big")


@dataclass
class Case:
    """One stream read twice, with what both made of it."""

    stream: Stream
    theirs_is: type[Websockets] | type[Wsproto]
    limit: int = LIMIT

    def __post_init__(self) -> None:
        self.ours = Ours(self.stream.role, self.stream.deflate, self.limit)
        self.theirs: Websockets | Wsproto = self.theirs_is(self.stream.role, self.stream.deflate, self.limit)
        for chunk in self.stream.chunks:
            self.ours.feed(chunk)
            self.theirs.feed(chunk)

    @property
    def agrees(self) -> bool:
        """Whether messages, Pings, Pongs and the end are the same."""
        return self.ours.happened == self.theirs.happened and self.ours.end == self.theirs.end

    def changed(self, data: bytes) -> Case:
        """The same with other bytes."""
        return replace(self, stream=self.stream._replace(chunks=(data,)))


def reasons(case: Case, depth: int = MOST_REASONS) -> list[str] | None:
    """The names of the reasons for which both disagree: none where they agree, None where nothing explains it."""
    if case.agrees:
        return []
    if (name := _code(case)) is not None:
        return [name]
    for name, fix in _FIXES[case.theirs.name].items():
        if depth and (fixed := fix(case)) is not None and (rest := reasons(fixed, depth - 1)) is not None:
            return [name, *rest]
    return None


# --- a stream cut into frames, whatever they are -------------------------------------------------


class Cut(NamedTuple):
    """One frame: where it begins, its header and payload as far as they are there, and how much is missing."""

    at: int
    first: int
    masked: bool
    key: bytes
    wide: int  # bytes of the extended length
    length: int
    payload: bytes  # as on the wire
    missing: bytes  # a filler that makes the frame whole; nothing where it is

    @property
    def opcode(self) -> int:
        """As on the wire."""
        return self.first & 15

    @property
    def plain(self) -> bytes:
        """The payload unmasked."""
        return apply_mask(self.payload, self.key) if self.masked and len(self.key) == 4 else self.payload

    def wire(self) -> bytes:
        """The frame with its length in the shortest form."""
        bit = 0x80 if self.masked else 0
        length = self.length
        if length < 126:
            head = bytes([self.first, bit | length])
        elif length < 65536:
            head = bytes([self.first, bit | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([self.first, bit | 127]) + length.to_bytes(8, "big")
        return head + self.key + self.payload


def cut_frames(data: bytes, role: Role) -> Iterator[Cut]:
    """Every frame of a stream."""
    at = 0
    while at < len(data):
        frame = _cut_frame(data, at, role)
        yield frame
        at += 2 + frame.wide + len(frame.key) + len(frame.payload)


def _cut_frame(data: bytes, at: int, role: Role) -> Cut:
    first, filler = data[at], b""
    if at + 1 == len(data):
        second = 0x80 if role is Role.SERVER else 0
        filler = bytes([second])
    else:
        second = data[at + 1]
    begin = at + 2
    wide = {126: 2, 127: 8}.get(second & 127, 0)
    raw = data[begin : begin + wide]
    filler += bytes(wide - len(raw))
    length = int.from_bytes(raw + bytes(wide - len(raw)), "big") if wide else second & 127
    key = data[begin + wide : begin + wide + 4] if second & 128 else b""
    filler += bytes(4 - len(key)) if second & 128 else b""
    start = begin + wide + len(key)
    payload = data[start : start + length]
    filler += bytes(length - len(payload)) if length <= 1 << 17 else b""
    return Cut(at, first, second > 127, key, wide, length, payload, filler)


# --- fixes: a stream without the thing that the two see differently -------------------------------


def _in_shortest_form(case: Case) -> Case | None:
    """`websockets` takes a length in any form; the RFC wants the shortest."""
    if case.ours.rule not in ("length-minimal", "control-too-long"):
        return None
    data = case.stream.data
    wrong = next(each for each in cut_frames(data, case.stream.role) if each.at == case.ours.refused_at - 1)
    if wrong.wide <= (0 if wrong.length < 126 else 2 if wrong.length < 65536 else 8):
        return None
    end = wrong.at + 2 + wrong.wide + len(wrong.key) + len(wrong.payload)
    return case.changed(data[: wrong.at] + wrong.wire() + data[end:])


def _without_limits(case: Case) -> Case | None:
    """A limit is a receiver's own, and how it counts too."""
    told = case.ours.rule in _TOO_BIG or case.theirs.end == ("failed", 1009)
    return replace(case, limit=NO_LIMIT[case.theirs.name]) if told and case.limit == LIMIT else None


def _made_whole(case: Case) -> Case | None:
    """We refuse at the first wrong bit, they once the frame or the message is whole."""
    if case.theirs.end is not None or case.ours.end is None or case.ours.end[0] != "failed":
        return None
    data, role = case.stream.data, case.stream.role
    *_, last = cut_frames(data, role)
    if last.missing:
        return case.changed(data + last.missing)
    if last.length > len(last.payload):  # too long to be filled: it ends where the data does
        return case.changed(data[: last.at] + last._replace(length=len(last.payload)).wire())
    if data.endswith(_final(role)):
        return None
    return case.changed(data + _final(role))


def _final(role: Role) -> bytes:
    return b"\x80\x80" + bytes(4) if role is Role.SERVER else b"\x80\x00"


def _text_as_binary(case: Case) -> Case | None:
    """`websockets` decodes a text when all of it is there; we fail it at the byte where it becomes impossible."""
    if case.ours.rule != "text-is-utf8" or _messages(case.ours) != _messages(case.theirs):
        return None
    return _with_first_bytes(case, lambda frame: frame.first ^ 3 if frame.opcode == 1 else frame.first)


def _messages(reader: Reader) -> list[object]:
    return [each for each in reader.happened if each[0] in ("text", "binary")]


def _with_first_bytes(case: Case, change: Callable[[Cut], int]) -> Case | None:
    data = bytearray(case.stream.data)
    for frame in cut_frames(bytes(data), case.stream.role):
        data[frame.at] = change(frame)
    return None if data == case.stream.data else case.changed(bytes(data))


def _controls_behind_fragments(case: Case) -> Case | None:
    """`wsproto` forgets that a message is compressed when a control frame comes between its fragments."""
    if case.stream.deflate is None:
        return None
    kept, inside = b"", False
    for frame in cut_frames(case.stream.data, case.stream.role):
        size = 2 + frame.wide + len(frame.key) + len(frame.payload)
        if frame.opcode in (9, 10) and inside and not frame.missing:
            continue
        if frame.opcode in (1, 2):
            inside = bool(frame.first & 0x40) and frame.first < 128
        elif frame.opcode == 0 and frame.first > 127:
            inside = False
        kept += case.stream.data[frame.at : frame.at + size]
    if len(kept) == len(case.stream.data):
        return None
    return case.changed(kept)


_FIXES: dict[str, dict[str, Callable[[Case], Case | None]]] = {
    "websockets": {
        "shortest-length": _in_shortest_form,
        "limits": _without_limits,
        "judged-later": _made_whole,
        "text-judged-whole": _text_as_binary,
    },
    "wsproto": {
        "limits": _without_limits,
        "judged-later": _made_whole,
        "control-inside-compressed": _controls_behind_fragments,
        "text-judged-whole": _text_as_binary,
    },
}


# --- codes: the same frame refused, for another of its faults ---------------------------------------


class Codes(NamedTuple):
    """`peer` answers `theirs` where we answer by `rule`."""

    peer: str
    rule: str
    theirs: int


def _code(case: Case) -> str | None:
    ours, theirs = case.ours, case.theirs
    if _has_final_block(case.stream):
        return "final-block"
    if ours.happened == theirs.happened and theirs.end is not None:
        if ours.end is not None and ours.end[0] == "close" and theirs.end == ("failed", 1002):
            return _refused_close(case)
        if ours.end is not None and ours.end[0] == theirs.end[0] == "failed":
            pair = Codes(theirs.name, ours.rule, int(theirs.end[1]))
            return next((name for name, pairs in CODES.items() if pair in pairs), None)
    return None


def _refused_close(case: Case) -> str | None:
    assert case.ours.end is not None
    if isinstance(case.theirs, Wsproto):
        return "close-1014" if case.ours.end[1] == 1014 else None
    return "close-inside-message" if case.theirs.inside_message else None


def _has_final_block(stream: Stream) -> bool:
    """Whether a compressed message holds a block that says it is the last (RFC 7692 §7.2.3.4)."""
    if stream.deflate is None:
        return False
    inflater, inside = _inflater(stream), False
    for frame in cut_frames(stream.data, stream.role):
        if frame.opcode in (1, 2):
            inside = bool(frame.first & 0x40)
        if frame.opcode in (0, 1, 2) and inside:
            tail = b"\x00\x00\xff\xff" if frame.first > 127 else b""
            try:
                inflater.decompress(frame.plain + tail)
            except zlib.error:
                return False
            if inflater.eof:
                return True
            if tail and _forgets(stream.deflate, stream.role.peer):
                inflater = _inflater(stream)
    return False


def _inflater(stream: Stream) -> zlib._Decompress:
    assert stream.deflate is not None
    return zlib.decompressobj(wbits=-getattr(stream.deflate, f"{stream.role.peer}_max_window_bits"))


def _forgets(agreed: Deflate, sender: Role) -> bool:
    return bool(getattr(agreed, f"{sender}_no_context_takeover"))


_JUDGED_BEHIND_SIZE = (
    "length-top-bit",
    "control-too-long",
    "control-fragmented",
    "reserved-bits",
    "rsv1-first-fragment",
    "continuation-needs-start",
    "messages-do-not-interleave",
    "deflate-data",
)

CODES: dict[str, frozenset[Codes]] = {
    "inflate-code": frozenset({Codes("websockets", "deflate-data", 1002)}),
    "size-first": frozenset(Codes("websockets", rule, 1009) for rule in _JUDGED_BEHIND_SIZE),
    "reason-first": frozenset(Codes("websockets", rule, 1007) for rule in ("close-code-valid", "close-code-known")),
    "inflated-first": frozenset({Codes("wsproto", "messages-do-not-interleave", 1007)}),
    "close-1014": frozenset({Codes("wsproto", "close-reason-utf8", 1002)}),
}

REASONS = frozenset({*CODES, "final-block", "close-inside-message"}.union(*_FIXES.values()))
"""Every name that `reasons` may give."""
