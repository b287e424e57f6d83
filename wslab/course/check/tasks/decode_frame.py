"""The task `decode_frame(data) -> (fin, opcode, payload, consumed) | None`: one frame from the front of some bytes.

None says that more bytes are needed; ValueError that the header is illegal, sent by either side (§5.2, §5.5). A masked
frame and one that is not are legal both: the function does not know who sent it. An illegal header comes whole, so
nobody has to judge a part of it.

Left out: what a row of frames means (`assemble`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wslab.course.check.differences import differing_bytes, differing_values
from wslab.course.check.task import Case, Task
from wslab.course.check.tasks.decoders import LAYOUT, MISTAKES, WAIT
from wslab.course.check.tasks.encode_frame import SIZES
from wslab.course.check.tasks.reader import right_fields
from wslab.course.report import CheckResult
from wslab.protocol.frames import Frame
from wslab.protocol.offset import Offset

__all__ = ["TASK"]

KEY = bytes.fromhex("37fa213d")
"""The key of the RFC's example (§5.7)."""

SHORTEST, MASKS, FIELD = "length-minimal", "client-masks", "local-frame-field"

NAMES = ("fin", "opcode", "payload", "consumed")


def _fits(value: object) -> bool:
    return value is None or (isinstance(value, tuple) and len(value) == 4 and isinstance(value[2], bytes))


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    data = case.arguments["data"]
    assert isinstance(data, bytes)
    if got is None:
        hint = f"Its {expected[3]} bytes are all there."
        return CheckResult(False, "it gives None, and the frame is whole.", hint, WAIT)
    if expected is None:
        return CheckResult(False, "it gives a frame, and more bytes are needed: None.", WAIT, LAYOUT)
    if got[:2] == expected[:2] and got[2] != expected[2]:
        return _other_payload(data, got[2], expected)
    places = (Offset(0, 0), Offset(0, 4), Offset(2), Offset(1, 1))
    return differing_values(NAMES, got, expected, places)


def _other_payload(data: bytes, got: bytes, expected: Any) -> CheckResult:
    payload, begin = expected[2], expected[3] - len(expected[2])
    key = data[begin - 4 : begin] if data[1] & 0x80 else b""
    why = "The payload begins behind length and key, and has as many bytes as the length says (§5.2)."
    found = differing_bytes(got, payload, lambda at: f"key[{at % 4}]" if key else "payload", lambda at: why)
    assert found.first_wrong_bit is not None
    return replace(found, first_wrong_bit=found.first_wrong_bit.moved(begin))


def _case(data: bytes, rule: str = FIELD) -> Case:
    return Case({"data": data}, rule)


def _frame(opcode: int, payload: bytes = b"", mask: bytes | None = None, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin=fin, mask=mask).serialize()


_HELLO = _frame(1, b"Hello", KEY)
_LONG = _frame(2, b"a" * 126, KEY)
_LARGE = _frame(2, b"a" * 65536)

