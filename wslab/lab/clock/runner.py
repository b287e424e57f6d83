"""`run`: from ordinary code into a coroutine, in a script, a cell or a widget's callback.

*In a script* all calls share one private loop, so that a connection that one call opened is alive in the next; between
two calls the loop stands still. It is closed when the program ends.

*Where a loop runs in this thread already* (a cell, a widget's callback) the coroutine runs inside that loop. Asyncio
enters no loop twice, so nest-asyncio2 patches that loop, and only at the first such call. It would also
replace `asyncio.run` and how a loop is found where none runs, by versions that make loops which nobody closes; both
are put back. Callbacks that belong to a step that is under way, such as the kernel's next cells, wait until `run` is
over.

*What ends it early.* Ctrl-C or a kernel's interrupt (`interrupt`), or the task around it being cancelled: the coroutine
is cancelled and can clean up. It is looked at in each turn of the loop. A second Ctrl-C waits for no clean-up.

What it leaves out: `await`. It needs none of this, and is what the course teaches for cells.
"""

from __future__ import annotations

import asyncio
import atexit
import inspect
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import Any, TypeVar

from wslab.lab.clock.interrupt import CtrlC, is_kernels, woken

T = TypeVar("T")

CLEAN_UP = 2.0
"""Seconds that a coroutine has to end, where the run was left by an error that is not its own."""

_runner: asyncio.Runner | None = None


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return what it returns: in a script, a cell or a widget's callback.

    Raises what the coroutine raises; `TypeError` for anything but a coroutine; `RuntimeError` where the loop that runs
    here cannot be entered a second time (use `await` there), or where another thread is inside `run`. Ctrl-C cancels
    the coroutine and raises `KeyboardInterrupt`.
    """
    is_coroutine = inspect.iscoroutine(coroutine)
    if not is_coroutine:
        raise TypeError(f"run() wants a coroutine, such as run(lab.serve(echo)); this is {type(coroutine).__name__}.")
    loop = running_loop()
    return _run_alone(coroutine) if loop is None else _run_inside(loop, coroutine)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread; None where none does."""
    return asyncio._get_running_loop()


def _run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    global _runner
    try:
        if _runner is None:
            _runner = asyncio.Runner()
            atexit.register(_close_runner)
        if _runner.get_loop().is_running():  # in another thread, for none runs in this one
            raise RuntimeError(
                "Another thread is inside run() just now, and there is one loop for both: use asyncio.run in this "
                "thread, with a Lab of its own."
            )
        with woken(_runner.get_loop()):
            return _runner.run(coroutine)
    finally:
        coroutine.close()  # does nothing where it ran


def _close_runner() -> None:
    global _runner
    runner, _runner = _runner, None
    if runner is not None:
        with suppress(RuntimeError):  # from 3.12 on no thread can be started here, which would wait for an executor's
            runner.close()


def _run_inside(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    _enterable(loop, coroutine)
    task = loop.create_task(coroutine)
    stop = _Stop(loop, task)
    try:
        with stop.ctrl_c.counted(), woken(loop), _turns(loop, stop):
            result = loop.run_until_complete(task)
    except BaseException:
        _finish(loop, task, wait=stop.ctrl_c.presses < 2)
        stop.check()
        raise
    stop.check()
    return result


def _enterable(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> None:
    try:
        _patch(loop)
    except Exception as error:
        coroutine.close()
        raise RuntimeError(
            f"A loop of type {type(loop).__name__} runs here and cannot be entered a second time ({error}): "
            "write `await ...` instead of `run(...)`."
        ) from None


class _Stop:
    """What ends a run early. `look` is called in each turn, between two callbacks."""

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self.ctrl_c = CtrlC(lambda: loop.call_soon_threadsafe(int))
        self._task = task
        self._around: Any = asyncio.current_task(loop)  # None in a callback
        self._cancels = self._count()
        self._told = False

    def _count(self) -> int:
        return 0 if self._around is None else int(self._around.cancelling())

    def look(self) -> None:
        """Cancel the coroutine where somebody asks for it; raise at the second Ctrl-C."""
        if self.ctrl_c.presses:
            self.ctrl_c.seen()
            if self.ctrl_c.presses > 1 and self.ctrl_c.may_raise:
                raise KeyboardInterrupt
            self._tell()
        if self._count() > self._cancels:
            with suppress(AttributeError):  # it gets the error from `run`, so not once more at its next `await`;
                self._around._must_cancel = False  # a task written in C does not let us say so
            self._tell()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self._task.cancel()

    def takes(self, handle: Any) -> bool:
        """Whether this callback would cancel the cell that waits for this run: then it counts as a Ctrl-C."""
        is_ours = self.ctrl_c.may_raise and any(map(is_kernels, (handle._callback, *(handle._args or ()))))
        self.ctrl_c.presses += is_ours
        return is_ours

    def check(self) -> None:
        """Raise KeyboardInterrupt where Ctrl-C was pressed, whatever came of the coroutine."""
        if self.ctrl_c.presses and self.ctrl_c.may_raise:
            raise KeyboardInterrupt


def _finish(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any], *, wait: bool) -> None:
    """Leave nothing behind: give a task that still runs a moment to end, and look at its error."""
    if not task.done():
        task.cancel()
        if wait:
            with suppress(RuntimeError), _turns(loop, None):
                loop.run_until_complete(asyncio.wait({task}, timeout=CLEAN_UP))
    if task.done() and not task.cancelled():
        task.exception()  # or asyncio says that nobody did


def _patch(loop: asyncio.AbstractEventLoop) -> None:
    import nest_asyncio2 as nest

    with _restored(asyncio, "run"), _restored(_policy(), "get_event_loop"):
        nest.apply(loop)


@contextmanager
def _turns(loop: Any, stop: _Stop | None) -> Iterator[None]:
    """Within, look at `stop` in each turn, and put off callbacks whose context is entered at present.

    Python refuses to enter a context twice. A kernel takes every message in one context: without this its next cell
    would try to begin inside this one.
    """
    own, run_once_before = vars(loop).get("_run_once"), loop._run_once
    later: list[asyncio.Handle] = []

    def run_once() -> None:
        for each in list(loop._ready):
            if stop is not None and stop.takes(each):
                loop._ready.remove(each)
            elif _is_entered(each._context):
                loop._ready.remove(each)
                later.append(each)
        if stop is not None:
            stop.look()
        run_once_before()

    loop._run_once = run_once
    try:
        yield
    finally:
        if own is None:
            del loop._run_once
        else:
            loop._run_once = own
        loop._ready.extend(later)


def _is_entered(context: Context) -> bool:
    try:  # there is no other way to ask: `run` raises where the context is entered
        context.run(int)
    except RuntimeError:
        return True
    return False


def _policy() -> type:
    """The class that finds a loop where none runs; from 3.14 on it is not patched, and to ask for it is deprecated."""
    return object if sys.version_info >= (3, 14) else type(asyncio.get_event_loop_policy())


@contextmanager
def _restored(owner: Any, name: str) -> Iterator[None]:
    """Undo what the block sets: an own attribute gets its value back, an inherited one is inherited again."""
    own = vars(owner).get(name)
    try:
        yield
    finally:
        if own is not None:
            setattr(owner, name, own)
        elif name in vars(owner):
            delattr(owner, name)
