"""The timeline: rows, arrows, losses, beliefs, details, windows and live following."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from tests.widgets.tapes import KEY, C, Recorder, S, closed, half_open, long
from wslab import play
from wslab.lab import Tape
from wslab.protocol import Frame
from wslab.protocol.states import State
from wslab.tape.records import RecordKind
from wslab.widgets.timeline.layout import ROW
from wslab.widgets.timeline.widget import Timeline


def rows(view: Timeline) -> list[dict[str, str | None]]:
    return look(view.regions["picture"]).of_class("wsl-trow")


def pills(view: Timeline) -> list[str]:
    return re.findall(r'<span class="wsl-pill[^"]*">([^<]*)', view.regions["picture"].partition("wsl-trows")[2])


def test_each_entry_is_a_row_a_step_and_a_sentence() -> None:
    view = Timeline(closed())
    assert (view.step, view.last) == (8, 8)
    assert len(rows(view)) == 8
    captions = look(view.regions["caption"])
    assert len(captions.having("data-caption")) == 9
    assert "The client sends text, 5 bytes, masked: “Hello”." in captions.text
    assert "Nothing has happened yet." in captions.text


def test_pills_stand_only_where_a_belief_is_new() -> None:
    assert pills(Timeline(closed())) == [
        *("CONNECTING", "CONNECTING", "OPEN", "OPEN", "CLOSING", "CLOSING 1000", "CLOSED 1000", "CLOSED 1000"),
    ]


def test_a_belief_that_is_no_longer_true_says_so() -> None:
    view = Timeline(half_open())
    assert pills(view)[-3:] == ["believes OPEN", "believes OPEN", "CLOSED 1006"]
    assert "The client still believes OPEN: nothing has told it otherwise." in shown(view)


def test_the_heads_of_the_lanes_tell_the_beliefs_of_each_step() -> None:
    heads = view_heads(Timeline(half_open(), step=5))
    assert heads == {"client": "OPEN", "server": "OPEN"}
    assert view_heads(Timeline(half_open())) == {"client": "believes OPEN", "server": "CLOSED 1006"}


def view_heads(view: Timeline) -> dict[str, str]:
    """The pills at the heads of the lanes that are shown at the present step."""
    html = view.regions["picture"].partition("wsl-tbox")[0]
    found = {}
    for side in ("client", "server"):
        column = html.partition(f"wsl-tcolumn is-{side}")[2].partition("wsl-tcolumn")[0]
        spans = re.findall(r'data-from="\d+" data-to="\d+"( hidden)?>.*?wsl-pill[^>]*>([^<]*)', column)
        found[side] = next(name for hidden, name in spans if not hidden)
    return found


def test_what_is_lost_ends_in_a_cross_in_the_middle() -> None:
    picture = Timeline(half_open()).regions["picture"]
    assert picture.count("is-cross") == 2
    assert picture.count(">lost<") == 2
    assert 'x2="50%"' in picture


def test_a_label_moves_towards_its_sender_where_an_arrow_passes() -> None:
    """The second of two messages that cross each other would stand on the first one's line."""
    ping, pong = Frame.ping(b"a", mask=KEY).serialize(), Frame.pong(b"a").serialize()
    told = Recorder().open().depart(C, ping).depart(S, pong).wait(0.001).arrive(S, len(ping)).arrive(C, len(pong))
    told.send(C, Frame.text("c", mask=KEY).serialize())
    styles = [each.get("style") for each in look(Timeline(told.tape).regions["picture"]).of_class("wsl-tlabel")]
    assert styles[-3:] == [None, "left:76%", None]


def test_an_arrow_slopes_when_time_passed_and_is_level_when_none_did() -> None:
    told = Recorder().open().depart(C, Frame.text("a", mask=KEY).serialize()).arrive(S, 7, after=0)
    told.depart(C, Frame.text("b", mask=KEY).serialize()).arrive(S, 7, after=0.5)
    ends = re.findall(r'y1="(\d+)"[^>]* y2="([\d.]+)"', Timeline(told.tape).regions["picture"])
    falls = [float(y2) - float(y1) for y1, y2 in ends]
    assert falls[-2] == 0
    assert falls[-1] > 0


