"""Two runs side by side: one cursor, one axis of time, the first difference in both, and the way back."""

from __future__ import annotations

import re
from functools import cache
from itertools import takewhile

import pytest

from tests.widgets.helpers import look, press
from wslab import ScenarioPlayer, cut, drop, play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.player.pair import WIRES, meanwhile, within
from wslab.widgets.player.state import FIX
from wslab.widgets.timeline.layout import Layout, layouts
from wslab.widgets.timeline.state import TimelineState

FIXED = [name for name, each in SCENARIOS.items() if each.fix and each.clock == "virtual"]
CROWDED = {"age-limit", "idle-proxy"}  # more is drawn there than has room for its tags


def fixed(name: str) -> ScenarioPlayer:
    view = ScenarioPlayer(name, asks=False)
    press(view, "run", "fixed")
    return view


@cache
def beside(name: str) -> tuple[TimelineState, TimelineState]:
    """A scenario as it is, and fixed."""
    return both(fixed(name))


def both(view: ScenarioPlayer) -> tuple[TimelineState, TimelineState]:
    state = view.player
    assert state.beside is not None
    return state.beside, state.timeline


def drawn(name: str) -> list[Layout]:
    base, now = beside(name)
    steps = now.window(now.step, ScenarioPlayer.reach)
    return layouts([(base, within(base, steps)), (now, now.within(steps))], WIRES)


@pytest.mark.parametrize("name", FIXED)
def test_every_step_of_the_run_beside_has_its_place_on_the_one_cursor(name: str) -> None:
    base, now = beside(name)
    spans = [base.when(base.entries[index].number) for index in base.shown]
    assert spans == sorted(spans)
    assert all(now.first <= first <= now.last for first, _ in spans)
    assert [first for first, _ in spans[1:]] == [last + 1 for _, last in spans[:-1]]
    assert not spans or spans[-1][1] == now.last


@pytest.mark.parametrize("name", FIXED)
def test_what_both_runs_have_in_common_has_the_same_steps(name: str) -> None:
    base, now = beside(name)
    assert now.story is not None
    parting = now.story.parting(now.connection)
    assert parting is not None
    count = 0 if base.connection != now.connection else parting.step
    pairs = list(zip(base.entries[:count], now.entries[:count], strict=True))
    shown = [{state.entries[index].number for index in state.shown} for state in (base, now)]
    pairs = list(takewhile(lambda pair: pair[0].time == pair[1].time, pairs))  # a difference of times alone is none
    common = [(here, there) for here, there in pairs if here.number in shown[0] and there.number in shown[1]]
    assert all(base.when(here.number)[0] == there.number for here, there in common)


@pytest.mark.parametrize("name", FIXED)
def test_a_moment_has_one_height_in_both_and_no_tag_touches_another(name: str) -> None:
    found = drawn(name)
    assert found[0].height == found[1].height
    assert found[0].gaps == found[1].gaps
    places = [dict(each.moments) for each in found]
    assert all(places[0][time] == places[1][time] for time in places[0].keys() & places[1].keys())
    if name not in CROWDED:
        assert all(tag.free for each in found for arrow in each.arrows for tag in arrow.tags[1:])


def test_an_event_of_the_run_beside_is_the_last_while_the_other_goes_on() -> None:
    base, now = both(fixed("half-open"))
    assert [base.when(number) for number in (0, 7, 8)] == [(0, 0), (7, 7), (8, now.last)]


def test_of_events_at_one_moment_the_order_counts() -> None:
    view = ScenarioPlayer(play("clean-close", do={3: drop}))
    base, now = both(view)
    assert base.when(3)[0] == 3
    assert now.last not in [base.when(number)[0] for number in range(4)]


def test_both_pictures_stand_in_one_box_and_only_the_changed_run_has_the_steps() -> None:
    view = ScenarioPlayer(play("clean-close", do={6: drop}))
    tags = look(view.regions["picture"])
    assert [each["aria-label"] for each in tags.of_class("wsl-timeline")] == ["As it is", "Step 6 dropped"]
    assert [each["data-stop"] for each in tags.having("data-stop")] == [str(n) for n in range(10)]
    assert len(tags.of_class("wsl-ttag")) == 10 + 9
    keys = [each["data-key"] for each in tags.having("data-key")]
    assert len(keys) == len(set(keys))


def test_the_first_difference_is_marked_in_both_at_one_height() -> None:
    tags = look(ScenarioPlayer(play("clean-close", do={6: drop})).regions["picture"])
    marks = [each["style"] for each in tags.of_class("wsl-tparting")]
    assert len(marks) == 2
    assert len(set(marks)) == 1
    assert len(tags.of_class("wsl-tdiff")) == 2


def test_the_picture_scrolls_to_the_mark_at_the_step_of_the_first_difference() -> None:
    (mark, other) = look(ScenarioPlayer(play("clean-close", do={6: drop})).regions["picture"]).having("data-mark")
    assert (mark["data-at"], other["data-at"]) == ("6", "6")


