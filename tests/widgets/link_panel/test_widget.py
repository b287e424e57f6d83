"""The panel of a link: what it shows is what the link is, and what it asks for happens to real connections."""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from collections.abc import Callable
from typing import Any

import ipywidgets
import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.lab import ConnectionClosed, Endpoint, Lab, Link, echo
from wslab.lab.faults.chunk import StreamChunk
from wslab.lab.faults.content import AlterHeader, Flip, Rechunk
from wslab.lab.faults.ending import IdleTimer, Silence
from wslab.lab.faults.manual import Gate, GateStage, Held
from wslab.lab.faults.presets import PRESETS
from wslab.lab.faults.timing import Delay
from wslab.protocol import Deflate, Frame, Role, State
from wslab.tape.entry import Entry
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
    assert "The link passes everything on, just as it comes." in shown(panel)
    assert link.url in panel.regions["header"]
    assert panel.text().startswith(f"Link at {link.url}: no connection yet")


def test_the_trait_sets_the_faults_of_the_link_and_shows_them(link: Link) -> None:
    panel = LinkPanel(link, faults=("delay:0.2", Rechunk(1)))
    assert list(link.faults) == list(panel.faults) == [Delay(0.2), Rechunk(1)]
    panel.faults = "mobile"
    assert len(link.faults) == 3
    assert "loss:probability=0.02" in shown(panel)


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
        assert "comes 1.5 s later" in shown(panel)

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


class TestButtons:
    """A fault with a button: on, off, and another number."""

    def test_it_is_put_on_with_its_number_and_taken_away(self, link: Link) -> None:
        panel = LinkPanel(link)
        pressed = [("number", "350"), ("fault", ""), ("number", "100"), ("fault", ""), ("fault", "")]
        then = []
        for do, value in pressed:
            press(panel, do, "delay", value)
            then.append(link.faults)
        assert then == [(), (Delay(0.35),), (Delay(0.1),), (), (Delay(0.1),)]

    def test_those_without_a_number_too(self, link: Link) -> None:
        panel = LinkPanel(link)
        for name in ("silence", "header", "idle"):
            press(panel, "fault", name)
        assert link.faults == (Silence(), AlterHeader("Upgrade", of=Role.CLIENT), IdleTimer(60))

    def test_a_bit_is_that_of_the_next_frame(self, lab: Lab, link: Link) -> None:
        client = lab.run(lab.connect(link))
        for _ in range(3):
            lab.run(client.send("x"))
        panel = LinkPanel(link)
        press(panel, "fault", "flip")
        assert link.faults == (Flip(at_frame=4, bit=3),)
        lab.run(client.send("broken"))
        lab.run(client.wait_closed())
        closes = [entry.sentence for entry in link.tape if entry.kind == "close"]
        assert "1002" in closes[0]

    def test_the_next_frame_is_counted_where_the_tape_keeps_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("wslab.tape.follow.MOST_KEPT", 16)
        lab = Lab(clock="virtual", timeout=1)
        link = lab.run(made(lab))
        client = lab.run(lab.connect(link))
        panel = LinkPanel(link)
        for _ in range(40):
            lab.run(client.send("x"))
        lab.run(asyncio.sleep(1))
        press(panel, "fault", "flip")
        assert link.faults == (Flip(at_frame=41, bit=3),)

    def test_a_number_that_cannot_be_is_told_and_changes_nothing(self, link: Link) -> None:
        panel = LinkPanel(link, faults=(Delay(0.2),))
        press(panel, "number", "delay", "")
        assert "is a number of ms" in look(panel.regions["error"]).text
        assert link.faults == (Delay(0.2),)


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
    press(panel, "fault", "silence")
    assert link.faults == (Silence(),)
    with pytest.raises(TimeoutError):
        lab.run(client.ping())
    assert "Client OPEN no longer true" in shown(panel)
    press(panel, "heal")
    assert link.silent == [1]
    assert "Connection 1 stays silent" in shown(panel)
    press(panel, "cut", "rst")
    assert "Connection 1 ends with RST" in shown(panel)
    assert "The next connection opens at once." in shown(panel)
    with pytest.raises(ConnectionClosed):
        lab.run(client.recv())
    press(panel, "cut", "fin")
    assert "No connection goes through the link now: dial again, then end it." in shown(panel)


