"""One message to many users, and a list that changes while it is fetched."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, stories_end
from wslab.scenarios import play

AS_IT_IS: Stories = {
    "slow-one-in-the-room": ((OPEN, None), (OPEN, None)),
    "snapshot-gap": ((CLOSED, 1000), (CLOSED, 1000)),
}
FIXED: Stories = {
    "slow-one-in-the-room": ((OPEN, None), (CLOSED, 1006)),
    "snapshot-gap": ((CLOSED, 1000), (CLOSED, 1000)),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


@pytest.mark.parametrize(("fixed", "news"), [(False, 2), (True, 20)])
def test_a_stalled_user_keeps_the_news_from_all_others_unless_each_has_a_queue(fixed: bool, news: int) -> None:
    tape = play("slow-one-in-the-room", fixed=fixed)
    assert [len(tape.frames(2, "server", number)) for number in (2, 3, 4, 5)] == [news] * 4


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        ("fetch first", "order 1, order 2, order 4"),
        ("subscribe first", "order 1, order 2, order 3, order 3, order 4"),
        ("numbered", "order 1, order 2, order 3, order 4"),
    ],
)
def test_what_the_page_shows_depends_on_how_it_came_to_its_list(order: str, shown: str) -> None:
    tape = play("snapshot-gap", order=order)
    assert any(
        f"The page shows: {shown}. The server has: order 1, order 2, order 3, order 4." in entry.sentence
        for entry in tape
    )
