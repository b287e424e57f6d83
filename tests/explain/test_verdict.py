"""The verdict is the connection's own, in words."""

from __future__ import annotations

import pytest

from wslab.explain import anatomy, verdict
from wslab.protocol import RULES, CloseCode, Deflate, Frame, HandshakeRequest, Offset, Role

KEY = bytes.fromhex("37fa213d")
REQUEST = HandshakeRequest.build("127.0.0.1", key="dGhlIHNhbXBsZSBub25jZQ==").serialize()
ANSWERED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (Frame.text("Hello"), "the text message “Hello”"),
        (Frame.binary(b"123"), "a binary message of 3 bytes"),
        (Frame.ping(b"x"), "a Ping, which it answers with a Pong"),
        (Frame.pong(), "a Pong"),
        (Frame.close(1000, "bye"), "Close 1000, normal closure: the purpose is fulfilled; reason “bye”"),
        (Frame.close(), "a Close without a code, which it answers with Close"),
        (Frame.text("Hel", fin=False), "waits for the next fragment"),
    ],
    ids=str,
)
@pytest.mark.parametrize("role", Role)
def test_an_accepted_frame_is_told_by_what_it_does(frame: Frame, told: str, role: Role) -> None:
    data = frame.replace(mask=KEY if role is Role.SERVER else None).serialize()
    got = verdict(data, role)
    assert got.accepted is True
    assert told in got.sentence
    assert got.sentence.startswith(f"The {role} accepts it")
    assert (got.rule, got.close_code, got.offset, got.fix) == (None, None, None, "")


def test_a_refusal_tells_rule_code_place_and_cure() -> None:
    got = verdict(Frame.text("Hello").serialize(), Role.SERVER)
    assert got.accepted is False
    assert got.rule is RULES["client-masks"]
    assert got.close_code is CloseCode.PROTOCOL_ERROR
    assert got.offset == Offset(1, 0)
    assert got.sentence == (
        "The server fails the connection with 1002: a client must mask every frame that it sends (§5.1)."
    )
    assert got.fix.startswith("Set the MASK bit")


def test_the_first_violation_counts_wherever_it_stands() -> None:
    """The receiver is given the bytes in sips: the place of the violation is counted from the first of them."""
    before = Frame.text("first").serialize() * 5000
    got = verdict(before + Frame.text("bad", mask=KEY).serialize(), Role.CLIENT)
    assert got.rule is RULES["server-does-not-mask"]
    assert got.offset == Offset(len(before) + 1, 0)


@pytest.mark.parametrize("size", range(11))
def test_a_frame_cut_off_is_neither_accepted_nor_refused(size: int) -> None:
    data = Frame.text("Hello", mask=KEY).serialize()
    assert verdict(data[:size], Role.SERVER).accepted is None
    assert "wait" in verdict(data[:size], Role.SERVER).sentence
    assert verdict(data, Role.SERVER).accepted is True


def test_a_fragment_from_the_middle_is_judged_alone_when_asked() -> None:
    data = Frame.continuation(b"lo").serialize()
    assert verdict(data, Role.CLIENT).rule is RULES["continuation-needs-start"]
    assert verdict(data, Role.CLIENT, whole_stream=False).accepted is True
    illegal = Frame(8, b"\x03\xee").serialize()
    assert verdict(illegal, Role.CLIENT, whole_stream=False).offset == Offset(2, 0)
    both = anatomy(Frame.ping(b"Hello").serialize() + illegal, Role.CLIENT, whole_stream=False)
    assert [field.name for field in both.fields if field.rule] == ["Close code"]
    assert verdict(data + data, Role.CLIENT, whole_stream=False).sentence == "The client accepts all 2 frames."
    assert verdict(data[:1], Role.CLIENT, whole_stream=False).accepted is None


@pytest.mark.parametrize(
    ("data", "accepted", "words"),
    [
        (b"GET / HT", None, "waits for the rest of the request"),
        (RULES["request-version"].example, False, "refuses the handshake with 426"),
        (REQUEST, True, "The server accepts the request."),
        (
            REQUEST + Frame.text("Hi", mask=KEY).serialize(),
            True,
            "accepts the request. The server accepts it: the text",
        ),
        (REQUEST + Frame.text("Hi").serialize(), False, "a client must mask every frame"),
        (REQUEST + b"\x81", None, "waits for the rest of the frame"),
    ],
)
def test_a_head_at_the_beginning_is_judged_as_a_head(data: bytes, accepted: bool | None, words: str) -> None:
    got = verdict(data, Role.SERVER)
    assert got.accepted is accepted
    assert words in got.sentence
    if data.endswith(b"Hi") and not accepted:
        assert got.offset == Offset(len(REQUEST) + 1, 0)


def test_a_compressed_message_is_read_where_compression_was_agreed_on() -> None:
    data = bytes.fromhex("c107f248cdc9c90700")
    assert verdict(data, Role.CLIENT).rule is RULES["reserved-bits"]
    assert verdict(data, Role.CLIENT, deflate=Deflate()).sentence == (
        "The client accepts it: the text message “Hello”."
    )
    assert verdict(data, Role.CLIENT, whole_stream=False, deflate=Deflate()).accepted is True
    assert verdict(b"\xc1\x01\xff", Role.CLIENT, deflate=Deflate()).rule is RULES["deflate-data"]


def test_of_very_many_messages_the_sentence_names_the_first() -> None:
    found = verdict(b"\x81\x00" * 5000, Role.CLIENT)
    assert found.sentence.endswith("; the text message “”; and 4,900 more.")


