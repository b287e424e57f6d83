"""The cases for practice: what they show, what `diagnose` says of them, and sheets of answers."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.notebooks.course import load
from wslab.course.diagnosis import NOTEBOOK, diagnose
from wslab.course.diagnosis.practice import case_file, check_diagnoses, check_useless
from wslab.course.diagnosis.practice.proposals import PROPOSALS
from wslab.protocol import Opcode
from wslab.tape.tape import Tape

CASES = {
    "A": "blocked-loop",
    "B": "idle-proxy",
    "C": "inspecting-proxy",
    "D": "tunnel",
    "E": "blocked-loop",
    "F": "pong-behind-upload",
    "G": "pong-behind-queue",
}


@pytest.mark.parametrize("letter", "AB")
def test_the_first_guess_is_right_where_the_case_says_all(letter: str) -> None:
    assert diagnose(case_file(letter)).causes[0].cause.name == CASES[letter]


def test_one_case_needs_an_answer_to_the_question() -> None:
    found = diagnose(case_file("C"))
    assert found.causes[0].cause.name != CASES["C"]
    assert found.answer(who="place").causes[0].cause.name == CASES["C"]


@pytest.mark.parametrize("letter", "DEFG")
def test_four_captures_end_with_the_same_close_and_their_times_tell_the_cause(letter: str) -> None:
    tape = case_file(letter)
    assert isinstance(tape, Tape)
    assert (tape.frames(Opcode.CLOSE)[0].plain or b"")[2:] == b"keepalive ping timeout"
    assert diagnose(tape).causes[0].cause.name == CASES[letter]


def test_as_a_line_of_a_log_their_close_has_one_first_guess() -> None:
    line = "sent 1011 (internal error) keepalive ping timeout; no close frame received"
    guess = diagnose(line).causes[0].cause.name
    assert [letter for letter in "DEFG" if CASES[letter] == guess] == ["E"]


def captured(letter: str) -> Tape:
    tape = case_file(letter)
    assert isinstance(tape, Tape)
    return tape


def test_the_captures_show_what_the_solution_says() -> None:
    pong = captured("D").frames(Opcode.PONG)[-1]
    late = [entry.arrived for entry in captured("D") if entry.time < 27 and entry.arrived and entry.arrived >= 27]
    assert round(pong.time) == 27
    assert len(late) == 4, "the client's text, the Ping, the Close and the FIN"

    assert captured("E").frames(Opcode.PONG) == []
    assert round(captured("E").frames(Opcode.TEXT, "server")[0].time) == 45

    pong, upload = (captured("F").frames(opcode)[0] for opcode in (Opcode.PONG, Opcode.BINARY))
    assert len(upload.plain or b"") == 900_000
    assert upload.time < pong.time
    assert upload.arrived is None

    read = [entry.arrived or 0 for entry in captured("G").frames(Opcode.BINARY)][1:]
    assert [round(later - each) for each, later in pairwise(read)] == [9, 10, 10, 10]


@pytest.mark.parametrize("letter", "BDEFG")
def test_a_capture_tells_neither_beliefs_nor_the_scenario(letter: str) -> None:
    tape = case_file(letter)
    assert type(tape) is Tape
    assert {entry.client for entry in tape} | {entry.server for entry in tape} == {None}
    assert "fault" not in {entry.kind for entry in tape}


def test_another_letter_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="The cases are A, B, C, D, E, F, G; this is 'H'"):
        case_file("H")
    with pytest.raises(ValueError, match="this is 'H'"):
        check_diagnoses({}, "AH")


def test_the_right_sheets_pass() -> None:
    assert check_diagnoses(CASES, "ABCDEFG")
    assert check_useless({"sixty-seconds": "b", "upload-timeout": "c", "restart-storm": "a"})


@pytest.mark.parametrize(
    ("letter", "said", "hint"),
    [
        ("A", "tunnel", "it is this program and not the network"),
        ("B", "age-limit", "A limit on age asks for no silence"),
        ("C", "upgrade-stripped", "under TLS, and in the office only"),
        ("E", "tunnel", "the server's answer itself is sent late"),
        ("F", "tunnel", "the network was not away"),
        ("G", "pong-behind-upload", "no large message"),
        ("D", "blocked-loop", "Look at the Ping"),
        ("A", "half-open", "Give the text to diagnose"),
        ("A", 1011, "Say one of age-limit, "),
    ],
)
def test_a_wrong_cause_is_told_why_not(letter: str, said: object, hint: str) -> None:
    result = check_diagnoses({letter: said}, letter)
    assert result.ok is False
    assert hint in result.hint


def test_a_useful_fix_is_told_what_its_run_says() -> None:
    result = check_useless({"sixty-seconds": "a"})
    assert result.hint == "It helps: sides that report 1006, 2 as it is and 0 with it."


@pytest.mark.parametrize(
    ("symptom", "letter"), [(name, letter) for name, each in PROPOSALS.items() for letter in each.values]
)
def test_the_runs_say_which_proposal_does_not_help(symptom: str, letter: str) -> None:
    proposals = PROPOSALS[symptom]
    run = diagnose(symptom=symptom).confirm(**proposals.values[letter])
    assert run.gone is (letter != proposals.useless), str(run)


@pytest.mark.parametrize("mine", [None, ..., {}, {"A": ""}, {"A": None}])
def test_an_empty_sheet_is_not_yet(mine: object) -> None:
    assert check_diagnoses(mine, "A").ok is None


def test_a_half_filled_sheet_says_what_is_left_and_never_what_is_right() -> None:
    result = check_diagnoses({"D": "tunnel"}, "DE")
    assert (result.ok, result.sentence) == (None, "E still empty.")


@pytest.mark.parametrize("mine", ["tunnel", ["tunnel"], {"tunnel"}, 7])
def test_what_is_no_sheet_is_told_the_form(mine: object) -> None:
    result = check_diagnoses(mine, "D")
    assert result.ok is False
    assert result.hint == "Write a dict, as in {'D': 'blocked-loop'}."


def test_the_table_of_the_notebook_has_the_proposals() -> None:
    text = "\n".join(cell.source for cell in load(NOTEBOOK).cells)
    for symptom, proposals in PROPOSALS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{symptom}` |"))
        for cell, values in zip(row.split("|")[2:], proposals.values.values(), strict=False):
            ((name, value),) = values.items()
            assert cell.strip().split("`")[1].replace("_0", "0").replace('"', "'") == f"{name}={value!r}", cell
