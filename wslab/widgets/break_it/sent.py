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

from wslab.course.peers.exchanges import HEADS, Exchange
from wslab.explain.anatomy import Anatomy, Field, Part, anatomy
from wslab.explain.kinds import tint_of
from wslab.protocol.codes import Role
from wslab.widgets import components
from wslab.widgets.break_it.state import BreakState
from wslab.widgets.strip import is_masked, letter, spans

__all__ = ["ladder", "opened", "part_of", "sent_name"]

_SHORT = {
    "Payload len": "len",
    "Extended payload length": "length",
    "Payload data": "payload",
    "Masking-key": "masking key",
    "Status code": "code",
    "Reason": "reason",
}
_SHOWN = {ord("\r"): "CR", ord("\n"): "LF", ord(" "): "·"}


@lru_cache(maxsize=64)
def part_of(exchange: Exchange, place: int) -> Part:
    """The legal head or frame of a place, cut into fields; a compressed payload inflated."""
    sent = exchange.sent[place]
    found: Anatomy = anatomy(sent.data, sent.sender.peer, whole_stream=False, deflate=exchange.deflate)
    return found.parts[0]


def sent_name(exchange: Exchange, place: int) -> str:
    """What is sent at a place: `request`, `text “Hello”`, `Close 1000`."""
    part = part_of(exchange, place)
    values = {field.name: field.value for field in part.fields}
    name = part.name.removesuffix(" frame")
    return " ".join(filter(None, [name, values.get("Status code") or values.get("Payload data")]))


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
    part = part_of(state.exchange, place)
    body = _lines(state, place) if place < HEADS else _cells(state, place, part)
    words = h.p(".wsl-hidden", data_caption=True)[_words(state, place)]
    return h.div(".wsl-opened", components.during(step, place, place))[words, body, _bits(state, place, part)]


def _cells(state: BreakState, place: int, part: Part) -> Node:
    label = f"The bytes of {sent_name(state.exchange, place)}: arrow keys move, Enter opens one in bits"
    return h.div(".wsl-bcells", data_roving=True, role="group", aria_label=label)[
        (_cell(state, place, part, index) for index in range(len(state.data(place))))
    ]


def _fields(part: Part, byte: int) -> list[Field]:
    return [field for field in part.fields if byte in field.bytes]


def _cell(state: BreakState, place: int, part: Part, index: int) -> Node:
    fields = _fields(part, index)
    starts = [field for field in fields if field.bytes.start == index]
    return h.div(class_=["wsl-bcell", len(fields) > 1 and "is-wide"])[
        h.span(".wsl-bname")[_cell_name(fields, starts)],
        _byte_button(state, place, index, _in_tints(part, index, f"{state.data(place)[index]:02x}")),
        h.span(".wsl-bunder")[_under(state, place, part, index)],
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


def _cell_name(fields: list[Field], starts: list[Field]) -> Node:
    if len(fields) > 1:
        return (h.span[_SHORT.get(each.name, each.name)] for each in (fields[0], fields[-1]))
    return _SHORT.get(starts[0].name, starts[0].name) if starts else ""


def _under(state: BreakState, place: int, part: Part, index: int) -> Node:
    """What the byte says, as far as the legal frame tells: a payload's character, unmasked."""
    field = _fields(part, index)[-1]
    if field.name not in ("Payload data", "Reason") or part.inflated is not None:
        return None
    behind = len(state.data(place)) - len(part.plain)
    wire, key = state.data(place), state.data(place)[behind - 4 : behind]
    at = index - behind
    return h.b[letter(wire[index] ^ key[at % 4] if is_masked(part) else wire[index])]


def _lines(state: BreakState, place: int) -> Node:
    label = f"The characters of the {sent_name(state.exchange, place)}: arrow keys move, Enter opens one in bits"
    return h.div(".wsl-blines", data_roving=True, role="group", aria_label=label)[
        (h.div[_line(state, place, line)] for line in _line_ranges(state.exchange.sent[place].data))
    ]


def _line(state: BreakState, place: int, line: range) -> Iterator[Node]:
    return (_byte_button(state, place, index, _character(state.data(place)[index])) for index in line)


def _line_ranges(head: bytes) -> Iterator[range]:
    begin = 0
    for line in head.splitlines(keepends=True):
        yield range(begin, begin + len(line))
        begin += len(line)


def _character(value: int) -> str:
    return _SHOWN.get(value) or (chr(value) if 0x20 < value < 0x7F else "?")


def _byte_button(state: BreakState, place: int, index: int, shown: Node) -> Node:
    change = state.change
    is_changed = change is not None and (change.place, change.byte) == (place, index)
    is_picked, value = state.picked[place] == index, state.data(place)[index]
    is_end = place < HEADS and value in b"\r\n"
    return h.button(
        class_=["wsl-byte", is_changed and "is-changed", is_picked and "is-picked", is_end and "is-end"],
        type="button",
        data_do="pick",
        data_arg=f"{place}:{index}",
        data_key=f"byte-{place}-{index}",
        aria_label=f"byte {index}: {value:02x}{', changed' if is_changed else ''}",
        aria_pressed="true" if is_picked else "false",
    )[shown]


# ---- one byte in bits


def _bits(state: BreakState, place: int, part: Part) -> Node:
    index = state.picked[place]
    value, was = state.data(place)[index], state.exchange.sent[place].data[index]
    return h.div(".wsl-onebyte")[
        h.div(".wsl-bword")[h.b[f"byte {index}"], h.span[_was(value, was)]],
        h.div(".wsl-bbits", data_roving=True, role="group", aria_label=f"Byte {index} in bits: Enter flips one")[
            (_bit(state, place, part, index * 8 + bit) for bit in range(8))
        ],
        _typed(state, place, index),
    ]


def _was(value: int, was: int) -> str:
    return f"{_both(was)}" if value == was else f"{_both(was)} → {_both(value)}"


def _both(value: int) -> str:
    return f"{value:02x} {_character(value)}" if value in _SHOWN or 0x20 < value < 0x7F else f"{value:02x}"


def _bit(state: BreakState, place: int, part: Part, bit: int) -> Node:
    field = next(each for each in part.fields if each.start <= bit < each.end)
    byte, mask = bit // 8, 0x80 >> bit % 8
    value = bool(state.data(place)[byte] & mask)
    is_changed = bool((state.data(place)[byte] ^ state.exchange.sent[place].data[byte]) & mask)
    name = _bit_name(field, bit) if place >= HEADS else ""
    tint = tint_of(field.name).id if place >= HEADS else "payload"
    return h.div(class_=f"wsl-bbit wsl-t-{tint}")[
        h.span(".wsl-bname")[name],
        h.button(
            class_=["wsl-bit", value and "is-set", is_changed and "is-changed"],
            type="button",
            data_do="flip",
            data_arg=f"{place}:{bit}",
            data_key=f"bit-{place}-{bit % 8}",
            aria_label=f"{field.name if place >= HEADS else 'character'}, bit {bit % 8} of byte {byte}: {int(value)}"
            f"{', changed' if is_changed else ''}",
        )[str(int(value))],
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
