"""The timeline: client, wire and server as a sequence diagram of a tape, with what each side believes.

The picture: time goes down. An arrow is a handshake head, a frame or a TCP event; it slopes when time passed on the
way and ends in a cross when it was lost. Where what a side believes changes, a pill stands at its lane; a belief that
is no longer true has a dashed edge and says "believes". A step is an entry: the last one that has happened.

Rules: time is drawn by order, not to scale: every entry has a row of its own, an arrival stands between the departures
that it came between, and a long silence is told in words. Only the entries around the present step are rendered.

Left out: what entries there are and what they say (`lab.entries`, `reel`), and taking bytes apart (`inspector`).
"""

from __future__ import annotations

import asyncio
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.explain.anatomy import anatomy
from wslab.explain.kinds import KINDS
from wslab.lab.entries import ARRIVED, LOST, ON_THE_WAY, Belief, Entry
from wslab.protocol.codes import Role
from wslab.widgets import dump, inspector, parts
from wslab.widgets.base import View
from wslab.widgets.inspector import Inspected
from wslab.widgets.reel import Callback, Reel, brief, clock, duration, outdated

__all__ = ["Story", "Timeline", "regions", "story"]

HELP = (
    "Time goes down, the client stands left, the server right, and each arrow is what one of them sent. "
    "Step through it with the buttons, the slider or the arrow keys: the pills tell what each side believes, "
    "and a dashed one is no longer true. "
    "Choose an arrow to see its bytes by field."
)
EXAMPLE = """lab = Lab()
server = await lab.serve(echo)
ws = await lab.connect(server)
await ws.send("Hello")
Timeline(lab)"""

ROW = 44
"""Height of a row in CSS pixels; `timeline.css` has the same."""

GAP = 24
"""Height that a silence adds to its row."""

DEPARTS = 28
"""Where in its row an arrow begins."""

LABEL = 24
"""Height of a label, from its row's top."""

LETTER = 1.7
"""Width of a letter of a label in per cent of the wire's, on a page of 1100 pixels."""

TOWARDS_SENDER = (0, 10, 18, 26, 32, 38)
"""How far a label gives way to an arrow that passes, in per cent of the wire's width, the nearest first."""

SILENCE_S = 0.5
"""Seconds without anything that are told as a silence."""

AHEAD = 24
"""Entries whose details are rendered before they are chosen."""

SIDES = ("client", "server")


@dataclass(frozen=True)
class Story:
    """What the picture shows: the entries of one connection. Step n: entry n - 1 is the last that has happened."""

    entries: Sequence[Entry]
    cut: int | None = None
    step: int = 0
    selected: str = ""
    connection: int = 0
    connections: tuple[int, ...] = ()
    all_entries: int = 0
    can_watch: bool = False
    live: bool = False
    inspected: tuple[int, Inspected] | None = None

    @property
    def last(self) -> int:
        """The last step: everything has happened."""
        return len(self.entries)

    def belief(self, index: int, side: str) -> tuple[Belief | None, bool]:
        """What a side believes once entry `index` has happened, and whether that is still true."""
        if index < 0:
            return None, True
        entry = self.entries[index]
        mine, other = (entry.client, entry.server) if side == "client" else (entry.server, entry.client)
        return mine, not outdated(mine, other, cut=self.cut is not None and index >= self.cut)

    def silence(self, index: int) -> float:
        """Seconds of silence before an entry; 0 where it is short."""
        if index == 0:
            return 0.0
        passed = self.entries[index].time - self.entries[index - 1].time
        return passed if passed >= SILENCE_S else 0.0


