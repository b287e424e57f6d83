"""The tags with which a notebook becomes slides: `python -m tests.notebooks.slides` writes them into every notebook.

A heading begins a slide. A question stands on one of its own, below the slide that it belongs to, so that a class can
answer before the result is there. What follows comes bit by bit: the run, its result, the words about it. Imports are
left out, solutions are notes for the speaker. A test holds that each cell has the tag that this rule gives it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.notebooks.course import FOLDER, NOTEBOOKS


def slide_type(cell: Mapping[str, Any]) -> str:
    """The type of a cell, as nbconvert and JupyterLab call it."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return "slide" if source.startswith("#") else "notes" if source.startswith("<details>") else "fragment"
    if source.startswith(("import ", "from ")) and "Predict(" not in source:
        return "skip"
    return "subslide" if "Predict(" in source else "fragment"


def tagged(text: str) -> str:
    """A notebook's file with the tags."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["metadata"] = {**cell["metadata"], "slideshow": {"slide_type": slide_type(cell)}}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for name in NOTEBOOKS:
        path = FOLDER / f"{name}.ipynb"
        path.write_text(tagged(path.read_text("utf-8")), "utf-8")
