"""A tape as a capture: what tshark decodes is what stands on the tape, frame for frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.formats import tshark
from tests.formats.tshark import Told
from tests.tape.tapes import KEY, blank, conversation, moved, sent, shaken
from wslab.formats.pcap import pcapng
from wslab.lab import ConnectionClosed, Entry, HandshakeRefused, Lab, Link, Tape, echo
from wslab.protocol import Frame, Opcode, Role
from wslab.protocol.deflate import Deflate
from wslab.tape.records import RecordKind, pack_change, tag

SIZES = (0, 1, 125, 126, 65535, 65536, 200_000)


def captured(tape: Tape, folder: Path) -> Path:
    return pcapng.save(tape, folder / "tape.pcapng")


def decoded_as_it_is(tape: Tape, folder: Path) -> list[Told]:
    """Save, let tshark decode, and compare each frame with the tape's own."""
    path = captured(tape, folder)
    (told, faults), entries = tshark.decode(path), tape.frames()
    assert [about(each) for each in told] == [expected(entry, tape) for entry in entries]
    assert [each.payload for each in told] == payloads(entries)
    assert faults == []
    return told


def about(told: Told) -> tuple[object, ...]:
    return told.stream, told.from_client, round(told.time, 6), told.fin, told.rsv, told.opcode, told.key, told.length


def expected(entry: Entry, tape: Tape) -> tuple[object, ...]:
    frame, stream = entry.frame, tape.connection_numbers.index(entry.connection)
    assert frame is not None
    rsv = frame.rsv1 << 2 | frame.rsv2 << 1 | frame.rsv3
    time = pytest.approx(tape.epoch + entry.time, abs=2e-6)  # what a float has at today's Unix time
    return stream, entry.sender == "client", time, frame.fin, rsv, frame.opcode, frame.mask, len(frame.payload)


def payloads(entries: Sequence[Entry]) -> list[bytes]:
    """What tshark shows of each frame: of a message in fragments nothing with the first, all of it with the last."""
    begun: dict[tuple[int, str], bytes] = {}
    found = []
    for entry in entries:
        frame, key = entry.frame, (entry.connection, entry.sender)
        assert frame is not None
        assert entry.plain is not None
        if frame.opcode & 8:
            found.append(entry.plain)
            continue
        whole = begun.pop(key, b"") + entry.plain
        found.append(whole if frame.fin else entry.plain if frame.opcode == Opcode.CONTINUATION else b"")
        if not frame.fin:
            begun[key] = whole
    return found


def test_a_whole_conversation(tmp_path: Path) -> None:
    assert len(decoded_as_it_is(conversation(blank()), tmp_path)) == 8


def test_several_connections_in_each_other(tmp_path: Path) -> None:
    tape = blank()
    for number in (1, 2, 70_000):
        shaken(tape, connection=number)
    for word in ("one", "two"):
        for number in (70_000, 1, 2):
            moved(tape, Frame.text(word, mask=KEY).serialize(), connection=number)
    assert len(decoded_as_it_is(tape, tmp_path)) == 6


def test_several_frames_in_one_segment_and_one_in_several(tmp_path: Path) -> None:
    tape = blank()
    shaken(tape)
    stream = b"".join(Frame.text(word * 20, mask=KEY).serialize() for word in ("one", "two", "three"))
    for begin in range(0, len(stream), 90):
        moved(tape, stream[begin : begin + 90])
    path = captured(tape, tmp_path)
    told, faults = tshark.decode(path)
    assert [each.payload for each in told] == [b"one" * 20, b"two" * 20, b"three" * 20]
    assert faults == []


