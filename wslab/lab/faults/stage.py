"""Stages: a fault at work on the bytes of one direction. This module has what stages of one kind share.

A stage gets items (chunks of bytes, FIN and RST) in order, one by one, with `put`, and gives them in order to the
stage behind it, its `next`. The pipeline links the stages; a stage knows nothing of its neighbours but that.

- `FaultStage` acts on each chunk once its time has come: override `take`.
- `TimedStage` is a queue: override `due`, which says when an item may leave.
- `PartStage` sees heads and frames, in the parts in which they arrive: override `take_span`, and `lets_pass` where it
  can tell early that nothing is done to a part. Parts that pass one behind the other go on as one chunk.
- `WholeFrameStage` keeps parts back until a head or frame is whole, or too large for it: override `take_whole`.

What a stage changes or swallows it reports to its owner as a fact (`act`), so that the tape has it. Chance comes from
the owner's `random`, time from the owner's clock, and nothing from anywhere else: so a run with a seed can be repeated.

Left out: what travels (`chunk`), the faults themselves (`timing`, `content`, `ending`, ...), and how stages are
exchanged (`pipeline`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from functools import cached_property
from random import Random
from typing import Generic, Protocol, TypeVar

from wslab.lab.clock.base import Clock
from wslab.lab.faults.chunk import StreamChunk, StreamItem, joined, weight
from wslab.lab.network.base import TcpSignal
from wslab.protocol import Role
from wslab.protocol.frames.scanner import FrameScanner, Span
from wslab.tape.records import Fact, FaultAct

# --- what a stage knows of its surroundings ---------------------------------------------


class PipelineOwner(Protocol):
    """What a pipeline belongs to: it takes what comes out, and records what the stages do."""

    @property
    def clock(self) -> Clock:
        """The clock."""

    @property
    def random(self) -> Random:
        """The source of all chance."""

    @property
    def number(self) -> int:
        """The number of the connection."""

    def emit(self, role: Role, item: StreamItem, /) -> None:
        """Take what comes out at the end of the pipeline for the bytes of `role`."""

    def hold(self, role: Role, /, *, full: bool) -> None:
        """Stop reading from `role` while its pipeline is full, or go on."""

    def swallowed(self, role: Role, chunk: StreamChunk, act: FaultAct, /) -> None:
        """Record that these bytes go no further; an act without a name makes no entry of its own."""

    def signal_swallowed(self, role: Role, /) -> None:
        """Remember that a FIN or RST of `role` goes no further."""

    def changed(self, role: Role, chunk: StreamChunk, act: FaultAct, /) -> None:
        """Record that these bytes go on instead of those that they stand for."""

    def record_fact(self, fact: Fact, /) -> None:
        """Put a fact on the tape that is neither of these."""

    def notify_watchers(self) -> None:
        """Let all who watch look again: something waits, or changed, that is not on the tape."""

    def end(self, signal: TcpSignal, /) -> None:
        """End TCP on both sides, with FIN or RST."""

    def reset(self, role: Role, /) -> None:
        """Send RST to one side."""


class Direction(Protocol):
    """One direction of a connection, as its stages see it; `Pipeline` is one."""

    @property
    def role(self) -> Role:
        """Whose bytes these are: the sender's role."""

    @property
    def owner(self) -> PipelineOwner:
        """What the pipeline belongs to."""

    def check_room(self) -> None:
        """Hold the sender back while a stage holds too many bytes; a stage calls it after it let some go."""

    def reached(self, stage: Stage) -> int | None:
        """How many bytes of the sender's stream have come to a stage; None where one in front of it holds some."""


class StreamSink(Protocol):
    """What takes items: the next stage, or the end of the pipeline."""

    def put(self, item: StreamItem, /) -> None:
        """Take the next item."""


class FaultLike(Protocol):
    """What stages and watchers know of every fault; `base.Fault` is the class that has it."""

    @property
    def after(self) -> float:
        """Seconds until it acts."""

    def written(self) -> str:
        """The fault as a command line writes it."""


F = TypeVar("F", bound=FaultLike)

# --- stages -----------------------------------------------------------------------------


