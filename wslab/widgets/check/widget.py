"""`CheckReport`, the widget of a check's result. Jupyter shows it wherever a cell ends in a check.

Left out: the comparison (`wslab.course`), and how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from htpy import Node

from wslab.course.report import CheckResult
from wslab.widgets.check.picture import regions, says
from wslab.widgets.check.state import CheckState
from wslab.widgets.image.frame import checked
from wslab.widgets.view import View

__all__ = ["CheckReport"]


class CheckReport(View):
    """What a check says: the learner's bytes beside the right ones, and helps in three steps.

    `result` is what `check_bytes`, `check_value` or `check_accept` returns; `step` is the number of helps that are
    shown, from 0.
    """

    title: ClassVar[str] = "Check"

    def __init__(self, result: CheckResult, **traits: Any) -> None:
        self._result = result
        super().__init__(**traits)

    @property
    def last(self) -> int:
        """How many helps there are."""
        return self.state.last

    @property
    def state(self) -> CheckState:
        """What the view shows now."""
        return CheckState(self._result, getattr(self, "step", 0))

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def image(self) -> Node:
        """The learner's bytes, without styles."""
        comparison = self._result.comparison
        return None if comparison is None else checked(comparison, says(self._result))

    def text(self) -> str:
        """The report as plain text, with the helps that were asked for."""
        return self._result.text(self.step)
