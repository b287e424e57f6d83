"""The timeline as HTML and as text: client, wire and server, and time goes down.

An arrow is a handshake head, a frame or a TCP event. It slopes when time passed on its way and ends in a cross when it
was lost. Where what a side believes changes, a pill is drawn at that side; a belief that is no longer true has a dashed
edge and says "believes". A long silence is written between two rows. Only the entries around the present step are
rendered, and the details of those near it.

Left out: where an arrow and its label lie (`state`), and taking bytes apart (`inspector`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.explain.anatomy import anatomy
from wslab.explain.durations import format_duration, format_time
from wslab.explain.kinds import KINDS
from wslab.protocol.codes import Role
from wslab.tape.entry import ARRIVED, LOST, ON_THE_WAY, Belief, Entry
from wslab.tape.text import label
from wslab.widgets import components
from wslab.widgets.hexdump import lines as hex_lines
from wslab.widgets.inspector import picture as inspector
from wslab.widgets.timeline.layout import DEPARTS, Arrow, arrows
from wslab.widgets.timeline.state import SIDES, TimelineState, travels

__all__ = ["regions", "text"]

HELP = (
    "Time goes down, the client is on the left, the server on the right, and each arrow is what one of them sent. "
    "Step through it with the buttons, the slider or the arrow keys: the pills show what each side believes, "
    "and a dashed one is no longer true. "
    "Choose an arrow to see its bytes by field."
)
EXAMPLE = """lab = Lab()
server = await lab.serve(echo)
ws = await lab.connect(server)
await ws.send("Hello")
Timeline(lab)"""

AHEAD = 24
"""Entries whose details are rendered before they are chosen."""

_FATES = {LOST: "lost", ON_THE_WAY: "on the way"}


def regions(state: TimelineState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    if not state.entries:
        return {"header": _header(state), "picture": _empty(state)}
    return {
        "header": _header(state),
        "picture": _picture(state, steps),
        "caption": components.captions(state.step, (_caption(state, n) for n in steps), first=steps.start),
        "controls": components.stepper(
            state.step, state.last, what="entry", pace=1200, window=(steps.start, steps.stop - 1)
        ),
        "details": None if state.inspected else _details(state, steps),
        "inspector": _inspector(state),
    }


def _header(state: TimelineState) -> Node:
    several = len(state.connections) > 1
    options = [(str(number), f"connection {number}" if number else "the lab itself") for number in state.connections]
    return [
        components.header(
            "Timeline",
            HELP,
            components.copy_button("Copy the story as text", text(state), picture="copy"),
            components.do_button("Save as a page", "save", picture="save"),
            about=_about(state),
        ),
        (several or state.can_watch)
        and h.div(".wsl-fields.wsl-ttools")[
            several and components.field("Show", components.select("connection", options, str(state.connection))),
            state.can_watch and _live_box(state),
        ],
    ]


def _about(state: TimelineState) -> str:
    if not state.entries:
        return "nothing recorded yet"
    count, passed = len(state.entries), state.entries[-1].time - state.entries[0].time
    words = f"{_entries(count)} in {format_duration(passed)}" if count > 1 else _entries(count)
    several = sum(1 for number in state.connections if number)
    return words if several < 2 else f"{words}; on the tape {_entries(state.all_entries)} of {several:,} connections"


def _entries(count: int) -> str:
    return f"{count:,} entr{'y' if count == 1 else 'ies'}"


def _live_box(state: TimelineState) -> Node:
    box = h.input(type="checkbox", checked=state.live, data_do="live", data_arg="", data_key="live")
    return h.label(".wsl-tlive")[box, " follow while it runs"]


def _empty(state: TimelineState) -> Node:
    waiting = "The tape is empty. This view follows it: run something." if state.live else "The tape is empty."
    return h.div(".wsl-blank")[
        h.p[waiting, " A timeline shows what a lab recorded, for example:"],
        h.pre(".wsl-pre", tabindex="0", aria_label="An example")[EXAMPLE],
        components.copy_button("Copy the example", EXAMPLE),
    ]


# ---- the picture


def _picture(state: TimelineState, steps: range) -> Node:
    shown = range(max(0, steps.start - 1), steps.stop - 1)
    after = state.last - shown.stop
    return h.div(".wsl-timeline")[
        _columns(state, steps),
        h.div(
            ".wsl-tbox", data_follow=True, data_scroll="rows", tabindex="0", role="group", aria_label=_summary(state)
        )[
            state.dropped > 0 and h.p(".wsl-tmore")[_dropped(state)],
            shown.start > 0 and h.p(".wsl-tmore")[f"… {shown.start:,} entries before"],
            h.ol(".wsl-trows", data_roving=True)[_rows(state, shown)],
            after > 0 and h.p(".wsl-tmore")[f"… {after:,} entries after"],
        ],
    ]


def _dropped(state: TimelineState) -> str:
    return f"… {_entries(state.dropped)} before these are not kept: a live view has the newest"


def _summary(state: TimelineState) -> str:
    return f"{len(state.entries):,} entries of a connection, one a row. Left and right step, up and down choose."


def _columns(state: TimelineState, steps: range) -> Node:
    client, server = (_column(state, steps, side) for side in SIDES)
    return h.div(".wsl-tcolumns")[client, h.span(".wsl-twire")[h.span["wire"]], server]


def _column(state: TimelineState, steps: range, side: str) -> Node:
    """The head of a column: what the side believes at each step, one pill for each run of equal steps."""
    runs: list[tuple[int, int, tuple[Belief | None, bool]]] = []
    for step in steps:
        belief = state.belief(step - 1, side)
        if runs and runs[-1][2] == belief:
            runs[-1] = (runs[-1][0], step, belief)
        else:
            runs.append((step, step, belief))
    pills = (h.span(components.during(state.step, first, end))[_pill(*belief)] for first, end, belief in runs)
    # a side whose process died has a belief at first and none at last
    ours = any(state.belief(index, side)[0] is not None for index in (0, state.last - 1))
    unknown = h.span(".wsl-note", title="It is not one of the lab's endpoints.")["beliefs unknown"]
    return h.span(class_=f"wsl-tcolumn is-{side}")[h.b[side.capitalize()], " ", pills if ours else unknown]


def _pill(belief: Belief | None, true: bool) -> Node:
    if belief is None:
        return None
    return h.span(title=belief.detail or None)[components.pill(str(belief), true=true)]


def _rows(state: TimelineState, shown: range) -> Iterator[Node]:
    return (_row(state, arrow) for arrow in arrows(state, shown))


def _row(state: TimelineState, arrow: Arrow) -> Node:
    index = arrow.index
    entry, silence = state.entries[index], state.silence(index)
    dead = state.cut is not None and index > state.cut
    classes = f"wsl-trow {'is-dead' if dead else ''}"
    return h.li(components.at(state.step, index + 1, classes=classes), data_link=f"entry-{entry.number}")[
        bool(silence) and h.p(".wsl-tsilence")[f"{format_duration(silence)} of silence"],
        h.span(".wsl-ttime")[format_time(entry.time)],
        _change(state, index, "client"),
        h.div(".wsl-tspan")[
            _drawing(entry, arrow.falls), _label(entry, arrow.middle, state.selected == f"entry-{entry.number}")
        ],
        _change(state, index, "server"),
    ]


def _change(state: TimelineState, index: int, side: str) -> Node:
    """What a side believes, where that is new."""
    belief = state.belief(index, side)
    new = belief != state.belief(index - 1, side)
    return h.span(class_=f"wsl-tside is-{side}")[new and _pill(*belief)]


def _label(entry: Entry, middle: int, pressed: bool) -> Node:
    kind = KINDS[entry.kind]
    name = f"entry-{entry.number}"
    place = "is-wire" if entry.sender == "wire" else "is-wrong" if entry.error else ""
    fate = _FATES.get(entry.fate) if travels(entry) else None
    return h.button(
        class_=f"wsl-tlabel wsl-k-{kind.id} {place}",
        type="button",
        data_select=name,
        data_link=name,
        data_key=name,
        aria_pressed="true" if pressed else "false",
        title=entry.sentence,
        style=f"left:{middle}%" if middle != 50 else None,
    )[
        h.span(".wsl-mark", role="img", aria_label=_who(entry))[kind.mark],
        h.span(".wsl-twords")[label(entry)],
        fate and h.b(".wsl-tfate")[fate],
    ]


def _who(entry: Entry) -> str:
    return f"{entry.sender}, {KINDS[entry.kind].name}:"


# ---- one arrow


def _drawing(entry: Entry, falls: float) -> Node:
    kind = KINDS[entry.kind]
    if not travels(entry):
        return h.span(class_=f"wsl-tevent wsl-k-{kind.id} is-{entry.sender}", aria_hidden="true")
    end, falls = (100, falls) if entry.fate not in _FATES else (50, 8)
    begin, end = (0, end) if entry.sender == "client" else (100, 100 - end)
    fate = _FATE_CLASS.get(entry.fate, "unknown")
    offsets = (-2, 2) if entry.kind == "binary" else (0,)
    dash = "" if entry.kind == "binary" else kind.dash
    return h.svg(class_=f"wsl-tarrow wsl-k-{kind.id} is-{fate}", aria_hidden="true", focusable="false")[
        (_line(begin, end, falls, offset, dash) for offset in offsets), _tip(entry, end, falls)
    ]


_FATE_CLASS = {ARRIVED: "arrived", LOST: "lost", ON_THE_WAY: "flying"}


def _line(begin: int, end: int, falls: float, offset: int, dash: str) -> Node:
    y1, y2 = f"{DEPARTS + offset}", f"{DEPARTS + falls + offset:.1f}"
    line = h.Element("line")
    return line(x1=f"{begin}%", y1=y1, x2=f"{end}%", y2=y2, stroke_dasharray=dash or None)


def _tip(entry: Entry, end: int, falls: float) -> Node:
    """The arrow's head: a cross where it was lost, an open circle while it is on the way."""
    shape, name = _TIPS.get(entry.fate) or _TIPS[entry.sender]
    place = {"x": f"{end}%", "y": f"{DEPARTS + falls:.1f}", "width": "1", "height": "1"}
    return h.svg(place, class_=f"wsl-ttip {name}", overflow="visible")[h.Element("path")(d=shape)]


