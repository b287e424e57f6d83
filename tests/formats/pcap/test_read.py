"""Captures read as tapes, in whatever order, cut and file format; and what is said where there is nothing to read."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tape.tapes import ANSWER, KEY, REQUEST, blank, conversation, moved, shaken
from wslab.formats import UnreadableFile, har, load
from wslab.formats.pcap import flows, pcapng, survey
from wslab.formats.pcap.tcpip import ACK, FIN, PSH, RST, SYN, PacketPlace, packet
from wslab.formats.pcap.unwrap import unwrap
from wslab.lab import Tape
from wslab.protocol import Frame, Role
from wslab.tape.streams.gaps import Torn

REAL = Path(__file__).parent.parent / "data" / "echo.pcap"
"""An echo over the loopback of a Linux machine, captured by dumpcap."""

CLIENT, SERVER = PacketPlace(bytes((10, 0, 0, 1)), 40000), PacketPlace(bytes((10, 0, 0, 2)), 8080)
HELLO = Frame.text("Hello", mask=KEY).serialize()
ECHO = Frame.text("Hello").serialize()


class Way(NamedTuple):
    """Where a segment goes, and from which number its sender counts."""

    source: PacketPlace
    target: PacketPlace
    first: int


def up(first: int = 1000, client: PacketPlace = CLIENT) -> Way:
    return Way(client, SERVER, first)


def down(first: int = 5000, client: PacketPlace = CLIENT) -> Way:
    return Way(SERVER, client, first)


def segment(way: Way, at: int, data: bytes = b"", flags: int = PSH | ACK, ack: int = 0) -> bytes:
    """A segment whose data begins at byte `at` of the stream."""
    return packet(way.source, way.target, way.first + 1 + at, ack, flags, data)


def opening(client: PacketPlace = CLIENT, first: int = 1000) -> list[bytes]:
    return [
        segment(up(first, client), -1, flags=SYN),
        segment(down(client=client), -1, flags=SYN | ACK, ack=first + 1),
        segment(up(first, client), 0, flags=ACK, ack=5001),
    ]


def talk(client: PacketPlace = CLIENT, first: int = 1000) -> list[bytes]:
    """A connection with a handshake and one message each way, one segment each."""
    request, answer = REQUEST.serialize(), ANSWER.serialize()
    return [
        *opening(client, first),
        segment(up(first, client), 0, request),
        segment(down(client=client), 0, answer, ack=first + 1 + len(request)),
        segment(up(first, client), len(request), HELLO, ack=5001 + len(answer)),
        segment(down(client=client), len(answer), ECHO, ack=first + 1 + len(request) + len(HELLO)),
    ]


def pcap(data: Sequence[bytes], folder: Path, *, link: int = 101, order: str = "<", digits: int = 6) -> Path:
    """A file of the older format; packets a millisecond apart."""
    path = folder / "made.pcap"
    magic = 0xA1B2C3D4 if digits == 6 else 0xA1B23C4D
    whole = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, each in enumerate(data):
        fraction = number * 10 ** (digits - 3)
        whole += struct.pack(f"{order}IIII", 1_700_000_000, fraction, len(each), len(each)) + each
    path.write_bytes(whole)
    return path


def ng(data: Sequence[bytes], folder: Path, *, order: str = "<", links: Sequence[int] = (101,)) -> Path:
    """A pcapng whose packets take turns on its interfaces, with blocks between that hold none."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack(f"{order}I", len(body) + 12)
        return struct.pack(f"{order}I", kind) + size + body + size

    whole = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    for link in links:
        whole += block(1, struct.pack(f"{order}HHI", link, 0, 0))
    for number, each in enumerate(data):
        time = 1_700_000_000_000_000 + 1000 * number
        head = struct.pack(f"{order}IIIII", number % len(links), time >> 32, time & 0xFFFFFFFF, len(each), len(each))
        whole += block(6, head + each) + block(5, bytes(12))
    path = folder / "made.pcapng"
    path.write_bytes(whole)
    return path


def told(tape: Tape, connection: int | None = None) -> list[tuple[str, str, bytes]]:
    return [(entry.sender, entry.kind, entry.data) for entry in tape.entries(connection) if entry.data]


TALK = [
    ("client", "http", REQUEST.serialize()),
    ("server", "http", ANSWER.serialize()),
    ("client", "text", HELLO),
    ("server", "text", ECHO),
]


