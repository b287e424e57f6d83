"""Look into rendered HTML, and act as the page does."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from wslab.widgets.page import html_of
from wslab.widgets.view import View

EVIL = "<img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """All start tags of some HTML with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def having(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of all tags that have this one."""
        return [attrs for _, attrs in self.found if name in attrs]

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.found if name in (attrs.get("class") or "").split()]


def look(node: Any) -> Tags:
    """Read a node, or HTML."""
    return Tags(node if isinstance(node, str) else html_of(node))


def press(view: View, do: str, arg: str = "", value: str = "") -> None:
    """Send the message that the page would send."""
    view._handle_custom_msg({"do": do, "arg": arg, "value": value}, [])


def shown(view: View) -> str:
    """All that the view shows, as text."""
    return look("".join(view.regions.values())).text