_TIPS = {
    LOST: ("M-7 -7L7 7M7 -7L-7 7", "is-cross"),
    ON_THE_WAY: ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", "is-ring"),
    "client": ("M-11 -6L0 0L-11 6", "is-head"),
    "server": ("M11 -6L0 0L11 6", "is-head"),
}


# ---- words


def _caption(state: TimelineState, step: int) -> Node:
    if step == 0:
        return "Nothing has happened yet."
    entry = state.entries[step - 1]
    sentence: list[Node] = [
        h.span(".wsl-ttime-told")[format_time(entry.time)],
        " ",
        components.mark(entry.kind),
        " ",
        entry.sentence,
    ]
    return [*sentence, *(f" {words}" for words in _misled(state, step - 1))]


def _misled(state: TimelineState, index: int) -> Iterator[str]:
    """What a side believes although it is no longer true."""
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and not true:
            yield f"The {side} still believes {belief}: nothing has told it otherwise."


def text(state: TimelineState) -> str:
    """The same as plain text: one line an entry, and beliefs where they change."""
    if not state.entries:
        return f"The tape is empty. A timeline shows what a lab recorded, for example:\n\n{EXAMPLE}"
    head, tail, out = components.cut_middle(range(state.last), 40 if state.live else 400)
    rows = [f"      {_dropped(state)}"] if state.dropped else []
    rows += [line for index in head for line in _lines(state, index)]
    rows += [f"      … {out:,} entries are left out"] if out else []
    return "\n".join(rows + [line for index in tail for line in _lines(state, index)])


