"""Ctrl-C, and the interrupt of a notebook's cell, while a coroutine is run from ordinary code.

How it works: `CtrlC` takes the place of the signal's handler while a run goes on. A handler runs between any two
instructions, also inside of the kernel's own; an error from there would break whatever it meets. So the handler only
counts, and wakes the loop. The run looks at the count between two callbacks, where it can end in order.

*A loop that sleeps* is not always woken by a signal. Python only notes it, and calls the handler at the main thread's
next instruction. None comes while that thread waits in the selector, and the signal breaks this wait only where it came
within it, to this thread: not just before it, nor by way of another thread. So the signal also writes to a socket of
the loop, for as long as the run goes on (`woken`).

*Code that blocks* (`time.sleep` in a coroutine) never lets the loop look. After `BLOCKED_AFTER` seconds the signal is
sent once more, and this time `KeyboardInterrupt` is raised where the program is.

*In a kernel* a cell with `await` is a task, and ipykernel's handler cancels that task when its loop turns. There are
two faults in this. A cell that is just inside `run` cannot be cancelled: it would go on until its next `await`. A cell
that has none left ends as a cancelled task, which ipykernel does not expect: it never reports the end of the cell. So
here the cell gets `KeyboardInterrupt` instead, also where the signal came just before the run began and ipykernel's
callback waits in the loop (`is_kernels`). IPython shows this error as that of any cell.

A run that does not belong to the cell, but to a callback or a task beside it, may raise no `KeyboardInterrupt`: that
would leave through the kernel's loop and end the kernel. Such a run is cancelled, and the cell gets ipykernel's
interrupt.

*A program's own handler* stays where it is: it knows what it wants.

Left out: what a run does about it (`runner`, `event_loop`).
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

BLOCKED_AFTER = 1.0
"""Seconds that a loop has to look at a Ctrl-C before the signal is sent once more."""

_USUAL = {"default_int_handler", "Runner._on_sigint", "CtrlC._press"}  # Python's, `asyncio.run`'s, ours
_KERNEL = "_cancel_on_sigint"  # the method of ipykernel in which handler and callback are defined


class CtrlC:
    """Counts in `presses` how often Ctrl-C was pressed, and calls `wake` each time.

    With `second_raises` the second one raises KeyboardInterrupt at once, wherever the program is.
    """

    def __init__(self, wake: Callable[[], object], *, second_raises: bool = False) -> None:
        self.presses = 0
        self.may_raise = True
        """Whether somebody below takes a KeyboardInterrupt."""
        self._wake = wake
        self._second_raises = second_raises
        self._seen = threading.Event()
        self._blocked = False

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Within, Ctrl-C is counted, unless a program handles it, or this is not the thread in which Python does."""
        before = signal.getsignal(signal.SIGINT)
        if not callable(before) or not _is_usual(before) or threading.current_thread() is not threading.main_thread():
            yield
            return
        self._before = before
        self.may_raise = not is_kernels(before) or _is_in_cell()
        signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            self._seen.set()

    def seen(self) -> None:
        """The loop turns and knows: nothing blocks it."""
        self._seen.set()

    def _press(self, number: int, frame: FrameType | None) -> None:
        self.presses += 1
        if self.may_raise and (self._blocked or (self._second_raises and self.presses > 1)):
            raise KeyboardInterrupt
        if not self.may_raise:
            self._before(number, frame)
        self._wake()
        if self.presses == 1 and self.may_raise:
            threading.Thread(target=self._press_again, daemon=True).start()

    def _press_again(self) -> None:
        if not self._seen.wait(BLOCKED_AFTER):
            self._blocked = True
            _send_to_main_thread()


@contextmanager
def woken(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Within, a signal wakes this loop from its sleep, whenever it comes and whichever thread it comes to."""
    wakes: Any = getattr(loop, "_csock", None)  # a socket, as `add_signal_handler` does; other loops have none
    if wakes is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)


def is_kernels(call: object) -> bool:
    """Whether it is ipykernel's handler, or the callback by which that handler cancels a cell."""
    parts = (call, getattr(call, "func", None), *getattr(call, "args", ()))  # of a `partial`
    return any(_KERNEL in getattr(each, "__qualname__", "") for each in parts)


def _is_usual(handler: object) -> bool:
    """Whether a handler means what Ctrl-C usually does; False for one of the program itself."""
    name = getattr(getattr(handler, "func", handler), "__qualname__", "")
    return name in _USUAL or is_kernels(handler)


def _is_in_cell() -> bool:
    """Whether a cell's code has called this: then IPython shows what it raises."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "run_code" and frame.f_globals.get("__name__") == "IPython.core.interactiveshell":
            return True
        frame = frame.f_back
    return False


def _send_to_main_thread() -> None:
    """The signal that wakes the main thread even from a call of the system."""
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
