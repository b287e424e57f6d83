"""Faults with a button: what each puts on, and its one number."""

from __future__ import annotations

import pytest

from wslab.lab.faults.content import Flip
from wslab.lab.faults.names import check
from wslab.lab.faults.timing import Delay, Loss, Rate
from wslab.widgets.link_panel.knobs import GROUPS, KNOBS, knob_of, worn
from wslab.widgets.link_panel.signs import SIGNS


def test_all_can_be_on_together_and_each_knows_its_own() -> None:
    faults = [knob.make(0) for knob in KNOBS.values()]
    check(faults)
    assert [worn(knob, faults) for knob in KNOBS.values()] == list(range(len(faults)))
    assert [knob_of(fault) for fault in faults] == list(KNOBS.values())


def test_there_are_three_groups_and_each_has_its_sign() -> None:
    assert [name for name, _ in GROUPS] == ["slower", "ends", "lies"]
    assert {*KNOBS, "rst", "fin"} <= {*SIGNS}


@pytest.mark.parametrize(
    "knob", [knob for knob in KNOBS.values() if knob.number is not None], ids=lambda knob: knob.name
)
def test_a_number_is_shown_as_it_is_typed(knob) -> None:  # type: ignore[no-untyped-def]
    fault = knob.make(0)
    assert knob.number.shown(fault) == f"{knob.number.usual:g}"
    assert knob.number.shown(knob.number.within(fault, "4")) == "4"


def test_only_the_number_changes() -> None:
    jittery = Delay(0.2, jitter=0.1, of="client", after=3)
    number = KNOBS["delay"].number
    assert number is not None
    assert number.within(jittery, "150") == Delay(0.15, jitter=0.1, of="client", after=3)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("delay", "soon", "is a number of ms"),
        ("delay", "-1", "not below 0"),
        ("delay", "inf", "finite number"),
        ("rate", "0", "above 0"),
        ("loss", "100", "below 1"),
        ("flip", "8", "0 to 7"),
        ("flip", "nan", "number"),
    ],
)
def test_a_number_that_cannot_be_is_refused(name: str, text: str, says: str) -> None:
    knob = KNOBS[name]
    assert knob.number is not None
    with pytest.raises(ValueError, match=says):
        knob.number.within(knob.make(0), text)


def test_units_are_those_of_the_button() -> None:
    assert KNOBS["rate"].make(0) == Rate(2000)
    assert KNOBS["loss"].make(0) == Loss(0.1)
    assert KNOBS["flip"].make(4) == Flip(at_frame=5, bit=3)
