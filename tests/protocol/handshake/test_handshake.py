"""The opening handshake (§4): both halves built, read and checked; each check is a rule with its verdict."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.streams import ACCEPT, KEY, RESPONSE, Way, each_way, head_verdict, request, response
from wslab.protocol import (
    GUID,
    RULES,
    Deflate,
    Extension,
    HandshakeRequest,
    HandshakeResponse,
    LocalProtocolError,
    Offset,
    ProtocolError,
    Role,
    accept_key,
)
from wslab.protocol.handshake.checks import Check

REQUEST = HandshakeRequest.build("127.0.0.1:9001", key=KEY)

# --- accept ---------------------------------------------------------------------------------


def test_the_accept_value_of_the_rfcs_sample_key() -> None:
    assert accept_key(KEY) == ACCEPT


@given(nonce=st.binary(min_size=16, max_size=16))
@settings(max_examples=100)
def test_the_accept_value_is_the_hash_of_key_and_guid(nonce: bytes) -> None:
    key = base64.b64encode(nonce)
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    assert accept_key(key.decode()) == base64.b64encode(digest).decode()
    assert len(GUID) == 36


# --- built -------------------------------------------------------------------------------------


def test_a_built_request_is_the_head_of_the_rfc() -> None:
    built = HandshakeRequest.build(
        "server.example.com",
        "/chat?room=1",
        key=KEY,
        subprotocols=["chat", "superchat"],
        origin="http://example.com",
        headers=[("Authorization", "Bearer x")],
    )
    assert built.serialize().decode().split("\r\n") == [
        "GET /chat?room=1 HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Origin: http://example.com",
        "Authorization: Bearer x",
        "",
        "",
    ]
    built.check(origins=["http://example.com"])


def test_what_was_built_reads_back() -> None:
    built = HandshakeRequest.build("[::1]:80", "/a?b", key=KEY, subprotocols=["x"], origin="null")
    read, behind = HandshakeRequest.parse(built.serialize() + b"\x81")
    assert behind == b"\x81"
    assert (read.method, read.target, read.http_version, read.key) == ("GET", "/a?b", "HTTP/1.1", KEY)
    assert (read.subprotocols, read.origin, read.header("host")) == (["x"], "null", "[::1]:80")
    assert read.headers == built.headers
    read.check()


def test_a_built_answer_is_the_head_of_the_rfc() -> None:
    answer = HandshakeResponse.accept(REQUEST, headers=[("Server", "wslab")])
    assert answer.serialize().decode().split("\r\n") == [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {ACCEPT}",
        "Server: wslab",
        "",
        "",
    ]
    answer.check(REQUEST)


def test_a_refusal_tells_what_would_help() -> None:
    too_old = HandshakeResponse.refuse(426, body="é")
    assert too_old.header("Sec-WebSocket-Version") == "13"
    assert too_old.header("Content-Length") == "2"
    # RFC 9110 §15.5.22: a 426 names the protocol that it wants; §7.8: and Connection names Upgrade
    assert too_old.header("Upgrade") == "websocket"
    assert too_old.tokens("Connection") == ["Upgrade", "close"]
    assert HandshakeResponse.refuse(403).header("Upgrade") is None
    assert HandshakeResponse.refuse(405).header("Allow") == "GET"
    assert HandshakeResponse.refuse(401).header("WWW-Authenticate") == 'Bearer realm="WebSocket"'
    assert HandshakeResponse.refuse(499).serialize().startswith(b"HTTP/1.1 499 Refused\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_content_has_no_length_and_no_body(status: int) -> None:
    answer = HandshakeResponse.refuse(status)
    assert answer.has_no_content
    assert answer.header("Content-Length") is None  # RFC 9110 §8.6
    assert answer.header("Content-Type") is None
    with pytest.raises(ValueError, match="has no content"):
        HandshakeResponse.refuse(status, body="why")


def test_a_205_has_a_length_of_0_and_no_body() -> None:
    assert HandshakeResponse.refuse(205).header("Content-Length") == "0"
    with pytest.raises(ValueError, match="A 205 has no content"):
        HandshakeResponse.refuse(205, body="why")


@pytest.mark.parametrize("status", sorted({rule.http_status for rule in RULES.values() if rule.http_status}))
def test_every_status_of_a_rule_can_be_answered(status: int) -> None:
    answer = HandshakeResponse.refuse(status, body="why")
    assert answer.status == status
    assert HTTPStatus(status).phrase in answer.head.first
    with pytest.raises(ProtocolError) as caught:
        answer.check(REQUEST)
    assert caught.value.rule.id == "response-status"


INJECTED = ["a\r\nX: b", "a\nX: b", "a\rX: b", "a\x00b", "a\x01b", "a\x1b[2J", "a\x7f", " a", "a ", "a\r\n b"]


@pytest.mark.parametrize("value", INJECTED, ids=repr)
@pytest.mark.parametrize(
    "build",
    [
        lambda value: HandshakeRequest.build(value, key=KEY),
        lambda value: HandshakeRequest.build("a", key=value),
        lambda value: HandshakeRequest.build("a", "/" + value, key=KEY),
        lambda value: HandshakeRequest.build("a", value, key=KEY),
        lambda value: HandshakeRequest.build("a", key=KEY, origin=value),
        lambda value: HandshakeRequest.build("a", key=KEY, subprotocols=[value]),
        lambda value: HandshakeRequest.build("a", key=KEY, headers=[("X", value)]),
        lambda value: HandshakeRequest.build("a", key=KEY, headers=[(value, "X")]),
        lambda value: HandshakeResponse.accept(REQUEST, subprotocol=value),
        lambda value: HandshakeResponse.accept(REQUEST, headers=[("X", value)]),
        lambda value: HandshakeResponse.refuse(400, headers=[("X", value)]),
        lambda value: HandshakeResponse.refuse(400, headers=[(value, "X")]),
    ],
    ids=[
        "host",
        "key",
        "target",
        "whole target",
        "origin",
        "subprotocol",
        "value",
        "name",
        "chosen",
        "101",
        "400",
        "name of 400",
    ],
)
def test_no_value_can_inject_a_header_or_hide_a_control_character(build: Any, value: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        build(value)
    assert caught.value.rule.id in {"local-header", "local-target", "local-subprotocol", "local-unasked"}
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("value", ["\u20ac", "é", "\U0001f600", "\ud800"], ids=ascii)
def test_what_is_not_ascii_is_refused_in_words(value: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        HandshakeRequest.build("a", key=KEY, headers=[("X", value)])
    assert caught.value.rule.id == "local-header"
    assert str(caught.value).isprintable()
    assert caught.value.found.endswith(f"(U+{ord(value):04X}) in `X`")
    assert caught.value.expected == "ASCII characters"


def test_a_name_and_the_first_line_are_ascii_too() -> None:
    with pytest.raises(LocalProtocolError, match=r"ä \(U\+00E4\) in `X-Näme`"):
        HandshakeResponse.refuse(400, headers=[("X-Näme", "a")])
    with pytest.raises(LocalProtocolError, match=r"ü \(U\+00FC\) in the first line"):
        HandshakeRequest.build("a", "/grüße", key=KEY)


@pytest.mark.parametrize("names", ["chat", ["a, b"], ["a b"], [""], ["a;b"], ["é"], ["a", "b,"], ["a", "a"]], ids=repr)
def test_subprotocols_to_ask_for_are_different_tokens(names: Any) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        HandshakeRequest.build("a", key=KEY, subprotocols=names)
    assert caught.value.rule.id == "local-subprotocol"


@pytest.mark.parametrize("name", ["Host", "sec-websocket-key", "SEC-WEBSOCKET-VERSION"])
def test_a_header_that_the_request_has_is_not_added_again(name: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        HandshakeRequest.build("a", key=KEY, headers=[(name, "x")])
    assert caught.value.rule.id == "local-header-once"


@pytest.mark.parametrize(
    "name", ["upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"]
)
def test_a_header_that_the_answer_has_is_not_added_again(name: str) -> None:
    offered = [Extension("x")]
    asked = HandshakeRequest.build("a", key=KEY, subprotocols=["chat"], extensions=offered)
    with pytest.raises(LocalProtocolError) as caught:
        HandshakeResponse.accept(asked, subprotocol="chat", extensions=offered, headers=[(name, "x")])
    assert caught.value.rule.id == "local-header-once"


def test_lists_and_cookies_may_be_added_several_times() -> None:
    asked = HandshakeRequest.build(
        "a", key=KEY, headers=[("Connection", "keep-alive"), ("Cookie", "a"), ("Cookie", "b")]
    )
    asked.check()
    HandshakeResponse.accept(asked, headers=[("Set-Cookie", "a"), ("Set-Cookie", "b")]).check(asked)


@pytest.mark.parametrize("more", [{"subprotocol": "chat"}, {"extensions": [Extension("x")]}], ids=str)
def test_an_answer_has_only_what_was_asked_for(more: Any) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        HandshakeResponse.accept(REQUEST, **more)
    assert caught.value.rule.id == "local-unasked"


@pytest.mark.parametrize(
    ("host", "target"), [("", "/"), ("a/b", "/"), ("a b", "/"), ("a", "/#f"), ("a", "chat"), ("a", "")]
)
def test_host_and_target_must_make_a_uri(host: str, target: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        HandshakeRequest.build(host, target, key=KEY)
    assert caught.value.rule.id == "local-target"


@pytest.mark.parametrize("status", [0, 99, 1000, -1])
def test_a_status_has_three_digits(status: int) -> None:
    with pytest.raises(LocalProtocolError):
        HandshakeResponse.refuse(status)


# --- a request, checked ---------------------------------------------------------------------------

REQUIRED = {
    "Host": "request-host",
    "Upgrade": "request-upgrade",
    "Connection": "request-connection",
    "Sec-WebSocket-Key": "request-key",
    "Sec-WebSocket-Version": "request-version",
}


@each_way
@pytest.mark.parametrize(("name", "rule"), REQUIRED.items())
def test_a_missing_header_is_missed_where_the_headers_end(name: str, rule: str, way: Way) -> None:
    data = request(drop=name)
    assert head_verdict(Role.CLIENT, way(data)) == (rule, Offset(len(data) - 2))


@each_way
@pytest.mark.parametrize("name", ["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
@pytest.mark.parametrize("change", [str, str.lower, str.upper], ids=["same case", "lower case", "upper case"])
def test_a_header_that_comes_twice_is_refused_at_the_second(name: str, change: Any, way: Way) -> None:
    value = {"Host": "b", "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}[name]
    data = request((change(name), value))
    at = len(data) - len(f"{name}: {value}\r\n\r\n")
    assert head_verdict(Role.CLIENT, way(data)) == (REQUIRED[name], Offset(at))


@each_way
@pytest.mark.parametrize(("name", "value"), [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Upgrade", "h2c")])
def test_a_list_may_be_spread_over_two_lines(name: str, value: str, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request((name, value)))) is None


WRONG = [
    ("request-upgrade", {"Upgrade": "h2c"}),
    ("request-upgrade", {"Upgrade": ""}),
    ("request-upgrade", {"Upgrade": "websocket/13"}),
    ("request-upgrade", {"Upgrade": "web socket"}),
    ("request-upgrade", {"Upgrade": "\xa0websocket"}),
    ("request-upgrade", {"Upgrade": "websocket\x85"}),
    ("request-upgrade", {"Upgrade": '"websocket"'}),
    ("request-connection", {"Connection": "close"}),
    ("request-connection", {"Connection": "Upgraded"}),
    ("request-connection", {"Connection": ""}),
    ("request-connection", {"Connection": "keep-alive Upgrade"}),
    ("request-key", {"Sec_WebSocket_Key": ""}),
    ("request-key", {"Sec_WebSocket_Key": "!!!!!!!!!!!!!!!!!!!!!!=="}),
    ("request-key", {"Sec_WebSocket_Key": base64.b64encode(bytes(15)).decode()}),
    ("request-key", {"Sec_WebSocket_Key": base64.b64encode(bytes(17)).decode()}),
    ("request-key", {"Sec_WebSocket_Key": base64.b64encode(bytes(12)).decode()}),
    ("request-key", {"Sec_WebSocket_Key": base64.b64encode(bytes(18)).decode()}),
    ("request-key", {"Sec_WebSocket_Key": KEY[:-1]}),
    ("request-key", {"Sec_WebSocket_Key": KEY + "="}),
    ("request-key", {"Sec_WebSocket_Key": KEY[:10] + " " + KEY[10:]}),
    ("request-key", {"Sec_WebSocket_Key": KEY[:10] + "\t" + KEY[11:]}),
    ("request-key", {"Sec_WebSocket_Key": KEY.replace("b", "-", 1)}),
    ("request-key", {"Sec_WebSocket_Key": "\xe9" + KEY[1:]}),
    ("request-key", {"Sec_WebSocket_Key": f"{KEY}, {KEY}"}),
    ("request-version", {"Sec_WebSocket_Version": "8"}),
    ("request-version", {"Sec_WebSocket_Version": "0"}),
    ("request-version", {"Sec_WebSocket_Version": "14"}),
    ("request-version", {"Sec_WebSocket_Version": "013"}),
    ("request-version", {"Sec_WebSocket_Version": "13, 8"}),
    ("request-version", {"Sec_WebSocket_Version": "\xb9\xb3"}),
    ("request-version", {"Sec_WebSocket_Version": ""}),
    ("request-host", {"Host": ""}),
    ("request-host", {"Host": "a b"}),
    ("request-host", {"Host": "a/b"}),
    ("request-host", {"Host": "user@a"}),
    ("request-host", {"Host": "a:b"}),
    ("request-host", {"Host": "[::1"}),
    ("request-host", {"Host": "\xe9"}),
]


@each_way
@pytest.mark.parametrize(("rule", "changed"), WRONG, ids=str)
def test_a_wrong_header_is_refused_at_its_value(rule: str, changed: dict[str, str], way: Way) -> None:
    data = request(**changed)
    ((name, _),) = changed.items()
    line = f"\r\n{name.replace('_', '-')}: ".encode()
    at = data.index(line) + len(line)
    if not next(iter(changed.values())):  # an empty value begins where its line ends
        at = data.index(b"\r\n", data.index(line) + 2)
    assert head_verdict(Role.CLIENT, way(data)) == (rule, Offset(at))


RIGHT = [
    {"Upgrade": "websocket, h2c"},
    {"Upgrade": "h2c,WEBSOCKET"},
    {"Upgrade": ", websocket ,"},
    {"Connection": "keep-alive, Upgrade"},
    {"Connection": "upgrade"},
    {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="},
    {"Sec_WebSocket_Key": f"  {KEY}\t"},
    {"Host": "localhost"},
    {"Host": "a.example:9001"},
    {"Host": "[::1]:9001"},
    {"Host": "a_b.example:"},
]


@each_way
@pytest.mark.parametrize("changed", RIGHT, ids=str)
def test_a_right_header_in_another_spelling_passes(changed: dict[str, str], way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request(**changed))) is None


@each_way
@pytest.mark.parametrize("method", ["POST", "get", "HEAD", "OPTIONS", "CONNECT", "GETS"])
def test_any_method_but_get_is_refused(method: str, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request(first=f"{method} / HTTP/1.1"))) == ("request-method", Offset(0))


@each_way
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/0.9"])
def test_an_older_http_is_refused(version: str, way: Way) -> None:
    data = request(first=f"GET /chat {version}")
    assert head_verdict(Role.CLIENT, way(data)) == ("request-http-version", Offset(10))


@each_way
@pytest.mark.parametrize("target", ["/", "/a?b=c", "/%23", "//", "http://a/b", "https://a", "ws://a/b?c", "wss://a"])
def test_a_path_or_an_absolute_uri_is_a_target(target: str, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request(first=f"GET {target} HTTP/1.1"))) is None


@each_way
@pytest.mark.parametrize(
    ("target", "at"),
    [("*", 4), ("chat", 4), ("a:80", 4), ("http://", 4), ("ftp://a/", 4), ("/a#b", 6), ("http://a/#", 13)],
)
def test_anything_else_is_no_target(target: str, at: int, way: Way) -> None:
    assert head_verdict(Role.CLIENT, way(request(first=f"GET {target} HTTP/1.1"))) == ("request-target", Offset(at))


@each_way
@pytest.mark.parametrize(
    ("value", "rule"),
    [
        *[(value, "request-subprotocol") for value in ("", "a b", "a;b", '"a"', "\xa0a", "a b, a b")],
        *[(value, "request-subprotocol-once") for value in ("a, a", "a,, a", "b, a, a")],
    ],
)
def test_subprotocols_are_different_tokens(value: str, rule: str, way: Way) -> None:
    data = request(("Sec-WebSocket-Protocol", value))
    found = head_verdict(Role.CLIENT, way(data))
    assert found is not None
    assert found[0] == rule


def test_subprotocols_over_two_lines_are_one_list() -> None:
    asked, _ = HandshakeRequest.parse(request(("Sec-WebSocket-Protocol", "a"), ("sec-websocket-protocol", "b, c")))
    assert asked.subprotocols == ["a", "b", "c"]
    asked.check()


@pytest.mark.parametrize(
    ("origin", "allowed", "good"),
    [
        ("http://a", ["http://a"], True),
        ("http://a", ["http://b", "http://a"], True),
        ("http://a", [], False),
        ("http://A", ["http://a"], False),
        ("null", ["http://a"], False),
        (None, ["http://a"], False),
        (None, None, True),
    ],
)
def test_an_origin_is_held_against_the_allowed_ones(origin: str | None, allowed: list[str] | None, good: bool) -> None:
    asked = HandshakeRequest.build("a", key=KEY, origin=origin)
    assert all(check.passed for check in asked.checks(origins=allowed)) is good


def test_two_origins_are_never_one_of_the_allowed() -> None:
    asked, _ = HandshakeRequest.parse(request(("Origin", "http://a"), ("Origin", "http://a")))
    assert not all(check.passed for check in asked.checks(origins=["http://a"]))


def test_every_check_is_listed_passed_and_failed() -> None:
    checks = HandshakeRequest.parse(request(drop="Upgrade", Sec_WebSocket_Version="8"))[0].checks(origins=[])
    assert [check.rule.id for check in checks if not check.passed] == [
        "request-upgrade",
        "request-version",
        "request-origin",
    ]
    assert len(checks) == len({check.rule.id for check in checks}) == 15


def test_the_first_failed_check_is_the_one_that_is_raised() -> None:
    asked, _ = HandshakeRequest.parse(request(first="POST / HTTP/1.0", drop="Host"))
    with pytest.raises(ProtocolError) as caught:
        asked.check()
    assert caught.value.rule.id == "request-method"


# --- an answer, checked ---------------------------------------------------------------------------

ANSWERS = {
    "Upgrade": "response-upgrade",
    "Connection": "response-connection",
    "Sec-WebSocket-Accept": "response-accept",
}


@each_way
@pytest.mark.parametrize(("name", "rule"), ANSWERS.items())
def test_a_header_missing_in_the_answer_is_missed_where_the_headers_end(name: str, rule: str, way: Way) -> None:
    data = response(drop=name)
    assert head_verdict(Role.SERVER, way(data)) == (rule, Offset(len(data) - 2))


@each_way
@pytest.mark.parametrize("name", ["Upgrade", "Sec-WebSocket-Accept"])
def test_a_header_twice_in_the_answer_is_refused_at_the_second(name: str, way: Way) -> None:
    data = response((name.lower(), RESPONSE[name]))
    at = len(data) - len(f"{name}: {RESPONSE[name]}\r\n\r\n")
    assert head_verdict(Role.SERVER, way(data)) == (ANSWERS[name], Offset(at))


@each_way
@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("response-upgrade", {"Upgrade": "h2c"}),
        ("response-upgrade", {"Upgrade": "websocket, h2c"}),
        ("response-connection", {"Connection": "close"}),
        ("response-accept", {"Sec_WebSocket_Accept": ""}),
        ("response-accept", {"Sec_WebSocket_Accept": ACCEPT.lower()}),
        ("response-accept", {"Sec_WebSocket_Accept": ACCEPT[:-1]}),
        ("response-accept", {"Sec_WebSocket_Accept": accept_key("AAAAAAAAAAAAAAAAAAAAAA==")}),
        ("response-accept", {"Sec_WebSocket_Accept": KEY}),
    ],
)
def test_a_wrong_header_in_the_answer_is_refused(rule: str, changed: dict[str, str], way: Way) -> None:
    found = head_verdict(Role.SERVER, way(response(**changed)))
    assert found is not None
    assert found[0] == rule


@each_way
@pytest.mark.parametrize("status", ["200 OK", "100 Continue", "301 Moved", "426 Upgrade Required", "500 x", "102 x"])
def test_any_status_but_101_is_refused_at_the_status(status: str, way: Way) -> None:
    found = head_verdict(Role.SERVER, way(response(first=f"HTTP/1.1 {status}")))
    assert found == ("response-status", Offset(9))


@each_way
def test_an_answer_without_a_phrase_passes(way: Way) -> None:
    assert head_verdict(Role.SERVER, way(response(first="HTTP/1.1 101"))) is None


@each_way
@pytest.mark.parametrize("version", ["1.0", "0.9"])
def test_an_answer_of_an_older_http_is_refused(version: str, way: Way) -> None:
    found = head_verdict(Role.SERVER, way(response(first=f"HTTP/{version} 101 Switching Protocols")))
    assert found == ("response-http-version", Offset(0))


@pytest.mark.parametrize(
    ("asked", "chosen", "good"),
    [
        ([], None, True),
        (["a", "b"], None, True),
        (["a", "b"], "b", True),
        ([], "a", False),
        (["a", "b"], "c", False),
        (["a"], "A", False),
        (["a", "b"], "a, b", False),
        (["a"], "", False),
    ],
)
def test_the_server_chooses_one_of_the_subprotocols_asked_for(asked: list[str], chosen: str | None, good: bool) -> None:
    answer, _ = HandshakeResponse.parse(response(*([] if chosen is None else [("Sec-WebSocket-Protocol", chosen)])))
    failed = [
        each.rule.id
        for each in answer.checks(HandshakeRequest.build("a", key=KEY, subprotocols=asked))
        if not each.passed
    ]
    assert failed == ([] if good else ["response-subprotocol"])
    assert answer.subprotocol == chosen


def test_a_subprotocol_chosen_twice_is_refused() -> None:
    answer, _ = HandshakeResponse.parse(response(("Sec-WebSocket-Protocol", "a"), ("Sec-WebSocket-Protocol", "a")))
    with pytest.raises(ProtocolError) as caught:
        answer.check(HandshakeRequest.build("a", key=KEY, subprotocols=["a"]))
    assert caught.value.rule.id == "response-subprotocol-once"


def test_the_extensions_chosen_may_stand_in_several_lines_which_are_one_list() -> None:
    """§11.3.2 forbade it; the verified erratum 3433 took that back."""
    name = "Sec-WebSocket-Extensions"
    asked = HandshakeRequest.build("a", key=KEY, extensions=[Extension("x"), Extension("y")])
    for lines in ([(name, "x"), (name, "y")], [(name, "x, y")], [(name, ""), (name, "x,"), (name, "y")]):
        answer, _ = HandshakeResponse.parse(response(*lines))
        answer.check(asked)
        assert [each.name for each in answer.extensions] == ["x", "y"]


@pytest.mark.parametrize("value", ["", ",", " , ,"])
@pytest.mark.parametrize("sender", Role)
def test_a_list_of_extensions_without_one_is_refused(sender: Role, value: str) -> None:
    """§9.1: `1#extension`."""
    data = (request if sender is Role.CLIENT else response)(("Sec-WebSocket-Extensions", value))
    found = head_verdict(sender, [data])
    assert found is not None
    assert found[0] == "extensions-syntax"


def test_a_wrong_extension_in_a_later_line_is_found_in_its_line() -> None:
    name = "Sec-WebSocket-Extensions"
    for lines, wrong in (([(name, "x"), (name, "y; =1")], b"=1"), ([(name, "x; =1"), (name, "y")], b"=1")):
        data = request(*lines)
        assert head_verdict(Role.CLIENT, [data]) == ("extensions-syntax", Offset(data.index(wrong)))


@pytest.mark.parametrize("line", [("Transfer-Encoding", "chunked"), ("Content-Length", "1"), ("content-length", "00")])
def test_a_request_with_a_body_is_refused_at_the_header_that_announces_it(line: tuple[str, str]) -> None:
    found = head_verdict(Role.CLIENT, [request(line)])
    assert found == ("request-no-body", Offset(len(request(line)) - len(line[1]) - 4))


def test_what_was_found_of_a_body_and_of_an_origin_is_told_as_it_stands() -> None:
    asked, _ = HandshakeRequest.parse(request(("Content-Length", "1"), ("Origin", "http://a")))
    told = {check.rule.id: (check.found, check.expected) for check in asked.checks(origins=[])}
    assert told["request-no-body"] == ("a Content-Length of `1`", "no body")
    assert told["request-origin"] == ("`http://a`", "none, for none is allowed")


def test_a_key_in_another_spelling_of_base64_is_still_sixteen_bytes() -> None:
    """Its last digits carry bits that no byte has; nobody has to decode it (§4.2.2), so it passes, just as it came."""
    odd = KEY.replace("Q==", "R==")
    asked, _ = HandshakeRequest.parse(request(Sec_WebSocket_Key=odd))
    asked.check()
    assert base64.b64decode(odd) == base64.b64decode(KEY)
    assert accept_key(odd) != accept_key(KEY)


@pytest.mark.parametrize(
    ("offered", "chosen", "good"),
    [
        (None, None, True),
        (None, "x", False),
        ("x", None, True),
        ("x; a=1, y", "y", True),
        ("x", "x; b=2", True),
        ("x", "x, z", False),
    ],
)
def test_the_server_uses_only_extensions_that_were_offered(offered: str | None, chosen: str | None, good: bool) -> None:
    name = "Sec-WebSocket-Extensions"
    asked = HandshakeRequest.build("a", key=KEY, headers=[] if offered is None else [(name, offered)])
    answer, _ = HandshakeResponse.parse(response(*([] if chosen is None else [(name, chosen)])))
    assert [each.rule.id for each in answer.checks(asked) if not each.passed] == (
        [] if good else ["response-extensions"]
    )


# --- what an error shows ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["\x1b[31m8", "8" * 50_000, "\xa013"], ids=["escape", "long", "nbsp"])
def test_a_strangers_value_is_shown_short_and_harmless(value: str) -> None:
    checks = HandshakeRequest.parse(request(Sec_WebSocket_Version=value, first="GET / HTTP/1.1"))[0].checks()
    for check in checks:
        assert check.found.isprintable()
        assert len(str(check.error())) < 1000


def test_a_long_target_or_method_is_shown_short_too() -> None:
    for first in (f"GET {'a' * 50_000} HTTP/1.1", f"{'A' * 50_000} / HTTP/1.1", "GET / HTTP/1.1" + "1" * 50_000):
        for check in HandshakeRequest.parse(request(first=first))[0].checks():
            assert len(check.found) < 300


# --- the verdict and the list agree ------------------------------------------------------------------

LINES = [
    *request().split(b"\r\n")[1:-2],
    *response().split(b"\r\n")[1:-2],
    b"Sec-WebSocket-Protocol: a, b",
    b"Sec-WebSocket-Protocol: a, a",
    b"Sec-WebSocket-Extensions: permessage-deflate",
    b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15",
    b"Sec-WebSocket-Extensions: ;",
    b"Content-Length: 1",
    b"content-length: 0",
    b"Transfer-Encoding: chunked",
    b"Origin: null",
    b"connection: keep-alive, UPGRADE",
    b"X:",
    b" folded",
]


@st.composite
def mutated_heads(draw: st.DrawFn, data: bytes) -> bytes:
    """A legal head with lines dropped, added and doubled, and sometimes a byte that is another."""
    first, *lines = data.split(b"\r\n")[:-2]
    lines = [line for line in lines if draw(st.integers(0, 9))]
    for line in draw(st.lists(st.sampled_from(LINES), max_size=2)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    made = bytearray(b"\r\n".join([first, *lines, b"", b""]))
    if draw(st.booleans()):
        made[draw(st.integers(6, len(made) - 5))] = draw(st.integers(0, 255))
    return bytes(made)


def _raised(check: Callable[[], None]) -> tuple[object, ...] | None:
    try:
        check()
    except ProtocolError as error:
        return error.rule, error.offset, error.found, error.expected
    return None


def _first_failed(checks: Sequence[Check]) -> tuple[object, ...] | None:
    failed = (check for check in checks if not check.passed)
    return next(((each.rule, each.offset, each.found, each.expected) for each in failed), None)


@given(data=mutated_heads(request()), origins=st.sampled_from([None, [], ["null"]]))
@settings(max_examples=400)
def test_a_request_is_refused_by_its_first_failed_check_and_by_no_other(data: bytes, origins: Any) -> None:
    asked, _ = HandshakeRequest.parse(data + b"\r\n\r\n")
    assert _raised(lambda: asked.check(origins=origins)) == _first_failed(asked.checks(origins=origins))


@given(data=mutated_heads(response()), offers=st.booleans())
@settings(max_examples=400)
def test_an_answer_is_refused_by_its_first_failed_check_and_by_no_other(data: bytes, offers: bool) -> None:
    asked = HandshakeRequest.build("a", key=KEY, extensions=[Deflate().offer()] if offers else [], subprotocols=["a"])
    answer, _ = HandshakeResponse.parse(data + b"\r\n\r\n")
    assert _raised(lambda: answer.check(asked)) == _first_failed(answer.checks(asked))


# --- no whole head ------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", [HandshakeRequest, HandshakeResponse])
def test_parse_wants_a_whole_head(half: Any) -> None:
    data = request() if half is HandshakeRequest else response()
    for size in range(len(data)):
        with pytest.raises(ProtocolError) as caught:
            half.parse(data[:size])
        assert (caught.value.rule.id, caught.value.offset) == ("head-is-http", Offset(size))


@given(data=st.binary(max_size=120), half=st.sampled_from([HandshakeRequest, HandshakeResponse]))
@settings(max_examples=150)
def test_any_head_can_be_checked(data: bytes, half: Any) -> None:
    start = b"GET " if half is HandshakeRequest else b"HTTP/"
    parsed, _ = half.parse(start + data + b"\r\n\r\n")
    checks = parsed.checks() if half is HandshakeRequest else parsed.checks(REQUEST)
    for check in checks:
        assert check.offset.byte <= len(parsed.serialize())
        assert str(check.error()).isprintable()
