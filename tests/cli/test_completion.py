"""Completion in a shell: commands, scenarios, rules, faults and files, as click hands them to bash, zsh and fish."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.shell_completion import CompletionItem, ShellComplete

from wslab.cli.main import COMMANDS, main
from wslab.cli.misbehave.violations import breakers
from wslab.cli.play.play import read_options
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.lab.faults.names import NAMES
from wslab.lab.faults.presets import PRESETS
from wslab.protocol import RULES, Role
from wslab.scenarios import SCENARIOS, play


def offered(*arguments: str) -> list[CompletionItem]:
    """What is offered for the last of the arguments."""
    return ShellComplete(main, {}, "wslab", "_WSLAB_COMPLETE").get_completions([*arguments[:-1]], arguments[-1])


def names(*arguments: str) -> list[str]:
    return [each.value for each in offered(*arguments)]


def test_the_commands() -> None:
    assert names("") == list(COMMANDS)
    assert names("mis") == ["misbehave"]
    assert "--notebooks" in names("--")


def test_the_scenarios_with_their_sentences() -> None:
    assert names("play", "") == list(SCENARIOS)
    assert names("play", "half-open-") == ["half-open-server"]
    assert offered("play", "half")[0].help == SCENARIOS["half-open"].sentence


def test_codes_symptoms_and_settings_lead_to_scenarios() -> None:
    assert names("play", "10") == [each for each in names("play", "1") if each.startswith("10")]
    assert {"1006", "1011"} <= set(names("play", "10"))
    assert names("play", "ghost") == ["ghosts"]
    assert "proxy_read_timeout" in names("play", "proxy_")


def test_the_parameters_of_the_scenario_that_was_named() -> None:
    assert names("play", "half-open", "--set", "") == [f"{each}=" for each in SCENARIOS["half-open"].parameters]
    assert names("play", "no-such-thing", "--set", "") == []


def test_the_steps_that_can_be_changed_and_then_the_changes() -> None:
    assert names("play", "clean-close", "--do", "") == ["1=", "2=", "3=", "4=", "5=", "6="]
    assert offered("play", "clean-close", "--do", "5")[0].help == play("clean-close")[5].sentence
    assert names("play", "clean-close", "--do", "5=") == ["5=drop", "5=cut", "5=flip:", "5=edit:", "5=delay:"]
    assert names("play", "clean-close", "--do", "5=d") == ["5=drop", "5=delay:"]
    assert names("play", "--do", "") == []
    for change in ("drop", "cut", "flip:3", "edit:x", "delay:1"):
        assert any(change.startswith(each.partition("=")[2]) for each in names("play", "cut", "--do", "3="))
        read_options("clean-close", 0, (), (f"5={change}",), fixed=False)


def test_the_rules_that_the_chosen_side_can_break() -> None:
    for role, more in ((Role.SERVER, []), (Role.CLIENT, ["--client", "ws://127.0.0.1:1"])):
        assert names("misbehave", *more, "") == [rule.id for rule in RULES.values() if role in breakers(rule)]
    assert "text-is-utf8" in names("misbehave", "text-")


def test_the_stages_of_the_path_with_their_titles() -> None:
    assert names("build", "--stage", "") == list(STAGES)
    assert names("build", "--stage", "co") == ["control", "compression"]
    assert offered("build", "--stage", "utf")[0].help == STAGES["utf8"].title


def test_the_faults_and_the_presets_with_what_they_mean() -> None:
    assert sorted(names("tap", "ws://127.0.0.1:1", "--fault", "")) == sorted({*NAMES, *PRESETS})
    assert names("tap", "--fault", "mob") == ["mobile"]
    assert all(each.help for each in offered("tap", "--fault", ""))


@pytest.mark.parametrize(
    "arguments",
    [
        ("dissect", "fra"),
        ("play", "cut", "--save", "ta"),
        ("tap", "--save", "ta"),
        ("connect", "--save", "ta"),
        ("conformance", "--html", "re"),
        ("build", "--progress", "ws"),
        ("connect", "--cafile", "ca"),
    ],
)
def test_a_file_is_left_to_the_shell(arguments: tuple[str, ...]) -> None:
    (found,) = offered(*arguments)
    assert found.type == "file"


def test_the_handler_of_serve() -> None:
    assert names("serve", "") == ["echo"]


@pytest.mark.parametrize(
    ("shell", "line"), [("bash", "plain,half-open"), ("zsh", "plain\nhalf-open\n"), ("fish", "plain,half-open\t")]
)
def test_each_shell_gets_them_from_the_command_itself(shell: str, line: str) -> None:
    """As the shell's function calls it, with the words of the line in its variables."""
    words = {"bash": "wslab play hal", "zsh": "wslab play hal", "fish": "wslab play hal"}[shell]
    env = {**os.environ, "_WSLAB_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": "2"}
    env |= {"COMP_CWORD": "hal"} if shell == "fish" else {}
    code = "from wslab.cli.main import main; main(prog_name='wslab')"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert line in done.stdout.replace("\r\n", "\n")


def test_naming_the_commands_imports_none_of_them() -> None:
    code = (
        "import sys; from click.shell_completion import ShellComplete; from wslab.cli.main import main;"
        "ShellComplete(main, {}, 'wslab', 'X').get_completions([], '');"
        "print([name for name in sys.modules if name.startswith('wslab.cli.') and 'command' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
