"""What a program draws by chance, made repeatable while a virtual clock runs.

How it works: other people's libraries draw masking keys, nonces and back-off times from `random`, `secrets` and
`os.urandom`. While a run goes on, what its thread draws from these comes from one generator with the lab's seed;
outside of it they are as they were. Other threads still draw from the system, but for `random`, whose one state all
threads share. Where several runs overlap in several threads, the last one puts everything back.

*Names.* What names a thing has to differ from run to run, and does: UUIDs, and what Jupyter names by chance. Else a
widget that is made within a run would have the name of the one that the run before it made, and take its place.

What it leaves out: a `random.Random()` of a library's own, which Python's C code seeds from the system; and OpenSSL,
whose randomness nobody should be able to set.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

_PLACES: tuple[tuple[Any, str], ...] = ((os, "urandom"), (random, "_urandom"))
"""Where Python's own modules keep the system's randomness; `secrets` draws by the one of `random`."""

_NAMING = {"uuid", "jupyter_client.session"}
"""Modules that draw names; they always draw from the system."""


class _Runs:
    """The runs that go on in this process, and what is put back when the last one is over."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._system: list[Callable[[int], bytes]] = []
        self._state: Any = None
        self.mine = local()  # `chance`: the generator of the run that goes on in this thread

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._state = random.getstate()
                self._system = [getattr(owner, name) for owner, name in _PLACES]
                for owner, name in _PLACES:
                    setattr(owner, name, self.urandom)

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                for (owner, name), system in zip(_PLACES, self._system, strict=True):
                    setattr(owner, name, system)
                random.setstate(self._state)

    def urandom(self, size: int, /) -> bytes:
        """Stands in for `os.urandom`; who took it while a run went on has the system's bytes afterwards."""
        chance: random.Random | None = getattr(self.mine, "chance", None)
        if chance is None or sys._getframe(1).f_globals.get("__name__") in _NAMING:
            return self._system[0](size)
        return chance.randbytes(size)


_runs = _Runs()


@contextmanager
def repeatable(chance: random.Random) -> Iterator[None]:
    """Within, what this thread draws comes from `chance`."""
    outer = getattr(_runs.mine, "chance", None)
    _runs.begin()
    state = random.getstate()
    _runs.mine.chance = chance
    random.seed(chance.getrandbits(64))
    try:
        yield
    finally:
        random.setstate(state)
        _runs.mine.chance = outer
        _runs.end()
