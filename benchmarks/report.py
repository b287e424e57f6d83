"""What a run found, as a table for the terminal, Markdown for the README, and one SVG.

Rules of this module: every target is shown with its ratio, the missed ones too. In the picture a bar is a ratio
on a logarithmic scale, and the mark on it is the target.
"""

from __future__ import annotations

import math
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import htpy
from rich.table import Table

from benchmarks.harness import OURS, Measurement

FOLDER = Path(__file__).parent
BEGIN, END = "<!-- last run: begin -->", "<!-- last run: end -->"
_PEERS = ("websockets", "wsproto", "aiohttp", "picows", "numpy")


class Verdict(NamedTuple):
    """One target and what came of it; `ratio` and `target` are "times better", or bytes where there is no peer."""

    what: str
    against: str
    ratio: float
    target: float
    met: bool


def verdicts(measurements: Iterable[Measurement]) -> Iterator[Verdict]:
    """Every target whose peer was there."""
    for each in measurements:
        for target in each.targets:
            ratio = each.ratio(target)
            if ratio is not None:
                ours = "" if target.mine == OURS else f" ({target.mine.removeprefix(f'{OURS}, ')})"
                yield Verdict(each.name + ours, target.peer, ratio, target.ratio, ratio >= target.ratio)
        if each.limit is not None:
            ratio = each.limit / each.medians[OURS]
            yield Verdict(each.name, f"the limit of {each.limit:g} {each.unit}", ratio, 1.0, ratio >= 1)


def number(value: float) -> str:
    """Three digits that count: `12,300`, `3.45`."""
    digits = 0 if value == 0 or math.isnan(value) else 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def table(measurement: Measurement) -> Table:
    """One measurement for the terminal: the medians, the best first."""
    shown = Table("who", measurement.unit, "wslab is ... times as good", title=measurement.name, title_justify="left")
    best_first = sorted(measurement.medians.items(), key=lambda each: each[1], reverse=measurement.more_is_better)
    for name, median in best_first:
        ours = measurement.medians.get(OURS, math.nan)
        ratio = ours / median if measurement.more_is_better else median / ours
        shown.add_row(name, number(median), "" if math.isnan(ratio) else f"{ratio:.2f}")
    return shown


def write(measurements: list[Measurement]) -> None:
    """Put the run into the README and draw the picture."""
    readme = FOLDER / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    behind = rest.partition(END)[2]
    readme.write_text("\n".join([before + BEGIN, *_markdown(measurements), END]) + behind)
    (FOLDER / "last-run.svg").write_text(f"{draw(list(verdicts(measurements)))}\n")


def _markdown(measurements: list[Measurement]) -> Iterator[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in _PEERS)
    yield f"\n{date.today()}, {platform.system()} {platform.machine()}, Python {sys.version.split()[0]}, {versions}.\n"
    yield "| target | against | times better | wanted | |\n|---|---|---:|---:|---|"
    for each in verdicts(measurements):
        met = "met" if each.met else "missed"
        yield f"| {each.what} | {each.against} | {each.ratio:.2f} | {each.target:.2f} | {met} |"
    yield "\n| what | unit | medians |\n|---|---|---|"
    for measurement in measurements:
        medians = ", ".join(f"{name} {number(median)}" for name, median in measurement.medians.items())
        yield f"| {measurement.name} | {measurement.unit} | {medians} |"
    yield ""


# --- the picture ----------------------------------------------------------------------------------

_ROW, _LEFT, _WIDTH = 22, 560, 330
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .bar { fill: #0969da } .missed { fill: #bc4c00 }
line { stroke: #59636e } .target { stroke: #1f2328; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .bar { fill: #4493f8 } .missed { fill: #db6d28 }
  line { stroke: #9198a1 } .target { stroke: #f0f6fc }
}
"""


_svg, _title, _style, _text, _line, _rect = map(htpy.Element, ("svg", "title", "style", "text", "line", "rect"))


def draw(found: list[Verdict]) -> htpy.Renderable:
    """A bar for each target's ratio, a mark where the target is, and a line at 1: as good as the peer."""
    low, high = 0.25, 2 * max((each.ratio for each in found), default=1.0)

    def x(ratio: float) -> int:
        at = math.log(max(ratio, low) / low) / math.log(high / low)
        return round(_LEFT + _WIDTH * at)

    height = _ROW * (len(found) + 2)
    return _svg(viewBox=f"0 0 {_LEFT + _WIDTH + 60} {height}", role="img", xmlns="http://www.w3.org/2000/svg")[
        _title["wslab against its peers: times better, and the target of each"],
        _style[_STYLE],
        _text(x=x(1), y=_ROW - 6, text_anchor="middle")["1 ×"],
        _line(x1=x(1), x2=x(1), y1=_ROW, y2=height - _ROW),
        [_row(each, _ROW * (at + 1), x) for at, each in enumerate(found)],
        _text(x=0, y=height - 6)["Longer is better, on a logarithmic scale. The mark is the target; orange misses it."],
    ]


def _row(found: Verdict, y: int, x: Callable[[float], int]) -> htpy.Fragment:
    shown = "bar" if found.met else "bar missed"
    return htpy.fragment[
        _text(x=0, y=y + 15)[f"{found.what} / {found.against}"],
        _rect(class_=shown, x=x(0), y=y + 4, width=x(found.ratio) - x(0), height=_ROW - 8),
        _line(class_="target", x1=x(found.target), x2=x(found.target), y1=y + 2, y2=y + _ROW - 2),
        _text(x=_LEFT + _WIDTH + 8, y=y + 15)[f"{found.ratio:.2f}"],
    ]
