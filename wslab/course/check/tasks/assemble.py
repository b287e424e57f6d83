"""The task `assemble(frames) -> list of messages`: from frames to messages (§5.4, §8.1).

A frame is (fin, opcode, payload), unmasked. Text messages are str, binary ones bytes, in the order in which they end. A
message that is not finished is not in the list. Control frames may come between fragments, and are no messages.
ValueError says that the frames are illegal.

Left out: what the control frames say, and text that is wrong in a message that does not end: when that is found out, a
receiver may choose.
"""

from __future__ import annotations

from typing import Any

from wslab.course.check.task import Case, Task, shown
from wslab.course.check.tasks.assemblers import (
    APART,
    CONTROL,
    MISTAKES,
    RESERVED,
    STARTS,
    UTF8,
    WAY,
    Fragment,
    right_messages,
)
from wslab.course.comparison import first_difference
from wslab.course.report import CheckResult

__all__ = ["TASK"]


def _fits(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, (str, bytes)) for each in value)


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    del case
    at = first_difference(got, expected)
    if at == len(got) or at == len(expected):
        sentence = f"it gives {shown(list(got))}, and should give {shown(list(expected))}."
        which = "missing" if at == len(got) else "too many"
        return CheckResult(False, sentence, f"Message {at}, counted from 0, is the first that is {which}.", WAY)
    sentence = f"message {at} is {shown(got[at])}, and should be {shown(expected[at])}."
    return CheckResult(False, sentence, "Text is str, binary is bytes; the first frame says which (§5.6).", WAY)


def _case(*frames: Fragment, rule: str = STARTS) -> Case:
    return Case({"frames": list(frames)}, rule)


_E_ACUTE, _SMILE = "é".encode(), "😀".encode()
_PING, _PONG, _CLOSE = (True, 9, b"ping"), (True, 10, b""), (True, 8, b"\x03\xe8")

CASES = (
    _case(),
    _case((True, 1, b"Hello"), rule=UTF8),
    _case((True, 2, b"\x00\xff"), rule=UTF8),
    _case((True, 2, b"abc"), rule=UTF8),
    _case((True, 1, b""), (True, 2, b"")),
    _case((True, 1, "é😀".encode()), rule=UTF8),
    _case((True, 1, b"a"), (True, 2, b"b"), (True, 1, b"c"), rule=APART),
    _case((False, 1, b"Hel"), (True, 0, b"lo")),
    _case((False, 2, b"a"), (False, 0, b"b"), (True, 0, b"c")),
    _case((False, 1, b""), (True, 0, b"")),
    _case((False, 1, b"a"), (True, 0, b""), (True, 1, b"b"), rule=APART),
    _case((False, 1, _E_ACUTE[:1]), (True, 0, _E_ACUTE[1:]), rule=UTF8),
    _case((False, 1, _SMILE[:2]), (False, 0, _SMILE[2:3]), (True, 0, _SMILE[3:] + b"!"), rule=UTF8),
    # control frames
    _case(_PING, rule=CONTROL),
    _case((True, 1, b"a"), _PONG, (True, 1, b"b"), rule=CONTROL),
    _case((False, 1, b"Hel"), _PING, (True, 0, b"lo"), rule=CONTROL),
    _case((False, 2, b"a"), _PONG, (False, 0, b"b"), _PING, (True, 0, b"c"), rule=CONTROL),
    _case((True, 1, b"bye"), _CLOSE, rule=CONTROL),
    # not finished
    _case((False, 1, b"Hel")),
    _case((True, 1, b"a"), (False, 2, b"b"), (False, 0, b"c")),
    _case((False, 1, _E_ACUTE[:1]), rule=UTF8),
    # illegal
    _case((True, 0, b"lo")),
    _case((False, 0, b"l"), (True, 0, b"o")),
    _case((True, 1, b"a"), (True, 0, b"b")),
    _case((False, 1, b"a"), (True, 1, b"b"), rule=APART),
    _case((False, 1, b"a"), (True, 2, b"b"), (True, 0, b"c"), rule=APART),
    _case((False, 2, b"a"), (False, 2, b"b"), (True, 0, b"c"), rule=APART),
    _case((False, 1, b"a"), _PING, (True, 1, b"b"), rule=APART),
    _case((True, 1, b"a\xff"), rule=UTF8),
    _case((True, 1, _E_ACUTE[:1]), rule=UTF8),
    _case((False, 1, b"\xc3"), (True, 0, b"("), rule=UTF8),
    _case((True, 1, b"\xed\xa0\x80"), rule=UTF8),
    _case((True, 1, b"a\xed\xb0\x80"), rule=UTF8),
    _case((False, 9, b""), rule=CONTROL),
    _case((True, 1, b"a"), (False, 8, b"\x03\xe8"), rule=CONTROL),
    _case((True, 3, b"a"), rule=RESERVED),
    _case((True, 1, b"a"), (True, 11, b""), rule=RESERVED),
)


def _inputs(strategies: Any) -> Any:
    """Messages in fragments that end anywhere, and sometimes with a Ping between two of these."""
    text = strategies.text(strategies.sampled_from("aé€😀"), max_size=4).map(lambda text: (1, text.encode()))
    data = strategies.binary(max_size=4).map(lambda data: (2, data))
    cuts = strategies.lists(strategies.integers(min_value=0, max_value=8), max_size=2)
    message = strategies.tuples(strategies.one_of(text, data), cuts, strategies.booleans())
    return strategies.lists(message, max_size=2).map(_cut)


def _cut(messages: list[tuple[tuple[int, bytes], list[int], bool]]) -> Case:
    frames: list[Fragment] = []
    rule = STARTS
    for (opcode, data), cuts, pings in messages:
        ends = [*sorted(min(each, len(data)) for each in cuts), len(data)]
        begins = [0, *ends[:-1]]
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            frames.append((number == len(ends) - 1, 0 if number else opcode, data[begin:end]))
            if pings and number < len(ends) - 1:
                frames.append(_PING)
        rule = UTF8 if opcode == 1 and len(ends) > 1 else rule
    return Case({"frames": frames}, rule)


SOLUTION = """\
def assemble(frames):
    messages, kind, parts = [], None, []
    for fin, opcode, payload in frames:
        if opcode not in (0, 1, 2, 8, 9, 10):
            raise ValueError("a reserved opcode")
        if opcode >= 8:
            if not fin:
                raise ValueError("a control frame without FIN")
            continue
        if (opcode == 0) != (kind is not None):
            raise ValueError("a continuation of nothing, or a message within another")
        kind = kind or opcode
        parts.append(payload)
        if fin:
            whole = b"".join(parts)
            messages.append(whole.decode() if kind == 1 else whole)
            kind, parts = None, []
    return messages"""

TASK = Task(
    signature="assemble(frames: list[tuple[bool, int, bytes]]) -> list[str | bytes]",
    wants="a list of str and bytes",
    begin="go through the frames, and begin with those that have FIN: each is a message (§5.4)",
    reference=right_messages,
    fits=_fits,
    cases=CASES,
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
)
