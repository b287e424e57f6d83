"""A recording as a symptom: what the last connection of a tape shows, in the form of messages that were found.

It looks at facts only: a rule that was broken, a Ping without a Pong (`pongs`), an error that a program raised, the
codes that came, how TCP ended without a Close (`endings`), the status of an answer, a side that waited in vain, many
who dial at once. The connection is the last that ended badly; where none did, the last that ended at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from wslab.course.diagnosis.endings import causes_of_end, find_end, is_end
from wslab.course.diagnosis.known import BY_CODE, BY_STATUS
from wslab.course.diagnosis.lines import Found, found_in
from wslab.course.diagnosis.pattern import Figures
from wslab.course.diagnosis.pongs import causes_of_no_pong, seconds_without_pong
from wslab.explain.durations import format_duration
from wslab.lab.ending import Ending
from wslab.protocol import CloseCode, Opcode
from wslab.tape.entry import PEER, Entry
from wslab.tape.records import ProcessDied, Raised, Reported, RuleFailed, TcpEvent, TimedOut, TlsFailed, Unreachable
from wslab.tape.tape import Tape

__all__ = ["found_at", "found_on"]

RECORDING = "the recording"

RULES: Mapping[str, str] = {
    "reserved-bits": "rsv1-unasked framing-lost",
    "reserved-opcode": "framing-lost",
    "client-masks": "unmasked-client",
    "server-does-not-mask": "masked-server",
    "control-fragmented": "fragmented-ping",
    "control-too-long": "long-ping",
    "length-minimal": "framing-lost",
    "length-top-bit": "framing-lost",
    "frame-too-big": "message-too-big",
    "message-too-big": "message-too-big",
    "inflated-too-big": "deflate-bomb message-too-big",
    "continuation-needs-start": "framing-lost cancelled-close",
    "messages-do-not-interleave": "cancelled-close framing-lost",
    "text-is-utf8": "text-not-utf8 wrong-encoding fragment-checker",
    "close-body-length": "wrong-close-code",
    "close-code-valid": "wrong-close-code",
    "close-code-known": "wrong-close-code",
    "close-reason-utf8": "text-not-utf8",
    "rsv1-first-fragment": "rsv1-unasked",
    "head-not-tls": "tls-at-plain-port",
    "head-is-http": "not-http",
    "request-upgrade": "upgrade-stripped",
    "request-connection": "upgrade-stripped",
    "request-origin": "cross-site-origin",
    "response-upgrade": "upgrade-stripped",
    "response-connection": "upgrade-stripped",
    "response-accept": "wrong-accept",
    "response-subprotocol": "wrong-subprotocol",
    "response-extensions": "rsv1-unasked",
}
"""Causes of a broken rule; of one that is not here, the RFC's words in the recording say more than we could."""

_WAITED = {
    "opening": "handshake-unanswered blocked-loop",
    "close": "close-unanswered close-answer-lost",
    "write": "slow-consumer half-open-server",
    "end": "half-open blocked-loop",
}
_TLS = {"name": "tls-name-mismatch", "expired": "certificate-expired", "no-tls": "tls-at-plain-port"}
_LOST_ANSWER = "close-answer-lost close-unanswered"
_UNKNOWN_TLS = "inspecting-proxy tls-name-mismatch certificate-expired"

_MANY = 20
"""Connections that begin in one second: a herd."""

_NORMAL = (1000, 1001, 1005)


def found_on(tape: Tape) -> list[Found]:
    """What a tape shows; empty where nothing ended on it, and nothing was lost."""
    numbers = [*reversed(tape.connection_numbers), 0]
    every = [list(_found(tape, number)) for number in numbers]
    bad = [found for found in every if found and not all(_is_normal(each) for each in found)]
    return [*_herd(tape), *next(iter(bad or [found for found in every if found]), [])]


def found_at(ending: Ending) -> list[Found]:
    """What one side knows of an end: the rule that the peer broke, the Pong that did not come, the code that came."""
    if ending.failure is not None:
        rule = ending.failure.rule.id
        return [Found(RECORDING, rule, f"The rule {rule} is broken.", Figures(), tuple(RULES.get(rule, "").split()))]
    if ending.timed_out is not None:
        waited, figures = ending.timed_out, Figures(took=ending.timed_out.seconds)
        return [Found(RECORDING, waited.waited_for, "No Pong came.", figures, ("half-open", "blocked-loop", "tunnel"))]
    causes = BY_CODE.get(ending.code, ("close-code",))
    return [Found(RECORDING, str(ending.code), "It ended.", Figures(code=ending.code, reason=ending.reason), causes)]


def _is_normal(found: Found) -> bool:
    return found.figures.code in _NORMAL and "close-unanswered" not in found.causes


def _found(tape: Tape, number: int) -> Iterator[Found]:
    entries = tape.entries(number)
    yield from _broken(entries)
    yield from _facts(entries)
    yield from _refused(entries)
    yield from _closes(entries)
    yield from _ended(tape, entries)


def _herd(tape: Tape) -> Iterator[Found]:
    """Very many connections begin in the same second, and after others had ended: they come back."""
    ended = next((each.time for each in tape if is_end(each)), float("inf"))
    begins = [each for each in tape if _begins(each) and each.time >= ended]
    second, count = max(Counter(int(each.time) for each in begins).items(), key=lambda each: each[1], default=(0, 0))
    if count >= _MANY:
        first = next(each for each in begins if int(each.time) == second)
        yield _seen(first, f"{count} connections begin in one second.", "herd rolling-deploy")


