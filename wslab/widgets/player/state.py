"""What the player shows: a timeline of the run, the question before it, and what was answered.

Nothing answers before it is asked: until something is chosen (or the question is skipped), only the beginning of the
run is shown, up to the first step that tells how it goes. The score counts the first answer to each scenario, and stays
in the view.

`selected` is the page's word for where the learner is: empty while the question stands, then the name of what was said
(`said_name`, `SEEN`), or of the part of the explanation that is open (`part_name`).

Left out: what is asked (`question`), the run itself (`timeline.state`), and how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wslab.protocol.states import State
from wslab.scenarios.explanation import Explanation
from wslab.scenarios.player import PlayedTape
from wslab.tape.entry import LOST, Belief, Entry
from wslab.tape.records import WentSilent
from wslab.widgets.player.foot.story import Lines
from wslab.widgets.player.question import Choice, Question
from wslab.widgets.timeline.state import TimelineState

__all__ = ["FIX", "PEERS", "SEEN", "STEP", "WHAT", "PlayerState", "beginning", "part_name", "said_name"]

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

FIX, PEERS = part_name("fix"), part_name("peers")
"""What the fix changes in the code; what real peers do."""


def beginning(entries: Sequence[Entry], before: int | None = None) -> int:
    """How many entries come before the first that tells how it goes; without such an entry, the opening handshake.

    `before` is the number of an entry that tells it, where that is known.
    """
    telling = next((n for n, entry in enumerate(entries) if _tells(entry) or entry.number == before), OPENING)
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
    """A timeline with what is asked and answered. `played` is the run that is shown, `plain` the one as it is.

    `score` says of each scenario that was answered here whether the answer was right. `beside` is the run that a
    changed or fixed one stands beside. `taken` says what was saved last. `lines` are those of the story that did each
    step, where they are known.
    """

    timeline: TimelineState
    played: PlayedTape
    plain: PlayedTape
    question: Question
    selected: str = ""
    said: str = ""
    score: Mapping[str, bool] = field(default_factory=dict)
    beside: TimelineState | None = None
    taken: str = ""
    lines: Lines = field(default_factory=dict)

    @property
    def answer(self) -> Choice | None:
        """What was said; None where the question was skipped, or stands."""
        names = (said_name(number) for number in range(len(self.question.choices)))
        return dict(zip(names, self.question.choices, strict=True)).get(self.said)

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
        shown = self.timeline.entries[: beginning(self.timeline.entries, self.question.before)]
        if not shown:
            return None
        cut = self.timeline.cut if self.timeline.cut is not None and self.timeline.cut < len(shown) else None
        return replace(self.timeline, entries=shown, cut=cut, step=shown[-1].number, story=None)
