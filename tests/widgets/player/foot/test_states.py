"""Both sides in their states at a step, and what is under way between them."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look
from wslab import ScenarioPlayer, play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.tape.entry import LOST
from wslab.widgets.page import html_of
from wslab.widgets.player.foot.states import MUCH, states, under_way


def at(name: str, step: int, **parameters: object) -> list[tuple[str, ...]]:
    """The boxes that are lit at a step, and the reason, for each side."""
    timeline = ScenarioPlayer(name, asks=False, step=step, **parameters).player.timeline
    index = next(n for n, entry in enumerate(timeline.entries) if entry.number == step)
    html = html_of(states(timeline, [(index, step, step)]))
    rows = html.split('<div class="wsl-srow">')[1:3]
    lit = [row.partition('aria-current="step">')[2].partition("<")[0] for row in rows]
    return [(box, look(row.rpartition('<span class="wsl-note">')[2]).text) for box, row in zip(lit, rows, strict=True)]


def test_each_side_is_lit_where_it_is_and_the_way_it_came_is_shown() -> None:
    assert at("clean-close", 5) == [
        ("→ CLOSING", "entered: sent a Close, waits for the peer's"),
        ("→ CLOSING", "entered: received the peer's Close"),
    ]
    assert at("clean-close", 4) == [("OPEN", "messages may travel")] * 2


def test_what_is_no_longer_true_is_marked_and_says_so() -> None:
    client, server = at("half-open", 8)
    assert client[0] == "→ CLOSED 1006"
    assert server == ("OPEN", "no longer true: nothing has told it")
    assert "is-now-state is-false" in ScenarioPlayer("half-open", asks=False).regions["parts"]


def test_a_side_that_died_is_in_no_state() -> None:
    assert at("killed", 8)[1] == ("", "believes nothing")


@pytest.mark.parametrize("name", SCENARIOS)
def test_under_way_is_what_was_sent_and_not_lost_and_had_not_arrived(name: str) -> None:
    entries = play(name).entries(1)[:60]
    for index, entry in enumerate(entries):
        for side in ("client", "server"):
            late = [
                each
                for each in entries[: index + 1]
                if each.sender == side
                and each.fate != LOST
                and not (each.arrived is not None and each.arrived <= entry.time)
            ]
            assert under_way(entries, index, side) == sum(len(each.data) for each in late)


def test_what_is_under_way_is_shown_where_it_is_much() -> None:
    slow = look(ScenarioPlayer("slow-consumer", asks=False, step=19).regions["parts"]).text
    assert "→ client1,048,865 bytes sent, not arrived" in slow
    assert "sent, not arrived" not in look(ScenarioPlayer("clean-close", asks=False).regions["parts"]).text
    assert under_way(play("slow-consumer").entries(1), 19, "server") > MUCH
