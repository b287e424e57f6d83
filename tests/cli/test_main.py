"""The command line's frame: help everywhere, one sentence for what is wrong, and the way to the launcher."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import wslab
from wslab.cli import launch
from wslab.cli.main import COMMANDS as REGISTRY
from wslab.cli.main import main

COMMANDS = (
    *("serve", "dissect", "conformance", "doctor", "connect", "misbehave", "play", "tap", "diagnose", "replay"),
    *("build", "grade", "handout", "slides"),
)
Launched = list[tuple[Path | None, int | None, bool]]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Launched:
    """What the launcher was called with, in place of a launch."""
    calls: Launched = []

    def note(notebooks: Path | None, port: int | None, browser: bool) -> None:
        calls.append((notebooks, port, browser))

    monkeypatch.setattr(launch, "launch", note)
    return calls


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        ([], (None, None, True)),
        (["--no-browser"], (None, None, False)),
        (["--port", "9000"], (None, 9000, True)),
        (["--notebooks", "mine"], (Path("mine"), None, True)),
    ],
)
def test_with_no_command_the_course_is_launched(
    arguments: list[str], call: tuple[Path | None, int | None, bool], launched: Launched
) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert launched == [call]


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], *([command, "--help"] for command in COMMANDS)])
def test_help_is_everywhere_and_launches_nothing(arguments: list[str], launched: Launched) -> None:
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, launched) == (0, [])
    assert result.stdout.startswith("Usage: ")
    assert "--help" in result.stdout


def test_help_names_every_command() -> None:
    assert sorted(REGISTRY) == sorted(COMMANDS)
    listed = CliRunner().invoke(main, ["--help"]).stdout.partition("Commands:")[2]
    assert set(COMMANDS) <= set(listed.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_where_the_table_says_and_begins_its_help_with_the_tables_line(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert " ".join((command.help or "").partition("\n\n")[0].split()) == REGISTRY[name].help


def test_only_main_options_and_the_commands_modules_import_click() -> None:
    package = Path(wslab.__file__).parent
    those = {
        path
        for path in package.rglob("*.py")
        if re.search(r"^\s*(import|from) click\b", path.read_text(), re.MULTILINE)
    }
    names = {".".join(("wslab", *path.relative_to(package).with_suffix("").parts)) for path in those}
    assert names == {"wslab.cli.main", "wslab.cli.options", *(each.module for each in REGISTRY.values())}


def test_help_imports_no_commands_module() -> None:
    code = (
        "import sys\n"
        "from wslab.cli.main import COMMANDS, main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted(set(sys.modules) & {each.module for each in COMMANDS.values()}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_is_the_packages(launched: Launched) -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert (result.stdout, launched) == (f"wslab, version {wslab.__version__}\n", [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "No such command 'nonsense'. wslab --help lists them."),
        (["scenarios"], "No such command 'scenarios'. Did you mean `wslab play`? Play a scenario"),
        (["disect"], "Did you mean `wslab dissect`?"),
        (["lab"], "wslab alone opens the course in JupyterLab."),
        (["half-open"], "It is a scenario: wslab play half-open."),
        (["--nonsense"], "No such option"),
        (["--port", "eight"], "'eight' is not a valid integer"),
        (["--port", "0"], "1<=x<=65535"),
        (["--port", "65536"], "1<=x<=65535"),
        (["--port", "9000", "doctor"], "after its name"),
        (["--notebooks", "pyproject.toml"], "is a file"),
        (["doctor", "me"], "unexpected extra argument"),
        (["serve", "nonsense"], "'nonsense' is not"),
        (["serve", "--port", "-1"], "0<=x<=65535"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, root: Path, launched: Launched
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout, launched) == (2, "", [])
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_python_dash_m_is_the_same_command() -> None:
    command = [sys.executable, "-m", "wslab", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"wslab, version {wslab.__version__}\n"


@pytest.mark.parametrize("arguments", [["play", "half-open"], ["dissect", "818537fa213d7f9f4d5158"]])
def test_where_the_terminal_knows_ascii_only_it_shows_question_marks(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "wslab", *arguments]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.isascii()
    assert "?" in done.stdout
    assert done.stderr == ""


def test_help_loads_neither_jupyter_nor_the_widgets() -> None:
    code = (
        "import sys, wslab.cli.main\n"
        "try: wslab.cli.main.main(['--help'])\n"
        "except SystemExit: print({'jupyterlab', 'ipywidgets', 'rich', 'asyncio', 'prompt_toolkit'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a device that is always full")
@pytest.mark.parametrize("arguments", [["dissect", "8105"], ["play", "half-open", "--all"], ["misbehave", "--list"]])
def test_an_output_that_takes_no_more_is_told_in_one_sentence(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "wslab", *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode() == "wslab: the output cannot be written: No space left on device.\n"
