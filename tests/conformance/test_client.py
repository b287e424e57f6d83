"""A client under test: how it finds the server, and what becomes of one that ends early, late or never."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from tests.conformance.__main__ import CLIENT
from wslab.conformance.client import ENVIRONMENT
from wslab.conformance.errors import NotGraded
from wslab.conformance.runner import grade_client

MODULE = "tests.conformance.client"

SILENT = "import time; time.sleep(60)"

FIRST_ONLY = """
import asyncio, os, sys
from wslab import ConnectionClosed, Lab
async def main():
    async with Lab(tape=False) as lab:
        ws = await lab.connect(os.environ["WSLAB_CONFORMANCE_URL"] + "/runCase?case=1&agent=early")
        try:
            async for message in ws:
                await ws.send(message)
        except ConnectionClosed:
            pass
    sys.exit(3)
asyncio.run(main())
"""


async def test_a_client_finds_the_address_in_its_command_or_environment() -> None:
    in_command = await grade_client(CLIENT, cases=["1.1.1"])
    begin = f"import os, runpy, sys; sys.argv = ['', os.environ[{ENVIRONMENT!r}]]"
    code = f"{begin}; runpy.run_module({MODULE!r}, run_name='__main__')"
    in_environment = await grade_client([sys.executable, "-c", code], cases=["1.1.1"])
    assert [case.grade for report in (in_command, in_environment) for case in report.cases] == ["ok", "ok"]


async def test_a_client_that_ends_early_fails_what_it_did_not_run() -> None:
    report = await grade_client([sys.executable, "-c", FIRST_ONLY], cases=["1.1.1", "1.1.2"])
    assert [case.grade for case in report.cases] == ["ok", "failed"]
    assert report.cases[1].lesson is not None
    assert "/getCaseCount" in report.cases[1].lesson.fix
    assert report.agent == "early"


async def test_a_client_that_never_ends_is_ended() -> None:
    with pytest.raises(NotGraded, match="was ended by us and ran no case"):
        await grade_client([sys.executable, "-c", SILENT], cases=["1.1.1"], limit=0.5)


async def test_a_program_that_is_no_client_is_answered_with_what_to_speak() -> None:
    code = "import sys; print('no idea', file=sys.stderr); sys.exit(4)"
    with pytest.raises(NotGraded, match=r"ended with 4 and ran no case \(it said: no idea\): .* /?URL/getCaseCount"):
        await grade_client([sys.executable, "-c", code], cases=["1.1.1"])


async def test_a_command_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(NotGraded, match="cannot be started"):
        await grade_client(["/nowhere/client"], cases=["1.1.1"])


async def test_a_run_that_is_cancelled_leaves_no_client_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"import socket, time; ours = socket.create_connection(('127.0.0.1', {port})); time.sleep(60)"
        run = asyncio.ensure_future(grade_client([sys.executable, "-c", code], cases=["1.1.1"]))
        listener.setblocking(False)
        client, _ = await asyncio.get_running_loop().sock_accept(listener)
        client.setblocking(False)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        async with asyncio.timeout(10):  # its end of TCP goes with it
            assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
        client.close()
