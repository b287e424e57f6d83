"""wslab: a laboratory for the WebSocket protocol, for Jupyter and the terminal.

Rules of this module: `import wslab` is cheap. The protocol comes with it; everything
else is loaded when its name is first used, so that a script or a browser's Python
pays for Jupyter only where it shows a widget.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from .protocol import (
    RULES,
    CloseCode,
    Connection,
    Frame,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    LocalProtocolError,
    Opcode,
    ProtocolError,
    Role,
    Rule,
    accept_key,
    apply_mask,
)

if TYPE_CHECKING:
    from wslab.exporter import export
    from wslab.formats import load

    from .course import Prediction, check_accept, check_bytes, check_value
    from .explain import anatomy, verdict
    from .lab import ConnectionClosed, HandshakeRefused, Lab, PortInUse, Tape, echo, run
    from .scenarios import cut, delay, drop, edit, flip, play, scenarios
    from .widgets import FrameInspector, HandshakeStepper, LinkPanel, MaskingStepper, OpcodeTable, Predict, Timeline

__version__ = "0.1.0"

# name -> the module that holds it, loaded on first use
_LAZY = {
    **dict.fromkeys(("anatomy", "verdict"), "explain"),
    **dict.fromkeys(("ConnectionClosed", "HandshakeRefused", "Lab", "PortInUse", "Tape", "echo", "run"), "lab"),
    "load": "formats",
    **dict.fromkeys(("cut", "delay", "drop", "edit", "flip", "play", "scenarios"), "scenarios"),
    **dict.fromkeys(("Prediction", "check_accept", "check_bytes", "check_value"), "course"),
    **dict.fromkeys(
        ("FrameInspector", "HandshakeStepper", "LinkPanel", "MaskingStepper", "OpcodeTable", "Predict", "Timeline"),
        "widgets",
    ),
    "export": "exporter",
}

__all__ = [
    "RULES",
    "CloseCode",
    "Connection",
    "ConnectionClosed",
    "Frame",
    "FrameInspector",
    "FrameParser",
    "HandshakeRefused",
    "HandshakeRequest",
    "HandshakeResponse",
    "HandshakeStepper",
    "Lab",
    "LinkPanel",
    "LocalProtocolError",
    "MaskingStepper",
    "Opcode",
    "OpcodeTable",
    "PortInUse",
    "Predict",
    "Prediction",
    "ProtocolError",
    "Role",
    "Rule",
    "Tape",
    "Timeline",
    "accept_key",
    "anatomy",
    "apply_mask",
    "check_accept",
    "check_bytes",
    "check_value",
    "cut",
    "delay",
    "drop",
    "echo",
    "edit",
    "export",
    "flip",
    "load",
    "play",
    "run",
    "scenarios",
    "verdict",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'wslab' has no attribute {name!r}")
    module = importlib.import_module(f".{_LAZY[name]}", __name__)
    return module if name == _LAZY[name] else getattr(module, name)  # scenarios is a module that can be called


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _show_tapes() -> None:
    """Let a tape show itself as the Timeline where Jupyter runs; nothing is loaded before one is shown."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is not None and "text/html" in shell.display_formatter.active_types:  # not so in a terminal
        bundles = shell.display_formatter.mimebundle_formatter
        bundles.for_type_by_name("wslab.tape.tape", "Tape", _bundle)


def _bundle(tape: Tape) -> tuple[dict[str, Any], dict[str, Any]]:
    from wslab.widgets.ipython import bundle

    return bundle(tape)


_show_tapes()
