"""Why a connection ended, for a person: on the level of WebSocket, on that of TCP, and what to look for.

It says what this side can know and no more. A close code is given with its sender; for 1005, 1006 and 1015 it says
that nobody sent it (§7.4.1). The RFC leaves undefined what a program should do about a code (§7.4): the advice is
ours, for 1012 to 1014 and the codes from 3000 on after their registration with IANA (§11.7). Where this side failed
the connection itself, its 1006 says nothing, and the reason for it is given instead.
"""

from __future__ import annotations

from wslab.lab.ending import Ending
from wslab.protocol import CloseCode

UNAUTHORIZED, FORBIDDEN = 3000, 3003  # registered with IANA (§7.4.2, §11.7)

ADVICE = {
    1000: "A normal end: the side that closed was done.",
    1001: "A server stops (often for a deploy), or a page was left: connect again if you still need it.",
    1002: "The side that sent it saw the other break a rule of the protocol: look at the last frame before the Close;"
    " `wslab tap` shows it.",
    1003: "The receiver takes no messages of this type, text or binary: send the other.",
    1005: "The Close had no code. A browser sends such a Close for close() without arguments.",
    1006: "Nobody sends 1006: it means that no Close came from the other side. Common causes: a program that"
    " crashed or was killed, a proxy with an idle timer, a network that went away, a peer that ended TCP without a"
    " Close."
    " If it always takes the same time, a timer is likely.",
    1007: "Text that is not UTF-8, or data that cannot be inflated: look at what was sent just before.",
    1008: "Refused for a reason of the application: often a login that is missing or has expired.",
    1009: "A message was larger than the limit of the side that closed: send less, or raise that limit.",
    1010: "The client needs an extension to which the server did not agree.",
    1011: "The side that closed met an error of its own: its log knows more. If a message of yours"
    " caused it, the same message will cause it again. With the reason `keepalive ping timeout`"
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


def explain_end(ending: Ending, cause: str = "") -> list[str]:
    """The end in three lines: WebSocket, TCP, what it means. `cause` says what the peer sent instead of frames."""
    means = _meaning(ending, cause)
    return [f"WebSocket  {ending.words()}", f"TCP        It {ending.tcp.words}.", f"Meaning    {means}"]


_FAILED = (
    "This side ended it because of what the peer sent: look there. Its own 1006 only says that it read no Close behind"
    " that (§7.1.7)."
)
_NO_PONG = (
    "This side ended it because no Pong came: the other side, or the way to it, was busy or dead. Its own 1006 only"
    " says that it read no Close behind that (§7.1.7)."
)


def _meaning(ending: Ending, cause: str) -> str:
    if ending.failure is not None:
        return f"{_FAILED} {cause}".rstrip()
    if ending.timed_out is not None:
        return _NO_PONG
    if ending.code in ADVICE:
        return ADVICE[ending.code]
    if 3000 <= ending.code <= 3999:
        return "A code for a library, a framework or an application: IANA's registry says which, if it is registered."
    return (
        "A code of this application: look in its documentation."
        if ending.code >= 4000
        else "A code that is reserved, or that wslab does not know (§7.4.2)."
    )


def is_final(code: int) -> bool:
    """Whether connecting again would end the same way: the work is done, or the peer refused for good."""
    same_bytes_fail_again = {CloseCode.PROTOCOL_ERROR, CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_PAYLOAD}
    refused = {CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG, CloseCode.MANDATORY_EXTENSION}
    return code == CloseCode.NORMAL_CLOSURE or code in same_bytes_fail_again | refused | {UNAUTHORIZED, FORBIDDEN}
