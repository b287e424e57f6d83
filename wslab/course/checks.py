"""A check of a learner's own bytes: how many are right, and the first wrong bit by its field.

A check never raises at the learner. What is not done yet (`...`, None, nothing) is "Not yet", with where to begin. A
value of the wrong type, or a function that raises, gets a sentence about that. Fields and meanings come from
`explain.anatomy`, rules from the protocol. The expected bytes come from the caller, who made them with the library.

The hint says which field it is and what it should hold; the bigger hint says why, or which mistake gives such bytes;
the solution is the bytes.

What this module leaves out: texts (`values`), and how a report looks (`comparison`, `report`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from wslab.course.answers import NONE, capital, how_to_bytes, in_words, is_empty, is_hex, value_of
from wslab.course.comparison import Reading, compare, first_difference
from wslab.course.report import CheckResult
from wslab.explain.anatomy import Anatomy, Field, Part, anatomy
from wslab.explain.hextext import short_hex, spaced_hex
from wslab.explain.verdict import verdict
from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames import FrameParser
from wslab.protocol.numbers import size_in_words
from wslab.protocol.offset import Offset

__all__ = ["check_bytes"]

MOST_SHOWN = 64
"""Bytes of a solution that are shown."""


class _Said(NamedTuple):
    """The hint and the bigger hint about one difference, and its place."""

    hint: str
    bigger: str
    offset: Offset


class _Task(NamedTuple):
    """What is right, who receives it, and at which byte of it the learner's begin."""

    expected: bytes
    role: Role
    begin: int

    @property
    def anatomy(self) -> Anatomy:
        """The fields of the right bytes."""
        return anatomy(self.expected, self.role)

    def part_of(self, field: Field) -> Part:
        """The frame that a field is in: there may be several, one behind the other."""
        return next(part for part in self.anatomy.parts if field.start < part.end)

    @property
    def solution(self) -> str:
        """The right bytes as Python."""
        data = self.expected[self.begin :]
        if len(data) > MOST_SHOWN:
            return f"{short_hex(data, MOST_SHOWN)} ({len(data):,} bytes)"
        return f'bytes.fromhex("{spaced_hex(data)}")'


def check_bytes(mine: object, expected: bytes, *, role: Role = Role.SERVER, begin: int = 0) -> CheckResult:
    """Compare a learner's bytes with the right ones and show the first bit that differs.

    `mine` is the bytes, or a function without arguments that returns them. `role` is who receives the bytes: a server
    expects masked frames. `begin` is the byte of `expected` at which the learner's begin; those before it are given.
    Raises TypeError where `expected` is not bytes: that is the teacher's mistake.

    >>> check_bytes(bytes.fromhex("8105"), bytes.fromhex("8185 00000000") + b"Hello").hint
    'Byte 1, bit 0, MASK: yours is 0, it should be 1.'
    """
    if not isinstance(expected, (bytes, bytearray)):
        raise TypeError(f"The expected bytes are bytes, and these are {type(expected).__name__}: bytes.fromhex(...).")
    task = _Task(bytes(expected), role, begin)
    value, raised = value_of(mine)
    if raised is not None:
        return replace(raised, solution=task.solution)
    if is_empty(value):
        return _not_yet(value, task)
    if not isinstance(value, (bytes, bytearray, memoryview)):
        return _other_type(value, task)
    return _compared(expected[:begin] + bytes(value), task)


def _not_yet(value: object, task: _Task) -> CheckResult:
    if not task.expected:
        return CheckResult(None, "there is nothing to compare with: the expected bytes are empty.")
    if isinstance(value, (bytearray, memoryview)) or value in (..., "", b""):
        sentence = f"{_begin_with(task)}."
    else:
        sentence = f"{NONE}. {capital(_begin_with(task))}."
    return CheckResult(None, sentence, _order(task), _says(task), task.solution)


def _says(task: _Task) -> str:
    """What the byte says with which to begin, or the field that it is a part of."""
    fields = _fields_of(task.anatomy, task.begin)
    if len(fields[0].bytes) > 1:
        return f"Byte {task.begin} belongs to {fields[0].name}, which says {fields[0].value}."
    return f"Byte {task.begin} says {', '.join(f'{field.name} {field.value}' for field in fields)}."


