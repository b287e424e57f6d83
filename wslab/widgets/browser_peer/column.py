"""What the script did and saw, as a column beside the timeline: a line for each event, at the height of its moment.

A line begins with `readyState` after the event. What the script did is written as it is called, what it saw by the name
of the event.

Left out: at which heights moments are (`timeline.heights`), and how times are compared (`clocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import htpy as h
from htpy import Node

from wslab.explain.durations import format_time
from wslab.explain.words import printable
from wslab.widgets import components
from wslab.widgets.browser_peer.scripted import ScriptedTimeline
from wslab.widgets.browser_peer.state import ScriptEvent
from wslab.widgets.timeline.layout import Layout

__all__ = ["DONE", "alone", "column", "line", "told"]

MOST = 40
"""Characters of a text in a line."""

DONE = ("new", "send", "flood", "closing")
"""What the script did itself; all else it saw."""


def column(state: ScriptedTimeline, steps: range) -> Callable[[Layout], Node]:
    """The lines of the script at the heights of a layout, for the steps that are rendered."""

    def beside(found: Layout) -> Node:
        heights = dict(found.moments)
        return h.div(".wsl-bscript", role="list", aria_label="What the page's script did and saw")[
            (
                _line(event, heights[event.at], components.at(state.step, number), state.began)
                for number, event in _shown(state, steps)
                if event.at in heights
            )
        ]

    return beside


def _shown(state: ScriptedTimeline, steps: range) -> Iterator[tuple[int, ScriptEvent]]:
    """Each event with the step to which it belongs."""
    for index in state.within(steps):
        number = state.entries[index].number
        yield from ((number, event) for event in state.events_of(number))


def _line(event: ScriptEvent, top: float, at: components.Attributes, began: float) -> Node:
    words = f"wsl-bevent {at['class']} {'is-done' if event.what in DONE else 'is-seen'}"
    return h.div({**at, "class": words}, role="listitem", style=f"top:{top:.0f}px", title=told(event, began))[
        _ready(event), h.span[line(event)]
    ]


def _ready(event: ScriptEvent) -> Node:
    return h.code(title=f"readyState {event.ready}: {event.state.value}")[str(event.ready)]


def alone(events: Iterable[ScriptEvent], began: float) -> Node:
    """The lines one below the other, where there is no timeline to stand beside."""
    return h.div(".wsl-balone")[
        (
            h.div(class_=f"wsl-bevent {'is-done' if event.what in DONE else 'is-seen'}", title=told(event, began))[
                h.span(".wsl-note")[format_time(event.at - began)], _ready(event), h.span[line(event)]
            ]
            for event in events
        )
    ]


def told(event: ScriptEvent, began: float) -> str:
    """An event with its time and both figures."""
    figures = f"readyState {event.ready} ({event.state.value}), bufferedAmount {event.buffered:,}"
    return f"{format_time(event.at - began)}: {line(event, whole=True)}; {figures}"


# ---- an event in words


def line(event: ScriptEvent, *, whole: bool = False) -> str:
    """An event in a few words; `whole` with all its text."""
    make = _WORDS.get(event.what)
    return event.what if make is None else make(event, 10_000 if whole else MOST)


def _text(event: ScriptEvent, most: int) -> str:
    text = printable(event.text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _data(event: ScriptEvent, most: int) -> str:
    if event.binary:
        return f"{event.size:,} byte{'' if event.size == 1 else 's'}"
    return f"“{_text(event, most)}”"


def _new(event: ScriptEvent, most: int) -> str:
    return f"new WebSocket({_text(event, most)})" if most > MOST else "new WebSocket(url)"


def _open(event: ScriptEvent, most: int) -> str:
    words = f"open, protocol {event.protocol}" if event.protocol else "open"
    return f"{words}, extensions {event.extensions}" if event.extensions and most > MOST else words


def _send(event: ScriptEvent, most: int) -> str:
    return f"send({_data(event, most)}){_buffered(event)}"


def _flood(event: ScriptEvent, _most: int) -> str:
    return f"send × {event.count}{_buffered(event)}"


def _buffered(event: ScriptEvent) -> str:
    return f" buffered {event.buffered:,}" if event.buffered else ""


def _look(event: ScriptEvent, _most: int) -> str:
    return f"bufferedAmount {event.buffered:,}"


def _message(event: ScriptEvent, most: int) -> str:
    return f"message × {event.count}, {event.size:,} bytes" if event.count > 1 else f"message {_data(event, most)}"


def _closing(event: ScriptEvent, most: int) -> str:
    reason = f", “{_text(event, most)}”" if event.text else ""
    return f"close({event.code or ''}{reason})"


def _close(event: ScriptEvent, most: int) -> str:
    reason = f" “{_text(event, most)}”" if event.text else ""
    return f"close {event.code}{reason}, {'' if event.clean else 'not '}clean"


def _throws(event: ScriptEvent, most: int) -> str:
    return f"throws {_text(event, most)}"


def _limit(event: ScriptEvent, _most: int) -> str:
    return f"close(): the widget's limit of {event.size // 1000:,} s"


def _unproxied(_event: ScriptEvent, _most: int) -> str:
    return "no jupyter-server-proxy"


def _blocked(_event: ScriptEvent, _most: int) -> str:
    return "the frame does not start"


_WORDS: dict[str, Callable[[ScriptEvent, int], str]] = {
    "new": _new,
    "open": _open,
    "send": _send,
    "flood": _flood,
    "buffered": _look,
    "message": _message,
    "closing": _closing,
    "close": _close,
    "throws": _throws,
    "limit": _limit,
    "unproxied": _unproxied,
    "blocked": _blocked,
}
