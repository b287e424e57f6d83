"""Watches a learner's code while a check runs it, and stops what would never end.

A plain function may take `MOST_SECONDS` (`call_watched`). A signal ends it (`wslab.lab.clock.alarm`); where none can
come, as in a browser's Python, it may take so many instructions. The rest is about a coroutine (`Supervisor`).

How it works. On a virtual clock an `await` costs nothing, so code that runs on and on within one moment has forgotten
to wait: `while True: pass`, or a loop whose `await` raises at once and whose `except` hides it. `Supervisor` counts the
instructions that run within one moment (`sys.settrace`), and raises `Stopped` past `MOST_STEPS`. It counts instructions
and not lines, since a loop in one line may make no event of a line. The same happens at a call that has no place here
(`sys.setprofile`): `time.sleep` would hold up the loop for real seconds, and the machine's clock stands still while
virtual hours go by. A debugger would wait for a person, and take the place of the function that counts.

Only the learner's own code is watched: files that belong neither to Python, nor to a package, nor to this one.

A bare `except:` can hide `Stopped`, and Python takes down a trace function that has raised. So the one function puts up
the other again: code that went on is stopped at its next step, which lies in the `except` and not in the `try`.

Left out: other threads, and C code that does not return.
"""

from __future__ import annotations

import asyncio
import sys
import sysconfig
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType, coroutine
from typing import Any

from wslab.lab.clock.alarm import alarm

__all__ = ["MOST_SECONDS", "MOST_STEPS", "Stopped", "Supervisor", "call_watched"]

MOST_SECONDS = 1.0
"""Seconds that a plain function may take."""

MOST_STEPS = 200_000
"""Instructions of Python that a learner's code may run while no time passes."""

Finding = tuple[str, str, str]
"""Why code was stopped, what to write instead, and what is behind it (empty: nothing more)."""

_PLACES = ("stdlib", "platstdlib", "purelib", "platlib")
_NOT_THEIRS = (
    *{sysconfig.get_path(name) for name in _PLACES},
    str(Path(__file__).parents[1]),
    "<",  # made by Python itself, such as the methods of a dataclass
)

_HOLDS_UP = (
    "On a virtual clock waiting costs nothing, and code that never waits is found out at once. On a real one it holds "
    "up every connection of the process."
)
_SLEEPS = (
    "it calls time.sleep, which stops the whole event loop: no Ping, no Pong, no other connection.",
    "Write `await asyncio.sleep(20)`: it lets the others run meanwhile.",
    _HOLDS_UP,
)
_MACHINE_CLOCK = (
    "it asks the machine for the time, and the check runs in virtual time: for hours of it that clock stands still.",
    "Ask the loop, which is right on any clock: `asyncio.get_running_loop().time()`.",
    "The limits of asyncio are measured by the loop's time. Outside of the lab that is `time.monotonic()`.",
)
_DEBUGGER = (
    "it starts a debugger, which takes the place of what stops an endless loop, and waits for a person.",
    "Take out `breakpoint()`, `pdb.set_trace()` and `sys.settrace`, and print what you want to see.",
    "",
)
_PERSON = (
    "it waits for a person with `input`, and the check calls your code by itself.",
    "Take out `input()`, and write the value into the code.",
    "",
)
_WAITS_FOR_A_PERSON = {"breakpoint": _DEBUGGER, "input": _PERSON}
_BY_PYTHON = {"set_trace": _DEBUGGER, "raw_input": _PERSON}  # of pdb, IPython's and ipdb's; of a kernel
_NO_END = (
    f"it takes more than {MOST_STEPS:,} steps of Python, and was stopped: it has no end, or too much to do.",
    "Look at the condition of each `while`: something in the loop has to change it. If your code ends when you call it "
    "yourself, find a way with fewer steps.",
    "",
)
_NO_RETURN = (
    f"it runs for more than {MOST_SECONDS:g} s, and was stopped.",
    "Look at the condition of each `while`: something in the loop has to change it. Nothing here has to wait.",
    "",
)
_CALLS = {
    **_WAITS_FOR_A_PERSON,
    "time.sleep": _SLEEPS,
    **dict.fromkeys(["time.time", "time.monotonic", "time.perf_counter", "datetime.now"], _MACHINE_CLOCK),
}


class Stopped(BaseException):
    """Raised inside of a learner's code, to end it. No `except Exception` takes it for an error."""


def call_watched(
    function: Callable[..., Any], *arguments: object, steps: int = MOST_STEPS, **named: object
) -> tuple[Any, Finding | None]:
    """What a plain function returns, and why it was stopped: then it gives None.

    `steps` are the instructions that it may take where no signal can end it.
    """
    supervisor = Supervisor(lambda: None, function, _WAITS_FOR_A_PERSON, steps)
    try:
        with alarm(MOST_SECONDS, supervisor.ring) as rings, supervisor.watching(counts=not rings):
            try:
                supervisor.is_inside = True
                return next(_apart(function, *arguments, **named)), None
            finally:
                supervisor.is_inside = False
    except Stopped:
        return None, supervisor.found


def _apart(function: Callable[..., Any], *arguments: object, **named: object) -> Iterator[Any]:
    """Call a function within a generator, which has a record of its own of the errors that are being handled.

    An error that a trace function raises in the midst of an `except` can leave Python's record one entry too long. Then
    every later error would say that it came about while that one was handled.
    """
    yield function(*arguments, **named)