def regions(state: Story, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    if not state.entries:
        return {"header": _header(state), "picture": _empty(state)}
    return {
        "header": _header(state),
        "picture": _picture(state, steps),
        "caption": parts.captions(state.step, (_caption(state, n) for n in steps), first=steps.start),
        "controls": parts.stepper(
            state.step, state.last, what="entry", pace=1200, window=(steps.start, steps.stop - 1)
        ),
        "details": None if state.inspected else _details(state, steps),
        "inspector": _inspector(state),
    }


def _header(state: Story) -> Node:
    several = len(state.connections) > 1
    options = [(str(number), f"connection {number}" if number else "the lab itself") for number in state.connections]
    return [
        parts.header(
            "Timeline",
            HELP,
            parts.copy_button("Copy the story as text", story(state), picture="copy"),
            parts.do_button("Save as a page", "save", picture="save"),
            about=_about(state),
        ),
        (several or state.can_watch)
        and h.div(".wsl-fields.wsl-ttools")[
            several and parts.field("Show", parts.select("connection", options, str(state.connection))),
            state.can_watch and _live_box(state),
        ],
    ]


def _about(state: Story) -> str:
    if not state.entries:
        return "nothing recorded yet"
    count, passed = len(state.entries), state.entries[-1].time - state.entries[0].time
    told = f"{_entries(count)} in {duration(passed)}" if count > 1 else _entries(count)
    lines = sum(1 for number in state.connections if number)
    return told if lines < 2 else f"{told}; on the tape {_entries(state.all_entries)} of {lines:,} connections"


def _entries(count: int) -> str:
    return f"{count:,} entr{'y' if count == 1 else 'ies'}"


def _live_box(state: Story) -> Node:
    box = h.input(type="checkbox", checked=state.live, data_do="live", data_arg="", data_key="live")
    return h.label(".wsl-tlive")[box, " follow while it runs"]


def _empty(state: Story) -> Node:
    waiting = "The tape is empty. This view follows it: run something." if state.live else "The tape is empty."
    return h.div(".wsl-blank")[
        h.p[waiting, " A timeline shows what a lab recorded, for example:"],
        h.pre(".wsl-pre", tabindex="0", aria_label="An example")[EXAMPLE],
        parts.copy_button("Copy the example", EXAMPLE),
    ]


# ---- the picture


def _picture(state: Story, steps: range) -> Node:
    shown = range(max(0, steps.start - 1), steps.stop - 1)
    after = state.last - shown.stop
    return h.div(".wsl-timeline")[
        _lanes(state, steps),
        h.div(
            ".wsl-tbox", data_follow=True, data_scroll="rows", tabindex="0", role="group", aria_label=_summary(state)
        )[
            shown.start > 0 and h.p(".wsl-tmore")[f"… {shown.start:,} entries before"],
            h.ol(".wsl-trows", data_roving=True)[_rows(state, shown)],
            after > 0 and h.p(".wsl-tmore")[f"… {after:,} entries after"],
        ],
    ]


def _summary(state: Story) -> str:
    return f"{len(state.entries):,} entries of a connection, one a row. Left and right step, up and down choose."


def _lanes(state: Story, steps: range) -> Node:
    client, server = (_lane(state, steps, side) for side in SIDES)
    return h.div(".wsl-tlanes")[client, h.span(".wsl-twire")[h.span["wire"]], server]


def _lane(state: Story, steps: range, side: str) -> Node:
    """The head of a lane: what the side believes at each step, one pill for each run of equal steps."""
    runs: list[tuple[int, int, tuple[Belief | None, bool]]] = []
    for step in steps:
        belief = state.belief(step - 1, side)
        if runs and runs[-1][2] == belief:
            runs[-1] = (runs[-1][0], step, belief)
        else:
            runs.append((step, step, belief))
    pills = (h.span(parts.during(state.step, first, end))[_pill(*belief)] for first, end, belief in runs)
    ours = state.belief(state.last - 1, side)[0] is not None
    unknown = h.span(".wsl-note", title="It is not one of the lab's endpoints.")["beliefs unknown"]
    return h.span(class_=f"wsl-tlane is-{side}")[h.b[side.capitalize()], " ", pills if ours else unknown]


def _pill(belief: Belief | None, true: bool) -> Node:
    if belief is None:
        return None
    return h.span(title=belief.detail or None)[parts.pill(str(belief), true=true)]


def _rows(state: Story, shown: range) -> Iterator[Node]:
    tops = _tops(state, shown)
    times = [state.entries[index].time for index in shown]
    flights: list[_Flight] = []
    for place, index in enumerate(shown):
        entry = state.entries[index]
        falls = 0.0
        if entry.arrived is not None and entry.arrived > entry.time:
            falls = max(6.0, _height(entry.arrived, times, tops) - tops[place])
        yield _row(state, index, falls, _place(entry, tops[place], flights))
        flights = [each for each in flights if each.top + each.falls > tops[place]]
        flights.append(_Flight(tops[place], falls, entry.sender == "client"))


@dataclass(frozen=True, slots=True)
class _Flight:
    """An arrow: where it departs in pixels, how far it falls, and whether it goes to the right."""

    top: float
    falls: float
    to_right: bool

    def between(self, upper: float, lower: float) -> tuple[float, float] | None:
        """From where to where in per cent of the width it crosses this strip, if it does."""
        upper, lower = max(upper, self.top), min(lower, self.top + self.falls)
        if not self.falls or upper >= lower:
            return None
        ends = [100 * (height - self.top) / self.falls for height in (upper, lower)]
        return (ends[0], ends[1]) if self.to_right else (100 - ends[1], 100 - ends[0])


def _place(entry: Entry, top: float, flights: Sequence[_Flight]) -> int:
    """Where a label's middle stands, in per cent: in the middle, or nearer to its sender where an arrow passes there.

    A label that breaks another arrow's line would read as that arrow's own. Where only arrows from the other side pass,
    it may also give way to the receiver's side, for there they have gone by above it.
    """
    half = LETTER * (len(brief(entry)) + 5) / 2
    strip = (top - DEPARTS, top - DEPARTS + LABEL)
    passing = [found for each in flights if (found := each.between(*strip))]
    to_right = entry.sender == "client"
    meeting = all(each.to_right != to_right for each in flights if each.between(*strip))
    ways: tuple[int, ...] = (*TOWARDS_SENDER, -10, -18) if meeting else TOWARDS_SENDER
    for away in ways:
        middle = 50 - away if to_right else 50 + away
        inside = half < middle < 100 - half
        if inside and all(end < middle - half or begin > middle + half for begin, end in passing):
            return middle
    return 50


def _tops(state: Story, shown: range) -> list[float]:
    """Where each arrow departs, in pixels from the first row's top; and the end of the last row."""
    tops, at = [], 0.0
    for index in shown:
        at += GAP if state.silence(index) else 0
        tops.append(at + DEPARTS)
        at += ROW
    return [*tops, at + DEPARTS]


def _height(time: float, times: Sequence[float], tops: Sequence[float]) -> float:
    """Where a moment stands: between the departures that it lies between, in proportion."""
    after = bisect_left(times, time)  # who departs at that moment may well answer it
    if after == len(times):
        return tops[after - 1] + 12
    passed = (time - times[after - 1]) / (times[after] - times[after - 1])
    return tops[after - 1] + passed * (tops[after] - tops[after - 1])


def _row(state: Story, index: int, falls: float, middle: int) -> Node:
    entry, silence = state.entries[index], state.silence(index)
    dead = state.cut is not None and index > state.cut
    classes = f"wsl-trow {'is-dead' if dead else ''}"
    return h.li(parts.at(state.step, index + 1, classes=classes), data_link=f"entry-{entry.number}")[
        bool(silence) and h.p(".wsl-tsilence")[f"{duration(silence)} of silence"],
        h.span(".wsl-ttime")[clock(entry.time)],
        _change(state, index, "client"),
        h.div(".wsl-tspan")[_drawing(entry, falls), _label(entry, middle, state.selected == f"entry-{entry.number}")],
        _change(state, index, "server"),
    ]


def _change(state: Story, index: int, side: str) -> Node:
    """What a side believes, where that is new."""
    belief = state.belief(index, side)
    new = belief != state.belief(index - 1, side)
    return h.span(class_=f"wsl-tside is-{side}")[new and _pill(*belief)]


def _label(entry: Entry, middle: int, pressed: bool) -> Node:
    kind = KINDS[entry.kind]
    name = f"entry-{entry.number}"
    place = "is-wire" if entry.sender == "wire" else "is-wrong" if entry.error else ""
    fate = _FATES.get(entry.fate) if _travels(entry) else None
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
        h.span(".wsl-twords")[brief(entry)],
        fate and h.b(".wsl-tfate")[fate],
    ]