@pytest.mark.parametrize("size", SIZES)
async def test_messages_of_every_length_form(lab: Lab, size: int, tmp_path: Path) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send(bytes(range(256)) * (size // 256) + bytes(range(size % 256)))
        await ws.recv()
    await lab.close()
    told = decoded_as_it_is(lab.tape, tmp_path)
    assert [(each.opcode, each.length) for each in told][:2] == [(2, size)] * 2


@pytest.mark.parametrize(
    "deflate",
    [
        Deflate(),
        Deflate(client_no_context_takeover=True, server_no_context_takeover=True),
        Deflate(server_max_window_bits=9, client_max_window_bits=9),
    ],
    ids=["takeover", "no takeover", "small windows"],
)
async def test_compressed_messages(lab: Lab, deflate: Deflate, tmp_path: Path) -> None:
    server = await lab.serve(echo, deflate=deflate)
    async with await lab.connect(server, deflate=deflate) as ws:
        for message in ("Hello Hello Hello", "Hello again, Hello", b"\0" * 5000, "and Hello"):
            await ws.send(message)
            await ws.recv()
    await lab.close()
    told = decoded_as_it_is(lab.tape, tmp_path)
    assert sum(each.rsv == 4 for each in told) == 8
    assert max(each.length for each in told) < 100


async def clean(lab: Lab) -> None:
    async with await lab.connect(await lab.serve(echo)) as ws:
        await ws.send("Hello")
        await ws.recv()
        await ws.ping()


async def ended(lab: Lab, end: Callable[[Link], None]) -> None:
    link = await lab.link(await lab.serve(echo))
    ws = await lab.connect(link)
    await ws.send("Hello")
    await ws.recv()
    end(link)
    await ws.wait_closed()


async def cut(lab: Lab) -> None:
    await ended(lab, Link.cut)


async def fin(lab: Lab) -> None:
    await ended(lab, Link.fin)


async def half_open(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    ws = await lab.connect(link)
    await ws.send("Hello")
    await ws.recv()
    link.silence()
    await ws.send("Is anybody there?")
    with suppress(TimeoutError):
        await ws.ping(timeout=0.1)
    ws.abort()
    await ws.wait_closed()


async def in_fragments(lab: Lab) -> None:
    async with await lab.connect(await lab.serve(echo)) as ws:
        for frame in (Frame.text("one, ", fin=False), Frame.continuation(b"two, ", fin=False), Frame.ping(b"between")):
            await ws.send_raw(frame.replace(mask=KEY).serialize())
        await ws.send_raw(Frame.continuation(b"three", mask=KEY).serialize())
        assert await ws.recv() == "one, two, three"


async def closed_with_each_code(lab: Lab) -> None:
    server = await lab.serve(echo)
    for code in (1000, 1001, 1003, 1007, 1011, 3000, 4999):
        ws = await lab.connect(server)
        await ws.close(code, "because “so”")


@pytest.mark.parametrize("story", [clean, cut, fin, half_open, in_fragments, closed_with_each_code])
async def test_what_happens_in_a_lab(lab: Lab, story: Callable[[Lab], Awaitable[None]], tmp_path: Path) -> None:
    await story(lab)
    await lab.close()
    assert decoded_as_it_is(lab.tape, tmp_path)


async def test_fin_and_rst_are_where_they_happened(lab: Lab, tmp_path: Path) -> None:
    await clean(lab)
    await cut(lab)
    await lab.close()
    path = captured(lab.tape, tmp_path)
    ends = "tcp.flags.fin == 1 || tcp.flags.reset == 1"
    said = tshark.run(path, "-Y", ends, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.dstport", "-e", "tcp.flags.str")
    lines = [line.split("\t") for line in said.splitlines()]
    assert [(stream, port == "80", "F" in flags, "R" in flags) for stream, port, flags in lines] == [
        ("0", False, True, False),
        ("0", True, True, False),
        ("1", True, False, True),
        ("1", False, False, True),
    ]


async def test_a_refused_handshake_is_http(lab: Lab, tmp_path: Path) -> None:
    server = await lab.serve(echo, on_request=lambda _: (403, "Not you."))
    with pytest.raises(HandshakeRefused):
        await lab.connect(server)
    await lab.close()
    path = captured(lab.tape, tmp_path)
    assert tshark.run(path, "-Y", "http.response.code == 403", "-T", "fields", "-e", "tcp.stream").split() == ["0"]
    assert tshark.decode(path) == ([], [])


async def test_a_frame_that_breaks_a_rule_is_there_as_it_was(lab: Lab, tmp_path: Path) -> None:
    ws = await lab.connect(await lab.serve(echo))
    await ws.send_raw(b"\x81\x02Hi")
    with pytest.raises(ConnectionClosed):
        await ws.recv()
    await lab.close()
    told, _ = tshark.decode(captured(lab.tape, tmp_path))
    assert [(each.opcode, each.key is None, each.payload[:2]) for each in told][:2] == [
        (1, True, b"Hi"),
        (8, True, b"\x03\xea"),
    ]


def test_what_is_lost_is_never_acknowledged(tmp_path: Path) -> None:
    tape = blank()
    shaken(tape)
    sent(tape, Frame.text("lost", mask=KEY).serialize())
    path = captured(tape, tmp_path)
    decoded_as_it_is(tape, tmp_path)
    after = tshark.run(path, "-Y", "websocket", "-T", "fields", "-e", "frame.number").split()
    everything = tshark.run(path, "-T", "fields", "-e", "frame.number").split()
    assert after == everything[-1:]


@pytest.mark.parametrize(("new", "size"), [(b"\x83", 1), (b"", 10), (b"longer than it was", 10)])
def test_bytes_changed_on_the_way_are_shown_as_they_were_sent(new: bytes, size: int, tmp_path: Path) -> None:
    tape = blank()
    shaken(tape)
    start = len(tape.heads(1)["client"])
    data = Frame.text("Hell", mask=KEY).serialize()
    sent(tape, data)
    what = RecordKind.CHANGED if new else RecordKind.SWALLOWED
    tape.record(1, tag(what, Role.CLIENT), pack_change(start, size, new, "Somebody meddles."))
    if len(data) - size + len(new):
        tape.record_count(1, tag(RecordKind.COUNTED, Role.SERVER), len(data) - size + len(new))
    moved(tape, Frame.text("behind", mask=KEY).serialize())
    assert [each.payload for each in decoded_as_it_is(tape, tmp_path)] == [b"Hell", b"behind"]
    path = captured(tape, tmp_path)
    assert "Somebody meddles." in tshark.run(path, "-T", "fields", "-e", "frame.comment")


def test_comments_tell_beliefs_and_notes(tmp_path: Path) -> None:
    tape = conversation(blank())
    tape.note(1, None, "A note.")
    moved(tape, Frame.ping().serialize(), Role.SERVER)
    path = captured(tape, tmp_path)
    said = tshark.run(path, "-T", "fields", "-e", "frame.comment")
    assert "The client believes OPEN: so far" in said
    assert "A note." in said


def test_times_are_those_of_the_recording(tmp_path: Path) -> None:
    path = captured(conversation(blank(epoch=1_700_000_000.0)), tmp_path)
    times = tshark.run(path, "-T", "fields", "-e", "frame.time_epoch").split()
    assert times[0] == "1700000101.000000000"
    assert times == sorted(times)


def test_a_recording_without_a_handshake_gets_one_to_be_decoded(tmp_path: Path) -> None:
    tape = blank()
    tape.record(1, tag(RecordKind.JOINED))
    sent(tape, Frame.text("Hello", mask=KEY).serialize())
    path = captured(tape, tmp_path)
    assert [(each.opcode, each.payload) for each in tshark.decode(path)[0]] == [(Opcode.TEXT, b"Hello")]
    assert "Not on the tape" in tshark.run(path, "-T", "fields", "-e", "frame.comment")


@pytest.mark.parametrize("first", [0, 4, 7])
def test_a_slice_is_decoded_too(first: int, tmp_path: Path) -> None:
    path = captured(conversation(blank()).slice(first, first + 3), tmp_path)
    told, faults = tshark.decode(path)
    assert faults == []
    assert len(told) >= first - 2


def test_an_empty_tape_is_a_capture_without_packets(tmp_path: Path) -> None:
    assert tshark.run(captured(blank(), tmp_path)) == ""
