"""The panel of a link: what it shows is what the link is, and what it asks for happens to real connections."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from tests.widgets.helpers import EVIL, press, shown
from wslab.lab import ConnectionClosed, Lab, Link, echo
from wslab.lab.faults import NAMES, AlterHeader, Delay, Flip, Rechunk, Silence, faults_named
from wslab.widgets.link import LinkPanel, in_words


@pytest.fixture
def lab() -> Lab:
    return Lab(clock="virtual", timeout=1)


@pytest.fixture
def link(lab: Lab) -> Link:
    return lab.run(made(lab))


async def made(lab: Lab) -> Link:
    return await lab.link(await lab.serve(echo))


def test_a_whole_link_says_so(link: Link) -> None:
    panel = LinkPanel(link)
    assert "It passes everything on, just as it comes." in shown(panel)
    assert panel.text() == "Link: passes everything on; 0 connections through it"


def test_the_trait_sets_the_faults_of_the_link_and_shows_them(link: Link) -> None:
    panel = LinkPanel(link, faults=("delay:0.2", Rechunk(1)))
    assert list(link.faults) == list(panel.faults) == [Delay(0.2), Rechunk(1)]
    panel.faults = "mobile"
    assert len(link.faults) == 3
    assert "loss:probability=0.02" in shown(panel)


def test_another_widget_can_drive_the_trait(link: Link) -> None:
    one, other = LinkPanel(link), LinkPanel(link)
    one.observe(lambda change: setattr(other, "faults", change["new"]), names=["faults"])
    one.faults = (Delay(1),)
    assert other.faults == (Delay(1),)


def test_buttons_add_and_take_away(link: Link) -> None:
    panel = LinkPanel(link)
    press(panel, "preset", "", "nginx_60s")
    press(panel, "draft", "", "flip:at_frame=2,bit=3,of=server")
    press(panel, "add")
    assert link.faults[1:] == (Flip(at_frame=2, bit=3, of="server"),)
    press(panel, "remove", "0")
    assert len(link.faults) == 1
    press(panel, "heal")
    assert not link.faults


def test_silence_and_cuts_reach_the_connection(lab: Lab, link: Link) -> None:
    panel = LinkPanel(link)
    client = lab.run(lab.connect(link))
    press(panel, "silence")
    assert link.faults == (Silence(),)
    with pytest.raises(TimeoutError):
        lab.run(client.ping())
    press(panel, "cut", "rst")
    with pytest.raises(ConnectionClosed):
        lab.run(client.recv())


def test_what_waits_at_the_gate_is_let_through_or_dropped(lab: Lab, link: Link) -> None:
    panel = LinkPanel(link)
    client = lab.run(lab.connect(link))
    panel.faults = ("gate:of=client",)
    assert "Nothing waits at the gate." in shown(panel)

    async def talk() -> None:
        for text in ("one", "two", "three", EVIL):
            await client.send(text)
        await asyncio.sleep(0.1)

    lab.run(talk())
    assert "The client sends text, 3 bytes, masked: “two”.Let throughDrop" in shown(panel)
    assert EVIL in shown(panel)  # as text: nothing of it became markup
    press(panel, "drop", "1")
    press(panel, "release", "all")
    assert [lab.run(client.recv()) for _ in range(3)] == ["one", "three", EVIL]


@pytest.mark.parametrize(
    ("draft", "says"),
    [("delai:1", "did you mean 'delay'"), ("delay:-1", "is not below 0"), ("", "There is no fault ''")],
)
def test_a_slip_is_told_in_the_panel(link: Link, draft: str, says: str) -> None:
    panel = LinkPanel(link)
    press(panel, "draft", "", draft)
    press(panel, "add")
    assert says in shown(panel)
    assert link.faults == ()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("flip", "header")])
def test_every_fault_is_written_as_one_writes_it(name: str) -> None:
    text = {"delay": "delay:seconds=0.2", "loss": "loss:probability=0.5"}.get(name, name)
    try:
        (fault,) = faults_named(text)
    except ValueError as error:  # it needs a value
        (fault,) = faults_named(f"{name}:{str(error).partition('needs ')[2].split()[0].rstrip(':')}=2")
    assert faults_named(in_words(fault)) == (fault,)


def test_headers_are_written_too() -> None:
    assert in_words(AlterHeader("Upgrade", of="client")) == "header:name=Upgrade,of=client"


def test_a_panel_that_nobody_holds_is_gone(link: Link) -> None:
    panel = LinkPanel(link)
    panel.close()
    gone = weakref.ref(panel)
    del panel
    gc.collect()
    assert gone() is None