_FATES = {LOST: "lost", ON_THE_WAY: "on the way"}


def _who(entry: Entry) -> str:
    return f"{entry.sender}, {KINDS[entry.kind].name}:"


def _travels(entry: Entry) -> bool:
    """Whether it goes from one side to the other; notes and what happens on the wire do not."""
    return entry.sender != "wire" and (bool(entry.data) or entry.kind == "tcp")


# ---- one arrow


def _drawing(entry: Entry, falls: float) -> Node:
    kind = KINDS[entry.kind]
    if not _travels(entry):
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


def _caption(state: Story, step: int) -> Node:
    if step == 0:
        return "Nothing has happened yet."
    entry = state.entries[step - 1]
    told: list[Node] = [h.span(".wsl-ttime-told")[clock(entry.time)], " ", parts.mark(entry.kind), " ", entry.sentence]
    return [*told, *(f" {words}" for words in _misled(state, step - 1))]


def _misled(state: Story, index: int) -> Iterator[str]:
    """What a side believes although it is no longer true."""
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and not true:
            yield f"The {side} still believes {belief}: nothing has told it otherwise."


def story(state: Story) -> str:
    """The same as plain text: one line an entry, and beliefs where they change."""
    if not state.entries:
        return f"The tape is empty. A timeline shows what a lab recorded, for example:\n\n{EXAMPLE}"
    head, tail, out = parts.cut_middle(range(state.last), 40 if state.live else 400)
    told = [line for index in head for line in _lines(state, index)]
    told += [f"      … {out:,} entries are left out"] if out else []
    return "\n".join(told + [line for index in tail for line in _lines(state, index)])


