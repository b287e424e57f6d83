"""What is sent, in the order in which it is sent, and one head or frame opened: its bytes, and one of them in bits.

The ladder has the client on the left and the server on the right. A frame is a row of cells in the tints of its fields,
a head its lines with a button for each character. Names and tints are those of the legal bytes, before a verdict and
behind it: what a receiver makes of a changed length is its verdict, and not told before.

Left out: the question and the verdicts (`ask`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import htpy as h
from htpy import Node
from markupsafe import Markup

from wslab.course.peers.attempt import BreakState
from wslab.explain.anatomy import Field, Part
from wslab.explain.kinds import tint_of
from wslab.protocol.codes import Role
from wslab.widgets import components
from wslab.widgets.break_it.state import Shown, part_of, sent_name
from wslab.widgets.page import rendered
from wslab.widgets.strip import is_masked, letter, spans

__all__ = ["ladder", "opened"]

_SHORT = {
    "Payload len": "len",
    "Extended payload length": "length",
    "Payload data": "payload",
    "Masking-key": "masking key",
    "Close code": "code",
    "Reason": "reason",
}
_SHOWN = {ord("\r"): "CR", ord("\n"): "LF", ord(" "): "·"}


# ---- the ladder


def ladder(state: BreakState, step: int) -> Node:
    """All that is sent, one rung each."""
    return h.div(".wsl-rungs", data_roving=True, role="group", aria_label="What is sent, in order: arrow keys step")[
        h.div(".wsl-ends", aria_hidden="true")[h.b["client"], h.b["server"]],
        (_rung(state, place, step) for place in range(len(state.exchange.sent))),
    ]


def _rung(state: BreakState, place: int, step: int) -> Node:
    sent, part = state.exchange.sent[place], part_of(state.exchange, place)
    is_changed = state.change is not None and state.change.place == place
    classes = f"wsl-rung is-{sent.sender} wsl-k-{part.kind.id}{' is-changed' if is_changed else ''}"
    arrow = h.span(".wsl-arrow", aria_hidden="true")["→" if sent.sender is Role.CLIENT else "←"]
    name = h.span[sent_name(state.exchange, place)]
    return h.button(
        components.at(step, place, classes=classes),
        type="button",
        data_goto=place,
        data_key=f"rung-{place}",
        aria_label=_words(state, place),
    )[components.mark(part.kind), name, arrow]


def _words(state: BreakState, place: int) -> str:
    is_changed = state.change is not None and state.change.place == place
    sender, name = state.exchange.sent[place].sender, sent_name(state.exchange, place)
    return f"{place}: the {sender} sends the {name}{', changed' if is_changed else ''}"


# ---- one head or frame


def opened(state: BreakState, place: int, step: int) -> Node:
    """A head or frame opened, shown while it is the step."""
    words = h.p(".wsl-hidden", data_caption=True)[_words(state, place)]
    shown = Shown(state.exchange, place, state.data(place), state.picked[place])
    row = h.div(".wsl-onebyte")[_one_byte(shown), _typed(state, place, shown.picked)]
    return h.div(".wsl-opened", components.during(step, place, place))[words, _bytes(shown), row]


@lru_cache(maxsize=64)
def _bytes(shown: Shown) -> Markup:
    """All bytes; drawn once for each form, for a head has two hundred of them, and most are as before."""
    name = sent_name(shown.exchange, shown.place)
    what, draw = ("characters", _lines) if shown.is_head else ("bytes", _cells)
    label = f"The {what} of the {name}: arrow keys move, Enter opens one in bits"
    look = "wsl-blines" if shown.is_head else "wsl-bcells"
    return rendered(h.div(class_=look, data_roving=True, role="group", aria_label=label)[draw(shown)])


def _cells(shown: Shown) -> Iterator[Node]:
    return (_cell(shown, index) for index in range(len(shown.data)))


def _cell(shown: Shown, index: int) -> Node:
    fields = shown.fields(index)
    return h.div(class_=["wsl-bcell", len(fields) > 1 and "is-wide"])[
        h.span(".wsl-bname")[_cell_name(fields, index)],
        _byte_button(shown, index, _in_tints(shown.part, index, f"{shown.data[index]:02x}")),
        h.span(".wsl-bunder")[_under(shown, index)],
    ]


def _in_tints(part: Part, index: int, text: str) -> Node:
    """A byte in hex, on the tint of each of its fields, over exactly its bits."""
    return [
        (
            h.i(class_=f"wsl-t-{tint_of(field.name).id}", style=f"grid-column:{first % 8 + 1}/span {last - first}")
            for field, first, last in spans(part, index)
        ),
        h.code[h.b[text[0]], h.b[text[1]]],
    ]


def _cell_name(fields: list[Field], index: int) -> Node:
    """The name of a field that begins here, or of the first and the last of several."""
    if len(fields) > 1:
        return (h.span[_SHORT.get(each.name, each.name)] for each in (fields[0], fields[-1]))
    name = fields[0].name
    return _SHORT.get(name, name) if fields[0].bytes.start == index else ""


def _under(shown: Shown, index: int) -> Node:
    """What the byte says, as far as the legal frame tells: a payload's character, unmasked."""
    part, data = shown.part, shown.data
    if shown.fields(index)[-1].name not in ("Payload data", "Reason") or part.inflated is not None:
        return None
    behind = len(data) - len(part.plain)
    key = data[behind - 4 : behind] if is_masked(part) else bytes(4)
    return h.b[letter(data[index] ^ key[(index - behind) % 4])]


