"""Verdicts in words: what a peer did, who fails the connection, what helps, and what the RFC leaves open.

What peers do where they differ from wslab, and whether the RFC demands a rule or names its code, comes from the table
of rules (`wslab.protocol.rules`), whose peers were measured.

Left out: what happened (`judging`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wslab.course.peers.find import Judged
from wslab.course.peers.judging import Outcome, Verdict
from wslab.course.peers.reading import Heard
from wslab.explain.hextext import short_hex
from wslab.explain.rules_page import peers_words
from wslab.explain.words import is_readable, quoted
from wslab.protocol.codes import Role
from wslab.protocol.peers import ENDS_TCP, Answer
from wslab.protocol.rules import OF_SENDERS, Force, Rule, cite

__all__ = ["SIGNS", "answer_name", "cure", "difference", "headline", "left_open", "peer_line"]

SIGNS = {Outcome.ACCEPTS: "✓", Outcome.OTHER: "≠", Outcome.WAITS: "…", Outcome.REFUSES: "×"}
"""A sign for each outcome."""


def answer_name(answer: Answer) -> str:
    """`Close 1002`, `HTTP 400`, `TCP ends`."""
    if answer == ENDS_TCP:
        return "TCP ends"
    return f"Close {answer}" if int(answer) >= 1000 else f"HTTP {answer}"


def headline(verdict: Verdict) -> str:
    """The verdict as a sentence: what the receiver does, and who fails the connection."""
    who = f"The {verdict.role}"
    match verdict.outcome:
        case Outcome.ACCEPTS:
            return f"{who} accepts it, and reads the same."
        case Outcome.OTHER:
            return f"{who} accepts it, but {difference(verdict)}."
        case Outcome.WAITS:
            return f"{who} refuses nothing, and waits {_for_what(verdict)}."
    if verdict.fails is not verdict.role:
        return f"{who} accepts the request, but its answer fits another key: the client fails the connection (§4.1)."
    return f"{who} {_refuses(verdict)}."


def _waits_in_head(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.WAITS and verdict.inside and not verdict.reading.heard


def _for_what(verdict: Verdict) -> str:
    if verdict.inside:
        head = "request" if verdict.role is Role.SERVER else "response"
        return f"for the rest of the {head}" if _waits_in_head(verdict) else "for the rest of a frame"
    missing = verdict.legal.heard[len(verdict.reading.heard)]
    return "for a Close that did not come" if missing[0] == "close" else "for the rest of the message"


def _refuses(verdict: Verdict) -> str:
    assert verdict.refusal is not None
    answer = verdict.refusal.answer
    rule = f": {verdict.error.rule.text}" if verdict.error else ""
    if answer == ENDS_TCP:
        return f"fails the connection and ends TCP{rule}"
    if int(answer) < 1000:
        return f"refuses the request with HTTP {answer}{rule}"
    return f"fails the connection with {answer}{rule}"


def difference(verdict: Verdict) -> str:
    """What it read that differs from the legal reading: `reads the text “Hemlo” instead of the text “Hello”`."""
    heard, legal = verdict.reading.heard, verdict.legal.heard
    shorter = min(len(heard), len(legal))
    at = next((n for n in range(shorter) if heard[n] != legal[n]), shorter)
    if heard[at:] == legal[at + 1 :]:
        return f"never reads {_thing(legal[at])}"
    if heard[at + 1 :] == legal[at:]:
        return f"reads {_thing(heard[at])} besides"
    return f"reads {_thing(heard[at])} instead of {_thing(legal[at])}" if at < shorter else _more_or_less(verdict)


def _more_or_less(verdict: Verdict) -> str:
    """Where one reading begins with all of the other, and more than one thing is missing or too many."""
    heard, legal = len(verdict.reading.heard), len(verdict.legal.heard)
    return f"reads {heard - legal} things more" if heard > legal else f"never reads {legal - heard} things"


_KINDS = {"ping": "a Ping", "pong": "a Pong", "binary": "the bytes", "text": "the text", "close": "Close"}


def _thing(heard: Heard) -> str:
    kind, data = heard
    if kind == "open":
        return f"a request for {quoted(str(data).encode())}"
    if isinstance(data, str):
        return f"{_KINDS[kind]} {quoted(data.encode()) if kind == 'text' else data}"
    if not data:
        return "no bytes" if kind == "binary" else f"an empty {kind.capitalize()}"
    return f"{_KINDS[kind]} {quoted(data) if is_readable(data) else short_hex(data)}"


def peer_line(verdict: Verdict) -> str:
    """What one peer did, in short: `Close 1002`, `waits`, `reads the text “Hemlo”`."""
    if verdict.outcome is Outcome.REFUSES and verdict.refusal is not None:
        by = "" if verdict.fails is verdict.role else " by its own client"
        return f"{answer_name(verdict.refusal.answer)}{by}"
    if verdict.outcome is Outcome.OTHER:
        return difference(verdict).partition(" instead of ")[0]
    return str(verdict.outcome.value)


# --- what helps ---------------------------------------------------------------------------------


def cure(verdict: Verdict) -> str:
    """How to fix it, or what would notice it where no rule is broken."""
    if verdict.error is not None:
        words = verdict.error.rule.fix
        return f"{words[0].upper()}{words[1:]}.{_LATE if verdict.late else ''}"
    match verdict.outcome:
        case Outcome.OTHER:
            return f"{_unnoticed(verdict)} TLS notices a changed byte, and so does a checksum of your own."
        case Outcome.WAITS:
            none_yet = _NONE_FOUND if _waits_in_head(verdict) else "No rule is broken yet:"
            return f"{none_yet} {_ENDS_OF_A_WAIT} ends the wait."
        case Outcome.REFUSES if verdict.fails is verdict.role:
            return "Send what the receiver expects here: what it says of it is in the table."
        case Outcome.REFUSES:
            return "Send the accept value of the key that the client sent: both must come from the same key."
    return "Nothing that wslab reads depends on this change."


# what the target of a request may consist of (RFC 3986 §3.3)
_ADDRESS = re.compile(r"[\w.~!$&'()*+,;=:@/?%-]*", re.ASCII)
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _unnoticed(verdict: Verdict) -> str:
    """Why wslab does not notice that it reads something else."""
    heard, legal = verdict.reading.heard, verdict.legal.heard
    if any(kind == "open" and not _ADDRESS.fullmatch(str(data).partition(" at ")[0]) for kind, data in heard):
        return "No address has this character (RFC 3986 §3.3), and wslab accepts it."
    if any(kind == "open" and _NO_ESCAPE.search(str(data)) for kind, data in heard):
        return "No address has a `%` without two hex digits behind it (RFC 3986 §2.1), and wslab accepts it."
    if any(one != other and one[0] == other[0] == "pong" for one, other in zip(heard, legal, strict=False)):
        return "A Pong that answers a Ping has its payload (§5.5.3); any other is taken for one that nobody asked for."
    return "No rule is broken: the protocol has no checksum."


_NONE_FOUND = "wslab finds no broken rule yet, since it judges a head once it is whole:"
_ENDS_OF_A_WAIT = "only more bytes, the end of TCP or a time limit of the receiver's own"
_LATE = " Here a byte behind the changed frame breaks the rule: the change made the receiver read it in another way."


# --- what the RFC leaves open -------------------------------------------------------------------


def left_open(judged: Judged) -> str:
    """Where the peers here differ, or others were measured to: what the RFC demands and what it leaves open."""
    return " ".join(_left_open(judged))


def _left_open(judged: Judged) -> Iterator[str]:
    error = judged.ours.error
    differ = len({_did(verdict) for verdict in judged.verdicts}) > 1
    if error is not None and (differ or error.rule.peers(judged.ours.role)):
        yield from _of_rule(error.rule, judged.ours.role)
    waits = any(each.outcome is Outcome.WAITS for each in judged.verdicts)
    if differ and error is not None and waits and error.rule.force is not Force.LIMIT:
        yield "The RFC does not say when to judge: wslab fails at the first wrong bit, others once all of it is there."
    refuses = any(each.outcome is Outcome.REFUSES for each in judged.verdicts)
    if differ and refuses and _waits_in_head(judged.ours):
        yield "The RFC does not say when to judge: wslab judges a head once it is whole, others may judge each line."
    elif differ and error is None:
        yield "The peers differ, and no rule that wslab enforces says why: the reason that each gives is its own."


def _did(verdict: Verdict) -> tuple[Outcome, Answer | None]:
    return verdict.outcome, verdict.refusal.answer if verdict.refusal else None


_SENDERS_MUST = "{section} has a MUST for the sender, and does not say that a receiver must refuse it."
_FORCES = {
    Force.MUST: "{section} has a MUST: a peer that accepts it breaks the RFC.",
    Force.SHOULD: "{section} has a SHOULD: a peer may accept it for a reason of its own.",
    Force.DEFINED: "{section} defines the form, and does not say what a receiver does with another.",
    Force.LIMIT: "The limit is the receiver's own ({section}), so another peer may have another.",
    Force.STRICT: "{section} leaves it open, and wslab is strict: others need not refuse.",
}


def _of_rule(rule: Rule, role: Role) -> Iterator[str]:
    yield _force(rule, role)
    status = rule.http_status if role is Role.SERVER else None  # a client has nothing to answer a head with
    number = int(rule.close_code or status or 0)
    if number and rule.names_answer:
        yield f"{cite(rule.names_answer)} names {number} for this."
    elif number:
        yield f"No section names {number} for this: it is wslab's choice."
    if rule.peers(role):
        yield f"Measured {'with the example of' if rule.example else 'for'} `RULES.md`: {peers_words(rule)}."


def _force(rule: Rule, role: Role) -> str:
    if rule.id in OF_SENDERS:
        return _SENDERS_MUST.format(section=rule.reference)
    if rule.id != "head-is-http":
        return _FORCES[rule.force].format(section=rule.reference)
    # its section defines a head; what a receiver does with another is said of a server alone
    if role is Role.SERVER:
        return _FORCES[Force.MUST].format(section=cite("4.2.1"))
    return _FORCES[Force.DEFINED].format(section=rule.reference)
