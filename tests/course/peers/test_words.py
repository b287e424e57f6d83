"""Verdicts in words."""

from __future__ import annotations

import pytest

from wslab.course.peers.changes import flipped
from wslab.course.peers.exchanges import EXCHANGES, Exchange
from wslab.course.peers.find import Judged, Peers
from wslab.course.peers.in_websockets import InWebsockets
from wslab.course.peers.in_wslab import InWslab
from wslab.course.peers.in_wsproto import InWsproto
from wslab.course.peers.words import cure, headline, left_open, peer_line

PEERS = Peers((InWslab(), InWebsockets(), InWsproto()))


def _bits(exchange: Exchange, place: int, at: int, byte: int) -> list[int]:
    """The bits that make byte `at` another."""
    differs = exchange.sent[place].data[at] ^ byte
    return [at * 8 + bit for bit in range(8) if differs >> (7 - bit) & 1]


def judged(name: str, place: int, *bits: int) -> Judged:
    change = None
    for bit in bits:
        change = flipped(EXCHANGES[name], place, bit, change)
    assert change is not None
    return PEERS.judge(EXCHANGES[name], change)


@pytest.mark.parametrize(
    ("name", "place", "bit", "words"),
    [
        ("text", 0, 5 * 8 + 1, "No rule is broken: the protocol has no checksum."),
        ("text", 0, 5 * 8 + 3, "No address has this character (RFC 3986 §3.3), and wslab accepts it."),  # /|ab
        ("text", 0, 7 * 8 + 1, "No address has this character (RFC 3986 §3.3), and wslab accepts it."),  # /la"
        ("ping", 3, 2 * 8 + 7, "A Pong that answers a Ping has its payload (§5.5.3); any other is taken for one that"),
        ("close", 4, 6, "No rule is broken: the protocol has no checksum."),  # a Pong in the place of the Close
        ("text", 1, 13 * 8 + 1, "Nothing that wslab reads depends on this change."),  # a control character
    ],
)
def test_no_rule_is_said_to_be_unbroken_that_wslab_only_does_not_look_at(
    name: str, place: int, bit: int, words: str
) -> None:
    assert cure(judged(name, place, bit).ours).startswith(words)


@pytest.mark.parametrize(
    ("name", "place", "bit", "words"),
    [
        ("text", 2, 8, "The server fails the connection with 1002: a client must mask every frame that it sends."),
        ("text", 2, 55, "The server accepts it, but reads the text “Iello” instead of the text “Hello”."),
        ("text", 4, 12, "The server refuses nothing, and waits for the rest of a frame."),
        ("fragments", 3, 0, "The server refuses nothing, and waits for the rest of the message."),
        ("text", 1, 9 * 8 + 6, "The client refuses nothing, and waits for the rest of the response."),
        ("close", 4, 7, "The client accepts it, but reads a Ping 03 e8 instead of Close 1000."),
        ("close", 2, 0, "The server accepts it, but never reads the text “Hi”."),
        ("close", 4, 31, "The client accepts it, but reads Close 1001 instead of Close 1000."),
        ("ping", 4, 6, "The client fails the connection with 1002: "),
        ("text", 0, 7, "The server refuses the request with HTTP 405: "),
        ("text", 1, 7, "The client fails the connection and ends TCP: "),
    ],
)
def test_the_headline_says_who_does_what(name: str, place: int, bit: int, words: str) -> None:
    assert headline(judged(name, place, bit).ours).startswith(words)


def test_who_fails_is_the_client_where_the_answer_fits_another_key() -> None:
    at = EXCHANGES["text"].sent[0].data.index(b"dGhl")
    told = judged("text", 0, at * 8 + 2)
    assert headline(told.ours).endswith("its answer fits another key: the client fails the connection (§4.1).")
    assert peer_line(told.ours) == "TCP ends by its own client"


