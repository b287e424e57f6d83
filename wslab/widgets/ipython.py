"""What shows itself in Jupyter: a scenario's tape as its player, any other tape as the Timeline, a check as its report.

IPython finds the formatters by the type's name. Nothing is loaded until one of them is shown. Where no widget can live,
the same HTML is shown. Where the extra `notebook` is not installed, that is all there is: the tape as the Timeline, the
check as its report (`still_view`). Their own text stays as it is.

Left out: following a tape while it grows; `Timeline(lab, live=True)` does that.
"""

from __future__ import annotations

from typing import Any

from wslab.course import CheckResult
from wslab.extras import EXTRAS
from wslab.lab import Tape

__all__ = ["bundle"]


def bundle(shown: Tape | CheckResult) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Jupyter shows of a tape or a check: its widget, and the same as HTML."""
    if EXTRAS["notebook"].missing:
        return {"text/html": _still(shown)}, {}
    data, metadata = _view(shown)._repr_mimebundle_()
    data.pop("text/plain", None)  # its own, which IPython adds
    return data, metadata


def _still(shown: Tape | CheckResult) -> str:
    from wslab.scenarios.player import PlayedTape
    from wslab.widgets.still_view import of_check, of_tape

    if isinstance(shown, CheckResult):
        return of_check(shown).in_notebook()
    return of_tape(shown, secrets=isinstance(shown, PlayedTape)).in_notebook()  # those of a scenario are invented


def _view(shown: Tape | CheckResult) -> Any:
    from wslab.scenarios.player import PlayedTape

    if isinstance(shown, CheckResult):
        from wslab.widgets.check.widget import CheckReport

        return CheckReport(shown)
    if isinstance(shown, PlayedTape):
        from wslab.widgets.player.widget import ScenarioPlayer

        return ScenarioPlayer(shown)
    from wslab.widgets.timeline.widget import Timeline

    return Timeline(shown)
