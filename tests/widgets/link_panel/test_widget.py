"""The panel of a link: what it shows is what the link is, and what it asks for happens to real connections."""

from __future__ import annotations

import asyncio
import gc
import weakref

import ipywidgets
import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.lab import ConnectionClosed, Lab, Link, echo
from wslab.lab.faults.content import Flip, Rechunk
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate, Held
from wslab.lab.faults.presets import PRESETS
from wslab.lab.faults.timing import Delay
from wslab.protocol import Deflate, Frame, Role
from wslab.tape.records import RecordKind, tag
from wslab.widgets.link_panel.widget import LinkPanel


@pytest.fixture
def lab() -> Lab:
    return Lab(clock="virtual", timeout=1)


@pytest.fixture
def link(lab: Lab) -> Link:
    return lab.run(made(lab))


async def made(lab: Lab) -> Link:
    return await lab.link(await lab.serve(echo))


def test_a_whole_link_says_so_and_where_to_dial_it(link: Link) -> None:
    panel = LinkPanel(link)
    assert "It passes everything on, just as it comes." in shown(panel)
    assert link.url in shown(panel)
    assert link.target in shown(panel)
    assert panel.text().startswith("Link: passes everything on; no connection through it yet")


def test_the_trait_sets_the_faults_of_the_link_and_shows_them(link: Link) -> None:
    panel = LinkPanel(link, faults=("delay:0.2", Rechunk(1)))
    assert list(link.faults) == list(panel.faults) == [Delay(0.2), Rechunk(1)]
    panel.faults = "mobile"
    assert len(link.faults) == 3
    assert "loss:probability=0.02" in shown(panel)


@pytest.mark.parametrize(
    ("fault", "wire"), [("delay:1", "is-both"), ("delay:1,of=client", "is-client"), ("delay:1,of=server", "is-server")]
)
def test_a_fault_is_on_the_wire_that_it_touches(link: Link, fault: str, wire: str) -> None:
    stages = look(LinkPanel(link, faults=(fault,)).regions["picture"]).of_class("wsl-cstage")
    assert [wire in (each["class"] or "") for each in stages] == [True, False]


def test_behind_a_silence_the_wire_is_broken_on_that_side_only(link: Link) -> None:
    tags = look(LinkPanel(link, faults=("delay:1", "half-open:of=client", "glue")).regions["picture"])
    dead = ["is-dead-right" in (each["class"] or "") for each in tags.of_class("wsl-cstage")]
    assert dead == [False, False, True, True]
    assert tags.of_class("is-dead-left") == []
    assert len(tags.of_class("is-cut")) == 1


class TestOtherWidgets:
    """`faults` is a trait like any other's."""

    def test_another_panel_follows(self, link: Link) -> None:
        one, other = LinkPanel(link), LinkPanel(link)
        one.observe(lambda change: setattr(other, "faults", change["new"]), names=["faults"])
        one.faults = (Delay(1),)
        assert other.faults == (Delay(1),)

    def test_a_slider_drives_it(self, link: Link) -> None:
        panel, slider = LinkPanel(link), ipywidgets.FloatSlider(0.1, min=0, max=2)
        ipywidgets.dlink((slider, "value"), (panel, "faults"), lambda seconds: (Delay(seconds),))
        slider.value = 1.5
        assert link.faults == (Delay(1.5),)
        assert "1.5 s" in shown(panel)

    def test_a_dropdown_of_presets_drives_it(self, link: Link) -> None:
        panel, choice = LinkPanel(link), ipywidgets.Dropdown(options=list(PRESETS))
        ipywidgets.dlink((choice, "value"), (panel, "faults"))
        choice.value = "nginx_60s"
        assert link.faults == PRESETS["nginx_60s"]

    @pytest.mark.parametrize(("wrong", "says"), [("delai:1", "did you mean"), (("delay:1", "delay:2"), "Two faults")])
    def test_what_cannot_be_is_raised_and_shown_and_changes_nothing(self, link: Link, wrong: object, says: str) -> None:
        panel = LinkPanel(link, faults=("glue",))
        with pytest.raises(ValueError, match=says):
            panel.faults = wrong
        assert says in shown(panel)
        assert panel.faults == link.faults == PRESETS["glue"]
        panel.faults = ()
        assert says not in shown(panel)