def test_an_arrow_that_arrives_later_ends_among_the_later_rows() -> None:
    first, second = (Frame.text(text, mask=KEY).serialize() for text in "ab")
    told = Recorder().open().depart(C, first).depart(C, second).arrive(S, 7).arrive(S, 7)
    ends = re.findall(r'y1="(\d+)"[^>]* y2="([\d.]+)"', Timeline(told.tape).regions["picture"])
    assert float(ends[-2][1]) - float(ends[-2][0]) > 44


def test_a_silence_is_told() -> None:
    assert "2.0 s of silence" in shown(Timeline(half_open()))
    assert "silence" not in shown(Timeline(closed()))


def test_rows_behind_a_cut_are_marked() -> None:
    assert [("is-dead" in (row["class"] or "")) for row in rows(Timeline(half_open()))] == [False] * 6 + [True] * 2


def test_a_peer_that_is_not_ours_has_unknown_beliefs() -> None:
    told = Recorder().record(RecordKind.ACCEPT, S).believe(S, State.CONNECTING)
    assert "Client beliefs unknown" in shown(Timeline(told.tape))


def test_a_side_whose_process_died_has_beliefs_until_then_and_none_behind_it() -> None:
    view = Timeline(play("killed"))
    assert "beliefs unknown" not in shown(view)
    assert pills(view)[-1] == "CLOSED 1006"
    assert pills(view).count("OPEN") == 2


@pytest.mark.parametrize("source", [[], Tape(lambda: 0.0, lambda delay, call: None)])
def test_an_empty_tape_shows_words_and_an_example(source: object) -> None:
    view = Timeline(source)
    assert "The tape is empty" in shown(view)
    assert "await lab.connect(server)" in shown(view)
    assert "await lab.connect(server)" in view.text()
    assert view.last == 0


def test_bytes_that_break_a_rule_are_an_arrow_with_its_name() -> None:
    view = Timeline(Recorder().open().send(C, b"\x81\x05Hello").tape)
    assert "breaks client-masks" in shown(view)
    assert "a client must mask every frame that it sends (§5.1)" in view.text()


def test_payloads_reasons_and_paths_are_data_everywhere() -> None:
    told = Recorder().open().say(EVIL).send(C, Frame.close(1000, EVIL, mask=KEY).serialize())
    view = Timeline(told.tape, selected="entry-3")
    press(view, "inspect", "5")
    html = view.html().partition("</style>")[2].partition("<script")[0]
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_tells_who_sent_what_what_was_lost_and_who_believes_what() -> None:
    told = Timeline(half_open()).text()
    assert "client ─▶ server  T The client sends text, 5 bytes, masked: “Hello”." in told
    assert "client ─×  server" in told
    assert "the client still believes OPEN" in told
    assert "the server is CLOSED 1006" in told


# ---- choosing and details


def test_details_near_the_step_are_ready_before_they_are_chosen() -> None:
    details = look(Timeline(closed()).regions["details"])
    assert [each["data-show"] for each in details.of_class("wsl-tdetail")] == [f"entry-{n}" for n in range(8)]
    assert all("hidden" in each for each in details.of_class("wsl-tdetail"))


def test_choosing_an_arrow_shows_its_fields_bytes_and_journey() -> None:
    view = Timeline(closed())
    view.selected = "entry-3"
    chosen = [each for each in look(view.regions["details"]).of_class("wsl-tdetail") if "hidden" not in each]
    assert [each["data-show"] for each in chosen] == ["entry-3"]
    for words in ("Masking-key", "37 fa 21 3d", "and arrives 0.4 ms later", "81 85 37 fa"):
        assert words in shown(view)


def test_an_entry_far_from_the_step_is_rendered_once_chosen() -> None:
    view = Timeline(long(500))
    assert 'data-show="entry-10"' not in view.regions["details"]
    view.selected = "entry-10"
    assert 'data-show="entry-10"' in view.regions["details"]


def test_an_entry_opens_in_the_inspector_where_its_bits_flip_and_the_tape_stays() -> None:
    tape = closed()
    view = Timeline(tape)
    press(view, "inspect", "3")
    assert "Entry 3, taken apart" in shown(view)
    press(view, "flip", "1")
    assert "RSV1" in shown(view)
    assert "1002" in view.regions["inspector"]
    assert tape[3].data[0] == 0x81
    press(view, "inspect", "3")
    assert view.regions["inspector"] == ""


