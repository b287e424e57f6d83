"""`wslab.report`: what it notes, what it writes and when, and the files that it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wslab
from wslab.course.hand_in.contents import LARGEST, Report, as_text, read_report
from wslab.course.hand_in.notes import MOST_NOTES, MOST_TEXT, NOTES, CheckNote, Notes, PredictionNote, noted
from wslab.course.report import CheckResult

PREDICTION = PredictionNote("Which code?", "1000", "1006", False, "04-x")
CHECK = CheckNote("check_repaired", "repaired", "wrong", False, 3, "", "not-mac", "07-y")
REPORT = Report("Ada", (PREDICTION,), (CHECK,), "2026-11-29T10:00:00+00:00")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No notes yet, and a folder of its own."""
    monkeypatch.chdir(tmp_path)
    kept = dict(NOTES.predictions), dict(NOTES.checks), NOTES.left_out
    NOTES.__init__()  # type: ignore[misc]
    yield
    NOTES.predictions, NOTES.checks, NOTES.left_out = kept


def predict(choice: object, actual: object, question: str = "Which code?") -> None:
    prediction = wslab.Prediction(question, [1000, 1006])
    prediction.choose(choice)
    prediction.resolve(actual)


def test_nothing_is_written_before_it_is_asked_for(tmp_path: Path) -> None:
    predict(1000, 1006)
    wslab.check_repaired(lambda text: text)
    assert list(tmp_path.iterdir()) == []
    assert str(wslab.report("Ada", path=None)) == "Ada: 0 of 1 predictions right, 0 of 1 checks passed."
    assert list(tmp_path.iterdir()) == []


def test_it_writes_one_file_with_what_was_predicted_and_checked() -> None:
    predict(1006, 1006)

    def repaired(text: str) -> str:
        return text

    wslab.check_repaired(repaired)
    wslab.check_bytes(b"\x81\x00", b"\x81\x00")
    wslab.check.unmask(lambda payload, key: payload)
    said = wslab.report("Ada")
    assert str(said) == (
        "Ada: 1 of 1 predictions right, 1 of 3 checks passed. It is in wslab-report.json; nothing was sent."
    )
    data = json.loads(Path("wslab-report.json").read_text("utf-8"))
    assert data["predictions"] == [
        {"question": "Which code?", "chosen": "1006", "actual": "1006", "right": True, "cell": ""}
    ]
    assert [(each["check"], each["function"], each["result"]) for each in data["checks"]] == [
        ("check_repaired", "repaired", "wrong"),
        ("check_bytes", "", "right"),
        ("check.unmask", "<lambda>", "wrong"),
    ]
    assert data["checks"][2]["rule"] == "client-masks"


def test_a_choice_after_the_run_is_no_prediction() -> None:
    prediction = wslab.Prediction("Which code?", [1000, 1006])
    prediction.resolve(1006)
    prediction.choose(1006)
    prediction.resolve(1006)
    assert wslab.report("Ada", path=None).predictions == (PredictionNote("Which code?", None, "1006", None),)


def test_the_first_choice_counts_where_the_cells_run_again() -> None:
    predict(None, 1006)
    predict(1000, 1006)
    predict(1006, 1006)
    assert [each.chosen for each in wslab.report("Ada", path=None).predictions] == ["1000"]


def test_a_check_that_was_right_has_passed_whatever_it_says_later() -> None:
    for mine in (b"", b"\x81\x00", b"\x81\x01"):
        wslab.check_bytes(mine, b"\x81\x00")
    (check,) = wslab.report("Ada", path=None).checks
    assert (check.result, check.passed, check.runs) == ("wrong", True, 3)


@pytest.mark.parametrize("name", [each for each in wslab.__all__ if each.startswith("check_")])
def test_each_public_check_notes_itself(name: str) -> None:
    check = getattr(wslab, name)
    makes = CheckResult(True, "well done.")
    noting = noted(lambda mine: makes, name)
    assert check.__code__ is noting.__code__, "it goes through `noted`"
    assert noting(None) is makes
    assert [(each.check, each.result) for each in NOTES.checks.values()] == [(name, "right")]


@pytest.mark.parametrize("name", [each for each in wslab.check.__all__ if each != "complete"])  # which is no check
def test_each_check_of_the_protocol_notes_itself(name: str) -> None:
    getattr(wslab.check, name)(None)
    assert [each.check for each in NOTES.checks.values()] == [f"check.{name}"]