class Stage:
    """A fault at work in one direction. By itself it lets everything pass."""

    # high, for most stages hold a frame or nothing; one that shall slow the sender down sooner has a smaller one
    room = 4 * 1024 * 1024
    """Bytes that it may hold before the sender is held back."""

    next: StreamSink
    """Where its items go; the pipeline sets it."""

    def __init__(self, fault: FaultLike, flow: Direction) -> None:
        self.fault = fault
        self.flow = flow
        self.role = flow.role
        self.owner = flow.owner
        # counted from when the stage is made: on a running connection that is when the fault was added
        self.begins = flow.owner.clock.now() + fault.after

    @property
    def sleeps(self) -> bool:
        """Whether its time has not come."""
        return self.owner.clock.now() < self.begins

    @property
    def is_forever(self) -> bool:
        """Whether it stays with a connection although the fault was taken away."""
        return False

    @property
    def is_silent(self) -> bool:
        """Whether nothing gets through it now, not even FIN and RST."""
        return False

    @property
    def waiting(self) -> int:
        """Bytes that it holds."""
        return 0

    def act(self, name: str, /, **figures: str | int | float | None) -> FaultAct:
        """What the fault does now, as a fact: a key of `sentences.ACTS` and the figures that its sentence needs."""
        return FaultAct(self.role.value, self.fault.written(), name, figures)

    def swallow(self, chunk: StreamChunk) -> None:
        """Let these bytes go no further."""
        self.owner.swallowed(self.role, chunk, self._swallowing)

    @cached_property
    def _swallowing(self) -> FaultAct:
        return self.act("")  # made once, for a silent stage may swallow many chunks

    def put(self, item: StreamItem) -> None:
        """Take the next item from the stage in front."""
        if isinstance(item, TcpSignal):
            self.signal(item)
        elif self.sleeps:
            self.pass_on(item)
        else:
            self.take(item)

    def take(self, chunk: StreamChunk) -> None:
        """Act on bytes, once its time has come."""
        self.pass_on(chunk)

    def signal(self, signal: TcpSignal) -> None:
        """Let FIN or RST pass, behind everything that it holds."""
        # RFC 9293 §3.6: FIN stands behind all bytes that were sent; what waits here was sent before it
        self.flush()
        self.pass_on(signal)

    def pass_on(self, item: StreamItem) -> None:
        """Give an item to the next stage."""
        self.next.put(item)

    def flush(self) -> None:
        """Let go of everything that it holds."""

    def join(self, scanner: FrameScanner) -> None:
        """Start in a connection that runs already; `scanner` has seen what went by at this place."""

    def seen_behind(self) -> FrameScanner | None:
        """What a scanner behind this stage has seen; None where that is the same as in front of it."""
        return None


class FaultStage(Stage, Generic[F]):
    """A stage that knows the class of its fault."""

    fault: F

    def __init__(self, fault: F, flow: Direction) -> None:
        super().__init__(fault, flow)


class TimedStage(FaultStage[F]):
    """Lets each item out at its time, never before the one in front of it."""

    def __init__(self, fault: F, flow: Direction) -> None:
        super().__init__(fault, flow)
        self.queue: deque[tuple[float, StreamItem]] = deque()  # when each may leave, and what it is
        self._size = 0
        self.latest = 0.0  # when the last item in the queue leaves
        # one for the first item: the others cannot leave before it
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Bytes in the queue."""
        return self._size

    def due(self, item: StreamItem, now: float) -> float:
        """The time at which an item may leave."""
        raise NotImplementedError

    def put(self, item: StreamItem) -> None:
        """Put the item behind the others, or let it pass at once."""
        now = self.owner.clock.now()
        # never before the item in front: this is what keeps order, whatever `due` says
        self.latest = max(self.latest, now if now < self.begins else self.due(item, now))
        if self.latest <= now and not self.queue:
            self.pass_on(item)
            return
        self.queue.append((self.latest, item))
        self._size += weight(item)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is None and self.queue:
            seconds = max(0.0, self.queue[0][0] - self.owner.clock.now())
            self._timer = self.owner.clock.later(seconds, self.let_go)

    def let_go(self) -> None:
        """Let those go whose time has come."""
        self._timer = None
        now = self.owner.clock.now()
        # several may be due at the same moment, and then all of them leave in this call
        while self.queue and self.queue[0][0] <= now:
            self._let_first_go()
        self._set_timer()
        # the queue is shorter: the sender may be read again
        self.flow.check_room()

    def _let_first_go(self) -> None:
        # off the queue before it is passed on: what happens behind may look at `waiting`
        item = self.queue.popleft()[1]
        self._size -= weight(item)
        self.pass_on(item)

    def flush(self) -> None:
        """Let all of them go now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self.queue:
            self._let_first_go()


