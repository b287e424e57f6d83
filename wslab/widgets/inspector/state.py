"""What the frame inspector shows, and what each action of the page makes of it.

The state is immutable: `act(state, name, arg, value)` gives the next one, by the table `ACTIONS`. Undo and redo are
two stacks of bytes in the state, of at most 100. A value that cannot be read changes no byte: it is kept in `problems`
with the reason, under the name of its field. Another widget that shows an inspector inside keeps an `InspectorState`,
draws it with `picture.regions`, and hands the actions named in `ACTIONS` to `act`.

Two receivers judge, always: the same bytes are right for one role and wrong for the other. `role` is the receiver that
the bytes are meant for; the picture hatches what is illegal for it.

Left out: how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from wslab.explain.anatomy import Anatomy, Part, anatomy
from wslab.explain.hextext import parse_hex
from wslab.explain.openings import likely_receiver
from wslab.explain.verdict import Verdict, verdict
from wslab.protocol.codes import Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.frames import Frame

__all__ = [
    "ACTIONS",
    "HELLO",
    "InspectorState",
    "act",
    "as_frame",
    "is_frame",
    "read_bytes",
    "receiver_of",
    "verdict_of",
]

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
"""The text message "Hello" as a client sends it (§5.7)."""

MOST_UNDO = 100
"""Changes that can be taken back."""


@dataclass(frozen=True)
class InspectorState:
    """What is shown: the bytes, those that it began with, and the bytes that undo and redo bring back.

    `whole_stream`: the bytes are the first behind the opening handshake. `part`: the number of the frame or head that
    is drawn. `whole`: all bytes are shown in hex, however many there are.
    """

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
    ) -> InspectorState:
        """The state in which `data` is first shown; without a `role`, the receiver is guessed from the bytes."""
        return cls(data, data, role or likely_receiver(data), whole_stream, deflate=deflate)

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


@lru_cache(maxsize=64)
def _anatomy(data: bytes, role: Role, whole_stream: bool, deflate: Deflate | None) -> Anatomy:
    return anatomy(data, role, whole_stream=whole_stream, deflate=deflate)


def verdict_of(state: InspectorState, role: Role) -> Verdict:
    """What a receiver makes of the bytes."""
    return verdict(state.data, role, whole_stream=state.whole_stream, deflate=state.deflate)


# ---- what a user gives


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


def receiver_of(given: object) -> Role | None:
    """The receiver of an entry of a tape; None for anything that names no sender."""
    sender = getattr(given, "sender", None)
    return Role(sender).peer if sender in ("client", "server") else None


# ---- what can be done


def act(state: InspectorState, name: str, arg: str, value: str) -> InspectorState:
    """The state after an action of the page.

    Raises ValueError for a name that is not in `ACTIONS`, for a bit outside the data, and for an edit of a frame where
    there is none.
    """
    if name not in ACTIONS:
        raise ValueError(f"The inspector has no action {name!r}; it has {', '.join(ACTIONS)}.")
    done: InspectorState = ACTIONS[name](replace(state, problems={}), arg, value)
    return done


def _to(state: InspectorState, data: bytes) -> InspectorState:
    if data == state.data:
        return state
    return replace(state, data=data, undo=(*state.undo[1 - MOST_UNDO :], state.data), redo=())


def _flip(state: InspectorState, arg: str, value: str) -> InspectorState:
    bit = int(arg)
    data = bytearray(state.data)
    if not 0 <= bit < len(data) * 8:
        raise ValueError(f"Bit {bit} lies outside the {len(data) * 8} bits of the data.")
    data[bit // 8] ^= 0x80 >> bit % 8
    return _to(state, bytes(data))


def _opcode(state: InspectorState, arg: str, value: str) -> InspectorState:
    part = _frame_part(state)
    first = part.start // 8
    changed = state.data[first] & 0xF0 | int(value) & 0x0F
    return _to(state, state.data[:first] + bytes([changed]) + state.data[first + 1 :])


def _payload(state: InspectorState, arg: str, value: str) -> InspectorState:
    try:
        data = parse_hex(value, "the payload") if arg == "hex" else value.encode()
    except ValueError as problem:
        return replace(state, problems={"payload": (value, str(problem))})
    return _rebuilt(state, payload=data)


def _key(state: InspectorState, arg: str, value: str) -> InspectorState:
    try:
        key = parse_hex(value, "the key")
        if len(key) not in (0, 4):
            raise ValueError(
                f"A masking key is 4 bytes (§5.3), but this one is {len(key)}; leave it empty for no mask."
            )
    except ValueError as problem:
        return replace(state, problems={"key": (value, str(problem))})
    return _rebuilt(state, mask=key or None)


def _bytes(state: InspectorState, arg: str, value: str) -> InspectorState:
    try:
        return replace(_to(state, parse_hex(value)), part=0)
    except ValueError as problem:
        return replace(state, problems={"bytes": (value, str(problem))})


def _rebuilt(state: InspectorState, **changes: Any) -> InspectorState:
    """The frame written again with some fields changed, its length in the shortest form."""
    part = _frame_part(state)
    new = as_frame(state.data, part).replace(**changes).serialize()
    return _to(state, state.data[: part.start // 8] + new + state.data[part.end // 8 :])


def _frame_part(state: InspectorState) -> Part:
    part = state.shown
    if part is None or not is_frame(part):
        raise ValueError("There is no frame here to change: give it bytes first, for example 81 05.")
    return part


def _undo(state: InspectorState, arg: str, value: str) -> InspectorState:
    if not state.undo:
        return state
    return replace(state, data=state.undo[-1], undo=state.undo[:-1], redo=(*state.redo, state.data))


def _redo(state: InspectorState, arg: str, value: str) -> InspectorState:
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
    """Whether a part is a frame, not the head of a request or response, nor the rest behind very many frames."""
    return part.kind.id not in ("http", "tcp")


def as_frame(data: bytes, part: Part) -> Frame:
    """The frame of a part, with as much of its payload and key as is there."""
    first = data[part.start // 8]
    keys = [each for each in part.fields if each.name == "Masking-key" and each.size == 32]
    mask = data[keys[0].start // 8 : keys[0].end // 8] if keys else None
    bits = {name: bool(first & bit) for name, bit in (("fin", 128), ("rsv1", 64), ("rsv2", 32), ("rsv3", 16))}
    return Frame(first & 15, part.plain, mask=mask, **bits)
