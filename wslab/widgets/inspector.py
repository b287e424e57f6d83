"""The frame inspector: bytes as bits, fields, hex and verdicts; flip a bit and see at once who refuses, and why.

`Inspected` is the state and `act` its transitions, `regions` the picture, `story` the text: all pure, so that another
widget (the table of opcodes, the timeline) shows the same inspector inside itself: it keeps an `Inspected`, gives
`h.div[regions(state).values()]`, and hands the actions named in `ACTIONS` to `act`.

Two receivers judge, always: the same bytes are right for one role and wrong for the other. The one that the bytes are
meant for (`role`, the receiver) decides what is hatched in the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part, anatomy
from wslab.explain.hextext import parse_hex, spaced_hex
from wslab.explain.verdict import Verdict, verdict
from wslab.explain.words import OPCODES
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.frames import Frame
from wslab.widgets import parts
from wslab.widgets.base import View
from wslab.widgets.bits import Drawing, figure, tokens
from wslab.widgets.dump import dump, lines

__all__ = ["ACTIONS", "FrameInspector", "Inspected", "act", "read_bytes", "regions", "story"]

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
HELP = (
    "Above is the frame in bits, as the RFC draws it; below are its fields and its bytes; each lights up the others. "
    "Click a bit (or press Enter on it) to flip it, or change the opcode, the payload or the key. "
    "The two verdicts say what a server and a client make of it."
)


COPY_IN_PAGE = 4096


@dataclass(frozen=True)
class Inspected:
    """What is shown: the bytes, those that it began with, and the way back and forth."""

    data: bytes
    original: bytes = b""
    role: Role = Role.SERVER
    whole_stream: bool = True
    part: int = 0
    undo: tuple[bytes, ...] = ()
    redo: tuple[bytes, ...] = ()
    whole: bool = False
    problems: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By field: what was typed, and what is wrong with it."""
    deflate: Deflate | None = None
    """The compression that was agreed on, if any (RFC 7692)."""

    @classmethod
    def of(
        cls, data: bytes, *, whole_stream: bool = True, role: Role | None = None, deflate: Deflate | None = None
    ) -> Inspected:
        """The state in which `data` is first shown; without a `role`, it is whom the bytes look to be meant for."""
        return cls(data, data, role or _reader_of(data), whole_stream, deflate=deflate)

    @cached_property
    def anatomy(self) -> Anatomy:
        """All bits with their names."""
        return _anatomy(self.data, self.role, self.whole_stream, self.deflate)

    @property
    def shown(self) -> Part | None:
        """The frame (or head) that the picture shows; None when there are no bytes."""
        return self.anatomy.parts[min(self.part, len(self.anatomy.parts) - 1)] if self.anatomy.parts else None

    @property
    def changed(self) -> frozenset[int]:
        """The bits that are not as they were at first."""
        pairs = enumerate(zip(self.data, self.original, strict=False))
        return frozenset(
            index * 8 + bit for index, (now, old) in pairs for bit in range(8) if (now ^ old) >> (7 - bit) & 1
        )


def _reader_of(data: bytes) -> Role:
    """A request and masked frames go to a server, a response and plain frames to a client."""
    if data.startswith((b"GET ", b"HTTP/")):
        return Role.SERVER if data.startswith(b"GET ") else Role.CLIENT
    return Role.SERVER if len(data) < 2 or data[1] & 0x80 else Role.CLIENT


@lru_cache(maxsize=64)
def _anatomy(data: bytes, role: Role, whole_stream: bool, deflate: Deflate | None) -> Anatomy:
    return anatomy(data, role, whole_stream=whole_stream, deflate=deflate)


# ---- what can be done


def act(state: Inspected, name: str, arg: str, value: str) -> Inspected:
    """The state after an action of the page; ValueError for a name that is not in `ACTIONS`."""
    if name not in ACTIONS:
        raise ValueError(f"The inspector has no action {name!r}; it has {', '.join(ACTIONS)}.")
    done: Inspected = ACTIONS[name](replace(state, problems={}), arg, value)
    return done


def _to(state: Inspected, data: bytes) -> Inspected:
    if data == state.data:
        return state
    return replace(state, data=data, undo=(*state.undo[-99:], state.data), redo=())


