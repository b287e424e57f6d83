"""What a change comes to, one example of each kind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wslab.course.peers.changes import Change, flipped
from wslab.course.peers.exchanges import EXCHANGES, Exchange
from wslab.course.peers.find import Peers, find_peers
from wslab.course.peers.in_websockets import InWebsockets
from wslab.course.peers.in_wslab import InWslab
from wslab.course.peers.in_wsproto import InWsproto
from wslab.course.peers.judging import Outcome, Verdict, judge, pieces
from wslab.course.peers.reading import PeerGone, Reading, Refusal, Session, feed_all
from wslab.protocol import Role

HERE = [InWslab, InWebsockets, InWsproto]
TEXT = EXCHANGES["text"]


def byte_of(exchange: Exchange, place: int, text: bytes, within: int = 0) -> int:
    return exchange.sent[place].data.index(text) + within


def ours(name: str, place: int, bit: int) -> Verdict:
    change = flipped(EXCHANGES[name], place, bit)
    assert change is not None
    return judge(InWslab(), EXCHANGES[name], change)


@pytest.mark.parametrize(
    ("name", "place", "bit", "outcome", "answer", "rule"),
    [
        ("text", 2, 8, Outcome.REFUSES, 1002, "client-masks"),
        ("text", 3, 8, Outcome.REFUSES, 1002, "server-does-not-mask"),
        ("text", 2, 1, Outcome.REFUSES, 1002, "reserved-bits"),
        ("text", 2, 6 * 8, Outcome.REFUSES, 1007, "text-is-utf8"),
        ("text", 2, 6 * 8 + 7, Outcome.OTHER, None, None),
        ("text", 4, 8 + 4, Outcome.WAITS, None, None),
        ("fragments", 3, 0, Outcome.WAITS, None, None),
        ("fragments", 2, 0, Outcome.REFUSES, 1002, "continuation-needs-start"),
        ("ping", 2, 0, Outcome.REFUSES, 1002, "control-fragmented"),
        ("close", 4, 2 * 8 + 7, Outcome.REFUSES, 1002, "close-code-known"),
        ("close", 4, 3 * 8 + 7, Outcome.OTHER, None, None),
        ("compressed", 2, 1, Outcome.REFUSES, 1007, "text-is-utf8"),
        ("text", 0, 7, Outcome.REFUSES, 405, "request-method"),
    ],
)
def test_an_example_of_each_kind(
    name: str, place: int, bit: int, outcome: Outcome, answer: int | None, rule: str | None
) -> None:
    found = ours(name, place, bit)
    assert found.outcome is outcome
    assert (found.refusal.answer if found.refusal else None) == answer
    assert (found.error.rule.id if found.error else None) == rule
    assert found.role is EXCHANGES[name].sent[place].sender.peer
    assert found.fails is (found.role if outcome is Outcome.REFUSES else None)


def test_a_text_that_then_ends_inside_a_character_is_refused_for_itself_and_not_for_what_is_behind() -> None:
    last = 8 * (len(TEXT.sent[2].data) - 1)
    found = ours("text", 2, last)
    assert found.error is not None
    assert found.error.found == "the end of the text"
    assert not found.late


def test_waiting_inside_a_frame_is_told_from_waiting_for_the_rest_of_a_message() -> None:
    assert ours("text", 4, 8 + 4).inside is True
    assert ours("fragments", 3, 0).inside is False


def test_a_head_whose_end_is_gone_is_waited_for() -> None:
    end = len(TEXT.sent[0].data) * 8 - 1
    found = ours("text", 0, end - 3)
    assert (found.outcome, found.inside, found.reading.heard) == (Outcome.WAITS, True, ())


@pytest.mark.parametrize("make", HERE)
def test_a_letter_in_the_other_case_is_accepted(make: type[InWslab]) -> None:
    at = byte_of(TEXT, 0, b"Upgrade: websocket", 9)
    verdict = judge(make(), TEXT, Change(0, at, ord("W")))
    assert verdict.outcome is Outcome.ACCEPTS


@pytest.mark.parametrize("make", HERE)
def test_another_key_is_accepted_by_the_server_and_its_answer_refused_by_the_client(make: type[InWslab]) -> None:
    at = byte_of(TEXT, 0, b"dGhl", 1)
    verdict = judge(make(), TEXT, Change(0, at, ord("H")))
    assert verdict.outcome is Outcome.REFUSES
    assert (verdict.role, verdict.fails) == (Role.SERVER, Role.CLIENT)
    assert verdict.reading.refusal is None


@pytest.mark.parametrize("make", HERE)
def test_another_address_is_read_as_another_address(make: type[InWslab]) -> None:
    verdict = judge(make(), TEXT, Change(0, byte_of(TEXT, 0, b"/lab", 1), ord("m")))
    assert verdict.outcome is Outcome.OTHER
    assert ("open", "/mab at 127.0.0.1:9001") in verdict.reading.heard


def test_a_wrong_bit_behind_the_changed_frame_is_late_and_one_in_it_is_not() -> None:
    assert ours("text", 2, 8 + 5).late is True  # the length is 1: what follows is read as a header
    assert ours("text", 2, 0).late is True  # FIN is 0: the next message may not begin
    assert ours("text", 2, 1).late is False
    assert ours("text", 2, 2 * 8).late is False  # the key of the payload's first byte


# --- how pieces are given -----------------------------------------------------------------------


class Notes(Session):
    """Notes what it is fed; opens at the first piece where it is told to, and raises at an empty one."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer

    def feed(self, data: bytes) -> None:
        if not data:
            raise OverflowError("too much")
        self.heard.append(("close" if data == b"c" else "binary", data))


