"""A view as a page: the shared style first, then each widget's, and the two files of the package unescaped."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.widgets.helpers import EVIL, look
from wslab.widgets.masking.widget import MaskingStepper
from wslab.widgets.page import html_of, kept, page, standing, still, style

WIDGETS = Path(__file__).parent.parent.parent / "wslab" / "widgets"


def test_the_shared_sheet_stands_before_those_of_the_widgets_by_name() -> None:
    begins = [path.read_text("utf-8").splitlines()[0] for path in sorted(WIDGETS.glob("*/style.css"))]
    places = [style().index(line) for line in begins]
    assert len(begins) == 12
    assert places == sorted(places)
    assert places[0] > style().index(".wsl-fields {")


def test_every_rule_of_a_widgets_sheet_is_in_the_style_once() -> None:
    for path in WIDGETS.glob("*/style.css"):
        assert style().count(path.read_text("utf-8")) == 1


def test_no_two_sheets_say_what_one_class_looks_like() -> None:
    """All sheets are in every page: a class of one widget that another uses for its own is drawn by both."""
    alone: dict[str, list[str]] = {}
    for path in WIDGETS.glob("*/style.css"):
        sheet = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        selectors = (each.strip() for group in re.findall(r"(?:^|[{}])([^{}@]+)\{", sheet) for each in group.split(","))
        for name in {name for name in selectors if re.fullmatch(r"(?:\.wsl )?\.wsl-[\w-]+", name)}:
            alone.setdefault(name.split(".")[-1], []).append(path.parent.name)
    assert {name: folders for name, folders in alone.items() if len(set(folders)) > 1} == {}


def test_a_fragment_says_that_it_is_still_and_keeps_its_step() -> None:
    tags = look(standing(still("Name", "Title", {"picture": EVIL}, step=3)))
    assert tags.having("data-wslab-static")[0]["data-step"] == "3"
    assert "A still page" in tags.text
    assert "img" not in dict(tags.found)


def test_a_page_has_its_title_and_loads_nothing() -> None:
    html = page(EVIL, "body")
    assert "<img" not in html
    assert not re.search(r"<link|src=", html.replace("&lt;img src=", ""))
    assert html_of("body") in html


def test_what_a_notebook_keeps_has_words_for_those_who_show_no_script() -> None:
    state = {"_title": "T", "_name": "Name", "_id": "ab", "regions": {"picture": f"<b>{EVIL}</b></script>"}, "step": 3}
    html = html_of(kept(state, EVIL))
    tags = look(html)
    assert [name for name, _ in tags.found] == ["style", "div", "div", "pre", "script", "script"]
    assert tags.having("data-wslab-kept") == [{"data-wslab-kept": "Name", "data-wslab-id": "ab"}]
    assert "<pre>&lt;img" in html
    assert html.count("</script>") == 2
    inside = json.loads(html.split('<script type="application/json">')[1].split("</script>")[0])
    assert inside["regions"]["picture"] == state["regions"]["picture"]  # type: ignore[index]
    assert "A still page" in inside["regions"]["note"]


def test_a_view_for_a_projector_is_one_in_every_form() -> None:
    view = MaskingStepper("abc", big=True)
    assert 'class="wsl is-big"' in view.html()
    assert "data-big" in view.html()
    assert '"big": true' in view._repr_html_()
    assert "is-big" not in str(MaskingStepper("abc").still())
