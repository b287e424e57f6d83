"""The lab records facts: with every sentence in other words, scenarios play, record and compare as before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from wslab.scenarios import play
from wslab.tape import sentences
from wslab.tape.streams import source

NAMES = [
    *("half-open", "wrong-close-code", "close-unanswered"),  # Endings
    *("half-open-server", "idle-proxy", "slow-keepalive", "tunnel"),  # Keepalive
    *("handshake-unanswered", "upgrade-stripped", "wrong-subprotocol"),  # Openings
    *("text-not-utf8", "rsv1-unasked", "message-too-big"),  # Messages
    *("sent-twice", "reconnect"),  # Coming back
    *("socket-io", "lossy-path"),  # Services
]

OTHER = "In other words."


def reword(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the same other words into every table of sentences."""
    tables: list[tuple[Mapping[Any, Any], object]] = [
        (sentences.SENTENCES, lambda fact, believed: OTHER),
        (sentences.ACTS, lambda side, figures: OTHER),
        (sentences.TLS_PROBLEMS, lambda fact: OTHER),
        (sentences.DETAILS, OTHER),
        (sentences.TCP_ENDS, OTHER),
        (source.FORMATS, OTHER),
    ]
    for table, other in tables:
        for key in table:
            monkeypatch.setitem(table, key, other)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fixed", [False, True])
def test_other_words_change_no_recording(name: str, fixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = play(name, seed=3, fixed=fixed)
    before = str(tape)
    reword(monkeypatch)
    again = play(name, seed=3, fixed=fixed)
    assert again.digest() == tape.digest()
    assert tape.diff(again, times=True, keys=True) is None
    assert str(again) != before
    assert all(entry.sentence.startswith(OTHER) for entry in again if entry.fact is not None)
