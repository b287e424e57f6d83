"""The map as SVG, HTML and text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from htpy import Node

from tests.widgets.helpers import look
from wslab.protocol.codes import Role
from wslab.protocol.states import TRANSITIONS, State
from wslab.scenarios import play
from wslab.widgets.page import html_of
from wslab.widgets.state_map.picture import EXPLAINED, regions, text
from wslab.widgets.state_map.state import StateMapState, moves_of

MOVES = moves_of(play("clean-close").entries(1), Role.SERVER)


def lit(step: int) -> list[str]:
    """The words of the box that is lit at a step."""
    state = StateMapState(Role.SERVER, MOVES, step)
    html = html_of(regions(state, range(step, step + 1))["picture"])
    return re.findall(r'wsl-smap-now">.*?<text[^>]*>([^<]*)</text>', html)


def test_every_row_of_the_table_is_explained() -> None:
    assert set(EXPLAINED) == set(TRANSITIONS)


def test_one_box_is_lit_at_each_step_and_it_is_what_the_side_believes() -> None:
    for step, move in enumerate(MOVES):
        assert lit(step) == ([] if move.after is None else [str(move.after)])


def test_without_a_tape_nothing_is_lit_and_there_is_nothing_to_step() -> None:
    shown = regions(StateMapState(Role.CLIENT), range(1))
    assert "wsl-smap-now" not in html_of(shown["picture"])
    assert not shown["controls"]
    assert not shown["caption"]


def test_a_chosen_arrow_is_explained_with_its_sections() -> None:
    shown = look(regions(StateMapState(Role.CLIENT, selected="open-closing"), range(1))["details"]).text
    assert "OPEN → CLOSING" in shown
    for section in ("§7.1.3", "§7.1.7"):
        assert section in shown


def test_each_side_has_the_section_that_says_when_it_is_open() -> None:
    assert "§4.2.2" not in text(StateMapState(Role.CLIENT))
    assert "§4.1" not in text(StateMapState(Role.SERVER))
    for role, section in ((Role.CLIENT, "§4.1"), (Role.SERVER, "§4.2.2")):
        shown = look(everything(regions(StateMapState(role, selected="connecting-open"), range(1)))).text
        assert f"from now on frames travel. {section}" in shown
        assert f"Messages may travel. {section}" in shown
        assert "TCP ends before the handshake is done. §7.1.4" in text(StateMapState(role))
        assert f"States of the {role.value} ({section}, " in text(StateMapState(role))


def everything(shown: Mapping[str, Node]) -> str:
    return "".join(map(html_of, shown.values()))


def test_the_text_form_has_every_row_and_what_the_side_believes() -> None:
    lines = text(StateMapState(Role.SERVER, MOVES, len(MOVES) - 1)).splitlines()
    assert len(lines) == len(TRANSITIONS) + 2 + 4  # the title, the sentence of the step, and four steps that moved it
    assert State.CLOSED.value in lines[-1]
