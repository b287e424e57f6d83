"""Checks that know the protocol: give one of them your function, and it says what is right, and what is not.

    from wslab import check

    def unmask(payload, key):
        ...

    check.unmask(unmask)

Each calls the function with many inputs, the boundaries first, then what hypothesis makes. What it says is a
`CheckResult`: the smallest input that fails, what came and what is right, the first wrong bit, and, where it is one
that people make, the mistake by its name. Nothing raises at the learner. A call that takes more than a second is ended.

- `task`, `outcome`: an exercise as data, and one call of a function.
- `inputs`, `known`, `judge`: further inputs, known mistakes, and the report; `differences` is where two results differ.
- `tasks`: the exercises. `complete`: a server's seven functions, with the right one where the learner's is not.

`heartbeat`, `reconnect` and `server` take a coroutine function and run it in virtual time (`wslab.course.exercises`).
"""

from wslab.course.check.complete import complete
from wslab.course.check.judge import check as _check
from wslab.course.check.tasks import TASKS as _TASKS
from wslab.course.exercises import check_heartbeat as heartbeat
from wslab.course.exercises import check_reconnect as reconnect
from wslab.course.exercises import check_server as server
from wslab.course.hand_in.notes import noted as _noted
from wslab.course.report import CheckResult

__all__ = [
    "accept_key",
    "assemble",
    "close_body",
    "complete",
    "decode_frame",
    "encode_frame",
    "handshake",
    "heartbeat",
    "reconnect",
    "server",
    "unmask",
]


def accept_key(f: object) -> CheckResult:
    """Check `accept_key(key: str) -> str`: the Sec-WebSocket-Accept of a key (§4.2.2)."""
    return _check(_TASKS["accept_key"], f)


def unmask(f: object) -> CheckResult:
    """Check `unmask(payload: bytes, key: bytes) -> bytes`: a payload, unmasked (§5.3)."""
    return _check(_TASKS["unmask"], f)


def encode_frame(f: object) -> CheckResult:
    """Check `encode_frame(opcode, payload, *, fin=True, mask=None) -> bytes`: a frame on the wire (§5.2)."""
    return _check(_TASKS["encode_frame"], f)


def decode_frame(f: object) -> CheckResult:
    """Check `decode_frame(data) -> (fin, opcode, payload, consumed) | None`: one frame from the front of `data` (§5.2).

    None says that more bytes are needed, ValueError that the frame is illegal.
    """
    return _check(_TASKS["decode_frame"], f)


def assemble(f: object) -> CheckResult:
    """Check `assemble(frames) -> list of str and bytes`: messages from frames `(fin, opcode, payload)` (§5.4).

    ValueError says that the frames are illegal.
    """
    return _check(_TASKS["assemble"], f)


def close_body(f: object) -> CheckResult:
    """Check `close_body(body: bytes) -> (code, reason)`: what a Close frame says (§5.5.1).

    ValueError says that the body is illegal.
    """
    return _check(_TASKS["close_body"], f)


def handshake(f: object) -> CheckResult:
    """Check `handshake(request: bytes) -> bytes`: a server's answer to the opening handshake (§4.2)."""
    return _check(_TASKS["handshake"], f)


for _name in [each for each in __all__ if each != "complete"]:  # that one puts functions together, and checks none
    globals()[_name] = _noted(globals()[_name], f"check.{_name}")