class TestSending:
    """The box of the client, and the dial."""

    @pytest.mark.parametrize(
        ("kind", "written", "answer"),
        [("text", "hex 61", "hex 61"), ("binary", "hex 00 61", b"\0a"), ("binary", "ab", b"ab"), ("text", "", "")],
    )
    def test_a_message_leaves_from_the_client(
        self, lab: Lab, link: Link, kind: str, written: str, answer: str | bytes
    ) -> None:
        client = lab.run(lab.connect(link))
        panel = LinkPanel(link)
        press(panel, "hand", "kind", kind)
        press(panel, "hand", "written", written)
        press(panel, "by_hand", "message")
        assert lab.run(client.recv()) == answer
        assert (panel.state.hand.kind, panel.state.hand.written) == (kind, "")

    def test_a_ping_and_a_close_too(self, lab: Lab, link: Link) -> None:
        client = lab.run(lab.connect(link))
        panel = LinkPanel(link)
        press(panel, "by_hand", "ping")
        assert [entry.kind for entry in link.tape][-2:] == ["ping", "pong"]
        press(panel, "hand", "code", "1001")
        press(panel, "by_hand", "close")
        assert (client.state, client.close_code) == (State.CLOSED, 1001)
        assert "This client sends no more." in shown(panel)

    @pytest.mark.parametrize(
        ("what", "field", "written", "says"),
        [
            ("message", "written", "hex 0", "hex"),
            ("close", "code", "12", "no close code"),
            ("frame", "payload", "hex 0", "hex"),
        ],
    )
    def test_what_cannot_be_sent_is_told(
        self, lab: Lab, link: Link, what: str, field: str, written: str, says: str
    ) -> None:
        lab.run(lab.connect(link))
        panel = LinkPanel(link)
        press(panel, "hand", "kind", "binary")
        press(panel, "hand", field, written)
        press(panel, "by_hand", what)
        assert says in look(panel.regions["error"]).text

    def test_a_dial_makes_the_newest_connection(self, link: Link) -> None:
        panel = LinkPanel(link)
        press(panel, "dial")
        press(panel, "dial")
        panel.look()
        assert (panel.state.connection, panel.state.known, panel.state.can_send) == (2, (1, 2), True)

    def test_a_dial_in_vain_says_why(self, link: Link) -> None:
        panel = LinkPanel(link, faults=("header:Upgrade,of=client",))
        press(panel, "dial")
        assert "400" in look(panel.regions["error"]).text
        assert panel.state.connection == 1

    def test_another_programs_client_sends_by_itself(self, lab: Lab, link: Link) -> None:
        async def dialled() -> None:
            await lab._context.network.dial(asyncio.Protocol, link._relay.address, timeout=1)
            await asyncio.sleep(0.01)

        panel = LinkPanel(link)
        lab.run(dialled())
        panel.look()
        assert "Another program's client" in shown(panel)
        press(panel, "by_hand", "message")
        assert "not the lab's own" in look(panel.regions["error"]).text


class TestFollowing:
    """It shows the newest connection and its newest step, unless it was told otherwise."""

    def test_it_goes_on_to_the_connection_that_is_dialled_next(self, lab: Lab, link: Link) -> None:
        panel = LinkPanel(link)
        first = lab.run(lab.connect(link))
        lab.run(first.close())
        panel.look()
        assert (panel.state.connection, panel.step) == (1, panel.last)
        lab.run(lab.connect(link))
        panel.look()
        assert (panel.state.connection, panel.step) == (2, panel.last)
        assert panel.state.timeline.connection == 2
        assert "connection 2, the newest" in shown(panel)

    def test_also_where_the_next_one_never_opens(self, lab: Lab, link: Link) -> None:
        panel = LinkPanel(link)
        lab.run(lab.connect(link))
        link.faults = ("cut",)
        press(panel, "dial")
        panel.look()
        assert panel.state.connection == 2

    def test_connections_that_do_not_go_through_the_link_are_not_its_own(self, lab: Lab, link: Link) -> None:
        panel = LinkPanel(link)
        lab.run(lab.connect(link))
        lab.run(lab.connect(f"ws://{link.target}/"))
        panel.look()
        assert panel.state.connection == 1

    def test_one_that_was_chosen_stays(self, lab: Lab, link: Link) -> None:
        panel = LinkPanel(link)
        for _ in range(3):
            lab.run(lab.connect(link))
            panel.look()
        press(panel, "pin", "1")
        lab.run(lab.connect(link))
        panel.look()
        assert panel.state.connection == 1
        assert "connection 1, pinned" in shown(panel)
        press(panel, "pin", "1")
        assert panel.state.connection == 4

    def test_a_step_back_is_kept_and_the_last_step_follows_again(self, lab: Lab, link: Link) -> None:
        client = lab.run(lab.connect(link))
        panel = LinkPanel(link)
        panel.step = 1
        lab.run(client.send("one"))
        panel.look()
        assert panel.step == 1
        assert panel.last > 2
        panel.step = panel.last
        lab.run(client.send("two"))
        panel.look()
        assert panel.step == panel.last

    def test_the_keepalive_of_each_side_has_its_clock(self, lab: Lab) -> None:
        async def kept() -> Link:
            link = await lab.link(await lab.serve(echo, ping_interval=20))
            await lab.connect(link)
            await asyncio.sleep(5)
            return link

        link = lab.run(kept())
        state = LinkPanel(link).state
        assert state.client.ping is None
        assert state.server.ping is not None
        assert state.server.ping.interval == 20
        assert state.server.ping.left == pytest.approx(15, abs=0.01)
        assert state.server.ping.at == pytest.approx(20, abs=0.01)
        assert not state.server.ping.runs


