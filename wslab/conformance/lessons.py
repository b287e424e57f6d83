"""What a case teaches: from what the suite saw to a rule, a section, and the way to fix it.

The rule is not guessed from the number of the case. The bytes that the case sent, and those that came back, go to the
verdict of `wslab.explain`, and the lesson is the first of these that applies:

- the opening handshake was not completed: the rule that the head breaks;
- the suite refused a frame that came back: the rule that this frame breaks;
- the case sent bytes that break a rule, and the endpoint did not refuse them as it should: that rule;
- something did not come (a Pong, a Close, a message): a duty. No bytes can show it, so the duties are listed here.

A remark is a rule that the bytes which came back break although the suite is content: it does not look at all of them
(at the MASK bit of a server's frames, for one). A strictness of ours is no remark: a Close that repeats the code 5000
breaks nothing (§7.4.2).

Left out: running cases (`runner`), and the words for what was expected and what came (`results`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wslab.conformance.cases import UNDECIDED, group_of
from wslab.conformance.results import Log, codes_in_words, plain, was_open
from wslab.explain import Verdict, anatomy, kind_of_opcode, verdict
from wslab.protocol import RULES, CloseCode, Opcode, Role, Rule
from wslab.protocol.messages import CloseBody
from wslab.protocol.rules import Force, cite

if TYPE_CHECKING:
    from kosoku._kosoku import CaseResult

__all__ = [
    *("ALIVE", "CLOSE", "DEFLATE", "ECHO", "OPENING", "PONG", "TCP"),
    *("Lesson", "lesson", "never_run", "of_rule", "remark"),
]

_COMPRESSED = ("12", "13")
_OF_CLOSE = tuple(rule for rule in RULES.values() if rule.id.startswith("close-"))
_STRICTNESS = "; the RFC leaves it open, so this is strictness, no violation"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn from a case that is not simply right.

    `text` is the rule or duty as a sentence without its full stop, `section` where it is (empty where no section of an
    RFC speaks of it: Autobahn's own order, and what every RFC leaves open), `why` the reason for it;
    `fix` completes "to fix it, ...". `rule` is the rule of `wslab.RULES` behind it, None for a duty that no bytes can
    break; `where` is the place of the first wrong bit and what was found there.
    """

    text: str
    section: str
    why: str
    fix: str
    rule: Rule | None = None
    where: str = ""

    @property
    def reference(self) -> str:
        """The section as it is cited: `§5.5.2`, or `RFC 7692 §7.2`."""
        return cite(self.section) if self.section else ""

    @property
    def heading(self) -> str:
        """The sentence with its section, if one speaks of it."""
        return f"{self.text} ({self.reference})" if self.section else self.text


