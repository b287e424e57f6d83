"""Checks of a learner's own bytes and values: the first wrong bit by its field, the first wrong character by its place.

A check never raises at the learner. What is not done yet (`...`, None, nothing) is "Not yet", with a hint where to
begin. A value of the wrong type gets a sentence about its type. Fields and meanings come from `explain.anatomy`, rules
from the protocol. The expected bytes come from the caller, who made them with the library.

What this module leaves out: running a learner's function; pass its result.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import zip_longest

from wslab.explain.anatomy import Anatomy, Field, anatomy
from wslab.explain.verdict import verdict
from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames import FrameParser
from wslab.protocol.offset import Offset

__all__ = ["CheckResult", "check_bytes", "check_value"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check says: `passed` is None where there is nothing to check yet, `offset` the first wrong bit."""

    passed: bool | None
    sentence: str
    offset: Offset | None = None

    @property
    def headline(self) -> str:
        """The result in two words, to put before the sentence."""
        return "Not yet" if self.passed is None else "Right" if self.passed else "Not quite"

    def __bool__(self) -> bool:
        return self.passed is True

    def __str__(self) -> str:
        sign = {True: "✓", False: "×", None: "…"}[self.passed]
        return f"{sign} {self.headline}: {self.sentence}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"


def check_bytes(mine: object, expected: bytes, *, role: Role = Role.SERVER, begin: int = 0) -> CheckResult:
    """Compare a learner's bytes with the right ones and name the first bit that differs, by its field.

    `role` is who receives the bytes: a server expects masked frames. `begin` is the byte of `expected` at which the
    learner's begin; those before it are given.

    >>> check_bytes(bytes.fromhex("8105"), bytes.fromhex("8185 00000000") + b"Hello")
    × Not quite: byte 1, bit 0, MASK: yours is 0, it should be 1. A client must mask every frame that it sends (§5.1).
    """
    if mine is None or mine is ... or (isinstance(mine, (bytes, bytearray, str)) and not mine):
        return CheckResult(None, _where_to_begin(expected, role, begin))
    if not isinstance(mine, (bytes, bytearray, memoryview)):
        return CheckResult(
            False, f"this is {_a(type(mine).__name__)}, and what travels is bytes: {_how_to_bytes(mine)}."
        )
    data = expected[:begin] + bytes(mine)
    if data == expected:
        return CheckResult(True, f"all {len(expected) - begin} bytes are as they should be.")
    whole = None if begin else _other_kind(data, expected, role)
    return _difference(data, expected, role) if whole is None else whole


def _other_kind(mine: bytes, expected: bytes, role: Role) -> CheckResult | None:
    """A hint for a learner who wrote something other than the bytes of a frame."""
    if mine == _payload(expected, role):
        begin = _where_to_begin(expected, role, 0)
        return CheckResult(False, f"this is the payload alone, and a header comes before it: {begin}", Offset(0))
    if set(mine) <= set(b"0123456789abcdefABCDEF ") and len(mine) > 3:
        return CheckResult(False, "these are hex digits as text: bytes.fromhex(...) makes bytes of them.", Offset(0))
    return None


def _payload(data: bytes, role: Role) -> bytes | None:
    """The payload of a whole and legal frame, unmasked."""
    try:
        frames = FrameParser(role).feed(data)
    except ProtocolError:
        return None
    return frames[0].payload if frames else None


def _difference(mine: bytes, expected: bytes, role: Role) -> CheckResult:
    at = next(
        (n for n, (a, b) in enumerate(zip(mine, expected, strict=False)) if a != b), min(len(mine), len(expected))
    )
    if at == len(mine):
        return CheckResult(False, _missing(at, expected, role), Offset(at))
    if at == len(expected):
        extra = len(mine) - at
        return CheckResult(False, f"{_bytes(extra)} too many, from byte {at} on: the last ends before it.", Offset(at))
    if moved := _moved(mine, expected, at, role):
        return CheckResult(False, moved, Offset(at))
    bit = f"{mine[at] ^ expected[at]:08b}".index("1")
    return CheckResult(False, _wrong(Offset(at, bit), mine, expected, role), Offset(at, bit))


