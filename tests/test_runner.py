"""`python -m tests` itself: its stages, its order, its exit code, and the way it gets a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from tests import __main__ as runner

Codes = Callable[[dict[str, int]], list[list[str]]]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Codes:
    """Replace the tools by exit codes; give the list of commands that were run."""

    def use(codes: dict[str, int]) -> list[list[str]]:
        ran: list[list[str]] = []

        def run(command: Sequence[str]) -> int:
            ran.append(list(command))
            return codes.get(command[0], 0)

        monkeypatch.setattr(runner, "run", run)
        monkeypatch.setattr(runner, "find_chromium", lambda: "/usr/bin/true")
        monkeypatch.setattr(runner, "find_tshark", lambda: "/usr/bin/true")
        monkeypatch.setenv("WSLAB_CHROMIUM", "")
        return ran

    return use


def test_all_stages_run_and_pytest_gets_the_arguments_last(tools: Codes) -> None:
    ran = tools({})
    assert runner.main(["-k", "frames", "-x"]) == 0
    assert [command[0] for command in ran] == ["ruff", "ruff", "mypy", "pytest"]
    assert ran[-1] == ["pytest", "-k", "frames", "-x"]
    assert ran[2] == ["mypy", "--strict"]


def test_without_arguments_the_lowest_versions_come_last_and_are_made_beside_the_rest(tools: Codes) -> None:
    ran = tools({"tests.lowest": 3})
    assert runner.main([]) == 3
    made, last = ["tests.lowest", "--make"], ["tests.lowest", "--made"]
    assert sorted(command[:2] for command in ran if command[0] == "tests.lowest") == [last, made]
    assert [command[:2] for command in ran if command[:2] != made][-2:] == [["pytest", "-n"], last]
    assert len({command[2] for command in ran if command[0] == "tests.lowest"}) == 1


@pytest.mark.parametrize("asked", ["--make", "--made"])
def test_a_failure_of_either_part_of_the_lowest_versions_fails_the_whole(
    asked: str, tools: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools({})
    monkeypatch.setattr(runner, "run", lambda command: int(asked in command))
    assert runner.main([]) == 1


def test_conformance_is_run_alone_with_its_cases(tools: Codes) -> None:
    ran = tools({"tests.conformance": 1})
    assert runner.main(["--conformance", "3.*"]) == 1
    assert ran == [["tests.conformance", "3.*"]]


@pytest.mark.parametrize(("codes", "code"), [({"ruff": 1}, 1), ({"mypy": 2}, 2), ({"pytest": 5}, 5)])
def test_a_stage_that_fails_lets_the_next_run_and_fails_the_whole(
    codes: dict[str, int], code: int, tools: Codes, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = tools(codes)
    assert runner.main([]) == code
    assert len(ran) == 6
    assert ("FAILED" in capsys.readouterr().out) is ("pytest" not in codes)


def test_each_stage_tells_its_time(tools: Codes, capsys: pytest.CaptureFixture[str]) -> None:
    tools({})
    runner.main([])
    said = capsys.readouterr().out
    assert all(f"== {name}: ok in " in said for name in runner.STAGES)
    assert said.splitlines()[-2] == "== pytest"
    assert said.splitlines()[-1].startswith("== lowest versions: ok in ")


def test_what_is_compiled_is_kept_for_the_next_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = "import sys; sys.exit(sys.dont_write_bytecode)"
    assert subprocess.run([sys.executable, "-c", code], env=runner.environment(), check=False).returncode == 0


def test_the_browser_that_is_found_is_the_one_the_tests_use(tools: Codes) -> None:
    tools({})
    runner.chromium()
    assert os.environ["WSLAB_CHROMIUM"] == "/usr/bin/true"


@pytest.mark.parametrize(("get", "words"), [("chromium", "install Chromium or Chrome"), ("tshark", "install tshark")])
def test_where_nothing_may_be_installed_one_sentence_says_what_to_do(
    get: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "find_chromium", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    getattr(runner, get)()
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("get", ["chromium", "tshark"])
def test_root_on_debian_gets_it_from_apt_lists_first(
    get: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []
    found = iter([None, f"/usr/bin/{get}"])

    def run(command: list[str], **limits: object) -> None:
        assert limits["timeout"] == runner.APT_LIMIT
        ran.append(command)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(runner, f"find_{get}", lambda: next(found))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("WSLAB_CHROMIUM", "")
    getattr(runner, get)()
    assert [command[:2] for command in ran] == [["apt-get", "update"], ["apt-get", "install"]]
    assert ran[-1][-1] == get
    assert os.environ["WSLAB_CHROMIUM"] == ("/usr/bin/chromium" if get == "chromium" else "")
    said = capsys.readouterr().out
    assert "installs it" in said
    assert f"/usr/bin/{get} in " in said


def test_an_install_that_fails_is_told_and_ends_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(100, command)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(runner, "find_chromium", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    runner.chromium()
    said = capsys.readouterr().out
    assert said.count("That failed") == 1
    assert said.splitlines()[-1].endswith("the browser tests fail.")
