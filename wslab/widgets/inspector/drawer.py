"""The words beside the bits: the chosen field, or what a violation means and how to fix it.

One drawer for each field is rendered ahead, and the page shows that of the chosen one. A violation has three places:
what the receiver answers, the rule that must hold, and how to fix it. They stand in the drawer of the field that is
wrong, and in the one that is shown while no field is chosen.

Left out: the table of all fields (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Field, Part, wrong_bit
from wslab.explain.kinds import tint_of
from wslab.explain.verdict import Verdict
from wslab.explain.words import close_code_words
from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.widgets import components

__all__ = ["drawer"]


def drawer(part: Part, names: Mapping[int, str], found: Verdict, selected: str, *, fixable: bool) -> Node:
    """The drawer of every field, of which that of the `selected` one is shown.

    `names` are the fields' tokens, `found` is the receiver's verdict, `fixable` whether there is a change that helps.
    """
    wrong = None if found.error is None else _places(found, found.error, fixable=fixable)
    bit = None if found.error is None else wrong_bit(found.error, {part.start, part.end})
    shown = {names[field.start]: _field(field, part) for field in part.fields}
    shown |= {names[field.start]: wrong for field in part.fields if bit is not None and field.start <= bit < field.end}
    shown |= {"": wrong or _whole(part, found)}
    chosen = selected if selected in shown else ""
    return h.div(".wsl-fdrawers")[
        (h.div(data_show=token, hidden=token != chosen)[node] for token, node in shown.items())
    ]


def _box(tint: str, title: str, place: str, value: Node, words: Node) -> Node:
    return h.div(class_=f"wsl-fdrawer wsl-t-{tint}")[
        h.span(".wsl-dname")[h.b[title], h.span(".wsl-note")[place]], h.code(".wsl-dvalue")[value], h.p[words]
    ]


def _field(field: Field, part: Part) -> Node:
    meaning = f"{_capital(field.meaning)}. "
    wrong = [h.b(".wsl-no")[f"× {field.rule.text}. "]] if field.rule else []
    return _box(
        tint_of(field.name).id,
        field.name,
        _place(field),
        _value(field, part),
        [wrong, meaning, components.section(field.section)],
    )


def _place(field: Field) -> str:
    """`byte 0, bits 4 to 7`, `bytes 2 to 5`."""
    first, last = field.start, field.end - 1
    if field.size % 8 == 0:
        return f"byte {first // 8}" if field.size == 8 else f"bytes {first // 8} to {last // 8}"
    bits = f"bit {first % 8}" if field.size == 1 else f"bits {first % 8} to {last % 8}"
    return f"byte {first // 8}, {bits}"


def _value(field: Field, part: Part) -> Node:
    """The bits and what they stand for, where that is short."""
    if field.name == "opcode":
        number, _, name = field.value.partition(" ")
        return [f"{int(number, 16):04b} = {number} ", h.span(class_=f"wsl-kind wsl-k-{part.kind.id}")[name]]
    if field.name == "Payload len":
        return f"{int(field.value):07b} = {field.value}"
    return field.value


def _whole(part: Part, found: Verdict) -> Node:
    still = f"{part.missing_words} to come" if part.missing else "whole"
    place = f"bytes {part.start // 8} to {part.end // 8 - 1}"
    return _box("payload", part.name, place, still, ["Choose a field or a bit to read about it. ", found.sentence])


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


# ---- a violation in three places


def _places(found: Verdict, error: ProtocolError, *, fixable: bool) -> Node:
    rule = error.rule
    must = f"{_capital(rule.text)}. {_capital(rule.why)}. "
    return h.div(".wsl-places")[
        _place_box(f"the {found.role} says", _answer(found.role, error), _meaning(found.role, error), "is-no"),
        _place_box("the rule", must, components.section(rule.section)),
        _place_box("to fix it", [found.fix, " "], components.do_button("Fix it", "fix") if fixable else None),
    ]


def _place_box(title: str, first: Node, second: Node, look: str = "") -> Node:
    return h.div(class_=["wsl-place", look])[h.span(".wsl-note")[title], h.div[first, second]]


def _answer(role: Role, error: ProtocolError) -> Node:
    words = "ends TCP" if role is Role.CLIENT else str(error.rule.http_status)
    return h.b(".wsl-answer")[words if error.close_code is None else f"Close {int(error.close_code)}"]


def _meaning(role: Role, error: ProtocolError) -> Node:
    """What the answer's number means, and the first wrong bit; a client answers a head with no number."""
    status = error.rule.http_status if role is Role.SERVER else None
    code = close_code_words(error.close_code).partition(":")[0] if error.close_code is not None else ""
    words = HTTPStatus(status).phrase if status and not code else code
    return [h.div[words], h.div(".wsl-note", title=f"{error.found} instead of {error.expected}")[error.place]]
