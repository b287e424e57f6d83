"""The table of connections, the picture of a buffer, and what is sent by hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.widgets.helpers import look, press, shown
from wslab.lab import Lab, echo
from wslab.protocol import Frame, LocalProtocolError, Role
from wslab.widgets.link_panel.connections.by_hand import CLOSE, FRAME, MESSAGE, PING, ByHand
from wslab.widgets.link_panel.connections.levels import HALF, WIDTH, levels_picture, outline
from wslab.widgets.link_panel.connections.rows import MOST_ROWS, MOST_SAMPLES, Levels, Sample, rows_of
from wslab.widgets.link_panel.widget import LinkPanel


class TestLevels:
    """The outline of a buffer over time."""

    def test_it_keeps_a_level_until_the_next_and_stays_in_its_box(self) -> None:
        corners = outline([(10, 0), (11, 4), (12, 2), (14, 0)])
        assert corners == [
            *[(0, 0), (18, 0), (18, 8), (36, 8), (36, 4), (72, 4), (72, 0), (72, 0), (72, 0)],
        ]
        assert all(0 <= x <= WIDTH and 0 <= y <= HALF for x, y in corners)
        assert [x for x, _ in corners] == sorted(x for x, _ in corners)

    def test_one_moment_fills_the_width_and_empty_buffers_draw_nothing(self) -> None:
        assert outline([(3, 7)]) == [(0, 0), (0, 0), (0, HALF), (WIDTH, HALF), (WIDTH, 0)]
        assert outline([]) == outline([(1, 0), (2, 0)]) == []
        assert [attrs["class"] for attrs in look(levels_picture([Sample(0, 0, 3)])).having("points")] == ["is-in"]

    def test_what_stays_the_same_is_one_line(self) -> None:
        assert len(outline([(at, 5) for at in range(MOST_SAMPLES)])) == len(outline([(0, 5), (1, 5)]))

    def test_the_history_is_bounded_and_goes_with_the_row(self) -> None:
        class End:
            unwritten = unread = 1

        levels = Levels()
        for now in range(2 * MOST_SAMPLES):
            levels.take(1, Role.CLIENT, End(), now)
        levels.take(2, Role.CLIENT, End(), 0)
        assert [each.at for each in levels.of(1, Role.CLIENT)] == list(range(MOST_SAMPLES, 2 * MOST_SAMPLES))
        levels.forget_all_but([2])
        assert len(levels) == 1


def test_the_one_that_is_shown_always_has_a_row() -> None:
    assert rows_of([1, 2, 3], 3) == [3, 2, 1]
    many = rows_of(list(range(1, 21)), 2)
    assert len(many) == MOST_ROWS
    assert many[0] == 20
    assert many[-1] == 2


class TestFrames:
    """What the form makes."""

    def test_any_frame_is_masked_as_it_must_be_or_wrongly(self) -> None:
        hand = ByHand("to-client", payload="hex 00 61", opcode="11", fin="0", rsv="010")
        frame = hand.frame(FRAME)
        assert (frame.opcode, frame.fin, frame.rsv1, frame.rsv2, frame.payload) == (11, False, False, True, b"\0a")
        assert frame.mask is None
        assert ByHand("server", mask="wrong").frame(FRAME).mask is not None
        assert ByHand("client", mask="wrong").frame(FRAME).mask is None

    @pytest.mark.parametrize(("code", "says"), [("1005", "1005"), ("bye", "no close code"), ("999", "close code")])
    def test_a_close_that_must_not_be_sent_is_refused(self, code: str, says: str) -> None:
        with pytest.raises((LocalProtocolError, ValueError), match=says):
            ByHand(code=code, reason="no").frame(CLOSE)

    def test_each_button_has_its_frame(self) -> None:
        hand = ByHand("to-client", written="grüße", code=" 4001 ", reason="over")
        assert hand.frame(MESSAGE) == Frame.text("grüße")
        assert replace(hand, kind="binary", written="hex 00").frame(MESSAGE) == Frame.binary(b"\0")
        assert hand.frame(PING) == Frame.ping()
        assert hand.frame(CLOSE) == Frame.close(4001, "over")
        assert replace(hand, code="", reason="unsaid").frame(CLOSE) == Frame.close()


def test_the_first_picture_shows_the_buffers_of_what_is_open_already() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        await lab.connect(link)
        panel = LinkPanel(link)
        assert panel.text().count("0 B out, 0 unread") == 2
        panel.close()

    lab.run(story())


def test_the_table_follows_the_newest_unless_one_is_pinned() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        clients = [await lab.connect(link) for _ in range(MOST_ROWS + 2)]
        await asyncio.sleep(0.5)
        panel.look()
        assert len(look(panel.regions["table"]).having("data-arg")) == MOST_ROWS
        assert "2 more without a row." in shown(panel)
        assert panel.text().count("0 B out, 0 unread") == 2 * MOST_ROWS
        press(panel, "pin", str(MOST_ROWS))
        clients.append(await lab.connect(link))
        await asyncio.sleep(0.5)
        assert panel.state.connection == MOST_ROWS
        press(panel, "pin", str(MOST_ROWS))
        assert panel.state.connection == len(clients)
        for client in clients:
            await client.close(4001, "over")
        await asyncio.sleep(0.5)
        panel.look()
        assert "client CLOSED 4001, 0 B out" in panel.text()
        panel.close()

    lab.run(story())


def test_a_panel_that_is_opened_late_calls_no_end_of_the_lab_another_programs() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        await lab.connect(link)
        panel = LinkPanel(link)
        assert "connection 1: client OPEN, 0 B out, 0 unread; server OPEN, 0 B out, 0 unread" in panel.text()
        await lab.connect(link)
        assert "lab's own" not in panel.text()  # it has not looked yet
        panel.close()

    lab.run(story())


def test_an_end_of_the_lab_that_left_a_silent_path_is_still_the_labs_own() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        before = LinkPanel(link)
        link.silence()
        client.abort()
        await asyncio.sleep(0.1)
        before.look()
        for panel in (before, LinkPanel(link)):  # the second has never seen it alive
            told = f"{shown(panel)} {panel.text()}"
            assert "client CLOSED 1006" in told
            assert "This client sends no more." in told
            assert "own" not in told
            assert "program's" not in told
            press(panel, "by_hand", PING)
            assert "This client sends no more: let the link put a frame in instead." in panel.regions["error"]
            press(panel, "hand", "end", "to-server")
            press(panel, "by_hand", PING)
            assert "as if the client had sent it" in shown(panel)
            panel.close()

    lab.run(story())


def test_a_server_that_was_killed_behind_a_silent_path_is_still_the_labs_own() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        server = await lab.serve(echo)
        link = await lab.link(server)
        await lab.connect(link)
        link.silence()
        server.kill()
        await asyncio.sleep(0.1)
        panel = LinkPanel(link)
        assert "server believes nothing any more, not read" in panel.text()
        assert "believes nothing any more" in look(panel.regions["wire"]).text
        press(panel, "hand", "end", "server")
        assert "This server sends no more: let the link" in panel.regions["hand"]
        panel.close()

    lab.run(story())


def test_each_end_and_the_link_send_by_hand() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        client = await lab.connect(link)
        await asyncio.sleep(0.1)

        def send(what: str, **fields: str) -> None:
            for name, value in fields.items():
                press(panel, "hand", name, value)
            press(panel, "by_hand", what)

        send(MESSAGE, end="server", written="from the server")
        assert await client.recv() == "from the server"
        assert panel.state.hand.written == ""
        send(MESSAGE, end="to-client", written="put in")
        assert await client.recv() == "put in"
        assert "as if the server had sent it" in shown(panel)
        send(PING, end="to-server")
        await asyncio.sleep(0.1)
        assert [entry.kind for entry in link.tape][-2:] == ["fault", "pong"]  # what the link put in is its own act
        send(CLOSE, end="client", code="1006")
        await asyncio.sleep(0.1)
        assert "1006" in panel.regions["error"]
        send(FRAME, end="to-server", payload="bare", mask="wrong")
        await client.wait_closed()
        assert client.close_code == 1002
        await asyncio.sleep(0.5)
        for end in ("server", "to-client"):  # nor can the link: it would refuse what it is told to do
            send(CLOSE, end=end, code="1000")
            assert "This connection is over: dial again" in panel.regions["error"]
        panel.close()

    lab.run(story())


def test_each_end_sends_a_ping_and_a_close_with_its_code() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        client = await lab.connect(link)
        await asyncio.sleep(0.1)
        for end in ("client", "server"):
            press(panel, "hand", "end", end)
            press(panel, "by_hand", PING)
            await asyncio.sleep(0.1)
            assert [(entry.sender, entry.kind) for entry in link.tape][-2] == (end, "ping")
        press(panel, "hand", "code", "4002")
        press(panel, "hand", "reason", "enough")
        press(panel, "by_hand", CLOSE)
        await client.wait_closed()
        assert (client.close_code, client.close_reason) == (4002, "enough")
        panel.close()

    lab.run(story())


def test_a_row_says_what_is_held_there_and_its_button_leads_to_it() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        first = await lab.connect(link)
        link.faults = ("gate:of=client",)
        await first.send("one")
        await first.send("two")
        press(panel, "dial")
        await asyncio.sleep(0.1)
        panel.look()
        assert panel.state.connection == 2
        assert [row.held for row in panel.state.rows] == [1, 2]
        press(panel, "pin", "1")
        assert "1 behind" in look(panel.regions["wire"]).text
        panel.close()

    lab.run(story())
