"""The report of a check as HTML: the verdict, the strip of the learner's bytes, the first wrong bit, and the helps.

Right bytes have a tick, the first that differs a ring; what follows it is pale, since it is not judged, and a missing
byte is an empty cell. Once a hint was asked for, its bits stand under the ring, and the wanted ones below them; there
is room for them from the start, so that nothing moves. The helps are steps: one button
is live at a time, and all of it works without Python. The text form is the result's own, in the same words and order.

Left out: which bits are wrong (`wslab.course`), and where they stand (`state`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.course.comparison import CheckedCell, Comparison
from wslab.course.report import CheckResult
from wslab.explain.narration import size_in_words
from wslab.widgets import components
from wslab.widgets.check.state import CheckState, Zoom
from wslab.widgets.strip import Mark, cells, strip

__all__ = ["regions", "says"]

HELP = (
    "Each byte that is right has a tick, and the first that differs a ring. Ask for a hint, which also opens its bits "
    "and those that are wanted, then for a bigger one, then for the solution: one button at a time. "
    "What follows the first difference is not judged: put it right, and run the cell again."
)

_LOOKS = {True: "is-yes", False: "is-no", None: "is-waiting"}


def regions(state: CheckState) -> dict[str, Node]:
    """All regions of the report."""
    return {
        "header": _header(state),
        "verdict": _verdict(state.result),
        "picture": None if state.comparison is None else _picture(state, state.comparison),
        "controls": _controls(state) if state.last else None,
        "caption": _helps(state) if state.last else None,
    }


def _header(state: CheckState) -> Node:
    return components.header(
        "Check",
        HELP,
        components.copy_button("Copy the report as text", state.result.text(), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=_about(state.comparison),
    )


def _about(comparison: Comparison | None) -> str | None:
    if comparison is None:
        return None
    if comparison.anatomy is None:
        return "your bytes, one by one" if comparison.unit == "byte" else "your text, character by character"
    begin = comparison.cells[0].index - comparison.before
    size = size_in_words(len(comparison.anatomy.data) - begin)
    return f"{size} that a {comparison.anatomy.role.value} receives" + (f", from byte {begin} on" if begin else "")


def _verdict(result: CheckResult) -> Node:
    return h.div(class_=f"wsl-verdict {_LOOKS[result.ok]}", role="group", aria_label="The verdict")[
        h.b(".wsl-sign", aria_hidden="true")[result.sign],
        h.p(".wsl-says", title=result.sentence)[f"{result.headline}: ", components.prose(result.sentence)],
    ]


def says(result: CheckResult) -> str:
    """The verdict in one line."""
    return f"{result.sign} {result.headline}: {result.sentence}"


# ---- the learner's bytes


def _picture(state: CheckState, comparison: Comparison) -> Node:
    before, behind = comparison.left_out
    return h.div(class_=["wsl-cpic", state.is_tall and "is-tall", comparison.unit == "character" and "is-text"])[
        h.span(".wsl-cname")["yours"],
        h.div(".wsl-cstrip")[
            before and h.span(".wsl-note")[before],
            _strip(state, comparison),
            behind and h.span(".wsl-note")[behind],
        ],
        h.div(".wsl-chidden")[
            h.div(components.during(state.step, 1, max(1, state.last)))[_zoom(comparison, state.zoom)]
        ]
        if _opens(comparison)
        else None,
    ]


def _strip(state: CheckState, comparison: Comparison) -> Node:
    marks = {cell.index: _mark(cell) for cell in comparison.cells}
    groups = list(comparison.groups)
    size = "is-tall" if state.is_tall else ""
    if state.part is None or comparison.anatomy is None:
        words = f"Yours: {' '.join(cell.yours for cell in comparison.cells)}"
        return h.div(".wsl-strip", role="img", aria_label=words)[
            (cells(name, [_mark(each) for each in group]) for name, group in groups)
        ]
    extra = [_mark(cell) for cell in comparison.cells if not cell.wanted]
    inside = {index: mark for index, mark in marks.items() if index * 8 < state.part.end}
    many = cells("too many", extra, "close") if extra else None
    return strip(comparison.anatomy, state.part, classes=size, marks=inside, more=many)


def _mark(cell: CheckedCell) -> Mark:
    sign, _, note = cell.sign.partition(" ")
    if sign == "✓":
        return Mark(cell.yours, cell.look, [h.b(".wsl-yes")["✓"], h.b(".wsl-cnote")[note] if note else None])
    return Mark(cell.yours, cell.look, cell.sign if cell.look == "missing" else h.b(".wsl-no")[cell.sign])


# ---- the first that differs


def _opens(comparison: Comparison) -> bool:
    """Whether there is a byte, or a character, to show larger."""
    return comparison.first is not None and comparison.first.look == "first"


def _zoom(comparison: Comparison, zoom: Zoom | None) -> Node:
    """The bits of the byte, or the two characters, with the wanted ones below."""
    first, bits = comparison.first, comparison.bits
    if first is None or first.look != "first":
        return None
    if bits is None:
        return h.div(".wsl-czoom.is-free")[_named("yours", first.yours), _named("wanted", first.wanted)]
    yours, wanted, bit = bits
    look = "is-free" if zoom is None else f"{'' if zoom.narrow else 'is-wide-only'} {'is-right' if zoom.right else ''}"
    place = None if zoom is None else f"--at:calc({zoom.pixels}px + {zoom.cells} * var(--cell))"
    return h.div(class_=f"wsl-czoom {look}", style=place)[
        None if zoom is None else _lines(zoom),
        _named("yours", first.yours),
        _bits(yours, bit, "is-yours"),
        _named("wanted", first.wanted),
        _bits(wanted, bit, "is-wanted"),
        h.span(".wsl-note")[f"bit {bit} is the first that differs"],
    ]


def _named(name: str, value: str) -> Node:
    return h.span(".wsl-zname")[f"{name} ", h.code[value]]


def _bits(bits: str, at: int, look: str) -> Node:
    shown = (
        h.b(class_=["wsl-zbit", n == at and "is-first", n > at and "is-later"])[each] for n, each in enumerate(bits)
    )
    return h.span(class_=f"wsl-zbits wsl-t-payload {look}", role="img", aria_label=" ".join(bits))[shown]


def _lines(zoom: Zoom) -> Node:
    """From the corners of the ring to the corners of the bits."""
    center = min(72, zoom.pixels) if zoom.cells == 0 else 72
    path = h.Element("path")
    svg = h.svg(".wsl-zlines", viewBox="0 0 144 16", width="144", height="16", aria_hidden="true", focusable="false")
    return svg[path(d=f"M{center - 18} 0L1 15M{center + 18} 0L143 15")]


# ---- the helps


def _controls(state: CheckState) -> Node:
    bounds = {"data-first": 0, "data-last": state.last, "data-low": 0, "data-high": state.last}
    of = f" of {state.last} helps"
    return h.div(".wsl-steps.wsl-chelps", bounds, data_pace=1000, data_what="asked:", data_of=of)[
        list(_buttons(state)),
        h.input(type="range", min=0, max=state.last, value=state.step, data_scrub=True, hidden=True),
        h.span(".wsl-count")[f"asked: {state.step}{of}"],
    ]


def _buttons(state: CheckState) -> Iterator[Node]:
    """What was asked for, the live button, and what comes later. It is one button all the time, and keeps the focus."""
    names = [name for name, _ in state.result.helps]
    for number, name in enumerate(names):
        yield h.span(".wsl-cdone", components.during(state.step, number + 1, state.last))[f"{name} ✓"]
    labels = [h.span(components.during(state.step, n, n))[words] for n, words in enumerate([*names, "All shown"])]
    yield h.button(".wsl-button.is-next", type="button", data_jump="forward", data_key="next-help")[labels]
    for number, name in enumerate(names[1:]):
        yield h.span(".wsl-cdone", components.during(state.step, 0, number))[name]


def _helps(state: CheckState) -> Node:
    return h.div(".wsl-chints")[
        (
            h.div(".wsl-chint", components.during(state.step, number, state.last))[h.b[name], _words(name, words)]
            for number, (name, words) in enumerate(state.result.helps, 1)
        )
    ]


def _words(name: str, words: str) -> Node:
    if name != "Solution":
        return h.span(data_caption=True)[list(components.prose(words))]
    return h.span[h.code[words], " ", components.copy_button("Copy", words)]
