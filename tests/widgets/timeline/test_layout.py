"""The geometry of the timeline, for every scenario: where arrows end, where beliefs begin, and that no tag touches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from tests.widgets.tapes import KEY, C, Recorder, S, half_open, long
from wslab import play
from wslab.lab import Lab, Tape
from wslab.lab.faults.manual import Gate
from wslab.protocol import Frame
from wslab.protocol.states import State
from wslab.scenarios.catalogue import SCENARIOS
from wslab.tape.entry import BeliefChange
from wslab.tape.follow import TapeView
from wslab.tape.records import RecordKind
from wslab.widgets.timeline.heights import IDLE_S, travels
from wslab.widgets.timeline.layout import SILENCE, Arrow, Layout, layout
from wslab.widgets.timeline.state import SIDES, TimelineState
from wslab.widgets.timeline.tags import HIGH, WIRES

PLAYS = [(name, fixed) for name in SCENARIOS for fixed in ((False, True) if SCENARIOS[name].fix else (False,))]
MOST_CONNECTIONS = 6
"""Of a herd of hundreds the first say enough."""


def state_of(tape: Tape, connection: int = 1) -> TimelineState:
    view = TapeView(tape)
    return TimelineState(view.entries(connection), view.cut(connection), connection=connection)


def picture_of(tape: Tape) -> Layout:
    state = state_of(tape)
    return layout(state, state.shown)


@cache
def pictures(name: str, fixed: bool) -> list[tuple[TimelineState, Layout]]:
    tape = play(name, fixed=fixed)
    states = [state_of(tape, number) for number in tape.connection_numbers[:MOST_CONNECTIONS]]
    return [(state, layout(state, state.shown)) for state in states]


def points(arrow: Arrow, wire: int, steps: int = 100) -> Iterator[tuple[float, float]]:
    """Many points of an arrow, in pixels: what the page draws, not what places tags."""
    for (x0, y0), (x1, y1) in pairwise(arrow.line.points):
        for step in range(steps + 1):
            yield (x0 + (x1 - x0) * step / steps) * wire, y0 + (y1 - y0) * step / steps


def boxes(found: Layout, width: int) -> list[tuple[float, float, float, float]]:
    """The tags at one width: left, top, right and bottom."""
    tags = [arrow.tags[width] for arrow in found.arrows]
    wire, halves = WIRES[width], [(tag.width / 2, HIGH / 2 if tag.free else tag.width / 2) for tag in tags]
    return [
        (tag.x * wire - wide, tag.y - high, tag.x * wire + wide, tag.y + high)
        for tag, (wide, high) in zip(tags, halves, strict=True)
    ]


@pytest.mark.parametrize(("name", "fixed"), PLAYS)
@pytest.mark.parametrize("width", [0, 1, 2, 3])
def test_no_tag_touches_another_tag_or_another_arrow_or_leaves_the_wire(name: str, fixed: bool, width: int) -> None:
    for _, found in pictures(name, fixed):
        placed = boxes(found, width)
        lines = [list(points(arrow, WIRES[width])) for arrow in found.arrows]
        for (left, top, right, bottom), (left2, top2, right2, bottom2) in combinations(placed, 2):
            assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
        tags = [arrow.tags[width] for arrow in found.arrows]
        assert all(tag.free for tag in tags) or width == 0
        for own, (left, top, right, bottom) in enumerate(placed):
            outside = 0 if tags[own].free else tags[own].width / 2
            assert top >= 0
            assert -outside <= left
            assert right <= WIRES[width] + outside
            assert bottom <= found.height
            for other, arrow in enumerate(found.arrows):
                if other != own and arrow.shape != "local":
                    assert not any(left < x < right and top < y < bottom for x, y in lines[other])


@pytest.mark.parametrize(("name", "fixed"), PLAYS)
@pytest.mark.parametrize("wider", [1.1, 1.4])
def test_tags_stay_apart_where_the_wire_is_wider_than_it_was_counted_for(name: str, fixed: bool, wider: float) -> None:
    for _, found in pictures(name, fixed):
        wire = WIRES[2] * wider
        tags = [arrow.tags[2] for arrow in found.arrows]
        for one, two in combinations(tags, 2):
            apart = abs(one.x - two.x) * wire >= (one.width + two.width) / 2 or abs(one.y - two.y) >= HIGH
            assert apart


@pytest.mark.parametrize(("name", "fixed"), PLAYS)
def test_a_belief_begins_where_its_side_learns_and_nowhere_before(name: str, fixed: bool) -> None:
    """Its height lies between those of the moments before and after it, and an arrival is where the arrow ends."""
    for state, found in pictures(name, fixed):
        lines = {arrow.entry.number: arrow.line for arrow in found.arrows}
        for side in SIDES:
            news: list[BeliefChange] = []
            for change in (change for entry in state.entries for change in entry.changes if change.side == side):
                if not news or str(news[-1].belief) != str(change.belief):
                    news.append(change)
            tops = [ribbon.top for ribbon in found.ribbons if ribbon.side == side and ribbon.new]
            assert len(tops) == len(news)
            for change, top in zip(news, tops, strict=True):
                if change.entry is not None:
                    line = lines[change.entry]
                    assert top == (line.y1 if change.arrived else line.y0)
                else:
                    before = [height for time, height in found.moments if time < change.time]
                    assert top > max(before)


@pytest.mark.parametrize(("name", "fixed"), PLAYS)
def test_an_arrow_goes_from_its_departure_down_to_its_own_arrival(name: str, fixed: bool) -> None:
    for _, found in pictures(name, fixed):
        for arrow in found.arrows:
            entry, line = arrow.entry, arrow.line
            assert arrow.shape in ("arrives", "lost", "flying", "unknown", "local", "wire")
            assert (arrow.shape in ("local", "wire")) == (not travels(entry))
            if arrow.shape == "arrives":
                falls = entry.tcp != "connect" and (entry.arrived or 0.0) > entry.time
                assert {line.x0, line.x1} == {0.0, 1.0}
                assert (line.y1 > line.y0) == falls
            if arrow.shape == "lost":
                assert 0.0 < line.x1 < 1.0


@pytest.mark.parametrize(("name", "fixed"), PLAYS)
def test_each_ribbon_is_on_the_picture_and_follows_the_one_before(name: str, fixed: bool) -> None:
    for _, found in pictures(name, fixed):
        for side in SIDES:
            own = [ribbon for ribbon in found.ribbons if ribbon.side == side]
            assert all(0 <= ribbon.top < ribbon.bottom <= found.height for ribbon in own)
            assert all(one.bottom <= two.top for one, two in pairwise(own))


def test_the_close_that_is_late_leaves_the_server_open_and_wrong_until_it_arrives() -> None:
    close = Frame.close(1000, mask=KEY).serialize()
    told = Recorder().open().depart(C, close)
    told.believe(C, State.CLOSING).arrive(S, len(close), after=3.0).believe(S, State.CLOSING)
    found = picture_of(told.tape)
    client, server = ([each for each in found.ribbons if each.side == side] for side in SIDES)
    last = found.arrows[-1].line
    assert [str(each.belief) for each in server] == ["CONNECTING", "OPEN", "OPEN", "CLOSING"]
    assert [each.true for each in server] == [True, True, False, True]
    assert client[-1].top == last.y0 == server[2].top
    assert server[-1].top == last.y1


def test_the_client_is_open_only_where_the_101_arrives() -> None:
    found = picture_of(Recorder().open().tape)
    opened = {each.side: each.top for each in found.ribbons if str(each.belief) == "OPEN"}
    answer = found.arrows[2].line
    assert (opened["server"], opened["client"]) == (answer.y0, answer.y1)
    assert answer.y1 > answer.y0
    assert [(band.top, band.bottom) for band in found.bands][-1] == (answer.y0, answer.y1)


def test_a_head_never_departs_above_the_opening_of_tcp() -> None:
    """On real sockets a server may report that it accepted after the client has sent its head."""
    told = Recorder().record(RecordKind.CONNECT, C).depart(C, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    told.wait(0.002).record(RecordKind.ACCEPT, S)
    opening, head = picture_of(told.tape).arrows[:2]
    assert opening.line.y0 == opening.line.y1 < head.line.y0


def test_a_silence_is_one_band_to_the_end_and_what_departs_then_dies_at_its_edge() -> None:
    found = picture_of(half_open())
    silent = [arrow for arrow in found.arrows if arrow.entry.cuts]
    assert found.silence == silent[0].line.y0
    lost = [arrow.line for arrow in found.arrows if arrow.shape == "lost"]
    assert len(lost) == 2
    for line in lost:
        assert min(abs(line.x1 - edge) for edge in SILENCE) == pytest.approx(0.02)


def test_a_cut_reaches_both_sides_where_they_learn_of_it() -> None:
    ((_, found),) = pictures("cut", False)
    cut = found.arrows[-1].line
    closed = {ribbon.side: ribbon.top for ribbon in found.ribbons if str(ribbon.belief) == "CLOSED 1006"}
    assert [line.x0 for line in found.ends] == [0.5] * 2
    assert all(cut.y0 < line.y0 < line.y1 for line in found.ends)
    assert {line.x1: line.y1 for line in found.ends} == {0.0: closed["client"], 1.0: closed["server"]}
    assert closed["client"] > cut.y0


def test_a_cut_is_no_silence() -> None:
    assert all(found.silence is None for _, found in pictures("cut", False))


def test_idle_time_is_a_gap_that_grows_with_the_logarithm_of_its_length() -> None:
    told = Recorder().open().wait(10).say("a").wait(100).say("b").wait(3000).say("c")
    gaps = picture_of(told.tape).gaps
    assert [round(gap.seconds) for gap in gaps] == [10, 100, 3000]
    highs = [gap.bottom - gap.top for gap in gaps]
    assert [24 <= high <= 96 for high in highs] == [True] * 3
    assert highs[0] < highs[1] < highs[2]
    assert IDLE_S <= 1


def test_events_of_one_moment_share_a_height_on_two_sides_and_not_on_one() -> None:
    close, answer = Frame.close(1000, mask=KEY).serialize(), Frame.close(1001).serialize()
    told = Recorder().open().depart(C, close).now(S, answer).now(S, Frame.ping(b"x").serialize())
    mine, theirs, second = (arrow.line.y0 for arrow in picture_of(told.tape).arrows[-3:])
    assert mine == theirs
    assert second - theirs >= HIGH


def test_a_window_begins_with_the_beliefs_above_it() -> None:
    state = state_of(long(30))
    found = layout(state, state.shown[20:30])
    assert [(each.side, str(each.belief), each.top) for each in found.ribbons] == [
        ("client", "OPEN", 0.0),
        ("server", "OPEN", 0.0),
    ]


def test_many_frames_in_flight_are_bent_so_that_their_tags_have_room() -> None:
    arrows = [arrow for _, found in pictures("hasty-reset", False) for arrow in found.arrows]
    assert all(arrow.line.bent for arrow in arrows if arrow.line.y0 != arrow.line.y1)
    assert any(arrow.line.bent for arrow in arrows)
    assert not any(arrow.line.bent for _, found in pictures("clean-close", False) for arrow in found.arrows)


def test_a_side_whose_process_died_has_no_ribbon_from_there_on_and_the_other_is_wrong() -> None:
    entries = list(long(3))
    for entry in entries[6:]:
        entry.server = None
    state = TimelineState(entries)
    found = layout(state, state.shown)
    client, server = ([each for each in found.ribbons if each.side == side] for side in SIDES)
    assert server[-1].bottom == client[-1].top == found.arrows[6].line.y0
    assert (client[-1].true, state.belief(8, "client")[1], state.belief(5, "client")[1]) == (False, False, True)


async def test_what_a_link_holds_stops_on_the_way_though_its_receiver_is_not_ours() -> None:
    lab, held, heard = Lab(), asyncio.Event(), asyncio.Event()

    async def listen(ws: ServerConnection) -> None:
        async for _ in ws:
            heard.set()

    async with serve(listen, "127.0.0.1", 0) as server:
        link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with connect(link.url) as ws:
            link.faults = [Gate()]
            link.watch(lambda: held.set() if link.held else None)
            await ws.send("wait here")
            await asyncio.wait_for(held.wait(), 5)
            assert [arrow.shape for arrow in picture_of(lab.tape).arrows][-1] == "held"
            link.held[0].release()
            await asyncio.wait_for(heard.wait(), 5)
            assert picture_of(lab.tape).arrows[2].shape == "unknown"
            link.faults = []
    await lab.close()
