"""Secrets in heads become asterisks of the same length, and nothing else changes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.explain.redaction import HeadRedactor, redact_head, redact_header, redact_words
from wslab.protocol import HandshakeRequest

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PLAIN = (
    "Host: 127.0.0.1:9001",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    'WWW-Authenticate: Bearer realm="x", error="invalid_token"',
    "Sec-WebSocket-Protocol: graphql-transport-ws, v12.stomp, wamp.2.json, v4.channel.k8s.io, soap, ocpp1.6",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "Origin: http://localhost:8080",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
)
SECRET = {
    "Authorization: Bearer abc.def-1": "Authorization: Bearer *********",
    "authorization: Basic dTpw": "authorization: Basic ****",
    "Proxy-Authorization: alone": "Proxy-Authorization: *****",
    'Authorization: Digest username="u", response="r"': "Authorization: Digest **************************",
    "Cookie: session=ab; theme=dark; flag": "Cookie: session=**; theme=****; ****",
    "Set-Cookie: id=abc; Path=/; HttpOnly": "Set-Cookie: id=***; Path=/; HttpOnly",
    "X-Api-Key: 123": "X-Api-Key: ***",
    "X-CSRF-Token: 1 2": "X-CSRF-Token: ***",
    "Location: /in?ticket=abc&next=/a": "Location: /in?ticket=***&next=/a",
    "Origin: http://u:pw@h": "Origin: http://u:**@h",
    "Sec-WebSocket-Protocol: chat, bearer, abc, x": "Sec-WebSocket-Protocol: chat, bearer, ***, x",
    "Sec-WebSocket-Protocol: bearer.abcdef": "Sec-WebSocket-Protocol: bearer.******",
    "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.Zm9v": (
        "Sec-WebSocket-Protocol: base64url.bearer.*************************"
    ),
    "Sec-WebSocket-Protocol: eyJhbGciOiJI.eyJzdWI.s-g": "Sec-WebSocket-Protocol: ************************",
    "Sec-WebSocket-Protocol: realtime, 0123456789abcdefABCDEF01": (
        "Sec-WebSocket-Protocol: realtime, ************************"
    ),
}


def head(*lines: str, first: str = "GET /chat HTTP/1.1") -> bytes:
    return "\r\n".join([first, *lines, "", ""]).encode()


@pytest.mark.parametrize(("line", "redacted"), SECRET.items())
def test_a_secret_becomes_as_many_asterisks_and_its_kind_stays(line: str, redacted: str) -> None:
    assert redact_head(head(line)) == head(redacted)
    assert len(line) == len(redacted)


@pytest.mark.parametrize("line", PLAIN)
def test_what_is_no_secret_stays(line: str) -> None:
    assert redact_head(head(line)) == head(line)


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "api_key", "apikey", "key", "ticket", "jwt", "X-Amz-Signature", "password", "auth"],
)
def test_a_secret_in_the_query_is_replaced_and_what_stands_around_it_stays(name: str) -> None:
    first, redacted = (f"GET /a?x=1&{name}={value}&y=2 HTTP/1.1" for value in ("s%20t", "*****"))
    assert redact_head(head(first=first)) == head(first=redacted)


@pytest.mark.parametrize("query", ["?author=me", "?monkey=1", "?x=token", "?tokens", "/token=1"])
def test_a_query_without_a_secret_stays(query: str) -> None:
    first = head(first=f"GET /{query} HTTP/1.1")
    assert redact_head(first) == first


def test_what_stands_behind_the_head_and_what_is_no_head_stays() -> None:
    behind = b"\x81\x05HelloGET /?token=abc HTTP/1.1\r\nAuthorization: x\r\n\r\n"
    assert redact_head(head() + behind) == head() + behind
    assert redact_head(behind) == behind


def test_a_head_without_its_end_is_redacted_too() -> None:
    assert redact_head(b"GET / HTTP/1.1\r\nCookie: a=secr") == b"GET / HTTP/1.1\r\nCookie: a=****"


@given(st.lists(st.sampled_from([*PLAIN, *SECRET]), max_size=6), st.lists(st.integers(1, 400), max_size=20))
def test_pieces_keep_their_length_and_show_no_more_than_the_whole(lines: list[str], cuts: list[int]) -> None:
    whole = head(*lines)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    redactor = HeadRedactor()
    pieces = [redactor.feed(whole[a:b]) for a, b in pairwise(places)]
    joined, expected = b"".join(pieces), redact_head(whole)
    assert [len(each) for each in pieces] == [b - a for a, b in pairwise(places)]
    assert all(each in (before, ord("*")) for each, before in zip(joined, whole, strict=True))
    if len(places) == 2:
        assert joined == expected


@pytest.mark.parametrize("line", ["Authorization: Bearer abcdefgh", "Cookie: a=abcdefgh", "X-Api-Key: abcdefgh"])
def test_no_byte_of_a_value_shows_however_the_head_is_cut(line: str) -> None:
    redactor, whole = HeadRedactor(), head(line)
    joined = b"".join(redactor.feed(whole[at : at + 1]) for at in range(len(whole)))
    assert joined.count(b"*") >= 8
    assert not set(b"abcdefgh") & set(joined.partition(b": ")[2].removeprefix(b"Bearer").replace(b"a=", b""))


def test_a_head_without_a_secret_stays_in_any_pieces() -> None:
    redactor, whole = HeadRedactor(), head(*PLAIN)
    assert b"".join(redactor.feed(whole[at : at + 1]) for at in range(len(whole))) == whole


def test_a_redacted_head_is_judged_as_before_and_stays_as_it_is() -> None:
    request = HandshakeRequest.build(
        "127.0.0.1", "/?token=abc", key=KEY, subprotocols=["bearer", "abc"], headers=[("Cookie", "a=b")]
    )
    redacted = redact_head(request.serialize())
    assert all(check.passed for check in HandshakeRequest.parse(redacted)[0].checks())
    assert redact_head(redacted) == redacted


def test_headers_and_sentences_are_redacted_too() -> None:
    assert redact_header("Authorization", "Bearer abc") == "Bearer ***"
    assert redact_header("X-Name", "Bearer abc") == "Bearer abc"
    assert redact_words("the subprotocol `bearer.abcdef`, not `chat`") == "the subprotocol `bearer.******`, not `chat`"


@pytest.mark.parametrize(
    "challenge",
    [
        "Basic realm=x",
        'Bearer realm="WebSocket"',
        'Bearer error="invalid_token", error_description="it ended"',
        'Digest realm="a b", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c0"',
    ],
)
def test_a_challenge_that_a_sentence_quotes_stays(challenge: str) -> None:
    words = f"It wants `{challenge}`: send credentials in the header Authorization."
    assert redact_words(words) == words


@pytest.mark.parametrize("secret", ["Bearer abcdefgh", "Bearer realmabc==", "Bearer, realm=abcdefgh", "Basic dXNlcg=="])
def test_credentials_that_a_sentence_quotes_do_not_stay(secret: str) -> None:
    assert "*******" in redact_words(f"found `{secret}`")


def test_an_accept_value_that_a_sentence_quotes_stays() -> None:
    words = "found `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=` for `dGhlIHNhbXBsZSBub25jZQ==`"
    assert redact_words(words) == words
