"""How often Python looks for garbage: less often while very much is made that stays alive.

Rules of this module: Python's collector finds objects that only hold each other, and for that goes through all that
live, again and again while more are made. Where ten thousand connections or a million entries are made and none of them
is garbage, these looks took two thirds of the time, and more the more there were. Garbage is still found, and what was
set before is set again afterwards; a collector that is switched off stays off.

What it leaves out: switching it off, for a run of a year makes garbage too.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

AT_LEAST = 100_000
"""Objects that are made between two looks; Python's own number is 700, and 2,000 in newer versions."""


@contextmanager
def relaxed_gc() -> Iterator[None]:
    """Within, look for garbage only where `AT_LEAST` objects were made since the last time."""
    before, *rest = gc.get_threshold()
    gc.set_threshold(max(before, AT_LEAST) if before else 0, *rest)
    try:
        yield
    finally:
        gc.set_threshold(before, *rest)
