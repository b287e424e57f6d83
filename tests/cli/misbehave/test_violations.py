"""Breaking one rule on purpose: the bytes break it and no other, and a verdict looks only at what came back."""

from __future__ import annotations

import tracemalloc

import pytest

from wslab.cli.misbehave.verdict import Observation, Reaction, SeenFrames, exit_code, judge
from wslab.cli.misbehave.violations import (
    PROBE,
    NotPossible,
    Violation,
    agreement,
    breakers,
    broken_answer,
    broken_frames,
    broken_request,
    find_violation,
    probe,
)
from wslab.protocol import (
    RULES,
    Connection,
    Deflate,
    Extension,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    Offset,
    ProtocolError,
    Role,
)

KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
ALL = [find_violation(rule.id, role) for rule in RULES.values() for role in breakers(rule)]
IN_FRAMES = [violation for violation in ALL if not violation.in_head]
OF_SERVERS = [violation for violation in ALL if violation.in_head and violation.breaker is Role.SERVER]
OF_CLIENTS = [violation for violation in ALL if violation.in_head and violation.breaker is Role.CLIENT]
# what a client must offer so that every rule about the answer can be broken
ASKS = Deflate(server_no_context_takeover=True, server_max_window_bits=10, client_max_window_bits=12)


def ids(violation: Violation) -> str:
    return f"{violation.rule.id}-{violation.breaker}"


def asked(*, deflate: Deflate | None = ASKS, subprotocols: tuple[str, ...] = ("chat",)) -> HandshakeRequest:
    extensions = [] if deflate is None else [deflate.offer()]
    return HandshakeRequest.build("127.0.0.1:9001", key=KEY, subprotocols=subprotocols, extensions=extensions)


def without_client_bits() -> HandshakeRequest:
    """A client that does not let its window be limited, as ours always does."""
    return HandshakeRequest.build("127.0.0.1:9001", key=KEY, extensions=[Extension("permessage-deflate")])


def test_every_rule_that_has_an_example_is_broken_by_somebody() -> None:
    assert {violation.rule.id for violation in ALL} == {rule.id for rule in RULES.values() if rule.example}
    assert len(ALL) == 67


@pytest.mark.parametrize("violation", IN_FRAMES, ids=ids)
def test_the_frames_break_the_rule_and_a_receiver_fails_with_its_code(violation: Violation) -> None:
    receiver = Connection(violation.breaker.peer, deflate=Deflate() if violation.compressed else None)
    receiver.receive_data(broken_frames(violation))
    assert receiver.failure is not None
    assert (receiver.failure.rule, receiver.failure.close_code) == (violation.rule, violation.rule.close_code)


@pytest.mark.parametrize("violation", IN_FRAMES, ids=ids)
def test_what_goes_out_behind_the_broken_frames_is_a_legal_ping(violation: Violation) -> None:
    receiver = Connection(violation.breaker.peer)
    receiver.receive_data(probe(violation))
    assert receiver.failure is None
    assert bool(receiver.events()) != violation.rule.id.startswith("close-")


@pytest.mark.parametrize("violation", OF_SERVERS, ids=ids)
def test_an_answer_breaks_its_rule_and_no_other(violation: Violation) -> None:
    request = without_client_bits() if violation.rule.id == "deflate-answer-client-bits" else asked()
    data = broken_answer(violation, request)
    with pytest.raises(ProtocolError) as broken:
        HandshakeResponse.parse(data)[0].check(request)
    assert broken.value.rule is violation.rule


@pytest.mark.parametrize("violation", OF_CLIENTS, ids=ids)
def test_a_request_breaks_its_rule_and_no_other(violation: Violation) -> None:
    data = broken_request(violation, "example.org:8080", "/a?b", KEY)
    with pytest.raises(ProtocolError) as broken:
        HandshakeRequest.parse(data)[0].check()
    assert broken.value.rule is violation.rule
    if violation.rule.id in ("head-not-tls", "head-is-http"):
        return
    checks = HandshakeRequest.parse(data)[0].checks()
    assert [check.rule.id for check in checks if not check.passed] == [violation.rule.id]
    assert b" /a?b" in data
    assert (b"Host: example.org:8080" in data) == (violation.rule.id != "request-host")


@pytest.mark.parametrize(
    ("name", "wants"),
    [
        ("deflate-answer-client-bits", "without client_max_window_bits"),
        ("deflate-answer-server-bits", "server_max_window_bits"),
        ("deflate-answer-takeover", "server_no_context_takeover"),
        ("deflate-parameter-known", "offer permessage-deflate"),
        ("response-subprotocol-once", "asked for no subprotocol"),
    ],
)
def test_a_client_that_asked_for_nothing_cannot_be_tried_and_is_told_what_to_ask_for(name: str, wants: str) -> None:
    with pytest.raises(NotPossible, match=wants):
        broken_answer(find_violation(name, Role.SERVER), asked(deflate=None, subprotocols=()))