def test_a_real_capture() -> None:
    tape = load(REAL)
    kinds = "tcp http http text text binary binary ping pong close close tcp tcp"
    assert [entry.kind for entry in tape] == kinds.split()
    assert {entry.fate for entry in tape} == {"arrived"}
    assert [entry.plain for entry in tape.frames(2)] == [bytes(range(256))] * 2
    assert tape.warnings == []
    assert tape.epoch > 1_600_000_000
    assert 0 < tape[-1].time < 1


@pytest.mark.parametrize(
    "make", [lambda: conversation(blank(epoch=1.7e9)), lambda: conversation(conversation(blank()), connection=7)]
)
def test_what_we_export_we_read_again(make: Callable[[], Tape], tmp_path: Path) -> None:
    tape = make()
    again = load(pcapng.save(tape, tmp_path / "a.pcapng"))
    assert [(each.kind, each.sender, each.data, each.fate) for each in again] == [
        (each.kind, each.sender, each.data, each.fate) for each in tape
    ]
    assert [round(each.time, 6) for each in again] == [round(each.time, 6) for each in tape]
    assert abs(again.epoch - tape.epoch) < 1e-6


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("digits", [6, 9])
def test_pcap_in_every_byte_order_and_resolution(order: str, digits: int, tmp_path: Path) -> None:
    tape = load(pcap(talk(), tmp_path, order=order, digits=digits))
    assert told(tape) == TALK
    assert [round(entry.time, 6) for entry in tape] == [0.0, 0.003, 0.004, 0.005, 0.006]
    assert round(tape.epoch) == 1_700_000_000


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_in_every_byte_order(order: str, tmp_path: Path) -> None:
    tape = load(ng(talk(), tmp_path, order=order))
    assert told(tape) == TALK
    assert [round(entry.time, 6) for entry in tape] == [0.0, 0.003, 0.004, 0.005, 0.006]


LINKS: dict[int, Callable[[bytes], bytes]] = {
    0: lambda data: struct.pack("<I", 2) + data,
    1: lambda data: bytes(12) + b"\x08\x00" + data + b"padding",
    12: lambda data: data,
    113: lambda data: bytes(14) + b"\x08\x00" + data,
    276: lambda data: b"\x08\x00" + bytes(18) + data,
}


@pytest.mark.parametrize("link", LINKS)
def test_every_link_type_that_captures_have(link: int, tmp_path: Path) -> None:
    assert told(load(pcap([LINKS[link](each) for each in talk()], tmp_path, link=link))) == TALK


