"""The parts of an image: SVG elements that carry all their looks in attributes of their own.

GitHub shows a saved notebook without scripts, style sheets, `style`, `class` and `id`, but keeps SVG and its
presentation attributes (`fill`, `stroke`, `font-size`, ...). So an image has nothing else: no CSS, no `url(#...)`, no
`use`, no `marker`, no `pattern`. An arrow's head is a triangle, and hatching is one path of many lines. An image brings
its own white paper, since it cannot know that of the page. Where the tags are taken out too, what is left of it is
words; so each text ends in a space.

Where this is known from: see tests/widgets/README.md, "On GitHub".

Left out: what an image shows, and where (the modules beside this one).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import shorten

import htpy as h
from htpy import Element, Node

__all__ = [
    "EDGE",
    "INK",
    "PALE",
    "PAPER",
    "QUIET",
    "STRONG",
    "circle",
    "hatch",
    "head",
    "image",
    "line",
    "path",
    "rect",
    "words",
]

PAPER, INK, QUIET, STRONG, EDGE, PALE = "#ffffff", "#1c1c1c", "#5c5c5c", "#767676", "#d4d4d4", "#bdbdbd"
"""The colours of light paper; those of kinds and fields are in `explain.kinds`."""

SANS = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
CODE = "ui-monospace, 'SF Mono', Menlo, Consolas, monospace"

_SVG = {name: Element(name) for name in ("rect", "path", "polygon", "circle", "text")}


def image(width: float, height: float, name: str, parts: Iterable[Node]) -> Node:
    """A whole image on white paper; `name` is what a screen reader says of it."""
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    return h.svg(size, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=name)[
        rect(0, 0, width, height, fill=PAPER), parts
    ]


def rect(
    x: float, y: float, width: float, height: float, *, fill: str = "none", edge: str = "none", thick: float = 1,
    dash: str = "", round_: float = 0,
) -> Node:  # fmt: skip
    """A rectangle."""
    place = {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height), "rx": _n(round_) if round_ else None}
    return _SVG["rect"]({**place, "fill": fill, **_stroke(edge, thick, dash)})


def line(*points: tuple[float, float], ink: str = INK, thick: float = 1.5, dash: str = "") -> Node:
    """A line through some points."""
    return path("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points), ink=ink, thick=thick, dash=dash)


def path(way: str, *, ink: str = INK, thick: float = 1.5, dash: str = "") -> Node:
    """A way that is not filled, in the words of SVG."""
    return _SVG["path"]({"d": way, "fill": "none", **_stroke(ink, thick, dash)})


def circle(x: float, y: float, radius: float, *, fill: str = INK, edge: str = "none", thick: float = 1) -> Node:
    """A circle."""
    return _SVG["circle"]({"cx": _n(x), "cy": _n(y), "r": _n(radius), "fill": fill, **_stroke(edge, thick, "")})


def head(x: float, y: float, dx: float, dy: float, ink: str = INK) -> Node:
    """The head of an arrow that ends at a point, from the direction `dx, dy` (of length 1)."""
    back = (x - 10 * dx, y - 10 * dy)
    corners = ((x, y), (back[0] - 5 * dy, back[1] + 5 * dx), (back[0] + 5 * dy, back[1] - 5 * dx))
    return _SVG["polygon"](points=" ".join(f"{_n(each)},{_n(other)}" for each, other in corners), fill=ink)


def hatch(x: float, y: float, width: float, height: float, *, ink: str, apart: float = 6, thick: float = 1.5) -> Node:
    """Slanted lines over a rectangle."""
    return path("".join(_slants(x, y, width, height, apart)), ink=ink, thick=thick)


def _slants(x: float, y: float, width: float, height: float, apart: float) -> Iterator[str]:
    for number in range(1, int((width + height) / apart) + 1):
        away = number * apart  # from the upper left corner, along the upper edge and on along the right one
        right, down = min(away, width), max(0.0, away - width)
        left, low = max(0.0, away - height), min(away, height)
        yield f"M{_n(x + right)} {_n(y + down)}L{_n(x + left)} {_n(y + low)}"


def words(
    x: float, y: float, said: str, *, ink: str = INK, size: float = 12, anchor: str = "start", bold: bool = False,
    code: bool = False, most: int = 110,
) -> Node:  # fmt: skip
    """A line of text, at most so many letters; `y` is its baseline, `anchor` is start, middle or end."""
    looks = {"fill": ink, "font-family": CODE if code else SANS, "font-size": _n(size), "text-anchor": anchor}
    return _SVG["text"]({"x": _n(x), "y": _n(y), **looks, "font-weight": "700" if bold else None})[
        shorten(said, most, placeholder=" …") if len(said) > most else said, " "
    ]


def _stroke(ink: str, thick: float, dash: str) -> dict[str, str | None]:
    if ink == "none":
        return {}
    return {"stroke": ink, "stroke-width": _n(thick), "stroke-dasharray": dash or None}


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
