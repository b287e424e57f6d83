"""Six tints: ink is read on each, each edge is seen on the paper, and the key is a middle one."""

from __future__ import annotations

import pytest

from wslab.explain.anatomy import anatomy
from wslab.explain.kinds import TINTS, Tint, tint_of
from wslab.protocol import Role

LIGHT, DARK = ("#ffffff", "#1c1c1c"), ("#111111", "#f0f0f0")  # paper and ink


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tint", TINTS.values(), ids=list(TINTS))
def test_ink_is_read_on_it_and_its_edge_is_seen(tint: Tint) -> None:
    for (paper, ink), fill, edge in ((LIGHT, tint.fill, tint.edge), (DARK, tint.dark_fill, tint.dark_edge)):
        assert contrast(ink, fill) >= 6
        assert contrast(edge, paper) >= 5


def test_the_key_is_neither_the_brightest_nor_the_darkest() -> None:
    for shade in ("fill", "dark_fill"):
        fills = sorted(TINTS.values(), key=lambda tint: luminance(getattr(tint, shade)))
        assert TINTS["key"] not in (fills[0], fills[-1])


def test_opcode_and_length_differ_in_the_dark() -> None:
    assert contrast(TINTS["opcode"].dark_fill, TINTS["length"].dark_fill) >= 1.05


def test_every_field_of_a_frame_has_one() -> None:
    frames = "818537fa213d7f9f4d515888823d37fa2104df81fe0080"
    fields = anatomy(bytes.fromhex(frames), Role.SERVER).fields
    assert {tint_of(field.name).id for field in fields} == set(TINTS)
