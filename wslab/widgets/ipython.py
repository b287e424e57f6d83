"""A tape in Jupyter shows itself: that of a scenario as its player, any other as the Timeline.

IPython finds the formatter by the type's name. Nothing is loaded until a tape is shown. Where no widget can live, the
same HTML is shown. The tape's own text stays as it is.

Left out: following a tape while it grows; `Timeline(lab, live=True)` does that.
"""

from __future__ import annotations

from typing import Any

from wslab.lab import Tape

__all__ = ["bundle"]


def bundle(tape: Tape) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Jupyter shows of a tape: its Timeline, or the player of a scenario, as a widget and as HTML."""
    data, metadata = _view(tape)._repr_mimebundle_()
    data.pop("text/plain", None)  # the tape's own, which IPython adds
    return data, metadata


def _view(tape: Tape) -> Any:
    from wslab.scenarios.player import PlayedTape

    if isinstance(tape, PlayedTape):
        from wslab.widgets.player.widget import ScenarioPlayer

        return ScenarioPlayer(tape)
    from wslab.widgets.timeline.widget import Timeline

    return Timeline(tape)
