"""The notebooks as data, and a kernel that runs them."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb") if path.stem != "index")  # which is no lesson
TEMPLATE = "../tests/notebooks/template"
"""What an author copies, named as it is from the folder of the notebooks, where its links lead."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def load(name: str) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    return notebook


def cells(notebook: NotebookNode, kind: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def exercises(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that the learner fills in."""
    found: list[NotebookNode] = [cell for cell in notebook.cells if "exercise" in cell.metadata.get("tags", [])]
    assert found
    return found


PYTEST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p wslab.pytest_plugin.plugin"}
"""Where a cell runs pytest, it loads our plugin alone: the others of this environment take three times as long."""


def run(notebook: NotebookNode) -> NotebookNode:
    """Every cell in a fresh kernel; an error in a cell, or one of more than a minute, raises."""
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(FOLDER)}})
    client.execute(env=os.environ | PYTEST)
    return notebook


def output(cell: NotebookNode) -> str:
    """What a cell shows, as text. What it prints may come in several pieces, wherever they were cut."""
    pieces = groupby(cell.get("outputs", []), key=lambda each: each.get("name", ""))
    texts = [text for name, each in pieces for text in (["".join(map(_text, each))] if name else map(_text, each))]
    return "\n".join(texts)


def _text(shown: NotebookNode) -> str:
    text: str = shown.get("text") or shown.get("data", {}).get("text/plain", "")
    return text


def outputs(notebook: NotebookNode) -> str:
    return "\n".join(output(cell) for cell in cells(notebook, "code"))
