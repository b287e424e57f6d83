"""The table of opcodes: all sixteen, each with a real frame that the protocol judges."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import look, press, shown
from wslab.explain import OPCODES, verdict
from wslab.protocol import FrameParser, Role
from wslab.widgets.opcodes import OpcodeTable, sample, table
from wslab.widgets.page import html_of

IN_USE = (0, 1, 2, 8, 9, 10)


@pytest.mark.parametrize("opcode", IN_USE)
def test_the_sample_of_an_opcode_in_use_is_legal(opcode: int) -> None:
    frames = FrameParser(Role.SERVER).feed(sample(opcode))
    assert [frame.opcode for frame in frames] == [opcode]
    assert verdict(sample(opcode), Role.SERVER, whole_stream=False).accepted


@pytest.mark.parametrize("opcode", sorted(set(range(16)) - set(IN_USE)))
def test_the_sample_of_a_reserved_opcode_is_refused_for_just_that(opcode: int) -> None:
    told = verdict(sample(opcode), Role.SERVER, whole_stream=False)
    assert told.rule is not None
    assert (told.rule.id, told.close_code) == ("reserved-opcode", 1002)


def test_the_table_holds_all_sixteen_once() -> None:
    rows = look(table(1)).having("data-do")
    assert [row["data-arg"] for row in rows] == [str(code) for code in range(16)]
    assert [row["data-arg"] for row in rows if row["aria-pressed"] == "true"] == ["1"]


def test_the_table_says_what_each_is_for() -> None:
    text = look(table(1)).text
    for code in IN_USE:
        assert OPCODES[code].purpose in text
    assert "Control frames" in text


@pytest.mark.parametrize("opcode", range(16))
def test_choosing_an_opcode_opens_a_frame_of_it(opcode: int) -> None:
    view = OpcodeTable(8 if opcode != 8 else 9)
    press(view, "choose", str(opcode))
    assert view.opcode == opcode
    assert view.frame == sample(opcode)
    assert ("fails the connection with 1002: an opcode is" in shown(view)) == (opcode not in IN_USE)


def test_its_frame_can_be_changed_like_any_other() -> None:
    view = OpcodeTable()
    press(view, "flip", "7")
    assert view.frame[0] == 0x80
    assert view.opcode == 1
    press(view, "choose", "1")
    assert view.frame == sample(1)


def test_an_opcode_set_from_python_opens_its_frame() -> None:
    view = OpcodeTable()
    view.opcode = 10
    assert view.frame == sample(10)


@pytest.mark.parametrize("opcode", [-1, 16])
def test_a_number_that_is_no_opcode_is_refused(opcode: int) -> None:
    with pytest.raises(ValueError, match="four bits, 0 to 15"):
        OpcodeTable(opcode)
    view = OpcodeTable()
    with pytest.raises(ValueError, match="four bits, 0 to 15"):
        view.opcode = opcode
    press(view, "choose", str(opcode))
    assert "four bits" in view.regions["error"]


def test_print_gives_the_table_and_the_frame() -> None:
    text = str(OpcodeTable(9))
    assert "> 0x9 1001  ? ping" in text
    assert "The server accepts it" in text


def test_sections_are_links_outside_the_buttons() -> None:
    html = html_of(table(1))
    assert "<a" not in html.split("<button")[1].split("</button>")[0]
