"""A check of how a learner inflates a message with a limit (RFC 7692 §7.2.2, RFC 6455 §10.4).

The learner's function gets a pair, the payload of a compressed message and a limit in bytes, and gives the message, or
None where it is larger than the limit. The messages are deflated as the protocol does it: raw DEFLATE, flushed, without
the last four bytes. Some are exactly as long as the limit, or a byte longer. The last is a bomb: right is None, and
while the function runs `tracemalloc` counts how much memory it took. A function that inflates first and looks then
gives the right value and holds all of the bomb.

Left out: fragments, and a window that goes on from message to message.
"""

from __future__ import annotations

import tracemalloc
from typing import Any, NamedTuple

from wslab.course.answers import value_of
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult
from wslab.protocol.codes import Role
from wslab.protocol.deflate import Deflate, Deflater
from wslab.protocol.numbers import size_in_words

__all__ = ["check_inflate"]

BOMB = 32 * 1024 * 1024
MOST = 4 * 1024 * 1024
"""Bytes that a function may take for the bomb, whose limit is 64 KiB."""


class _Case(NamedTuple):
    """A message, the limit, and the payload that carries it."""

    message: bytes
    limit: int
    name: str

    @property
    def given(self) -> tuple[bytes, int]:
        return Deflater(Deflate(), Role.CLIENT).deflate(self.message), self.limit

    @property
    def right(self) -> bytes | None:
        return self.message if len(self.message) <= self.limit else None


CASES = (
    _Case(b"Hello, hello, hello", 1000, "a short message"),
    _Case(b"", 1000, "an empty message"),
    _Case(b"ab" * 500, 1000, "a message as long as the limit"),
    _Case(b"ab" * 500 + b"c", 1000, "a message that is one byte longer than the limit"),
    _Case(bytes(range(256)) * 400, 200_000, "a long message"),
    _Case(bytes(300_000), 65_536, "a small bomb"),
)

TASK = Task(
    (bytes, bytearray, type(None)),
    "the message as bytes, or None",
    "zlib.decompressobj(wbits=-15) inflates raw DEFLATE; put the four bytes 00 00 ff ff back behind the payload.",
    "`.decompress(data, limit + 1)` stops after so many bytes: one more than the limit says that there is too much.",
    """def inflate(given):
    payload, limit = given
    stream = zlib.decompressobj(wbits=-15)
    message = stream.decompress(payload + b"\\x00\\x00\\xff\\xff", limit + 1)
    return message if len(message) <= limit else None""",
)


def check_inflate(mine: object) -> CheckResult:
    """Give compressed messages to the learner's function, at last a bomb, and measure the memory that this one takes.

    `mine` is a function of a pair, payload and limit in bytes, that returns the message, or None where it is too large.

    >>> check_inflate(lambda given: b"Hi").sentence
    "of a short message it gives b'Hi', and right is b'Hello, ' and so on."
    """
    values = TASK.values(mine, [each.given for each in CASES])
    if isinstance(values, CheckResult):
        return values
    said = [(case, value) for case, value in zip(CASES, values, strict=True) if value != case.right]
    if said:
        return TASK.wrong(_told(*said[0]), _hint(*said[0]))
    return _of_the_bomb(mine)


def _of_the_bomb(mine: object) -> CheckResult:
    bomb = _Case(bytes(BOMB), 65_536, "the bomb")
    payload, limit = bomb.given
    took, value = _memory_of(mine, (payload, limit))
    if value is not None:
        return TASK.wrong(_told(bomb, value), "It is larger than the limit: None.")
    came = size_in_words(len(payload))
    if took > MOST:
        sentence = f"the bomb is refused, but {came} became {took / 1024 / 1024:.0f} MiB in memory before that."
        return TASK.wrong(sentence, "You inflate all of it and then look how long it is. Stop while it is inflated.")
    return TASK.right(f"a bomb of {came} would be {size_in_words(BOMB)}, and yours stops at {took / 1024:,.0f} KiB.")


def _memory_of(mine: object, given: tuple[bytes, int]) -> tuple[int, Any]:
    """The most memory that a call took, in bytes, and what it gave; an error counts as None."""
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        value, _ = value_of(mine, given)
        return tracemalloc.get_traced_memory()[1] - before, value
    finally:
        if not was_tracing:
            tracemalloc.stop()


def _told(case: _Case, value: bytes | None) -> str:
    return f"of {case.name} it gives {_short(value)}, and right is {_short(case.right)}."


def _short(value: bytes | None) -> str:
    if value is None:
        return "None"
    return repr(bytes(value)) if len(value) <= 7 else f"{bytes(value[:7])!r} and so on"


def _hint(case: _Case, value: bytes | None) -> str:
    if value is None:
        return (
            "A message as long as the limit is not too large: `<=`, not `<`."
            if len(case.message) == case.limit
            else "This message is within its limit, and it is expected as bytes."
        )
    if case.right is None:
        cut = len(value) <= case.limit
        return (
            "What you give is only the beginning of the message. To see that there is more, let one byte more come."
            if cut
            else "It is larger than the limit: None. The limit is about the message, and not about its payload."
        )
    if value == case.given[0]:
        return "This is the payload as it came; it still has to be inflated."
    return "Give the whole message: what is left unread stays in `.unconsumed_tail`."
