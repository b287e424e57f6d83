"""The entries of a tape that are new since the last look.

Every command that follows a tape takes them from here, so that there is one place to change.
"""

from __future__ import annotations

from collections.abc import Sequence

from wslab.tape.entry import Entry
from wslab.tape.tape import Tape


class TapeCursor:
    """A place in a tape, at its beginning first."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._at = 0

    def take(self) -> Sequence[Entry]:
        """The entries from here to the end of the tape; the cursor then stands behind them."""
        new = self._tape[self._at :]
        self._at += len(new)
        return new
