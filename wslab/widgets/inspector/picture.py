"""The frame inspector as HTML and as text: the verdict first, the bits, the chosen field, and controls to edit them.

The verdict is that of one receiver; a switch shows the other's. The bits are drawn by `frame_figure`. Everything that
belongs to one field carries the field's token, so that its name, bits, bytes and row light up together. The table of
all fields is folded, and so are all bytes in hex (`hexdump`) where the figure leaves some out.

Left out: what an action does (`state`), and the words about a field or a violation (`drawer`).
"""

from __future__ import annotations

from collections.abc import Mapping

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.hextext import spaced_hex
from wslab.explain.narration import narrate_answer, size_in_words
from wslab.explain.openings import find_opening, likely_receiver
from wslab.explain.verdict import Verdict
from wslab.explain.words import OPCODES
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.frames import Frame
from wslab.widgets import components
from wslab.widgets.frame_figure import Drawing, figure
from wslab.widgets.frame_layout import FrameLayout
from wslab.widgets.frame_text import plain_lines
from wslab.widgets.hexdump import dump, lines
from wslab.widgets.inspector.drawer import drawer
from wslab.widgets.inspector.flips import flips
from wslab.widgets.inspector.state import InspectorState, as_frame, fixed, is_frame, verdict_of
from wslab.widgets.strip import tokens, wire_lines

__all__ = ["as_copied", "as_python", "regions", "says", "text"]

HELP = (
    "The bar says what the receiver makes of these bytes; below it is the frame in bits, as the RFC draws it. "
    "Click a bit, or press Enter on it, to flip it: the signs under the first 16 say what that would do. "
    "Choose a field to read about it, or change the opcode, the payload, the key or the bytes."
)

MOST_TABS = 3
"""Frames that the header names, the shown one among them."""

MOST_TYPED = 2000
"""Characters of the longest value that can be edited in a field."""

COPY_IN_PAGE = 4096
"""Bytes up to which the copy buttons carry their text in the page; longer ones ask Python for it."""

WHOLE_TEXT = 1 << 20
"""Bytes that the text form looks at; it shows the first and the last of them."""


# ---- the picture


def regions(state: InspectorState, *, title: str = "Frame inspector", selected: str = "") -> dict[str, Node]:
    """All regions of the inspector; `selected` is the token of the chosen field."""
    return {
        "header": _header(state, title),
        "verdict": _verdict(state),
        "picture": _picture(state),
        "drawer": _drawer(state, selected),
        "controls": _controls(state),
        "fields": _folds(state),
    }


def _header(state: InspectorState, title: str) -> Node:
    part = state.shown
    about = None
    if part is not None:
        about = [
            _tabs(state) if len(state.anatomy.parts) > 1 else components.chip(part.kind, part.name),
            h.span[f"{size_in_words(len(state.data))}{_masking(part)}"],
            components.section("5.2" if is_frame(part) else "4.1"),
            state.deflate is not None and [" · with permessage-deflate ", components.section("RFC 7692 7.1")],
        ]
    return components.header(
        title,
        HELP,
        _copy(state, "Copy as hex", "hex", "copy"),
        _copy(state, "Copy as Python", "python", "python"),
        components.do_button("Save as a page", "save", picture="save"),
        about=about,
    )


def _masking(part: Part) -> str:
    bit = next((field.value for field in part.fields if field.name == "MASK"), None)
    return "" if bit is None else ", masked" if bit == "1" else ", unmasked"


def _copy(state: InspectorState, words: str, form: str, picture: str) -> Node:
    """A copy button; long data is not put into the page twice more, but asked from Python."""
    if len(state.data) > COPY_IN_PAGE:
        return components.do_button(words, "copy", form, picture=picture)
    return components.copy_button(words, as_copied(state, form), picture=picture)


def as_copied(state: InspectorState, form: str) -> str:
    """All the bytes for the clipboard, as `hex` or as `python`."""
    return spaced_hex(state.data) if form == "hex" else as_python(state.data, state.anatomy)