def test_a_rule_of_compressed_messages_needs_compression_and_no_other_rule_gets_it() -> None:
    assert agreement(find_violation("text-is-utf8", Role.SERVER), asked())[1] is None
    assert agreement(find_violation("deflate-data", Role.SERVER), asked())[1] is not None
    with pytest.raises(NotPossible, match="offer permessage-deflate"):
        agreement(find_violation("deflate-data", Role.SERVER), asked(deflate=None))


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("textisutf8", Role.SERVER, "did you mean text-is-utf8"),
        ("xyzzy", Role.SERVER, "--list"),
        ("client-masks", Role.SERVER, "give --client"),
        ("response-accept", Role.CLIENT, "leave --client out"),
        ("deflate-parameter-once", Role.CLIENT, "a server declines an illegal offer of permessage-deflate and goes on"),
        ("local-text", Role.CLIENT, "our own sending"),
        ("message-too-big", Role.CLIENT, "is not broken by misbehave: it is about a limit or choice of the receiver"),
    ],
)
def test_a_rule_that_this_side_cannot_break_is_told_in_a_sentence(name: str, role: Role, words: str) -> None:
    with pytest.raises(NotPossible, match=words):
        find_violation(name, role)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("request-host", "with an HTTP error, such as 400 (§4.2.1)."),
        ("request-version", "with an HTTP error (§4.2.1), such as 426 (§4.2.2)."),
        ("request-method", "with an HTTP error (§4.2.1), such as 405 (RFC 9110 §15.5.6)."),
        ("request-no-body", "the RFC names none for this, and wslab sends 400."),
    ],
)
def test_a_status_is_cited_with_the_section_that_names_it(name: str, right: str) -> None:
    assert right in find_violation(name, Role.CLIENT).expected


def test_a_client_does_not_fail_an_answer_that_is_not_101_but_takes_it_as_http() -> None:
    assert find_violation("response-status", Role.SERVER).expected.startswith("The client takes the answer as HTTP")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("close-code-known", "§7.4.2 leaves it open"),
        ("continuation-needs-start", "§5.4 defines the form"),
        ("deflate-answer-takeover", "RFC 7692 §7.1.1.1 defines the form"),
        ("frame-too-big", "the limit is the receiver's own (§10.4)"),
        ("length-minimal", "§5.2 has a MUST for the sender"),
        ("text-is-utf8", ""),
    ],
)
def test_a_rule_says_what_it_leaves_to_a_receiver(name: str, why: str) -> None:
    assert find_violation(name, Role.SERVER).expected.partition("A peer that goes on is not wrong: ")[2].startswith(why)
    assert bool(find_violation(name, Role.SERVER).left_open) is bool(why)


def test_a_server_may_take_a_subprotocol_that_is_asked_for_twice_and_no_name_that_is_no_token() -> None:
    twice, no_token = (
        find_violation(name, Role.CLIENT) for name in ("request-subprotocol-once", "request-subprotocol")
    )
    assert twice.left_open.startswith("§4.1 has a MUST for the sender")
    assert not no_token.left_open
    assert judge(twice, Observation(1, status=101)).reaction is Reaction.NEARLY
    assert judge(no_token, Observation(1, status=101)).reaction is Reaction.WRONG


FRAME = find_violation("text-is-utf8", Role.SERVER)
ANSWER = find_violation("response-accept", Role.SERVER)
REQUEST = find_violation("request-version", Role.CLIENT)
UNNAMED = find_violation("deflate-data", Role.SERVER)
UNKNOWN_CODE = find_violation("close-code-known", Role.SERVER)
LIMITED = find_violation("frame-too-big", Role.SERVER)
BROKE = ProtocolError(RULES["client-masks"], Offset(1), "MASK 0", "MASK 1")
LENIENT = find_violation("head-ends-lines-with-crlf", Role.CLIENT)