CASES = (
    _case(_frame(1)),
    _case(_frame(1, b"Hello")),
    _case(_frame(2, b"\x00\xff")),
    _case(_frame(1, b"Hel", fin=False), "control-fragmented"),
    _case(_frame(0, b"l", fin=False), "control-fragmented"),
    _case(_frame(0, b"lo")),
    _case(_frame(9, b"Hello")),
    _case(_frame(10)),
    _case(_frame(8, b"\x03\xe8")),
    _case(_HELLO, MASKS),
    _case(_frame(2, b"", KEY), MASKS),
    _case(_frame(2, b"abcdefghi", b"\x01\x02\x03\x04", fin=False), MASKS),
    _case(_frame(1, b"Hello") + b"\x81"),
    _case(_frame(1, b"Hello") + _frame(9)),
    _case(_frame(1) + _frame(1, b"a")),
    _case(_HELLO + _HELLO, MASKS),
    # cut off
    _case(b""),
    _case(b"\x81"),
    *(_case(_HELLO[:size]) for size in (2, 5, 6, 10)),
    _case(b"\x82\x03ab"),
    *(_case(_LONG[:size]) for size in (2, 3, 4, 8, 133)),
    *(_case(_LARGE[:size]) for size in (2, 3, 9, 10, 400)),
    # around the boundaries of the length
    *(_case(_frame(2, b"a" * size), SHORTEST) for size in SIZES),
    _case(_LONG, SHORTEST),
    _case(_frame(1, b"b" * 300) + b"\x81", SHORTEST),
    _case(_frame(2, b"b" * 65600) + b"\x81", SHORTEST),
    _case(_frame(10, b"p" * 125)),
    # illegal
    _case(b"\xc1\x00", "reserved-bits"),
    _case(b"\xa1\x01a", "reserved-bits"),
    _case(b"\x92\x80" + KEY, "reserved-bits"),
    _case(b"\x83\x00", "reserved-opcode"),
    _case(b"\x8b\x00", "reserved-opcode"),
    _case(b"\x87\x81" + KEY + b"a", "reserved-opcode"),
    _case(b"\x8f\x00", "reserved-opcode"),
    _case(b"\x09\x00", "control-fragmented"),
    _case(b"\x08\x02\x03\xe8", "control-fragmented"),
    _case(b"\x0a\x80" + KEY, "control-fragmented"),
    _case(b"\x89\x7e\x00\x7e" + b"p" * 126, "control-too-long"),
    _case(b"\x88\x7e\x00\x80" + b"\x03\xe8" * 64, "control-too-long"),
    _case(b"\x82\x7e\x00\x05abcde", SHORTEST),
    _case(b"\x81\x7e\x00\x7d" + b"a" * 125, SHORTEST),
    _case(b"\x82\x7f" + bytes(7) + b"\x05abcde", SHORTEST),
    _case(b"\x82\x7f" + (65535).to_bytes(8, "big") + b"a" * 65535, SHORTEST),
    _case(b"\x82\x7f\x80" + bytes(7), "length-top-bit"),
    _case(b"\x81\x7f\xff" + b"\xff" * 7, "length-top-bit"),
)


def _inputs(strategies: Any) -> Any:
    short = strategies.binary(max_size=12)
    long = strategies.sampled_from(SIZES[:3]).map(lambda size: b"a" * size)
    keys = strategies.one_of(strategies.none(), strategies.binary(min_size=4, max_size=4))
    data = strategies.builds(
        _frame,
        strategies.sampled_from((1, 2, 0)),
        strategies.one_of(short, long),
        keys,
        fin=strategies.booleans(),
    )
    cut = strategies.integers(min_value=0, max_value=12)
    behind = strategies.binary(max_size=4)
    whole = strategies.builds(lambda data, behind: _case(data + behind), data, behind)
    return strategies.one_of(whole, strategies.builds(lambda data, cut: _case(data[: len(data) - cut]), data, cut))


SOLUTION = """\
def decode_frame(data):
    if len(data) < 2:
        return None
    fin, opcode = bool(data[0] & 0x80), data[0] & 0x0F
    masked, length = bool(data[1] & 0x80), data[1] & 0x7F
    if data[0] & 0x70 or opcode not in (0, 1, 2, 8, 9, 10):
        raise ValueError("a reserved bit, or a reserved opcode")
    if opcode >= 8 and (not fin or length > 125):
        raise ValueError("a control frame that is fragmented, or too long")
    begin = 2
    if length > 125:
        least, begin = (126, 4) if length == 126 else (65536, 10)
        if len(data) < begin:
            return None
        length = int.from_bytes(data[2:begin], "big")
        if length < least or length >> 63:
            raise ValueError("a length in the wrong form")
    key = data[begin : begin + 4] if masked else bytes(4)
    begin += 4 if masked else 0
    if len(data) < begin + length:
        return None
    payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(data[begin : begin + length]))
    return fin, opcode, payload, begin + length"""

TASK = Task(
    signature="decode_frame(data: bytes) -> tuple[bool, int, bytes, int] | None",
    wants="fin, opcode, payload and the bytes consumed, or None",
    begin="take FIN and the opcode from byte 0, and give None where there are not even two bytes (§5.2)",
    reference=right_fields,
    fits=_fits,
    cases=CASES,
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
)
