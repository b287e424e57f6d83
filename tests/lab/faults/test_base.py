"""What every fault has: what cannot be is refused, and it says in words what it does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Flip, Rechunk
from wslab.lab.faults.ending import Cut, Fin, IdleTimer, MaxAge, Silence
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.faults.manual import Insert
from wslab.lab.faults.timing import Delay, Loss, Rate


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Delay(-1), "seconds is not below 0"),
        (lambda: Silence(after=-2), "after is not below 0"),
        (lambda: Rate(0), "use Silence"),
        (lambda: Loss(1.0), "is Silence"),
        (lambda: Cut(at_byte=3, at_frame=1), "one place"),
        (lambda: Flip(bit=3), "say which byte"),
        (lambda: Flip(at_byte=0, bit=8), "bit is 0 to 7"),
        (lambda: IdleTimer(3, "slowly"), "one of fin, rst, forget, silent"),
        (lambda: IdleTimer(3, of="client"), "leave `of` out"),
        (lambda: MaxAge(3, of="client"), "leave `of` out"),
        (lambda: Cut(of="client"), "leave `of` out"),
        (lambda: Fin(of="server"), "leave `of` out"),
        (lambda: AlterHeader("a: b"), "one line"),
        (lambda: Rechunk(0), "at least 1"),
        (lambda: Delay(1, of="proxy"), "'client' or 'server'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        make()


@pytest.mark.parametrize("fault", [Insert(), StreamIntervention(start=0, stop=1, action="drop")])
def test_those_that_no_command_line_knows_have_words_too(fault: Fault) -> None:
    assert fault.told().endswith(".")
    assert fault.written()


@pytest.mark.parametrize(
    ("fault", "short", "whole"),
    [
        (
            Delay(0.08, jitter=0.06),
            "80 ms to 140 ms",
            "Each byte of both sides comes 80 ms later, and up to 60 ms more",
        ),
        (Silence(of="client"), "", "What the client sends is swallowed, with no sign to either side: half-open."),
        (Silence(after=5), "after 5 s", "After 5 s: what both sides send is swallowed"),
        (Fin(), "FIN", "TCP ends on both sides with FIN."),
        (Fin(after=5), "FIN, after 5 s", "After 5 s: TCP ends on both sides with FIN."),
        (Cut(at_frame=2, into=1), "RST at frame 2, byte 1", "with RST at frame 2, byte 1 of the client."),
        (IdleTimer(60, how="forget"), "60 s, then forgets", "the next side to send gets RST"),
        (AlterHeader("Upgrade", of="client"), "Upgrade removed", "The header Upgrade of the client is taken out"),
    ],
)
def test_words_say_the_figures(fault: Fault, short: str, whole: str) -> None:
    assert fault.brief() == short
    assert whole in fault.told()
