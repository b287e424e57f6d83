"""How `wslab play` looks: the question, each step between its two sides, and the explanation, as rich prints it.

     5    client        what travels, in words                           server
          CLOSING   C ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━▶  CLOSING
     2.5 ms         The client sends Close 1000 (normal closure), masked.

Colour, mark and line are those of the entry's kind, as in every view of the lab; an arrow that never arrives ends in a
cross. A belief is reversed where it is new, and dim where it is as before.

A run is a sequence of pages: page 0 asks the question, then comes one page for each step, and the last ones explain.
Each page is drawn when it is asked for, as wide as there is room. Where there is little, the words of a step are
below its arrow.

What it leaves out: keys (`pager`), files and JSON (`play`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wslab.explain import KINDS
from wslab.explain.durations import format_duration, format_time
from wslab.lab import Entry
from wslab.scenarios import Scenario
from wslab.scenarios.outcomes import outcomes
from wslab.scenarios.player import PlayedTape
from wslab.tape.entry import ARRIVED, LOST, ON_THE_WAY, Belief
from wslab.tape.follow import TapeView
from wslab.tape.text import is_outdated

NUMBER, SIDE, NARROW, WIDEST = 10, 13, 72, 120
"""Characters of the first column, at least, and of a side; fewer than `NARROW` are few; a page takes `WIDEST`."""

LONG_SILENCE = 1.0
"""Seconds in which nothing happens after which a page says so."""

LATE = 0.01
"""Seconds on the way from which a page shows them."""

_STROKES = {"solid": "━", "double": "═", "dashed": "╌", "dotted": "┄"}


class PlayView:
    """The pages of a run.

    `parameters` are all that it was played with; `remarks` are words about the run for its title.
    """

    def __init__(
        self,
        scenario: Scenario,
        parameters: Mapping[str, object],
        tape: PlayedTape,
        *,
        dark: bool,
        fixed: bool = False,
        remarks: Sequence[str] = (),
    ) -> None:
        self._scenario = scenario
        self._parameters = parameters
        self._tape = tape
        self._dark = dark
        self._remarks = (*["fixed"] * fixed, *remarks)
        self._entries = list(tape)
        self._labels = _labels(self._entries, many=len(tape.connection_numbers) > 1)
        self._numbers = max(NUMBER, *map(len, self._labels)) if self._labels else NUMBER
        self._view = TapeView(tape)
        self._places = _places(self._entries)
        self._ending = list(self._closing())

    @property
    def last(self) -> int:
        """The number of the last page."""
        return self.steps + len(self._ending)

    @property
    def steps(self) -> int:
        """How many pages are steps: they are 1 to this number."""
        return len(self._entries)

    def __iter__(self) -> Iterator[RenderableType]:
        return (self.page(number) for number in range(self.last + 1))

    def page(self, number: int) -> RenderableType:
        """One of them, 0 to `last`."""
        if number == 0:
            return Constrain(self._opening(), WIDEST)
        if number <= self.steps:
            return self._step(self._entries[number - 1])
        return Constrain(self._ending[number - self.steps - 1], WIDEST)

    # --- pages --------------------------------------------------------------------------

    def _opening(self) -> RenderableType:
        scenario = self._scenario
        title = Text.assemble((scenario.name, "bold"), (f"   {scenario.group}", "dim"))
        for each in self._remarks:
            title.append(f"   {each}", "bold")
        about: list[RenderableType] = [title, Text(self._tape.sentence)]
        if self._parameters:
            about.append(self._settings())
        question = Text.assemble(("?  ", "bold"), (self._tape.question, "italic"))
        return Group("", *about, "", question, "", _SideNames(self._numbers))

    def _settings(self) -> Table:
        shown = Table.grid(padding=(0, 2, 0, 0))
        for name, value in self._parameters.items():
            meaning = self._scenario.parameters[name].text
            shown.add_row(Text(f"  {name} = {value}", no_wrap=True), Text(meaning, style="dim"))
        return shown

    def _step(self, entry: Entry) -> RenderableType:
        page = _Step(entry, self._style(entry), self._labels[entry.number], self._numbers, *self._beliefs(entry))
        silence = self._silence(entry)
        return Group(silence, page) if silence else page

    def _closing(self) -> Iterator[RenderableType]:
        """What both believe, each part of the explanation, and how to fix it: small pages, for a terminal is low."""
        ends = self._ends() or ["No connection began: neither side believes anything."]
        yield Group("", Text("In the end", style="bold"), *(Padding(Text(each), (0, 0, 0, 2)) for each in ends), "")
        if self._tape.changed:
            yield Group(Text("This explains the run without --do. What --do changed, --diff says.", style="italic"), "")
        for title, text in self._tape.explanation.parts:
            yield Group(Text.assemble((f"{title}  ", "bold"), text), "")
        yield Group(self._fix(), "")

    def _fix(self) -> Text:
        scenario = self._scenario
        how = Text.assemble(("Fixed  ", "bold"), self._tape.fix)
        if scenario.fix and not self._tape.is_the_fix:
            how.append(f"  (wslab play {scenario.name} --fixed)", "dim")
        return how

    # --- parts ---------------------------------------------------------------------------

    def _style(self, entry: Entry) -> str:
        kind = KINDS[entry.kind]
        return "bold" if kind.id == "fault" else f"bold {kind.dark if self._dark else kind.light}"

    def _silence(self, entry: Entry) -> Text | None:
        passed = entry.time - self._entries[entry.number - 1].time if entry.number else 0.0
        if passed < LONG_SILENCE:
            return None
        return Text(f"{'':>{self._numbers + 1}}· · ·  nothing for {format_duration(passed)}", style="dim italic")

    def _beliefs(self, entry: Entry) -> Iterator[Text]:
        """What both sides believe once this has happened; nothing for the lab as a whole."""
        place, from_cut_on = self._places[entry.number], self._view.cut(entry.connection)
        old = self._view.entries(entry.connection)[place - 1] if place else None
        cut = from_cut_on is not None and place >= from_cut_on
        for side, other in (("client", "server"), ("server", "client")):
            belief, others = getattr(entry, side), getattr(entry, other)
            was = None if old is None else getattr(old, side)
            yield _belief(belief, is_new=_differs(belief, was), is_true=not is_outdated(belief, others, cut=cut))

    def _ends(self) -> list[str]:
        connections = self._tape.connection_numbers
        if len(connections) > MOST_ENDS:
            return [
                f"{len(end.connections):,} of {len(connections):,} connections: "
                + ", ".join(f"the {side} believes {belief}" for side, belief in end.beliefs)
                for end in outcomes(self._tape)
            ]
        return [
            f"{f'#{end.connections[0]}: ' if len(connections) > 1 else ''}the {side} believes {belief}: {belief.detail}"
            for end in outcomes(self._tape, alike=False)
            for side, belief in end.beliefs
        ]


MOST_ENDS = 6
"""Connections whose end is shown one by one; of more, those that end alike are counted."""


def _grid(width: int, numbers: int) -> tuple[Table, int]:
    """A row's columns (number, side, middle, side) and the width of the middle; a narrow row has no number."""
    columns: list[tuple[JustifyMethod, int]] = [("right", numbers)] if width >= NARROW else []
    middle = max(min(width, WIDEST) - 2 * SIDE - sum(size + 1 for _, size in columns) - 3, 8)
    grid = Table.grid(padding=(0, 1))
    for justify, size in (*columns, ("left", SIDE), ("left", middle), ("left", SIDE)):
        grid.add_column(justify=justify, width=size)
    return grid, middle


