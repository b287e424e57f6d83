"""The task `close_body(body) -> (code, reason)`: what the payload of a Close frame says (§5.5.1, §7.4).

An empty body has no code: (None, ""). ValueError says that the body is illegal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wslab.course.check.differences import differing_values
from wslab.course.check.outcome import Outcome
from wslab.course.check.task import Case, Mistake, Task
from wslab.course.report import CheckResult
from wslab.protocol.codes import NEVER_ON_THE_WIRE, may_be_sent
from wslab.protocol.errors import ProtocolError
from wslab.protocol.messages import read_close
from wslab.protocol.offset import Offset

__all__ = ["TASK"]

LENGTH, VALID, KNOWN, UTF8 = "close-body-length", "close-code-valid", "close-code-known", "close-reason-utf8"

Said = tuple[int | None, str]


def _right(body: bytes) -> Said:
    try:
        said = read_close(body)
    except ProtocolError as error:
        raise ValueError(str(error)) from error
    return (int(said.code), said.reason) if body else (None, "")


def _read(
    *,
    empty: Callable[[], Any] = lambda: (None, ""),
    one: Callable[[], Any] | None = None,
    code: Callable[[bytes], int] = lambda body: int.from_bytes(body[:2], "big"),
    legal: Callable[[int], bool] = may_be_sent,
    reason: Callable[[bytes], Any] = lambda body: body[2:].decode(),
) -> Callable[[bytes], Any]:
    """A reader in the simplest way, with one part that can be wrong."""

    def close_body(body: bytes) -> Any:
        if not body:
            return empty()
        if len(body) == 1:
            if one is None:
                raise ValueError
            return one()
        number = code(body)
        if not legal(number):
            raise ValueError
        return number, reason(body)

    return close_body


def _refuse() -> Any:
    raise ValueError


def _swap(change: Callable[[Said], Any]) -> Callable[[bytes], Any]:
    return lambda body: change(_right(body))


def _instead(body: bytes) -> Any:
    """1002 in place of an error."""
    try:
        return _right(body)
    except ValueError:
        return 1002, ""


def _mistake(
    name: str,
    rule: str,
    function: Callable[[bytes], Any],
    title: str,
    hint: str,
    bigger: str = "",
    when: Callable[[Outcome, Outcome], bool] | None = None,
) -> Mistake:
    return Mistake(name, rule, function, title, hint, bigger or _WAY, when)


def _fails_otherwise(outcome: Outcome, right: Outcome) -> bool:
    return outcome.way == "raises" and right.error is not None


_WAY = (
    "No byte at all: (None, ''). One byte: ValueError. Else the first two bytes are the code, most significant byte "
    "first, and all that follows is the reason, in UTF-8 (§5.5.1)."
)
_CODES = (
    "Legal are 1000 to 1003, 1007 to 1014, and 3000 to 4999; 1005, 1006 and 1015 are never on the wire, and the "
    "others have no meaning (§7.4)."
)

MISTAKES = (
    _mistake(
        "code-little-endian",
        LENGTH,
        _read(code=lambda body: int.from_bytes(body[:2], "little"), legal=lambda code: True),
        "The bytes of the code are read in the wrong order.",
        'The most significant byte comes first: int.from_bytes(body[:2], "big").',
    ),
    _mistake(
        "code-little-endian",
        LENGTH,
        _read(code=lambda body: int.from_bytes(body[:2], "little")),
        "The bytes of the code are read in the wrong order, and it is refused then.",
        'The most significant byte comes first: int.from_bytes(body[:2], "big").',
    ),
    _mistake(
        "first-byte-only",
        LENGTH,
        _read(code=lambda body: body[0], legal=lambda code: True),
        "The code is taken from one byte.",
        "It has two: 1000 is 03 e8.",
    ),
    _mistake(
        "code-as-bytes",
        LENGTH,
        _swap(lambda said: (None if said[0] is None else said[0].to_bytes(2, "big"), said[1])),
        "The code is given as bytes.",
        'int.from_bytes(body[:2], "big") makes a number of them.',
    ),
    _mistake(
        "empty-is-1005",
        VALID,
        _read(empty=lambda: (1005, "")),
        "For an empty body it gives 1005.",
        "1005 is what a program is told where there was no code; here it is None.",
    ),
    _mistake(
        "empty-is-1000",
        VALID,
        _read(empty=lambda: (1000, "")),
        "For an empty body it gives 1000.",
        "An empty body has no code: None.",
    ),
    _mistake(
        "empty-refused",
        LENGTH,
        _read(empty=_refuse),
        "An empty body is refused.",
        "A Close may have no body: (None, '').",
    ),
    _mistake(
        "empty-crashes",
        LENGTH,
        _read(empty=lambda: b""[0]),
        "It fails where the body is empty.",
        "A Close may have no body: (None, '').",
    ),
    _mistake(
        "empty-is-none",
        LENGTH,
        _read(empty=lambda: None),
        "For an empty body it gives None.",
        "The result is always two values: (None, '').",
    ),
    _mistake(
        "one-byte-accepted",
        LENGTH,
        _read(one=lambda: (None, "")),
        "A body of one byte is taken for an empty one.",
        "A code has two bytes: one alone is illegal.",
    ),
    _mistake(
        "one-byte-as-code",
        LENGTH,
        lambda body: (body[0], "") if len(body) == 1 else _right(body),
        "A body of one byte is taken for a code.",
        "A code has two bytes: one alone is illegal.",
    ),
    _mistake(
        "reserved-codes",
        VALID,
        _read(legal=lambda code: may_be_sent(code) or code in NEVER_ON_THE_WIRE),
        "It accepts 1005, 1006 and 1015.",
        "These tell a program what happened, and are never on the wire.",
        _CODES,
    ),
    _mistake(
        "any-code",
        KNOWN,
        _read(legal=lambda code: True),
        "It accepts every code.",
        "Only some numbers have a meaning.",
        _CODES,
    ),
    _mistake(
        "codes-below-1000",
        KNOWN,
        _read(legal=lambda code: code not in NEVER_ON_THE_WIRE and (code <= 1003 or 1007 <= code <= 4999)),
        "It accepts codes that have no meaning.",
        "Below 1000 there is none, and 1016 to 2999 are kept for the protocol and its extensions.",
        _CODES,
    ),
    _mistake(
        "1004-accepted",
        KNOWN,
        _read(legal=lambda code: may_be_sent(code) or (1004 <= code <= 2999 and code not in NEVER_ON_THE_WIRE)),
        "It accepts codes up to 2999 that have no meaning.",
        "1004 is reserved, and 1016 to 2999 are kept for the protocol and its extensions.",
        _CODES,
    ),
    _mistake(
        "private-refused",
        KNOWN,
        _read(legal=lambda code: may_be_sent(code) and code < 4000),
        "It refuses 4000 to 4999.",
        "These are for programs to agree on among themselves.",
        _CODES,
    ),
    _mistake(
        "libraries-refused",
        KNOWN,
        _read(legal=lambda code: may_be_sent(code) and code < 3000),
        "It refuses 3000 to 4999.",
        "3000 to 3999 are registered by libraries, 4000 to 4999 are for programs.",
        _CODES,
    ),
    _mistake(
        "registered-refused",
        KNOWN,
        _read(legal=lambda code: may_be_sent(code) and code not in (1012, 1013, 1014)),
        "It refuses 1012, 1013 and 1014.",
        "These were registered after the RFC (§11.7), and are legal.",
        _CODES,
    ),
    _mistake(
        "5000-accepted",
        KNOWN,
        _read(legal=lambda code: may_be_sent(code) or code >= 5000),
        "It accepts codes from 5000 on.",
        "4999 is the last.",
        _CODES,
    ),
    _mistake(
        "reason-as-bytes",
        UTF8,
        _read(reason=lambda body: body[2:]),
        "The reason is given as bytes.",
        "It is text in UTF-8: body[2:].decode().",
    ),
    _mistake(
        "reason-errors-ignored",
        UTF8,
        _read(reason=lambda body: body[2:].decode(errors="ignore")),
        "Bytes of the reason that are no UTF-8 are left out.",
        "The reason must be valid: .decode() without `errors` raises ValueError.",
    ),
    _mistake(
        "reason-errors-replaced",
        UTF8,
        _read(reason=lambda body: body[2:].decode(errors="replace")),
        "Bytes of the reason that are no UTF-8 are replaced by a sign.",
        "The reason must be valid: .decode() without `errors` raises ValueError.",
    ),
    _mistake(
        "reason-latin-1",
        UTF8,
        _read(reason=lambda body: body[2:].decode("latin-1")),
        "The reason is decoded as Latin-1.",
        "It is text in UTF-8: body[2:].decode().",
    ),
    _mistake(
        "reason-with-code",
        LENGTH,
        _read(reason=lambda body: body.decode("latin-1")),
        "The reason begins with the two bytes of the code.",
        "It begins behind them: body[2:].",
    ),
    _mistake(
        "reason-one-late",
        LENGTH,
        _read(reason=lambda body: body[3:].decode(errors="replace")),
        "The first byte of the reason is lost.",
        "It begins behind the two bytes of the code: body[2:].",
    ),
    _mistake(
        "reason-lost",
        LENGTH,
        _read(reason=lambda body: ""),
        "The reason is empty always.",
        "All bytes behind the code are the reason.",
    ),
    _mistake(
        "code-only",
        LENGTH,
        _swap(lambda said: said[0]),
        "It gives the code alone.",
        "The result is two values: the code and the reason.",
    ),
    _mistake(
        "no-reason-is-none",
        LENGTH,
        _swap(lambda said: (said[0], said[1] or None)),
        "Where there is no reason, it gives None.",
        "No reason is empty text: ''.",
    ),
    _mistake(
        "1002-instead",
        VALID,
        _instead,
        "Where the body is illegal, it gives 1002.",
        "1002 is what the receiver sends then. The error says that it has to: ValueError.",
    ),
    _mistake(
        "other-error",
        LENGTH,
        lambda body: _other_error(body),
        "Where the body is illegal, it raises another error than ValueError.",
        "struct.error and IndexError are no ValueError: ask for the length first.",
        when=_fails_otherwise,
    ),
)


def _other_error(body: bytes) -> Said:
    try:
        return _right(body)
    except ValueError:
        raise IndexError from None


# ---- the inputs

PLACES = (Offset(0), Offset(2))


def _fits(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str)


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    del case
    return differing_values(("code", "reason"), got, expected, PLACES)


def _case(body: bytes, rule: str = LENGTH) -> Case:
    return Case({"body": body}, rule)


def _code(code: int, reason: str = "", rule: str = KNOWN) -> Case:
    return _case(code.to_bytes(2, "big") + reason.encode(), rule)


CASES = (
    _case(b""),
    _code(1000, "", LENGTH),
    _code(1001, "lunch", LENGTH),
    _code(1000, "é😀", UTF8),
    *(_code(code) for code in (1002, 1003, 1007, 1008, 1009, 1010, 1011)),
    *(_code(code) for code in (1012, 1013, 1014)),
    *(_code(code, "ask") for code in (3000, 3999, 4000, 4999)),
    _code(1000, "a" * 123, LENGTH),
    # illegal
    _case(b"\x03"),
    _case(b"a"),
    _case(b"\x00"),
    *(_code(code, rule=VALID) for code in (1005, 1006, 1015)),
    *(_code(code) for code in (0, 1, 999, 1004, 1016, 1100, 2000, 2999)),
    *(_code(code) for code in (5000, 5001, 65535)),
    _case(b"\x03\xe8\xff", UTF8),
    _case(b"\x03\xe8a\xc3", UTF8),
    _case(b"\x03\xe9\xed\xa0\x80", UTF8),
)


def _inputs(strategies: Any) -> Any:
    codes = strategies.one_of(
        strategies.sampled_from((1000, 1001, 1011, 3000, 4999)),
        strategies.integers(min_value=900, max_value=5100),
    )
    reasons = strategies.text(strategies.sampled_from("aé€😀"), max_size=6)
    return strategies.builds(lambda code, reason: _code(code, reason), codes, reasons)


SOLUTION = """\
def close_body(body):
    if not body:
        return None, ""
    if len(body) == 1:
        raise ValueError("a code has two bytes")
    code = int.from_bytes(body[:2], "big")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise ValueError("a code that may not be sent")
    return code, body[2:].decode()"""

TASK = Task(
    signature="close_body(body: bytes) -> tuple[int | None, str]",
    wants="the code, or None, and the reason as text",
    begin="give (None, '') for an empty body, and read the code from the first two bytes of any other (§5.5.1)",
    reference=_right,
    fits=_fits,
    cases=CASES,
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
)
