"""`wslab replay`: a real process, and real programs that do what the recording has, or something else."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner
from websockets.asyncio.server import serve

from tests.cli.process import stopped, wslab
from tests.lab.replay.test_replay import MESSAGES, port_of, recorded, shout, talk
from wslab import load
from wslab.cli.main import main
from wslab.protocol import Opcode


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with one session of the `websockets` library."""
    return str(recorded().save(tmp_path_factory.mktemp("replay") / "a.jsonl"))


async def test_a_client_that_was_changed_is_told_where_and_the_exit_code_is_1(recording: str, tmp_path: Path) -> None:
    saved = tmp_path / "again.jsonl"
    async with wslab("replay", recording, "--as", "server", "--listen", "0", "--once", "--save", str(saved)) as tool:
        await tool.until("Ctrl-C ends it.")
        found = re.search(r"Point your client at (\S+)", tool.said)
        assert found
        await talk(found[1], ("hello", "thera", "friend"))
        assert await tool.end() == 1, tool.said
    assert (
        "#1    ≠ Frame 2 of the client (step 4 of the recording) differs at byte 4, bit 5 of its payload" in tool.said
    )
    assert "#1    Over; the other side shows 1 deviation." in tool.said
    assert [each.plain for each in load(saved).frames(Opcode.TEXT, "client")] == [b"hello", b"thera", b"friend"]


async def test_a_server_is_dialled_once_and_ctrl_c_ends_a_replayed_server(recording: str) -> None:
    async with serve(shout, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{port_of(server)}/"
        async with wslab("replay", recording, "--as", "client", url) as tool:
            assert await tool.end() == 0, tool.said
    assert "Over; the other side did what the recording has: 5 heads and frames compared." in tool.said
    async with wslab("replay", recording) as tool:
        await tool.until("Ctrl-C ends it.")
        found = re.search(r"Point your client at (\S+)", tool.said)
        assert found
        await talk(found[1], MESSAGES)
        await tool.until("Over; the other side did what the recording has")
        await stopped(tool)


async def test_where_nobody_came_nothing_was_tried_and_the_exit_code_is_2(recording: str) -> None:
    async with wslab("replay", recording, "--once") as tool:
        await tool.until("Ctrl-C ends it.")
        tool.process.send_signal(signal.SIGINT)
        assert await tool.end() == 2, tool.said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as", "client"], "--as client needs the server to dial"),
        (["--as", "client", "ws://127.0.0.1:9/"], "Nobody listens at 127.0.0.1:9"),
        (["--as", "client", "ws://192.0.2.1/"], "192.0.2.1 is another machine: add --beyond-loopback"),
        (["--as", "client", "http://x/"], "is no address of a WebSocket server"),
        (["--as", "client", "ws://127.0.0.1:9/", "--once"], "--once and --listen are for --as server"),
        (["--as", "client", "ws://127.0.0.1:9/", "--insecure"], "ws:// has none"),
        (["ws://127.0.0.1:9/"], "A server dials nobody"),
        (["--insecure"], "are for --as client with a wss:// target"),
        (["--listen", "x"], "--listen takes a port"),
        (["--listen", "0.0.0.0:0"], "open to other machines"),
        (["--connection", "2"], "no connection 2 with bytes; it has: 1."),
        (["--timeout", "inf"], "timeout is a finite number of seconds"),
        (["--save", "a.txt"], ".txt"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(arguments: list[str], words: str, recording: str) -> None:
    result = CliRunner().invoke(main, ["replay", recording, *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["replay", str(tmp_path / "none.jsonl")])
    assert (result.exit_code, "there is no such file" in result.stderr) == (2, True)
