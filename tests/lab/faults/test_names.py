"""Faults in words: what is written is read back, and every fault and preset has words of its own."""

from __future__ import annotations

import pytest

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader
from wslab.lab.faults.ending import Cut, IdleTimer, Silence
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.faults.manual import Insert
from wslab.lab.faults.names import NAMES, faults_named, fields_named
from wslab.lab.faults.presets import MEANINGS, PRESETS
from wslab.lab.faults.timing import Delay

NEEDED = {
    "delay": "0.2",
    "rate": "2000",
    "loss": "0.5",
    "outage": "5",
    "idle": "60",
    "max-age": "7200",
    "split": "9",
    "coalesce": "0.05",
    "flip": "at_frame=2,bit=3",
    "header": "name=Upgrade,of=client",
    "delay-pongs": "2",
}
ONE_OF_EACH = [f"{name}:{NEEDED.get(name, '')}".rstrip(":") for name in NAMES]


@pytest.mark.parametrize("text", ONE_OF_EACH)
@pytest.mark.parametrize("more", [{}, {"after": 2.0}])
def test_a_fault_is_read_back_as_it_was_written_and_has_a_sentence(text: str, more: dict[str, float]) -> None:
    (fault,) = faults_named(text, **more)
    assert faults_named(fault.written()) == (fault,)
    assert fault.told().endswith(".")
    assert "`" not in fault.told()
    assert ("after 2 s" in fault.brief()) is bool(more)


@pytest.mark.parametrize("fault", [Insert(), StreamIntervention(start=0, stop=1, action="drop")])
def test_those_that_no_command_line_knows_have_words_too(fault: Fault) -> None:
    assert fault.told().endswith(".")
    assert fault.written()


def test_every_preset_says_what_it_is_in_life() -> None:
    assert list(MEANINGS) == list(PRESETS)
    assert all(words.endswith(".") for words in MEANINGS.values())


@pytest.mark.parametrize(
    ("fault", "short", "whole"),
    [
        (
            Delay(0.08, jitter=0.06),
            "80 ms to 140 ms",
            "Each byte of both sides comes 80 ms later, and up to 60 ms more",
        ),
        (Silence(of="client"), "", "What the client sends is swallowed, and nobody is told: half-open."),
        (Silence(after=5), "after 5 s", "After 5 s: what both sides send is swallowed"),
        (Cut(gently=True), "FIN", "TCP ends on both sides with FIN."),
        (Cut(at_frame=2, into=1), "RST at frame 2, byte 1", "with RST at frame 2, byte 1 of the client."),
        (IdleTimer(60, how="forget"), "60 s, then forgets", "whoever sends next gets RST"),
        (AlterHeader("Upgrade", of="client"), "Upgrade removed", "The header Upgrade of the client is taken out"),
    ],
)
def test_words_say_the_figures(fault: Fault, short: str, whole: str) -> None:
    assert fault.brief() == short
    assert whole in fault.told()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("delay:0.2,of=client", {"seconds": "0.2", "of": "client"}),
        ("cut:gently", {"gently": "yes"}),
        ("half_open", {}),
    ],
)
def test_what_is_written_is_told_by_field(text: str, fields: dict[str, str]) -> None:
    assert fields_named(text) == fields
