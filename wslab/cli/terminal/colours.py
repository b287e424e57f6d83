"""Whether this terminal is dark, and the style that each kind of entry and each field has on it.

Colours, marks and the tints of fields are those of `explain.kinds`, the same as in every view. A fault is reversed, for
it has no colour.
"""

from __future__ import annotations

import os

from wslab.explain.kinds import Kind, tint_of


def is_dark() -> bool:
    """Whether the terminal writes light on dark. Some terminals say so in COLORFGBG; most of the others are dark."""
    return not os.environ.get("COLORFGBG", "").endswith((";7", ";15"))


def kind_style(kind: Kind, *, dark: bool) -> str:
    """The style of a kind, for rich."""
    return "bold reverse" if kind.id == "fault" else f"bold {kind.dark if dark else kind.light}"


def field_style(name: str, *, dark: bool) -> str:
    """The style of a field of a frame, for rich: its tint, with text that is read on it."""
    tint = tint_of(name)
    return f"#f0f0f0 on {tint.dark_fill}" if dark else f"#1c1c1c on {tint.fill}"
