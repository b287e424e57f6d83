"""A check of assertions on a tape: does a client end its connection as it should?

The learner's function gets the tape of a connection, asserts, and returns nothing. What it has to hold: the client
sends the text `bye`, once; its Close comes before the server's; in the end both sides believe 1000. Of `STORIES` some
are right, in whatever else they differ, and in each of the others one thing is wrong.

Left out: tapes with several connections, and a client that is not the lab's own, of which the tape knows no belief.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from wslab.course.answers import capital, explain_error, in_words, is_interrupt
from wslab.course.exercises.trial import not_begun
from wslab.course.report import CheckResult
from wslab.course.supervisor import call_watched
from wslab.lab import ConnectionClosed, Endpoint, Lab
from wslab.protocol import Deflate
from wslab.tape.tape import Tape

__all__ = ["check_ending"]

BEGIN = "Three things are to hold: what the client sends, who sends Close first, and what both believe in the end."
BIGGER = (
    "`tape.frames(Opcode.TEXT, 'client')` are the client's texts; the first of `tape.frames(Opcode.CLOSE)` has a "
    "`sender`; `tape[-1].client.code` and `tape[-1].server.code` are the codes in the end."
)
SOLUTION = """def ends_well(tape):
    assert [text.plain for text in tape.frames(Opcode.TEXT, "client")] == [b"bye"]
    assert tape.frames(Opcode.CLOSE)[0].sender == "client"
    assert (tape[-1].client.code, tape[-1].server.code) == (1000, 1000)"""


def check_ending(mine: object) -> CheckResult:
    """Give tapes of right and of wrong endings to the learner's function, and name the first that it takes wrongly.

    `mine` is a function of a tape that raises AssertionError where the ending is wrong, and returns nothing.

    >>> def ends_well(tape):
    ...     assert tape[-1].client.code == 1000
    >>> check_ending(ends_well).hint
    'Look at what the client sent: `plain` is the payload of a frame, unmasked and inflated.'
    """
    early = not_begun(mine, "write the first `assert`.", BEGIN, BIGGER, SOLUTION)
    if early is not None:
        return early
    assert callable(mine)
    for story in STORIES:
        found = _judge(mine, story)
        if found is not None:
            return found
    right = sum(story.is_right for story in STORIES)
    what = f"your assertions hold for {right} right endings, and fail for each of {len(STORIES) - right} wrong ones."
    return CheckResult(True, what, tape=_played(STORIES[0]))


def _judge(mine: Callable[..., object], story: Story) -> CheckResult | None:
    """What to say of the learner's function, given the tape of a story; None where it is right."""
    tape = _played(story)
    value, error, stopped = _called(mine, tape)
    if stopped is not None:
        return stopped
    if inspect.iscoroutine(value):
        value.close()  # it will never run, and Python would warn of that
        sentence = "your function gives a coroutine, which has not run."
        return _wrong(sentence, "Write `def` instead of `async def`.", tape)
    if value is not None:
        sentence = f"your function returns {in_words(value)}, and a test's value is looked at by nobody."
        return _wrong(sentence, "Write `assert` in front of the condition, and return nothing.", tape)
    if story.is_right and error is not None:
        return _too_strict(mine, story, error, tape)
    if not story.is_right and error is None:
        return _wrong(f"{story.what}, and your function lets it pass.", story.hint, tape)
    return None


def _called(mine: Callable[..., object], tape: Tape) -> tuple[object, BaseException | None, CheckResult | None]:
    """What the function returns, the error that it raises, and what to say where it does not end."""
    try:
        value, found = call_watched(mine, tape)
    except BaseException as error:  # the learner's own: a failing test
        if is_interrupt(error):
            raise
        return None, error, None
    if found is None:
        return value, None, None
    sentence, hint, bigger = found
    return None, None, CheckResult(False, sentence, hint, bigger or BIGGER, SOLUTION, ended_by="hangs")


def _too_strict(mine: Callable[..., object], story: Story, error: BaseException, tape: Tape) -> CheckResult:
    told = explain_error(mine, error)
    if not isinstance(error, AssertionError):
        return replace(told, bigger_hint=told.bigger_hint or BIGGER, solution=SOLUTION, tape=tape)
    sentence = f"{story.what}, which is right, and your assertion fails."
    hint = _BYTES if _compares_text(mine) else story.hint
    return _wrong(sentence, f"{hint} {told.hint}", tape)


_BYTES = '`plain` is bytes, and no bytes are equal to a text: compare with `b"bye"`, with the b in front.'


