"""What a tape is a sequence of: one entry for each head, frame, TCP event and fault, with what each side believes.

Rules of this module: an entry keeps its bytes and what the reader found out, and works the rest out when somebody asks:
its frame, its payload, its sentence. It never raises.

What it leaves out: making entries from records (`reader`), and what a frame says in words (`explain.narration`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wslab.explain import anatomy, narrate_frame, narrate_head, size_in_words
from wslab.protocol import Frame, FrameParser, ProtocolError, Role, State

ARRIVED, LOST, ON_THE_WAY, UNKNOWN = "arrived", "lost", "on the way", "unknown"

PEER = {"client": "server", "server": "client"}

ANY_LENGTH = (1 << 63) - 1
"""Bytes that a frame may announce at the most (§5.2): a recording judges by no limit."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What one side takes for true: `code` is the close code it believes in, once it does; `detail` says why.

    `str` is it in one or two words: `OPEN`, `CLOSED 1006`.
    """

    state: State
    code: int | None
    detail: str

    def __str__(self) -> str:
        return self.state.value if self.code is None else f"{self.state.value} {self.code}"


class Entry:
    """One thing that happened. Treat it as a value; a living tape completes it until its fate is known.

    `number` counts from 0 over the tape. `time` and `arrived` are seconds since the tape's first record:
    when the last byte departed, and when it arrived (None: not, or nobody of ours could see it).
    `sender` is `client`, `server` or `wire`. `kind` is a key of `explain.KINDS`.
    `fate` is `arrived`, `lost`, `on the way`, or `unknown` where the receiver is not ours.
    `client` and `server` are what the two believe just before the next entry departs; None for a peer that
    is not ours. `error` is the rule that the bytes break, where they are no HTTP or no frame. `cuts` says that from
    here on the wire carries nothing in either direction.
    """

    __slots__ = (
        "_parts",
        "_plain",
        "_until",
        "_words",
        "arrived",
        "client",
        "connection",
        "cuts",
        "error",
        "fate",
        "kind",
        "number",
        "sender",
        "server",
        "time",
    )

    def __init__(self, number: int, time: float, connection: int, sender: str, kind: str) -> None:
        self.number = number
        self.time = time
        self.arrived: float | None = None
        self.connection = connection
        self.sender = sender
        self.kind = kind
        self.fate = UNKNOWN
        self.client: Belief | None = None
        self.server: Belief | None = None
        self.error: ProtocolError | None = None
        self.cuts = False
        self._parts: Sequence[bytes] = ()
        self._plain: bytes | None = None  # of a frame that travelled compressed
        self._until = 0  # how much of the recording was read when it changed last
        self._words = ""

    @property
    def data(self) -> bytes:
        """The bytes on the wire; empty for what is no bytes."""
        return b"".join(self._parts)

    def _add(self, data: bytes) -> None:
        """More of its bytes; most entries get all at once, and need no list."""
        if isinstance(self._parts, list):
            self._parts.append(data)
        else:
            self._parts = [*self._parts, data]

    @property
    def opcode(self) -> int | None:
        """The opcode of a frame, legal or not; None for what is no frame, and for one that was cut off."""
        if self._words or self.kind in ("http", "tcp") or (self.error is not None and self.error.close_code is None):
            return None
        return self._parts[0][0] & 0b1111

    @property
    def frame(self) -> Frame | None:
        """The frame, where it is a whole and legal one."""
        if self._words or self.error or self.kind in ("http", "tcp", "fault"):
            return None
        # where RSV1 was agreed on, it does not say that the payload could be inflated; elsewhere it is an error
        parser = FrameParser(Role(PEER[self.sender]), max_payload=ANY_LENGTH, rsv1=True)
        return parser.feed(self.data)[0]

    @property
    def plain(self) -> bytes | None:
        """The payload as the application sees it: unmasked, and inflated where it travelled compressed."""
        frame = self.frame
        return self._plain if self._plain is not None or frame is None else frame.payload

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        told = self._words or self._told()
        return f"{told} It is lost on the way." if self.fate == LOST and self.sender != "wire" else told

    def _told(self) -> str:
        if self.error is not None:
            rule, found = self.error.rule, self.error.found
            return f"{self._told_wrong()}: {rule.says} ({rule.reference}); found {found}."
        if self.kind == "http":
            return narrate_head(self.data.decode("latin-1"), self.sender)
        frame = self.frame
        assert frame is not None
        return narrate_frame(frame, self.sender, self._plain)

    def _told_wrong(self) -> str:
        if self.kind == "fault":
            return f"The {self.sender} sends {size_in_words(len(self.data))} that break a rule"
        part = anatomy(self.data, Role(PEER[self.sender]), whole_stream=False).parts[0]
        return f"The {self.sender} sends a {part.name} that breaks a rule"

    def __repr__(self) -> str:
        return f"<Entry {self.number} {self.kind} by {self.sender}, {self.fate}: {self.sentence}>"
