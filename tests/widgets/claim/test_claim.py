"""A claim in a notebook: it asks with `Predict`, the finding answers, and its chart fits light and dark paper."""

from __future__ import annotations

import gc
import re
from dataclasses import replace

import pytest

import wslab
from tests.widgets.helpers import look
from wslab import myths
from wslab.course.claims.charts import Arrow, Arrows, Bars, Boxes, Chart, Curve
from wslab.course.myths import MYTHS
from wslab.extras import EXTRAS, Extra
from wslab.widgets.claim import bundle
from wslab.widgets.claim.ask import answer, ask
from wslab.widgets.claim.chart import drawn
from wslab.widgets.page import html_of

CHARTS = [
    Bars("Cost", "bytes", (("a frame", 2), ("a request", 330.2))),
    Curve("Wait", "s", "KiB", (("one", ((0, 0), (1, 3))), ("two", ((0, 1),)))),
    Boxes(
        "Bits", (("good", "legal"), ("bad", "refused"), ("other", "odd")), tuple((str(n), "other") for n in range(40))
    ),
    Arrows("Talk", (Arrow("client", "hi", 0.0, 1.0), Arrow("server", "<b>", 0.0, None))),
    Bars("Nothing", "", (("none", 0),)),
]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.title)
def test_a_chart_is_an_image_with_its_words_and_has_the_ink_of_the_page(chart: Chart) -> None:
    picture = html_of(drawn(chart))
    [svg] = look(picture).having("aria-label")
    assert (svg["role"], svg["aria-label"]) == ("img", chart.text())
    assert 'fill="currentColor"' in picture
    assert "#ffffff" not in picture
    assert not re.search(r"<style|<script|class=|url\(", picture)
    assert "<b>" not in picture


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.title)
def test_nothing_of_a_chart_lies_outside_of_it(chart: Chart) -> None:
    picture = html_of(drawn(chart))
    width, height = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', picture)[0])
    assert all(0 <= float(x) <= width for x in re.findall(r' x="([-.\d]+)"', picture))
    assert all(0 <= float(y) <= height for y in re.findall(r' y="([-.\d]+)"', picture))


def test_two_messages_of_one_moment_do_not_cover_each_other() -> None:
    same = Arrows("Talk", (Arrow("server", "Ping", 40.0, 40.1), Arrow("server", "Close", 40.0, 40.1)))
    places = re.findall(r'y="([.\d]+)"[^>]*>(Ping|Close) ', html_of(drawn(same)))
    assert len({y for y, _ in places}) == 2


def test_a_claim_is_asked_with_the_four_verdicts_and_a_choice_is_the_claims() -> None:
    claim = myths("accept-value")
    view = ask(claim)
    assert claim.question in view.text()
    view.chosen = "half true"
    assert claim.judged == "half true"
    view.chosen = ""
    assert claim.judged is None


def test_what_was_said_before_is_chosen() -> None:
    claim = myths("accept-value")
    claim.judge("true")
    assert ask(claim).chosen == "true"


def test_a_finding_answers_each_view_that_lives() -> None:
    claim = myths("accept-value")
    one, other, gone = ask(claim), ask(claim), ask(claim)
    one.chosen = "false"
    gone.close()
    del gone
    gc.collect()
    answer(claim.run())
    other.chosen = "true"
    assert "≠ You said: false" in one.text()
    assert "✓ The run says: true, and so did you" in other.text()
    assert claim.myth.truth in one.text()


def test_jupyter_shows_a_claim_as_a_widget_and_a_finding_as_html() -> None:
    claim = myths("accept-value")
    asked, _ = bundle(claim)
    assert set(asked) == {"application/vnd.jupyter.widget-view+json", "text/html"}
    shown, _ = wslab._claim_bundle(claim.run())
    assert set(shown) == {"text/html"}
    assert "<svg" in shown["text/html"]
    assert "You have not judged yet. The run says: true." in shown["text/html"]


def test_the_list_has_all_claims_and_gives_no_verdict_away() -> None:
    html = bundle(myths())[0]["text/html"]
    assert html.count("<tr>") == len(MYTHS) + 1
    assert "false" not in html


def test_without_the_widgets_a_claim_is_its_text_and_a_finding_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    absent: Extra = replace(EXTRAS["notebook"], packages=("no_such_package",))
    monkeypatch.setattr("wslab.widgets.claim.EXTRAS", {"notebook": absent})
    claim = myths("accept-value")
    assert bundle(claim) == ({}, {})
    assert "<svg" in bundle(claim.run())[0]["text/html"]


def test_what_a_finding_says_is_escaped_and_its_sections_are_links() -> None:
    claim = myths("csrf-sqli-xss")
    claim.myth = replace(claim.myth, claim="<img src=x>")
    html = bundle(claim.run())[0]["text/html"]
    assert "<img" not in html
    assert "section-10.2" in html
