"""A real frame of each of the sixteen opcodes, which the protocol judges."""

from __future__ import annotations

import pytest

from wslab.explain import verdict
from wslab.protocol import FrameParser, Role
from wslab.widgets.opcodes.state import sample

IN_USE = (0, 1, 2, 8, 9, 10)


@pytest.mark.parametrize("opcode", IN_USE)
def test_the_sample_of_an_opcode_in_use_is_legal(opcode: int) -> None:
    frames = FrameParser(Role.SERVER).feed(sample(opcode))
    assert [frame.opcode for frame in frames] == [opcode]
    assert verdict(sample(opcode), Role.SERVER, whole_stream=False).accepted


@pytest.mark.parametrize("opcode", sorted(set(range(16)) - set(IN_USE)))
def test_the_sample_of_a_reserved_opcode_is_refused_for_just_that(opcode: int) -> None:
    told = verdict(sample(opcode), Role.SERVER, whole_stream=False)
    assert told.rule is not None
    assert (told.rule.id, told.close_code) == ("reserved-opcode", 1002)
