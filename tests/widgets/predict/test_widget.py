"""Predict: native radio buttons, an answer that stays hidden until something is chosen, and no waiting."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.widgets.predict.widget import Predict


def visible(view: Predict) -> str:
    """What the view tells of the present choice."""
    html = view.regions["caption"]
    parts = html.split("<div data-show")[1:]
    return " ".join(look("<div data-show" + part).text for part in parts if " hidden" not in part.partition(">")[0])


def made(**more: str) -> Predict:
    return Predict("Which code?", [1000, 1001, 1006], because="Nobody sent a Close frame.", **more)


def test_it_asks_with_native_radio_buttons_bound_together() -> None:
    view = made()
    buttons = [each for each in look(view.regions["picture"]).having("type") if each["type"] == "radio"]
    assert [button["value"] for button in buttons] == ["0", "1", "2"]
    assert len({button["name"] for button in buttons}) == 1
    assert not any("checked" in button for button in buttons)
    assert "Nothing waits for you" in shown(view)


def test_two_questions_do_not_share_their_buttons() -> None:
    names = {look(view.regions["picture"]).having("name")[0]["name"] for view in (made(), made())}
    assert len(names) == 2


def test_a_choice_is_a_trait_and_is_marked() -> None:
    view = made()
    seen: list[str] = []
    view.observe(lambda change: seen.append(change["new"]), names=["chosen"])
    view.set_state({"selected": "choice-2"})
    assert (view.chosen, seen) == ("1006", ["1006"])
    assert "You said 1006. Run the next cell to see." in visible(view)
    press(view, "choose", "0")
    assert (view.chosen, view.selected) == ("1000", "choice-0")


def test_resolving_compares_and_shows_the_same_in_the_view() -> None:
    view = made(chosen="1000")
    assert str(view.resolve(1006)) == "You said 1000; the run says 1006. Nobody sent a Close frame."
    assert "✓ The run says: 1006" in visible(view)
    assert "≠ You said: 1000" in visible(view)
    assert "1006" in visible(view)


def test_run_all_without_a_choice_hides_the_answer_in_the_view_until_one_is_made() -> None:
    view = made()
    assert view.resolve(1006).right is None
    assert "The run says" not in visible(view)
    press(view, "choose", "2", "2")
    assert "The run says: 1006, and so did you" in visible(view)
    assert view.resolve(1006).right is True


def test_the_words_are_data() -> None:
    view = Predict(EVIL, [EVIL, "b"], because=EVIL, chosen=EVIL)
    view.resolve(EVIL)
    html = "".join(view.regions.values())
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_has_the_question_the_choices_and_the_answer() -> None:
    view = made(chosen="1001")
    assert view.text() == "Predict first: Which code?\n  ( ) 1000\n  (•) 1001\n  ( ) 1006"
    view.resolve(1006)
    assert view.text().endswith("✓ The run says: 1006\nNobody sent a Close frame.\n≠ You said: 1001")


def test_wrong_arguments_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least two"):
        Predict("?", ["a"])
    with pytest.raises(ValueError, match="none of the choices"):
        made(chosen="1007")
    with pytest.raises(TypeError, match="Did you mean 'chosen'"):
        made(chosn="1000")
