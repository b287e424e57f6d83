"""`diagnose`: exceptions as libraries raise them now, answers, numbers that reach the scenario, and the bounds."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from websockets.protocol import Protocol, Side
from websockets.protocol import State as ProtocolState

from tests.course.diagnosis.cases import CHROME, ENVOY, HAPROXY, HEROKU, NGINX
from wslab.course.diagnosis import Diagnosis, diagnose
from wslab.course.diagnosis.causes import cause_of
from wslab.course.diagnosis.lines import MOST_FOUND, MOST_LINES, MOST_TEXT, found_in
from wslab.course.diagnosis.questions import MOST_QUESTIONS, QUESTIONS


def first(found: Diagnosis) -> str:
    return found.causes[0].cause.name


# --- what libraries raise -----------------------------------------------------------------------


def of_websockets(data: bytes, side: Side = Side.CLIENT, **options: int) -> BaseException:
    """The exception of `websockets` for bytes that came."""
    protocol = Protocol(side, state=ProtocolState.OPEN, **options)  # type: ignore[arg-type]
    protocol.receive_data(data)
    protocol.receive_eof()
    return protocol.close_exc


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "cut"),
        (b"\xc1\x05hello", "rsv1-unasked"),
        (b"\x83\x00", "framing-lost"),
        (b"\x81\x85\0\0\0\0hello", "unmasked-client"),
        (b"\x81\x7e\x00\x7e" + bytes(126), "message-too-big"),
        (b"\x09\x00", "long-ping"),
        (b"\x88\x02\x03\xee", "wrong-close-code"),
        (b"\x80\x00", "cancelled-close"),
        (b"\x88\x02\x03\xe9", "clean-close-by-server"),
        (b"\x88\x00", "close-without-code"),
    ],
)
def test_what_websockets_raises(data: bytes, cause: str) -> None:
    found = diagnose(of_websockets(data, max_size=100))
    assert cause in [each.cause.name for each in found.causes[:2]], str(found)


def test_an_exception_is_followed_to_its_cause() -> None:
    error = RuntimeError("could not start")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert first(diagnose(error)) == "nothing-listens"


def test_exceptions_in_a_circle_end() -> None:
    one, other = ValueError("1006 closed"), ValueError("no")
    one.__context__, other.__context__ = other, one
    assert diagnose(one).found == ()


# --- numbers and answers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            'haproxy: 192.0.2.1:3 [x] web app/s1 0/0/1/2/60005 101 387 - - sD-- 4/4/3/2/0 0/0 "GET /ws HTTP/1.1"',
            {"idle": 60.005, "quiet": 60.005 * 1.25},
        ),
        ("CloseEvent {code: 4321, reason: 'no'}", {"code": 4000}),
        ("Error: Unexpected server response: 401", {"status": 401}),
        ("asyncio: Executing <Handle> took 72.300 seconds", {"busy": 72.3}),
        ("frame with 70000 bytes exceeds limit of 65536 bytes", {"size": 70000, "limit": 65536}),
    ],
)
def test_the_numbers_of_a_message_reach_the_scenario(text: str, values: dict[str, object]) -> None:
    assert diagnose(text).values == values


def test_the_scenario_is_played_with_them() -> None:
    tape = diagnose("CloseEvent {code: 4321, reason: 'no'}").play()
    assert tape.scenario.name == "close-code"
    assert any("4000" in each.sentence for each in tape)


def test_what_no_scenario_shows_is_said() -> None:
    with pytest.raises(ValueError, match="No scenario shows this"):
        diagnose("Error: connect ECONNREFUSED 127.0.0.1:1").play()
    with pytest.raises(ValueError, match="Nothing was recognised"):
        diagnose("the printer is on fire").play()


def test_at_most_three_questions_are_asked_and_each_once() -> None:
    found, asked = diagnose("1006"), []
    while (question := found.question) is not None:
        asked.append(question.name)
        found = found.answer(**{question.name: "unknown"})
    assert 2 <= len(asked) == len(set(asked)) <= MOST_QUESTIONS
    assert {choice.name for each in QUESTIONS for choice in each.choices} >= {"unknown", "quiet", "age", "all"}


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ({"when": "quiet"}, "idle-proxy"),
        ({"when": "age"}, "age-limit"),
        ({"when": "move"}, "network-change"),
        ({"open": "yes", "when": "unknown", "who": "all"}, "killed"),
    ],
)
def test_an_answer_moves_what_it_speaks_for_to_the_front(answers: dict[str, str], cause: str) -> None:
    assert first(diagnose("no close frame received or sent").answer(**answers)) == cause


@pytest.mark.parametrize(
    ("seen", "symptom", "error"),
    [(None, None, TypeError), (7, None, TypeError), (None, "pain", ValueError)],
)
def test_a_wrong_argument_is_one_sentence(seen: Any, symptom: str | None, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"\.$"):
        diagnose(seen, symptom=symptom)


def test_a_wrong_answer_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="when is one of quiet, age, busy, move, unknown; this is 'now'"):
        diagnose("1006").answer(when="now")


# --- bounds -------------------------------------------------------------------------------------


HOSTILE: dict[str, Callable[[int], str]] = {
    "one long line": lambda size: "a" * size,
    "what begins like many messages": lambda size: ("sent 1002 (protocol error) " * size)[:size],
    "quotes": lambda size: ('"GET /ws' * size)[:size],
    "numbers and slashes": lambda size: ("0/0/1/2/" * size)[:size],
    "events without an end": lambda size: ("CloseEvent code wasClean true " * size)[:size],
    "lines": lambda size: ("failed: unexpected response code \n" * size)[:size],
    "markup": lambda size: ("<script>[red]{{7*7}}%s\n" * size)[:size],
}


def cost(text: str) -> float:
    def once() -> float:
        start = process_time()
        found_in(text)
        return process_time() - start

    return min(once(), once())


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_text_costs_time_in_proportion_to_its_length(kind: str) -> None:
    small, large = (cost(HOSTILE[kind](size)) for size in (1 << 15, 1 << 17))
    assert large <= 16 * max(small, 0.01)


def test_the_end_of_a_text_is_looked_at_and_twenty_messages_are_kept() -> None:
    assert found_in("closed with 1006\n" + "x" * MOST_TEXT) == []
    assert found_in("closed with 1006\n" + "x\n" * MOST_LINES) == []
    assert found_in("x\n" * MOST_LINES + "closed with 1006") != []
    codes = "\n".join(f"CloseEvent {{code: {4000 + number}}}" for number in range(100))
    assert len(found_in(codes)) == MOST_FOUND


def test_markup_of_a_log_is_in_no_sentence() -> None:
    found = diagnose("<b>CloseEvent {code: 4001, reason: '<script>alert(1)</script>\x1b[31m'}")
    assert found.causes
    assert "<script>" not in str(found)
    assert "\x1b" not in str(found)


def test_a_symptom_that_was_chosen_has_the_cause_in_its_own_words() -> None:
    for name, words in (("mojibake", "UTF-8 was read as another encoding."), ("deaf-server", "A blocking call")):
        found = diagnose(symptom=name)
        assert found.causes[0].cause.text.startswith(words)
        assert [each.name for each in found.symptoms] == [name]


def test_1010_is_an_extension_that_the_server_did_not_agree_to() -> None:
    assert [each.cause.name for each in diagnose("closed with 1010").causes] == ["extension-missing", "close-code"]


@pytest.mark.parametrize(
    "line",
    [
        HEROKU.format('H15 desc="Idle connection"', 185_000),
        HAPROXY.format("185000 101 387 - - sD--"),
    ],
)
def test_how_long_a_connection_lasted_is_no_silence(line: str) -> None:
    """Heroku's `service` and HAProxy's last figure count from the beginning, and the timer from the last frame."""
    found = diagnose(line)
    assert first(found) == "idle-proxy"
    assert found.causes[0].speaks_against == ()
    assert "idle" not in found.values


def test_a_whole_life_of_a_timer_s_time_was_a_silence() -> None:
    found = diagnose(HAPROXY.format("60005 101 387 - - sD--"))
    assert "60.005 s is a timer's time" in str(found)


@pytest.mark.parametrize(
    "line",
    [
        "asyncio: Executing <Handle> took 60.004 seconds",
        "SocketTimeoutException: sent ping but didn't receive pong within 30000ms (after 3 successful ping/pongs)",
    ],
)
def test_what_took_a_timer_s_time_is_no_silence(line: str) -> None:
    """A callback computed for that long, or a Pong was waited for."""
    found = diagnose(line)
    assert "timer's time" not in str(found)
    assert "idle-proxy" not in [each.cause.name for each in found.causes]


def test_a_page_is_told_the_codes_that_it_may_send() -> None:
    found = diagnose(CHROME.format("The code must be either 1000, or between 3000 and 4999. 1001 is neither."))
    assert first(found) == "wrong-close-code"
    assert "a page's script may send 1000 and 3000 to 4999 only" in str(found)
    assert "nothing was sent" in found.findings[0]


@pytest.mark.parametrize("flag", ["UT", "LR"])
def test_envoy_s_own_end_of_another_kind_is_neither_silence_nor_the_server_s(flag: str) -> None:
    """UT is the route's timeout, LR a reset of Envoy's own."""
    assert diagnose(ENVOY.format(f"101 {flag}")).causes == []


def test_two_minutes_are_a_timer_s_time() -> None:
    assert "120 s is a timer's time: Cloudflare's" in str(diagnose(HAPROXY.format("120000 101 387 - - sD--")))


@pytest.mark.parametrize("text", ["4001", "code: 4001", "WebSocket closed with 4001", "Disconnected, code=4001"])
def test_a_code_of_an_application_is_recognised_where_it_stands_bare(text: str) -> None:
    found = diagnose(text)
    assert found.figures.code == 4001
    assert first(found) == "close-code"


@pytest.mark.parametrize(
    "line",
    [
        "websocket: invalid control frame",
        "java.lang.IllegalArgumentException: Code 1006 is reserved and may not be used.",
    ],
)
def test_what_a_program_s_own_library_refused_to_send_ended_nothing(line: str) -> None:
    """Gorilla's `WriteControl` and OkHttp's `close` raise it for what the program itself wanted to send."""
    found = diagnose(line)
    assert found.figures.code is None
    assert "not sent" in found.findings[0] or "nothing was sent" in found.findings[0]


def test_at_nginx_the_level_says_whose_tcp_was_reset() -> None:
    """The log's action is the same for both; nginx logs the client's errors as info, the server's as error."""
    line = NGINX.format("recv() failed (104: Connection reset by peer) while proxying upgraded connection")
    assert "The server's TCP" in diagnose(line).findings[0]
    assert "The client's TCP" in diagnose(line.replace("[error]", "[info]")).findings[0]


def test_against_a_bomb_only_limits_that_count_inflated_bytes_are_named() -> None:
    """Gorilla's SetReadLimit and Netty's maxFramePayloadLength count the bytes of the frame, which are compressed."""
    settings = cause_of("deflate-bomb").fix.settings
    assert settings["gorilla/websocket"].startswith("none")
    assert "maxFramePayloadLength" not in settings.values()
