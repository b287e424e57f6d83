"""A check names the first wrong bit by its field, says "not yet" to what is not done, and never raises."""

from __future__ import annotations

import asyncio
import signal
from hashlib import sha1

import pytest

from wslab.course import CheckResult, check_bytes, check_value
from wslab.protocol import Frame, HandshakeRequest, Offset, Role, accept_key

KEY = bytes.fromhex("37fa213d")
HELLO = Frame.text("Hello", mask=KEY).serialize()
SAMPLE = "dGhlIHNhbXBsZSBub25jZQ=="


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


@pytest.mark.parametrize("mine", [..., None, b"", bytearray(), ""])
def test_what_is_not_done_is_not_yet_with_a_hint_where_to_begin(mine: object) -> None:
    result = check_bytes(mine, HELLO)
    assert (result.ok, result.first_wrong_bit, bool(result)) == (None, None, False)
    assert result.sentence.endswith("egin with byte 0, which holds FIN, RSV1, RSV2, RSV3 and opcode (§5.2).")


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        (b"", "… Not yet: begin with byte 8, which holds Payload data, byte 2 of it (§5.2)."),
        (b"", "Byte 8 belongs to Payload data, which says “Hello”."),
        (HELLO[8:], "✓ Right: all 3 bytes are as they should be."),
        (HELLO[8:-1], "1 byte is missing: yours end before byte 10, Payload data, byte 4 of it."),
        (b"\x7f" + HELLO[9:], "Byte 8, bit 2, Payload data, byte 2 of it: yours is 7f, it should be 4d."),
    ],
)
def test_a_piece_is_told_by_its_place_in_the_whole(mine: bytes, told: str) -> None:
    assert told in check_bytes(mine, HELLO, begin=8).text(2)


@pytest.mark.parametrize("mine", [HELLO, bytearray(HELLO), memoryview(HELLO)])
def test_right_bytes_are_confirmed_briefly(mine: object) -> None:
    result = check_bytes(mine, HELLO)
    assert result.ok is True
    assert result
    assert str(result).startswith("✓ Right: all 11 bytes are as they should be.\n")
    assert result.helps == ()


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


@pytest.mark.parametrize("bit", range(len(HELLO) * 8))
def test_the_first_wrong_bit_is_named_wherever_it_is(bit: int) -> None:
    result = check_bytes(flipped(HELLO, bit), HELLO)
    assert result.ok is False
    assert result.first_wrong_bit == Offset(bit // 8, bit % 8)
    assert result.hint.startswith(f"Byte {bit // 8}, bit {bit % 8}, ")


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
    assert words in said(check_bytes(flipped(HELLO, bit), HELLO))


@pytest.mark.parametrize("byte", range(5))
def test_a_payload_byte_that_was_left_plain_is_told_so(byte: int) -> None:
    """The header and the bytes before it are right; from there on the payload is as it was typed."""
    mine = HELLO[: 6 + byte] + b"Hello"[byte:]
    plain, key = b"Hello"[byte], KEY[byte % 4]
    told = said(check_bytes(mine, HELLO))
    assert f"It is not masked yet: {plain:02x} XOR {key:02x} = {plain ^ key:02x} (§5.3)." in told


def test_the_role_decides_what_is_wrong() -> None:
    plain = Frame.text("Hello").serialize()
    told = said(check_bytes(HELLO, plain, role=Role.CLIENT))
    assert "MASK: yours is 1, it should be 0. A server must not mask any frame that it sends (§5.1)" in told


@pytest.mark.parametrize("size", range(1, len(HELLO)))
def test_bytes_that_end_early_are_told_with_the_field_they_lack(size: int) -> None:
    result = check_bytes(HELLO[:size], HELLO)
    assert result.first_wrong_bit == Offset(size)
    assert f"yours end before byte {size}, " in said(result)


def test_bytes_that_go_on_are_told() -> None:
    result = check_bytes(HELLO + b"ab", HELLO)
    assert result.first_wrong_bit == Offset(11)
    assert result.sentence == "11 of 11 bytes are right. Byte 11 is too many."
    assert result.hint == "2 bytes are too many, from byte 11 on."


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ("8185", "Text becomes bytes with .encode()"),
        ([0x81, 0x85], "bytes([...])"),
        (Frame.text("Hello"), ".serialize()"),
        (5, "One byte is bytes([0x81])"),
    ],
)
def test_another_type_is_told_with_the_way_to_bytes(mine: object, words: str) -> None:
    result = check_bytes(mine, HELLO)
    assert result.ok is False
    assert words in said(result)


def test_a_head_is_checked_by_its_fields_too() -> None:
    request = HandshakeRequest.build("127.0.0.1", key=SAMPLE).serialize()
    told = said(check_bytes(request.replace(b"Version: 13", b"Version: 12"), request))
    assert "Header value" in told
    assert "yours is 32, it should be 33" in told


