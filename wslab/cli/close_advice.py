"""Why a connection ended, for a person: on the level of WebSocket, on that of TCP, and what to look for.

It says what this side can know and no more. A close code is given with its sender; for 1005, 1006 and 1015 it says
that nobody sent it (§7.4.1). The RFC leaves undefined what a program should do about a code (§7.4): the advice is
ours, for 1012 to 1014 and the codes from 3000 on after their registration with IANA (§11.7). Where this side failed
the connection itself, its 1006 says nothing: `wslab.course.diagnosis` says what the reason for it may come from. A
Close with 1000 right behind large data that nobody answered is not called normal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslab.lab.ending import Ending
from wslab.protocol import CloseCode

if TYPE_CHECKING:
    from wslab.course.diagnosis import Likely

UNAUTHORIZED, FORBIDDEN = 3000, 3003  # registered with IANA (§7.4.2, §11.7)

ADVICE = {
    1000: "A normal end: the side that closed was done. A handler that returns closes so, too.",
    1001: "A server stops (often for a deploy), or a page was left: connect again if you still need it.",
    1002: "The side that sent it saw the other break a rule of the protocol: look at the last frame before the Close;"
    " `wslab tap` shows it.",
    1003: "The receiver takes no messages of this type, text or binary: send the other.",
    1005: "The Close had no code. A browser sends such a Close for close() without arguments.",
    1006: "Nobody sends 1006: it means that no Close came from the other side. Common causes: a program that"
    " crashed or was killed, a proxy with an idle timer, a network that went away, a peer that ended TCP without a"
    " Close."
    " If it always takes the same time, a timer is likely. `wslab diagnose 1006` asks and puts them in order.",
    1007: "Text that is not UTF-8, or data that cannot be inflated: look at what was sent just before.",
    1008: "Refused for a reason of the application: often a login that is missing or has expired.",
    1009: "A message was larger than the limit of the side that closed: send less, or raise that limit.",
    1010: "The client needs an extension to which the server did not agree.",
    1011: "The side that closed met an error of its own, such as a handler that raised: its log knows more. If a"
    " message of yours caused it, the same message will cause it again. With the reason `keepalive ping timeout`"
    " it waited for a Pong: the other side, or the way to it, was busy or dead.",
    1012: "The server restarts: connect again after a random time of 5 to 30 seconds.",
    1013: "The server has too much to do: connect to another of its addresses, or wait until the user acts.",
    1014: "A gateway got a bad answer from the server behind it: look at that server.",
    1015: "Nobody sends 1015: it means that the TLS handshake failed.",
    UNAUTHORIZED: "The server wants a login that was missing or has expired: log in, then connect again.",
    FORBIDDEN: "This login may not do what it asked for: connecting again with it ends the same way.",
    3008: "The server waited too long for something, such as a login or a sign of life: connect again.",
}
"""What to look for, by close code."""

LARGE = 1 << 16
"""Bytes without an answer that make a Close with 1000 look like a limit."""


def explain_end(ending: Ending, cause: str = "", pending: str = "", unanswered: int = 0) -> list[str]:
    """The end in three lines: WebSocket, TCP, what it means.

    `cause` says what the peer sent instead of frames, where that is known; `pending` what it began and never ended.
    `unanswered` are the bytes of messages that this side sent since the last message came.
    """
    waited = pending if ending.code == CloseCode.ABNORMAL_CLOSURE else ""
    meaning = _of_a_failure(ending, cause) or waited or advice(ending.code, unanswered=unanswered)
    return [f"WebSocket  {ending.words()}", f"TCP        It {ending.tcp.words}.", f"Meaning    {meaning}"]


def advice(code: int, *, unanswered: int = 0) -> str:
    """What a code means for a person; `unanswered` as in `explain_end`."""
    if code == CloseCode.NORMAL_CLOSURE and unanswered >= LARGE:
        return (
            f"A Close with 1000 says that all is well, but it came behind {unanswered:,} bytes that nobody answered:"
            " a limit of the receiver for the size of a message is likely (1009 is the code for that, §7.4.1)."
            " Look in its log, or send less."
        )
    if code in ADVICE:
        return ADVICE[code]
    if 3000 <= code <= 3999:
        return "A code for a library, a framework or an application: IANA's registry says which, if it is registered."
    return (
        "A code of this application: look in its documentation."
        if 4000 <= code <= 4999
        else "A code that is reserved, or that wslab does not know (§7.4.2)."
    )


def _of_a_failure(ending: Ending, cause: str) -> str:
    """What the peer's bytes, or its Pong that did not come, may come from; empty where this side failed nothing."""
    if ending.failure is None and ending.timed_out is None:
        return ""
    from wslab.course.diagnosis import Diagnosis  # loads every scenario, which a good end does not need
    from wslab.course.diagnosis.recordings import found_at

    rule = "" if ending.failure is None else ending.failure.rule.reference
    why = f"of what the peer sent, which breaks a rule ({rule})" if rule else _NO_PONG
    found = Diagnosis(tuple(found_at(ending))).causes
    return f"This side ended it because {why}. {cause or (_likely(found[0]) if found else _LOOK)} {_OWN_1006}"


_NO_PONG = "no Pong came: the other side, or the way to it, was busy or dead"
_LOOK = "Look at its last bytes before the Close: `wslab tap` shows them."
_OWN_1006 = "Its own 1006 only says that it read no Close behind that (§7.1.7)."


def _likely(found: Likely) -> str:
    scenario = "" if found.cause.scenario is None else f" `wslab play {found.cause.scenario}` shows it."
    return f"Most likely: {found.cause.text} {found.cause.fix.text}{scenario}"


def is_final(code: int) -> bool:
    """Whether connecting again would end the same way: the work is done, or the peer refused for good."""
    same_bytes_fail_again = {CloseCode.PROTOCOL_ERROR, CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_PAYLOAD}
    refused = {CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG, CloseCode.MANDATORY_EXTENSION}
    return code == CloseCode.NORMAL_CLOSURE or code in same_bytes_fail_again | refused | {UNAUTHORIZED, FORBIDDEN}
