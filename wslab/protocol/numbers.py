"""Numbers that a caller gives, times to wait, sizes in bytes, counts, and a size in words.

How it works: each function takes a value as it was given and returns it in the type that the code works with, or raises
a `ValueError` of one sentence, before anything was done with it. A time may be any real number (int, float, Fraction,
Decimal, those of NumPy); it becomes a float. A bool is no number here, although Python counts it as one, and neither
NaN nor a number beyond all floats is a time. A size or a count is a whole number and stays one.

What it leaves out: what the numbers are for, and limits of single values.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from math import inf, isinf, isnan
from numbers import Real
from reprlib import repr as short_repr
from typing import TypeGuard

__all__ = ["as_number", "is_size", "read_seconds", "read_size", "shown_value", "size_in_words"]


def as_number(value: object) -> float | None:
    """A real number as a float, infinity included; None for all else."""
    if type(value) is float and value == value:  # NaN equals nothing
        return value
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):  # beyond all floats; a NaN of Decimal that signals
        return None
    # Decimal("1e400") becomes infinity, and is not
    return None if isnan(number) or (isinf(number) and value != number) else number


def read_seconds(name: str, seconds: object, *, zero: bool = False, forever: bool = True, otherwise: str = "") -> float:
    """A time to wait, in seconds; `ValueError` for what is none.

    It is above 0, or with `zero` 0 or more. Infinity is a time unless `forever` is False. `otherwise` stands behind
    the sentence's first half and says what else may be given.
    """
    number = as_number(seconds)
    endless = number == inf and not forever
    if number is None or endless or number < 0 or (number == 0 and not zero):
        kind = "a finite number" if endless else "a number"
        least = ", 0 or more" if zero else " above 0"
        raise ValueError(f"{name} is {kind} of seconds{least}{otherwise}; this is {shown_value(seconds)}.")
    return number


def is_size(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, 0 or more, and one that memory can have as a size."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= sys.maxsize


def read_size(name: str, size: object, *, least: int = 0, unit: str = "bytes") -> int:
    """A size in bytes, or a count of `unit`; `ValueError` for what is no whole number from `least` up."""
    if not is_size(size) or size < least:
        raise ValueError(f"{name} is a number of {unit}, {least} or more; this is {shown_value(size)}.")
    return size


def size_in_words(size: int, *, grouped: bool = True) -> str:
    """`no bytes`, `1 byte`, `5,000 bytes`; `5000 bytes` unless `grouped`, for what a tape keeps as a fact."""
    return "no bytes" if size == 0 else "1 byte" if size == 1 else f"{size:,} bytes" if grouped else f"{size} bytes"


def shown_value(value: object) -> str:
    """A value for a sentence, however long it is."""
    try:
        return short_repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"
