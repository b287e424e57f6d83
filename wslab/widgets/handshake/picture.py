"""The handshake stepper as HTML and as text: the journey of the key.

The request stands at the left, for the client, and the response at the right, for the server. Between them four boxes
grow out of the key's line and into the line of the accept value: the key, with the GUID, its SHA-1, its Base64. The
journey ends in a sign, = or ≠, between what the client computed and what the server sent. Each check of a side is a
dot beside that side. What is yet to come is pale; what would give the outcome away is not shown before its step.

Left out: the bytes and their checks (`exchange`), where things stand (`layout`), and the sentences (`captions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import htpy as h
from htpy import Node

from wslab.explain.words import counted
from wslab.protocol.codes import Role
from wslab.protocol.handshake.base import GUID
from wslab.protocol.handshake.checks import Check
from wslab.widgets import components
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.captions import caption, outcome_text, topic
from wslab.widgets.handshake.exchange import Line, accept_stages
from wslab.widgets.handshake.layout import BOXES, HEIGHT, VALUE, HeadRow, Places, head_rows
from wslab.widgets.handshake.state import HandshakeState

__all__ = ["TITLES", "box_value", "real_cell", "regions", "text"]

HELP = (
    "The client asks over HTTP to speak WebSocket, and the server proves that it read the client's key. "
    "Step along the journey of the key with the buttons, the slider or the arrow keys. "
    "Break one thing at either side and see who refuses it, by which rule, and how to fix it."
)
LONGEST = 320
"""Characters of a line that the text form shows; the middle of a longer one is left out."""


def regions(state: HandshakeState) -> dict[str, Node]:
    """All regions of the view."""
    return {
        "header": _header(state),
        "picture": _picture(state),
        "caption": components.captions(state.step, [caption(state, n) for n in range(state.last + 1)]),
        "controls": h.div(".wsl-hfoot")[components.stepper(state.step, state.last, pace=1500), _inputs(state)],
    }


def _header(state: HandshakeState) -> Node:
    return components.header(
        "Opening handshake",
        HELP,
        _breaks(state),
        state.exchange.broken and components.do_button("Fix it", "break"),
        components.copy_button("Copy the story as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=h.span["the journey of the key ", components.section("4.2.2")],
    )


def _breaks(state: HandshakeState) -> Node:
    options = (
        h.optgroup(label=f"{words}:")[
            (h.option(value=each.id, selected=each.id == state.exchange.broken)[each.words] for each in of_side)
        ]
        for words, of_side in _GROUPS
    )
    nothing = h.option(value="", selected=not state.exchange.broken)["nothing: all is well"]
    chooser = h.select(".wsl-input", data_do="break", data_arg="", data_key="break")[nothing, options]
    return components.field("Break one thing", chooser)


_GROUPS = tuple(
    (words, [each for each in BREAKS.values() if each.side is side])
    for words, side in (("Mistakes of the client", Role.CLIENT), ("Mistakes of the server", Role.SERVER))
)


# ---- the picture


def _picture(state: HandshakeState) -> Node:
    places = Places.of(state)
    return h.div(
        ".wsl-hs",
        role="group",
        tabindex="0",
        aria_label=_summary(state),
        data_key="picture",
        style=f"--tall:{HEIGHT}px;--answer:{places.response}px",
    )[
        _side(state, Role.CLIENT),
        _middle(state),
        _side(state, Role.SERVER),
        h.div(".wsl-hsent")[_head(state, Role.CLIENT), _checks(state, Role.CLIENT)],
        _way_in(state, places),
        h.div(".wsl-hboxes")[(_box(state, name, number) for number, name in enumerate(BOXES))],
        _way_out(state, places),
        h.div(".wsl-hanswered")[_checks(state, Role.SERVER), _head(state, Role.SERVER)],
    ]


def _summary(state: HandshakeState) -> str:
    broken = state.exchange.fault
    shown = f"with this broken: {broken.words}" if broken else "whole"
    return f"An opening handshake, {shown}. Arrow keys step through it."


def _middle(state: HandshakeState) -> Node:
    return h.div(".wsl-hmiddle")["both sides can compute it"]


def _side(state: HandshakeState, side: Role) -> Node:
    return h.div(class_=f"wsl-hside is-{side.value}")[h.b[side.value], _beliefs(state, side)]


def _beliefs(state: HandshakeState, side: Role) -> Node:
    """What a side believes, step by step (§4.1, §4.2.2)."""
    exchange, end = state.exchange, state.last
    knows = end if side is Role.CLIENT else state.when("status" if exchange.refusal else "accept")
    refused = exchange.by is Role.SERVER or (exchange.by is Role.CLIENT and side is Role.CLIENT)
    # without a code, as on a tape: no WebSocket connection began
    then = h.span(class_="wsl-hbelief is-closed")["CLOSED"] if refused else h.b(".wsl-hbelief.is-open")["OPEN"]
    misled = h.span(".wsl-hbelief.is-false")[h.span["believes OPEN"]]
    false = exchange.by is Role.CLIENT and side is Role.SERVER
    return [
        h.span(components.during(state.step, 0, knows - 1))[h.span(".wsl-hbelief")["CONNECTING"]],
        h.span(components.during(state.step, knows, end - 1))[then] if knows < end else None,
        h.span(components.during(state.step, end, end))[misled if false else then],
    ]


# ---- the two heads


def _head(state: HandshakeState, side: Role) -> Node:
    shown = state.request_lines if side is Role.CLIENT else state.response_lines
    rows = (_row(state, side, row) for row in head_rows(shown, side))
    written = components.at(state.step, min(state.step_of(side, line) for line in shown), state.last)
    written["class"] = f"wsl-hhead is-{side.value} {written['class']}"
    return h.div(written)[rows]


def _row(state: HandshakeState, side: Role, row: HeadRow) -> Node:
    line, step = row.line, state.step_of(side, row.line)
    travels = row.is_value and line.text.lower().startswith(("sec-websocket-key", "sec-websocket-accept"))
    looks = ("is-value" if row.is_value else "", "is-journey" if travels else "", line.change and f"is-{line.change}")
    return h.div(
        components.at(state.step, step, classes=f"wsl-hline {' '.join(filter(None, looks))}"),
        data_goto=step,
        data_link=_links(state, side, line),
        title=f"{line.text}{_CHANGE.get(line.change, '')}",
    )[
        h.code(_decided(state, side, line))[row.text],
        h.small(".wsl-no")["LF"] if line.end == b"\n" else None,
        h.i(components.at(state.step, state.when("guid"), state.last, classes="wsl-hthread"))
        if travels and side is Role.CLIENT
        else None,
    ]


_CHANGE = {"changed": " (changed)", "added": " (added)", "gone": " (left out)"}


def _decided(state: HandshakeState, side: Role, line: Line) -> components.Attributes:
    """Attributes of the line that the decision rests on: it is illegal from its step on."""
    decision, by = state.exchange.decision, state.exchange.by
    if decision is None or by is None or by.peer is not side or not line.holds(decision.offset.byte):
        return {}
    return components.at(state.step, state.decided, state.last, classes="wsl-hillegal")


def _links(state: HandshakeState, side: Role, line: Line) -> str:
    checks = enumerate(state.checks(side.peer))
    return " ".join(f"{side.value}-{number}" for number, (check, _) in checks if line.holds(check.offset.byte))


# ---- the checks, as dots


def _checks(state: HandshakeState, side: Role) -> Node:
    checks = state.checks(side)
    first = min(step for _, step in checks)
    return h.div(components.at(state.step, first, state.last, classes=f"wsl-hchecks is-{side.value}"))[
        h.b(title=_count(checks))[f"{side.value} checks"],
        h.div(".wsl-hdots")[(_dot(state, side, n, check, step) for n, (check, step) in enumerate(checks))],
    ]


def _count(checks: Sequence[tuple[Check, int]]) -> str:
    failed = next((check for check, _ in checks if not check.passed), None)
    return f"all {len(checks)} pass" if failed is None else f"stopped at: {topic(failed)}"


def _dot(state: HandshakeState, side: Role, number: int, check: Check, step: int) -> Node:
    result = "passed" if check.passed else "failed"
    decides = check is state.exchange.decision
    return h.span(
        components.at(state.step, step, state.last, classes=f"wsl-hdot is-{result} {'is-decision' if decides else ''}"),
        role="img",
        aria_label=f"{result}: {topic(check)}",
        title=f"{topic(check)}: {check.rule.text} ({check.rule.reference}). Found {check.found}: {result}.",
        data_goto=step,
        data_link=f"{side.peer.value}-{number}",
    )["" if check.passed else "×"]


# ---- the four boxes, and the way in and out


def _box(state: HandshakeState, name: str, number: int) -> Node:
    top, height = BOXES[name]
    step = state.when("guid" if name == "key" else name)
    return h.div(
        components.at(state.step, step, classes=f"wsl-hbox is-{name}"),
        style=f"top:{top}px;height:{height}px",
        data_goto=min(step, state.last),
    )[h.b[TITLES[number]], h.code[(h.span[part] for part in box_value(state, number))]]


TITLES = ("key", "+ GUID", "SHA-1", "Base64")


def box_value(state: HandshakeState, number: int) -> Sequence[str]:
    """The value in a box: one row, the digest two."""
    if number == 1:
        return (GUID,)
    value = accept_stages(state.exchange.key_read)[number][1]
    head, tail, out = components.cut_middle(value, len(GUID) - 1)
    return (value[:29], value[30:]) if number == 2 else (f"{head}…{tail}" if out else value,)


def _way_in(state: HandshakeState, places: Places) -> Node:
    """From the key's line into the first box."""
    if places.key is None:
        return None
    return h.div(".wsl-hin")[_way(state, "guid", f"M0 {places.key}H14V22H26", "M24 18l6 4-6 4z")]