def _flip(state: Inspected, arg: str, value: str) -> Inspected:
    bit = int(arg)
    data = bytearray(state.data)
    if not 0 <= bit < len(data) * 8:
        raise ValueError(f"Bit {bit} lies outside the {len(data) * 8} bits of the data.")
    data[bit // 8] ^= 0x80 >> bit % 8
    return _to(state, bytes(data))


def _opcode(state: Inspected, arg: str, value: str) -> Inspected:
    part = _frame_part(state)
    first = part.start // 8
    changed = state.data[first] & 0xF0 | int(value) & 0x0F
    return _to(state, state.data[:first] + bytes([changed]) + state.data[first + 1 :])


def _payload(state: Inspected, arg: str, value: str) -> Inspected:
    try:
        data = parse_hex(value, "the payload") if arg == "hex" else value.encode()
    except ValueError as problem:
        return replace(state, problems={"payload": (value, str(problem))})
    return _rebuilt(state, payload=data)


def _key(state: Inspected, arg: str, value: str) -> Inspected:
    try:
        key = parse_hex(value, "the key")
        if len(key) not in (0, 4):
            raise ValueError(
                f"A masking key is 4 bytes (§5.3), but this one is {len(key)}; leave it empty for no mask."
            )
    except ValueError as problem:
        return replace(state, problems={"key": (value, str(problem))})
    return _rebuilt(state, mask=key or None)


def _bytes(state: Inspected, arg: str, value: str) -> Inspected:
    try:
        return replace(_to(state, parse_hex(value)), part=0)
    except ValueError as problem:
        return replace(state, problems={"bytes": (value, str(problem))})


def _rebuilt(state: Inspected, **changes: Any) -> Inspected:
    """The frame written again with some fields changed, its length in the shortest form."""
    part = _frame_part(state)
    new = as_frame(state.data, part).replace(**changes).serialize()
    return _to(state, state.data[: part.start // 8] + new + state.data[part.end // 8 :])


def _frame_part(state: Inspected) -> Part:
    part = state.shown
    if part is None or not is_frame(part):
        raise ValueError("There is no frame here to change: give it bytes first, for example 81 05.")
    return part


def _undo(state: Inspected, arg: str, value: str) -> Inspected:
    if not state.undo:
        return state
    return replace(state, data=state.undo[-1], undo=state.undo[:-1], redo=(*state.redo, state.data))


def _redo(state: Inspected, arg: str, value: str) -> Inspected:
    if not state.redo:
        return state
    return replace(state, data=state.redo[-1], redo=state.redo[:-1], undo=(*state.undo, state.data))


ACTIONS: Mapping[str, Any] = {
    "flip": _flip,
    "opcode": _opcode,
    "payload": _payload,
    "key": _key,
    "bytes": _bytes,
    "undo": _undo,
    "redo": _redo,
    "reset": lambda state, arg, value: _to(state, state.original),
    "sample": lambda state, arg, value: _to(state, HELLO),
    "part": lambda state, arg, value: replace(state, part=int(arg)),
    "read": lambda state, arg, value: replace(state, role=Role(arg)),
    "whole": lambda state, arg, value: replace(state, whole=arg == "yes"),
}
"""What the page can ask for, by name."""


def is_frame(part: Part) -> bool:
    """Whether a part is a frame, not the head of a request or response."""
    return part.kind.id != "http"


def as_frame(data: bytes, part: Part) -> Frame:
    """The frame of a part, with as much of its payload and key as is there."""
    first = data[part.start // 8]
    keys = [each for each in part.fields if each.name == "Masking-key" and each.size == 32]
    mask = data[keys[0].start // 8 : keys[0].end // 8] if keys else None
    bits = {name: bool(first & bit) for name, bit in (("fin", 128), ("rsv1", 64), ("rsv2", 32), ("rsv3", 16))}
    return Frame(first & 15, part.plain, mask=mask, **bits)


# ---- the picture


def regions(state: Inspected, *, title: str = "Frame inspector") -> dict[str, Node]:
    """All regions of the inspector."""
    return {
        "header": _header(state, title),
        "picture": _picture(state),
        "verdicts": _verdicts(state),
        "controls": _controls(state),
        "fields": _fields_and_bytes(state),
    }


def _header(state: Inspected, title: str) -> Node:
    part = state.shown
    about = None
    if part is not None:
        masked = ", masked" if any(each.name == "MASK" and each.value == "1" for each in part.fields) else ""
        about = [
            parts.chip(part.kind, part.name),
            f"  {len(state.data):,} bytes{masked} ",
            parts.section("5.2" if is_frame(part) else "4.1"),
            state.deflate is not None and [" · with permessage-deflate ", parts.section("RFC 7692 7.1")],
        ]
    return parts.header(
        title,
        HELP,
        _copy(state, "Copy as hex", "hex"),
        _copy(state, "Copy as Python", "python"),
        parts.do_button("Save as a page", "save", picture="save"),
        about=about,
    )


def _copy(state: Inspected, words: str, form: str) -> Node:
    """A copy button; what is long is not put into the page twice more, but asked of Python."""
    if len(state.data) > COPY_IN_PAGE:
        return parts.do_button(words, "copy", form)
    return parts.copy_button(words, as_copied(state, form))


def as_copied(state: Inspected, form: str) -> str:
    """All the bytes for the clipboard, as `hex` or as `python`."""
    return spaced_hex(state.data) if form == "hex" else as_python(state.data, state.anatomy)


def as_python(data: bytes, told: Anatomy) -> str:
    """The data as Python: a `Frame` where that gives the same bytes, else the bytes."""
    if (
        len(told.parts) == 1
        and is_frame(told.parts[0])
        and (frame := as_frame(data, told.parts[0])).serialize() == data
    ):
        opcode = f"Opcode.{frame.opcode.name}" if isinstance(frame.opcode, Opcode) else f"0x{frame.opcode:X}"
        flags = [f"{name}=True" for name in ("rsv1", "rsv2", "rsv3") if getattr(frame, name)]
        flags = flags if frame.fin else ["fin=False", *flags]
        mask = [] if frame.mask is None else [f'mask=bytes.fromhex("{spaced_hex(frame.mask)}")']
        return f"Frame({', '.join([opcode, repr(frame.payload), *flags, *mask])}).serialize()"
    return f'bytes.fromhex("{spaced_hex(data)}")'


def _picture(state: Inspected) -> Node:
    part = state.shown
    if part is None:
        return h.div(".wsl-blank")[
            h.p["There are no bytes: a receiver waits, and so does this view."],
            parts.do_button("Show a masked “Hello”", "sample"),
        ]
    drawn = figure(Drawing(state.anatomy, part, state.changed)) if is_frame(part) else _head(state, part)
    return [len(state.anatomy.parts) > 1 and _tabs(state), drawn]


def _tabs(state: Inspected) -> Node:
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
    )[parts.mark(part.kind), f"{number + 1} {part.name}"]


def _head(state: Inspected, part: Part) -> Node:
    """The head of the opening handshake: its lines, for it has no bits to flip."""
    text = state.data[part.start // 8 : part.end // 8].decode("latin-1")
    return h.div(".wsl-headlines")[
        h.p[
            f"These bytes begin with the head of the opening handshake, a {part.name}. Frames come behind it. ",
            parts.section("4.1"),
        ],
        h.pre(".wsl-pre", tabindex="0", role="group", aria_label=f"The {part.name}")[text],
    ]


def _controls(state: Inspected) -> Node:
    part = state.shown
    frame = as_frame(state.data, part) if part is not None and is_frame(part) else None
    return h.div(".wsl-fields")[
        h.div(".wsl-row")[
            parts.do_button("Undo", "undo", picture="undo", off=not state.undo),
            parts.do_button("Redo", "redo", picture="redo", off=not state.redo),
            parts.do_button("Reset", "reset", off=state.data == state.original),
        ],
        frame is not None and _frame_inputs(state, frame),
        _bytes_input(state),
    ]


def _frame_inputs(state: Inspected, frame: Frame) -> Node:
    options = [(str(code), f"0x{code:X} {OPCODES[code].name}") for code in range(16)]
    form, payload = _payload_shown(frame, compressed=state.deflate is not None and frame.rsv1)
    key, key_problem = state.problems.get("key", (spaced_hex(frame.mask or b""), None))
    payload, payload_problem = state.problems.get("payload", (payload, None))
    long = len(payload) > 2000
    return [
        parts.field("Opcode", parts.select("opcode", options, str(int(frame.opcode)))),
        parts.field(
            "Payload" if form == "text" else "Payload in hex",
            parts.text_input("payload", payload, arg=form, size=18, code=form == "hex", wrong=bool(payload_problem)),
            problem=payload_problem,
        )
        if not long
        else h.span(".wsl-label")["The payload is too long to edit here"],
        parts.field(
            "Key",
            parts.text_input("key", key, size=11, code=True, wrong=bool(key_problem)),
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


def _bytes_input(state: Inspected) -> Node:
    value, problem = state.problems.get("bytes", (spaced_hex(state.data), None))
    if len(state.data) > 512:
        return None
    control = parts.text_input("bytes", value, size=34, code=True, wrong=bool(problem))
    return parts.field("Bytes", control, problem=problem)


# ---- the verdicts


def _verdicts(state: Inspected) -> Node:
    return h.div(".wsl-verdicts")[(_verdict(state, role) for role in (Role.CLIENT, Role.SERVER))]


def verdict_of(state: Inspected, role: Role) -> Verdict:
    """What a receiver makes of the bytes."""
    return verdict(state.data, role, whole_stream=state.whole_stream, deflate=state.deflate)


def _verdict(state: Inspected, role: Role) -> Node:
    told = verdict_of(state, role)
    look = {True: "is-yes", False: "is-no", None: "is-waiting"}[told.accepted]
    sign = {True: "✓", False: "✕", None: "…"}[told.accepted]
    title = f"Received by a {role.value}"
    return h.section(class_=["wsl-verdict", look, role is state.role and "is-reader"], aria_label=title)[
        h.div(".wsl-vhead")[
            h.b(".wsl-sign", aria_hidden="true")[sign],
            h.strong[title],
            told.close_code is not None and h.span(".wsl-code-pill")[f"{int(told.close_code)}"],
            _reader_button(state, role),
        ],
        h.p[told.sentence],
        told.error is not None and _refusal(told),
    ]


def _reader_button(state: Inspected, role: Role) -> Node:
    if role is state.role:
        return h.span(".wsl-note.wsl-reader")["marked above"]
    return h.span(".wsl-reader")[parts.do_button("Mark above", "read", role.value)]


def _refusal(told: Verdict) -> Node:
    assert told.error is not None
    rule = told.error.rule
    pairs = (
        ("Where", f"{told.offset}: {told.error.found} instead of {told.error.expected}"),
        ("Why", f"{rule.why[0].upper()}{rule.why[1:]}."),
        ("Mend", told.mend),
    )
    return h.dl(".wsl-refusal")[
        ([h.dt[name], h.dd[words, name == "Why" and [" ", parts.section(rule.section)]]] for name, words in pairs)
    ]


# ---- fields and bytes


def _fields_and_bytes(state: Inspected) -> Node:
    return h.div(".wsl-twin")[h.div[_table(state)], h.div[dump(state.anatomy, whole=state.whole)]]


def _table(state: Inspected) -> Node:
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
    wrong = each.rule is not None and h.p(".wsl-no")[f"✕ {each.rule.says} ", parts.section(each.rule.section)]
    return h.tr(class_=["wsl-frow", each.rule is not None and "is-illegal"], data_link=token)[
        h.th(scope="row")[name],
        h.td[h.code[each.value]],
        h.td[each.meaning, " ", parts.section(each.section), wrong],
    ]


# ---- words


def story(state: Inspected) -> str:
    """The same as plain text: fields, verdicts, bytes."""
    told = [_part_text(part, number, len(state.anatomy.parts)) for number, part in enumerate(state.anatomy.parts)]
    judged = [verdict_of(state, role) for role in (Role.CLIENT, Role.SERVER)]
    verdicts = [f"{each.sentence} {each.mend}".strip() for each in judged]
    head, tail, left_out = parts.cut_middle(lines(state.data[:WHOLE_TEXT]), 16)
    shown = [*head, f"…     {left_out * 16:,} bytes are left out" if left_out else "", *tail]
    return "\n\n".join(filter(None, (*told, "\n".join(verdicts), "\n".join(filter(None, shown)))))


WHOLE_TEXT = 1 << 20


def _part_text(part: Part, number: int, count: int) -> str:
    title = f"{part.kind.mark} {part.name}" + (f" ({number + 1} of {count})" if count > 1 else "")
    missing = [f"  {part.missing:,} bytes are still to come"] if part.missing else []
    return "\n".join([title, *(_field_text(each) for each in part.fields), *missing])


def _field_text(each: Field) -> str:
    wrong = f"  ✕ {each.rule.says} ({each.rule.reference})" if each.rule else ""
    return f"  {each.name:<24}{each.value:<20}{each.meaning} ({each.reference}){wrong}"


# ---- the widget


def read_bytes(given: object) -> bytes:
    """Bytes from what a learner has at hand: bytes, hex text, a `Frame`, or a tape's entry.

    Raises ValueError for text that is not hex and TypeError for anything else.
    """
    if isinstance(given, (bytes, bytearray, memoryview)):
        return bytes(given)
    if isinstance(given, str):
        return parse_hex(given)
    if isinstance(given, Frame):
        return given.serialize()
    for name in ("data", "frame"):
        inner = getattr(given, name, None)
        if isinstance(inner, (bytes, bytearray, memoryview, Frame)):
            return read_bytes(inner)
    raise TypeError(
        f"FrameInspector takes bytes, hex text, a Frame or an entry of a tape, not {type(given).__name__}: "
        'for example FrameInspector("81 05 48 65 6c 6c 6f").'
    )


class FrameInspector(View):
    """A frame in bits, fields, bytes and verdicts (§5.2).

    `frame` is bytes, hex text, a `Frame` or an entry of a tape; by default a client's masked text frame "Hello". As a
    trait it holds the bytes, also after a bit was flipped. `selected` is the chosen field (`"opcode"`, `"masking-key"`,
    in a second frame `"opcode-2"`). `role`, "server" or "client", is the receiver that the bytes are meant for; without
    it, an entry of a tape knows, and masked bytes are for a server. `whole_stream` tells whether the bytes are the
    first behind the opening handshake; an entry of a tape is judged alone. `deflate` is the compression that the
    handshake agreed on (a `Deflate`, RFC 7692): compressed payloads are then told by what they inflate to.

    Raises ValueError for text that is not hex, TypeError for what is not bytes.
    """

    title: ClassVar[str] = "Frame inspector"

    frame = traitlets.Any(HELLO, help="The bytes that are shown.")
    role = traitlets.Enum(("server", "client"), "server", help="The receiver that the bytes are meant for.")
    whole_stream = traitlets.Bool(True, help="Whether the bytes are the first behind the opening handshake.")
    deflate = traitlets.Instance(Deflate, allow_none=True, help="The compression that was agreed on, if any.")

    def __init__(
        self,
        frame: object = HELLO,
        *,
        role: str | None = None,
        whole_stream: bool | None = None,
        deflate: Deflate | None = None,
        **traits: Any,
    ) -> None:
        alone = not isinstance(frame, (bytes, bytearray, memoryview, str, Frame))
        stream = not alone if whole_stream is None else whole_stream
        data = read_bytes(frame)
        reader = _role(role) or _receiver_of(frame)
        self.state = Inspected.of(data, whole_stream=stream, role=reader, deflate=deflate)
        super().__init__(frame=data, role=self.state.role.value, whole_stream=stream, deflate=deflate, **traits)
        self.observe(self._on_outside, names=["frame", "role", "whole_stream", "deflate"])

    @traitlets.validate("frame")
    def _check_frame(self, proposal: Any) -> bytes:
        return read_bytes(proposal["value"])

    def _on_outside(self, change: Any) -> None:
        """A trait was set from Python, not by an action here: show that, with no way back."""
        if change["name"] == "frame" and change["new"] != self.state.data:
            self.state = Inspected.of(change["new"], whole_stream=self.whole_stream, role=self.state.role)
        stream, deflate = self.whole_stream, self.deflate
        self.state = replace(self.state, role=Role(self.role), whole_stream=stream, deflate=deflate)
        self.redraw()

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """Fields, verdicts and bytes as plain text."""
        return story(self.state)

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for."""
        if name not in ACTIONS:
            return super().act(name, arg, value)
        self._problem = None
        self.state = act(self.state, name, arg, value)
        with self.hold_trait_notifications():
            self.frame = self.state.data
            self.role = self.state.role.value
        self.redraw()
        return None

    def do_copy(self, arg: str, value: str) -> None:
        """Give the bytes to the browser's clipboard."""
        self.send({"copy": as_copied(self.state, arg)})


def _receiver_of(shown: object) -> Role | None:
    """Whom an entry of a tape was sent to; None for what does not tell."""
    sender = getattr(shown, "sender", None)
    return Role(sender).peer if sender in ("client", "server") else None


def _role(name: str | None) -> Role | None:
    if name is None:
        return None
    try:
        return Role(name)
    except ValueError:
        raise ValueError(f"role is who receives the bytes, 'server' or 'client', not {name!r}.") from None
