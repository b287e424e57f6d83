"""A check of a chat's line as HTML: what a user typed has to be shown as it was typed, and must do nothing.

The learner's function gets who wrote a line and what, and gives the line as HTML. An HTML parser reads it, as a browser
would: the text that it shows must be what was typed, `name: text`, and the only elements and attributes those that the
function also writes for a harmless line. So any frame of `<p>`, `<b>` or `<li>` around it is fine, and whether `&` or
`"` are escaped is asked only where it matters.

Elements whose text is read by other rules (`<textarea>`, `<title>`) are refused: parsers differ about them.

Left out: markup that users may use on purpose (that needs a sanitiser with a list of what is allowed), and styles and
scripts, in which other rules hold.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_markup"]


class Typed(NamedTuple):
    """What somebody typed into a chat."""

    name: str
    text: str


HARMLESS = Typed("Ada", "hello")
CASES = (
    HARMLESS,
    Typed("Bob", "a<b and b>c"),
    Typed("Bob", "fish & chips, and &lt; is how HTML writes <"),
    Typed("Eve", "<script>steal()</script>"),
    Typed("Eve", '<img src="data:," onerror="steal()">'),
    Typed("Eve", "<scr<script>ipt>steal()</scr</script>ipt>"),
    Typed("<img src=x onerror=steal()>", "look at my name"),
)

OTHER_RULES = ("textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style")
"""Elements in which HTML has no elements, or only where scripts are off."""

TASK = Task(
    (str,),
    "HTML as text",
    "Write the line with an f-string, and let html.escape make each of the two values harmless before it goes in.",
    "html.escape(value) writes < as &lt;, > as &gt; and & as &amp;. Both values come from a user: the name, too.",
    '''def line(typed):
    name, text = typed
    return f"<p><b>{html.escape(name)}</b>: {html.escape(text)}</p>"''',
)


def check_markup(mine: object) -> CheckResult:
    """Give what users typed to the learner's function, and read its HTML as a browser would.

    `mine` is a function of a pair, the name and the text, that returns a line of HTML. It shows `name: text`.

    >>> check_markup(lambda typed: f"<p>{typed[0]}: {typed[1]}</p>").sentence
    'of what Bob typed, a browser makes an element of your page: <b> with and and b.'
    """
    values = TASK.values(mine, [tuple(each) for each in CASES])
    if isinstance(values, CheckResult):
        return values
    lines = [_Line.read(value) for value in values]
    other = next((tag for tag in map(_tag, lines[0].elements) if tag in OTHER_RULES), None)
    if other is not None:
        return TASK.wrong(f"your line is in <{other}>, where other rules of HTML hold.", "Take <p>, <li> or <span>.")
    said = list(zip(CASES, lines, strict=True))
    wrong = next(((typed, line) for typed, line in said if not line.is_right(typed, lines[0])), None)
    if wrong is None:
        return TASK.right(f"{len(CASES)} lines are shown as they were typed, and no element in them is a user's.")
    return _told(*wrong, lines[0])


class _Line(NamedTuple):
    """What a browser makes of a line: what it shows, and the elements with their attributes."""

    shown: str
    elements: tuple[str, ...]

    @classmethod
    def read(cls, source: str) -> _Line:
        reader = _Reader()
        reader.feed(source)
        reader.close()
        return cls(" ".join("".join(reader.shown).split()), tuple(reader.elements))

    def is_right(self, typed: Typed, harmless: _Line) -> bool:
        return self.elements == harmless.elements and self.shown == _expected(typed)


class _Reader(HTMLParser):
    """Collects text and elements; what is inside of a script or style is not shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(" ".join([tag, *(name for name, _ in attrs)]))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self.shown.append(data)


def _tag(element: str) -> str:
    return element.partition(" ")[0]


def _expected(typed: Typed) -> str:
    return " ".join(f"{typed.name}: {typed.text}".split())


def _told(typed: Typed, line: _Line, harmless: _Line) -> CheckResult:
    if typed == HARMLESS:
        sentence = f"of ('Ada', 'hello') a browser shows “{line.shown}”, and it should show “Ada: hello”."
        return TASK.wrong(sentence, _why_not_harmless(line))
    theirs = [each for each in line.elements if each not in harmless.elements]
    if theirs or len(line.elements) > len(harmless.elements):
        return _element(typed, (theirs or line.elements)[0], len(line.elements) == len(harmless.elements))
    whose = "text" if typed.text not in line.shown else "name"
    sentence = f"of the {whose} “{getattr(typed, whose)}” a browser shows “{line.shown}”."
    return TASK.wrong(sentence, _why_not_shown(typed, line))


def _why_not_harmless(line: _Line) -> str:
    if "<" in line.shown:
        return "Your own elements are escaped, too. Escape the two values, each before it goes into the line."
    if "'" in line.shown:
        return "This is the pair as Python writes it: take the name and the text out of it first."
    return "The name, a colon, a space and the text; elements around them are up to you."


def _element(typed: Typed, element: str, is_yours: bool) -> CheckResult:
    tag, *attributes = element.split()
    what = f"<{tag}>" + (f" with {' and '.join(attributes)}" if attributes else "")
    if is_yours:
        hint = "What was typed has come out of its attribute. Escape it, and put double quotes around it there."
    elif "<" in typed.name:
        hint = "A user chooses the name, too: escape it as you escape the text."
    elif typed.text.startswith("<scr<"):
        hint = "What you took out has put the rest together. Take nothing out: escape, and it is shown as it was typed."
    elif typed.text.startswith("<img"):
        hint = "Not only <script> runs code: an attribute such as onerror does. Escape every <, whatever follows it."
    else:
        hint = "The browser takes what was typed for an element of your page. html.escape makes text of it."
    return TASK.wrong(f"of what {typed.name} typed, a browser makes an element of your page: {what}.", hint)


def _why_not_shown(typed: Typed, line: _Line) -> str:
    if "&amp;" in line.shown or "&lt;" in line.shown.replace(typed.text, "").replace("&lt; is how", ""):
        return "It is escaped twice: escape once, where the text goes into the HTML."
    if "&" in typed.text and "<" not in typed.text.split("&")[0]:
        return "The & begins a name of a character in HTML: it has to be escaped, too, and before all others."
    return "Users may write < and >. Take nothing out: html.escape lets a browser show it as it was typed."
