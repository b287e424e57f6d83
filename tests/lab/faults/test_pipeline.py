"""Whatever stands in a pipeline, TCP keeps its promise: no byte is lost, doubled or out of order but by a fault."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lab.faults.playbook import FIN, RST, Changed, Playbook, Recorder, Swallowed, exchange
from wslab.lab.clock.virtual import VirtualClock
from wslab.lab.faults.base import Fault
from wslab.lab.faults.chunk import StreamChunk
from wslab.lab.faults.content import Flip, Rechunk, Split
from wslab.lab.faults.ending import Cut, Fin, Silence
from wslab.lab.faults.manual import Gate, GateStage, Insert, InsertStage
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.pongs import DelayPongs, SwallowPongs
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate
from wslab.protocol import Frame, Role

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


def through(stacks: list[list[Fault]], chunks: list[int], seed: int, stream: bytes = STREAM) -> Recorder:
    """Feed a stream in chunks, some milliseconds apart; the faults change from stack to stack on the way."""
    clock = VirtualClock()
    owner = Recorder(clock, seed)
    pipeline = Pipeline(owner, Role.SERVER)

    async def feed() -> None:
        at = 0
        for turn, size in enumerate([*chunks, len(stream)]):
            exchange(pipeline, stacks[turn % len(stacks)])
            if stream[at : at + size]:
                pipeline.feed(stream[at : at + size])
            at += size
            await asyncio.sleep(0.05)
        pipeline.signal(FIN)
        await asyncio.sleep(200)

    clock.run(feed())
    clock.abandon(lambda: None)
    return owner


stacks = st.lists(st.lists(PATIENT, max_size=4, unique=True), min_size=1, max_size=4)
chunks = st.lists(st.integers(1, 60), max_size=30)


@settings(max_examples=150, deadline=None)
@given(stacks, chunks, st.integers(0, 9))
def test_faults_of_time_and_chunks_change_no_byte_and_no_order_also_while_they_change(
    stacks: list[list[Fault]], chunks: list[int], seed: int
) -> None:
    owner = through(stacks, chunks, seed)
    assert owner.out == STREAM
    assert owner.starts == sorted(owner.starts)
    assert owner.signals == [FIN]


@settings(max_examples=60, deadline=None)
@given(st.lists(PATIENT, max_size=2, unique=True), chunks, st.integers(0, 9))
def test_swallowed_pongs_are_all_that_is_missing(faults: list[Fault], chunks: list[int], seed: int) -> None:
    owner = through([[SwallowPongs(), *faults]], chunks, seed)
    pongs = b"".join(frame.serialize() for frame in FRAMES if frame.opcode == 10)
    assert owner.gone == pongs
    assert owner.out == HEAD + b"".join(frame.serialize() for frame in FRAMES if frame.opcode != 10)


@settings(max_examples=60, deadline=None)
@given(chunks, st.integers(0, len(STREAM) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_all_that_is_different(chunks: list[int], byte: int, bit: int) -> None:
    owner = through([[Flip(at_byte=byte, bit=bit, of="server")]], chunks, 0)
    different = [at for at, (sent, came) in enumerate(zip(STREAM, owner.out, strict=True)) if sent != came]
    assert different == [byte]
    assert owner.out[byte] ^ STREAM[byte] == 0x80 >> bit


def test_a_narrow_path_holds_the_sender_back_and_lets_go_again() -> None:
    owner = through([[Rate(100_000)]], [200_000], 0, stream=HEAD + bytes(200_000))
    assert owner.full == [True, False]
    assert len(owner.out) == len(HEAD) + 200_000


# --- as a conversation --------------------------------------------------------------------

TEXT, OTHER = Frame.text("one").serialize(), Frame.text("two").serialize()
LOOKING: list[Fault] = [Flip(at_frame=99, of="server"), Cut(at_frame=99, of="server"), SwallowPongs(), Gate(), Insert()]


def test_without_stages_everything_passes_at_once() -> None:
    (Playbook() >> b"any" << b"any" >> b"bytes" << b"bytes" >> FIN << FIN >> RST << RST).play()


def test_the_stages_work_one_behind_the_other() -> None:
    (Playbook(Rechunk(4), Delay(1.0)) >> b"abcdef" >> 0.5 >> FIN >> 0.5 << b"abcd" << b"ef" >> 0.5 << FIN).play()
    (Playbook(Delay(1.0), Rechunk(4)) >> b"abcdef" >> 1.0 << b"abcd" << b"ef").play()


def test_a_stage_that_goes_lets_go_through_those_behind_it() -> None:
    (Playbook(Delay(9.0), Rechunk(2)) >> b"abc" >> [Rechunk(2)] << b"ab" << b"c" >> b"de" << b"de").play()


def test_stages_in_another_order_let_go_first_and_a_new_one_begins_behind_what_waited() -> None:
    (Playbook(Delay(9.0), Outage(8.0)) >> b"ab" >> [Outage(8.0), Delay(9.0)] << b"ab" >> b"c" >> 18.0 << b"c").play()
    (Playbook(Delay(9.0)) >> b"ab" >> [Delay(9.0), Rechunk(1)] << b"ab" >> b"cd" >> 9.0 << b"c" << b"d").play()


def test_silence_swallows_bytes_and_fin() -> None:
    (
        Playbook(Silence(after=1.0))
        >> b"heard"
        << b"heard"
        >> 1.0
        >> b"lost"
        << Swallowed(b"lost")
        >> FIN
        << "signal swallowed"
    ).play()


def test_a_cut_at_a_frame_comes_behind_what_is_in_front_of_it() -> None:
    (
        Playbook(Fin(at_frame=2))
        >> HEAD + TEXT + OTHER
        << HEAD + TEXT
        << Swallowed(OTHER)
        >> 0.1
        << "FIN to both"
        >> TEXT
        << Swallowed(TEXT)
    ).play()


def test_a_bit_is_turned_over_where_it_is_and_the_stage_counts_frames_from_the_first() -> None:
    turned = bytes([OTHER[0] ^ 1]) + OTHER[1:]
    (
        Playbook(Flip(at_frame=2)) >> HEAD + TEXT << HEAD + TEXT >> OTHER << Changed(turned) << turned >> TEXT << TEXT
    ).play()


@pytest.mark.parametrize("fault", LOOKING, ids=lambda each: each.kind)
@pytest.mark.parametrize("cut", [5, len(HEAD) + 1], ids=["in the head", "in a frame's header"])
def test_a_stage_that_goes_while_it_looks_at_a_beginning_loses_nothing(fault: Fault, cut: int) -> None:
    assert through([[fault], []], [cut], 0, stream=HEAD + TEXT).out == HEAD + TEXT


def test_a_stage_that_comes_in_the_middle_of_a_header_lets_the_end_of_the_stream_pass() -> None:
    begin = TEXT[:1]
    (Playbook() >> HEAD << HEAD >> begin << begin >> [Flip(at_frame=9)] >> FIN << FIN).play()


def test_behind_a_beginning_that_went_by_a_frame_put_in_waits_for_the_next_end() -> None:
    owner = Recorder(VirtualClock())
    pipeline = Pipeline(owner, Role.SERVER)
    insert, other = Insert(), Split(999)
    exchange(pipeline, [insert, other])
    for data in (HEAD, TEXT, OTHER[:1]):
        pipeline.feed(data)
    exchange(pipeline, [other, insert])
    (stage,) = (each for each in pipeline.stages if isinstance(each, InsertStage))
    stage.insert(Frame.ping())
    pipeline.feed(OTHER[1:])
    pipeline.feed(TEXT)
    assert owner.out == HEAD + TEXT + OTHER + TEXT + Frame.ping().serialize()


@pytest.mark.parametrize("cut", [*range(len(HEAD), len(HEAD + TEXT + OTHER))])
def test_a_stage_that_stays_in_another_order_loses_nothing(cut: int) -> None:
    looks: list[Fault] = [Flip(at_frame=99, of="server"), SwallowPongs(), Cut(at_frame=99, of="server")]
    stream = HEAD + TEXT + OTHER + Frame.pong(b"!").serialize()
    owner = through([looks, [*reversed(looks)]], [cut], 0, stream=stream)
    assert owner.out == HEAD + TEXT + OTHER


def at_a_gate(*chunks: bytes) -> tuple[Recorder, Pipeline, GateStage]:
    owner = Recorder(VirtualClock())
    pipeline = Pipeline(owner, Role.SERVER)
    exchange(pipeline, [Gate()])
    for data in chunks:
        pipeline.feed(data)
    (stage,) = pipeline.stages
    assert isinstance(stage, GateStage)
    return owner, pipeline, stage


@pytest.mark.parametrize("is_decided", [True, False], ids=["nothing waits", "the head waits"])
def test_a_beginning_at_a_gate_passes_in_front_of_fin(is_decided: bool) -> None:
    owner, pipeline, gate = at_a_gate(HEAD)
    (head,) = (held for held, _ in gate.held)
    if is_decided:
        head.release()
    pipeline.feed(TEXT[:3])
    pipeline.signal(FIN)
    if not is_decided:
        assert not owner.log
        head.release()
    assert b"".join(each for each in owner.log[:-1] if isinstance(each, bytes)) == HEAD + TEXT[:3]
    assert owner.log[-1] is FIN


def test_a_stage_behind_a_gate_at_which_the_head_waits_counts_frames_from_the_first() -> None:
    owner, pipeline, gate = at_a_gate(HEAD, TEXT)
    exchange(pipeline, [Gate(), Flip(at_frame=1)])
    for held in [held for held, _ in gate.held]:
        held.release()
    assert [each for each in owner.log if isinstance(each, Changed)]
    assert owner.out.startswith(HEAD)


# --- many frames in one chunk -------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Insert(), SwallowPongs(), Flip(at_frame=9), Cut(at_frame=9)])
def test_frames_of_a_chunk_that_nothing_is_done_to_go_on_as_one_chunk(fault: Fault) -> None:
    (Playbook(fault) >> HEAD + TEXT * 3 << HEAD + TEXT * 3 >> OTHER * 2 + TEXT[:1] << OTHER * 2).play()


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=40), st.integers(1, 12), st.booleans())
def test_pieces_are_what_repeated_splits_give(data: bytes, size: int, changed: bool) -> None:
    chunk = rest = StreamChunk(data, 7, len(data) + changed)
    split = []
    while len(rest.data) > size:
        first, rest = rest.split(size)
        split.append(first)
    assert [*chunk.pieces(size)] == [*split, rest]
