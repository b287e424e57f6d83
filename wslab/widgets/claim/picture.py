"""A finding and the list of claims as HTML: no style sheet and no script, so that they are right in every notebook.

The same parts in the same order as the text: the claim, the verdict beside what the learner said, what was run with its
chart and its figures, and what there is to know. Code and sections are set as in the views.

Left out: the chart (`chart`), and asking (`ask`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.course.claims import Claims, Finding
from wslab.course.claims.claim import CLOSER
from wslab.course.myths import Myth
from wslab.widgets.claim.chart import drawn
from wslab.widgets.components import prose

__all__ = ["found", "listed"]

_WIDE, _LEFT = "max-width: 700px", "text-align: left"


def found(finding: Finding) -> Node:
    """What a run found, with its chart."""
    return h.section(style=_WIDE, aria_label=f"What the run says of {finding.claim.name}")[
        h.p[f"“{finding.claim.myth.claim}”"],
        h.p[h.strong[finding.headline]],
        h.p[list(prose(finding.claim.experiment.does))],
        drawn(finding.chart),
        _figures(finding),
        (
            h.p[h.strong[f"{name}: "], list(_closer(finding.claim.myth) if name == CLOSER else prose(words))]
            for name, words in finding.parts
        ),
    ]


def _closer(myth: Myth) -> Iterator[Node]:
    """The scenarios and the lessons; a lesson is a link to its notebook, with the heading as fragment."""
    places: list[Node] = [h.code[f'play("{name}")'] for name in myth.scenarios]
    places += [[f"“{lesson.heading}” in ", h.a(href=lesson.link)[lesson.title]] for lesson in myth.lessons]
    for number, place in enumerate(places):
        yield ", " if number else ""
        yield place
    yield "."


def _figures(finding: Finding) -> Node:
    rows = (h.tr[h.th(scope="row", style=_LEFT)[name], h.td[value]] for name, value in finding.rows)
    return h.details(style="margin-bottom: 8px")[h.summary["The figures"], h.table[h.tbody[rows]]]


def listed(claims: Claims) -> Node:
    """All claims with their names; no verdict, for the learner is to judge."""
    rows = (
        h.tr[
            h.td(style=_LEFT)[h.code(style="white-space: nowrap")[f'myths("{claim.name}")']],
            h.td(style=_LEFT)[list(prose(claim.myth.claim))],
        ]
        for claim in claims
    )
    head = h.tr[(h.th(scope="col", style=_LEFT)[name] for name in ("name", "what people say"))]
    return h.table[h.thead[head], h.tbody[rows]]
