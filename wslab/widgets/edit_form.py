"""The form in which a learner writes other bytes for a step, and plays the scenario again with them.

Left out: what is written (`scenarios.draft`), and when the form is open (`timeline.widget`).
"""

from __future__ import annotations

from collections.abc import Mapping

import htpy as h
from htpy import Node

from wslab.protocol import Opcode
from wslab.scenarios.draft import Draft
from wslab.widgets import components

__all__ = ["form"]

OPCODES: Mapping[int, str] = {**{int(each): each.name.lower() for each in Opcode}, 3: "reserved", 11: "reserved"}
"""Opcodes that are offered, with their names (§5.2)."""


def form(draft: Draft) -> Node:
    """The fields of a draft, and the button that plays the scenario again with it."""
    return h.div(".wsl-draft", role="group", aria_label=f"Edit step {draft.step}")[
        _fields(draft),
        draft.problem and h.p(".wsl-problem", role="status")[draft.problem],
        h.span(".wsl-row")[
            components.do_button("Play again with this", "edited", str(draft.step), off=bool(draft.problem)),
            components.do_button("Cancel", "edit", str(draft.step)),
        ],
    ]


def _fields(draft: Draft) -> Node:
    if draft.was is None:
        return _head(draft)
    return h.span(".wsl-row.wsl-draftfields")[
        _opcode(draft),
        draft.is_close and components.field("Code", _input(draft, "code", draft.code, 6)),
        draft.text is not None and components.field("Reason" if draft.is_close else "Text", _text(draft)),
        not draft.is_close and components.field("Bytes", _input(draft, "digits", draft.digits, 28, code=True)),
    ]


def _opcode(draft: Draft) -> Node:
    names = {**OPCODES, draft.opcode: OPCODES.get(draft.opcode, "reserved")}
    options = [(str(number), f"{number:X} {name}") for number, name in sorted(names.items())]
    return components.field("Opcode", components.select("draft", options, str(draft.opcode), arg="opcode"))


def _text(draft: Draft) -> Node:
    return _input(draft, "text", draft.text or "", 24)


def _input(draft: Draft, name: str, value: str, size: int, *, code: bool = False) -> Node:
    enter = f"edited-{draft.step}"
    return components.text_input("draft", value, size=size, code=code, arg=name, enter=enter)


def _head(draft: Draft) -> Node:
    """The lines of a head; the page has LF alone, so CR is put back."""
    if draft.text is None:
        return components.field("Bytes", _input(draft, "digits", draft.digits, 48, code=True))
    lines = draft.text.replace("\r\n", "\n")
    area = h.textarea(
        ".wsl-input.wsl-code", rows=4, data_do="draft", data_arg="lines", data_key="draft-lines", spellcheck="false"
    )
    return components.field("Lines of the head; each ends with CRLF (RFC 9112 §2.1)", area[lines])
