"""The panel of a link as HTML and text, from a state that no link stands behind."""

from __future__ import annotations

from tests.widgets.helpers import EVIL, look
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate
from wslab.lab.faults.timing import Delay
from wslab.protocol.states import State
from wslab.tape.entry import Belief
from wslab.widgets.link_panel.picture import regions, text
from wslab.widgets.link_panel.state import LinkEnd, LinkPanelState
from wslab.widgets.page import html_of

HERE, THERE = LinkEnd("ws://127.0.0.1:1/"), LinkEnd("ws://127.0.0.1:2/")


def everything(state: LinkPanelState) -> str:
    return "".join(html_of(node) for node in regions(state).values())


def test_a_link_without_faults_passes_everything_on() -> None:
    state = LinkPanelState((), HERE, THERE)
    assert "It passes everything on" in look(everything(state)).text
    assert text(state) == "Link: passes everything on; no connection through it yet; dial its address"
    assert regions(state)["gate"] is None


def test_a_gate_has_its_list() -> None:
    assert "Nothing waits at the gate" in look(everything(LinkPanelState((Gate(),), HERE, THERE))).text


def test_connections_that_stay_silent_are_named_once_the_fault_is_gone() -> None:
    state = LinkPanelState((), HERE, THERE, connections=(1, 2), silent=(1, 2))
    assert "Connections #1 and #2 stay silent" in text(state)
    assert "stay silent" not in text(LinkPanelState((Silence(),), HERE, THERE, silent=(1,)))


def test_beliefs_that_are_no_longer_true_are_said_once_for_both() -> None:
    false = LinkEnd("", Belief(State.OPEN, None, ""), true=False)
    assert "Both sides still believe" in text(LinkPanelState((), false, false))
    assert "The server still believes OPEN" in text(LinkPanelState((), HERE, false))


def test_addresses_drafts_and_notices_are_data() -> None:
    state = LinkPanelState((Delay(1),), LinkEnd(EVIL), LinkEnd(EVIL), draft=EVIL, notice=EVIL)
    assert "<img" not in everything(state)
    assert "&lt;img" in everything(state)
