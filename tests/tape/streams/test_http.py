"""What comes before the frames of a connection: SOCKS, CONNECT, refusals with bodies, several requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tape.tapes import ANSWER, REQUEST
from wslab import load
from wslab.explain.narration import narrate_going_on, narrate_judged_head
from wslab.formats.pcap import pcapng
from wslab.lab import HandshakeRefused, Lab, Tape, echo
from wslab.protocol import RULES, Frame, HandshakeRequest, HandshakeResponse, Offset, ProtocolError, Role
from wslab.tape.records import ForeignSource, RecordKind, fact_tag, pack, pack_change, tag
from wslab.tape.streams.preamble import Preamble

C, S = Role.CLIENT, Role.SERVER
ASK, GRANT = REQUEST.serialize(), ANSWER.serialize()
HELLO, MASKED = Frame.text("Hello").serialize(), Frame.text("Hello", mask=b"1234").serialize()
PLAIN = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nLogin\r\n0\r\n\r\n"
SIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nLogin"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
SOCKS = [
    (C, b"\x05\x01\x00"),
    (S, b"\x05\x00"),
    (C, b"\x05\x01\x00\x03\x09a.example\x00\x50"),
    (S, b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"),
]
LOGIN = [SOCKS[0], (S, b"\x05\x02"), (C, b"\x01\x03joe\x02pw"), (S, b"\x01\x00"), *SOCKS[2:]]
SOCKS4 = [(C, b"\x04\x01\x00\x50\x00\x00\x00\x01joe\0a.example\0"), (S, b"\x00\x5a\x00\x50\x7f\x00\x00\x01")]
CONNECT = [(C, b"CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n"), (S, b"HTTP/1.1 200 Connected\r\n\r\n")]
PROXY = [(C, b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n")]
OPENING = [(C, ASK), (S, GRANT), (C, MASKED), (S, HELLO)]

BEFORE = {
    "nothing": [],
    "a refusal with a length": [(C, ASK), (S, SIZED)],
    "a refusal in chunks": [(C, ASK), (S, CHUNKED)],
    "a refusal without content": [(C, ASK), (S, EMPTY)],
    "a page": [(C, PLAIN), (S, SIZED.replace(b"401 Unauthorized", b"200 OK"))],
    "a head alone": [(C, PLAIN.replace(b"GET", b"HEAD")), (S, SIZED.removesuffix(b"Login"))],
    "a POST with a body": [(C, b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET "), (S, SIZED)],
    "CONNECT": CONNECT,
    "SOCKS5": SOCKS,
    "SOCKS5 with a login": LOGIN,
    "SOCKS4": SOCKS4,
    "the PROXY protocol": PROXY,
}


def tape_of(steps: list[tuple[Role, bytes]], *, chunk: int = 1 << 16) -> Tape:
    tape = Tape.blank()
    for sender, data in steps:
        for at in range(0, len(data), chunk):
            tape.put(0.0, 1, tag(RecordKind.TAKEN, sender), data[at : at + chunk])
    return tape


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@pytest.mark.parametrize("name", BEFORE)
def test_the_frames_are_found_behind_all_that_comes_before(name: str, chunk: int) -> None:
    tape = tape_of([*BEFORE[name], *OPENING], chunk=chunk)
    assert [entry for entry in tape if entry.error is not None] == []
    assert [(entry.sender, entry.plain) for entry in tape.frames()] == [("client", b"Hello"), ("server", b"Hello")]
    assert b"".join(entry.data for entry in tape) == b"".join(data for _, data in [*BEFORE[name], *OPENING])
    assert tape.pending() == []


@pytest.mark.parametrize("name", BEFORE)
def test_a_capture_of_it_is_read_to_the_frames(name: str, tmp_path: Path) -> None:
    saved = pcapng.save(tape_of([*BEFORE[name], *OPENING]), tmp_path / "all.pcapng")
    tape = load(saved)
    assert [entry.plain for entry in tape.frames()] == [b"Hello", b"Hello"]
    assert [entry for entry in tape if entry.error is not None] == []


def test_each_message_before_http_is_told() -> None:
    tape = tape_of([*LOGIN, *OPENING])
    facts = [entry.fact for entry in tape if isinstance(entry.fact, Preamble)]
    assert [fact.step for fact in facts] == ["methods", "method", "login", "logged-in", "ask", "granted"]
    assert tape[4].sentence == "The client asks a proxy to connect it (SOCKS5), before any HTTP: a.example:80."
    assert "logs in at the proxy" in tape[2].sentence
    assert [entry.sentence for entry in tape_of(SOCKS4)] == [
        "The client asks a proxy to connect it (SOCKS4), before any HTTP: a.example:80.",
        "The proxy has connected the client (SOCKS4), before any HTTP.",
    ]


def test_an_ordinary_request_is_answered_and_not_refused() -> None:
    tape = tape_of(BEFORE["a page"])
    assert [entry.sentence for entry in tape] == [
        "The client sends a request without Upgrade: GET /health HTTP/1.1.",
        "The server answers: HTTP/1.1 200 OK.",
    ]


def test_a_request_again_behind_a_101_is_no_frame() -> None:
    tape = tape_of([(C, ASK), (S, GRANT), (C, ASK + MASKED)])
    found = [(entry.kind, entry.cause and entry.cause.id) for entry in tape if entry.sender == "client"]
    assert found == [("http", None), ("fault", "http-request"), ("text", None)]


def test_a_server_that_grants_a_wrong_request_should_have_refused_it() -> None:
    wrong = ASK.replace(b"Version: 13", b"Version: 8")
    granted = tape_of([(C, wrong), (S, GRANT)])
    assert granted[0].error is not None
    assert granted[0].error.rule.id == "request-version"
    assert granted[1].despite is granted[0].error.rule
    assert "It should have refused the request with an error (§4.2.1), such as 426 (§4.2.2)" in granted[1].sentence
    assert granted[1].error is None


def test_a_head_that_a_link_changes_is_not_held_against_the_peer() -> None:
    tape = tape_of([(C, ASK.replace(b"Version: 13", b"Version: 8"))])
    tape.put(0.0, 1, tag(RecordKind.CHANGED, C), pack_change(0, 1, b"G", "changed"))
    tape.put(0.0, 1, tag(RecordKind.TAKEN, S), GRANT)
    assert tape[-1].despite is None


def test_a_har_that_leaves_headers_out_is_believed_in_what_it_has() -> None:
    source = ForeignSource("wire", "har")
    bare, wrong = b"HTTP/1.1 101 Switching Protocols\r\n\r\n", GRANT.replace(b"s3pPLMB", b"AAAAAAA")
    for answer, rule in ((bare, None), (wrong, "response-accept")):
        tape = Tape.blank()
        tape.put(0.0, 1, fact_tag(source), pack(source))
        for sender, data in ((C, ASK), (S, answer)):
            tape.put(0.0, 1, tag(RecordKind.TAKEN, sender), data)
        assert (tape[-1].error and tape[-1].error.rule.id) == rule


def test_a_strictness_of_ours_is_named_and_not_demanded() -> None:
    asked = HandshakeRequest.parse(ASK.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"))[0]
    tape = tape_of([(C, asked.serialize()), (S, HandshakeResponse.accept(REQUEST).serialize())])
    assert "The server may refuse it with 400" in tape[0].sentence
    assert "should have" not in tape[1].sentence


def test_the_origins_of_a_server_of_the_lab_are_known() -> None:
    async def story() -> None:
        server = await lab.serve(echo, origins=["https://shop.example"])
        with pytest.raises(HandshakeRefused):
            await lab.connect(server, origin="https://other.example")
        await lab.connect(server, origin="https://shop.example")

    lab = Lab(clock="virtual")
    lab.run(story())
    tape = lab.tape
    asked = [entry for entry in tape if entry.kind == "http" and entry.sender == "client"]
    assert [entry.error and entry.error.rule.id for entry in asked] == ["request-origin", None]
    assert "The server should refuse it with 403" in asked[0].sentence


def test_secrets_of_a_later_head_are_masked_in_a_file_too(tmp_path: Path) -> None:
    again = ASK.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer abcdefgh12345678\r\n\r\n")
    tape = tape_of([(C, ASK), (S, SIZED), (C, again), (S, GRANT), (C, MASKED), (S, HELLO)])
    saved = tape.save(tmp_path / "tape.jsonl")
    assert b"abcdefgh12345678" not in saved.read_bytes()
    assert tape.redacted()[1] == 1
    assert [entry.plain for entry in load(saved).frames()] == [b"Hello", b"Hello"]
    assert "abcdefgh12345678" in tape.save(tmp_path / "all.jsonl", secrets=True).read_text()


@pytest.mark.parametrize("rule", ["deflate-answer-takeover", "deflate-answer-server-bits", "response-subprotocol-once"])
def test_what_the_rfc_asks_of_the_sender_alone_is_not_demanded_of_the_client(rule: str) -> None:
    said = narrate_judged_head(GRANT, "server", ProtocolError(RULES[rule], Offset(0, 0), "x", ""), None)
    assert "The client may fail the connection" in said
    assert not narrate_going_on(RULES[rule])


@pytest.mark.parametrize(
    ("rule", "section"),
    [
        ("response-accept", "§4.1"),
        ("response-extensions", "§4.1"),
        ("head-is-http", "§4.1"),
        ("extensions-syntax", "§9.1"),
        ("deflate-parameter-known", "RFC 7692 §7"),
        ("deflate-answer-once", "RFC 7692 §5"),
        ("deflate-answer-client-bits", "RFC 7692 §7.1.2.2"),
    ],
)
def test_a_client_fails_the_connection_by_the_section_that_demands_it(rule: str, section: str) -> None:
    error = ProtocolError(RULES[rule], Offset(0, 0), "this", "that")
    told = narrate_judged_head(GRANT, "server", error, None)
    assert told.endswith(f"The client must fail the connection ({section}).")
    assert f"It had to fail the connection instead ({section})" in narrate_going_on(RULES[rule])


@pytest.mark.parametrize(
    ("rule", "duty"),
    [
        ("request-subprotocol", "must refuse it with an error such as 400 (§4.2.1)."),
        ("request-subprotocol-once", "may refuse it with an error (§4.2.1), such as 400."),
    ],
)
def test_a_server_must_refuse_only_what_the_grammar_of_a_request_forbids(rule: str, duty: str) -> None:
    error = ProtocolError(RULES[rule], Offset(0, 0), "this", "that")
    assert narrate_judged_head(ASK, "client", error, None).endswith(f"The server {duty}")
