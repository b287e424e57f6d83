"""The state and the picture of a widget are plain Python: to import them loads no widget."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WIDGETS = Path(__file__).parent.parent.parent / "wslab" / "widgets"
FOLDERS = sorted(path.parent.name for path in WIDGETS.glob("*/widget.py"))
PURE = [f"{folder}.{name}" for folder in FOLDERS for name in ("state", "picture")]
SHARED = ["components", "frame_figure", "frame_layout", "hexdump", "page", "strip"]
FILES = {"__init__.py", "state.py", "picture.py", "widget.py", "style.css"}


@pytest.mark.parametrize("module", [*PURE, *SHARED])
def test_it_loads_no_widget(module: str) -> None:
    code = f"import sys, wslab.widgets.{module}; print({{'traitlets', 'anywidget', 'ipywidgets'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_widget_has_the_same_files(folder: str) -> None:
    assert {path.name for path in (WIDGETS / folder).iterdir()} >= FILES


def test_there_are_twelve_widgets() -> None:
    names = (
        "break_it browser_peer check handshake inspector link_panel masking opcodes player predict state_map timeline"
    )
    assert names.split() == FOLDERS
