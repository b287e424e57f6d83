"""What each action of the frame inspector makes of the bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wslab.widgets.inspector.state import InspectorState, act

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


@given(st.binary(min_size=1, max_size=20), st.data())
def test_a_bit_flipped_twice_is_as_before(data: bytes, draw: st.DataObject) -> None:
    bit = str(draw.draw(st.integers(0, len(data) * 8 - 1)))
    once = act(InspectorState.of(data), "flip", bit, "")
    assert once.changed == {int(bit)}
    assert act(once, "flip", bit, "").data == data


def test_undo_does_not_grow_without_end() -> None:
    state = InspectorState.of(HELLO)
    for number in range(300):
        state = act(state, "flip", str(number % 16), "")
    assert len(state.undo) == 100
