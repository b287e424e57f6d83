"""Captures after public reports: what each of them must show, and say."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.formats.pcap import reported
from tests.formats.pcap.conditions import SWITCHED, UPGRADE, Talk
from tests.formats.pcap.files import Packet, block, pcapng
from tests.formats.pcap.reported import FOUR, PORT, Hands, Packets, packets, plain
from wslab import Tape, load
from wslab.formats import UnreadableFile
from wslab.formats.pcap.unwrap import unwrap

KEYS = Path(__file__).parent.parent.parent / "data" / "cases" / "15-tls-with-keys.pcapng"


def captured(whole: Sequence[Packet], folder: Path) -> Tape:
    path = folder / "capture"
    path.write_bytes(pcapng(whole))
    return load(path)


def frames(tape: Tape) -> list[str]:
    return [f"{entry.sender} {entry.kind}" for entry in tape.frames()]


def by_side(found: list[str]) -> list[list[str]]:
    """What each side sent; which of the two comes first is that of the segments."""
    return [[each for each in found if each.startswith(side)] for side in ("client", "server")]


@pytest.mark.parametrize(("source", "what", "wrap"), reported.HEADERS)
def test_headers_of_a_report_are_passed_over(
    source: str, what: str, wrap: Callable[[Packets], list[Packet]], tmp_path: Path
) -> None:
    tape = captured(wrap(packets()), tmp_path)
    assert (frames(tape), tape.warnings, tape.connection_numbers) == (FOUR, [], [1]), (source, what)


@pytest.mark.parametrize(("source", "what", "write", "wrap", "wanted"), reported.SEGMENTS)
def test_segments_of_a_report_are_put_together(
    source: str,
    what: str,
    write: Callable[[Talk], None],
    wrap: Callable[[Packets], list[Packet]],
    wanted: list[str],
    tmp_path: Path,
) -> None:
    tape = captured(wrap(packets(write)), tmp_path)
    assert by_side(frames(tape)) == by_side(wanted), (source, what)
    assert [entry.error for entry in tape if entry.error] == []
    assert (tape.warnings, tape.connection_numbers) == ([], [1])


@pytest.mark.parametrize(("source", "size"), reported.SNAPPED)
def test_what_a_snap_length_of_a_report_cut_is_named(source: str, size: int, tmp_path: Path) -> None:
    tape = captured(reported.snapped(size), tmp_path)
    assert any(f"cut to {size:,} bytes or less" in each and "tcpdump -s 0" in each for each in tape.warnings), source
    assert [entry.error for entry in tape if entry.error] == []
    assert frames(tape)[-2:] == FOUR[2:]


@pytest.mark.parametrize(("source", "what", "write", "wanted"), reported.MIDDLES)
def test_a_capture_of_a_report_that_began_late_has_its_frames(
    source: str, what: str, write: Callable[[Talk], None], wanted: list[str], tmp_path: Path
) -> None:
    tape = captured(plain(packets(write)), tmp_path)
    assert by_side(frames(tape)) == by_side(wanted), (source, what)
    assert [entry.error for entry in tape if entry.error] == []
    assert tape.warnings == ["Connection 1 began before the capture: its opening handshake is not there."]


@pytest.mark.parametrize(("source", "what", "sent", "statuses"), reported.BEFORE)
def test_what_stands_before_the_upgrade_of_a_report_is_read(
    source: str, what: str, sent: Sequence[tuple[bool, bytes]], statuses: list[str], tmp_path: Path
) -> None:
    talk = Talk(PORT)
    talk.shake()
    for up, data in sent:
        talk.add(data, up=up)
    reported.frames(talk)
    tape = captured(plain(talk.packets), tmp_path)
    answers = [entry.data[9:12].decode() for entry in tape if entry.kind == "http" and entry.sender == "server"]
    assert (answers, frames(tape)) == (statuses, FOUR), (source, what)
    assert [entry.error for entry in tape if entry.error] == []


@pytest.mark.parametrize(("source", "what", "up", "data", "wrong"), reported.CLOSED)
def test_what_stands_behind_the_close_of_a_report_is_told(
    source: str, what: str, up: bool, data: bytes, wrong: list[str], tmp_path: Path
) -> None:
    talk = Talk(PORT)
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)
    talk.add(data, up=up)
    talk.finish()
    tape = captured(plain(talk.packets), tmp_path)
    late = [
        entry for entry in tape.frames() if "behind a Close, where no data frame may stand (§5.5.1)" in entry.sentence
    ]
    assert [f"{entry.sender} {entry.kind}" for entry in late] == wrong, (source, what)
    assert [entry.error for entry in tape if entry.error] == []


@pytest.mark.parametrize("hands", reported.HANDSHAKES, ids=lambda hands: hands.source)
def test_a_handshake_of_a_report_is_judged(hands: Hands, tmp_path: Path) -> None:
    tape = captured(reported.watched(hands), tmp_path)
    wrong = [entry for entry in tape if entry.error is not None]
    assert [(entry.error and entry.error.rule.id, entry.sender) for entry in wrong] == hands.rules
    assert hands.words in "\n".join(entry.sentence for entry in tape)


def test_answers_that_went_to_the_wrong_connection_are_both_wrong(tmp_path: Path) -> None:  # webbit/webbit#105
    keys = (b"dGhlIHNhbXBsZSBub25jZQ==", b"AQIDBAUGBwgJCgsMDQ4PEA==")
    talks = [Talk(PORT), Talk(PORT + 1)]
    answers = [SWITCHED, SWITCHED.replace(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", b"C/0nmHhBztSRGR1CwL6Tf4ZjwpY=")]
    for talk, key, answer in zip(talks, keys, reversed(answers), strict=True):
        talk.shake()
        talk.exchange(UPGRADE.replace(keys[0], key), answer)
    tape = captured(
        plain([each for pair in zip(*(talk.packets for talk in talks), strict=True) for each in pair]), tmp_path
    )
    assert [entry.error.rule.id for entry in tape if entry.error is not None] == ["response-accept"] * 2


def test_one_direction_alone_is_read(tmp_path: Path) -> None:  # mitmproxy/mitmproxy#2605
    for address, side in ((bytes((10, 0, 0, 1)), 0), (bytes((10, 0, 0, 2)), 1)):
        tape = captured(plain([data for data in packets() if data[12:16] == address]), tmp_path)
        assert by_side(frames(tape))[side] == by_side(FOUR)[side]
        assert not any(entry.error for entry in tape)


def test_headers_that_a_snap_length_cut_are_named(tmp_path: Path) -> None:  # the-tcpdump-group/tcpdump#136
    with pytest.raises(UnreadableFile, match="packets cut to 42 bytes or less, before the end of the headers"):
        captured(reported.snapped(42), tmp_path)


@pytest.mark.parametrize(
    ("source", "magic"),
    [
        ("warmcat/libwebsockets#1709", b"snoop\0\0\0\0\0\0\2"),  # Solaris
        ("microsoft/CSS_SQL_Networking_Tools#18", b"GMBU\0\2\1\0"),
    ],
)
def test_a_capture_in_the_format_of_others_is_named(source: str, magic: bytes, tmp_path: Path) -> None:
    (tmp_path / "capture").write_bytes(magic + bytes(200))
    with pytest.raises(UnreadableFile, match=r"editcap FILE capture\.pcapng"):
        load(tmp_path / "capture")
    assert source


# --- kind 15: TLS with its keys ---------------------------------------------------------------------

_SECRETS, _PACKET, _TLS = 10, 6, 0x544C534B


def blocks() -> list[tuple[int, bytes]]:
    """The blocks of the case, which is in little-endian: kind, and the whole block."""
    data, found = KEYS.read_bytes(), []
    while data:
        kind, size = struct.unpack_from("<II", data)
        found.append((kind, data[:size]))
        data = data[size:]
    return found


def keys() -> bytes:
    """Its keys, as SSLKEYLOGFILE has them."""
    [kept] = [whole for kind, whole in blocks() if kind == _SECRETS]
    return kept[16 : 16 + struct.unpack_from("<I", kept, 12)[0]]


def secrets(text: bytes) -> bytes:
    """A block with keys."""
    return block("<", _SECRETS, struct.pack("<II", _TLS, len(text)) + text)


def parts() -> tuple[bytes, bytes]:
    """What stands before the packets but for the keys, and the packets."""
    before = b"".join(whole for kind, whole in blocks() if kind not in (_SECRETS, _PACKET))
    return before, b"".join(whole for kind, whole in blocks() if kind == _PACKET)


def encrypted() -> list[tuple[bool, bytes]]:
    """What each side sends, in order; True is the client."""
    bodies = [whole[28 : 28 + struct.unpack_from("<I", whole, 20)[0]] for kind, whole in blocks() if kind == _PACKET]
    segments = [seen.segment for body in bodies if (seen := unwrap(1, body)) is not None and seen.segment is not None]
    return [(each.source == segments[0].source, each.payload) for each in segments if each.payload]


DECRYPTED = "tshark has decrypted 1 connection of TLS: the tape shows what is inside."


def test_keys_of_several_blocks_before_the_packets_are_enough(tmp_path: Path) -> None:  # secdev/scapy#3409
    (before, behind), lines = parts(), keys().splitlines(keepends=True)
    (tmp_path / "capture").write_bytes(before + secrets(b"".join(lines[:3])) + secrets(b"".join(lines[3:])) + behind)
    assert frames(load(tmp_path / "capture")) == FOUR


def test_keys_behind_the_packets_are_enough(tmp_path: Path) -> None:  # emanuele-f/PCAPdroid#868, gojue/ecapture#152
    before, behind = parts()
    (tmp_path / "capture").write_bytes(before + behind + secrets(keys()))
    tape = load(tmp_path / "capture")
    assert (frames(tape), tape.warnings) == (FOUR, [DECRYPTED])


def test_keys_in_a_file_with_line_ends_of_windows(tmp_path: Path) -> None:  # websocket-client/websocket-client#943
    (tmp_path / "capture").write_bytes(b"".join(parts()))
    (tmp_path / "keys").write_bytes(keys().replace(b"\n", b"\r\n"))
    assert frames(load(tmp_path / "capture", keys=tmp_path / "keys")) == FOUR


def test_tls_behind_connect_is_read(tmp_path: Path) -> None:  # proxytunnel/proxytunnel#24
    talk = Talk(PORT)
    talk.shake()
    talk.exchange(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
    for up, data in encrypted():
        talk.add(data, up=up)
    (tmp_path / "keys").write_bytes(keys())
    (tmp_path / "capture").write_bytes(pcapng(plain(talk.packets)))
    tape = load(tmp_path / "capture", keys=tmp_path / "keys")
    assert (frames(tape), tape.warnings) == (FOUR, [DECRYPTED])


@pytest.mark.parametrize(
    ("source", "before"),
    [
        ("ProxymanApp/Proxyman#1671", [b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"]),
        ("pydantic/httpx2#1104", [b"\x05\x01\x00", b"\x05\x01\x00\x01\x0a\x00\x00\x02\x01\xbb"]),
        ("warmcat/libwebsockets#218", [reported.PROXIED]),
        ("neondatabase/neon#5028", [reported.PROXIED_BINARY]),
    ],
)
def test_tls_behind_a_proxy_is_named_as_such(source: str, before: list[bytes], tmp_path: Path) -> None:
    talk = Talk(PORT)
    talk.shake()
    for data in [*before, encrypted()[0][1]]:
        talk.add(data, up=True)
    with pytest.raises(
        UnreadableFile, match=r"1 connection of TLS, encrypted\. To read it, let one side write its keys"
    ):
        captured(plain(talk.packets), tmp_path)
    assert source


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_without_keys_is_named(is_there: bool, tmp_path: Path) -> None:  # NginxProxyManager#5610
    (tmp_path / "capture").write_bytes(b"".join(parts()))
    if is_there:
        (tmp_path / "keys").touch()
    with pytest.raises(UnreadableFile, match=r"keys, is not there or has nothing in it\. To read it, let one side"):
        load(tmp_path / "capture", keys=tmp_path / "keys")
