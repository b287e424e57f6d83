"""The table of opcodes as HTML: all sixteen, and what each is for."""

from __future__ import annotations

from tests.widgets.helpers import look
from wslab.explain import OPCODES
from wslab.widgets.opcodes.picture import table
from wslab.widgets.page import html_of

IN_USE = (0, 1, 2, 8, 9, 10)


def test_the_table_holds_all_sixteen_once() -> None:
    rows = look(table(1)).having("data-do")
    assert [row["data-arg"] for row in rows] == [str(code) for code in range(16)]
    assert [row["data-arg"] for row in rows if row["aria-pressed"] == "true"] == ["1"]


def test_the_table_says_what_each_is_for() -> None:
    text = look(table(1)).text
    for code in IN_USE:
        assert OPCODES[code].purpose in text
    assert "Control frames" in text


def test_sections_are_links_outside_the_buttons() -> None:
    html = html_of(table(1))
    assert "<a" not in html.split("<button")[1].split("</button>")[0]
