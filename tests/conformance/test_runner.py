"""What cannot be graded at all is one sentence, and each case is passed on as it is done."""

from __future__ import annotations

import socket

import pytest

from tests.conformance.careless import careless
from wslab import Lab, echo
from wslab.conformance.errors import NotGraded
from wslab.conformance.report import Case
from wslab.conformance.runner import grade_server


@pytest.mark.parametrize(("wanted", "unwanted"), [(["99.1"], []), (["3.*"], ["3.*"]), ([], ["x"])])
async def test_no_case_at_all_is_one_sentence(wanted: list[str], unwanted: list[str]) -> None:
    with pytest.raises(NotGraded, match="No case"):
        await grade_server("ws://127.0.0.1:1", cases=wanted, exclude=unwanted)


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


async def test_a_server_that_completes_no_handshake_is_answered_with_the_rule() -> None:
    async with careless("no-accept") as url:
        with pytest.raises(NotGraded, match="Sec-WebSocket-Accept must be the SHA-1"):
            await grade_server(url)


async def test_each_case_is_passed_on_as_it_is_done() -> None:
    done: list[tuple[str, int]] = []

    def on_case(case: Case, total: int) -> None:
        done.append((case.id, total))

    async with Lab(tape=False) as lab:
        server = await lab.serve(echo)
        report = await grade_server(server.url, cases=["3.*"], on_case=on_case)
    assert sorted(done) == [(case.id, 7) for case in report.cases]
