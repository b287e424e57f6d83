"""How an exchange to break looks: who sent what, its bytes, the question before the verdict."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look
from wslab.course.peers.attempt import BreakState, Guess
from wslab.course.peers.exchanges import EXCHANGES
from wslab.course.peers.find import Peers
from wslab.course.peers.in_websockets import InWebsockets
from wslab.course.peers.in_wslab import InWslab
from wslab.course.peers.judging import Outcome
from wslab.widgets.break_it.picture import regions, text
from wslab.widgets.break_it.state import sent_name

PEERS = Peers((InWslab(), InWebsockets()), ("ws is not asked: there is no Node.js here.",))


def state(
    name: str = "text", place: int = 2, bit: int = 8, guess: Guess | None = None, *, told: bool = False
) -> BreakState:
    asked = BreakState.of_exchange(EXCHANGES[name], 7).flip(place, bit).guessed(guess or Guess())
    if not told:
        return asked
    assert asked.change is not None
    return asked.with_verdicts(PEERS.judge(asked.exchange, asked.change))


def seen(shown: BreakState, *names: str) -> str:
    drawn = regions(shown, 2)
    return look([drawn[name] for name in names or drawn]).text


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("text", ["request", "response 101", "text “Hello”", "text “Zoë?”", "text “Next”", "text “Last!”"]),
        (
            "fragments",
            ["request", "response 101", "text “Hel”", "continuation “lo”", "binary 01 02", "continuation “·”"],
        ),
        ("ping", ["request", "response 101", "Ping “hi?”", "Pong “hi?”", "Ping", "Pong"]),
        ("close", ["request", "response 101", "text “Hi”", "Close 1000", "Close 1000"]),
        ("compressed", ["request", "response 101", "text “ho ho ho”", "text “ha ha ha”", "text “Next”"]),
    ],
)
def test_each_rung_says_what_is_sent(name: str, names: list[str]) -> None:
    exchange = EXCHANGES[name]
    assert [sent_name(exchange, place) for place in range(len(exchange.sent))] == names


def test_the_client_is_left_and_the_server_right() -> None:
    rungs = look(regions(state(), 2)["ladder"]).having("data-goto")
    sides = ["client" if "is-client" in str(rung["class"]) else "server" for rung in rungs]
    assert sides == ["client", "server"] * 3
    assert ["is-changed" in str(rung["class"]) for rung in rungs].index(True) == 2


@pytest.mark.parametrize("name", EXCHANGES)
def test_every_byte_and_each_bit_of_the_picked_one_is_a_button(name: str) -> None:
    legal = BreakState.of_exchange(EXCHANGES[name], 7)
    for place, sent in enumerate(EXCHANGES[name].sent):
        tags = look(regions(legal, place)[f"sent-{place}"]).having("data-do")
        assert [tag["data-arg"] for tag in tags if tag["data-do"] == "pick"] == [
            f"{place}:{index}" for index in range(len(sent.data))
        ]
        assert [tag["data-arg"] for tag in tags if tag["data-do"] == "flip"] == [f"{place}:{bit}" for bit in range(8)]


def test_only_the_step_is_shown() -> None:
    drawn = regions(state(), 3)
    hidden = [name for name, node in drawn.items() if name.startswith("sent-") and "hidden" in look(node).found[0][1]]
    assert hidden == ["sent-0", "sent-1", "sent-2", "sent-4", "sent-5"]


def test_a_flip_redraws_its_own_frame_and_no_other() -> None:
    before, after = regions(state(bit=8), 2), regions(state(bit=9), 2)
    changed = {name for name in before if name.startswith("sent-") and str(before[name]) != str(after[name])}
    assert changed == {"sent-2"}


def test_nothing_answers_before_it_is_asked() -> None:
    asked = seen(state(guess=Guess(Outcome.REFUSES)))
    for word in ("fails the connection", "what it did", "is-illegal"):
        assert word not in asked
    assert "What does the server do?" in asked
    assert "no guess yet" in asked


def test_a_changed_byte_is_named_with_both_values() -> None:
    shown = state(place=2, bit=8)
    assert "85 → 05" in seen(shown, "sent-2")
    assert "Bit 0 of byte 1 of the text “Hello” is flipped." in seen(shown, "ask")
    two = shown.flip(2, 9)
    assert "Byte 1 of the text “Hello” is 45 instead of 85." in seen(two, "ask")


def test_how_and_by_which_rule_is_asked_only_of_one_who_says_it_refuses() -> None:
    fields = [tag["data-do"] for tag in look(regions(state(guess=Guess(Outcome.REFUSES)), 2)["ask"]).having("data-do")]
    assert [name for name in fields if name in ("answer", "rule")] == ["answer", "rule"]
    others = [tag["data-do"] for tag in look(regions(state(guess=Guess(Outcome.WAITS)), 2)["ask"]).having("data-do")]
    assert "rule" not in others


def test_the_verdict_names_each_peer_the_cure_what_was_said_and_who_is_missing() -> None:
    told = seen(state(guess=Guess(Outcome.REFUSES, "Close 1007"), told=True), "ask", "controls")
    for words in (
        "The server fails the connection with 1002: a client must mask every frame that it sends",
        "✓ refuses",
        "≠ Close 1007",
        "websockets",
        "“incorrect masking”",
        "Set the MASK bit",
        "accepted by aiohttp",
        "ws is not asked: there is no Node.js here.",
        "score 1 of 2",
    ):
        assert words in told


def test_the_text_says_the_same() -> None:
    plain = text(state(guess=Guess(Outcome.REFUSES, "Close 1007"), told=True))
    for words in (
        "2  client sends the text “Hello”  ← changed",
        "81 05 37 fa 21 3d",
        "× The server fails the connection with 1002",
        "(§5.1)",
        "≠ you said: Close 1007",
        "× wslab: Close 1002",
        "ws is not asked",
    ):
        assert words in plain
    assert "judge() asks the peers" in text(state())
    assert "All of it is legal" in text(BreakState.of_exchange(EXCHANGES["text"], 7))


def test_a_head_is_text_and_its_line_ends_are_not() -> None:
    plain = text(BreakState.of_exchange(EXCHANGES["text"], 7).type_byte(0, 0, "00"))
    assert "       \\x00ET /lab HTTP/1.1\n" in plain
    assert "\x00" not in plain
