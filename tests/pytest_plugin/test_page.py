"""The page for people who write tests: its examples run, on the real `websockets`, and fail as it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Play

PAGE = (Path(__file__).parents[2] / "wslab" / "pytest_plugin" / "TESTING.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE, flags=re.DOTALL))
SHOWN = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
MODES = {"strict": (), "auto": ("--asyncio-mode=auto",)}


@pytest.mark.parametrize("mode", MODES)
def test_its_examples_pass(play: Play, mode: str) -> None:
    play(FILES, *MODES[mode]).assert_outcomes(passed=3)


def test_a_client_without_keepalive_fails_as_it_shows(play: Play) -> None:
    files = FILES | {"client": FILES["client"].replace("ping_interval=20", "ping_interval=None")}
    result = play(files, "test_client.py")
    result.assert_outcomes(failed=1)
    assert len(SHOWN) == 1
    result.stdout.fnmatch_lines(SHOWN[0].replace("[", "[[]").splitlines(), consecutive=True)


def test_its_test_has_twenty_lines() -> None:
    assert len(re.findall(r"^.*\S", FILES["test_client"], flags=re.MULTILINE)) <= 20


def test_it_names_every_fixture_and_option() -> None:
    plugin = (Path(__file__).parents[2] / "wslab" / "pytest_plugin" / "plugin.py").read_text(encoding="utf-8")
    names = re.findall(r"@pytest\.fixture\ndef (\w+)|\"(--wslab-\w+)\"", plugin)
    assert len(names) == 8
    assert [name for pair in names for name in pair if name and name not in PAGE] == []
