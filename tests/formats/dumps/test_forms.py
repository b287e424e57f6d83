"""Random frames in every form are read back by `dissect` and by `load`, and none is judged wrongly."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import wslab
from tests.formats.dumps.page import PAGE, measured, page
from tests.formats.dumps.written import WRITTEN
from wslab.cli.dissect import read_input
from wslab.formats.dumps.form import Reading
from wslab.formats.dumps.reader import UnknownForm, decoded, read_dump
from wslab.formats.pcap.tcpip import PacketPlace, packet
from wslab.protocol import Frame, Role

CASE = bytes.fromhex("819537fa213d4cd8485915c010111595511f0dd849585b964e1f4a")


def frames() -> st.SearchStrategy[bytes]:
    """One or two whole frames of one side."""
    masks = st.one_of(st.none(), st.binary(min_size=4, max_size=4))

    def row(mask: bytes | None) -> st.SearchStrategy[bytes]:
        text = st.text(max_size=40).map(lambda words: Frame.text(words, mask=mask).serialize())
        binary = st.binary(max_size=140).map(lambda data: Frame.binary(data, mask=mask).serialize())
        return st.lists(st.one_of(text, binary), min_size=1, max_size=2).map(b"".join)

    return masks.flatmap(row)


@example(b"\x82\x81\xda\x00\x00\x00\\")  # a backslash before the closing quote
@example(b"\x81\x80\x94\x00\x00\x00\x82\x81\x94\x00\x00\x00 ")  # a space at the end of a row
@example(b"\x81\x80\x00\x00\x00}")  # a brace behind an escape
@settings(max_examples=40, deadline=None)
@given(data=frames())
def test_frames_come_back_from_every_form(data: bytes) -> None:
    for name, write in WRITTEN.items():
        text = decoded(write(data).encode())
        assert text is not None
        reading = read_dump(text)
        given = b"".join(piece.data for piece in reading.pieces)
        # an odd byte, of two that make sense, is told: what was written is then among the others
        assert given == data or data in _others(text, reading), (name, reading.sentence)


def _others(text: str, reading: Reading) -> list[bytes]:
    return [b"".join(piece.data for piece in read_dump(text, form.id).pieces) for form in reading.others]


def test_dissect_and_load_read_the_same(tmp_path: Path) -> None:
    rows = measured(tmp_path)
    assert len(rows) >= 50
    assert [row for row in rows if not (row.dissected and row.loaded)] == []


def test_the_page_is_what_was_measured(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(measured(tmp_path))


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("xxd", "xxd"),
        ("xxd -e", "xxd-e"),
        ("xxd -b", "xxd-b"),
        ("xxd -i", "c-array"),
        ("xxd -p", "hex"),
        ("hexdump", "hexdump"),
        ("hexdump -C", "hexdump-C"),
        ("hexdump -c", "od-c"),
        ("od", "od"),
        ("od -c", "od-c"),
        ("od -t x1", "od-t-x1"),
        ("od -t d1", "od-t-d1"),
        ("od -A d -t x1", "od-t-x1"),
        ("od -A x -t x1z", "od-A-x"),
        ("base64", "base64"),
    ],
)
@pytest.mark.parametrize("data", [CASE, Frame.binary(bytes(80)).serialize(), Frame.text("a b c d, e f ").serialize()])
def test_what_the_programs_themselves_write(command: str, form: str, data: bytes, tmp_path: Path) -> None:
    """Eighty zeros make rows of `*`; the text looks like hex."""
    program = command.split()
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not here; the form is tested as the other tests write it")
    (tmp_path / "bytes").write_bytes(data)
    run = subprocess.run([*program, str(tmp_path / "bytes")], capture_output=True, text=True, timeout=20, check=True)
    reading = read_dump(run.stdout)
    assert (reading.pieces[0].data, reading.form.id) == (data, form)


# --- of no form ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["Dear Sir or Madam,\n", "no such thing", "zz" * 4000, "<html>", "{}", "GET", "hello world 12", "1 + 1 = 2"]
)
def test_text_of_no_form_is_refused_with_three_guesses(text: str) -> None:
    with pytest.raises(UnknownForm, match="Closest are") as caught:
        read_dump(text)
    assert str(caught.value).count(" (") >= 3


def test_the_form_can_be_told() -> None:
    assert read_dump("0000000 0081\n", "hexdump").pieces[0].data == b"\x81\x00"
    assert read_dump("0000000 0081\n", "hexdump-be").pieces[0].data == b"\x00\x81"
    with pytest.raises(UnknownForm, match="cannot be read as Base64"):
        read_dump("81 05", "base64")


def test_of_two_readings_that_make_sense_both_are_told() -> None:
    reading = read_dump("0000000 0a8a 8a0a\n")  # swapped 8a 0a 0a 8a, or 0a 8a 8a 0a
    assert reading.form.id == "hexdump"
    swapped = read_dump("0000000 8a80 0000 0000\n")
    assert swapped.form.id == "hexdump-be"  # 80 8a would be a continuation that no stream begins with, and is cut


def test_bytes_that_cannot_be_text_are_no_dump() -> None:
    assert decoded(CASE) is None
    assert decoded(b"GET / HTTP/1.1\r\n\r\n") is None
    assert decoded("81 05".encode("utf-16")) == "81 05"
    assert decoded("→ 81 05".encode()) == "→ 81 05"


# --- both directions, and packets -------------------------------------------------------------------

PONG = b"\x8a\x00"


@pytest.mark.parametrize(
    "text",
    [
        f"TX: {CASE.hex(' ')}\nRX: {PONG.hex(' ')}\n",
        f"12:00:00.1 -> {CASE.hex()}\n12:00:00.2 <- {PONG.hex()}\n",
        f"> 2026/11/29 12:00:00.1  length=27 from=0 to=26\n {CASE.hex(' ')}\n--\n"
        f"< 2026/11/29 12:00:00.2  length=2 from=0 to=1\n {PONG.hex(' ')}\n--\n",
        f"=> Send data, 27 bytes\n0000: {CASE[:16].hex(' ')}\n0010: {CASE[16:].hex(' ')}\n"
        f"<= Recv data, 2 bytes\n0000: {PONG.hex(' ')}    ..\n",
        f"Follow: tcp,raw\n{CASE.hex()}\n\t{PONG.hex()}\n",
        WRITTEN["strace"](CASE) + '\nrecvfrom(3, "\\212\\0", 4096, 0, NULL, NULL) = 2\n',
        f"sent <Buffer {CASE.hex(' ')}>\nreceived <Buffer 8a 00>\n",
    ],
)
def test_both_directions_go_to_their_sides(text: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(text)
    tape = wslab.load(tmp_path / "log")
    assert [tape.bytes(1, side) for side in ("client", "server")] == [CASE, PONG]
    assert read_input(str(tmp_path / "log")).streams == [(CASE, Role.SERVER), (PONG, Role.CLIENT)]


_HERE, _THERE = PacketPlace(bytes([127, 0, 0, 1]), 50000), PacketPlace(bytes([127, 0, 0, 1]), 9001)
_IP = packet(_HERE, _THERE, 1, 1, 24, CASE)
_IP6 = bytes([0x60, 0, 0, 0, 0, 20 + len(CASE), 6, 64]) + bytes(32) + _IP[20:]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_IP, "IPv4, TCP"),
        (_IP6, "IPv6, TCP"),
        (bytes(12) + b"\x08\x00" + _IP, "Ethernet, IPv4, TCP"),
        (bytes(12) + b"\x86\xdd" + _IP6, "Ethernet, IPv6, TCP"),
        (bytes(12) + b"\x81\x00\x00\x05\x08\x00" + _IP, "Ethernet, VLAN, IPv4, TCP"),
        (b"\x02\x00\x00\x00" + _IP, "NULL, IPv4, TCP"),
        (bytes(14) + b"\x08\x00" + _IP, "SLL, IPv4, TCP"),
        (b"\x08\x00" + bytes(18) + _IP, "SLL2, IPv4, TCP"),
    ],
)
@pytest.mark.parametrize("name", ["hex", "xxd", "Wireshark: offset and hex", "C: array", "Base64"])
def test_headers_of_packets_are_stripped_and_named(data: bytes, words: str, name: str) -> None:
    reading = read_dump(WRITTEN[name](data))
    assert (reading.pieces[0].data, reading.stripped) == (CASE, words)
    assert f"27 bytes behind the headers of {words}." in reading.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "=> Send header, 40 bytes (0x28)\n0000: GET /chat HTTP/1.1\n<= Recv data, 7 bytes (0x7)\n0000: ..Hello\n",
            "record it again with `curl --trace FILE`",
        ),
        ("\ufffd\x05Hello", "copy it again as hex or Base64"),
    ],
)
def test_text_whose_bytes_are_lost_says_how_to_get_them(text: str, words: str) -> None:
    with pytest.raises(UnknownForm, match=re.escape(words)):
        read_dump(text)
