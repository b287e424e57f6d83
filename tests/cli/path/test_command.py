"""`wslab build`: what it prints and keeps, its exit codes, and that it leaves no program behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.cli.process import eventually, wslab
from tests.cli.screen import Terminal, in_terminal
from tests.conformance.path.playing import python
from tests.conformance.path.servers.mistakes import SERVER, write
from wslab.cli.main import main
from wslab.conformance.path.stages.catalogue import STAGES


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["build", *arguments], prog_name="wslab")


def kept(path: str = "wslab-build.json") -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_what_passes_is_ticked_and_kept() -> None:
    result = run("--stage", "ping", "--", *python(SERVER))
    assert result.exit_code == 0, result.output
    assert "✓ 6 ping Answer each Ping 6 cases" in said(result)
    assert "1 of 13 stages have passed. Next: handshake; without --stage the path goes on." in said(result)
    file = kept()
    assert (file["format"], file["version"], file["target"]) == ("wslab-build", 1, python(SERVER))
    stage = file["stages"]["ping"]
    assert (stage["passed"], stage["cases"], stage["runs"], stage["declined"]) == (True, 6, 1, False)
    assert (stage["failed"], stage["notes"], stage["first_passed"]) == (None, [], stage["run"])


def test_what_is_wrong_is_shown_with_its_first_wrong_byte_its_rule_a_hint_and_a_scenario(tmp_path: Path) -> None:
    result = run("--", *python(write("no-unmask", tmp_path)))
    assert result.exit_code == 1
    lines = [line.rstrip() for line in result.output.splitlines()]
    assert "masks / small-key: “Hello”, masked with 01 02 03 04" in lines
    assert "sent      81 85 01 02 03 04 49 67 6f 68 6e" in lines
    assert "expected  81 05 48 65 6c 6c 6f" in lines
    at = next(at for at, line in enumerate(lines) if line.startswith("came      81 05 49 67"))
    assert lines[at + 1] == "                ^^ byte 2, bit 7: 49, expected 48"
    assert "(§6.2)" in result.output
    assert "hint" in result.output
    assert "wslab play unmasked-client" in result.output
    assert "plain[i]" not in result.output
    assert "2 of 13 stages have passed. Next: masks." in lines
    failed = kept()["stages"]["masks"]["failed"]
    assert (failed["case"], failed["rule"], failed["section"]) == ("small-key", None, "6.2")
    assert (failed["byte"], failed["bit"], failed["expected"]) == (2, 7, "810548656c6c6f")


def test_the_options_behind_the_command_are_the_commands() -> None:
    code = "import runpy, sys; sys.argv[1:] = sys.argv[2:]; runpy.run_path(sys.argv.pop(), None, '__main__')"
    result = run("--stage", "ping", sys.executable, "-c", code, "--port", "{port}", str(SERVER))
    assert result.exit_code == 0, result.output


def test_a_bigger_hint_is_shown_when_it_is_asked_for(tmp_path: Path) -> None:
    result = run("--hint", "--stage", "masks", "--", *python(write("no-unmask", tmp_path)))
    assert "plain[i] = payload[i] ^ key[i % 4]" in result.output


def test_all_goes_on_behind_a_stage_that_fails(tmp_path: Path) -> None:
    result = run("--all", "--timeout", "1", "--", *python(write("no-pong", tmp_path)))
    assert result.exit_code == 1
    passed = {name for name, stage in kept()["stages"].items() if stage["passed"]}
    assert set(STAGES) - passed == {"ping", "control"}


def test_a_second_run_keeps_when_a_stage_first_passed(tmp_path: Path) -> None:
    file = str(tmp_path / "mine.json")
    run("--progress", file, "--stage", "ping", "--", *python(SERVER))
    before = kept(file)
    before["stages"]["ping"]["first_passed"] = "2026-01-01T00:00:00+00:00"
    before["by"] = "a teacher"
    Path(file).write_text(json.dumps(before), encoding="utf-8")
    run("--progress", file, "--timeout", "1", "--stage", "ping", "--", *python(write("no-pong", tmp_path)))
    stage = kept(file)["stages"]["ping"]
    assert (stage["passed"], stage["runs"]) == (False, 2)
    assert stage["first_passed"] == "2026-01-01T00:00:00+00:00"
    assert kept(file)["by"] == "a teacher"


def test_the_list_has_every_stage_and_ticks_what_has_passed() -> None:
    run("--stage", "echo", "--", *python(SERVER))
    result = run("--list")
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert [line.split()[2] for line in lines[: len(STAGES)]] == list(STAGES)
    assert [line.split()[0] for line in lines[:3]] == ["·", "✓", "·"]


@pytest.mark.parametrize("stage", STAGES.values(), ids=list(STAGES))
def test_the_list_of_one_stage_says_exactly_what_is_asked(stage: Any) -> None:
    told = said(run("--list", "--stage", stage.name))
    assert " ".join(stage.aim.split()) in told
    assert all(f"{case.name}: " in told for case in stage.cases)


def test_a_program_that_dies_is_shown_with_what_it_said(tmp_path: Path) -> None:
    result = run("--stage", "hostile", "--", *python(write("dies-with-its-client", tmp_path)))
    assert "The program ended with exit code 1." in result.output
    assert "it said   broken pipe" in result.output


def test_a_signal_that_ended_a_program_is_named(tmp_path: Path) -> None:
    source = SERVER.read_text(encoding="utf-8")
    crash = source.replace("self.send(PONG, payload)", "import os; os.kill(os.getpid(), 11)")
    (tmp_path / "crash.py").write_text(crash, encoding="utf-8")
    result = run("--all", "--stage", "ping", "--", *python(tmp_path / "crash.py"))
    assert "The program was ended by SIGSEGV." in result.output


def test_a_program_that_died_is_started_again_for_the_next_stage(tmp_path: Path) -> None:
    result = run("--all", "--", *python(write("memory-for-what-is-announced", tmp_path)))
    assert "The program ended with exit code 134." in result.output
    stages = kept()["stages"]
    assert [name for name, stage in stages.items() if not stage["passed"]] == ["limits"]


def test_nothing_that_came_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    source = SERVER.read_text(encoding="utf-8").replace("Upgrade: websocket", "Upgrade: \\x1b[31mred")
    (tmp_path / "red.py").write_text(source, encoding="utf-8")
    result = run("--", *python(tmp_path / "red.py"))
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "\\x1b[31mred" in result.output


# --- what cannot be run ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give your server's command as wslab build -- ./my_server {port}"),
        (("--url", "ws://127.0.0.1:1", "--", "cat"), "or --url of a running one"),
        (("--stage", "nonsense", "--", "cat"), "There is no stage 'nonsense'; the stages are handshake, echo"),
        (("--url", "ws://192.0.2.1:80"), "192.0.2.1 is another machine"),
        (("--url", "wss://127.0.0.1:1"), "no TLS"),
        (("--", "/nowhere/my_server", "{port}"), "'/nowhere/my_server' cannot be started: No such file"),
    ],
)
def test_what_cannot_be_run_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in said(result)
    assert result.output.count("\n") == 1
    assert not Path("wslab-build.json").exists()


def test_a_program_that_ends_at_once_is_shown_with_its_exit_code_and_its_words() -> None:
    result = run("--", sys.executable, "-c", "import sys; sys.exit('no such option')", "{port}")
    assert result.exit_code == 2
    assert "ended at once with exit code 1. It said: no such option" in said(result)
    assert "{port}" not in said(result)


def test_a_port_that_never_opens_is_told_and_that_the_command_has_no_place_for_it() -> None:
    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    result = run("--start", "0.3", "--", *sleeper)
    assert result.exit_code == 2
    assert "after 0.3 s nobody listens at 127.0.0.1:" in said(result)
    assert "It said nothing. The command has no {port}: write that where your program takes its port" in said(result)
    assert "The command has no {port}" not in said(run("--start", "0.3", "--", *sleeper, "{port}"))


def test_a_program_may_read_its_port_from_the_environment() -> None:
    code = (
        f"import os, runpy, sys; sys.argv[1:] = [os.environ['PORT']]; runpy.run_path({str(SERVER)!r}, None, '__main__')"
    )
    assert run("--stage", "ping", "--", sys.executable, "-c", code).exit_code == 0


def test_a_port_in_use_names_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = run("--port", str(port), "--", *python(SERVER))
    assert result.exit_code == 2
    assert f"Port {port} is in use by" in said(result)


def test_nobody_at_the_address_is_told() -> None:
    result = run("--url", "ws://127.0.0.1:1")
    assert result.exit_code == 2
    assert "Nobody can be reached at 127.0.0.1:1 (Connection refused): start your server first." in said(result)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "wslab-build", "version": 2, "stages": {}}', "\xff"])
def test_a_file_that_is_no_progress_file_is_left_alone(text: str) -> None:
    Path("wslab-build.json").write_text(text, encoding="latin-1")
    result = run("--stage", "ping", "--", *python(SERVER))
    assert result.exit_code == 2
    assert "wslab-build.json" in said(result)
    assert "choose another file with --progress" in said(result)
    assert Path("wslab-build.json").read_text(encoding="latin-1") == text


# --- the end of the program, and the screen -------------------------------------------

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_ends_the_program_too_even_a_stubborn_one(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    async with wslab("build", "--", sys.executable, "-c", STUBBORN, str(file), "{port}") as tool:
        await eventually(lambda: file.exists() and file.read_text() != "", 15)
        pid = int(file.read_text())
        tool.process.send_signal(number)
        assert await tool.end() == 130, tool.said
        assert "Traceback" not in tool.said
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_ctrl_c_keeps_what_has_passed(tmp_path: Path) -> None:
    source = SERVER.read_text(encoding="utf-8").replace("self.send(PONG, payload)", "pass")
    (tmp_path / "mute.py").write_text(source, encoding="utf-8")
    async with wslab("build", "--timeout", "60", "--", *python(tmp_path / "mute.py")) as tool:
        await tool.until("5 fragments")
        tool.process.send_signal(signal.SIGINT)
        assert await tool.end() == 130, tool.said
    assert [name for name, stage in kept()["stages"].items() if stage["passed"]] == list(STAGES)[:5]


def test_what_has_passed_is_kept_where_the_program_cannot_be_started_again(tmp_path: Path) -> None:
    once = tmp_path / "once"
    guard = (
        f"import os, sys\nsys.exit('twice') if os.path.exists({str(once)!r}) else open({str(once)!r}, 'w').close()\n"
    )
    source = SERVER.read_text(encoding="utf-8").replace("self.send(PONG, payload)", "os._exit(3)")
    (tmp_path / "once.py").write_text(guard + source, encoding="utf-8")
    result = run("--all", "--", *python(tmp_path / "once.py"))
    assert result.exit_code == 2
    assert "ended at once with exit code 1. It said: twice" in said(result)
    stages = kept()["stages"]
    assert [name for name, stage in stages.items() if stage["passed"]] == list(STAGES)[:5]
    assert not stages["ping"]["passed"]


def test_with_80_columns_no_line_is_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for mistake in ("writes-length-little-endian", "accept-in-hex"):
        result = run("--hint", "--timeout", "1", "--", *python(write(mistake, tmp_path)))
        assert max(len(line.rstrip()) for line in result.output.splitlines()) <= 80


def test_in_a_terminal_the_wrong_byte_is_bold_red(tmp_path: Path) -> None:
    found = []

    def look(terminal: Terminal) -> None:
        terminal.until("Next: masks.")
        found.append(terminal.raw)

    code, _ = in_terminal(["build", "--", *python(write("no-unmask", tmp_path))], look, columns=80)
    assert code == 1
    assert "\x1b[1;31m49\x1b[0m" in found[0]
