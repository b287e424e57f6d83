"""The pieces that every view is built from: pure functions from plain values to HTML nodes.

A piece takes no widget and keeps no state. All text goes through htpy, which escapes it. An element that the page
changes by itself (a step, a selection) is also right before any script runs, so that the page reads without one. The
names of classes and `data-` attributes are the contract with `static/wslab.js`; the opening of `view` lists them.

Left out: what a particular view shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import htpy as h
from htpy import Attribute, Element, Node

from wslab.explain.kinds import KINDS, Kind

__all__ = [
    "at",
    "captions",
    "chip",
    "copy_button",
    "cut_middle",
    "do_button",
    "during",
    "error_box",
    "field",
    "glyph",
    "header",
    "mark",
    "prose",
    "section",
    "select",
    "stepper",
    "text_input",
]

Attributes = dict[str, Attribute]
Item = TypeVar("Item")


def during(now: int, first: int, last: int) -> Attributes:
    """Attributes of an element that is shown only while `first <= step <= last`."""
    return {"data-from": str(first), "data-to": str(last), "hidden": not first <= now <= last}


def at(now: int, first: int, last: int | None = None, *, classes: str = "") -> Attributes:
    """Attributes of an element that gets the class `is-past`, `is-now` or `is-next` by the step.

    It is "now" from `first` to `last` (by default only at `first`). `classes` are its other classes.
    """
    end = first if last is None else last
    time = "is-past" if end < now else "is-next" if first > now else "is-now"
    return {"data-at": f"{first}-{end}" if end != first else str(first), "class": f"{classes} {time}".strip()}


def section(number: str) -> Node:
    """A quiet link to a section: "5.2" is of RFC 6455; another RFC is named, as in "RFC 9112 3"."""
    words = number.split()
    rfc, part = (words[1], words[-1]) if words[0] == "RFC" else ("6455", number)
    shown = f"§{part}" if rfc == "6455" else f"RFC {rfc} §{part}"
    address = f"https://www.rfc-editor.org/rfc/rfc{rfc}#section-{part}"
    return h.a(".wsl-sec", href=address, target="_blank", rel="noopener")[shown]


_MARKED = re.compile(r"`([^`]+)`|((?:RFC \d+ )?§\d[\d.]*\d|(?:RFC \d+ )?§\d)")


def prose(text: str) -> Iterator[Node]:
    """A text with its code as code and each section as a quiet link."""
    done = 0
    for found in _MARKED.finditer(text):
        yield text[done : found.start()]
        yield h.code[found[1]] if found[1] else section(found[2].replace("§", ""))
        done = found.end()
    yield text[done:]


def mark(kind: Kind | str) -> Node:
    """The kind's letter in its colour, with its name for a screen reader."""
    found = KINDS[kind] if isinstance(kind, str) else kind
    return h.span(class_=f"wsl-mark wsl-k-{found.id}", role="img", aria_label=found.name)[found.mark]


def chip(kind: Kind | str, text: str | None = None) -> Node:
    """The kind's mark and a word (by default its name) in one small box."""
    found = KINDS[kind] if isinstance(kind, str) else kind
    letter = h.span(".wsl-mark", aria_hidden="true")[found.mark]
    return h.span(class_=f"wsl-chip wsl-k-{found.id}")[letter, text or found.name]


def header(title: str, help_text: str, *tools: Node, about: Node = None) -> Node:
    """The first line of a view: what it is, a quiet word about it, its tools and the help of three sentences."""
    helper = h.details(".wsl-help", data_key="help")[
        h.summary(aria_label=f"Help for {title}", title="Help", data_key="help-button")["?"],
        h.p[help_text],
    ]
    return h.div(".wsl-head")[
        h.strong(".wsl-title")[title],
        about is not None and h.span(".wsl-about")[about],
        h.span(".wsl-tools")[tools, helper],
    ]


_GLYPHS = {
    "first": "M5 4v8M12 4l-5 4 5 4z",
    "back": "M11 4l-6 4 6 4z",
    "play": "M5 3.5l8 4.5-8 4.5z",
    "pause": "M5 4v8M11 4v8",
    "forward": "M5 4l6 4-6 4z",
    "last": "M11 4v8M4 4l5 4-5 4z",
    "undo": "M6.5 3L3.5 6l3 3M3.5 6H9.5a3 3 0 0 1 0 6H6",
    "redo": "M9.5 3l3 3-3 3M12.5 6H6.5a3 3 0 0 0 0 6H10",
    "reset": "M3.5 4v3.5H7M3.7 7.5a4.5 4.5 0 1 1 .4 3",
    "copy": "M6 6V3.5h6.5V10H10M3.5 6H10v6.5H3.5z",
    "python": "M5.5 4.5L2.5 8l3 3.500M10.5 4.5l3 3.5-3 3.5M9 3.500L7 12.5",
    "filter": "M3 4h10M5 8h6M7 12h2",
    "save": "M8 3v6M5.5 6.5L8 9l2.5-2.5M3.5 12.5h9",
}


def glyph(name: str) -> Node:
    """One of the small drawings on buttons; its button carries the words."""
    path = Element("path")
    svg = h.svg(class_=f"wsl-glyph wsl-glyph-{name}", viewBox="0 0 16 16", aria_hidden="true", focusable="false")
    return svg[path(d=_GLYPHS[name])]