def _lines(state: Story, index: int) -> Iterator[str]:
    entry = state.entries[index]
    way = {"client": "client ─▶ server", "server": "client ◀─ server", "wire": "       wire     "}[entry.sender]
    if entry.fate == LOST and entry.sender != "wire":
        way = {"client": "client ─×  server", "server": "client  ×─ server"}[entry.sender]
    yield f"{clock(entry.time):>10}  {way:<16}  {KINDS[entry.kind].mark} {entry.sentence}"
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and (belief, true) != state.belief(index - 1, side):
            yield f"{'':>12}the {side} {'is' if true else 'still believes'} {belief}"


# ---- details


def _details(state: Story, steps: range) -> Node:
    """What stands beside the picture: the bytes of an entry by field, ready before it is chosen."""
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
            parts.chip(entry.kind),
            h.b[f"Entry {entry.number}"],
            h.button(".wsl-button", type="button", data_select="")["Close"],
        ],
        h.p[entry.sentence],
        h.p(".wsl-note")[_journey(entry)],
        bool(entry.data) and _bytes(entry),
    ]


def _journey(entry: Entry) -> str:
    left = f"It departs at {clock(entry.time)}"
    if not _travels(entry):
        return f"At {clock(entry.time)}."
    if entry.arrived is not None:
        return f"{left} and arrives {clock(entry.arrived - entry.time)} later."
    return {
        LOST: f"{left} and never arrives.",
        ON_THE_WAY: f"{left} and has not arrived yet.",
    }.get(entry.fate, f"{left}; its receiver is not the lab's, so nobody here sees it arrive.")


def _bytes(entry: Entry) -> Node:
    receiver = Role.SERVER if entry.sender == "client" else Role.CLIENT
    taken = dump.lines(entry.data[:128])
    more = len(entry.data) - 128
    fields = anatomy(entry.data[:4096], receiver, whole_stream=False).fields if entry.kind != "http" else ()
    rows = (
        h.tr(class_="is-illegal" if each.rule else "")[
            h.th(scope="row")[each.name], h.td[h.code[each.value]], h.td[parts.section(each.section)]
        ]
        for each in fields[:24]
    )
    return [
        bool(fields) and h.table(".wsl-table.wsl-tfields")[h.tbody[rows]],
        h.pre(".wsl-pre", tabindex="0", aria_label="The bytes in hex")["\n".join(taken)],
        more > 0 and h.p(".wsl-note")[f"{more:,} bytes more."],
        h.div(".wsl-row")[
            parts.do_button("Take it apart", "inspect", str(entry.number)),
            parts.copy_button("Copy as hex", entry.data.hex(" ")),
        ],
    ]


def _inspector(state: Story) -> Node:
    """The chosen entry in a frame inspector; its bits can be flipped, the tape stays as it is."""
    if state.inspected is None:
        return None
    number, inspected = state.inspected
    shown = inspector.regions(inspected)
    return h.section(".wsl-tinspector", aria_label=f"Entry {number} in the inspector")[
        h.div(".wsl-tdhead")[
            h.b[f"Entry {number}, taken apart"],
            h.span(".wsl-note")["Flip its bits: the tape stays as it is."],
            parts.do_button("Back to the timeline", "inspect", str(number)),
        ],
        (h.div[shown[name]] for name in ("picture", "verdicts", "controls", "fields")),
    ]


# ---- the widget


