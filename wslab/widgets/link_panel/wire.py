"""The upper part as HTML: the client with the way to dial, the wire with what is held on it, the server.

It stands in the columns of the timeline below, with the same ribbons and the same tags, so that one picture goes on in
the other. A side is a ribbon that shows what it believes now. A held frame is a tag and a bead, with its buttons under
it. A direction in which everything is swallowed ends in a hatched band.

Left out: where things stand (`places`), the faults' buttons (`fault_row`), and the timeline.
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.explain.kinds import KINDS, kind_of_opcode
from wslab.explain.words import printable
from wslab.lab.faults.base import Fault
from wslab.lab.faults.manual import Gate
from wslab.protocol import Role
from wslab.protocol.codes import Opcode
from wslab.widgets.link_panel.connections.rows import unknown
from wslab.widgets.link_panel.knobs import knob_of
from wslab.widgets.link_panel.next_dial import SUBJECT
from wslab.widgets.link_panel.places import ABOVE, BELOW, HEIGHT, MOST_SIGNS, TOPS, Placed, place_held
from wslab.widgets.link_panel.signs import sign
from wslab.widgets.link_panel.state import Bead, LinkPanelState, PingClock, Side, editable
from wslab.widgets.timeline.layout import SILENCE
from wslab.widgets.timeline.words import duration, moment, ways_to_say

__all__ = ["not_seen", "place_of", "since", "wire_picture"]

ACROSS = 1000
"""Units of the drawing from the client to the server."""

HATCHED = 28
"""Pixels of a silence above and below the line of a direction."""

MOST_EDITED = 4096
"""Bytes of a payload that can be edited in the page."""


def wire_picture(state: LinkPanelState) -> Node:
    """Client, wire and server."""
    return h.div(".wsl-timeline.wsl-lnow")[
        h.div(".wsl-lbox")[
            h.div(".wsl-tpic", style=f"height:{HEIGHT}px")[
                _client(state),
                (_ribbon(role, state.side(role)) for role in Role),
                h.div(".wsl-twire", role="group", aria_label="The wire between them")[_wire(state)],
                _server(state),
            ]
        ]
    ]


# ---- the two sides


def _ribbon(role: Role, side: Side) -> Node:
    if side.belief is None:
        return h.span(class_=f"wsl-trib is-{role.value} wsl-lnobody")
    name = side.belief.state.value.lower()
    return h.span(class_=f"wsl-trib is-{role.value} is-{name} {'' if side.true else 'is-false'}")


def _client(state: LinkPanelState) -> Node:
    return h.div(".wsl-lside.is-client")[
        h.p[h.span["Client"], " ", _belief(state, state.client)],
        _note(_why_not(state)),
        _ping(state.client.ping),
        _dial(state),
    ]


def _server(state: LinkPanelState) -> Node:
    bead = state.bead(Role.CLIENT)
    return h.div(".wsl-lside.is-server")[
        h.p[h.span["Server"], " ", _belief(state, state.server)],
        bead is not None and _note(not_seen(bead)),
        _ping(state.server.ping),
    ]


def not_seen(bead: Bead) -> str:
    """What is said of the side that does not know of what is held."""
    return f"has not seen {'what is held' if bead.entry is None else f'step {bead.entry.number}'}"


def _belief(state: LinkPanelState, side: Side) -> Node:
    if side.belief is None:
        return h.span(".wsl-note")[unknown(ours=side.ours) if state.connection else ""]
    return [
        h.b(class_="" if side.true else "is-false")[str(side.belief)],
        not side.true and h.span(".wsl-note.wsl-lfalse")[" no longer true"],
    ]


def _note(words: str) -> Node:
    return bool(words) and h.p(".wsl-note")[words]


def _dial(state: LinkPanelState) -> Node:
    """The button, and what becomes of the connection that it makes."""
    is_main = "wsl-lmain" if not (state.can_send or state.is_foreign) else ""
    button = h.button(class_=f"wsl-button {is_main}", type="button", data_do="dial", data_arg="", data_key="dial-")[
        "Dial again" if state.connection else "Dial"
    ]
    says = h.span(".wsl-note.wsl-lnext", title=state.next_dial.told())[
        h.span(".wsl-hidden")[f"{SUBJECT} "], state.next_dial.does
    ]
    return h.div(".wsl-ldial")[button, says]


def _why_not(state: LinkPanelState) -> str:
    if state.can_send:
        return ""
    if not state.connection:
        return "No connection yet. Dial, or let your own client dial the address above."
    if state.is_foreign:
        return "Another program's client: it sends by itself."
    return "This client sends no more."


def _field(do: str, value: str, hint: str, label: str, enter: str, arg: str = "") -> Node:
    """A line of text; Enter presses the element with the key `enter`."""
    return h.input(
        ".wsl-input",
        type="text",
        value=value,
        placeholder=hint if not value else None,
        data_do=do,
        data_arg=arg,
        data_key=f"{do}-{arg}",
        data_enter=enter,
        aria_label=label,
        spellcheck="false",
        autocomplete="off",
    )


def _ping(clock: PingClock | None) -> Node:
    """The keepalive's clock: a ring that fills until the next Ping, and when that is."""
    if clock is None:
        return None
    gone = 1 - min(1.0, clock.left / clock.interval)
    circle = h.Element("circle")
    ring = h.svg(".wsl-lring", viewBox="0 0 36 36", aria_hidden="true", focusable="false")[
        circle(cx="18", cy="18", r="14"),
        circle(
            cx="18",
            cy="18",
            r="14",
            pathLength="1",
            class_="is-gone" if clock.runs else "is-gone is-still",
            style=f"--gone:{gone:.3f};animation-duration:{clock.left:.2f}s",
        ),
        h.Element("text")(x="18", y="23")["?"],
    ]
    return h.div(".wsl-lping.wsl-k-ping")[
        ring,
        h.span[
            h.b[h.span(".wsl-lword")["Ping "], f"at {moment(clock.at)}"],
            h.span(".wsl-note")[f"every {duration(clock.interval)}"],
        ],
    ]


