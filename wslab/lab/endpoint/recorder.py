"""What one endpoint puts on the tape.

Rules of this module: the side, the connection's number and the tape are known here and nowhere else in an
endpoint. Bytes that come from a sender of ours are on the tape already: then only their count is written. Without
a tape every call does nothing.
"""

from __future__ import annotations

from wslab.lab.context import Flow, LabContext
from wslab.protocol import Role, State
from wslab.tape.records import RecordKind, pack_belief, tag

_TAGS = {role: tuple(tag(what, role) for what in RecordKind) for role in Role}  # by the number of what it is
_SENT, _ARRIVED, _COUNTED = int(RecordKind.SENT), int(RecordKind.ARRIVED), int(RecordKind.COUNTED)


class EndpointRecorder:
    """The tape as one side of one connection writes on it."""

    __slots__ = ("_believed", "_context", "_line", "_peer", "_tags", "_tape", "number", "role")

    def __init__(self, context: LabContext, role: Role) -> None:
        self.role = role
        self.number = 0
        self._context = context
        self._tape = context.tape
        self._tags = _TAGS[role]
        self._peer = role.peer
        self._line: Flow | None = None
        self._believed = b""

    def begin(self, line: Flow, peer: str) -> None:
        """From now on this is an end of `line`; `peer` is the address at the other end of TCP."""
        self._line = line
        self.number = line.number
        line.ours.append(self.role)
        self.record(RecordKind.CONNECT if self.role is Role.CLIENT else RecordKind.ACCEPT, peer.encode())

    @property
    def is_kept(self) -> bool:
        """Whether there is a tape to write on."""
        return self._tape is not None

    def record(self, what: RecordKind, data: bytes = b"") -> None:
        """Something happened at this side."""
        if self._tape is not None:
            self._tape.record(self.number, self._tags[what], data)

    def sent(self, data: bytes) -> None:
        """Bytes go to TCP."""
        if self._tape is not None:
            self._tape.record(self.number, self._tags[_SENT], data)

    def arrived(self, data: bytes) -> None:
        """Bytes came from TCP."""
        if self._tape is None:
            return
        assert self._line is not None
        if self._line.linked or self._peer in self._line.ours:
            self._tape.record_count(self.number, self._tags[_COUNTED], len(data))
        else:
            self._tape.record(self.number, self._tags[_ARRIVED], data)

    def believe(self, state: State, code: int | None, detail: str) -> None:
        """What this side takes for true, if that has changed."""
        if self._tape is not None and (belief := pack_belief(state, code, detail)) != self._believed:
            self._believed = belief
            self.record(RecordKind.BELIEF, belief)

    def note_once(self, text: str | None) -> None:
        """A sentence about the connection, told by the end of ours that stands first; None is no sentence."""
        if text is not None and self._line is not None and len(self._line.ours) == 1:
            self.note(text)

    def note(self, text: str) -> None:
        """A sentence of this side."""
        self._context.note(text, side=self.role, line=self._line)