class Timeline(View):
    """A tape as a sequence diagram: client, wire, server, and what each side believes.

    `source` is a `Lab`, a `Tape` or a list of entries. `connection` is the one that is shown (by default the first),
    `step` the number of its entries that have happened (by default all), `selected` the chosen arrow, as `entry-5`.
    With `live` it follows the tape while the lab runs, and the newest entry unless somebody stepped back. All but
    `source` are traits. Raises TypeError for a source that holds no entries, ValueError for a connection that it
    does not have or for `live` with a list, which tells nobody when it grows.
    """

    title: ClassVar[str] = "Timeline"
    redraws_on: ClassVar[tuple[str, ...]] = ("connection", "selected", "live")
    reach: ClassVar[int] = 40

    _stop: Callback | None = None
    _awaited = False
    _cost = 0.0

    connection = traitlets.Int(0, help="The number of the connection that is shown.")
    live = traitlets.Bool(False, help="Whether the view follows the tape.")

    def __init__(self, source: object = (), *, step: int | None = None, **traits: Any) -> None:
        self._reel = Reel(source)
        self._inspected: tuple[int, Inspected] | None = None
        first = next(iter(self._reel.connections), 0)
        super().__init__(step=sys.maxsize if step is None else step, **{"connection": first, **traits})
        self.observe(self._on_live, names=["live"])
        self.observe(self._on_connection, names=["connection"])
        self._on_live()

    @traitlets.validate("connection")
    def _check_connection(self, proposal: Any) -> int:
        number, known = int(proposal["value"]), self._reel.connections
        if number not in known and (known or number):
            raise ValueError(f"The tape has no connection {number}; it has {', '.join(map(str, known)) or 'none yet'}.")
        return number

    @traitlets.validate("live")
    def _check_live(self, proposal: Any) -> bool:
        if proposal["value"] and not self._reel.can_watch:
            raise ValueError(
                "A list, or a tape that was played or loaded, does not grow: give Timeline the lab or its tape."
            )
        return bool(proposal["value"])

    @property
    def state(self) -> Story:
        """What the view shows now."""
        return Story(
            self._reel.entries(self.connection),
            self._reel.cut(self.connection),
            self.step,
            self.selected,
            self.connection,
            tuple(self._reel.connections),
            len(self._reel),
            self._reel.can_watch,
            self.live,
            self._inspected,
        )

    @property
    def last(self) -> int:
        """The last step: everything has happened."""
        return len(self._reel.entries(self.connection))

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def text(self) -> str:
        """The story as plain text."""
        return story(self.state)

    # following the tape

    def _on_live(self, _change: Any = None) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self.live:
            self._stop = self._reel.watch(self._on_news)
            self.refresh()

    def _on_news(self) -> None:
        """Draw what is new, but rest three times as long as drawing takes: the lab's own work goes before."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self.refresh()
        if not self._awaited:
            self._awaited = True
            loop.call_later(3 * self._cost, self._refresh_awaited)
        return None

    def _refresh_awaited(self) -> None:
        self._awaited = False
        began = perf_counter()
        if self.live:
            self.refresh()
        self._cost = perf_counter() - began

    def refresh(self) -> None:
        """Take in what is new on the tape; who stands at the newest entry stays there."""
        newest = self.step == self.last
        try:
            self._reel.update()
            with self.hold_sync():
                self._show_newest(newest)
        except Exception as problem:  # shown in the view: an error here must not end the watch in silence
            self.show_problem(problem)

    def _show_newest(self, newest: bool) -> None:
        known = self._reel.connections
        if known and self.connection not in known:
            self.connection = known[0]
        if newest:
            self.step = self.last
        self.redraw()

    def _on_connection(self, _change: Any) -> None:
        self._inspected = None
        self.step = self.last
        self.redraw()

    def close(self) -> None:
        """Stop following the tape, and close the view."""
        if self._stop is not None:
            self._stop()
            self._stop = None
        super().close()

    # what the page asks for

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for: the inspector's actions go to the open inspector."""
        if self._inspected is None or name not in inspector.ACTIONS:
            return super().act(name, arg, value)
        self._problem = None
        number, state = self._inspected
        self._inspected = number, inspector.act(state, name, arg, value)
        self.redraw()
        return None

    def do_connection(self, arg: str, value: str) -> None:
        """Show another connection, at its end."""
        self.connection = int(value)

    def do_live(self, arg: str, value: str) -> None:
        """Follow the tape, or stand still."""
        self.live = value == "true"

    def do_inspect(self, arg: str, value: str) -> None:
        """Open an entry in the inspector; the one that is open already is closed."""
        number = int(arg)
        if self._inspected is not None and self._inspected[0] == number:
            self._inspected = None
            return
        found = next(entry for entry in self._reel.entries(self.connection) if entry.number == number)
        receiver = Role.SERVER if found.sender == "client" else Role.CLIENT
        self._inspected = found.number, Inspected.of(found.data, whole_stream=False, role=receiver)
