"""From bytes to names: every bit of a stream belongs to a field, legal or not.

How it works:

- The fields of an anatomy tile the data: no gap, no overlap, in order. Joined, they are the same bytes again. This
  holds for any input, from one byte to many frames.
- A field has the RFC's name. Where it breaks a rule, it carries that rule. To find out, each field is put before the
  parser with all its neighbours made legal, so that no rule is written twice and one violation does not hide the next.
- What a parser never reaches (behind a violation, in a frame that is cut off) is still cut as far as its header says.
- Where that is asked for, what is no frame by its look, such as HTML, is one part of one field (`causes`).
- Behind a response with another status than 101 comes a body of HTTP, and no frame (§1.3).
- Of frames the first `MOST_FRAMES` are cut into fields, of a head `MOST_FIELDS` fields; the rest is one field.
- Where compression was agreed on, the payload of a compressed message is shown as what it inflates to, up to a limit
  for all of them. The window continues from frame to frame, as it does at a receiver.

What this module leaves out: colours and words for a whole frame (`kinds`, `narration`), and whether the stream is
accepted (`verdict`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from wslab.explain.causes.foreign import STRAY, find_foreign
from wslab.explain.heads import head_pieces
from wslab.explain.hextext import short_hex
from wslab.explain.inflating import Compression
from wslab.explain.kinds import KINDS, Kind, kind_of_opcode
from wslab.explain.narration import size_in_words
from wslab.explain.openings import Opening, find_opening
from wslab.explain.verdict import verdict
from wslab.explain.words import OPCODES, close_code_words, is_readable, is_utf8, opcode_name, printable, quoted
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames.parser import read_header
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.masking import apply_mask
from wslab.protocol.messages import CloseBody
from wslab.protocol.rules import Rule, cite

__all__ = ["Anatomy", "Field", "Part", "anatomy", "wrong_bit"]

MAX_LENGTH = (1 << 63) - 1

_OF_TEXT = ("text-is-utf8", "close-reason-utf8")

MOST_FRAMES = 500
"""Frames that are cut into fields: 16 KiB can hold 8,192 of them, and no one reads so many."""

MOST_FOREIGN = 64 * 1024
"""Bytes that are looked at for the end of what is no frame."""

MOST_FIELDS = 1000
"""Fields that a head is cut into: 1 MiB can hold a million of them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One named run of bits. `start` and `size` count bits from the first byte of the data.

    `value` is short, `meaning` a phrase; `rule` is the rule that this field breaks, if any.
    """

    name: str
    start: int
    size: int
    value: str
    meaning: str
    section: str
    rule: Rule | None = None

    @property
    def end(self) -> int:
        """The bit behind the last one."""
        return self.start + self.size

    @property
    def reference(self) -> str:
        """The section as it is cited: `§5.2`, or `RFC 7692 §7.2`."""
        return cite(self.section)

    @property
    def bytes(self) -> range:
        """The bytes that hold at least one bit of the field."""
        return range(self.start // 8, (self.end + 7) // 8)


@dataclass(frozen=True, slots=True)
class Part:
    """One frame, one head, the body behind a refusal, what is no frame, or the rest behind very many frames.

    `plain` is the payload unmasked, as far as it is there. `missing` is how many bytes of the part are not there (0:
    whole): the rest of its header, its key and its payload. Where the length, or the end of a head, is among them, that
    is a lower limit, and `at_least` is True. `inflated` is what a compressed payload inflates to, None where it is not
    compressed or cannot be inflated.
    """

    kind: Kind
    name: str
    fields: tuple[Field, ...]
    plain: bytes = b""
    missing: int = 0
    inflated: bytes | None = None
    at_least: bool = False

    @property
    def start(self) -> int:
        """The first bit."""
        return self.fields[0].start

    @property
    def end(self) -> int:
        """The bit behind the last one."""
        return self.fields[-1].end

    @property
    def missing_words(self) -> str:
        """How much is missing: `5 bytes`, `at least 6 bytes`; empty where the part is whole."""
        if self.missing <= 0:
            return ""
        return f"{'at least ' * self.at_least}{size_in_words(self.missing)}"


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The parts of some data as a receiver in `role` must read them. `error` is the first violation, if any."""

    data: bytes
    role: Role
    parts: tuple[Part, ...]
    error: ProtocolError | None

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields in order."""
        return tuple(field for part in self.parts for field in part.fields)

    def at(self, bit: int) -> Field:
        """The field that owns a bit, counted from the first byte; IndexError outside the data."""
        for field in self.fields:
            if field.start <= bit < field.end:
                return field
        raise IndexError(f"bit {bit} lies outside the {len(self.data) * 8} bits of the data")

    def changed(self, field: Field, bits: int) -> bytes:
        """The data with other bits in one field; `OverflowError` for more bits than the field has."""
        if not 0 <= bits < 1 << field.size:
            raise OverflowError(f"{field.name} holds 0 to 2^{field.size} - 1, and {bits} does not fit it")
        behind = len(self.data) * 8 - field.end
        rest = int.from_bytes(self.data, "big") & ~(((1 << field.size) - 1) << behind)
        return (rest | bits << behind).to_bytes(len(self.data), "big")


def anatomy(
    data: bytes,
    role: Role,
    *,
    whole_stream: bool = True,
    deflate: Deflate | None = None,
    request: HandshakeRequest | None = None,
    foreign: bool = False,
) -> Anatomy:
    """Name every bit of `data`, as a receiver in `role` reads it.

    The data may begin with the head of a request or response; frames follow. With
    `whole_stream` the first frame is the first of the connection; without, each is judged alone.
    `deflate` is what the handshake agreed on (RFC 7692), if anything. A response is judged with its `request`, where
    that is given. With `foreign`, bytes that break a rule and look like something else, such as HTML, are one part.

    >>> [field.name for field in anatomy(bytes.fromhex("8100"), Role.CLIENT).fields]
    ['FIN', 'RSV1', 'RSV2', 'RSV3', 'opcode', 'MASK', 'Payload len']
    """
    opening = find_opening(data, role, request)
    error = verdict(data, role, whole_stream=whole_stream, deflate=deflate, request=request).error
    heads = () if opening is None else (_head_part(opening),)
    begin = heads[0].end // 8 if heads else 0
    if opening is not None and opening.refusal:
        frames = _body_parts(begin, opening.body_end, len(data))
    else:
        frames = tuple(_frame_parts(data, begin, role, deflate, error if foreign else None))
    if error is not None:
        bit = wrong_bit(error, {part.end for part in frames})
        frames = tuple(_with_rule(part, error.rule, bit) for part in frames)
    return Anatomy(data, role, heads + frames, error)


def wrong_bit(error: ProtocolError, ends: Collection[int]) -> int:
    """The first wrong bit; of a text that ends inside a character the last one, for what is behind it is not wrong.

    `ends` are the bits at which frames end, counted as the error counts.
    """
    bit = error.offset.byte * 8 + error.offset.bit
    return bit - 1 if error.rule.id in _OF_TEXT and bit in ends else bit


def _with_rule(part: Part, rule: Rule, bit: int) -> Part:
    """The part with the rule on the field that owns the bit."""
    fields = tuple(
        replace(field, rule=rule) if field.start <= bit < field.end and field.rule is None else field
        for field in part.fields
    )
    return replace(part, fields=fields)


# --- frames ---------------------------------------------------------------------------


def _frame_parts(
    data: bytes, begin: int, role: Role, deflate: Deflate | None, error: ProtocolError | None
) -> Iterator[Part]:
    reading = None if deflate is None else Compression(deflate, role)
    for _ in range(MOST_FRAMES):
        if begin >= len(data):
            return
        frame = _Frame(data, begin, role, reading)
        is_wrong = error is not None and (bool(frame.rules) or error.offset.byte == begin)
        part = (_foreign_part(data, begin, role, error) if error and is_wrong else None) or frame.part()
        yield part
        begin = part.end // 8
    if begin < len(data):
        meaning = f"behind the first {MOST_FRAMES} frames: judged, but not taken apart"
        yield _grey("the rest", "More frames", begin, len(data), meaning, "5.2")


def _body_parts(begin: int, end: int, last: int) -> tuple[Part, ...]:
    # §1.3: with any status other than 101 "the semantics of HTTP still apply"
    body = _grey("body", "Body", begin, end, "of the response's body: no frames come behind it", "RFC 9112 6")
    left = _grey("no response", "Left", end, last, "behind the body: no response that was asked for", "RFC 9112 6.3")
    return (body,) * (end > begin) + (left,) * (last > end)


def _grey(name: str, field: str, begin: int, end: int, meaning: str, section: str) -> Part:  # it is no frame
    size, told = (end - begin) * 8, f"{size_in_words(end - begin)} {meaning}"
    return Part(KINDS["tcp"], name, (Field(field, begin * 8, size, "", told, section),))


def _foreign_part(data: bytes, begin: int, role: Role, error: ProtocolError) -> Part | None:  # grey likewise
    """Something else where a frame should be, as one part; None where it is a frame that breaks a rule."""
    look = data[begin : begin + MOST_FOREIGN]
    found = find_foreign(look, role.peer, stray=error.rule.id == STRAY)
    if found is None:
        return None
    end = found.reader.take(look)
    size = end if found.reader.is_over else len(data) - begin
    name = found.cause.id.replace("-", " ")
    field = Field(f"No frame: {name}", begin * 8, size * 8, quoted(look[:size]), found.cause.what, "5.2")
    return Part(KINDS["tcp"], f"no frame: {name}", (field,))


class _Frame:
    """The frame that begins at byte `begin`, cut into fields as far as it goes."""

    def __init__(self, data: bytes, begin: int, role: Role, compression: Compression | None) -> None:
        self.data = data
        self.begin = begin
        self.first = data[begin]
        self.second = data[begin + 1] if begin + 1 < len(data) else None
        self.compression = compression
        self.kind = None if compression is None else compression.kind(self.first)
        self.inflated: bytes | None = None
        self.at_least = False
        self.rules = dict(_header_faults(data[begin : begin + 10], role, rsv1=compression is not None))
        self.fields: list[Field] = []
        self.bit = begin * 8

    def part(self) -> Part:
        self._first_byte()
        missing, plain = 1, b""
        if self.second is None:
            self.at_least = True
        else:
            missing, plain = self._behind_first_byte(self.second)
        kind, name = kind_of_opcode(self.first & 15), f"{opcode_name(self.first & 15)} frame"
        return Part(kind, name, tuple(self.fields), plain, missing, self.inflated, self.at_least)

    def _first_byte(self) -> None:
        first, opcode = self.first, self.first & 0b1111
        fin = first >> 7
        self._add("FIN", 1, str(fin), *_fin_meaning(fin, opcode))
        for number in (1, 2, 3):
            value = first >> (7 - number) & 1
            self._add(f"RSV{number}", 1, str(value), *self._rsv_meaning(number, value))
        words = OPCODES[opcode]
        self._add("opcode", 4, f"0x{opcode:X} {words.name}", words.purpose, words.section)

    def _rsv_meaning(self, number: int, value: int) -> tuple[str, str]:
        if number > 1 or self.compression is None:
            return f"{'set, but' if value else 'unused:'} no extension gave it a meaning", "5.2"
        if self.first & 0b1111 not in (Opcode.TEXT, Opcode.BINARY):
            return self._later_rsv1(value), "RFC 7692 6.1"
        return "compressed: the message was deflated" if value else "the message is as it is", "RFC 7692 6"

    def _later_rsv1(self, value: int) -> str:
        if value:
            return "only the first frame of a message may set it"
        if self.first & 0b1000:
            return "a control frame is never compressed"
        return "the message's first frame says whether it is compressed"

    def _behind_first_byte(self, second: int) -> tuple[int, bytes]:
        masked, short = second >> 7, second & 0x7F
        meaning = "the payload is masked, and the key follows" if masked else "the payload is as it is"
        self._add("MASK", 1, str(masked), meaning, "5.3")
        meanings = {126: "the length stands in the next 16 bits", 127: "the length stands in the next 64 bits"}
        self._add("Payload len", 7, str(short), meanings.get(short, size_in_words(short)), "5.2")
        length = short
        if short > 125:
            size = 2 if short == 126 else 8
            raw = self._bytes(size)
            length = int.from_bytes(raw, "big")
            self._add_bytes("Extended payload length", raw, size, f"{length:,}", size_in_words(length), "5.2")
            if len(raw) < size:
                self.at_least = True  # the payload's size is not there
                return size - len(raw) + 4 * masked, b""
        key = self._key() if masked else b""
        if masked and len(key) < 4:
            return 4 - len(key) + length, b""
        wire = self._bytes(min(length, MAX_LENGTH))
        plain = apply_mask(wire, key) if masked else wire
        if self.compression is not None and self.kind is not None:
            self.inflated = self.compression.inflate(plain, last=self.first > 127 and len(wire) == length)
        self._payload(plain, length)
        return length - len(wire), plain

    def _key(self) -> bytes:
        key = self._bytes(4)
        self._add_bytes(
            "Masking-key", key, 4, key.hex(" "), "byte i of the payload is XORed with its byte i mod 4", "5.3"
        )
        return key

    def _payload(self, plain: bytes, length: int) -> None:
        if self.first & 0b1111 == Opcode.CLOSE and len(plain) > 1:
            code = CloseBody.lenient(plain).code
            self._add_bytes("Close code", plain[:2], 2, str(code), close_code_words(code), "7.4")
            plain, length = plain[2:], length - 2
            self._add_bytes("Reason", plain, length, quoted(plain), "why, for logs and scripts", "5.5.1")
            return
        if self.kind is None:
            told = f"{self._kind_of(plain)}, {size_in_words(length)}"
            self._add_bytes("Payload data", plain, length, self._shown(plain), told, "5.2")
        else:
            value = self._shown(plain if self.inflated is None else self.inflated)
            self._add_bytes("Payload data", plain, length, value, self._inflated_meaning(length), "RFC 7692 7.2.2")

    def _inflated_meaning(self, length: int) -> str:
        if self.inflated is None:
            return f"compressed, {size_in_words(length)}, and it cannot be inflated here"
        sizes = f"compressed to {size_in_words(length)}, inflates to {size_in_words(len(self.inflated))}"
        return f"{self._kind_of(self.inflated)}, {sizes}"

    def _shown(self, plain: bytes) -> str:
        opcode = self.first & 0b1111
        if Opcode.BINARY in (opcode, self.kind) or (opcode & 8 and not is_readable(plain)):
            return short_hex(plain)
        return quoted(plain)

    def _kind_of(self, content: bytes) -> str:
        if Opcode.TEXT not in (self.first & 0b1111, self.kind):
            return "the application's bytes"
        begins, ends = self.first & 0b1111 == Opcode.TEXT, self.first > 127
        return "UTF-8 text" if is_utf8(content, begins=begins, ends=ends) else "bytes that are not UTF-8"

    def _bytes(self, size: int) -> bytes:
        at = self.bit // 8
        return self.data[at : at + size]

    def _add_bytes(self, name: str, raw: bytes, size: int, value: str, meaning: str, section: str) -> None:
        if len(raw) < size:
            meaning = f"cut off: {size_in_words(len(raw))} of {size:,} {'is' if len(raw) == 1 else 'are'} there"
        if raw:
            self._add(name, len(raw) * 8, value, meaning, section)

    def _add(self, name: str, size: int, value: str, meaning: str, section: str) -> None:
        rule = self.rules.get(self.bit - self.begin * 8)
        self.fields.append(Field(name, self.bit, size, value, meaning, section, rule))
        self.bit += size


def _fin_meaning(fin: int, opcode: int) -> tuple[str, str]:
    if fin and opcode > 7:
        return "whole, as every control frame must be", "5.5"
    return "this is the last fragment of its message" if fin else "more fragments of this message follow", "5.2"


def _header_faults(header: bytes, role: Role, *, rsv1: bool) -> Iterator[tuple[int, Rule]]:
    """What each field of a header breaks by itself: the first bit of the field, and the rule.

    Each field is put before the parser with all its neighbours made legal, so that
    one violation does not hide the next.
    """
    first, mask = header[0], 0x80 if role is Role.SERVER else 0
    opcode = first & 0b1111
    probes = [bytes([first & 0b1000_1111 if opcode in (8, 9, 10) else 0x80])]
    probes += [bytes([0x80 | first & 0x40 | (opcode if rsv1 else 0)])]
    probes += [bytes([0x80 | first & bit]) for bit in (0x20, 0x10, 0x0F)]
    if len(header) > 1:
        second, legal = header[1], 0x88 if opcode >= 8 else 0x82
        probes += [bytes([0x82, second & 0x80]), bytes([legal, mask | second & 0x7F]) + header[2:]]
    for probe in probes:
        try:
            read_header(probe, role, MAX_LENGTH, rsv1=rsv1)
        except ProtocolError as error:
            yield error.offset.byte * 8 + error.offset.bit, error.rule


# --- heads ----------------------------------------------------------------------------


def _head_part(opening: Opening) -> Part:
    fields = tuple(_head_fields(opening.head, opening.sender, opening.failed))
    return Part(KINDS["http"], opening.name, fields, opening.head, int(not opening.whole), at_least=not opening.whole)


def _head_fields(head: bytes, sender: Role, failed: Sequence[Check]) -> Iterator[Field]:
    at = 0
    for name, text, meaning, section in islice(head_pieces(head, sender), MOST_FIELDS):
        rule = _first_broken(failed, at, at + len(text))
        yield Field(name, at * 8, len(text) * 8, printable(text.decode("latin-1")), meaning, section, rule)
        at += len(text)
    if rest := len(head) - at:
        meaning = f"{size_in_words(rest)} behind the first {MOST_FIELDS} fields: judged, but not taken apart"
        yield Field("More of the head", at * 8, rest * 8, "", meaning, "4.1", _first_broken(failed, at, len(head)))


def _first_broken(failed: Sequence[Check], begin: int, end: int) -> Rule | None:
    return next((check.rule for check in failed if begin <= check.offset.byte < end), None)
