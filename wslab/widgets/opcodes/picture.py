"""The table of opcodes as HTML and as text: a keypad of sixteen, and under it a frame of the chosen one (§5.2).

The first of an opcode's four bits separates data frames (0) from control frames (1): they are the two rows of the
keypad. A reserved opcode is hatched and has no words; its frame shows how it is refused.

Left out: what frames do to each other in a conversation, which the timeline shows, and changing one (`inspector`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.explain.hextext import spaced_hex
from wslab.explain.kinds import kind_of_opcode
from wslab.explain.words import OPCODES
from wslab.widgets import components
from wslab.widgets.frame_text import plain_lines
from wslab.widgets.opcodes.facts import Fact, facts_of
from wslab.widgets.opcodes.state import OpcodeTableState
from wslab.widgets.strip import strip

__all__ = ["keypad", "regions", "says", "text"]

HELP = (
    "An opcode is four bits and says what a frame is: six are in use, ten are reserved. "
    "The first bit separates data frames (0) from control frames (1), which are short and may come between fragments. "
    "Choose one with a click, or with the arrow keys and Enter, to see a frame of it, as a client sends it."
)

_ROWS = (("data", "0", range(8)), ("control", "1", range(8, 16)))


def regions(state: OpcodeTableState) -> dict[str, Node]:
    """All regions of the view."""
    return {
        "header": _header(state),
        "picture": keypad(state.opcode),
        "frame": _frame(state),
        "facts": h.div(".wsl-facts")[(_fact(fact) for fact in facts_of(state.opcode))],
    }


def _header(state: OpcodeTableState) -> Node:
    return components.header(
        "Opcodes",
        HELP,
        components.copy_button("Copy the frame as hex", spaced_hex(state.frame), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=["the four bits that name a frame ", components.section("5.2")],
    )


# ---- the keypad


def keypad(chosen: int) -> Node:
    """Two rows of eight keys, with the chosen one marked."""
    return h.div(".wsl-keypad", data_roving=True, role="group", aria_label="The sixteen opcodes")[
        ([_row_name(name, bit), (_key(code, code == chosen) for code in codes)] for name, bit, codes in _ROWS)
    ]


def _row_name(name: str, bit: str) -> Node:
    return h.div(".wsl-krow")[h.b[name], h.code[h.u[bit], "···"]]


def _key(code: int, chosen: bool) -> Node:
    words, kind = OPCODES[code], kind_of_opcode(code)
    reserved = words.name == "reserved"
    return h.button(
        class_=["wsl-key", f"wsl-k-{kind.id}", reserved and "is-reserved", chosen and "is-chosen"],
        type="button",
        data_do="choose",
        data_arg=code,
        data_key=f"opcode-{code}",
        aria_pressed="true" if chosen else "false",
        aria_label=f"0x{code:X} {words.name}",
        title=f"0x{code:X} {words.name}: {words.purpose}",
    )[
        h.b(".wsl-kdigit")[f"{code:X}"],
        not reserved and h.b(".wsl-kmark")[kind.mark],
        h.code[h.u[f"{code:04b}"[0]], f"{code:04b}"[1:]],
        not reserved and h.span(".wsl-kname")[words.name],
    ]


# ---- the frame of the chosen one


def _frame(state: OpcodeTableState) -> Node:
    words, part = OPCODES[state.opcode], state.anatomy.parts[0]
    return [
        h.p(".wsl-osays")[
            components.chip(part.kind, words.name),
            h.strong[words.purpose],
            components.section(words.section),
            _answer(state),
        ],
        strip(state.anatomy, part, classes="is-tall wsl-ostrip"),
    ]


def _answer(state: OpcodeTableState) -> Node:
    """What a server does with the frame."""
    look = "wsl-yes" if state.verdict.close_code is None else "wsl-no"
    return h.span(class_=f"{look} wsl-oanswer")[_answer_words(state)]


def _answer_words(state: OpcodeTableState) -> str:
    code = state.verdict.close_code
    return "✓ a server accepts it" if code is None else f"× a server refuses it: {int(code)}"


def _fact(fact: Fact) -> Node:
    return h.div(".wsl-fact")[h.b[fact.words], h.span(".wsl-note")[f"{fact.note} ", components.section(fact.section)]]


# ---- words


def text(state: OpcodeTableState) -> str:
    """The table, the chosen frame and its facts as plain text."""
    lines = [f"Opcodes (§5.2), {name} frames: first bit {bit}" for name, bit, _ in _ROWS]
    rows = [
        [line, *(_line(code, code == state.opcode) for code in codes)]
        for line, (*_, codes) in zip(lines, _ROWS, strict=True)
    ]
    facts = [f"  {fact.words}: {fact.note} (§{fact.section})" for fact in facts_of(state.opcode)]
    frame = [
        says(state),
        _answer_words(state),
        state.verdict.sentence,
        *plain_lines(state.anatomy, state.anatomy.parts[0]),
    ]
    return "\n".join([*rows[0], *rows[1], "", *frame, "", *facts])


def says(state: OpcodeTableState) -> str:
    """What the chosen opcode is."""
    chosen = OPCODES[state.opcode]
    return f"{kind_of_opcode(state.opcode).mark} {chosen.name}: {chosen.purpose} (§{chosen.section})"


def _line(code: int, chosen: bool) -> str:
    words = OPCODES[code]
    mark = " " if words.name == "reserved" else kind_of_opcode(code).mark
    said = "" if words.name == "reserved" else f"{words.purpose} (§{words.section})"
    return f"{'>' if chosen else ' '} 0x{code:X} {code:04b}  {mark} {words.name:<14}{said}".rstrip()