def _broken(entries: list[Entry]) -> Iterator[Found]:
    for each in entries:
        rule = each.fact.rule if isinstance(each.fact, RuleFailed) else "" if each.error is None else each.error.rule.id
        if rule in RULES:
            yield _seen(each, f"The rule {rule} is broken.", RULES[rule])
            return


def _facts(entries: list[Entry]) -> Iterator[Found]:
    for each in entries:
        match each.fact:
            case TimedOut(waited_for="pong", seconds=seconds):
                causes = causes_of_no_pong(entries, each, seconds)
                yield _seen(each, f"The {each.sender} got no Pong.", causes, Figures(took=seconds))
            case TimedOut(waited_for=what, seconds=seconds):
                is_lost = what == "close" and _answer_was_lost(entries, each)
                causes = _LOST_ANSWER if is_lost else _WAITED.get(what, _WAITED["end"])
                yield _seen(each, f"The {each.sender} waited in vain.", causes, Figures(took=seconds))
            case TlsFailed(why=why):
                yield _seen(each, "TLS failed.", _TLS.get(why, _UNKNOWN_TLS))
            case Unreachable(why=why):
                causes = "nothing-listens" if why == "refused" else "no-such-name nothing-listens"
                yield _seen(each, "The server was not reached.", causes)
            case ProcessDied():
                yield _seen(each, f"The {each.sender}'s process was killed.", "killed")
            case Raised(error=said) | Reported(text=said):
                yield from found_in(said)


def _answer_was_lost(entries: list[Entry], waited: Entry) -> bool:
    closes = [each for each in entries if each.opcode == Opcode.CLOSE and each.sender == PEER[waited.sender]]
    return bool(closes) and closes[0].arrived is None and closes[0].time < waited.time


def _refused(entries: list[Entry]) -> Iterator[Found]:
    heads = [each for each in entries if each.kind == "http" and each.sender == "server"]
    for each in heads[-1:]:
        status = each.data.split(b" ", 2)[1:2]
        if status and status[0].isdigit() and status[0] != b"101":
            code = int(status[0][:3])
            causes = " ".join(BY_STATUS.get(code, ("handshake-refused",)))
            yield _seen(each, f"The handshake was answered with {code}.", causes, Figures(status=code))


def _closes(entries: list[Entry]) -> Iterator[Found]:
    closes = [each for each in entries if each.opcode == Opcode.CLOSE]
    if not closes or closes[0].plain is None or any(_is_missed_pong(each) for each in entries):
        return
    first, plain = closes[0], closes[0].plain
    code, stood = (int.from_bytes(plain[:2], "big"), "with {}") if len(plain) >= 2 else (1005, "without a code")
    reason = plain[2:].decode("utf-8", "replace") or None
    answers = [each for each in closes if each.sender == PEER[first.sender]]
    says = f"The {first.sender} sent a Close {stood.format(code)}{'' if answers else ', and no answer came'}."
    waited = seconds_without_pong(entries, first) if code == CloseCode.INTERNAL_ERROR else None
    if waited is not None:
        reason = None  # the Ping says more than these words, which a clue would read
        says = f"{says} It had waited {format_duration(waited)} for a Pong."
    causes = _causes_of_close(entries, first, answers, code, waited)
    yield _seen(first, says, causes, Figures(code=code, reason=reason, took=waited))


def _is_missed_pong(entry: Entry) -> bool:
    """A Close that follows says nothing more: the side that waited sends 1011."""
    return isinstance(entry.fact, TimedOut) and entry.fact.waited_for == "pong"


def _causes_of_close(entries: list[Entry], first: Entry, answers: list[Entry], code: int, waited: float | None) -> str:
    if waited is not None:
        return causes_of_no_pong(entries, first, waited)
    causes = BY_CODE.get(code, ("close-code",))
    if not answers:
        causes = ("close-unanswered", *causes)
    elif first.arrived is not None and answers[0].time < first.arrived:
        causes = ("simultaneous-close", *causes)
    elif code == 1007 and _in_a_message(entries, first):
        causes = ("fragment-checker", *causes)
    elif code == 1000 and first.sender == "server":
        causes = ("clean-close-by-server", *causes)
    return " ".join(dict.fromkeys(causes))


def _in_a_message(entries: list[Entry], close: Entry) -> bool:
    """Whether the other side had begun a message and not finished it."""
    data = [each for each in entries if each.opcode in (0, 1, 2) and each.sender == PEER[close.sender]]
    before = [each for each in data if each.time <= close.time]
    return bool(before) and not before[-1].data[0] & 0x80


def _ended(tape: Tape, entries: list[Entry]) -> Iterator[Found]:
    end = find_end(entries, dials_again=lambda time: _dials(tape, time))
    if end is not None:
        old = Figures(code=1006, seconds=round(end.silence, 1), age=round(end.age, 1))
        yield _seen(end.entry, "TCP ended without a Close.", causes_of_end(end), old)
        return
    lost = [each for each in entries if each.opcode is not None and each.arrived is None and each.fate == "lost"]
    if len(lost) >= 2 and not any(each.opcode == Opcode.CLOSE for each in entries):
        yield _seen(lost[-1], "What is sent does not arrive, and nobody has noticed.", "zombie-user half-open-server")


def _dials(tape: Tape, time: float) -> bool:
    """Whether a connection begins within a second."""
    return any(_begins(each) and 0 <= each.time - time <= 1.0 for each in tape)


def _begins(entry: Entry) -> bool:
    return isinstance(entry.fact, TcpEvent) and entry.fact.what == "connect"


def _seen(entry: Entry, says: str, causes: str, figures: Figures | None = None) -> Found:
    return Found(RECORDING, f"step {entry.number}", says, figures or Figures(), tuple(causes.split()))
