"""Where a frame's bytes and names stand: every byte once, in rows of 32 bits, and never higher than there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.explain.anatomy import Part, anatomy
from wslab.protocol import Frame, Role
from wslab.widgets.frame_layout import FOOT, MOST_HEIGHT, FrameLayout

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
KEY = HELLO[2:6]
LONG_FORM = bytes.fromhex("81ff0000000000000080") + KEY + bytes(128)  # a length in 64 bits


def part_of(data: bytes, role: Role = Role.SERVER) -> Part:
    return anatomy(data, role).parts[0]


@given(st.binary(min_size=1, max_size=400), st.sampled_from(Role))
def test_every_drawn_byte_has_one_place_in_both_layouts(data: bytes, role: Role) -> None:
    layout = FrameLayout.of(part_of(data, role))
    for rows in (layout.wide, layout.narrow):
        assert [index for row in rows for index in row.bytes] == list(layout.drawn)
    assert len(layout.drawn) + layout.left_out == part_of(data, role).end // 8
    assert layout.left_out != 1  # its place would show it as well


@given(st.binary(min_size=1, max_size=400), st.sampled_from(Role))
def test_the_rows_are_never_higher_than_there_is_room(data: bytes, role: Role) -> None:
    layout = FrameLayout.of(part_of(data, role))
    with_rest = FrameLayout(layout.part, layout.count + 1) if layout.left_out else layout
    dense = len(layout.header) > 8
    assert with_rest.height <= MOST_HEIGHT + (16 if dense else 0)


def test_hello_fits_whole() -> None:
    layout = FrameLayout.of(part_of(HELLO))
    assert [row.height for row in layout.wide] == [96, 96, 68]
    assert [[name.text for name in row.names] for row in layout.wide] == [
        ["FIN", "RSV1–3", "opcode", "MASK", "Payload len", "Masking-key"],
        ["Masking-key (continued)", "Payload data"],
        [],
    ]
    assert [list(row.bytes) for row in layout.narrow] == [[0, 1], [2, 3], [4, 5], [6, 7, 8, 9], [10]]


def test_a_name_is_as_wide_as_its_bits() -> None:
    wide, narrow = FrameLayout.of(part_of(HELLO)).wide, FrameLayout.of(part_of(HELLO)).narrow
    assert [(name.bit, name.size) for name in wide[0].names] == [(0, 1), (1, 3), (4, 4), (0, 1), (1, 7), (0, 16)]
    assert [name.size for name in wide[1].names] == [16, 16]
    assert [name.size for name in narrow[3].names] == [16]  # four payload bytes of four bits each


@pytest.mark.parametrize(
    ("data", "name"), [("c18537fa213d", "× RSV1"), ("a18537fa213d", "× RSV2"), ("838537fa213d", "× opcode")]
)
def test_an_illegal_field_is_named(data: str, name: str) -> None:
    (row, *_) = FrameLayout.of(part_of(bytes.fromhex(data))).wide
    assert name in [each.text for each in row.names]


def test_a_row_in_which_a_field_only_goes_on_has_no_names() -> None:
    layout = FrameLayout.of(part_of(LONG_FORM))
    assert [len(row.names) > 0 for row in layout.wide] == [True, False, True, True]


def test_key_bytes_are_numbered_where_there_is_room() -> None:
    short, long = FrameLayout.of(part_of(HELLO)), FrameLayout.of(part_of(LONG_FORM))
    assert [row.lines[3] == FOOT for row in short.wide] == [True, True, False]
    assert [row.lines[3] == FOOT for row in long.wide] == [True, False, False, False]


def test_unmasked_rows_are_low() -> None:
    layout = FrameLayout.of(part_of(Frame.text("Hello, world").serialize(), Role.CLIENT))
    assert [row.height for row in layout.wide] == [96, 44, 44, 44]
