"""Breaking one rule on purpose: the bytes break it and no other, and a verdict looks only at what came back."""

from __future__ import annotations

import pytest

from wslab.cli.misbehave.verdict import Outcome, Seen, judge
from wslab.cli.misbehave.violations import (
    PROBE,
    NotPossible,
    Violation,
    agreement,
    breakers,
    broken_answer,
    broken_frames,
    broken_request,
    misdeed,
    probe,
)
from wslab.protocol import (
    RULES,
    Connection,
    Deflate,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    ProtocolError,
    Role,
)

KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
ALL = [misdeed(rule.id, role) for rule in RULES.values() for role in breakers(rule)]
IN_FRAMES = [deed for deed in ALL if not deed.in_head]
OF_SERVERS = [deed for deed in ALL if deed.in_head and deed.breaker is Role.SERVER]
OF_CLIENTS = [deed for deed in ALL if deed.in_head and deed.breaker is Role.CLIENT]
# what a client must offer so that every rule about the answer can be broken
ASKS = Deflate(server_no_context_takeover=True, server_max_window_bits=10, client_max_window_bits=12)


def ids(deed: Violation) -> str:
    return f"{deed.rule.id}-{deed.breaker}"


def asked(*, deflate: Deflate | None = ASKS, subprotocols: tuple[str, ...] = ("chat",)) -> HandshakeRequest:
    extensions = [] if deflate is None else [deflate.offer()]
    return HandshakeRequest.build("127.0.0.1:9001", key=KEY, subprotocols=subprotocols, extensions=extensions)


def test_every_rule_that_has_an_example_is_broken_by_somebody() -> None:
    assert {deed.rule.id for deed in ALL} == {rule.id for rule in RULES.values() if rule.example}
    assert len(ALL) == 65


@pytest.mark.parametrize("deed", IN_FRAMES, ids=ids)
def test_the_frames_break_the_rule_and_a_receiver_fails_with_its_code(deed: Violation) -> None:
    receiver = Connection(deed.breaker.peer, deflate=Deflate() if deed.compressed else None)
    receiver.receive_data(broken_frames(deed))
    assert receiver.failure is not None
    assert (receiver.failure.rule, receiver.failure.close_code) == (deed.rule, deed.rule.close_code)


@pytest.mark.parametrize("deed", IN_FRAMES, ids=ids)
def test_what_goes_out_behind_the_broken_frames_is_a_legal_ping(deed: Violation) -> None:
    receiver = Connection(deed.breaker.peer)
    receiver.receive_data(probe(deed))
    assert receiver.failure is None
    assert bool(receiver.events()) != deed.rule.id.startswith("close-")


@pytest.mark.parametrize("deed", OF_SERVERS, ids=ids)
def test_an_answer_breaks_its_rule_and_no_other(deed: Violation) -> None:
    request = asked()
    data = broken_answer(deed, request)
    with pytest.raises(ProtocolError) as broken:
        HandshakeResponse.parse(data)[0].check(request)
    assert broken.value.rule is deed.rule


@pytest.mark.parametrize("deed", OF_CLIENTS, ids=ids)
def test_a_request_breaks_its_rule_and_no_other(deed: Violation) -> None:
    data = broken_request(deed, "example.org:8080", "/a?b", KEY)
    with pytest.raises(ProtocolError) as broken:
        HandshakeRequest.parse(data)[0].check()
    assert broken.value.rule is deed.rule
    if deed.rule.id in ("head-not-tls", "head-is-http"):
        return
    checks = HandshakeRequest.parse(data)[0].checks()
    assert [check.rule.id for check in checks if not check.passed] == [deed.rule.id]
    assert b" /a?b" in data
    assert (b"Host: example.org:8080" in data) == (deed.rule.id != "request-host")


@pytest.mark.parametrize(
    ("name", "wants"),
    [
        ("deflate-answer-client-bits", "below 15"),
        ("deflate-answer-server-bits", "server_max_window_bits"),
        ("deflate-answer-takeover", "server_no_context_takeover"),
        ("deflate-parameter-known", "offer permessage-deflate"),
        ("response-subprotocol-once", "asked for no subprotocol"),
    ],
)
def test_a_client_that_asked_for_nothing_cannot_be_tried_and_is_told_what_to_ask_for(name: str, wants: str) -> None:
    with pytest.raises(NotPossible, match=wants):
        broken_answer(misdeed(name, Role.SERVER), asked(deflate=None, subprotocols=()))


