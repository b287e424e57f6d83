"""A view lives while a user has it or sees it, and no longer; in a real kernel."""

from __future__ import annotations

import gc
import importlib
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.widgets.reruns import Kernel, kernel
from wslab.widgets import life
from wslab.widgets.life import weakly

LOOK = """
import weakref
from ipywidgets.widgets import widget as kept
def alive(*names):
    return [type(made[name]()).__name__ for name in names if made[name]() is not None]
def press(view, do, arg):
    comm = get_ipython().kernel.comm_manager.comms[view.model_id]
    comm.handle_msg({"content": {"data": {"method": "custom", "content": {"do": do, "arg": arg}}}, "buffers": []})
made = {}
"""
MAKE = "table = wslab.OpcodeTable()\nmade[len(made)] = weakref.ref(table)\n"


@pytest.fixture
def cells() -> Iterator[Kernel]:
    with kernel() as started:
        assert started.run(LOOK) == ("ok", "")
        yield started


def said(cells: Kernel, code: str, cell: str | None = None) -> str:
    status, printed = cells.run(code, cell)
    assert status == "ok"
    return printed.strip()


def test_a_view_in_a_variable_goes_on_when_its_cell_is_run_again(cells: Kernel) -> None:
    said(cells, MAKE + "table", "a")
    said(cells, "mine = table; del table")
    said(cells, MAKE + "table", "a")
    said(cells, "press(mine, 'choose', '9')")
    assert said(cells, "print(alive(0, 1), mine.opcode, mine.model_id in kept._instances)") == (
        "['OpcodeTable', 'OpcodeTable'] 9 True"
    )
    said(cells, "del mine")
    assert said(cells, "import gc; gc.collect(); print(alive(0, 1))") == "['OpcodeTable']"


def test_a_view_in_a_list_or_a_box_goes_on(cells: Kernel) -> None:
    said(cells, "views, boxes = [], []")
    for _ in range(3):
        said(cells, MAKE + "views.append(table)\ndisplay(table)", "a")
        said(cells, MAKE + "boxes.append(ipywidgets.HBox([table]))\ndel table\nboxes[-1]", "b")
    assert said(cells, "print(len(alive(*made)))") == "6"


def test_a_view_that_another_cell_shows_lives_until_that_one_is_run_again(cells: Kernel) -> None:
    said(cells, MAKE + "table", "a")
    said(cells, "display(table)", "b")
    said(cells, MAKE + "table", "a")
    assert said(cells, "print(len(alive(0, 1)))") == "2"
    said(cells, "del table", "c")
    assert said(cells, "print(len(alive(0, 1)))") == "2"
    said(cells, "1", "b")
    assert said(cells, "print(len(alive(0, 1)))") == "1"
    said(cells, "1", "a")
    assert said(cells, "print(len(alive(0, 1)), len(kept._instances))") == "0 0"


def test_a_timeline_does_not_keep_the_maps_that_follow_it(cells: Kernel) -> None:
    said(cells, "timeline = wslab.Timeline(wslab.play('cut'))")
    for _ in range(2):
        said(cells, "view = wslab.StateMap(timeline)\nmade[len(made)] = weakref.ref(view)\nview", "a")
    assert said(cells, "timeline.step = 2\nprint(alive(0, 1), view.step)") == "['StateMap'] 2"


BOX = MAKE + "box = ipywidgets.HBox([table])\nmade['box'] = weakref.ref(box)\n"


def test_a_box_with_a_view_goes_when_its_cell_is_run_again(cells: Kernel) -> None:
    said(cells, BOX + "first = made['box']\nbox", "a")
    assert said(cells, "print(len(alive(0, 'box')), 'HBox' in str(box))") == "2 True"
    said(cells, BOX + "box", "a")
    said(cells, "del box, table", "c")
    assert said(cells, "print(first(), alive(0), len(alive(2, 'box')))") == "None [] 2"
    said(cells, "1", "a")
    assert said(cells, "print(alive(2, 'box'), len(kept._instances))") == "[] 0"


def test_a_box_that_another_cell_shows_lives_until_that_one_is_run_again(cells: Kernel) -> None:
    for show in ("box", "display(box)"):
        said(cells, "made.clear()\n" + BOX, "a")
        said(cells, show, "b")
        said(cells, "del box, table", "c")
        said(cells, "1", "a")
        assert said(cells, "print(alive(0, 'box'))") == "['OpcodeTable', 'HBox']", show
        said(cells, "1", "b")
        assert said(cells, "print(alive(0, 'box'))") == "[]", show


