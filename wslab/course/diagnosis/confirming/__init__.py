"""Whether a fix helps: the scenario of a cause, as it is and with the fix, and the sign of it counted on both tapes.

- `signs`: what each cause leaves on a tape, as a number.
- `confirmation`: both runs, what each side believed in them, and whether the sign is gone.
"""

from __future__ import annotations

from wslab.course.diagnosis.confirming.confirmation import Confirmation, confirm

__all__ = ["Confirmation", "confirm"]