# ---- the wire


def _wire(state: LinkPanelState) -> Iterator[Node]:
    found = {role: place_of(state, bead) if (bead := state.bead(role)) is not None else None for role in Role}
    yield h.svg(
        ".wsl-tlines",
        viewBox=f"0 0 {ACROSS} {HEIGHT}",
        preserveAspectRatio="none",
        style=f"height:{HEIGHT}px",
        aria_hidden="true",
        focusable="false",
    )[(_lines(state, role, found[role]) for role in Role)]
    for role in Role:
        placed, bead = found[role], state.bead(role)
        if not state.is_dead(role):
            yield _tip(role)
        yield _signs(state, role)
        if placed is not None and bead is not None:
            yield from _held(state, bead, placed)
        elif not state.is_dead(role):
            top = f"top:{TOPS[role] - ABOVE}px"
            yield h.span(class_=f"wsl-lway is-{role.value}", style=top)[f"what the {role.value} sends"]
    yield _silence(state)


def _across(role: Role, part: float) -> float:
    return part if role is Role.CLIENT else 1 - part


def _lines(state: LinkPanelState, role: Role, placed: Placed | None) -> Iterator[Node]:
    """The line of a direction: dotted where nothing is; what is held has come as far as its bead."""
    y, far = TOPS[role], SILENCE[0] if state.is_dead(role) else 1.0
    way = f"M{_across(role, 0) * ACROSS:.0f} {y}H{_across(role, far) * ACROSS:.0f}"
    yield h.Element("path")(class_="wsl-lempty", d=way)
    bead = state.bead(role)
    if placed is not None and bead is not None:
        way = f"M{_across(role, 0) * ACROSS:.0f} {y}H{placed.line.x1 * ACROSS:.0f}"
        yield h.Element("path")(class_=f"wsl-tline is-now wsl-k-{_kind(bead)}", d=way)


def _tip(role: Role) -> Node:
    """Where a line reaches the receiver."""
    way = "to-right" if role is Role.CLIENT else "to-left"
    return h.span(class_=f"wsl-ltip {way}", style=f"left:{100 * _across(role, 1):.0f}%;top:{TOPS[role]}px")


def _silence(state: LinkPanelState) -> Node:
    """One unbroken band over the directions in which everything is swallowed."""
    dead = [TOPS[role] for role in Role if state.is_dead(role)]
    if not dead:
        return None
    top, bottom = min(dead) - HATCHED, max(dead) + HATCHED
    left, right = (100 * part for part in SILENCE)
    style = f"top:{top}px;height:{bottom - top}px;left:{left:g}%;width:{right - left:g}%"
    return h.span(".wsl-tsilent.wsl-lsilent", style=style)[h.b["silence"]]


def _signs(state: LinkPanelState, role: Role) -> Node:
    """The faults that a direction meets, as signs at the end of its line; the gate is the bead itself."""
    if state.is_dead(role):
        return None
    here = [each for each in state.faults if each.touches(role) and not isinstance(each, Gate)]
    return bool(here) and h.span(class_=f"wsl-lsigns is-{role.value}", style=f"top:{TOPS[role]}px")[_shown_signs(here)]


def _shown_signs(here: list[Fault]) -> Iterator[Node]:
    """As many as each width has room for; the sentences below name them all."""
    for place, fault in enumerate(here[: MOST_SIGNS[-1]]):
        knob = knob_of(fault)
        widths = " ".join(f"up-{n}" for n, most in enumerate(MOST_SIGNS) if place < most)
        glyph = sign(knob.name) if knob is not None else "⚡"
        yield h.span(class_=f"wsl-lsign {widths}", title=f"{fault.kind} {fault.brief()}".strip())[glyph]


def place_of(state: LinkPanelState, bead: Bead) -> Placed:
    """Where what is held stands."""
    number = bead.entry.number if bead.entry is not None else 0
    return place_held(bead.sender, _words(bead), number, dead=state.is_dead(bead.sender))


