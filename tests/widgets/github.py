"""What GitHub shows of the HTML in a saved notebook, as far as it is published; see README.md, "On GitHub".

`as_github_shows` takes out all that GitHub's published sanitizer does (the allow-list of html-pipeline) but leaves SVG
with its presentation attributes, as GitHub's view of notebooks does. Without `svg` that goes, too, and its words stay.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

__all__ = ["as_github_shows"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# html-pipeline, lib/html_pipeline/sanitization_filter.rb; without `id`, which GitHub's view of notebooks takes out
ELEMENTS = _names("""
    h1 h2 h3 h4 h5 h6 br b i strong em a pre code img tt div ins del sup sub p ol ul table thead tbody tfoot blockquote
    dl dt dd kbd q samp var hr ruby rt rp li tr td th s strike summary details caption figure figcaption abbr bdo cite
    dfn mark small span time wbr
""")
ATTRIBUTES = _names("""
    abbr accept accept-charset accesskey action align alt aria-describedby aria-hidden aria-label aria-labelledby axis
    border cellpadding cellspacing char charoff charset checked clear cols colspan color compact coords datetime dir
    disabled enctype for frame headers height hreflang hspace ismap label lang maxlength media method multiple name
    nohref noshade nowrap open progress prompt readonly rel rev role rows rowspan rules scope selected shape size span
    start summary tabindex title type usemap valign value width itemprop
""")
SVG = _names("svg g path rect circle ellipse line polyline polygon text tspan title")
LOOKS = _names("""
    x y x1 y1 x2 y2 cx cy r rx ry d points viewbox xmlns transform fill fill-opacity stroke stroke-width
    stroke-dasharray font-family font-size font-weight text-anchor
""")
WITH_CONTENT = frozenset(("script", "style"))
EMPTY = frozenset(("br", "hr", "img", "wbr"))


class _Cleaner(HTMLParser):
    def __init__(self, *, svg: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self._elements = ELEMENTS | (SVG if svg else frozenset())
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in WITH_CONTENT:
            self._dropping += 1
        if tag in self._elements:
            own = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs if self._keeps(tag, name, value))
            self.kept.append(f"<{tag}{own}>")

    def _keeps(self, tag: str, name: str, value: str | None) -> bool:
        if name in ("href", "src"):
            return (tag, name) in (("a", "href"), ("img", "src")) and (value or "").startswith(("http://", "https://"))
        return name in (ATTRIBUTES | LOOKS if tag in SVG else ATTRIBUTES)

    def handle_endtag(self, tag: str) -> None:
        self._dropping -= tag in WITH_CONTENT
        if tag in self._elements - EMPTY:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.kept.append(escape(data, quote=False))


def as_github_shows(html: str, *, svg: bool = True) -> str:
    """What is left of the HTML of an output."""
    cleaner = _Cleaner(svg=svg)
    cleaner.feed(html)
    return "".join(cleaner.kept)
