"""The timeline: rows, arrows, losses, beliefs, details, windows and live following."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from tests.widgets.tapes import KEY, C, Recorder, S, closed, half_open, long
from wslab import play
from wslab.lab import Tape
from wslab.protocol import Frame
from wslab.protocol.states import State
from wslab.tape.records import RecordKind
from wslab.widgets.timeline.widget import Timeline


def tags(view: Timeline) -> list[dict[str, str | None]]:
    return look(view.regions["picture"]).of_class("wsl-ttag")


def beliefs(view: Timeline) -> list[str]:
    """What stands beside the lifelines, client first."""
    return re.findall(r'class="wsl-tbelief[^>]*>(?:<b>)?([^<]*)', view.regions["picture"])


def verdict(view: Timeline) -> str:
    """The large line that is shown at the present step."""
    lines = re.findall(r'<div class="wsl-tverdict[^"]*" data-from[^>]*?( hidden)?>(.*?)</div>', view.regions["verdict"])
    assert len(lines) >= 1
    return look(next(html for hidden, html in lines if not hidden)).text


def test_each_entry_is_a_tag_a_step_and_a_sentence() -> None:
    view = Timeline(closed())
    assert (view.step, view.last, view.count) == (7, 7, 8)
    assert [tag["data-stop"] for tag in tags(view)] == [str(n) for n in range(8)]
    said = look(view.regions["drawer"])
    assert len(said.having("data-caption")) == 8
    assert "The client sends text, 5 bytes, masked: “Hello”." in said.text


def test_the_counter_says_the_number_that_do_takes_between_the_two_ends() -> None:
    controls = look(Timeline(play("clean-close"), step=6).regions["controls"])
    assert controls.text == "08step 6"
    assert (controls.having("data-scrub")[0]["min"], controls.having("data-scrub")[0]["max"]) == ("0", "8")


def test_a_belief_is_named_where_it_is_new() -> None:
    assert beliefs(Timeline(closed())) == [
        *("CONNECTING", "OPEN", "CLOSING", "CLOSED 1000"),
        *("CONNECTING", "OPEN", "CLOSING 1000", "CLOSED 1000"),
    ]


def test_a_belief_that_is_no_longer_true_says_so() -> None:
    view = Timeline(half_open())
    assert beliefs(view)[2] == "no longer true"
    assert len(look(view.regions["picture"]).of_class("is-false")) == 2
    assert "The client still believes OPEN: nothing has told it otherwise." in shown(view)


def test_the_large_line_says_what_both_believe_at_each_step() -> None:
    told = {step: verdict(Timeline(half_open(), step=step)) for step in (0, 1, 3, 7)}
    assert told[0] == "client CONNECTING=server CONNECTING"
    assert told[3].startswith("client OPEN")
    assert told[7] == "client OPENno longer true: nothing has told it≠server CLOSED 1006"


@pytest.mark.parametrize("name", ["half-open", "cut", "clean-close"])
def test_the_opening_of_tcp_is_one_moment_for_both_and_so_the_line_says(name: str) -> None:
    """With a delay on the path, the server's side reports it behind the first bytes of the client."""
    view, goes_on = Timeline(play(name), step=0), "CONNECTINGthe opening handshake goes on"
    assert verdict(view) == f"client {goes_on}=server {goes_on}"
    assert len(look(view.regions["picture"]).of_class("is-connecting")) == 2


def test_who_has_believed_nothing_so_far_believes_nothing_yet() -> None:
    told = Recorder()
    told.tape.note(1, None, "The client is about to dial.")
    view = Timeline(told.open().tape, step=0)
    assert verdict(view) == "client believes nothing yetserver believes nothing yet"


def test_what_is_lost_ends_in_a_cross() -> None:
    found = look(Timeline(half_open()).regions["picture"])
    assert len([each for each in found.of_class("wsl-tend") if "is-lost" in (each["class"] or "")]) == 2
    assert "×" not in found.text


def test_what_is_on_its_way_ends_in_a_ring() -> None:
    told = Recorder().open().depart(C, Frame.text("a", mask=KEY).serialize())
    assert len(look(Timeline(told.tape).regions["picture"]).of_class("is-flying")) == 4
    assert "has not arrived yet" in shown(Timeline(told.tape))


