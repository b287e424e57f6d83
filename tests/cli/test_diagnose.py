"""`wslab diagnose`: what is given in each way, what is printed, the exit code, and the run."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli.test_completion import names
from wslab.cli.main import main
from wslab.course.diagnosis import SYMPTOMS
from wslab.scenarios import play

TIMED_OUT = (
    "2026/01/01 12:00:00 [error] 31#31: *1 upstream timed out (110: Connection timed out) while proxying upgraded"
    ' connection, client: 192.0.2.1, server: x, request: "GET /ws HTTP/1.1", upstream: "http://127.0.0.1:9000/ws"'
)


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["diagnose", *arguments], input=given)


def causes(*arguments: str, given: str | bytes | None = None) -> list[str]:
    return [each["name"] for each in json.loads(run(*arguments, "--json", given=given).stdout)["causes"]]


def test_a_text_a_file_of_text_and_standard_input_are_the_same(tmp_path: Path) -> None:
    log = tmp_path / "error.log"
    log.write_text(f"a line of no matter\n{TIMED_OUT}\n")
    found = causes(TIMED_OUT)
    assert found[0] == "idle-proxy"
    assert causes(str(log)) == found
    assert causes("-", given=log.read_text()) == found


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "error.log"
    log.write_text("nothing to see here\n" * 100_000 + TIMED_OUT)
    assert causes(str(log))[0] == "idle-proxy"


def test_a_recording_is_read_as_one_also_from_standard_input(tmp_path: Path) -> None:
    tape = play("message-too-big")
    tape.save(tmp_path / "tape.jsonl")
    assert causes(str(tmp_path / "tape.jsonl"))[0] == "message-too-big"
    assert causes("-", given=(tmp_path / "tape.jsonl").read_bytes())[0] == "message-too-big"


def test_a_dump_as_an_argument_is_a_recording() -> None:
    assert causes("c1 05 48 65 6c 6c 6f")[0] == "rsv1-unasked"


def test_what_looks_like_bytes_and_is_a_message_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "code.txt").write_text("1006\n")
    assert causes(str(tmp_path / "code.txt"))[0] == "cut"


def test_what_is_not_known_is_said_and_all_symptoms_are_offered() -> None:
    result = run("the printer is on fire")
    assert (result.exit_code, result.stdout.startswith("Not one of these")) == (1, True)
    assert [each.name for each in SYMPTOMS if f"\n  {each.name}: " not in result.stdout] == []
    assert run("--symptom", "ghosts").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--symptom with one of these"),
        (["no/such/file.har"], "is no file"),
        (["1006", "--answer", "when=now"], "when is one of quiet, age"),
        (["1006", "--answer", "why=so"], "The questions are open, when, who"),
        (["--symptom", "pain"], "The symptoms are 1006"),
    ],
)
def test_a_wrong_word_is_one_sentence(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_an_answer_changes_the_order() -> None:
    assert causes("1006", "--answer", "when=move")[0] == "network-change"
    assert causes("1006", "--answer", "when=quiet")[0] == "idle-proxy"


def test_the_settings_of_what_was_recognised_come_first() -> None:
    lines = [each.strip() for each in run(TIMED_OUT).stdout.splitlines()]
    first = lines.index("Fix: Send a Ping more often than the timer, or raise the timer.") + 1
    assert lines[first] == "nginx: proxy_read_timeout"
    assert lines[first + 4].startswith("See: ")


def test_the_first_cause_is_played_with_the_numbers_of_the_message() -> None:
    line = 'haproxy[9]: 192.0.2.1:3 [x] web app/s1 0/0/1/2/120000 101 387 - - sD-- 4/4/3/2/0 0/0 "GET /ws HTTP/1.1"'
    result = run(line, "--play")
    assert result.exit_code == 0
    assert "idle = 120" in " ".join(result.stdout.split())


def test_markup_and_control_characters_of_a_log_stay_data() -> None:
    hostile = "\x1b[31m[red]CloseEvent {code: 4321, reason: '\x1b]0;x\x07[/]'}"
    for arguments in (["--json"], []):
        result = run(hostile, *arguments)
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout


def test_a_secret_of_a_log_is_not_printed() -> None:
    line = '192.0.2.1 - - [x] "GET /ws?token=s3cr3t HTTP/1.1" 403 157'
    for arguments in (["--json"], []):
        assert "s3cr3t" not in run(line, *arguments).stdout


@pytest.fixture
def a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("wslab.cli.diagnose"), "may_ask", lambda: True)


@pytest.mark.usefixtures("a_person")
def test_a_person_is_asked_and_the_answers_count() -> None:
    result = run("1006", given="yes\nquiet\n\n")
    assert result.exit_code == 0
    assert result.stdout.index("When does it end?") < result.stdout.index("\n1. A proxy ended a connection")
    assert "--answer" not in result.stdout


@pytest.mark.usefixtures("a_person")
def test_a_person_may_choose_a_symptom_where_nothing_was_recognised() -> None:
    assert "[wslab play zombie-user]" in run("the printer is on fire", given="ghosts\n\n\n\n").stdout
    assert run("the printer is on fire", given="\n").exit_code == 1


def test_what_a_shell_offers() -> None:
    assert names("diagnose", "--symptom", "10") == ["1006", "1011", "1007", "1009"]
    assert names("diagnose", "--answer", "when=q") == ["when=quiet"]
