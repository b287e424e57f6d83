"""The table of `wslab/protocol/peers.py`, and README.md, say what is measured here."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from wslab.cli.doctor import find_chromium
from wslab.protocol import RULES, Role
from wslab.protocol.peers import DECLINES, MEASURED, NOTES, OURS, VERSIONS

from .measure import OFFERS, VIOLATIONS, Cells, measure
from .programs import PROGRAMS
from .table import by_rule, here, markdown
from .ways import WAYS

README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: npm ws not tried")
MARKS = {"ws": [NODE], "Chromium": [pytest.mark.browser]}


def rows(text: str) -> dict[str, list[str]]:
    """The tables' rows by their first cell."""
    cut = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    return {cells[0].strip("`"): cells[1:] for cells in cut if cells[0] != "---"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS.get(name, [])) for name in PROGRAMS])
async def test_a_peer_does_what_the_tables_say(name: str) -> None:
    same_or_skip(name)
    cells = await measure(name)
    told = {key: answers[name] for key, answers in MEASURED.items() if name in answers}
    assert {key: answers[name] for key, answers in by_rule(cells).items()} == told
    column = list(PROGRAMS).index(name)
    assert in_table(cells, name) == {what: rows(README)[what][column] for what in in_table(cells, name)}


def in_table(cells: Cells, name: str) -> dict[str, str]:
    """The column of one peer, as the command prints it."""
    printed = rows("\n".join([*markdown(cells, rules=True), *markdown(cells, rules=False)]))
    return {what: row[list(PROGRAMS).index(name)] for what, row in printed.items()}


def same_or_skip(name: str) -> None:
    """Skip a library in another version than the one that was measured; a browser changes each month."""
    if name == "Chromium":
        assert find_chromium(), "No Chromium: install Chromium or Chrome, or set WSLAB_CHROMIUM to its path."
    elif name != OURS and here()[name] != VERSIONS[name]:
        pytest.skip(f"measured with {name} {VERSIONS[name]}, here is {here()[name]}: python -m tests.peers says more")


def test_every_rule_that_has_an_example_was_measured_for_every_peer() -> None:
    tried = {(violation.rule.id, violation.breaker.peer) for violation in VIOLATIONS}
    assert set(MEASURED) == tried | {(rule, Role.SERVER) for rule in OFFERS}
    for (rule, role), answers in MEASURED.items():
        missing = {OURS, *VERSIONS} - set(answers) - ({"Chromium"} if role is Role.SERVER else set())
        assert not missing or rule.startswith("deflate-answer"), (rule, role, missing)


def test_what_we_do_is_what_our_rules_say() -> None:
    for (rule, role), answers in MEASURED.items():
        if OURS in answers:
            ends = RULES[rule].close_code or (RULES[rule].http_status if role is Role.SERVER else None) or "ends TCP"
            assert answers[OURS] == (DECLINES if role is Role.SERVER and rule in OFFERS else ends), (rule, role)


def test_a_note_is_about_a_rule_that_was_tried() -> None:
    assert set(NOTES) <= {rule for rule, _ in MEASURED}


def test_the_readme_has_a_row_for_all_that_is_tried_and_the_versions() -> None:
    assert set(rows(README)) >= {violation.rule.id for violation in VIOLATIONS} | set(WAYS)
    assert all(re.search(rf"{name} {re.escape(version)}\b", README) for name, version in VERSIONS.items())