def _moved(mine: bytes, expected: bytes, at: int, role: Role) -> str:
    """A hint where all is right except bytes that are missing or too many in one place; empty elsewhere."""
    size = abs(len(mine) - len(expected))
    if size and mine == expected[:at] + expected[at + size :]:
        return f"{_bytes(size)} missing from byte {at} on, where {_names_at(expected, role, at)} should be."
    if size and expected == mine[:at] + mine[at + size :]:
        return f"{_bytes(size)} too many at byte {at}; without {'it' if size == 1 else 'them'} all is right."
    return ""


def _wrong(place: Offset, mine: bytes, expected: bytes, role: Role) -> str:
    parts = anatomy(expected, role)
    field = parts.at(place.byte * 8 + place.bit)
    if field.size > 8:
        name, yours, right = _place_in(field, place.byte), f"{mine[place.byte]:02x}", f"{expected[place.byte]:02x}"
    else:
        name, yours, right = field.name, _value(mine, field), _value(expected, field)
    why = _masked_otherwise(mine, expected, role, place.byte) or _reason(field, mine, expected, role)
    return f"{place}, {name}: yours is {yours}, it should be {right}. {why}"


def _value(data: bytes, field: Field) -> str:
    """The bits of a field in some data: a number as the RFC writes it."""
    whole = int.from_bytes(data[field.bytes.start : field.bytes.stop], "big")
    value = whole >> (-field.end % 8) & ((1 << field.size) - 1)
    return f"0x{value:X}" if field.name == "opcode" else str(value)


def _place_in(field: Field, byte: int) -> str:
    return f"{field.name}, byte {byte - field.bytes.start} of it" if len(field.bytes) > 1 else field.name


def _reason(field: Field, mine: bytes, expected: bytes, role: Role) -> str:
    """The rule that the learner's bytes break in this field, or else what the field should say."""
    if field.name.startswith(("Payload len", "Extended payload len")):
        return _length(mine, expected, role, field)
    place = slice(field.bytes.start, field.bytes.stop)
    if field.name == "Status code" and mine[place] == expected[place][::-1]:
        return "Its two bytes are in the wrong order: the most significant one comes first (§5.5.1)."
    error = verdict(mine, role).error
    if (mine[0] ^ expected[0]) & 0b1111:  # what its rules say of another opcode would lead astray
        error = error if field.name == "opcode" else None
    if error is not None and _stands_in(field, error) and verdict(expected, role).error is None:
        return f"{error.rule.text[0].upper()}{error.rule.text[1:]} ({error.rule.reference})."
    return f"There it should say: {field.value}, {field.meaning} ({field.reference})."


def _length(mine: bytes, expected: bytes, role: Role, field: Field) -> str:
    """A wrong length: counted wrongly, or right for a payload that is not the one that it should be."""
    payload = _payload(expected, role)
    if payload is not None and len(mine) - (len(expected) - len(payload)) == int(_value(mine, field)):
        fields = anatomy(expected, role).fields
        names = [each.name for each in fields if each.bytes.start >= len(expected) - len(payload)]
        return f"It fits what you wrote; the payload should be {' and '.join(names)}, {len(payload)} bytes in all."
    return f"It counts the bytes of the payload alone, neither header nor masking key ({field.reference})."


def _masked_otherwise(mine: bytes, expected: bytes, role: Role, at: int) -> str:
    """A hint for a learner who left a byte unmasked, took a wrong byte of the key, or masked another byte."""
    keys = [field.bytes for field in anatomy(expected, role).fields if field.name == "Masking-key"]
    if not keys or at < keys[0].stop:
        return ""
    byte, key = at - keys[0].stop, expected[keys[0].start : keys[0].stop]
    right, plain = key[byte % 4], key[byte % 4] ^ expected[at]
    if mine[at] == plain:
        return f"It is not masked yet: {plain:02x} XOR {right:02x} = {expected[at]:02x} (§5.3)."
    if (used := mine[at] ^ plain) in key:
        return (
            f"It is masked with {used:02x}, byte {key.index(used)} of the key; byte {byte} of the payload "
            f"takes byte {byte} mod 4 = {byte % 4}, {right:02x} (§5.3)."
        )
    return f"Unmasked, yours says {mine[at] ^ right:02x} there, and it should be {plain:02x} (§5.3)."