@pytest.mark.parametrize(
    ("behind", "size"),
    [
        (Frame.text("late").serialize(), "6 bytes"),
        (b"\x81\x85", "2 bytes"),
        (b"\xff" * 5, "5 bytes"),
        (b"\x81", "1 byte"),
    ],
)
def test_data_behind_a_close_is_accepted_and_remarked(behind: bytes, size: str) -> None:
    """§1.4: it is discarded; §5.5.1: it may not be sent. It also is no reason to wait for more."""
    close = Frame.text("Hi").serialize() + Frame.close(1000).serialize()
    found = verdict(close + behind, Role.CLIENT)
    assert found.accepted is True
    assert found.sentence.endswith(
        f" It discards the {size} behind the Close (§1.4): no data frame may stand there (§5.5.1)."
    )
    assert "discards" not in verdict(close, Role.CLIENT).sentence


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (b"", "no Sec-WebSocket-Accept header"),
        (b"Sec-WebSocket-Accept: nonsense\r\n", "`nonsense`"),
        (b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" * 2, "Sec-WebSocket-Accept 2 times"),
    ],
)
def test_a_response_without_an_accept_value_is_refused_even_without_its_request(lines: bytes, found: str) -> None:
    """§4.1, 4: where the header is missing, "the client MUST _Fail the WebSocket Connection_"."""
    got = verdict(ANSWERED + lines + b"\r\n", Role.CLIENT)
    assert (got.accepted, got.rule) == (False, RULES["response-accept"])
    assert got.error is not None
    assert got.error.found == found


def test_a_response_is_accepted_only_if_it_fits_the_request_that_is_not_here() -> None:
    right = ANSWERED + b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    got = verdict(right, Role.CLIENT)
    assert got.accepted is True
    assert got.sentence.startswith("The client accepts the response if it fits the request, which is not here")


def test_interim_answers_stand_in_front_of_the_response() -> None:
    """RFC 9110 §15.2: 1xx, but not 101, is no refusal."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert verdict(interim, Role.CLIENT).accepted is None
    assert verdict(interim + b"HTTP/1.1 10", Role.CLIENT).accepted is None
    got = verdict(interim * 2 + ANSWERED + b"\r\n", Role.CLIENT)
    assert (got.rule, got.offset) == (RULES["response-accept"], Offset(2 * len(interim) + len(ANSWERED)))
    names = [field.name for field in anatomy(interim + ANSWERED + b"\r\n", Role.CLIENT).fields]
    assert names.count("Status code") == 2
    assert verdict(interim + b"no HTTP", Role.CLIENT).rule is RULES["response-status"]


@pytest.mark.parametrize("status", ["401 Unauthorized", "302 Found", "200 OK", "503"])
@pytest.mark.parametrize("interim", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"], ids=["final", "behind an interim one"])
def test_an_answer_with_another_status_than_101_breaks_no_rule_and_has_a_body(status: str, interim: bytes) -> None:
    """§4.1: "the client handles the response per HTTP"; §1.3: "the semantics of HTTP still apply"."""
    head = interim + f"HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\n".encode()
    found, whole = verdict(head + b"\x83a\xff", Role.CLIENT), anatomy(head + b"\x83a\xff", Role.CLIENT)
    assert (found.accepted, found.rule) == (True, None)
    assert f"with {status} instead of 101 no WebSocket begins (§4.1)." in found.sentence
    assert "What comes behind it, 3 bytes, is its body and no frame (§1.3)." in found.sentence
    assert [part.name for part in whole.parts] == ["response", "body"]
    assert not any(field.rule for field in whole.fields)
    assert "body" not in verdict(head, Role.CLIENT).sentence


@pytest.mark.parametrize(
    ("head", "method", "body"),
    [
        ("304 Not Modified\r\nContent-Length: 3", "GET", 0),
        ("204 No Content", "GET", 0),
        ("403 Forbidden\r\nContent-Length: 3", "GET", 3),
        ("403 Forbidden\r\nContent-Length: 3", "HEAD", 0),
        ("403 Forbidden\r\nTransfer-Encoding: chunked", "GET", 8),  # what is no size of a chunk has no end
        ("403 Forbidden", "GET", 8),
    ],
)
def test_a_body_is_as_long_as_its_head_says_and_what_is_left_is_no_response(head: str, method: str, body: int) -> None:
    data = f"HTTP/1.1 {head}\r\n\r\n".encode() + b"abcdefgh"
    request = HandshakeRequest.parse(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())[0]
    found = verdict(data, Role.CLIENT, request=request).sentence
    assert (f"comes behind it, {body} bytes, is its body" in found) is bool(body)
    assert (f"is left, {8 - body} bytes, belongs to no response" in found) is (body < 8)
    parts = {part.name: part.fields[0].size // 8 for part in anatomy(data, Role.CLIENT, request=request).parts[1:]}
    assert parts == {name: size for name, size in (("body", body), ("no response", 8 - body)) if size}


def test_an_answer_with_another_status_must_still_be_http() -> None:
    assert verdict(b"HTTP/1.1 401 No\n\n", Role.CLIENT).rule is RULES["head-ends-lines-with-crlf"]
    assert verdict(b"HTTP/1.1 401 No\r\nno colon\r\n\r\n", Role.CLIENT).rule is RULES["head-is-http"]


@pytest.mark.parametrize(
    ("line", "section"), [("Content-Length: 5", "RFC 9110 §8.6"), ("transfer-encoding: chunked", "RFC 9112 §6.1")]
)
def test_a_body_announced_in_a_101_is_remarked(line: str, section: str) -> None:
    head = ANSWERED + b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    found = verdict(head + line.encode() + b"\r\n\r\n" + b"\x81\x02Hi", Role.CLIENT)
    assert found.accepted is True
    assert f" It has the header {line.partition(':')[0]}, which no 101 may have ({section})" in found.sentence
    assert "no 101 may have" not in verdict(head + b"\r\n", Role.CLIENT).sentence
