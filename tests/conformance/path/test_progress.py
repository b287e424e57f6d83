"""The progress file: what it keeps of a run, and of those before."""

from __future__ import annotations

import json

import pytest

from wslab.conformance.lessons import PONG
from wslab.conformance.path.judging import Finding
from wslab.conformance.path.progress import as_progress, is_passed, read_progress
from wslab.conformance.path.run import Result, StageResult
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.protocol import Offset

PING = STAGES["ping"]
RIGHT = StageResult(PING, tuple(Result(case, None, Finding()) for case in PING.cases), 0.12345)
NOTED = StageResult(PING, (Result(PING.cases[0], None, Finding(note="could be better")),), 0.1)
WRONG = StageResult(
    PING,
    (Result(PING.cases[0], None, Finding("No Pong.", lesson=PONG, expected=b"\x8a\x00", wrong=Offset(0, 3))),),
    2.0,
)


def test_a_run_is_kept_and_read_again() -> None:
    kept = as_progress({}, ["./server", "{port}"], [RIGHT], "0.1.0")
    assert read_progress(json.dumps(kept)) == kept
    assert (kept["format"], kept["version"], kept["wslab"]) == ("wslab-build", 1, "0.1.0")
    assert is_passed(kept, "ping")
    assert not is_passed(kept, "echo")
    assert kept["stages"]["ping"]["seconds"] == 0.123


def test_a_stage_that_fails_later_keeps_when_it_first_passed_and_says_why_it_fails() -> None:
    first = as_progress({}, "ws://127.0.0.1:80/", [RIGHT], "0.1.0")
    then = as_progress(first, "ws://127.0.0.1:80/", [WRONG], "0.1.0")
    stage = then["stages"]["ping"]
    assert (stage["passed"], stage["runs"], stage["first_passed"]) == (False, 2, first["stages"]["ping"]["run"])
    assert stage["failed"] == {
        "case": "payload",
        "title": "a Ping with the payload “1”",
        "problem": "No Pong.",
        "rule": None,
        "section": "5.5.2",
        "byte": 0,
        "bit": 3,
        "expected": "8a00",
        "came": "",
    }


def test_remarks_are_kept() -> None:
    kept = as_progress({}, [], [NOTED], "0.1.0")
    assert kept["stages"]["ping"]["notes"] == [{"case": "payload", "note": "could be better"}]


def test_stages_stand_in_the_order_of_the_path_and_those_of_others_behind_them() -> None:
    before = {"stages": {"of-a-later-version": {"passed": True}, "utf8": {"passed": True}, "echo": "damaged"}}
    kept = as_progress(before, [], [RIGHT], "0.1.0")
    assert list(kept["stages"]) == ["echo", "ping", "utf8", "of-a-later-version"]
    assert not is_passed(kept, "echo")


def test_a_hostile_file_is_refused_in_a_short_sentence() -> None:
    for text in ("[" * 100_000, json.dumps({"format": "wslab-build", "stages": {}, "version": "9" * 100_000})):
        with pytest.raises(ValueError, match=r"^(is no JSON|has version '9{39} of the format, .*)$"):
            read_progress(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no JSON"),
        ("[1]", "is not a progress file"),
        ('{"format": "other", "version": 1, "stages": {}}', "is not a progress file"),
        ('{"format": "wslab-build", "version": 1, "stages": []}', "is not a progress file"),
        ('{"format": "wslab-build", "version": 2, "stages": {}}', "has version 2"),
    ],
)
def test_what_is_no_progress_file_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_progress(text)
