"""A notebook that is run and exported keeps its pictures, with no kernel and nothing loaded for them."""

from __future__ import annotations

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


def test_the_exported_page_shows_the_pictures(notebook: nbformat.NotebookNode) -> None:
    html, _ = HTMLExporter().from_notebook_node(notebook)
    roots = look(html).having("data-wslab-static")
    assert [root["data-wslab"] for root in roots] == ["MaskingStepper", "FrameInspector", "OpcodeTable"]
    assert roots[0]["data-step"] == "2"