def test_what_others_do_to_the_link_shows(lab: Lab, link: Link) -> None:
    panel = LinkPanel(link)
    link.faults = ("pongs_lost",)
    lab.run(asyncio.sleep(0.1))
    assert panel.faults == PRESETS["pongs_lost"]
    assert "Pongs of both sides vanish" in shown(panel)


class TestMaking:
    """A fault put together: its fields and its text are the same."""

    def test_choosing_fills_the_fields_and_the_fields_write_the_text(self, link: Link) -> None:
        panel = LinkPanel(link)
        press(panel, "choose", "", "flip")
        press(panel, "field", "bit", "5")
        press(panel, "field", "of", "server")
        assert panel.state.draft == "flip:at_frame=2,bit=5,of=server"
        assert "Bit 5 is flipped at frame 2 of the server" in shown(panel)
        press(panel, "add")
        assert link.faults == (Flip(at_frame=2, bit=5, of="server"),)

    def test_writing_fills_the_fields(self, link: Link) -> None:
        panel = LinkPanel(link)
        press(panel, "draft", "", "fin:at_frame=3,of=server")
        fields = {each["data-arg"]: each for each in look(panel.regions["inputs"]).having("data-arg")}
        assert fields["at_frame"]["value"] == "3"
        press(panel, "field", "of", "")
        press(panel, "field", "at_frame", "")
        assert panel.state.draft == "fin"

    @pytest.mark.parametrize("name", PRESETS)
    def test_a_preset_says_what_it_is_before_it_is_put_on(self, link: Link, name: str) -> None:
        panel = LinkPanel(link, faults=("gate",))
        press(panel, "choose", "", name)
        assert link.faults == (Gate(),)
        press(panel, "add")
        assert link.faults == PRESETS[name]

    @pytest.mark.parametrize(
        ("draft", "says"),
        [("delai:1", "did you mean 'delay'"), ("delay:-1", "is not below 0"), ("", "There is no fault ''")],
    )
    def test_a_slip_is_told_in_the_panel(self, link: Link, draft: str, says: str) -> None:
        panel = LinkPanel(link)
        press(panel, "draft", "", draft)
        press(panel, "add")
        assert says in look(panel.regions["error"]).text
        assert link.faults == ()


def test_taking_away_undoing_and_healing(link: Link) -> None:
    panel = LinkPanel(link, faults=("nginx_60s", "glue"))
    press(panel, "remove", "0")
    assert link.faults == PRESETS["glue"]
    press(panel, "heal")
    press(panel, "undo")
    assert link.faults == PRESETS["glue"]
    press(panel, "undo")
    assert len(link.faults) == 2
    assert not panel.state.can_undo
    press(panel, "undo")
    assert len(link.faults) == 2


def test_silence_and_cuts_reach_the_connection_and_the_panel_says_what_stays(lab: Lab, link: Link) -> None:
    panel = LinkPanel(link)
    client = lab.run(lab.connect(link))
    press(panel, "silence")
    assert link.faults == (Silence(),)
    with pytest.raises(TimeoutError):
        lab.run(client.ping())
    assert "believes OPEN" in shown(panel)
    press(panel, "heal")
    assert link.silent == [1]
    assert "Connection #1 stays silent" in shown(panel)
    press(panel, "cut", "rst")
    assert "#1 cut with RST" in shown(panel)
    with pytest.raises(ConnectionClosed):
        lab.run(client.recv())


