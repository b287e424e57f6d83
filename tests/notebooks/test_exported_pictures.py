"""A notebook that is run and exported keeps its pictures, with no kernel and nothing loaded for them."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.widgets.helpers import look

CELLS = [
    "from wslab import FrameInspector, MaskingStepper, OpcodeTable",
    "MaskingStepper(step=2)",
    "FrameInspector()",
    "OpcodeTable(9)",
]


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    client = NotebookClient(document, kernel_name="python3", timeout=100, store_widget_state=False)
    ran: nbformat.NotebookNode = client.execute()
    return ran


def test_each_output_holds_widget_picture_and_text(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells[1:]:
        (output,) = cell.outputs
        assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}


def test_the_text_tells_the_same_story(notebook: nbformat.NotebookNode) -> None:
    texts = [cell.outputs[0].data["text/plain"] for cell in notebook.cells[1:]]
    assert texts[0].startswith("Masking with the key 37 fa 21 3d")
    assert "The server accepts it: the text message “Hello”." in texts[1]
    assert "> 0x9 1001  ? Ping" in texts[2]


def test_the_exported_page_keeps_the_pictures(notebook: nbformat.NotebookNode) -> None:
    html, _ = HTMLExporter().from_notebook_node(notebook)
    names = [box["data-wslab-kept"] for box in look(html).having("data-wslab-kept")]
    assert names == ["MaskingStepper", "FrameInspector", "OpcodeTable"]
    states = re.findall(r'<script type="application/json">(\{"_title".*?)</script>', html)
    assert [json.loads(state)["_name"] for state in states] == names
    assert json.loads(states[0])["step"] == 2


def test_a_view_that_changes_later_is_kept_as_it_became() -> None:
    cells = ["from wslab import OpcodeTable\ntable = OpcodeTable(1)\ntable", "'between'", "table.opcode = 9"]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    ran = NotebookClient(document, kernel_name="python3", timeout=100, store_widget_state=False).execute()
    data = ran.cells[0].outputs[0].data
    assert "> 0x9 1001  ? Ping" in data["text/plain"]
    assert "> 0x9 1001  ? Ping" in data["text/html"].replace("&gt;", ">")
    assert [len(cell.outputs) for cell in ran.cells] == [1, 1, 0]
