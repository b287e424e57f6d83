"""What flipping each of a frame's first 16 bits would do: the changed bytes are put before the receiver.

Left out: doing it (`state`), and how it looks (`frame_figure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from wslab.explain.verdict import verdict
from wslab.protocol.codes import Role
from wslab.protocol.deflate import Deflate
from wslab.widgets.frame_figure import Flip
from wslab.widgets.inspector.state import MOST_TRIED, InspectorState, is_frame

__all__ = ["flips"]


def flips(state: InspectorState) -> Mapping[int, Flip]:
    """What flipping each header bit of the shown frame would do, by the bit's number in the data."""
    part = state.shown
    if part is None or not is_frame(part) or len(state.data) > MOST_TRIED:
        return {}
    last = min(part.start + 16, len(state.data) * 8)
    read = state.role, state.whole_stream, state.deflate
    return {bit: _flip(state.data, bit, *read) for bit in range(part.start, last)}


@lru_cache(maxsize=1024)
def _flip(data: bytes, bit: int, role: Role, whole_stream: bool, deflate: Deflate | None) -> Flip:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    found = verdict(bytes(changed), role, whole_stream=whole_stream, deflate=deflate)
    return Flip(found.accepted, found.sentence)
