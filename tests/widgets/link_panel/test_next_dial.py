"""What the panel says of the next connection is what becomes of it: each fault is dialled, in memory and on sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from wslab.lab import HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.names import NAMES, faults_named
from wslab.lab.faults.presets import PRESETS
from wslab.widgets.link_panel.next_dial import ENDED, HELD, LATE, OPENS, REFUSED, SILENT, next_dial
from wslab.widgets.link_panel.widget import LinkPanel

LIMIT = 2.0

USUAL = [f"{name}:{kind.example}" if kind.example else name for name, kind in NAMES.items()]
FURTHER = {
    "half-open:of=client": SILENT,
    "half-open:of=server": SILENT,
    "half-open:after=1": OPENS,
    "cut": ENDED,
    "fin": ENDED,
    "cut:at_byte=5": ENDED,
    "cut:seen=GET": ENDED,
    "delay:0.6": OPENS,
    "delay:5": LATE,
    "outage:60": LATE,
    "rate:10": LATE,
    "gate:of=client": HELD,
    "gate:of=server": HELD,
    "idle:0,how=forget": ENDED,
    "idle:0,how=silent": SILENT,
    "max-age:0": ENDED,
    "flip:at_byte=0": REFUSED,
    "flip:at_byte=0,of=server": REFUSED,
    "header:Upgrade,of=server": REFUSED,
    "header:Sec-WebSocket-Accept": REFUSED,
    "header:Host": REFUSED,
}


async def dialled(lab: Lab, link: Link) -> tuple[str, float]:
    """How a dial ends, and when."""
    began, outcome = lab.now, OPENS
    dialling = asyncio.ensure_future(lab.connect(link, timeout=LIMIT))
    await asyncio.wait([dialling], timeout=LIMIT * 0.999)
    if not dialling.done():
        outcome = HELD if link.first_held(1) else SILENT if link.silent else LATE
        dialling.cancel()
    try:
        await dialling
    except HandshakeRefused as refused:
        outcome = REFUSED if refused.status or refused.error else ENDED
    except (asyncio.CancelledError, OSError):
        outcome = ENDED if outcome is OPENS else outcome
    return outcome, lab.now - began


async def said_and_done(lab: Lab, faults: tuple[Fault, ...]) -> tuple[str, str, float]:
    """The panel's text, how a dial ended, and when."""
    link = await lab.link(await lab.serve(echo), *faults)
    panel = LinkPanel(link)
    said = panel.text()
    panel.close()
    return (said, *await dialled(lab, link))


@pytest.mark.parametrize("written", ["", *USUAL, *PRESETS, *FURTHER])
def test_what_is_said_of_the_next_connection_is_what_becomes_of_it(written: str) -> None:
    faults = faults_named(written) if written else ()
    foretold = next_dial(faults, LIMIT)
    lab = Lab(clock="virtual", seed=77, timeout=LIMIT)
    said, outcome, seconds = lab.run(said_and_done(lab, faults))
    assert foretold.told() in said
    assert outcome == foretold.outcome == FURTHER.get(written, outcome)
    if outcome is OPENS and not foretold.by_chance:
        assert seconds == pytest.approx(foretold.seconds, abs=0.01)


@pytest.mark.parametrize(
    "written", ["", "half-open", "cut", "outage:60", "gate", "header:Upgrade", "idle:0,how=silent"]
)
async def test_sockets_do_the_same(written: str) -> None:
    faults = faults_named(written) if written else ()
    async with Lab(timeout=LIMIT) as lab:
        said, outcome, _ = await said_and_done(lab, faults)
        assert outcome == next_dial(faults, LIMIT).outcome
        assert next_dial(faults, LIMIT).told() in said


def test_where_few_packets_are_lost_most_connections_open_at_once() -> None:
    assert next_dial(faults_named("loss:0.1"), LIMIT).told() == "The next connection opens at once, or by chance later."


@pytest.mark.parametrize("written", ["loss:0", "loss:probability=0.1,after=60", "delay:0,jitter=0.2,after=60"])
def test_no_chance_is_said_where_none_can_strike(written: str) -> None:
    assert next_dial(faults_named(written), LIMIT).told() == "The next connection opens at once."


def test_a_chance_that_strikes_no_dial_of_the_rehearsal_is_said() -> None:
    assert next_dial(faults_named("loss:0.001"), LIMIT).told().endswith("or by chance later.")


def test_chance_is_said() -> None:
    """A delay that jitters never takes the same time twice."""
    dial = next_dial(faults_named("delay:0.1,jitter=0.2"), LIMIT)
    assert dial.told().startswith("The next connection opens after about ")
    assert dial.told().endswith(", by chance.")
    assert 0.2 <= dial.seconds <= 0.6


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "opens at once."),
        ("delay:0.2", "opens after 400 ms."),
        ("half-open", "hangs: no answer comes, and its client gives up after 2 s."),
        ("outage:60", "does not open in time: its client gives up after 2 s."),
        ("gate", "waits: the link holds its request, and its client gives up after 2 s."),
        ("gate:of=server", "waits: the link holds the server's answer, and its client gives up after 2 s."),
        ("header:Upgrade,of=client", "is refused: the server answers 400."),
        ("header:Upgrade,of=server", "fails: the client cannot take the answer that comes (§4.1)."),
        ("cut", "ends with RST before it opens."),
        ("max-age:0", "ends with FIN before it opens."),
        ("idle:0,how=forget", "ends before it opens."),
    ],
)
def test_its_words(written: str, told: str) -> None:
    assert next_dial(faults_named(written) if written else (), LIMIT).told() == f"The next connection {told}"


def test_after_a_cut_of_a_silent_link_nothing_says_that_new_connections_pass() -> None:
    """Before, the panel said "New connections pass.", and dialling again hung until the client's limit."""
    lab = Lab(clock="virtual", timeout=LIMIT)

    async def silent() -> Link:
        link = await lab.link(await lab.serve(echo))
        await lab.connect(link)
        link.silence()
        return link

    link = lab.run(silent())
    panel = LinkPanel(link)
    panel.act("cut", "rst")
    assert "The next connection hangs: no answer comes, and its client gives up after 2 s." in panel.text()
    with suppress(TimeoutError):
        lab.run(lab.connect(link))
    assert lab.now >= LIMIT
