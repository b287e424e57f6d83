"""What a recording asks of both sides of a connection: what one side sends, and what it waits for before.

How it works: `read_script` takes the entries of one connection as the replayed side saw them: its own when they
departed, the other side's when they arrived. What the other side sent becomes three queues: its heads, its frames, and
its Pings and Pongs, which come when a timer says so and may stand anywhere between the frames (§5.5.2). What the
replayed side sent becomes steps, each with how much of each queue it had received by then. So a step waits for what
came, not for a time.

A frame that was lost on its way may come, for its sender sent it, but nothing waits for it. Where the recorded
side answered a Ping, the step is that answer, and gets the payload of the Ping that comes now (§5.5.3).

What it leaves out: bytes that a link put in or changed, and a frame that never became whole.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wslab.protocol import HandshakeRequest, HandshakeResponse, Opcode, ProtocolError, Role
from wslab.protocol.deflate import Deflate, agreed_on
from wslab.tape.entry import LOST, ON_THE_WAY, PEER, Entry
from wslab.tape.records import ForeignSource
from wslab.tape.tape import Tape

HEADS, FRAMES, PINGS = "heads", "frames", "pings"
QUEUES = (HEADS, FRAMES, PINGS)

MOST_UNANSWERED = 100
"""Pings that may wait for the Pong that answers them; older ones are forgotten."""

_NEVER = (LOST, ON_THE_WAY)
_MASKED = re.compile(rb"\*{2,}")


class NothingToReplay(ValueError):
    """The recording has no connection of this number, or none that could be played again."""


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """Something that the replayed side sends: a head, a frame, other bytes, FIN or RST.

    `entry` is None for a head that the recording does not have. `after` is how much of each queue has to come before.
    `pause` is how long the recorded side then waited, `elapsed` the time since its step before, both in seconds.
    `answers` is the place of the Ping that it answers in `PINGS`, where it is such a Pong.
    """

    entry: Entry | None
    after: Mapping[str, int]
    pause: float = 0.0
    elapsed: float = 0.0
    answers: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """One connection of a recording, to be played again as `role`.

    `expected` are the queues of what the other side sent. `request` and `response` are the recorded heads, and
    `agreed` is the compression of both. `masked` counts secrets of heads that are asterisks in the recording, and
    `omits_headers` says that its format keeps only some headers. `arrived` is how much of each queue the recorded side
    received in all. `ends` says that the other side ended TCP first. `is_open` says that the recorded side neither sent
    nor received a Close or an end of TCP: the recording stops before that. `rest` is the time from the last step to
    what it received last, and `tail` from there to the end of the recording, both in seconds.
    """

    connection: int
    role: Role
    steps: Sequence[ReplayStep]
    expected: Mapping[str, Sequence[Entry]]
    request: bytes | None
    response: bytes | None
    agreed: Deflate | None
    masked: int
    omits_headers: bool
    arrived: Mapping[str, int]
    ends: bool
    is_open: bool
    rest: float
    tail: float


def choose_connection(tape: Tape, number: int | None) -> int:
    """The connection of this number; by default the first with frames, or else the first with any bytes.

    Raises `NothingToReplay` where there is none.
    """
    framed = dict.fromkeys(entry.connection for entry in tape if entry.opcode is not None)
    heard = dict.fromkeys(entry.connection for entry in tape if _is_sent(entry) and entry.data)
    if number is None:
        found = next(iter([*framed, *heard]), None)
        if found is None:
            raise NothingToReplay("This recording has no bytes of any connection, so nothing of it can be replayed.")
        return found
    if number not in heard:
        known = ", ".join(map(str, heard)) or "none"
        raise NothingToReplay(f"The recording has no connection {number} with bytes; it has: {known}.")
    return number


def read_script(tape: Tape, number: int, role: Role) -> Script:
    """What the connection `number` of a tape asks of both sides, where `role` is the side that is replayed."""
    entries = tape.entries(number)
    heads = tape.heads(number)
    request, response = heads.get("client"), heads.get("server")
    sent = list(filter(_is_sent, entries))
    reader = _ScriptReader(role, sent)
    if role.peer.value not in heads:
        reader.after[HEADS] = 1  # which comes now
    for entry in sorted(sent, key=lambda each: (_seen(each, role), each.number)):
        reader.read(entry)
    if role.value not in heads:
        reader.steps.insert(0, ReplayStep(None, {HEADS: int(role is Role.SERVER)}))
    return Script(
        number,
        role,
        reader.steps,
        reader.expected,
        request,
        response,
        compression(request, response),
        sum(len(_MASKED.findall(head)) for head in heads.values()),
        any(isinstance(entry.fact, ForeignSource) for entry in entries),
        reader.after,
        reader.ends,
        not reader.sees_end,
        max(0.0, reader.newest - reader.last),
        max(0.0, entries[-1].time - reader.newest),
    )


def compression(request: bytes | None, response: bytes | None) -> Deflate | None:
    """What two heads agree on (RFC 7692); None where one is missing or cannot be read."""
    if request is None or response is None:
        return None
    try:
        return agreed_on(HandshakeRequest.parse(request)[0], HandshakeResponse.parse(response)[0])
    except ProtocolError:
        return None


def queue_of(entry: Entry) -> str:
    """The queue in which an entry stands."""
    if entry.kind == "http":
        return HEADS
    return PINGS if entry.header_size and entry.opcode in (Opcode.PING, Opcode.PONG) else FRAMES


def _is_sent(entry: Entry) -> bool:
    return entry.sender in PEER and (entry.tcp in ("FIN", "RST") or bool(entry.data))


def _seen(entry: Entry, role: Role) -> float:
    """When the replayed side sent it, or received it; where nobody saw that, when it was seen."""
    return entry.time if entry.sender == role.value or entry.arrived is None else entry.arrived


class _ScriptReader:
    """Reads the entries in the order in which the replayed side saw them; `sent` are all, in the order of departure."""

    def __init__(self, role: Role, sent: Sequence[Entry]) -> None:
        self.steps: list[ReplayStep] = []
        self.expected: dict[str, list[Entry]] = {queue: [] for queue in QUEUES}
        self.after = dict.fromkeys(QUEUES, 0)
        self.ends = self.sees_end = self._has_ended = False
        self.last = self.newest = 0.0  # when the replayed side sent, and when anything came or went
        self._role = role
        self._places: dict[int, int] = {}  # in its queue, by the entry's number
        self._unanswered: deque[tuple[int, bytes]] = deque(maxlen=MOST_UNANSWERED)  # Pings with their places
        for entry in sent:
            if entry.sender != role.value and entry.tcp is None:
                queue = self.expected[queue_of(entry)]
                self._places[entry.number] = len(queue)
                queue.append(entry)

    def read(self, entry: Entry) -> None:
        if entry.fate in _NEVER and entry.sender != self._role.value:
            return
        time = _seen(entry, self._role)
        self.sees_end |= entry.tcp is not None or entry.opcode == Opcode.CLOSE
        if entry.sender == self._role.value:
            before, self.last = self.last, time
            self._has_ended |= entry.tcp is not None
            elapsed, pause = max(0.0, time - before), max(0.0, time - self.newest)
            self.steps.append(ReplayStep(entry, dict(self.after), pause, elapsed, self._answered(entry)))
        elif entry.tcp is not None:
            self.ends = not self._has_ended
        else:
            self._receive(entry)
        self.newest = max(self.newest, time)

    def _receive(self, entry: Entry) -> None:
        queue, place = queue_of(entry), self._places[entry.number]
        self.after[queue] = max(self.after[queue], place + 1)
        if entry.opcode == Opcode.PING:
            self._unanswered.append((place, entry.plain or b""))

    def _answered(self, entry: Entry) -> int | None:
        """The newest Ping that this Pong answers; those before it need no answer any more (§5.5.3)."""
        if entry.opcode != Opcode.PONG:
            return None
        payload = entry.plain
        places = [place for place, asked in self._unanswered if asked == payload]
        while places and self._unanswered and self._unanswered[0][0] <= places[-1]:
            self._unanswered.popleft()
        return places[-1] if places else None
