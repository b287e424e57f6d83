"""The pipeline: one direction of a connection. What comes in at one end goes through the faults and out at the other.

How it works: each stage has a `next`, the stage behind it; the last one's is the end of the pipeline, which gives every
item to the owner. `Pipeline` links them whenever the stages change, so a chunk costs one call a stage and no search.

A `StreamChunk` knows which bytes of the sender's stream it stands for, whatever became of it on the way. So the tape
can say what was passed on, changed and swallowed.

How order is kept. TCP delivers bytes in order, so no stage may let a later byte overtake an earlier one: a stage that
holds something back also holds back all that is behind it. That is easy while the stages stay the same. When they are
exchanged on a living connection (`exchange`), bytes may wait in any of them:

1. A stage that goes lets go of what it holds, *through the old chain*, so these bytes still meet the stages behind it.
   The first stage does so first: what it lets go of comes behind what the later stages hold.
2. A stage that stays keeps what it holds. That is right as long as those that stay keep their order among themselves;
   where the new list puts them in another order, all of them let go of what they hold first.
3. Then the stages are linked anew.
4. A new stage that looks at frames must know where in the stream it begins: in the middle of a frame it waits for the
   next one. `join` gives it a scanner that has seen what went by *at its place*: that of the nearest old stage in front
   of it. A stage in front that holds bytes and knows nothing of frames has no scanner, and let go of them in step 1.

What waits is bounded: when a stage holds more than its `room`, the owner stops reading from the sender, and TCP's own
flow control holds the sender back. So no stage may wait for the rest of a frame that has filled its room: it passes.

Left out: what each fault does, and where the bytes come from and go to (the owner).
"""

from __future__ import annotations

from collections.abc import Sequence

from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.stage import PipelineOwner, Stage, StreamSink
from wslab.lab.network.base import TcpSignal
from wslab.protocol import Role
from wslab.protocol.frames.scanner import FrameScanner


class PipelineEnd:
    """What stands behind the last stage: it gives every item to the owner."""

    __slots__ = ("_owner", "_role")

    def __init__(self, owner: PipelineOwner, role: Role) -> None:
        self._owner = owner
        self._role = role

    def put(self, item: StreamItem) -> None:
        """Give an item to the owner."""
        self._owner.emit(self._role, item)


class Pipeline:
    """The bytes of `role`, from where they come in to where they go out."""

    def __init__(self, owner: PipelineOwner, role: Role) -> None:
        self.owner = owner
        self.role = role
        self.stages: list[Stage] = []
        self._end = PipelineEnd(owner, role)
        self._first: StreamSink = self._end
        self._scanner = FrameScanner()
        self._fed = 0
        self._is_full = False

    @property
    def frames(self) -> int:
        """How many frames came in."""
        return self._scanner.frame

    @property
    def is_silent(self) -> bool:
        """Whether nothing gets through now."""
        return any(stage.is_silent for stage in self.stages)

    def feed(self, data: bytes) -> None:
        """Bytes came in."""
        # the place in the stream is counted here, before any stage changes a length
        chunk = StreamChunk(data, self._fed, len(data))
        self._fed += len(data)
        self._scanner.pass_by(data)  # for stages that come later, and must know where frames begin
        self._first.put(chunk)
        self.check_room()

    def signal(self, signal: TcpSignal) -> None:
        """FIN or RST came in."""
        # through the stages as bytes are: FIN and RST must not overtake what was sent before them
        self._first.put(signal)

    def check_room(self) -> None:
        """Hold the sender back while a stage holds too many bytes."""
        # asked after every chunk; the owner hears of it only when it changes
        full = any(stage.waiting > stage.room for stage in self.stages)
        if full is not self._is_full:
            self._is_full = full
            self.owner.hold(self.role, full=full)

    def reached(self, stage: Stage) -> int | None:
        """How many bytes of the sender's stream have come to a stage; None where one in front of it holds some."""
        in_front = self.stages[: self.stages.index(stage)]
        return None if any(each.waiting for each in in_front) else self._fed

    # --- other stages -----------------------------------------------------------------

    def exchange(self, stages: Sequence[Stage]) -> None:
        """Go on with these stages; those that were here already stay as they are. See the module for the order."""
        stay = [each for each in self.stages if each in stages]
        # before the first byte no stage can begin in the middle of a frame
        new = [place for place, each in enumerate(stages) if each not in stay and self._fed]
        self._flush_for(stages, stay, new)
        self.stages = list(stages)
        self._link()
        for place in new:
            # after the flushing: what a stage in front has let go of went by here, too
            self.stages[place].join(self._seen_before(place, stay))
        self.check_room()

    def _flush_for(self, stages: Sequence[Stage], stay: Sequence[Stage], new: Sequence[int]) -> None:
        """Let those stages go of what they hold that cannot keep it; the first stage first."""
        # stages that stay in their order hold their bytes in order, too; any other order would let bytes overtake
        in_order = list(stay) == [each for each in stages if each in stay]
        in_front = stages[: max(new, default=0)]  # of a new one, which must know what went by
        for stage in self.stages:
            if stage not in stages or not in_order or (stage in in_front and stage.seen_behind() is None):
                stage.flush()

    def _link(self) -> None:
        # from behind: each stage needs the one that follows it
        following: StreamSink = self._end
        for stage in reversed(self.stages):
            stage.next = following
            following = stage
        self._first = following

    def _seen_before(self, place: int, old: Sequence[Stage]) -> FrameScanner:
        """What went by at this place: what the nearest old stage in front of it let pass, or all that came in."""
        # only old stages have seen the stream; a stage that sees what is in front of it as it is answers None
        seen = (each.seen_behind() for each in reversed(self.stages[:place]) if each in old)
        return next((each for each in seen if each is not None), self._scanner.clone())
