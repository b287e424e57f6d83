"""What a prediction shows: the question, its choices, what was chosen, and an answer to each choice after the run.

Left out: comparing a choice with the run, which `wslab.course.Prediction` does, and how it looks (`picture`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.course.predictions import Answer

__all__ = ["PredictState"]


@dataclass(frozen=True, slots=True)
class PredictState:
    """What is shown: `group` is the name that binds the radio buttons together on their page.

    `answers` has what there is to say of each choice, in their order; it is empty before the run.
    """

    question: str
    choices: tuple[str, ...]
    chosen: str | None = None
    answers: tuple[Answer, ...] = ()
    group: str = "predict"

    @property
    def answer(self) -> Answer | None:
        """What there is to say of the choice that was made."""
        made = self.chosen is not None and bool(self.answers)
        return self.answers[self.choices.index(str(self.chosen))] if made else None
