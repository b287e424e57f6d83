"""One table of kinds: readable on light and on dark paper, never told by colour alone."""

from __future__ import annotations

import pytest

from wslab.explain.kinds import KINDS, TINTS, Kind, kind_of_opcode

WHITE, BLACK = "#ffffff", "#111111"


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_a_kind_reads_as_text_on_light_and_on_dark_paper(kind: Kind) -> None:
    assert contrast(kind.light, WHITE) >= 4.5
    assert contrast(kind.light, "#f5f5f5") >= 4.5  # our panels
    assert contrast(kind.dark, BLACK) >= 4.5
    assert contrast(kind.dark, "#212121") >= 4.5


@pytest.mark.parametrize("attribute", ["mark", "name", "light", "dark"])
def test_no_two_kinds_share_a(attribute: str) -> None:
    values = [getattr(kind, attribute) for kind in KINDS.values()]
    assert len(set(values)) == len(values)


def test_no_two_kinds_of_frame_share_a_line() -> None:
    frames = [KINDS[name] for name in ("text", "binary", "continuation", "ping", "pong", "close")]
    assert len({kind.dash for kind in frames}) == len(frames)


@pytest.mark.parametrize(
    ("opcode", "kind"), [(0, "continuation"), (1, "text"), (2, "binary"), (8, "close"), (9, "ping"), (10, "pong")]
)
def test_each_opcode_in_use_has_its_kind(opcode: int, kind: str) -> None:
    assert kind_of_opcode(opcode).id == kind


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_a_reserved_opcode_is_a_fault(opcode: int) -> None:
    assert kind_of_opcode(opcode) is KINDS["fault"]


def test_a_kind_names_its_css_colour() -> None:
    assert KINDS["ping"].css == "var(--wsl-ping)"


@pytest.mark.parametrize("one", ["fill", "dark_fill"])
def test_a_key_is_told_from_its_length_in_grey(one: str) -> None:
    assert contrast(getattr(TINTS["key"], one), getattr(TINTS["length"], one)) >= 1.25


def test_on_dark_paper_opcode_and_length_are_not_equally_dark() -> None:
    """Before, 1.2:1: their edges alone told them apart."""
    opcode, length, flags = (TINTS[name].dark_fill for name in ("opcode", "length", "flags"))
    assert contrast(opcode, length) >= 1.45
    assert contrast(opcode, flags) >= 1.4
