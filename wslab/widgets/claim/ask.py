"""A claim as a question: `Predict` with the four verdicts, which the finding answers.

How it works: the view tells the claim what the learner chose. When a finding of that claim is shown, each of its views
that still lives is told the verdict of the run. Views are held weakly, so a cell that is run again lets go of its own.

Left out: how the question looks (`wslab.widgets.predict`).
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from wslab.course.claims import CHOICES, Claim, Finding
from wslab.widgets.predict.widget import Predict

__all__ = ["answer", "ask"]

_ASKED: WeakKeyDictionary[Claim, WeakSet[Predict]] = WeakKeyDictionary()


def ask(claim: Claim) -> Predict:
    """The question, with what the learner said before."""
    view = Predict(claim.question, CHOICES, because=claim.myth.truth, chosen=claim.judged or "")

    def on_chosen(change: Any) -> None:
        claim.judge(change["new"] or None)

    view.observe(on_chosen, names=["chosen"])
    _ASKED.setdefault(claim, WeakSet()).add(view)
    return view


def answer(finding: Finding) -> None:
    """Tell the views of this claim what the run says."""
    for view in list(_ASKED.get(finding.claim, ())):
        view.resolve(finding.verdict.value)
