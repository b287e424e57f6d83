"""Both directions of a connection, and the judgement of its heads, while its records are read.

The opening handshake is judged as the two endpoints judge it (`protocol.handshake.onlooker`): the request by what a
server asks of it, the response by what a client asks of it, with its own request. What was broken is the error of the
entry. Who goes on in spite of it has broken a rule too, and the entry says so: a server that answers 101 to a request
that it has to refuse, and a client that sends a frame behind a response that it must not take.

A link may change a head on its way. Then the peer has judged other bytes than the tape shows as sent, and nothing is
held against it. A HAR leaves out headers, and none is missed there.

Nothing here raises. What it leaves out: how records become entries (`interpreter`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wslab.protocol import HandshakeRequest, HandshakeResponse, ProtocolError, Role
from wslab.protocol.deflate import Deflate, agreed_on
from wslab.protocol.handshake.head import is_interim
from wslab.protocol.handshake.onlooker import asks_to_upgrade, lenient_error, request_error, response_error
from wslab.protocol.rules import Rule
from wslab.tape.dissector import StreamDissector
from wslab.tape.entry import LOST, ON_THE_WAY, PEER, UNKNOWN, Belief, Entry
from wslab.tape.records import Fact, RecordKind, unpack
from wslab.tape.streams.http import MOST_UNANSWERED, SWITCHED
from wslab.tape.streams.pending import MOST_KEPT, PendingPart
from wslab.tape.streams.piece import Dissected

REFUSED = 400  # from here on a status says no to whatever was asked
LONGEST_BEFORE = 4096
"""Bytes of a frame that is kept for the cause of what stands behind it."""


@dataclass(slots=True)
class RecordRead:
    """One record as the interpreter reads it, with the history of its connection."""

    kind: RecordKind
    side: str
    data: bytes | int
    history: ConnectionHistory

    @property
    def bytes(self) -> bytes:
        """The bytes of a record that has some."""
        assert not isinstance(self.data, int)
        return self.data

    @property
    def fact(self) -> Fact | None:
        """The fact of a record that has one."""
        return unpack(self.kind, self.side, self.bytes)


class _Asked(NamedTuple):
    """A request that is not answered, and what is wrong with it."""

    request: HandshakeRequest
    error: ProtocolError | None


class ConnectionHistory:
    """What is known of the connection with this number while its records are read; `now` is the time of the newest."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.now = 0.0
        self.streams = {"client": StreamDissector(Role.CLIENT), "server": StreamDissector(Role.SERVER)}
        self.ours: set[str] = set()  # sides whose endpoint is recorded here
        self.ended: set[str] = set()  # sides to which nothing arrives any more
        self.silent: set[str] = set()  # sides whose bytes are swallowed
        self.closed: set[str] = set()  # sides that have sent a Close
        self.altered: set[str] = set()  # sides whose bytes were changed on the way
        self.beliefs: dict[str, Belief | None] = {"client": None, "server": None}  # what each side believes now
        self.newest: dict[str, tuple[float, int, bool]] = {}  # by side: what happened there last; time, number, arrived
        self.linked = False  # whether there is a link on the way
        self.omits_headers = False  # whether the source may have left headers out
        self.opening: Entry | None = None  # of the TCP connection itself
        self.cut: Entry | None = None  # from then on all that departs is lost
        self.last: Entry | None = None  # the newest; it shows what both believe
        self.heads: dict[str, Entry] = {}  # by sender; what was agreed on needs both
        self.refusable: Rule | None = None  # what the response broke, until the client goes on in spite of it
        self._origins: Sequence[str] | None = None  # that the server allows; None where nobody knows
        self._asked: deque[_Asked] = deque(maxlen=MOST_UNANSWERED)

    def take(self, entry: Entry, found: Dissected) -> None:
        """A head or a frame was sent: what it means together with all that came before."""
        entry.behind_close = entry.sender in self.closed
        if found.error is not None:
            entry.before = self.frame_before(entry.sender)
        elif found.kind == "http":
            self._hear(entry)
        elif found.header_size:
            # a client that has to fail the connection sends no frame (§4.1)
            if entry.sender == "client":
                entry.despite, self.refusable = self.refusable, None
            if found.kind == "close":
                self.closed.add(entry.sender)

    def fate(self, sender: str) -> str:
        """The fate of what departs now."""
        # a path that lets nothing through decides first, and whether the receiver is ours does not matter then
        if sender in self.silent or self.cut is not None or PEER[sender] in self.ended:
            return LOST
        return ON_THE_WAY if PEER[sender] in self.ours else UNKNOWN

    def fall_silent(self, side: str) -> bool:
        """A link swallows what a side sends, or `wire`, both; returns whether nothing gets through in either way."""
        self.silent |= self._sides(side)
        return len(self.silent) == len(self.streams)

    def end_silence(self, side: str) -> list[Entry]:
        """The silence is over and swallowed nothing; returns what departed meanwhile, and still may arrive."""
        ended = self._sides(side) & self.silent
        self.silent -= ended
        return [entry for each in sorted(ended) for entry in self.streams[each].unharmed() if entry.fate == LOST]

    def _sides(self, side: str) -> set[str]:
        return {side} if side in self.streams else set(self.streams)

    def frame_before(self, sender: str) -> bytes:
        """The frame that a side sent last: it may say where the count of bytes was lost. Empty for a long one."""
        last = self.streams[sender].last
        return b"" if last is None or not last.header_size or len(last.data) > LONGEST_BEFORE else last.data

    def allow(self, origins: bytes) -> None:
        """The server allows these origins alone, between spaces (§10.2)."""
        self._origins = origins.decode("utf-8", "replace").split()

    def pending(self) -> Iterator[PendingPart]:
        """What has begun and is not whole."""
        for side, stream in self.streams.items():
            size, begin = stream.begun(MOST_KEPT)
            if size:
                yield PendingPart(self.number, side, not stream.http.is_over, size, begin, self.frame_before(side))

    def _hear(self, entry: Entry) -> None:
        """A head was sent: judge it, and tell both streams what it means for what follows."""
        if entry.sender == "client":
            self.heads["client"] = entry
            self._hear_request(entry)
        elif not is_interim(entry.data):  # RFC 9110 §15.2: the final response is still to come
            self.heads["server"] = entry
            entry.before = self.heads["client"].data if "client" in self.heads else b""
            self._hear_response(entry)

    def _hear_request(self, entry: Entry) -> None:
        request = HandshakeRequest.parse(entry.data)[0]
        wrong = lenient_error(request) if self.omits_headers else request_error(request, origins=self._origins)
        entry.error = wrong
        self._asked.append(_Asked(request, entry.error))
        self.streams["server"].http.asked(request.method)

    def _hear_response(self, entry: Entry) -> None:
        response = HandshakeResponse.parse(entry.data)[0]
        asked = self._asked.popleft() if self._asked else None
        request = None if asked is None else asked.request
        entry.error = lenient_error(response, request) if self.omits_headers else response_error(response, request)
        if asked is not None and asked.error is not None and "client" not in self.altered:
            entry.despite = asked.error.rule
        entry.ordinary = request is not None and not asks_to_upgrade(request) and SWITCHED < response.status < REFUSED
        self.refusable = None if entry.error is None or "server" in self.altered else entry.error.rule
        self.streams["client"].http.answered(response.status)
        if request is not None:
            self._agree(request, response)

    def _agree(self, request: HandshakeRequest, response: HandshakeResponse) -> None:
        # RFC 7692 §5: only what the server's response takes of the client's offers holds, so both heads are needed
        agreed = _compression(request, response)
        # one agreement, but each direction has a window and a decompressor of its own
        for stream in self.streams.values():
            if agreed is not None:
                stream.agree(agreed)


def _compression(request: HandshakeRequest, response: HandshakeResponse) -> Deflate | None:
    """The compression that two heads agree on (RFC 7692)."""
    try:
        return agreed_on(request, response)
    except ProtocolError:  # a head that cannot be read agrees on nothing
        return None
