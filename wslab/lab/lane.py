"""One direction of a cable: what comes in at one end goes through the faults that stand in it, and out at the other.

Rules of this module: a `Piece` knows which bytes of the sender's stream it stands for, whatever became of it on the
way, so that the tape can tell what was passed on, changed and swallowed. Order is kept, whatever a stage does: a
stage that holds something back holds back all that is behind it. What waits is bounded: a lane that holds too much
tells its holder to read no more. A lane without stages costs one call.

What it leaves out: what each fault does (`stages`), and who feeds and empties the lane (`link`, `departure`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from random import Random
from typing import NamedTuple, Protocol

from wslab.lab.faults import Fault
from wslab.lab.spotter import Spotter
from wslab.lab.world import World
from wslab.protocol import Role


class Sign(Enum):
    """What travels beside bytes."""

    FIN = "FIN"
    RST = "RST"


class Piece(NamedTuple):
    """Some bytes on their way; they stand for `size` bytes of the sender's stream from `start` on."""

    data: bytes
    start: int
    size: int

    def split(self, at: int) -> tuple[Piece, Piece]:
        """Two pieces; `at` counts in `data`. Of what was changed, the first stands for all."""
        size = at if self.size == len(self.data) else self.size
        first = Piece(self.data[:at], self.start, size)
        return first, Piece(self.data[at:], self.start + size, self.size - size)


Item = Piece | Sign


class Holder(Protocol):
    """Whoever a lane belongs to, as its stages see it."""

    @property
    def world(self) -> World:
        """Time."""

    @property
    def random(self) -> Random:
        """Chance."""

    @property
    def number(self) -> int:
        """The number of the connection."""

    def emit(self, role: Role, item: Item) -> None:
        """What comes out at the end of the lane of `role`."""

    def hold(self, role: Role, *, full: bool) -> None:
        """Read no more of `role`, or go on."""

    def swallowed(self, role: Role, piece: Piece, words: str) -> None:
        """These bytes go no further; `words` tell it where the entry alone does not."""

    def unheard(self, role: Role) -> None:
        """FIN or RST of `role` goes no further."""

    def changed(self, role: Role, piece: Piece, words: str) -> None:
        """These bytes go on instead of those that they stand for."""

    def tell(self, words: str) -> None:
        """A sentence for the tape."""

    def stir(self) -> None:
        """Something waits, or changed, that is not on the tape: whoever watches looks again."""

    def cut(self, *, gently: bool) -> None:
        """End TCP on both sides."""

    def reset(self, role: Role) -> None:
        """RST to one side."""


class Stage:
    """A fault at work in one lane. By itself it lets everything pass."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        self.fault = fault
        self.lane = lane
        self.begins = lane.holder.world.now() + fault.after

    @property
    def role(self) -> Role:
        """Whose bytes these are."""
        return self.lane.role

    @property
    def holder(self) -> Holder:
        """Whose lane it is."""
        return self.lane.holder

    @property
    def sleeps(self) -> bool:
        """Whether its time has not come."""
        return self.holder.world.now() < self.begins

    def put(self, item: Item) -> None:
        """What comes from the stage before."""
        if isinstance(item, Sign):
            self.sign(item)
        elif self.sleeps:
            self.on(item)
        else:
            self.take(item)

    def take(self, piece: Piece) -> None:
        """Bytes, once its time has come."""
        self.on(piece)

    def sign(self, sign: Sign) -> None:
        """FIN or RST."""
        self.flush()
        self.on(sign)

    def on(self, item: Item) -> None:
        """To the next stage."""
        self.lane.after(self, item)

    def flush(self) -> None:
        """Let go of everything that it holds."""

    def join(self, spotter: Spotter) -> None:
        """It is put into a connection that runs already; `spotter` has seen what went by here."""

    def seen_behind(self) -> Spotter | None:
        """What a spotter behind this stage has seen; None where that is the same as in front of it."""
        return None

    @property
    def waiting(self) -> int:
        """Bytes that it holds."""
        return 0

    room = 4 * 1024 * 1024
    """Bytes that it may hold before the sender is held back."""

    is_forever = False
    """Whether it stays with a connection although the fault was taken away."""


class Lane:
    """The bytes of `role`, from where they come in to where they go out."""

    def __init__(self, holder: Holder, role: Role) -> None:
        self.holder = holder
        self.role = role
        self.stages: list[Stage] = []
        self._spotter = Spotter()
        self._fed = 0
        self._is_full = False

    def feed(self, data: bytes) -> None:
        """Bytes came in."""
        piece = Piece(data, self._fed, len(data))
        self._fed += len(data)
        self._spotter.pass_by(data)
        self._first(piece)
        self.look()

    def sign(self, sign: Sign) -> None:
        """FIN or RST came in."""
        self._first(sign)

    def _first(self, item: Item) -> None:
        if self.stages:
            self.stages[0].put(item)
        else:
            self.holder.emit(self.role, item)

    def after(self, stage: Stage, item: Item) -> None:
        """`item` leaves `stage`."""
        place = self.stages.index(stage) + 1
        if place < len(self.stages):
            self.stages[place].put(item)
        else:
            self.holder.emit(self.role, item)

    def look(self) -> None:
        """Hold the sender back while a stage holds too much."""
        full = any(stage.waiting > stage.room for stage in self.stages)
        if full is not self._is_full:
            self._is_full = full
            self.holder.hold(self.role, full=full)

    def stand(self, stages: Sequence[Stage]) -> None:
        """From now on these. Those that go let go of what they hold, the first first, so that order is kept."""
        stay = [each for each in self.stages if each in stages]
        in_order = stay == [each for each in stages if each in stay]
        new = [place for place, each in enumerate(stages) if each not in stay and self._fed]
        in_front = stages[: max(new, default=0)]  # of a new one, which must know what went by
        for stage in self.stages:
            if stage not in stages or not in_order or (stage in in_front and stage.seen_behind() is None):
                stage.flush()
        self.stages = list(stages)
        for place in new:
            self.stages[place].join(self._seen_before(place, stay))
        self.look()

    def _seen_before(self, place: int, old: Sequence[Stage]) -> Spotter:
        """What went by at this place: what the nearest old stage in front of it let pass, or all that came in."""
        seen = (each.seen_behind() for each in reversed(self.stages[:place]) if each in old)
        return next((each for each in seen if each is not None), self._spotter.clone())
