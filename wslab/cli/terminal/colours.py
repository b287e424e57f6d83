"""What this terminal is like."""

from __future__ import annotations

import os


def is_dark() -> bool:
    """Whether it writes light on dark; those that tell do so in COLORFGBG, the others mostly do."""
    return not os.environ.get("COLORFGBG", "").endswith((";7", ";15"))
