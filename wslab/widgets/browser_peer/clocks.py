"""The script's times on the tape's clock.

A page has a clock of its own, and behind JupyterHub it is another machine's. How far the two are apart is bounded by
what must be in order:

- Python asks for a dial before the script makes the socket, and has a report after the script saw what it reports.
- The script makes the socket before the server has its TCP connection.
- On the direct way the server sends its answer before the script sees `open`. A proxy answers for itself, so there it
  is not so.

Within these bounds, clocks that agree are left as they are. Otherwise the smallest correction is taken.

Left out: drift; a dial lasts minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wslab.tape.entry import Entry
from wslab.widgets.browser_peer.state import DIRECT, Record, ScriptEvent

__all__ = ["correction", "on_tape"]

APART = 1e-6
"""Seconds between two events of one time: each is a row of its own."""


def on_tape(record: Record, entries: Sequence[Entry], began: float) -> list[ScriptEvent]:
    """The events with their times on the tape, in order; `began` is the Unix time of the tape's beginning."""
    shift = correction(record, entries, began) - began
    moved: list[ScriptEvent] = []
    for event in sorted(record.events, key=lambda each: each.at):
        at = event.at + shift
        moved.append(replace(event, at=max(at, moved[-1].at + APART) if moved else at))
    return moved


def correction(record: Record, entries: Sequence[Entry], began: float) -> float:
    """Seconds to add to the page's Unix times."""
    if not record.events:
        return 0.0
    made = record.events[0].at
    lowest = [record.dial.asked - made]
    highest = [record.seen - record.events[-1].at] if record.seen else []
    connects = next((each for each in entries if each.tcp == "connect"), None)
    if connects is not None:
        highest.append(began + connects.time - made)
    lowest += _opened(record, entries, began)
    low, high = max(lowest), min(highest, default=max(lowest))
    return (low + high) / 2 if low > high else min(max(0.0, low), high)


def _opened(record: Record, entries: Sequence[Entry], began: float) -> list[float]:
    opened = next((each for each in record.events if each.what == "open"), None)
    answer = next((each for each in entries if each.kind == "http" and each.sender == "server"), None)
    if record.dial.way != DIRECT or opened is None or answer is None:
        return []
    return [began + answer.time - opened.at]
