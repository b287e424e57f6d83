"""What is asked before a run, and under which topic somebody looks for it.

A scenario's question has one right answer and some wrong ones, and each wrong one says why it is not so. All of them
are of the run with default parameters: with other parameters another answer may be right, and a view then asks what the
two sides believe. A `Topic` is in the words of somebody who has a problem and no name for it yet.

What this module leaves out: the texts (`answers`), and asking (a view).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What somebody would search for; the gallery has one group for each."""

    CLOSED = "It closed and I do not know why"
    GONE = "Users who are not there"
    REFUSED = "It will not connect"
    SLOW = "It is slow"
    WRONG = "It arrived wrong"
    CODE = "My code"
    MANY = "Many servers"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to a scenario's question: the right one, and each wrong one with the reason why it is not so.

    `before` is the step that decides it, where a reader of the tape could not tell which one that is: what comes from
    there on would tell the answer.
    """

    right: str
    wrong: Mapping[str, str]
    before: int | None = None
