"""The frame inspector as HTML and as text: bits, two verdicts, fields, bytes in hex, and the controls to edit them.

The bits are drawn by `frame_figure` and the bytes by `hexdump`, which other views use too. Everything that belongs to
one field carries the field's token, so that bits, row and bytes light up together. What is long is cut in the middle,
and the gap says how many bytes are left out.

Left out: what an action does (`state`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.hextext import spaced_hex
from wslab.explain.verdict import Verdict
from wslab.explain.words import OPCODES
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.frames import Frame
from wslab.widgets import components
from wslab.widgets.frame_figure import Drawing, figure
from wslab.widgets.hexdump import dump, lines
from wslab.widgets.inspector.state import InspectorState, as_frame, is_frame, verdict_of
from wslab.widgets.strip import tokens

__all__ = ["as_copied", "as_python", "regions", "text"]

HELP = (
    "Above is the frame in bits, as the RFC draws it; below are its fields and its bytes; each lights up the others. "
    "Click a bit (or press Enter on it) to flip it, or change the opcode, the payload or the key. "
    "The two verdicts say what a server and a client make of it."
)

COPY_IN_PAGE = 4096
"""Bytes up to which the copy buttons carry their text in the page; longer ones ask Python for it."""

WHOLE_TEXT = 1 << 20
"""Bytes that the text form looks at; it shows the first and the last of them."""


# ---- the picture


def regions(state: InspectorState, *, title: str = "Frame inspector") -> dict[str, Node]:
    """All regions of the inspector."""
    return {
        "header": _header(state, title),
        "picture": _picture(state),
        "verdicts": _verdicts(state),
        "controls": _controls(state),
        "fields": _fields_and_bytes(state),
    }


def _header(state: InspectorState, title: str) -> Node:
    part = state.shown
    about = None
    if part is not None:
        masked = ", masked" if any(each.name == "MASK" and each.value == "1" for each in part.fields) else ""
        about = [
            components.chip(part.kind, part.name),
            f"  {len(state.data):,} bytes{masked} ",
            components.section("5.2" if is_frame(part) else "4.1"),
            state.deflate is not None and [" · with permessage-deflate ", components.section("RFC 7692 7.1")],
        ]
    return components.header(
        title,
        HELP,
        _copy(state, "Copy as hex", "hex"),
        _copy(state, "Copy as Python", "python"),
        components.do_button("Save as a page", "save", picture="save"),
        about=about,
    )


def _copy(state: InspectorState, words: str, form: str) -> Node:
    """A copy button; long data is not put into the page twice more, but asked from Python."""
    if len(state.data) > COPY_IN_PAGE:
        return components.do_button(words, "copy", form)
    return components.copy_button(words, as_copied(state, form))


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
        drawn = figure(Drawing(state.anatomy, part, state.changed))
    else:
        drawn = _head(state, part) if part.kind.id == "http" else h.p[f"Here are {part.fields[0].meaning}."]
    return [len(state.anatomy.parts) > 1 and _tabs(state), drawn]


def _tabs(state: InspectorState) -> Node:
    every = state.anatomy.parts
    present = min(state.part, len(every) - 1)
    shown = range(max(0, min(present - 4, len(every) - 9)), len(every))[:9]
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
    text = state.data[part.start // 8 : part.end // 8].decode("latin-1")
    return h.div(".wsl-headlines")[
        h.p[
            f"These bytes begin with the head of the opening handshake, a {part.name}. Frames come behind it. ",
            components.section("4.1"),
        ],
        h.pre(".wsl-pre", tabindex="0", role="group", aria_label=f"The {part.name}")[text],
    ]


def _controls(state: InspectorState) -> Node:
    part = state.shown
    frame = as_frame(state.data, part) if part is not None and is_frame(part) else None
    return h.div(".wsl-fields")[
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
    key, key_problem = state.problems.get("key", (spaced_hex(frame.mask or b""), None))
    payload, payload_problem = state.problems.get("payload", (payload, None))
    long = len(payload) > 2000
    return [
        components.field("Opcode", components.select("opcode", options, str(int(frame.opcode)))),
        components.field(
            "Payload" if form == "text" else "Payload in hex",
            components.text_input(
                "payload", payload, arg=form, size=18, code=form == "hex", wrong=bool(payload_problem)
            ),
            problem=payload_problem,
        )
        if not long
        else h.span(".wsl-label")["The payload is too long to edit here"],
        components.field(
            "Key",
            components.text_input("key", key, size=11, code=True, wrong=bool(key_problem)),
            problem=key_problem,
        ),
    ]


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
    value, problem = state.problems.get("bytes", (spaced_hex(state.data), None))
    if len(state.data) > 512:
        return None
    control = components.text_input("bytes", value, size=34, code=True, wrong=bool(problem))
    return components.field("Bytes", control, problem=problem)


# ---- the verdicts


def _verdicts(state: InspectorState) -> Node:
    return h.div(".wsl-verdicts")[(_verdict(state, role) for role in (Role.CLIENT, Role.SERVER))]


def _verdict(state: InspectorState, role: Role) -> Node:
    found = verdict_of(state, role)
    look = {True: "is-yes", False: "is-no", None: "is-waiting"}[found.accepted]
    sign = {True: "✓", False: "✕", None: "…"}[found.accepted]
    title = f"Received by a {role.value}"
    return h.section(class_=["wsl-verdict", look, role is state.role and "is-reader"], aria_label=title)[
        h.div(".wsl-vhead")[
            h.b(".wsl-sign", aria_hidden="true")[sign],
            h.strong[title],
            found.close_code is not None and h.span(".wsl-code-pill")[f"{int(found.close_code)}"],
            _reader_button(state, role),
        ],
        h.p[found.sentence],
        found.error is not None and _refusal(found),
    ]


def _reader_button(state: InspectorState, role: Role) -> Node:
    if role is state.role:
        return h.span(".wsl-note.wsl-reader")["marked above"]
    return h.span(".wsl-reader")[components.do_button("Mark above", "read", role.value)]


def _refusal(found: Verdict) -> Node:
    assert found.error is not None
    rule = found.error.rule
    pairs = (
        ("Where", f"{found.offset}: {found.error.found} instead of {found.error.expected}"),
        ("Why", f"{rule.why[0].upper()}{rule.why[1:]}."),
        ("Fix", found.fix),
    )
    return h.dl(".wsl-refusal")[
        ([h.dt[name], h.dd[words, name == "Why" and [" ", components.section(rule.section)]]] for name, words in pairs)
    ]


# ---- fields and bytes


def _fields_and_bytes(state: InspectorState) -> Node:
    return h.div(".wsl-twin")[h.div[_table(state)], h.div[dump(state.anatomy, whole=state.whole)]]


def _table(state: InspectorState) -> Node:
    part = state.shown
    if part is None:
        return None
    names = tokens(state.anatomy)
    head = h.tr[(h.th(scope="col")[name] for name in ("Field", "Value", "Meaning"))]
    return h.table(".wsl-table")[
        h.thead[head], h.tbody(data_roving=True)[(_row(each, names[each.start]) for each in part.fields)]
    ]


def _row(each: Field, token: str) -> Node:
    name = h.button(".wsl-name", type="button", data_select=token, data_link=token, data_key=f"field-{token}")[
        each.name
    ]
    wrong = each.rule is not None and h.p(".wsl-no")[f"✕ {each.rule.text} ", components.section(each.rule.section)]
    return h.tr(class_=["wsl-frow", each.rule is not None and "is-illegal"], data_link=token)[
        h.th(scope="row")[name],
        h.td[h.code[each.value]],
        h.td[each.meaning, " ", components.section(each.section), wrong],
    ]


# ---- words


def text(state: InspectorState) -> str:
    """The same as plain text: fields, verdicts, bytes."""
    shown_parts = [
        _part_text(part, number, len(state.anatomy.parts)) for number, part in enumerate(state.anatomy.parts)
    ]
    found = [verdict_of(state, role) for role in (Role.CLIENT, Role.SERVER)]
    verdicts = [f"{each.sentence} {each.fix}".strip() for each in found]
    head, tail, left_out = components.cut_middle(lines(state.data[:WHOLE_TEXT]), 16)
    shown = [*head, f"…     {left_out * 16:,} bytes are left out" if left_out else "", *tail]
    return "\n\n".join(filter(None, (*shown_parts, "\n".join(verdicts), "\n".join(filter(None, shown)))))


def _part_text(part: Part, number: int, count: int) -> str:
    title = f"{part.kind.mark} {part.name}" + (f" ({number + 1} of {count})" if count > 1 else "")
    missing = [f"  {part.missing:,} bytes are still to come"] if part.missing else []
    return "\n".join([title, *(_field_text(each) for each in part.fields), *missing])


def _field_text(each: Field) -> str:
    wrong = f"  ✕ {each.rule.text} ({each.rule.reference})" if each.rule else ""
    return f"  {each.name:<24}{each.value:<20}{each.meaning} ({each.reference}){wrong}"
