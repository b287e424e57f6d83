"""A notebook as slides: one page that loads nothing, and shows one slide at a time.

The cells say by themselves what they are: `slideshow` tags, as JupyterLab and nbconvert have them. nbconvert makes HTML
of the cells, as it does for `--to html`; its own slides would load reveal.js from another machine. Each cell gets its
tag as `data-slide`, and a short script (`present.js`) shows them: `slide` and `subslide` begin a slide, `fragment`
comes with the next key, `notes` are shown with the key n, `skip` never. Without the script all cells are there.

Left out: what the tags are, which stands in the notebooks.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["as_deck"]

_LOADS = re.compile(r'<script[^>]* src=""[^>]*>\s*</script>')
_CELL = re.compile(r'id="cell-id=([^"]+)"')


def as_deck(path: Path, *, run: bool = False) -> str:
    """The page of a notebook; with `run`, each of its cells is run before."""
    # they take a second to load, and a light installation has neither
    import nbformat
    from nbconvert import HTMLExporter

    notebook = nbformat.read(path, 4)
    if run:
        notebook = _executed(notebook)
    nothing = dict.fromkeys(("require_js_url", "jquery_url", "mathjax_url", "mermaid_js_url"), "")
    page, _ = HTMLExporter(**nothing).from_notebook_node(notebook)
    types = {cell.id: cell.metadata.get("slideshow", {}).get("slide_type", "") for cell in notebook.cells}
    page = _LOADS.sub("", page)
    page = _CELL.sub(lambda match: f'{match[0]} data-slide="{types.get(match[1]) or "fragment"}"', page)
    style, script = ((files("wslab.cli.slides") / name).read_text("utf-8") for name in ("style.css", "present.js"))
    page = page.replace("</head>", f"<style>{style}</style></head>", 1)
    before, _, after = page.rpartition("</body>")
    return f'{before}<script type="module">{script}</script></body>{after}'


def _executed(notebook: Any) -> Any:
    from nbclient import NotebookClient

    # without the state of its widgets a page shows the pictures, which step without a kernel
    return NotebookClient(notebook, timeout=120, store_widget_state=False).execute()
