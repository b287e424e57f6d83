"""The task `encode_frame(opcode, payload, *, fin=True, mask=None) -> bytes`: a frame as it is on the wire (§5.2).

Left out: what may not be sent at all, such as a Ping without FIN. The function writes what it is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wslab.course.check.task import Case, Task
from wslab.course.check.tasks.encoders import MISTAKES, right_frame
from wslab.course.checks import check_bytes
from wslab.course.report import CheckResult
from wslab.protocol.codes import Role

__all__ = ["SIZES", "TASK"]

KEY = bytes.fromhex("37fa213d")
"""The key of the RFC's example (§5.7)."""

SIZES = (125, 126, 127, 65535, 65536, 65537)
"""Around the lengths at which the form of the length changes (§5.2)."""


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    role = Role.SERVER if case.arguments["mask"] is not None else Role.CLIENT
    result = check_bytes(got, expected, role=role)
    if result.ok is None:  # no byte at all
        return replace(result, ok=False, sentence=f"it gives no bytes: {result.sentence}")
    return result


# ---- the inputs


def _case(opcode: int, payload: bytes, fin: bool = True, mask: bytes | None = None, rule: str = "") -> Case:
    if not rule:
        rule = MASKS if mask else SHORTEST if len(payload) > 125 else FIELD
    return Case({"opcode": opcode, "payload": payload, "fin": fin, "mask": mask}, rule)


SHORTEST, MASKS, FIELD = "length-minimal", "client-masks", "local-frame-field"

CASES = (
    _case(1, b""),
    _case(1, b"Hello"),
    _case(2, b"\x00\xff"),
    _case(1, b"Hel", False, None, "control-fragmented"),
    _case(0, b"lo"),
    _case(0, b"l", False, None, "control-fragmented"),
    _case(9, b"Hello"),
    _case(10, b""),
    _case(8, b"\x03\xe8"),
    _case(1, b"Hello", True, KEY),
    _case(2, b"", True, KEY),
    _case(2, b"abcdefghi", False, b"\x01\x02\x03\x04"),
    _case(8, b"\x03\xe9bye", True, b"\x80\x40\x20\x10"),
    _case(1, b"Hello", True, b"\0\0\0\0"),
    *(_case(2, b"a" * size) for size in SIZES),
    *(_case(1, b"b" * size) for size in (125, 126, 127, 200, 65535, 65536)),
    _case(2, b"a" * 121, True, KEY),
    _case(2, b"a" * 126, True, KEY),
    _case(0, b"a" * 300, False, KEY),
)


def _inputs(strategies: Any) -> Any:
    short = strategies.binary(max_size=12)
    long = strategies.sampled_from(SIZES[:3]).map(lambda size: b"a" * size)
    keys = strategies.one_of(strategies.none(), strategies.binary(min_size=4, max_size=4))
    opcodes = strategies.sampled_from((1, 2, 0, 8, 9, 10))
    return strategies.builds(_case, opcodes, strategies.one_of(short, long), strategies.booleans(), keys)


SOLUTION = """\
def encode_frame(opcode, payload, *, fin=True, mask=None):
    size = len(payload)
    if size < 126:
        length, more = size, b""
    elif size < 65536:
        length, more = 126, size.to_bytes(2, "big")
    else:
        length, more = 127, size.to_bytes(8, "big")
    head = bytes([(0x80 if fin else 0) | opcode, (0x80 if mask else 0) | length]) + more
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))"""

TASK = Task(
    signature="encode_frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None) -> bytes",
    wants="bytes",
    begin="make byte 0 of FIN and the opcode (§5.2)",
    reference=right_frame,
    fits=lambda value: isinstance(value, bytes),
    cases=CASES,
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
    named=frozenset({"fin", "mask"}),
)
