"""What the frame inspector shows, and what each action of the page makes of it.

The state is immutable: `act(state, name, arg, value)` gives the next one, by the table `ACTIONS`. Undo and redo are
two stacks of bytes in the state, of at most 100. A value that cannot be read changes no byte: it is kept in `problems`
with the reason, under the name of its field. Another widget that shows an inspector inside keeps an `InspectorState`,
draws it with `picture.regions`, and hands the actions named in `ACTIONS` to `act`.

The same bytes are right for one receiver and wrong for the other. `role` is the receiver that judges: chosen by who
sent the bytes where that is known, else by their MASK bit (§5.1), and then kept until the user switches.

Left out: how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

from wslab.explain.anatomy import Anatomy, Part, anatomy
from wslab.explain.hextext import parse_hex
from wslab.explain.openings import likely_receiver
from wslab.explain.verdict import Verdict, verdict
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.frames import Frame

__all__ = [
    "ACTIONS",
    "HELLO",
    "MOST_TRIED",
    "InspectorState",
    "act",
    "as_frame",
    "fixed",
    "is_frame",
    "read_bytes",
    "receiver_of",
    "verdict_of",
]

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
"""The text message "Hello" as a client sends it (§5.7)."""

MOST_UNDO = 100
"""Changes that can be taken back."""

MOST_TRIED = 4096
"""Bytes of data up to which changes are tried out; each try judges all of it."""


@dataclass(frozen=True)
class InspectorState:
    """What is shown: the bytes, those that it began with, and the bytes that undo and redo bring back.

    `given` says that `role` came with the bytes, because their sender is known, and was not read from their MASK bit.
    `whole_stream`: the bytes are the first behind the opening handshake. `part`: the number of the frame or head that
    is drawn. `whole`: all bytes are shown in hex, however many there are.
    """

    data: bytes
    original: bytes = b""
    role: Role = Role.SERVER
    given: bool = False
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
        return cls(data, data, role or likely_receiver(data), role is not None, whole_stream, deflate=deflate)

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
    bit, bits = int(arg), len(state.data) * 8
    if not 0 <= bit < bits:
        raise ValueError(f"Bit {bit} lies outside the {bits} bits of the data.")
    return _to(state, _flipped(state.data, bit))


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


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


# ---- the fix, found by trying: no rule is written twice


def fixed(state: InspectorState) -> bytes | None:
    """The data with the shown frame made right by the smallest change of ours that does it; None where none does."""
    part = state.shown
    if part is None or not is_frame(part) or len(state.data) > MOST_TRIED:
        return None
    before, behind = state.data[: part.start // 8], state.data[part.end // 8 :]
    frames = _neighbours(as_frame(state.data, part), state.role)
    tries = chain(_one_bit(state, part), (before + frame.serialize() + behind for frame in frames))
    return next((data for data in tries if _accepts(data, state)), None)


def _one_bit(state: InspectorState, part: Part) -> Iterator[bytes]:
    """The data with one bit of an illegal field of one byte flipped."""
    illegal = (each for each in part.fields if each.rule is not None and each.size < 8)
    return (_flipped(state.data, bit) for each in illegal for bit in range(each.start, each.end))


def _accepts(data: bytes, state: InspectorState) -> bool:
    return bool(verdict(data, state.role, whole_stream=state.whole_stream, deflate=state.deflate).accepted)


def _neighbours(frame: Frame, role: Role) -> Iterator[Frame]:
    """The same frame in its shortest form, then with one field after the other made right."""
    yield frame
    frame = frame.replace(mask=(frame.mask or HELLO[2:6]) if role is Role.SERVER else None)
    yield frame
    frame = frame.replace(rsv1=False, rsv2=False, rsv3=False)
    yield frame
    if frame.opcode >= Opcode.CLOSE:
        frame = frame.replace(fin=True, payload=frame.payload[:125])
        yield frame
    yield frame.replace(opcode=Opcode.TEXT, fin=True)
    yield frame.replace(opcode=Opcode.BINARY, fin=True)
    yield frame.replace(payload=b"")


def _fix(state: InspectorState, arg: str, value: str) -> InspectorState:
    return _to(state, fixed(state) or state.data)


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
    "fix": _fix,
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
