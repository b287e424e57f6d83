"""The numbers are the registry's, and a Close carries only those that may travel (§7.4)."""

from __future__ import annotations

import pytest

from wslab.protocol import CloseCode, Opcode, Role
from wslab.protocol.codes import may_be_sent

ACCEPTED = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3001, 3999, 4000, 4998, 4999]
REFUSED = [-1, 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535, 1 << 64]


@pytest.mark.parametrize("code", ACCEPTED)
def test_a_registered_or_private_code_may_be_sent(code: int) -> None:
    assert may_be_sent(code)


@pytest.mark.parametrize("code", REFUSED)
def test_any_other_code_may_not(code: int) -> None:
    assert not may_be_sent(code)


def test_each_role_is_the_other_ones_peer() -> None:
    assert Role.CLIENT.peer is Role.SERVER
    assert Role.SERVER.peer is Role.CLIENT


def test_only_the_client_masks() -> None:
    assert [role for role in Role if role.masks] == [Role.CLIENT]


def test_a_role_prints_as_its_word() -> None:
    assert [f"{role}" for role in Role] == ["client", "server"]


def test_opcodes_are_those_of_the_registry() -> None:
    assert {opcode.name: opcode.value for opcode in Opcode} == {
        "CONTINUATION": 0,
        "TEXT": 1,
        "BINARY": 2,
        "CLOSE": 8,
        "PING": 9,
        "PONG": 10,
    }


@pytest.mark.parametrize("opcode", Opcode)
def test_control_opcodes_have_the_highest_bit_set(opcode: Opcode) -> None:
    assert opcode.is_control is bool(opcode & 0b1000)


def test_1004_has_no_name_for_it_has_no_meaning() -> None:
    assert 1004 not in {code.value for code in CloseCode}