PONG = Lesson(
    "a Ping must be answered with a Pong that carries the same payload",
    "5.5.2",
    "a Ping asks whether the peer is still there; without a Pong its sender may take the connection for dead and end"
    " it; the payload tells which Ping is answered (§5.5.3)",
    "answer each Ping as soon as it arrives, also between the fragments of a message, with opcode 0xA and its payload",
)
_SILENCE = Lesson(
    "a Pong that nobody asked for needs no answer",
    "5.5.3",
    "it is a sign of life and nothing more; two peers that answered each other's Pongs would never stop",
    "take a Pong, match it with a Ping of yours if there is one, and send nothing",
)
ECHO = Lesson(
    "a message must arrive whole and once, with the type and the bytes that were sent",
    "6.2",
    "an endpoint under test sends every message back: what does not come back was lost or changed",
    "put the fragments together in order, keep text apart from binary, and send back each message as one of its type",
)
_BEFORE = Lesson(
    "what arrived before a violation is answered before the connection fails",
    "7.1.7",
    "those messages were whole and legal, and a later mistake should not lose them; the RFC leaves it open, so this is"
    " strictness, no violation",
    "hand over the messages in front of the broken frame first, wait until their answers are sent, then fail",
)
_LATE = Lesson(
    "text that can no longer become UTF-8 fails the connection at once, not at the end of the frame or message",
    "8.1",
    "the rest cannot fix it, and may be gigabytes long, or never come; the RFC leaves the moment open, so this is"
    " strictness, no violation",
    "check UTF-8 as the bytes arrive, within a frame too, and fail with 1007 at the first impossible byte",
)
CLOSE = Lesson(
    "a Close must be answered with a Close, and only then may the connection end",
    "5.5.1",
    "with both Closes each side knows why it ended, and that no more data comes (§1.4), though not that all of its own"
    " was read; without, it sees 1006 and has to guess",
    "on a Close that you did not begin, send one back, as a rule with its code, and after that nothing more",
)
_CODE = Lesson(
    "the code of a Close says why the connection ends",
    "7.4.1",
    "a code may be left out (§7.4), but then an application learns nothing: 1002 says that the protocol was broken,"
    " 1007 that the payload does not fit its type, 1000 that all is done",
    "put the code into the Close that fits the reason",
)
TCP = Lesson(
    "the server should end TCP first, and the client should wait for that",
    "7.1.1",
    "the side that ends TCP first holds the TIME_WAIT state: it keeps a client from opening the connection again, and"
    " costs a server nothing of the kind",
    "as a server, end TCP right after both Close frames are through; as a client, wait for it for a while",
)
ALIVE = Lesson(
    "an endpoint should not end the connection for legal bytes",
    "7.3",
    "a client should not close arbitrarily; a server may, but here it was sent nothing to refuse",
    "look at the bytes: all of them are legal, so whatever refused them has to be relaxed",
)
_SPEED = Lesson(
    "a message of any length that the protocol allows arrives, in the time of the case",
    "10.4",
    "a limit is allowed, and wise; the suite measures it anyway, with messages of up to 16 MiB",
    "raise the limit on the size for this test, and look for quadratic work: joining bytes again and again, or one"
    " byte at a time",
)
DEFLATE = Lesson(
    "compressed messages come back as they were, with the parameters that were agreed on",
    "RFC 7692 7.2",
    "both sides keep the same window; where it differs in one byte, no message behind it can be trusted",
    "empty the window where no_context_takeover was agreed on, keep it elsewhere, append 00 00 FF FF before inflating",
)
_NO_DEFLATE = Lesson(
    "permessage-deflate is offered by the client and may be declined",
    "RFC 7692 5",
    "an extension is optional: not having it is not a mistake, so there is nothing to grade",
    "nothing has to be fixed; to have it graded, agree to permessage-deflate as a server, or as a client offer it with"
    " client_no_context_takeover and client_max_window_bits",
)
OPENING = Lesson(
    "the opening handshake is completed",
    "4",
    "nothing can be said before it",
    "answer the request, or send one, as §4 asks for: `wslab dissect` says what is wrong with a head",
)
_NEVER = Lesson(
    "every case is run once",
    "",
    "the client ended, or was ended, before it came to this case",
    "let it ask /getCaseCount, then run /runCase?case=N&agent=NAME for each N from 1, one after the other, and take"
    " whatever ends a connection as the end of that case only",
)


def never_run() -> Lesson:
    """The lesson of a case that the client did not come to."""
    return _NEVER


def lesson(result: CaseResult, grade: str, sent: Log, answered: Log, role: Role) -> Lesson | None:
    """Why the endpoint in `role` got another grade than ok, and what to fix; None where all is well."""
    if grade == "ok":
        return None
    if grade == "informational":
        return _undecided(result)
    if grade == "unimplemented":
        return _NO_DEFLATE
    if not was_open(result):
        return _opening(result, role)
    return _refused(result, answered, role) or _not_refused(result, sent, role) or _missed(result)


def remark(result: CaseResult, answered: Log, role: Role) -> Lesson | None:
    """A rule that the endpoint itself broke in what it sent, whatever the suite says."""
    found = _broken(result, answered, role)
    return None if found is None or found.rule is None or found.rule.force is Force.STRICT else found


def _broken(result: CaseResult, answered: Log, role: Role) -> Lesson | None:
    """The first rule that what came back breaks, one that is a strictness of ours, too."""
    if group_of(result.case_id) in _COMPRESSED:  # without the agreed compression they would look wrong
        return None
    found = verdict(answered.data, role.peer)
    return _of_verdict(found, found.rule.fix) if found.rule else None


def _undecided(result: CaseResult) -> Lesson:
    found = UNDECIDED.get(result.case_id)
    if found is None:
        return Lesson("the RFC leaves open what happens here", "", plain(result.expectation), "nothing has to be fixed")
    return Lesson(found.text, found.section, found.why, "nothing has to be fixed: whatever is done here is right")


def _opening(result: CaseResult, role: Role) -> Lesson:
    head = result.http_response if role is Role.SERVER else result.http_request
    if not head:
        return OPENING
    found = verdict(head.strip().encode("latin-1", "replace") + b"\r\n\r\n", role.peer)
    return _of_verdict(found, found.rule.fix) if found.rule else OPENING


