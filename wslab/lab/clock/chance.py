"""What a program draws by chance, made repeatable while a virtual clock runs.

How it works: other people's libraries draw masking keys, nonces and back-off times from `random`, `secrets`,
`os.urandom` and `uuid`. While a run goes on, all of these draw from one generator with the lab's seed; outside of it
they are as they were. Other threads still draw from the system.

What it leaves out: a `random.Random()` of a library's own, which Python's C code seeds from the system; and OpenSSL,
whose randomness nobody should be able to set.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any


@contextmanager
def repeatable(chance: random.Random) -> Iterator[None]:
    """Within, what this thread draws comes from `chance`."""
    before, module = random.getstate(), _patched()
    urandom = _urandom(chance, os.urandom)
    kept = [(owner, name, getattr(owner, name)) for owner, name in module]
    random.seed(chance.getrandbits(64))
    for owner, name, _ in kept:
        setattr(owner, name, urandom)
    try:
        yield
    finally:
        for owner, name, own in kept:
            setattr(owner, name, own)
        random.setstate(before)


def _patched() -> list[tuple[Any, str]]:
    """Where Python's own modules keep the system's randomness; `secrets` draws by the one of `random`."""
    return [(os, "urandom"), (random, "_urandom")]


def _urandom(chance: random.Random, real: Callable[[int], bytes]) -> Callable[[int], bytes]:
    mine = get_ident()

    def urandom(size: int, /) -> bytes:
        return chance.randbytes(size) if get_ident() == mine else real(size)

    return urandom
