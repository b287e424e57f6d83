"""The words on a tag, from the fullest to none, and times as people say them.

A mark stands before the words, so they need not name the kind again: `“Hello”`, not `text “Hello”`. Where there is no
room, the number says most: `Close 1000`, then `1000`; `101`; and at last the mark alone.

Left out: sentences (an entry has its own), and how wide words are (`tags`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wslab.explain.hextext import short_hex
from wslab.explain.words import is_readable, quoted
from wslab.tape.entry import Entry
from wslab.tape.text import label

__all__ = ["duration", "moment", "ways_to_say"]

LENGTHS = (40, 30, 20, 12)
"""Letters of the words, from the fullest to the shortest."""

TOKEN = 4
"""Bytes of a Ping's payload that only tell its Pong from others; they are not shown."""

_KIND_NAMES = re.compile(r"^(?:text|continuation)(?=,| )|^binary, ")
_CLOSE = re.compile(r"^Close (\d+)")
_STATUS = re.compile(r"^(\d{3}|[A-Z]+) ")


def ways_to_say(entry: Entry) -> tuple[str, ...]:
    """An entry in fewer and fewer words; the last way is no words."""
    ways = [*_shorter(_full(entry)), ""]
    return tuple(way for n, way in enumerate(ways) if way not in ways[:n])


def _full(entry: Entry) -> str:
    if entry.error is not None:
        return f"breaks {entry.error.rule.reference}"
    if entry.kind in ("ping", "pong"):
        name, payload = entry.kind.capitalize(), entry.plain or b""
        return f"{name} {_token(payload)}" if len(payload) > TOKEN else name
    return _KIND_NAMES.sub("", label(entry)).strip(" ,")


def _token(payload: bytes) -> str:
    return quoted(payload, LENGTHS[-1]) if is_readable(payload) else short_hex(payload, TOKEN)


def _shorter(full: str) -> Iterator[str]:
    yield _cut(full, LENGTHS[0])
    close, status = _CLOSE.match(full), _STATUS.match(full)
    if close is not None:
        yield from (close[0], close[1])
    elif status is not None:
        yield status[1]
    else:
        yield from (_cut(full, length) for length in LENGTHS[1:])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


# ---- times

NEARLY_A_SECOND = 0.995
"""Seconds from which on what takes so long takes a second."""


def moment(seconds: float) -> str:
    """A moment from the connection's beginning on: `0 ms`, `101.5 ms`, `3.003 s`, `12 s`, `4 min 5 s`."""
    if seconds < 0.99995:
        return f"{seconds * 1000:.1f}".removesuffix(".0") + " ms"
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + " s" if seconds < 10 else _long(seconds)


def duration(seconds: float) -> str:
    """How long something takes: `49 µs`, `20 ms`, `1.5 s`, `10 s`, `4 min 5 s`, `2 h 30 min`; 999 ms is `1 s`."""
    if 0 < seconds < 0.0001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < NEARLY_A_SECOND:
        thousandths = seconds * 1000
        return f"{thousandths:.0f} ms" if thousandths >= 100 else f"{thousandths:.{3 if thousandths >= 1 else 2}g} ms"
    return f"{seconds:.1f}".removesuffix(".0") + " s" if seconds < 10 else _long(seconds)


def _long(seconds: float) -> str:
    """From 10 s on: two units at most, and none that is 0."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    units = (
        ((whole // 60, "min"), (whole % 60, "s"))
        if whole < 3600
        else ((whole // 3600, "h"), (whole % 3600 // 60, "min"))
    )
    return " ".join(f"{count} {unit}" for count, unit in units if count)