class TestHeld:
    """What waits: let through, dropped, rewritten."""

    client: Endpoint

    @pytest.fixture
    def panel(self, lab: Lab, link: Link) -> LinkPanel:
        self.client = lab.run(lab.connect(link))
        panel = LinkPanel(link, faults=("gate:of=client",))
        lab.run(self.talk("one", "two", "three", EVIL))
        panel.look()
        return panel

    async def talk(self, *texts: str) -> None:
        for text in texts:
            await self.client.send(text)
        await asyncio.sleep(0.1)

    def received(self, lab: Lab, count: int) -> list[str | bytes]:
        return [lab.run(self.client.recv()) for _ in range(count)]

    def number(self, panel: LinkPanel) -> str:
        return str(panel.state.beads[0].number)

    def test_the_first_is_a_bead_with_its_step_and_nothing_of_it_is_drawn_as_delivered(self, panel: LinkPanel) -> None:
        (bead,) = panel.state.beads
        assert bead.entry is not None
        assert (bead.sender, bead.behind, bead.entry.number) == (Role.CLIENT, 3, 3)
        assert "3T“one”held since 2 ms, 3 behind" in look(panel.regions["wire"]).text
        assert "has not seen step 3" in look(panel.regions["wire"]).text
        assert "is-held" in panel.regions["picture"]
        assert re.search(
            r"held since .*: The client sends text, 3 bytes, masked: “one”. Behind it wait 3 more.", panel.text()
        )

    def test_let_through_and_dropped(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "release", self.number(panel))
        press(panel, "drop", self.number(panel))
        press(panel, "release_all", "client")
        assert self.received(lab, 3) == ["one", "three", EVIL]

    def test_what_the_page_asks_of_one_that_went_on_is_refused(self, panel: LinkPanel) -> None:
        number = self.number(panel)
        press(panel, "release", number)
        press(panel, "drop", number)
        assert "It no longer waits" in look(panel.regions["error"]).text
        assert panel.state.beads[0].behind == 2

    def test_rewritten(self, lab: Lab, panel: LinkPanel) -> None:
        number = self.number(panel)
        assert "“one”" in shown(panel)
        press(panel, "text", number, "uno")
        press(panel, "rewrite", number)
        assert self.received(lab, 0) == []
        press(panel, "release_all", "client")
        assert self.received(lab, 2) == ["uno", "two"]

    @pytest.mark.parametrize(
        ("frame", "text"), [(Frame.close(1000, "bye"), "1000 bye"), (Frame.binary(b"\0a"), "hex 00 61")]
    )
    def test_other_frames_are_edited_in_their_own_words(
        self, lab: Lab, panel: LinkPanel, frame: Frame, text: str
    ) -> None:
        press(panel, "release_all", "client")
        lab.run(self.sent(frame))
        panel.look()
        fields = [each for each in look(panel.regions["wire"]).having("data-do") if each["data-do"] == "text"]
        assert [each["value"] for each in fields] == [text]
        press(panel, "rewrite", self.number(panel))
        assert not panel.link.held

    async def sent(self, frame: Frame) -> None:
        await self.client.send_frame(frame.replace(mask=bytes(4)))
        await asyncio.sleep(0.1)

    def test_a_text_that_cannot_be_is_told(self, panel: LinkPanel) -> None:
        press(panel, "text", self.number(panel), "hex 0")
        press(panel, "rewrite", self.number(panel))
        assert "hex" in look(panel.regions["error"]).text
        assert len(panel.link.held) == 4

    def test_the_switch_lets_all_pass_and_holds_again(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "hold")
        assert self.received(lab, 4) == ["one", "two", "three", EVIL]
        press(panel, "hold")
        assert panel.link.faults == (Gate(),)

    def test_both_directions_have_one(self, lab: Lab, panel: LinkPanel) -> None:
        panel.faults = (Gate(),)
        press(panel, "hold")
        press(panel, "hold")
        lab.run(self.talk("five"))
        press(panel, "release", self.number(panel))
        lab.run(asyncio.sleep(0.1))
        lab.run(self.talk("six"))
        panel.look()
        assert [bead.sender for bead in panel.state.beads] == [Role.CLIENT, Role.SERVER]

    def test_what_is_held_on_other_connections_is_counted(self, lab: Lab, panel: LinkPanel) -> None:
        press(panel, "dial")
        panel.look()
        assert "4 held on others" in look(panel.regions["header"]).text


