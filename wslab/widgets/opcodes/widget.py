"""`OpcodeTable`, the widget: the chosen opcode and the bytes of its frame as traits.

Left out: the frames (`state`), and how the table looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.widgets.image.frame import frame
from wslab.widgets.opcodes.picture import regions, says, text
from wslab.widgets.opcodes.state import OpcodeTableState, in_range, sample
from wslab.widgets.view import View

__all__ = ["OpcodeTable"]


class OpcodeTable(View):
    """All sixteen opcodes (§5.2) as a keypad, and a real frame of the chosen one.

    `opcode` is the chosen one, 0 to 15, `frame` the bytes of its frame; `FrameInspector(table.frame)` takes them apart.
    A number outside 0 to 15 raises ValueError.
    """

    title: ClassVar[str] = "Table of opcodes"
    redraws_on: ClassVar[tuple[str, ...]] = ("opcode",)

    opcode = traitlets.Int(1, help="The chosen opcode, 0 to 15.")
    frame = traitlets.Bytes(b"", help="The bytes of the frame that is shown.", read_only=True)

    def __init__(self, opcode: int = 1, **traits: Any) -> None:
        super().__init__(opcode=int(opcode), **traits)
        self._keep_frame()
        self.observe(self._keep_frame, names=["opcode"])

    @traitlets.validate("opcode")
    def _check_opcode(self, proposal: Any) -> int:
        return in_range(proposal["value"])

    def _keep_frame(self, _change: Any = None) -> None:
        self.set_trait("frame", sample(self.opcode))

    @property
    def state(self) -> OpcodeTableState:
        """What the view shows now."""
        return OpcodeTableState(self.opcode)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def image(self) -> Node:
        """The frame of the chosen opcode, without styles."""
        state = self.state
        return frame(state.anatomy, state.anatomy.parts[0], says(state))

    def text(self) -> str:
        """The table and the chosen frame as plain text."""
        return text(self.state)

    def do_choose(self, arg: str, value: str) -> None:
        """Choose an opcode."""
        self.opcode = int(arg)
