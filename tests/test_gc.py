"""Python looks for garbage less often while much is made, and as before when that is over."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wslab._gc import AT_LEAST, relaxed_gc
from wslab.lab import Lab


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("before", "within"), [(700, AT_LEAST), (2 * AT_LEAST, 2 * AT_LEAST), (0, 0)], ids=["seldom", "rarer", "never"]
)
def test_within_it_is_seldom_and_never_more_often_than_before(before: int, within: int) -> None:
    gc.set_threshold(before, 10, 10)
    with suppress(ZeroDivisionError), relaxed_gc():
        assert gc.get_threshold()[0] == within
        raise ZeroDivisionError
    assert gc.get_threshold()[0] == before


def test_a_virtual_run_is_seldom_interrupted() -> None:
    async def story() -> int:
        return gc.get_threshold()[0]

    gc.set_threshold(700, 10, 10)
    assert Lab(clock="virtual").run(story()) == AT_LEAST
    assert gc.get_threshold()[0] == 700


class Knot:
    """Holds itself: only the collector finds it."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_still_found_during_a_run() -> None:
    async def story() -> bool:
        first = weakref.ref(Knot())
        rest = [Knot() for _ in range(2 * AT_LEAST)]
        return first() is None and len(rest) > 0

    assert Lab(clock="virtual").run(story())
