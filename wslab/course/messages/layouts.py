"""A check of a function that reads a binary message: a weather station's readings, one behind the other.

Each reading is a number of 4 bytes, a temperature of 2 bytes with a sign, the length of a name in 1 byte, and the name
in UTF-8. All of it is in network order. The protocol says nothing about that (§5.6): both programs have to agree.

Left out: messages that are cut short, which a program should refuse.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from wslab.course.messages.cases import Case, Mistake, judge
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_readings", "message_of"]

Reading = tuple[int, int, str]

TASK = Task(
    (list, tuple),
    "a list of tuples (number, degrees, name)",
    "Begin with one reading: struct.unpack('!IhB', message[:7]) gives number, degrees and the length of the name.",
    "The name is message[7 : 7 + length].decode(). What is behind it is the next reading: go on until nothing is left.",
    """def readings(message):
    found = []
    while message:
        number, degrees, length = struct.unpack("!IhB", message[:7])
        found.append((number, degrees, message[7 : 7 + length].decode()))
        message = message[7 + length :]
    return found""",
)


def message_of(*readings: Reading) -> bytes:
    """The message with these readings."""
    return b"".join(
        struct.pack("!IhB", number, degrees, len(name.encode())) + name.encode() for number, degrees, name in readings
    )


def _case(about: str, *readings: Reading) -> Case:
    return Case(message_of(*readings), list(readings), about)


CASES = (
    _case(
        "Seven bytes come before the name, 4, 2 and 1; the name is text, which .decode() makes of its bytes.",
        (7, 21, "Oslo"),
    ),
    _case("The temperature has a sign: h in struct, and signed=True in int.from_bytes.", (258, -5, "Lima")),
    _case(
        "One message has several readings: go on behind the name.", (1, 30, "Rome"), (2, 31, "Lyon"), (3, 28, "Nice")
    ),
    _case(
        "The length counts bytes, and ü has two of them: cut the bytes first, decode then.",
        (9, 8, "Zürich"),
        (4, 9, "Ulm"),
    ),
    _case("An empty message has no reading in it: give an empty list."),
    _case("The number has no sign, and a name may be empty: I in struct.", (4_000_000_000, -40, ""), (5, 0, "Bonn")),
)


def _reader(layout: str) -> Callable[[bytes], list[Reading]]:
    """A reader that is right but for the layout of the first seven bytes."""

    def read(message: bytes) -> list[Reading]:
        found: list[Reading] = []
        while message:
            number, degrees, length = struct.unpack(layout, message[:7])
            found.append((number, degrees, message[7 : 7 + length].decode()))
            message = message[7 + length :]
        return found

    return read


_LITTLE = "Its bytes are read from the wrong end. Network order has the most significant one first: ! in struct, 'big'."

MISTAKES = (
    Mistake(_reader("<IhB"), _LITTLE),
    Mistake(_reader("!ihB"), "The number has no sign: I in struct, a small i would have one."),
)
"""Those that the hint of a case does not name already."""


def check_readings(mine: object) -> CheckResult:
    """Give binary messages to the learner's function, and name the part of the layout that it reads otherwise.

    `mine` is a function of the bytes of a message that returns a list of tuples (number, degrees, name).

    >>> check_readings(lambda message: [(7, 21, "Oslo")]).ok
    False
    """
    return judge(mine, TASK, CASES, MISTAKES, f"all {len(CASES)} messages are read as they were meant.")
