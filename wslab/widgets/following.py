"""A view that follows what grows: it looks soon after something new was recorded, and never from within the recording.

How it works: whatever is followed calls `on_news`, through a weak reference (`life.weakly`). The view then takes in a
bounded part of what is new. After that it rests three times as long as it took, so that the lab's own work goes on;
news that comes meanwhile waits for the same look. What is left over is read by the looks that follow; between those it
rests as long as one took. Where no event loop runs, all is taken in at once.

Left out: what a view takes in, and how it draws it.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from wslab.tape.follow import WATCH_INTERVAL
from wslab.widgets.life import weakly
from wslab.widgets.view import View

__all__ = ["FollowingView"]

REST = 3
"""Times as long as a look took, the view rests before the next."""


class FollowingView(View):
    """A view that calls `take_in` when there is news. Its owner gives `weakly(view.on_news)` to what it follows."""

    _next_look: asyncio.TimerHandle | None = None
    _cost = 0.0

    def take_in(self, *, whole: bool) -> bool:
        """Read a bounded part of what is new, or the `whole`, and show it; returns whether more is left."""
        raise NotImplementedError

    def on_news(self) -> None:
        """Look, but after a rest."""
        loop = _running_loop()
        if loop is None:
            return self.look()
        return self._look_later(loop, REST * self._cost)

    def look(self) -> None:
        """Show what is new now. What is left is read later, by itself; an error is shown in the view."""
        loop, began = _running_loop(), perf_counter()
        try:
            is_behind = self.take_in(whole=loop is None)
        except Exception as problem:  # an error here must not end the watch unseen
            return self.show_problem(problem)
        self._cost = perf_counter() - began
        if is_behind and loop is not None:
            self._look_later(loop, max(WATCH_INTERVAL, self._cost))
        return None

    def _look_later(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        if self._next_look is None:
            self._next_look = loop.call_later(seconds, weakly(self._look_now))

    def _look_now(self) -> None:
        self._next_look = None
        self.look()

    def close(self) -> None:
        """Look no more, and close the view."""
        if self._next_look is not None:
            self._next_look.cancel()
        super().close()


def _running_loop() -> Any:
    """The loop that runs here; None where there is none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
