"""The one error of a run that cannot begin or comes to nothing.

A case that fails is not an error: it is a grade in the report. `NotGraded` is raised only where there is no report at
all.
"""

from __future__ import annotations

__all__ = ["NotGraded"]


class NotGraded(ValueError):
    """There was nothing to grade: no such case, nobody there, or no suite. The text is one sentence for people."""
