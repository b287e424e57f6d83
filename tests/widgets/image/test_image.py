"""An image shows on GitHub what the view shows: nothing in it needs a style sheet, and it is at the present step."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tests.widgets.github import as_github_shows
from wslab import (
    CheckReport,
    Frame,
    FrameInspector,
    HandshakeStepper,
    MaskingStepper,
    OpcodeTable,
    Predict,
    ScenarioPlayer,
    StateMap,
    Timeline,
    check_bytes,
    play,
)
from wslab.scenarios import SCENARIOS
from wslab.widgets.image import timeline
from wslab.widgets.page import html_of
from wslab.widgets.player.state import SEEN
from wslab.widgets.view import View

VIEWS: dict[str, tuple[Callable[[], View], list[str]]] = {
    "Timeline": (lambda: Timeline(play("half-open")), ["Client", "Server", "CLOSED 1006", "≠", "server OPEN", "10 s"]),
    "ScenarioPlayer": (lambda: ScenarioPlayer("half-open", selected=SEEN), ["client CLOSED 1006", "8 ⇄ RST"]),
    "StateMap": (lambda: StateMap("client", play("half-open"), step=8), ["CONNECTING", "CLOSED 1006", "Close sent"]),
    "FrameInspector": (lambda: FrameInspector(), ["✓ The server accepts it", "opcode", "Masking-key", "81", "H", "o"]),
    "OpcodeTable": (lambda: OpcodeTable(8), ["C Close: begins or answers", "Close code", "1000", "b"]),
    "HandshakeStepper": (
        lambda: HandshakeStepper(step=12),
        ["GET /chat HTTP/1.1", "SHA-1", "=", "Both sides are OPEN"],
    ),
    "MaskingStepper": (lambda: MaskingStepper(), ["payload", "key", "wire", "6f", "58"]),
    "CheckReport": (
        lambda: CheckReport(check_bytes(bytes.fromhex("8106636166e921"), Frame.text("café!").serialize())),
        ["≠ Not quite: 5 of 8 bytes", "✓ f", "e9", "missing"],
    ),
}


class Shapes(HTMLParser):
    """The elements of an image with their attributes, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts += [data.strip()] if data.strip() else []


@pytest.mark.parametrize("name", VIEWS)
def test_github_leaves_all_of_an_image(name: str) -> None:
    image = html_of(VIEWS[name][0]().image())
    assert image.startswith("<svg")
    kept = Shapes(as_github_shows(image))
    assert [tag for tag, _ in kept.elements] == [tag for tag, _ in Shapes(image).elements]
    assert [dict(each) for _, each in kept.elements] == [dict(each) for _, each in Shapes(image).elements]


@pytest.mark.parametrize("name", VIEWS)
def test_an_image_says_what_the_view_says(name: str) -> None:
    view, phrases = VIEWS[name][0](), VIEWS[name][1]
    shown = " ".join(Shapes(html_of(view.image())).texts)
    assert [each for each in phrases if each not in shown] == []


@pytest.mark.parametrize("name", VIEWS)
def test_what_github_shows_is_the_image_and_then_the_words(name: str) -> None:
    view = VIEWS[name][0]()
    shown = as_github_shows(view._repr_html_())
    assert shown.index("<svg") < shown.index("<pre>")
    assert "style" not in shown
    assert "function" not in shown
    words = re.sub(r"<[^>]+>", "", as_github_shows(view._repr_html_(), svg=False))
    first = view.text().splitlines()[0]
    assert first in words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_the_smallest_letters_are_read_and_nothing_is_wider_than_the_page() -> None:
    for view in (make() for make, _ in VIEWS.values()):
        (_, page), *shapes = Shapes(html_of(view.image())).elements
        sizes = [float(each["font-size"]) for tag, each in shapes if tag == "text"]
        assert min(sizes) >= 11.5
        assert float(page["width"]) <= 840
        rects = [each for tag, each in shapes if tag == "rect"]
        assert max(float(each["x"]) + float(each["width"]) for each in rects) <= float(page["width"])


def test_an_image_is_at_the_present_step() -> None:
    view = Timeline(play("clean-close"), step=5)
    at_five = " ".join(Shapes(html_of(view.image())).texts)
    assert "client CLOSING" in at_five
    assert "CLOSED 1000" not in at_five
    view.step = 8
    assert "client CLOSED 1000" in view._image


def test_what_a_notebook_keeps_follows_the_step_and_each_change() -> None:
    view = MaskingStepper()
    before = view._image
    view.step = 1
    assert view._image != before
    report = CheckReport(check_bytes("8105", bytes.fromhex("8104")))
    report.step = 1
    assert "Hint ✓" in report._words


def test_the_image_of_a_question_does_not_answer_it() -> None:
    asked = " ".join(Shapes(html_of(ScenarioPlayer("half-open").image())).texts)
    assert "The link goes silent" in asked
    assert "RST" not in asked
    assert "CLOSED" not in asked


def test_words_are_enough_where_there_is_no_picture() -> None:
    assert Predict("Which code?", [1000, 1006]).image() is None
    assert Timeline([]).image() is None
    assert "<svg" not in as_github_shows(Timeline([])._repr_html_())


@pytest.mark.parametrize("name", [name for name, each in SCENARIOS.items() if each.clock == "virtual"])
def test_every_scenario_has_an_image_at_each_step(name: str) -> None:
    view = Timeline(play(name))
    shown = view.state.shown
    for step in {view.state.entries[index].number for index in (shown[0], shown[len(shown) // 2], shown[-1])}:
        view.step = step
        image = html_of(timeline.drawn(view.state))
        assert "NaN" not in image
        heights = [float(each["height"]) for tag, each in Shapes(image).elements if tag == "rect"]
        assert min(heights) >= 0