class _SideNames:
    """The names of the two sides, above their columns."""

    def __init__(self, numbers: int) -> None:
        self._numbers = numbers

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid, _ = _grid(options.max_width, self._numbers)
        names = (Text(" client", style="bold"), "", _right(Text("server ", style="bold")))
        grid.add_row(*([Text("step", style="dim")] if options.max_width >= NARROW else []), *names)
        yield grid


class _Step:
    """One step, as wide as there is room: its words are between the sides, or below them where there is little."""

    def __init__(self, entry: Entry, style: str, label: str, numbers: int, client: Text, server: Text) -> None:
        self._entry = entry
        self._style = style
        self._label = label
        self._numbers = numbers
        self._client = client
        self._server = _right(server)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid, middle = _grid(options.max_width, self._numbers)
        arrow, time = _arrow(self._entry, middle, self._style), Text(format_time(self._entry.time), style="dim")
        if options.max_width >= NARROW:
            middle_text = Text.assemble(arrow, "\n", self._words())
            grid.add_row(Text.assemble(self._label, "\n", time), self._client, middle_text, self._server)
            yield grid
        else:
            grid.add_row(self._client, arrow, self._server)
            yield grid
            yield Padding(Text.assemble(self._label, "  ", time, "  ", self._words()), (0, 0, 0, 2))

    def _words(self) -> Text:
        entry = self._entry
        words = Text(entry.sentence, style="bold red" if entry.error is not None else "")
        if entry.fate == ARRIVED and entry.arrived is not None and entry.arrived - entry.time >= LATE:
            words.append(f"  Arrives after {format_time(entry.arrived - entry.time)}.", "dim")
        if entry.fate == ON_THE_WAY:
            words.append("  It is on the way.", "dim")
        return words