class TestGate:
    """What waits: let through, dropped, rewritten."""

    @pytest.fixture
    def panel(self, lab: Lab, link: Link) -> LinkPanel:
        self.client = lab.run(lab.connect(link))
        panel = LinkPanel(link, faults=("gate:of=client",))
        assert "Nothing waits at the gate" in shown(panel)
        lab.run(self.talk("one", "two", "three", EVIL))
        return panel

    async def talk(self, *texts: str) -> None:
        for text in texts:
            await self.client.send(text)
        await asyncio.sleep(0.1)

    def received(self, lab: Lab, count: int) -> list[str | bytes]:
        return [lab.run(self.client.recv()) for _ in range(count)]

    def test_it_shows_by_itself_what_came(self, panel: LinkPanel) -> None:
        assert "The client sends text, 3 bytes, masked: “two”." in shown(panel)
        assert "4 waiting" in shown(panel)
        assert EVIL in shown(panel)  # as text: nothing of it became markup

    def test_a_redraw_looks_at_the_frames_that_it_lists_however_many_wait(
        self, lab: Lab, panel: LinkPanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab.run(self.talk(*["more"] * 500))
        looked: list[Held] = []
        monkeypatch.setattr(Held, "frame", property(looked.append))
        panel.redraw()
        assert len({*map(id, looked)}) == 12
        assert "504 waiting" in shown(panel)
        assert "and 492 more behind them" in shown(panel)
        assert "and 492 more behind them" in panel.text()
        press(panel, "release", "all")
        assert panel.link.held_counts == {Role.CLIENT: 0, Role.SERVER: 0}

    def test_let_through_and_dropped(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "drop", "2")
        press(panel, "release", "all")
        assert self.received(lab, 3) == ["one", "three", EVIL]

    def test_a_number_stays_with_its_frame(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "release", "1")
        press(panel, "drop", "2")
        press(panel, "release", "3")
        assert self.received(lab, 2) == ["one", "three"]
        press(panel, "drop", "2")
        assert "It no longer waits" in shown(panel)

    def test_rewritten(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "edit", "1")
        assert look(panel.regions["gate"]).having("value")[0]["value"] == "one"
        press(panel, "text", "1", "uno")
        press(panel, "rewrite", "1")
        assert self.received(lab, 1) == ["uno"]

    @pytest.mark.parametrize(
        ("frame", "text"), [(Frame.close(1000, "bye"), "1000 bye"), (Frame.binary(b"\0a"), "hex 00 61")]
    )
    def test_other_frames_are_edited_in_their_own_words(
        self, lab: Lab, panel: LinkPanel, frame: Frame, text: str
    ) -> None:
        press(panel, "release", "all")
        lab.run(self.sent(frame))
        press(panel, "edit", "5")
        assert look(panel.regions["gate"]).having("value")[0]["value"] == text
        press(panel, "rewrite", "5")
        assert not panel.link.held

    async def sent(self, frame: Frame) -> None:
        await self.client.send_frame(frame.replace(mask=bytes(4)))
        await asyncio.sleep(0.1)

    def test_a_text_that_cannot_be_is_told(self, panel: LinkPanel) -> None:
        press(panel, "edit", "1")
        press(panel, "text", "1", "hex 0")
        press(panel, "rewrite", "1")
        assert "hex" in look(panel.regions["error"]).text
        assert len(panel.link.held) == 4

    def test_opening_it_lets_all_pass(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "open")
        assert self.received(lab, 4) == ["one", "two", "three", EVIL]
        press(panel, "hold")
        assert panel.link.faults == (Gate(),)


def test_a_compressed_frame_is_told_by_what_it_says(lab: Lab) -> None:
    link = lab.run(squeezed(lab))
    assert "compressed to" in shown(LinkPanel(link))
    assert "“Hello Hello Hello”" in shown(LinkPanel(link))


async def squeezed(lab: Lab) -> Link:
    link = await lab.link(await lab.serve(echo, deflate=Deflate()))
    client = await lab.connect(link, deflate=Deflate())
    link.faults = ("gate:of=client",)
    await client.send("Hello Hello Hello")
    await asyncio.sleep(0.1)
    return link


def test_a_panel_that_nobody_holds_is_gone(link: Link) -> None:
    panel = LinkPanel(link)
    panel.close()
    gone = weakref.ref(panel)
    del panel
    gc.collect()
    assert gone() is None


async def test_a_flood_is_read_by_parts_that_follow_by_themselves() -> None:
    """Before, each redraw read all that was new, and kept an entry of 350 bytes for each frame of 2."""
    async with Lab() as lab:
        link = await made(lab)
        panel = LinkPanel(link)
        await lab.connect(link)
        before = len(panel._tape_view)
        link.tape.record(1, tag(RecordKind.SENT, Role.SERVER), Frame.pong().serialize() * 20_000)
        panel.look()
        assert 0 < len(panel._tape_view) - before < 3000
        assert panel._tape_view.is_behind
        async with asyncio.timeout(20):
            await caught_up(panel)
        assert panel._tape_view.dropped(1) >= 10_000
        panel.close()


async def caught_up(panel: LinkPanel) -> None:
    while panel._tape_view.is_behind:  # noqa: ASYNC110  nothing tells
        await asyncio.sleep(0.01)


def test_where_no_loop_runs_a_flood_is_read_to_its_end(lab: Lab, link: Link) -> None:
    panel = LinkPanel(link)
    lab.run(lab.connect(link))
    link.tape.record(1, tag(RecordKind.SENT, Role.SERVER), Frame.pong().serialize() * 20_000)
    panel.look()
    assert not panel._tape_view.is_behind
