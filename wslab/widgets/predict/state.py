"""What a prediction shows: the question, its choices, what was chosen, and the answer once the run is over.

Left out: comparing a choice with the run, which `wslab.course.Prediction` does, and how it looks (`picture`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.course.predictions import Answer

__all__ = ["PredictState"]


@dataclass(frozen=True, slots=True)
class PredictState:
    """What is shown: `group` is the name that binds the radio buttons together on their page."""

    question: str
    choices: tuple[str, ...]
    chosen: str | None = None
    answer: Answer | None = None
    group: str = "predict"
