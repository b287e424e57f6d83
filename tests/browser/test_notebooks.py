"""The course in JupyterLab: every notebook from top to bottom, as a learner runs it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Notebook, OpenNotebook
from tests.notebooks.course import FOLDER, NOTEBOOKS

pytestmark = pytest.mark.browser

ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type === "code")
  .flatMap(cell => cell.model.sharedModel.outputs)
  .filter(output => output.output_type === "error")
  .map(output => `${output.ename}: ${output.evalue}`)"""

SHOWN = {
    "00_start": {"FrameInspector": 2, "Timeline": 2, "Predict": 2, "CheckReport": 3, "ScenarioPlayer": 2},
    "01_handshake": {"HandshakeStepper": 1, "Timeline": 1, "Predict": 3, "CheckReport": 3, "ScenarioPlayer": 2},
    "02_frames": {
        "FrameInspector": 2,
        "OpcodeTable": 1,
        "Timeline": 1,
        "Predict": 2,
        "CheckReport": 3,
        "ScenarioPlayer": 2,
    },
    "03_masking": {"MaskingStepper": 1, "FrameInspector": 1, "Predict": 3, "CheckReport": 3, "ScenarioPlayer": 2},
    "04_disconnects": {
        "ScenarioPlayer": 7,
        "StateMap": 1,
        "FrameInspector": 1,
        "Predict": 4,
        "LinkPanel": 1,
        "CheckReport": 3,
    },
    "05_proxies_and_networks": {
        "ScenarioPlayer": 8,
        "Predict": 10,
        "CheckReport": 3,
        "Timeline": 1,
        "BrowserPeer": 1,
    },
    "06_heartbeats_and_reconnects": {"ScenarioPlayer": 4, "Timeline": 2, "Predict": 5, "CheckReport": 3},
    "07_messages_and_text": {"ScenarioPlayer": 3, "FrameInspector": 1, "Predict": 8, "CheckReport": 3},
    "08_flow_and_size": {"ScenarioPlayer": 3, "Timeline": 1, "Predict": 7, "CheckReport": 3},
    "09_order_and_delivery": {"ScenarioPlayer": 3, "Timeline": 1, "Predict": 7, "CheckReport": 3},
    "10_security": {"ScenarioPlayer": 4, "Predict": 9, "CheckReport": 3},
    "11_compression": {"ScenarioPlayer": 2, "FrameInspector": 1, "Predict": 6, "CheckReport": 3},
    "12_browsers_and_alternatives": {"ScenarioPlayer": 2, "Predict": 4, "CheckReport": 3, "BrowserPeer": 1},
    "13_libraries": {"ScenarioPlayer": 2, "Timeline": 1, "Predict": 11, "CheckReport": 3},
    "14_build_your_own": {"ScenarioPlayer": 2, "Predict": 5, "CheckReport": 7, "BrowserPeer": 1},
    "15_test_your_own": {"ScenarioPlayer": 2, "Predict": 6, "CheckReport": 3},
    "doctor": {"ScenarioPlayer": 2, "Timeline": 1, "Predict": 15, "CheckReport": 3},
    "myths": {"ScenarioPlayer": 2, "Predict": 30, "CheckReport": 3},
}


def widgets(notebook: Notebook) -> dict[str, int]:
    """How many widgets of each class the page holds."""
    names: list[str] = notebook.page.locator("[data-wslab]").evaluate_all("all => all.map(el => el.dataset.wslab)")
    return {name: names.count(name) for name in names}


def see_every_cell(notebook: Notebook) -> None:
    """Scroll through the page: JupyterLab draws what comes into sight."""
    for cell in notebook.page.locator(".jp-Notebook .jp-Cell").all():
        cell.scroll_into_view_if_needed()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom_and_shows_its_widgets(open_notebook: OpenNotebook, name: str) -> None:
    notebook = open_notebook(FOLDER / f"{name}.ipynb")
    notebook.settle()
    assert notebook.page.evaluate(ERRORS) == []
    see_every_cell(notebook)
    for widget in SHOWN[name]:
        notebook.widget(widget)
    assert widgets(notebook) == SHOWN[name]
