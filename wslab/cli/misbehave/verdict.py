"""What a peer's reaction to a broken rule is worth, as pure data.

The verdict looks only at what came from the peer: its HTTP status, its frames, the end of TCP. A Close counts more than
a Pong before it, since some peers read the frames first and the text in them later.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from wslab.cli.misbehave.violations import PROBE, Violation, probe
from wslab.explain import close_code_words, quoted
from wslab.protocol import CloseCode, Frame, Opcode, ProtocolError, Role
from wslab.protocol.messages import CloseBody
from wslab.protocol.rules import cite

_NORMAL = (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RCVD)


MOST_KEPT = 20
"""Frames of a peer that are kept, the last ones."""

MOST_PAYLOAD = 125
"""Bytes of a payload that are kept."""


class Reaction(Enum):
    """How a peer reacted: `mark` is for the terminal, `right` is None where nothing can be said."""

    RIGHT = ("✓", True)
    NEARLY = ("~", True)
    WRONG = ("×", False)
    UNKNOWN = ("?", None)

    def __init__(self, mark: str, right: bool | None) -> None:
        self.mark = mark
        self.right = right


def exit_code(reactions: Iterable[Reaction]) -> int:
    """What a script learns: 1 where a peer did wrong, else 2 where nothing can be said of one or none came, else 0."""
    rights = {reaction.right for reaction in reactions}
    return 1 if False in rights else 2 if None in rights or not rights else 0


class SeenFrames:
    """What came from a peer as frames, in bounded memory, however long it goes on sending.

    Kept are the first frame of each kind, the answer to our Ping, and the last `MOST_KEPT`; all others are counted.
    Payloads are kept up to `MOST_PAYLOAD` bytes, which no control frame exceeds (§5.5).
    """

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self._first: dict[object, Frame] = {}
        self._last: deque[Frame] = deque(maxlen=MOST_KEPT)

    def add(self, frames: Iterable[Frame]) -> None:
        """More frames."""
        for frame in frames:
            kept = frame.replace(payload=frame.payload[:MOST_PAYLOAD])
            self.counts[frame.opcode] += 1
            self._first.setdefault(frame.opcode, kept)
            if frame.opcode == Opcode.PONG and frame.payload == PROBE:
                self._first.setdefault(PROBE, kept)
            self._last.append(kept)

    @property
    def kept(self) -> list[Frame]:
        """The frames that are kept."""
        return [*self._first.values(), *self._last]

    @property
    def close(self) -> Frame | None:
        """The peer's Close."""
        return self._first.get(Opcode.CLOSE)


