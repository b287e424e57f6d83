"""A tape in Jupyter shows itself as the Timeline: a formatter that IPython finds by the type's name.

Nothing is loaded until a tape is shown. Where no widget can live, the same HTML is shown. The tape's own text stays
as it is.

Left out: following a tape while it grows; `Timeline(lab, live=True)` does that.
"""

from __future__ import annotations

from typing import Any

from wslab.lab import Tape

__all__ = ["bundle"]


def bundle(tape: Tape) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Jupyter shows of a tape: its Timeline, as a widget and as HTML."""
    from wslab.widgets.timeline.widget import Timeline

    data, metadata = Timeline(tape)._repr_mimebundle_()
    data.pop("text/plain", None)  # the tape's own, which IPython adds
    return data, metadata
