"""Messages: states, codes and beliefs of both sides, as they are and fixed, and what each is about."""

from __future__ import annotations

import re

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Ends, Stories, ends, stories_end
from wslab.lab import Tape
from wslab.protocol import Opcode
from wslab.scenarios import SCENARIOS, play

CLEAN: Ends = ((CLOSED, 1000), (CLOSED, 1000))


def failed_by_server(code: int) -> Ends:
    """The client believes the Close that came; the server, which closed TCP at once, got none."""
    return (CLOSED, code), (CLOSED, 1006)


def failed_by_client(code: int) -> Ends:
    return (CLOSED, 1006), (CLOSED, code)


AS_IT_IS: Stories = {
    "split-character": CLEAN,
    "text-not-utf8": failed_by_server(1007),
    "ping-between-fragments": CLEAN,
    "fragmented-ping": failed_by_server(1002),
    "trickle": ((OPEN, None), (OPEN, None)),
    "message-too-big": failed_by_server(1009),
    "slow-consumer": CLEAN,
    "deflate-bomb": CLEAN,
    "rsv1-unasked": failed_by_client(1002),
    "unmasked-client": failed_by_server(1002),
    "masked-server": failed_by_client(1002),
}
FIXED: dict[str, Ends] = dict.fromkeys((each for each in AS_IT_IS if SCENARIOS[each].fix), CLEAN) | {
    "trickle": ((CLOSED, 1008), (CLOSED, 1006)),
    "deflate-bomb": failed_by_server(1009),
}


def told(tape: Tape, pattern: str) -> re.Match[str]:
    found = re.search(pattern, str(tape))
    assert found is not None, str(tape)
    return found


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


@pytest.mark.parametrize("at", [7, 8])
def test_a_text_may_be_cut_inside_a_character(at: int) -> None:
    tape = play("split-character", at=at)
    (answer,) = tape.frames(opcode=Opcode.TEXT, side="server")
    assert answer.plain == "costs €5".encode()
    assert ends(tape) == CLEAN


def test_text_in_latin_1_fails_at_its_first_umlaut_before_the_message_is_whole() -> None:
    tape = play("text-not-utf8")
    failure = next(entry for entry in tape if "fails the connection" in entry.sentence)
    assert "Found 0xfc" in failure.sentence
    assert failure.time < 1  # the second fragment would come a second later
    assert tape.frames(opcode=Opcode.CONTINUATION) == []


def test_the_pong_comes_before_the_message_around_its_ping_is_whole() -> None:
    opcodes = [entry.opcode for entry in play("ping-between-fragments").frames()[:5]]
    assert opcodes == [Opcode.TEXT, Opcode.PING, Opcode.PONG, Opcode.CONTINUATION, Opcode.TEXT]


def test_a_trickle_holds_a_server_without_a_limit_and_with_one_it_ends_in_time() -> None:
    assert play("trickle").frames() == []
    fixed = play("trickle", fixed=True)
    assert fixed.frames(opcode=Opcode.CLOSE, side="server")[0].time == pytest.approx(30, abs=0.1)
    assert fixed[-1].time < 32


@pytest.mark.parametrize(
    ("whose", "connection", "end"),
    [
        ("server", 1, failed_by_server(1009)),
        ("client", 1, failed_by_client(1009)),
        ("gateway", 1, failed_by_server(1009)),
        ("gateway", 2, CLEAN),
    ],
)
def test_whoever_has_the_small_limit_says_1009(whose: str, connection: int, end: Ends) -> None:
    assert ends(play("message-too-big", whose=whose), connection) == end
    assert ends(play("message-too-big", whose=whose, fixed=True), connection) == CLEAN


def test_a_message_of_just_the_limit_is_taken() -> None:
    assert ends(play("message-too-big", size=1000, limit=1000)) == CLEAN
    assert ends(play("message-too-big", size=1001, limit=1000)) == failed_by_server(1009)


def test_without_waiting_the_messages_lie_in_the_servers_memory_and_with_it_they_do_not() -> None:
    waited = [
        int(told(play("slow-consumer", fixed=fixed), r"up to ([\d,]+) bytes waited")[1].replace(",", ""))
        for fixed in (False, True)
    ]
    assert waited[0] > 14 * 65_536  # of 16 messages all but what TCP took
    assert waited[1] <= 2 * 65_536 + 100


@pytest.mark.parametrize("fixed", [False, True])
def test_a_slow_consumer_gets_every_message_in_the_end(fixed: bool) -> None:
    messages = play("slow-consumer", fixed=fixed).frames(opcode=Opcode.BINARY)
    assert [entry.fate for entry in messages] == ["arrived"] * 16


def test_a_bomb_is_small_on_the_wire_and_with_a_limit_it_is_never_inflated() -> None:
    bomb = play("deflate-bomb").frames(side="client")[0]
    assert len(bomb.data) < 1200
    assert bomb.plain == bytes(1024 * 1024)
    told(play("deflate-bomb"), "The server holds a message of 1,048,576 bytes")
    told(play("deflate-bomb", fixed=True), "inflates to more than 65536 bytes")


def test_the_server_that_sets_rsv1_had_agreed_to_compress() -> None:
    tape = play("rsv1-unasked")
    assert "permessage-deflate" in tape[2].sentence
    told(tape, "Found RSV1 1")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("unmasked-client", "a client must mask every frame that it sends (§5.1); found MASK 0"),
        ("masked-server", "a server must not mask any frame that it sends (§5.1); found MASK 1"),
        ("fragmented-ping", "a control frame must not be fragmented (§5.5); found FIN 0"),
    ],
)
def test_the_frame_that_breaks_a_rule_is_told_with_it(name: str, rule: str) -> None:
    assert rule in str(play(name))
    assert rule not in str(play(name, fixed=True))