def _kind(bead: Bead) -> str:
    if bead.entry is not None:
        return bead.entry.kind
    frame = bead.held.frame
    return "http" if bead.held.is_head else "fault" if frame is None else kind_of_opcode(frame.opcode).id


def _words(bead: Bead) -> tuple[str, ...]:
    if bead.entry is not None:
        return ways_to_say(bead.entry)
    return (KINDS[_kind(bead)].name, "")


def since(state: LinkPanelState, bead: Bead) -> str:
    """Since when it waits, and how many wait behind it."""
    when = "" if bead.entry is None else f" since {moment(bead.entry.time - state.timeline.began)}"
    return f"held{when}" + (f", {bead.behind:,} behind" if bead.behind else "")


def _held(state: LinkPanelState, bead: Bead, placed: Placed) -> Iterator[Node]:
    role, y, come = bead.sender, TOPS[bead.sender], f"{100 * placed.line.x1:.1f}%"
    yield _tag(bead, placed)
    yield h.span(class_=f"wsl-tdot wsl-k-{_kind(bead)}", style=f"left:{100 * placed.line.x0:.0f}%;top:{y}px")
    yield h.span(class_=f"wsl-tend is-held wsl-k-{_kind(bead)}", style=f"left:{come};top:{y}px")
    yield h.span(".wsl-lway.is-held", style=f"top:{y - ABOVE}px")[since(state, bead)]
    label = f"What the link holds of the {role}"
    yield h.div(".wsl-ldecide", style=f"top:{y + BELOW}px", role="group", aria_label=label)[
        _decide(bead, "Let through", "release", main=True),
        _decide(bead, "Drop", "drop"),
        _edit(bead),
        bead.behind > 0 and _all(bead),
    ]


def _tag(bead: Bead, placed: Placed) -> Node:
    entry, kind = bead.entry, KINDS[_kind(bead)]
    number = None if entry is None else str(entry.number)
    says = f"Step {number}: {entry.sentence}" if entry is not None else kind.name
    places = ";".join(f"--x{n}:{100 * tag.x:.2f}%;--y{n}:{tag.y:.1f}px" for n, tag in enumerate(placed.tags))
    bare = " ".join(f"bare-{n}" for n, tag in enumerate(placed.tags) if tag.words == len(placed.line.words))
    return h.button(
        class_=f"wsl-ttag wsl-k-{_kind(bead)} is-held is-now {bare}",
        type="button",
        data_goto=number,
        data_key=f"held-{bead.sender}",
        aria_label=says,
        title=says,
        style=places,
    )[h.span(".wsl-tnumber")[number], h.span(".wsl-mark")[kind.mark], _tag_words(placed)]


def _tag_words(placed: Placed) -> Iterator[Node]:
    for way, words in enumerate(placed.line.words):
        widths = [f"in-{n}" for n, tag in enumerate(placed.tags) if tag.words == way]
        if words and widths:
            yield h.span(class_=f"wsl-twords {' '.join(widths)}")[printable(words)]


def _decide(bead: Bead, words: str, do: str, *, main: bool = False) -> Node:
    """A button for what is held. Its key is the direction's, so that the focus stays when the next frame comes up."""
    return h.button(
        class_=f"wsl-button {'wsl-lmain' if main else ''}",
        type="button",
        data_do=do,
        data_arg=str(bead.number),
        data_key=f"{do}-{bead.sender}",
    )[words]


def _all(bead: Bead) -> Node:
    """Let all through that wait in this direction; where there is no room for it, the switch above does it."""
    return h.button(
        ".wsl-button.wsl-lall",
        type="button",
        data_do="release_all",
        data_arg=bead.sender.value,
        data_key=f"release_all-{bead.sender}",
        title=f"Let all through that wait of the {bead.sender}",
    )[f"All {bead.behind + 1:,}"]


def _edit(bead: Bead) -> Node:
    """Another payload in its place, in a fold that covers what is below."""
    number, frame = str(bead.number), bead.held.frame
    if frame is None or len(bead.plain or frame.payload) > MOST_EDITED:
        why = "Only a whole and legal frame can be edited." if frame is None else "Too long to be edited here."
        return h.button(".wsl-button", type="button", aria_disabled="true", data_key=f"edit-{bead.sender}", title=why)[
            "Edit"
        ]
    label = "Code and reason" if frame.opcode == Opcode.CLOSE else "Payload"
    text = editable(bead) if bead.typed is None else bead.typed
    return h.details(".wsl-ledit", data_key=f"edit-{bead.sender}")[
        h.summary(".wsl-button", data_key=f"edit-button-{bead.sender}")["Edit"],
        h.div[
            h.label[h.span(".wsl-label")[label], _field("text", text, "", label, f"rewrite-{bead.sender}", number)],
            _decide(bead, "Let this through instead", "rewrite", main=True),
        ],
    ]
