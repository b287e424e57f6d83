"""What learners plausibly write in the exercises of 00 to 04, and that the check's sentence names what is wrong."""

from __future__ import annotations

import base64
import hashlib

import pytest

from wslab import CheckResult, Frame, Role, accept_key, check_accept, check_bytes
from wslab.course.accept import FIRST, SOLUTION
from wslab.course.check.tasks.accept_key import STEPS
from wslab.protocol.handshake.base import GUID

HI = Frame.text("Hi", mask=bytes([1, 2, 3, 4])).serialize()
LUNCH = Frame.close(1001, "lunch").serialize()
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


def sha1(text: str) -> bytes:
    return hashlib.sha1(text.encode()).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (b"Hi", "This is the payload alone, and a header comes before it. Begin with byte 0"),
        (b"81 82 01 02 03 04", "hex digits as text: bytes.fromhex(...)"),
        (HI[:2] + HI[6:], "4 bytes are missing from byte 2 on: the rest is right, but comes too early. Masking-key"),
        (HI[:1] + HI[2:], "comes too early. MASK and Payload len should be there"),
        (
            HI[:2] + b"\0" + HI[2:],
            "1 byte is too many at byte 2: the rest is right, but comes too late. Without it all is right",
        ),
        (HI[:1] + b"\xfe\x00\x02" + HI[2:], "126 and 127 say that the length follows"),
        (HI[:1] + b"\x86" + HI[2:], "It counts the bytes of the payload alone, neither header nor masking key"),
        (HI[:6] + b"Hi", "It is not masked yet: 48 XOR 01 = 49"),
        (
            HI[:6] + bytes([ord("H") ^ 2, ord("i") ^ 1]),
            "masked with 02, byte 1 of the key; byte 0 of the payload takes",
        ),
        (HI[:6] + bytes([ord("h") ^ 1, ord("i") ^ 2]), "Unmasked, yours says 68 there, and it should be 48"),
        (Frame.text("Hi").serialize(), "A client must mask every frame that it sends (§5.1)"),
    ],
)
def test_a_masked_text_frame(mine: bytes, says: str) -> None:
    assert says in said(check_bytes(mine, HI))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (b"\x88\x05lunch", "It fits what you wrote; the payload should be Close code and Reason, 7 bytes in all"),
        (b"\x88\x091001lunch", "It fits what you wrote; the payload should be Close code and Reason"),
        (b"\x88\x07lunch", "comes too early. Close code"),
        (b"\x88\x05\x03\xe9lunch", "It counts the close code, too: two bytes of the payload"),
        (b"\x88\x0d\x03\xe9lunch", "It counts the bytes of the payload alone"),
        (b"\x88\x07\xe9\x03lunch", "bytes are in the wrong order: the most significant one comes first (§5.5.1)"),
        (b"\x08\x07\x03\xe9lunch", "A control frame must not be fragmented"),
        (b"lunch", "FIN, RSV1, RSV2, RSV3 and opcode should be there"),
        (b"Lunch", "FIN: yours is 0, it should be 1. There it should say: 1"),  # no word of what a 0xC would break
        (Frame.close(1001, "lunch", mask=b"abcd").serialize(), "A server must not mask any frame that it sends"),
    ],
)
def test_a_close_frame(mine: bytes, says: str) -> None:
    assert says in said(check_bytes(mine, LUNCH, role=Role.CLIENT))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (b"\x88\x02\x03\xe8", "It fits what you wrote; the payload should be empty."),
        (b"\x88\x02\x03\xed", "should be empty. A Close frame must not carry 1005, 1006 or 1015 (§7.4.1)."),
        (b"\x88\x05", "It counts the bytes of the payload alone"),
    ],
)
def test_a_close_frame_without_a_body(mine: bytes, says: str) -> None:
    assert says in said(check_bytes(mine, Frame.close().serialize(), role=Role.CLIENT))


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (b"\x88\x02\x03\xee", "byte 1 of it: yours is ee, it should be ea. A Close frame must not carry 1005, 1006"),
        (b"\x88\x05\x03\xeabye", "It fits what you wrote; the payload should be Close code, 2 bytes in all."),
        (b"\x88\x00", "It fits what you wrote; the payload should be Close code, 2 bytes in all."),
        (b"\x88\x04\x03\xea", "It counts the bytes of the payload alone"),
    ],
)
def test_of_several_frames_each_is_judged_by_itself(second: bytes, says: str) -> None:
    first, right, last = (Frame.close(code).serialize() for code in (4321, 1002, None))
    assert says in said(check_bytes(first + second + last, first + right + last, role=Role.CLIENT))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (bytes([2, 3, 4, 1]), "the key's bytes in another order: yours begin with byte 1 of it (§5.3)."),
        (bytes([4, 3, 2, 1]), "the key's bytes in another order: yours begin with byte 3 of it (§5.3)."),
        (bytes([4, 3, 2, 2]), "There it should say: 01 02 03 04"),
    ],
)
def test_a_key(mine: bytes, says: str) -> None:
    assert says in said(check_bytes(mine, HI[:6], begin=2))


