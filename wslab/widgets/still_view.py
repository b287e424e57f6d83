"""`StillView`: a tape or a check as a view that steps and never changes, where no widget is.

It is what `export` writes as a page, and what a notebook shows where anywidget is not installed. The state and
the picture of a widget are pure, so it needs neither anywidget nor a kernel. A test holds that its page is the widget's
own, to the byte.

Left out: all that Python answers, such as another connection or a change of a step; that takes the widget.
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from htpy import Node

from wslab.course.report import CheckResult
from wslab.extras import EXTRAS
from wslab.scenarios.player import PlayedTape
from wslab.tape.files import replacing, write_errors
from wslab.tape.follow import TapeView
from wslab.tape.tape import Tape
from wslab.widgets.check import picture as check
from wslab.widgets.check.state import CheckState
from wslab.widgets.image import timeline as timeline_image
from wslab.widgets.image.frame import checked
from wslab.widgets.page import html_of, kept, page, standing, still, still_reach
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.forks import Story
from wslab.widgets.timeline.state import REACH, TimelineState, first_connection
from wslab.widgets.timeline.text import text

__all__ = ["StillView", "of_check", "of_tape"]

_NOTE = f"A still view: stepping works; what changes the content needs the widgets ({EXTRAS['notebook'].command})."


@dataclass(frozen=True)
class StillView:
    """A picture at a step: its regions by name, the same in words, and as an image without styles.

    `name` is that of the widget which it stands for, and by which the style and the script know it.
    """

    name: str
    title: str
    regions: Mapping[str, Node]
    step: int
    words: str
    image: Node

    def page(self) -> str:
        """A page that stands alone, steps by itself and loads nothing."""
        body = standing(still(self.name, self.title, self.regions, step=self.step))
        return page(f"{self.title} · wslab", body)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, whole or not at all; `OSError`, in one sentence, where that cannot be done."""
        with write_errors(path), replacing(path) as file:
            file.write(self.page().encode())
        return Path(path)

    def in_notebook(self) -> str:
        """What a notebook keeps of it, as HTML: its script makes the view, and without scripts there is the image."""
        traits = {"_title": self.title, "_name": self.name, "_id": chance.token_hex(8), "step": self.step}
        regions = {name: html_of(node) for name, node in self.regions.items()}
        state = {**traits, "selected": "", "big": False, "regions": regions}
        return html_of(kept(state, self.words, self.image, note=_NOTE))


def of_tape(tape: Tape, *, secrets: bool = False) -> StillView:
    """The Timeline of a tape at its end; without `secrets`, those in its heads are asterisks."""
    view = TapeView(tape)
    state = TimelineState.of(view, first_connection(view), secrets=secrets)
    story = Story.of(tape) if isinstance(tape, PlayedTape) else None
    state = replace(state, step=state.last, story=story)
    steps = state.window(state.step, still_reach(len(state.shown), REACH))
    regions = {"error": None, **timeline.regions(state, steps)}
    return StillView("Timeline", "Timeline", regions, state.step, text(state), timeline_image.drawn(state))


def of_check(result: CheckResult) -> StillView:
    """What a check says; its helps are asked for in the widget."""
    regions = {"error": None, **check.regions(CheckState(result, 0))}
    image = None if result.comparison is None else checked(result.comparison, check.says(result))
    return StillView("CheckReport", "Check", regions, 0, result.text(0), image)
