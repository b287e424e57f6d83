"""What learners plausibly write in the exercises on proxies and networks, and that the check names the mistake."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from wslab import (
    CheckResult,
    check_cause,
    check_forward,
    check_longest_interval,
    check_ping_interval,
    endings_behind,
    play,
)
from wslab.course.networks.beats import CASES
from wslab.course.networks.causes import CAUSES
from wslab.course.networks.intervals import LATE

Lines = list[tuple[str, str]]
Log = list[tuple[float, float, float]]


def said(result: CheckResult) -> str:
    """The verdict, and the hint."""
    return f"{result.sentence} {result.hint}"


def raising(_: object) -> float:
    raise KeyError("timers")


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda _: 25, "You give 25 s whatever the path is"),
        (lambda _: 1, "3,600 Pings an hour, where 120 do. You give 1 s whatever the path is"),
        (max, "You take the longest timer."),
        (lambda timers: max(timers) / 2, "You take the longest timer."),
        (lambda timers: timers[0] / 2, "You take the first timer."),
        (lambda timers: timers[-1] / 2, "You take the last timer."),
        (lambda timers: sum(timers) / 2, "You take the sum of the timers."),
        (lambda timers: sum(timers) / len(timers) / 2, "You take the mean of the timers."),
        (min, "due at the same moment, and chance decides"),
        (lambda timers: min(timers) * 0.9, "with one late Ping the connection ended after 60 s. On a good day"),
        (lambda timers: min(timers) + 0.5, "The Ping comes after the timer has run out."),
        (lambda timers: min(timers) + 5, "The Ping comes after the timer has run out."),
        (lambda timers: min(timers) * 500, "Is this in milliseconds?"),
        (lambda timers: min(timers) / 60, "each Ping wakes a phone's radio"),
        (lambda _: 0, "Give a number above 0"),
        (lambda timers: -min(timers), "Give a number above 0"),
        (lambda _: math.inf, "Give a number above 0"),
        (lambda timers: str(min(timers) / 2), "gives a str, and the check wants a number of seconds"),
        (lambda timers: timers[1], "your code raises IndexError"),
        (raising, "your code raises KeyError"),
        (30, "this is an int, and the check calls your function"),
    ],
)
def test_an_interval(mine: Any, says: str) -> None:
    result = check_ping_interval(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


@pytest.mark.parametrize("share", [0.2, 0.25, 1 / 3, 0.5])
def test_an_interval_of_half_the_shortest_timer_or_somewhat_less_is_right(share: float) -> None:
    assert check_ping_interval(lambda timers: min(timers) * share)


@pytest.mark.parametrize(("share", "is_right"), [(0.99, True), (1.01, False)])
def test_the_late_ping_is_late_by_the_share_that_is_said(share: float, is_right: bool) -> None:
    latest = 1 / (1 + LATE)  # of the shortest timer: then the late Ping comes when it runs out
    assert check_ping_interval(lambda timers: min(timers) * latest * share).ok is is_right


def given(headers: Lines) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def without(headers: Lines, *names: str) -> Lines:
    return [line for line in headers if line[0].lower() not in names]


ANEW = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
FOR_ONE_HOP = ("connection", "upgrade", "keep-alive")


def named_by_connection(headers: Lines) -> list[str]:
    values = ",".join(value for name, value in headers if name.lower() == "connection")
    return [each.strip().lower() for each in values.split(",")]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda headers: headers, "of an ordinary request Keep-Alive goes on to the server"),
        (lambda headers: without(headers, *FOR_ONE_HOP), "Upgrade is for one hop, so it ends at the proxy"),
        (lambda headers: without(headers, "connection"), "Upgrade needs the option Upgrade in Connection beside it"),
        (lambda headers: without(headers, "upgrade"), "a browser's handshake no longer is one"),
        (lambda headers: [*headers, *ANEW], "Upgrade goes on twice. Leave out the client's own line"),
        (lambda headers: [*without(headers, *FOR_ONE_HOP), *ANEW], "an ordinary request asks the server for websocket"),
        (lambda headers: ANEW, "the line Host does not go on. Only what is for one hop stays here"),
        (lambda headers: [*without(headers, "sec-websocket-key"), *ANEW], "the line Sec-WebSocket-Key does not go on"),
        (dict, "gives a dict, and the check wants a list of pairs"),
        (lambda headers: [f"{name}: {value}" for name, value in headers], "both of them text"),
        (lambda headers: headers[99], "your code raises IndexError"),
    ],
)
def test_what_goes_on(mine: Callable[[Lines], object], says: str) -> None:
    result = check_forward(mine)
    assert result.ok is False
    assert says in said(result)


def if_exactly_upgrade(headers: Lines) -> Lines:
    """Takes Connection for one word, which Firefox's is not."""
    asks = given(headers).get("connection") == "Upgrade"
    return [*without(headers, *FOR_ONE_HOP, *named_by_connection(headers)), *(ANEW if asks else [])]


