"""What a careless server can learn: the right cases, the right rule, the right section, the way to fix it."""

from __future__ import annotations

import re

import pytest

from tests.conformance.careless import careless
from wslab import RULES
from wslab.conformance.report import Case, Report
from wslab.conformance.runner import grade_server

# The suite's compressed cases leave their data files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*kosoku/shim:pytest.PytestUnraisableExceptionWarning")


async def graded(fault: str, *cases: str) -> Report:
    async with careless(*filter(None, [fault])) as url:
        return await grade_server(url, cases=cases, parallel=8)


def only(report: Report) -> Case:
    assert len(report.cases) == 1
    return report.cases[0]


@pytest.mark.parametrize(
    ("fault", "case", "rule", "section", "fix"),
    [
        ("no-pong", "2.2", None, "5.5.2", "answer each Ping"),
        ("no-pong", "5.6", None, "5.5.2", "answer each Ping"),
        ("any-text", "6.3.1", "text-is-utf8", "8.1", "fail the connection with 1007"),
        ("any-text", "6.14.1", "text-is-utf8", "8.1", "fail the connection with 1007"),
        ("", "6.4.2", "text-is-utf8", "8.1", "at the first impossible byte"),
        ("any-rsv1", "3.4", "reserved-bits", "5.2", "fail the connection with 1002"),
        ("wrong-code", "4.1.1", "reserved-opcode", "5.2", "keep refusing it, but with 1002"),
        ("wrong-code", "2.5", "control-too-long", "5.5", "keep refusing it, but with 1002"),
        ("any-close", "7.5.1", "close-reason-utf8", "8.1", "look for it in what arrives"),
        ("any-close", "7.9.6", "close-code-known", "7.4.2", "look for it in what arrives"),
        ("shortens", "1.1.2", None, "6.2", "send back each message"),
    ],
)
async def test_a_fault_has_its_rule_section_and_fix(
    fault: str, case: str, rule: str | None, section: str, fix: str
) -> None:
    found = only(await graded(fault, case))
    assert found.grade == ("failed" if fault else "non-strict")
    assert found.lesson is not None
    assert (found.lesson.rule, found.lesson.section) == (RULES[rule] if rule else None, section)
    assert fix in found.lesson.fix


async def test_a_server_that_answers_no_ping_fails_where_a_pong_is_expected_and_nowhere_else() -> None:
    report = await graded("no-pong", "2.*", "3.*", "5.1", "5.6")
    assert [case.id for case in report.of("failed")] == [
        "2.1",
        "2.2",
        "2.3",
        "2.4",
        "2.6",
        "2.9",
        "2.10",
        "2.11",
        "5.6",
    ]
    assert [len(taught.cases) for taught in report.taught] == [9]
    assert not report.passed


async def test_a_server_that_takes_any_text_fails_where_text_is_no_utf8() -> None:
    report = await graded("any-text", "6.1.*", "6.2.*", "6.3.*", "6.14.*")
    assert {case.id.rpartition(".")[0] for case in report.of("failed")} == {"6.3", "6.14"}
    assert {case.lesson.rule.id for case in report.of("failed") if case.lesson and case.lesson.rule} == {"text-is-utf8"}


async def test_the_first_wrong_bit_has_its_place_in_the_bytes_of_the_case() -> None:
    found = only(await graded("any-text", "6.3.1"))
    assert found.lesson is not None
    at = re.match(r"byte (\d+), bit 0: 0xa0 behind ed", found.lesson.where)
    assert at is not None
    wire, payload = int(at[1]), int(at[1]) - 6  # two bytes of header and four of key before it
    assert found.sent.data[wire] ^ found.sent.data[2 + payload % 4] == 0xA0


async def test_what_the_suite_does_not_look_at_is_remarked() -> None:
    report = await graded("masks", "1.1.1", "1.1.2", "2.1")
    assert [case.grade for case in report.cases] == ["ok"] * 3
    assert [case.remark.rule.id for case in report.remarks if case.remark and case.remark.rule] == [
        "server-does-not-mask"
    ] * 3
    assert not report.passed
    assert [(taught.is_remark, len(taught.cases)) for taught in report.taught] == [(True, 3)]


async def test_what_the_suite_itself_refuses_is_the_lesson_and_no_remark() -> None:
    report = await graded("reserved", "1.1.2")
    assert [(taught.is_remark, taught.lesson.rule) for taught in report.taught] == [(False, RULES["reserved-opcode"])]


async def test_informational_cases_are_explained_with_their_section() -> None:
    report = await graded("", "7.1.6", "7.13.*")
    assert [case.lesson.section for case in report.cases if case.lesson] == ["5.5.1", "7.4.2", "7.4.2"]
    assert report.passed


async def test_what_the_rfc_leaves_open_is_no_remark_and_no_failure() -> None:
    report = await graded("any-close", "7.13.*")
    assert [case.received.partition(", ")[0].rpartition(" ")[2] for case in report.cases] == ["5000", "65535"]
    assert not report.taught
    assert report.passed


async def test_compression_that_is_not_spoken_is_no_failure() -> None:
    report = await graded("", "12.1.1")
    assert only(report).grade == "unimplemented"
    assert report.passed
