"""`wslab tap`: a real process between real programs; what it shows, what it survives, what it keeps."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.cli.process import Tool, answering, stopped, tapping, wslab
from tests.cli.screen import Terminal, in_terminal
from wslab.cli.main import main
from wslab.lab import Tape


async def their_echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


def port_of(server: Server | asyncio.Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


@asynccontextmanager
async def tapped(*arguments: str) -> AsyncIterator[tuple[Tool, str]]:
    """A tap in front of an echo server of the `websockets` library."""
    async with (
        serve(their_echo, "127.0.0.1", 0, max_size=None) as server,
        tapping(f"ws://127.0.0.1:{port_of(server)}/", *arguments) as found,
    ):
        yield found


# --- what it shows --------------------------------------------------------------------------------------


async def test_it_shows_every_frame_of_both_directions_and_the_end() -> None:
    async with tapped() as (tool, url):
        async with connect(url) as client:
            await client.send("hello " * 20)
            await client.recv()
            await client.send(b"\x00\xff")
            await client.recv()
            await (await client.ping(b"hey"))
        await tool.until("The client sent the first Close")
        said = await stopped(tool)
    for words in ("→ H The client asks to upgrade", "← H The server agrees", "deflate", "hello hello", "00 ff"):
        assert words in said
    assert re.search(r"← ! Pong +3 B +hey +[\d.]+ ms after the Ping", said)
    assert "with 1000, normal closure: the purpose is fulfilled; the server answered with the same" in said
    assert "The server ended TCP first (FIN)." in said
    assert "Stopped; 1 connection seen, 0 still open" in said


async def test_the_frames_come_out_as_they_went_in() -> None:
    async with tapped() as (_, url), connect(url, max_size=None) as client:
        for message in ("", "x" * 200_000, bytes(300_000), "grüße"):
            await client.send(message)
            assert await client.recv() == message


async def test_json_is_one_object_a_line_with_all_that_a_line_shows() -> None:
    async with serve(their_echo, "127.0.0.1", 0) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wslab", "tap", f"ws://127.0.0.1:{port_of(server)}/", "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        url = (await process.stderr.readline()).decode().split()[-1]
        async with connect(url, compression=None) as client:
            await client.send("hello")
            await client.recv()
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
    entries = [json.loads(line) for line in out.splitlines()]
    text = next(each for each in entries if each["kind"] == "text")
    assert (text["from"], text["opcode"], text["masked"], text["size"], text["text"]) == ("client", 1, True, 5, "hello")
    close = next(each for each in entries if each["kind"] == "close")
    assert (close["code"], close["reason"], close["connection"]) == (1000, "", 1)
    assert [each["kind"] for each in entries][:2] == ["http", "http"]


async def test_each_connection_has_its_number_and_its_own_end() -> None:
    async with tapped() as (tool, url):
        async with connect(url) as one, connect(url) as two:
            await one.send("from one")
            await two.send("from two")
            await one.recv()
            await two.recv()
        said = await stopped(tool)
    assert re.search(r"#1 +→ T.*from one", said)
    assert re.search(r"#2 +→ T.*from two", said)
    assert said.count("The client sent the first Close") == 2


async def test_a_connection_that_is_silent_is_told_when_the_tap_ends() -> None:
    async with tapped("--fault", "half-open", "--after", "0.3s") as (tool, url):
        async with connect(url, compression=None, close_timeout=0.1) as client:
            await client.send("heard")
            await client.recv()
            await tool.until("goes silent")
            await client.send("lost")
            await tool.until("lost on the way")
        said = await stopped(tool)
    assert "The client sent 3 frames, the server 1. The client sent the first Close, with 1000" in said
    assert "the server never answered it. It is still open, for one side at least: it ends with the tap." in said
    assert "In between: The link goes silent: it swallows what both sides send, and tells neither of them." in said
    assert "Stopped; 1 connection seen, 1 still open then." in said


# --- what a peer does wrong -------------------------------------------------------------------------------


async def test_a_wrong_answer_to_the_handshake_is_judged_as_a_client_judges_it() -> None:
    async with answering(b"", accept=b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=") as target, tapping(target) as (tool, url):
        with pytest.raises(InvalidHandshake):
            await connect(url, compression=None)
        await tool.until("It sent no frame")
        said = await stopped(tool)
    assert "It breaks response-accept" in said
    assert "Before: The server agrees" in said


async def test_a_frame_that_never_ends_is_shown_while_it_is_pending() -> None:
    half = b"\x81\x05Hello\x81\x7e" + b"y" * 126
    async with answering(half) as target, tapping(target) as (tool, url), connect(url, close_timeout=0.1) as client:
        assert await client.recv() == "Hello"
        said = await tool.until("has begun a frame")
    assert "As `7e 00 7e` it would fit" in said


# --- what can be typed ----------------------------------------------------------------------------------


async def test_a_close_that_is_put_in_reaches_both_programs() -> None:
    async with tapped() as (tool, url), connect(url) as client:
        await client.send("one")
        await client.recv()
        await tool.type("close client 1011 from the tap")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "from the tap")
        await tool.until("The link, in place of the server, sends Close 1011")


async def test_frames_are_held_dropped_and_edited_from_a_pipe_and_wrong_words_are_told() -> None:
    async with tapped() as (tool, url), connect(url, compression=None) as client:
        await tool.type("pause", "nonsense")
        await tool.until("no command 'nonsense'")
        await client.send("one")
        await client.send("two")
        await tool.until("two")
        await tool.type("held", "drop", "edit changed", "resume")
        assert await client.recv() == "changed"
        await tool.until("Resumed")
    assert "Dropped: text “one”" in tool.said


async def test_in_a_terminal_it_takes_words_while_frames_are_shown() -> None:
    async with serve(their_echo, "127.0.0.1", 0) as server:
        loop = asyncio.get_running_loop()

        def act(terminal: Terminal) -> None:
            terminal.until("Ctrl-C ends it")
            found = re.search(r"Point your client at (\S+)", terminal.said)
            assert found, terminal.said
            asyncio.run_coroutine_threadsafe(talk(found[1]), loop)
            terminal.until("← T")
            terminal.press(b"text client hello fro\x08om me\r")
            terminal.until("The link, in place of the server, sends text")
            terminal.press(b"quit\r")

        async def talk(url: str) -> None:
            async with connect(url) as client:
                await client.send("hello")
                async for _ in client:
                    pass

        arguments = ["tap", f"ws://127.0.0.1:{port_of(server)}/"]
        code, said = await asyncio.to_thread(in_terminal, arguments, act)
    assert code == 0, said
    assert "Stopped; 1 connection seen, 1 still open then." in said


# --- what it survives -----------------------------------------------------------------------------------


async def raw(url: str, data: bytes, *, reset: bool = False) -> bytes:
    host, port = re.findall(r"[\d.]+", url)[:2]
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    try:
        if reset:
            await asyncio.sleep(0.1)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            return b""
        answer = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                answer = await reader.read(64 * 1024)
        writer.write_eof()
        return answer + await reader.read()
    finally:
        writer.close()


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    ("data", "reset", "words"),
    [
        (b"\x00\x01\xff garbage \x1b[2J\r\n\r\n", False, "that break a rule"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False, "The server refuses"),
        (b"GET / HT", False, "ends inside the head"),
        (b"", False, "FIN"),
        (REQUEST, True, "(RST)"),
        (REQUEST + b"\x83\x80\x00\x00\x00\x00", False, "found the opcode 0x3"),
        (
            REQUEST + b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00" + b"x" * 100_000,
            False,
            "inside a frame: 100,014",
        ),
        (REQUEST + b"\x81\x85\x00\x00\x00\x00he", False, "ends inside a frame"),
    ],
    ids=["garbage", "HTTP only", "half a head", "nothing", "RST", "reserved opcode", "huge frame", "half a frame"],
)
async def test_whatever_a_client_does_is_told_and_the_next_one_is_served(data: bytes, reset: bool, words: str) -> None:
    async with tapped() as (tool, url):
        await raw(url, data, reset=reset)
        async with connect(url) as client:
            await client.send("the next one")
            assert await client.recv() == "the next one"
        await tool.until(words)
        said = await stopped(tool)
    assert "Traceback" not in said
    assert "\x1b[2J" not in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "The server refuses: HTTP/1.1 200 OK"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "The server sends"),
        (b"", "The server closes its direction"),
    ],
    ids=["HTTP only", "garbage", "nothing"],
)
async def test_whatever_the_target_speaks_is_passed_on_and_told(answer: bytes, words: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with tapping(f"ws://127.0.0.1:{port_of(server)}/") as (tool, url):
        assert await raw(url, REQUEST) == answer
        await tool.until(words)
        await tool.until("no WebSocket connection began")
        assert "Traceback" not in await stopped(tool)
    server.close()


async def test_a_target_that_is_not_there_is_told_for_each_client_and_found_once_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with tapping(f"ws://127.0.0.1:{port}/") as (tool, url):
        with pytest.raises((InvalidHandshake, OSError, EOFError)):
            await connect(url)
        await tool.until(f"The link cannot reach 127.0.0.1:{port}: nobody listens there.")
        async with serve(their_echo, "127.0.0.1", port), connect(url) as client:
            await client.send("now")
            assert await client.recv() == "now"


async def test_a_wss_target_is_dialled_with_tls_and_its_name_checked(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(pem))
    async with serve(their_echo, "127.0.0.1", 0, ssl=context) as server:
        target = f"wss://127.0.0.1:{port_of(server)}/"
        async with tapping(target, "--cafile", str(pem)) as (tool, url), connect(url) as client:
            await client.send("inside TLS")
            assert await client.recv() == "inside TLS"
            await tool.until("inside TLS")
        async with tapping(target) as (tool, url):
            with pytest.raises((InvalidHandshake, OSError, EOFError)):
                await connect(url)
            await tool.until("signed by no authority that this client trusts")
        async with tapping(target, "--insecure") as (_, url), connect(url) as client:
            await client.send("x")
            assert await client.recv() == "x"


async def test_a_full_tape_passes_everything_on_and_says_that_it_shows_no_more() -> None:
    async with tapped("--tape-mib", "1") as (tool, url), connect(url, compression=None) as client:
        for _ in range(8):
            await client.send(b"x" * 300_000)
            assert len(await client.recv()) == 300_000
        await tool.until("The tape is full (1 MiB)")
        await client.send("still here")
        assert await client.recv() == "still here"


# --- what is kept ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_however_it_ends_what_was_recorded_is_kept(number: signal.Signals, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    async with tapped("--save", str(kept)) as (tool, url), connect(url, compression=None) as client:
        await client.send("hello")
        await client.recv()
        await tool.until("← T")
        await asyncio.sleep(1.5)
        tool.process.send_signal(number)
        await tool.end()
    tape = Tape.load(kept)
    assert tape.warnings == []
    assert [entry.plain for entry in tape if entry.kind == "text"] == [b"hello", b"hello"]


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.2, 0.4])
async def test_ctrl_c_at_any_time_ends_it_without_a_traceback(moment: float, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    async with tapped("--save", str(kept)) as (tool, url):
        talking = asyncio.create_task(flood(url))
        await asyncio.sleep(moment)
        said = await stopped(tool)
        talking.cancel()
        await asyncio.wait({talking})
    assert "Traceback" not in said
    assert Tape.load(kept).warnings == []


async def flood(url: str) -> None:
    async with connect(url, compression=None) as client:
        while True:
            await client.send("x" * 1000)
            await client.recv()


async def test_ctrl_c_while_it_starts_ends_it() -> None:
    async with wslab("tap", "ws://127.0.0.1:1/") as tool:
        await asyncio.sleep(0.05)
        tool.process.send_signal(signal.SIGINT)
        assert await tool.end() in (0, 1, -2, 130)


async def test_another_format_is_written_at_the_end(tmp_path: Path) -> None:
    kept = tmp_path / "kept.pcapng"
    async with tapped("--save", str(kept)) as (tool, url):
        async with connect(url, compression=None) as client:
            await client.send("hello")
            await client.recv()
        await tool.until("The client sent the first Close")
        await stopped(tool)
    assert kept.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"


# --- bad input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http://127.0.0.1/"], "no address"),
        (["ws://example.org/"], "--beyond-loopback"),
        (["ws://127.0.0.1:1/", "--listen", "x"], "takes a port"),
        (["ws://127.0.0.1:1/", "--listen", "70000"], "takes a port"),
        (["ws://127.0.0.1:1/", "--listen", "0.0.0.0:9000"], "--beyond-loopback"),
        (["ws://127.0.0.1:1/", "--fault", "half-opne"], "did you mean 'half-open'"),
        (["ws://127.0.0.1:1/", "--fault", "delay:-1"], "not below 0"),
        (["ws://127.0.0.1:1/", "--fault", "delay:1", "--fault", "delay:2"], "which one holds"),
        (["ws://127.0.0.1:1/", "--fault", "cut", "--after", "-5s"], "not a time"),
        (["ws://127.0.0.1:1/", "--fault", "cut", "--after", "soon"], "not a time"),
        (["ws://127.0.0.1:1/", "--after", "5s"], "name it with --fault"),
        (["ws://127.0.0.1:1/", "--save", "/no/such/folder/t.jsonl"], "cannot be written"),
        (["ws://127.0.0.1:1/", "--save", "t.xyz"], "xyz"),
        (["ws://127.0.0.1:1/", "--insecure"], "wss:// does"),
        (["wss://127.0.0.1:1/", "--cafile", "/no/such/file"], "does not exist"),
        (["wss://127.0.0.1:1/", "--cafile", __file__], "no certificate"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["tap", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        result = CliRunner().invoke(main, ["tap", "ws://127.0.0.1:1/", "--listen", port])
    assert result.exit_code == 2
    assert f"Port {port} on 127.0.0.1 is held by" in result.stderr
    assert len(result.stderr.splitlines()) == 1


async def test_json_says_at_once_that_the_tape_is_full_and_counts_later_connections() -> None:
    async with tapped("--json", "--tape-mib", "1") as (tool, url):
        async with connect(url, compression=None, max_size=None) as client:
            await client.send(bytes(900_000))
            await client.recv()
            said = await tool.until('"kind": "full"')
        async with connect(url):
            pass
        said = await stopped(tool)
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    full = [line for line in lines if line["kind"] == "full"]
    assert len(full) == 1
    assert full[0] == lines[-1]
    assert "traffic still passes, but is neither shown nor kept" in full[0]["sentence"]
    assert "Stopped; 2 connections seen" in said
    assert re.search(r"The tape was full: [\d,]+ records with [\d,]+ bytes were not kept", said)


async def test_json_gives_a_terminal_nothing_to_obey() -> None:
    text = "\x7f\x9b31m\u202e\u2028é"
    async with tapped("--json") as (tool, url):
        async with connect(url) as client:
            await client.send(text)
            await client.recv()
        said = await stopped(tool)
    assert "".join(each for each in said if not each.isprintable()).strip("\n") == ""
    assert text in [json.loads(line).get("text") for line in said.splitlines() if line.startswith("{")]
