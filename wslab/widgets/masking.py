"""The masking stepper: the key slides under the payload, one byte a step (§5.3).

The picture: the payload, the key as a block of four under its present bytes, and the result that grows. Beside it the
present byte in bits: where payload and key differ, the result is 1. Unmasking is the same picture turned round.

Left out: where the key comes from and why it must not be guessed (§10.3), which the masking notebook tells.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.explain.hextext import parse_hex, spaced_hex
from wslab.explain.kinds import KINDS, Kind
from wslab.protocol.masking import apply_mask
from wslab.widgets import components as parts
from wslab.widgets.view import View

__all__ = ["Masking", "MaskingStepper", "regions", "story"]

MAX_PAYLOAD = 65536
HELP = (
    "A client XORs each byte of its payload with one byte of a key of four, taken in turn. "
    "Step through the bytes with the buttons, the slider or the arrow keys, and watch the key move on. "
    "Change the text or the key below, or turn the view round: the same XOR takes the mask off again."
)


@dataclass(frozen=True, slots=True)
class Masking:
    """What the picture shows: `step` n means that the first n bytes are done; byte n - 1 is the present one."""

    payload: bytes
    key: bytes
    step: int = 0
    unmask: bool = False
    is_text: bool = True
    key_text: str | None = None
    key_problem: str | None = None

    @property
    def masked(self) -> bytes:
        """The payload as it stands on the wire."""
        return apply_mask(self.payload, self.key)

    @property
    def source(self) -> bytes:
        """The upper row."""
        return self.masked if self.unmask else self.payload

    @property
    def result(self) -> bytes:
        """The lower row."""
        return self.payload if self.unmask else self.masked

    @property
    def names(self) -> tuple[str, str]:
        """What the upper and the lower row are called."""
        return ("wire", "payload") if self.unmask else ("payload", "wire")


def regions(state: Masking, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    last = len(state.payload)
    return {
        "header": _header(state),
        "picture": _picture(state, steps),
        "caption": parts.captions(state.step, (_caption(state, n) for n in steps), first=steps.start),
        "controls": parts.stepper(state.step, last, what="byte", pace=1200, window=(steps.start, steps.stop - 1)),
        "inputs": _inputs(state),
        "details": h.div(".wsl-xors")[(_bits(state, n) for n in steps)],
    }


def _header(state: Masking) -> Node:
    about = ["masked[i] = payload[i] XOR key[i mod 4] ", parts.section("5.3")]
    if state.unmask:
        about[0] = "payload[i] = masked[i] XOR key[i mod 4] "
    return parts.header(
        "Unmasking" if state.unmask else "Masking",
        HELP,
        parts.copy_button("Copy the steps as text", story(state), picture="copy"),
        parts.do_button("Save as a page", "save", picture="save"),
        about=h.span[about],
    )


# ---- the picture: columns of one byte, in groups of four


def _picture(state: Masking, steps: range) -> Node:
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


def _summary(state: Masking) -> str:
    upper, lower = state.names
    shown = f"{upper} {_brief(state.source)}, key {spaced_hex(state.key)}, {lower} {_brief(state.result)}"
    return f"{shown}. Arrow keys step through the bytes."


def _brief(data: bytes) -> str:
    return spaced_hex(data[:16]) + (f" and {len(data) - 16} bytes more" if len(data) > 16 else "")


def _cut(count: int, where: str) -> Node:
    return count > 0 and h.span(".wsl-mcut")[f"… {count} bytes {where}"]


def _group(state: Masking, group: int) -> Node:
    start = group * 4
    now = parts.at(state.step, 0 if group == 0 else start + 1, start + 4, classes="wsl-mkey")
    return h.div(".wsl-mgroup")[
        (_column(state, start + place) for place in range(4)),
        h.span(now, data_glide="key", aria_hidden="true")[(h.span[f"{byte:02x}"] for byte in state.key)],
    ]


def _column(state: Masking, index: int) -> Node:
    if index >= len(state.payload):
        ghost = h.span(".wsl-mghost", aria_hidden="true")[f"{state.key[index % 4]:02x}"]
        return h.span(".wsl-mcol.is-empty")[h.span, h.span, ghost, h.span]
    return h.span(parts.at(state.step, index + 1, classes="wsl-mcol"), data_goto=index + 1)[
        h.span(".wsl-mnumber")[str(index)],
        h.span(class_=f"wsl-mbyte wsl-k-{_kind(state).id}")[_byte(state.source[index])],
        h.span(".wsl-mghost")[f"{state.key[index % 4]:02x}"],
        h.span(".wsl-mbyte.wsl-mout")[_byte(state.result[index])],
        h.span(parts.at(state.step, index + 1, classes="wsl-mcursor"), data_glide="cursor", aria_hidden="true"),
    ]


def _kind(state: Masking) -> Kind:
    return KINDS["text" if state.is_text else "binary"]


def _byte(value: int) -> Node:
    return [h.b[f"{value:02x}"], h.small[_letter(value)]]


def _letter(value: int) -> str:
    if value == 0x20:
        return "sp"
    return chr(value) if 0x20 < value < 0x7F else "·"


# ---- the present byte in bits


def _bits(state: Masking, step: int) -> Node:
    if step == 0:
        return h.div(".wsl-xor", parts.during(state.step, 0, 0))[_truth_table()]
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
    return h.div(".wsl-xor", parts.during(state.step, step, step))[
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


def _caption(state: Masking, step: int) -> Node:
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


def _sentence(state: Masking, index: int) -> str:
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    told = f"Byte {index}, {first:02x}{_spoken(first)}, meets key[{index} mod 4] = key[{index % 4}] = {second:02x}: "
    return told + f"{first:02x} XOR {second:02x} = {result:02x}{_spoken(result)}."


def _spoken(value: int) -> str:
    return f" ({chr(value)})" if 0x20 < value < 0x7F else ""


def _turn(index: int) -> str:
    return "The key has come round and starts again." if index and index % 4 == 0 else ""


def _closing(state: Masking, step: int) -> str:
    if step < len(state.payload):
        return ""
    if state.unmask:
        return "All bytes are back: the receiver needs only the key, which is in the frame's header."
    return "All bytes are masked; the same XOR with the same key brings them back."


def story(state: Masking) -> str:
    """The same as plain text: one line a byte."""
    upper, lower = state.names
    lines = [f"{'Unmasking' if state.unmask else 'Masking'} with the key {spaced_hex(state.key)} (§5.3)"]
    lines.append(f"{'i':>5}  {upper:<16}  {'key[i mod 4]':<16}  {lower}")
    head, tail, left_out = parts.cut_middle(range(len(state.payload)), 64)
    lines += [_story_line(state, index) for index in head]
    lines += [f"    …  {left_out} bytes are left out"] if left_out else []
    lines += [_story_line(state, index) for index in tail]
    return "\n".join(lines)


def _story_line(state: Masking, index: int) -> str:
    first, second, result = state.source[index], state.key[index % 4], state.result[index]
    place = f"[{index % 4}]"
    return f"{index:>5}  {_cell(first)}  {place} {second:02x} {second:08b}  {_cell(result)}".rstrip()


def _cell(value: int) -> str:
    return f"{value:02x} {value:08b} {_letter(value):<4}"


# ---- the inputs


def _inputs(state: Masking) -> Node:
    turn = "Mask again" if state.unmask else "Turn round: unmask"
    text = state.payload.decode() if state.is_text else spaced_hex(state.payload)
    payload = parts.text_input("payload", text, size=24, code=not state.is_text)
    key = parts.text_input("key", _key_shown(state), wrong=state.key_problem is not None, size=12, code=True)
    return h.div(".wsl-fields")[
        parts.field("Text" if state.is_text else "Bytes in hex", payload),
        parts.field("Key in hex", key, problem=state.key_problem),
        parts.do_button("Random key", "random"),
        parts.do_button(turn, "turn"),
    ]


def _key_shown(state: Masking) -> str:
    return spaced_hex(state.key) if state.key_text is None else state.key_text


def read_key(key: str | bytes) -> bytes:
    """A masking key from four bytes or from their hex. Raises ValueError that tells what is wrong."""
    data = parse_hex(key, "the key") if isinstance(key, str) else bytes(key)
    if len(data) != 4:
        raise ValueError(
            f"A masking key is 4 bytes (§5.3), but this one is {len(data)}: write 8 hex digits, such as 37 fa 21 3d."
        )
    return data


class MaskingStepper(View):
    """Masking, byte by byte, in bits (§5.3).

    `payload` is text or bytes (at most 64 KiB), `key` four bytes or their hex, `step` the number of bytes done (by
    default five, where the key has come round), `unmask` turns the view round. All are traits: set them, observe
    them, link them. Raises ValueError for a key that is not four bytes and for a payload that is too long.
    """

    title: ClassVar[str] = "Masking stepper"
    redraws_on: ClassVar[tuple[str, ...]] = ("payload", "key", "unmask")
    reach: ClassVar[int] = 32

    payload = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()], default_value="Hello", help="Text or bytes.")
    key = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()], default_value="37 fa 21 3d", help="The key in hex.")
    unmask = traitlets.Bool(False, help="Whether the view shows unmasking.")

    def __init__(
        self,
        payload: str | bytes = "Hello",
        key: str | bytes = "37 fa 21 3d",
        *,
        step: int | None = None,
        **traits: Any,
    ) -> None:
        self._key_text: str | None = None
        self._key_problem: str | None = None
        telling = min(5, len(_bytes_of(payload))) if step is None else step
        super().__init__(payload=payload, key=key, step=telling, **traits)

    @traitlets.validate("payload")
    def _check_payload(self, proposal: Any) -> str | bytes:
        size = len(_bytes_of(proposal["value"]))
        if size > MAX_PAYLOAD:
            raise ValueError(
                f"The stepper shows at most {MAX_PAYLOAD} bytes, and this payload has {size}: give it a part."
            )
        value: str | bytes = proposal["value"]
        return value

    @traitlets.validate("key")
    def _check_key(self, proposal: Any) -> str:
        return spaced_hex(read_key(proposal["value"]))

    @property
    def state(self) -> Masking:
        """What the view shows now."""
        return Masking(
            _bytes_of(self.payload),
            read_key(self.key),
            self.step,
            self.unmask,
            isinstance(self.payload, str),
            self._key_text,
            self._key_problem,
        )

    @property
    def last(self) -> int:
        """The last step: all bytes are done."""
        return len(_bytes_of(self.payload))

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def text(self) -> str:
        """All bytes as plain text."""
        return story(self.state)

    def do_payload(self, arg: str, value: str) -> None:
        """Take another payload: text, or hex where bytes are shown."""
        self.payload = value if isinstance(self.payload, str) else parse_hex(value, "the payload")
        self.step = min(self.step, self.last)

    def do_key(self, arg: str, value: str) -> None:
        """Take another key; what is wrong with it is told under the field, and the picture keeps the last good one."""
        try:
            self.key = spaced_hex(read_key(value))
            self._key_text = self._key_problem = None
        except ValueError as problem:
            self._key_text, self._key_problem = value, str(problem)

    def do_random(self, arg: str, value: str) -> None:
        """Take a key as a client must: fresh, from a strong source (§5.3)."""
        self._key_text = self._key_problem = None
        self.key = spaced_hex(secrets.token_bytes(4))

    def do_turn(self, arg: str, value: str) -> None:
        """Turn between masking and unmasking."""
        self.unmask = not self.unmask


def _bytes_of(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else bytes(payload)
