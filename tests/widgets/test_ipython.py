"""A tape that a cell returns shows itself as the Timeline, in a real kernel, and nothing is loaded before that."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.widgets.helpers import look

CELLS = [
    "import sys, wslab\n'anywidget' in sys.modules, 'wslab.lab' in sys.modules",
    "lab = wslab.Lab()\n"
    "async with await lab.connect(await lab.serve(wslab.echo)) as ws:\n"
    "    await ws.send('<b>Hello</b>')\n"
    "    await ws.recv()\n"
    "await lab.close()\n"
    "'anywidget' in sys.modules",
    "lab.tape",
    "lab.tape.slice(3, 5)",
    "wslab.Tape.blank()",
    "print(repr(lab.tape))",
    "[lab.tape]",
]


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    client = NotebookClient(document, kernel_name="python3", timeout=100, store_widget_state=False)
    ran: nbformat.NotebookNode = client.execute()
    return ran


def shown(notebook: nbformat.NotebookNode, cell: int) -> dict[str, str]:
    (output,) = notebook.cells[cell].outputs
    data: dict[str, str] = output.data
    return data


def test_nothing_is_loaded_before_a_tape_is_shown(notebook: nbformat.NotebookNode) -> None:
    assert shown(notebook, 0)["text/plain"] == "(False, False)"
    assert shown(notebook, 1)["text/plain"] == "False"


@pytest.mark.parametrize("cell", [2, 3, 4])
def test_a_tape_is_a_widget_and_a_picture_and_its_own_text(notebook: nbformat.NotebookNode, cell: int) -> None:
    data = shown(notebook, cell)
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert data["text/plain"].startswith("<Tape of ")
    (box,) = look(data["text/html"]).having("data-wslab-kept")
    assert box["data-wslab-kept"] == "Timeline"


def test_the_picture_is_that_of_this_tape(notebook: nbformat.NotebookNode) -> None:
    assert "GET / HTTP/1.1" in shown(notebook, 2)["text/html"]
    assert "GET / HTTP/1.1" not in shown(notebook, 3)["text/html"]
    assert "&lt;b&gt;Hello&lt;/b&gt;" in shown(notebook, 3)["text/html"]
    assert "<b>Hello</b>" not in shown(notebook, 3)["text/html"]


def test_print_and_lists_say_what_they_said(notebook: nbformat.NotebookNode) -> None:
    assert notebook.cells[5].outputs[0].text.startswith("<Tape of ")
    assert set(shown(notebook, 6)) == {"text/plain"}


def test_the_exported_page_has_the_picture(notebook: nbformat.NotebookNode) -> None:
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert [box["data-wslab-kept"] for box in look(html).having("data-wslab-kept")] == ["Timeline"] * 3


def test_in_a_terminals_ipython_a_tape_is_text_and_loads_no_widget() -> None:
    code = "import sys, wslab; tape = wslab.Tape.blank()\ntape\nprint('anywidget' in sys.modules)\n"
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--quick", "--colors=NoColor"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, check=True)
    assert "<Tape of 0 entries" in done.stdout
    assert "False" in done.stdout


def test_a_shell_with_nothing_to_show_things_with_breaks_no_import() -> None:
    code = """
import IPython

class Shell:  # as Solara's: kernel, events and user_ns, and no display_formatter
    user_ns = {}

IPython.get_ipython = Shell
import wslab
print(len(wslab.Predict("Which?", [1, 2]).regions))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("4\n", "")
