"""The tape: records in, entries out, however the bytes were cut; fates, beliefs, limits, watchers, the story."""

from __future__ import annotations

import asyncio
import logging
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tape.tapes import REQUEST, Clock, blank, conversation, counted, moved, opened, sent, shaken
from wslab.explain import KINDS
from wslab.lab import Belief, ConnectionClosed, Entry, Lab, Tape, echo
from wslab.protocol import RULES, Frame, HandshakeRequest, HandshakeResponse, Opcode, Role, State
from wslab.protocol.deflate import Deflate, Deflater
from wslab.tape.records import RecordKind, pack_belief, tag

FRAMES = [
    Frame.text("Hello", mask=b"1234"),
    Frame.ping(b"alive", mask=b"\x00\x00\x00\x00"),
    Frame.binary(bytes(300), mask=b"abcd", fin=False),
    Frame.continuation(b"end", mask=b"abcd"),
    Frame.close(1000, "bye", mask=b"wxyz"),
]
STREAM = REQUEST.serialize() + b"".join(frame.serialize() for frame in FRAMES)


def told(tape: Tape) -> list[tuple[str, bytes]]:
    return [(entry.kind, entry.data) for entry in tape if entry.kind != "tcp"]


WHOLE = [("http", REQUEST.serialize())] + [
    (kind, frame.serialize())
    for kind, frame in zip(["text", "ping", "binary", "continuation", "close"], FRAMES, strict=True)
]


def test_an_empty_tape_says_so() -> None:
    assert len(blank()) == 0
    assert blank().entries() == []
    assert blank().connection_numbers == []
    assert str(blank()) == "The tape is empty: nothing has happened yet."


@pytest.mark.parametrize("cut", range(1, len(STREAM)))
def test_a_stream_cut_at_any_byte_gives_the_same_entries(cut: int) -> None:
    tape = blank()
    sent(tape, STREAM[:cut])
    sent(tape, STREAM[cut:])
    assert told(tape) == WHOLE


def test_a_compressed_frame_right_behind_the_answer_that_agrees_to_it_is_understood() -> None:
    request = HandshakeRequest.build("127.0.0.1:9001", key=REQUEST.key, extensions=[Deflate().offer()])
    answer = HandshakeResponse.accept(request, extensions=[Deflate().answer(Deflate().offer())])
    payload = Deflater(Deflate(), Role.SERVER).deflate(b"Hello")
    tape = blank()
    opened(tape)
    moved(tape, request.serialize())
    moved(tape, answer.serialize() + Frame(Opcode.TEXT, payload, rsv1=True).serialize(), Role.SERVER)
    assert [entry.plain for entry in tape.frames()] == [b"Hello"]
    assert "compressed to" in tape[-1].sentence


def test_a_stream_byte_by_byte_gives_the_same_entries() -> None:
    tape = blank()
    for byte in STREAM:
        sent(tape, bytes([byte]))
    assert told(tape) == WHOLE
    assert tape.bytes(1, "client") == STREAM
    assert tape.bytes(1, "server") == b""


@pytest.mark.parametrize("looks", [1, 2, 7])
def test_looking_in_between_changes_nothing(looks: int) -> None:
    tape = blank()
    for number, byte in enumerate(STREAM):
        sent(tape, bytes([byte]))
        if number % looks == 0:
            len(tape)
    assert told(tape) == WHOLE


def test_an_entry_knows_its_frame_and_tells_it() -> None:
    tape = blank()
    sent(tape, STREAM)
    assert [entry.frame for entry in tape][1:] == FRAMES
    assert tape[0].frame is None
    assert tape[1].sentence == "The client sends text, 5 bytes, masked: “Hello”."
    assert {entry.kind for entry in tape} <= KINDS.keys()
    assert [entry.number for entry in tape] == list(range(len(tape)))
    assert tape[-1] is tape.entries()[-1]
    assert tape[1:3] == tape.entries()[1:3]


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_become_entries_and_none_is_lost(data: bytes, cut: int) -> None:
    whole, halves = blank(), blank()
    for tape, pieces in ((whole, [data]), (halves, [data[:cut], data[cut:]])):
        sent(tape, REQUEST.serialize() + pieces[0])
        for piece in pieces[1:]:
            sent(tape, piece)
        tape.record(1, tag(RecordKind.FIN_SENT, Role.CLIENT))
    assert told(whole) == told(halves)
    assert b"".join(data for _, data in told(whole)) == REQUEST.serialize() + data
    assert [entry.sentence for entry in whole]


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_for_a_head_become_entries(data: bytes) -> None:
    tape = blank()
    sent(tape, data)
    tape.record(1, tag(RecordKind.RST_SENT, Role.CLIENT))
    tape.record(1, tag(RecordKind.ENDED, Role.CLIENT))
    assert b"".join(data for _, data in told(tape)) == data
    assert str(tape)


