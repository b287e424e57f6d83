"""A claim in a notebook: the question, and what the run found, with its chart.

chart      the chart as SVG
picture    a finding, and the list of all claims, as HTML
ask        a claim as a `Predict`, which the finding answers
"""

from __future__ import annotations

from typing import Any

from wslab.course.claims import Claim, Claims, Finding
from wslab.extras import EXTRAS
from wslab.widgets.claim.picture import found, listed
from wslab.widgets.page import html_of

__all__ = ["bundle"]


def bundle(shown: Claim | Claims | Finding) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Jupyter shows: a claim as a question, a finding with its chart, all claims as a table.

    Without the extra `notebook` a claim shows its text, and is answered with `judge`.
    """
    has_widgets = not EXTRAS["notebook"].missing
    if isinstance(shown, Claims):
        return {"text/html": html_of(listed(shown))}, {}
    if isinstance(shown, Claim):
        return _asked(shown) if has_widgets else ({}, {})
    if has_widgets:
        from wslab.widgets.claim.ask import answer

        answer(shown)
    return {"text/html": html_of(found(shown))}, {}


def _asked(claim: Claim) -> tuple[dict[str, Any], dict[str, Any]]:
    from wslab.widgets.claim.ask import ask

    data, metadata = ask(claim)._repr_mimebundle_()
    data.pop("text/plain", None)  # its own, which IPython adds
    return data, metadata
