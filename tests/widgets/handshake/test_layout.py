"""Where the handshake's rows, boxes and lines stand: nothing overlaps, and the sign reads like an equation."""

from __future__ import annotations

from itertools import pairwise

import pytest

from wslab.protocol import Role
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.exchange import Exchange
from wslab.widgets.handshake.layout import BOXES, CHECKS, COLUMNS, HEIGHT, ROW, VALUE, Places, head_rows
from wslab.widgets.handshake.state import HandshakeState


def rows_of(state: HandshakeState, side: Role) -> list[str]:
    return [row.text for row in head_rows(state.request_lines if side is Role.CLIENT else state.response_lines, side)]


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_no_row_is_wider_than_its_column(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    for side in Role:
        assert max(map(len, rows_of(state, side))) <= COLUMNS[side]


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_both_columns_fit_beside_the_boxes(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    assert len(rows_of(state, Role.CLIENT)) * ROW + CHECKS <= HEIGHT + 4
    assert Places.of(state).response + len(rows_of(state, Role.SERVER)) * ROW <= HEIGHT + 2 * ROW


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_the_response_never_meets_the_server_s_checks(name: str) -> None:
    assert Places.of(HandshakeState(Exchange(broken=name))).response >= CHECKS


def test_the_accept_value_stands_at_the_height_of_base64() -> None:
    state = HandshakeState(Exchange())
    place = rows_of(state, Role.SERVER).index("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert Places.of(state).response + place * ROW + ROW // 2 == VALUE
    top, height = BOXES["base64"]
    assert top < VALUE < top + height


def test_the_line_leaves_from_the_key() -> None:
    state = HandshakeState(Exchange())
    place = rows_of(state, Role.CLIENT).index("dGhlIHNhbXBsZSBub25jZQ==")
    assert Places.of(state).key == place * ROW + ROW // 2
    assert Places.of(HandshakeState(Exchange(broken="request-tls"))).key is None


def test_boxes_stand_below_one_another_with_room_for_an_arrow() -> None:
    assert all(below[0] - (top + height) == 16 for (top, height), below in pairwise(BOXES.values()))


def test_what_is_too_long_is_cut_in_the_middle() -> None:
    state = HandshakeState(Exchange(path="/" + "x" * 80 + "/end"))
    assert any("…" in row for row in rows_of(state, Role.CLIENT))
