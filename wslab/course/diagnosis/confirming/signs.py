"""What each cause leaves on a tape: the sign by which one sees that it is there, and later that it is gone.

How it works: a `Sign` counts something. What it counts are facts of the tape: codes that the sides believe in the end,
Pings without a Pong, rules that were broken, messages that were lost. As long as it counts more than `most`, the
symptom is there. A clean end is no sign by itself: answers in the wrong order end with 1000, too.

`SIGNS` has one for each cause whose fix can be measured. What this module leaves out: playing (`confirmation`), and
what a tape of unknown cause shows (`recordings`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from wslab.protocol import HandshakeRequest, Opcode, State
from wslab.scenarios.outcomes import Outcome, outcomes
from wslab.tape.entry import Belief, Entry
from wslab.tape.records import Noted, Raised, RuleFailed, SilenceEnded, TimedOut, WentSilent
from wslab.tape.tape import Tape

__all__ = ["SIGNS", "Sign"]

_IN_BUFFERS = 1 << 19
"""Bytes on their way that TCP's buffers may hold; more of them are in the memory of the program that sends."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What is counted, in words and as a function of a tape; up to `most` of them are no symptom."""

    text: str
    count: Callable[[Tape], int]
    most: int = 0


def _ends(tape: Tape) -> list[Outcome]:
    """The end of each connection."""
    return outcomes(tape, alike=False)


def _beliefs(tape: Tape) -> Iterator[Belief]:
    """What each side of each connection believes in the end."""
    for each in _ends(tape):
        yield from (belief for _, belief in each.beliefs)


def _reports(code: int) -> Sign:
    """Sides that report a code to their program."""
    return Sign(
        f"sides that report {code}",
        lambda tape: sum(each.state is State.CLOSED and each.code == code for each in _beliefs(tape)),
    )


def _breaks(rule: str) -> Sign:
    return Sign(
        f"times that the rule {rule} was broken",
        lambda tape: sum(isinstance(each.fact, RuleFailed) and each.fact.rule == rule for each in tape),
    )


def _says(code: int) -> Sign:
    data = code.to_bytes(2, "big")
    return Sign(
        f"Closes with {code}",
        lambda tape: sum((each.plain or b"")[:2] == data for each in tape.frames(Opcode.CLOSE)),
    )


def _status(entry: Entry) -> bytes:
    """The status of a response; empty for anything else."""
    is_response = entry.kind == "http" and entry.sender == "server"
    return entry.data[9:12] if is_response else b""


def _refused_with(status: int) -> Sign:
    return Sign(f"answers with {status}", lambda tape: sum(_status(each) == str(status).encode() for each in tape))


def _never_open(tape: Tape) -> int:
    """Attempts, at least one, without those on which a side believed OPEN at some moment."""
    numbers = {each.connection for each in tape if each.connection}
    opened = {each.connection for each in tape if _is_open(each.client) or _is_open(each.server)}
    return max(1, len(numbers)) - len(opened)


def _is_open(belief: Belief | None) -> bool:
    return belief is not None and belief.state is State.OPEN


def _still_open(tape: Tape) -> int:
    return sum(map(_is_open, _beliefs(tape)))


def _behind_silence(side: str) -> Callable[[Tape], int]:
    """Connections whose path is silent in the end, and of which a side believes OPEN."""

    def count(tape: Tape) -> int:
        silent = _silent(tape)
        return sum(_is_open(getattr(each, side)) for each in _ends(tape) if each.connections[0] in silent)

    return count


def _silent(tape: Tape) -> set[int]:
    """Connections whose path swallows what is sent, in the end."""
    silent: set[int] = set()
    for each in tape:
        if isinstance(each.fact, WentSilent):
            silent.add(each.connection)
        elif isinstance(each.fact, SilenceEnded):
            silent.discard(each.connection)
    return silent


def _misplaced(tape: Tape) -> int:
    """Answers that do not name the question in whose place they come."""
    asked, answered = (tape.frames(Opcode.TEXT, side) for side in ("client", "server"))
    return sum((one.plain or b"") not in (two.plain or b"") for one, two in zip(asked, answered, strict=False))


def _ended_attempts(tape: Tape) -> int:
    return sum(each.client is not None and each.client.code == 1006 for each in _ends(tape))


def _waiting(tape: Tape) -> int:
    """The most bytes that a server had sent and its clients had not got yet."""
    frames = [each for each in tape.frames(side="server") if each.arrived is not None]
    moves = [(each.time, len(each.data)) for each in frames]
    moves += [(each.arrived or 0.0, -len(each.data)) for each in frames]
    waiting = most = 0
    for _, size in sorted(moves, key=lambda move: (move[0], -move[1])):
        waiting += size
        most = max(most, waiting)
    return most


def _windows(tape: Tape) -> int:
    """Connections on which compression was agreed on and the server keeps its window."""
    agreed = [each.data for each in tape if _status(each) == b"101" and b"permessage-deflate" in each.data]
    return sum(b"server_no_context_takeover" not in data for data in agreed)


