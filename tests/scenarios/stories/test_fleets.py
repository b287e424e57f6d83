"""Coming back: who is back when, what is lost and what comes twice, and which answer comes first."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, ends
from wslab.lab import Tape
from wslab.scenarios import play

AS_IT_IS: Stories = {
    "herd": ((OPEN, None), (OPEN, None)),
    "reconnect": ((CLOSED, 1006), (CLOSED, 1006)),
    "sent-twice": ((CLOSED, 1006), (CLOSED, 1006)),
    "out-of-order": ((CLOSED, 1000), (CLOSED, 1000)),
}


@pytest.mark.parametrize("name", AS_IT_IS)
@pytest.mark.parametrize("fixed", [False, True])
def test_the_first_connection_ends_alike_for_what_goes_wrong_goes_wrong_above_it(name: str, *, fixed: bool) -> None:
    assert ends(play(name, fixed=fixed)) == AS_IT_IS[name]


def last_words(tape: Tape) -> str:
    return tape[-1].sentence


# --- the herd -------------------------------------------------------------------------------


def herd(**parameters: Any) -> dict[str, float]:
    """The figures of a herd's last sentence."""
    found = re.fullmatch(
        r"After (?P<seconds>[\d.]+) s (?:(?P<back>\d+) of \d+|all) are back: (?P<tries>\d+) attempts at most "
        r"(?P<peak>\d+) in one second. The server loaded (?P<loaded>\d+) sessions (?P<wasted>\d+) of them .*",
        last_words(play("herd", **parameters)).replace(",", ""),
    )
    assert found is not None
    return {name: float(value) for name, value in found.groupdict().items() if value is not None}


def test_a_herd_without_backoff_keeps_the_server_busy_for_clients_that_have_left() -> None:
    found = herd(backoff="none")
    assert found["back"] < 50
    assert found["peak"] == 100
    assert found["wasted"] > 3 * found["back"]


def test_it_never_gets_better_however_long_one_watches() -> None:
    assert herd(clients=20, backoff="none", watched=60.0)["back"] < 10


@pytest.mark.parametrize(
    ("given", "loaded"), [({"clients": 500, "watched": 1.0}, 89), ({"watched": 2.102}, 40)], ids=str
)
def test_a_welcome_on_its_way_is_no_session_of_a_client_that_had_left(given: dict[str, Any], loaded: int) -> None:
    found = next(each.sentence for each in play("herd", **given) if "sessions" in each.sentence)
    assert f"loaded {loaded} sessions, 0 of them for clients that had left" in found


def test_a_herd_with_backoff_comes_in_waves_and_is_back_at_last() -> None:
    found = herd(backoff="exponential", watched=60.0)
    assert "back" not in found
    assert found["peak"] == 100
    assert found["seconds"] > 30


def test_a_herd_with_full_jitter_is_back_at_once_and_nobody_comes_twice() -> None:
    found = herd(backoff="full-jitter")
    assert "back" not in found
    assert found["tries"] == found["loaded"] == 100
    assert found["peak"] < 40
    assert found["seconds"] < 8


def test_each_attempt_of_a_herd_is_a_real_handshake() -> None:
    tape = play("herd", clients=10, backoff="full-jitter")
    assert len(tape.connection_numbers) == 10
    assert len([entry for entry in tape if entry.kind == "http"]) == 20


def test_a_herd_has_from_10_to_10_000_clients() -> None:
    for clients in (9, 10_001):
        with pytest.raises(ValueError, match="clients is 10 to 10,000"):
            play("herd", clients=clients)


# --- reconnecting ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resume", "says"),
    [
        ("nothing", "The client has seen news 1, 2, 3, 7, 8; 4, 5, 6 never came."),
        ("last-five", "The client has seen news 1, 2, 3, 2, 3, 4, 5, 6, 7, 8; 2, 3 came twice."),
        ("by-number", "The client has seen news 1, 2, 3, 4, 5, 6, 7, 8: each once, and in order."),
    ],
)
def test_what_is_lost_and_what_comes_twice(resume: str, says: str) -> None:
    assert last_words(play("reconnect", resume=resume)) == says


def test_the_last_five_are_too_many_after_a_short_break_and_right_only_by_luck() -> None:
    assert "2, 3 came twice" in last_words(play("reconnect", resume="last-five"))
    assert "each once, and in order" in last_words(play("reconnect", resume="last-five", away=0.9)), "it missed five"


def test_what_was_on_its_way_at_the_cut_is_lost_though_the_server_sent_it() -> None:
    (lost,) = [entry for entry in play("reconnect") if entry.fate == "lost"]
    assert (lost.sender, lost.plain) == ("server", b"news 4")


# --- twice, and in another order ------------------------------------------------------------


@pytest.mark.parametrize(("fixed", "booked"), [(False, 20), (True, 10)])
def test_an_order_sent_twice_is_done_once_only_where_it_has_an_id(booked: int, *, fixed: bool) -> None:
    tape = play("sent-twice", fixed=fixed)
    assert last_words(tape) == f"The client wanted to pay 10, and the server has booked {booked}."
    assert [entry.fate for entry in tape.frames(1, "client")] == ["arrived", "arrived"]
    assert [entry.fate for entry in tape.frames(1, "server")] == ["lost", "arrived"]


@pytest.mark.parametrize(
    ("fixed", "answers"),
    [(False, ["the time", "the search", "the report"]), (True, ["the report", "the search", "the time"])],
)
def test_tasks_answer_as_they_become_ready(answers: list[str], *, fixed: bool) -> None:
    tape = play("out-of-order", fixed=fixed)
    assert [(entry.plain or b"").decode() for entry in tape.frames(1, "server")] == answers
    assert ("The client takes “the time” for the answer to “report”." in str(tape)) is not fixed


def test_one_by_one_takes_the_sum_of_all() -> None:
    quick, slow = (play("out-of-order", fixed=fixed).frames(1, "server")[-1].time for fixed in (False, True))
    assert quick == pytest.approx(0.302, abs=0.01)
    assert slow == pytest.approx(0.602, abs=0.01)
