"""`run`: from ordinary code into a coroutine, in a script, a cell or a widget's callback.

*In a script* all calls share one private loop, so that a connection that one call opened is alive in the next; between
two calls the loop stands still. It is closed when the program ends.

*Where a loop runs in this thread already* (a cell, a widget's callback) the coroutine runs inside that loop. Asyncio
forbids to enter a loop twice, so nest-asyncio2 patches that loop, and only at the first such call. It would also
replace `asyncio.run` and how a loop is found where none runs, by versions that make loops which nobody closes; both
are put back. Callbacks that belong to a step that is under way, such as the kernel's next cells, wait until `run` is
over.

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

T = TypeVar("T")

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
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


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
        return _runner.run(coroutine)
    finally:
        coroutine.close()  # does nothing where it ran


def _close_runner() -> None:
    global _runner
    runner, _runner = _runner, None
    if runner is not None:
        with suppress(RuntimeError):  # 3.12 makes no thread at the end, to wait for those of `to_thread`: they are over
            runner.close()


def _run_inside(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        _patch(loop)
    except Exception as error:
        coroutine.close()
        raise RuntimeError(
            f"A loop of type {type(loop).__name__} runs here and cannot be entered a second time ({error}): "
            "write `await ...` instead of `run(...)`."
        ) from error
    task = loop.create_task(coroutine)
    try:
        with _entered_contexts_wait(loop):
            return loop.run_until_complete(task)
    except BaseException:
        if not task.done():  # Ctrl-C, or the loop was stopped: leave nothing behind
            task.cancel()
            with suppress(asyncio.CancelledError, RuntimeError):
                loop.run_until_complete(task)
        raise


def _patch(loop: asyncio.AbstractEventLoop) -> None:
    import nest_asyncio2 as nest

    with _restored(asyncio, "run"), _restored(_policy(), "get_event_loop"):
        nest.apply(loop)


@contextmanager
def _entered_contexts_wait(loop: Any) -> Iterator[None]:
    """Within, put off callbacks whose context is entered at present, for Python refuses to enter a context twice.

    A kernel takes every message in one context: without this its next cell would try to begin inside this one.
    """
    own, run_once_before = vars(loop).get("_run_once"), loop._run_once
    later: list[asyncio.Handle] = []

    def run_once() -> None:
        waiting = [each for each in loop._ready if _is_entered(each._context)]
        for each in waiting:
            loop._ready.remove(each)
        later.extend(waiting)
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
