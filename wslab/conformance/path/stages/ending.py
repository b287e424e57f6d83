"""The stage about the closing handshake (§5.5.1, §7)."""

from __future__ import annotations

from wslab.conformance.lessons import CLOSE
from wslab.conformance.path.case import Case, Closing, Stage
from wslab.conformance.path.stages.make import KEY, fragments, text
from wslab.protocol import Frame, Opcode

__all__ = ["CLOSES"]


def _close(name: str, title: str, body: bytes, *before: Frame, wrong: int = 0, hint: str = "") -> Case:
    """A Close with this body, behind other frames; `wrong` is the code that fits as an answer to a wrong one."""
    code = int.from_bytes(body[:2], "big") if len(body) > 1 else None
    sent = (*before, Frame(Opcode.CLOSE, body, mask=KEY))
    return Case(name, title, Closing(code, wrong), sent, lesson=CLOSE, hint=_OWN.format(wrong) if wrong else hint)


def _body(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2, "big") + reason


_NOT_1005 = (
    "An empty Close has no code. Libraries call that 1005, which never travels (§7.4.1): answer with an empty Close."
)
_OWN = "Do not repeat a code or a reason that is not legal: answer with {}, or end TCP."

CLOSES = Stage(
    "close",
    "Answer a Close, then end TCP",
    "Answer a Close (opcode 0x8) with a Close, as a rule with the same code, and then end TCP at once: the server does"
    " that first (§5.5.1, §7.1.1). Behind your Close send nothing. An empty Close gets a Close, best an empty one. "
    "Never send 1005, 1006 or 1015, a body of one byte, or a reason that is not UTF-8, also where such a Close came:"
    " answer that with 1002 (1007 for the reason), or end TCP.",
    "88 82 and the key and 03 e8, masked, is Close 1000; the answer is 88 02 03 e8, and then the end of TCP.",
    "opcode 0x8: check the body, send 88 and its length and the code's two bytes, flush that, and close the socket."
    " Do not read on, and do not wait for the client to close first.",
    "clean-close",
    (
        _close("normal", "Close 1000", _body(1000)),
        _close("reason", "Close 1001 with the reason “bye”", _body(1001, b"bye")),
        _close("empty", "a Close without a code", b"", hint=_NOT_1005),
        _close("own-code", "Close 4321, a code of an application", _body(4321)),
        _close("longest", "Close 1000 with a reason of 123 bytes", _body(1000, b"r" * 123)),
        _close("in-a-message", "a Close in the middle of a fragmented message", _body(1000),
               fragments(text("never whole"), 5)[0]),
        _close("1005", "Close with the code 1005, which must never travel", _body(1005), wrong=1002),
        _close("one-byte", "a Close with a body of one byte", b"\x03", wrong=1002),
        _close("reason-not-utf8", "Close 1000 with a reason that is no UTF-8", _body(1000, b"\xff"), wrong=1007),
    ),
)  # fmt: skip