@pytest.mark.parametrize(("operator", "byte"), [("OR", 0b0111), ("AND", 0b0001)])
def test_a_payload_that_is_combined_in_another_way_than_by_xor(operator: str, byte: int) -> None:
    right = Frame.binary(b"\x03", mask=b"\x05abc").serialize()
    words = f"It is 03 {operator} 05, and masking is XOR: 03 XOR 05 = 06 (§5.3)."
    assert words in said(check_bytes(bytes([byte]), right, begin=6))


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"\x82\x7f\x00\xc8", "126 is no length here: it says that the length is in the next 16 bits (§5.2)"),
        (b"\x82\x7d\x00\xc8", "126 is no length here"),
        (b"\x82\x7e\xc8\x00", "in the wrong order: the most significant one comes first (§5.2)"),
        (b"\x82\x7e\x00\xca", "It counts the bytes of the payload alone"),
    ],
)
def test_a_length_in_16_bits(head: bytes, says: str) -> None:
    right = Frame.binary(b"." * 200).serialize()
    assert says in said(check_bytes(head + right[4:], right, role=Role.CLIENT))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (KEY, "It gives the key itself"),
        (KEY + GUID, "Take SHA-1 of them"),
        (sha1(KEY + GUID), "the 20 bytes of the SHA-1. The header is text"),
        (sha1(KEY + GUID).hex(), "digest(), not hexdigest()"),
        (b64(sha1(KEY + GUID).hex().encode()), "Base64 of the hex digits"),
        (b64(sha1(KEY)), "made of the key alone"),
        (b64(sha1(GUID + KEY)), "comes before the key"),
        (b64(sha1(KEY + GUID.lower())), "in lower case"),
        (b64(hashlib.sha1(base64.b64decode(KEY) + GUID.encode()).digest()), "decoded before it is hashed"),
        (b64(hashlib.sha256((KEY + GUID).encode()).digest()), "It takes SHA-256"),
        (base64.urlsafe_b64encode(sha1(KEY + GUID)).decode(), "The header uses + and /"),
        (accept_key(KEY).encode(), "A header is text: .decode()"),
        (str(accept_key(KEY).encode()), "str(...) writes how Python shows them"),
        (base64.encodebytes(sha1(KEY + GUID)).decode(), "a line break at the end"),
        (accept_key(KEY).rstrip("="), "The = at the end is missing"),
        (accept_key(KEY).replace("x", "X"), "At character 9 yours has 'X'"),
        ("", "still empty"),
    ],
)
def test_an_accept_value(mine: object, says: str) -> None:
    check = check_accept(mine, KEY)
    assert not check
    assert says in said(check)


@pytest.mark.parametrize("mine", [KEY, KEY + GUID, b64(sha1(KEY)), b64(sha1(GUID + KEY)), sha1(KEY + GUID).hex()])
def test_the_step_that_went_wrong_is_named_at_once(mine: str) -> None:
    """Before, the report named it only after a hint was asked for."""
    check = check_accept(mine, KEY)
    named = ("the key itself", "Take SHA-1", "the key alone", "before the key", "hex digits")
    assert any(words in " ".join(str(check).split()) for words in named)
    assert [words for _, words in check.helps] == [FIRST, STEPS, SOLUTION]


def test_the_right_accept_value_is_right_whatever_alphabet_it_uses() -> None:
    assert check_accept(accept_key(KEY), KEY)
    plain = next(key for n in range(99) if not {"+", "/"} & set(accept_key(key := b64(n.to_bytes(16, "big")))))
    assert check_accept(accept_key(plain), plain)


def masked(piece: bytes, key: bytes, begin: int) -> bytes:
    return bytes(byte ^ key[(begin + at) % 4] for at, byte in enumerate(piece))


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (0, "masked with 0b, byte 0 of the key; byte 6 of the payload takes byte 6 mod 4 = 2, f0"),
        (7, "masked with 0d, byte 3 of the key"),
    ],
)
def test_the_rest_of_a_payload(begin: int, says: str) -> None:
    payload, key = b"The key goes on where it was.", bytes.fromhex("0badf00d")
    frame = Frame.text(payload.decode(), mask=key).serialize()
    assert says in said(check_bytes(masked(payload[6:], key, begin), frame, begin=12))
    assert "6 bytes are too many at byte 12" in said(check_bytes(masked(payload, key, 0), frame, begin=12))
    assert check_bytes(masked(payload[6:], key, 6), frame, begin=12)
