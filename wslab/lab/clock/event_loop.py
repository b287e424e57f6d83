"""Time in one's hand: an event loop whose clock jumps to the next thing that is to happen.

Rules of this module: `VirtualLoop` runs ordinary coroutines (`asyncio.sleep`, timeouts, task groups, queues), and never
waits. While anything is ready it runs; when nothing is, its clock jumps to the next timer; when there is none
either, nothing will ever happen again, and that is a `Deadlock`, told with who waits for what. Two timers of the same
moment go off in the order in which they were set, so the same program does the same on every machine. It may run inside
another loop, which stands still meanwhile; it needs no thread, so it runs in a browser too. Ctrl-C cancels what runs,
so that it can clean up, as `asyncio.run` does; a second one breaks in wherever it is.

What it leaves out: sockets, threads, processes and signals, which have no virtual time (`virtual_tcp` has connections).
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import logging
import signal
import sys
import weakref
from asyncio import tasks
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CoroutineType, FrameType
from typing import Any, NoReturn, TypeVar, TypeVarTuple, Unpack, cast

from wslab._gc import relaxed_gc

log = logging.getLogger("wslab")

T = TypeVar("T")
Given = TypeVarTuple("Given")

LONGEST_RUN = 366 * 24 * 3600.0
"""Seconds of virtual time that one run may take: a year. A program that only waits, again and again, ends here."""

MOST_TURNS = 1_000_000
"""Turns of the loop that may go by in one moment. A program that never lets time go by ends here."""

_TURNS_TO_END = 1000
_FEW = 64  # cancelled timers that are not worth a sweep
_MANY_TASKS = 12  # that a deadlock names


class Deadlock(RuntimeError):
    """Nothing is left to happen, and somebody still waits; the message says who waits for what."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """An event loop on a virtual clock, which begins at 0 seconds."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._set = 0
        self._cancelled = 0
        self._running = False
        self._closed = False
        self._debug = False
        self._generators: weakref.WeakSet[Any] = weakref.WeakSet()
        self._at_rest: list[Callable[[], object]] = []

    # --- time and calls -----------------------------------------------------------------

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time go by while nothing runs: what a blocking call does to a loop."""
        self._now += seconds

    def call_soon(
        self,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call it in this moment, after what is ready already."""
        handle = asyncio.Handle(callback, args, self, context)
        if not self._closed:
            self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it after `delay` seconds."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it at that moment, after what was set for the same moment before; at infinity, never."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._set += 1
        if not self._closed and when < float("inf"):
            heapq.heappush(self._timers, (when, self._set, handle))
        return handle

    def call_at_rest(self, callback: Callable[[], object]) -> None:
        """Call it when the present run is over: for those who look on, and must not change the order of things."""
        self._at_rest.append(callback)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Asyncio's handles tell their loop."""
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
        """Run until it is done, and return its result; time goes by as fast as it can.

        Raises `Deadlock` where it never will be, `TimeoutError` after a year of virtual time or a million turns in
        one moment of it, `KeyboardInterrupt` where Ctrl-C cancelled it.
        """
        self._check_open()
        if self._running:
            raise RuntimeError("This virtual clock runs already: `await` the coroutine instead of running it.")
        with self._entered():
            task = asyncio.ensure_future(cast(Awaitable[T], future), loop=self)
            try:
                with self._cancelled_by_ctrl_c(task):
                    self._run(task)
            except BaseException:
                self._end(task)
                raise
        self._rest()
        return task.result()

    def _run(self, task: asyncio.Future[Any]) -> None:
        until = self._now + LONGEST_RUN
        moment, turns = self._now, 0
        while not task.done():
            if not self._turn():
                raise Deadlock(self._stuck(task))
            if self._now > moment:
                moment, turns = self._now, 0
            turns += 1
            if moment > until:
                raise TimeoutError("A year of virtual time went by, and the program still waits: it never ends.")
            if turns > MOST_TURNS:
                raise TimeoutError(f"{MOST_TURNS:,} turns went by at {moment:g} s: somebody never lets time go by.")

    @contextmanager
    def _cancelled_by_ctrl_c(self, task: asyncio.Future[Any]) -> Iterator[None]:
        """The first Ctrl-C cancels the task, and is told when it has ended; the second breaks in."""
        pressed: list[int] = []

        def press(number: int, _: FrameType | None) -> None:
            pressed.append(number)
            if len(pressed) > 1:
                raise KeyboardInterrupt
            self.call_soon(task.cancel)

        with _on_ctrl_c(press):
            yield
        if pressed and task.cancelled():
            raise KeyboardInterrupt

    def _end(self, task: asyncio.Future[Any]) -> None:
        """Cancel it, and give it the time to clean up."""
        task.cancel()
        for _ in range(_TURNS_TO_END):
            if task.done() or not self._turn():
                break
        if task.done() and not task.cancelled():
            task.exception()  # it is no news: the error that ends the run is told

    def _turn(self) -> bool:
        """Run what is ready, or go to the next moment; False where there is none."""
        ready = self._ready
        if not ready and not self._jump():
            return False
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
        return True

    def _jump(self) -> bool:
        """To the next moment at which something is set, and make ready what is."""
        timers, ready = self._timers, self._ready
        while timers and (not ready or timers[0][0] <= self._now):
            when, _, handle = heapq.heappop(timers)
            if handle.cancelled():
                self._cancelled -= 1
            else:
                self._now = max(self._now, when)
                ready.append(handle)
        return bool(ready)

    def close_after(self, clear: Callable[[], object]) -> None:
        """Call `clear`, let everything that ends by it end, and close."""
        if not self._running and not self._closed:
            with self._entered():
                clear()
                for _ in range(_TURNS_TO_END):
                    if not self._turn():
                        break
            self.close()

    def _rest(self) -> None:
        watchers, self._at_rest = self._at_rest, []
        for call in watchers:
            call()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Be the running loop; the one that was stands still, and the task in it."""
        hooks = sys.get_asyncgen_hooks()
        with _stepped_aside(), relaxed_gc():
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
            self.create_task(generator.aclose())

    def _stuck(self, task: asyncio.Future[Any]) -> str:
        waiting = [each for each in asyncio.all_tasks(self) if not _rests(each)]
        waiting.sort(key=lambda each: (each is not task, each.get_name()))
        told = [f"{who}, {many} times" if many > 1 else who for who, many in Counter(map(_waits, waiting)).items()]
        more = [f"and {len(told) - _MANY_TASKS} more"] if len(told) > _MANY_TASKS else []
        return (
            f"Nothing is left to happen at {self._now:g} s, and it is not done: {'; '.join(told[:_MANY_TASKS] + more)}."
        )

    # --- what a loop must have ------------------------------------------------------------------

    def run_forever(self) -> NoReturn:
        """Not on a virtual clock: without an end in sight it would run for ever at once."""
        raise NotImplementedError("A virtual clock runs one coroutine to its end: lab.run(coroutine).")

    def stop(self) -> None:
        """The same."""
        self.run_forever()

    def is_running(self) -> bool:
        """Whether a run goes on."""
        return self._running

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Forget everything that was to happen; nothing happens any more."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()

    async def shutdown_asyncgens(self) -> None:
        """Close the asynchronous generators that were begun and not ended."""
        generators = list(self._generators)
        await asyncio.gather(*(each.aclose() for each in generators), return_exceptions=True)

    def get_debug(self) -> bool:
        """Asyncio's debug mode."""
        return self._debug

    def set_debug(self, enabled: bool) -> None:
        """Turn it on or off."""
        self._debug = enabled

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Log what nobody caught."""
        if not self._closed:  # a lab that was dropped leaves tasks that will never end
            error = context.get("exception")
            log.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)

    call_exception_handler = default_exception_handler

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("This virtual clock is closed: make a new Lab(clock='virtual').")

    def _is_real(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(
            "A virtual clock has no sockets, threads, processes or signals of the real world, whose time nobody can "
            "turn: use lab.serve, lab.connect and lab.link, or Lab(clock='real')."
        )

    def _is_ours(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(
            "A virtual clock makes its own tasks and logs what nobody caught, so that each run repeats: leave task "
            "factories and exception handlers out, or use Lab(clock='real')."
        )

    run_in_executor: Any = _is_real
    set_default_executor = getaddrinfo = getnameinfo = _is_real
    create_connection = create_server = create_unix_connection = create_unix_server = _is_real
    create_datagram_endpoint = _is_real
    connect_accepted_socket = start_tls = sendfile = sock_sendfile = _is_real
    sock_recv = sock_recv_into = sock_recvfrom = sock_recvfrom_into = _is_real
    sock_sendall = sock_sendto = sock_connect = sock_accept = _is_real
    subprocess_exec = subprocess_shell = connect_read_pipe = connect_write_pipe = _is_real
    add_reader: Any = _is_real
    add_writer: Any = _is_real
    add_signal_handler: Any = _is_real
    remove_reader = remove_writer = remove_signal_handler = _is_real
    set_task_factory = get_task_factory = set_exception_handler = get_exception_handler = _is_ours
    shutdown_default_executor: Any = _is_real


@contextmanager
def _on_ctrl_c(press: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `press` on SIGINT, where anything is called on it and this is the thread to which Python brings signals."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield
        return
    with suppress(ValueError):  # another thread
        signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        with suppress(ValueError):
            signal.signal(signal.SIGINT, before)


@contextmanager
def _stepped_aside() -> Iterator[None]:
    """Whichever loop runs in this thread is not the running one for a while, nor is its task the current one."""
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


RESTS = "rests"
"""The name of a task that is meant to wait for ever, and is not told in a deadlock."""


def _rests(task: asyncio.Task[Any]) -> bool:
    return task.done() or task.get_name() == RESTS


def _waits(task: asyncio.Task[Any]) -> str:
    """Who waits, and where: the coroutine's name and line, and the innermost call that has a name for the reader."""
    coroutine: Any = task.get_coro()
    name, line = getattr(coroutine, "__qualname__", repr(coroutine)), ""
    if isinstance(coroutine, CoroutineType) and coroutine.cr_frame is not None and not _is_of_asyncio(coroutine):
        line = f" (line {coroutine.cr_frame.f_lineno})"
    calls = []
    while isinstance(coroutine := getattr(coroutine, "cr_await", None), CoroutineType):
        if _is_telling(coroutine):
            calls.append(coroutine.__qualname__)
    return f"{name}{line} waits" + (f" in {calls[-1]}" if calls else "")


def _is_telling(coroutine: CoroutineType[Any, Any, Any]) -> bool:
    """Whether it is public, and of asyncio only what belongs to an object, as `Event.wait` does."""
    is_named = "." in coroutine.__qualname__ or not _is_of_asyncio(coroutine)
    return is_named and not coroutine.__name__.startswith("_")


def _is_of_asyncio(coroutine: CoroutineType[Any, Any, Any]) -> bool:
    return "asyncio" in Path(coroutine.cr_code.co_filename).parts
