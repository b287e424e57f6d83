"""`wslab connect`: a real process against real servers; what it sends, what it says of an end, what it keeps."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from wslab.cli.connect import ConnectOptions, Session
from wslab.cli.main import main
from wslab.cli.terminal.input import LineInput, failed_line
from wslab.cli.terminal.lines import EntryPrinter
from wslab.lab import Endpoint, Lab, Tape, echo
from wslab.lab.server import Handler
from wslab.protocol import Deflate

from .process import Tool, answering, wslab
from .screen import Terminal, in_terminal


@contextlib.asynccontextmanager
async def serving(handler: Handler = echo, **options: object) -> AsyncIterator[tuple[Lab, str]]:
    async with Lab(timeout=5.0) as lab:
        yield lab, (await lab.serve(handler, **options)).url  # type: ignore[arg-type]


async def finished(tool: Tool) -> int:
    tool.end_input()
    return await tool.end()


# --- what is typed ----------------------------------------------------------------------------------------


async def test_each_line_is_a_message_and_commands_send_the_rest(tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"\x00from a file")
    async with serving() as (lab, url), wslab("connect", url) as tool:
        await tool.type(
            "hello", "//slash", "/hex 01 02", f"/file {tmp_path / 'file.bin'}", "/fragments a|b|c", "/ping hi"
        )
        assert await finished(tool) == 0
        frames = [
            (each.kind, each.plain, each.frame.fin) for each in lab.tape if each.sender == "client" and each.frame
        ]
    assert frames == [
        ("text", b"hello", True),
        ("text", b"/slash", True),
        ("binary", b"\x01\x02", True),
        ("binary", b"\x00from a file", True),
        ("text", b"a", False),
        ("continuation", b"b", False),
        ("continuation", b"c", True),
        ("ping", b"hi", True),
        ("close", b"\x03\xe8", True),
    ]
    assert "ms after the Ping" in tool.said
    assert "abc" in tool.said


async def test_what_is_typed_wrong_is_a_sentence_and_changes_nothing() -> None:
    wrong = {
        "/nix": "no command /nix; /help",
        "/hex 0g": "no hex digit",
        "/raw 1": "hex",
        "/file /no/such/file": "No such file",
        "/file /dev/zero": "not a file",
        "/file /": "not a file",
        "/close 99": "no close code",
        "/close 1006": "must not carry 1005, 1006 or 1015",
        "/ping " + "x" * 126: "125 bytes",
    }
    async with serving() as (lab, url), wslab("connect", url) as tool:
        await tool.type(*wrong, "still here")
        assert await finished(tool) == 0
        sent = [each.kind for each in lab.tape if each.sender == "client" and each.frame]
    assert [words for words in wrong.values() if words not in tool.said] == []
    assert sent == ["text", "close"]


async def test_help_lists_every_command() -> None:
    async with serving() as (_, url), wslab("connect", url) as tool:
        await tool.type("/help")
        await finished(tool)
    assert all(command in tool.said for command in ("/hex", "/file", "/ping", "/fragments", "/raw", "/close"))


async def test_headers_subprotocol_origin_and_compression_reach_the_server() -> None:
    async with serving(subprotocols=["chat"], deflate=Deflate()) as (lab, url):
        arguments = ["-H", "X-One: 1", "-H", "X-Two: a: b", "--subprotocol", "chat", "--origin", "https://a.example"]
        async with wslab("connect", url, *arguments, "--deflate") as tool:
            await tool.type("hello hello hello hello")
            assert await finished(tool) == 0
        head = lab.tape[1].data.decode()
    for line in ("X-One: 1", "X-Two: a: b", "Sec-WebSocket-Protocol: chat", "Origin: https://a.example"):
        assert f"{line}\r\n" in head
    assert "deflate, 23 B plain" in tool.said


async def test_bare_output_is_the_messages_and_nothing_else() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wslab", "connect", "ws://127.0.0.1:1/", "--bare"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (out, process.returncode, len(err.splitlines())) == (b"", 2, 1)
    async with serving() as (_, url):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wslab", "connect", url, "--bare"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate(b"hello\n/hex ff\n\x1b[2J\n")
    assert out == b"hello\nff\n\\x1b[2J\n"


# --- how it ends ----------------------------------------------------------------------------------------


async def closes(connection: Endpoint) -> None:
    await connection.close(4001, "enough")


async def goes(connection: Endpoint) -> None:
    connection.abort()


async def drops(connection: Endpoint) -> None:
    connection.drop()


async def breaks(connection: Endpoint) -> None:
    await connection.send_raw(b"\x83\x00")
    await connection.wait_closed()


async def leaves_code_out(connection: Endpoint) -> None:
    await connection.close(None)


@pytest.mark.parametrize(
    ("handler", "code", "words"),
    [
        (
            closes,
            1,
            [
                "The server closed the connection with 4001",
                "“enough”",
                "closed by the other end (FIN)",
                "this application",
            ],
        ),
        (goes, 1, ["was reset (RST)", "1006", "Nobody sends 1006", "proxy"]),
        (drops, 1, ["was closed by the other end (FIN)", "1006", "Nobody sends 1006"]),
        (breaks, 1, ["The client failed the connection with 1002", "§5.2", "because of what the peer sent"]),
        (leaves_code_out, 0, ["without a code", "1005", "A browser sends such a Close"]),
    ],
)
async def test_it_says_why_it_ended_on_both_levels(handler: Handler, code: int, words: list[str]) -> None:
    async with serving(handler) as (_, url), wslab("connect", url) as tool:
        assert await tool.end() == code
    assert [each for each in words if each not in tool.said] == []
    assert all(f"\n{each}  " in tool.said for each in ("WebSocket", "TCP      ", "Meaning  "))


async def test_a_refusal_is_told_with_the_servers_own_words() -> None:
    def judge(_: object) -> tuple[int, str]:
        return 403, "not with this cookie"

    async with serving(on_request=judge) as (_, url), wslab("connect", url) as tool:
        assert await tool.end() == 1
    assert "Refused: The server refused the handshake with 403 Forbidden: not with this cookie" in tool.said


async def test_close_with_code_and_reason_goes_out_as_typed() -> None:
    async with serving() as (lab, url), wslab("connect", url) as tool:
        await tool.type("/close 4000 thanks for all")
        assert await tool.end() == 1
        assert next(each.plain for each in lab.tape if each.kind == "close") == b"\x0f\xa0thanks for all"
    assert "The client closed the connection with 4000" in tool.said


# --- Ctrl-C, Ctrl-D, and what is kept --------------------------------------------------------------------------


async def test_ctrl_c_says_1001_and_keeps_the_recording(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    async with serving() as (lab, url), wslab("connect", url, "--save", str(kept)) as tool:
        await tool.type("hello")
        await tool.until("hello")
        tool.process.send_signal(signal.SIGINT)
        await tool.end()
        assert next(each.plain for each in lab.tape if each.kind == "close") == b"\x03\xe9"
    assert [each.plain for each in Tape.load(kept) if each.kind == "text"] == [b"hello", b"hello"]
    assert "Saved" in tool.said


async def test_a_kill_loses_no_more_than_the_last_second(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    async with serving() as (_, url), wslab("connect", url, "--save", str(kept)) as tool:
        await tool.type("hello")
        await tool.until("hello")
        await asyncio.sleep(1.5)
        tool.process.kill()
        await tool.end()
    tape = Tape.load(kept)
    assert tape.warnings == []
    assert [each.plain for each in tape if each.kind == "text"] == [b"hello", b"hello"]


async def test_a_peer_that_does_not_answer_the_close_does_not_hold_ctrl_c_up() -> None:
    answered = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from wslab.protocol import HandshakeRequest, HandshakeResponse

        request = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))[0]
        writer.write(HandshakeResponse.accept(request).serialize())
        answered.set()
        await asyncio.sleep(20)

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with wslab("connect", url) as tool:
        await answered.wait()
        await tool.until("101")
        tool.process.send_signal(signal.SIGINT)
        await tool.end(5)
    server.close()
    assert "no Close came back" in tool.said


@pytest.mark.parametrize(("key", "code"), [(b"\x03", 1001), (b"\x04", 1000)], ids=["Ctrl-C", "Ctrl-D"])
async def test_in_a_terminal_a_line_is_edited_and_a_key_ends_it(key: bytes, code: int) -> None:
    def act(terminal: Terminal) -> None:
        terminal.until("101")
        terminal.press(b"helpo\x7f\x7flo\r")
        terminal.until("← T")
        terminal.press_until(key, "Meaning")

    async with serving() as (lab, url):
        done, said = await asyncio.to_thread(in_terminal, ["connect", url], act)
        closed = [each.plain for each in lab.tape if each.kind == "close"]
    assert done == 0, said
    assert closed[0] == code.to_bytes(2, "big")
    assert "Meaning" in said


# --- again ------------------------------------------------------------------------------------------------


async def test_it_connects_again_after_a_restart_and_not_after_a_refusal_for_good() -> None:
    codes = [1012, 1006, 1008]

    async def handler(connection: Endpoint) -> None:
        code = codes[connection.number - 1]
        if code == 1006:
            connection.abort()
        else:
            await connection.close(code)

    async with serving(handler) as (lab, url), wslab("connect", url, "--reconnect") as tool:
        assert await tool.end(30) == 1
        assert len(lab.tape.connection_numbers) == 3
    assert "Attempt 1 in " in tool.said
    assert "Attempt 2 in " in tool.said
    assert "Attempt 3" not in tool.said


@pytest.mark.parametrize("code", [3000, 3003])
async def test_it_does_not_come_back_with_the_login_that_was_refused(code: int) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(code)

    async with serving(handler) as (lab, url), wslab("connect", url, "--reconnect") as tool:
        assert await tool.end(30) == 1
        assert len(lab.tape.connection_numbers) == 1
    assert "Attempt" not in tool.said


async def test_it_waits_for_a_server_that_is_not_there_yet() -> None:
    async with Lab(timeout=5.0) as lab:
        server = await lab.serve(echo)
        port = server.port
        await server.close()
        async with wslab("connect", f"ws://127.0.0.1:{port}/", "--reconnect") as tool:
            await tool.type("hello")
            await tool.until("Not connected")
            await lab.serve(echo, port=port)
            await tool.until("← T", 30)
            assert await finished(tool) == 0


async def test_ctrl_c_during_the_opening_handshake_is_no_success() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client has gone
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with wslab("connect", f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/") as tool:
        await tool.until("GET")
        tool.process.send_signal(signal.SIGINT)
        assert await tool.end(5) == 1
    server.close()
    await server.wait_closed()


async def test_ctrl_c_ends_the_wait_for_the_next_attempt() -> None:
    async with wslab("connect", "ws://127.0.0.1:1/", "--reconnect") as tool:
        await tool.until("Attempt 2")
        tool.process.send_signal(signal.SIGINT)
        await tool.end(5)


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ws://127.0.0.1:1/"], "Nobody listens at 127.0.0.1:1"),
        (["http://127.0.0.1/"], "no address"),
        (["ws://127.0.0.1/#x"], "fragment"),
        (["ws://example.org/"], "--beyond-loopback"),
        (["ws://127.0.0.1:1/", "-H", "nonsense"], "not a header"),
        (["ws://127.0.0.1:1/", "-H", "Host: x"], "twice"),
        (["ws://127.0.0.1:1/", "--subprotocol", "a b"], "subprotocol"),
        (["ws://127.0.0.1:1/", "--timeout", "-1"], "x>0"),
        (["ws://127.0.0.1:1/", "--wait", "0"], "x>0"),
        (["ws://127.0.0.1:1/", "--timeout", "nan"], "not a number of seconds"),
        (["ws://u:secret@127.0.0.1:1/"], "no user and no password"),
        (["ws://127.0.0.1:1/", "--ping-interval", "-5"], "x>0"),
        (["ws://127.0.0.1:1/", "--save", "/no/such/folder/t.jsonl"], "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["connect", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 OK: hello"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no answer to the opening handshake"),
        (b"", "TCP ended before the server answered"),
        (b"HTTP/1.1 500 \x1b[2J\r\nContent-Length: 0\r\n\r\n", "Refused"),
    ],
)
async def test_a_target_that_speaks_something_else_is_told_in_words(answer: bytes, words: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with wslab("connect", f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/") as tool:
        assert await tool.end() == 1
    server.close()
    assert words in tool.said
    assert "\x1b[2J" not in tool.said
    assert "Traceback" not in tool.said


async def test_a_target_that_never_answers_is_given_up() -> None:
    server = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with wslab("connect", url, "--timeout", "0.5") as tool:
        assert await tool.end() == 2
    server.close()
    assert "0.5 s" in tool.said
    assert "Traceback" not in tool.said


async def test_whatever_a_typed_line_raises_the_next_one_is_sent() -> None:
    async with serving() as (lab, url), wslab("connect", url, "--bare") as tool:
        await tool.type("one", "/file ~nobody_such/x", "/file \0", "/close 9999999", "two")
        assert await finished(tool) == 0
        sent = [each.plain for each in lab.tape if each.sender == "client" and each.kind == "text"]
    assert sent == [b"one", b"two"]
    assert "~nobody_such/x names the folder of a user who does not exist here" in tool.said
    assert "Traceback" not in tool.said


async def test_any_error_of_a_line_is_a_sentence() -> None:
    assert failed_line(ValueError("no such")) == "no such"
    assert failed_line(RuntimeError("a bug")) == "This could not be done: RuntimeError: a bug"


async def test_quiet_is_judged_by_messages_also_once_the_tape_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(connection: Endpoint) -> None:
        await connection.send(bytes(100_000))
        for number in range(5):
            await asyncio.sleep(0.15)
            await connection.send(f"late {number}")
        await connection.recv()

    said: list[str] = []
    monkeypatch.setattr("wslab.cli.connect.write_line", lambda text, **_: said.append(text))
    async with serving(slow) as (_, url):
        options = ConnectOptions(url, {}, bare=True, quiet_for=0.6)
        lab = Lab(tape_bytes=50_000)
        async with lab:
            session = Session(lab, options, Console(), EntryPrinter(lab.tape, Console(), dark=True))
            async with Nothing() as typed:
                assert await session.run(typed) == 0
    assert [text for text in said if text.startswith("late")] == [f"late {number}" for number in range(5)]
    assert lab.tape.dropped_records


class Nothing(LineInput):
    """A pipe that has ended."""

    async def _piped(self) -> str | None:
        return None


async def test_keepalive_does_not_hold_piped_input_open() -> None:
    async with serving(ping_interval=0.2) as (_, url), wslab("connect", url, "--bare", "--wait", "0.5") as tool:
        await tool.type("one")
        tool.end_input()
        assert await tool.end(seconds=12.0) == 0


# --- what is no frame, and what never ends --------------------------------------------------------------------


async def test_a_frame_that_never_ends_is_shown_while_it_is_pending() -> None:
    half = b'\x81\x7e{"a":"' + b"y" * 118 + b'"}'
    async with answering(half) as url, wslab("connect", url, "--timeout", "1") as tool:
        said = await tool.until("would fit")
        await finished(tool)
    assert "The server has begun a frame: 128 of 31,526 bytes came" in said


async def test_after_our_own_1002_the_meaning_is_what_the_server_sent() -> None:
    async with answering(b"\r\n\x81\x05Hello") as url, wslab("connect", url) as tool:
        said = await tool.until("Meaning")
        await tool.end()
    assert "because of what the peer sent" in tool.said
    assert "These bytes are no frame, but a line end" in tool.said.partition("Meaning")[2]
    assert "Nobody sends 1006" not in said
