"""The panel of a link as HTML and as text.

From above: the wires with their faults and both ends (`wires`), the faults in sentences, the buttons that act at once
(silence, RST, FIN, the gate, undo), what waits at the gate, and the form for another fault (`fault_form`).

Left out: what happened on the link, which the timeline shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import htpy as h
from htpy import Node

from wslab.explain.hextext import short_hex
from wslab.explain.kinds import kind_of_opcode
from wslab.explain.narration import narrate_frame, narrate_head
from wslab.explain.redaction import redact_head
from wslab.lab.faults.ending import Silence
from wslab.protocol.codes import Opcode
from wslab.widgets import components
from wslab.widgets.link_panel.fault_form import fault_form
from wslab.widgets.link_panel.state import HeldFrame, LinkPanelState
from wslab.widgets.link_panel.wires import wires

__all__ = ["WHOLE", "regions", "text"]

HELP = (
    "A link carries bytes between a client and a server, and can disturb them. "
    "Choose a fault, or write it, as in delay:0.2 or flip:at_frame=2,bit=3. "
    "It applies to every connection through this link. A fault that is removed stops at once, but silence never ends."
)
WHOLE = "It passes everything on, just as it comes."
"""What the panel says of a link without faults."""


def regions(state: LinkPanelState) -> dict[str, Node]:
    """All regions of the view."""
    return {
        "header": _header(state),
        "picture": wires(
            state.faults,
            state.client,
            state.server,
            silent=bool(state.silent) and state.silent == state.connections,
            waiting=state.waiting_counts,
        ),
        "caption": _caption(state),
        "controls": _ends(state),
        "gate": _gate(state) if state.has_gate else None,
        "inputs": fault_form(state.draft),
    }


def _header(state: LinkPanelState) -> Node:
    return components.header(
        "Link",
        HELP,
        components.copy_button("Copy the address to dial", state.client.address, picture="copy"),
        about=_through(state.connections),
    )


def _through(connections: Sequence[int]) -> str:
    if not connections:
        return "no connection through it yet; dial its address"
    return f"{len(connections)} connection{'' if len(connections) == 1 else 's'} through it"


# ---- what is wrong, in sentences


def _caption(state: LinkPanelState) -> Node:
    return h.div(".wsl-ctold")[
        state.notice and h.p(".wsl-line", data_caption=True)[state.notice],
        h.ul(".wsl-cfaults", aria_label="What is wrong with the link")[
            (h.li[h.code[each.written()], h.span[each.told()]] for each in state.faults)
        ]
        if state.faults
        else not state.notice and h.p(".wsl-line")[WHOLE],
        [h.p(".wsl-line")[words] for words in _silent(state)],
    ]


def _silent(state: LinkPanelState) -> Iterable[str]:
    """What no button can undo."""
    if state.silent and not any(isinstance(each, Silence) for each in state.faults):
        numbers = " and ".join(f"#{number}" for number in state.silent)
        one = len(state.silent) == 1
        yield (
            f"Connection{'' if one else 's'} {numbers} stay{'s' if one else ''} silent: what was swallowed is gone, "
            "and TCP cannot go on behind a gap. A new connection is whole."
        )
    misled = [(who, end.belief) for who, end in (("client", state.client), ("server", state.server)) if not end.true]
    if len(misled) == 2:
        yield "Both sides still believe that the connection lives: nothing has told them otherwise."
    for who, belief in misled if len(misled) == 1 else ():
        assert belief is not None
        yield f"The {who} still believes {belief}: nothing has told it otherwise."


# ---- what needs one press


def _ends(state: LinkPanelState) -> Node:
    alone = not state.connections
    why = "No connection goes through it now." if alone else None
    return h.div(".wsl-row", role="group", aria_label="Do it now")[
        components.do_button(
            "Go silent",
            "silence",
            off=Silence() in state.faults,
            title="Swallow everything, with no sign to either side",
        ),
        components.do_button("Cut with RST", "cut", "rst", off=alone, title=why or "Reset both sides, now"),
        components.do_button(
            "End with FIN",
            "cut",
            "fin",
            off=alone,
            title=why or "End TCP on both sides with FIN, now",
        ),
        components.do_button("Open the gate", "open", title="Let everything pass, and stop holding frames")
        if state.has_gate
        else components.do_button("Hold frames", "hold", title="Let each head and frame wait until you decide"),
        h.span(".wsl-cback")[
            components.do_button("Undo the last change of faults", "undo", picture="undo", off=not state.can_undo),
            components.do_button("Nothing wrong", "heal", off=not state.faults, title="Take all faults away"),
        ],
    ]


# ---- the gate


def _gate(state: LinkPanelState) -> Node:
    count = sum(state.waiting_counts.values())
    if not count:
        return h.p(".wsl-note")["Nothing waits at the gate. What is sent from now on will wait here."]
    more = count - len(state.waiting)
    return h.fragment[
        h.div(".wsl-chead")[
            h.b[f"{count:,} wait{'s' if count == 1 else ''} at the gate"],
            components.do_button("Let all through", "release", "all"),
        ],
        h.ol(".wsl-cqueue", aria_label="What waits at the gate")[
            (_item(each, state.editing) for each in state.waiting)
        ],
        more > 0 and h.p(".wsl-note")[_more(more)],
    ]


def _more(count: int) -> str:
    return f"and {count:,} more behind them"


def _item(waiting: HeldFrame, editing: tuple[int, str] | None) -> Node:
    held, number = waiting.held, str(waiting.number)
    frame = held.frame
    kind = "http" if held.is_head else "fault" if frame is None else kind_of_opcode(frame.opcode)
    way = "→" if held.sender == "client" else "←"
    open_ = editing is not None and editing[0] == waiting.number
    return h.li(class_=f"is-{held.sender}")[
        h.span(".wsl-cway", role="img", aria_label=f"from the {held.sender}")[way],
        components.mark(kind),
        h.span(".wsl-csaid")[_sentence(waiting)],
        h.span(".wsl-row")[
            components.do_button("Let through", "release", number),
            components.do_button("Drop", "drop", number),
            components.do_button("Edit", "edit", number, off=frame is None),
        ],
        open_ and editing is not None and _edit(waiting, editing[1]),
    ]


def _edit(waiting: HeldFrame, text: str) -> Node:
    number = str(waiting.number)
    frame = waiting.held.frame
    label = "Code and reason" if frame is not None and frame.opcode == Opcode.CLOSE else "Payload"
    return h.div(".wsl-fields.wsl-cedit")[
        components.field(label, components.text_input("text", text, size=34, code=True, arg=number)),
        components.do_button("Let this through instead", "rewrite", number),
        components.do_button("Leave it", "edit", number),
    ]


def _sentence(waiting: HeldFrame) -> str:
    held, frame = waiting.held, waiting.held.frame
    if frame is not None:
        return narrate_frame(frame, held.sender, waiting.plain)
    if held.is_head:
        return narrate_head(redact_head(held.data).decode("latin-1"), held.sender)
    return f"The {held.sender} sends {len(held.data)} bytes that are not a legal frame: {short_hex(held.data, 12)}."


def text(state: LinkPanelState) -> str:
    """The same as plain text."""
    faults = ", ".join(each.written() for each in state.faults) or "passes everything on"
    lines = [f"Link: {faults}; {_through(state.connections)}"]
    lines += [f"  {each.told()}" for each in state.faults]
    lines += [f"  waits: {_sentence(each)}" for each in state.waiting]
    more = sum(state.waiting_counts.values()) - len(state.waiting)
    lines += [f"  {_more(more)}"] if more > 0 else []
    return "\n".join([*lines, *(f"  {words}" for words in _silent(state))])