def _again(tape: Tape) -> int:
    """Connections that a restarting server ended, beyond one for each client that is connected in the end."""
    ended = len(tape.frames(Opcode.CLOSE, "server"))
    return ended - sum(_is_open(each.server) for each in _ends(tape))


def _standstill(tape: Tape) -> int:
    """The longest time, in whole seconds, between two frames of the server."""
    times = [each.time for each in tape.frames(side="server")]
    return int(max((later - each for each, later in pairwise(times)), default=0.0))


def _missing(tape: Tape) -> int:
    """Numbers of orders, from 1 to the greatest, that no message has."""
    texts = [each.plain or b"" for each in tape.frames(Opcode.TEXT, "server")]
    known = {int(number) for text in texts for number in re.findall(rb"order (\d+)", text)}
    return max(known, default=0) - len(known)


def _lost(tape: Tape) -> int:
    return sum(each.fate == "lost" for each in tape.frames((Opcode.TEXT, Opcode.BINARY)))


def _undelivered(tape: Tape) -> int:
    """1 where the client's last message was lost: nothing brought it later."""
    return sum(each.fate == "lost" for each in tape.frames(Opcode.TEXT, "client")[-1:])


def _misread(tape: Tape) -> int:
    """Texts that are not UTF-8, or that the program which got them shows otherwise, in a note of its own."""
    texts = [each.plain or b"" for each in tape.frames(Opcode.TEXT, "client")]
    shown = "".join(each.fact.text for each in tape if isinstance(each.fact, Noted))
    return sum(text.decode("utf-8", "replace") not in shown for text in texts)


def _strangers(tape: Tape) -> int:
    """Origins that were let in, beside the first one, which is the site's own."""
    inside = {each.connection for each in tape if _status(each) == b"101"}
    requests = [each for each in tape if each.kind == "http" and each.sender == "client" and each.connection in inside]
    origins = {HandshakeRequest.parse(each.data)[0].header("Origin") for each in requests}
    return len(origins) - 1


_MISSED = Sign(
    "Pings without a Pong in time",
    lambda tape: sum(isinstance(each.fact, TimedOut) and each.fact.waited_for == "pong" for each in tape),
)
_REFUSED = Sign("attempts that open no connection", _never_open)
_GHOSTS = Sign("users online behind a silent path", _behind_silence("server"))
_HOLLOW = Sign("sides that still believe OPEN", _still_open)
_RAISED = Sign("errors that a handler raised", lambda tape: sum(isinstance(each.fact, Raised) for each in tape))

SIGNS: Mapping[str, Sign] = {
    **dict.fromkeys(("cut", "killed", "idle-proxy", "slow-keepalive", "age-limit", "cancelled-close"), _reports(1006)),
    **dict.fromkeys(("hasty-reset", "close-unanswered", "censor"), _reports(1006)),
    **dict.fromkeys(("clean-close", "clean-close-by-server", "simultaneous-close"), _reports(1006)),
    **dict.fromkeys(("blocked-loop", "pong-behind-queue", "pong-behind-upload", "pong-lost", "tunnel"), _MISSED),
    **dict.fromkeys(("upgrade-stripped", "inspecting-proxy", "over-http2", "browser-says-no"), _REFUSED),
    "handshake-refused": _REFUSED,
    **dict.fromkeys(("zombie-user", "half-open"), _GHOSTS),
    **dict.fromkeys(("forgotten-task", "three-heartbeats"), _HOLLOW),
    **dict.fromkeys(("close-without-code", "socket-io"), _reports(1005)),
    **dict.fromkeys(("background-tab", "other-server"), _says(1008)),
    "loop-running": _RAISED,
    "unmasked-client": _breaks("client-masks"),
    "masked-server": _breaks("server-does-not-mask"),
    "rsv1-unasked": _breaks("reserved-bits"),
    "fragmented-ping": _breaks("control-fragmented"),
    "wrong-close-code": _breaks("close-code-valid"),
    "text-not-utf8": _breaks("text-is-utf8"),
    "half-open-server": Sign("clients that believe OPEN behind a silent path", _behind_silence("client")),
    "long-ping": _breaks("control-too-long"),
    "fragment-checker": _says(1007),
    "wrong-encoding": Sign("texts that were not read as they were meant", _misread),
    "first-frame-glued": Sign("messages that were lost", _lost),
    "wake-up": Sign("mails that no connection brought", _undelivered),
    "wrong-subprotocol": _breaks("response-subprotocol"),
    "out-of-order": Sign("answers in the place of another", _misplaced),
    "split-character": _reports(1007),
    "herd": Sign("attempts that ended without a welcome", _ended_attempts),
    "slow-consumer": Sign("bytes that waited for the client", _waiting, most=_IN_BUFFERS),
    "message-too-big": _says(1009),
    "cross-site-origin": Sign("pages of another site that came in", _strangers),
    "deflate-memory": Sign("connections whose window the server keeps", _windows),
    "rolling-deploy": Sign("times that a client landed on a server about to restart", _again),
    "slow-one-in-the-room": Sign("seconds for which the server stood still", _standstill, most=2),
    "snapshot-gap": Sign("orders that never came", _missing),
    "token-expires": _refused_with(401),
}
"""The sign of each cause."""
