"""`ScenarioPlayer`, the widget: a run of a scenario, and what the learner said before it.

It is a `Timeline` with a question above and an explanation below, so all that a timeline can, it can: filter, take
apart, drop, delay, flip. Which part is open and what was said is `selected`, so both work without Python.

Left out: how it looks (`picture`), and playing (`wslab.scenarios`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.scenarios.player import PlayedTape, play
from wslab.tape.entry import RedactedEntries
from wslab.tape.follow import TapeView
from wslab.widgets.player import gallery
from wslab.widgets.player.pair import set_beside
from wslab.widgets.player.picture import regions, text
from wslab.widgets.player.question import Question, question_of
from wslab.widgets.player.state import FIX, STEP, WHAT, PlayerState
from wslab.widgets.timeline.forks import Story
from wslab.widgets.timeline.state import TimelineState
from wslab.widgets.timeline.widget import Timeline

__all__ = ["ScenarioPlayer"]


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
        played = play(source, **given) if isinstance(source, str) else source
        if not isinstance(played, PlayedTape | None) or (given and played is source):
            raise TypeError('A scenario is its name or what `play` returned, such as ScenarioPlayer("half-open").')
        self._other: tuple[PlayedTape, TapeView] | None = None
        self._score: dict[str, bool] = {}
        self._searched = ""
        self._begin(played)
        # the secrets of a scenario are invented
        super().__init__(() if played is None else played, **{"secrets": True, **traits})
        if played is not None and (not self.asks or _is_other(played)):
            self.selected = self.selected or WHAT
        self.observe(self._on_selected, names=["selected", "asks"])
        self._on_selected()

    def _begin(self, played: PlayedTape | None) -> None:
        """Nothing was said yet of what is shown: a scenario, or None for the gallery."""
        self._said = ""
        self._asked: Question | None = None
        self._plain = played
        if played is not None and _is_other(played):
            self._plain = replace(played.call, do={}, fixed=False).play()

    @property
    def player(self) -> PlayerState:
        """What the view shows now."""
        story = self.story
        assert story is not None, "a player stands on a scenario"
        assert self._plain is not None, "as above"
        return PlayerState(
            self.state,
            story.played,
            self._plain,
            self._question(),
            self.selected,
            self._said,
            self._score,
            self._beside(story),
        )

    def _question(self) -> Question:
        """What is asked: once, of the connection that is shown then."""
        if self._asked is None:
            assert self._plain is not None, "a player stands on a scenario"
            self._asked = question_of(self._plain, self.connection)
        return self._asked

    def _beside(self, story: Story) -> TimelineState | None:
        """The run that the present one stands beside, where that is another."""
        if not story.differs:
            return None
        if self._other is None or self._other[0] is not story.base:
            self._other = story.base, TapeView(story.base)
        view, now = self._other[1], self.state
        entries = view.entries(now.connection)
        shown = entries if self.secrets else RedactedEntries(entries)
        return set_beside(replace(now, entries=shown, cut=view.cut(now.connection), inspected=None), now)

    def do_back(self, arg: str, value: str) -> None:
        """Go back to the run beside which the present one stands."""
        story = self.story
        if story is not None and story.differs:
            self.show_run(story.base)

    def compared_with(self, tape: PlayedTape) -> PlayedTape:
        """The run that another is compared with: the one without changes; the fixed one with the one as it is."""
        return super().compared_with(tape) if tape.changed else self._plain or tape

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
        played = play(arg)
        self._begin(played)
        self.show_run(played)
        self.selected = "" if self.asks else WHAT
        self.connection = self._most_telling() or self.connection
        self.step = self.last

    def do_run(self, arg: str, value: str) -> None:
        """Show the run as it is, or the fixed one, at its end."""
        call = self.player.played.call
        plain = replace(call, do={}, fixed=False)
        self.show_run(replace(plain, fixed=True).play() if arg == "fixed" else self._plain or plain.play())
        self.step = self.last
        self.selected = FIX if arg == "fixed" else self.selected

    def do_inspect(self, arg: str, value: str) -> None:
        """Open an entry in the inspector, or close that and come back to its step."""
        super().do_inspect(arg, value)
        self.selected = STEP


def _is_other(tape: PlayedTape) -> bool:
    return tape.changed or tape.call.fixed
