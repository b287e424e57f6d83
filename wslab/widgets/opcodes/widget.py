"""`OpcodeTable`, the widget: the chosen opcode and the bytes of its frame as traits.

Choosing an opcode, in the page or by its trait, opens a fresh frame of it. The inspector's actions change that frame
and leave the opcode as it is.

Left out: the frames (`state`), and how the table looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.widgets.inspector.state import ACTIONS
from wslab.widgets.opcodes.picture import regions, text
from wslab.widgets.opcodes.state import OpcodeTableState, in_range
from wslab.widgets.view import View

__all__ = ["OpcodeTable"]


class OpcodeTable(View):
    """All sixteen opcodes (§5.2); choosing one opens a real frame of it.

    `opcode` is the chosen one, 0 to 15, `frame` the bytes that the inspector below shows. Setting `opcode` from
    Python opens its frame; a number outside 0 to 15 raises ValueError.
    """

    title: ClassVar[str] = "Table of opcodes"

    opcode = traitlets.Int(1, help="The chosen opcode, 0 to 15.")
    frame = traitlets.Bytes(b"", help="The bytes that the inspector shows.", read_only=True)

    def __init__(self, opcode: int = 1, **traits: Any) -> None:
        self.state = OpcodeTableState.of(int(opcode))
        super().__init__(opcode=int(opcode), **traits)
        self._keep_frame()
        self.observe(self._on_opcode, names=["opcode"])

    def _keep_frame(self) -> None:
        self.set_trait("frame", self.state.inspector.data)

    @traitlets.validate("opcode")
    def _check_opcode(self, proposal: Any) -> int:
        return in_range(proposal["value"])

    def _on_opcode(self, change: Any) -> None:
        self.state = OpcodeTableState.of(change["new"])
        self._keep_frame()
        self.redraw()

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """The table and the chosen frame as plain text."""
        return text(self.state)

    def action(self, name: str) -> Callable[[str, str], object] | None:
        """The inspector's actions go to the inspector."""
        return partial(self._act, name) if name in ACTIONS else super().action(name)

    def _act(self, name: str, arg: str, value: str) -> None:
        self.state = self.state.act(name, arg, value)
        self._keep_frame()

    def do_choose(self, arg: str, value: str) -> None:
        """Choose an opcode; the chosen one again opens its frame afresh."""
        self.state = OpcodeTableState.of(int(arg))
        self.opcode = self.state.opcode
        self._keep_frame()