@dataclass(frozen=True, slots=True)
class Observation:
    """What came from the peer behind the broken bytes.

    `status` is that of its HTTP answer (0: no HTTP), None where none came. `frames` are its frames, of many those that
    `SeenFrames` kept, and `count` is how many came. `ended` is how it ended TCP, None where it did not within `waited`
    seconds. `broke` is a rule that it broke itself.
    """

    waited: float
    status: int | None = None
    frames: Sequence[Frame] = ()
    ended: str | None = None
    broke: ProtocolError | None = None
    count: int = 0

    @property
    def answered_probe(self) -> bool:
        """Whether it answered the legal Ping."""
        return any(frame.opcode == Opcode.PONG and frame.payload == PROBE for frame in self.frames)

    @property
    def close(self) -> Frame | None:
        """Its Close frame."""
        return next((frame for frame in self.frames if frame.opcode == Opcode.CLOSE), None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a peer: its reaction, and a sentence about it."""

    reaction: Reaction
    sentence: str

    def __str__(self) -> str:
        words = {Reaction.RIGHT: "right", Reaction.NEARLY: "nearly right", Reaction.WRONG: "wrong"}
        return f"{self.reaction.mark} {words.get(self.reaction, 'not known')}: {self.sentence}"


def judge(violation: Violation, seen: Observation) -> Judgement:
    """Whether the peer did what it should."""
    peer = violation.breaker.peer
    if not violation.in_head:
        verdict = _of_frames(violation, seen)
    elif peer is Role.SERVER:
        verdict = _of_server(violation, seen)
    else:
        verdict = _of_client(seen)
    # what it broke itself is no answer to the rule, and nothing allows it
    if verdict.reaction is Reaction.WRONG and violation.left_open and seen.broke is None:
        return Judgement(Reaction.NEARLY, f"{verdict.sentence} That is allowed: {violation.left_open}.")
    return verdict


def _of_frames(violation: Violation, seen: Observation) -> Judgement:
    peer, close = violation.breaker.peer, seen.close
    if close is not None:  # also behind a Pong: some read the frames first and the text in them later
        return _of_close(violation, close)
    if seen.answered_probe:
        return Judgement(Reaction.WRONG, f"the {peer} went on: it answered the Ping that came behind.")
    if seen.broke is not None:
        return Judgement(Reaction.WRONG, f"the {peer} broke a rule itself: {seen.broke}")
    if seen.ended is None:
        waited = f"{seen.waited:g} s"
        came = f" {seen.count:,} frames came." if seen.count > 1 else ""
        if not probe(violation):
            return Judgement(Reaction.WRONG, f"for {waited} the {peer} neither closed nor ended TCP.{came}")
        return Judgement(
            Reaction.WRONG, f"the {peer} went on: for {waited} it neither closed nor answered a Ping.{came}"
        )
    ended = f"the {peer} ended TCP ({seen.ended}) without a Close; a Close with a code first would say why (§7.1.7)."
    return Judgement(Reaction.NEARLY, ended)


def _of_close(violation: Violation, close: Frame) -> Judgement:
    peer, rule = violation.breaker.peer, violation.rule
    code, told = int(CloseBody.lenient(close.payload).code), close.payload[2:]
    said = f"with {code}" if close.payload else "without a code"
    reason = f", reason {quoted(told)}" if told else ""
    # §5.5.1: who answers a Close "typically echos the status code it received": to repeat a bad one is to take it
    if code in (*_NORMAL, CloseCode.ABNORMAL_CLOSURE, violation.sent_code):
        return Judgement(Reaction.WRONG, f"the {peer} closed {said}{reason}, as if nothing were wrong.")
    failed = f"the {peer} failed the connection {said}{reason}"
    if code == rule.close_code:
        return Judgement(Reaction.RIGHT, f"{failed}.")
    if not rule.names_answer:
        return Judgement(Reaction.RIGHT, f"{failed}; the RFC names no code for this.")
    wanted = int(rule.close_code or 0)
    words = close_code_words(wanted).partition(":")[0]
    return Judgement(Reaction.NEARLY, f"{failed}; {wanted} ({words}) is the code for this ({cite(rule.names_answer)}).")


_ERRORS = range(400, 600)  # §4.2.1: "an appropriate error code (such as 400 Bad Request)"


def _of_server(violation: Violation, seen: Observation) -> Judgement:
    wanted = violation.rule.http_status
    if seen.status == 101 or seen.answered_probe:
        return Judgement(Reaction.WRONG, "the server went on: it answered 101.")
    if seen.status in _ERRORS:
        return Judgement(Reaction.RIGHT, f"the server refused the handshake with {seen.status}.")
    if seen.status:
        return Judgement(
            Reaction.NEARLY,
            f"the server refused with {seen.status}; an error such as {wanted} would say why, and §4.2.1 asks for one.",
        )
    if seen.ended is not None:
        how = f"ended TCP ({seen.ended})" if seen.status is None else "answered with something that is not HTTP"
        return Judgement(
            Reaction.NEARLY,
            f"the server {how}; an error such as {wanted} would tell the client why, and §4.2.1 asks for one.",
        )
    return Judgement(Reaction.UNKNOWN, f"the server sent nothing for {seen.waited:g} s and keeps the connection open.")


def _of_client(seen: Observation) -> Judgement:
    data = [frame for frame in seen.frames if frame.opcode <= Opcode.BINARY]
    if seen.answered_probe or data:
        how = "answered a Ping" if seen.answered_probe else "sent a message"
        return Judgement(Reaction.WRONG, f"the client went on: it {how}, as if the connection were open.")
    if seen.close is not None:
        code = int(CloseBody.lenient(seen.close.payload).code)
        if code not in _NORMAL:
            why = "there is no Close before the connection is open (§7.1.7)."
            return Judgement(Reaction.NEARLY, f"the client failed the connection with a Close {code}; {why}")
        return Judgement(Reaction.WRONG, "the client went on: it closed as if the connection were open.")
    if seen.ended is not None:
        return Judgement(Reaction.RIGHT, f"the client began no WebSocket: TCP ended ({seen.ended}), no frame came.")
    return Judgement(Reaction.UNKNOWN, f"the client sent nothing for {seen.waited:g} s and keeps the connection open.")
