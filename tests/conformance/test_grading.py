"""Choosing cases, clients that misbehave, and what cannot be graded at all."""

from __future__ import annotations

import asyncio
import json
import socket
import sys

import pytest
from kosoku import run_fuzzingserver

from tests.conformance.__main__ import CLIENT
from tests.conformance.careless import careless
from wslab import Lab, echo
from wslab.conformance.cases import CASES, GROUPS, UNDECIDED, batches, choose, group_of
from wslab.conformance.client import ENVIRONMENT
from wslab.conformance.errors import NotGraded
from wslab.conformance.report import Case
from wslab.conformance.runner import grade_client, grade_server

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


async def test_our_numbers_are_the_suite_s() -> None:
    async with run_fuzzingserver(port=0) as suite, Lab(tape=False) as lab:
        ws = await lab.connect(f"ws://127.0.0.1:{suite.port}/getCaseCount")
        assert int(await ws.recv()) == len(CASES) == 517
        await ws.close_quietly(1000)
    async with run_fuzzingserver(list(CASES), port=0) as suite:  # it refuses a number that it does not know
        assert suite.port > 0


def test_every_case_has_a_group_and_every_group_a_case() -> None:
    assert list(dict.fromkeys(map(group_of, CASES))) == list(GROUPS)
    assert set(UNDECIDED) <= set(CASES)


@pytest.mark.parametrize(
    ("wanted", "unwanted", "cases"),
    [
        (["3.*"], ["3.1", "3.[4-7]"], ("3.2", "3.3")),
        (["2.11", "2.2"], [], ("2.2", "2.11")),
        ([], ["[2-9].*", "1?.*"], tuple(case for case in CASES if case.startswith("1."))),
    ],
)
def test_cases_are_chosen_by_patterns_and_stay_in_order(
    wanted: list[str], unwanted: list[str], cases: tuple[str, ...]
) -> None:
    assert choose(wanted, unwanted) == cases


@pytest.mark.parametrize(("wanted", "unwanted"), [(["99.1"], []), (["3.*"], ["3.*"]), ([], ["x"])])
async def test_no_case_at_all_is_one_sentence(wanted: list[str], unwanted: list[str]) -> None:
    with pytest.raises(NotGraded, match="No case"):
        await grade_server("ws://127.0.0.1:1", cases=wanted, exclude=unwanted)


def test_a_client_is_started_by_group_and_in_slow_groups_by_series() -> None:
    assert batches(["1.1.1", "1.2.1", "9.1.1", "9.2.1", "9.2.2"]) == [
        ("1.1.1", "1.2.1"),
        ("9.1.1",),
        ("9.2.1", "9.2.2"),
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1", "ws://127.0.0.1:9001/"),
        ("wss://127.0.0.1:1", "TLS"),
        ("ws://192.0.2.1:1", "beyond this machine"),
        ("ws://example.invalid", "beyond this machine"),
    ],
)
async def test_an_address_that_is_none_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(NotGraded, match=words):
        await grade_server(url)


async def test_where_nobody_listens_nothing_is_graded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotGraded, match=f"Nobody listens at 127.0.0.1:{port}"):
        await grade_server(f"ws://127.0.0.1:{port}")


async def test_a_server_that_completes_no_handshake_is_told_the_rule() -> None:
    async with careless("no-accept") as url:
        with pytest.raises(NotGraded, match="Sec-WebSocket-Accept is the SHA-1"):
            await grade_server(url)


async def test_each_case_is_told_as_it_is_done() -> None:
    told: list[tuple[str, int]] = []

    def tell(case: Case, total: int) -> None:
        told.append((case.id, total))

    async with Lab(tape=False) as lab:
        server = await lab.serve(echo)
        report = await grade_server(server.url, cases=["3.*"], on_case=tell)
    assert sorted(told) == [(case.id, 7) for case in report.cases]


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


async def test_a_program_that_is_no_client_is_told_what_to_speak() -> None:
    code = "import sys; print('no idea', file=sys.stderr); sys.exit(4)"
    with pytest.raises(NotGraded, match=r"ended with 4 and ran no case \(it said: no idea\): .* /?URL/getCaseCount"):
        await grade_client([sys.executable, "-c", code], cases=["1.1.1"])


async def test_a_command_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(NotGraded, match="cannot be started"):
        await grade_client(["/nowhere/client"], cases=["1.1.1"])


async def test_a_run_that_is_cancelled_leaves_no_client_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        code = f"import socket, time; ours = socket.create_connection(('127.0.0.1', {port})); time.sleep(60)"
        run = asyncio.ensure_future(grade_client([sys.executable, "-c", code], cases=["1.1.1"]))
        door.setblocking(False)
        client, _ = await asyncio.get_running_loop().sock_accept(door)
        client.setblocking(False)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        async with asyncio.timeout(10):  # its end of TCP goes with it
            assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
        client.close()


async def test_the_data_of_a_report_is_json() -> None:
    async with careless("no-pong") as url:
        report = await grade_server(url, cases=["2.1", "2.5"])
    data = json.loads(json.dumps(report.as_data()))
    assert (data["role"], data["passed"], data["counts"]["failed"]) == ("server", False, 1)
    assert data["cases"][0]["lesson"]["section"] == "5.5.2"
    assert data["cases"][0]["sent"]["hex"].startswith("8980")
