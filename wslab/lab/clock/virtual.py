"""`VirtualClock`: a time that stands still between two runs and jumps from event to event within one.

How it works: the clock owns one `VirtualLoop` (`event_loop` explains how it jumps). `run` is the only way in. Outside
of `run` nothing can happen, so `loop` is refused there; `now` and `later` still answer, because to look at the time or
to set a timer needs nothing to happen.

A lab on this clock has no other source of order: each timer, callback and delivery goes through this one loop. The same
program therefore does the same thing in the same order, in every run and on every machine.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple, Unpack

from wslab.lab.clock.base import ELSEWHERE, Clock
from wslab.lab.clock.chance import repeatable
from wslab.lab.clock.event_loop import VirtualLoop
from wslab.lab.clock.runner import running_loop

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class VirtualClock(Clock):
    """Virtual time, which begins at 0 seconds. `virtual_loop` is its loop, also while time stands still.

    What a program draws by chance in a run repeats with `seed` (`chance`).
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.virtual_loop = VirtualLoop()
        self._chance = random.Random(seed)

    def now(self) -> float:
        """Seconds of virtual time."""
        return self.virtual_loop.time()

    def later(
        self, seconds: float, call: Callable[[Unpack[Arguments]], object], *arguments: *Arguments
    ) -> asyncio.TimerHandle:
        """Call something after so many seconds; this may also be asked while time stands still."""
        return self.virtual_loop.call_later(seconds, call, *arguments)

    def later_for_watchers(self, seconds: float, call: Callable[[], object]) -> None:
        """Call a watcher once time stands still again, however many seconds it asked for."""
        self.virtual_loop.call_at_rest(call)

    async def rest(self) -> None:
        """Wait until cancelled."""
        await self.loop.create_future()

    @property
    def loop(self) -> VirtualLoop:
        """The virtual loop. `RuntimeError` outside of `run`, where time stands still."""
        if running_loop() is self.virtual_loop:
            return self.virtual_loop
        if not self.virtual_loop.is_running():
            raise RuntimeError(
                "The time of this lab is virtual and stands still here: run the coroutine with lab.run(...), for "
                "instance `lab.run(story(lab))` or `server = lab.run(lab.serve(echo))`."
            )
        raise RuntimeError(ELSEWHERE)

    @property
    def is_over(self) -> bool:
        """False as long as the lab is in use: only `abandon` closes the loop."""
        return self.virtual_loop.is_closed()

    @property
    def is_here(self) -> bool:
        """Whether a run goes on."""
        return self.virtual_loop.is_running()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it as fast as the machine can. `Deadlock` where nothing is left to happen and it is not done."""
        with repeatable(self._chance):
            return self.virtual_loop.run_until_complete(coroutine)

    def check_thread(self) -> None:
        """`RuntimeError` where the loop runs in another thread."""
        if self.virtual_loop.is_running() and running_loop() is not self.virtual_loop:
            raise RuntimeError(ELSEWHERE)

    def abandon(self, clear: Callable[[], object]) -> None:
        """Call it, let everything that ends by it end, and close the loop."""
        self.virtual_loop.close_after(clear)
