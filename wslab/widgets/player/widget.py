"""`ScenarioPlayer`, the widget: a run of a scenario, and what the learner said before it.

It is a `Timeline` with a question above and an explanation below, so all that a timeline can, it can: filter, take
apart, drop, delay, flip. Which part is open and what was said is `selected`, so both work without Python.

Left out: how it looks (`picture`), and playing (`wslab.scenarios`).
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.explain.redaction import notice
from wslab.scenarios.player import Call, PlayedTape, call_of
from wslab.scenarios.reproduction import file_name
from wslab.scenarios.tracing import traced
from wslab.tape.entry import RedactedEntries
from wslab.tape.files import write_errors
from wslab.tape.follow import TapeView
from wslab.widgets.image import timeline as image
from wslab.widgets.player import gallery
from wslab.widgets.player.foot.story import Lines
from wslab.widgets.player.foot.values import chosen
from wslab.widgets.player.home.files import PAGES, TYPES, save_run, size_words, write_text
from wslab.widgets.player.home.pages import Run, runs_page, title_of
from wslab.widgets.player.pair import on_one_axis, set_beside
from wslab.widgets.player.picture import regions, text
from wslab.widgets.player.question import Question, question_of
from wslab.widgets.player.state import FIX, STEP, WHAT, PlayerState
from wslab.widgets.timeline.forks import Story
from wslab.widgets.timeline.state import TimelineState, most_telling
from wslab.widgets.timeline.widget import Timeline

logger = logging.getLogger("wslab")

__all__ = ["ScenarioPlayer"]

MOST_FORKS = 8
"""Forks that the page has, the last that were made."""


class ScenarioPlayer(Timeline):
    """A scenario: its question, its run as a picture, what explains it, and its fixed variant.

    `source` is the name of a scenario, with its parameters as keywords, or what `play` returned. Without one it is a
    gallery of all scenarios, by what one would search for, and what is chosen there is played here. With `asks` (the
    default) only the beginning is shown until the question is answered or skipped; a run that was changed, or is the
    fixed one, asks nothing. The score stays in the view. All traits of `Timeline` are here, too. Raises what `play`
    raises, and TypeError for a source that is no scenario, or for parameters of none.
    """

    title: ClassVar[str] = "Scenario"
    folds: ClassVar[bool] = True

    asks = traitlets.Bool(True, help="Whether the question stands before the run.")

    def __init__(self, source: str | PlayedTape | None = None, **given: Any) -> None:
        traits = {name: given.pop(name) for name in [*given] if self.has_trait(name)}
        self._traced: tuple[PlayedTape, Lines] | None = None
        played = self.run_of(call_of(source, **given)) if isinstance(source, str) else source
        if not _is_source(played) or (given and played is source):
            raise TypeError('A scenario is its name or what `play` returned, such as ScenarioPlayer("half-open").')
        self._other: tuple[PlayedTape, TapeView] | None = None
        self._score: dict[str, bool] = {}
        self._searched = ""
        self._begin(played)
        # the secrets of a scenario are invented
        super().__init__(() if played is None else played, **{"secrets": True, **traits})
        if played is not None and (not self.asks or _is_other(played)):
            self.selected = self.selected or WHAT
        if played is not None and _is_other(played) and not {"connection", "step"} & traits.keys():
            self._show_difference()
        self.observe(self._on_selected, names=["selected", "asks"])
        self._on_selected()

    def _begin(self, played: PlayedTape | None) -> None:
        """Nothing was said yet of what is shown: a scenario, or None for the gallery."""
        self._said = ""
        self._asked: Question | None = None
        self._forks: dict[str, Call] = {}
        self._taken = ""
        self._plain = played
        if played is not None:
            self._keep_fork(played)
        if played is not None and _is_other(played):
            self._plain = replace(played.call, do={}, fixed=False).play()

    @property
    def player(self) -> PlayerState:
        """What the view shows now."""
        story = self.story
        assert story is not None, "a player stands on a scenario"
        assert self._plain is not None, "as above"
        timeline, beside = self._runs(story)
        return PlayerState(
            timeline,
            story.played,
            self._plain,
            self._question(),
            self.selected,
            self._said,
            self._score,
            beside,
            self._taken,
            self._lines_of(story.played),
        )

    def run_of(self, call: Call) -> PlayedTape:
        """Play it, and keep the lines of the story that did each step."""
        played, lines = traced(call)
        self._traced = played, dict(enumerate(lines))
        return played

    def _lines_of(self, played: PlayedTape) -> Lines:
        """The lines of a run; of one that was played elsewhere it is played again, where it can be."""
        if self._traced is None or self._traced[0] is not played:
            lines = traced(played.call)[1] if played.can_fork else ()
            self._traced = played, dict(enumerate(lines))
        return self._traced[1]

    def _question(self) -> Question:
        """What is asked: once, of the connection that is shown then."""
        if self._asked is None:
            assert self._plain is not None, "a player stands on a scenario"
            self._asked = question_of(self._plain, self.connection)
        return self._asked

    def _runs(self, story: Story) -> tuple[TimelineState, TimelineState | None]:
        """The run that is shown, and the one that it stands beside, where that is another."""
        now = self.state
        if not story.differs or not now.shown:
            return now, None
        base, now = on_one_axis(self._beside(story, now), now)
        return now, set_beside(base, now)

    def _beside(self, story: Story, now: TimelineState) -> TimelineState:
        """The run that the present one stands beside: the same connection, or its first."""
        if self._other is None or self._other[0] is not story.base:
            self._other = story.base, TapeView(story.base)
        view = self._other[1]
        known = view.connection_numbers
        number = now.connection if now.connection in known else next(iter(known), 0)
        entries = view.entries(number)
        shown = entries if self.secrets else RedactedEntries(entries)
        return replace(now, entries=shown, cut=view.cut(number), connection=number, inspected=None, draft=None)

    def do_back(self, arg: str, value: str) -> None:
        """Go back to the run beside which the present one stands."""
        story = self.story
        if story is not None and story.differs:
            self.show_run(story.base)

    def compared_with(self, tape: PlayedTape) -> PlayedTape:
        """The run that another is compared with: the one without changes; the fixed one with the one as it is."""
        if tape.changed and not tape.call.fixed and self._plain is not None:
            return self._plain
        if tape.changed:
            return super().compared_with(tape)
        return (self._plain or tape) if tape.call.fixed else tape

    def _on_selected(self, _change: Any = None) -> None:
        if self._said or not self.selected or self._plain is None:
            return
        self._said = self.selected
        answer = self.player.answer
        if answer is not None:
            self._score.setdefault(self._plain.call.name, not answer.why)
        self.redraw()

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state: those of the player, or of the gallery."""
        return gallery.regions(self.gallery) if self._plain is None else regions(self.player, steps)

    def text(self) -> str:
        """The question, the run and what explains it, as plain text; or the gallery."""
        return gallery.gallery_text(self.gallery) if self._plain is None else text(self.player)

    @property
    def gallery(self) -> gallery.GalleryState:
        """What the gallery shows now."""
        return gallery.GalleryState(self._searched, self._score)

    def do_search(self, arg: str, value: str) -> None:
        """Show the scenarios of the gallery that have these words."""
        self._searched = value.strip()

    def do_gallery(self, arg: str, value: str) -> None:
        """Go to the gallery."""
        self._begin(None)
        self.selected = ""

    def do_open(self, arg: str, value: str) -> None:
        """Play a scenario of the gallery: its question first."""
        played = self.run_of(call_of(arg))
        self._begin(played)
        self.show_run(played)
        self.selected = "" if self.asks else WHAT
        self.connection = most_telling(self._tape_view) or self.connection
        self.step = self.last

    def image(self) -> Node:
        """The picture without styles: before an answer, only of the beginning; the gallery has none."""
        if self._plain is None:
            return None
        shown = self.player
        scene = shown.timeline if shown.said else shown.scene
        return None if scene is None else image.drawn(scene)

    def do_run(self, arg: str, value: str) -> None:
        """Show the run as it is, or the fixed one, at its end."""
        call = self.player.played.call
        plain = replace(call, do={}, fixed=False)
        self.show_run(self.run_of(replace(plain, fixed=True)) if arg == "fixed" else self._plain or self.run_of(plain))
        self._show_difference()
        self.step = self.last
        self.selected = FIX if arg == "fixed" else self.selected

    def _show_difference(self) -> None:
        """Where the connection that is shown is as in the run beside, show the first one that is not."""
        story = self.story
        assert story is not None, "a run is shown"
        numbers = [self.connection, *self.state.connections]
        self.connection = next((each for each in numbers if story.parting(each) is not None), self.connection)

    def _step_of_a_page(self) -> None:
        """A page has a part of a long run: let that be the part with the first difference."""
        story = self.story
        step = None if story is None else story.difference(self.connection)
        if self.is_long and step is not None:
            self.step = step

    # taking it home

    def show_run(self, tape: PlayedTape) -> None:
        """Show another run; a changed one is kept for the page."""
        self._keep_fork(tape)
        super().show_run(tape)

    def _keep_fork(self, tape: PlayedTape) -> None:
        if tape.changed:
            self._forks.pop(str(tape.call), None)
            self._forks[str(tape.call)] = tape.call
        while len(self._forks) > MOST_FORKS:
            del self._forks[next(iter(self._forks))]

    def html(self) -> str:
        """A page that stands alone and loads nothing: this view, and below it the fixed variant and all forks made."""
        if self._plain is None:  # the gallery
            return super().html()
        return runs_page(self._plain.scenario.name, self.still(), self._other_runs(self._plain.call))

    def _other_runs(self, plain: Call) -> Iterator[Run]:
        """The fixed variant and the forks that were made, as still views, apart from the run that is shown."""
        shown = self.player.played
        fixed = [replace(plain, fixed=True)] if shown.scenario.fix else []
        for call in [each for each in (*fixed, *self._forks.values()) if str(each) != str(shown.call)]:
            view = self._copy(call.play(), selected=FIX if call.fixed and not call.do else WHAT)
            view._step_of_a_page()
            try:
                yield title_of(view.player), view.still()
            finally:
                view.close()

    def _copy(self, tape: PlayedTape, *, secrets: bool | None = None, **traits: Any) -> ScenarioPlayer:
        """A player of another run for a page; without secrets, its code has none, either."""
        shown = self.secrets if secrets is None else secrets
        return ScenarioPlayer(tape if shown else tape.redacted_call(), secrets=shown, **{"asks": False, **traits})

    def save(self, path: str | Path, *, secrets: bool = False) -> Path:
        """Write it to a file by the suffix of its name, whole or not at all, and return the path.

        `.html` is the page that steps without a kernel, with the forks that were made; it has at most 2 MB, and its
        last line says how large it is. `.py` is the code that plays this run again: a test for pytest where the name
        begins with `test_`, else a script. Other suffixes are those of `export`, such as `.jsonl` and `.pcapng`. A file
        that exists is replaced. Secrets in heads become asterisks, unless `secrets` asks for them. Raises `OSError`
        where it cannot be written, with one sentence that says why, and `UnknownSuffix` for another suffix.
        """
        with write_errors(path):
            if self._plain is None or Path(path).suffix.lower() in PAGES:
                return self._save_page(path, secrets=secrets)
            return save_run(self.player.played, path, self.connection, secrets=secrets)

    def _save_page(self, path: str | Path, *, secrets: bool) -> Path:
        saved = write_text(path, self._page(secrets=secrets))
        if not secrets and self._plain is not None and (count := self._tape_view.count_secrets()):
            logger.warning("%s", notice(count, path, "secrets=True"))
        return saved

    def _page(self, *, secrets: bool) -> str:
        """The page, with or without secrets."""
        if self._plain is None or secrets == self.secrets:
            return self.html()
        how = {name: getattr(self, name) for name in ("asks", "connection", "selected", "step")}
        view = self._copy(self.player.played, secrets=secrets, **how)
        try:
            view._said, view._score, view._filter, view._forks = self._said, self._score, self._filter, self._forks
            return view.html()
        finally:
            view.close()

    def do_take(self, arg: str, value: str) -> None:
        """Give the run to the browser as a file: `jsonl`, `pcapng`, `html`."""
        name = f"{file_name(self.player.played.call)}.{arg}"
        with TemporaryDirectory() as folder:
            data = self.save(Path(folder) / name).read_bytes()
        self.send({"save": {"name": name, "data": b64encode(data).decode(), "type": TYPES[arg]}})
        self._taken = f"{name}, {size_words(len(data))}"

    def do_save(self, arg: str, value: str) -> None:
        """Give the page to the browser as a file."""
        if self._plain is None:  # the gallery
            return super().do_save(arg, value)
        return self.do_take("html", "")

    def do_set(self, arg: str, value: str) -> None:
        """Play again with another value for a parameter; at the end of the run it stays at the end."""
        played = self.player.played
        given = {**(played.scenario.fix if played.call.fixed else {}), **played.call.parameters}
        self._play_anew({**given, arg: chosen(played, arg, value)})

    def do_defaults(self, arg: str, value: str) -> None:
        """Play again with the default of each parameter."""
        self._play_anew({})

    def _play_anew(self, parameters: Mapping[str, object]) -> None:
        call, at_end = self.player.played.call, self.step == self.last
        self._plain = self.run_of(replace(call, parameters=parameters, do={}, fixed=False))
        self.show_run(self._plain)
        self.step = self.last if at_end else self.step

    def do_inspect(self, arg: str, value: str) -> None:
        """Open an entry in the inspector, or close that and come back to its step."""
        super().do_inspect(arg, value)
        self.selected = STEP


def _is_source(source: object) -> bool:
    return source is None or isinstance(source, PlayedTape)


def _is_other(tape: PlayedTape) -> bool:
    return tape.changed or tape.call.fixed
