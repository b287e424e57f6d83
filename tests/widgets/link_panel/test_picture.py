"""The panel of a link as HTML and text, from a state that no link stands behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.notebooks.course import load
from tests.widgets.helpers import EVIL, look
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import Rechunk
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate
from wslab.lab.faults.timing import Delay
from wslab.protocol import Role
from wslab.protocol.states import State
from wslab.tape.entry import Belief
from wslab.widgets.link_panel.connections.by_hand import ByHand
from wslab.widgets.link_panel.picture import regions, text
from wslab.widgets.link_panel.state import LinkPanelState, PingClock, Side
from wslab.widgets.page import html_of
from wslab.widgets.timeline.state import TimelineState

NOTHING = TimelineState([])
OPEN = Side(Belief(State.OPEN, None, ""))
STALE = Side(Belief(State.OPEN, None, ""), true=False)


def everything(state: LinkPanelState) -> str:
    return "".join(html_of(node) for node in regions(state, range(1)).values())


def state_of(*faults: Fault, **more: object) -> LinkPanelState:
    return LinkPanelState(faults, NOTHING, "ws://127.0.0.1:1/", "127.0.0.1:2", **more)  # type: ignore[arg-type]


def test_a_link_without_faults_passes_everything_on() -> None:
    shown = look(everything(state_of())).text
    assert "The link passes everything on, just as it comes." in shown
    assert "The next connection opens at once." in shown
    assert "No connection yet" in shown
    assert text(state_of()) == (
        "Link at ws://127.0.0.1:1/: no connection yet\n  The link passes everything on, just as it comes.\n"
        "  The next connection opens at once."
    )


def test_the_regions_are_these_from_above() -> None:
    assert list(regions(state_of(), range(1))) == ["header", "wire", "hand", "table", "faults", "picture"]


def test_the_help_has_three_sentences_and_the_header_copies_and_saves() -> None:
    header = look(regions(state_of(), range(1))["header"])
    assert header.text.partition("?")[2].count(". ") == 2
    assert [each["aria-label"] for each in header.having("aria-label")][-3:] == [
        "Copy what the link does, as text",
        "Save as a page",
        "Help for Link",
    ]


@pytest.mark.parametrize(
    ("faults", "lines"),
    [((Silence(),), 1), ((Silence(of=Role.CLIENT),), 1), ((Silence(after=5),), 0), ((Delay(1),), 0)],
)
def test_a_silence_is_one_band_over_what_it_swallows(faults: tuple[Fault, ...], lines: int) -> None:
    wire = look(regions(state_of(*faults), range(1))["wire"])
    assert len(wire.of_class("wsl-tsilent")) == lines


def test_a_silence_of_one_side_leaves_the_other_line_whole() -> None:
    wire = look(regions(state_of(Silence(of=Role.CLIENT)), range(1))["wire"])
    assert [each["class"] for each in wire.of_class("wsl-ltip")] == ["wsl-ltip to-left"]
    band = wire.of_class("wsl-tsilent")[0]["style"] or ""
    assert "top:2.0px;height:56.0px" in band


def test_a_fault_is_a_sign_on_the_line_that_it_touches() -> None:
    wire = look(regions(state_of(Delay(1, of=Role.SERVER), Rechunk(1), Gate()), range(1))["wire"])
    assert [each["class"] for each in wire.of_class("wsl-lsigns")] == ["wsl-lsigns is-client", "wsl-lsigns is-server"]
    assert [each["title"] for each in wire.of_class("wsl-lsign")] == [
        "rechunk 1 B each",
        "delay 1 s",
        "rechunk 1 B each",
    ]


def test_a_pressed_button_has_the_number_of_its_fault() -> None:
    row = look(regions(state_of(Delay(0.15), numbers={"loss": "25"}), range(1))["faults"])
    values = {each["data-arg"]: each["value"] for each in row.having("data-do") if each["data-do"] == "number"}
    assert values == {"delay": "150", "rate": "2", "loss": "25", "outage": "5", "idle": "60", "flip": "3"}
    pressed = {each["data-arg"]: each["aria-pressed"] for each in row.having("aria-pressed")}
    assert [name for name, is_pressed in pressed.items() if is_pressed == "true"] == ["delay"]
    assert [each["aria-label"] for each in row.having("aria-pressed")][:2] == ["delay 150 ms", "rate 2 kB/s"]


def test_faults_without_a_button_are_counted_and_listed_in_the_fold() -> None:
    row = look(regions(state_of(Delay(1), Rechunk(1)), range(1))["faults"])
    assert "written · 1 more" in row.text
    assert "Take away rechunk" in [each.get("title") for each in row.having("title")]


def test_the_notebook_names_the_switch_that_holds_as_it_is_named_in_a_narrow_window_too() -> None:
    said = next(cell.source for cell in load("04_disconnects").cells if "it holds each frame" in cell.source)
    header = html_of(regions(state_of(), range(1))["header"])
    assert "Press **Hold** on the panel" in said
    assert 'Hold<span class="wsl-leach"> each frame</span>' in header  # the rest is hidden there


def test_nothing_can_be_ended_where_nothing_goes_through() -> None:
    for living, off in (((), "true"), ((1,), None)):
        row = look(regions(state_of(living=living), range(1))["faults"])
        ends = [each for each in row.having("data-do") if each["data-do"] == "cut"]
        assert [each.get("aria-disabled") for each in ends] == [off, off]


def test_a_belief_is_told_with_whether_it_is_true() -> None:
    state = state_of(client=STALE, server=OPEN, connection=1)
    assert "Client OPEN no longer true" in look(everything(state)).text
    assert "  client OPEN, no longer true\n  server OPEN\n" in text(state)
    ribbons = look(regions(state, range(1))["wire"]).of_class("wsl-trib")
    assert ["is-false" in (each["class"] or "") for each in ribbons] == [True, False]


def test_a_keepalive_says_when_the_next_ping_comes_and_its_ring_fills_until_then() -> None:
    state = state_of(client=Side(OPEN.belief, ping=PingClock(20, 5, 35)), server=OPEN, connection=1)
    wire = look(regions(state, range(1))["wire"])
    assert "Ping at 35 severy 20 s" in wire.text
    assert [each["style"] for each in wire.of_class("is-gone")] == ["--gone:0.750;animation-duration:5.00s"]
    still = state_of(client=Side(OPEN.belief, ping=PingClock(20, 5, 35, runs=False)), connection=1)
    assert look(regions(still, range(1))["wire"]).of_class("is-still")


def test_a_client_that_cannot_send_says_why_and_how_to_get_one() -> None:
    for more, why in (
        ({}, "No connection yet"),
        ({"connection": 1, "is_foreign": True}, "Another program's client"),
        ({"connection": 1}, "sends no more"),
    ):
        wire = look(regions(state_of(**more), range(1))["wire"])
        assert why in wire.text
        assert [each["data-do"] for each in wire.having("data-do")] == ["dial"]
        assert all(each["aria-disabled"] == "true" for each in buttons(state_of(**more)))


def test_what_is_sent_by_hand_has_a_row_of_its_own_whose_buttons_the_fields_press() -> None:
    state = state_of(connection=1, living=(1,), can_send=True, owned=(Role.CLIENT,))
    row = look(regions(state, range(1))["hand"])
    assert [each["data-arg"] for each in buttons(state)] == ["message", "ping", "close", "frame"]
    assert not any(each.get("aria-disabled") for each in buttons(state))
    keys = {each["data-key"] for each in buttons(state)}
    assert [each["data-enter"] in keys for each in row.having("data-enter")] == [True] * 4
    for end, off in (("server", True), ("to-client", False)):
        other = replace(state, hand=ByHand(end))
        assert [bool(each.get("aria-disabled")) for each in buttons(other)] == [off] * 4


def buttons(state: LinkPanelState) -> list[dict[str, str | None]]:
    row = look(regions(state, range(1))["hand"])
    return [each for each in row.having("data-do") if each["data-do"] == "by_hand"]


def test_a_connection_that_stays_silent_is_named_once_the_fault_is_gone() -> None:
    state = state_of(connection=2, living=(1, 2), silent=(2,))
    assert "Connection 2 stays silent: the link acknowledged what it swallowed" in text(state)
    assert look(regions(state, range(1))["wire"]).of_class("wsl-tsilent")
    assert "stays silent" not in text(state_of(Silence(), connection=2, silent=(2,)))


def test_addresses_drafts_and_notices_are_data() -> None:
    state = LinkPanelState(
        (Delay(1),), NOTHING, EVIL, EVIL, draft=EVIL, notice=EVIL, hand=ByHand(written=EVIL), can_send=True
    )
    assert "<img" not in everything(state)
    assert everything(state).count("&lt;img") >= 4
