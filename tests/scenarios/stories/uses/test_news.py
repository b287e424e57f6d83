"""News in one direction: the figures of polling, of a WebSocket and of server-sent events, counted on the tape."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, Stories, stories_end
from wslab.lab import Entry, Tape
from wslab.scenarios import play
from wslab.scenarios.stories.uses.news import Figures, figures

NEVER, CLEAN = (CLOSED, None), (CLOSED, 1000)
AS_IT_IS: Stories = {"polling": (CLEAN, CLEAN), "dashboard": (CLEAN, CLEAN)}
FIXED: Stories = {"polling": (CLEAN, CLEAN), "dashboard": (NEVER, NEVER)}

test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def both(**parameters: int) -> tuple[Figures, Figures]:
    """Of the requests, and of the WebSocket."""
    tape = play("polling", **parameters)  # type: ignore[arg-type]
    return figures(tape, polled=True), figures(tape, polled=False)


def heads(tape: Tape, sender: str) -> list[Entry]:
    return [entry for entry in tape if entry.kind == "http" and entry.sender == sender]


@pytest.mark.parametrize(("every", "poll"), [(600, 10), (600, 600), (60, 7), (3600, 3600)])
def test_both_pages_get_every_item_and_only_the_asking_one_gets_it_late(every: int, poll: int) -> None:
    asked, pushed = both(every=every, poll=poll)
    assert len(asked.delays) == len(pushed.delays) == 3600 // every
    assert max(asked.delays) <= poll + 0.3, "the next request brings it"
    assert max(pushed.delays) == pytest.approx(0.051, abs=0.001), "the path's 50 ms"
    assert asked.requests == pytest.approx(3600 / (poll + 0.1), abs=1)
    assert pushed.requests == 1


def test_which_way_needs_fewer_bytes_depends_on_the_rate() -> None:
    often_asked, pushed = both(every=600, poll=10)
    assert often_asked.size > 30 * pushed.size
    seldom_asked, pushed = both(every=3600, poll=3600)
    assert seldom_asked.size < pushed.size / 5, "an idle connection has its Pings"


def test_what_a_request_costs_is_its_http_without_the_lines_of_a_handshake() -> None:
    tape = play("polling", every=3600, poll=3600)
    request, answer = heads(tape, "client")[1], heads(tape, "server")[1]
    lines = [line for line in request.data.split(b"\r\n") if line.startswith((b"Upgrade", b"Connection", b"Sec-WebS"))]
    assert len(lines) == 4
    plain = len(request.data) - sum(len(line) + 2 for line in lines)
    assert both(every=3600, poll=3600)[0].size == plain + len(answer.data)


@pytest.mark.parametrize("values", [1, 60, 120])
def test_a_dashboard_gets_all_values_either_way_and_says_nothing(values: int) -> None:
    tape = play("dashboard", values=values)
    assert len(tape.frames(1, "server")) == values
    assert not tape.frames(1, "client")
    (answer,) = heads(play("dashboard", way="SSE", values=values), "server")
    assert answer.data.count(b"\ndata: ") == values
    assert f"id: {values}\ndata: ".encode() in answer.data