def _way_out(state: HandshakeState, places: Places) -> Node:
    """From the last box to the accept value, with the sign between them."""
    if places.accept is None:
        return None
    equal = not state.is_about_accept
    sign = h.b(class_=f"wsl-hsign {'is-equal' if equal else 'is-unequal'}", style=f"top:{VALUE - 16}px")
    compared = components.during(state.step, state.when("compare"), state.last)
    pending = components.during(state.step, 0, state.when("compare") - 1)
    return h.div(".wsl-hout")[
        _way(state, "accept", f"M0 {VALUE}H38", f"M36 {VALUE - 4}l6 4-6 4z"),
        h.b(".wsl-hsign", pending, style=f"top:{VALUE - 16}px", aria_hidden="true"),
        h.span(compared)[sign["=" if equal else "≠"]],
    ]


def _way(state: HandshakeState, name: str, line: str, head: str) -> Node:
    path = h.Element("path")
    return h.div(components.at(state.step, state.when(name), state.last, classes="wsl-hway"), aria_hidden="true")[
        h.svg(width="47", height=str(HEIGHT), viewBox=f"0 0 47 {HEIGHT}", focusable="false")[
            path(d=line), path(".is-head", d=head)
        ]
    ]


# ---- words


def text(state: HandshakeState) -> str:
    """The same as plain text."""
    exchange = state.exchange
    fault = exchange.fault
    rows = ["Opening handshake (§4)" + (f", broken: {fault.words}" if fault else "")]
    rows += ["", f"The client writes {len(exchange.request)} bytes", *_line_text(state.request_lines)]
    rows += ["", "The server checks", *_check_text(exchange.server_checks)]
    if exchange.refusal is None:
        rows += ["", "The accept value (§4.2.2)"]
        rows += [f"  {name:<11} {value}" for name, value, _ in accept_stages(state.exchange.key_read)]
    rows += ["", f"The server writes {len(exchange.response)} bytes", *_line_text(state.response_lines)]
    rows += ["", "The client checks", *_check_text(exchange.client_checks)]
    return "\n".join([*rows, "", outcome_text(exchange)])


