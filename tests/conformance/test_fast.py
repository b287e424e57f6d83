"""The lab's own server and client by a fast part of Autobahn's test suite; `python -m tests --conformance` runs all."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from tests.conformance.__main__ import CLIENT
from wslab import Lab, echo
from wslab.conformance.cases import UNDECIDED
from wslab.conformance.report import Case, Report
from wslab.conformance.runner import grade_client, grade_server

# The suite's compressed cases leave their data files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*kosoku/shim:pytest.PytestUnraisableExceptionWarning")

EVERYTHING = ["[1-7].*", "10.*"]
A_FEW = ["9.1.3", "9.2.3", "9.3.5", "9.5.4", "9.7.1", "12.1.3", "12.3.1", "12.5.2", "13.3.1", "13.4.2", "13.7.3"]
FAST = [*EVERYTHING, *A_FEW]


def ids(cases: Sequence[Case]) -> list[str]:
    return [case.id for case in cases]


def assert_strict(report: Report) -> None:
    assert ids(report.of("failed", "non-strict", "unimplemented")) == []
    assert ids(report.remarks) == []
    assert ids(report.of("informational")) == list(UNDECIDED)
    assert len(report.of("ok")) == len(report.cases) - 3
    assert len(report.cases) == 247 + len(A_FEW)


@pytest.mark.timeout(240)
async def test_the_lab_s_server_is_strictly_right() -> None:
    async with Lab(tape=False) as lab:
        server = await lab.serve(echo)
        assert_strict(await grade_server(server.url, cases=FAST))


@pytest.mark.timeout(240)
async def test_the_lab_s_client_is_strictly_right() -> None:
    report = await grade_client(CLIENT, cases=FAST)
    assert_strict(report)
    assert (report.agent, report.role.value, report.target.split()[0]) == ("wslab", "client", sys.executable)


async def test_the_lab_s_client_forgets_the_window_where_it_is_asked_to() -> None:
    report = await grade_client((*CLIENT, "--no-takeover"), cases=["13.2.1", "13.5.1", "13.6.1"])
    assert [case.grade for case in report.cases] == ["ok"] * 3
