"""What a tape is a sequence of: one entry for each head, frame, TCP event and fault, with what each side believes.

The interpreter makes an entry once and completes it later: when its bytes arrive, when they are lost, when a side
changes its belief. An entry keeps its bytes and what the dissector found out about them: the opcode, and where the
payload begins. So its frame is sliced from its bytes whenever somebody looks, and nothing is parsed a second time.
A tape may hold a million entries, and therefore an entry keeps no frame, no payload and no sentence.

Nothing here raises. What this module leaves out: making entries from records (`interpreter`), and what a frame says
in words (`explain.narration`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import overload

from wslab.explain import anatomy, narrate_frame, size_in_words
from wslab.explain.causes.cause import Cause
from wslab.explain.causes.foreign import STRAY
from wslab.explain.causes.search import cause_of
from wslab.explain.narration import narrate_going_on, narrate_judged_head
from wslab.explain.redaction import Secrets, StreamRedactor, redact_login, redact_words
from wslab.protocol import Frame, Opcode, ProtocolError, Role, State
from wslab.protocol.frames.frame import FIN, RSV1
from wslab.protocol.masking import mask_unchecked
from wslab.protocol.rules import Rule
from wslab.tape.log import redacted_fact
from wslab.tape.records import EndedInside, Fact, TcpEvent
from wslab.tape.sentences import detail_in_words, sentence_of
from wslab.tape.streams.preamble import Preamble

MOST_BYTES = 1 << 17
"""Bytes of an entry that are looked at for the cause of what is wrong."""

ARRIVED, LOST, ON_THE_WAY, UNKNOWN = "arrived", "lost", "on the way", "unknown"

PEER = {"client": "server", "server": "client"}


@dataclass(frozen=True, slots=True)
class Belief:
    """What one side believes: `code` is the close code, once there is one; `why` is the reason.

    The reason is a fact (`records.reason`) or words; `detail` is words in any case. `str` is the belief in one or two
    words: `OPEN`, `CLOSED 1006`.
    """

    state: State
    code: int | None
    why: str

    @property
    def detail(self) -> str:
        """Why this side believes it, in a few words."""
        return detail_in_words(self.why)

    def __str__(self) -> str:
        return self.state.value if self.code is None else f"{self.state.value} {self.code}"


@dataclass(frozen=True, slots=True)
class BeliefChange:
    """The moment at which one side changed its belief to `belief`; None where it believes nothing any more.

    A side changes its belief because of something that it sent or received: `entry` is the number of that entry, and
    `arrived` says that it arrived at this side (else it departed or happened there). `entry` is None where nothing
    happened at this side at that moment, as when a time limit passed.
    """

    side: str
    time: float
    belief: Belief | None
    entry: int | None = None
    arrived: bool = False


class Entry:
    """One thing that happened. Treat it as a value; a living tape completes it until its fate is known.

    `number` counts from 0 over the tape. `time` and `arrived` are seconds since the tape's first record:
    when the last byte departed, and when it arrived (None: not, or nobody of ours could see it).
    `sender` is `client`, `server` or `wire`. `kind` is a key of `explain.KINDS`.
    `fate` is `arrived`, `lost`, `on the way`, or `unknown` where the receiver is not ours.
    `client` and `server` are what the two believe just before the next entry departs; None for a peer that is not ours,
    and for a side whose process died. `changes` are the moments between this entry and the next at which one of them
    changed its belief. `fact` is what happened where that is no bytes: a dataclass of `records`. `error` is the
    rule that the bytes break, a frame, a head, or what is neither. `despite` is the rule that the peer's head broke
    before: in spite of it this side goes on, or for it this side refuses. `cuts` says that from here on the wire
    carries nothing in either direction, up to a `SilenceEnded` if one follows. `opcode` is that of a frame, legal or
    not; None for what is no frame, and for one cut off.

    `held` says that a link on its way has not passed it on yet.

    `ordinary` says that a response answers a request that asked for no WebSocket.

    The rest is for the interpreter and for copying a tape: `chunks` are the bytes, as one or as a list; `before` is the
    frame in front of one that breaks a rule, and the request in front of a response; `behind_close` says that its
    sender had sent a Close before; `header_size` is where the payload of a whole and legal frame begins, 0 for all
    else; `inflated` is the payload of a frame that travelled compressed; `changed_at` is how much of the recording was
    read when the entry changed last.
    """

    __slots__ = (
        "arrived",
        "before",
        "behind_close",
        "changed_at",
        "changes",
        "chunks",
        "client",
        "connection",
        "cuts",
        "despite",
        "error",
        "fact",
        "fate",
        "header_size",
        "held",
        "inflated",
        "kind",
        "number",
        "opcode",
        "ordinary",
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
        self.before = b""
        self.behind_close = False
        self.despite: Rule | None = None
        self.cuts = False
        self.opcode: int | None = None
        self.ordinary = False
        self.header_size = 0
        self.held = False
        self.chunks: bytes | list[bytes] = b""
        self.inflated: bytes | None = None
        self.changed_at = 0
        self.changes: tuple[BeliefChange, ...] = ()
        self.fact: Fact | None = None

    @property
    def data(self) -> bytes:
        """The bytes on the wire; empty for an entry without bytes."""
        chunks = self.chunks
        return chunks if isinstance(chunks, bytes) else b"".join(chunks)

    def add(self, data: bytes) -> None:
        """Add bytes. Most entries get all of theirs at once, and need no list."""
        if isinstance(self.chunks, list):
            self.chunks.append(data)
        else:
            self.chunks = [self.chunks, data]

    @property
    def frame(self) -> Frame | None:
        """The frame, where it is a whole and legal one. It is sliced from the bytes at each look."""
        if not self.header_size:
            return None
        data = self.data
        first, mask = data[0], self._mask(data)
        return Frame(
            first & 0b1111,
            self._payload(data, mask),
            fin=bool(first & FIN),
            rsv1=bool(first & RSV1),  # the other two bits have no meaning that a legal frame could use
            mask=mask,
        )

    @property
    def plain(self) -> bytes | None:
        """The payload as the application sees it: unmasked, and inflated where it travelled compressed."""
        if self.inflated is not None or not self.header_size:
            return self.inflated
        data = self.data
        return self._payload(data, self._mask(data))

    def _mask(self, data: bytes) -> bytes | None:
        """The masking key. "The masking key is contained completely within the frame", last in its header (§5.3)."""
        return data[self.header_size - 4 : self.header_size] if data[1] & 0b1000_0000 else None

    def _payload(self, data: bytes, mask: bytes | None) -> bytes:
        payload = data[self.header_size :]
        return payload if mask is None else mask_unchecked(payload, mask)

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        said = self._said()
        if self.fate != LOST or self.sender == "wire":
            return said
        what = f"The {self.fact.what}" if isinstance(self.fact, TcpEvent) and self.fact.what != "connect" else "It"
        return f"{said} {what} is lost on the way."

    def redacted(self) -> Entry:
        """This entry as others may read it: asterisks stand in place of the secrets in a head (`explain.redaction`).

        An entry that shows none is given itself. What is given otherwise is a copy, which is not completed any more.
        """
        if self.header_size and self.error is None:  # a legal frame: its payload is the application's business
            return self
        data, fact, error = self._redacted_data(), self.fact and redacted_fact(self.fact), self._redacted_error()
        if data == self.data and fact is self.fact and error is self.error:
            return self
        entry = copy(self)
        entry.chunks, entry.fact, entry.error = data, fact, error
        return entry

    def _redacted_data(self) -> bytes:
        if isinstance(self.fact, Preamble) and self.fact.step == "login":
            return redact_login(self.data)
        known = Secrets()
        if self.kind == "http":  # a response repeats a subprotocol of its request
            StreamRedactor(known).feed(self.before)
        return StreamRedactor(known).feed(self.data)

    def _redacted_error(self) -> ProtocolError | None:
        error = self.error
        found = "" if error is None else redact_words(error.found)
        if error is None or found == error.found:
            return error
        return ProtocolError(error.rule, error.offset, found, redact_words(error.expected))

    @property
    def cause(self) -> Cause | None:
        """What the bytes are instead of a legal frame, or how their count was lost; None where nothing of that fits.

        It is looked for at each look. A frame that never became whole may have one, too.
        """
        ends_inside = isinstance(self.fact, EndedInside) and not self.fact.in_head
        breaks = self.error is not None and self.error.close_code is not None
        if not ends_inside and not breaks:
            return None
        stray = self.error is not None and self.error.rule.id == STRAY
        return cause_of(self.data[:MOST_BYTES], Role(PEER[self.sender]), self.before, stray=stray)

    @property
    def tcp(self) -> str | None:
        """What TCP did: `connect`, `FIN` or `RST`; None for every other entry."""
        return self.fact.what if isinstance(self.fact, TcpEvent) else None

    def _said(self) -> str:
        if self.fact is not None:
            belief: Belief | None = getattr(self, self.fact.side, None)
            said = sentence_of(self.fact, "" if belief is None else f"{belief.state.value}: {belief.detail}")
            return f"{said}{self._why()}" if isinstance(self.fact, EndedInside) else said
        if self.kind == "http":
            return narrate_judged_head(self.data, self.sender, self.error, self.despite, ordinary=self.ordinary)
        if self.error is not None:
            rule, found = self.error.rule, self.error.found
            return f"{self._broken()}: {rule.text} ({rule.reference}); found {found}.{self._why()}"
        frame = self.frame
        assert frame is not None
        told = narrate_frame(frame, self.sender, self.inflated) + narrate_going_on(self.despite)
        # §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."; a Ping may follow
        is_late = self.behind_close and frame.opcode <= Opcode.BINARY
        return f"{told} It stands behind a Close, where no data frame may stand (§5.5.1)." if is_late else told

    def _why(self) -> str:
        """The cause, to stand behind a sentence; empty where none is known."""
        cause = self.cause
        return "" if cause is None else f" {cause.sentence}"

    def _broken(self) -> str:
        if self.kind == "fault":
            size = len(self.data)
            return f"The {self.sender} sends {size_in_words(size)} that {'breaks' if size == 1 else 'break'} a rule"
        part = anatomy(self.data, Role(PEER[self.sender]), whole_stream=False).parts[0]
        return f"The {self.sender} sends a {part.name} that breaks a rule"

    def __repr__(self) -> str:
        return f"<Entry {self.number} {self.kind} by {self.sender}, {self.fate}: {self.sentence}>"


class RedactedEntries(Sequence[Entry]):
    """Entries as others may read them, `Entry.redacted`, each made when somebody looks at it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> RedactedEntries: ...
    def __getitem__(self, index: int | slice) -> Entry | RedactedEntries:
        found = self._entries[index]
        return found.redacted() if isinstance(found, Entry) else RedactedEntries(found)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry.redacted, self._entries)
