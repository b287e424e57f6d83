"""Other bytes for a step, as a learner writes them: a draft, which becomes an `edit`.

Text and bytes are two ways to write one payload: what was written last counts, and the other follows it. Of a Close
there are code and reason instead, of a head its lines. A change of the text alone becomes `edit("Hello")`, any other of
a frame `edit(Frame(...))`, so that the code reads well. Wrong frames may be written: that is what a laboratory is for.

Left out: what the bytes do then (`interventions`), and how a view shows the fields.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wslab.lab import Entry
from wslab.protocol import Frame, Opcode
from wslab.scenarios.interventions import Intervention, edit

__all__ = ["Draft"]

MOST = 1000
"""Bytes of a payload or a head that can be edited here; more can be in code."""

HIGHEST_CODE = 0xFFFF


@dataclass(frozen=True)
class Draft:
    """What is written for a step. `was` is the frame as it is (None: a head, or bytes that are no frame).

    `text` is None where the bytes are no text. `problem` says what is wrong with what was written.
    """

    step: int
    was: Frame | None
    data: bytes
    opcode: int = 0
    code: str = ""
    text: str | None = ""
    digits: str = ""
    problem: str = ""

    @classmethod
    def of(cls, entry: Entry) -> Draft:
        """The draft of a step, as it is. ValueError for one that is too long."""
        frame = entry.frame
        data = (entry.plain or b"") if frame is not None else entry.data
        if len(data) > MOST:
            raise ValueError(
                f"Step {entry.number} has {len(data):,} bytes, too many to edit here: write do={{{entry.number}: "
                f"edit(...)}} in code."
            )
        draft = cls(entry.number, frame, data, 0 if frame is None else int(frame.opcode))
        return draft.showing(data)

    @property
    def is_close(self) -> bool:
        """Whether it is a Close with a code (§5.5.1), which has fields of its own."""
        return self.opcode == Opcode.CLOSE and len(self.data) != 1

    def showing(self, data: bytes) -> Draft:
        """The same with another payload, in all of its fields."""
        body = data[2:] if self.is_close else data
        code = str(int.from_bytes(data[:2], "big")) if self.is_close and data else ""
        return replace(self, data=data, code=code, text=_as_text(body), digits=body.hex(" "), problem="")

    def written(self, field: str, value: str) -> Draft:
        """The same once something was written into a field: `text`, `digits`, `code`, `opcode`, `lines`."""
        try:
            return self._written(field, value)
        except ValueError as problem:
            kept = {field: value} if field in ("code", "digits") else {}
            return replace(self, **kept, problem=str(problem))  # type: ignore[arg-type]

    def _written(self, field: str, value: str) -> Draft:
        if field == "opcode":
            return replace(self, opcode=int(value)).showing(self.data)
        if field == "lines":
            return self.showing(value.replace("\r", "").replace("\n", "\r\n").encode("utf-8", "replace"))
        head = self.data[:2] if self.is_close else b""
        if field == "code":
            return self.showing(_code_bytes(value) + self.data[2:])
        return self.showing(head + (_bytes_of(value) if field == "digits" else value.encode("utf-8", "replace")))

    @property
    def intervention(self) -> Intervention:
        """What it becomes; ValueError where something is wrong."""
        if self.problem:
            raise ValueError(self.problem)
        if self.was is None:
            text = _as_text(self.data)
            return edit(self.data if text is None else text)
        text = _as_text(self.data)
        same = self.opcode == self.was.opcode and not self.was.rsv1
        if same and text is not None and self.opcode in (Opcode.TEXT, Opcode.CONTINUATION):
            return edit(text)
        # what is written here is not compressed, so RSV1 (RFC 7692 §6) would be wrong
        return edit(self.was.replace(opcode=self.opcode, payload=self.data, rsv1=False, mask=None))


def _as_text(data: bytes) -> str | None:
    """The bytes as text; None where they are none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _bytes_of(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueError("Bytes are written as pairs of hexadecimal digits, such as 48 65 6c.") from None


def _code_bytes(text: str) -> bytes:
    """A close code in two bytes; no text is no code (§5.5.1)."""
    if not text.strip():
        return b""
    if not text.strip().isdecimal() or int(text) > HIGHEST_CODE:
        raise ValueError(f"A close code is a number from 0 to {HIGHEST_CODE}, because it has two bytes (§5.5.1).")
    return int(text).to_bytes(2, "big")
