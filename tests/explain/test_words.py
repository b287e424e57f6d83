"""Numbers and events in words."""

from __future__ import annotations

import random

import pytest

from wslab.explain import (
    OPCODES,
    anatomy,
    close_code_words,
    narrate_close,
    narrate_error,
    narrate_frame,
    narrate_head,
    opcode_name,
    quoted,
)
from wslab.explain.preview import preview
from wslab.explain.words import is_text
from wslab.protocol import RULES, CloseCode, Frame, Offset, Opcode, ProtocolError, Role

KEY = b"abcd"


def test_all_sixteen_opcodes_have_words() -> None:
    assert sorted(OPCODES) == list(range(16))
    assert [n for n in range(16) if OPCODES[n].name == "reserved"] == [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
    assert opcode_name(0xB) == "reserved 0xB"
    assert [opcode_name(each) for each in Opcode] == ["continuation", "text", "binary", "Close", "Ping", "Pong"]


@pytest.mark.parametrize("code", CloseCode)
def test_every_registered_close_code_has_words_of_its_own(code: CloseCode) -> None:
    assert not close_code_words(code).startswith("reserved")


@pytest.mark.parametrize(("code", "word"), [(3000, "login"), (3003, "forbidden"), (3008, "timeout")])
def test_the_codes_that_iana_registered_from_3000_on_are_told_by_their_meaning(code: int, word: str) -> None:
    assert word in close_code_words(code)


def test_1002_blames_neither_side_for_the_one_who_reads_it() -> None:
    assert (
        close_code_words(1002) == "protocol error: one side broke a rule, and the other side, which sends this, saw it"
    )


@pytest.mark.parametrize(
    ("code", "begins"),
    [(999, "not used"), (1004, "reserved"), (1016, "reserved"), (2999, "reserved"), (3001, "for a library"),
     (4000, "private"), (4999, "private"), (5000, "beyond"), (0, "not used")],
)  # fmt: skip
def test_codes_outside_the_registry_are_told_by_their_range(code: int, begins: str) -> None:
    assert close_code_words(code).startswith(begins)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (Frame.text("Hello", mask=KEY), "The client sends text, 5 bytes, masked: “Hello”."),
        (Frame.text("Hel", fin=False), "The client begins a text message, first fragment, 3 bytes: “Hel”."),
        (Frame.continuation(b"lo", fin=False), "The client sends a further fragment, 2 bytes: “lo”."),
        (Frame.continuation(b"lo"), "The client sends the last fragment, 2 bytes: “lo”."),
        (Frame.binary(b"\x01\x02"), "The client sends binary, 2 bytes: 01 02."),
        (Frame.ping(), "The client sends Ping, no bytes."),
        (Frame.pong(b"x"), "The client sends Pong, 1 byte: “x”."),
        (Frame.ping(b"\x01\x02"), "The client sends Ping, 2 bytes: 01 02."),
        (Frame.pong(b"\xa5bc\xe2"), "The client sends Pong, 4 bytes: a5 62 63 e2."),
        (
            Frame(1, "10 €".encode()[:4], fin=False),
            "The client begins a text message, first fragment, 4 bytes: “10 \\xe2”.",
        ),
        (Frame.close(1001, "lunch", mask=KEY), "The client sends Close 1001 (going away), masked: “lunch”."),
        (Frame.close(), "The client sends Close without a code."),
        (Frame(8, b"\x03"), "The client sends Close with half a code."),
        (Frame(8, b"\x03\xee"), "The client sends Close 1006 (abnormal closure)."),
        (Frame(3), "The client sends a frame with the reserved opcode 0x3, no bytes."),
        (Frame(1, b"Hi", rsv1=True), "The client sends text, 2 bytes, marked as compressed (RSV1): “Hi”."),
    ],
    ids=str,
)
def test_a_frame_is_one_sentence(frame: Frame, sentence: str) -> None:
    assert narrate_frame(frame, "client") == sentence


def test_a_compressed_frame_is_told_by_its_message_and_its_size_on_the_wire() -> None:
    frame = Frame(1, bytes(7), rsv1=True)
    assert narrate_frame(frame, "server", b"Hello") == (
        "The server sends text, 5 bytes, compressed to 7 bytes: “Hello”."
    )


def test_a_payload_stays_one_line_and_short() -> None:
    sentence = narrate_frame(Frame.text("a\nb\x1b[31m" + "x" * 100_000), "server")
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert len(sentence) < 120


@pytest.mark.parametrize("size", [0, 1, 39, 40, 41, 321, 1000])
def test_quoted_text_is_whole_up_to_its_limit_and_cut_in_the_middle_beyond(size: int) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(size))
    got = quoted(text.encode())
    assert got == f"“{text}”" if size <= 40 else (got == f"“{text[:20]}…{text[-20:]}”")


