"""Views of bytes, frames and tapes in Jupyter: Python renders, the browser shows.

    view           `View`, the base of every widget, and its contract with the page
    life           how long a view lives
    page           a view as HTML that needs no widget
    components     the pieces that every view is built from
    frame_figure   a frame in bits, as the RFC draws it; `frame_text` is the same for a terminal
    hexdump        bytes in hex, linked with their fields
    strip          a frame as one row of bytes, by field
    still_view     a tape and a check as views, where no widget is
    ipython        a tape and a check in Jupyter show their views
    static/        the front-end module and the shared style

Each widget is a folder of four files: `state` (plain data and what changes it, with no widget loaded), `picture` (HTML
and text, pure functions of the state), `widget` (traits, and what the page asks for), `style.css`:

    break_it/  browser_peer/  check/  handshake/  inspector/  link_panel/  masking/  opcodes/  player/  predict/
    state_map/  timeline/

The widgets load on first use, so that `import wslab.widgets` alone costs nothing. Where the extra `notebook` is not
installed, each name is there as well, for `help(wslab)` and `from wslab import *`; only to make a widget says what is
missing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from wslab.extras import EXTRAS, need

if TYPE_CHECKING:
    from wslab.widgets.break_it.widget import BreakIt as BreakIt
    from wslab.widgets.browser_peer.widget import BrowserPeer as BrowserPeer
    from wslab.widgets.check.widget import CheckReport as CheckReport
    from wslab.widgets.handshake.widget import HandshakeStepper as HandshakeStepper
    from wslab.widgets.inspector.widget import FrameInspector as FrameInspector
    from wslab.widgets.link_panel.widget import LinkPanel as LinkPanel
    from wslab.widgets.masking.widget import MaskingStepper as MaskingStepper
    from wslab.widgets.opcodes.widget import OpcodeTable as OpcodeTable
    from wslab.widgets.player.widget import ScenarioPlayer as ScenarioPlayer
    from wslab.widgets.predict.widget import Predict as Predict
    from wslab.widgets.state_map.widget import StateMap as StateMap
    from wslab.widgets.timeline.widget import Timeline as Timeline

# name -> the folder of its widget
_FOLDERS = {
    "BreakIt": "break_it",
    "BrowserPeer": "browser_peer",
    "CheckReport": "check",
    "FrameInspector": "inspector",
    "HandshakeStepper": "handshake",
    "LinkPanel": "link_panel",
    "MaskingStepper": "masking",
    "OpcodeTable": "opcodes",
    "Predict": "predict",
    "ScenarioPlayer": "player",
    "StateMap": "state_map",
    "Timeline": "timeline",
}

__all__ = sorted(_FOLDERS)


def __getattr__(name: str) -> Any:
    if name not in _FOLDERS:
        raise AttributeError(f"module 'wslab.widgets' has no attribute {name!r}")
    return _absent(name) if EXTRAS["notebook"].missing else _loaded(name)


def _loaded(name: str) -> Any:
    return getattr(importlib.import_module(f"wslab.widgets.{_FOLDERS[name]}.widget"), name)


def _absent(name: str) -> type:
    """What stands for a widget: to make one raises `MissingExtra`, or gives the widget if it is installed by now."""

    def make(cls: type, *args: Any, **traits: Any) -> Any:
        need("notebook", f"wslab.{name}")
        return _loaded(name)(*args, **traits)

    return type(name, (), {"__new__": make, "__module__": __name__, "__doc__": f"Needs {EXTRAS['notebook'].command}"})


def __dir__() -> list[str]:
    return sorted(__all__)
