"""Fields of facts as they come out of JSON: each is checked for its type, for a file may come from elsewhere.

What it leaves out: the facts themselves (`tape.records`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["checked"]


def checked(name: str, kind: str, value: Any) -> Any:
    """A field as it comes out of JSON, in its own type."""
    checked = _READ[kind](value)
    if checked is _WRONG:
        raise ValueError(f"{name}={value!r:.60} is not of the type {kind}")
    return checked


_WRONG = object()


def _whole(value: Any) -> Any:
    return value if type(value) is int and 0 <= value < 1 << 48 else _WRONG


def _number(value: Any) -> Any:
    return value if type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e15 else _WRONG


def _from_hex(value: Any) -> Any:
    try:
        return bytes.fromhex(value)
    except (ValueError, TypeError):
        return _WRONG


def _simple(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool)) or _number(value) is not _WRONG


def _arguments(value: Any) -> Any:
    return value if isinstance(value, dict) and all(map(_simple, value.values())) else _WRONG


def _names(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value) else _WRONG


_READ: Mapping[str, Callable[[Any], Any]] = {
    "str": lambda value: value if isinstance(value, str) else _WRONG,
    "int": _whole,
    "int | None": lambda value: None if value is None else _whole(value),
    "float": _number,
    "bool": lambda value: value if isinstance(value, bool) else _WRONG,
    "bytes": _from_hex,
    "tuple[str, ...]": _names,
    "Arguments": _arguments,
}
