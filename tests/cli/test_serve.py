"""`wslab serve`: a real process, real clients, and a Close with 1001."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from wslab.cli.serve import run_server
from wslab.lab import Lab


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `wslab serve` and give the process and the address that it printed."""
    command = [sys.executable, "-m", "wslab", "serve", *arguments]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            first, second = process.stdout.readline(), process.stdout.readline()
            assert second == "Ctrl-C ends it.\n", first + second
            found = re.fullmatch(r"echo listens at (ws://127\.0\.0\.1:\d+/)\n", first)
            assert found, first
            yield process, found[1]
        finally:
            process.kill()


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> str:
    """End it by a signal; give all that it said."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0, said
    return said


@pytest.mark.parametrize("arguments", [[], ["echo"], ["--port", "0"]])
def test_it_echoes_and_tells_every_frame(arguments: list[str]) -> None:
    with serving(*arguments) as (process, url):
        with connect(url) as client:
            client.send("Hello")
            assert client.recv() == "Hello"
            client.send(b"\x00\xff")
            assert client.recv() == b"\x00\xff"
        said = stop(process)
    assert re.search(r"#1  → T text +\d+ B  masked.* Hello$", said, re.MULTILINE)
    assert re.search(r"#1  ← T text +\d+ B .* Hello$", said, re.MULTILINE)
    assert re.search(r"#1  ← B binary +\d+ B .* 00 ff$", said, re.MULTILINE)
    assert "Stopped; 0 open connections closed with 1001." in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_open_connections_with_1001_and_says_so(number: signal.Signals) -> None:
    with serving() as (process, url), connect(url) as client:
        client.send("still here")
        assert client.recv() == "still here"
        process.send_signal(number)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
        said, _ = process.communicate(timeout=20)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "the server is stopped")
    assert process.returncode == 0
    assert said.splitlines()[-1] == "Stopped; 1 open connection closed with 1001."


def test_a_peer_that_does_not_answer_does_not_hold_it_up() -> None:
    with serving("--quiet") as (process, url):
        host, port = re.findall(r"[\d.]+", url)
        with socket.create_connection((host, int(port))) as silent:
            head = f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            silent.sendall((head + key).encode())
            assert silent.recv(4096).startswith(b"HTTP/1.1 101 ")
            said = stop(process)
    assert said == "Stopped; 1 open connection closed with 1001.\n"


def test_quiet_tells_the_address_and_the_end_only() -> None:
    with serving("--quiet") as (process, url):
        with connect(url) as client:
            client.send("Hello")
            assert client.recv() == "Hello"
        assert stop(process) == "Stopped; 0 open connections closed with 1001.\n"


def test_what_a_peer_sends_cannot_command_the_terminal() -> None:
    with serving() as (process, url):
        with connect(url) as client:
            client.send("\x1b[2J[red]\x07")
            client.recv()
        host, port = re.findall(r"[\d.]+", url)
        with socket.create_connection((host, int(port))) as rude:
            rude.sendall(b"GET /\x1b[2J\x07 HTTP/1.1\r\nX-\x1b[2J: \x1b[2J\r\n\r\n")
            assert rude.recv(4096).startswith(b"HTTP/1.1 400 ")
        said = stop(process)
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "[red]" in said


def test_a_burst_is_told_in_short() -> None:
    with serving() as (process, url):
        with connect(url) as client:
            for number in range(400):
                client.send(f"{number}")
            assert [client.recv() for _ in range(400)] == [f"{number}" for number in range(400)]
        said = stop(process)
    assert re.search(r"… and \d+ more", said)
    assert len(said.splitlines()) < 800


def test_a_port_in_use_is_one_sentence_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        command = [sys.executable, "-m", "wslab", "serve", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert port in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_with_origin_only_its_pages_are_let_in() -> None:
    with serving("--origin", "http://good.example", "--origin", "http://other.example") as (process, url):
        for origin in ("http://good.example", "http://other.example"):
            with connect(url, origin=Origin(origin)) as client:
                client.send("Hello")
                assert client.recv() == "Hello"
        for other in (Origin("http://evil.example"), None):
            with pytest.raises(InvalidStatus) as refused:
                connect(url, origin=other)
            assert refused.value.response.status_code == 403
        stop(process)


def test_a_full_tape_is_said_at_once_and_counted_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wslab.cli.serve.TAPE_BYTES", 1 << 20)
    shown = io.StringIO()

    async def until_full() -> None:
        stopping, listening = asyncio.Event(), asyncio.Event()

        async def until_stopped() -> None:
            listening.set()
            await stopping.wait()

        monkeypatch.setattr("wslab.cli.serve.until_stopped", until_stopped)
        serving = asyncio.create_task(run_server("echo", 0, Console(file=shown, width=300), quiet=False, dark=True))
        await asyncio.wait_for(listening.wait(), 10)
        found = re.search(r"ws://\S+", capsys.readouterr().out)
        assert found
        async with Lab(tape=False) as lab:
            client = await lab.connect(found[0])
            for _ in range(3):
                await client.send(bytes(500_000))
                await client.recv()
            for _ in range(100):
                if "The tape is full (1 MiB)" in shown.getvalue():
                    break
                await asyncio.sleep(0.02)
            assert shown.getvalue().count("The tape is full (1 MiB)") == 1
        stopping.set()
        await serving

    asyncio.run(until_full())
    assert re.search(r"The tape was full: [\d,]+ records with [\d,]+ bytes were not kept", capsys.readouterr().out)
