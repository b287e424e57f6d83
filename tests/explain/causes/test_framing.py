"""Lost framing: each mistake, made with random frames, is found again; legal frames and other violations have none."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wslab.explain.causes.framing import find_framing
from wslab.explain.causes.search import cause_in
from wslab.protocol import Frame, Opcode, Role

KEY = b"\x37\xfa\x21\x3d"
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=2, max_size=40)
keys = st.sampled_from([None, KEY])


def sent(text: str, key: bytes | None, **fields: bool) -> bytes:
    return Frame.text(text, mask=key, **fields).serialize()


def receiver(key: bytes | None) -> Role:
    return Role.CLIENT if key is None else Role.SERVER


def found(data: bytes, key: bytes | None, before: bytes = b"") -> str | None:
    cause = find_framing(data, receiver(key), before)
    return None if cause is None else cause.id


@pytest.mark.parametrize("size", [126, 127])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_length_in_seven_bits(size: int, key: bytes | None) -> None:
    right = sent("{" + "y" * (size - 2) + "}", key)
    wrong = right[:1] + bytes([size | (0x80 if key else 0)]) + right[4:]
    assert found(wrong + sent("next", key), key) == "length-in-seven-bits"
    assert found(wrong, key) == "length-in-seven-bits"
    cause = find_framing(wrong, receiver(key))
    assert cause is not None
    assert f"As `{right[1:4].hex(' ')}` it would fit" in cause.what


@given(st.integers(126, 65535).filter(lambda size: size & 0xFF != size >> 8), keys)
@settings(max_examples=25, deadline=None)
def test_a_length_in_little_endian(size: int, key: bytes | None) -> None:
    right = sent("x" * size, key)
    wrong = right[:2] + right[2:4][::-1] + right[4:]
    assert found(wrong + sent("next", key), key) == "length-little-endian"


@pytest.mark.parametrize(("size", "short", "width"), [(300, 126, 4), (300, 126, 8), (300, 127, 2), (70_000, 127, 4)])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_length_in_an_integer_of_another_width(size: int, short: int, width: int, key: bytes | None) -> None:
    right = sent("x" * size, key)
    body = right[-size - 4 * bool(key) :]
    wrong = right[:1] + bytes([short | (0x80 if key else 0)]) + size.to_bytes(width, "big") + body
    assert found(wrong + sent("next", key), key) == "length-of-other-width"


@pytest.mark.parametrize("off", [-1, 1])
def test_a_length_that_is_one_off(off: int) -> None:
    right = sent("hello you", None)
    wrong = right[:1] + bytes([right[1] + off]) + right[2:]
    cause = cause_in(wrong + sent("next", None), len(wrong) + off, Role.CLIENT)
    assert cause is not None
    assert cause.id == "length-one-off"


def _left_over_is_text(text: str) -> bool:
    """What a length in characters leaves over is no line end and no NUL, which have a likelier cause."""
    return min(text.encode()[len(text) :], default=0) >= 0x20


@given(words.filter(lambda text: len(text.encode()) < 126 and _left_over_is_text(text)), keys, st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_length_of_characters(text: str, key: bytes | None, behind: bool) -> None:
    right = sent(text, key)
    assume(right[2 + 4 * bool(key) + len(text) :][:1] not in (b"\r", b"\n", b"\0"))  # a key makes one of any text
    wrong = right[:1] + bytes([len(text) | (0x80 if key else 0)]) + right[2:]
    data = wrong + (sent("next", key) if behind else b"")
    cause = cause_in(data, 2 + 4 * bool(key) + len(text), receiver(key))
    assert cause is not None
    assert cause.id == "length-counts-characters"


def test_a_length_in_units_of_utf_16() -> None:
    wrong = b"\x81\x04" + "a🙂b".encode()
    cause = find_framing(wrong + sent("next", None), Role.CLIENT)
    assert cause is not None
    assert cause.what == "The length says 4 bytes, and the text has 4 units of UTF-16, in UTF-8 6 bytes."
    cause = find_framing(b"\xa9", Role.CLIENT, b"\x81\x01\xc3")
    assert cause is not None
    assert cause.what.startswith("The length of the frame in front says 1 byte, and the text has 1 character,")


@given(words, keys)
@settings(max_examples=25, deadline=None)
def test_the_first_byte_is_lost(text: str, key: bytes | None) -> None:
    assert found(sent(text, key)[1:], key) == "first-byte-lost"


@given(st.integers(1, 20), keys)
@settings(max_examples=25, deadline=None)
def test_two_programs_write_at_once(at: int, key: bytes | None) -> None:
    one, other = sent("a long message of one task", key), sent("ok", key)
    at += 2 + 4 * bool(key)
    assert found(one[:at] + other + one[at:] + sent("next", key), key) == "two-writers"


def test_a_bit_without_a_key_and_a_key_without_a_bit() -> None:
    assert found(b"\x81\x85Hello", KEY) == "mask-without-key"
    masked = sent("Hello, who masks?", KEY)
    without = masked[:1] + bytes([masked[1] & 0x7F]) + masked[2:]
    assert found(without, KEY) == "key-without-mask"
    causes = [find_framing(data, Role.CLIENT) for data in (b"\x81\x85Hello", without)]
    assert ["The server" in cause.writer and "(§5.1)" in cause.writer for cause in causes if cause] == [True, True]


@pytest.mark.parametrize("payload", [b"Hi", b"\x03\xee", b"Hello"])
def test_a_key_of_zeros_is_a_key(payload: bytes) -> None:
    opcode = Opcode.CLOSE if payload == b"\x03\xee" else Opcode.TEXT
    assert find_framing(Frame(opcode, payload, mask=bytes(4)).serialize(), Role.CLIENT) is None


def test_a_message_that_is_still_coming_is_not_suspect() -> None:
    whole = sent("x" * 70_000, None)
    assert [found(whole[:at], None) for at in (2, 100, 1000, 69_000)] == [None] * 4
    masked = sent("some words that go on" * 10, KEY)
    assert [found(masked[:at], KEY) for at in (2, 7, 20, 150)] == [None] * 4
