"""The masking stepper as HTML and as text: the key slides under the payload, one byte a step (§5.3).

The picture is the payload, the key as a block of four under its present bytes, and the result that grows. Beside it
is the present byte in bits: where payload and key differ, the result is 1. Only the steps that are asked for are
rendered, and of a long payload only the groups of four around them.

Left out: where the key comes from and why it must not be guessed (§10.3), which the masking notebook explains.
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.explain.hextext import spaced_hex
from wslab.explain.kinds import KINDS, Kind
from wslab.widgets import components
from wslab.widgets.masking.state import MaskingState

__all__ = ["regions", "text"]

HELP = (
    "A client XORs each byte of its payload with one byte of a key of four, taken in turn. "
    "Step through the bytes with the buttons, the slider or the arrow keys, and watch the key move on. "
    "Change the text or the key below, or turn the view round: the same XOR takes the mask off again."
)


def regions(state: MaskingState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    last = len(state.payload)
    return {
        "header": _header(state),
        "picture": _picture(state, steps),
        "caption": components.captions(state.step, (_caption(state, n) for n in steps), first=steps.start),
        "controls": components.stepper(state.step, last, what="byte", pace=1200, window=(steps.start, steps.stop - 1)),
        "inputs": _inputs(state),
        "details": h.div(".wsl-xors")[(_bits(state, n) for n in steps)],
    }


def _header(state: MaskingState) -> Node:
    about = ["masked[i] = payload[i] XOR key[i mod 4] ", components.section("5.3")]
    if state.unmask:
        about[0] = "payload[i] = masked[i] XOR key[i mod 4] "
    return components.header(
        "Unmasking" if state.unmask else "Masking",
        HELP,
        components.copy_button("Copy the steps as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=h.span[about],
    )


# ---- the picture: columns of one byte, in groups of four


def _picture(state: MaskingState, steps: range) -> Node:
    shown = range(max(0, steps.start - 1) // 4, max(1, -(-(steps.stop - 1) // 4)))
    before, after = shown.start * 4, max(0, len(state.payload) - shown.stop * 4)
    upper, lower = state.names
    classes = ["wsl-mask", len(state.payload) > 8 and "is-long"]
    return h.div(
        class_=classes,
        role="group",
        tabindex="0",
        aria_label=_summary(state),
        data_key="picture",
        data_follow=True,
        data_scroll="mask",
    )[
        h.div(".wsl-mnames", aria_hidden="true")[h.span[upper], h.span["key"], h.span[lower]],
        h.div(".wsl-mgroups")[
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
    return spaced_hex(data[:16]) + (f" and {len(data) - 16} bytes more" if len(data) > 16 else "")


def _cut(count: int, where: str) -> Node:
    return count > 0 and h.span(".wsl-mcut")[f"… {count} bytes {where}"]


def _group(state: MaskingState, group: int) -> Node:
    start = group * 4
    now = components.at(state.step, 0 if group == 0 else start + 1, start + 4, classes="wsl-mkey")
    return h.div(".wsl-mgroup")[
        (_column(state, start + place) for place in range(4)),
        h.span(now, data_glide="key", aria_hidden="true")[(h.span[f"{byte:02x}"] for byte in state.key)],
    ]


def _column(state: MaskingState, index: int) -> Node:
    if index >= len(state.payload):
        ghost = h.span(".wsl-mghost", aria_hidden="true")[f"{state.key[index % 4]:02x}"]
        return h.span(".wsl-mcol.is-empty")[h.span, h.span, ghost, h.span]
    return h.span(components.at(state.step, index + 1, classes="wsl-mcol"), data_goto=index + 1)[
        h.span(".wsl-mnumber")[str(index)],
        h.span(class_=f"wsl-mbyte wsl-k-{_kind(state).id}")[_byte(state.source[index])],
        h.span(".wsl-mghost")[f"{state.key[index % 4]:02x}"],
        h.span(".wsl-mbyte.wsl-mout")[_byte(state.result[index])],
        h.span(components.at(state.step, index + 1, classes="wsl-mcursor"), data_glide="cursor", aria_hidden="true"),
    ]


def _kind(state: MaskingState) -> Kind:
    return KINDS["text" if state.is_text else "binary"]


def _byte(value: int) -> Node:
    return [h.b[f"{value:02x}"], h.small[_letter(value)]]


def _letter(value: int) -> str:
    if value == 0x20:
        return "sp"
    return chr(value) if 0x20 < value < 0x7F else "·"


# ---- the present byte in bits


def _bits(state: MaskingState, step: int) -> Node:
    if step == 0:
        return h.div(".wsl-xor", components.during(state.step, 0, 0))[_truth_table()]
    index = step - 1
    first, second = state.source[index], state.key[index % 4]
    upper, lower = state.names
    rows = [
        _bit_row(f"{upper}[{index}]", first, "wsl-xbits"),
        _bit_row(f"key[{index % 4}]", second, "wsl-xbits is-key"),
        _compare_row(first, second),
        _bit_row(f"{lower}[{index}]", first ^ second, "wsl-xbits is-result"),
    ]
    words = f"{first:08b} XOR {second:08b} is {first ^ second:08b}"
    return h.div(".wsl-xor", components.during(state.step, step, step))[
        h.p(".wsl-xtitle")[f"{index} mod 4 = {index % 4}"],
        h.div(".wsl-xgrid", role="img", aria_label=words)[_numbers(), rows],
    ]


def _numbers() -> Node:
    return h.div(".wsl-xrow.wsl-xnumbers")[h.span["bit"], h.span, (h.i[str(bit)] for bit in range(8))]


def _bit_row(name: str, value: int, classes: str) -> Node:
    ones = ((value >> 7 - bit) & 1 for bit in range(8))
    return h.div(class_=f"wsl-xrow {classes}")[
        h.span[name],
        h.code[f"{value:02x}"],
        (h.i(class_="is-one" if one else "")[str(one)] for one in ones),
    ]


def _compare_row(first: int, second: int) -> Node:
    differs = ((first ^ second) >> 7 - bit & 1 for bit in range(8))
    marks = (h.i(class_="is-differ" if differ else "")["≠" if differ else "="] for differ in differs)
    return h.div(".wsl-xrow.wsl-xcompare")[h.span["differ?"], h.code["XOR"], marks]


def _truth_table() -> Node:
    """Before the first byte: what XOR does."""
    cases = ((0, 0), (0, 1), (1, 0), (1, 1))
    rows = (
        h.tr[
            h.td[str(a)],
            h.td[str(b)],
            h.td["≠" if a != b else "="],
            h.td(class_="is-one" if a != b else "")[str(a ^ b)],
        ]
        for a, b in cases
    )
    head = h.tr[(h.th(scope="col")[name] for name in ("bit", "key", "differ?", "XOR"))]
    return [h.p(".wsl-xtitle")["XOR: 1 where the two bits differ"], h.table(".wsl-truth")[h.thead[head], h.tbody[rows]]]


# ---- words


def _caption(state: MaskingState, step: int) -> Node:
    if not state.payload:
        return (
            "The payload is empty: there is nothing to mask, yet the frame still carries the 4 bytes of the key (§5.2)."
        )
    if step == 0:
        return (
            f"The key, {spaced_hex(state.key)}, lies under the first four bytes. "
            "Each byte is XORed with the key byte under it."
        )
    return " ".join(filter(None, (_sentence(state, step - 1), _turn(step - 1), _closing(state, step))))


def _sentence(state: MaskingState, index: int) -> str:
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    words = f"Byte {index}, {first:02x}{_spoken(first)}, meets key[{index} mod 4] = key[{index % 4}] = {second:02x}: "
    return words + f"{first:02x} XOR {second:02x} = {result:02x}{_spoken(result)}."


def _spoken(value: int) -> str:
    return f" ({chr(value)})" if 0x20 < value < 0x7F else ""


def _turn(index: int) -> str:
    return "The key has come round and starts again." if index and index % 4 == 0 else ""


def _closing(state: MaskingState, step: int) -> str:
    if step < len(state.payload):
        return ""
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
    lines += [f"    …  {left_out} bytes are left out"] if left_out else []
    lines += [_text_row(state, index) for index in tail]
    return "\n".join(lines)


def _text_row(state: MaskingState, index: int) -> str:
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    place = f"[{index % 4}]"
    return f"{index:>5}  {_cell(first)}  {place} {second:02x} {second:08b}  {_cell(result)}".rstrip()


def _cell(value: int) -> str:
    return f"{value:02x} {value:08b} {_letter(value):<4}"


# ---- the inputs


def _inputs(state: MaskingState) -> Node:
    turn = "Mask again" if state.unmask else "Turn round: unmask"
    written = state.payload.decode() if state.is_text else spaced_hex(state.payload)
    payload = components.text_input("payload", written, size=24, code=not state.is_text)
    key = components.text_input("key", _key_shown(state), wrong=state.key_problem is not None, size=12, code=True)
    return h.div(".wsl-fields")[
        components.field("Text" if state.is_text else "Bytes in hex", payload),
        components.field("Key in hex", key, problem=state.key_problem),
        components.do_button("Random key", "random"),
        components.do_button(turn, "turn"),
    ]


def _key_shown(state: MaskingState) -> str:
    return spaced_hex(state.key) if state.key_text is None else state.key_text