def _refused(result: CaseResult, answered: Log, role: Role) -> Lesson | None:
    """The rule for which the suite itself ended the connection: it did not take the frame that breaks it."""
    came = anatomy(answered.data, role.peer)
    if came.error is None or result.remote_close_code is not None:
        return None
    legal = sum(part.end // 8 <= came.error.offset.byte for part in came.parts)
    return None if sum(result.rx_frame_stats.values()) > legal else _broken(result, answered, role)


def _not_refused(result: CaseResult, sent: Log, role: Role) -> Lesson | None:
    """The rule that the case broke on purpose."""
    if group_of(result.case_id) in _COMPRESSED:
        return None
    found = verdict(sent.data, role)
    if found.rule is None:
        return None
    better = _BEFORE if _lost_earlier(result) else _LATE if _waited(result) else None
    if better is None:
        return _of_verdict(found, _enforce(found, result, _took_close(found, result, sent, role)))
    return Lesson(better.text, better.section, better.why, better.fix, found.rule, _where(found))


def _enforce(found: Verdict, result: CaseResult, took: bool) -> str:
    """How a receiver fixes what it let pass (`took`, for one), or refused with another code."""
    code = int(found.close_code or 1002)
    if result.behavior_close.value == "WRONG CODE" and not took:
        return f"keep refusing it, but with {code} in the Close (§7.4.1)"
    return f"look for it in what arrives, and fail the connection with {code} (§7.1.7)"


def _took_close(found: Verdict, result: CaseResult, sent: Log, role: Role) -> bool:
    """Whether a wrong Close was answered as a right one is: with its own code (§5.5.1), or as a normal end."""
    if found.rule not in _OF_CLOSE:
        return False
    closes = (part.plain for part in anatomy(sent.data, role).parts if part.kind is kind_of_opcode(Opcode.CLOSE))
    return result.remote_close_code in (CloseCode.NORMAL_CLOSURE, *(CloseBody.lenient(each).code for each in closes))


def _lost_earlier(result: CaseResult) -> bool:
    """Whether it refused as it should, and only the messages before it went unanswered."""
    expected = (result.expected or {}).get("OK", [])
    refused = not result.closed_by_me and not result.failed_by_me
    return refused and bool(expected) and len(result.received or []) < len(expected)


def _waited(result: CaseResult) -> bool:
    """Whether it refused in the end, but only behind a pause in which it should have."""
    late = any(event[0] == "timeout" and event[1] == "B" for event in result.received or [])
    return late and result.behavior.value == "NON-STRICT"


def _of_verdict(found: Verdict, fix: str) -> Lesson:
    assert found.rule is not None
    return replace(of_rule(found.rule), fix=fix, where=_where(found))


def of_rule(rule: Rule) -> Lesson:
    """What a rule itself has to teach."""
    why = rule.why + (_STRICTNESS if rule.force is Force.STRICT else "")
    return Lesson(rule.text, rule.section, why, rule.fix, rule)


def _where(found: Verdict) -> str:
    error = found.error
    return f"{error.place}: {error.found} instead of {error.expected}" if error else ""


def _missed(result: CaseResult) -> Lesson:
    """The duty that was not done, by what did not come."""
    group = group_of(result.case_id)
    if group in _COMPRESSED:
        return DEFLATE
    if result.behavior.value in ("OK", "INFORMATIONAL"):
        return _closing_duty(result)
    if group == "9":
        return _SPEED
    best = (result.expected or {}).get("OK", [])
    seen = list(result.received or [])
    if _kinds(best).count("pong") != _kinds(seen).count("pong"):
        return PONG if len(seen) <= len(best) else _SILENCE
    if _kinds(best) == _kinds(seen) == ["pong"] * len(best) and best:
        return PONG
    if list(best) != seen:
        return ECHO if seen or not _ended_early(result) else ALIVE
    return _closing_duty(result)


def _kinds(found: Sequence[Any]) -> list[str]:
    return [event[0] for event in found]


def _ended_early(result: CaseResult) -> bool:
    return not result.closed_by_me and not result.failed_by_me


def _closing_duty(result: CaseResult) -> Lesson:
    if result.behavior_close.value == "WRONG CODE":
        codes = codes_in_words(result)
        return replace(
            _CODE, fix=f"put {codes} into the Close, as this case asks for: all that came before it is legal"
        )
    if result.behavior_close.value == "FAILED BY CLIENT":
        return TCP
    return ALIVE if _ended_early(result) and (result.expected_close or {}).get("closedByMe") else CLOSE
