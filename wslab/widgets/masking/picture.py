"""The masking stepper as HTML and as text: the key slides under the payload, one byte a step (§5.3).

The picture is the payload, the key as a block of four under its present bytes, and the result that grows, in the cells
of every strip (`strip`). Under it is the present byte, in hex and in bits: where payload and key differ, the result is
1. Cells are as wide as whole groups of four allow, so that the key never leaves the picture; rows that belong together
wrap together. Only the steps that are asked for are rendered, and of a long payload only the groups of four around
them.

Left out: where the key comes from and why it must not be guessed (§10.3), which the masking notebook explains.
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.explain.hextext import spaced_hex
from wslab.protocol.numbers import size_in_words
from wslab.widgets import components
from wslab.widgets.masking.state import MaskingState
from wslab.widgets.strip import cell, letter

__all__ = ["caption", "regions", "text"]

HELP = (
    "A client XORs each byte of its payload with one byte of a four-byte key, taken in turn. "
    "Step through the bytes with the buttons, the slider or the arrow keys, and watch the key move on. "
    "Change the text or the key below, or turn the view round: the same XOR takes the mask off again."
)


MOST_IN_ROW = 20
"""Bytes in one row, where there is room: cells get no narrower than 36 px."""

EMPTY = "The payload is empty: there is nothing to mask, yet the frame still carries the 4 bytes of the key (§5.2)."


def regions(state: MaskingState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    window = (steps.start, steps.stop - 1)
    return {
        "header": _header(state),
        "picture": _picture(state, steps),
        "explained": h.div(".wsl-xors")[(_explained(state, n) for n in steps)],
        "controls": components.stepper(state.step, state.last, what="byte", pace=1200, window=window, counts_from=0),
        "inputs": _inputs(state),
    }


def _header(state: MaskingState) -> Node:
    about: list[Node] = [h.code["wire[i] = payload[i] XOR key[i mod 4]"], " ", components.section("5.3")]
    if state.unmask:
        about[0] = h.code["payload[i] = wire[i] XOR key[i mod 4]"]
    return components.header(
        "Unmasking" if state.unmask else "Masking",
        HELP,
        components.copy_button("Copy the steps as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=h.span[about],
    )


# ---- the picture: columns of one byte, in groups of four


def _picture(state: MaskingState, steps: range) -> Node:
    groups = -(-len(state.payload) // 4)
    shown = range(steps.start // 4, min(groups, (steps.stop - 1) // 4 + 1)) if groups else range(1)
    before, after = shown.start * 4, max(0, len(state.payload) - shown.stop * 4)
    in_row, is_long = min(MOST_IN_ROW, 4 * len(shown)), 4 * len(shown) > MOST_IN_ROW
    return h.div(
        class_=["wsl-mask", in_row <= 12 and "is-few", is_long and "is-long", state.unmask and "is-unmasking"],
        style=f"--columns:{in_row}",
        role="group",
        tabindex="0",
        aria_label=_summary(state),
        data_key="picture",
        data_follow=True,
        data_scroll="mask",
    )[
        h.div(".wsl-mnames", aria_hidden="true")[
            (h.b[name] for name in ("byte", state.names[0], "key", state.names[1]))
        ],
        h.div(class_=["wsl-mgroups wsl-strip", not is_long and "is-tall"])[
            _cut(before, "before"),
            (_group(state, group) for group in shown),
            _cut(after, "after"),
        ],
    ]


def _summary(state: MaskingState) -> str:
    upper, lower = state.names
    shown = f"{upper} {_brief(state.source)}, key {spaced_hex(state.key)}, {lower} {_brief(state.result)}"
    return f"{shown}. Arrow keys step through the bytes."


def _brief(data: bytes) -> str:
    return spaced_hex(data[:16]) + (f" and {size_in_words(len(data) - 16)} more" if len(data) > 16 else "")


def _cut(count: int, where: str) -> Node:
    return count > 0 and h.span(".wsl-mcut")[f"… {size_in_words(count)} {where}"]


def _group(state: MaskingState, group: int) -> Node:
    start = group * 4
    now = components.at(state.step, start, start + 3, classes="wsl-mkey wsl-t-key")
    return h.div(".wsl-mgroup")[
        (_column(state, start + place) for place in range(4)),
        h.div(now, data_glide="key", aria_hidden="true")[(cell(f"{byte:02x}") for byte in state.key)],
    ]


def _column(state: MaskingState, index: int) -> Node:
    if index >= len(state.payload):
        return h.div(".wsl-mcol.is-empty")
    upper, lower = state.names
    return h.div(components.at(state.step, index, classes="wsl-mcol wsl-t-payload"), data_goto=index)[
        h.span(".wsl-mnumber")[str(index)],
        _byte(state.source[index], f"is-{upper}"),
        h.span(".wsl-mghost")[f"{state.key[index % 4]:02x}"],
        _byte(state.result[index], f"wsl-mout is-{lower}"),
        h.span(components.at(state.step, index, classes="wsl-mcursor"), data_glide="cursor", aria_hidden="true"),
    ]


def _byte(value: int, classes: str) -> Node:
    """A byte, and the character that it is where it is not masked."""
    character = "is-payload" in classes and h.b(".wsl-schar")[_letter(value)]
    return cell(f"{value:02x}", character, classes=classes)


def _letter(value: int) -> str:
    return "␣" if value == 0x20 else letter(value)


# ---- the present byte


def _explained(state: MaskingState, step: int) -> Node:
    """The present byte in hex and in words, and beside it in bits."""
    shown = components.during(state.step, step, step)
    if not state.payload:
        return h.div(".wsl-xor", shown)[h.p(".wsl-line", data_caption=True)[EMPTY]]
    return h.div(".wsl-xor", shown)[
        h.div[_equation(state, step), h.p(".wsl-line", data_caption=True)[_caption(state, step)]],
        _bits(state, step),
    ]


def _equation(state: MaskingState, index: int) -> Node:
    upper, lower = state.names
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    return h.div(".wsl-mequation", aria_hidden="true")[
        h.b(class_=f"wsl-t-payload is-{upper}")[f"{first:02x}"],
        h.span["XOR"],
        h.b(".wsl-t-key.is-key")[f"{second:02x}"],
        h.span["="],
        h.b(class_=f"wsl-t-payload is-{lower}")[f"{result:02x}"],
    ]


def _bits(state: MaskingState, index: int) -> Node:
    first, second = state.source[index], state.key[index % 4]
    upper, lower = state.names
    rows = [
        _bit_row(f"{upper}[{index}]", first, f"wsl-t-payload is-{upper}"),
        _bit_row(f"key[{index % 4}]", second, "wsl-t-key is-key"),
        _compare_row(first, second),
        _bit_row(f"{lower}[{index}]", first ^ second, f"wsl-t-payload is-{lower}"),
    ]
    words = f"{first:08b} XOR {second:08b} is {first ^ second:08b}"
    return h.div(".wsl-xgrid", role="img", aria_label=words)[rows]


def _bit_row(name: str, value: int, classes: str) -> Node:
    ones = ((value >> 7 - bit) & 1 for bit in range(8))
    return h.div(class_=f"wsl-xrow {classes}")[
        h.span[name], (h.i(class_="is-one" if one else "")[str(one)] for one in ones)
    ]


def _compare_row(first: int, second: int) -> Node:
    differs = ((first ^ second) >> 7 - bit & 1 for bit in range(8))
    marks = (h.i(class_="is-differ" if differ else "")["≠" if differ else "="] for differ in differs)
    return h.div(".wsl-xrow.wsl-xcompare")[h.span["differ?"], marks]


# ---- words


def _caption(state: MaskingState, step: int) -> str:
    return " ".join(filter(None, (_sentence(state, step), _turn(step), _closing(state, step))))


def caption(state: MaskingState) -> str:
    """The sentence of the present byte."""
    return _caption(state, min(state.step, state.last))


def _sentence(state: MaskingState, index: int) -> str:
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    words = f"Byte {index}, {first:02x}{_spoken(first)}, and key[{index} mod 4] = key[{index % 4}] = {second:02x}: "
    return words + f"{first:02x} XOR {second:02x} = {result:02x}{_spoken(result)}."


def _spoken(value: int) -> str:
    return f" ({chr(value)})" if 0x20 < value < 0x7F else ""


def _turn(index: int) -> str:
    return "The key has come round and starts again." if index and index % 4 == 0 else ""


def _closing(state: MaskingState, step: int) -> str:
    if step < state.last:
        return f"Where two bits differ, the {state.names[1]} has a 1."
    if state.unmask:
        return "All bytes are back: the receiver needs only the key, which is in the frame's header."
    return "All bytes are masked; the same XOR with the same key brings them back."


def text(state: MaskingState) -> str:
    """The same as plain text: one line a byte."""
    upper, lower = state.names
    lines = [f"{'Unmasking' if state.unmask else 'Masking'} with the key {spaced_hex(state.key)} (§5.3)"]
    lines.append(f"{'i':>5}  {upper:<16}  {'key[i mod 4]':<16}  {lower}")
    head, tail, left_out = components.cut_middle(range(len(state.payload)), 64)
    lines += [_text_row(state, index) for index in head]
    lines += [f"    …  left out: {size_in_words(left_out)}"] if left_out else []
    lines += [_text_row(state, index) for index in tail]
    return "\n".join([*lines, *_text_caption(state)])


def _text_caption(state: MaskingState) -> list[str]:
    """The sentence of the present byte, as under the picture."""
    return ["", caption(state)] if state.payload else []


def _text_row(state: MaskingState, index: int) -> str:
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    place = f"[{index % 4}]"
    return f"{index:>5}  {_cell(first)}  {place} {second:02x} {second:08b}  {_cell(result)}".rstrip()


def _cell(value: int) -> str:
    return f"{value:02x} {value:08b} {letter(value):<4}"


# ---- the inputs


def _inputs(state: MaskingState) -> Node:
    turn = "Mask again" if state.unmask else "Turn round: unmask"
    written = state.payload.decode() if state.is_text else spaced_hex(state.payload)
    payload = components.text_input("payload", written, size=8, code=not state.is_text)
    key = components.text_input("key", _key_shown(state), wrong=state.key_problem is not None, size=8, code=True)
    return [
        h.div(".wsl-fields.wsl-edit")[
            h.div(".is-payload")[components.field("Text" if state.is_text else "Bytes in hex", payload)],
            h.div(class_=["is-key", state.key_problem is not None and "is-wrong"])[components.field("Key in hex", key)],
            components.do_button("Random key", "random"),
            components.do_button(turn, "turn"),
        ],
        h.p(".wsl-problem.wsl-mproblem", role="status")[state.key_problem],
    ]


def _key_shown(state: MaskingState) -> str:
    return spaced_hex(state.key) if state.key_text is None else state.key_text
