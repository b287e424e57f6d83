"""BreakIt as a widget: what the page asks for, what Python can do, and the peers that it runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npm import WS, npm_package
from tests.widgets.helpers import press, shown
from wslab import BreakIt
from wslab.course.peers.changes import Change
from wslab.course.peers.find import Peers
from wslab.course.peers.in_wslab import InWslab
from wslab.course.peers.words import SIGNS, peer_line


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> BreakIt:
    """With the one peer that needs no time."""
    monkeypatch.setattr("wslab.widgets.break_it.widget.find_peers", lambda ws: Peers((InWslab(),)))
    return BreakIt(seed=7)


def test_the_first_frame_is_opened_first(view: BreakIt) -> None:
    assert (view.step, view.last) == (2, 5)
    assert "All of this is legal" in shown(view)


def test_the_page_flips_guesses_and_runs(view: BreakIt) -> None:
    press(view, "pick", "3:5")
    press(view, "flip", "3:47")
    assert (view.state.change, view.step) == (Change(3, 5, 0xAA), 3)
    press(view, "guess", "reads something else")
    press(view, "judge")
    assert "The client accepts it, but reads the text “Zoê?” instead of the text “Zoë?”." in shown(view)
    assert "score 1 of 1" in shown(view)


def test_it_runs_without_a_guess(view: BreakIt) -> None:
    press(view, "flip", "2:8")
    assert "Run it without a guess" in shown(view)
    press(view, "judge")
    assert "no guess" in shown(view)
    assert view.state.of == 0


def test_how_it_refuses_and_why_are_guessed_too(view: BreakIt) -> None:
    press(view, "flip", "2:8")
    press(view, "guess", "refuses")
    press(view, "answer", value="Close 1002")
    press(view, "rule", value="client-masks")
    press(view, "judge")
    assert "score 3 of 3" in shown(view)


def test_a_typed_byte_undo_and_the_way_back(view: BreakIt) -> None:
    press(view, "byte", "2:0", "01")
    changes = [view.state.change]
    press(view, "byte", "2:0", "zz")
    assert "no hex digit" in shown(view)
    for do, arg in (("undo", ""), ("flip", "2:8"), ("reset", "")):
        press(view, do, arg)
        changes.append(view.state.change)
    assert changes == [Change(2, 0, 1), None, Change(2, 1, 5), None]


def test_a_surprise_opens_its_place_and_shows_seed_and_number(view: BreakIt) -> None:
    for number in (1, 2):
        press(view, "surprise")
        assert view.state.change is not None
        assert view.step == view.state.change.place
        assert f"surprise {number}" in shown(view)
    again = BreakIt(seed=7)
    again.surprise()
    again.surprise()
    assert again.state.change == view.state.change
    press(view, "seed", value="8")
    assert (view.seed, view.state.drawn) == (8, 0)
    press(view, "seed", value="x")
    assert "whole number" in view.regions["error"]


def test_another_exchange_begins_anew_and_keeps_the_score(view: BreakIt) -> None:
    view.flip(2, 8)
    view.guess("refuses")
    view.judge()
    press(view, "exchange", value="close")
    assert (view.exchange, view.last, view.state.change) == ("close", 4, None)
    assert "score 1 of 1" in shown(view)
    view.exchange = "ping"
    assert "Ping “hi?”" in shown(view)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda view: BreakIt("txt"), "There is no exchange 'txt'"),
        (lambda view: setattr(view, "exchange", "txt"), "There is no exchange 'txt'"),
        (lambda view: view.flip(9, 0), "no byte 0 at place 9"),
        (lambda view: view.flip(2, 88), "no byte 11 at place 2"),
        (lambda view: view.type_byte(2, 0, 256), "0 to 255"),
        (lambda view: view.judge(), "Nothing is changed yet"),
        (lambda view: view.guess("maybe"), "maybe"),
    ],
)
def test_what_cannot_be_is_refused_in_words(view: BreakIt, wrong: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong(view)


def test_a_verdict_is_run_once_and_kept(view: BreakIt) -> None:
    view.flip(2, 8)
    assert view.judge() is view.judge()


def test_it_starts_no_program_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(ws: object) -> Peers:
        raise AssertionError("the peers were looked for")

    monkeypatch.setattr("wslab.widgets.break_it.widget.find_peers", never)
    view = BreakIt()
    view.surprise()
    assert view.html()
    assert view.text()


def test_what_is_shown_of_each_peer_is_what_it_did() -> None:
    view = BreakIt("close", seed=7, ws=npm_package(WS))
    for _ in range(30):
        view.surprise()
        told = view.judge()
        assert [verdict.peer for verdict in told.verdicts] == ["wslab", "websockets", "wsproto", "ws"]
        assert told.missing == ()
        seen, plain = shown(view), view.text()
        for verdict in told.verdicts:
            line = " ".join(f"{verdict.peer} {verdict.version}{SIGNS[verdict.outcome]} {peer_line(verdict)}".split())
            assert line in seen
            name = f"{verdict.peer} {verdict.version}".strip()
            assert f"{SIGNS[verdict.outcome]} {name}: {peer_line(verdict)}" in plain
