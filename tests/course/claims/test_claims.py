"""Each claim is tested by a run: its verdict is the run's, other figures give another, and it says what is a model."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from wslab import myths
from wslab.course.claims import CHOICES, Claim, Finding
from wslab.course.claims.charts import Arrow, Arrows, Bars, Boxes, Curve, short
from wslab.course.claims.experiment import Figures, messages, number, series, status
from wslab.course.myths import MYTHS, Verdict
from wslab.scenarios import play

NAMES = [myth.name for myth in MYTHS]

MODELS = {
    *("key-always-same", "no-http-overhead", "mobile-loses-frames", "lb-random", "sticky", "use-tls", "library"),
    *("browsers-differ", "polling-fine", "partitions", "censors", "use-cases"),
}
"""The claims of which a part cannot be tested here."""


@cache
def found(name: str) -> Finding:
    """What the run of a claim found; each is run once for all tests."""
    return myths(name).run()


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_of_the_run_is_the_one_in_the_data(name: str) -> None:
    assert found(name).verdict is found(name).claim.myth.verdict
    assert found(name).agrees


@pytest.mark.parametrize("name", NAMES)
def test_other_figures_give_another_verdict(name: str) -> None:
    finding = found(name)
    otherwise = finding.claim.experiment.otherwise
    assert otherwise
    assert set(otherwise) <= set(finding.figures)
    assert finding.claim.experiment.judge({**finding.figures, **otherwise}) is not finding.verdict


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_shows_the_figures_and_says_so_in_words(name: str) -> None:
    chart = found(name).chart
    assert chart.title in chart.text()
    assert len(chart.text()) > len(chart.title) + 10
    if isinstance(chart, Boxes):
        assert {look for _, look in chart.boxes} <= {look for look, _ in chart.looks}


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_drawn_of_other_figures_too(name: str) -> None:
    finding = found(name)
    experiment = finding.claim.experiment
    assert experiment.draw({**finding.figures, **experiment.otherwise}).title == finding.chart.title


@pytest.mark.parametrize("name", NAMES)
def test_the_text_says_all_there_is_to_say(name: str) -> None:
    finding, text = found(name), " ".join(str(found(name)).split())
    for words in (finding.claim.myth.claim, finding.claim.myth.truth, finding.claim.experiment.remember):
        assert words in text
    names = [part for part, _ in finding.parts]
    assert names[:2] == ["What is true", "What would say otherwise"]
    assert ("A simulation" in names) == (name in MODELS)


def test_the_run_of_a_claim_repeats() -> None:
    for name in ("key-always-same", "unordered", "lb-random"):
        assert myths(name).run().figures == found(name).figures


def test_a_run_that_disagrees_with_the_page_says_so() -> None:
    claim = myths("unordered")
    figures = {**found("unordered").figures, "out of order": 3}
    claim.experiment = replace(claim.experiment, measure=lambda: figures)
    finding = claim.run()
    assert finding.verdict is Verdict.TRUE
    assert not finding.agrees
    assert "The run disagrees: Our page says false, and this run does not." in str(finding)


@pytest.fixture
def claim() -> Claim:
    return myths("accept-value")


def test_what_the_learner_said_stands_beside_the_verdict(claim: Claim) -> None:
    assert claim.run().headline == "You have not judged yet. The run says: true."
    claim.judge("false")
    assert "You said: false." in str(claim)
    assert claim.run().headline == "≠ You said false; the run says: true."
    claim.judge("true")
    assert claim.run().headline == "✓ You said true, and so does the run."
    claim.judge(None)
    assert claim.run().judged is None


def test_an_answer_that_is_none_of_the_four_is_refused(claim: Claim) -> None:
    with pytest.raises(ValueError, match="'maybe' is none of the answers: 'true', 'half true', 'false'"):
        claim.judge("maybe")
    assert len(CHOICES) == 4


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match=r"There is no claim 'unorderd': did you mean 'unordered'\?"):
        myths("unorderd")
    with pytest.raises(ValueError, match=r"myths\(\) lists all of them"):
        myths("?")


def test_the_list_has_every_claim_and_no_verdict() -> None:
    every = myths()
    assert [each.name for each in every] == NAMES
    assert len(every[:3]) == 3
    assert every[0].name == NAMES[0]
    assert all(myth.claim in str(every) for myth in MYTHS)
    assert not any(myth.truth in str(every) for myth in MYTHS)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *((True, "yes"), (False, "no"), (float("inf"), "never"), (0, "0"), (3.0, "3"), (0.2015, "0.202")),
        *((1006, "1006"), (1006.4, "1006"), (21427, "21,427")),
    ],
)
def test_a_figure_is_written_as_one_reads_it(value: float, words: str) -> None:
    assert short(value) == words


def test_a_chart_in_words_says_what_the_picture_shows() -> None:
    assert Bars("Cost", "bytes", (("frame", 2), ("poll", 330))).text() == "Cost: frame: 2 bytes; poll: 330 bytes"
    assert Curve("Wait", "s", "KiB", (("a", ((0, 1), (1, 3))),)).text() == "Wait (KiB over s): a: at most 3"
    looks = (("good", "kept"), ("bad", "lost"))
    assert Boxes("Lines", looks, (("1", "good"),)).text() == "Lines: kept: 1; lost: none"
    many = tuple((str(n), "good") for n in range(20))
    assert Boxes("Lines", looks, many).text() == "Lines: kept: 20 of 20; lost: none"
    arrows = (Arrow("client", "hi", 0.5, 1.0), Arrow("server", "yes", 1.0, None))
    said = "Talk: client's hi, sent at 0.5 s, arrived at 1 s; server's yes, sent at 1 s, never arrived"
    assert Arrows("Talk", arrows).text() == said


def test_figures_are_read_by_their_kind() -> None:
    arrow = Arrow("client", "hi", 0.0, None)
    figures: Figures = {"count": 3, "name": "one", "times": (1.0, 2.0), "sent": (arrow,)}
    assert number(figures, "count") == 3
    assert series(figures, "times") == (1.0, 2.0)
    assert messages(figures, "sent") == (arrow,)
    assert not series(figures, "count")
    assert not messages(figures, "count")
    with pytest.raises(TypeError, match="'name' is no number: 'one'"):
        number(figures, "name")


def test_the_status_of_a_request_that_nobody_answered_is_0() -> None:
    assert status(play("upgrade-stripped"), 1) == 400
    assert status(play("browser-says-no"), 1) == 0
