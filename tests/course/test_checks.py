"""A check names the first wrong bit by its field, says "not yet" to what is not done, and never raises."""

from __future__ import annotations

import pytest

from wslab.course import check_bytes, check_value
from wslab.protocol import Frame, HandshakeRequest, Offset, Role, accept_key

KEY = bytes.fromhex("37fa213d")
HELLO = Frame.text("Hello", mask=KEY).serialize()
SAMPLE = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.mark.parametrize("mine", [..., None, b"", bytearray(), ""])
def test_what_is_not_done_is_not_yet_with_a_hint_where_to_begin(mine: object) -> None:
    result = check_bytes(mine, HELLO)
    assert (result.passed, result.offset, bool(result)) == (None, None, False)
    assert str(result) == "… Not yet: begin with byte 0, which holds FIN, RSV1, RSV2, RSV3 and opcode (§5.2)."


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        (b"", "… Not yet: begin with byte 8, which holds Payload data, byte 2 of it (§5.2)."),
        (HELLO[8:], "✓ Right: all 3 bytes are as they should be."),
        (HELLO[8:-1], "1 byte is missing: yours end before byte 10, Payload data, byte 4 of it (§5.2)."),
        (b"\x7f" + HELLO[9:], "byte 8, bit 2, Payload data, byte 2 of it: yours is 7f, it should be 4d."),
    ],
)
def test_a_piece_is_told_by_its_place_in_the_whole(mine: bytes, told: str) -> None:
    assert told in str(check_bytes(mine, HELLO, begin=8))


@pytest.mark.parametrize("mine", [HELLO, bytearray(HELLO), memoryview(HELLO)])
def test_right_bytes_are_confirmed_briefly(mine: object) -> None:
    result = check_bytes(mine, HELLO)
    assert result.passed is True
    assert result
    assert str(result) == "✓ Right: all 11 bytes are as they should be."


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


@pytest.mark.parametrize("bit", range(len(HELLO) * 8))
def test_the_first_wrong_bit_is_named_wherever_it_is(bit: int) -> None:
    result = check_bytes(flipped(HELLO, bit), HELLO)
    assert result.passed is False
    assert result.offset == Offset(bit // 8, bit % 8)
    assert result.sentence.startswith(f"byte {bit // 8}, bit {bit % 8}, ")


@pytest.mark.parametrize(
    ("bit", "words"),
    [
        (0, "FIN: yours is 0, it should be 1"),
        (
            1,
            "RSV1: yours is 1, it should be 0. RSV1, RSV2 and RSV3 must be 0 unless an extension gave them",
        ),
        (7, "opcode: yours is 0x0, it should be 0x1"),
        (8, "MASK: yours is 0, it should be 1. A client must mask every frame that it sends (§5.1)"),
        (15, "Payload len: yours is 4, it should be 5"),
        (24, "Masking-key, byte 1 of it: yours is 7a, it should be fa"),
        (87, "Payload data, byte 4 of it: yours is 59, it should be 58"),
    ],
)
def test_it_is_named_by_its_field_with_both_values_and_the_rule(bit: int, words: str) -> None:
    assert words in check_bytes(flipped(HELLO, bit), HELLO).sentence


@pytest.mark.parametrize("byte", range(5))
def test_a_payload_byte_that_was_left_plain_is_told_so(byte: int) -> None:
    """The header and the bytes before it are right; from there on the payload is as it was typed."""
    mine = HELLO[: 6 + byte] + b"Hello"[byte:]
    plain, key = b"Hello"[byte], KEY[byte % 4]
    told = check_bytes(mine, HELLO).sentence
    assert f"It is not masked yet: {plain:02x} XOR {key:02x} = {plain ^ key:02x} (§5.3)." in told


def test_the_role_decides_what_is_wrong() -> None:
    plain = Frame.text("Hello").serialize()
    told = check_bytes(HELLO, plain, role=Role.CLIENT).sentence
    assert "MASK: yours is 1, it should be 0. A server must not mask any frame that it sends (§5.1)" in told


@pytest.mark.parametrize("size", range(1, len(HELLO)))
def test_bytes_that_end_early_are_told_with_the_field_they_lack(size: int) -> None:
    result = check_bytes(HELLO[:size], HELLO)
    assert result.offset == Offset(size)
    assert f"yours end before byte {size}, " in result.sentence


def test_bytes_that_go_on_are_told() -> None:
    result = check_bytes(HELLO + b"ab", HELLO)
    assert result.offset == Offset(11)
    assert result.sentence == "2 bytes are too many, from byte 11 on: the last ends before it."


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ("8185", "text becomes bytes with .encode()"),
        ([0x81, 0x85], "bytes([...])"),
        (Frame.text("Hello"), ".serialize()"),
        (5, "return a bytes object"),
    ],
)
def test_another_type_is_told_with_the_way_to_bytes(mine: object, words: str) -> None:
    result = check_bytes(mine, HELLO)
    assert result.passed is False
    assert words in result.sentence


def test_a_head_is_checked_by_its_fields_too() -> None:
    request = HandshakeRequest.build("127.0.0.1", key=SAMPLE).serialize()
    told = check_bytes(request.replace(b"Version: 13", b"Version: 12"), request).sentence
    assert "Header value" in told
    assert "yours is 32, it should be 33" in told


def test_nothing_to_compare_with_is_told() -> None:
    assert "the expected bytes are empty" in check_bytes(None, b"").sentence


@pytest.mark.parametrize("mine", [None, ..., "", b""])
def test_an_empty_value_is_not_yet(mine: object) -> None:
    assert check_value(mine, accept_key(SAMPLE), "the accept value").passed is None


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (
            "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "wrong from its first character on; there yours has 'S', and it should be 's'",
        ),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo", "right up to character 27, and then 1 of 28 characters is missing"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", "white space around it"),
        (b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "end with .decode()"),
        (28, "yours is an int"),
    ],
)
def test_the_first_wrong_character_is_named(mine: object, words: str) -> None:
    result = check_value(mine, accept_key(SAMPLE), "the accept value")
    assert result.passed is False
    assert words in result.sentence


def test_a_right_value_is_confirmed() -> None:
    assert check_value(accept_key(SAMPLE), accept_key(SAMPLE), "the accept value").passed is True


def test_a_result_is_data_in_html() -> None:
    html = check_value("x", "y", "<b>")._repr_html_()
    assert html.startswith(
        "<p>× Not quite: &lt;b&gt; is wrong from its first character on; there yours has &#x27;x&#x27;"
    )
    assert "<b>" not in html
