"""The player: it asks, it answers what was said, it explains, and shows the fixed run and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.widgets.helpers import look, press, shown
from wslab import ScenarioPlayer, Timeline, drop, play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.explanation import PARTS
from wslab.widgets.ipython import bundle
from wslab.widgets.player.state import SEEN, said_name

IN_ORDER = [
    "error",
    "header",
    "question",
    "fork",
    "picture",
    "verdict",
    "caption",
    "controls",
    "parts",
    "inspector",
    "ask",
]


def answer(view: ScenarioPlayer) -> str:
    """What stands under the question."""
    return look(view.regions["question"]).text.partition(question(view))[2]


def question(view: ScenarioPlayer) -> str:
    return view.player.played.scenario.question.replace("`", "")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_asks_plays_and_explains(name: str) -> None:
    view = ScenarioPlayer(name)
    assert list(view.regions) == IN_ORDER
    assert view.selected == ""
    assert question(view) in look(view.regions["question"]).text
    parts = look(view.regions["parts"])
    for title, text in view.player.explanation.parts:
        assert title in [each["title"] for each in parts.of_class("wsl-partname")]
        assert look(f"<p>{text}</p>").text.split(" ")[0].strip("`") in parts.text
    assert {each["data-show"] for each in parts.having("data-show")} >= {"part-why", "part-knows", "part-code"}
    assert [each["hidden"] for each in look(view.regions["ask"]).of_class("wsl-ask") if "hidden" in each] == []


def test_a_choice_is_a_button_that_the_focus_alone_does_not_press() -> None:
    chips = look(ScenarioPlayer("half-open").regions["ask"]).having("data-select")
    assert [each["type"] for each in chips] == ["button"] * 5
    assert [each["value"] for each in chips][-1] == "See what happens"


@pytest.mark.parametrize("name", ["half-open", "clean-close"])
def test_of_what_was_said_it_says_whether_it_is_so_and_why_not(name: str) -> None:
    for place, choice in enumerate(ScenarioPlayer(name).player.question.choices):
        view = ScenarioPlayer(name)
        view.selected = f"said-{place}"
        said = answer(view)
        assert choice.words in said
        assert (choice.why == "") == said.endswith("so it is.")
        assert look(f"<p>{choice.why}</p>").text in said
        assert f"Right is “{view.player.question.right}”." in said or not choice.why
        assert not view.regions["ask"]


def test_all_answers_and_their_reasons_are_a_part_of_the_foot() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    foot = look(view.regions["parts"])
    for choice in view.player.question.choices:
        assert choice.words in foot.text
        assert choice.why in foot.text
    assert "part-answers" in [each["data-select"] for each in foot.having("data-select")]


def test_the_score_counts_the_first_answer_and_no_skipped_question() -> None:
    view = ScenarioPlayer("half-open")
    right = next(n for n, each in enumerate(view.player.question.choices) if not each.why)
    view.selected = f"said-{right}"
    assert "1 of 1 right" in look(view.regions["header"]).text
    view.selected = f"said-{(right + 1) % 4}"
    assert view.player.score == {"half-open": True}
    skipped = ScenarioPlayer("half-open", selected=SEEN)
    assert "right" not in look(skipped.regions["header"]).text


def test_what_was_said_stays_while_the_learner_reads_on() -> None:
    view = ScenarioPlayer("half-open")
    view.selected = "said-0"
    view.selected = "part-why"
    press(view, "run", "fixed")
    assert answer(view).startswith(("≠ Not", "✓"))


def test_an_answer_is_in_the_page_before_python_has_heard_of_it() -> None:
    found = look(ScenarioPlayer("half-open").regions["question"])
    assert [each["data-show"] for each in found.having("data-show")] == [f"said-{n}" for n in range(4)]
    assert all("hidden" in each for each in found.having("data-show"))
    (what,) = [
        each for each in look(ScenarioPlayer("cut").regions["parts"]).having("data-show") if "part-what" in str(each)
    ]
    assert what["data-show"] == "part-what seen said-0 said-1 said-2 said-3"


def test_skipping_shows_the_run_without_a_comparison() -> None:
    view = ScenarioPlayer("half-open")
    view.selected = "seen"
    assert answer(view) == ""
    assert not view.regions["ask"]


def test_it_may_begin_without_the_question() -> None:
    view = ScenarioPlayer("half-open", asks=False)
    assert view.selected == "part-what"
    assert not view.regions["ask"]


def test_the_fixed_run_stands_in_place_with_what_is_other_and_the_way_back() -> None:
    view = ScenarioPlayer("half-open", asks=False)
    plain = view.regions["picture"]
    press(view, "run", "fixed")
    assert view.player.is_fixed
    assert view.player.played.digest() == play("half-open", fixed=True).digest()
    told = look(view.regions["fork"]).text
    assert told.startswith("Fixed. The server asks, too")
    assert 'play("half-open", fixed=True)≠ First difference: step 9Back' in told
    assert look(view.regions["parts"]).text != ""
    assert str(view.player.explanation.what) in look(view.regions["parts"]).text
    press(view, "run", "plain")
    assert view.regions["picture"] == plain
    assert not view.regions["fork"]


def test_a_change_in_the_fixed_run_is_compared_with_the_fixed_run_and_undone() -> None:
    view = ScenarioPlayer("half-open", asks=False)
    press(view, "run", "fixed")
    press(view, "change", "3:drop")
    assert 'play("half-open", fixed=True, do={3: drop})' in look(view.regions["fork"]).text
    assert "This explains the run without your change." in look(view.regions["parts"]).text
    press(view, "unchange")
    assert look(view.regions["fork"]).text.startswith("Fixed.")


def test_what_the_fixed_variant_does_is_said_to_be_about_its_own_values_where_a_run_has_others() -> None:
    same = look(ScenarioPlayer(play("half-open-server", fixed=True)).regions["fork"]).text
    other = look(ScenarioPlayer(play("half-open-server", fixed=True, ping_interval=90.0)).regions["fork"]).text
    assert "Fixed. The client asks" in same
    assert "this run has others" not in same
    assert "this run has others" in other


def test_beside_a_fixed_or_changed_run_the_question_is_said_to_be_of_the_one_before() -> None:
    asked = SCENARIOS["cut"].question
    for call, told in [
        (play("cut"), asked),
        (play("cut", fixed=True), f"Before the fix: {asked}"),
        (play("cut", do={3: drop}), f"Before the change: {asked}"),
    ]:
        view = ScenarioPlayer(call, asks=False)
        assert look(view.regions["question"]).text.startswith(told)
        assert view.text().startswith(told)


def test_a_scenario_without_a_fix_has_no_second_run() -> None:
    view = ScenarioPlayer("clean-close")
    assert not look(view.regions["picture"]).of_class("wsl-runs")
    assert SCENARIOS["clean-close"].fixed.split(".")[0] in look(view.regions["parts"]).text


def test_what_play_returned_with_a_change_is_shown_with_it() -> None:
    view = ScenarioPlayer(play("clean-close", do={6: drop}))
    assert "Step 6 is dropped." in look(view.regions["fork"]).text
    assert view.player.question.text == SCENARIOS["clean-close"].question
    assert not view.regions["ask"]
    assert not ScenarioPlayer(play("half-open", fixed=True)).regions["ask"]


def test_parameters_are_keywords_and_are_named() -> None:
    view = ScenarioPlayer("half-open", ping_interval=3.0, asks=False)
    assert view.player.played.call.parameters == {"ping_interval": 3.0}
    assert "ping_interval=3" in look(view.regions["header"]).text


def test_taken_apart_a_step_comes_back_to_where_it_was() -> None:
    view = ScenarioPlayer("clean-close", asks=False, step=3)
    press(view, "inspect", "3")
    assert not view.regions["parts"]
    press(view, "inspect", "3")
    assert view.selected == "part-step"
    assert "Take it apart" in look(view.regions["parts"]).text


@pytest.mark.parametrize("source", [3, Timeline, play("cut").copy()])
def test_what_is_no_scenario_is_refused_in_a_sentence(source: Any) -> None:
    with pytest.raises(TypeError, match="A scenario is its name or what `play` returned"):
        ScenarioPlayer(source)


def test_parameters_for_what_was_played_already_are_refused() -> None:
    with pytest.raises(TypeError, match="A scenario is its name"):
        ScenarioPlayer(play("cut"), how="close")


def test_a_cell_that_returns_a_played_tape_shows_the_player_and_any_other_tape_the_timeline() -> None:
    for tape, name in ((play("cut"), "ScenarioPlayer"), (play("cut").copy(), "Timeline")):
        data, _ = bundle(tape)
        (root,) = look(data["text/html"]).having("data-wslab-kept")
        assert root["data-wslab-kept"] == name


def test_as_text_it_has_question_run_and_explanation() -> None:
    text = ScenarioPlayer("half-open", selected=SEEN).text()
    assert text.startswith(SCENARIOS["half-open"].question)
    assert "The link goes silent" in text
    assert all(title in text for name, title in PARTS.items() if name != "limits")
    assert "still believes OPEN" in shown(ScenarioPlayer("half-open"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_its_text_tells_no_answer_before_something_was_said(name: str) -> None:
    view = ScenarioPlayer(name)
    text = view.text()
    assert text.startswith(view.player.played.scenario.question)
    assert view.player.explanation.what not in text
    view.selected = said_name(0)
    assert f"{view.player.question.choices[0].words} (your answer)" in view.text()
    assert view.player.explanation.what in view.text()