def _jump(name: str, words: str, *, off: bool) -> Node:
    return h.button(
        ".wsl-button.wsl-jump",
        type="button",
        data_jump=name,
        data_key=f"jump-{name}",
        aria_label=words,
        title=words,
        aria_disabled="true" if off else None,
    )[glyph(name), name == "play" and glyph("pause")]


def stepper(
    step: int,
    last: int,
    *,
    first: int = 0,
    what: str = "step",
    pace: int = 1000,
    window: tuple[int, int] | None = None,
    ends: bool = False,
    counts_from: int | None = None,
) -> Node:
    """The controls in their one order: first, back, play, forward, last, scrub. All work without Python.

    `first` and `last` are the ends, `pace` the milliseconds that play rests on each, `window` the steps that are
    rendered if they are not all (the page asks for the next ones when it comes near an edge). With `ends` the two ends
    stand beside the slider, and the count names the step alone. With `counts_from` the counter names both ends, as in
    "byte 4 of 0–4".
    """
    low, high = window or (first, last)
    of = "" if ends else f" of {last}" if counts_from is None else f" of {counts_from}–{last}"
    words = f"{what} {step}{of}"
    bounds = {"data-first": first, "data-last": last, "data-low": low, "data-high": high}
    return h.div(".wsl-steps", bounds, data_pace=pace, data_what=what, data_of=of, data_ends=ends)[
        _jump("first", "First step", off=step == first),
        _jump("back", "One step back", off=step == first),
        _jump("play", "Play", off=False),
        _jump("forward", "One step forward", off=step == last),
        _jump("last", "Last step", off=step == last),
        ends and h.span(".wsl-scrubend")[str(first)],
        h.input(
            ".wsl-scrub",
            type="range",
            min=first,
            max=last,
            step=1,
            value=step,
            data_scrub=True,
            data_key="scrub",
            aria_label=f"Go to a {what}",
            aria_valuetext=words,
        ),
        ends and h.span(".wsl-scrubend")[str(last)],
        h.output(".wsl-count")[words],
    ]


def captions(now: int, lines: Iterable[Node], *, first: int = 0) -> Node:
    """A sentence for each step; only the present one is shown, and the live line repeats it."""
    shown = (h.p(".wsl-line", during(now, n, n), data_caption=True)[line] for n, line in enumerate(lines, first))
    return h.div(".wsl-captions")[shown]


def do_button(
    words: Node, do: str, arg: str = "", *, picture: str | None = None, off: bool = False, title: str | None = None
) -> Node:
    """A button that sends Python the message `{"do": do, "arg": arg}`. With a `picture` the words are its label."""
    label = str(words) if picture else None
    return h.button(
        ".wsl-button",
        type="button",
        data_do=do,
        data_arg=arg,
        data_key=f"{do}-{arg}",
        aria_label=label,
        title=title or label,
        aria_disabled="true" if off else None,
    )[glyph(picture) if picture else words]


def copy_button(words: str, text: str, *, picture: str | None = None) -> Node:
    """A button that copies `text`; it works without Python and says "Copied"."""
    return h.button(
        ".wsl-button",
        type="button",
        data_copy=text,
        data_key=f"copy-{words}",
        aria_label=words if picture else None,
        title=words if picture else None,
    )[glyph(picture) if picture else words]


def field(label: str, control: Node, *, problem: str | None = None, note: Node = None) -> Node:
    """A labelled control; what is wrong with its value is shown right under it."""
    return h.div(class_=["wsl-field", problem and "is-wrong"])[
        h.label[h.span(".wsl-label")[label], control],
        h.p(".wsl-problem", role="status")[problem] if problem else (note is not None and h.p(".wsl-note")[note]),
    ]


def text_input(
    do: str,
    value: str,
    *,
    wrong: bool = False,
    size: int = 20,
    code: bool = False,
    arg: str = "",
    enter: str | None = None,
) -> Node:
    """A line of text that is sent to Python a moment after the typing stops, and at Enter.

    `enter` is the data-key of what Enter presses then.
    """
    return h.input(
        type="text",
        class_=["wsl-input", code and "wsl-code"],
        value=value,
        size=size,
        data_do=do,
        data_arg=arg,
        data_key=f"{do}-{arg}",
        data_enter=enter,
        aria_invalid="true" if wrong else None,
        spellcheck="false",
        autocomplete="off",
    )


def select(do: str, options: Sequence[tuple[str, str]], value: str, *, arg: str = "") -> Node:
    """A drop-down of (value, words); the choice is sent to Python."""
    return h.select(".wsl-input", data_do=do, data_arg=arg, data_key=f"{do}-{arg}")[
        (h.option(value=each, selected=each == value)[words] for each, words in options)
    ]


def error_box(text: str) -> Node:
    """What went wrong, in words, with a button that puts it away; a screen reader reads it at once."""
    return h.div(".wsl-error", role="alert")[h.span[text], do_button("Dismiss", "dismiss")]


def cut_middle(items: Sequence[Item], limit: int) -> tuple[Sequence[Item], Sequence[Item], int]:
    """The first and last items that fit into `limit`, and how many are left out between them."""
    if len(items) <= limit:
        return items, items[:0], 0
    tail = limit // 4
    head = limit - tail
    return items[:head], items[len(items) - tail :], len(items) - limit
