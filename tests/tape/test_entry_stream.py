"""Entries for a program that looks at each once: the same ones as on the tape, in bounded batches, and none is kept."""

from __future__ import annotations

import gc
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from tests.tape.tapes import ANSWER, REQUEST, blank, conversation, sent
from wslab import Tape, play
from wslab.protocol import Deflate, Frame, HandshakeRequest, HandshakeResponse, Opcode, Role
from wslab.tape import follow
from wslab.tape.dissector import StreamDissector
from wslab.tape.entry import Entry
from wslab.tape.follow import MOST_ENTRIES, MOST_INFLATED, EntryStream
from wslab.tape.records import FaultAct, RecordKind, pack_change, tag
from wslab.tape.streams.inflating import FREELY_INFLATED, TIMES_INFLATED

MIB = 1 << 20
PONG = b"\x8a\x00"


def batches(tape: Tape) -> Iterator[list[Entry]]:
    """What a stream gives, call by call, until it has caught up."""
    stream = EntryStream(tape.log)
    while stream.is_behind:
        yield stream.new()
    assert stream.new() == []


def facts(entry: Entry) -> tuple[object, ...]:
    """What never changes of an entry."""
    return (entry.number, entry.time, entry.connection, entry.sender, entry.kind, entry.opcode, entry.data, entry.fact)


@pytest.mark.parametrize("name", ["half-open", "clean-close", "reconnect", "deflate-bomb", "handshake-refused"])
def test_it_gives_the_same_entries_as_the_tape(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_ENTRIES", 2)
    monkeypatch.setattr(follow, "_PIECE", 7)
    tape = play(name, seed=3)
    given = [[facts(entry) for entry in batch] for batch in batches(tape)]
    assert [entry for batch in given for entry in batch] == [facts(entry) for entry in tape]
    assert len(given) > len(tape) / 4


def test_it_goes_on_where_it_was_when_more_is_recorded() -> None:
    tape = blank()
    stream = EntryStream(tape.log)
    assert (stream.new(), stream.is_behind) == ([], False)
    for connection in (1, 2, 3):
        conversation(tape, connection=connection)
        numbers = [entry.number for entry in stream.new()]
        assert numbers == [entry.number for entry in tape if entry.connection == connection]


# --- a flood ------------------------------------------------------------------------------------


def flooded(size: int) -> Tape:
    """A server behind a tap sends frames of 2 bytes, 64 KiB in each read."""
    tape = blank(max_bytes=size)
    tape.record(1, tag(RecordKind.TAKEN, Role.CLIENT), REQUEST.serialize())
    tape.record(1, tag(RecordKind.TAKEN, Role.SERVER), ANSWER.serialize())
    while not tape.dropped_records:
        tape.record(1, tag(RecordKind.TAKEN, Role.SERVER), PONG * 32768)
        tape.record_count(1, tag(RecordKind.PASSED, Role.SERVER), 65536)
    return tape


def test_a_batch_is_bounded_also_inside_one_record() -> None:
    tape = flooded(MIB // 4)
    sizes = [len(batch) for batch in batches(tape)]
    assert max(sizes) < MOST_ENTRIES + 2048
    assert sum(sizes) == 2 + 3 * 32768


def dropped(size: int) -> Tape:
    """Each frame of 2 bytes goes no further, and the tape says so."""
    tape = flooded(100_000)
    act = FaultAct("server", "swallow-pongs", "", {})
    tape.log.max_bytes, start, tape.log.dropped_records = size, len(ANSWER.serialize()), 0
    while not tape.dropped_records:
        tape.record(1, tag(RecordKind.TAKEN, Role.SERVER), PONG)
        tape.record(1, tag(RecordKind.SWALLOWED, Role.SERVER), pack_change(start, 2, b"", act))
        start += 2
    return tape


@pytest.mark.parametrize("make", [flooded, dropped])
def test_memory_is_what_the_limit_says_however_many_entries_there_are(make: object) -> None:
    """Before, 2 bytes on the tape became an entry of 350, 173 times the limit of the tape."""
    assert callable(make)
    tracemalloc.start()
    try:
        tape = make(3 * MIB)
        reading = batches(tape)
        marks = []
        for _ in range(3):
            for _ in zip(range(8), reading, strict=False):
                pass
            gc.collect()
            marks.append(tracemalloc.get_traced_memory()[0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(marks) - min(marks) < MIB // 2  # one batch more or less
    assert peak < 1.125 * tape.max_bytes + 2 * MIB


# --- bombs --------------------------------------------------------------------------------------

AGREED = Deflate()


def bomb(size: int) -> bytes:
    """A message that inflates to so many bytes."""
    squeezer = zlib.compressobj(9, wbits=-15)
    data = squeezer.compress(bytes(size)) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    return Frame(Opcode.BINARY, data.removesuffix(b"\x00\x00\xff\xff"), rsv1=True).serialize()


def test_a_direction_is_inflated_within_a_budget_that_grows_with_its_bytes() -> None:
    dissector = StreamDissector(Role.SERVER)
    dissector.join()
    dissector.agree(AGREED)
    message, size = bomb(8 * MIB), 0
    inflated = []
    for _ in range(40):
        size += len(message)
        inflated += [each.inflated is not None for each in dissector.feed(message)]
    assert len(inflated) == 40
    assert inflated[:8] == [True] * 8
    assert inflated[10:] == [False] * 30
    assert dissector.inflater.inflated < FREELY_INFLATED + TIMES_INFLATED * size + 8 * MIB


def test_a_batch_inflates_a_bounded_number_of_bytes() -> None:
    asked = HandshakeRequest.build("x", key=REQUEST.key, extensions=[AGREED.offer()])
    tape = blank(max_bytes=MIB)
    sent(tape, asked.serialize())
    answer = HandshakeResponse.accept(asked, extensions=[AGREED.answer(AGREED.offer())])
    sent(tape, answer.serialize() + bomb(MIB) * 30, Role.SERVER)
    given = [sum(len(entry.inflated or b"") for entry in batch) for batch in batches(tape)]
    assert sum(given) == 30 * MIB
    assert max(given) <= MOST_INFLATED + 4 * MIB
