"""Whatever stands in a lane, TCP's promise holds: no byte is lost, doubled or out of order, unless a fault says so."""

from __future__ import annotations

import asyncio
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from wslab.lab.clock.event_loop import VirtualLoop
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import Flip, Rechunk, Split
from wslab.lab.faults.names import stage
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.pongs import DelayPongs, SwallowPongs
from wslab.lab.faults.stage import StreamChunk, StreamItem, TcpSignal
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate
from wslab.lab.network.memory import VirtualWorld
from wslab.protocol import Frame, Role


class Keeper:
    """A holder that writes down what comes out."""

    number = 1

    def __init__(self, world: VirtualWorld, seed: int) -> None:
        self.world = world
        self.random = Random(seed)
        self.out = b""
        self.starts: list[int] = []
        self.signs: list[TcpSignal] = []
        self.full: list[bool] = []
        self.gone = b""

    def emit(self, role: Role, item: StreamItem) -> None:
        if isinstance(item, TcpSignal):
            self.signs.append(item)
        else:
            self.out += item.data
            self.starts.append(item.start)

    def hold(self, role: Role, *, full: bool) -> None:
        self.full.append(full)

    def swallowed(self, role: Role, piece: StreamChunk, words: str) -> None:
        self.gone += piece.data

    def unheard(self, role: Role) -> None:
        """No fault here is silent."""

    def changed(self, role: Role, piece: StreamChunk, words: str) -> None:
        """Only its bytes count here."""

    def tell(self, words: str) -> None:
        """Nothing is told here."""

    def stir(self) -> None:
        """Nobody watches."""

    def cut(self, *, gently: bool) -> None:
        """No fault here cuts."""

    def reset(self, role: Role) -> None:
        """Or resets."""


PATIENT = st.sampled_from(
    [
        Delay(0.3, jitter=0.5),
        Rate(5_000),
        Loss(0.5),
        Outage(2, after=0.1),
        Rechunk(3),
        Split(40),
        Coalesce(0.2),
        DelayPongs(1.5),
        Delay(1, after=0.4),
    ]
)
HEAD = b"GET / HTTP/1.1\r\n\r\n"
FRAMES = [Frame.text("grüße"), Frame.pong(b"hi"), Frame.binary(bytes(range(200))), Frame.pong(), Frame.text("")]
STREAM = HEAD + b"".join(frame.serialize() for frame in FRAMES)


def through(stacks: list[list[Fault]], chunks: list[int], seed: int, stream: bytes = STREAM) -> Keeper:
    """Feed a stream in chunks, some milliseconds apart; the faults change from stack to stack on the way."""
    world = VirtualWorld()
    keeper = Keeper(world, seed)
    pipeline = Pipeline(keeper, Role.SERVER)

    async def feed() -> None:
        at = 0
        for turn, size in enumerate([*chunks, len(stream)]):
            faults = stacks[turn % len(stacks)]
            known = {each.fault: each for each in pipeline.stages}
            made = [known.get(fault) or stage(fault, pipeline) for fault in faults]
            pipeline.stand([each for each in made if each is not None])
            if stream[at : at + size]:
                pipeline.feed(stream[at : at + size])
            at += size
            await asyncio.sleep(0.05)
        pipeline.sign(TcpSignal.FIN)
        await asyncio.sleep(200)

    world.run(feed())
    assert isinstance(world._loop, VirtualLoop)
    world.forsake(lambda: None)
    return keeper


stacks = st.lists(st.lists(PATIENT, max_size=4, unique=True), min_size=1, max_size=4)
chunks = st.lists(st.integers(1, 60), max_size=30)


@settings(max_examples=150, deadline=None)
@given(stacks, chunks, st.integers(0, 9))
def test_faults_of_time_and_chunks_change_no_byte_and_no_order_also_while_they_change(
    stacks: list[list[Fault]], chunks: list[int], seed: int
) -> None:
    keeper = through(stacks, chunks, seed)
    assert keeper.out == STREAM
    assert keeper.starts == sorted(keeper.starts)
    assert keeper.signs == [TcpSignal.FIN]


@settings(max_examples=60, deadline=None)
@given(st.lists(PATIENT, max_size=2, unique=True), chunks, st.integers(0, 9))
def test_swallowed_pongs_are_all_that_is_missing(faults: list[Fault], chunks: list[int], seed: int) -> None:
    keeper = through([[SwallowPongs(), *faults]], chunks, seed)
    pongs = b"".join(frame.serialize() for frame in FRAMES if frame.opcode == 10)
    assert keeper.gone == pongs
    assert keeper.out == HEAD + b"".join(frame.serialize() for frame in FRAMES if frame.opcode != 10)


@settings(max_examples=60, deadline=None)
@given(chunks, st.integers(0, len(STREAM) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_all_that_is_different(chunks: list[int], byte: int, bit: int) -> None:
    keeper = through([[Flip(at_byte=byte, bit=bit, of="server")]], chunks, 0)
    different = [at for at, (sent, came) in enumerate(zip(STREAM, keeper.out, strict=True)) if sent != came]
    assert different == [byte]
    assert keeper.out[byte] ^ STREAM[byte] == 0x80 >> bit


def test_a_narrow_path_holds_the_sender_back_and_lets_go_again() -> None:
    keeper = through([[Rate(100_000)]], [200_000], 0, stream=HEAD + bytes(200_000))
    assert keeper.full == [True, False]
    assert len(keeper.out) == len(HEAD) + 200_000
