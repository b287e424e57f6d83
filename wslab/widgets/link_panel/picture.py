"""The panel of a link as HTML and as text: the wire, the faults, the timeline, and what both sides believe.

From above: what stands between the two sides now (`wire`), what is sent by hand, the connections, the faults' buttons
and what they say (`fault_row`), and what happened, which is the Timeline's own picture with its verdict and its
controls.

Left out: how a link is read (`reader`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.explain.hextext import short_hex
from wslab.explain.narration import narrate_frame, narrate_head
from wslab.explain.redaction import redact_head
from wslab.protocol.codes import Role
from wslab.widgets import components
from wslab.widgets.link_panel.connections.hand_row import hand_row
from wslab.widgets.link_panel.connections.table import table, table_text
from wslab.widgets.link_panel.fault_row import fault_row, sentences
from wslab.widgets.link_panel.signs import sign
from wslab.widgets.link_panel.state import Bead, LinkPanelState
from wslab.widgets.link_panel.wire import not_seen, since, wire_picture
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.text import OUTDATED
from wslab.widgets.timeline.text import text as timeline_text

__all__ = ["regions", "text"]

HELP = (
    "The client is left, the server right, and the link stands between them: let either end send by hand, hold each "
    "frame, and let it through, drop it or edit it on the wire. "
    "The buttons make the link slower, end what goes through it, or let it lie; each fault holds for every connection, "
    "and a new one begins with it. "
    "The timeline below follows the newest connection: step back to look, and go to the last step to follow again."
)


def regions(state: LinkPanelState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    return {
        "header": _header(state),
        "wire": wire_picture(state),
        "hand": hand_row(state.hand, state.why_not_by_hand),
        "table": table(state.rows, state.connection, pinned=not state.newest, total=state.total),
        "faults": fault_row(state),
        **(_timeline(state, steps) if state.timeline.shown else {"picture": _nothing(state)}),
    }


def _header(state: LinkPanelState) -> Node:
    return components.header(
        "Link",
        HELP,
        _hold(state),
        components.copy_button("Copy what the link does, as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=_about(state),
    )


def _about(state: LinkPanelState) -> Node:
    address = h.button(
        ".wsl-laddress", type="button", data_copy=state.url, data_key="address", title="Copy the address to dial"
    )[h.code[state.url.removeprefix("ws://").removesuffix("/")]]
    return [_which(state), " ", address]


def _which(state: LinkPanelState) -> str:
    if not state.connection:
        return "no connection yet"
    words = [f"connection {state.connection}"]
    if not state.newest:
        words += ["pinned"]
    elif len(state.known) > 1:
        words += ["the newest"]
    return ", ".join(words if state.connection in state.living else [*words, "over"])


def _hold(state: LinkPanelState) -> Node:
    """The switch: each head and frame waits on the wire."""
    elsewhere = state.waiting - sum(1 + each.behind for each in state.beads)
    return h.fragment[
        elsewhere > 0 and h.span(".wsl-note.wsl-lelse")[f"{elsewhere:,} held on others"],
        h.button(
            ".wsl-button.wsl-lhold",
            type="button",
            data_do="hold",
            data_arg="",
            data_key="hold-",
            aria_pressed="true" if state.holds else "false",
            title="Each head and frame waits on the wire until you decide",
        )[sign("hold"), "Hold", h.span(".wsl-leach")[" each frame"]],
    ]


# ---- what happened


def _timeline(state: LinkPanelState, steps: range) -> dict[str, Node]:
    drawn = timeline.regions(state.timeline, steps)
    return {
        "picture": drawn["picture"],
        "verdict": [drawn["verdict"], h.div(".wsl-lsteps")[timeline.captions(state.timeline, steps)]],
        "controls": h.div(".wsl-lcontrols")[drawn["controls"], _live(state)],
    }


def _live(state: LinkPanelState) -> Node:
    """Whether the timeline follows: at the last step it does."""
    step, first, last = state.timeline.step, state.timeline.first, state.timeline.last
    return h.span(".wsl-llive")[
        h.span(components.during(step, last, last))["● live"],
        h.span(".wsl-note", components.during(step, first, last - 1))["stepped back"],
    ]


def _nothing(state: LinkPanelState) -> Node:
    """Before the first connection: as high as the timeline, so that nothing moves when it comes."""
    return h.div(".wsl-lblank")[h.p["Nothing has happened on this link yet."]]


# ---- as text


def _sentence(bead: Bead) -> str:
    held, frame = bead.held, bead.held.frame
    if frame is not None:
        return narrate_frame(frame, held.sender, bead.plain)
    if held.is_head:
        return narrate_head(redact_head(held.data).decode("latin-1"), held.sender)
    return f"The {held.sender} sends {len(held.data)} bytes that are not a legal frame: {short_hex(held.data, 12)}."


def _held(state: LinkPanelState, bead: Bead) -> str:
    behind = f" Behind it wait {bead.behind:,} more." if bead.behind else ""
    return f"    {since(state, bead).partition(',')[0]}: {_sentence(bead)}{behind}"


def _side(state: LinkPanelState, role: Role) -> Iterator[str]:
    """What a side believes, what it sent that is held, and what it has not seen for that."""
    side, own, other = state.side(role), state.bead(role), state.bead(role.peer)
    if side.belief is not None:
        yield f"  {role.value} {side.belief}{'' if side.true else f', {OUTDATED}'}"
    if other is not None and role is Role.SERVER:
        yield f"    {not_seen(other)}"
    if own is not None:
        yield _held(state, own)


def text(state: LinkPanelState) -> str:
    """The same as plain text: the two sides with what is held, the faults, the next connection, and what happened."""
    happened = ["", timeline_text(state.timeline)] if state.timeline.shown else []
    return "\n".join(
        [
            f"Link at {state.url}: {_which(state)}",
            *_side(state, Role.CLIENT),
            *_side(state, Role.SERVER),
            *(f"  {words}" for words in table_text(state.rows, state.total)),
            *(f"  {words}" for words in sentences(state)),
            f"  {state.next_dial.told()}",
            *happened,
        ]
    )
