"""A timeline on a scenario: what can be changed at a step, what the picture shows then, and the way back."""

from __future__ import annotations

import re

import pytest

from tests.widgets.helpers import look, press, shown
from wslab import Timeline, cut, delay, drop, flip, load, play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.interventions import can_change
from wslab.widgets.timeline.forks import change_of, ending


def changes(view: Timeline) -> dict[int, list[str]]:
    """What the drawer of each step offers."""
    found: dict[int, list[str]] = {}
    for each in look(view.regions["drawer"]).having("data-do"):
        if each["data-do"] == "change":
            step, _, change = (each["data-arg"] or "").partition(":")
            found.setdefault(int(step), []).append(change)
    return found


def told(view: Timeline) -> str:
    return look(view.regions["fork"]).text


@pytest.mark.parametrize("name", ["clean-close", "half-open", "deflate-bomb", "ping-between-fragments"])
def test_each_arrow_with_bytes_can_be_dropped_cut_delayed_and_flipped(name: str) -> None:
    tape = play(name)
    found = changes(Timeline(tape))
    assert sorted(found) == [entry.number for entry in tape if can_change(entry)]
    for offered in found.values():
        assert {"drop", "cut", "delay:3"} <= set(offered)
        assert any(each.startswith("flip:") for each in offered)


@pytest.mark.parametrize("name", ["clean-close", "handshake-refused", "close-in-flight"])
def test_every_change_that_is_offered_can_be_played(name: str) -> None:
    tape = play(name)
    for step, offered in changes(Timeline(tape)).items():
        for each in offered:
            play(name, do=dict([change_of(f"{step}:{each}")]))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_changed_run_is_drawn_and_taken_back(name: str) -> None:
    if SCENARIOS[name].clock != "virtual":
        return
    view = Timeline(play(name))
    offered = changes(view)
    if not offered or len(view.story.played) > 300:  # type: ignore[union-attr]
        return
    before, step = dict(view.regions), max(offered)
    view.step = step
    press(view, "change", f"{step}:drop")
    assert f"do={{{step}: drop}}" in told(view)
    assert not view.regions["error"]
    press(view, "unchange")
    view.step = view.last
    view.redraw()
    assert view.regions["picture"] == before["picture"]


def test_dropping_shows_the_forked_run_at_the_same_step_with_its_code_and_what_is_other() -> None:
    view = Timeline(play("clean-close"), step=6)
    press(view, "change", "6:drop")
    assert view.step == 6
    assert told(view) == (
        "Step 6 is dropped. Before: CLOSED 1000 = CLOSED 1000; now: CLOSED 1006 ≠ CLOSED 1000."
        'play("clean-close", do={6: drop})≠ First difference: step 6Undo'
    )
    (copy,) = look(view.regions["fork"]).having("data-copy")
    assert copy["data-copy"] == 'play("clean-close", do={6: drop})'
    assert len(look(view.regions["picture"]).of_class("wsl-tdiff")) == 1
    assert "is-lost" in view.regions["picture"]
    assert view.story is not None
    assert view.story.played.digest() == play("clean-close", do={6: drop}).digest()
    assert view.text().splitlines()[1].startswith("Step 6 is dropped.")


def test_the_first_difference_is_marked_at_its_own_height() -> None:
    view = Timeline(play("clean-close"), step=3)
    press(view, "change", "3:flip:1")
    assert "First difference: step 4" in told(view)
    picture = view.regions["picture"]
    mark = re.search(r'data-at="4" class="wsl-tdiff is-next" data-mark style="top:(\d+)px"', picture)
    time = re.search(r'data-at="4" class="wsl-ttime[^>]*top:(\d+)px', picture)
    assert mark is not None
    assert time is not None
    assert mark[1] == time[1]