def test_a_server_gets_no_frame_before_it_has_answered() -> None:
    assert feed_all(Notes(b""), Role.SERVER, [b"1", b"2"]).heard == (("binary", b"1"),)
    assert len(feed_all(Notes(b"101"), Role.SERVER, [b"1", b"2"]).heard) == 2
    assert len(feed_all(Notes(b""), Role.CLIENT, [b"1", b"2"]).heard) == 2


def test_nothing_is_read_behind_a_close() -> None:
    reading = feed_all(Notes(b""), Role.CLIENT, [b"1", b"c", b"2"])
    assert [kind for kind, _ in reading.heard] == ["binary", "close"]
    assert reading.closed


def test_what_a_library_raises_is_its_verdict() -> None:
    refusal = feed_all(Notes(b""), Role.CLIENT, [b"1", b"", b"2"]).refusal
    assert refusal == Refusal("ends TCP", "it raised OverflowError: too much", crashed=True)


# --- who is asked -------------------------------------------------------------------------------


class Gone:
    name, version = "gone", "1"

    def read(self, exchange: Exchange, role: Role, given: Sequence[bytes]) -> Reading:
        raise PeerGone("it did not answer within 2 s")


def test_a_peer_that_does_not_answer_is_named_and_the_others_judge() -> None:
    judged = Peers((InWslab(), Gone()), ("wsproto is not asked: no.",)).judge(TEXT, Change(2, 1, 5))
    assert [verdict.peer for verdict in judged.verdicts] == ["wslab"]
    assert judged.ours is judged.verdicts[0]
    assert judged.missing == ("wsproto is not asked: no.", "gone says nothing: it did not answer within 2 s.")


def test_without_wsproto_and_ws_two_judge_and_sentences_say_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wslab.course.peers.find.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    peers = find_peers()
    assert [peer.name for peer in peers.here] == ["wslab", "websockets"]
    assert "pip install 'wslab[peers]'" in peers.missing[0]
    assert "there is no Node.js here" in peers.missing[1]


def test_the_receiver_is_given_all_that_the_other_side_sends() -> None:
    change = Change(2, 1, 5)
    given = pieces(TEXT, Role.SERVER, change)
    assert given == [TEXT.sent[0].data, change.data(TEXT), TEXT.sent[4].data]
    assert pieces(TEXT, Role.CLIENT, change) == [TEXT.sent[at].data for at in (1, 3, 5)]
