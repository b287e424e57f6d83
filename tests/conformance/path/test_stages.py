"""The stages as data: what they send is what they say, by the protocol layer's own verdict."""

from __future__ import annotations

import pytest

from wslab.conformance.path.case import Case, Closing, Echo, Failure, Grant, Refusal, Stage
from wslab.conformance.path.exchange import wire
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.conformance.path.stages.content import HIGHEST, LOWEST
from wslab.protocol import Connection, Deflate, Frame, HandshakeRequest, Message, ProtocolError, Role
from wslab.scenarios import SCENARIOS

CASES = [(stage, case) for stage in STAGES.values() for case in stage.cases]
IDS = [f"{stage.name}-{case.name}" for stage, case in CASES]


def received(case: Case) -> Connection:
    """A server that takes the frames of a case, with a limit that the path allows."""
    agreed = Deflate() if case.compressed else None
    server = Connection(Role.SERVER, max_message=2 * LOWEST, deflate=agreed)
    data = b"".join(wire(case, agreed))
    for at in range(0, len(data), 1 << 14):
        server.receive_data(data[at : at + (1 << 14)])
    return server


@pytest.mark.parametrize("stage", STAGES.values(), ids=list(STAGES))
def test_a_stage_has_all_that_it_is_told_by(stage: Stage) -> None:
    assert stage.scenario in SCENARIOS
    assert all((stage.title, stage.aim, stage.hint, stage.more))
    assert len(stage.title) <= 45
    assert len({case.name for case in stage.cases}) == len(stage.cases) >= 5


def test_there_are_about_twelve_stages_in_the_order_in_which_a_server_grows() -> None:
    assert list(STAGES) == [
        *("handshake", "echo", "masks", "lengths", "fragments", "ping", "control"),
        *("reserved", "close", "utf8", "limits", "compression", "hostile"),
    ]
    assert LOWEST < HIGHEST


@pytest.mark.parametrize(("stage", "case"), CASES, ids=IDS)
def test_a_request_is_wrong_only_where_a_refusal_is_asked_for(stage: Stage, case: Case) -> None:
    if stage.name == "hostile":
        return
    head = case.head.format(host="127.0.0.1:80", target="/").encode()
    request = HandshakeRequest.parse(head)[0]
    broken = {check.rule for check in request.checks() if not check.passed}
    assert broken == ({case.want.rule} if isinstance(case.want, Refusal) else set())


@pytest.mark.parametrize(
    ("stage", "case"),
    [(stage, case) for stage, case in CASES if isinstance(case.want, Echo)],
    ids=[name for name, (_, case) in zip(IDS, CASES, strict=True) if isinstance(case.want, Echo)],
)
def test_what_has_to_come_back_is_what_was_sent_and_legal(stage: Stage, case: Case) -> None:
    assert isinstance(case.want, Echo)
    server = received(case)
    assert server.failure is None
    messages = [event.data for event in server.events() if isinstance(event, Message)]
    assert [each.encode() if isinstance(each, str) else each for each in messages] == [
        frame.payload for frame in case.want.messages
    ]
    assert all(frame.mask is None and frame.fin for frame in case.want.messages)


@pytest.mark.parametrize(
    ("stage", "case"),
    [(stage, case) for stage, case in CASES if isinstance(case.want, Failure)],
    ids=[name for name, (_, case) in zip(IDS, CASES, strict=True) if isinstance(case.want, Failure)],
)
def test_a_server_fails_the_connection_for_exactly_this_rule(stage: Stage, case: Case) -> None:
    assert isinstance(case.want, Failure)
    failure = received(case).failure
    assert isinstance(failure, ProtocolError)
    assert failure.rule is case.want.rule


def test_what_no_rfc_demands_of_a_receiver_is_demanded_in_the_stages_that_say_so() -> None:
    left = {f"{stage.name}/{case.name}" for stage, case in CASES if getattr(case.want, "left_open", False)}
    assert left == {"fragments/no-beginning", "fragments/two-at-once", "control/fragmented", "control/too-long"}
    demanded = {stage.name for stage, case in CASES if getattr(case.want, "demanded", False)}
    assert demanded == {"limits", "compression"}


def test_only_the_stage_close_asks_for_an_answer_to_a_close() -> None:
    assert {stage.name for stage, case in CASES if isinstance(case.want, Closing)} == {"close"}
    assert {stage.name for stage, case in CASES if isinstance(case.want, (Grant, Refusal))} == {
        "handshake",
        "compression",
    }


def test_a_wrong_close_is_answered_with_the_code_of_the_rule_that_it_breaks() -> None:
    for case in STAGES["close"].cases:
        assert isinstance(case.want, Closing)
        failure = received(case).failure
        assert case.want.wrong == (int(failure.rule.close_code or 0) if failure is not None else 0)
        assert (f"answer with {case.want.wrong}" in case.hint) == bool(case.want.wrong)


def test_the_stage_echo_has_a_key_that_hides_nothing_and_the_next_one_real_keys() -> None:
    keys = [
        {frame.mask for case in STAGES[name].cases for frame in case.sent if isinstance(frame, Frame)}
        for name in ("echo", "masks")
    ]
    assert keys[0] == {bytes(4)}
    assert bytes(4) not in keys[1]