def _order(task: _Task) -> str:
    """The fields that are to be written, in their order."""
    names = [field.name for field in task.anatomy.fields if field.bytes.stop > task.begin]
    size = len(task.expected) - task.begin
    return f"The fields in their order: {', '.join(dict.fromkeys(names))}. That is {_count(size)} in all."


def _other_type(value: object, task: _Task) -> CheckResult:
    sentence = f"this is {in_words(value)}, and what travels is bytes."
    return CheckResult(False, sentence, how_to_bytes(value), f"{capital(_begin_with(task))}.", task.solution)


def _compared(data: bytes, task: _Task) -> CheckResult:
    size = len(task.expected) - task.begin
    comparison = compare(
        data, task.expected, Reading("{:02x}".format, _About(task.anatomy), task.anatomy, "byte"), begin=task.begin
    )
    if data == task.expected:
        return CheckResult(True, f"all {_count(size)} are as they should be.", comparison=comparison)
    at = first_difference(data, task.expected)
    said = _other_kind(data, task) or _difference(data, at, task)
    right = at - task.begin
    sentence = f"{right} of {_count(size)} {'is' if right == 1 else 'are'} right. {_first(data, at, task)}."
    return CheckResult(False, sentence, said.hint, said.bigger, task.solution, said.offset, comparison)


def _first(data: bytes, at: int, task: _Task) -> str:
    if at == len(data):
        return f"Byte {at} is missing"
    return f"Byte {at} is too many" if at == len(task.expected) else f"Byte {at} is the first that differs"


# ---- what is shown of each byte


class _About:
    """The field of a byte of the right ones, and what the byte stands for."""

    def __init__(self, whole: Anatomy) -> None:
        self._anatomy = whole
        self._plain: dict[int, int] = {}
        for part in self._anatomy.parts:
            begin = part.end // 8 - len(part.plain)
            self._plain |= {begin + n: value for n, value in enumerate(part.plain)}

    def __call__(self, index: int) -> tuple[str, str]:
        names = [_SHORT.get(field.name, field.name) for field in _fields_of(self._anatomy, index)]
        name = names[0] if len(names) == 1 else f"{names[0]} {names[-1]}"
        if name == "Masking-key":
            return name, ""
        plain = self._plain.get(index, 0)
        return name, chr(plain) if 0x20 < plain < 0x7F and name in ("Payload data", "Reason") else ""


_SHORT = {"Payload len": "len", "Extended payload length": "extended len"}


def _fields_of(parts: Anatomy, byte: int) -> list[Field]:
    return [field for field in parts.fields if byte in field.bytes]


# ---- which mistake it is


def _other_kind(mine: bytes, task: _Task) -> _Said | None:
    """A learner who wrote something other than the bytes of a frame."""
    if task.begin:
        return None
    if mine == _payload(task.expected, task.role):
        return _Said("This is the payload alone, and a header comes before it.", _sentence(task), Offset(0))
    if is_hex(mine):
        hint = "These are hex digits as text: bytes.fromhex(...) makes bytes of them."
        return _Said(hint, _sentence(task), Offset(0))
    return None


def _sentence(task: _Task) -> str:
    return f"{capital(_begin_with(task))}."


def _payload(data: bytes, role: Role) -> bytes | None:
    """The payload of a whole and legal frame, unmasked."""
    try:
        frames = FrameParser(role).feed(data)
    except ProtocolError:
        return None
    return frames[0].payload if frames else None


def _difference(mine: bytes, at: int, task: _Task) -> _Said:
    if at == len(mine):
        return _missing(at, task)
    if at == len(task.expected):
        many = f"{_counted(len(mine) - at)} too many, from byte {at} on."
        return _Said(many, "The last byte of the frame comes before it.", Offset(at))
    if (moved := _moved(mine, at, task)) is not None:
        return moved
    place = Offset(at, f"{mine[at] ^ task.expected[at]:08b}".index("1"))
    return _wrong(place, mine, task)