def as_python(data: bytes, whole: Anatomy) -> str:
    """The data as Python: a `Frame` where that gives the same bytes, else the bytes."""
    if (
        len(whole.parts) == 1
        and is_frame(whole.parts[0])
        and (frame := as_frame(data, whole.parts[0])).serialize() == data
    ):
        opcode = f"Opcode.{frame.opcode.name}" if isinstance(frame.opcode, Opcode) else f"0x{frame.opcode:X}"
        flags = [f"{name}=True" for name in ("rsv1", "rsv2", "rsv3") if getattr(frame, name)]
        flags = flags if frame.fin else ["fin=False", *flags]
        mask = [] if frame.mask is None else [f'mask=bytes.fromhex("{spaced_hex(frame.mask)}")']
        return f"Frame({', '.join([opcode, repr(frame.payload), *flags, *mask])}).serialize()"
    return f'bytes.fromhex("{spaced_hex(data)}")'


def _picture(state: InspectorState) -> Node:
    part = state.shown
    if part is None:
        return h.div(".wsl-blank")[
            h.p["There are no bytes: a receiver waits, and so does this view."],
            components.do_button("Show a masked “Hello”", "sample"),
        ]
    if is_frame(part):
        drawn = figure(Drawing(state.anatomy, part, state.changed, flips=flips(state)))
    else:
        drawn = _head(state, part) if part.kind.id == "http" else h.p[f"Here are {part.fields[0].meaning}."]
    return drawn


def _tabs(state: InspectorState) -> Node:
    every = state.anatomy.parts
    present = min(state.part, len(every) - 1)
    first = max(0, min(present - 1, len(every) - MOST_TABS))
    shown = range(len(every))[first : first + MOST_TABS]
    return h.div(".wsl-tabs", role="group", aria_label="Which frame is drawn")[
        shown.start > 0 and h.span[f"… {shown.start} before"],
        (_tab(every[number], number, present) for number in shown),
        shown.stop < len(every) and h.span[f"… {len(every) - shown.stop} more"],
    ]


def _tab(part: Part, number: int, present: int) -> Node:
    return h.button(
        ".wsl-button",
        type="button",
        data_do="part",
        data_arg=number,
        data_key=f"part-{number}",
        aria_pressed="true" if number == present else "false",
    )[components.mark(part.kind), f"{number + 1} {part.name}"]


