"""One direction of a connection: what comes in at one end goes through the faults, and out at the other.

Rules of this module: a `StreamChunk` knows which bytes of the sender's stream it stands for, whatever became of it on
the way, so that the tape can tell what was passed on, changed and swallowed. Order is kept, whatever a stage does: a
stage that holds something back holds back all that is behind it. What waits is bounded: a lane that holds too much
tells its holder to read no more. A lane without stages costs one call.

What it leaves out: what each fault does (`stages`), and who feeds and empties the lane (`link`, `departure`).
"""

from __future__ import annotations

from collections.abc import Sequence

from wslab.lab.faults.stage import PipelineOwner, Stage, StreamChunk, StreamItem, TcpSignal
from wslab.protocol import Role
from wslab.protocol.scanner import FrameScanner


class Pipeline:
    """The bytes of `role`, from where they come in to where they go out."""

    def __init__(self, holder: PipelineOwner, role: Role) -> None:
        self.holder = holder
        self.role = role
        self.stages: list[Stage] = []
        self._scanner = FrameScanner()
        self._fed = 0
        self._is_full = False

    def feed(self, data: bytes) -> None:
        """Bytes came in."""
        piece = StreamChunk(data, self._fed, len(data))
        self._fed += len(data)
        self._scanner.pass_by(data)
        self._first(piece)
        self.look()

    def sign(self, sign: TcpSignal) -> None:
        """FIN or RST came in."""
        self._first(sign)

    def _first(self, item: StreamItem) -> None:
        if self.stages:
            self.stages[0].put(item)
        else:
            self.holder.emit(self.role, item)

    def after(self, stage: Stage, item: StreamItem) -> None:
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

    def _seen_before(self, place: int, old: Sequence[Stage]) -> FrameScanner:
        """What went by at this place: what the nearest old stage in front of it let pass, or all that came in."""
        seen = (each.seen_behind() for each in reversed(self.stages[:place]) if each in old)
        return next((each for each in seen if each is not None), self._scanner.clone())
