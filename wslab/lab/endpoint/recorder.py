"""What one endpoint puts on the tape.

How it works: the side, the number of the connection and the tape are known here and nowhere else in an endpoint. Every
fact that an endpoint learns beside bytes and TCP has one method: `failed`, `timed_out`, `raised`, `close_failed`. Bytes
that arrive from a sender of ours are on the tape already; then only their count is written. Without a tape every call
does nothing.

Rules: what the lab records is a fact. A sentence is written only by `note`, which is for users and scenarios.

What it leaves out: how records become entries (`tape.interpreter`), facts in words (`tape.sentences`).
"""

from __future__ import annotations

from collections.abc import Collection

from wslab.lab.context import Flow, LabContext
from wslab.lab.errors import error_words
from wslab.protocol import ProtocolError, Role, State
from wslab.tape.records import (
    CloseFailed,
    Fact,
    ProcessDied,
    Raised,
    RecordKind,
    RuleFailed,
    TimedOut,
    pack_belief,
    tag,
)

_TAGS = {role: tuple(tag(what, role) for what in RecordKind) for role in Role}  # by the number of the kind
_SENT, _ARRIVED, _COUNTED = int(RecordKind.SENT), int(RecordKind.ARRIVED), int(RecordKind.COUNTED)


class EndpointRecorder:
    """The tape as one side of one connection writes on it."""

    __slots__ = ("_believed", "_context", "_flow", "_peer", "_tags", "_tape", "number", "role")

    def __init__(self, context: LabContext, role: Role) -> None:
        self.role = role
        self.number = 0
        self._context = context
        self._tape = context.tape
        self._tags = _TAGS[role]
        self._peer = role.peer
        self._flow: Flow | None = None
        self._believed: bytes | None = b""  # None: the process of this side is dead

    def begin(self, flow: Flow, peer: str) -> None:
        """From now on this is an end of `flow`; `peer` is the address at the other end of TCP."""
        self._flow = flow
        self.number = flow.number
        flow.ours.append(self.role)
        self.record(RecordKind.CONNECT if self.role is Role.CLIENT else RecordKind.ACCEPT, peer.encode())

    @property
    def has_tape(self) -> bool:
        """Whether there is a tape to write on."""
        return self._tape is not None

    def record(self, what: RecordKind, data: bytes = b"") -> None:
        """Something happened at this side."""
        if self._tape is not None:
            self._tape.record(self.number, self._tags[what], data)

    # --- bytes --------------------------------------------------------------------------------

    def sent(self, data: bytes) -> None:
        """Bytes go to TCP."""
        if self._tape is not None:
            self._tape.record(self.number, self._tags[_SENT], data)

    def arrived(self, data: bytes) -> None:
        """Bytes arrived from TCP."""
        if self._tape is None:
            return
        assert self._flow is not None
        if self._flow.linked or self._peer in self._flow.ours:
            self._tape.record_count(self.number, self._tags[_COUNTED], len(data))
        else:
            self._tape.record(self.number, self._tags[_ARRIVED], data)

    def allows(self, origins: Collection[str] | None) -> None:
        """This server allows these origins alone (§10.2); None allows all, and is not recorded."""
        if origins is not None:
            self.record(RecordKind.ORIGINS, " ".join(origins).encode())

    # --- what this side learned ---------------------------------------------------------------

    def believe(self, state: State, code: int | None, reason: str) -> None:
        """What this side believes, and why (`records.reason`), if that has changed."""
        if self._tape is None or self._believed is None:
            return
        belief = pack_belief(state, code, reason)
        if belief != self._believed:
            self._believed = belief
            self.record(RecordKind.BELIEF, belief)

    def died(self) -> None:
        """The process of this side is dead: it believes nothing from now on."""
        self._write(ProcessDied(self.role.value))
        self._believed = None

    def failed(self, error: ProtocolError) -> None:
        """The peer broke a rule, and this side fails the connection (§4.1, §7.1.7)."""
        self._write(RuleFailed(self.role.value, error.rule.id, *error.offset, error.found))

    def timed_out(self, fact: TimedOut) -> None:
        """This side waited in vain, and ends the connection."""
        self._write(fact)

    def raised(self, where: str, error: Exception) -> None:
        """Code of the user raised an error: `where` is `handler`, `on_request` or `answer_close`."""
        self._write(Raised(self.role.value, where, error_words(error)))

    def close_failed(self) -> None:
        """The connection ended before the closing handshake was complete (§7.1.4); a dead process closes nothing."""
        if self._believed is not None:
            self._write(CloseFailed(self.role.value))

    def first_alone(self, fact: Fact | None) -> None:
        """A fact of both ends, such as TLS, from the end of ours that stands first; None is no fact."""
        if fact is not None and self._flow is not None and len(self._flow.ours) == 1:
            self._write(fact)

    def _write(self, fact: Fact) -> None:
        if self._tape is not None:
            self._tape.record_fact(self.number, fact)

    # --- notes --------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """A sentence of a user or a scenario, at this side."""
        if self._tape is not None:
            self._tape.note(self.number, self.role, text)
