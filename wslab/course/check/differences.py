"""Where two results differ, for the report: bytes that are no frame, and values by their names.

Left out: frames, whose fields `wslab.course.checks` knows, and text (`wslab.course.values`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wslab.course.check.task import shown
from wslab.course.comparison import Reading, compare, first_difference
from wslab.course.report import CheckResult
from wslab.protocol.offset import Offset

__all__ = ["differing_bytes", "differing_values"]


def differing_bytes(got: bytes, expected: bytes, name: Callable[[int], str], why: Callable[[int], str]) -> CheckResult:
    """The first byte that differs. `name` is what stands over a byte, `why` the bigger hint about it."""
    at = first_difference(got, expected)
    size = len(expected)
    comparison = compare(got, expected, Reading("{:02x}".format, lambda at: (name(at), ""), unit="byte"))
    right = f"{at} of {size} {'byte is' if size == 1 else 'bytes are'} right"
    if at == len(got) or at == size:
        many = abs(len(got) - size)
        what = f"{many} {'byte is' if many == 1 else 'bytes are'} {'missing' if at == len(got) else 'too many'}"
        hint = f"Yours has {len(got)} bytes, and it should have {size}."
        return CheckResult(False, f"{right}, {what} at the end.", hint, why(at), "", Offset(at), comparison)
    place = Offset(at, f"{got[at] ^ expected[at]:08b}".index("1"))
    hint = f"Byte {at}, bit {place.bit}: yours is {got[at]:02x}, it should be {expected[at]:02x}."
    return CheckResult(False, f"{right}. Byte {at} is the first that differs.", hint, why(at), "", place, comparison)


def differing_values(
    names: Sequence[str],
    got: Sequence[object],
    expected: Sequence[object],
    places: Sequence[Offset] = (),
) -> CheckResult:
    """The first of several values that differs, by its name. `places` are where the input has them."""
    at = first_difference(got, expected)
    if at == len(got) or at == len(expected):
        sentence = f"it gives {len(got)} values, and {len(expected)} are wanted: {', '.join(names)}."
        return CheckResult(False, sentence, f"The result is ({', '.join(names)}).")
    return CheckResult(
        False,
        f"{names[at]} is {shown(got[at])}, and should be {shown(expected[at])}.",
        f"Look at {names[at]}: the others before it are right." if at else f"Begin with {names[at]}.",
        first_wrong_bit=places[at] if places else None,
    )
