"""One run of a learner's function, in a lab of its own on the virtual clock.

How it works: a check makes a `Trial`, starts the learner's function in it, once or many times, and plays its story. The
function runs as a task beside the story. What leaves it as an error is kept, with the moment, and so is a call that was
not awaited. What a story then asks of a `Trial`: is it over, when, and how. Whatever the function does, `run` returns:
the supervisor stops what never ends, and what still runs after the story is cancelled.

`Finding` is what a check says about a run that went wrong; `finding` of a `Trial` says what is wrong with any code, in
whatever situation.

Left out: the stories, and what is right in them (`heartbeat`, `reconnect`).
"""

from __future__ import annotations

import asyncio
import dis
import inspect
import random
import re
import traceback
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from wslab.course.answers import capital, explain_error, not_a_function
from wslab.course.report import CheckResult
from wslab.course.supervisor import MOST_STEPS, Stopped, Supervisor
from wslab.lab import ConnectionClosed, Lab
from wslab.tape.tape import Tape

__all__ = ["Finding", "Run", "Trial", "first_wrong", "not_begun", "report"]

Function = Callable[..., Awaitable[object]]

CLEAN_UP = 1.0
"""Seconds of virtual time that cancelled tasks have to end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What went wrong in a run: a sentence, two hints, and the lines that fix it, where they are not the exercise's.

    `rule` is the id of the protocol's rule that it is about, `mistake` its name, where there are such.
    """

    sentence: str
    hint: str = ""
    bigger_hint: str = ""
    solution: str = ""
    rule: str = ""
    mistake: str = ""


@dataclass(slots=True)
class Run:
    """One call of the learner's function: when it ended, and with which error. None while it runs."""

    task: asyncio.Task[None] | None = None
    ended: float | None = None
    error: Exception | SystemExit | None = None

    @property
    def code(self) -> int | None:
        """The close code that its error tells of, where it is a `ConnectionClosed`."""
        return self.error.code if isinstance(self.error, ConnectionClosed) else None