def test_nothing_to_compare_with_is_told() -> None:
    assert "the expected bytes are empty" in check_bytes(None, b"").sentence


@pytest.mark.parametrize("mine", [None, ..., "", b""])
def test_an_empty_value_is_not_yet_and_says_how_long_the_right_one_is(mine: object) -> None:
    told = check_value(mine, accept_key(SAMPLE), "the accept value")
    assert told.ok is None
    assert told.sentence.endswith("; the right one has 28 characters.")
    assert told.bigger_hint == "The right one begins with 's3pP'."


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (
            "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "At character 0 yours has 'S', and it should be 's'",
        ),
        ("S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "which of them are capitals is not"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK-xOo=", "Base64 for URLs"),
        ("b37a4f2cc0624f1690f64606cf385945b2bec4ea", "hex digits alone"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOoxOo", "Yours has 30 characters, and it should be 28"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+1234", "From character 24 on the right one says 'xOo='"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo", "1 of 28 characters is missing at its end"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo", "The right one ends with 'xOo='"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo==", "The right one ends with 'xOo='"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", "white space around it"),
        (b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Bytes become text with .decode()"),
        (b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "begins with 's3pP', without a b in front"),
        (28, "yours is an int"),
    ],
)
def test_the_first_wrong_character_is_named(mine: object, words: str) -> None:
    result = check_value(mine, accept_key(SAMPLE), "the accept value")
    assert result.ok is False
    assert words in said(result)


def test_a_right_value_is_confirmed() -> None:
    assert check_value(accept_key(SAMPLE), accept_key(SAMPLE), "the accept value").ok is True


def test_a_result_is_data_in_html() -> None:
    html = check_value("x", "y", "<b>")._repr_html_()
    assert html.startswith("<pre>≠ Not quite: 0 of 1 characters are right.\n")
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


# ---- the report


CAFE = Frame.text("café!").serialize()


def test_the_report_draws_the_right_prefix_and_with_a_hint_the_first_wrong_bit_and_what_is_wanted() -> None:
    report = check_bytes(bytes.fromhex("8106636166e921"), CAFE, role=Role.CLIENT)
    assert "wanted" not in str(report)
    assert "c3" not in str(report)
    assert str(report).splitlines()[-1] == "Hint › Bigger hint › Solution: .hint, .bigger_hint, .solution"
    assert report.text(1).splitlines()[:11] == [
        "≠ Not quite: 5 of 8 bytes are right. Byte 5 is the first that differs.",
        "",
        "        FIN opcode  MASK len  Payload data",
        "yours    81          06        63    61    66   (e9)   21    __",
        "         ✓           ✓         ✓ c   ✓ a   ✓ f   ≠           missing",
        "",
        "yours  e9  1  1 (1) 0  1  0  0  1",
        "wanted c3  1  1 [0] 0  0  0  1  1",
        "bit 2 is the first that differs",
        "",
        "Hint ✓ › Bigger hint › Solution: .bigger_hint, .solution",
    ]


def test_helps_are_shown_one_after_the_other() -> None:
    report = check_bytes(bytes.fromhex("8106636166e921"), CAFE, role=Role.CLIENT)
    assert [report.text(asked).count("yours is e9, it should be c3") for asked in range(4)] == [0, 1, 1, 1]
    assert "UTF-8" not in report.text(1)
    assert report.text(3).splitlines()[-4:] == [
        "Hint ✓ › Bigger hint ✓ › Solution ✓",
        "Hint         Byte 5, bit 2, Payload data, byte 3 of it: yours is e9, it should be c3.",
        "Bigger hint  A text message must be valid UTF-8 as a whole (§8.1).",
        'Solution     bytes.fromhex("81 06 63 61 66 c3 a9 21")',
    ]


@pytest.mark.parametrize("size", [0, 1, 5, 24, 25, 60, 300])
@pytest.mark.parametrize("at", [0, 1, 30, 200])
def test_of_a_long_comparison_the_cells_around_the_first_difference_are_shown(size: int, at: int) -> None:
    right = Frame.binary(bytes(range(256))).serialize()
    mine = right[:at] + b"\xaa" * size
    shown = check_bytes(mine, right).comparison
    if not mine:
        return
    assert shown is not None
    assert len(shown.cells) == 24
    assert shown.first is not None
    assert shown.before + len(shown.cells) + shown.behind == max(len(mine), len(right))
    assert [cell.look for cell in shown.cells].count("first") == (1 if size else 0)
    assert all(line == line.rstrip() and len(line) <= 96 for line in str(check_bytes(mine, right)).splitlines())


def test_very_many_bytes_are_answered_at_once() -> None:
    shown = check_bytes(HELLO + bytes(1 << 22), HELLO).comparison
    assert shown is not None
    assert len(shown.cells) == 24
    assert shown.behind > 1 << 21


# ---- what is no bytes