def test_of_several_connections_the_difference_is_that_of_the_one_that_is_shown() -> None:
    view = Timeline(play("zombie-user"), connection=1)
    step = next(entry.number for entry in view.state.entries if entry.kind == "text")
    press(view, "change", f"{step}:drop")
    assert f"First difference: step {step}" in told(view)
    number = view.story.difference(2) if view.story else None
    assert number in [entry.number for entry in play("zombie-user").entries(2)]
    view.connection = 2
    assert f"First difference: step {number}" in told(view)


def test_a_change_that_only_another_connection_feels_says_so() -> None:
    view = Timeline(play("reconnect"))
    first, second = (play("reconnect").entries(number) for number in (1, 2))
    assert view.connection == 1
    last = next(entry.number for entry in reversed(second) if can_change(entry))
    assert last > first[-1].number
    press(view, "change", f"{last}:flip:7")
    assert "Nothing becomes different on this connection." in told(view)


def test_changes_add_up_and_undo_takes_the_last_one_back() -> None:
    view = Timeline(play("clean-close"), step=3)
    press(view, "change", "3:delay:3")
    press(view, "change", "5:drop")
    assert 'play("clean-close", do={3: delay(3), 5: drop})' in told(view)
    press(view, "unchange")
    assert 'play("clean-close", do={3: delay(3)})' in told(view)
    press(view, "unchange")
    assert not view.regions["fork"]


def test_a_change_before_another_one_takes_that_back_for_its_step_may_be_another_now() -> None:
    view = Timeline(play("clean-close"), step=5)
    press(view, "change", "5:drop")
    press(view, "change", "3:cut")
    assert 'play("clean-close", do={3: cut})' in told(view)


def test_a_tape_that_was_changed_by_code_says_so_too() -> None:
    view = Timeline(play("clean-close", do={6: drop}))
    assert "Step 6 is dropped." in told(view)
    press(view, "unchange")
    assert not view.regions["fork"]


def test_a_change_that_cannot_be_is_told_in_a_sentence() -> None:
    view = Timeline(play("clean-close"))
    press(view, "change", "0:drop")
    assert "Step 0 is no bytes of an endpoint" in shown(view)
    press(view, "change", "3:bend")
    assert "There is no change '3:bend'" in shown(view)
    press(Timeline(list(play("cut"))), "change", "3:drop")


def test_what_no_scenario_is_of_cannot_be_changed(tmp_path: object) -> None:
    tape = play("clean-close")
    for source in (list(tape), tape.slice(0, 5), load(tape.save(f"{tmp_path}/a.jsonl"))):
        assert changes(Timeline(source)) == {}


def test_a_run_in_real_time_cannot_be_changed() -> None:
    assert changes(Timeline(play("cut", clock="real"))) == {}


def test_a_call_reads_as_its_code() -> None:
    call = play("half-open", seed=2, ping_interval=20.0, do={6: delay(3), 3: flip(8)}).call
    assert str(call) == 'play("half-open", ping_interval=20, seed=2, do={3: flip(8), 6: delay(3)})'
    assert eval(str(call), {"play": play, "flip": flip, "delay": delay}).digest() == call.play().digest()
    assert repr(cut) == "cut"


def test_an_ending_names_the_client_first() -> None:
    assert ending(play("half-open"), 1) == "CLOSED 1006 ≠ OPEN"
    assert ending(play("half-open"), 9) == "without a connection"


def test_a_scenarios_secrets_are_shown_for_they_are_invented() -> None:
    tape = play("token-in-url")
    words = "".join(Timeline(tape).regions.values())
    assert "token=" in words
    assert "****" not in words
    assert "****" in "".join(Timeline(tape, secrets=False).regions.values())


def test_the_same_as_a_list_or_from_a_file_has_asterisks(tmp_path: object) -> None:
    tape = play("token-in-url")
    for source in (list(tape), tape.copy(), load(tape.save(f"{tmp_path}/a.jsonl", secrets=True))):
        view = Timeline(source)
        assert not view.secrets
        assert "****" in "".join(view.regions.values())
