"""What the player shows: a timeline of the run, the question before it, and what was answered.

Nothing answers before it is asked: until something is chosen (or the question is skipped), only the beginning of the
run is shown, up to the first step that tells how it goes. The choices are what both sides may believe in the end. The
right one comes from the run, the others are made from it, in an order that tells nothing.

`selected` is the page's word for where the learner is: empty while the question stands, then the name of what was said
(`said_name`, `SEEN`), or of the part of the explanation that is open (`part_name`).

Left out: the run itself (`timeline.state`), and how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wslab.protocol.states import State
from wslab.scenarios.explanation import Explanation
from wslab.scenarios.player import PlayedTape
from wslab.tape.entry import LOST, Belief, Entry
from wslab.tape.records import WentSilent
from wslab.widgets.timeline.forks import ending
from wslab.widgets.timeline.state import TimelineState

__all__ = ["SEEN", "STEP", "WHAT", "PlayerState", "beginning", "choices_of", "part_name", "said_name"]

CHOICES = 4
"""How many answers are offered."""

OFTEN = ("CLOSED 1000 = CLOSED 1000", "CLOSED 1006 = CLOSED 1006", "OPEN = OPEN", "CLOSED 1006 ≠ OPEN")
"""How connections often end: answers where the run itself gives too few others."""

OPENING, MOST_SHOWN = 3, 8
"""Entries of the opening handshake, and how many the beginning has at most."""


def said_name(number: int) -> str:
    """What `selected` is once this choice was made."""
    return f"said-{number}"


def part_name(name: str) -> str:
    """What `selected` is while this part of the explanation is open."""
    return f"part-{name}"


SEEN, WHAT, STEP = "seen", part_name("what"), part_name("step")
"""The question was skipped; the part that is open first; the present step."""


def choices_of(right: str) -> tuple[str, ...]:
    """The answers that are offered, the right one among them: `CLOSED 1006 ≠ OPEN`, the client first."""
    if "=" not in right and "≠" not in right:
        return ()
    client, server = right.replace("≠", "=").split(" = ")
    near = [f"{server} ≠ {client}", f"{client} = {client}", f"{server} = {server}"] if client != server else []
    return tuple(sorted(dict.fromkeys([right, *near, *OFTEN]), key=[right, *near, *OFTEN].index)[:CHOICES])


def beginning(entries: Sequence[Entry]) -> int:
    """How many entries come before the first that tells how it goes; without such an entry, the opening handshake."""
    telling = next((n for n, entry in enumerate(entries) if _tells(entry)), OPENING)
    return min(telling, MOST_SHOWN)


def _tells(entry: Entry) -> bool:
    if isinstance(entry.fact, WentSilent):
        return False
    ended = any(each is not None and each.state in (State.CLOSING, State.CLOSED) for each in _beliefs(entry))
    return ended or entry.inflated is not None or entry.fate == LOST or entry.error is not None or entry.kind == "fault"


def _beliefs(entry: Entry) -> tuple[Belief | None, ...]:
    return entry.client, entry.server


@dataclass(frozen=True)
class PlayerState:
    """A timeline with what is asked and answered. `played` is the run that is shown, `plain` the one as it is."""

    timeline: TimelineState
    played: PlayedTape
    plain: PlayedTape
    selected: str = ""
    said: str = ""

    @property
    def right(self) -> str:
        """What both sides believe in the end of the run as it is."""
        return ending(self.plain, self.timeline.connection)

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers that are offered, in the order in which they stand."""
        return tuple(sorted(choices_of(self.right)))

    @property
    def explanation(self) -> Explanation:
        """What explains the run that is shown."""
        return self.played.explanation

    @property
    def is_fixed(self) -> bool:
        """Whether the fixed variant is shown."""
        return self.played.call.fixed

    @property
    def scene(self) -> TimelineState | None:
        """The beginning of the run, without any sign of what follows; None where nothing comes before."""
        shown = self.timeline.entries[: beginning(self.timeline.entries)]
        if not shown:
            return None
        cut = self.timeline.cut if self.timeline.cut is not None and self.timeline.cut < len(shown) else None
        return replace(self.timeline, entries=shown, cut=cut, step=shown[-1].number, story=None)
