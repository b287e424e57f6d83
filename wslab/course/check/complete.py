"""`wslab.check.complete`: the seven functions of a server, a learner's own where they are right.

A server needs all of them, and a learner writes one after the other. So each is checked; where one is not right yet,
the right one stands in for it, and the result says so. That is the solution which the check's report shows.

Left out: the loop that calls them, which is the learner's, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wslab.course.check.judge import check
from wslab.course.check.tasks import TASKS

__all__ = ["Functions", "complete"]

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Functions:
    """The seven functions of a server by their names. Printed, it says whose each of them is.

    `stand_ins` has why a learner's own is not taken, by the name of the function: `not written yet` or `not right yet`.
    To try another function in its place: `dataclasses.replace(functions, encode_frame=...)`.
    """

    accept_key: Function
    unmask: Function
    encode_frame: Function
    decode_frame: Function
    assemble: Function
    close_body: Function
    handshake: Function
    stand_ins: Mapping[str, str]

    def __str__(self) -> str:
        return "\n".join(f"{name:<14}{self._whose(name)}" for name in TASKS)

    __repr__ = __str__

    def _whose(self, name: str) -> str:
        why = self.stand_ins.get(name)
        return "yours" if why is None else f"the right one stands in: yours is {why}"


def complete(
    accept_key: object = None,
    unmask: object = None,
    encode_frame: object = None,
    decode_frame: object = None,
    assemble: object = None,
    close_body: object = None,
    handshake: object = None,
) -> Functions:
    """All seven functions: each of yours that passes its check, and the right one for each other. Raises nothing."""
    mine = (accept_key, unmask, encode_frame, decode_frame, assemble, close_body, handshake)
    checked = {name: check(TASKS[name], function).ok for name, function in zip(TASKS, mine, strict=True)}
    whys = {None: "not written yet", False: "not right yet"}
    taken: dict[str, Any] = {
        name: function if checked[name] else _solved(name) for name, function in zip(TASKS, mine, strict=True)
    }
    return Functions(**taken, stand_ins={name: whys[ok] for name, ok in checked.items() if not ok})


def _solved(name: str) -> Function:
    """The function that the solution of a task makes."""
    made: dict[str, Any] = {}
    exec(TASKS[name].solution, made)  # noqa: S102  our own text, the one that learners read
    function: Function = made[name]
    return function
