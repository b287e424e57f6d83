"""Why a connection ended, for a person: on the level of WebSocket, on that of TCP, and what to look for.

It says what this side can know and no more. A close code is given with its sender; for 1005, 1006 and 1015 it says that
nobody did (§7.4.1).
"""

from __future__ import annotations

from wslab.lab.ending import Ending
from wslab.protocol import CloseCode

ADVICE = {
    1000: "All is well: the side that closed had nothing more to say.",
    1001: "A server stops (often for a deploy), or a page was left: connect again if you still need it.",
    1002: "The side that sent it saw the other break a rule of the protocol: look at the last frame before the Close;"
    " `wslab tap` shows it.",
    1003: "The receiver takes no messages of this type, text or binary: send the other.",
    1005: "The Close had no code. Browsers send that for close() without arguments.",
    1006: "Nobody sends 1006: it means that the connection ended without a Close. A program that crashed or was killed,"
    " a proxy with an idle timer, a network that went away. See whether it always takes the same time; then it is a"
    " timer.",
    1007: "Text that is not UTF-8, or data that cannot be inflated: look at what was sent just before.",
    1008: "Refused for a reason of the application: often a login that is missing or has run out.",
    1009: "A message was larger than the limit of the side that closed: send less, or raise that limit.",
    1010: "The client needs an extension to which the server did not agree.",
    1011: "Something unexpected happened at the side that closed: its log knows more. With the reason `keepalive ping"
    " timeout` it waited for a Pong: the other side, or the path to it, was busy or dead.",
    1012: "The server restarts: connect again after a random pause of 5 to 30 s.",
    1013: "The server has too much to do: connect to another address, or when the user acts.",
    1014: "A gateway got a bad answer from the server behind it: look there.",
    1015: "Nobody sends 1015: it means that the TLS handshake failed.",
    3000: "Unauthorized (registered at IANA): log in, or get a new token, before you connect again.",
    3003: "Forbidden (registered at IANA): this user may not do that, and connecting again changes nothing.",
    3008: "Timeout (registered at IANA): what the server waited for did not come in time.",
}
"""What to look for, by close code."""


def explain_end(ending: Ending) -> list[str]:
    """The end in three lines: WebSocket, TCP, what it means."""
    return [f"WebSocket  {ending.words()}", f"TCP        It {ending.tcp.words}.", f"Meaning    {_meaning(ending)}"]


def _meaning(ending: Ending) -> str:
    if ending.code in ADVICE:
        return ADVICE[ending.code]
    if 3000 <= ending.code <= 3999:
        return "For libraries, frameworks and applications (§7.4.2), but not in IANA's registry here: ask the peer's."
    if 4000 <= ending.code <= 4999:
        return "For private use (§7.4.2): this application knows what it means."
    return "A code without a meaning."


_LOGIN = (3000, 3003)  # Unauthorized and Forbidden


def is_final(code: int) -> bool:
    """Whether connecting again would end the same way: the work is done, or the peer refused for good."""
    same_bytes_fail_again = {CloseCode.PROTOCOL_ERROR, CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_PAYLOAD}
    refused = {CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG, CloseCode.MANDATORY_EXTENSION, *_LOGIN}
    return code == CloseCode.NORMAL_CLOSURE or code in same_bytes_fail_again | refused