class TestManyHeld:
    """A redraw looks at the first frames only, however many wait."""

    def count(self, monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> list[int]:
        """The objects of which this property was read."""
        read: list[int] = []
        plain: Callable[[Any], Any] = getattr(kind, name).fget

        def counted(each: Any) -> Any:
            read.append(id(each))
            return plain(each)

        monkeypatch.setattr(kind, name, property(counted))
        return read

    @pytest.mark.parametrize("many", [200, 2000])
    def test_a_redraw_reads_as_much_of_many_as_of_few(
        self, lab: Lab, link: Link, monkeypatch: pytest.MonkeyPatch, many: int
    ) -> None:
        client = lab.run(lab.connect(link))
        link.faults = ("gate",)

        async def flood() -> None:
            for number in range(many):
                await client.send(str(number))
            await asyncio.sleep(0.1)

        lab.run(flood())
        panel = LinkPanel(link)
        panel.redraw()
        held, entries = self.count(monkeypatch, Held, "frame"), self.count(monkeypatch, Entry, "data")
        panel.redraw()
        assert len({*held}) == 1
        assert len({*entries}) <= 40
        assert f"{many - 1:,} behind" in shown(panel)

    def test_a_hundred_thousand_take_no_longer_to_draw(self, lab: Lab, link: Link) -> None:
        """What the tape keeps of them is bounded, and so is what the panel looks at."""
        lab.run(lab.connect(link))
        link.faults = ("gate",)
        (stage,) = (each for each in link._stages(GateStage) if each.role is Role.CLIENT)
        data = Frame.text("x", mask=bytes(4)).serialize()
        for _ in range(100_000):
            stage.held.append((Held(1, "client", data, stage._decide), StreamChunk(data, 0, len(data))))
            stage.undecided += 1
        panel = LinkPanel(link)
        assert "99,999 behind" in shown(panel)
        assert sum(map(len, panel.regions.values())) < 100_000


def test_a_compressed_frame_is_told_by_what_it_says(lab: Lab) -> None:
    link = lab.run(squeezed(lab))
    panel = LinkPanel(link)
    assert "“Hello Hello Hello”" in look(panel.regions["wire"]).text
    assert "compressed to" in panel.text()
    fields = [each for each in look(panel.regions["wire"]).having("data-do") if each["data-do"] == "text"]
    assert fields[0]["value"] == "Hello Hello Hello"


async def squeezed(lab: Lab) -> Link:
    link = await lab.link(await lab.serve(echo, deflate=Deflate()))
    client = await lab.connect(link, deflate=Deflate())
    await client.send("before")
    await client.recv()
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
        tape = panel._reader.tape
        before = len(tape)
        link.tape.record(1, tag(RecordKind.SENT, Role.SERVER), Frame.pong().serialize() * 20_000)
        panel.look()
        assert 0 < len(tape) - before < 3000
        assert tape.is_behind
        async with asyncio.timeout(60):
            await caught_up(panel)
        assert tape.dropped(1) >= 10_000
        panel.close()


async def caught_up(panel: LinkPanel) -> None:
    while panel._reader.tape.is_behind:  # noqa: ASYNC110  nothing tells
        await asyncio.sleep(0.01)


def test_where_no_loop_runs_a_flood_is_read_to_its_end(lab: Lab, link: Link) -> None:
    panel = LinkPanel(link)
    lab.run(lab.connect(link))
    link.tape.record(1, tag(RecordKind.SENT, Role.SERVER), Frame.pong().serialize() * 20_000)
    panel.look()
    assert not panel._reader.tape.is_behind
