"""How often Python looks for garbage: less often while many objects are made that stay alive.

Python's collector finds objects that only hold each other. For that it goes through all live objects, again and again
while more are made. Where ten thousand connections or a million entries are made and none is garbage, this took two
thirds of the time, and more the more objects there were. Garbage is still found, and what was set before is set again
afterwards; a collector that is switched off stays off.

What this module leaves out: switching the collector off, because a run of a year makes garbage too.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

AT_LEAST = 100_000
"""Objects that are made between two looks; Python's own number is 700, and 2,000 in newer versions."""


@contextmanager
def relaxed_gc() -> Iterator[None]:
    """Inside the block, look for garbage only after `AT_LEAST` objects were made since the last time."""
    before, *rest = gc.get_threshold()
    gc.set_threshold(max(before, AT_LEAST) if before else 0, *rest)
    try:
        yield
    finally:
        gc.set_threshold(before, *rest)
