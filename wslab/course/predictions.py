"""A prediction: a question, the choices, what the learner chose, and the comparison with what really happened.

The right answer is not stored here. `resolve` gets it from the run, so a question cannot disagree with the code that it
is about. Without a choice it says so and gives the answer too; nothing waits for a choice. The first run decides: a
cell that runs twice may well give something else (two requests where one was asked for), and that proves no choice
wrong. A run that gives none of the choices decides nothing.

What this module leaves out: how it looks (`wslab.widgets.predict`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wslab.course.hand_in.notes import note_prediction

__all__ = ["Answer", "Prediction"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a prediction: `right` is None where nothing was chosen, or where the run decides nothing.

    `because` is why the run gave `actual`, `why_not` why it did not give the choice. It reads as a few sentences.
    """

    chosen: str | None
    actual: str
    right: bool | None
    because: str = ""
    why_not: str = ""
    offered: bool = True

    @property
    def sentence(self) -> str:
        """The comparison, in words."""
        return " ".join(filter(None, (self._comparison(), self.because, self.why_not)))

    def _comparison(self) -> str:
        if not self.offered:
            unlike = f"The run says {self.actual}, which no choice offers"
            return f"{unlike}: did the cell run twice? Restart and run on."
        if self.right is None:
            return f"You have not chosen yet. The run says: {self.actual}."
        if self.right:
            return f"You said {self.chosen}, and so does the run."
        return f"You said {self.chosen}; the run says {self.actual}."

    def __str__(self) -> str:
        return self.sentence

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"


class Prediction:
    """A question with choices, answered by a run.

    `choices` are shown as text, and so is what the run gives: 1006 and "1006" are the same answer. As a mapping they
    carry reasons: why it is so where the run gives this choice, and why it is not so where it does not. `because` is
    what there is to learn, shown with every answer. Raises ValueError for fewer than two choices, or two that read the
    same.

    >>> prediction = Prediction("Which code does the client see?", [1000, 1006], because="A silent path says nothing.")
    >>> prediction.choose(1000)
    >>> prediction.resolve(1006)
    You said 1000; the run says 1006. A silent path says nothing.
    >>> prediction.resolve(4000)  # the cell again: the first run has decided
    You said 1000; the run says 1006. A silent path says nothing.
    """

    def __init__(self, question: str, choices: Sequence[object] | Mapping[object, str], *, because: str = "") -> None:
        if isinstance(choices, str):
            raise TypeError(f"The choices are a list, and {choices!r} is one text: write [{choices!r}, ...].")
        self.question = question
        self.choices = tuple(str(choice) for choice in choices)
        self.because = because
        self.chosen: str | None = None
        self._reasons = {str(choice): why for choice, why in choices.items()} if isinstance(choices, Mapping) else {}
        self._decided: str | None = None
        _check_choices(self.choices)

    def choose(self, choice: object) -> None:
        """Choose; None takes the choice back. Raises ValueError for one that is not offered."""
        if choice is not None and str(choice) not in self.choices:
            raise ValueError(f"{str(choice)!r} is none of the choices: {', '.join(map(repr, self.choices))}.")
        self.chosen = None if choice is None else str(choice)

    def resolve(self, actual: object) -> Answer:
        """Compare the choice with what the first run gave; one that no choice offers decides nothing."""
        if self._decided is None and str(actual) in self.choices:
            self._decided = str(actual)
            note_prediction(self.question, self.chosen, self._decided)
        if self._decided is None:
            return Answer(self.chosen, str(actual), None, self.because, offered=False)
        return self.answer(self.chosen, self._decided)

    def answer(self, chosen: str | None, actual: str) -> Answer:
        """What there is to say of a choice where the run gave `actual`, which is one of the choices."""
        right = None if chosen is None else chosen == actual
        why = " ".join(filter(None, (self._reasons.get(actual, ""), self.because)))
        return Answer(chosen, actual, right, why, self._reasons.get(chosen or "", "") if right is False else "")

    def __repr__(self) -> str:
        return f"Prediction({self.question!r}, {list(self.choices)!r}, chosen={self.chosen!r})"


def _check_choices(choices: tuple[str, ...]) -> None:
    if len(choices) < 2:
        raise ValueError(f"A prediction needs at least two choices, and this one has {len(choices)}.")
    if len(set(choices)) < len(choices):
        raise ValueError(f"Two choices read the same: {', '.join(map(repr, choices))}.")