@pytest.mark.parametrize("name", ["herd", "dashboard", "clean-close"])
def test_times_count_from_where_the_first_of_both_begins(name: str) -> None:
    """Before, the times of a run that began earlier than the one beside it were less than 0."""
    view = fixed(name) if SCENARIOS[name].fix else ScenarioPlayer(play(name, do={3: drop}))
    base, now = both(view)
    assert base.began == now.began == min(base.entries[0].time, now.entries[0].time)
    assert not re.findall(r'class="wsl-ttime[^>]*>[-−]', view.regions["picture"])


def test_a_step_names_what_happened_in_the_other_run_meanwhile() -> None:
    """The cursor has no steps there: half-open goes on to step 8, and this fork ends at its step 3."""
    view = ScenarioPlayer(play("half-open", do={1: cut}))
    base, now = both(view)
    told = meanwhile(base, now)
    assert told[now.last].startswith("As it is, meanwhile: steps ")
    assert told[now.last] in look(view.regions["caption"]).text
    assert told[now.last] in look(view.regions["parts"]).text
    named = [number for text in told.values() for number in map(int, re.findall(r"\d+", text))]
    assert named == sorted(named)
    assert meanwhile(None, now) == {}


def test_the_verdicts_of_both_stand_side_by_side() -> None:
    view = fixed("half-open")
    view.step = view.last
    verdict = look(view.regions["verdict"])
    assert len(verdict.of_class("wsl-tverdicts")) == 2
    assert [each["aria-label"] for each in verdict.of_class("wsl-pairverdict")] == ["As it is", "Fixed"]
    assert "server OPEN" in verdict.text
    assert "server CLOSED 1006" in verdict.text


def test_one_button_and_one_key_lead_back() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    plain = view.regions["picture"]
    press(view, "change", "6:drop")
    (back,) = look(view.regions["fork"]).having("data-hotkey")
    assert (back["data-do"], back["data-hotkey"]) == ("back", "Backspace")
    press(view, "back")
    view.step = view.last
    assert view.player.beside is None
    assert not view.regions["fork"]
    assert look(view.regions["picture"]).text == look(plain).text
    press(view, "back")
    assert not view.regions["error"]


def test_from_a_change_of_the_fixed_run_the_way_leads_over_the_fixed_run() -> None:
    view = fixed("half-open")
    press(view, "change", "3:drop")
    assert look(view.regions["picture"]).of_class("wsl-timeline")[0]["aria-label"] == "The fixed run"
    press(view, "back")
    assert view.player.is_fixed
    press(view, "back")
    assert (view.player.is_fixed, view.player.beside) == (False, None)


def test_of_several_changes_the_last_can_be_undone() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    press(view, "change", "3:delay:1")
    assert "Undo" not in look(view.regions["fork"]).text
    press(view, "change", "6:drop")
    assert "Step 3 is held for 1 s and step 6 is dropped." in look(view.regions["fork"]).text
    press(view, "unchange")
    assert [*view.player.played.call.do] == [3]


def test_a_step_that_was_held_is_the_first_difference_even_if_all_ends_as_before() -> None:
    view = ScenarioPlayer("cut", asks=False)
    press(view, "change", "3:delay:1")
    assert "First difference: step 3" in look(view.regions["fork"]).text


def test_a_change_that_changes_nothing_says_so() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    press(view, "change", "3:delay:0")
    assert "Nothing becomes different on this connection." in look(view.regions["fork"]).text


def test_a_run_on_another_connection_stands_beside_the_first_of_the_other() -> None:
    base, now = both(fixed("browser-says-no"))
    assert (base.connection, now.connection) == (0, 1)
    assert base.entries


def test_of_a_long_run_beside_a_part_is_drawn_and_the_rest_is_counted() -> None:
    view = ScenarioPlayer(play("in-order", do={1: drop}))
    base, _ = both(view)
    assert len(base.shown) > 200
    view.step = view.last
    text = look(view.regions["picture"]).text
    assert len(look(view.regions["picture"]).of_class("wsl-ttag")) < 120
    assert "… as it is, " in text


def test_the_fixed_run_opens_with_the_lines_that_the_fix_changes() -> None:
    view = fixed("half-open")
    assert view.selected == FIX
    text = look(view.regions["parts"]).text
    assert "− server = await lab.serve(echo, ping_interval=None)" in text
    assert "+ server = await lab.serve(echo, ping_interval=20)" in text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "unmasked-client",
            "it is answered with 1002 by wslab as a server, and so by websockets and ws. Other servers",
        ),
        ("wrong-close-code", "accepted by aiohttp"),
        ("wrong-subprotocol", "TCP is ended without an answer by wslab as a client, and so by websockets"),
    ],
)
def test_what_real_peers_do_is_told_where_they_differ(name: str, told: str) -> None:
    assert told in look(ScenarioPlayer(name).regions["parts"]).text


def test_where_no_peer_differs_nothing_is_told_of_them() -> None:
    for name in ("half-open", "fragmented-ping"):
        assert "Real peers" not in look(ScenarioPlayer(name).regions["parts"]).text


def test_what_a_change_breaks_is_told_of_the_peers_too() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    assert "Real peers" not in look(view.regions["parts"]).text
    press(view, "change", "3:flip:8")
    assert "accepted by aiohttp" in look(view.regions["parts"]).text