def test_the_cure_is_the_rules_and_a_late_one_says_so() -> None:
    assert cure(judged("text", 2, 8).ours) == (
        "Set the MASK bit, send a fresh random four-byte key and XOR the payload with it."
    )
    assert "Here a byte behind the changed frame breaks the rule" in cure(judged("text", 2, 13).ours)
    assert "no checksum" in cure(judged("text", 2, 55).ours)
    assert "only more bytes, the end of TCP or a time limit" in cure(judged("text", 4, 12).ours)


def test_what_is_left_open_comes_from_the_table_of_rules() -> None:
    assert left_open(judged("close", 4, 2 * 8 + 7)) == (
        "§7.4.2 leaves it open, and wslab is strict: others need not refuse. "
        "No section names 1002 for this: it is wslab's choice. Measured with the example of "
        "`RULES.md`: accepted by Chromium."
    )
    masks = left_open(judged("text", 2, 8))
    assert masks == (
        "§5.1 has a MUST: a peer that accepts it breaks the RFC. §5.1 names 1002 for this. "
        "Measured with the example of `RULES.md`: accepted by aiohttp."
    )


def test_the_must_of_a_malformed_head_is_a_servers() -> None:
    told = judged("text", 0, 4 * 8 + 2)
    assert told.ours.error is not None
    assert told.ours.error.rule.id == "head-is-http"
    assert left_open(told).startswith("§4.2.1 has a MUST: a peer that accepts it breaks the RFC. §4.2.1 names 400")


def test_a_must_of_the_sender_alone_is_none_of_the_receiver() -> None:
    told = left_open(judged("text", 4, 13))
    assert told.startswith("§5.5 has a MUST for the sender, and does not say that a receiver must refuse it. ")


def test_where_peers_differ_in_when_they_judge_it_says_so() -> None:
    told = judged("text", 2, 9)
    assert [peer_line(each) for each in told.verdicts] == ["Close 1007", "waits", "Close 1007"]
    assert "The RFC does not say when to judge" in left_open(told)


def test_where_no_rule_says_why_they_differ_it_says_that() -> None:
    told = judged("close", 2, 0)  # a Close inside a message: only `websockets` refuses it
    lost = "never reads the text “Hi”"
    assert [peer_line(each) for each in told.verdicts] == [lost, "Close 1002", lost]
    assert "no rule that wslab enforces says why" in left_open(told)


def test_of_a_limit_it_is_not_said_that_others_judge_later() -> None:
    told = judged("text", 3, *_bits(EXCHANGES["text"], 3, 1, 0x7F))
    assert [peer_line(each) for each in told.verdicts] == ["Close 1009", "Close 1009", "waits"]
    assert "The limit is the receiver's own" in left_open(told)
    assert "when to judge" not in left_open(told)


def test_of_a_head_that_is_not_whole_wslab_only_finds_no_broken_rule_yet() -> None:
    told = judged("text", 0, 153 * 8 + 3)  # behind the last header stands a bare CR
    assert cure(told.ours).startswith("wslab finds no broken rule yet, since it judges a head once it is whole: only")
    assert left_open(told) == (
        "The RFC does not say when to judge: wslab judges a head once it is whole, others may judge each line."
    )


@pytest.mark.parametrize("at", [6, 7, 26])
def test_a_percent_sign_that_begins_no_escape_is_in_no_address(at: int) -> None:
    told = judged("text", 0, *_bits(EXCHANGES["text"], 0, at, 0x25))
    assert cure(told.ours).startswith("No address has a `%` without two hex digits behind it (RFC 3986 §2.1)")


def test_where_all_agree_nothing_is_left_open() -> None:
    assert left_open(judged("text", 2, 1)) == ""


def test_a_client_answers_a_head_with_no_status_so_none_is_said_to_be_its_choice() -> None:
    line_end = EXCHANGES["text"].sent[1].data.index(b"\r\n") * 8 + 7
    told = judged("text", 1, line_end)
    assert told.ours.error is not None
    assert told.ours.error.rule.id == "head-ends-lines-with-crlf"
    assert left_open(told).startswith("RFC 9112 §2.2 leaves it open")
    assert "400" not in left_open(told)
