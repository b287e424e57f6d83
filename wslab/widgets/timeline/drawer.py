"""The drawer under the picture: what the present step is, in words, and its bytes.

It follows the cursor: for each step that is rendered ahead there is one sentence, and the frame as a strip of fields,
or the lines of an HTTP head. It is folded by its chevron, and then its first line stays.

Left out: bits that flip (`inspector`), and the picture (`picture`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.explain import anatomy
from wslab.explain.words import counted, printable
from wslab.protocol.codes import Role
from wslab.tape.entry import LOST, ON_THE_WAY, PEER, Entry
from wslab.widgets import components
from wslab.widgets.edit_form import form
from wslab.widgets.inspector import picture as inspector
from wslab.widgets.strip import strip
from wslab.widgets.timeline.forks import buttons
from wslab.widgets.timeline.heights import is_held, travels
from wslab.widgets.timeline.state import SIDES, TimelineState
from wslab.widgets.timeline.words import duration, moment

__all__ = ["drawer", "inside", "journey", "misled", "opened", "unfold"]

MOST_LINES = 40
"""Lines of an HTTP head or body that are shown."""

MOST_TEXT = 2000
"""Characters of a line that are shown."""

MOST_BYTES = 64
"""Bytes of a frame that its strip is made of: its whole header, and the beginning of its payload."""


def drawer(state: TimelineState, spans: list[tuple[int, int, int]]) -> Node:
    """The drawer; each span is an index of an entry with the first and the last step at which it is the present one."""
    return h.details(".wsl-drawer", data_key="drawer", data_stays=True, open=True)[
        h.summary(data_key="drawer-head", title="Hide or show what the step is")[
            (
                h.span(".wsl-dhead", components.during(state.step, first, last))[_head(state, state.entries[index])]
                for index, first, last in spans
            )
        ],
        (
            h.div(".wsl-dstep", components.during(state.step, first, last))[_step(state, index)]
            for index, first, last in spans
        ),
    ]


def _head(state: TimelineState, entry: Entry) -> Node:
    return [
        components.mark(entry.kind),
        h.b[f"Step {entry.number}"],
        h.span(".wsl-note")[journey(state, entry)],
    ]


def journey(state: TimelineState, entry: Entry) -> str:
    """Which way an entry goes, when it departs, and when it arrives."""
    return f"{_way(entry)}, {_times(entry, entry.time - state.began)}"


_WAYS = {"client": "client → server", "server": "client ← server", "wire": "on the wire"}


def _way(entry: Entry) -> str:
    return _WAYS[entry.sender] if travels(entry) or entry.sender == "wire" else f"at the {entry.sender}"


def _times(entry: Entry, time: float) -> str:
    """When it departs and arrives."""
    if not travels(entry):
        return moment(time)
    if is_held(entry):
        return f"departs at {moment(time)}, and the link holds it"
    if entry.arrived is not None:
        passed = entry.arrived - entry.time
        return f"departs at {moment(time)}, arrives {f'{duration(passed)} later' if passed > 0 else 'at once'}"
    fate = {LOST: "never arrives", ON_THE_WAY: "has not arrived yet"}.get(entry.fate, "its arrival is not recorded")
    return f"departs at {moment(time)}, {fate}"


def _step(state: TimelineState, index: int) -> Node:
    entry = state.entries[index]
    if index in state.folds:
        return h.div(".wsl-dsaid")[h.p(".wsl-line", data_caption=True)[state.sentence(entry)], unfold(entry)]
    apart = components.do_button("Take it apart", "inspect", str(entry.number)) if entry.data else None
    changes = buttons(state.story, entry)
    return [
        h.div(".wsl-dsaid")[
            h.p(".wsl-line", data_caption=True)[entry.sentence, (f" {words}" for words in misled(state, index))],
            not changes and apart,
        ],
        changes and h.div(".wsl-dsaid")[changes, apart],
        inside(state, entry),
    ]


def inside(state: TimelineState, entry: Entry) -> Node:
    """The bytes of a step, or what is being written in their place."""
    if state.draft is not None and state.draft.step == entry.number:
        return form(state.draft)
    return bool(entry.data) and _bytes(entry)


def unfold(entry: Entry) -> Node:
    """The button that unfolds the Pings and Pongs that an entry stands for."""
    return components.do_button("Unfold", "keepalive", str(entry.number))


def misled(state: TimelineState, index: int) -> Iterator[str]:
    """What a side believes although it is no longer true."""
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and not true:
            yield f"The {side} still believes {belief}: nothing has told it otherwise."


def _bytes(entry: Entry) -> Node:
    """The lines of a head, or a frame as a strip of its fields."""
    if entry.kind == "http":
        return h.pre(".wsl-dhttp", tabindex="0", aria_label="The lines of the head")["\n".join(_http_lines(entry.data))]
    return _strip(entry.data, Role(PEER.get(entry.sender, "server")))


def _strip(data: bytes, receiver: Role) -> Node:
    """The frame as a strip of fields; of a long one the beginning is taken apart."""
    found = anatomy(data[:MOST_BYTES], receiver, whole_stream=False)
    return None if not found.parts else strip(found, found.parts[0], most=8, cut=len(data) > MOST_BYTES)


def _http_lines(data: bytes) -> Iterator[str]:
    lines = data.decode("latin-1").splitlines()
    yield from (printable(line[:MOST_TEXT]) for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield f"… {counted(len(lines) - MOST_LINES, 'line')} more"


def opened(state: TimelineState) -> Node:
    """The chosen entry in a frame inspector; its bits can be flipped, the tape stays as it is."""
    if state.inspected is None:
        return None
    number, inspected = state.inspected
    shown = inspector.regions(inspected)
    return h.div(".wsl-tinspector", role="group", aria_label=f"Step {number} in the inspector")[
        h.div(".wsl-tdhead")[
            h.b[f"Step {number}, taken apart"],
            h.span(".wsl-note")["Flip its bits: the tape stays as it is."],
            components.do_button("Back to the timeline", "inspect", str(number)),
        ],
        (h.div[node] for name, node in shown.items() if name != "header"),
    ]
