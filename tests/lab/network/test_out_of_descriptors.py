"""Out of file descriptors: one sentence, no traceback, no spinning, and what waits is taken once there is room."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
import signal
import socket
import sys
from typing import Any

import pytest

from tests.cli.process import ROOT_ENV
from wslab.lab import Lab, echo
from wslab.lab.network import sockets
from wslab.protocol import HandshakeRequest

LIMIT, CLIENTS = 64, 90
ULIMIT = pytest.mark.skipif(os.name == "nt", reason="limits as POSIX has them")


@ULIMIT
@pytest.mark.parametrize("command", [["serve"], ["misbehave", "text-is-utf8"], ["tap"]], ids=lambda words: words[0])
async def test_a_command_says_it_once_and_goes_on(command: list[str]) -> None:
    async with Lab() as lab:
        target = [(await lab.serve(echo)).url] if command == ["tap"] else []
        words = [sys.executable, "-m", "wslab", *command, *target]
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f'ulimit -n {LIMIT}; exec "$@"', "bash", *words, env=ROOT_ENV,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            said = await _storm(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
    assert "Traceback" not in said
    assert len(said) < 100_000
    assert said.count("may (ulimit -n raises that)") == 1
    assert f"opened all the {LIMIT} files" in said


async def _storm(process: asyncio.subprocess.Process) -> str:
    """More clients than there are descriptors, then one that is served; all that the command said."""
    assert process.stdout is not None
    said = (await process.stdout.readuntil(b"Ctrl-C ends it")).decode()
    found = re.search(r"ws://127\.0\.0\.1:(\d+)/", said)
    assert found is not None
    address = ("127.0.0.1", int(found[1]))
    clients = [socket.create_connection(address) for _ in range(CLIENTS)]
    said += (await asyncio.wait_for(process.stdout.readuntil(b"ulimit -n"), 20)).decode()
    reading = asyncio.create_task(process.stdout.read())
    for each in clients:
        each.close()
    await _is_served(address)
    process.send_signal(signal.SIGINT)
    return said + (await asyncio.wait_for(reading, 20)).decode()


async def _is_served(address: tuple[str, int]) -> None:
    """A client is served again; the first ones may still meet those that are leaving."""
    async with asyncio.timeout(20):
        while not await _answer(address):  # noqa: ASYNC110  another process is asked
            await asyncio.sleep(0.05)


async def _answer(address: tuple[str, int]) -> bool:
    try:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HandshakeRequest.build("127.0.0.1", key="dGhlIHNhbXBsZSBub25jZQ==").serialize())
        head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return False
    return head.startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize("why", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
async def test_a_listener_pauses_and_then_takes_who_waits(
    why: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[int] = []
    accept = socket.socket.accept

    def refuse(sock: socket.socket) -> Any:
        attempts.append(1)
        if len(attempts) <= 3:
            raise OSError(why, os.strerror(why))
        return accept(sock)

    monkeypatch.setattr(sockets, "PAUSE", 0.02)
    monkeypatch.setattr(socket.socket, "accept", refuse)
    async with Lab() as lab:
        client = await lab.connect(await lab.serve(echo))
        await client.send("x")
        assert await client.recv() == "x"
        assert len(attempts) < 10
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "wait until others leave" in warnings[0]
    assert "had to wait 3 times" in warnings[1]


async def test_a_listener_that_is_closed_while_it_pauses_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: socket.socket) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(sockets, "PAUSE", 60.0)
    monkeypatch.setattr(socket.socket, "accept", refuse)
    async with Lab() as lab:
        server = await lab.serve(echo)
        with socket.create_connection(("127.0.0.1", server.port)):
            await asyncio.sleep(0)
        port = server.port
        await server.close()
        monkeypatch.undo()
        again = await lab.serve(echo, port=port)
        async with await lab.connect(again) as client:
            assert await client.ping() >= 0
