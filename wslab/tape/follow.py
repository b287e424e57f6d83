"""TODO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wslab.tape.entry import Entry

Callback = Callable[[], object]

TAKES = "A timeline shows a Lab, a Tape or a list of entries"


class TapeView:
    """The entries of a source, by connection. `update` takes in what is new."""

    def __init__(self, source: object) -> None:
        self._source: Any = getattr(source, "tape", source)
        if not isinstance(self._source, Iterable):
            raise TypeError(f"{TAKES}, not {type(source).__name__}.")
        self._by_connection: dict[int, list[Entry]] = {}
        self._cut: dict[int, int] = {}
        self._seen = 0
        self.update()

    def update(self) -> bool:
        """Take in new entries; whether there were any."""
        new = self._source[self._seen :] if isinstance(self._source, Sequence) else list(self._source)[self._seen :]
        self._seen += len(new)
        for entry in new:
            if not isinstance(entry, Entry):
                raise TypeError(f"{TAKES}; {type(entry).__name__} is no entry of a tape.")
            entries = self._by_connection.setdefault(entry.connection, [])
            if entry.cuts:
                self._cut.setdefault(entry.connection, len(entries))
            entries.append(entry)
        return bool(new)

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections; 0, the lab as a whole, stands last."""
        return sorted(self._by_connection, key=lambda number: number == 0)

    def __len__(self) -> int:
        return self._seen

    def entries(self, connection: int) -> list[Entry]:
        """All entries of a connection, in the order in which they departed."""
        return self._by_connection.get(connection, [])

    def cut(self, connection: int) -> int | None:
        """The index of the entry from which on TCP carries nothing, where a fault made it so."""
        return self._cut.get(connection)

    @property
    def can_watch(self) -> bool:
        """Whether the source goes on and tells so; what was played or loaded does not."""
        return hasattr(self._source, "watch") and getattr(self._source, "goes_on", True)

    def watch(self, callback: Callback) -> Callback:
        """Have `callback` called when something is new; returns what stops it."""
        stop: Callback = self._source.watch(callback)
        return stop
