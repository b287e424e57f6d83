"""What is asked before a run: a question, its right answer, and others, each with the reason why it is not so.

A scenario has a question and answers of its own, which are true of the run with default parameters. With other
parameters, or another seed, another answer may be right. Then the question is what both sides believe in the end: the
right answer comes from the run, the others are made from it, and the reason says from which step on each side believes
what it does.

The order of the answers tells nothing: it comes from their letters.

Left out: when it is asked (`state`), and how it looks (`ask`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from wslab.protocol.states import State
from wslab.scenarios.interventions import as_code
from wslab.scenarios.player import PlayedTape
from wslab.tape.entry import Belief, Entry
from wslab.widgets.timeline.forks import ending
from wslab.widgets.timeline.state import SIDES

__all__ = ["Choice", "Question", "choices_of", "question_of"]

CHOICES = 4
"""How many answers are offered to a question that is made from a run."""

OFTEN = ("CLOSED 1000 = CLOSED 1000", "CLOSED 1006 = CLOSED 1006", "OPEN = OPEN", "CLOSED 1006 ≠ OPEN")
"""How connections often end: answers where the run itself gives too few others."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that is offered; `why` is the reason why it is not so, empty for the right one."""

    words: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the answers that are offered, in the order in which they stand; there may be none.

    `before` is the step that decides it, where that is known; None: the first step that tells how the run goes.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    before: int | None = None

    @property
    def right(self) -> str:
        """The right answer; empty where none is offered."""
        return next((each.words for each in self.choices if not each.why), "")


def question_of(tape: PlayedTape, connection: int) -> Question:
    """What is asked before a run; `connection` is the one that is shown."""
    return _of_the_run(tape, connection) if _is_other(tape) else _of_the_scenario(tape)


def _is_other(tape: PlayedTape) -> bool:
    """Whether the answers of the scenario are not those of this run."""
    known = tape.scenario.parameters
    return bool(tape.call.seed) or any(known[name].default != value for name, value in tape.call.parameters.items())


def _of_the_scenario(tape: PlayedTape) -> Question:
    answers = tape.scenario.answers
    choices = [Choice(answers.right), *(Choice(words, why) for words, why in answers.wrong.items())]
    in_order = tuple(sorted(choices, key=lambda each: crc32(each.words.encode())))
    return Question(tape.scenario.question, in_order, answers.before)


# ---- made from a run


def _of_the_run(tape: PlayedTape, connection: int) -> Question:
    right = ending(tape, connection)
    entries = tape.entries(connection)
    choices = (Choice(said, "" if said == right else _why_not(entries, said, right)) for said in choices_of(right))
    return Question(_asks(tape, connection), tuple(sorted(choices, key=lambda each: each.words)))


def _asks(tape: PlayedTape, connection: int) -> str:
    given = {**tape.call.parameters, **({"seed": tape.call.seed} if tape.call.seed else {})}
    words = ", ".join(f"`{name}={as_code(value)}`" for name, value in given.items())
    of = f" of connection {connection}" if len([each for each in tape.connection_numbers if each]) > 1 else ""
    return f"With {words}: what do client and server{of} believe in the end?"


def choices_of(right: str) -> tuple[str, ...]:
    """The answers that are offered, the right one among them: `CLOSED 1006 ≠ OPEN`, the client first."""
    if not _is_pair(right):
        return ()
    client, server = _pair(right)
    near = [f"{server} ≠ {client}", f"{client} = {client}", f"{server} = {server}"] if client != server else []
    return tuple(dict.fromkeys([right, *near, *OFTEN]))[:CHOICES]


def _is_pair(answer: str) -> bool:
    return "=" in answer or "≠" in answer


def _pair(answer: str) -> Sequence[str]:
    return answer.replace("≠", "=").split(" = ")


def _why_not(entries: Sequence[Entry], said: str, right: str) -> str:
    """The reason: of each side of which something else was said, since when it believes what it does."""
    pairs = zip(SIDES, _pair(said), _pair(right), strict=True)
    return " ".join(_since(entries, side) for side, mine, its in pairs if mine != its)


def _since(entries: Sequence[Entry], side: str) -> str:
    belief: Belief | None = getattr(entries[-1], side)
    if belief is None:
        was_known = any(getattr(entry, side) is not None for entry in entries)
        return f"The {side} believes nothing {'any more' if was_known else 'that is recorded'}."
    step = _first_step(entries, side, belief)
    if belief.state is State.OPEN:
        return f"The {side} believes OPEN from step {step} on, and nothing has told it otherwise."
    return f"The {side} believes {belief} from step {step} on ({belief.detail})."


def _first_step(entries: Sequence[Entry], side: str, belief: Belief) -> int:
    """The step from which on a side believes what it does in the end."""
    others = (n for n in reversed(range(len(entries))) if str(getattr(entries[n], side)) != str(belief))
    return entries[next(others, -1) + 1].number
