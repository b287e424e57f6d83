"""An explanation fits the run that it explains: its parameters, its outcome, and its early end."""

from __future__ import annotations

import pytest

from wslab.lab import Lab
from wslab.scenarios import drop, play
from wslab.scenarios.explanation import Explanation, PlayedRun, explain


def run_of(name: str, **parameters: object) -> PlayedRun:
    return play(name, **parameters).run  # type: ignore[arg-type]


def test_what_both_sides_believe_and_the_parameters_are_filled_in_from_the_run() -> None:
    made = Explanation(
        "It took {patience} s.", "{{}}", "{client}, {server}, {client2}.", "ping_interval={ping_interval}"
    )
    filled = explain(made, run_of("half-open", patience=3.0))
    assert filled == Explanation("It took 3 s.", "{}", "CLOSED 1006, OPEN, nothing.", "ping_interval=None")


def test_a_function_chooses_by_the_parameters_and_the_outcome_of_the_run() -> None:
    def choose(run: PlayedRun) -> Explanation:
        codes = run.code("client"), run.code("server"), run.code("server", 2)
        return Explanation(str(run["how"]), f"{codes}", f"{run.client()}", f"{run.server(2)}")

    assert explain(choose, run_of("cut")) == Explanation("rst", "(1006, 1006, None)", "CLOSED 1006", "None")
    assert explain(choose, run_of("cut", how="close")) == Explanation(
        "close", "(1001, 1001, None)", "CLOSED 1001", "None"
    )


def test_a_placeholder_that_the_run_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="patience"):
        explain(Explanation("{patience}", "", "", ""), run_of("cut"))


def test_a_run_that_ends_before_its_story_is_explained_as_that() -> None:
    tape = play("idle-proxy", idle=0.001)
    what, _, knows, _ = dict(tape.explanation.parts).values()
    assert str(tape.run.ended_early) in what
    assert knows == "The client of connection 1 believes CLOSED; the server of connection 1 believes CLOSED."


def test_where_no_connection_began_an_early_end_says_so() -> None:
    run = PlayedRun({}, Lab(clock="virtual").tape, TimeoutError("Nobody came."))
    assert explain(Explanation("", "", "", ""), run).knows == "No connection began, and no side believes anything."


def test_a_run_with_a_changed_step_is_explained_by_the_run_before_and_says_so() -> None:
    forked = play("cut", do={3: drop})
    assert forked.changed
    assert forked.explanation == play("cut").explanation
    assert not play("cut").changed


def test_in_jupyter_it_shows_its_titles_and_code_and_no_markup_of_others() -> None:
    shown = Explanation("a <b>", "", "", "Write `x=1`.")._repr_html_()
    assert shown == ("<p><b>What happened.</b> a &lt;b&gt;</p><p><b>What to write.</b> Write <code>x=1</code>.</p>")
