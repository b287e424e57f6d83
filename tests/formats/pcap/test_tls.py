"""TLS in captures: with its keys it is decrypted by tshark, and without them one sentence says how to get them."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from click.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from tests.formats.pcap.test_read import CLIENT, SERVER, pcap, talk
from tests.formats.tshark import program
from wslab import load
from wslab.cli.diagnose import diagnose
from wslab.formats import UnreadableFile
from wslab.formats.pcap import tls
from wslab.formats.pcap.tcpip import ACK, FIN, PSH, SYN, PacketPlace, packet
from wslab.lab import Tape

CASE = Path(__file__).parent.parent.parent / "data" / "cases" / "15-tls-with-keys.pcapng"
TEXTS = ["Hello", "a long one " * 4000, "bye"]


class Chunk(NamedTuple):
    """What went over the wire in one read; `up` is from the client."""

    time: float
    up: bool
    data: bytes


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, chunks: list[Chunk], up: bool) -> None:
    while data := await reader.read(4096):
        chunks.append(Chunk(time.time(), up, data))
        writer.write(data)
        await writer.drain()
    writer.close()


async def _record(keys: Path) -> list[Chunk]:
    """A talk over TLS on this machine, as encrypted bytes that somebody between the two saw; the keys go to a file."""
    authority, chunks = trustme.CA(), list[Chunk]()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    authority.configure_trust(client_side)
    client_side.keylog_filename = str(keys)

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0, ssl=server_side) as server:
        there = server.sockets[0].getsockname()[1]

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            other, out = await asyncio.open_connection("127.0.0.1", there)
            await asyncio.gather(_pass_on(reader, out, chunks, True), _pass_on(other, writer, chunks, False))

        between = await asyncio.start_server(relay, "127.0.0.1", 0)
        port = between.sockets[0].getsockname()[1]
        async with between, connect(f"wss://localhost:{port}", ssl=client_side, compression=None) as client:
            for text in TEXTS:
                await client.send(text)
                assert await client.recv() == text
    return chunks


def packets(chunks: list[Chunk]) -> list[bytes]:
    """These bytes as packets, each acknowledged at once."""
    sent = {True: 1001, False: 5001}
    made = [packet(CLIENT, SERVER, 1000, 0, SYN), packet(SERVER, CLIENT, 5000, 1001, SYN | ACK)]
    for _, up, data in chunks:
        source, target = (CLIENT, SERVER) if up else (SERVER, CLIENT)
        made.append(packet(source, target, sent[up], sent[not up], PSH | ACK, data))
        sent[up] += len(data)
        made.append(packet(target, source, sent[not up], sent[up], ACK))
    return [*made, packet(CLIENT, SERVER, sent[True], sent[False], FIN | ACK)]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A capture of TLS, and its keys."""
    program()
    folder = tmp_path_factory.mktemp("tls")
    return pcap(packets(asyncio.run(_record(folder / "keys.txt"))), folder), folder / "keys.txt"


def texts(tape: Tape, side: str) -> list[str]:
    return [(entry.plain or b"").decode() for entry in tape.frames(1, side)]


def test_a_real_talk_over_tls_is_read_with_its_keys(recorded: tuple[Path, Path]) -> None:
    path, keys = recorded
    tape = load(path, keys=keys)
    assert (texts(tape, "client"), texts(tape, "server")) == (TEXTS, TEXTS)
    assert {entry.fate for entry in tape if entry.kind != "tcp"} == {"arrived"}
    assert [entry.tcp for entry in tape if entry.tcp] == ["connect", "FIN"]
    assert tape.warnings == ["tshark has decrypted 1 connection of TLS: the tape shows what is inside."]
    times = [entry.time for entry in tape.frames()]
    assert times == sorted(times)
    assert times[-1] > times[0]


def test_a_command_takes_the_keys_and_the_environment_gives_them(
    recorded: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys = recorded
    assert CliRunner().invoke(diagnose, [str(path), "--keys", str(keys), "--json"]).exit_code in (0, 1)
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert texts(load(path), "client") == TEXTS


def test_keys_inside_the_file_are_enough() -> None:
    tape = load(CASE)
    assert [entry.kind for entry in tape.frames()] == ["text", "text", "close", "close"]
    assert [entry.plain for entry in tape.frames(1)] == [b"Hello", b"Hello"]


def test_without_keys_the_way_to_get_them_is_told(recorded: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    with pytest.raises(UnreadableFile) as caught:
        load(recorded[0])
    for word in ("of TLS, encrypted", "SSLKEYLOGFILE", "curl", "keylog_filename", "--tls-keylog"):
        assert word in str(caught.value)


def test_without_tshark_the_command_is_told(recorded: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    path, keys = recorded
    with pytest.raises(UnreadableFile, match="Its keys are there, and tshark is not") as caught:
        load(path, keys=keys)
    assert f"`tshark -r {path} -o tls.keylog_file:{keys} -Y websocket`" in str(caught.value)


def test_keys_of_others_decrypt_nothing_and_this_is_told(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("CLIENT_RANDOM " + "00" * 32 + " " + "11" * 48 + "\n")
    with pytest.raises(UnreadableFile, match="tshark decrypts nothing with these keys"):
        load(recorded[0], keys=tmp_path / "other.txt")


@pytest.mark.parametrize(("limit", "value", "why"), [("LONGEST", 0.0, "too long"), ("MOST_OUTPUT", 1, "too much")])
def test_tshark_has_limits(limit: str, value: float, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, limit, value)
    with pytest.raises(UnreadableFile, match=why):
        load(CASE)


def test_what_is_plain_in_the_same_capture_needs_no_tshark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_run", lambda _: pytest.fail("asked for nothing"))
    assert len(load(pcap(talk(), tmp_path)).frames()) == 2


def test_encrypted_connections_beside_plain_ones_are_counted(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    other = PacketPlace(bytes((10, 0, 0, 9)), 1234)
    hello = [
        packet(other, SERVER, 1000, 0, SYN),
        packet(other, SERVER, 1001, 0, PSH | ACK, b"\x16\x03\x01" + bytes(99)),
    ]
    path = pcap([*hello, *talk()], tmp_path)
    left = "Left out of the capture: 1 connection of TLS, encrypted."
    assert load(path).warnings == [left]
    warnings = load(path, keys=recorded[1]).warnings
    assert (warnings[0], warnings[1].startswith("tshark decrypts nothing with these keys")) == (left, True)


def test_a_damaged_block_is_no_secret(tmp_path: Path) -> None:
    data = CASE.read_bytes()
    for cut in (0, 3, 11, 40, 200):
        (tmp_path / "cut").write_bytes(data[:cut] or b"x")
        assert tls.has_secrets(tmp_path / "cut") in (True, False)
    assert tls.has_secrets(CASE)
