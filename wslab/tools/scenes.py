"""How `wslab play` looks: the opening, each step between its two lanes, and the end, as things that rich can print.

     5    client        what travels, and what it says                    server
          CLOSING   × ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━▶  CLOSING
     2.5 ms         The client sends Close 1000 (normal closure), masked.

Colour, mark and line are those of the entry's kind, as in every view of the lab; an arrow that never arrives ends in a
cross. A belief is reversed where it is new, and dim where it is as before.

What it leaves out: keys, files and JSON (`play`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment, SegmentLines
from rich.table import Table
from rich.text import Text

from wslab.explain import KINDS
from wslab.lab import Entry, Tape
from wslab.lab.entries import ARRIVED, LOST, ON_THE_WAY, Belief
from wslab.scenarios import Scenario
from wslab.widgets.reel import outdated

NUMBER, LANE, WIDEST = 10, 13, 120
"""Columns of the first column and of a lane, and the most that a scene takes."""

LONG_SILENCE = 1.0
"""Seconds without anything from which on the silence is told."""

_STROKES = {"solid": "━", "double": "═", "dashed": "╌", "dotted": "┄"}
_KEYS = "→ or Enter: on   ←: back   a: all at once   q: quit"


class Scenes:
    """A told run: scene 0 asks the question, then one for each step, and the last one explains."""

    def __init__(
        self,
        scenario: Scenario,
        parameters: Mapping[str, object],
        seed: int,
        tape: Tape,
        *,
        dark: bool,
        mended: bool = False,
    ) -> None:
        self._scenario = scenario
        self._parameters = parameters
        self._seed = seed
        self._tape = tape
        self._dark = dark
        self._mended = mended
        self._entries = list(tape)
        self._many = len(tape.connections) > 1
        self._cut = _cuts(self._entries)
        self._before = _before(self._entries)

    @property
    def last(self) -> int:
        """The number of the last scene."""
        return len(self._entries) + 1

    def __iter__(self) -> Iterator[RenderableType]:
        return (self.scene(number) for number in range(self.last + 1))

    def scene(self, number: int) -> RenderableType:
        """One of them."""
        if number == 0:
            return self._opening()
        return self._step(self._entries[number - 1]) if number < self.last else self._closing()

    def screen(self, at: int, console: Console) -> RenderableType:
        """The screen at a scene: its end and what came before, as much as there is room for, and the keys."""
        keys = Text(f"{min(at, self.last - 1)} of {self.last - 1} steps   {_KEYS}", style="reverse", overflow="crop")
        return _Screen([self.scene(number) for number in range(max(0, at - console.height), at + 1)], keys)

    # --- scenes -------------------------------------------------------------------------

    def _opening(self) -> RenderableType:
        scenario = self._scenario
        title = Text.assemble((scenario.name, "bold"), (f"   {scenario.group}", "dim"))
        if self._mended:
            title.append("   mended", "bold")
        told: list[RenderableType] = [title, Text(scenario.sentence)]
        if self._parameters:
            told.append(self._settings())
        return Group("", *told, "", Text.assemble(("?  ", "bold"), (scenario.question, "italic")), "", _Lanes())

    def _settings(self) -> Table:
        shown = Table.grid(padding=(0, 2, 0, 0))
        for name, value in self._parameters.items():
            says = self._scenario.parameters[name].says
            shown.add_row(Text(f"  {name} = {value}", no_wrap=True), Text(says, style="dim"))
        return shown

    def _step(self, entry: Entry) -> RenderableType:
        scene = _Scene(entry, self._style(entry), _seconds(entry.time), *self._pills(entry), many=self._many)
        silence = self._silence(entry)
        return Group(silence, scene) if silence else scene

    def _closing(self) -> RenderableType:
        scenario = self._scenario
        told = [Text(f"{'':>2}{each}") for each in self._ends()]
        why = Text.assemble(("Why  ", "bold"), scenario.explanation)
        how = Text.assemble(("Mended  ", "bold"), scenario.mended)
        if scenario.mend and not self._mended:
            how.append(f"  (wslab play {scenario.name} --mended)", "dim")
        return Group("", Text("In the end", style="bold"), *told, "", why, "", how, "")

    # --- parts ---------------------------------------------------------------------------

    def _style(self, entry: Entry) -> str:
        kind = KINDS[entry.kind]
        return "bold" if kind.id == "fault" else f"bold {kind.dark if self._dark else kind.light}"

    def _silence(self, entry: Entry) -> Text | None:
        passed = entry.time - self._entries[entry.number - 1].time if entry.number else 0.0
        if passed < LONG_SILENCE:
            return None
        return Text(f"{'':>{NUMBER + 1}}· · ·  {passed:,.1f} s of silence  · · ·", style="dim italic")

    def _pills(self, entry: Entry) -> Iterator[Text]:
        """What both sides believe once this has happened; nothing for the lab as a whole."""
        old = self._before.get(entry.number)
        cut = self._cut.get(entry.connection, entry.number + 1) <= entry.number
        for side, other in (("client", "server"), ("server", "client")):
            belief, others = getattr(entry, side), getattr(entry, other)
            was = None if old is None else getattr(old, side)
            yield _pill(belief, is_new=_differs(belief, was), is_true=not outdated(belief, others, cut=cut))

    def _ends(self) -> Iterator[str]:
        numbers = self._tape.connections
        shown = numbers if len(numbers) <= MOST_ENDS else [*numbers[: MOST_ENDS // 2], *numbers[-MOST_ENDS // 2 :]]
        latest = {entry.connection: entry for entry in self._entries}
        for number in shown:
            name = f"#{number}: " if self._many else ""
            for side in ("client", "server"):
                belief: Belief | None = getattr(latest[number], side)
                if belief is not None:
                    why = f": {belief.detail}" if belief.detail else ""
                    yield f"{name}the {side} believes {belief}{why}"
        if len(shown) < len(numbers):
            yield f"and so on: {len(numbers):,} connections in all"


MOST_ENDS = 6
"""Connections whose end is told by name."""


def _grid(width: int) -> tuple[Table, int]:
    """A row's columns, number, lane, middle and lane, and the width of the middle."""
    middle = max(min(width, WIDEST) - NUMBER - 2 * LANE - 4, 12)
    grid = Table.grid(padding=(0, 1))
    for justify, size in (("right", NUMBER), ("left", LANE), ("left", middle), ("right", LANE)):
        grid.add_column(justify=justify, width=size)  # type: ignore[arg-type]
    return grid, middle


