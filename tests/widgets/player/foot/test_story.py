"""The line of the story that did a step, in the foot."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look
from wslab import ScenarioPlayer, play
from wslab.scenarios.catalogue import SCENARIOS


def code(view: ScenarioPlayer) -> str:
    """What the part with the code shows for the present step."""
    html = view.regions["parts"].rpartition('aria-label="The line of code"')[2]
    shown = [part for part in html.split('<div class="wsl-story"')[1:] if " hidden" not in part.partition(">")[0]]
    (one,) = shown
    return look(one.partition("</pre>")[0].partition(">")[2]).text


def test_the_line_that_did_a_step_is_marked_among_those_around_it() -> None:
    told = code(ScenarioPlayer("half-open", asks=False, step=8))
    assert told.startswith("This line of the story did it: endings.py:")
    assert "▸ client.abort()" in told
    assert "await client.ping(timeout=timeout)" in told


def test_what_the_lab_did_by_itself_says_so_and_where_the_story_waits() -> None:
    told = code(ScenarioPlayer("half-open", asks=False, step=4))
    assert told.startswith("The lab's server did this by itself, while the story waits here:")
    assert "▸ await client.recv()" in told


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_step_has_a_line_or_says_that_the_story_is_over(name: str) -> None:
    assert code(ScenarioPlayer(name, asks=False)).startswith(("This line", "The l", "The story is over"))


def test_of_a_run_on_real_sockets_the_lines_are_known_only_where_the_player_played_it() -> None:
    told = play("tls-name-mismatch")
    assert "The line of code" not in ScenarioPlayer(told, asks=False).regions["parts"]
    assert "The line of code" in ScenarioPlayer(play("cut"), asks=False).regions["parts"]


def test_a_step_that_was_changed_has_the_line_of_the_new_run() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    view.do_change("6:drop", "")
    assert code(view)
    assert len(view.player.lines) == len(view.player.played)