class PartStage(FaultStage[F]):
    """Looks at each part of a head or frame as it passes. In a connection that runs, it begins with the next frame."""

    def __init__(self, fault: F, flow: Direction) -> None:
        super().__init__(fault, flow)
        self._scanner = FrameScanner()
        self.is_passing = False  # the rest of a frame whose beginning went by unseen
        self._gone = 0  # bytes that the scanner keeps, but that went by already
        self._unscanned: deque[StreamChunk] = deque()  # bytes that the scanner keeps, and that are still here
        self._used = 0  # bytes of the first of them that are not here any more

    def join(self, scanner: FrameScanner) -> None:
        """Go on behind what went by."""
        # counting goes on, but this stage has not seen the beginning of a frame that is under way
        self._scanner = scanner
        self.is_passing = scanner.is_inside
        self._gone = scanner.kept

    def seen_behind(self) -> FrameScanner:
        """What it let pass: without the frame that it still holds."""
        # a stage that comes in behind will still get these bytes, so they must not count as gone by
        return self._scanner.before() if self.waiting or self._unscanned else self._scanner.clone()

    def put(self, item: StreamItem) -> None:
        """Look at the item, also before its time: frames are counted from the first."""
        if isinstance(item, TcpSignal):
            # the stream ends: a beginning that the scanner kept becomes a span now, or it would never leave
            self._take_spans(self._scanner.end())
            self.signal(item)
            return
        # the scanner cuts the stream into spans, which need not begin and end where chunks do
        self._unscanned.append(item)
        self._take_spans(self._scanner.feed(item.data))

    def _take_spans(self, spans: Iterable[Span]) -> None:
        sleeps, passing = self.sleeps, 0
        for span in spans:
            # where the stream ended inside a header that went by already, nothing is left
            size, self._gone = len(span.data) - self._gone, 0
            if not size or self._is_let_pass(span, sleeps=sleeps):
                passing += size
                continue
            self._let_pass(passing)
            passing = 0
            self.take_span(span, self._chunk(size))
        self._let_pass(passing)

    def _is_let_pass(self, span: Span, *, sleeps: bool) -> bool:
        if sleeps or self.is_passing:
            self.is_passing = self.is_passing and not span.last
            return True
        return self.lets_pass(span)

    def _let_pass(self, size: int) -> None:
        """Let the next so many bytes pass: one chunk, however many frames it has."""
        if size:
            self.pass_on(self._chunk(size))

    def _chunk(self, size: int) -> StreamChunk:
        """The next so many bytes as one chunk."""
        taken: list[StreamChunk] = []
        while size:
            chunk, begin = self._unscanned[0], self._used
            # a span may end inside this chunk; what is behind belongs to the next, and is not copied for it
            self._used = end = min(begin + size, len(chunk.data))
            taken.append(chunk.part(begin, end))
            size -= end - begin
            if end == len(chunk.data):
                self._unscanned.popleft()
                self._used = 0
        return joined(taken)

    def lets_pass(self, span: Span) -> bool:
        """Whether nothing is done to this part: it passes as it is, and `take_span` is not asked."""
        return False

    def take_span(self, span: Span, chunk: StreamChunk) -> None:
        """Act on a part of a head or frame: `span` says where it stands, `chunk` has its bytes."""
        raise NotImplementedError

    def flush(self) -> None:
        """Let go of a beginning that says too little yet; the rest of that head or frame then passes unseen."""
        # the scanner still keeps these bytes, and counts them to the next span that it gives
        if self._unscanned:
            self._gone = self._scanner.kept
            self.is_passing = True
            chunks, self._unscanned, used, self._used = self._unscanned, deque(), self._used, 0
            for chunk in chunks:
                self.pass_on(chunk.part(used, len(chunk.data)))
                used = 0

    def change(self, chunk: StreamChunk, data: bytes, act: FaultAct) -> None:
        """Let other bytes go on in the place of these."""
        # the place in the sender's stream stays, so the tape can tell which bytes became which
        changed = chunk._replace(data=data)
        self.owner.changed(self.role, changed, act)
        self.pass_on(changed)


class WholeFrameStage(PartStage[F]):
    """Sees heads and frames as wholes: it keeps their parts back until all are there.

    A frame that is not whole when more than `room` of it has come is not kept: the tape gets the fact `too-large`, and
    the frame passes unseen.
    """

    def __init__(self, fault: F, flow: Direction) -> None:
        super().__init__(fault, flow)
        self._parts: list[StreamChunk] = []
        self._size = 0
        self._frame = 0  # the number of the frame that the parts belong to

    @property
    def waiting(self) -> int:
        """Bytes of a head or frame that is not whole."""
        return self._size

    def take_span(self, span: Span, chunk: StreamChunk) -> None:
        """Gather the parts."""
        # one part after the other: a frame may come in many reads, and only its last part has `span.last`
        self._parts.append(chunk)
        self._size += len(chunk.data)
        self._frame = span.frame
        if span.last:
            self.take_whole(span, self._gathered())
        else:
            self.pass_too_large()

    def take_whole(self, span: Span, chunk: StreamChunk) -> None:
        """Act on a whole head or frame; `span` is its last part."""
        raise NotImplementedError

    def pass_too_large(self) -> None:
        """Let go of what has come of a frame where that is more than `room`, and of the rest of it when it comes."""
        # above `room` the sender is held back, so the frame would never become whole, and nothing would ever pass
        if self._size > self.room:
            self.owner.record_fact(self.act("too-large", frame=self._frame, room=self.room))
            self.pass_parts()

    def pass_parts(self) -> None:
        """Let go of what is not whole; the rest of it then passes unseen."""
        if self._parts:
            self.is_passing = True
            self.pass_on(self._gathered())

    def _gathered(self) -> StreamChunk:
        parts, self._parts, self._size = self._parts, [], 0
        return joined(parts)

    def flush(self) -> None:
        """Let go of what is not whole."""
        self.pass_parts()
        super().flush()


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit flipped, counted from its first, most significant one."""
    turned = bytearray(data)
    turned[bit // 8] ^= 0x80 >> bit % 8
    return bytes(turned)