def _missing(at: int, task: _Task) -> _Said:
    field = task.anatomy.at(at * 8)
    hint = f"{_counted(len(task.expected) - at)} missing: yours end before byte {at}, {_place_in(field, at)}."
    return _Said(hint, f"{field.name} should say {field.value}: {field.meaning} ({field.reference}).", Offset(at))


def _moved(mine: bytes, at: int, task: _Task) -> _Said | None:
    """All is right except bytes that are missing or too many in one place."""
    size, expected = abs(len(mine) - len(task.expected)), task.expected
    names = _names_at(task, at)
    if size and mine == expected[:at] + expected[at + size :]:
        hint = f"{_counted(size)} missing from byte {at} on: the rest is right, but comes too early."
        return _Said(hint, f"{capital(names)} should be there ({task.anatomy.at(at * 8).reference}).", Offset(at))
    if size and expected == mine[:at] + mine[at + size :]:
        hint = f"{_counted(size)} too many at byte {at}: the rest is right, but comes too late."
        return _Said(
            hint, f"Without {'it' if size == 1 else 'them'} all is right: {names} should be there.", Offset(at)
        )
    return None


def _wrong(place: Offset, mine: bytes, task: _Task) -> _Said:
    field, expected = task.anatomy.at(place.byte * 8 + place.bit), task.expected
    if field.size > 8:
        name, yours, right = _place_in(field, place.byte), f"{mine[place.byte]:02x}", f"{expected[place.byte]:02x}"
    else:
        name, yours, right = field.name, _value(mine, field), _value(expected, field)
    why = _masked_otherwise(mine, task, place.byte) or _reason(field, mine, task)
    return _Said(f"{capital(str(place))}, {name}: yours is {yours}, it should be {right}.", why, place)


def _value(data: bytes, field: Field) -> str:
    """The bits of a field in some data: a number as the RFC writes it."""
    whole = int.from_bytes(data[field.bytes.start : field.bytes.stop], "big")
    value = whole >> (-field.end % 8) & ((1 << field.size) - 1)
    return f"0x{value:X}" if field.name == "opcode" else str(value)


def _place_in(field: Field, byte: int) -> str:
    return f"{field.name}, byte {byte - field.bytes.start} of it" if len(field.bytes) > 1 else field.name


def _reason(field: Field, mine: bytes, task: _Task) -> str:
    """The rule that the learner's bytes break in this field, or else what the field should say."""
    place = slice(field.bytes.start, field.bytes.stop)
    if field.name in _IN_NETWORK_ORDER and mine[place] == task.expected[place][::-1]:
        section = _IN_NETWORK_ORDER[field.name]
        return f"Its bytes are in the wrong order: the most significant one comes first (§{section})."
    if field.name.startswith(("Payload len", "Extended payload len")):
        return _length(mine, task, field)
    if field.name == "Masking-key" and sorted(mine[place]) == sorted(task.expected[place]):
        first = task.expected[place].index(mine[field.bytes.start])
        return f"These are the key's bytes in another order: yours begin with byte {first} of it ({field.reference})."
    begin = task.part_of(field).start // 8  # each frame is judged by itself: behind a Close no byte counts
    error = verdict(mine[begin:], task.role, whole_stream=not begin).error
    if (mine[begin] ^ task.expected[begin]) & 0b1111:  # what its rules say of another opcode would lead astray
        error = error if field.name == "opcode" else None
    right = verdict(task.expected[begin:], task.role, whole_stream=not begin)
    if error is not None and _stands_in(field, error, begin) and right.error is None:
        return f"{capital(error.rule.text)} ({error.rule.reference})."
    return f"There it should say: {field.value}, {field.meaning} ({field.reference})."


_IN_NETWORK_ORDER = {"Close code": "5.5.1", "Extended payload length": "5.2"}
"""Numbers of several bytes, and the section that says in which order these are."""