class _Lanes:
    """The names of the lanes."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid, _ = _grid(options.max_width)
        grid.add_row(Text("step", style="dim"), Text(" client", style="bold"), "", Text("server ", style="bold"))
        yield grid


class _Scene:
    """One step, as wide as there is room."""

    def __init__(self, entry: Entry, style: str, time: str, client: Text, server: Text, *, many: bool) -> None:
        self._entry = entry
        self._style = style
        self._time = time
        self._client = client
        self._server = server
        self._many = many

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid, middle = _grid(options.max_width)
        number = f"#{self._entry.connection}  {self._entry.number}" if self._many else str(self._entry.number)
        told = Text.assemble(_arrow(self._entry, middle, self._style), "\n", self._words())
        grid.add_row(Text.assemble(number, "\n", (self._time, "dim")), self._client, told, self._server)
        yield grid

    def _words(self) -> Text:
        entry = self._entry
        words = Text(entry.sentence, style="bold red" if entry.error is not None else "")
        if entry.fate == ARRIVED and entry.arrived is not None and entry.arrived > entry.time:
            words.append(f"  Arrives after {_seconds(entry.arrived - entry.time)}.", "dim")
        if entry.fate == ON_THE_WAY:
            words.append("  It is on the way.", "dim")
        return words


class _Screen:
    """Scenes from the bottom up, cut at the top, and a line of keys."""

    def __init__(self, scenes: Iterable[RenderableType], keys: Text) -> None:
        self._scenes = scenes
        self._keys = keys

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines: list[list[Segment]] = []
        for scene in self._scenes:
            lines += console.render_lines(scene, options.update(height=None), pad=False)
        room = console.height - 1
        lines = lines[-room:] + [[]] * max(0, room - len(lines))
        yield SegmentLines(lines, new_lines=True)
        yield self._keys


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms" if seconds < 10 else f"{seconds:,.1f} s"


def _arrow(entry: Entry, width: int, style: str) -> Text:
    """From the sender's lane to the other; what is lost ends in a cross, and what nobody sent is a mark."""
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


def _pill(belief: Belief | None, *, is_new: bool, is_true: bool) -> Text:
    if belief is None:
        return Text("")
    name = str(belief)
    if not is_true:
        return Text.assemble((f"╎{name}╎", "bold" if is_new else ""), "\n", ("believes", "italic"))
    return Text(f" {name} ", style="bold reverse" if is_new else "dim")


def _differs(one: Belief | None, other: Belief | None) -> bool:
    return one is not None and (other is None or (one.state, one.code) != (other.state, other.code))


def _before(entries: list[Entry]) -> dict[int, Entry]:
    """For each entry the one before it on the same connection."""
    latest: dict[int, Entry] = {}
    before: dict[int, Entry] = {}
    for entry in entries:
        if entry.connection in latest:
            before[entry.number] = latest[entry.connection]
        latest[entry.connection] = entry
    return before


def _cuts(entries: list[Entry]) -> dict[int, int]:
    """By connection, the step from which on TCP carries nothing."""
    cuts: dict[int, int] = {}
    for entry in entries:
        if entry.kind == "fault" and entry.sender == "wire":
            cuts.setdefault(entry.connection, entry.number)
    return cuts


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
        shown.add_row(Text(each.name), Text(each.sentence))
    return shown