def test_a_rule_of_compressed_messages_needs_compression_and_no_other_rule_gets_it() -> None:
    assert agreement(misdeed("text-is-utf8", Role.SERVER), asked())[1] is None
    assert agreement(misdeed("deflate-data", Role.SERVER), asked())[1] is not None
    with pytest.raises(NotPossible, match="offer permessage-deflate"):
        agreement(misdeed("deflate-data", Role.SERVER), asked(deflate=None))


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("textisutf8", Role.SERVER, "did you mean text-is-utf8"),
        ("xyzzy", Role.SERVER, "--list"),
        ("client-masks", Role.SERVER, "give --client"),
        ("response-accept", Role.CLIENT, "leave --client out"),
        ("local-text", Role.CLIENT, "our own sending"),
        ("message-too-big", Role.CLIENT, "own limit"),
    ],
)
def test_a_rule_that_this_side_cannot_break_is_told_in_a_sentence(name: str, role: Role, words: str) -> None:
    with pytest.raises(NotPossible, match=words):
        misdeed(name, role)


FRAME = misdeed("text-is-utf8", Role.SERVER)
ANSWER = misdeed("response-accept", Role.SERVER)
REQUEST = misdeed("request-version", Role.CLIENT)
LENIENT = misdeed("head-ends-lines-with-crlf", Role.CLIENT)


@pytest.mark.parametrize(
    ("deed", "seen", "outcome", "words"),
    [
        (FRAME, Seen(1, frames=[Frame.close(1007, "no text")]), Outcome.RIGHT, "with 1007, reason “no text”"),
        (FRAME, Seen(1, frames=[Frame.close(1002)]), Outcome.NEARLY, "1007 (invalid payload) is the code"),
        (FRAME, Seen(1, frames=[Frame.close(1000)]), Outcome.WRONG, "with 1000, as if nothing were wrong"),
        (FRAME, Seen(1, frames=[Frame.close(None)]), Outcome.WRONG, "without a code"),
        (FRAME, Seen(1, frames=[Frame.pong(PROBE), Frame.close(1007)]), Outcome.RIGHT, "with 1007"),
        (FRAME, Seen(1, frames=[Frame.pong(PROBE)]), Outcome.WRONG, "answered the Ping"),
        (FRAME, Seen(1, frames=[Frame.pong(b"another")]), Outcome.WRONG, "neither closed nor answered"),
        (FRAME, Seen(1, ended="RST"), Outcome.NEARLY, "ended TCP (RST) without a word"),
        (FRAME, Seen(2.5), Outcome.WRONG, "for 2.5 s it neither closed nor answered"),
        (ANSWER, Seen(1, ended="FIN"), Outcome.RIGHT, "TCP ended (FIN), no frame came"),
        (ANSWER, Seen(1, frames=[Frame.text("hi")]), Outcome.WRONG, "sent a message"),
        (ANSWER, Seen(1, frames=[Frame.close(1000)]), Outcome.WRONG, "closed as one closes"),
        (ANSWER, Seen(1, frames=[Frame.close(1002)]), Outcome.NEARLY, "§7.1.2"),
        (ANSWER, Seen(1), Outcome.UNKNOWN, "said nothing for 1 s"),
        (REQUEST, Seen(1, 426), Outcome.RIGHT, "with 426"),
        (REQUEST, Seen(1, 400), Outcome.NEARLY, "426 would say more plainly"),
        (REQUEST, Seen(1, 101), Outcome.WRONG, "answered 101"),
        (REQUEST, Seen(1, 0, ended="FIN"), Outcome.NEARLY, "no HTTP"),
        (REQUEST, Seen(1, None, ended="FIN"), Outcome.NEARLY, "ended TCP (FIN)"),
        (REQUEST, Seen(1), Outcome.UNKNOWN, "said nothing"),
        (LENIENT, Seen(1, 101), Outcome.NEARLY, "That is allowed"),
    ],
)
def test_the_verdict_follows_from_what_came(deed: Violation, seen: Seen, outcome: Outcome, words: str) -> None:
    verdict = judge(deed, seen)
    assert verdict.outcome is outcome, verdict
    assert words in str(verdict)
