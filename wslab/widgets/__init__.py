"""Views of bytes, frames and tapes in Jupyter: Python renders, the browser shows.

`base` holds what all share, `parts` the pieces that pictures are built from, and one module each the widgets. They
load on first use, so that `import wslab.widgets` alone costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wslab.widgets.handshake.widget import HandshakeStepper
    from wslab.widgets.inspector.widget import FrameInspector
    from wslab.widgets.link_panel.widget import LinkPanel
    from wslab.widgets.masking import MaskingStepper
    from wslab.widgets.opcodes import OpcodeTable
    from wslab.widgets.predict import Predict
    from wslab.widgets.timeline.widget import Timeline

_HOMES = {
    "FrameInspector": "inspector.widget",
    "HandshakeStepper": "handshake.widget",
    "LinkPanel": "link_panel.widget",
    "MaskingStepper": "masking",
    "OpcodeTable": "opcodes",
    "Predict": "predict",
    "Timeline": "timeline.widget",
}

__all__ = ["FrameInspector", "HandshakeStepper", "LinkPanel", "MaskingStepper", "OpcodeTable", "Predict", "Timeline"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'wslab.widgets' has no attribute {name!r}")
    return getattr(importlib.import_module(f"wslab.widgets.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
