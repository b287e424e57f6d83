"""Where things stand on the wire: they do not meet, and stay on it, at the widths that people have."""

from __future__ import annotations

from itertools import combinations

import pytest

from wslab.protocol import Role
from wslab.widgets.link_panel.places import HEIGHT, TOPS, Box, boxes, place_held

WIDTHS = {569: (1, 224.0), 853: (2, 492.0), 1105: (3, 744.0)}
"""Of a view: the timeline's width of the wire whose tags it shows, and its own."""

WORDS = [
    ("“sell 40”", ""),
    ("“a message that is so long that it is cut”", "“a message that is so l…", "“a message…", ""),
    ("101 Switching Protocols", "101", ""),
]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("signs", [0, 2, 9])
def test_nothing_meets_and_nothing_leaves_the_wire(width: int, words: tuple[str, ...], signs: int) -> None:
    tags, wire = WIDTHS[width]
    found = {role: place_held(role, words, 1234) for role in Role}
    here: list[Box] = [
        box for role in Role for box in boxes(role, found[role], tags, wire, "held since 4 min 5 s, 9 behind", signs)
    ]
    shown = [box for box in here if box.right > box.left]
    assert [(one.name, two.name) for one, two in combinations(shown, 2) if one.meets(two)] == []
    assert [box for box in shown if box.left < 0 or box.right > wire or box.top < 0 or box.bottom > HEIGHT] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("role", Role)
def test_what_waits_before_a_silence_stands_before_it(width: int, role: Role) -> None:
    tags, wire = WIDTHS[width]
    placed = {box.name: box for box in boxes(role, place_held(role, ("“hi”", ""), 7, dead=True), tags, wire, "", 0)}
    begins = 0.38 * wire
    bead = placed["bead"]
    assert (bead.right if role is Role.CLIENT else wire - bead.left) < begins
    assert not placed["tag"].meets(bead)


def test_the_tag_of_each_width_is_of_the_sender() -> None:
    for role in Role:
        found = place_held(role, ("“hi”", ""), 7)
        assert all(abs(tag.x - (role is Role.SERVER)) < 0.6 for tag in found.tags)
        assert {tag.y for tag in found.tags} == {TOPS[role]}
        assert all(tag.free for tag in found.tags)