@pytest.mark.parametrize(
    ("head", "sender", "sentence"),
    [
        ("GET /chat HTTP/1.1\r\nupgrade: websocket", "client", "The client asks to upgrade: GET /chat HTTP/1.1."),
        (
            "GET /health HTTP/1.1\r\nHost: x",
            "client",
            "The client sends a request without Upgrade: GET /health HTTP/1.1.",
        ),
        ("HTTP/1.1 101 Switching Protocols", "server", "The server agrees: HTTP/1.1 101 Switching Protocols."),
        (
            "HTTP/1.1 103 Early Hints",
            "server",
            "The server sends an interim answer, and the final one is still to come (RFC 9110 §15.2): "
            "HTTP/1.1 103 Early Hints.",
        ),
        ("HTTP/1.1 403 Forbidden", "server", "The server refuses: HTTP/1.1 403 Forbidden."),
        ("HTTP/1.1 302 Found", "server", "The server redirects: HTTP/1.1 302 Found."),
        (
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nOrigin: https://a.example\r\nSec-WebSocket-Protocol: chat",
            "client",
            "The client asks to upgrade: GET / HTTP/1.1 (Origin: https://a.example; Sec-WebSocket-Protocol: chat).",
        ),
        (
            "HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n\r\nCome back later.",
            "server",
            "The server refuses: HTTP/1.1 503 Busy: “Come back later”.",
        ),
        (
            "HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\n\r\n<html>",
            "server",
            "The server refuses: HTTP/1.1 502 Bad.",
        ),
    ],
)
def test_a_head_is_one_sentence(head: str, sender: str, sentence: str) -> None:
    assert narrate_head(head, sender) == sentence


def test_a_header_that_is_cut_short_says_so() -> None:
    name = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    head = f"GET /{'x' * 100} HTTP/1.1\r\nUpgrade: websocket\r\n{name}; client_max_window_bits"
    assert narrate_head(head, "client") == f"The client asks to upgrade: GET /{'x' * 74}… ({name}; client_max_window…)."


def test_a_violation_is_told_by_what_the_receiver_does() -> None:
    def told(rule: str, role: Role) -> str:
        return narrate_error(ProtocolError(RULES[rule], Offset(0), "x", "y"), role.value)

    assert told("client-masks", Role.SERVER).startswith("The server fails the connection with 1002: a client must mask")
    assert told("request-version", Role.SERVER).startswith("The server refuses the handshake with 426: ")
    assert told("response-accept", Role.CLIENT).startswith("The client does not accept this answer")


def test_a_close_is_told_with_its_reason() -> None:
    assert narrate_close(1000) == "1000, normal closure: the purpose is fulfilled"
    assert narrate_close(4000, "bye").endswith("; reason “bye”")


# ---- a payload that is no text


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG])
def test_a_token_of_a_ping_is_text_only_where_each_character_shows(opcode: Opcode) -> None:
    """Random tokens: whatever they are, no view has a replacement character, nor a dot in its place."""
    chance = random.Random(7)
    for _ in range(2000):
        payload = chance.randbytes(4)
        frame = Frame(opcode, payload)
        whole = anatomy(frame.serialize(), Role.CLIENT).parts[0]
        for words in (narrate_frame(frame, "client"), preview(frame), whole.fields[-1].value):
            assert "\ufffd" not in words
            assert "·" not in words
            assert payload.hex(" ") in words or payload.decode() in words


@pytest.mark.parametrize("cut", range(1, 6))
def test_bytes_that_are_not_utf_8_are_named_each(cut: int) -> None:
    """A fragment may end in the middle of a character: what came of it is shown as Python writes it."""
    payload = "a€z€".encode()[:cut]
    shown = quoted(payload)
    assert "\ufffd" not in shown
    broken = payload[len(payload.decode("utf-8", "ignore").encode()) :]
    assert shown.endswith("".join(f"\\x{each:02x}" for each in broken) + "”")


@pytest.mark.parametrize(
    ("payload", "whole", "expected"),
    [
        (b"", True, True),
        ("é€𝄞".encode(), True, True),
        ("\ufffd".encode(), True, True),
        ("é€𝄞".encode()[1:-1], True, False),
        ("é€𝄞".encode()[1:-1], False, True),
        (b"a\xffb", False, False),
        (("é" * 200).encode(), True, True),
        (b"\xff" + b"a" * 300, False, False),
    ],
)
def test_what_reads_as_text(payload: bytes, whole: bool, expected: bool) -> None:
    assert is_text(payload, whole) is expected