def _stands_in(field: Field, error: ProtocolError) -> bool:
    return field.start <= error.offset.byte * 8 + error.offset.bit < field.end


def _missing(at: int, expected: bytes, role: Role) -> str:
    field = anatomy(expected, role).at(at * 8)
    return (
        f"{_bytes(len(expected) - at)} missing: yours end before byte {at}, {_place_in(field, at)} ({field.reference})."
    )


def _where_to_begin(expected: bytes, role: Role, begin: int) -> str:
    parts = anatomy(expected, role)
    if not parts.fields:
        return "there is nothing to compare with: the expected bytes are empty."
    field = parts.at(begin * 8)
    return f"begin with byte {begin}, which holds {_names_at(expected, role, begin)} ({field.reference})."


def _names_at(expected: bytes, role: Role, byte: int) -> str:
    parts = anatomy(expected, role)
    field = parts.at(byte * 8)
    return _names_of(parts, byte) if field.size < 8 else _place_in(field, byte)


def _names_of(parts: Anatomy, byte: int) -> str:
    names = [field.name for field in parts.fields if byte in field.bytes]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def check_value(mine: object, expected: str, name: str = "the value") -> CheckResult:
    """Compare a learner's text with the right one and name the first character that differs.

    >>> check_value("s3pPLMBiTxaQ9kYGzzhZRbK+x0o=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "the accept value")
    × Not quite: the accept value is right up to character 25; there yours has '0', and it should be 'O'.
    """
    if mine is None or mine is ... or mine == "" or mine == b"":
        return CheckResult(None, f"{name} is still empty; it has {len(expected)} characters.")
    if isinstance(mine, (bytes, bytearray)):
        return CheckResult(False, f"{name} is text, and yours is bytes: end with .decode().")
    if not isinstance(mine, str):
        return CheckResult(False, f"{name} is text, and yours is {_a(type(mine).__name__)}.")
    if mine == expected:
        return CheckResult(True, f"{name} is {expected}.")
    return CheckResult(False, _first_wrong_character(mine, expected, name))


def _first_wrong_character(mine: str, expected: str, name: str) -> str:
    if mine.strip() == expected:
        return f"{name} is right, but there is white space around it: a line break at its end, perhaps."
    if mine == str(expected.encode()):
        return f"this is how Python shows bytes; {name} is text: end with .decode() instead of str(...)."
    pairs = enumerate(zip_longest(mine, expected))
    at, (yours, right) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
    begin = f"{name} is right up to character {at}" if at else f"{name} is wrong from its first character on"
    if yours is None:
        missing = len(expected) - at
        return f"{begin}, and then {missing} of {len(expected)} characters {'is' if missing == 1 else 'are'} missing."
    if right is None:
        return f"{begin}; it ends there, and {_characters(len(mine) - at)} too many."
    size = "" if len(mine) == len(expected) else f" Yours has {len(mine)} characters, and it should be {len(expected)}."
    return f"{begin}; there yours has {yours!r}, and it should be {right!r}.{size}"


def _characters(count: int) -> str:
    return "1 character is" if count == 1 else f"{count} characters are"


def _bytes(count: int) -> str:
    return "1 byte is" if count == 1 else f"{count} bytes are"


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _how_to_bytes(mine: object) -> str:
    if isinstance(mine, str):
        return "text becomes bytes with .encode(), hex with bytes.fromhex(...)"
    if isinstance(mine, (list, tuple)):
        return "a list of numbers becomes bytes with bytes([...])"
    return "a frame becomes bytes with .serialize()" if hasattr(mine, "serialize") else "return a bytes object"
