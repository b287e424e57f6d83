"""`CheckReport`: helps are steps, which the page takes by itself, and the text has those that were asked for."""

from __future__ import annotations

from tests.widgets.helpers import look, shown
from wslab import CheckReport, Frame, Role, check_bytes

RESULT = check_bytes(bytes.fromhex("8106636166e921"), Frame.text("café!").serialize(), role=Role.CLIENT)
RIGHT = check_bytes(b"\x81\x00", b"\x81\x00", role=Role.CLIENT)


def test_it_has_a_step_for_each_help() -> None:
    view = CheckReport(RESULT)
    assert (view.step, view.last) == (0, 3)
    assert CheckReport(RIGHT).last == 0


def test_its_text_has_the_helps_that_were_asked_for() -> None:
    view = CheckReport(RESULT)
    assert view.text() == str(RESULT)
    view.step = 9
    assert (view.step, view.text()) == (3, RESULT.text(3))


def test_its_page_holds_all_helps_and_needs_no_python() -> None:
    html = CheckReport(RESULT).html()
    assert RESULT.bigger_hint in look(html).text
    assert "data-jump" in html
    assert "5 of 8 bytes are right" in shown(CheckReport(RESULT))
