"""A view as HTML that needs no widget: what a notebook keeps of it, and a page that stands alone.

A page has the view's HTML, so that it shows its step before any script runs. A notebook keeps the view's image, its
words and its state (`kept`), of which the script makes the view. GitHub takes out scripts, style sheets and `style`,
and shows the image with the words below it. The image is hidden by its `style`: JupyterLab leaves that in a notebook
that it does not trust, but takes SVG out, and would show what is written in the image without any order. In JupyterLab
the script puts the present state there when the notebook is saved.

The script and the style are the same as in Jupyter. The style is one sheet: `static/wslab.css` and `static/frame.css`,
which all views share, then the `style.css` of each widget's folder, by the folder's name. The colours of the kinds of
frames and the tints of fields come from `wslab.explain.kinds`; both are put in where the sheet
has its two comments for them. Nothing is loaded from elsewhere.

Left out: what a view shows, and the widget around it (`view`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import htpy as h
from htpy import Node
from markupsafe import Markup

from wslab.explain.kinds import KINDS, TINTS

__all__ = [
    *("encodable", "html_of", "is_long", "kept", "page", "rendered", "script", "standing", "still", "still_reach"),
    "style",
]

_STILL = "A still page: stepping works; what changes the content needs Python, so run the cell in Jupyter."


@cache
def script() -> str:
    """The front-end module: for anywidget, and inline in a page."""
    return (files("wslab.widgets") / "static" / "wslab.js").read_text("utf-8")


@cache
def style() -> str:
    """The style sheet, with the kinds' colours for light and for dark paper."""
    names = "".join(f".wsl-k-{kind}{{--k:var(--wsl-{kind})}}" for kind in KINDS)
    names += "".join(f".wsl-t-{tint}{{--bg:var(--wsl-t-{tint});--ed:var(--wsl-e-{tint})}}" for tint in TINTS)
    sheet = "\n".join(_sheets())
    return sheet.replace("/* kinds */", _colours()) + names


def _sheets() -> list[str]:
    """The shared sheets, then those of single widgets."""
    here = files("wslab.widgets")
    folders = sorted((each for each in here.iterdir() if each.is_dir()), key=lambda each: each.name)
    own = [folder / "style.css" for folder in folders]
    shared = [here / "static" / name for name in ("wslab.css", "frame.css")]
    return [each.read_text("utf-8") for each in (*shared, *own) if each.is_file()]


def _colours() -> str:
    kinds = [_pair(kind.id, kind.light, kind.dark) for kind in KINDS.values()]
    fills = [_pair(f"t-{tint.id}", tint.fill, tint.dark_fill) for tint in TINTS.values()]
    edges = [_pair(f"e-{tint.id}", tint.edge, tint.dark_edge) for tint in TINTS.values()]
    return "".join(kinds + fills + edges)


def _pair(name: str, light: str, dark: str) -> str:
    return f"--wsl-{name}:light-dark({light},{dark});"


def html_of(node: Node) -> str:
    """A node as HTML text."""
    return encodable(str(h.fragment[node]))


def rendered(node: Node) -> Markup:
    """A node as HTML that can stand in others: rendered once, where it is shown again and again."""
    return _trusted(html_of(node))


def encodable(text: str) -> str:
    """Text that UTF-8 can carry: half a surrogate pair, which a page can send, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def still(
    name: str, title: str, regions: Mapping[str, Node], *, step: int = 0, selected: str = "", big: bool = False
) -> Node:
    """A still view, which the script lets step; `standing` gives it style and script."""
    shown = {**regions, "note": _note()}
    root = h.div(
        class_=["wsl", big and "is-big"],
        role="group",
        aria_label=title,
        data_wslab=name,
        data_wslab_static=True,
        data_step=step,
        data_selected=selected,
        data_big=big,
    )
    return root[h.div(".wsl-body")[(h.div(data_region=region)[node] for region, node in shown.items())]]


def still_reach(count: int, reach: int) -> int:
    """The steps on each side that a still view of `count` steps has: all, or `reach` where they are far too many."""
    return reach if is_long(count, reach) else count


def is_long(count: int, reach: int) -> bool:
    """Whether there are so many steps that a still view has only those around the present one."""
    return count > 10 * reach


def standing(body: Node) -> Node:
    """Still views as a part of a page: the style, the views, and the module that lets them step."""
    look, steps = _trusted(style()), _trusted(script())
    return h.fragment[h.style[look], body, h.script(type="module")[steps]]


def kept(state: Mapping[str, Any], words: str, image: Node = None, *, note: str = _STILL) -> Node:
    """What a notebook keeps of a view: image, words, and the traits of which the module makes it where it runs."""
    shown = {**state, "regions": {**state["regions"], "note": html_of(_note(note))}}
    inside = _trusted(json.dumps(shown).replace("<", "\\u003c"))  # nothing in it ends the script
    box = h.div(data_wslab_kept=state["_name"], data_wslab_id=state["_id"])
    still = h.div(data_wslab_image=True, style="display:none")[image]
    all_of_it = h.fragment[still, h.pre[words], h.script(type="application/json")[inside]]
    return h.fragment[h.style[_trusted(style())], box[all_of_it], h.script(type="module")[_trusted(script())]]


def _note(words: str = _STILL) -> Node:
    return h.p(".wsl-note")[words]


def _trusted(text: str) -> Markup:
    """Files of this package, and what htpy has escaped already: all that is put into a page without escaping."""
    return Markup(text)  # noqa: S704


def page(title: str, body: Node) -> str:
    """A whole page that stands alone: nothing is loaded from elsewhere."""
    head = h.head[
        h.meta(charset="utf-8"),
        h.meta(name="viewport", content="width=device-width, initial-scale=1"),
        h.meta(name="color-scheme", content="light dark"),
        h.title[title],
    ]
    return encodable(str(h.html(lang="en")[head, h.body(".wsl-page")[h.main[h.h1[title], body]]]))
