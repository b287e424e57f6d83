"""What can be changed at one step of a scenario, from which the run then forks.

An intervention is a value: `do={12: drop}`. It is done to the bytes of one step, a head or a frame, on their way from
the endpoint that sent them. `at` looks up the step on the tape of the run before, and turns the intervention into a
place in the stream of that side: the run is the same up to that byte, so the place is the same too.

What this module leaves out: doing it (the lab's `faults.intervention`), and running again (`player`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wslab.explain.redaction import redact_head
from wslab.lab import Entry, Tape
from wslab.lab.faults.intervention import StreamIntervention
from wslab.protocol import Frame, LocalProtocolError, Opcode, Role
from wslab.protocol.numbers import is_size, read_seconds, shown_value


@dataclass(frozen=True, slots=True, repr=False)
class Intervention:
    """One thing done to the bytes of a step. It reads as the code that makes it: `drop`, `flip(8)`, `delay(3)`."""

    action: str
    bit: int = 0
    data: bytes | str | Frame = b""
    seconds: float = 0.0

    def __repr__(self) -> str:
        given = {"flip": self.bit, "edit": self.data, "delay": self.seconds}
        return f"{self.action}({as_code(given[self.action])})" if self.action in given else self.action

    @property
    def done(self) -> str:
        """What is done, as the end of a sentence that begins with the step: `is dropped`, `has bit 8 flipped`."""
        words = {
            "drop": "is dropped",
            "cut": "is replaced by RST to both sides",
            "flip": f"has bit {self.bit} flipped",
            "edit": "has other bytes",
            "delay": f"is held for {self.seconds:g} s",
        }
        return words[self.action]

    @property
    def short(self) -> str:
        """What is done, in few words behind the step: `dropped`, `bit 8 flipped`."""
        words = {"drop": "dropped", "cut": "cut", "edit": "edited"}
        words |= {"flip": f"bit {self.bit} flipped", "delay": f"delayed {self.seconds:g} s"}
        return words[self.action]

    def redacted(self) -> Intervention:
        """The same; of a head that is written, with asterisks in place of its secrets."""
        if isinstance(self.data, Frame) or not self.data:
            return self
        is_text = isinstance(self.data, str)
        head = redact_head(self.data.encode() if isinstance(self.data, str) else self.data)
        return replace(self, data=head.decode() if is_text else head)

    def at(self, tape: Tape, step: int) -> StreamIntervention:
        """The change in the stream that does it to entry `step` of `tape`; `ValueError` where it cannot be done."""
        entry = _step(tape, step)
        if self.bit >= 8 * len(entry.data):
            raise ValueError(f"Step {step} has {8 * len(entry.data)} bits, the first is 0: there is no bit {self.bit}.")
        start = sum(len(each.data) for each in _before(tape, entry))
        return StreamIntervention(
            start=start,
            stop=start + len(entry.data),
            action=self.action,
            bit=self.bit,
            data=_bytes(self.data, entry),
            seconds=self.seconds,
            connection=entry.connection,
            of=Role(entry.sender),
        )


drop = Intervention("drop")
"""The head or frame is dropped on the way; what comes after it passes."""

cut = Intervention("cut")
"""Both sides get RST instead of this head or frame."""


def flip(bit: int) -> Intervention:
    """Flip one bit; 0 is the first of the head or frame (of a frame: FIN), as the RFC draws them (§5.2)."""
    if not is_size(bit):
        raise ValueError(f"Bits are counted from 0, the first; this is {shown_value(bit)}.")
    return Intervention("flip", bit=bit)


def edit(data: bytes | str | Frame) -> Intervention:
    """Replace it: by bytes as they are, by a `Frame`, or by a text, which becomes the frame's new payload."""
    return Intervention("edit", data=data)


def delay(seconds: float) -> Intervention:
    """Let it arrive `seconds` later; what comes after it waits, because TCP keeps order."""
    return Intervention("delay", seconds=read_seconds("A delay", seconds, zero=True, forever=False))


def can_change(entry: Entry) -> bool:
    """Whether an intervention can change this step: it is bytes that an endpoint sent."""
    return entry.sender != "wire" and bool(entry.data)


def as_code(value: object) -> str:
    """A value as a person writes it in code: 3.0 as 3, a text in double quotes, a frame by its constructor."""
    if isinstance(value, Frame):
        return _frame_as_code(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    is_plain = isinstance(value, str) and value.isprintable() and not {'"', "\\"} & {*value}
    return f'"{value}"' if is_plain else repr(value)


def _frame_as_code(frame: Frame) -> str:
    """A call that makes this frame. Its key is left out: an edited frame gets that of the frame that it replaces."""
    bits = {name: getattr(frame, name) for name in ("fin", "rsv1", "rsv2", "rsv3")}
    given = [f"{name}={value}" for name, value in bits.items() if value != (name == "fin")]
    named = None if given else _named(frame)
    return named or f"Frame({', '.join([str(int(frame.opcode)), repr(frame.payload), *given])})"


def _named(frame: Frame) -> str | None:
    """The constructor of its kind, where that makes the same frame: `Frame.close(1001, "bye")`."""
    try:
        if frame.opcode == Opcode.TEXT:
            return f"Frame.text({as_code(frame.payload.decode())})"
        if frame.opcode == Opcode.CLOSE and len(frame.payload) >= CODE_BYTES:
            code, reason = int.from_bytes(frame.payload[:CODE_BYTES], "big"), frame.payload[CODE_BYTES:].decode()
            Frame.close(code, reason)
            return f"Frame.close({code}, {as_code(reason)})"
    except (UnicodeDecodeError, LocalProtocolError):
        return None
    return None


CODE_BYTES = 2
"""Bytes of a close code (§5.5.1)."""


def _step(tape: Tape, step: int) -> Entry:
    if not 0 <= step < len(tape):
        raise ValueError(f"There is no step {step}: this run has the steps 0 to {len(tape) - 1}.")
    entry = tape[step]
    if not can_change(entry):
        possible = [str(each.number) for each in tape if can_change(each)]
        shown = ", ".join(possible[:20]) + (", ..." if len(possible) > 20 else "")
        raise ValueError(
            f"Step {step} is no bytes of an endpoint ({entry.sentence}) and an intervention changes bytes: "
            f"of this run, steps {shown} can be changed."
        )
    return entry


def _before(tape: Tape, entry: Entry) -> list[Entry]:
    """The entries that the same side sent before."""
    mine = tape.entries(entry.connection)
    return [each for each in mine if each.sender == entry.sender and each.number < entry.number and each.data]


def _bytes(data: bytes | str | Frame, entry: Entry) -> bytes:
    """The new bytes: a frame gets the masking key of the frame that it replaces, a text changes only the payload."""
    if isinstance(data, bytes):
        return data
    frame = entry.frame
    if isinstance(data, Frame):
        return (data if frame is None else data.replace(mask=frame.mask)).serialize()
    if frame is None:
        return data.encode()
    return frame.replace(payload=data.encode()).serialize()
