"""Captures that lack something: the beginning of a connection, or packets in its middle."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.formats.pcap.test_read import CLIENT, ECHO, HELLO, down, opening, pcap, segment, talk, up
from tests.tape.tapes import ANSWER, KEY, REQUEST
from wslab import load
from wslab.formats import UnreadableFile
from wslab.formats.pcap import landings, pcapng
from wslab.formats.pcap.tcpip import ACK, FIN, packet
from wslab.lab import Tape
from wslab.protocol import Frame
from wslab.tape.records import FramesFound
from wslab.tape.streams.gaps import MissingBehind, Torn

CASES = Path(__file__).parent.parent.parent / "data" / "cases"
TEXTS = [f"message {number} " + "é" * number for number in range(40)]
REQUESTED, ANSWERED = len(REQUEST.serialize()), len(ANSWER.serialize())


def sent(texts: Sequence[str], *, masked: bool = True) -> bytes:
    return b"".join(Frame.text(text, mask=KEY if masked else None).serialize() for text in texts)


def texts(tape: Tape, side: str = "client") -> list[str]:
    return [(entry.plain or b"").decode() for entry in tape.frames(side=side)]


def facts(tape: Tape) -> list[object]:
    return [e.fact for e in tape if isinstance(e.fact, (MissingBehind, FramesFound, Torn))]


def sliced(data: bytes, size: int, begin: int = 0) -> list[bytes]:
    return [segment(up(), begin + at, data[at : at + size]) for at in range(0, len(data), size)]


# --- the beginning is missing ------------------------------------------------------------------


def test_a_capture_from_the_middle_has_its_frames_and_says_so() -> None:
    tape = load(CASES / "10-midstream.pcap")
    assert [(entry.kind, entry.sender) for entry in tape.frames()] == [
        ("text", "client"),
        ("text", "server"),
        ("ping", "client"),
        ("pong", "server"),
    ]
    assert [entry.tcp for entry in tape if entry.tcp] == ["FIN", "FIN"]
    assert not any(entry.error for entry in tape)
    assert "The capture begins in the middle of this connection" in tape[0].sentence
    assert tape.warnings == ["Connection 1 began before the capture: its opening handshake is not there."]


@pytest.mark.parametrize("cut", [1, 3, 9, 17, 30])
@pytest.mark.parametrize("size", [7, 100, 1448])
def test_bytes_before_the_first_whole_frame_are_counted(cut: int, size: int, tmp_path: Path) -> None:
    data = sent(["the first one, which is cut", *TEXTS])
    tape = load(pcap(sliced(data[cut:], size), tmp_path))
    skipped = len(sent(["the first one, which is cut"])) - cut
    assert texts(tape) == TEXTS
    told = [fact for fact in facts(tape) if isinstance(fact, FramesFound)]
    assert [(fact.side, fact.where, fact.skipped, fact.sure) for fact in told] == [("client", "middle", skipped, True)]
    assert sum(len(entry.data) for entry in tape if entry.fact == Torn("client", "rest")) == skipped


def test_who_masks_is_the_client_whoever_speaks_first(tmp_path: Path) -> None:
    made = [segment(down(), 0, sent(TEXTS[:3], masked=False)), segment(up(), 0, sent(TEXTS[3:6]))]
    tape = load(pcap(made, tmp_path))
    assert (texts(tape, "server"), texts(tape)) == (TEXTS[:3], TEXTS[3:6])


def test_compressed_messages_are_no_violation_where_nobody_saw_the_handshake(tmp_path: Path) -> None:
    frames = [Frame.binary(bytes(20), mask=KEY).replace(rsv1=True).serialize() for _ in range(6)]
    made = [segment(up(), sum(map(len, frames[:at])), each) for at, each in enumerate(frames)]
    tape = load(pcap(made, tmp_path))
    assert [(entry.kind, entry.error) for entry in tape.frames()] == [("binary", None)] * 6


def test_times_are_those_of_the_packets_and_not_of_what_decided(tmp_path: Path) -> None:
    tape = load(pcap(sliced(sent(TEXTS[:8]), 1000)[:1] + sliced(sent(TEXTS[8:]), 50, len(sent(TEXTS[:8]))), tmp_path))
    assert [entry.time for entry in tape.frames()][:8] == [0.0] * 8


def test_a_request_that_is_missing_is_no_reason_to_see_nothing(tmp_path: Path) -> None:
    tape = load(pcap([each for at, each in enumerate(talk()) if at != 3], tmp_path))
    assert [(entry.kind, entry.sender) for entry in tape if entry.data] == [
        ("http", "server"),
        ("text", "client"),
        ("text", "server"),
    ]


RANDOM = random.Random(14).randbytes(200_000)


@pytest.mark.parametrize(
    "data",
    [
        RANDOM,
        bytes(50_000),
        b"INFO:app:a line of a log\n" * 2000,
        b"".join(b"\x00\x2c" + RANDOM[at : at + 44] for at in range(0, 4400, 44)),
        b"\x17\x03\x03\x00\x40" + RANDOM[:64],
        HELLO[:-1],
    ],
)
def test_what_is_no_web_socket_does_not_become_one(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"began before the capture|of TLS, encrypted"):
        load(pcap(sliced(data, 1448), tmp_path))


# --- packets are missing -----------------------------------------------------------------------


def lost(data: bytes, begin: int, end: int, size: int = 64) -> list[bytes]:
    """A connection whose client sends `data`, of which the bytes from `begin` to `end` were not captured."""
    behind = sliced(data[end:], size, REQUESTED + end)
    acknowledged = segment(down(), ANSWERED, flags=ACK, ack=1001 + REQUESTED + len(data))
    return [*talk()[:5], *sliced(data[:begin], size, REQUESTED), *behind, acknowledged]


def test_behind_a_gap_frames_are_told_again_and_what_is_missing_is_said(tmp_path: Path) -> None:
    data, before = sent(TEXTS), len(sent(TEXTS[:4]))
    begin, end = before + 9, len(sent(TEXTS[:7])) + 5
    tape = load(pcap(lost(data, begin, end), tmp_path))
    assert texts(tape) == TEXTS[:4] + TEXTS[8:]
    skipped = len(sent(TEXTS[:8])) - end
    torn, missing, found, rest = facts(tape)
    assert (torn, rest) == (Torn("client", "frame"), Torn("client", "rest"))
    assert missing == MissingBehind("client", end - begin, REQUESTED + begin, 4)
    assert isinstance(found, FramesFound)
    assert (found.where, found.skipped, found.sure) == ("gap", skipped, True)
    assert not any(entry.error for entry in tape)
    assert {entry.fate for entry in tape.frames()} == {"arrived"}
    times = [entry.time for entry in tape]
    assert times == sorted(times)
    assert len(set(times)) > 20  # what comes behind the gap has its own times


def test_a_gap_inside_one_frame_hides_only_that_because_its_header_says_its_end(tmp_path: Path) -> None:
    large = Frame.binary(RANDOM[:20_000], mask=KEY).serialize()
    data = sent(TEXTS[:2]) + large + sent(TEXTS[2:3])
    at = len(sent(TEXTS[:2]))
    tape = load(pcap(lost(data, at + 3000, at + 9000, 1000), tmp_path))
    assert texts(tape) == TEXTS[:3]
    assert facts(tape)[0] == Torn("client", "holed", 6000)
    [holed] = [entry for entry in tape if isinstance(entry.fact, Torn)]
    assert holed.data == large[:3000] + large[9000:]


def test_lost_bytes_are_never_judged(tmp_path: Path) -> None:
    chance = random.Random(7)
    frames = [Frame.binary(chance.randbytes(chance.choice((3, 90, 900, 9000))), mask=KEY) for _ in range(60)]
    whole = [frame.serialize() for frame in frames]
    data = b"".join(whole)
    for _ in range(20):
        begin = chance.randrange(len(data) - 6000)
        tape = load(pcap(lost(data, begin, begin + chance.randrange(1, 5000), 1448), tmp_path))
        got = [entry.data for entry in tape.frames(side="client")]
        assert not any(entry.error for entry in tape)
        assert set(got) <= set(whole)
        assert len(got) > 45


def test_a_gap_at_the_end_has_a_place_only_by_chance_and_says_so(tmp_path: Path) -> None:
    data = sent(TEXTS[:3]) + Frame.close(1000, mask=KEY).serialize()
    begin = len(sent(TEXTS[:2]))
    tape = load(pcap(lost(data, begin, len(sent(TEXTS[:3]))), tmp_path))
    assert [entry.kind for entry in tape.frames()] == ["text", "text", "close"]
    assert "1 frame follows, which may be chance" in "".join(entry.sentence for entry in tape)


def test_a_guess_that_breaks_is_no_violation(tmp_path: Path) -> None:
    data = sent(TEXTS[:2]) + HELLO + Frame.close(1000, mask=KEY).serialize() + b"\xff\xff" * 4
    begin = len(sent(TEXTS[:2]))
    tape = load(pcap(lost(data, begin, begin + len(HELLO)), tmp_path))
    assert not any(entry.error for entry in tape)


def test_a_gap_in_http_goes_on_with_the_next_head(tmp_path: Path) -> None:
    first = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
    data = first + bytes(100) + REQUEST.serialize() + HELLO
    made = [segment(up(), 0, data[: len(first) + 10]), segment(up(), len(first) + 100, data[len(first) + 100 :])]
    answers = b"HTTP/1.1 204 No Content\r\n\r\n" + ANSWER.serialize() + ECHO
    tape = load(pcap([*opening(), *made, segment(down(), 0, answers)], tmp_path))
    assert [entry.kind for entry in tape if entry.sender == "client"][-2:] == ["http", "text"]
    assert not any(entry.error for entry in tape)


def test_the_tape_of_a_capture_with_gaps_is_saved_as_one(tmp_path: Path) -> None:
    data = sent(TEXTS)
    tape = load(pcap(lost(data, 300, 410), tmp_path))
    again = load(pcapng.save(tape, tmp_path / "again.pcapng"))
    assert texts(again) == texts(tape)
    assert next(entry.fact for entry in again if isinstance(entry.fact, MissingBehind)) == facts(tape)[1]
    assert facts(load(tape.save(tmp_path / "again.jsonl"))) == facts(tape)
    middle = load(pcap(sliced(data[10:], 500), tmp_path))
    assert texts(load(pcapng.save(middle, tmp_path / "middle.pcapng"))) == texts(middle)


def test_places_that_are_looked_for_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landings, "MOST_SEARCHES", 3)
    monkeypatch.setattr(landings, "MOST_LANDINGS", 5)
    middles = [packet(CLIENT._replace(port=2000 + at), down().source, 1, 1, ACK, RANDOM[:99]) for at in range(9)]
    ends = [packet(CLIENT._replace(port=2000 + at), down().source, 100, 1, FIN | ACK) for at in range(9)]
    tape = load(pcap([*middles, *lost(sent(TEXTS), 300, 410), *ends], tmp_path))
    assert texts(tape)[:3] == TEXTS[:3]
    assert "9 connections that began before the capture" in tape.warnings[-1]
