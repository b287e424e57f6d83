"""Every rule is whole as data, its example breaks it where it says, and a legal neighbour passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from wslab.explain.rules_page import peers_words, table
from wslab.protocol import (
    DEFAULT_MAX_HEAD,
    DEFAULT_MAX_MESSAGE,
    RULES,
    CloseCode,
    Deflate,
    HandshakeRequest,
    HeadReader,
    Offset,
    ProtocolError,
    Role,
    Rule,
)
from wslab.protocol.deflate import Deflater
from wslab.protocol.rules import UNJUDGED, Force

from .streams import ZERO, Way, each_way, frame, head_verdict, request, response, verdict, whole

each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
SHOWN = [rule for rule in RULES.values() if rule.example]


def accepted(more: str = "server_max_window_bits=10") -> bytes:
    """A legal answer to the offer that these tests make."""
    bits = [] if more.startswith("server_max_window_bits") else ["server_max_window_bits=10"]
    words = ["permessage-deflate", "server_no_context_takeover", *bits, more]
    return response(("Sec-WebSocket-Extensions", "; ".join(words)))


# what is as near as legal comes: the example of the same rule, fixed in its one wrong thing
NEIGHBOURS = {
    "reserved-bits": b"\x81\x80" + ZERO,
    "reserved-opcode": b"\x82\x80" + ZERO,
    "client-masks": b"\x81\x80" + ZERO,
    "server-does-not-mask": b"\x81\x00",
    "control-fragmented": b"\x89\x80" + ZERO,
    "control-too-long": b"\x89\xfd" + ZERO + b"." * 125,
    "length-minimal": b"\x81\xfe\x00\x7e" + ZERO + b"." * 126,
    "length-top-bit": b"\x82\xff" + (65536).to_bytes(8, "big") + ZERO + bytes(65536),
    "frame-too-big": b"\x82\xff" + DEFAULT_MAX_MESSAGE.to_bytes(8, "big") + ZERO,
    "continuation-needs-start": b"\x01\x80" + ZERO + b"\x80\x80" + ZERO,
    "messages-do-not-interleave": b"\x01\x81" + ZERO + b"." + b"\x80\x80" + ZERO + b"\x81\x80" + ZERO,
    "text-is-utf8": b"\x81\x82" + ZERO + b"\xc3\xbf",
    "close-body-length": b"\x88\x82" + ZERO + b"\x03\xe8",
    "close-code-valid": b"\x88\x82" + ZERO + b"\x03\xe9",
    "close-code-known": b"\x88\x82" + ZERO + b"\x03\xf6",
    "close-reason-utf8": b"\x88\x84" + ZERO + b"\x03\xe8\xc3\xbf",
    "rsv1-first-fragment": b"\xc1\x81" + ZERO + b"\x00",
    "deflate-data": b"\xc1\x87" + ZERO + bytes.fromhex("f248cdc9c90700"),
    "head-not-tls": request(),
    "head-is-http": request(),
    "head-ends-lines-with-crlf": request(),
    "request-method": request(first="GET / HTTP/1.1"),
    "request-http-version": request(first="GET / HTTP/1.1"),
    "request-target": request(first="GET /chat%23one HTTP/1.1"),
    "request-host": request(Host="localhost:9001"),
    "request-upgrade": request(Upgrade="WebSocket"),
    "request-connection": request(Connection="keep-alive, upgrade"),
    "request-key": request(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA=="),
    "request-version": request(Sec_WebSocket_Version="13"),
    "request-subprotocol": request(("Sec-WebSocket-Protocol", "chat")),
    "request-subprotocol-once": request(("Sec-WebSocket-Protocol", "chat, superchat")),
    "response-status": response(),
    "response-http-version": response(),
    "response-upgrade": response(Upgrade="WebSocket"),
    "response-connection": response(Connection="keep-alive, UPGRADE"),
    "response-accept": response(),
    "response-subprotocol": response(),
    "response-subprotocol-once": response(),
    "request-no-body": request(("Content-Length", "0")),
    "response-extensions": response(),
    "extensions-syntax": request(("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=10")),
    "deflate-parameter-known": accepted(),
    "deflate-parameter-once": accepted(),
    "deflate-parameter-value": accepted("server_max_window_bits=8"),
    "deflate-answer-once": accepted(),
    "deflate-answer-client-bits": accepted("server_max_window_bits=10"),
    "deflate-answer-server-bits": accepted("server_max_window_bits=9"),
    "deflate-answer-takeover": accepted("client_no_context_takeover"),
}


def found_in(rule: Rule, data: bytes, way: Way) -> tuple[str, Offset] | None:
    """What a receiver in the right role says of `data`; where both roles are bound, the client sends."""
    sender = rule.role or (Role.SERVER if rule.id.startswith("deflate-parameter") else Role.CLIENT)
    if rule.in_head:
        return head_verdict(sender, way(data))
    negotiated = Deflate() if rule.section.startswith("RFC 7692") else None
    return verdict(sender.peer, way(data), deflate=negotiated)


@each_way
@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.id)
def test_the_example_breaks_its_rule_at_the_first_wrong_bit(rule: Rule, way: Way) -> None:
    assert found_in(rule, rule.example, way) == (rule.id, rule.wrong)


def test_every_rule_with_an_example_has_a_legal_neighbour() -> None:
    assert {rule.id for rule in SHOWN} == set(NEIGHBOURS)


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.id)
def test_the_legal_neighbour_passes_whole(rule: Rule) -> None:
    assert found_in(rule, NEIGHBOURS[rule.id], whole) is None


@pytest.mark.parametrize("rule", [rule for rule in SHOWN if len(NEIGHBOURS[rule.id]) < 1000], ids=lambda rule: rule.id)
def test_the_legal_neighbour_passes_byte_by_byte(rule: Rule) -> None:
    assert found_in(rule, NEIGHBOURS[rule.id], lambda data: (data[at : at + 1] for at in range(len(data)))) is None


@pytest.mark.parametrize("rule", [rule for rule in SHOWN if rule.role is None and rule.close_code], ids=lambda r: r.id)
def test_a_rule_for_both_binds_the_server_too(rule: Rule) -> None:
    unmasked = {
        "reserved-bits": b"\xc1\x00",
        "reserved-opcode": b"\x83\x00",
        "control-fragmented": b"\x09\x00",
        "control-too-long": b"\x89\x7e\x00\x7e" + b"." * 126,
        "length-minimal": b"\x81\x7e\x00\x7d" + b"." * 125,
        "length-top-bit": b"\x82\x7f\x80" + bytes(7),
        "frame-too-big": b"\x82\x7f\x7f" + b"\xff" * 7,
        "continuation-needs-start": b"\x80\x00",
        "messages-do-not-interleave": b"\x01\x00\x81\x00",
        "text-is-utf8": b"\x81\x01\xff",
        "close-body-length": b"\x88\x01\x03",
        "close-code-valid": b"\x88\x02\x03\xee",
        "close-code-known": b"\x88\x02\x03\xf8",
        "close-reason-utf8": b"\x88\x03\x03\xe8\xff",
        "rsv1-first-fragment": b"\xc0\x00",
        "deflate-data": b"\xc1\x01\xff",
    }
    negotiated = Deflate() if rule.section.startswith("RFC 7692") else None
    found = verdict(Role.CLIENT, whole(unmasked[rule.id]), deflate=negotiated)
    assert found is not None
    assert found[0] == rule.id


# --- the rules without an example: a limit or a choice of the receiver decides ----------------


@each_way
def test_a_message_over_the_limit_breaks_message_too_big(way: Way) -> None:
    data = frame(0x02, b"12345") + frame(0x80, b"6789")
    assert verdict(Role.SERVER, way(data), max_message=8) == ("message-too-big", Offset(12, 1))


def test_a_message_just_at_the_limit_passes() -> None:
    assert verdict(Role.SERVER, whole(frame(0x02, b"12345") + frame(0x80, b"6789")), max_message=9) is None


@each_way
def test_a_head_over_the_limit_breaks_head_size(way: Way) -> None:
    data = request(("Cookie", "x" * DEFAULT_MAX_HEAD))
    assert head_verdict(Role.CLIENT, way(data)) == ("head-size", Offset(DEFAULT_MAX_HEAD))
    assert RULES["head-size"].http_status == 431


def test_a_strangers_origin_breaks_request_origin() -> None:
    asked, _ = HandshakeRequest.parse(request(("Origin", "http://evil.example")))
    with pytest.raises(ProtocolError) as caught:
        asked.check(origins=["http://good.example"])
    assert caught.value.rule.id == "request-origin"
    assert asked.serialize()[caught.value.offset.byte :].startswith(b"http://evil")
    asked.check(origins=["http://evil.example"])
    asked.check(origins=None)


@each_way
def test_a_message_that_inflates_over_the_limit_breaks_inflated_too_big(way: Way) -> None:
    bomb = frame(0xC2, Deflater(Deflate(), Role.CLIENT).deflate(bytes(1000)))
    assert verdict(Role.SERVER, way(bomb), max_message=999, deflate=Deflate()) == ("inflated-too-big", Offset(6))
    assert verdict(Role.SERVER, [bomb], max_message=1000, deflate=Deflate()) is None


def test_only_five_rules_of_the_peer_have_no_example() -> None:
    without = {rule.id for rule in RULES.values() if not rule.example and not rule.id.startswith("local-")}
    assert without == {
        "message-too-big",
        "inflated-too-big",
        "deflate-final-blocks",
        "head-size",
        "request-origin",
    }


# --- the table for people -------------------------------------------------------------------


def test_the_table_in_the_repository_is_the_one_that_the_code_makes(root: Path) -> None:
    made = (root / "wslab" / "protocol" / "RULES.md").read_text(encoding="utf-8")
    assert made == table(), "python -m wslab.explain.rules_page > wslab/protocol/RULES.md"


def test_the_table_is_made_by_the_command(root: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "wslab.explain.rules_page"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout == table()


def test_the_table_has_a_whole_row_for_every_rule_and_every_must_that_is_left() -> None:
    rows = [line for line in table().splitlines() if line.startswith("| `")]
    assert [re.split(r"(?<!\\)\|", row)[1].strip(" `") for row in rows] == list(RULES)
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {12}
    assert all(each.text in table() for each in UNJUDGED)


@each_rule
def test_every_rule_is_enforced_somewhere_in_the_code(rule: Rule, root: Path) -> None:
    names = (f'"{rule.id}"', f'"{rule.id.removeprefix("deflate-")}"', f'"{rule.id.rpartition("-")[0]}')
    code = "".join(path.read_text() for path in (root / "wslab/protocol").rglob("*.py") if path.name != "rules.py")
    assert any(name in code for name in names[: 1 if not rule.id.startswith("deflate-") else 3])


# --- the table as data ---------------------------------------------------------------------


@each_rule
def test_an_id_is_its_key_and_kebab_case(rule: Rule) -> None:
    assert RULES[rule.id] is rule
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)


@each_rule
def test_every_sentence_is_there_and_has_no_full_stop(rule: Rule) -> None:
    for sentence in (rule.text, rule.why, rule.fix):
        assert len(sentence.split()) >= 2
        assert sentence == sentence.strip()
        assert not sentence.endswith((".", "!", ";", ":"))
        assert sentence.isprintable()


@each_rule
def test_every_rule_names_its_section(rule: Rule) -> None:
    assert re.fullmatch(r"(RFC \d+ )?\d+(\.\d+)*", rule.section)
    assert re.fullmatch(r"(RFC \d+ )?§\d+(\.\d+)*", rule.reference)
    assert re.fullmatch(r"https://www\.rfc-editor\.org/rfc/rfc\d{4}#section-\d+(\.\d+)*", rule.link)


@each_rule
def test_frames_end_with_a_close_code_a_request_with_a_status_and_a_response_with_nothing(rule: Rule) -> None:
    of_client = rule.in_head and rule.role is not Role.SERVER and not rule.id.startswith("deflate-parameter")
    assert (rule.close_code is not None) is (not rule.in_head and not rule.is_local)
    assert (rule.http_status is not None) is of_client


@each_rule
def test_a_section_that_names_the_answer_stands_only_where_there_is_one(rule: Rule) -> None:
    answers = rule.close_code is not None or rule.http_status is not None
    assert re.fullmatch(r"(RFC \d+ )?\d+(\.\d+)*", rule.names_answer) if rule.names_answer else True
    assert answers or not rule.names_answer


def test_only_these_rules_are_not_demanded_by_an_rfc() -> None:
    ours = {rule.id: rule.force for rule in RULES.values() if rule.force in (Force.LIMIT, Force.STRICT)}
    assert ours == {
        **dict.fromkeys(("frame-too-big", "message-too-big", "inflated-too-big", "deflate-final-blocks"), Force.LIMIT),
        **dict.fromkeys(("head-ends-lines-with-crlf", "request-no-body", "response-http-version"), Force.STRICT),
        **dict.fromkeys(("close-code-known", "local-close-code"), Force.STRICT),
        "head-size": Force.LIMIT,
    }


def test_a_rule_names_the_peers_that_do_otherwise() -> None:
    rule = RULES["length-minimal"]
    assert rule.peers(Role.SERVER) == {"websockets": "accepts", "ws": "accepts", "aiohttp": "accepts"}
    assert peers_words(rule) == "accepted by websockets, ws, aiohttp"
    assert RULES["reserved-bits"].peers(Role.CLIENT) == {}


def test_a_client_answers_a_wrong_response_with_nothing_in_the_table_too() -> None:
    row = next(line for line in table().splitlines() if line.startswith("| `response-accept`"))
    assert " TCP ends " in row
    assert "502" not in table()
    assert "| TCP ends; an offer is declined |" in next(
        line for line in table().splitlines() if "`deflate-parameter-known`" in line
    )


@each_rule
def test_an_example_and_its_wrong_bit_come_together(rule: Rule) -> None:
    assert bool(rule.example) is (rule.wrong is not None)
    if rule.wrong is not None:
        assert rule.wrong.byte < len(rule.example)
        assert 0 <= rule.wrong.bit < 8


@each_rule
def test_a_rule_of_the_head_says_who_sends_it(rule: Rule) -> None:
    if rule.id.startswith("request-"):
        assert rule.role is Role.CLIENT
    if rule.id.startswith("response-"):
        assert rule.role is Role.SERVER


def test_the_sections_lead_to_their_pages() -> None:
    assert RULES["client-masks"].link.endswith("/rfc6455#section-5.1")
    assert RULES["head-is-http"].link.endswith("/rfc9112#section-2")
    assert RULES["head-is-http"].reference == "RFC 9112 §2"


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        RULES["mine"] = RULES["client-masks"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        RULES["client-masks"].text = "otherwise"  # type: ignore[misc]


def test_too_much_is_1009_bad_text_is_1007_our_own_policy_1008_and_the_rest_is_1002() -> None:
    codes = {rule.id: rule.close_code for rule in RULES.values() if rule.close_code is not None}
    too_much = {"frame-too-big", "message-too-big", "inflated-too-big"}
    bad_text = {"text-is-utf8", "close-reason-utf8", "deflate-data"}
    for rule, code in codes.items():
        want = (
            CloseCode.MESSAGE_TOO_BIG if rule in too_much
            else CloseCode.INVALID_PAYLOAD if rule in bad_text
            else CloseCode.POLICY_VIOLATION if rule == "deflate-final-blocks"
            else CloseCode.PROTOCOL_ERROR
        )  # fmt: skip
        assert code == want, rule


def test_the_reader_has_a_limit_from_the_beginning() -> None:
    assert HeadReader(Role.CLIENT).received == 0
    assert DEFAULT_MAX_HEAD == 65536


def test_the_page_says_of_a_rule_that_no_peer_was_tried_with_that_it_was_not_measured() -> None:
    rows = {line.split("`")[1]: line for line in table().splitlines() if line.startswith("| `")}
    said = {name for name, row in rows.items() if "| not measured |" in row}
    assert said == {rule.id for rule in RULES.values() if not rule.example and not rule.is_local}
    assert "deflate-final-blocks" in said