def test_idle_time_has_a_clock_and_its_length() -> None:
    told = Recorder().open().wait(20).say("Hello")
    assert "20 s" in look(Timeline(told.tape).regions["picture"]).text
    assert look(Timeline(told.tape).regions["picture"]).of_class("wsl-tclock")
    assert not look(Timeline(closed()).regions["picture"]).of_class("wsl-tgap")


def test_a_silence_is_one_band_and_a_gap_is_none() -> None:
    assert len(look(Timeline(half_open()).regions["picture"]).of_class("wsl-tsilent")) == 1
    idle = Timeline(Recorder().open().wait(20).say("Hello").tape)
    assert not look(idle.regions["picture"]).of_class("wsl-tsilent")


def test_the_tag_of_each_kind_has_its_mark_and_close_is_no_cross() -> None:
    marks = re.findall(r'<span class="wsl-mark">(.)</span>', Timeline(closed()).regions["picture"])
    assert "".join(marks) == "⇄HHTTCC⇄"


def test_times_count_from_the_beginning_of_the_connection() -> None:
    told = Recorder().open().wait(100)
    told.connection = 2
    view = Timeline(told.open().tape, connection=2)
    assert view.state.entries[0].time > 99
    times = re.findall(r'class="wsl-ttime[^>]*>([^<]*)', view.regions["picture"])
    assert times[0] == "0 ms"
    assert all(time.endswith(" ms") for time in times)


def test_a_time_that_says_no_more_than_the_one_above_it_is_not_shown() -> None:
    told = Recorder().open()
    data = Frame.text("x", mask=KEY).serialize()
    for _ in range(6):
        told.wait(0.00001).now(C, data).arrive(S, len(data), after=0.00001)
    rows = re.findall(r'class="(wsl-ttime[^"]*)"[^>]*>([^<]*)', Timeline(told.tape, step=0).regions["picture"])
    shown = [words for classes, words in rows if "is-tight" not in classes]
    assert len(rows) > len(shown) > 1
    assert all(words != before for words, before in pairwise(shown))


def test_a_peer_that_is_not_ours_has_no_ribbon_and_no_sign() -> None:
    told = Recorder().record(RecordKind.ACCEPT, S).believe(S, State.CONNECTING)
    view = Timeline(told.tape)
    assert verdict(view) == "client believes nothing that is recordedserver CONNECTING"
    assert {each["class"].split()[1] for each in look(view.regions["picture"]).of_class("wsl-trib")} == {"is-server"}  # type: ignore[union-attr]


def test_a_side_whose_process_died_has_beliefs_until_then_and_none_behind_it() -> None:
    view = Timeline(play("killed"))
    assert "client CLOSED 1006" in verdict(view)
    assert "server CLOSED" not in verdict(view)
    last = view.state.entries[-1]
    assert (str(last.client), last.server) == ("CLOSED 1006", None)


@pytest.mark.parametrize("source", [[], Tape(lambda: 0.0, lambda delay, call: None)])
def test_an_empty_tape_shows_words_and_an_example(source: object) -> None:
    view = Timeline(source)
    assert "The tape is empty" in shown(view)
    assert "await lab.connect(server)" in shown(view)
    assert "await lab.connect(server)" in view.text()
    assert view.last == 0


def test_bytes_that_break_a_rule_are_an_arrow_with_its_name() -> None:
    view = Timeline(Recorder().open().send(C, b"\x81\x05Hello").tape)
    assert "breaks §5.1" in shown(view)
    assert "a client must mask every frame that it sends (§5.1)" in view.text()


def test_payloads_reasons_and_paths_are_data_everywhere() -> None:
    told = Recorder().open().say(EVIL).send(C, Frame.close(1000, EVIL, mask=KEY).serialize())
    view = Timeline(told.tape, step=3)
    press(view, "inspect", "5")
    html = view.html().partition("</style>")[2].partition("<script")[0]
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_tells_who_sent_what_what_was_lost_and_who_believes_what() -> None:
    told = Timeline(half_open()).text()
    assert "client ─▶ server  T The client sends text, 5 bytes, masked: “Hello”." in told
    assert "client ─×  server" in told
    assert "client OPEN, no longer true" in told
    assert "server CLOSED 1006" in told