def if_written_so(headers: Lines) -> Lines:
    """Compares names and values as they are written."""
    asks = ("Upgrade", "websocket") in headers
    return [*without(headers, *FOR_ONE_HOP, *named_by_connection(headers)), *(ANEW if asks else [])]


def whatever_is_asked_for(headers: Lines) -> Lines:
    """Passes on an Upgrade to anything."""
    asked = given(headers).get("upgrade")
    anew = [("Upgrade", asked), ("Connection", "Upgrade")] if asked else []
    return [*without(headers, *FOR_ONE_HOP, *named_by_connection(headers)), *anew]


def only_the_known_ones(headers: Lines) -> Lines:
    """Does not read what Connection names."""
    asks = given(headers).get("upgrade", "").lower() == "websocket"
    return [*without(headers, *FOR_ONE_HOP), *(ANEW if asks else [])]


def only_the_last_line(headers: Lines) -> Lines:
    """Takes a header for one line, though a list may stand in several (RFC 9110 §5.3)."""
    named = [each.strip().lower() for each in given(headers).get("connection", "").split(",")]
    asks = given(headers).get("upgrade", "").lower() == "websocket"
    return [*without(headers, *FOR_ONE_HOP, *named), *(ANEW if asks else [])]


def with_its_connection(headers: Lines) -> Lines:
    """Leaves out what Connection names, and keeps Connection."""
    asks = given(headers).get("upgrade", "").lower() == "websocket"
    hop = {*FOR_ONE_HOP, *named_by_connection(headers)} - {"connection"}
    return [*without(headers, *hop, *(["connection"] if asks else [])), *(ANEW if asks else [])]


def right(headers: Lines) -> Lines:
    """What goes on."""
    asks = given(headers).get("upgrade", "").lower() == "websocket"
    return [*without(headers, *FOR_ONE_HOP, *named_by_connection(headers)), *(ANEW if asks else [])]


def written(headers: Lines, name: str, value: str) -> Lines:
    return [(each, value if each == name else old) for each, old in headers]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (if_exactly_upgrade, "Firefox's handshake no longer is one"),
        (if_written_so, "a library's handshake no longer is one"),
        (whatever_is_asked_for, "asks the server for h2c. The server may say 101 and switch to a protocol"),
        (only_the_known_ones, "X-Trace goes on to the server. Connection names X-Trace, and so it is for one hop"),
        (only_the_last_line, "read the options in each line of Connection"),
        (lambda headers: [*right(headers), ("Host", "backend")], "found Host 2 times"),
        (lambda headers: [*right(headers), ("Host", "backend")], "write only Upgrade and Connection anew"),
        (lambda headers: written(right(headers), "Upgrade", "WebSockets"), "found `WebSockets`"),
        (
            lambda headers: written(right(headers), "Upgrade", "WebSockets"),
            "its own next hop: write Upgrade: websocket",
        ),
        (lambda headers: [(name, value.lower()) for name, value in right(headers)], "Key goes on with another value"),
        (with_its_connection, "the option X-Trace of Connection goes on"),
        (lambda headers: [*with_its_connection(headers), ANEW[1]], "Connection goes on twice"),
    ],
)
def test_what_goes_on_almost(mine: Callable[[Lines], Lines], says: str) -> None:
    result = check_forward(mine)
    assert result.ok is False
    assert says in said(result)


def spread(log: Log, column: int) -> float:
    figures = [each[column] for each in log]
    return max(figures) - min(figures)


def by(log: Log, *, idle: int = 2, age: int = 1, deploy: int = 0, slack: float = 1.0, other: str = CAUSES[3]) -> str:
    """The right way to read a log, with one thing changed."""
    columns = (("idle timer", idle), ("age limit", age), ("deploy", deploy))
    return next((name for name, column in columns if column >= 0 and spread(log, column) < slack), other)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda _: "idle timer", "You say 'idle timer' of every log"),
        (lambda _: "deploy", "You say 'deploy' of every log"),
        (lambda log: by(log, slack=1e-9), "The figures differ in their last digits"),
        *((lambda log, at=at: by(log, slack=at / 200), "compare with a second of slack") for at in range(1, 14)),
        (lambda log: by(log, idle=1, age=2), "You take age for quiet"),
        (lambda log: by(log, idle=-1), "it is 'idle timer'. The users spoke last at different moments"),
        (lambda log: by(log, age=-1), "it is 'age limit'. Some of them spoke until the end"),
        (lambda log: by(log, deploy=-1), "it is 'deploy'. They began at different moments and ended in the same one"),
        (lambda log: by(log, other="age limit"), "a log in which no figure is the same it says 'age limit'"),
        (lambda log: "idle timer" if abs(log[0][2] - 60) < 1 else by(log, idle=-1), "You know one idle timer by its"),
        (lambda log: "age limit" if abs(log[0][1] - 3600) < 1 else by(log, age=-1), "You know one age limit by its"),
        (lambda log: by(log).upper(), "The four answers are 'idle timer', 'age limit', 'deploy', 'something else'"),
        (lambda log: by(log) == "deploy", "gives a bool, and the check wants one of"),
        (lambda log: log[0].code, "your code raises AttributeError"),
    ],
)
def test_a_cause(mine: Callable[[Log], Any], says: str) -> None:
    result = check_cause(mine)
    assert result.ok is False
    assert says in said(result)