def test_a_problem_in_an_action_is_shown_in_words() -> None:
    view = Timeline(closed())
    press(view, "connection", value="7")
    assert "The tape has no connection 7; it has 1." in shown(view)


# ---- several connections, long tapes


def test_another_connection_is_shown_at_its_end() -> None:
    told = Recorder().open()
    Recorder(2, told.tape).open().say("two")
    view = Timeline(told.tape)
    assert view.connection == 1
    press(view, "connection", value="2")
    assert (view.connection, view.step, view.last) == (2, 5, 5)
    assert "“two”" in shown(view)


def test_a_long_tape_renders_only_a_window_around_the_step() -> None:
    view = Timeline(long(1000))
    assert view.last == 2003
    assert len(rows(view)) <= 2 * view.reach + 1
    assert "… 1,962 entries before" in shown(view)
    press(view, "window", "500")
    assert view.step == 2003  # the page knows better where it is
    assert "… 459 entries before" in shown(view)
    assert "entries after" in shown(view)


def test_wrong_arguments_are_refused_in_words() -> None:
    with pytest.raises(TypeError, match="Did you mean 'step'"):
        Timeline(closed(), stp=3)
    with pytest.raises(TypeError, match="a Lab, a Tape or a list of entries, not int"):
        Timeline(5)
    with pytest.raises(ValueError, match="no connection 9"):
        Timeline(closed(), connection=9)
    with pytest.raises(ValueError, match="give Timeline the lab or its tape"):
        Timeline(list(closed()), live=True)
    with pytest.raises(TypeError, match="a list of entries; str is not an entry of a tape"):
        Timeline("ws")


# ---- live


def test_live_follows_the_newest_entry() -> None:
    told = Recorder()
    view = Timeline(told.tape, live=True)
    assert "This view follows it" in shown(view)
    told.open().say("Hello")
    assert (view.step, view.last) == (5, 5)
    assert "“Hello”" in shown(view)


def test_who_stepped_back_stays_where_they_are() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    view.step = 2
    told.say("Hello")
    assert (view.step, view.last) == (2, 5)


def test_without_live_the_view_stays_as_it_was_made() -> None:
    told = Recorder().open()
    view = Timeline(told.tape)
    told.say("Hello")
    assert view.last == 3
    press(view, "live", value="true")
    assert (view.live, view.last) == (True, 5)
    press(view, "live", value="false")
    told.say("more")
    assert view.last == 5


def test_a_closed_view_is_not_called_any_more() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    view.close()
    told.say("Hello")
    assert view.last == 3


async def test_many_news_on_a_running_loop_are_drawn_together_and_the_last_is_not_lost() -> None:
    told = Recorder()
    view = Timeline(told.tape, live=True)
    drawn: list[int] = []
    view.observe(lambda change: drawn.append(view.last), names=["regions"])
    told.open()
    for number in range(50):
        told.say(f"message {number}")
    await asyncio.sleep(0.5)
    assert view.step == view.last == 103
    assert len(drawn) < 10


def test_an_error_while_following_is_shown_and_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    monkeypatch.setattr(view._tape_view, "update", lambda: 1 / 0)
    told.say("Hello")
    assert "ZeroDivisionError" in shown(view)
    monkeypatch.undo()
    told.say("more")
    assert view.last == 7


@pytest.mark.parametrize(
    ("name", "about"),
    [("half-open", "9 entries in 10.0 s"), ("tls-name-mismatch", "1 entry"), ("herd", "of 344 connections")],
)
def test_its_head_says_how_much_there_is(name: str, about: str) -> None:
    view = Timeline(play(name))
    assert about in look(view.regions["header"]).text
    assert "follow while it runs" not in shown(view)


def test_an_arrow_ends_where_the_first_answer_departs_at_the_same_moment() -> None:
    """On the virtual clock an answer takes no time, and whatever else departs then may be one, too."""
    told = Recorder().open().depart(C, Frame.ping(mask=KEY).serialize()).arrive(S, 6, after=0.1)
    for _ in range(3):
        told.record(RecordKind.SENT, S, Frame.pong().serialize())
    ends = re.findall(r'y1="(\d+)"[^>]* y2="([\d.]+)"', Timeline(told.tape).regions["picture"])
    assert float(ends[-4][1]) - float(ends[-4][0]) == ROW
