"""`wslab.check.complete`: the learner's functions where they are right, and the right ones where they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from wslab import check
from wslab.course.check.tasks import TASKS


def _unmask(payload: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def test_each_function_of_a_server_is_one_that_is_checked_and_passes() -> None:
    functions = check.complete()
    assert list(functions.stand_ins) == list(TASKS)
    for name in TASKS:
        assert getattr(check, name)(getattr(functions, name)).ok


def test_a_right_function_is_taken_and_is_called_yours() -> None:
    functions = check.complete(unmask=_unmask)
    assert functions.unmask is _unmask
    assert "unmask" not in functions.stand_ins
    assert "unmask        yours" in str(functions).splitlines()


@pytest.mark.parametrize(
    ("mine", "why"),
    [
        (lambda payload, key: None, "not written yet"),
        (None, "not written yet"),
        (lambda payload, key: payload, "not right yet"),
        (lambda payload: payload, "not right yet"),
        (b"\x00", "not right yet"),
    ],
)
def test_for_what_is_not_right_yet_the_right_one_stands_in(mine: Callable[..., Any] | None, why: str) -> None:
    functions = check.complete(unmask=mine)
    assert functions.stand_ins["unmask"] == why
    assert functions.unmask(b"\x01\x02", b"\x01\x01\x01\x01") == b"\x00\x03"
    assert f"unmask        the right one stands in: yours is {why}" in str(functions).splitlines()


def test_the_functions_are_told_in_the_order_of_the_checks() -> None:
    assert [line.split()[0] for line in str(check.complete()).splitlines()] == list(TASKS)


def test_another_function_can_be_tried_in_the_place_of_one() -> None:
    wrong = replace(check.complete(), unmask=_unmask)
    assert wrong.unmask is _unmask
    assert wrong.accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
