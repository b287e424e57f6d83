"""The table of opcodes as HTML and as text: all sixteen, and under them a frame of the chosen one (§5.2).

The first of an opcode's four bits separates data frames (0) from control frames (1), so the table has two halves. A
reserved opcode has a row like the others: its frame shows how it is refused.

Left out: what frames do to each other in a conversation, which the timeline shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import htpy as h
from htpy import Node

from wslab.explain.kinds import kind_of_opcode
from wslab.explain.words import OPCODES, opcode_name
from wslab.widgets import components
from wslab.widgets.inspector import picture as inspector
from wslab.widgets.opcodes.state import OpcodeTableState

__all__ = ["regions", "table", "text"]

HELP = (
    "An opcode is four bits and says what a frame is: six are in use, ten are reserved. "
    "The first bit separates data frames (0) from control frames (1), which are short and may come between fragments. "
    "Choose one (click, or arrow keys and Enter) to open a real frame of it below, and flip its bits."
)


@dataclass(frozen=True, slots=True)
class _Half:
    title: str
    note: str
    codes: range


_HALVES = (
    _Half("Data frames", "first bit 0; may be fragmented", range(8)),
    _Half("Control frames", "first bit 1; at most 125 bytes, never fragmented", range(8, 16)),
)


def regions(state: OpcodeTableState) -> dict[str, Node]:
    """The table, and under it the regions of the inspector."""
    shown = inspector.regions(state.inspector)
    return {
        **shown,
        "header": _header(state),
        "picture": [
            table(state.opcode),
            h.p(".wsl-subhead")[f"A {opcode_name(state.opcode)} frame, as a client sends it"],
            shown["picture"],
        ],
    }


def _header(state: OpcodeTableState) -> Node:
    return components.header(
        "Opcodes",
        HELP,
        components.copy_button("Copy the frame as hex", state.inspector.data.hex(" "), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=["the four bits that name a frame ", components.section("5.2")],
    )


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
        components.section(words.section),
    ]


def _four_bits(code: int) -> Node:
    return [h.u[f"{code:04b}"[0]], f"{code:04b}"[1:]]


def text(state: OpcodeTableState) -> str:
    """The table and the chosen frame as plain text."""
    halves = [[f"{half.title} ({half.note})", *_lines(half, state.opcode)] for half in _HALVES]
    return "\n".join([*halves[0], *halves[1], "", inspector.text(state.inspector)])


def _lines(half: _Half, chosen: int) -> list[str]:
    return [_line(code, code == chosen) for code in half.codes]


def _line(code: int, chosen: bool) -> str:
    words = OPCODES[code]
    mark = " " if words.name == "reserved" else kind_of_opcode(code).mark
    return f"{'>' if chosen else ' '} 0x{code:X} {code:04b}  {mark} {words.name:<14}{words.purpose} (§{words.section})"
