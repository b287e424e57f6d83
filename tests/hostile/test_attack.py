"""The README's table of what an attack found: every number once, and the tests that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


def test_every_fault_has_its_line() -> None:
    table = README.partition("## What an attack found")[2]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)] == list(range(1, 32))
    assert "TO FILL" not in table


def test_the_tests_that_are_named_exist(root: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", README)
    assert len(named) > 30
    assert [name for path, name in named if f"def {name}(" not in (root / path).read_text(encoding="utf-8")] == []
