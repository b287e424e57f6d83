"""The form that edits a step: what is written becomes an intervention, and what is wrong is said."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look, press
from wslab import ScenarioPlayer, Timeline, play
from wslab.protocol import Frame, Opcode
from wslab.scenarios.draft import MOST, Draft
from wslab.scenarios.interventions import Intervention, edit
from wslab.tape.entry import Entry
from wslab.widgets.edit_form import form

CLOSE = play("clean-close")


def draft(step: int) -> Draft:
    return Draft.of(CLOSE[step])


def test_text_and_bytes_are_two_ways_to_write_one_payload() -> None:
    found = draft(3)
    assert (found.text, found.digits) == ("that is all", b"that is all".hex(" "))
    assert found.written("text", "café").digits == "63 61 66 c3 a9"
    assert found.written("digits", "48 69").text == "Hi"
    assert found.written("digits", "ff").text is None


@pytest.mark.parametrize(
    ("step", "writes", "wanted"),
    [
        (3, [("text", "Hello")], edit("Hello")),
        (3, [("digits", "ff fe")], edit(Frame(Opcode.TEXT, b"\xff\xfe"))),
        (3, [("opcode", "2")], edit(Frame(Opcode.BINARY, b"that is all"))),
        (3, [("opcode", "3"), ("text", "x")], edit(Frame(3, b"x"))),
        (5, [("code", "1001")], edit(Frame.close(1001, "thank you"))),
        (5, [("code", "1006"), ("text", "")], edit(Frame(Opcode.CLOSE, b"\x03\xee"))),
        (5, [("code", "")], edit(Frame(Opcode.CLOSE, b"thank you"))),
        (5, [("text", "bye")], edit(Frame.close(1000, "bye"))),
        (1, [("lines", "GET /chat HTTP/1.1\nHost: a\n\n")], edit("GET /chat HTTP/1.1\r\nHost: a\r\n\r\n")),
    ],
)
def test_what_is_written_becomes_an_edit(step: int, writes: list[tuple[str, str]], wanted: Intervention) -> None:
    found = draft(step)
    for field, value in writes:
        found = found.written(field, value)
    assert repr(found.intervention) == repr(wanted)


@pytest.mark.parametrize(
    ("step", "field", "value", "said"),
    [
        (3, "digits", "4", "pairs of hexadecimal digits"),
        (5, "code", "70000", "A close code is a number from 0 to 65535"),
        (5, "code", "-1", "A close code is a number"),
        (5, "code", "abc", "A close code is a number"),
    ],
)
def test_what_cannot_be_is_said_and_stays_in_its_field(step: int, field: str, value: str, said: str) -> None:
    found = draft(step).written(field, value)
    assert said in found.problem
    assert getattr(found, field) == value
    with pytest.raises(ValueError, match=r"number|digits"):
        _ = found.intervention
    assert said in look(form(found)).text
    assert found.written(field, "1000" if field == "code" else "41").problem == ""


def test_a_compressed_text_is_edited_as_text_and_goes_uncompressed() -> None:
    frames = [entry for entry in play("rsv1-unasked") if entry.frame is not None and entry.frame.rsv1]
    found = Draft.of(frames[0]).written("text", "short")
    change = found.intervention.data
    assert isinstance(change, Frame)
    assert (change.rsv1, change.payload) == (False, b"short")


def test_what_is_too_long_is_for_code() -> None:
    entry: Entry = next(each for each in play("message-too-big") if len(each.data) > MOST)
    with pytest.raises(ValueError, match=r"too many to edit here: write do=\{"):
        Draft.of(entry)


@pytest.mark.parametrize("make", [Timeline, ScenarioPlayer])
def test_a_step_is_edited_and_the_story_forks(make: type[Timeline]) -> None:
    view = make(play("clean-close"), step=5)
    press(view, "edit", "5")
    names = [each["data-key"] for each in look("".join(view.regions.values())).having("data-key")]
    assert {"draft-code", "draft-text", "draft-opcode", "edited-5"} <= {*names}
    press(view, "draft", "code", "1006")
    press(view, "edited", "5")
    assert "Step 5 has other bytes." in look(view.regions["fork"]).text
    assert "edit(Frame(8, b'\\x03\\xeethank you'))" in look(view.regions["fork"]).text
    assert "draft-code" not in "".join(view.regions.values())


@pytest.mark.parametrize(("do", "arg"), [("edit", "3"), ("change", "3:drop"), ("run", "plain")])
def test_the_form_is_closed_by_its_button_and_by_another_run(do: str, arg: str) -> None:
    view = ScenarioPlayer("clean-close", asks=False, step=3)
    press(view, "edit", "3")
    assert view.regions["parts"].count("draft-text") == 1
    press(view, do, arg)
    assert view.regions["parts"].count("draft-text") == 0


def test_a_wrong_draft_is_not_played() -> None:
    view = ScenarioPlayer("clean-close", asks=False, step=5)
    press(view, "edit", "5")
    press(view, "draft", "code", "x")
    press(view, "edited", "5")
    assert "A close code is a number" in look(view.regions["error"]).text
    assert not view.player.played.changed


def test_only_bytes_of_an_endpoint_can_be_edited() -> None:
    view = ScenarioPlayer("clean-close", asks=False)
    press(view, "edit", "0")
    assert "there is nothing to edit" in look(view.regions["error"]).text