def _line_text(shown: Sequence[Line]) -> Iterator[str]:
    for line in shown:
        tag = f"   <- {_TAGS[line.change]}" if line.change else "   <- LF alone" if line.end == b"\n" else ""
        place = "-" if line.offset is None else str(line.offset)
        yield f"  {place:>5}  {_cut(line.text)}{tag}".rstrip()


_TAGS = {"changed": "changed", "added": "added", "gone": "left out"}


def _check_text(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        must = "" if check.passed else f"{check.rule.text} ({check.rule.reference}); found "
        yield f"  {'✓' if check.passed else '×'} {topic(check)}: {must}{_cut(check.found)}"


def _cut(text: str) -> str:
    head, tail, out = components.cut_middle(text, LONGEST)
    return f"{head} … {counted(out, 'character')} … {tail}" if out else text


# ---- the inputs


def _inputs(state: HandshakeState) -> Node:
    exchange = state.exchange
    summary = h.summary[h.span(".when-closed")["Change what is sent"], h.span(".when-open")["Hide"]]
    return h.details(".wsl-fold", data_key="inputs", open=bool(state.problems))[
        summary,
        h.div(".wsl-fields")[
            _input(state, "key", "Key", exchange.key, 26),
            _input(state, "path", "Path", exchange.path, 12),
            _input(state, "subprotocols", "Subprotocols", exchange.subprotocols, 16),
            components.do_button("Fresh key", "fresh"),
            components.copy_button("Copy as a cell for a real server", real_cell(exchange.request)),
            components.copy_button("Copy the request as Python bytes", repr(exchange.request)),
            components.copy_button("Copy the response as Python bytes", repr(exchange.response)),
        ],
    ]


def _input(state: HandshakeState, name: str, label: str, value: str, size: int) -> Node:
    typed, problem = (state.typed or {}).get(name, value), (state.problems or {}).get(name)
    return components.field(
        label, components.text_input(name, typed, size=size, code=True, wrong=bool(problem)), problem=problem
    )


def real_cell(request: bytes) -> str:
    """A cell that sends these very bytes to a server of the lab, named `server`, and prints its answer."""
    return (
        "import asyncio\n"
        "reader, writer = await asyncio.open_connection(server.host, server.port)\n"
        f"writer.write({request!r})\n"
        "print((await reader.read(65536)).decode())\n"
        "writer.close()"
    )
