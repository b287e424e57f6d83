"""Faults by name: what is written is read back, and what cannot be is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Rechunk
from wslab.lab.faults.ending import Cut, Fin, IdleTimer, MaxAge, Silence
from wslab.lab.faults.names import NAMES, check, faults_named, fields_named, resolve
from wslab.lab.faults.timing import Coalesce, Delay

ONE_OF_EACH = [f"{name}:{kind.example}".rstrip(":") for name, kind in NAMES.items()]


@pytest.mark.parametrize("text", ONE_OF_EACH)
@pytest.mark.parametrize("more", [{}, {"after": 2.0}])
def test_a_fault_is_read_back_as_it_was_written_and_has_a_sentence(text: str, more: dict[str, float]) -> None:
    (fault,) = faults_named(text, **more)
    assert faults_named(fault.written()) == (fault,)
    assert fault.told().endswith(".")
    assert "`" not in fault.told()
    assert ("after 2 s" in fault.brief()) is bool(more)


@pytest.mark.parametrize("text", ONE_OF_EACH)
def test_an_example_is_written_as_the_fault_that_it_makes_is(text: str) -> None:
    (fault,) = faults_named(text)
    assert fault.written().startswith(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("half-open", Silence()),
        ("delay:0.2", Delay(0.2)),
        ("delay:0.2s,0.1", Delay(0.2, 0.1)),
        ("fin:at_frame=3,of=server", Fin(at_frame=3, of="server")),
        ("fin", Fin()),
        ("max-age:5,rst", MaxAge(5, "rst")),
        ("max-age:5,how=rst", MaxAge(5, how="rst")),
        ("cut:seen=forbidden", Cut(seen=b"forbidden")),
        ("idle:60,how=rst", IdleTimer(60, "rst")),
        ("max_age:5", MaxAge(5)),
        ("header:Upgrade,of=client", AlterHeader("Upgrade", of="client")),
    ],
)
def test_a_command_line_can_name_every_fault(text: str, fault: Fault) -> None:
    assert faults_named(text) == (fault,)
    assert faults_named("half-open", after=10.0) == (Silence(after=10.0),)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("delay:0.2,of=client", {"seconds": "0.2", "of": "client"}),
        ("max-age:5,rst", {"seconds": "5", "how": "rst"}),
        ("half_open", {}),
    ],
)
def test_what_is_written_is_told_by_field(text: str, fields: dict[str, str]) -> None:
    assert fields_named(text) == fields


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: check([Delay(1), Delay(2)]), "which one holds"),
        (lambda: check([Silence(of="client"), Silence()]), "Two faults Silence on the bytes of the client"),
        (lambda: check([Rechunk(1), Coalesce(1)]), "contradict each other"),
        (lambda: resolve(["mobil"]), "did you mean 'mobile'"),
        (lambda: resolve(["zzz"]), "there are mobile"),
        (lambda: faults_named("delay"), "needs seconds: write delay:seconds="),
        (lambda: faults_named("delay:fast"), "seconds is a number; not 'fast'"),
        (lambda: faults_named("delay:1,size=2"), "has no 'size': there are seconds, jitter, of, after"),
        (lambda: faults_named("mobile:3"), "takes no values"),
        (lambda: faults_named("cut:gently"), "at_byte is a number; not 'gently'"),
        (lambda: faults_named("max-age:5,how=forget"), "MaxAge: how is one of fin, rst; not 'forget'"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_sentence(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        make()
