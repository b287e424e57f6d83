"""The base of all widgets: messages make states, errors are shown, and the page stands alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import htpy as h
import pytest
import traitlets
from htpy import Node

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.explain.kinds import KINDS
from wslab.protocol import RULES, Frame, LocalProtocolError
from wslab.widgets import components
from wslab.widgets.page import script, style
from wslab.widgets.view import View, in_words


class Counter(View):
    """A small view with a word and many steps."""

    title: ClassVar[str] = "Counter"
    redraws_on: ClassVar[tuple[str, ...]] = ("word",)
    reach: ClassVar[int] = 4
    word = traitlets.Unicode("a")
    steps = traitlets.Int(6)

    @property
    def last(self) -> int:
        return self.steps

    def draw(self, steps: range) -> Mapping[str, Node]:
        pictures = (h.p(components.during(self.step, n, n))[f"picture {n}"] for n in steps)
        return {"picture": [h.b[self.word], pictures], "controls": components.stepper(self.step, self.last)}

    def text(self) -> str:
        return f"{self.word} at {self.step}"

    def do_say(self, arg: str, value: str) -> None:
        self.word = value

    def do_fail(self, arg: str, value: str) -> None:
        raise {
            "value": ValueError(EVIL),
            "key": KeyError("x"),
            "rule": LocalProtocolError(RULES["local-text"], "f", "e"),
        }[arg]


def test_a_view_is_drawn_when_it_is_made() -> None:
    view = Counter()
    assert list(view.regions) == ["error", "picture", "controls"]
    assert {type(html) for html in view.regions.values()} == {str}  # marimo sends no Markup
    assert view.regions["error"] == ""
    assert "picture 0" in shown(view)


def test_an_action_of_the_page_makes_a_new_picture() -> None:
    view = Counter()
    press(view, "say", value="hi")
    assert view.word == "hi"
    assert "<b>hi</b>" in view.regions["picture"]


def test_every_action_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    view = Counter()
    monkeypatch.setattr(view, "send", sent.append)
    press(view, "say", value="hi")
    press(view, "fail", "key")
    assert sent == [{"done": True}, {"done": True}]


def test_a_trait_set_from_python_redraws() -> None:
    view = Counter()
    view.word = EVIL
    assert "&lt;img" in view.regions["picture"]
    assert "<img" not in view.regions["picture"]


@pytest.mark.parametrize(
    ("arg", "words"), [("value", "<img src=x onerror=alert(1)>"), ("key", "KeyError: 'x'"), ("rule", "§")]
)
def test_what_an_action_raises_is_shown_in_words(arg: str, words: str) -> None:
    view = Counter()
    press(view, "fail", arg)
    told = look(view.regions["error"])
    assert words in told.text
    assert told.having("role")[0]["role"] == "alert"
    assert "<img" not in view.regions["error"]


def test_a_picture_that_cannot_be_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    view = Counter()

    def fail(steps: range) -> Mapping[str, Node]:
        raise RuntimeError("no paint")

    monkeypatch.setattr(view, "draw", fail)
    press(view, "say", value="hi")
    assert "RuntimeError: no paint" in view.regions["error"]


def test_an_error_is_put_away() -> None:
    view = Counter()
    press(view, "fail", "key")
    press(view, "dismiss")
    assert view.regions["error"] == ""


def test_an_unknown_action_is_told() -> None:
    view = Counter()
    press(view, "fly")
    assert "has no action 'fly'" in shown(view)


def test_a_users_observer_that_raises_is_shown_and_not_swallowed_on_the_python_side() -> None:
    view = Counter()

    def fail(change: Any) -> None:
        raise ZeroDivisionError("my own bug")

    view.observe(fail, names=["step"])
    view.set_state({"step": 2})
    assert "ZeroDivisionError: my own bug" in shown(view)
    with pytest.raises(ZeroDivisionError):
        view.step = 3


class Counted(Counter):
    """One that keeps for which steps it was drawn, and an action that changes several things."""

    def draw(self, steps: range) -> Mapping[str, Node]:
        self.drawn = [*getattr(self, "drawn", []), steps]
        return super().draw(steps)

    def do_leap(self, arg: str, value: str) -> None:
        self.word = value
        self.step = 90
        if arg:
            raise ValueError(arg)


def test_an_action_that_changes_several_things_draws_once() -> None:
    view = Counted(steps=100)
    view.drawn = []
    press(view, "leap", "", "far")
    assert view.drawn == [range(86, 95)]
    assert "far" in view.regions["picture"]
    press(view, "leap", "no", "near")
    assert "near" in view.regions["picture"]  # what fails does not keep it from drawing
    view.word = "again"
    assert "again" in view.regions["picture"]


def test_stepping_draws_nothing_while_all_steps_are_rendered() -> None:
    view = Counter()
    before = view.regions
    view.step = 5
    assert view.regions is before


def test_of_many_steps_a_window_around_the_present_one_is_rendered() -> None:
    view = Counter(steps=100, step=50)
    assert [n for n in range(101) if f">picture {n}<" in view.regions["picture"]] == list(range(46, 55))
    assert 'data-low="46"' not in view.regions["controls"]  # this view's controls do not pass the window on
    press(view, "window", "60")
    assert ">picture 64<" in view.regions["picture"]
    assert view.step == 50  # the page knows better where it is


def test_a_step_far_from_the_window_renders_the_next_one() -> None:
    view = Counter(steps=100)
    view.step = 90
    assert ">picture 90<" in view.regions["picture"]


@pytest.mark.parametrize(("given", "kept"), [(-3, 0), (3, 3), (99, 6)])
def test_a_step_stays_within_its_range(given: int, kept: int) -> None:
    assert Counter(step=given).step == kept
    view = Counter()
    view.step = given
    assert view.step == kept


def test_an_unknown_argument_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(TypeError, match=r"Counter\(\) has no argument 'wrod'. Did you mean 'word'\?"):
        Counter(wrod="x")


def test_an_argument_like_no_other_is_refused_plainly() -> None:
    with pytest.raises(TypeError, match=r"has no argument 'zzzz'\.$"):
        Counter(zzzz=1)


def test_print_gives_the_text() -> None:
    assert str(Counter(step=2)) == "a at 2"


def test_the_bundle_holds_the_widget_the_picture_and_the_text() -> None:
    data, _ = Counter()._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert data["text/plain"] == "a at 0"
    assert "picture 3" in data["text/html"]


def test_the_page_stands_alone() -> None:
    html = Counter(step=3).html()
    tags = look(html)
    assert html.startswith("<!doctype html>")
    addresses = [value for _, attrs in tags.found for name, value in attrs.items() if name in ("src", "href") and value]
    assert all(address.startswith("https://www.rfc-editor.org/") for address in addresses)
    assert not re.search(r"@import|url\(\s*['\"]?(?!data:)", style())
    assert tags.having("data-wslab-static")[0]["data-step"] == "3"


def test_the_page_shows_its_step_before_any_script_runs() -> None:
    pictures = look(Counter(step=3).html()).having("data-from")
    assert [attrs["data-from"] for attrs in pictures if "hidden" not in attrs] == ["3"]


def test_save_writes_the_page(tmp_path: Path) -> None:
    path = Counter().save(tmp_path / "page.html")
    assert path.read_text("utf-8").startswith("<!doctype html>")


def test_the_save_button_sends_the_page_to_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    view = Counter()
    monkeypatch.setattr(view, "send", sent.append)
    press(view, "save")
    assert sent[0]["save"]["name"] == "Counter.html"
    assert sent[0]["save"]["text"] == view.html()


def test_the_style_has_every_kind_in_both_shades() -> None:
    sheet = style()
    for kind in KINDS.values():
        assert sheet.count(f"--wsl-{kind.id}:light-dark({kind.light},{kind.dark});") == 1


def test_the_script_imports_nothing_and_can_stand_in_a_page() -> None:
    code = script()
    assert not re.search(r"^\s*import\b|import\(|https?://|</script|innerHTML\s*\+=", code, re.MULTILINE)


def test_frames_of_protocol_errors_are_told_as_they_are() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Frame(16)
    assert in_words(caught.value) == str(caught.value)


def test_half_a_surrogate_pair_is_shown_and_saved(tmp_path: Path) -> None:
    view, path = Counter(), tmp_path / "counter.html"
    path.write_text("old")
    view.set_state({"selected": "a\ud800b"})
    assert view.selected == "a?b"
    press(view, "say", value="\ud800")
    for data in (view.regions["picture"], view.html(), view._repr_mimebundle_()[0]["text/plain"]):
        data.encode()
    view.save(path)
    assert "?" in path.read_text("utf-8")


def test_saving_to_a_fifo_does_not_hang_and_a_failure_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, path = Counter(), tmp_path / "counter.html"
    os.mkfifo(tmp_path / "fifo.html")
    with pytest.raises(OSError, match="not a file"):
        view.save(tmp_path / "fifo.html")
    path.write_text("old")
    monkeypatch.setattr(view, "html", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        view.save(path)
    assert path.read_text() == "old"
