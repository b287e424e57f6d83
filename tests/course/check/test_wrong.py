"""The wrong solutions: each fails its check with the right rule, most are named, and each solution of ours passes.

    python -m tests.course.check.test_wrong

prints what share of them is named, and the median time of a check.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from tests.course.check.wrong import SOLUTIONS, Solution, _answer, _server
from wslab import check
from wslab.course.check.tasks import TASKS
from wslab.course.exercises.server_solution import SERVER
from wslab.course.report import CheckResult
from wslab.protocol import RULES


def function_of(source: str, name: str) -> Any:
    """The function that some source defines."""
    given: dict[str, Any] = {}
    exec(source, given)
    return given[name]


def checked(solution: Solution) -> CheckResult:
    report: CheckResult = getattr(check, solution.check)(function_of(solution.source, solution.check))
    return report


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda each: f"{each.check}-{each.mistake}")
def test_a_wrong_solution_is_told_with_its_rule_and_its_name(solution: Solution) -> None:
    report = checked(solution)
    assert (report.ok, report.rule, report.mistake) == (False, solution.rule, solution.mistake)
    assert report.input is not None
    assert report.helps
    assert str(report)


@pytest.mark.parametrize(
    ("solution", "says"),
    [
        (
            _answer("", "", ("400 Bad Request", "503 No")),
            "It refuses with 503; the mistake is the client's, so the status begins with 4",
        ),
        (_server("", "", ("send(writer, 8, payload[:2])", 'send(writer, 8, b"")')), "Close 1001 carries no code."),
        (_server("", "", ("first & 0x70 or ", "")), "a frame with RSV1, and gets it back."),
        (
            _server("", "", ('send(writer, 8, (1002).to_bytes(2, "big"))', 'send(writer, 1, b"error")')),
            "a frame that is not masked, and gets a message for it.",
        ),
    ],
)
def test_a_sentence_tells_what_was_done(solution: Solution, says: str) -> None:
    assert says in checked(solution).sentence


def test_there_are_enough_of_them_and_most_have_a_name() -> None:
    assert len(SOLUTIONS) >= 120
    assert sum(bool(each.mistake) for each in SOLUTIONS) >= 0.85 * len(SOLUTIONS)


@pytest.mark.parametrize("name", TASKS)
def test_the_solution_passes_with_inputs_of_both_kinds(name: str) -> None:
    report = getattr(check, name)(function_of(TASKS[name].solution, name))
    assert report.ok is True
    assert "by hypothesis" in report.sentence
    assert report.helps == ()


@pytest.mark.parametrize("name", TASKS)
def test_the_cases_tell_of_each_mistake_and_no_two_are_the_same(name: str) -> None:
    task = TASKS[name]
    results: dict[str, list[str]] = {}
    for mistake in task.mistakes:
        assert mistake.rule in RULES
        wrong = [task.wrong(mistake, case).key for case in task.cases]
        right = [task.right(case).key for case in task.cases]
        assert sum(one != two for one, two in zip(wrong, right, strict=True)) >= 1, mistake.name
        results.setdefault(repr(wrong), []).append(mistake.name)
    assert [each for each in results.values() if len(each) > 1] == []


@pytest.mark.parametrize("name", TASKS)
def test_the_table_of_cases_has_no_case_twice(name: str) -> None:
    keys = [case.key for case in TASKS[name].cases]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_the_solution_of_the_server_passes() -> None:
    assert check.server(function_of(SERVER, "server")).ok is True


def main() -> None:
    """What share of the wrong solutions is named, and how long a check takes."""
    times, named = [], 0
    for name, task in TASKS.items():
        getattr(check, name)(function_of(task.solution, name))  # what is loaded once is not counted
    for solution in SOLUTIONS:
        began = perf_counter()
        report = checked(solution)
        times.append(perf_counter() - began)
        named += bool(report.mistake)
    print(f"{len(SOLUTIONS)} wrong solutions, {named} named: {named / len(SOLUTIONS):.0%}")
    print(f"median time of a check: {median(times) * 1000:.0f} ms, longest {max(times):.2f} s")


if __name__ == "__main__":
    main()