def test_what_breaks_a_rule_is_an_entry_with_that_rule() -> None:
    tape = blank()
    sent(tape, REQUEST.serialize() + FRAMES[0].serialize() + b"\x81\x02Hi")
    sent(tape, b" and more")
    fault = tape[2]
    assert [entry.kind for entry in tape][:3] == ["http", "text", "text"]
    assert (fault.data, fault.frame) == (b"\x81\x02Hi", None)
    assert "a text frame that breaks a rule" in fault.sentence
    assert fault.error is not None
    assert fault.error.rule is RULES["client-masks"]
    assert "a client must mask every frame" in fault.sentence


def test_what_is_cut_off_is_an_entry_of_its_own() -> None:
    tape = blank()
    sent(tape, STREAM[:-3])
    tape.record(1, tag(RecordKind.FIN_SENT, Role.CLIENT))
    cut_off = [entry for entry in tape if entry.kind == "fault"]
    assert [entry.data for entry in cut_off] == [FRAMES[-1].serialize()[:-3]]
    assert "ends inside a frame" in cut_off[0].sentence


def test_a_refusal_keeps_its_page() -> None:
    tape = blank()
    refusal = HandshakeResponse.refuse(404, body="nothing here").serialize() + b"nothing here"
    for byte in refusal:
        sent(tape, bytes([byte]), Role.SERVER)
    assert told(tape) == [("http", refusal)]


# --- fates -----------------------------------------------------------------------------------


def test_a_frame_has_arrived_with_its_last_byte() -> None:
    tape = blank()
    opened(tape)
    sent(tape, STREAM)
    size = len(REQUEST.serialize())
    counted(tape, size + 3)
    assert [entry.fate for entry in tape][:3] == ["arrived", "arrived", "on the way"]
    assert tape[2].arrived is None
    counted(tape, len(FRAMES[0].serialize()) - 4)
    assert tape[2].fate == "on the way"
    counted(tape, 1)
    assert tape[2].fate == "arrived"
    assert tape[2].arrived == 5.0


def test_what_was_on_the_way_when_the_receiver_ended_is_lost() -> None:
    tape = blank()
    opened(tape)
    sent(tape, STREAM)
    tape.record(1, tag(RecordKind.ENDED, Role.SERVER))
    sent(tape, b"", Role.CLIENT)
    assert {entry.fate for entry in tape if entry.kind != "tcp"} == {"lost"}
    assert "lost on the way" in tape[-1].sentence


def test_without_a_peer_of_ours_the_fate_is_unknown() -> None:
    tape = blank()
    tape.record(1, tag(RecordKind.CONNECT, Role.CLIENT))
    sent(tape, STREAM)
    assert {entry.fate for entry in tape if entry.kind != "tcp"} == {"unknown"}
    assert {entry.server for entry in tape} == {None}


def test_what_comes_from_a_stranger_has_arrived() -> None:
    tape = blank()
    tape.record(1, tag(RecordKind.ACCEPT, Role.SERVER))
    tape.record(1, tag(RecordKind.ARRIVED, Role.SERVER), STREAM)
    frames = [entry for entry in tape if entry.kind != "tcp"]
    assert {(entry.fate, entry.sender) for entry in frames} == {("arrived", "client")}
    assert all(entry.arrived == entry.time for entry in frames)


# --- beliefs -----------------------------------------------------------------------------------


def test_beliefs_are_those_just_before_the_next_entry_departs() -> None:
    tape = blank()
    opened(tape)
    sent(tape, REQUEST.serialize())
    for side in Role:
        tape.record(1, tag(RecordKind.BELIEF, side), pack_belief(State.OPEN, None, "so far"))
    sent(tape, FRAMES[-1].serialize())
    tape.record(1, tag(RecordKind.BELIEF, Role.CLIENT), pack_belief(State.CLOSING, 1000, "sent a Close"))
    assert [entry.client for entry in tape][1:] == [
        Belief(State.OPEN, None, "so far"),
        Belief(State.CLOSING, 1000, "sent a Close"),
    ]
    assert [entry.server for entry in tape][1:] == [Belief(State.OPEN, None, "so far")] * 2