def test_tags_of_vlans_are_passed_over(tmp_path: Path) -> None:
    tagged = [bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x07\x08\x00" + each for each in talk()]
    assert told(load(pcap(tagged, tmp_path, link=1))) == TALK


def test_ipv6_with_an_extension_header(tmp_path: Path) -> None:
    def six(data: bytes) -> bytes:
        body = bytes((6, 0)) + bytes(6) + data[20:]
        return (
            struct.pack(">IHBB", 0x60000000, len(body), 60, 64)
            + bytes(12)
            + data[12:16]
            + bytes(12)
            + data[16:20]
            + body
        )

    assert told(load(pcap([six(each) for each in talk()], tmp_path))) == TALK


def test_interfaces_of_several_kinds_in_one_file(tmp_path: Path) -> None:
    mixed = [each if number % 2 == 0 else LINKS[1](each) for number, each in enumerate(talk())]
    assert told(load(ng(mixed, tmp_path, links=(101, 1)))) == TALK


@pytest.mark.parametrize("first", [1000, 2**32 - 1, 2**32 - 100, 2**31 - 50])
def test_sequence_numbers_begin_anywhere_and_wrap(first: int, tmp_path: Path) -> None:
    assert told(load(pcap(talk(first=first), tmp_path))) == TALK


@pytest.mark.parametrize("seed", range(30))
def test_out_of_order_twice_and_cut_otherwise(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    frames = b"".join(Frame.text(f"message {number} " * number, mask=KEY).serialize() for number in range(40))
    data = REQUEST.serialize() + frames
    cuts = sorted({0, len(data), *(chance.randrange(len(data)) for _ in range(30))})
    pieces = [(begin, data[begin:end]) for begin, end in pairwise(cuts)]
    again = [(begin, data[begin : begin + chance.randrange(200)]) for begin in chance.choices(range(len(data)), k=15)]
    shuffled = pieces + again
    shuffled.sort(key=lambda each: each[0] + chance.randrange(600))
    segments = [segment(up(), begin, piece) for begin, piece in shuffled]
    tape = load(pcap([*opening(), *segments], tmp_path))
    assert tape.bytes(1, "client") == data
    assert [entry.plain for entry in tape.frames()] == [f"message {number} ".encode() * number for number in range(40)]
    assert tape.warnings == []


def test_an_acknowledgement_is_an_arrival(tmp_path: Path) -> None:
    tape = load(pcap(talk(), tmp_path))
    assert [entry.fate for entry in tape] == ["arrived"] * 4 + ["on the way"]
    assert [entry.arrived is not None and round(entry.arrived - entry.time, 6) for entry in tape][1:4] == [0.001] * 3


def test_several_connections_in_each_other_and_a_port_used_again(tmp_path: Path) -> None:
    other = PacketPlace(bytes((10, 0, 0, 3)), 40000)
    both = [each for pair in zip(talk(), talk(other), strict=True) for each in pair]
    tape = load(pcap([*both, segment(up(), 500, flags=RST), *talk(first=900_000)], tmp_path))
    assert tape.connection_numbers == [1, 2, 3]
    assert [told(tape, number) for number in tape.connection_numbers] == [TALK] * 3
    times = [entry.time for entry in tape]
    assert times == sorted(times)


def test_fin_and_rst_are_told(tmp_path: Path) -> None:
    size = len(REQUEST.serialize()) + len(HELLO)
    ends = [
        segment(up(), size, flags=FIN | ACK, ack=5001),
        segment(down(), len(ANSWER.serialize()) + len(ECHO), flags=ACK, ack=1001 + size + 1),
        segment(down(), len(ANSWER.serialize()) + len(ECHO), flags=RST | ACK, ack=1001 + size + 1),
    ]
    fin, rst = load(pcap([*talk(), *ends], tmp_path))[-2:]
    assert (fin.sender, fin.fate, "FIN" in fin.sentence) == ("client", "arrived", True)
    assert (rst.sender, "RST" in rst.sentence) == ("server", True)


def test_a_capture_that_keeps_only_the_begin_of_packets_is_told_so(tmp_path: Path) -> None:
    long = segment(up(), len(REQUEST.serialize()), Frame.binary(bytes(1000), mask=KEY).serialize())
    behind = segment(up(), len(REQUEST.serialize()) + 1008, HELLO)
    tape = load(pcap([*talk()[:5], long[:200], behind], tmp_path))
    assert "The capture misses 848 bytes of what the client sent" in tape.warnings[0]


def test_bytes_that_were_acknowledged_and_never_seen_are_told(tmp_path: Path) -> None:
    size = len(REQUEST.serialize())
    unseen = segment(down(), len(ANSWER.serialize()), flags=ACK, ack=1001 + size + 300)
    tape = load(pcap([*talk()[:5], unseen], tmp_path))
    assert "The capture misses 300 bytes of what the client sent" in tape.warnings[0]


def test_a_gap_that_never_closes_is_given_up_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = REQUEST.serialize()
    ahead = [segment(up(), len(data) + 500 + 1000 * number, bytes(1000)) for number in range(3000)]
    tape = load(pcap([*talk()[:5], *ahead, segment(down(), len(ANSWER.serialize()), ECHO)], tmp_path))
    assert [entry.plain for entry in tape.frames()] == [b"Hello"]
    assert "misses 500 bytes" in tape.warnings[0]
    untold = [entry for entry in tape if isinstance(entry.fact, Torn)]
    assert [(entry.fact, len(entry.data)) for entry in untold] == [(Torn("client", "untold"), 3_000_000)]
    assert not any(entry.error for entry in tape)


# --- where there is nothing ----------------------------------------------------------------------

TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)


def one(data: bytes) -> list[bytes]:
    return [*opening(), segment(up(), 0, data)]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ([], "this capture has no packets."),
        ([b"\x45" + bytes(30)], "this capture has 1 packet, and no TCP."),
        (
            one(TLS),
            "no WebSocket connection, only 1 connection of TLS, encrypted. To read it, let one side write its keys",
        ),
        (one(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "only 1 connection of HTTP without an upgrade to WebSocket"),
        (
            one(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            "only 1 connection of HTTP/2. A WebSocket may be one of the streams",
        ),
        (one(b"SSH-2.0-x\r\n"), "only 1 connection of other protocols"),
        (opening(), "only 1 connection that sent nothing"),
        (talk()[6:], "only 1 connection that began before the capture"),
        (
            one(b"GET / HTTP/1.1\r\n" + b"a" * 20000)[:3] + [segment(up(), n * 30000, b"G" * 30000) for n in range(4)],
            "only 1",
        ),
    ],
)
def test_a_capture_without_web_socket_says_what_it_has(made: list[bytes], why: str, tmp_path: Path) -> None:
    for path in (pcap(made, tmp_path), ng(made, tmp_path)):
        with pytest.raises(UnreadableFile) as caught:
            load(path)
        assert why in str(caught.value)
        assert str(path) in str(caught.value)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    other = PacketPlace(bytes((10, 0, 0, 9)), 1234)
    tls = [*opening(other), packet(other, SERVER, 1001, 0, PSH | ACK, TLS)]
    tape = load(pcap([*tls, *talk()], tmp_path))
    assert told(tape) == TALK
    assert tape.connection_numbers == [1]
    assert tape.warnings == ["Left out of the capture: 1 connection of TLS, encrypted."]


def test_a_link_type_that_is_not_known_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="packets of link type 105, not known here"):
        load(pcap(talk(), tmp_path, link=105))
    tape = load(ng([each for each in talk() for _ in range(2)], tmp_path, links=(101, 105)))
    assert told(tape) == TALK
    assert tape.warnings == ["Packets of link type 105 cannot be read, and are left out."]