class Trial:
    """A lab, and a learner's function that runs in it.

    `function` is a coroutine function, which may take so many `steps` within a moment. `runs` are its calls,
    `forgotten` the names of what it called without `await`, `tape` is what happened up to the end of the story.
    """

    def __init__(self, function: Function, *, seed: int = 0, steps: int = MOST_STEPS) -> None:
        self.function = function
        self.lab = Lab(clock="virtual", seed=seed, log_errors=False)
        self.supervisor = Supervisor(lambda: self.lab.now, function, steps=steps)
        self.runs: list[Run] = []
        self.forgotten: list[str] = []
        self.tape = self.lab.tape
        self._seed = seed

    def start(self, *arguments: object) -> Run:
        """Call the function with these arguments, beside all else."""
        run = Run()
        self.runs.append(run)
        run.task = asyncio.get_running_loop().create_task(self._call(run, arguments))
        return run

    async def _call(self, run: Run, arguments: tuple[object, ...]) -> None:
        try:
            with self.supervisor.watching():  # it may be an ordinary function that never returns
                result = self.function(*arguments)
            if not inspect.isawaitable(result):
                raise NoCoroutine
            await (self.supervisor.watch(result) if inspect.iscoroutine(result) else result)
        except (Exception, SystemExit) as error:  # the learner's own: it is what the check talks about
            run.error = error
        except Stopped:
            pass  # `finding` tells
        run.ended = self.lab.now  # not reached where the story's end cancels it

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        """Play a story to its end, or to the moment at which the learner's code was stopped."""
        with _seeded(self._seed), self._noticing():
            self.lab.run(self._play(story))
            for run in self.runs:  # a traceback keeps what was not awaited, and Python does not warn of it
                traceback.clear_frames(run.error.__traceback__ if run.error else None)
        self.lab.run(self.lab.close())

    async def _play(self, story: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.get_running_loop()
        playing = loop.create_task(story)
        # of the errors of tasks that a learner forgets, the check speaks, and no log beside it
        loop.call_exception_handler = lambda _: None  # type: ignore[method-assign,assignment]
        with self.supervisor.watching_tasks(loop):
            while not playing.done() and self.supervisor.found is None:
                await asyncio.wait({playing}, timeout=1)
            self.tape = self.lab.tape.copy()
            await self._cancel_all()
        if playing.done() and not playing.cancelled():
            playing.result()  # an error of the story is the check's own

    async def _cancel_all(self) -> None:
        """What still runs ends here, within a second of virtual time."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for each in left:
            each.cancel()
        if left:
            await asyncio.wait(left, timeout=CLEAN_UP)

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Python warns of a coroutine that was dropped without `await`."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        found = (re.search(r"'(?:[\w.<>]*\.)?(\w+)' was never awaited", str(each.message)) for each in caught)
        self.forgotten += [each[1] for each in found if each]

    def finding(self) -> Finding | None:
        """What is wrong with the code in any situation; None where nothing is."""
        # code that is stopped between a call and its `await` leaves one coroutine behind, and forgot nothing
        if len(self.forgotten) > (self.supervisor.found is not None):
            return _forgotten(self.forgotten[0])
        if self.supervisor.found is not None:
            sentence, hint, bigger_hint = self.supervisor.found
            return Finding(f"Your code was stopped: {sentence}", hint, bigger_hint)
        if any(isinstance(each.error, NoCoroutine) for each in self.runs):
            return Finding(*_NO_COROUTINE)
        return None

    def raised(self, run: Run) -> Finding:
        """What to say of an error that left the function, of whatever kind."""
        assert run.error is not None
        told = explain_error(self.function, run.error)
        return Finding(capital(told.sentence), told.hint, told.bigger_hint)


class NoCoroutine(Exception):
    """The function returned something that cannot be awaited."""


_NO_COROUTINE = (
    "Your function is no coroutine function, so nothing in it can wait.",
    "Write `async def` instead of `def`, and `await` in front of what takes time.",
    "What `async def` makes runs beside all else; each `await` lets the others run.",
    "async def ...",
)


def _forgotten(name: str) -> Finding:
    return Finding(
        f"Your code calls {name} without `await`, so it does not happen.",
        f"Write `await` in front of the call of {name}.",
        "A call of an async function only makes a coroutine; `await` runs it, and waits until it is done.",
        f"await ...{name}(...)",
    )


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Chance that repeats itself, and afterwards the chance that was there before."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def not_begun(
    function: object, what: str, hint: str = "", bigger_hint: str = "", solution: str = ""
) -> CheckResult | None:
    """What to say where there is no function yet to run, with the exercise's helps; None where there is one."""
    early = not_a_function(function, what)
    if early is None:
        assert callable(function)
        early = CheckResult(None, what) if _is_stub(function) else None
    if early is None:
        return None
    hint, bigger_hint = early.hint or hint, early.bigger_hint or bigger_hint
    return replace(early, hint=hint, bigger_hint=bigger_hint, solution=solution)


def _is_stub(function: Callable[..., object]) -> bool:
    """Whether its body does nothing: `...`, `pass`, a docstring, or a value that is returned."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_names or code.co_nlocals > code.co_argcount + code.co_kwonlyargcount:
        return False
    return not any(_does_something(each) for each in _operations(function))


def _does_something(operation: str) -> bool:
    """Whether it is a loop, whose jump may test a condition, too, or a call; Python's own are in each coroutine."""
    is_call = operation.startswith("CALL") and not operation.startswith("CALL_INTRINSIC")
    return is_call or "JUMP_BACKWARD" in operation


def _operations(function: Callable[..., object]) -> list[str]:
    return [each.opname for each in dis.get_instructions(function)]


def first_wrong(
    play: Callable[[Any], Any],
    situations: Sequence[Any],
    findings: Callable[[Any], Iterator[Finding]],
    about: Callable[[Any], str] = attrgetter("setting"),
) -> CheckResult | None:
    """Play all situations; what a check says of the first that goes wrong, and None where all go well.

    `play` gives what was seen of a situation, with its `trial`; `about` says in words what the situation is.
    """
    for number, situation in enumerate(situations, 1):
        seen = play(situation)
        found = next(findings(seen), None)
        if found is not None:
            return report(about(situation), number, len(situations), found, seen.trial.tape)
    return None


def report(situation: str, number: int, of: int, found: Finding, tape: Tape) -> CheckResult:
    """What a check says of the first situation that goes wrong."""
    before = "" if number == 1 else f"Of {of} situations {number - 1} went well. "
    return CheckResult(
        False,
        f"{before}{situation} {found.sentence}".strip(),
        found.hint,
        found.bigger_hint,
        found.solution,
        tape=tape,
        rule=found.rule,
        mistake=found.mistake,
        input={"situation": situation.partition(":")[0]},
    )