async def test_the_story_of_a_clean_close(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    await ws.send("Hello")
    await ws.recv()
    await ws.close(1000, "bye")
    await lab.close()
    kinds = [(entry.kind, entry.sender) for entry in lab.tape]
    assert kinds == [
        ("tcp", "client"),
        ("http", "client"),
        ("http", "server"),
        ("text", "client"),
        ("text", "server"),
        ("close", "client"),
        ("close", "server"),
        ("tcp", "server"),
        ("tcp", "client"),
    ]
    states = [(_state(entry.client), _state(entry.server)) for entry in lab.tape]
    assert states[1:] == [
        ("CONNECTING", "CONNECTING"),
        ("OPEN", "OPEN"),
        ("OPEN", "OPEN"),
        ("OPEN", "OPEN"),
        ("CLOSING", "CLOSING"),
        ("CLOSING", "CLOSING"),
        ("CLOSED", "CLOSING"),
        ("CLOSED", "CLOSED"),
    ]
    times = [entry.time for entry in lab.tape]
    assert times[0] == 0
    assert times == sorted(times)
    assert all(entry.arrived is not None and entry.arrived >= entry.time for entry in lab.tape)


def _state(belief: Belief | None) -> str | None:
    return None if belief is None else belief.state.value


async def test_print_tells_the_story(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send("<img src=x onerror=alert(1)>\n\x1b[31m")
        await ws.recv()
    text = str(lab.tape)
    for words in ("client → server  T The client sends text", "client ← server", "the client believes OPEN", "ms"):
        assert words in text
    assert "\x1b" not in text


async def test_breaking_a_rule_is_told_with_both_sides(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    await ws.send_raw(b"\x81\x02Hi")
    with pytest.raises(ConnectionClosed):
        await ws.recv()
    await lab.close()
    text = str(lab.tape)
    assert "found MASK 0" in text
    assert "The server fails the connection with 1002" in text
    assert Frame(Opcode.CLOSE, b"\x03\xeaclient-masks") in [entry.frame for entry in lab.tape]


# --- limits and watchers -----------------------------------------------------------------------


def test_a_full_tape_keeps_its_beginning_and_counts_the_rest() -> None:
    tape = blank(max_bytes=2000)
    sent(tape, REQUEST.serialize())
    for _ in range(100):
        sent(tape, FRAMES[2].serialize())
    assert tape.size <= 2000 + 17
    assert tape.dropped_records > 90
    assert tape.dropped_bytes == tape.dropped_records * len(FRAMES[2].serialize())
    assert [entry.kind for entry in tape][:2] == ["http", "binary"]
    sent(tape, b"")
    assert "The tape is full" in str(tape)


def test_a_small_frame_takes_little_of_the_tape() -> None:
    tape = blank()
    data = Frame.binary(bytes(16), mask=b"1234").serialize()
    before = tape.size
    sent(tape, data)
    counted(tape, len(data))
    assert tape.size - before <= 100


def test_watchers_are_called_once_for_many_records() -> None:
    clock = Clock()
    tape = Tape(clock.now, clock.later)
    calls: list[int] = []
    stop = tape.watch(lambda: calls.append(len(tape)))
    for _, data in WHOLE:
        sent(tape, data)
    assert len(clock.planned) == 1
    clock.planned.pop()()
    assert calls == [6]
    stop()
    stop()
    sent(tape, b"")
    assert clock.planned == []


async def test_a_watcher_that_raises_is_told_and_never_breaks_the_connection(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []
    lab.tape.watch(lambda: 1 / 0)
    lab.tape.watch(lambda: seen.append(len(lab.tape)))
    server = await lab.serve(echo)
    with caplog.at_level(logging.ERROR, "wslab"):
        async with await lab.connect(server) as ws:
            for _ in range(3):
                await ws.send("x")
                assert await ws.recv() == "x"
                await asyncio.sleep(0.07)
    assert seen
    assert [record.name for record in caplog.records] == ["wslab"]


def test_an_entry_reads_well() -> None:
    tape = blank()
    sent(tape, STREAM)
    assert isinstance(tape[0], Entry)
    assert repr(tape[1]) == "<Entry 1 text by client, unknown: The client sends text, 5 bytes, masked: “Hello”.>"
    assert repr(tape).startswith("<Tape of 6 entries, 1 connection, ")


@pytest.mark.parametrize("cut", range(1, 10))
@pytest.mark.parametrize("wrong", [b"\x03\x00", b"\x81\x02Hi", b"\x81\xfe\x00\x02abcdHi", b"\x81\x7e\x00\x02Hi"])
def test_a_frame_that_breaks_a_rule_ends_where_its_header_says_however_it_is_cut(wrong: bytes, cut: int) -> None:
    data = wrong + FRAMES[0].serialize()
    tape = blank()
    sent(tape, REQUEST.serialize())
    sent(tape, data[:cut])
    sent(tape, data[cut:])
    broken, behind = tape[1:]
    assert (broken.data, behind.data) == (wrong, FRAMES[0].serialize())
    assert broken.error is not None
    assert (behind.error, behind.kind) == (None, "text")


# --- asking, cutting, comparing ------------------------------------------------------------------


def two_connections() -> Tape:
    tape = blank(max_bytes=1 << 20)
    shaken(tape)
    shaken(tape, connection=2)
    moved(tape, Frame.text("one", mask=b"abcd").serialize())
    moved(tape, Frame.text("two", mask=b"abcd").serialize(), connection=2)
    moved(tape, Frame.ping(b"?").serialize(), Role.SERVER)
    moved(tape, b"\x83\x80abcd")
    tape.record(1, tag(RecordKind.CUT))
    moved(tape, Frame.close(1001).serialize(), Role.SERVER, connection=2)
    return tape


def payloads(entries: list[Entry]) -> list[bytes]:
    return [entry.data for entry in entries]


def test_frames_are_all_that_are_frames_also_illegal_ones() -> None:
    tape = two_connections()
    assert [entry.opcode for entry in tape.frames()] == [1, 1, 9, 3, 8]
    assert [entry.opcode for entry in tape][:3] == [None] * 3
    assert tape[-2].kind == "fault"
    assert tape[-2].opcode is None


def test_frames_are_asked_for_by_opcode_side_connection_and_time() -> None:
    tape = two_connections()
    assert len(tape.frames(Opcode.TEXT)) == 2
    assert len(tape.frames((Opcode.PING, Opcode.CLOSE))) == 2
    assert [entry.opcode for entry in tape.frames(side="server")] == [9, 8]
    assert tape.frames(side=Role.SERVER) == tape.frames(side="server")
    assert [entry.opcode for entry in tape.frames(connection=2)] == [1, 8]
    ping = tape.frames(9)[0]
    assert tape.frames(between=(ping.time, ping.time)) == [ping]
    assert tape.frames(1, "client", 2, (0, 1000)) == tape.frames(1)[1:]
    assert tape.frames(between=(1000, 2000)) == []


@pytest.mark.parametrize(
    "asked", [{"side": "wire"}, {"side": "me"}, {"between": (2, 1)}, {"between": (float("nan"), 1)}]
)
def test_frames_of_no_side_or_time_are_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="this is"):
        two_connections().frames(**asked)  # type: ignore[arg-type]


SAME = ("kind", "data", "sender", "connection", "time", "arrived", "fate", "client", "server", "sentence")


def same(one: list[Entry], other: list[Entry]) -> bool:
    return [[getattr(e, n) for n in SAME] for e in one] == [[getattr(e, n) for n in SAME] for e in other]


@pytest.mark.parametrize("first", range(0, 20, 3))
@pytest.mark.parametrize("size", [0, 1, 5, 100])
def test_a_slice_has_the_same_entries_as_the_tape(first: int, size: int) -> None:
    tape = two_connections()
    cut = tape.slice(first, first + size)
    assert same(cut.entries(), tape[first : first + size])
    assert [entry.number for entry in cut] == list(range(len(cut)))
    again = cut.slice(1, 3)
    assert same(again.entries(), tape[first : first + size][1:3])
    assert same(cut.copy().entries(), cut.entries())


def test_a_slice_leaves_out_other_connections_and_what_comes_behind() -> None:
    tape = two_connections()
    text = tape.frames(connection=2)[0].number
    cut = tape.slice(text, text + 1)
    assert cut.connection_numbers == [2]
    assert cut.size < tape.size / 2
    assert cut.heads(2).keys() == {"client", "server"}
    assert len(tape.slice(-2)) == 2
    assert tape.slice(3, 3).entries() == []
    assert tape.slice(5, 2).entries() == []


def test_the_digest_is_that_of_what_was_recorded_when() -> None:
    tape, other = two_connections(), two_connections()
    assert tape.digest() == other.digest()
    assert len(tape.digest()) == 64
    before = tape.digest()
    len(tape)
    assert tape.digest() == before == tape.copy().digest()
    other.record(1, tag(RecordKind.NOTE), b"")
    assert other.digest() != before
    assert tape.slice(0, 3).digest() != before


def test_the_digest_counts_times_from_the_first_record() -> None:
    early, late, slow = Tape.blank(began=5), Tape.blank(began=7), Tape.blank(began=7)
    for tape, times in ((early, (5, 6)), (late, (7, 8)), (slow, (7, 9))):
        for time in times:
            tape.put(time, 1, tag(RecordKind.FIN_SENT, Role.CLIENT))
    assert early.digest() == late.digest() != slow.digest()


def test_put_keeps_the_limit_too() -> None:
    tape = Tape.blank(max_bytes=100)
    for _ in range(10):
        tape.put(0.0, 1, tag(RecordKind.SENT, Role.CLIENT), bytes(50))
    assert (tape.dropped_records, tape.dropped_bytes) == (9, 450)


def test_epoch_is_the_unix_time_of_the_first_record() -> None:
    assert blank().epoch == 0.0
    tape = blank(epoch=1_700_000_000.0)
    conversation(tape)
    assert tape.epoch == 1_700_000_101.0
    assert tape.copy().epoch == tape.slice(3, 5).epoch == tape.epoch


def test_a_recording_that_begins_behind_the_handshake_has_frames_from_its_first_byte() -> None:
    tape = blank()
    tape.record(1, tag(RecordKind.JOINED))
    sent(tape, FRAMES[0].serialize())
    assert [entry.frame for entry in tape] == [FRAMES[0]]


@given(st.integers(0, 40), st.integers(0, 40))
def test_any_slice_of_a_slice_holds(first: int, last: int) -> None:
    tape = conversation(blank())
    assert same(tape.slice(first, last).entries(), tape[first:last])


@pytest.mark.parametrize(("code", "name"), [(None, "CLOSED"), (1006, "CLOSED 1006")])
def test_a_belief_is_named_with_its_code(code: int | None, name: str) -> None:
    assert str(Belief(State.CLOSED, code, "why")) == name


def test_looking_at_a_slice_takes_time_as_it_has_entries_and_copies_none() -> None:
    tape = blank(max_bytes=1 << 24)
    for number in range(20_000):
        moved(tape, b"\x89\x80\0\0\0\0" if number else REQUEST.serialize())
    cut = tape.slice(1, 19_000)
    assert len(cut) == 18_999
    begin = process_time()
    assert [cut[at].number for at in range(len(cut))][-1] == cut[-1].number
    assert sum(1 for _ in reversed(cut)) == len(cut)
    assert str(cut).count("\n") > 18_000
    assert process_time() - begin < 4.0  # 80 when each look copies the slice


def test_a_slice_is_indexed_like_a_list() -> None:
    cut = conversation(blank()).slice(1, 6)
    entries = cut.entries()
    for span in (slice(None), slice(1, 3), slice(3, 1), slice(None, None, -1), slice(0, 5, 2), slice(-2, None)):
        assert cut[span] == entries[span]
    assert (cut[0], cut[-1]) == (entries[0], entries[-1])
    with pytest.raises(IndexError):
        cut[len(entries)]


def test_followers_are_called_once_when_the_tape_is_full() -> None:
    tape = blank(max_bytes=100)
    called: list[int] = []
    tape.log.on_record = lambda: called.append(tape.dropped_records)
    for _ in range(5):
        tape.record(1, tag(RecordKind.SENT, Role.CLIENT), bytes(40))
        tape.record_count(1, tag(RecordKind.COUNTED, Role.SERVER), 40)
    assert called.count(0) >= 1
    assert [each for each in called if each] == [1]
