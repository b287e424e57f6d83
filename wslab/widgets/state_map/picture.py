"""The map of states as SVG, HTML and text: four boxes, an arrow for each way, and where the side stands now.

The box of the present state is solid and the arrow that led to it is thick, so that both are seen in grey. Arrows are
buttons: choosing one explains each happening on it, with its section.

Left out: the other side's map, which is a second widget with the same step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import htpy as h
from htpy import Element, Node

from wslab.protocol.codes import Role
from wslab.protocol.states import TRANSITIONS, Happening, State
from wslab.tape.entry import Belief
from wslab.widgets import components
from wslab.widgets.state_map.state import (
    ARROWS,
    BOXES,
    HEIGHT,
    WIDTH,
    Arrow,
    Box,
    Move,
    StateMapState,
    arrow_name,
)

__all__ = ["EXPLAINED", "regions", "said", "text"]

HELP = (
    "Each side of a connection is in one of four states, and each keeps its own: the two may differ. "
    "With a tape, step through it with the buttons, the slider or the arrow keys, and see what moves this side. "
    "Choose an arrow to read what leads along it."
)

EXPLAINED: Mapping[tuple[State, Happening], tuple[str, str]] = {
    (State.CONNECTING, Happening.HANDSHAKE_DONE): (
        "The client has checked a 101, or the server has sent one: from now on frames travel.",
        "4.1",
    ),
    (State.CONNECTING, Happening.HANDSHAKE_REFUSED): (
        "The server answers with another status, or the client does not accept a 101; the server is then OPEN already.",
        "4.1",
    ),
    (State.CONNECTING, Happening.TCP_CLOSED): ("TCP ends before the handshake is done.", "7.1.4"),
    (State.OPEN, Happening.CLOSE_SENT): (
        "This side has sent a Close: it sends no more data and waits for the peer's Close.",
        "7.1.3",
    ),
    (State.OPEN, Happening.CLOSE_RECEIVED): ("The peer's Close has come: this side answers with its own.", "7.1.3"),
    (State.OPEN, Happening.FAILED): (
        "The peer broke a rule, or no Pong came in time: this side sends a Close and ends TCP.",
        "7.1.7",
    ),
    (State.OPEN, Happening.TCP_CLOSED): ("TCP ends and no Close has come: this side reports 1006.", "7.1.5"),
    (State.CLOSING, Happening.CLOSE_SENT): ("This side answers the peer's Close with its own.", "5.5.1"),
    (State.CLOSING, Happening.CLOSE_RECEIVED): (
        "The peer's Close has come, too: the closing handshake is done.",
        "7.1.2",
    ),
    (State.CLOSING, Happening.FAILED): ("The peer breaks a rule while the closing handshake goes on.", "7.1.7"),
    (State.CLOSING, Happening.TCP_CLOSED): ("TCP is closed, which the server should do first.", "7.1.1"),
}
"""What each row of the protocol's table means, and its section: of the opening handshake the client's."""

Moves = Sequence[tuple[int, int, Move]]

_SVG = {name: Element(name) for name in ("g", "path", "rect", "text", "tspan", "defs", "marker")}


def regions(state: StateMapState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    moves = state.within(steps)
    return {
        "header": _header(state),
        "picture": _picture(state, moves),
        "caption": bool(moves) and _captions(state, moves),
        "controls": bool(moves) and _controls(state, moves),
        "details": _beside(state, moves),
    }


def _captions(state: StateMapState, moves: Moves) -> Node:
    return h.div(".wsl-captions")[
        (
            h.p(".wsl-line", components.during(state.step, first, last), data_caption=True, data_stop=str(first))[
                _caption(state, move)
            ]
            for first, last, move in moves
        )
    ]


def _controls(state: StateMapState, moves: Moves) -> Node:
    window = (moves[0][0], moves[-1][1])
    return components.stepper(state.step, state.last, first=state.first, window=window, ends=True)


def _header(state: StateMapState) -> Node:
    return components.header(
        f"States of the {state.role.value}",
        HELP,
        components.copy_button("Copy the map as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=h.span[
            f"what the {state.role.value} believes of its connection ",
            [[components.section(_section(state.role, number)), " "] for number in ("4.1", "7.1.3", "7.1.4")],
        ],
    )


# ---- the picture


def _picture(state: StateMapState, moves: Moves) -> Node:
    return h.div(".wsl-statemap", data_roving=True, role="group", aria_label=_summary(state), data_key="picture")[
        h.svg(viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="wsl-smap", role="presentation")[
            _arrow_heads(),
            (_arrow(state, each, moves) for each in ARROWS),
            (_box(state, each, moves) for each in BOXES),
        ]
    ]


def _summary(state: StateMapState) -> str:
    now = state.state_at(state.step)
    return f"The {state.role.value} is {now.value}." if now else "Four states and the ways between them."


def _arrow_heads() -> Node:
    marker = _SVG["marker"](
        id="wsl-smap-head", viewBox="0 0 8 8", refX="7", refY="4", markerWidth="8", markerHeight="8", orient="auto"
    )
    return _SVG["defs"][marker[_SVG["path"](d="M0 0L8 4L0 8z", class_="wsl-smap-tip")]]


def _arrow(state: StateMapState, arrow: Arrow, moves: Moves) -> Node:
    name = arrow_name(arrow.before, arrow.then)
    words = f"From {arrow.before.value} to {arrow.then.value}: {', '.join(each.value for each in arrow.happenings)}"
    taken = [(first, last) for first, last, move in moves if move.arrow == name]
    label = arrow.label
    return _SVG["g"](
        class_=["wsl-smap-arrow", state.selected == name and "is-selected"],
        role="button",
        tabindex="-1",
        data_item=True,
        data_select=name,
        data_link=name,
        data_key=f"arrow-{name}",
        aria_label=words,
    )[
        _SVG["path"](d=arrow.path, class_="wsl-smap-hit"),
        _SVG["path"](d=arrow.path, class_="wsl-smap-line", marker_end="url(#wsl-smap-head)"),
        (
            _SVG["path"](components.during(state.step, first, last), d=arrow.path, class_="wsl-smap-taken")
            for first, last in taken
        ),
        _SVG["text"](x=label.x, y=label.y, text_anchor=label.anchor)[
            (_SVG["tspan"](x=label.x, dy=17 if number else 0)[line] for number, line in enumerate(label.lines))
        ],
    ]


def _box(state: StateMapState, which: State, moves: Moves) -> Node:
    box = BOXES[which]
    now = (
        _SVG["g"](components.during(state.step, first, last), class_="wsl-smap-now")[
            _rect(box), _name(box, _shown(move.after))
        ]
        for first, last, move in moves
        if move.after is not None and move.after.state is which
    )
    return _SVG["g"](class_="wsl-smap-state")[_rect(box), _name(box, which.value), now]


def _name(box: Box, words: str) -> Node:
    return _SVG["text"](x=box.x + box.width // 2, y=box.y + 27, text_anchor="middle")[words]


def _rect(box: Box) -> Node:
    return _SVG["rect"](x=box.x, y=box.y, width=box.width, height=box.height, rx=4)


def _shown(belief: Belief) -> str:
    return f"{belief.state.value} {belief.code}" if belief.code else belief.state.value


# ---- words


def _caption(state: StateMapState, move: Move) -> str:
    return f"{move.entry.sentence} {_moved(move, state.role)}".strip()


def _moved(move: Move, role: Role) -> str:
    if move.after is None:
        return f"The {role.value} believes nothing."
    if move.arrow and move.before is not None:
        return f"The {role.value} goes from {move.before.state.value} to {move.after}."
    return f"The {role.value} stays {move.after}."


def said(state: StateMapState) -> str:
    """The sentence of the present step; of the bare map its title."""
    return _caption(state, state.moves[state.place(state.step)]) if state.moves else f"States of the {state.role.value}"


MEANINGS: Mapping[State, tuple[str, str]] = {
    State.CONNECTING: ("The opening handshake is not done yet.", "4.1"),
    State.OPEN: ("Messages may travel.", "4.1"),
    State.CLOSING: ("A Close was sent or has come: the closing handshake goes on.", "7.1.3"),
    State.CLOSED: ("TCP is closed.", "7.1.4"),
}
"""What each state means, and its section, as above."""


def _section(role: Role, number: str) -> str:
    """The section for a side: a server is OPEN by the end of §4.2.2, which §4.1 says of a client."""
    return "4.2.2" if role is Role.SERVER and number == "4.1" else number


def _beside(state: StateMapState, moves: Moves) -> Node:
    """Beside the map: the way of this side so far, or of the bare map the states; and what leads along an arrow."""
    return h.div(".wsl-smap-beside")[_way(state, moves) if moves else _meanings(state.role), _details(state)]


def _way(state: StateMapState, moves: Moves) -> Node:
    """Each step that moved this side; choosing one goes there."""
    return h.ul(".wsl-smap-way", aria_label=f"The way of the {state.role.value}")[
        (
            h.li(components.at(state.step, first, classes="wsl-smap-step"), data_goto=str(first))[
                h.span(".wsl-note")[f"step {first} "], h.b[str(move.after)]
            ]
            for first, _, move in moves
            if _is_new(move)
        )
    ]


def _meanings(role: Role) -> Node:
    return h.ul(".wsl-smap-way")[
        (
            h.li[h.b[each.value], " ", words, " ", components.section(_section(role, number))]
            for each, (words, number) in MEANINGS.items()
        )
    ]


def _details(state: StateMapState) -> Node:
    shown = state.chosen
    if shown is None:
        return h.p(".wsl-note")["Choose an arrow to read what leads along it."]
    rows = ((each.value, *EXPLAINED[shown.before, each]) for each in shown.happenings)
    return h.div[
        h.p[h.strong[f"{shown.before.value} → {shown.then.value}"]],
        h.ul(".wsl-smap-list")[
            (
                h.li[h.b[f"{name}: "], explained, " ", components.section(_section(state.role, number))]
                for name, explained, number in rows
            )
        ],
    ]


def text(state: StateMapState) -> str:
    """The table as plain text, the way of this side or what the states mean, and where it stands."""
    role = state.role
    lines = [f"States of the {role.value} (§{_section(role, '4.1')}, §7.1.3, §7.1.4)"]
    for (before, happening), then in TRANSITIONS.items():
        explained, number = EXPLAINED[before, happening]
        lines.append(f"  {before.value:<10} → {then.value:<8} {happening.value}: {explained} §{_section(role, number)}")
    if not state.moves:
        meanings = MEANINGS.items()
        lines += [f"  {each.value}: {words} §{_section(role, number)}" for each, (words, number) in meanings]
        return "\n".join(lines)
    way = (f"  step {move.entry.number} {move.after}" for move in state.moves if _is_new(move))
    return "\n".join([*lines, *way, _caption(state, state.moves[state.place(state.step)])])


def _is_new(move: Move) -> bool:
    """Whether the side believes something else than before."""
    return move.after is not None and str(move.after) != str(move.before)