def _head(state: InspectorState, part: Part) -> Node:
    """The head of the opening handshake: its lines, for it has no bits to flip."""
    return h.div(".wsl-headlines")[
        h.p[
            f"These bytes begin with the head of the opening handshake, a {part.name}. {_behind_head(state)}",
            components.section("4.1"),
        ],
        h.div(".wsl-scroll", tabindex="0", role="group", aria_label=f"The {part.name}")[
            wire_lines(state.data[part.start // 8 : part.end // 8])
        ],
    ]


def _behind_head(state: InspectorState) -> str:
    """That frames come, where the head is one that begins a WebSocket."""
    opening = find_opening(state.data, state.role)
    begins = opening is not None and opening.whole and not opening.failed and not opening.refusal
    return "Frames come behind it. " if begins else ""


def _drawer(state: InspectorState, selected: str) -> Node:
    part = state.shown
    if part is None:
        return None
    found = verdict_of(state, state.role)
    fixable = found.error is not None and fixed(state) is not None
    return drawer(part, tokens(state.anatomy), found, selected, fixable=fixable)


def _controls(state: InspectorState) -> Node:
    part = state.shown
    frame = as_frame(state.data, part) if part is not None and is_frame(part) else None
    return h.div(".wsl-fields.wsl-edit")[
        h.div(".wsl-row")[
            components.do_button("Undo", "undo", picture="undo", off=not state.undo),
            components.do_button("Redo", "redo", picture="redo", off=not state.redo),
            components.do_button("Reset", "reset", off=state.data == state.original),
        ],
        frame is not None and _frame_inputs(state, frame),
        _bytes_input(state),
    ]


def _frame_inputs(state: InspectorState, frame: Frame) -> Node:
    options = [(str(code), f"0x{code:X} {OPCODES[code].name}") for code in range(16)]
    form, payload = _payload_shown(frame, compressed=state.deflate is not None and frame.rsv1)
    label = "Payload" if form == "text" else "Payload in hex"
    return [
        h.div(".is-opcode")[components.field("Opcode", components.select("opcode", options, str(int(frame.opcode))))],
        _input(state, "payload", label, payload, arg=form, code=form == "hex"),
        _input(state, "key", "Key", spaced_hex(frame.mask or b""), code=True),
    ]


def _input(state: InspectorState, name: str, label: str, value: str, *, code: bool, arg: str = "") -> Node:
    """A line of text; what is wrong with it stands in the line of the folds, so that nothing moves."""
    typed, problem = state.problems.get(name, (value, None))
    if len(typed) > MOST_TYPED:
        return h.span(".wsl-label")[f"{label}: too long to edit here"]
    control = components.text_input(name, typed, arg=arg, size=8, code=code, wrong=bool(problem))
    return h.div(class_=f"is-{name}{' is-wrong' if problem else ''}")[components.field(label, control)]


def _payload_shown(frame: Frame, *, compressed: bool) -> tuple[str, str]:
    """How the payload is edited: as text where it is text in one line, else as hex."""
    if compressed:
        return "hex", spaced_hex(frame.payload)
    try:
        text = frame.payload.decode()
    except UnicodeDecodeError:
        return "hex", spaced_hex(frame.payload)
    if frame.opcode in (Opcode.BINARY, Opcode.CLOSE) or not text.isprintable():
        return "hex", spaced_hex(frame.payload)
    return "text", text


def _bytes_input(state: InspectorState) -> Node:
    return _input(state, "bytes", "Bytes", spaced_hex(state.data), code=True)


# ---- the verdict


def _verdict(state: InspectorState) -> Node:
    found = verdict_of(state, state.role)
    look = {True: "is-yes", False: "is-no", None: "is-waiting"}[found.accepted]
    return h.div(class_=f"wsl-verdict {look}", role="group", aria_label=f"Received by a {state.role.value}")[
        h.b(".wsl-sign", aria_hidden="true")[_SIGNS[found.accepted]],
        h.p(".wsl-says", title=found.sentence)[_says(found)],
        h.span(".wsl-note")[_why(state)],
        h.div(".wsl-switch", role="group", aria_label="Who receives it")[
            (_switch(state, role) for role in (Role.CLIENT, Role.SERVER))
        ],
    ]


_SIGNS = {True: "✓", False: "×", None: "…"}


def _says(found: Verdict) -> str:
    return found.sentence if found.error is None else f"{narrate_answer(found.error, found.role.value)}."


def says(state: InspectorState) -> str:
    """The verdict in one line."""
    found = verdict_of(state, state.role)
    return f"{_SIGNS[found.accepted]} {_says(found)}"


def _why(state: InspectorState) -> str:
    """Why this receiver, or which other one the bytes fit."""
    part, fitting = state.shown, likely_receiver(state.data)
    sign = f"MASK = {int(fitting is Role.SERVER)}"
    if part is not None and part.kind.id == "http":
        return f"a {part.name} goes to a {fitting.value}"
    if len(state.data) < 2 or (state.given and fitting is state.role):
        return f"sent by a {state.role.peer.value}"
    return f"chosen by {sign}" if fitting is state.role else f"{sign} fits a {fitting.value}"


def _switch(state: InspectorState, role: Role) -> Node:
    return h.button(
        ".wsl-button",
        type="button",
        data_do="read",
        data_arg=role.value,
        data_key=f"read-{role.value}",
        aria_pressed="true" if role is state.role else "false",
    )[role.value]


# ---- what is folded


def _folds(state: InspectorState) -> Node:
    part = state.shown
    if part is None:
        return None
    return h.div(".wsl-folds")[
        _fold("table", f"All fields ({len(part.fields)})", "Hide the fields", _table(part, tokens(state.anatomy))),
        _is_cut(state) and _fold("dump", "All bytes in hex", "Hide the bytes", dump(state.anatomy, whole=state.whole)),
        _problem(state) if state.problems else _legend(part),
    ]


def _fold(key: str, closed: str, opened: str, content: Node) -> Node:
    summary = h.summary[h.span(".when-closed")[closed], h.span(".when-open")[opened]]
    return h.details(".wsl-fold", data_key=key)[summary, content]


def _is_cut(state: InspectorState) -> bool:
    part = state.shown
    return part is not None and is_frame(part) and FrameLayout.of(part).left_out > 0


def _problem(state: InspectorState) -> Node:
    return h.p(".wsl-problem", role="status")[" ".join(problem for _, problem in state.problems.values())]


def _legend(part: Part) -> Node:
    if not is_frame(part):
        return None
    signs = (("is-yes", "✓", "accepted"), ("is-no", "×", "refused"), ("is-waiting", "…", "waits for more"))
    return h.p(".wsl-note.wsl-legend")[
        "flip one bit: ", ([h.b(class_=f"wsl-flip {look}")[sign], f" {words} "] for look, sign, words in signs)
    ]


def _table(part: Part, names: Mapping[int, str]) -> Node:
    head = h.tr[(h.th(scope="col")[name] for name in ("Field", "Value", "Meaning"))]
    return h.table(".wsl-table")[
        h.thead[head], h.tbody(data_roving=True)[(_row(each, names[each.start]) for each in part.fields)]
    ]


def _row(each: Field, token: str) -> Node:
    name = h.button(".wsl-name", type="button", data_select=token, data_link=token, data_key=f"field-{token}")[
        each.name
    ]
    rule = each.rule
    wrong = rule is not None and h.p(".wsl-no")[f"× {rule.text} ", components.section(rule.section)]
    return h.tr(class_=["wsl-frow", rule is not None and "is-illegal"], data_link=token)[
        h.th(scope="row")[name],
        h.td[h.code[each.value]],
        h.td[each.meaning, " ", components.section(each.section), wrong],
    ]


# ---- words


def text(state: InspectorState) -> str:
    """The same as plain text: the receiver's verdict, the bits, the fields, the bytes in hex, the other verdict."""
    shown_parts = [_part_text(state, number) for number in range(len(state.anatomy.parts))]
    verdicts, other = (_verdict_text(state, role) for role in (state.role, state.role.peer))
    head, tail, left_out = components.cut_middle(lines(state.data[:WHOLE_TEXT]), 16)
    shown = [*head, f"…     {left_out * 16:,} bytes are left out" if left_out else "", *tail]
    return "\n\n".join(filter(None, (verdicts, *shown_parts, "\n".join(filter(None, shown)), other)))


def _verdict_text(state: InspectorState, role: Role) -> str:
    found = verdict_of(state, role)
    why = f" ({_why(state)})" if role is state.role else ""
    return "\n".join(filter(None, (f"{_SIGNS[found.accepted]} {found.sentence}{why}", found.fix and f"  {found.fix}")))


def _part_text(state: InspectorState, number: int) -> str:
    part, count = state.anatomy.parts[number], len(state.anatomy.parts)
    title = f"{part.kind.mark} {part.name}" + (f" ({number + 1} of {count})" if count > 1 else "")
    drawn = plain_lines(state.anatomy, part) if part is state.shown else []
    missing = [f"  still to come: {part.missing_words}"] if part.missing and not drawn else []
    return "\n".join([title, *drawn, *(_field_text(each) for each in part.fields), *missing])


def _field_text(each: Field) -> str:
    wrong = f"\n{'':<18}× {each.rule.text} ({each.rule.reference})" if each.rule else ""
    return f"  {each.name:<16}{each.value:<16}{each.meaning} ({each.reference}){wrong}"
