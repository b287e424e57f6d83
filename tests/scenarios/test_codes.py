"""The table of codes, against the runs themselves."""

from __future__ import annotations

import re

import pytest

from wslab import play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.codes import CODES
from wslab.tape.entry import Entry

REFUSED = re.compile(rb"HTTP/1\.1 (?!101)(\d{3})")


def codes_of(name: str) -> tuple[int, ...]:
    """The codes of a run: believed, in a Close, or as the status of a refusal."""
    return tuple(sorted({code for entry in play(name) for code in _codes(entry)}))


def _codes(entry: Entry) -> set[int]:
    found = {each.code for each in (entry.client, entry.server) if each is not None and each.code}
    if entry.kind == "close" and len(entry.plain or b"") >= 2:
        found.add(int.from_bytes((entry.plain or b"")[:2], "big"))
    status = REFUSED.match(entry.data) if entry.kind == "http" and entry.sender == "server" else None
    return found | ({int(status[1])} if status else set())


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_table_has_the_codes_of_each_run(name: str) -> None:
    assert CODES[name] == codes_of(name)
    assert CODES.keys() == SCENARIOS.keys()