def _lines(shown: Shown) -> Iterator[Node]:
    begin = 0
    for line in shown.exchange.sent[shown.place].data.splitlines(keepends=True):
        yield h.div[(_character_button(shown, index) for index in range(begin, begin + len(line)))]
        begin += len(line)


def _character_button(shown: Shown, index: int) -> Node:
    return _byte_button(shown, index, _character(shown.data[index]))


def _character(value: int) -> str:
    return _SHOWN.get(value) or (chr(value) if 0x20 < value < 0x7F else "?")


def _byte_button(shown: Shown, index: int, inside: Node) -> Node:
    value, is_changed, is_picked = shown.data[index], bool(shown.changed(index)), shown.picked == index
    is_end = shown.is_head and value in b"\r\n"
    return h.button(
        class_=["wsl-byte", is_changed and "is-changed", is_picked and "is-picked", is_end and "is-end"],
        type="button",
        data_do="pick",
        data_arg=f"{shown.place}:{index}",
        data_key=f"byte-{shown.place}-{index}",
        aria_label=f"byte {index}: {value:02x}{', changed' if is_changed else ''}",
        aria_pressed="true" if is_picked else "false",
    )[inside]


# ---- one byte in bits


def _one_byte(shown: Shown) -> Node:
    index = shown.picked
    value, was = shown.data[index], shown.data[index] ^ shown.changed(index)
    return [
        h.div(".wsl-bword")[h.b[f"byte {index}"], h.span[_was(value, was)]],
        h.div(".wsl-bbits", data_roving=True, role="group", aria_label=f"Byte {index} in bits: Enter flips one")[
            (_bit(shown, bit) for bit in range(8))
        ],
    ]


def _was(value: int, was: int) -> str:
    return f"{_both(was)}" if value == was else f"{_both(was)} → {_both(value)}"


def _both(value: int) -> str:
    return f"{value:02x} {_character(value)}" if value in _SHOWN or 0x20 < value < 0x7F else f"{value:02x}"


def _bit(shown: Shown, bit: int) -> Node:
    """One bit of the open byte, counted from its first."""
    index, mask = shown.picked, 0x80 >> bit
    value, is_changed = int(bool(shown.data[index] & mask)), bool(shown.changed(index) & mask)
    field = next(each for each in shown.part.fields if each.start <= index * 8 + bit < each.end)
    name, tint = ("character", "payload") if shown.is_head else (field.name, tint_of(field.name).id)
    return h.div(class_=f"wsl-bbit wsl-t-{tint}")[
        h.span(".wsl-bname")["" if shown.is_head else _bit_name(field, index * 8 + bit)],
        h.button(
            class_=["wsl-bit", bool(value) and "is-set", is_changed and "is-changed"],
            type="button",
            data_do="flip",
            data_arg=f"{shown.place}:{index * 8 + bit}",
            data_key=f"bit-{shown.place}-{bit}",
            aria_label=f"{name}, bit {bit} of byte {index}: {value}{', changed' if is_changed else ''}",
        )[str(value)],
    ]


def _bit_name(field: Field, bit: int) -> str:
    """The field's name above its first bit in this byte."""
    starts = bit == max(field.start, bit // 8 * 8)
    return _SHORT.get(field.name, field.name) if starts else ""


def _typed(state: BreakState, place: int, index: int) -> Node:
    problem = state.problem
    value = f"{state.data(place)[index]:02x}" if problem is None else problem[0]
    box = components.text_input("byte", value, wrong=problem is not None, size=4, code=True, arg=f"{place}:{index}")
    return components.field("in hex", box, problem=problem and problem[1])
