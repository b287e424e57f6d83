"""The table of opcodes as a widget: choosing one opens a frame of it."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import press, shown
from wslab.widgets.inspector.widget import FrameInspector
from wslab.widgets.opcodes.state import sample
from wslab.widgets.opcodes.widget import OpcodeTable

IN_USE = (0, 1, 2, 8, 9, 10)


@pytest.mark.parametrize("opcode", range(16))
def test_choosing_an_opcode_opens_a_frame_of_it(opcode: int) -> None:
    view = OpcodeTable(8 if opcode != 8 else 9)
    press(view, "choose", str(opcode))
    assert view.opcode == opcode
    assert view.frame == sample(opcode)
    assert ("a server refuses it: 1002" in shown(view)) == (opcode not in IN_USE)
    assert ("fails the connection with 1002: an opcode must be" in view.text()) == (opcode not in IN_USE)


def test_its_frame_is_seen_by_observers_and_taken_apart_by_the_inspector() -> None:
    view = OpcodeTable()
    seen: list[bytes] = []
    view.observe(lambda change: seen.append(change["new"]), names=["frame"])
    press(view, "choose", "9")
    assert seen == [sample(9)]
    assert "Ping frame" in shown(FrameInspector(view.frame))


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
    assert "> 0x9 1001  ? Ping" in text
    assert "The server accepts it" in text