def _arrow(entry: Entry, width: int, style: str) -> Text:
    """From the sender's side to the other; what is lost ends in a cross, and what no side sent is a mark."""
    kind = KINDS[entry.kind]
    if entry.kind == "fault" and entry.error is None:
        place = {"client": "left", "server": "right", "wire": "center"}[entry.sender]
        mark = Text(kind.mark, style=style)
        mark.align(place, width)  # type: ignore[arg-type]
        return mark
    stroke = _STROKES[kind.line]
    length = width - 3
    line = f"{stroke * (2 * length // 3)}╳" if entry.fate == LOST else f"{stroke * length}▶"
    if entry.sender == "client":
        return Text(f"{kind.mark} {line}", style=style)
    arrow = f"{line.translate(_TURNED)[::-1]} {kind.mark}"
    return Text(arrow.rjust(width), style=style)


_TURNED = str.maketrans("▶", "◀")


def _belief(belief: Belief | None, *, is_new: bool, is_true: bool) -> Text:
    if belief is None:
        return Text("")
    name = str(belief)
    if not is_true:
        return Text.assemble((f"╎{name}╎", "bold" if is_new else ""), "\n", ("believes", "italic"))
    return Text.assemble((f" {name} ", "bold reverse" if is_new else "dim"))


def _right(text: Text) -> Text:
    """At the right edge of a side, with the space that ends a belief."""
    lines = text.split()
    for line in lines:
        line.align("right", SIDE)
    return Text("\n").join(lines)


def _differs(one: Belief | None, other: Belief | None) -> bool:
    return one is not None and (other is None or (one.state, one.code) != (other.state, other.code))


def _labels(entries: Sequence[Entry], *, many: bool) -> list[str]:
    """What each step is called: its number, and where there are several connections, which one (0 is the lab)."""
    return [f"#{each.connection}  {each.number}" if many and each.connection else str(each.number) for each in entries]


def _places(entries: Sequence[Entry]) -> list[int]:
    """How many entries of its connection come before each."""
    seen: Counter[int] = Counter()
    places: list[int] = []
    for entry in entries:
        places.append(seen[entry.connection])
        seen[entry.connection] += 1
    return places


def table(scenarios: Iterable[Scenario]) -> Table:
    """Scenarios with their sentences, by group."""
    shown = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("scenario", no_wrap=True)
    shown.add_column("what happens")
    group = ""
    for each in scenarios:
        if each.group != group:
            group = each.group
            shown.add_row("", "")
            shown.add_row(Text(group, style="bold"), "")
        shown.add_row(
            Text(each.name), Text.assemble(each.sentence, (f" {each.missing}" * bool(each.missing), "yellow"))
        )
    return shown