def test_a_log_is_read_with_any_slack_that_a_way_may_take() -> None:
    assert check_cause(lambda log: by(log, slack=0.5))
    assert check_cause(lambda log: by(log, slack=2.0))


def never_ends(_: object) -> None:
    while True:
        pass


def debugs(_: object) -> None:
    breakpoint()


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda t: t[0] - t[1], "for (60, 20, 60) it gives 40, and it should be 30. You forget the timer"),
        (lambda t: t[2] / 2, "for (45, 20, 300) it gives 150, and it should be 25. You forget the time within which"),
        (lambda t: min(t[0], t[2] / 2), "You forget the wait"),
        (lambda t: min(t[0] - t[1], t[2]), "no Ping may be late: take half of the timer"),
        (lambda t: t[1], "You give the wait for the Pong."),
        (lambda t: max(t[0] - t[1], t[2] / 2), "You take the larger of the two."),
        (lambda t: min(t[0], t[2]) - t[1], "You take the wait from both."),
        (lambda t: min(t[0], t[2]) / 2, "You take half of both."),
        (lambda _: 25, "for (60, 20, 60) it gives 25, and it should be 30. Both wishes hold, and with a longer"),
        (lambda t: t[0] - t[1] + 1, "is known after 26 + 20 s, and 45 s are wanted."),
        (lambda t: min(t[0] - t[1], t[2] - 25), "A Ping that is late by nearly 35 s comes after the timer of 60 s"),
        (lambda t: math.nan, "it gives nan, and it should be 25"),
        (lambda t: str(t[0]), "gives a str, and the check wants a number of seconds"),
        (lambda t: t[3], "your code raises IndexError"),
        (25, "this is an int, and the check calls your function"),
    ],
)
def test_the_longest_interval(mine: Any, says: str) -> None:
    result = check_longest_interval(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.bigger_hint
    assert result.solution


@pytest.mark.parametrize("times", [each for each in CASES if each.timeout == 20], ids=str)
def test_with_the_longest_interval_a_dead_peer_is_known_within_the_time(times: Any) -> None:
    """The server of this scenario waits 20 s for a Pong, and its peer dies right after the handshake."""
    tape = play("half-open", ping_interval=times.longest)
    knows = next(entry.time for entry in tape if entry.sender == "server" and entry.kind == "close")
    assert times.longest + times.timeout == pytest.approx(knows, abs=0.5)
    assert knows < times.within + 0.5


async def is_a_coroutine(_: object) -> float:
    return 25.0


@pytest.mark.parametrize("check", [check_ping_interval, check_longest_interval, check_forward, check_cause])
@pytest.mark.parametrize(
    ("mine", "says", "hint"),
    [
        (never_ends, "it runs for more than 1 s, and was stopped", "the condition of each `while`"),
        (debugs, "it starts a debugger", "print what you want to see"),
        (is_a_coroutine, "gives a coroutine, which has not run", "Write `def`"),
    ],
)
def test_what_never_gives_a_value_is_ended_and_told(
    check: Callable[[object], CheckResult], mine: object, says: str, hint: str
) -> None:
    result = check(mine)
    assert result.ok is False
    assert says in result.sentence
    assert hint in result.hint
    assert result.bigger_hint
    assert result.solution


@pytest.mark.parametrize("check", [check_ping_interval, check_forward, check_cause])
@pytest.mark.parametrize("mine", [lambda given: given[99], lambda given: given + None])
def test_an_error_is_not_told_in_words_of_frames(check: Callable[[object], CheckResult], mine: object) -> None:
    result = check(mine)
    assert "your code raises" in result.sentence
    assert "byte" not in result.bigger_hint


@pytest.mark.parametrize("check", [check_ping_interval, check_forward, check_cause])
def test_a_stub_is_not_yet_and_a_learner_cannot_spoil_the_cases(check: Callable[[object], CheckResult]) -> None:
    assert check(lambda _: None).ok is None
    assert "without `return`" in check(print).sentence
    assert "gives nothing yet" in check(lambda _: ...).sentence
    assert check(None).ok is None
    check(lambda case: case.clear())
    assert check(lambda case: case and None).ok is None


def test_a_log_that_nothing_ends_is_an_error_that_says_so() -> None:
    with pytest.raises(TimeoutError, match="Nothing ends the connection"):
        endings_behind("idle:45,how=silent")


def test_a_log_says_what_ended_it() -> None:
    assert {round(quiet) for _, _, quiet in endings_behind("idle:45")} == {45}
    assert {round(age) for _, age, _ in endings_behind("max-age:900")} == {900}
    assert {round(at) for at, _, _ in endings_behind()} == {1000}
    assert endings_behind("idle:45") == endings_behind("idle:45")