def _lines(state: TimelineState, index: int) -> Iterator[str]:
    entry = state.entries[index]
    way = {"client": "client ─▶ server", "server": "client ◀─ server", "wire": "       wire     "}[entry.sender]
    if entry.fate == LOST and entry.sender != "wire":
        way = {"client": "client ─×  server", "server": "client  ×─ server"}[entry.sender]
    yield f"{format_time(entry.time):>10}  {way:<16}  {KINDS[entry.kind].mark} {entry.sentence}"
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and (belief, true) != state.belief(index - 1, side):
            yield f"{'':>12}the {side} {'is' if true else 'still believes'} {belief}"


# ---- details


def _details(state: TimelineState, steps: range) -> Node:
    """The details beside the picture: the bytes of an entry by field, ready before it is chosen."""
    ahead = 0 if state.live else AHEAD  # while following, only what is chosen is worth its time
    near = range(max(0, state.step - ahead), min(state.last, state.step + ahead // 2))
    number = state.selected.removeprefix("entry-")
    chosen = [each for each in state.entries if each.number == int(number)] if number.isdecimal() else []
    shown = list({entry.number: entry for entry in [*(state.entries[n] for n in near), *chosen]}.values())
    return [
        h.p(".wsl-note", data_show="", hidden=bool(state.selected))["Choose an arrow to see its bytes."],
        (_detail(entry, shown=f"entry-{entry.number}" == state.selected) for entry in shown),
    ]


def _detail(entry: Entry, *, shown: bool) -> Node:
    name = f"entry-{entry.number}"
    return h.div(".wsl-tdetail", data_show=name, hidden=not shown)[
        h.p(".wsl-tdhead")[
            components.chip(entry.kind),
            h.b[f"Entry {entry.number}"],
            h.button(".wsl-button", type="button", data_select="")["Close"],
        ],
        h.p[entry.sentence],
        h.p(".wsl-note")[_journey(entry)],
        bool(entry.data) and _bytes(entry),
    ]


def _journey(entry: Entry) -> str:
    left = f"It departs at {format_time(entry.time)}"
    if not travels(entry):
        return f"At {format_time(entry.time)}."
    if entry.arrived is not None:
        return f"{left} and arrives {format_time(entry.arrived - entry.time)} later."
    return {
        LOST: f"{left} and never arrives.",
        ON_THE_WAY: f"{left} and has not arrived yet.",
    }.get(entry.fate, f"{left}; its receiver is not one of the lab's endpoints, so its arrival is unknown.")


def _bytes(entry: Entry) -> Node:
    receiver = Role.SERVER if entry.sender == "client" else Role.CLIENT
    taken = hex_lines(entry.data[:128])
    more = len(entry.data) - 128
    fields = anatomy(entry.data[:4096], receiver, whole_stream=False).fields if entry.kind != "http" else ()
    rows = (
        h.tr(class_="is-illegal" if each.rule else "")[
            h.th(scope="row")[each.name], h.td[h.code[each.value]], h.td[components.section(each.section)]
        ]
        for each in fields[:24]
    )
    return [
        bool(fields) and h.table(".wsl-table.wsl-tfields")[h.tbody[rows]],
        h.pre(".wsl-pre", tabindex="0", aria_label="The bytes in hex")["\n".join(taken)],
        more > 0 and h.p(".wsl-note")[f"{more:,} bytes more."],
        h.div(".wsl-row")[
            components.do_button("Take it apart", "inspect", str(entry.number)),
            components.copy_button("Copy as hex", entry.data.hex(" ")),
        ],
    ]


def _inspector(state: TimelineState) -> Node:
    """The chosen entry in a frame inspector; its bits can be flipped, the tape stays as it is."""
    if state.inspected is None:
        return None
    number, inspected = state.inspected
    shown = inspector.regions(inspected)
    return h.section(".wsl-tinspector", aria_label=f"Entry {number} in the inspector")[
        h.div(".wsl-tdhead")[
            h.b[f"Entry {number}, taken apart"],
            h.span(".wsl-note")["Flip its bits: the tape stays as it is."],
            components.do_button("Back to the timeline", "inspect", str(number)),
        ],
        (h.div[node] for name, node in shown.items() if name != "header"),
    ]