def _length(mine: bytes, task: _Task, field: Field) -> str:
    """A wrong length: in a longer form, counted wrongly, or right for another payload than the right one."""
    if field.name == "Payload len" and max(int(_value(mine, field)), int(field.value)) > 125:
        return _forms(field)
    part = task.part_of(field)
    begin = part.end // 8 - len(part.plain)
    end = begin + int(_value(mine, field))
    if end <= len(mine) and mine[end : end + 1] == task.expected[part.end // 8 :][:1]:  # another frame may follow
        return f"It fits what you wrote; {_wanted_payload(part, begin, mine, task)}"
    if any(each.name == "Close code" for each in part.fields) and _is_short_by_a_code(mine, field):
        return "It counts the close code, too: two bytes of the payload, before the reason (§5.5.1)."
    return f"It counts the bytes of the payload alone, neither header nor masking key ({field.reference})."


def _wanted_payload(part: Part, begin: int, mine: bytes, task: _Task) -> str:
    """What the payload of a frame should be; where it should be empty, which rule the learner's breaks, if any."""
    if part.plain:
        names = [each.name for each in part.fields if each.bytes.start >= begin]
        return f"the payload should be {' and '.join(names)}, {size_in_words(len(part.plain))} in all."
    error = verdict(mine[part.start // 8 :], task.role, whole_stream=not part.start).error
    rule = "" if error is None else f" {capital(error.rule.text)} ({error.rule.reference})."
    return f"the payload should be empty.{rule}"


def _is_short_by_a_code(mine: bytes, field: Field) -> bool:
    return int(_value(mine, field)) == int(field.value) - 2


def _forms(field: Field) -> str:
    """The seven bits of a length, where the learner's or the right ones are no length themselves."""
    right = int(field.value)
    if right <= 125:
        return f"126 and 127 say that the length follows; up to 125 stands here itself ({field.reference})."
    bits = 16 if right == 126 else 64
    return f"{right} is no length here: it says that the length is in the next {bits} bits ({field.reference})."


def _masked_otherwise(mine: bytes, task: _Task, at: int) -> str:
    """A learner who left a byte unmasked, took a wrong byte of the key, or masked another byte."""
    keys = [field.bytes for field in task.anatomy.fields if field.name == "Masking-key"]
    if not keys or at < keys[0].stop:
        return ""
    byte, key = at - keys[0].stop, task.expected[keys[0].start : keys[0].stop]
    right, wanted = key[byte % 4], task.expected[at]
    if mine[at] == wanted ^ right:
        return f"It is not masked yet: {wanted ^ right:02x} XOR {right:02x} = {wanted:02x} (§5.3)."
    if (used := mine[at] ^ wanted ^ right) in key:
        return (
            f"It is masked with {used:02x}, byte {key.index(used)} of the key; byte {byte} of the payload "
            f"takes byte {byte} mod 4 = {byte % 4}, {right:02x} (§5.3)."
        )
    plain = wanted ^ right
    if (other := {plain | right: "OR", plain & right: "AND"}.get(mine[at])) is not None:
        xor = f"{plain:02x} XOR {right:02x} = {wanted:02x}"
        return f"It is {plain:02x} {other} {right:02x}, and masking is XOR: {xor} (§5.3)."
    return f"Unmasked, yours says {mine[at] ^ right:02x} there, and it should be {plain:02x} (§5.3)."


def _stands_in(field: Field, error: ProtocolError, begin: int) -> bool:
    """Whether the first wrong bit is in a field, in bytes that were judged from `begin` on."""
    return field.start <= (begin + error.offset.byte) * 8 + error.offset.bit < field.end


# ---- words


def _begin_with(task: _Task) -> str:
    reference = task.anatomy.at(task.begin * 8).reference
    return f"begin with byte {task.begin}, which holds {_names_at(task, task.begin)} ({reference})"


def _names_at(task: _Task, byte: int) -> str:
    parts = task.anatomy
    field = parts.at(byte * 8)
    if field.size >= 8:
        return _place_in(field, byte)
    names = [each.name for each in _fields_of(parts, byte)]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _count(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _counted(count: int) -> str:
    return f"{_count(count)} {'is' if count == 1 else 'are'}"
