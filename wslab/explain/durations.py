"""Times in words, for every view: a moment (`format_time`) and how long something takes (`format_duration`).

The unit follows the size: milliseconds below a second, then seconds, minutes and hours. Seconds come in, words go out.
"""

from __future__ import annotations


def format_time(seconds: float) -> str:
    """A moment, counted from the beginning: `0.5 ms`, `12.003 s`, `61:05.5 min`."""
    if seconds < 0.99995:  # what rounds to a second is one
        return f"{seconds * 1000:.1f} ms"
    if seconds < 100:
        return f"{seconds:.3f} s"
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"{minutes}:{tenths / 10:04.1f} min"


def format_duration(seconds: float) -> str:
    """How long something takes: `3 ms`, `10.0 s`, `6 min`, `2.5 h`."""
    if seconds < 0.995:  # a reader takes 999 ms for a second
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