def test_a_kernel_adds_to_the_file_of_the_one_before() -> None:
    wslab.check_bytes(b"\x81\x00", b"\x81\x00")
    predict(1000, 1006, "first?")
    wslab.report("Ada")
    NOTES.__init__()  # type: ignore[misc]
    wslab.check_bytes(b"", b"\x81\x00")
    predict(1006, 1006, "first?")
    predict(1006, 1006, "second?")
    made = wslab.report("Ada")
    assert [(each.question, each.chosen) for each in made.predictions] == [("first?", "1000"), ("second?", "1006")]
    assert [(each.result, each.passed, each.runs) for each in made.checks] == [("not yet", True, 1)]
    assert wslab.report("Ada").checks == made.checks, "asking twice counts nothing twice"


def test_the_file_of_another_name_is_left_alone() -> None:
    wslab.report("Ada", "mine.json")
    with pytest.raises(ValueError, match=r"^mine\.json is the report of 'Ada': choose another file"):
        wslab.report("Ben", "mine.json")


@pytest.mark.parametrize("name", ["", " \n", "x" * (MOST_TEXT + 1)])
def test_a_report_needs_a_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"^Say whose report it is"):
        wslab.report(name)


def test_notes_are_bounded() -> None:
    notes = Notes()
    for number in range(MOST_NOTES + 3):
        notes.add_prediction(PredictionNote(f"{number}?", None, "1", None))
        notes.add_check(CheckNote("check_bytes", f"f{number}", "wrong", False))
    assert (len(notes.predictions), len(notes.checks), notes.left_out) == (MOST_NOTES, MOST_NOTES, 6)
    predict(1000, 1006, "long? " * 1000)
    assert [len(question) for _, question in NOTES.predictions] == [MOST_TEXT]


def test_a_report_is_read_as_it_was_written() -> None:
    odd = replace(REPORT, name="Zoë \u202e \ud800 \x1b[31m")
    assert read_report(as_text(REPORT)) == REPORT
    assert read_report(as_text(odd)) == odd


def test_names_of_later_versions_are_skipped() -> None:
    assert read_report(json.dumps({**json.loads(as_text(REPORT)), "mood": "good"})) == REPORT


def hostile(**changed: Any) -> str:
    return json.dumps({**json.loads(as_text(REPORT)), **changed})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        (f'{{"version": {"9" * 10_000}}}', "is no JSON"),
        ("[]", "is not a report of wslab"),
        (hostile(format="wslab-build"), "is not a report of wslab"),
        (hostile(version=2), "has version 2 of the format, and this wslab knows version 1"),
        (hostile(name=None), "has no good `name` in the report: it has to be a text of at most 500 characters"),
        (hostile(name="x" * 501), "has no good `name` in the report: it has to be a text of at most 500 characters"),
        (hostile(predictions={}), "has no good `predictions` in the report: it has to be a list of at most 500"),
        (hostile(checks=[{}] * 501), "has no good `checks` in the report: it has to be a list of at most 500"),
        (hostile(checks=[1]), "has something other than an object for `checks` number 1"),
        (hostile(left_out=-1), "has no good `left_out` in the report: it has to be a number from 0 on"),
        (hostile(left_out=True), "has no good `left_out` in the report: it has to be a number from 0 on"),
        (
            hostile(predictions=[{"question": "?", "chosen": None, "actual": "1", "right": 1, "cell": ""}]),
            "has no good `right` in `predictions` number 1: it has to be one of true, false, null",
        ),
        (
            hostile(checks=[{"check": "c", "function": "", "result": "best", "passed": True}]),
            "has no good `result` in `checks` number 1: it has to be one of "
            '"not yet", "right", "wrong", "raises", "hangs"',
        ),
    ],
    ids=range(15),
)
def test_a_file_that_is_none_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        read_report(text)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"x" * (LARGEST + 1), "has more than the 2,097,152 bytes of a report"), (b"\xff", "is no JSON")],
    ids=["large", "no UTF-8"],
)
def test_what_stands_in_place_of_a_report_is_not_touched(content: bytes, why: str) -> None:
    Path("wslab-report.json").write_bytes(content)
    with pytest.raises(ValueError, match=why):
        wslab.report("Ada")
    assert Path("wslab-report.json").read_bytes() == content


def test_a_folder_in_its_place_is_refused() -> None:
    Path("wslab-report.json").mkdir()
    with pytest.raises(ValueError, match="is not a file"):
        wslab.report("Ada")