@pytest.mark.parametrize(
    ("violation", "seen", "reaction", "words"),
    [
        (FRAME, Observation(1, frames=[Frame.close(1007, "no text")]), Reaction.RIGHT, "with 1007, reason “no text”"),
        (FRAME, Observation(1, frames=[Frame.close(1002)]), Reaction.NEARLY, "1007 (invalid payload) is the code"),
        (FRAME, Observation(1, frames=[Frame.close(1000)]), Reaction.WRONG, "with 1000, as if nothing were wrong"),
        (FRAME, Observation(1, frames=[Frame.close(None)]), Reaction.WRONG, "without a code"),
        (FRAME, Observation(1, frames=[Frame.pong(PROBE), Frame.close(1007)]), Reaction.RIGHT, "with 1007"),
        (FRAME, Observation(1, frames=[Frame.pong(PROBE)]), Reaction.WRONG, "answered the Ping"),
        (FRAME, Observation(1, frames=[Frame.pong(b"another")]), Reaction.WRONG, "neither closed nor answered"),
        (FRAME, Observation(1, ended="RST"), Reaction.NEARLY, "ended TCP (RST) without a Close"),
        (FRAME, Observation(2.5), Reaction.WRONG, "for 2.5 s it neither closed nor answered"),
        (ANSWER, Observation(1, ended="FIN"), Reaction.RIGHT, "TCP ended (FIN), no frame came"),
        (ANSWER, Observation(1, frames=[Frame.text("hi")]), Reaction.WRONG, "sent a message"),
        (ANSWER, Observation(1, frames=[Frame.close(1000)]), Reaction.WRONG, "closed as if the connection were open"),
        (ANSWER, Observation(1, frames=[Frame.close(1002)]), Reaction.NEARLY, "§7.1.7"),
        (ANSWER, Observation(1), Reaction.UNKNOWN, "sent nothing for 1 s"),
        (REQUEST, Observation(1, 426), Reaction.RIGHT, "with 426"),
        (REQUEST, Observation(1, 400), Reaction.RIGHT, "with 400"),
        (REQUEST, Observation(1, 302), Reaction.NEARLY, "such as 426 would say why, and §4.2.1 asks"),
        (REQUEST, Observation(1, 101), Reaction.WRONG, "answered 101"),
        (REQUEST, Observation(1, 0, ended="FIN"), Reaction.NEARLY, "not HTTP"),
        (REQUEST, Observation(1, None, ended="FIN"), Reaction.NEARLY, "ended TCP (FIN)"),
        (REQUEST, Observation(1), Reaction.UNKNOWN, "sent nothing"),
        (LENIENT, Observation(1, 101), Reaction.NEARLY, "That is allowed: RFC 9112 §2.2 leaves it open"),
        (UNNAMED, Observation(1, frames=[Frame.close(1002)]), Reaction.RIGHT, "the RFC names no code for this"),
        (UNNAMED, Observation(1, frames=[Frame.close(1000)]), Reaction.NEARLY, "§7.2.2 defines the form"),
        (LIMITED, Observation(1), Reaction.NEARLY, "the limit is the receiver's own (§10.4)"),
        (UNKNOWN_CODE, Observation(2), Reaction.NEARLY, "for 2 s the client neither closed nor ended TCP"),
        (UNKNOWN_CODE, Observation(1, broke=BROKE), Reaction.WRONG, "broke a rule itself"),
        (UNKNOWN_CODE, Observation(1, frames=[Frame.pong(PROBE)]), Reaction.NEARLY, "a strictness of wslab"),
        (
            UNKNOWN_CODE,
            Observation(1, frames=[Frame(8, b"\x03\xf8")]),
            Reaction.NEARLY,
            "with 1016, as if nothing were",
        ),
        (UNKNOWN_CODE, Observation(1, frames=[Frame.close(1002)]), Reaction.RIGHT, "failed the connection with 1002"),
    ],
)
def test_the_verdict_follows_from_what_came(
    violation: Violation, seen: Observation, reaction: Reaction, words: str
) -> None:
    verdict = judge(violation, seen)
    assert verdict.reaction is reaction, verdict
    assert words in str(verdict)


def test_a_peer_that_keeps_sending_takes_no_memory() -> None:
    seen = SeenFrames()
    tracemalloc.start()
    for number in range(5_000):
        seen.add([Frame.binary(bytes(100_000)), Frame.ping(b"%d" % number)])
    seen.add([Frame.pong(PROBE), Frame.close(1007), *[Frame.text("x")] * 100])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert seen.counts.total() == 10_102
    found = Observation(1, frames=seen.kept, count=seen.counts.total())
    assert found.answered_probe
    assert found.close is not None
    assert len(seen.kept) < 30


@pytest.mark.parametrize(
    ("reactions", "code"),
    [
        ([], 2),
        ([Reaction.RIGHT, Reaction.NEARLY], 0),
        ([Reaction.RIGHT, Reaction.UNKNOWN], 2),
        ([Reaction.UNKNOWN, Reaction.WRONG], 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst_peer(reactions: list[Reaction], code: int) -> None:
    assert exit_code(reactions) == code
