"""Hidden tabs, machines that wake up, and the way over HTTP/2."""

from __future__ import annotations

from itertools import pairwise

from tests.scenarios.ends import CLOSED, OPEN, Stories, stories_end
from wslab.scenarios import play

AS_IT_IS: Stories = {
    "background-tab": ((CLOSED, 1008), (CLOSED, 1008)),
    "wake-up": ((CLOSED, 1006), (OPEN, None)),
}
FIXED: Stories = {
    "background-tab": (1, ((OPEN, None), (OPEN, None))),
    "wake-up": (2, ((OPEN, None), (OPEN, None))),
    "over-http2": (1, ((CLOSED, 1000), (CLOSED, 1000))),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def test_a_hidden_page_beats_too_late_and_its_browser_answers_in_time() -> None:
    beats = [entry.time for entry in play("background-tab").frames(1, "client")]
    assert [round(later - earlier) for earlier, later in pairwise(beats)] == [20, 20]
    fixed = play("background-tab", fixed=True)
    assert len(fixed.frames(9, "server")) == len(fixed.frames(10, "client")) == 15


def test_the_mail_is_sent_without_an_error_and_read_only_where_the_page_asks_first() -> None:
    assert [entry.plain for entry in play("wake-up").frames(1, "client")] == [b"the mail"]
    assert [entry.plain for entry in play("wake-up").frames(1, "server")] == []
    fixed = play("wake-up", fixed=True)
    assert [entry.plain for entry in fixed.frames(1, "server", 2)] == [b"ok"]


def test_a_router_that_refuses_connect_keeps_the_server_out_of_it() -> None:
    assert not any(entry.data for entry in play("over-http2"))
    assert play("over-http2", fixed=True).frames(1, "server")
