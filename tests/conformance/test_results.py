"""What the suite says of a case becomes words and bytes."""

from __future__ import annotations

import pytest

from tests.conformance.careless import careless
from wslab import HandshakeRequest, Lab, Role, echo
from wslab.conformance.grading import case_of
from wslab.conformance.report import Case, Report
from wslab.conformance.results import plain, was_open
from wslab.conformance.runner import grade_server

# The suite's compressed cases leave their data files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*kosoku/shim:pytest.PytestUnraisableExceptionWarning")


async def graded(fault: str, *cases: str) -> Report:
    async with careless(*filter(None, [fault])) as url:
        return await grade_server(url, cases=cases, parallel=8)


def only(report: Report) -> Case:
    assert len(report.cases) == 1
    return report.cases[0]


async def test_expected_and_received_are_in_words() -> None:
    found = only(await graded("no-pong", "2.2"))
    assert (
        found.expected
        == "Pong of 13 bytes: “Hello, world!”; then the suite's Close is answered with 1000, or without a code"
    )
    assert found.received.startswith("no message and no Pong; then the answer to the suite's Close: Close 1000")
    assert found.title == "Send ping with small text payload."


async def test_a_close_without_a_code_is_told_as_one_and_a_bad_code_is_not_the_suites_wish() -> None:
    empty, same, bad = (await graded("", "7.3.1", "7.7.1", "7.9.1")).cases
    assert empty.received.endswith("then the answer to the suite's Close: a Close without a code")
    assert bad.expected.endswith("then the suite's Close is answered with 1002, or without a code")
    assert "1000 or 1000" not in same.expected


async def test_a_log_that_the_suite_cut_is_not_whole() -> None:
    short, long = (await graded("", "1.1.1", "1.1.6")).cases
    assert short.sent.whole
    assert not long.sent.whole
    assert 0 < len(long.sent.data) <= 64


async def test_a_case_whose_handshake_is_refused_was_never_open() -> None:
    from kosoku import FailureError, run_fuzzingclient

    def refuse(_: HandshakeRequest) -> tuple[int, str]:
        return 404, "no such path"

    async with Lab(tape=False) as lab:
        server = await lab.serve(echo, on_request=refuse)
        with pytest.raises(FailureError) as failed:
            await run_fuzzingclient(server.url, ["1.1.1"])
        (result,) = failed.value.results
        assert not was_open(result)
        assert case_of(result, Role.SERVER).lesson is not None
        server = await lab.serve(echo)
        (result,) = await run_fuzzingclient(server.url, ["1.1.1"])
        assert was_open(result)


def test_a_description_loses_its_html() -> None:
    assert plain("Send with <b>RSV = 2</b>.<br><br>A &lt; B<br/>") == "Send with RSV = 2. A < B"
