"""How a page looks: lanes, arrows, beliefs and ends, at every width, in colour and without."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console, RenderableType
from rich.segment import Segment

from wslab.cli.play.view import NARROW, WIDEST, PlayView, table
from wslab.explain import KINDS
from wslab.lab import Lab
from wslab.scenarios import SCENARIOS, delay, play, scenarios
from wslab.scenarios.explanation import PlayedRun
from wslab.scenarios.outcomes import outcomes
from wslab.scenarios.player import Call, PlayedTape
from wslab.tape.entry import LOST


def scenes_of(tape: PlayedTape, name: str = "half-open", *, dark: bool = True, **look: Any) -> PlayView:
    return PlayView(SCENARIOS[name], {}, tape, dark=dark, **look)


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)


def lines_of(shown: RenderableType, width: int = 80) -> list[str]:
    console = terminal(width)
    with console.capture() as told:
        console.print(shown)
    return [line.rstrip() for line in console.render_str(told.get()).plain.splitlines()]


def plain(shown: RenderableType, width: int = 80) -> str:
    """Its words, however they are broken into lines."""
    return " ".join(" ".join(lines_of(shown, width)).split())


def closing_of(view: PlayView, width: int = 80) -> str:
    """What stands behind the steps."""
    return " ".join(plain(view.page(number), width) for number in range(view.steps + 1, view.last + 1))


def segments_of(shown: RenderableType) -> list[Segment]:
    return [each for each in terminal(80).render(shown) if each.text.strip()]


def styled(shown: RenderableType, words: str) -> list[Any]:
    """The styles of what says exactly this."""
    return [each.style for each in segments_of(shown) if each.text.strip() == words]


# --- width ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [30, 40, 60, NARROW - 1, NARROW, 80, 120, 200])
@pytest.mark.parametrize("name", ["half-open", "split-character", "partition", "deflate-bomb", "clean-close"])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(name: str, width: int) -> None:
    tape = play(name)
    view = scenes_of(tape, name)
    lines = [line for page in view for line in lines_of(page, width)]
    assert max(map(len, lines)) <= min(width, WIDEST)
    for number, entry in enumerate(tape, 1):
        assert "".join(entry.sentence.split()) in "".join(_middle(lines_of(view.page(number), width), width).split())
    closing = closing_of(view, width)
    for words in (*dict(tape.explanation.parts).values(), SCENARIOS[name].fixed):
        assert "".join(words.split()) in "".join(closing.split())


def _middle(lines: list[str], width: int) -> str:
    """What stands between the lanes, or where there is none, below them."""
    if width < NARROW:
        return " ".join(lines)
    return " ".join(line[25 : min(width, WIDEST) - 15] for line in lines)


def arrow_of(page: RenderableType) -> str:
    """What is drawn between the lanes, in the row of the step's number."""
    return _middle([line for line in lines_of(page) if line[:10].strip()][:1], 80).strip()


def test_a_number_of_many_digits_has_the_room_that_it_needs() -> None:
    tape = play("herd", clients=1000, watched=0.3)
    view = scenes_of(tape, "herd")
    last = max(range(len(tape)), key=lambda step: (tape[step].connection, step))
    assert len(tape) > 1000
    assert lines_of(view.page(last + 1))[0].startswith(f"#{tape[last].connection}  {last} ")
    notes = [entry.number for entry in tape if not entry.connection]
    assert lines_of(view.page(notes[0] + 1))[0].split()[0] == str(notes[0])


# --- arrows -----------------------------------------------------------------------------------------


def test_an_arrow_goes_from_the_sender_to_the_other_and_says_its_kind() -> None:
    tape = play("clean-close")
    view = scenes_of(tape)
    for number, entry in enumerate(tape, 1):
        arrow = arrow_of(view.page(number))
        mark = KINDS[entry.kind].mark
        ends = (arrow[0], arrow[-1])
        assert ends == ((mark, "▶") if entry.sender == "client" else ("◀", mark))


def test_what_is_lost_ends_in_a_cross_and_has_no_head() -> None:
    tape = play("half-open")
    view = scenes_of(tape)
    lost = [number for number, entry in enumerate(tape, 1) if entry.fate == LOST]
    assert len(lost) == 3
    for number in lost:
        arrow = arrow_of(view.page(number))
        assert ("╳" in arrow, "▶" in arrow, "◀" in arrow) == (True, False, False)


def test_what_nobody_sent_is_a_mark_where_it_happened() -> None:
    tape = play("half-open")
    at = next(number for number, entry in enumerate(tape, 1) if entry.sender == "wire")
    assert arrow_of(scenes_of(tape).page(at)) == KINDS["fault"].mark


@pytest.mark.parametrize("dark", [True, False])
def test_colours_are_those_of_the_kind_on_dark_and_on_light_paper(dark: bool) -> None:
    tape = play("clean-close")
    view = scenes_of(tape, dark=dark)
    for number, entry in enumerate(tape, 1):
        colours = {each.style.color.name for each in segments_of(view.page(number)) if each.style and each.style.color}
        kind = KINDS[entry.kind]
        assert colours == {kind.dark if dark else kind.light}


