"""Hex dumps as people keep them: plain, with offsets, and both directions of a stream."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.formats import tshark
from tests.tape.tapes import ANSWER, KEY, REQUEST, blank, conversation
from wslab.formats import UnreadableFile, load
from wslab.formats.pcap import pcapng
from wslab.lab import Tape
from wslab.protocol import Frame

MASKED = Frame.text("Hello", mask=KEY).serialize()
PLAIN = Frame.text("Hello").serialize()
LONG = Frame.binary(bytes(range(256))).serialize()


def read(text: str, folder: Path) -> Tape:
    path = folder / "dump.txt"
    path.write_text(text)
    return load(path)


def told(tape: Tape) -> list[tuple[str, str, bytes]]:
    return [(entry.sender, entry.kind, entry.data) for entry in tape if entry.data]


def hexdump(data: bytes, *, indent: str = "") -> str:
    """As `hexdump -C` and Wireshark write it."""
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        halves = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{indent}{at:08x}  {halves:<48}  |{shown}|\n")
    return "".join(lines)


def xxd(data: bytes) -> str:
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        pairs = " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:08x}: {pairs:<40} {shown}\n")
    return "".join(lines)


@pytest.mark.parametrize("write", [bytes.hex, lambda data: data.hex(" ") + "\n", lambda data: "0x" + data.hex(",")])
@pytest.mark.parametrize(("data", "sender"), [(MASKED, "client"), (PLAIN, "server")])
def test_plain_hex_is_the_clients_where_it_is_masked(write: object, data: bytes, sender: str, tmp_path: Path) -> None:
    tape = read(write(data * 2), tmp_path)  # type: ignore[operator]
    assert told(tape) == [(sender, "text", data)] * 2
    assert "no times" in tape[0].sentence


@pytest.mark.parametrize("dump", [hexdump, xxd])
@pytest.mark.parametrize("data", [PLAIN, LONG, LONG + PLAIN, PLAIN * 7])
def test_a_dump_with_offsets(dump: object, data: bytes, tmp_path: Path) -> None:
    tape = read(dump(data), tmp_path)  # type: ignore[operator]
    assert tape.bytes(1, "server") == data
    assert not [entry.error for entry in tape if entry.error]


@pytest.mark.parametrize("program", [["xxd"], ["hexdump", "-C", "-v"], ["od", "-A", "x", "-t", "x1z", "-v"]])
def test_what_the_programs_themselves_write(program: list[str], tmp_path: Path) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not here; the form is tested as the other tests write it")
    source = tmp_path / "bytes"
    source.write_bytes(LONG + PLAIN)
    dump = subprocess.run([*program, str(source)], capture_output=True, text=True, timeout=20, check=True).stdout
    assert read(dump, tmp_path).bytes(1, "server") == LONG + PLAIN


def test_a_handshake_in_front_tells_who_is_who(tmp_path: Path) -> None:
    tape = read(hexdump(REQUEST.serialize() + MASKED), tmp_path)
    assert told(tape) == [("client", "http", REQUEST.serialize()), ("client", "text", MASKED)]
    assert told(read(ANSWER.serialize().hex() + PLAIN.hex(), tmp_path))[1] == ("server", "text", PLAIN)


def test_both_directions_of_a_followed_stream(tmp_path: Path) -> None:
    text = hexdump(REQUEST.serialize()) + hexdump(ANSWER.serialize(), indent="    ")
    text += hexdump(MASKED) + hexdump(PLAIN, indent="    ")
    assert [(sender, kind) for sender, kind, _ in told(read(text, tmp_path))] == [
        ("client", "http"),
        ("server", "http"),
        ("client", "text"),
        ("server", "text"),
    ]


def test_what_tshark_follows_is_read(tmp_path: Path) -> None:
    tape = conversation(blank())
    path = pcapng.save(tape, tmp_path / "tape.pcapng")
    said = tshark.run(path, "-q", "-z", "follow,tcp,hex,0")
    dump = "".join(line + "\n" for line in said.splitlines() if line[:8].strip("\t 0123456789abcdefABCDEF") == "")
    again = read(dump.replace("\t", "    "), tmp_path)
    assert [again.bytes(1, side) for side in ("client", "server")] == [
        tape.bytes(1, side) for side in ("client", "server")
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("8", "half a byte"),
        ("00000000  81 05 48 65\nnonsense\n", "line 2 has no offset: 'nonsense'"),
        (hexdump(b"\x45\x00\x00\x28" + bytes(36)), "these are whole IP packets"),
        ("0000", ""),
    ],
)
def test_a_dump_that_cannot_be_read_says_where(text: str, why: str, tmp_path: Path) -> None:
    if not why:
        assert read(text, tmp_path).bytes(1, "server") == b"\0\0"
        return
    with pytest.raises(UnreadableFile, match="this is no dump of bytes") as caught:
        read(text, tmp_path)
    assert why in str(caught.value)


def test_the_bytes_of_frames_themselves_are_loaded_as_raw(tmp_path: Path) -> None:
    """`wslab dissect` takes them for bytes; nothing at their beginning says so, and `load` wants to be told."""
    path = tmp_path / "frames.bin"
    path.write_bytes(MASKED + MASKED)
    with pytest.raises(UnreadableFile, match="as_form='raw'"):
        load(path)
    tape = load(path, as_form="raw")
    assert [(entry.sender, entry.data) for entry in tape.frames()] == [("client", MASKED)] * 2
    assert tape[0].sentence.startswith("These were the bytes of one direction themselves")
    path.write_bytes(b"\x81\x05Hello")
    assert load(path, as_form="raw").frames()[0].plain == b"Hello"
