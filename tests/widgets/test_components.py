"""The pieces of views: right before any script runs, escaped, labelled."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look
from wslab.widgets import components
from wslab.widgets.page import html_of


@pytest.mark.parametrize(("now", "hidden"), [(2, True), (3, False), (7, False), (8, True)])
def test_an_element_is_shown_only_during_its_steps(now: int, hidden: bool) -> None:
    assert components.during(now, 3, 7) == {"data-from": "3", "data-to": "7", "hidden": hidden}


@pytest.mark.parametrize(("now", "time"), [(3, "is-next"), (4, "is-now"), (5, "is-past")])
def test_an_element_is_past_now_or_next(now: int, time: str) -> None:
    assert components.at(now, 4, classes="row") == {"data-at": "4", "class": f"row {time}"}


def test_now_can_last_for_several_steps() -> None:
    assert components.at(6, 4, 7) == {"data-at": "4-7", "class": "is-now"}


@pytest.mark.parametrize(
    ("number", "address", "shown"),
    [
        ("5.2", "https://www.rfc-editor.org/rfc/rfc6455#section-5.2", "§5.2"),
        ("RFC 9112 3", "https://www.rfc-editor.org/rfc/rfc9112#section-3", "RFC 9112 §3"),
    ],
)
def test_a_section_is_a_link_to_the_public_page(number: str, address: str, shown: str) -> None:
    tags = look(components.section(number))
    assert tags.found[0][1] | {"class": None} == {"href": address, "target": "_blank", "rel": "noopener", "class": None}
    assert tags.text == shown


def test_the_controls_stand_in_their_one_order() -> None:
    tags = look(components.stepper(2, 5, what="byte"))
    assert [attrs["data-jump"] for attrs in tags.having("data-jump")] == ["first", "back", "play", "forward", "last"]
    assert tags.having("data-scrub")[0]["aria-valuetext"] == "byte 2 of 5"
    assert all(attrs["aria-label"] for attrs in tags.having("data-jump"))


@pytest.mark.parametrize(("step", "off"), [(0, ["first", "back"]), (3, []), (5, ["forward", "last"])])
def test_controls_that_lead_nowhere_are_off(step: int, off: list[str]) -> None:
    buttons = look(components.stepper(step, 5)).having("data-jump")
    assert [each["data-jump"] for each in buttons if each.get("aria-disabled") == "true"] == off


def test_captions_show_only_the_present_one() -> None:
    lines = look(components.captions(11, ["ten", "eleven"], first=10)).having("data-caption")
    assert ["hidden" in each for each in lines] == [True, False]


def test_a_wrong_value_is_told_under_its_field() -> None:
    html = html_of(components.field("Key", components.text_input("key", EVIL, wrong=True), problem=EVIL))
    assert "<img" not in html
    assert 'aria-invalid="true"' in html
    assert "is-wrong" in html


def test_a_button_with_a_picture_keeps_its_words_as_label() -> None:
    assert look(components.do_button("Undo", "undo", picture="undo")).having("data-do")[0]["aria-label"] == "Undo"


def test_a_copy_button_holds_its_text_escaped() -> None:
    html = html_of(components.copy_button("Copy", '"><script>'))
    assert "<script>" not in html
    assert look(html).having("data-copy")[0]["data-copy"] == '"><script>'


@pytest.mark.parametrize(("kind", "name"), [("text", "text"), ("ping", "Ping"), ("fault", "fault")])
def test_a_mark_has_a_name_for_those_who_do_not_see_it(kind: str, name: str) -> None:
    assert look(components.mark(kind)).found[0][1]["aria-label"] == name


def test_an_error_is_an_alert_that_can_be_put_away() -> None:
    tags = look(components.error_box("no"))
    assert tags.found[0][1]["role"] == "alert"
    assert tags.having("data-do")[0]["data-do"] == "dismiss"


@pytest.mark.parametrize(
    ("size", "expected"),
    [(8, (range(8), range(0), 0)), (9, (range(6), range(7, 9), 1)), (100, (range(6), range(98, 100), 92))],
)
def test_long_sequences_are_cut_in_the_middle(size: int, expected: object) -> None:
    assert components.cut_middle(range(size), 8) == expected


def test_the_header_has_help() -> None:
    tags = look(components.header("Title", "One. Two. Three."))
    assert "Title ? One. Two. Three." in tags.text.replace("Title?", "Title ?").replace("?One", "? One")
    assert tags.having("aria-label")[0]["aria-label"] == "Help for Title"