def test_boxes_without_a_view_are_left_to_ipywidgets(cells: Kernel) -> None:
    said(cells, MAKE + "slider = ipywidgets.IntSlider()\nipywidgets.HBox([slider])", "a")
    said(cells, "del slider", "c")
    said(cells, MAKE, "a")
    assert said(cells, "print(sorted(type(each).__name__ for each in kept._instances.values()))").count("HBox") == 1


def test_a_view_that_nobody_has_or_sees_closes_at_once(cells: Kernel) -> None:
    said(cells, MAKE + "del table", "a")
    assert said(cells, "print(alive(0), len(kept._instances), len(comm.get_comm_manager().comms))") == "[] 0 0"


def test_where_no_cell_has_an_id_what_was_shown_is_kept(cells: Kernel) -> None:
    for _ in range(3):
        said(cells, MAKE + "display(table)\ndel table")
    assert said(cells, "print(len(alive(*made)))") == "3"


def test_no_run_of_a_cell_keeps_more_than_the_limit(cells: Kernel) -> None:
    said(cells, "from wslab.widgets import life; life.MOST_SHOWN = 4")
    said(
        cells, "for _ in range(9):\n    made[len(made)] = weakref.ref(table := wslab.OpcodeTable())\n    display(table)"
    )
    assert said(cells, "del table; print([name for name in made if alive(name)])") == "[5, 6, 7, 8]"


def test_out_forgets_what_the_same_cell_returned_before_and_nothing_else(cells: Kernel) -> None:
    for _ in range(3):
        said(cells, "lab = wslab.Lab(); lab", "a")
        said(cells, "('text', wslab.Frame(1), wslab.CloseCode.GOING_AWAY)", "b")
        said(cells, "wslab.Lab().tape, 1", "c")
    said(cells, "lab", "d")
    kinds = said(cells, "print([type(each).__name__ + str(len(str(each))) for each in Out.values()])")
    assert kinds.count("tuple") == 4
    assert kinds.count("Lab") == 2
    assert said(
        cells, "print(Out[max(Out)] is lab is _, sum(name[1:].isdigit() for name in globals()) == len(Out))"
    ) == ("True True")


def test_a_page_that_is_loaded_again_gets_the_state_of_every_view(cells: Kernel) -> None:
    said(cells, MAKE + "table", "a")
    ask = "ipywidgets.Widget.get_manager_state()['state'][table.model_id]['state']['_title']"
    assert said(cells, f"print({ask})") == "Table of opcodes"


@pytest.mark.parametrize("widget", ["OpcodeTable()", "FrameInspector('81 00')", "MaskingStepper()", "Timeline([])"])
def test_a_closed_view_is_shown_as_a_still_picture(cells: Kernel, widget: str) -> None:
    said(cells, f"view = wslab.{widget}; view.close()")
    assert said(cells, "print('data-wslab-kept=' in view._repr_html_(), len(kept._instances))").startswith("True")
    assert cells.run("view", "a") == ("ok", "")


def test_a_live_timeline_is_not_kept_by_its_tape(cells: Kernel) -> None:
    said(cells, "lab = wslab.Lab()")
    for _ in range(3):
        said(cells, "view = wslab.Timeline(lab, live=True)\nmade[len(made)] = weakref.ref(view)\nview", "a")
    assert said(cells, "print(len(alive(*made)))") == "1"


class Caller:
    """Something with a method."""

    def call(self, *given: Any) -> Any:
        return given


def test_a_weak_method_is_called_while_its_object_lives() -> None:
    caller = Caller()
    call, gone = weakly(caller.call), weakref.ref(caller)
    assert call(1, 2) == (1, 2)
    assert call == weakly(caller.call) == caller.call
    assert len({call, weakly(caller.call)}) == 1
    del caller
    gc.collect()
    assert gone() is None
    assert call(1, 2) is None


def test_the_names_of_what_is_forgotten_are_those_of_classes() -> None:
    for module, name in life._OURS:
        assert isinstance(getattr(importlib.import_module(module), name), type)
