"""The alarm: it reaches code that does not return, and gives the signal back."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import pytest

from wslab.lab.clock.alarm import alarm


class Rung(Exception):
    pass


def ring(_: FrameType | None) -> None:
    raise Rung


def endless() -> None:
    while True:
        pass


def asleep() -> None:
    time.sleep(10)


@pytest.mark.parametrize("code", [endless, asleep])
def test_it_rings_in_code_that_runs_on_and_in_code_that_sleeps(code: Callable[[], None]) -> None:
    with pytest.raises(Rung), alarm(0.05, ring):
        code()


def test_it_rings_again_for_code_that_goes_on() -> None:
    rung: list[FrameType | None] = []
    with alarm(0.01, rung.append):
        while len(rung) < 2:
            time.sleep(0.01)
    assert len(rung) == 2


def test_it_does_not_ring_behind_its_end() -> None:
    with alarm(0.05, ring):
        pass
    time.sleep(0.1)


def test_another_timer_goes_on_with_the_time_that_it_had_left() -> None:
    handler, (left, _) = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    with alarm(5, ring):
        assert signal.getsignal(signal.SIGALRM) is not handler
        time.sleep(0.05)
    after, _ = signal.getitimer(signal.ITIMER_REAL)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert (left == after == 0) or 0 < after <= left - 0.05, "pytest's own limit, where it has one"


def test_beside_the_main_thread_it_says_that_it_cannot_ring() -> None:
    said: list[bool] = []

    def beside() -> None:
        with alarm(0.01, ring) as rings:
            said.append(rings)
            time.sleep(0.05)

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join(5)
    assert said == [False]
