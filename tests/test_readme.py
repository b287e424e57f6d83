"""What the README claims, run: its commands, its example, its links. CI's command is the README's, letter by letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
RUN = "python3 -m venv .venv && .venv/bin/pip install -e '.[lab]' && .venv/bin/wslab"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[lab,test]' && .venv/bin/python -m tests"


def blocks(language: str, text: str = README) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def terminal_commands() -> list[str]:
    """The commands of the terminal's section that end by themselves."""
    lines = [line for block in blocks("bash") for line in block.splitlines() if line.startswith(".venv/bin/wslab")]
    return [line.split("#")[0].strip() for line in lines if " serve" not in line]


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:30])
    assert [block.strip() for block in blocks("bash", first_screen)] == [RUN, TEST]


def test_ci_calls_exactly_the_test_command(root: Path) -> None:
    lines = (root / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', TEST]
    assert os.access(root / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("command", terminal_commands())
def test_a_command_of_the_readme_works(command: str, root: Path) -> None:
    here = command.replace(".venv/bin/wslab", f"{sys.executable} -m wslab")
    done = subprocess.run(["bash", "-c", here], cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.parametrize("example", blocks("python"))
def test_an_example_of_the_readme_runs(example: str, tmp_path: Path) -> None:
    (tmp_path / "workshop.py").write_text(example)
    command = [sys.executable, "-W", "error", "workshop.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Hello\n")
    assert "that was all" in done.stdout


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"])
def test_every_local_link_leads_somewhere(document: str, root: Path) -> None:
    text = (root / document).read_text()
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not ((root / document).parent / target).exists()] == []


def test_the_course_table_names_every_notebook(root: Path) -> None:
    named = re.findall(r"^\| \[`(\w+)`\]", README, flags=re.MULTILINE)
    assert named == sorted(path.stem for path in (root / "notebooks").glob("[0-9]*.ipynb"))
