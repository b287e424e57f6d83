"""A notebook's handout: one sheet of paper with what to learn, what to predict and what to remember, and no answers.

It is a page that stands alone and loads nothing. On the screen it has the width of the paper, so that a browser prints
what one sees. Its last lines are a script that makes the letters smaller where the sheet would be longer than one page
of A4 or Letter; without a script it goes on to a second one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import htpy as h
from htpy import Node
from markupsafe import Markup

from wslab.cli.handout.outline import Outline, Question
from wslab.course.myths import MYTHS, Verdict

__all__ = ["as_page", "inline"]

STYLE = """
:root{color-scheme:light} *{box-sizing:border-box}
@page{margin:12mm}
body{margin:0;background:#fff;color:#111;font:10.5pt/1.35 system-ui,sans-serif}
main{width:186mm;margin:0 auto}
@media screen{body{padding:12mm 4mm}}
header{display:flex;justify-content:space-between;align-items:baseline;gap:6mm;border-bottom:1.5pt solid #111}
h1{font-size:1.7em;margin:0 0 .1em} h2{font-size:1.1em;margin:.9em 0 .25em;break-after:avoid}
p{margin:.35em 0} ul,ol{margin:.2em 0;padding-left:1.5em} li{margin:.18em 0;break-inside:avoid}
.blank{white-space:nowrap} .blank b{display:inline-block;width:42mm;border-bottom:.6pt solid #555}
.two{columns:2;column-gap:8mm} .choices{list-style:none;padding-left:0;margin:.1em 0 .3em}
.choices li::before{content:"☐ "} .claims{list-style:none;padding-left:0}
.claims span{color:#444;white-space:nowrap} code{font:.92em ui-monospace,monospace}
footer{border-top:.6pt solid #555;margin-top:.8em;font-size:.85em;color:#444}
"""

FIT = """
const sheet = document.querySelector("main"), most = 250 / 25.4 * 96;
for (let size = 10.5; size > 6 && sheet.scrollHeight > most; size -= 0.25) document.body.style.fontSize = size + "pt";
"""
"""250 mm fit on A4 and on Letter, with margins of 12 mm."""


def as_page(outline: Outline) -> str:
    """The handout as HTML."""
    head = h.head[h.meta(charset="utf-8"), h.title[f"{outline.title}: handout"], h.style[Markup(STYLE)]]  # noqa: S704
    fit = h.script[Markup(FIT)]  # noqa: S704  both are constants of this module
    return f"{h.html(lang='en')[head, h.body[h.main[_sheet(outline)], fit]]}\n"


def _sheet(outline: Outline) -> Iterator[Node]:
    yield h.header[h.h1[outline.title], h.span(".blank")["Name: ", h.b]]
    yield h.p[inline(outline.opening)]
    yield h.p[h.strong["Time: "], outline.time, ". ", h.strong["After it you can "], inline(outline.goals), "."]
    if outline.questions:
        yield h.h2["Predict before you run"], h.ol(".two")[map(_question, outline.questions)]
    claims = list(_claims(outline.name))
    if claims:
        yield h.h2["What people say: true, half true or false?"], h.ul(".claims")[map(_claim, claims)]
    if outline.exercises:
        yield h.h2["Try it yourself"], h.ul(".choices")[(h.li[inline(title)] for title in outline.exercises)]
    if outline.remember:
        yield h.h2["What to remember"], h.ul[(h.li[inline(point)] for point in outline.remember)]
    yield h.footer[f"wslab, {outline.name}.ipynb. A § is a section of RFC 6455."]


def _claims(name: str) -> Iterator[str]:
    """What people say, and this notebook can tell."""
    for myth in MYTHS:
        if myth.verdict is not Verdict.OUTSIDE and any(lesson.notebook == name for lesson in myth.lessons):
            yield myth.claim


def _question(question: Question) -> Node:
    return h.li[question.text, h.ul(".choices")[(h.li[choice] for choice in question.choices)]]


def _claim(claim: str) -> Node:
    return h.li[claim, " ", h.span["☐ true ☐ half true ☐ false"]]


_MARKS = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\*(.+?)\*|\[([^\]]+)\]\([^)]*\)")


def inline(text: str) -> Sequence[Node]:
    """A line of Markdown: code, bold, italic; of a link its words, since paper has none."""
    parts: list[Node] = []
    at = 0
    for match in _MARKS.finditer(text):
        code, bold, italic, words = match.groups()
        parts.append(text[at : match.start()])
        parts.append(h.code[code] if code else h.strong[inline(bold)] if bold else h.em[italic] if italic else words)
        at = match.end()
    return [*parts, text[at:]]
