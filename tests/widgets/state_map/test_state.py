"""The map is the protocol's own table, its labels have room, and a tape's steps move along its arrows."""

from __future__ import annotations

from itertools import combinations

import pytest

from wslab.protocol.codes import Role
from wslab.protocol.states import TRANSITIONS, State
from wslab.scenarios import SCENARIOS, play
from wslab.widgets.state_map.state import ARROWS, BOXES, HEIGHT, WIDTH, arrow_name, moves_of

VIRTUAL = [name for name, each in SCENARIOS.items() if each.clock == "virtual"]
NAMES = {arrow_name(each.before, each.then) for each in ARROWS}


def test_the_arrows_are_the_rows_of_the_table_and_no_others() -> None:
    drawn = {(each.before, happening): each.then for each in ARROWS for happening in each.happenings}
    assert drawn == TRANSITIONS


def test_every_state_has_a_box_inside_the_picture() -> None:
    assert set(BOXES) == set(State)
    for box in BOXES.values():
        assert 0 <= box.x <= WIDTH - box.width
        assert 0 <= box.y <= HEIGHT - box.height


def test_no_label_meets_a_box_another_label_or_the_edge() -> None:
    spans = [span for arrow in ARROWS for span in arrow.label.spans]
    boxes = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in BOXES.values()]
    for left, top, right, bottom in spans:
        assert 0 <= left < right <= WIDTH
        assert 0 <= top < bottom <= HEIGHT
    for one, other in [*combinations(spans, 2), *((span, box) for span in spans for box in boxes)]:
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", VIRTUAL)
def test_every_move_of_every_scenario_is_an_arrow_of_the_map(name: str, role: Role) -> None:
    tape = play(name)
    for number in tape.connection_numbers[:3]:
        for move in moves_of(tape.entries(number), role):
            assert move.arrow in NAMES | {""}


def test_a_clean_close_goes_along_three_arrows() -> None:
    moves = moves_of(play("clean-close").entries(1), Role.CLIENT)
    assert [move.arrow for move in moves if move.arrow] == ["connecting-open", "open-closing", "closing-closed"]


def test_a_cut_goes_straight_from_open_to_closed() -> None:
    moves = moves_of(play("cut").entries(1), Role.CLIENT)
    assert [move.arrow for move in moves if move.arrow] == ["connecting-open", "open-closed"]
