"""What a claim's figures look like, as data: four kinds of chart, which the widgets draw and a text can tell.

- `Bars`: a number for each name.
- `Curve`: one line or several, over an axis.
- `Boxes`: a row of small things, each with its name and its look; the looks have a meaning in words.
- `Arrows`: messages between the two sides over time.

Left out: how they are drawn (`wslab.widgets.claim`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

__all__ = ["Arrow", "Arrows", "Bars", "Boxes", "Chart", "Curve", "short"]


@dataclass(frozen=True, slots=True)
class Bars:
    """A number for each name, in `unit`."""

    title: str
    unit: str
    rows: tuple[tuple[str, float], ...]

    def text(self) -> str:
        """The chart in words."""
        return f"{self.title}: " + "; ".join(f"{name}: {short(value)} {self.unit}".strip() for name, value in self.rows)


@dataclass(frozen=True, slots=True)
class Curve:
    """Lines over an axis; each has a name and its points, `x` and `y` are what the axes count."""

    title: str
    x: str
    y: str
    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]

    def text(self) -> str:
        """The chart in words: where each line ends, and its highest point."""
        return f"{self.title} ({self.y} over {self.x}): " + "; ".join(
            f"{name}: at most {short(max((y for _, y in points), default=0))}" for name, points in self.lines
        )


@dataclass(frozen=True, slots=True)
class Boxes:
    """A row of boxes. Each has a label and one of the `looks`, which are `good`, `bad` and `other` with their words."""

    title: str
    looks: tuple[tuple[str, str], ...]
    boxes: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """The chart in words: each look with the boxes that have it."""
        told = []
        for look, words in self.looks:
            labels = [label for label, own in self.boxes if own == look]
            named = ", ".join(labels) if len(labels) <= 16 else f"{len(labels)} of {len(self.boxes)}"
            told.append(f"{words}: {named or 'none'}")
        return f"{self.title}: {'; '.join(told)}"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message of `sender`, sent and arrived at so many seconds; None where it never arrived."""

    sender: str
    label: str
    sent: float
    arrived: float | None

    def text(self) -> str:
        """The arrow in words."""
        end = "never arrived" if self.arrived is None else f"arrived at {short(self.arrived)} s"
        return f"{self.sender}'s {self.label}, sent at {short(self.sent)} s, {end}"


@dataclass(frozen=True, slots=True)
class Arrows:
    """Messages between client and server, in the order of their departure."""

    title: str
    arrows: tuple[Arrow, ...]

    def text(self) -> str:
        """The chart in words."""
        return f"{self.title}: {'; '.join(arrow.text() for arrow in self.arrows)}"


Chart = Bars | Curve | Boxes | Arrows


def short(value: float) -> str:
    """A number with as many digits as one reads; yes or no of a truth value, never of infinity."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == inf:
        return "never"
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
