"""The table of codes, against the runs themselves."""

from __future__ import annotations

import re

import pytest

from wslab import play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.codes import CODES
from wslab.tape.entry import Entry

REFUSED = re.compile(rb"HTTP/1\.1 ([3-5]\d{2})")

TOLD = {"browser-says-no": {1006}, "over-http2": {405, 1006}, "tls-name-mismatch": {1006, 1015}}
"""What only a browser is told, in runs without a connection: their notes and explanations have the figures."""


def codes_of(name: str) -> tuple[int, ...]:
    """The codes of a run: believed, in a Close, or of a handshake that failed, as its server and a page see it."""
    return tuple(sorted({code for entry in play(name) for code in _codes(entry)} | TOLD.get(name, set())))


def _codes(entry: Entry) -> set[int]:
    found = {each.code for each in (entry.client, entry.server) if each is not None and each.code}
    if entry.kind == "close" and len(entry.plain or b"") >= 2:
        found.add(int.from_bytes((entry.plain or b"")[:2], "big"))
    status = REFUSED.match(entry.data) if entry.kind == "http" and entry.sender == "server" else None
    return found | ({int(status[1]), 1006} if status else set())


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_table_has_the_codes_of_each_run(name: str) -> None:
    assert CODES[name] == codes_of(name)
    assert CODES.keys() == SCENARIOS.keys()


@pytest.mark.parametrize("name", TOLD)
def test_what_only_a_browser_is_told_is_what_the_run_says(name: str) -> None:
    tape = play(name)
    assert not tape.connection_numbers
    assert all(str(code) in f"{tape}\n{tape.explanation}" for code in TOLD[name])