def _compares_text(mine: object) -> bool:
    """Whether the text of the task stands in a function as a `str`, and nothing there makes a `str` of bytes."""
    code = getattr(mine, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    parts = list(_codes(code))
    named = {name for part in parts for name in part.co_names}
    return any("bye" in _flat(part.co_consts) for part in parts) and not named & {"decode", "str"}


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the comprehensions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _flat(constants: Iterable[object]) -> Iterator[object]:
    """Constants, and what stands in those that are tuples."""
    for constant in constants:
        yield from _flat(constant) if isinstance(constant, tuple) else (constant,)


def _wrong(sentence: str, hint: str, tape: Tape) -> CheckResult:
    return CheckResult(False, capital(sentence), hint, BIGGER, SOLUTION, tape=tape)


# ---- the stories

Play = Callable[[Endpoint, Endpoint], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Story:
    """What happens on a connection. `play` gets both ends, client first; `hint` is for a function that errs here."""

    what: str
    play: Play
    hint: str
    is_right: bool = False
    faults: tuple[str, ...] = ()
    deflate: Deflate | None = None


def _played(story: Story) -> Tape:
    lab = Lab(clock="virtual", log_errors=False)
    lab.run(_on_a_link(lab, story))
    return lab.tape


async def _on_a_link(lab: Lab, story: Story) -> None:
    servers: asyncio.Queue[Endpoint] = asyncio.Queue()

    async def handle(ws: Endpoint) -> None:
        servers.put_nowait(ws)
        async for _ in ws:
            pass

    link = await lab.link(await lab.serve(handle, deflate=story.deflate), *story.faults)
    client = await lab.connect(link, deflate=story.deflate)
    with suppress(ConnectionClosed, TimeoutError):
        await story.play(client, await servers.get())
    await asyncio.sleep(30)
    await lab.close()


async def _well(client: Endpoint, _server: Endpoint) -> None:
    await client.send("bye")
    await client.close(1000)


async def _answered(client: Endpoint, server: Endpoint) -> None:
    await server.send("hello")
    await server.send("bye")
    await _well(client, server)


async def _pinged(client: Endpoint, server: Endpoint) -> None:
    await asyncio.sleep(3600)
    await client.ping(b"bye")
    await _well(client, server)


async def _silent(client: Endpoint, _server: Endpoint) -> None:
    await client.close(1000)


async def _twice(client: Endpoint, server: Endpoint) -> None:
    await client.send("bye")
    await _well(client, server)


async def _other(client: Endpoint, _server: Endpoint) -> None:
    await client.send("by")
    await client.close(1000)


async def _aborted(client: Endpoint, _server: Endpoint) -> None:
    await client.send("bye")
    await asyncio.sleep(1)
    client.abort()


async def _by_server(client: Endpoint, server: Endpoint) -> None:
    await client.send("bye")
    await asyncio.sleep(1)
    await server.close(1000)


async def _going_away(client: Endpoint, _server: Endpoint) -> None:
    await client.send("bye")
    await client.close(1001)


_SENT = "Look at what the client sent: `plain` is the payload of a frame, unmasked and inflated."
_FIRST = "Look at the first Close on the tape: its `sender` is to be the client."
_BOTH = "Look at what both believe in the end: `tape[-1].client.code` and `tape[-1].server.code`."

STORIES = (
    Story("The client sends bye and closes with 1000", _well, "Hold what is asked for, and no more.", is_right=True),
    Story("The client closes with 1000 and sends nothing before", _silent, _SENT),
    Story("The client sends bye twice", _twice, f"{_SENT} Compare the whole list with one that has a single entry."),
    Story("The client sends by instead of bye", _other, _SENT),
    Story("The client sends bye and ends TCP without a Close", _aborted, _BOTH),
    Story("The server closes first, with 1000", _by_server, _FIRST),
    Story("The client closes with 1001", _going_away, _BOTH),
    Story(
        "The server's Close is lost, so the client believes 1006 and the server 1000",
        _well,
        _BOTH,
        faults=("half-open:of=server,after=0.0021",),
    ),
    Story(
        "The server sends texts, too",
        _answered,
        "Ask for the client's frames alone: `tape.frames(Opcode.TEXT, 'client')`.",
        is_right=True,
    ),
    Story(
        "The messages are compressed",
        _well,
        "`frame.payload` is what travelled, here compressed; `plain` is what was said.",
        is_right=True,
        deflate=Deflate(),
    ),
    Story(
        "An hour and a Ping go by, over a slow path",
        _pinged,
        "A time, a place on the tape or a count of all entries is not what was asked for.",
        is_right=True,
        faults=("mobile",),
    ),
)
"""In the order in which they are played."""
