"""The script's times come onto the tape's clock, in the order in which things must have happened."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.widgets.browser_peer.accounts import event, record
from wslab import Lab, echo
from wslab.tape.entry import Entry
from wslab.widgets.browser_peer.clocks import correction, on_tape
from wslab.widgets.browser_peer.state import PROXY

BEGAN = 1000.0


@pytest.fixture(scope="module")
def entries() -> Sequence[Entry]:
    """A connection: TCP connects at 0, and the server has answered 1 ms later at most."""
    lab = Lab(clock="virtual")

    async def dial() -> None:
        await lab.connect(await lab.serve(echo))

    lab.run(dial())
    return lab.tape.entries()


@pytest.mark.parametrize("skew", [-3600.0, -0.5, 0.5, 3600.0])
def test_another_machines_clock_is_corrected_to_the_bounds(entries: Sequence[Entry], skew: float) -> None:
    answered = next(each.time for each in entries if each.kind == "http" and each.sender == "server")
    begin, opened = BEGAN - 0.002 + skew, BEGAN + answered + 0.001 + skew
    told = record(event("new", begin, 0), event("open", opened), asked=BEGAN - 0.003, seen=BEGAN + 0.05)
    made, saw = (each.at for each in on_tape(told, entries, BEGAN))
    assert -0.003 - 1e-9 <= made <= 1e-9
    assert saw >= answered - 1e-9
    assert saw - made == pytest.approx(opened - begin)


def test_clocks_that_agree_are_left_alone(entries: Sequence[Entry]) -> None:
    told = record(event("new", BEGAN - 0.001, 0), event("open", BEGAN + 0.1), asked=BEGAN - 0.1, seen=BEGAN + 0.2)
    assert correction(told, entries, BEGAN) == 0.0


def test_a_proxy_may_answer_before_the_server_does(entries: Sequence[Entry]) -> None:
    early = (event("new", BEGAN - 0.002, 0), event("open", BEGAN - 0.001))
    assert correction(record(*early, way=PROXY, asked=BEGAN - 0.1, seen=BEGAN + 1), entries, BEGAN) == 0.0


def test_without_a_connection_the_report_bounds_it() -> None:
    told = record(event("new", BEGAN + 50, 0), asked=BEGAN, seen=BEGAN + 0.1)
    assert correction(told, (), BEGAN) == pytest.approx(-49.9)


def test_events_of_one_time_stay_apart_and_in_order() -> None:
    told = record(*(event(what, BEGAN) for what in ("open", "message", "close")), asked=BEGAN - 1, seen=BEGAN + 1)
    moved = on_tape(told, (), BEGAN)
    assert [each.what for each in moved] == ["open", "message", "close"]
    assert len({each.at for each in moved}) == 3
