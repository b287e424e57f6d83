"""A check of a learner's client that follows news by long polling.

The learner's function gets `ask`, a function. `ask(after)` is one request: it waits at the server until there are items
above `after`, and gives them as pairs of number and text. It gives an empty list when the server's limit has passed,
raises `ConnectionError` where the connection was lost, and gives None when the news is over. The function gives the
texts, each once and in order.

Each `Server` plays a script, one line for each request: the newest number that is out by then, or what goes wrong. The
numbers have gaps, so that counting is not enough, and one answer repeats what the client has, as a cache may.

Left out: time. How long to wait behind a lost connection is the lesson on reconnects.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_long_polling"]

LOST, QUIET, REPEATED = "lost", "quiet", "repeated"
MOST = 40
"""Requests of one client before it is stopped."""

Item = tuple[int, str]


class _Script(NamedTuple):
    """What is special of a server, and of each request the newest number that is out, or what goes wrong."""

    name: str
    steps: tuple[int | str, ...]
    hint: str


SCRIPTS = (
    _Script("a good day", (2, 3), "Show what came, and ask again, for what is above the last number that you have."),
    _Script(
        "a quiet hour",
        (2, QUIET, QUIET, 3),
        "An empty list says that nothing was new within the server's limit: ask again, with the same number.",
    ),
    _Script(
        "a lost connection",
        (2, LOST, 3, LOST, 4),
        "A request that is lost has brought nothing: catch ConnectionError, and ask again with the same number.",
    ),
    _Script(
        "numbers with gaps",
        (10, 20, 35, 50),
        "Ask for what is above the last *number*. How many items you have says nothing: the numbers have gaps.",
    ),
    _Script(
        "an answer that comes twice",
        (2, REPEATED, 4),
        "An answer may repeat what you have, as a cache does: drop each number that is not above your last one.",
    ),
)
NUMBERS = (1, 2, 3, 4, 10, 12, 20, 35, 41, 50)


class TooManyRequests(Exception):
    """The client goes on and on."""


class Server:
    """Answers requests by its script; `asked` are the numbers that came with them."""

    def __init__(self, script: _Script) -> None:
        self.script = script
        self.asked: list[object] = []
        self._last: list[Item] = []

    @property
    def is_over(self) -> bool:
        """Whether it has said that the news is over."""
        return len(self.asked) > len(self.script.steps)

    @property
    def items(self) -> list[Item]:
        """All that there is, up to the highest number of the script."""
        newest = max(step for step in self.script.steps if isinstance(step, int))
        return [(number, f"news {number}") for number in NUMBERS if number <= newest]

    def __call__(self, after: int) -> list[Item] | None:
        self.asked.append(after)
        if len(self.asked) > MOST:
            raise TooManyRequests
        if self.is_over:
            return None
        step = self.script.steps[len(self.asked) - 1]
        if step == LOST:
            raise ConnectionResetError("the connection is lost")
        if isinstance(step, int):
            self._last = [item for item in self.items if after < item[0] <= step]
        return [] if step == QUIET else list(self._last)

    def __deepcopy__(self, _: object) -> Server:
        return self  # a check hands copies on, and the requests are kept here

    def __repr__(self) -> str:
        return self.script.name


TASK = Task(
    (list, tuple),
    "a list of texts",
    "A loop around ask(last): last begins with 0, and is the number of the last item that you have.",
    "None ends the loop; ConnectionError and an empty list go round it again; a number that is not above last is old.",
    """def follow(ask):
    last, texts = 0, []
    while True:
        try:
            items = ask(last)
        except ConnectionError:
            continue
        if items is None:
            return texts
        for number, text in items:
            if number > last:
                last = number
                texts.append(text)""",
)


def check_long_polling(mine: object) -> CheckResult:
    """Let the learner's client follow five servers, and name what it loses or doubles.

    `mine` is a function of `ask` that returns the texts of all items. `ask(after)` gives the items above a number as
    pairs (number, text), an empty list where nothing was new, None where the news is over; it raises `ConnectionError`.

    >>> check_long_polling(lambda ask: [text for _, text in ask(0)]).hint
    'Show what came, and ask again, for what is above the last number that you have.'
    """
    servers = [Server(script) for script in SCRIPTS]
    for server in servers:  # one after the other: the first that goes wrong is the one to tell of
        values = TASK.values(mine, [server])
        if len(server.asked) > MOST:
            return TASK.wrong(f"on {server!r} it has asked {MOST} times, and goes on.", "None says that it is over.")
        if isinstance(values, CheckResult):
            return _stopped(server, values)
        right = [text for _, text in server.items]
        if list(values[0]) != right:
            return _wrong(server, list(values[0]), right)
    return TASK.right(f"{len(servers)} servers, and each item is there once and in order.")


def _stopped(server: Server, result: CheckResult) -> CheckResult:
    if result.ended_by == "raises" and server.is_over:
        return replace(result, hint=f"The server has answered None: it is over. Look for None first. {result.hint}")
    return _lost(server) if LOST in server.script.steps and result.ok is False else result


def _wrong(server: Server, texts: list[object], right: list[str]) -> CheckResult:
    if texts == server.items:
        return TASK.wrong(f"on {server!r} it gives pairs of number and text.", "Give the texts alone.")
    return TASK.wrong(_told(server, texts, right), server.script.hint)


def _lost(server: Server) -> CheckResult:
    return TASK.wrong(f"on {server!r} an error leaves it, and what comes later is never seen.", server.script.hint)


def _told(server: Server, texts: list[Any], right: list[str]) -> str:
    missing = [text for text in right if text not in texts]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    what = "the order is wrong"
    if missing:
        what = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    elif twice:
        what = f"{', '.join(twice)} came twice"
    return f"on {server!r} {what}."
