"""The gallery: every scenario under its topic, found by name, question, code and symptom, played and left again."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab import ScenarioPlayer, play
from wslab.course.diagnosis import SYMPTOMS, Symptom
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.player.gallery import GalleryState


def found(words: str) -> set[str]:
    return {each.name for each in GalleryState(words).found}


def test_without_a_name_it_shows_every_scenario_under_its_topic() -> None:
    view = ScenarioPlayer()
    buttons = [each["data-arg"] for each in look(view.regions["picture"]).having("data-arg")]
    assert sorted(map(str, buttons)) == sorted(SCENARIOS)
    text = look(view.regions["picture"]).text
    assert [text.index(str(topic)) for topic in Topic] == sorted(text.index(str(topic)) for topic in Topic)
    assert [topic for topic, _ in GalleryState().topics] == list(Topic)


@pytest.mark.parametrize(
    ("words", "among"),
    [
        ("half-open", {"half-open", "half-open-server"}),
        ("1009", {"message-too-big"}),
        ("401", {"token-expires"}),
        ("online who left", {"zombie-user", "half-open"}),
        ("RSV1", {"rsv1-unasked"}),
        ("60 s proxy", {"idle-proxy"}),
        ("CLOSES tcp first", {"clean-close", "clean-close-by-server"}),
    ],
)
def test_it_finds_names_codes_symptoms_and_questions(words: str, among: set[str]) -> None:
    assert found(words) >= among
    assert len(found(words)) < 10


def test_1006_finds_the_runs_that_end_with_it_and_the_symptom_of_that_name() -> None:
    assert {"cut", "half-open", "killed", "idle-proxy", "browser-says-no"} <= found("1006")
    assert "clean-close" not in found("1006")


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda each: each.name)
def test_each_symptom_leads_to_its_scenarios_and_is_shown_with_them(symptom: Symptom) -> None:
    view = ScenarioPlayer()
    press(view, "search", "", symptom.text)
    assert {cause.scenario for cause in symptom.causes} <= found(symptom.text)
    assert symptom.text in look(view.regions["picture"]).text


def test_what_nothing_has_is_said_and_all_come_back() -> None:
    view = ScenarioPlayer()
    press(view, "search", "", f"{EVIL} nothing")
    assert "Nothing has all of these words" in shown(view)
    assert "<img" not in "".join(view.regions.values())
    press(view, "search")
    assert len(look(view.regions["picture"]).of_class("wsl-member")) == len(SCENARIOS)


def test_a_line_of_a_log_is_for_another_tool_and_the_help_says_so() -> None:
    assert found("ConnectionClosedError: no close frame received or sent") == set()
    told = look("".join(ScenarioPlayer().regions.values())).text
    assert "a word, a line of a log" not in told
    assert "Of an error message or a line of a log, `wslab.diagnose` says what it may mean." in told


def test_a_search_unfolds_what_it_finds() -> None:
    view = ScenarioPlayer()
    assert not any("open" in each for each in look(view.regions["picture"]).of_class("wsl-topic"))
    press(view, "search", "", "1006")
    assert all("open" in each for each in look(view.regions["picture"]).of_class("wsl-topic"))


def test_a_scenario_is_chosen_played_and_left_and_the_search_and_the_score_stay() -> None:
    view = ScenarioPlayer()
    press(view, "search", "", "1006")
    press(view, "open", "half-open")
    assert view.player.played.digest() == play("half-open").digest()
    assert view.selected == ""
    assert SCENARIOS["half-open"].question in shown(view)
    view.selected = next(f"said-{n}" for n, each in enumerate(view.player.question.choices) if not each.why)
    view.step = 3
    press(view, "gallery")
    assert "1 of 1 right" in shown(view)
    assert GalleryState("1006").found == view.gallery.found
    press(view, "open", "zombie-user")
    assert (view.connection, view.step, view.selected) == (2, view.last, "")
    assert view.player.score == {"half-open": True}
    assert view.player.answer is None


def test_a_player_of_one_scenario_leads_to_the_gallery_too() -> None:
    view = ScenarioPlayer("cut", selected="part-why")
    press(view, "gallery")
    assert "wsl-gallery" in view.regions["picture"]
    press(view, "open", "cut")
    assert (view.selected, view.step) == ("", view.last)


def test_with_asks_off_a_chosen_scenario_shows_its_run_at_once() -> None:
    view = ScenarioPlayer(asks=False)
    press(view, "open", "cut")
    assert not view.regions["ask"]


def test_as_text_each_topic_has_its_scenarios_with_their_questions() -> None:
    text = ScenarioPlayer().text()
    assert text.startswith("It closed and I do not know why\n  clean-close: Who closes TCP first")
    assert all(f"  {name}: {each.question}" in text for name, each in SCENARIOS.items())
    view = ScenarioPlayer()
    press(view, "search", "", "no such thing at all")
    assert view.text() == "No scenario has all of these words: no such thing at all\n"


def test_parameters_without_a_scenario_are_refused() -> None:
    with pytest.raises(TypeError, match="A scenario is its name"):
        ScenarioPlayer(ping_interval=3)
