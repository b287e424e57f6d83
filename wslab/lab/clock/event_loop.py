"""Virtual time: an event loop whose clock jumps from one event to the next.

An event loop does two things: it runs what is ready, and it sleeps until the next timer. `VirtualLoop` never sleeps.
Its time is a number, and where asyncio's loop would wait, this one sets that number to the moment of the next timer. A
coroutine cannot tell the difference: `asyncio.sleep`, timeouts, task groups and queues are made of timers, futures and
callbacks, and all of them come to this loop. This is how it works:

*A turn.* `_ready` is a queue of callbacks, `_timers` a heap. One turn runs the callbacks that are ready when it begins;
those that they schedule run in the next one. Where nothing is ready, `_jump` moves time to the next timer and makes
ready every timer of that moment. Within one moment time stands still, however many turns it takes.

*Order.* Each timer carries a number, so that two of the same moment go off in the order in which they were set. There
is no thread, no socket and no other source of events. So the same program does the same in each run, on every machine.

*Deadlock.* Where nothing is ready and no timer is set, nothing will ever happen again. On a real loop the program would
hang; here that is known, and `Deadlock` says which tasks wait, and for what. Two kinds of endless programs look
different and have limits of their own: `LONGEST_RUN` for one that waits again and again, `MOST_TURNS` for one that
never lets time pass.

*Inside another loop.* `run_until_complete` may be called while asyncio's own loop runs, as in a notebook. The outer
loop and its current task are set aside and put back afterwards; meanwhile that loop stands still.

*Executors.* A function for a thread of an executor runs in this thread at the next turn. To the loop it takes no time.

*Ctrl-C.* The first one cancels the task, which can then clean up in virtual time, as with `asyncio.run`; the second one
raises `KeyboardInterrupt` wherever the program is.

What it leaves out: sockets of the system, threads that live on, processes and signals, whose time is real; and task
factories and exception handlers, which would change the order. Each is refused with a sentence that names the call.
Connections are in memory: `network/lent` gives this loop the calls for them.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import logging
import sys
import weakref
from asyncio import tasks
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CoroutineType
from typing import Any, NoReturn, TypeVar, TypeVarTuple, Unpack, cast

from wslab._gc import relaxed_gc
from wslab.lab.clock.interrupt import CtrlC
from wslab.lab.clock.refusals import RefusingLoop

log = logging.getLogger("wslab")

T = TypeVar("T")
Given = TypeVarTuple("Given")

LONGEST_RUN = 366 * 24 * 3600.0
"""Seconds of virtual time that one run may take: a year."""

MOST_TURNS = 1_000_000
"""Turns that the loop may take within one moment."""

RESTS = "rests"
"""The name of a task that is meant to wait for ever; a deadlock does not name it."""

_TURNS_TO_END = 1000  # for what is cancelled, to clean up
_FEW = 64  # cancelled timers that are not worth a sweep
_MANY_TASKS = 12  # that a deadlock names


class Deadlock(RuntimeError):
    """Nothing is left to happen, and a task still waits; the message says which ones wait, and for what."""


class VirtualLoop(RefusingLoop):  # type: ignore[misc]  # it is an AbstractEventLoop, made by a loop over names
    """An event loop on a virtual clock, which begins at 0 seconds."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []  # a heap: moment, number, handle
        self._timers_set = 0
        self._cancelled = 0  # timers that are still in the heap
        self._running = False
        self._in_executor = False
        self._closed = False
        self._debug = False
        self._generators: weakref.WeakSet[Any] = weakref.WeakSet()
        self._at_rest: list[Callable[[], object]] = []

    # --- time and calls -----------------------------------------------------------------

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass while nothing runs: what a blocking call does to a loop."""
        # timers whose moment this passes go off late, as on a real loop that was blocked
        self._now += seconds

    def call_soon(
        self,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call it at the next turn, after what is ready already."""
        handle = asyncio.Handle(callback, args, self, context)
        if not self._closed:
            self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """As `call_soon`. `RuntimeError` from within `run_in_executor`, where a program would wait for its call."""
        if self._in_executor:
            raise RuntimeError(
                "loop.call_soon_threadsafe: on a virtual clock run_in_executor and to_thread run a function in the "
                "thread of the loop, so it cannot wait for the loop: await a coroutine, or use Lab(clock='real')."
            )
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: object, func: Callable[[Unpack[Given]], T], *args: *Given) -> asyncio.Future[T]:
        """Call it at the next turn, in this thread: no virtual time passes meanwhile, however long it takes."""
        # in order and in this thread, so that each run repeats; `executor` is whatever the program has
        future: asyncio.Future[T] = asyncio.Future(loop=self)
        self.call_soon(self._execute, future, func, args)
        return future

    def _execute(self, future: asyncio.Future[T], func: Callable[..., T], args: tuple[object, ...]) -> None:
        if future.cancelled():
            return
        before, self._in_executor = self._in_executor, True
        asyncio._set_running_loop(None)  # in a thread of an executor no loop runs
        try:
            future.set_result(func(*args))
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            future.set_exception(error)
        finally:
            asyncio._set_running_loop(self)
            self._in_executor = before

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it `delay` seconds of virtual time from now."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it at that moment, after what was set for the same moment before; at infinity (or NaN), never."""
        # the number breaks ties, so that handles themselves are never compared
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers_set += 1
        # asyncio's own waits take an infinite timeout for "no timer"; in the heap it would move time to infinity
        if not self._closed and when < float("inf"):
            heapq.heappush(self._timers, (when, self._timers_set, handle))
        return handle

    def call_at_rest(self, callback: Callable[[], object]) -> None:
        """Call it when the present run is over: for one who only looks, and must not change the order of events."""
        self._at_rest.append(callback)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Asyncio's handles call this when they are cancelled."""
        # a cancelled timer stays in the heap until its moment; programs that cancel most of their timeouts would
        # keep thousands, so the heap is swept once more than half of it is cancelled
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._timers):
            self._timers = [each for each in self._timers if not each[2].cancelled()]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
        """A task of this loop."""
        self._check_open()
        return asyncio.Task(coro, loop=self, **options)

    # --- running ------------------------------------------------------------------------------

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run until it is done, and return its result.

        Raises `Deadlock` where it can never be done, `TimeoutError` after a year of virtual time or a million turns in
        one moment of it, `KeyboardInterrupt` where Ctrl-C cancelled it, `RuntimeError` where the loop runs already.
        """
        self._check_open()
        if self._running:
            raise RuntimeError("This virtual clock runs already: `await` the coroutine instead of running it.")
        # watchers are called behind this block, when time stands still and the outer loop is back in its place
        with self._entered():
            task = asyncio.ensure_future(cast(Awaitable[T], future), loop=self)
            try:
                with self._cancelled_by_ctrl_c(task):
                    self._run(task)
            except BaseException:
                self._cancel(task)
                raise
        self._call_watchers()
        return task.result()

    def _run(self, task: asyncio.Future[Any]) -> None:
        # the limits count from here: what earlier runs took is not held against this one
        until = self._now + LONGEST_RUN
        moment, turns = self._now, 0
        while not task.done():
            if not self._turn():
                raise Deadlock(self._explain_deadlock(task))
            if self._now > moment:  # time has passed: the count of turns begins anew
                moment, turns = self._now, 0
            turns += 1
            if moment > until:
                raise TimeoutError("A year of virtual time went by, and the program still waits: it never ends.")
            if turns > MOST_TURNS:
                raise TimeoutError(f"{MOST_TURNS:,} turns went by at {moment:g} s: a task never lets time pass.")

    @contextmanager
    def _cancelled_by_ctrl_c(self, task: asyncio.Future[Any]) -> Iterator[None]:
        """The first Ctrl-C cancels the task and is raised once it has ended; the second is raised at once."""

        def cancel() -> None:
            ctrl_c.seen()
            task.cancel()

        # a signal handler runs between any two instructions, so it only leaves a callback for the loop
        ctrl_c = CtrlC(lambda: self.call_soon(cancel), second_raises=True)
        with ctrl_c.counted():
            yield
        if ctrl_c.presses and ctrl_c.may_raise and task.cancelled():  # one that is done in spite of it has its result
            raise KeyboardInterrupt

    def _cancel(self, task: asyncio.Future[Any]) -> None:
        """Cancel it, and give it some turns to clean up."""
        # the turns are of virtual time, so a cleanup that sleeps costs nobody a second
        task.cancel()
        for _ in range(_TURNS_TO_END):
            if task.done() or not self._turn():
                break
        if self._ready:
            self._turn()  # who waits for the end of the task is told, such as a thread that serves it
        if task.done() and not task.cancelled():
            task.exception()  # or asyncio logs that nobody looked at it; the error that ends the run is raised

    def _turn(self) -> bool:
        """Run what is ready, or what the next moment makes ready; False where nothing is left to happen."""
        ready = self._ready
        if not ready and not self._jump():
            return False
        # only what is ready now, as in asyncio: what a callback schedules belongs to the next turn
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
        return True

    def _jump(self) -> bool:
        """Move time to the next timer, and make ready every timer of that moment; False where there is none."""
        timers, ready = self._timers, self._ready
        while timers and (not ready or timers[0][0] <= self._now):
            when, _, handle = heapq.heappop(timers)
            if handle.cancelled():  # it must move no time, so it is dropped before the clock is set
                self._cancelled -= 1
            else:
                self._now = max(self._now, when)  # a timer may have been set for a moment that is past
                ready.append(handle)
        return bool(ready)

    def close_after(self, clear: Callable[[], object]) -> None:
        """Call `clear`, let everything that ends by it end, and close."""
        if not self._running and not self._closed:
            with self._entered():
                clear()
                # tasks that were cancelled clean up now, and connections say FIN; what needs longer is forgotten
                for _ in range(_TURNS_TO_END):
                    if not self._turn():
                        break
            self.close()

    def _call_watchers(self) -> None:
        # a watcher may ask to be called again: that is for the next rest
        watchers, self._at_rest = self._at_rest, []
        for call in watchers:
            call()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Be the running loop; one that runs in this thread already stands still, and so does its task."""
        # asyncio's loops set these hooks so that generators which are dropped half-way can be closed
        hooks = sys.get_asyncgen_hooks()
        # a run makes many objects that stay alive, on the tape; to look for garbage among them takes most of the time
        with _outer_loop_set_aside(), relaxed_gc():
            asyncio._set_running_loop(self)
            sys.set_asyncgen_hooks(firstiter=self._generators.add, finalizer=self._finalize)
            self._running = True
            try:
                yield
            finally:
                self._running = False
                sys.set_asyncgen_hooks(*hooks)

    def _finalize(self, generator: Any) -> None:
        self._generators.discard(generator)
        if not self._closed:
            self.create_task(generator.aclose())  # a generator is closed by a coroutine, so the loop must run it

    def _explain_deadlock(self, task: asyncio.Future[Any]) -> str:
        # `all_tasks` is a set: sorted by name the message is the same each time, the task that was run first
        waiting = [each for each in asyncio.all_tasks(self) if not _rests(each)]
        waiting.sort(key=lambda each: (each is not task, each.get_name()))
        counted = Counter(map(_describe_wait, waiting)).items()
        waits = [f"{wait}, {times} times" if times > 1 else wait for wait, times in counted]
        more = [f"and {len(waits) - _MANY_TASKS} more"] if len(waits) > _MANY_TASKS else []
        named = "; ".join(waits[:_MANY_TASKS] + more)
        return f"Nothing is left to happen at {self._now:g} s, and it is not done: {named}."

    # --- what a loop must have ------------------------------------------------------------------

    def run_forever(self) -> NoReturn:
        """Refused: without an end in sight it would never return, and take all of time for it."""
        raise NotImplementedError("A virtual clock runs one coroutine to its end: lab.run(coroutine).")

    def stop(self) -> None:
        """Refused, as `run_forever` is."""
        self.run_forever()

    def is_running(self) -> bool:
        """Whether a run goes on."""
        return self._running

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Forget everything that is scheduled; from now on nothing happens."""
        # set first: what is dropped now may try to schedule something, and must be ignored
        self._closed = True
        self._ready.clear()
        self._timers.clear()

    async def shutdown_asyncgens(self) -> None:
        """Close the asynchronous generators that were begun and not ended."""
        # a copy: closing them takes them out of the set
        generators = list(self._generators)
        await asyncio.gather(*(each.aclose() for each in generators), return_exceptions=True)

    def get_debug(self) -> bool:
        """Asyncio's debug mode."""
        return self._debug

    def set_debug(self, enabled: bool) -> None:
        """Turn it on or off."""
        self._debug = enabled

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Log an error that nobody caught."""
        if not self._closed:  # a lab that was dropped leaves tasks that never end, which asyncio would report here
            error = context.get("exception")
            log.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)

    call_exception_handler = default_exception_handler

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("This virtual clock is closed: make a new Lab(clock='virtual').")


@contextmanager
def _outer_loop_set_aside() -> Iterator[None]:
    """Within, no loop is the running one of this thread and no task the current one."""
    outer = asyncio._get_running_loop()
    # from 3.14 on the current task belongs to the thread and no longer to its loop
    swap: Any = (
        getattr(tasks, "_swap_current_task", None) if outer is not None and sys.version_info >= (3, 14) else None
    )
    task = swap(outer, None) if swap else None
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(outer)
        if swap:
            swap(outer, task)


def _rests(task: asyncio.Task[Any]) -> bool:
    return task.done() or task.get_name() == RESTS  # such a task waits by design, whatever else is stuck


def _describe_wait(task: asyncio.Task[Any]) -> str:
    """Who waits, and where: the coroutine's name and line, and the last call that the program's own code made."""
    # a chain of coroutines, each of which awaits the next: `cr_await` leads inward to the one that really waits
    coroutine: Any = task.get_coro()
    name, line = getattr(coroutine, "__qualname__", repr(coroutine)), ""
    # a line number helps in the user's own code only
    if isinstance(coroutine, CoroutineType) and coroutine.cr_frame is not None and not _is_of_asyncio(coroutine):
        line = f" (line {coroutine.cr_frame.f_lineno})"
    calls = []  # from the outermost to the innermost
    while isinstance(coroutine := getattr(coroutine, "cr_await", None), CoroutineType):
        if _is_public(coroutine):
            calls.append(coroutine.__qualname__)
            if _is_of_a_library(coroutine):  # how a library waits is its own business
                break
    return f"{name}{line} waits" + (f" in {calls[-1]}" if calls else "")


def _is_public(coroutine: CoroutineType[Any, Any, Any]) -> bool:
    """Whether a reader knows its name: a public one, and of asyncio's only a method, such as `Event.wait`."""
    is_named = "." in coroutine.__qualname__ or not _is_of_asyncio(coroutine)
    return is_named and not coroutine.__name__.startswith("_")


def _is_of_a_library(coroutine: CoroutineType[Any, Any, Any]) -> bool:
    return _is_of_asyncio(coroutine) or "site-packages" in Path(coroutine.cr_code.co_filename).parts


def _is_of_asyncio(coroutine: CoroutineType[Any, Any, Any]) -> bool:
    return "asyncio" in Path(coroutine.cr_code.co_filename).parts