# ---- choosing and details


def test_the_drawer_follows_the_step() -> None:
    steps = look(Timeline(closed(), step=3).regions["drawer"]).of_class("wsl-dstep")
    assert [(each["data-from"], each["data-to"]) for each in steps] == [(str(n), str(n)) for n in range(8)]
    assert ["hidden" not in each for each in steps] == [n == 3 for n in range(8)]


def test_the_drawer_shows_the_frame_by_field_and_its_journey() -> None:
    told = look(Timeline(closed()).regions["drawer"])
    for words in ("Step 3", "client → server, departs at 4 ms, arrives 0.4 ms later", "Masking-key", "Payload data"):
        assert words in told.text
    assert "7fH9fe4dl51l58o" in told.text


def test_the_drawer_shows_the_lines_of_a_head() -> None:
    html = Timeline(closed()).regions["drawer"]
    lines = re.findall(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert lines[0].splitlines()[0] == "GET /chat HTTP/1.1"
    assert "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" in lines[0].splitlines()


def test_the_drawer_is_hidden_by_a_chevron_and_nothing_is_called_close() -> None:
    view = Timeline(closed())
    assert look(view.regions["drawer"]).having("data-stays")[0]["data-key"] == "drawer"
    html = "".join(view.regions.values())
    assert not re.search(r"<(button|summary)[^>]*>\s*Close\s*<", html)


def test_an_entry_opens_in_the_inspector_where_its_bits_flip_and_the_tape_stays() -> None:
    tape = closed()
    view = Timeline(tape)
    press(view, "inspect", "3")
    assert "Step 3, taken apart" in shown(view)
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
    assert (view.connection, view.step, view.last) == (2, 7, 7)
    assert "“two”" in shown(view)


def test_a_long_tape_renders_only_a_window_around_the_step() -> None:
    view = Timeline(long(1000))
    assert (view.step, view.last, view.count) == (2002, 2002, 2003)
    assert len(tags(view)) == view.reach + 1
    assert f"… {2002 - view.reach:,} steps before" in shown(view)
    press(view, "window", "500")
    assert view.step == 2002  # the page knows better where it is
    assert len(tags(view)) == 2 * view.reach + 1
    assert f"… {500 - view.reach:,} steps before" in shown(view)
    assert f"… {1502 - view.reach:,} steps after" in shown(view)


def test_a_step_that_is_not_rendered_is_drawn() -> None:
    view = Timeline(long(1000))
    view.step = 500
    assert "500" in [tag["data-stop"] for tag in tags(view)]


def test_a_very_long_tape_stays_a_small_page() -> None:
    view = Timeline(long(20_000))
    assert view.last == 40_002
    press(view, "window", "20000")
    found = look("".join(view.regions.values())).found
    assert 500 < len(found) <= 2000


def test_by_default_the_connection_is_shown_whose_end_is_wrong() -> None:
    assert Timeline(play("zombie-user")).connection == 2
    assert Timeline(play("reconnect")).connection == 1


# ---- the filter


def test_a_filter_hides_kinds_sides_and_what_has_other_words() -> None:
    view = Timeline(closed())
    press(view, "kind", "tcp")
    press(view, "kind", "http")
    assert [tag["data-stop"] for tag in tags(view)] == ["3", "4", "5", "6"]
    assert "4 hidden" in shown(view)
    press(view, "side", value="client")
    assert [tag["data-stop"] for tag in tags(view)] == ["3", "5"]
    press(view, "words", value="hello")
    assert [tag["data-stop"] for tag in tags(view)] == ["3"]
    assert view.step == 3
    press(view, "show_all")
    assert len(tags(view)) == 8


def test_a_filter_that_hides_all_says_so_and_leads_back() -> None:
    view = Timeline(closed())
    press(view, "words", value="no such words")
    assert "The filter hides all: 8 steps." in shown(view)
    press(view, "show_all")
    assert len(tags(view)) == 8


def test_a_step_that_is_hidden_becomes_the_one_before_it() -> None:
    view = Timeline(closed(), step=4)
    press(view, "side", value="client")
    assert view.step == 3


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
    assert (view.step, view.last) == (4, 4)
    assert "“Hello”" in shown(view)


def test_who_stepped_back_stays_where_they_are() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    view.step = 1
    told.say("Hello")
    assert (view.step, view.last) == (1, 4)


def test_without_live_the_view_stays_as_it_was_made() -> None:
    told = Recorder().open()
    view = Timeline(told.tape)
    told.say("Hello")
    assert view.last == 2
    press(view, "live", value="true")
    assert (view.live, view.last) == (True, 4)
    press(view, "live", value="false")
    told.say("more")
    assert view.last == 4


def test_a_closed_view_is_not_called_any_more() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    view.close()
    told.say("Hello")
    assert view.last == 2


def test_live_follows_the_newest_connection_unless_somebody_chose_another() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    again = Recorder(2, told.tape).open()
    assert (view.connection, view.step) == (2, 5)
    press(view, "connection", value="1")
    again.say("two")
    Recorder(3, told.tape).open()
    assert view.connection == 1


def test_live_stays_where_somebody_stepped_back_also_when_a_connection_is_new() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    view.step = 1
    Recorder(2, told.tape).open()
    assert (view.connection, view.step) == (1, 1)


def flood(told: Recorder, count: int) -> None:
    """A read of many tiny frames."""
    told.depart(S, Frame.pong().serialize() * count)


async def test_a_flood_is_taken_in_by_parts_that_follow_by_themselves() -> None:
    """Before, one refresh read all that was new, however much, and the kernel stood still."""
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    flood(told, 4000)
    seen: list[int] = []
    view.observe(lambda change: seen.append(view.last), names=["regions"])
    done = asyncio.Event()
    view.observe(lambda change: done.set() if view.last == 4002 else None, names=["regions"])
    async with asyncio.timeout(20):
        await done.wait()
    assert max(after - before for before, after in zip([3, *seen], seen, strict=False)) < 3000
    assert view.step == view.last


def test_entries_that_are_not_kept_are_counted_and_told_once() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    flood(told, 15_000)
    kept = len(view.state.entries)
    assert kept <= 10_000
    words = f"… {15_003 - kept:,} entries before these are not kept"
    assert look(view.regions["picture"]).text.count(words) == 1
    assert view.text().count(words) == 1
    assert view.step == view.last


def test_who_stepped_back_stays_at_the_entry_though_earlier_ones_go() -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    flood(told, 9900)
    view.step = 9000
    flood(told, 1000)
    assert view.step == 9000, "a step is the number of an entry, whatever came before it and is gone"
    assert view.state.dropped > 0
    assert any(entry.number == 9000 for entry in view.state.entries)


def test_without_live_all_of_a_tape_is_shown_however_long_it_is() -> None:
    told = Recorder().open()
    flood(told, 11_000)
    view = Timeline(told.tape)
    assert len(view.state.entries) == 11_003
    assert "not kept" not in shown(view)
    view.live = True
    assert len(view.state.entries) <= 10_000


async def test_many_news_on_a_running_loop_are_drawn_together_and_the_last_is_not_lost() -> None:
    told = Recorder()
    view = Timeline(told.tape, live=True)
    drawn: list[int] = []
    view.observe(lambda change: drawn.append(view.last), names=["regions"])
    told.open()
    for number in range(50):
        told.say(f"message {number}")
    await asyncio.sleep(0.5)
    assert view.step == view.last == 102
    assert len(drawn) < 10


def test_an_error_while_following_is_shown_and_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Recorder().open()
    view = Timeline(told.tape, live=True)
    monkeypatch.setattr(view._tape_view, "update", lambda: 1 / 0)
    told.say("Hello")
    assert "ZeroDivisionError" in shown(view)
    monkeypatch.undo()
    told.say("more")
    assert view.last == 6


@pytest.mark.parametrize(
    ("name", "about"),
    [("half-open", "9 steps in 10 s"), ("tls-name-mismatch", "1 step"), ("herd", "of 344 connections")],
)
def test_its_head_says_how_much_there_is(name: str, about: str) -> None:
    view = Timeline(play(name))
    assert about in look(view.regions["header"]).text
    assert "follow" not in look(view.regions["header"]).text.replace("not follow", "")