async def coroutine() -> bytes:
    return b""


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ([0x81, 300], "A byte is 0 to 255, and 300 is not; two bytes hold it: (300).to_bytes(2, 'big')"),
        ([0x81, 65536], "A byte is 0 to 255, and 65536 is not."),
        ([0x81, -1], "A byte is 0 to 255, and -1 is not."),
        ([b"\x81", b"\x85"], "b''.join(...) makes one bytes object of several"),
        (range(3), "bytes([...]) makes bytes of a list of numbers"),
        (True, "A bit is a part of a byte"),
        (1.5, "Give a bytes object"),
        (coroutine, "Put `await` before the call"),
    ],
)
def test_each_wrong_type_teaches_the_way_to_bytes(mine: object, words: str) -> None:
    result = check_bytes(mine, HELLO)
    assert result.ok is False
    assert result.sentence.endswith("and what travels is bytes.")
    assert words in result.hint
    assert result.bigger_hint.startswith("Begin with byte 0")


def test_none_says_where_it_comes_from() -> None:
    for mine in (None, lambda: None):
        assert check_bytes(mine, HELLO).sentence.startswith("this is None, which a function without `return` gives.")


def adds_text() -> bytes:
    return b"\x81" + "Hello"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("mine", "sentence", "hint", "bigger"),
    [
        (adds_text, "TypeError: can't concat str to bytes", 'return b"\\x81" + "Hello"', "Text and bytes do not mix"),
        (lambda: bytes([300]), "ValueError: bytes must be in range(0, 256)", "bytes([300])", "A byte is 0 to 255"),
        (lambda: KEY[4], "IndexError", "KEY[4]", "`i % 4` comes round"),
        (lambda: [*KEY][4], "IndexError", "[*KEY][4]", "past the end: the first is 0, the last is len(...) - 1"),
        (lambda: nothing, "NameError: name 'nothing' is not defined", "nothing", "is it spelled"),  # type: ignore[name-defined]  # noqa: F821
        (lambda: None + None, "TypeError", "None + None", "does every way through it have one?"),  # type: ignore[operator]
        (lambda x: x, "TypeError", "takes (x)", "keep them as they were"),
        (lambda: pow(2), "TypeError", "pow(2)", "Look at which arguments that call takes"),  # type: ignore[call-overload]
        (lambda: max("3") > 2, "TypeError", "max", "int(...) makes a number of digits"),  # type: ignore[operator]
        (lambda: "H" ^ 1, "TypeError", '"H" ^ 1', "ord(...) of a character"),  # type: ignore[operator]
        (lambda: (1001).to_bytes("big"), "TypeError", "to_bytes", "Text and numbers do not mix"),  # type: ignore[arg-type]
        (lambda: ord("Hi"), "TypeError", 'ord("Hi")', "`ord` takes one character"),
        (lambda: KEY ^ 1, "TypeError", "KEY ^ 1", "data[i] takes one out of bytes"),  # type: ignore[operator]
        (lambda: KEY + 1, "TypeError", "KEY + 1", "bytes([0x81]) makes bytes of numbers"),  # type: ignore[operator]
        (lambda: bytes("Hi"), "TypeError", 'bytes("Hi")', "Text and bytes do not mix"),  # type: ignore[arg-type]
        (lambda: sha1("Hi"), "TypeError", 'sha1("Hi")', "SHA-1 and Base64 take bytes"),  # type: ignore[arg-type]
        (lambda: 1 / 0, "ZeroDivisionError", "1 / 0", "in a cell of its own"),
    ],
)
def test_an_exception_is_told_with_its_line_and_what_it_usually_means(
    mine: object, sentence: str, hint: str, bigger: str
) -> None:
    result = check_bytes(mine, HELLO)
    assert result.ok is False
    assert sentence in result.sentence
    assert hint in result.hint
    assert bigger in result.bigger_hint
    assert result.solution == f'bytes.fromhex("{HELLO.hex(" ")}")'


def test_expected_bytes_of_another_type_are_the_teachers_mistake() -> None:
    with pytest.raises(TypeError, match=r"The expected bytes are bytes, and these are str: bytes\.fromhex"):
        check_bytes(b"", "81 05")  # type: ignore[arg-type]


def test_ctrl_c_is_not_swallowed() -> None:
    def endless() -> bytes:
        signal.raise_signal(signal.SIGINT)
        return b""

    with pytest.raises(KeyboardInterrupt):
        check_bytes(endless, HELLO)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_an_error_that_a_learner_raises_ends_no_program(error: type[BaseException]) -> None:
    def mine() -> bytes:
        raise error

    result = check_bytes(mine, HELLO)
    assert (result.kind, result.ok) == ("raises", False)
    assert error.__name__ in result.sentence


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_an_error_without_words_is_told_by_its_type() -> None:
    def mine() -> bytes:
        raise Unspeakable

    assert check_bytes(mine, HELLO).sentence == "your code raises Unspeakable."