def loaded(path: Path) -> Tape | None:
    """The tape, or None where one sentence says why there is none."""
    try:
        return load(path)
    except UnreadableFile:
        return None


@pytest.mark.parametrize("make", [pcap, ng])
def test_a_file_cut_anywhere_is_read_as_far_as_it_goes(make: Callable[..., Path], tmp_path: Path) -> None:
    path = make(talk(), tmp_path)
    data = path.read_bytes()
    whole = 0
    for cut in range(4, len(data), 5):
        path.write_bytes(data[:cut])
        tape = loaded(path)
        if tape is not None:
            assert told(tape) == TALK[: len(told(tape))]
            whole += 1
    assert whole > 10


@pytest.mark.parametrize("make", [pcap, ng])
@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_any_bytes_changed_never_breaks_the_reader(
    make: Callable[..., Path], seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    path = make([LINKS[1](each) for each in talk()], tmp_path, **({"link": 1} if make is pcap else {"links": (1,)}))
    data = bytearray(path.read_bytes())
    for _ in range(chance.randrange(1, 40)):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    path.write_bytes(data)
    tape = loaded(path)
    assert tape is None or str(tape)


def test_a_block_of_a_false_size_ends_the_reading_and_is_told(tmp_path: Path) -> None:
    path = ng(talk(), tmp_path)
    path.write_bytes(path.read_bytes() + struct.pack("<II", 6, 0xFFFFFFF0))
    tape = load(path)
    assert told(tape) == TALK
    assert tape.warnings == [
        "The capture is damaged (a block of 4,294,967,280 bytes) behind packet 7: what follows is not read."
    ]


@pytest.mark.parametrize("high", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_time_that_cannot_be_is_told_and_hides_nothing(high: int, tmp_path: Path) -> None:
    path = ng(talk(), tmp_path)
    low, whole = divmod(1_700_000_000_004_000, 1 << 32)[::-1], path.read_bytes()
    path.write_bytes(whole.replace(struct.pack("<II", *low[::-1]), struct.pack("<II", high, 0)))
    tape = load(path)
    assert sorted(told(tape)) == sorted(TALK)
    assert "1 packet of the capture has a time" in tape.warnings[0]
    for write in (pcapng.save, har.save, Tape.save):
        assert load(write(tape, tmp_path / "again")).frames()[0].plain == b"Hello"


def test_the_tapes_limit_holds(tmp_path: Path) -> None:
    tape = load(pcap(talk(), tmp_path), max_bytes=400)
    assert tape.dropped_records
    assert tape.size <= 417


@pytest.mark.parametrize(
    "data", [b"", b"\x45", b"\x60" + bytes(39), b"\x45" + bytes(19), b"\x4f" + bytes(30), bytes(60)]
)
@pytest.mark.parametrize("link", [*LINKS, 101, 9999])
def test_what_is_no_segment_is_none(data: bytes, link: int) -> None:
    assert unwrap(link, data) is None


def test_moved_bytes_count_for_both_sides(tmp_path: Path) -> None:
    tape = blank()
    shaken(tape)
    for _ in range(300):
        moved(tape, HELLO)
        moved(tape, ECHO, Role.SERVER)
    again = load(pcapng.save(tape, tmp_path / "long.pcapng"))
    assert len(again.frames()) == 600
    assert {entry.fate for entry in again} == {"arrived"}


# --- limits --------------------------------------------------------------------------------------


def at_once(count: int, each: Callable[[PacketPlace], list[bytes]]) -> list[bytes]:
    """So many connections whose packets take turns."""
    clients = [PacketPlace(bytes((10, 0, number // 200, 7)), 2000 + number) for number in range(count)]
    return [packet for turn in zip(*map(each, clients), strict=True) for packet in turn]


def test_connections_over_the_limit_are_left_out_and_told_and_the_others_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "MOST_FLOWS", 40)
    tape = load(pcap(at_once(50, talk), tmp_path))
    assert len(tape.connection_numbers) == 40
    assert all(told(tape, number) == TALK for number in tape.connection_numbers)
    assert tape.warnings == ["Left out of the capture: 10 connections more than the 65,536 that are followed at once."]


def test_what_has_ended_or_fallen_silent_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_FLOWS", 4)
    made = []
    for number in range(20):
        client = PacketPlace(bytes((10, 0, 0, 7)), 2000 + number)
        ends = [segment(way, 9000, flags=FIN | ACK) for way in (up(client=client), down(client=client))]
        made += [*talk(client), *(ends if number % 2 else [segment(up(client=client), 9000, flags=RST)])]
    assert len(load(pcap(made, tmp_path)).connection_numbers) == 20
    monkeypatch.setattr(flows, "SILENT", 10)
    silent = [each for number in range(20) for each in talk(PacketPlace(bytes((10, 0, 0, 7)), 2000 + number))]
    assert len(load(pcap(silent, tmp_path)).connection_numbers) == 20


def test_requests_without_end_take_no_more_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "MOST_HELD", 1 << 20)

    def endless(client: PacketPlace) -> list[bytes]:
        begin = b"GET / HTTP/1.1\r\nA: "
        return [segment(up(client=client), at * 10_000, (begin if not at else b"") + b"a" * 10_000) for at in range(2)]

    path = pcap([*at_once(600, endless), *talk()], tmp_path)
    tracemalloc.start()
    try:
        tape = load(path)
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
    assert told(tape) == TALK
    assert tape.warnings == ["Left out of the capture: 600 connections whose request has no end."]


def test_bytes_that_wait_on_all_connections_have_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_HELD", 1 << 20)
    size = len(REQUEST.serialize())

    def holed(client: PacketPlace) -> list[bytes]:
        behind = [segment(up(client=client), size + 10 + at * 10_000, bytes(10_000)) for at in range(20)]
        return [*talk(client)[:5], *behind, segment(down(client=client), len(ANSWER.serialize()), ECHO)]

    path = pcap(at_once(60, holed), tmp_path)
    tracemalloc.start()
    try:
        tape = load(path, max_bytes=1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
    assert tape.dropped_bytes


def test_gaps_are_named_up_to_a_limit_and_counted_behind_it(tmp_path: Path) -> None:
    size = len(REQUEST.serialize())
    holed = at_once(120, lambda client: [*talk(client)[:5], segment(up(client=client), size + 10, HELLO)])
    warnings = load(pcap(holed, tmp_path)).warnings
    assert len(warnings) == 101
    assert warnings[-1] == "20 more gaps of the file are left out."


def test_a_request_that_comes_byte_by_byte_is_not_searched_again_for_each(tmp_path: Path) -> None:
    data = REQUEST.serialize()[:-4] + b"\r\nA: " + b"a" * 20_000 + b"\r\n\r\n"
    single = [segment(up(), at, data[at : at + 1]) for at in range(len(data))]
    tape = load(pcap([*opening(), *single], tmp_path))
    assert [data for _, _, data in told(tape)] == [data]