def test_lines_tell_the_kinds_apart_without_colour() -> None:
    tape = play("half-open")
    strokes = {entry.kind: arrow_of(scenes_of(tape).page(number)) for number, entry in enumerate(tape, 1)}
    assert ("━" in strokes["text"], "┄" in strokes["ping"], "╌" in strokes["tcp"]) == (True, True, True)


# --- beliefs ----------------------------------------------------------------------------------------


def test_a_new_belief_stands_out_and_one_that_stays_is_quiet() -> None:
    view = scenes_of(play("clean-close"))
    assert [style.reverse for style in styled(view.page(3), "OPEN")] == [True, True]
    assert [(style.reverse, style.dim) for style in styled(view.page(4), "OPEN")] == [(None, True)] * 2


def test_a_belief_that_is_no_longer_true_has_a_dashed_edge_and_the_word_believes() -> None:
    tape = play("half-open")
    view = scenes_of(tape)
    cut = next(entry.number for entry in tape if entry.cuts)
    for number in range(len(tape)):
        lines = lines_of(view.page(number + 1))
        dashed = sum(line.count("╎OPEN╎") for line in lines)
        assert dashed == sum(line.count("believes") for line in lines)
        assert dashed == (0 if number < cut else 1 if number == len(tape) - 1 else 2)


def test_a_note_or_one_silent_direction_makes_no_belief_untrue() -> None:
    tape = play("close-answer-lost")
    one_way = next(number for number, entry in enumerate(tape, 1) if "one way" in entry.sentence)
    assert "╎" not in "".join(lines_of(scenes_of(tape).page(one_way)))


def test_each_connection_has_beliefs_of_its_own() -> None:
    tape = play("partition")
    view = scenes_of(tape, "partition")
    cut = next(entry for entry in tape if entry.cuts)
    after = [entry for entry in tape if entry.number > cut.number]
    on_it = [entry.number for entry in after if entry.connection == cut.connection and entry.client == cut.client]
    elsewhere = [entry.number for entry in after if entry.connection != cut.connection]
    assert on_it
    assert all("╎" in "".join(lines_of(view.page(number + 1))) for number in on_it[:2])
    assert not any("╎" in "".join(lines_of(view.page(number + 1))) for number in elsewhere[:4])


# --- time -------------------------------------------------------------------------------------------


def test_a_long_time_in_which_nothing_happens_is_told_before_the_step_that_ends_it() -> None:
    view = scenes_of(play("half-open"))
    assert lines_of(view.page(9))[0].strip() == "· · ·  nothing for 10.0 s"
    assert not any("nothing for" in line for number in range(1, 6) for line in lines_of(view.page(number)))


def test_a_way_that_takes_long_is_told_and_an_ordinary_one_is_not() -> None:
    assert "Arrives after" not in plain(scenes_of(play("clean-close")).page(4))
    assert "Arrives after 3.00" in plain(scenes_of(play("clean-close", do={3: delay(3)})).page(4))


# --- beginning and end --------------------------------------------------------------------------------


def test_the_opening_asks_and_does_not_tell() -> None:
    scenario = SCENARIOS["half-open"]
    opening = plain(PlayView(scenario, {"timeout": 3.0}, play("half-open"), dark=True, remarks=["seed 7"]).page(0))
    for words in ("half-open Endings seed 7", scenario.sentence, f"? {scenario.question}", "timeout = 3.0"):
        assert words in opening
    assert all(text not in opening for _, text in play("half-open").explanation.parts)


def test_the_closing_says_what_both_believe_and_why_and_how_to_fix_it() -> None:
    view = scenes_of(play("half-open"))
    closing = closing_of(view)
    assert "the client believes CLOSED 1006: no Close came" in closing
    assert "the server believes OPEN" in closing
    assert "wslab play half-open --fixed" in closing


def test_fixed_the_title_says_so_and_the_end_does_not_ask_for_it_again() -> None:
    view = scenes_of(play("half-open", fixed=True), fixed=True)
    assert "half-open Endings fixed" in plain(view.page(0))
    assert "--fixed" not in closing_of(view)


def test_of_many_connections_those_that_end_alike_are_counted() -> None:
    tape = play("herd")
    closing = closing_of(scenes_of(tape, "herd"), 120)
    total = len(tape.connection_numbers)
    for end in outcomes(tape):
        assert f"{len(end.connections):,} of {total:,} connections: the client believes {end.client}" in closing
    assert sum(len(end.connections) for end in outcomes(tape)) == total


def test_where_no_connection_began_the_end_says_so() -> None:
    empty = PlayedRun({}, Lab(clock="virtual").tape, TimeoutError("Nobody came."))
    nothing = PlayedTape.of(SCENARIOS["half-open"], empty, empty.tape, Call("half-open"))
    assert "No connection began: neither side believes anything." in closing_of(scenes_of(nothing))


# --- the list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 120])
def test_the_list_has_every_scenario_with_its_sentence_under_its_group(width: int) -> None:
    lines = lines_of(table(SCENARIOS.values()), width)
    told = " ".join(" ".join(lines).split())
    names = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert [name for name in names if name in SCENARIOS] == list(SCENARIOS)
    for group in {each.group for each in scenarios()}:
        assert group in lines
    assert all(each.sentence.split()[0] in told for each in scenarios())
