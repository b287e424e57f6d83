"""wslab: a laboratory for the WebSocket protocol, for Jupyter and the terminal.

`import wslab` costs next to nothing: everything is loaded when its name is first used. So a script or a browser's
Python pays for Jupyter only where it shows a widget, and pytest, which loads our plugin in every run, for nothing.
`_HOMES` is the one table of what is public and which part holds it. The imports above it are for type checkers alone,
which read no table.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

# isort: off
if TYPE_CHECKING:  # `X as X` says that the name is exported
    from wslab.cli.path.function import build as build
    from wslab.course import CheckResult as CheckResult, Prediction as Prediction, check_accept as check_accept
    from wslab.course import check as check
    from wslab.course import check_bytes as check_bytes, check_cause as check_cause, check_fan_out as check_fan_out
    from wslab.course import check_close as check_close, check_events as check_events
    from wslab.course import check_fault as check_fault, check_ending as check_ending
    from wslab.course import check_long_polling as check_long_polling, check_test as check_test
    from wslab.course import check_longest_interval as check_longest_interval
    from wslab.course import check_forward as check_forward, check_relay as check_relay, check_whose as check_whose
    from wslab.course import check_answers as check_answers, check_in_order as check_in_order
    from wslab.course import check_flood as check_flood, check_inflate as check_inflate, check_leak as check_leak
    from wslab.course import check_markup as check_markup, check_origin as check_origin
    from wslab.course import check_snapshot as check_snapshot, check_windows as check_windows
    from wslab.course import check_heartbeat as check_heartbeat, check_ping_interval as check_ping_interval
    from wslab.course import check_readings as check_readings, check_reconnect as check_reconnect
    from wslab.course import check_repaired as check_repaired, check_value as check_value
    from wslab.course import endings_behind as endings_behind, recorded_proxy as recorded_proxy
    from wslab.course.claims import check_judge as check_judge, myths as myths
    from wslab.course.diagnosis import diagnose as diagnose
    from wslab.course.hand_in import report as report
    from wslab.course.diagnosis.practice import case_file as case_file, check_diagnoses as check_diagnoses
    from wslab.course.diagnosis.practice import check_useless as check_useless
    from wslab.course.libraries import check_cancelled as check_cancelled, check_two_tasks as check_two_tasks
    from wslab.course.libraries import check_who_closed as check_who_closed
    from wslab.explain import anatomy as anatomy, verdict as verdict
    from wslab.exporter import export as export
    from wslab.formats import load as load
    from wslab.lab import ConnectionClosed as ConnectionClosed, HandshakeRefused as HandshakeRefused, Lab as Lab
    from wslab.lab import PortInUse as PortInUse, Tape as Tape, echo as echo, run as run
    from wslab.protocol import RULES as RULES, CloseCode as CloseCode, Connection as Connection, Frame as Frame
    from wslab.protocol import Deflate as Deflate
    from wslab.protocol import FrameParser as FrameParser, HandshakeRequest as HandshakeRequest, Opcode as Opcode
    from wslab.protocol import HandshakeResponse as HandshakeResponse, LocalProtocolError as LocalProtocolError
    from wslab.protocol import ProtocolError as ProtocolError, Role as Role, Rule as Rule, accept_key as accept_key
    from wslab.protocol import apply_mask as apply_mask
    from wslab.replayer import replay as replay
    from wslab.scenarios import cut as cut, delay as delay, drop as drop, edit as edit, flip as flip, play as play
    from wslab.scenarios import scenarios as scenarios
    from wslab.widgets import BreakIt as BreakIt, BrowserPeer as BrowserPeer, CheckReport as CheckReport
    from wslab.widgets import FrameInspector as FrameInspector
    from wslab.widgets import HandshakeStepper as HandshakeStepper
    from wslab.widgets import LinkPanel as LinkPanel, MaskingStepper as MaskingStepper, OpcodeTable as OpcodeTable
    from wslab.widgets import Predict as Predict, ScenarioPlayer as ScenarioPlayer, StateMap as StateMap
    from wslab.widgets import Timeline as Timeline
# isort: on

__version__ = "0.1.0"

_HOMES = {
    "protocol": (
        *(
            "RULES",
            "CloseCode",
            "Connection",
            "Deflate",
            "Frame",
            "FrameParser",
            "HandshakeRequest",
            "HandshakeResponse",
        ),
        *("LocalProtocolError", "Opcode", "ProtocolError", "Role", "Rule", "accept_key", "apply_mask"),
    ),
    "explain": ("anatomy", "verdict"),
    "formats": ("load",),
    "lab": ("ConnectionClosed", "HandshakeRefused", "Lab", "PortInUse", "Tape", "echo", "run"),
    "replayer": ("replay",),
    "scenarios": ("cut", "delay", "drop", "edit", "flip", "play", "scenarios"),
    "course": (
        *("CheckResult", "Prediction", "check", "check_accept", "check_answers", "check_bytes", "check_cause"),
        *("check_close", "check_events", "check_fan_out", "check_fault", "check_flood", "check_forward"),
        *("check_ending", "check_heartbeat", "check_in_order", "check_inflate", "check_leak", "check_long_polling"),
        *("check_longest_interval",),
        *("check_markup", "check_origin", "check_ping_interval", "check_readings", "check_reconnect", "check_relay"),
        *("check_repaired", "check_snapshot", "check_test", "check_value", "check_whose", "check_windows"),
        *("endings_behind", "recorded_proxy"),
    ),
    "course.claims": ("check_judge", "myths"),
    "course.diagnosis": ("diagnose",),  # by itself: it loads every scenario
    "course.hand_in": ("report",),
    "course.diagnosis.practice": ("case_file", "check_diagnoses", "check_useless"),
    "course.libraries": ("check_cancelled", "check_two_tasks", "check_who_closed"),  # by itself: it loads `websockets`
    "widgets": (
        *("BreakIt", "BrowserPeer", "CheckReport", "FrameInspector", "HandshakeStepper", "LinkPanel"),
        *("MaskingStepper", "OpcodeTable", "Predict", "ScenarioPlayer", "StateMap", "Timeline"),
    ),
    "exporter": ("export",),
    "cli.path.function": ("build",),
}
_LAZY = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_LAZY)

_LAZY["protocol"] = "protocol"  # the module itself, which people reach by `wslab.protocol`, too


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'wslab' has no attribute {name!r}")
    module = importlib.import_module(f"wslab.{_LAZY[name]}")
    found: Any = module if name == _LAZY[name] else getattr(module, name)  # scenarios is a module that can be called
    if name.startswith("check_"):
        from wslab.course.hand_in.notes import noted

        found = noted(found, name)  # what a learner calls is noted; what one check asks of another is not
    globals()[name] = found  # the next look finds it without this function
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _join_jupyter() -> None:
    """Where Jupyter runs: a tape and a check show their views, and a cell that is run again lets go of the old one.

    Nothing is loaded before one of them is shown.
    """
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    formatter = getattr(shell, "display_formatter", None)  # Solara's shell has none
    if formatter is not None and "text/html" in formatter.active_types:  # not so in a terminal
        from wslab.widgets.life import CELLS

        bundles = formatter.mimebundle_formatter
        bundles.for_type_by_name("wslab.tape.tape", "Tape", _bundle)
        bundles.for_type_by_name("wslab.course.report", "CheckResult", _bundle)
        for name in ("Claim", "Claims", "Finding"):
            bundles.for_type_by_name("wslab.course.claims.claim", name, _claim_bundle)
        CELLS.join(shell)


def _bundle(shown: Tape | CheckResult) -> tuple[dict[str, Any], dict[str, Any]]:
    from wslab.widgets.ipython import bundle

    return bundle(shown)


def _claim_bundle(shown: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from wslab.widgets.claim import bundle

    return bundle(shown)


_join_jupyter()
