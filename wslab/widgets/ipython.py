"""A tape in Jupyter shows itself as the Timeline, and a check as its report: formatters that IPython finds by type.

Nothing is loaded until one of them is shown. Where no widget can live, the same HTML is shown. Their own text stays as
it is.

Left out: following a tape while it grows; `Timeline(lab, live=True)` does that.
"""

from __future__ import annotations

from typing import Any

from wslab.course import CheckResult
from wslab.lab import Tape

__all__ = ["bundle"]


def bundle(shown: Tape | CheckResult) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Jupyter shows of a tape or a check: its widget, and the same as HTML."""
    from wslab.widgets.check.widget import CheckReport
    from wslab.widgets.timeline.widget import Timeline

    view = CheckReport(shown) if isinstance(shown, CheckResult) else Timeline(shown)
    data, metadata = view._repr_mimebundle_()
    data.pop("text/plain", None)  # its own, which IPython adds
    return data, metadata