class Supervisor:
    """Watches a learner's code; `found` is why it was stopped and what to write instead, or None.

    `now` gives the time on the clock of the run, in seconds, or None where there is no clock. `function` is the
    learner's, `calls` are the C functions that end it, by their names, `steps` the instructions that it may take.
    """

    def __init__(
        self,
        now: Callable[[], float | None],
        function: object,
        calls: Mapping[str, Finding] = _CALLS,
        steps: int = MOST_STEPS,
    ) -> None:
        self.found: Finding | None = None
        self.is_inside = False
        """Whether the learner's code runs, so that an error that is raised now is raised there."""
        self._most_steps = steps
        self._now = now
        self._calls = calls
        self._moment: float | None = None
        self._steps = 0
        self._file = getattr(getattr(function, "__code__", None), "co_filename", None)
        self._theirs: dict[CodeType, bool] = {}

    async def watch(self, theirs: Coroutine[Any, Any, Any]) -> Any:
        """Await a coroutine, and watch each of its steps. One that was stopped gives None."""
        try:
            return await self._steps_of(theirs)
        except Stopped:
            return None

    @contextmanager
    def watching_tasks(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Watch the tasks that the learner's code starts within, too."""
        make = loop.create_task

        def create_task(given: Any, **options: Any) -> asyncio.Task[Any]:
            code = getattr(given, "cr_code", None)
            is_theirs = code is not None and self.is_theirs(code)
            return make(self.watch(given) if is_theirs else given, **options)

        loop.create_task = create_task  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            del loop.create_task

    @coroutine
    def _steps_of(self, theirs: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        step: Callable[[Any], Any] = theirs.send
        given: Any = None
        while True:
            # what the lab does between two steps is not watched, which would make it several times slower
            with self.watching():
                try:
                    awaited = step(given)
                except StopIteration as done:
                    return done.value
            try:
                given, step = (yield awaited), theirs.send
            except BaseException as error:  # it is cancelled, or what it waits for failed
                given, step = error, theirs.throw

    def ring(self, frame: FrameType | None) -> None:
        """The time is over: stop what runs, and if it goes on, at each of its steps."""
        if not self.is_inside:
            return
        if self.found is None:
            self._stop(_NO_RETURN)
        self._watch_again(frame)

    @contextmanager
    def watching(self, *, counts: bool = True) -> Iterator[None]:
        """Watch what runs within, and count its steps or not; a debugger's functions are put back afterwards."""
        before = sys.gettrace(), sys.getprofile()
        # since 3.12, `settrace` looks whether any frame has asked for instructions before; later is too late
        sys._getframe().f_trace_opcodes = True
        if counts:
            sys.settrace(self._trace)
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(before[1])
            sys.settrace(before[0])

    def is_theirs(self, code: CodeType) -> bool:
        """Whether it is the learner's own code."""
        if code not in self._theirs:
            name = code.co_filename
            self._theirs[code] = name == self._file or not name.startswith(_NOT_THEIRS)
        return self._theirs[code]

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not self.is_theirs(frame.f_code):
            return None
        frame.f_trace = self._step  # 3.13 asks for instructions only of a frame that has it already
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            self._count()
        return self._step

    def _count(self) -> None:
        if self.found is not None:  # it was stopped, and went on
            raise Stopped
        now = self._now()
        if now != self._moment:
            self._moment, self._steps = now, 0
        self._steps += 1
        if self._steps > self._most_steps:
            self._stop(_NO_END if now is None else _within_a_moment(now))

    def _profile(self, frame: FrameType, event: str, arg: Any) -> None:
        if self.found is not None and sys.gettrace() is None:
            self._watch_again(frame)
        found = self._called(frame, event, arg)
        if found is not None:
            self._stop(found)

    def _called(self, frame: FrameType, event: str, arg: Any) -> Finding | None:
        """What there is to say of a call that has no place here."""
        if event == "call" and frame.f_code.co_name in _BY_PYTHON and not self.is_theirs(frame.f_code):
            return _BY_PYTHON[frame.f_code.co_name]
        if event == "c_call" and arg is sys.settrace:  # from pdb, too: ours would be gone
            return _DEBUGGER
        if event == "c_call" and self.is_theirs(frame.f_code):
            return self._calls.get(_name(arg))
        return None

    def _stop(self, found: Finding) -> None:
        self.found = found
        raise Stopped

    def _watch_again(self, frame: FrameType | None) -> None:
        """Trace again, the frames that run already included."""
        sys.settrace(self._trace)
        while frame is not None:
            if self.is_theirs(frame.f_code):
                frame.f_trace, frame.f_trace_opcodes = self._step, True
            frame = frame.f_back


def _within_a_moment(now: float) -> Finding:
    return (
        f"it runs on and on at {now:g} s and lets no time pass: {MOST_STEPS:,} steps of Python within one moment.",
        "Each way through a loop needs an `await` that waits, also the one through `except`.",
        _HOLDS_UP,
    )


def _name(call: object) -> str:
    """`time.sleep`, `datetime.now`: as one writes it."""
    name = getattr(call, "__qualname__", "")
    module = getattr(call, "__module__", None)
    return f"{module}.{name}" if module == "time" else name
