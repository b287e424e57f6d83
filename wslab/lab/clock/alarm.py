"""An alarm on the machine's clock, which reaches code that does not return.

How it works: a timer of the system sends a signal, and Python calls the handler in the main thread between any two
instructions of whatever runs there. An error that the handler raises is raised at that place, also out of a
`time.sleep`. The signal is sent again and again, for code that hides the first error. What had the signal before
(pytest's own limit, say) has it again afterwards, with the time that it had left.

Left out: where there is no such signal. That is so beside the main thread, on Windows, and in a browser's Python.
There, nothing rings, and `alarm` says so. C code that does not return is not reached either.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN = 0.1
"""Seconds between the first signal and the next ones."""


@contextmanager
def alarm(seconds: float, ring: Callable[[FrameType | None], object]) -> Iterator[bool]:
    """Within, `ring` is called with the frame that runs after so many seconds, and every `AGAIN` seconds from then.

    Gives whether it can ring here.
    """
    if not _can_ring():
        yield False
        return
    before = signal.signal(signal.SIGALRM, lambda _, frame: ring(frame))
    began = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # 0 would mean that there was none
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001), interval)


def _can_ring() -> bool:
    return (
        hasattr(signal, "setitimer")
        and sys.platform != "emscripten"
        and threading.current_thread() is threading.main_thread()
    )
