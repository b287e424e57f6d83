"""`wslab conformance`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conformance.__main__ import CLIENT, serving, table
from wslab.cli.main import main
from wslab.conformance.lessons import never_run
from wslab.conformance.page import as_page
from wslab.conformance.report import Case, Report
from wslab.conformance.results import Log
from wslab.protocol import Role


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["conformance", *arguments], prog_name="wslab")


@pytest.fixture(scope="module")
def good() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def bad() -> Iterator[str]:
    with serving("tests.conformance.careless", "no-pong", "any-text", "masks") as url:
        yield url


def test_all_well_is_exit_code_0_and_a_table(good: str) -> None:
    result = run(good, "-i", "2.*", "-i", "7.13.*", "-x", "2.1")
    assert result.exit_code == 0
    assert "Ping and Pong" in result.stdout
    assert "10 ok, 2 informational of 12" in " ".join(result.stdout.split())
    assert "7.13.1" in result.stdout
    assert "§7.4.2" in result.stdout
    assert "case 12 of 12, 0 failed" in result.stderr


def test_a_failure_is_exit_code_1_and_taught_with_its_bytes(bad: str) -> None:
    result = run(bad, "-i", "2.1", "-i", "6.3.1", "-i", "1.1.1")
    said = " ".join(result.stdout.split())
    assert result.exit_code == 1
    assert "× A Ping must be answered with a Pong that carries the same payload (§5.5.2). 1 case" in said
    assert "× A text message must be valid UTF-8 as a whole (§8.1). 1 case" in said
    assert "fail the connection with 1007 (§7.1.7)" in said
    assert "The bytes of 6.3.1, as the server receives them, with wslab's own verdict:" in said
    assert "Masking-key" in said
    assert "× A server must not mask any frame that it sends (§5.1). 3 cases" in said
    assert "the suite does not grade this" in said


def test_the_page_and_the_data_are_written(bad: str, tmp_path: Path) -> None:
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    result = run(bad, "-i", "2.1", "-i", "6.3.1", "-i", "7.13.1", "--html", str(page), "--json", str(data))
    assert result.exit_code == 1
    told = json.loads(data.read_text())
    assert [case["grade"] for case in told["cases"]] == ["failed", "failed", "informational"]
    shown = page.read_text()
    assert shown.startswith("<!doctype html>")
    assert "A text message must be valid UTF-8 as a whole" in shown
    assert 'class="wsl-octs"' in shown
    assert "https://www.rfc-editor.org/rfc/rfc6455#section-8.1" in shown
    assert not any(loader in shown for loader in ("<link", "<img", " src=", "@import", "url(http"))


def test_a_client_is_graded_by_its_command() -> None:
    result = run("--client", "-i", "1.1.1", "-i", "5.3", "--", *CLIENT)
    assert result.exit_code == 0
    assert "2 ok of 2" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give one address"),
        (("ws://127.0.0.1:1", "ws://127.0.0.1:2"), "Give one address"),
        (("--client",), "Give one address"),
        (("ws://127.0.0.1:1",), "Nobody listens"),
        (("127.0.0.1:1",), "ws://127.0.0.1:9001/"),
        (("ws://127.0.0.1:1", "-i", "99.1"), "No case matches '99.1'"),
        (("ws://192.0.2.1:1",), "beyond this machine"),
        (("ws://127.0.0.1:1", "--html", "/nowhere/at/all.html"), "cannot be written: No such file or directory"),
        (("--client", "-i", "1.1.1", "--", "/nowhere/client"), "cannot be started"),
        (("--client", "-i", "1.1.1", "--", sys.executable, "-c", "1"), "ran no case"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_the_suite_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, good: str) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "kosoku":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    result = run(good)
    assert result.exit_code == 2
    assert "pip install 'wslab[conformance]'" in result.stderr


def case(number: str, grade: Any, title: str = "") -> Case:
    nothing = Log(b"", whole=True)
    taught = never_run() if grade == "failed" else None
    return Case(number, title, grade, "", "", "", "", "", "", nothing, nothing, 0.0, taught)


def test_what_a_peer_says_is_data_in_the_page() -> None:
    hostile = "<script>alert(1)</script>"
    report = Report(Role.CLIENT, hostile, hostile, "suite", 1.0, (case("1.1.1", "failed", hostile),))
    assert hostile not in as_page(report)
    assert "&lt;script&gt;alert(1)" in as_page(report)


def test_the_table_of_both_roles_counts_by_group() -> None:
    server = Report(Role.SERVER, "", "", "", 1.0, (case("1.1.1", "ok"), case("7.1.6", "informational")))
    client = Report(Role.CLIENT, "", "", "", 1.0, (case("1.1.1", "failed"), case("7.1.6", "informational")))
    rows = table(server, client).splitlines()
    assert rows[2] == "| 1 | Messages of every size | 1 | 1 ok | 1 failed |"
    assert rows[-1] == "|  | **all** | 2 | 1 ok, 1 informational | 1 informational, 1 failed |"
