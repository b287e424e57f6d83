"""The table of opcodes: all sixteen, and a real frame of each in an inspector (§5.2).

The first of an opcode's four bits parts data frames (0) from control frames (1), so the table has two halves. Choosing
an opcode opens a frame of it below; a reserved one shows how it is refused. Left out: what the frames do to each other
in a conversation, which the timeline shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.explain.kinds import kind_of_opcode
from wslab.explain.words import OPCODES, opcode_name
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.frames import Frame
from wslab.widgets import components as parts
from wslab.widgets.inspector import widget as inspector
from wslab.widgets.inspector.state import InspectorState
from wslab.widgets.view import View

__all__ = ["OpcodeTable", "sample", "story", "table"]

KEY = bytes.fromhex("37fa213d")
HELP = (
    "An opcode is four bits and says what a frame is: six are in use, ten are reserved. "
    "The first bit parts data frames (0) from control frames (1), which are short and may come between fragments. "
    "Choose one (click, or arrow keys and Enter) to open a real frame of it below, and flip its bits."
)

_PAYLOADS: Mapping[int, bytes] = {
    Opcode.CONTINUATION: b"lo",
    Opcode.TEXT: b"Hello",
    Opcode.BINARY: bytes.fromhex("00ff10e280"),
    Opcode.CLOSE: (1000).to_bytes(2, "big") + b"bye",
    Opcode.PING: b"alive?",
    Opcode.PONG: b"alive?",
}


@dataclass(frozen=True, slots=True)
class _Half:
    title: str
    note: str
    codes: range


_HALVES = (
    _Half("Data frames", "first bit 0; may be fragmented", range(8)),
    _Half("Control frames", "first bit 1; at most 125 bytes, never fragmented", range(8, 16)),
)


def sample(opcode: int) -> bytes:
    """A frame of this opcode as a client sends it."""
    return Frame(opcode, _PAYLOADS.get(opcode, b"?"), mask=KEY).serialize()


def table(chosen: int) -> Node:
    """Both halves of the table, with the chosen opcode marked."""
    return h.div(".wsl-opcodes", data_roving=True, role="group", aria_label="The sixteen opcodes")[
        (_half(half, chosen) for half in _HALVES)
    ]


def _half(half: _Half, chosen: int) -> Node:
    return h.div(".wsl-ohalf")[
        h.p(".wsl-otitle")[h.strong[half.title], h.span(".wsl-note")[half.note]],
        (_row(code, code == chosen) for code in half.codes),
    ]


def _row(code: int, chosen: bool) -> Node:
    words, kind = OPCODES[code], kind_of_opcode(code)
    reserved = words.name == "reserved"
    classes = ["wsl-orow", f"wsl-k-{kind.id}", reserved and "is-reserved", chosen and "is-chosen"]
    return h.div(class_=classes)[
        h.button(
            ".wsl-obutton",
            type="button",
            data_do="choose",
            data_arg=code,
            data_key=f"opcode-{code}",
            aria_pressed="true" if chosen else "false",
        )[
            h.code[h.b[f"0x{code:X}"], h.span(".wsl-obits")[_four_bits(code)]],
            h.span(".wsl-mark", aria_hidden="true")["" if reserved else kind.mark],
            h.span(".wsl-oname")[words.name],
            h.span(".wsl-opurpose")["for later use" if reserved else words.purpose],
        ],
        parts.section(words.section),
    ]


def _four_bits(code: int) -> Node:
    return [h.u[f"{code:04b}"[0]], f"{code:04b}"[1:]]


def story(chosen: int, state: InspectorState) -> str:
    """The table and the chosen frame as plain text."""
    lines = [_line(code, code == chosen) for half in _HALVES for code in half.codes]
    lines.insert(8, f"{_HALVES[1].title} ({_HALVES[1].note})")
    return "\n".join([f"{_HALVES[0].title} ({_HALVES[0].note})", *lines, "", inspector.story(state)])


def _line(code: int, chosen: bool) -> str:
    words = OPCODES[code]
    mark = " " if words.name == "reserved" else kind_of_opcode(code).mark
    return f"{'>' if chosen else ' '} 0x{code:X} {code:04b}  {mark} {words.name:<14}{words.purpose} (§{words.section})"


class OpcodeTable(View):
    """All sixteen opcodes (§5.2); choosing one opens a real frame of it.

    `opcode` is the chosen one, 0 to 15, `frame` the bytes that the inspector below shows. Setting `opcode` from
    Python opens its frame; a number outside 0 to 15 raises ValueError.
    """

    title: ClassVar[str] = "Table of opcodes"

    opcode = traitlets.Int(1, help="The chosen opcode, 0 to 15.")
    frame = traitlets.Bytes(b"", help="The bytes that the inspector shows.", read_only=True)

    def __init__(self, opcode: int = 1, **traits: Any) -> None:
        self._open(self._in_range(int(opcode)))
        super().__init__(opcode=int(opcode), **traits)
        self.set_trait("frame", self.state.data)
        self.observe(self._on_opcode, names=["opcode"])

    def _open(self, opcode: int) -> None:
        self.state = InspectorState.of(sample(opcode), whole_stream=False, role=Role.SERVER)

    @staticmethod
    def _in_range(opcode: int) -> int:
        if not 0 <= opcode <= 15:
            raise ValueError(f"An opcode is four bits, 0 to 15 (§5.2), not {opcode}.")
        return opcode

    @traitlets.validate("opcode")
    def _check_opcode(self, proposal: Any) -> int:
        return self._in_range(proposal["value"])

    def _on_opcode(self, change: Any) -> None:
        self._open(change["new"])
        self.set_trait("frame", self.state.data)
        self.redraw()

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The table, and under it the regions of the inspector."""
        shown = inspector.regions(self.state)
        name = opcode_name(self.opcode)
        copy = parts.copy_button("Copy the frame as hex", self.state.data.hex(" "), picture="copy")
        save = parts.do_button("Save as a page", "save", picture="save")
        return {
            **shown,
            "header": parts.header(
                "Opcodes", HELP, copy, save, about=["the four bits that name a frame ", parts.section("5.2")]
            ),
            "picture": [
                table(self.opcode),
                h.p(".wsl-subhead")[f"A {name} frame, as a client sends it"],
                shown["picture"],
            ],
        }

    def text(self) -> str:
        """The table and the chosen frame as plain text."""
        return story(self.opcode, self.state)

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for: the inspector's actions go to the inspector."""
        if name not in inspector.ACTIONS:
            return super().act(name, arg, value)
        self._problem = None
        self.state = inspector.act(self.state, name, arg, value)
        self.set_trait("frame", self.state.data)
        self.redraw()
        return None

    def do_choose(self, arg: str, value: str) -> None:
        """Choose an opcode; the chosen one again opens its frame afresh."""
        self._open(self._in_range(int(arg)))
        self.opcode = int(arg)
        self.set_trait("frame", self.state.data)
