"""When a live view looks: soon after news, once for all that came meanwhile, on until nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from htpy import Node

from wslab.lab import Lab
from wslab.widgets.following import FollowingView


class Counting(FollowingView):
    """A view with so much to read, one piece in a look; a piece may be bad."""

    left = 0
    looks: int
    bad = False

    def take_in(self, *, whole: bool) -> bool:
        self.looks = getattr(self, "looks", 0) + 1
        if self.bad:
            raise ValueError("this piece cannot be read")
        self.left = 0 if whole else max(0, self.left - 1)
        return self.left > 0

    def draw(self, steps: range) -> Mapping[str, Node]:
        return {}

    def text(self) -> str:
        return ""


def test_without_a_loop_all_is_read_at_once() -> None:
    view = Counting()
    view.left = 9
    view.on_news()
    assert (view.looks, view.left) == (1, 0)


def test_news_that_come_together_are_one_look_and_what_is_left_is_read_by_itself() -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        view = Counting()
        view.left = 3
        for _ in range(5):
            view.on_news()
        assert not hasattr(view, "looks")
        await asyncio.sleep(60)
        assert (view.looks, view.left) == (3, 0)
        view.on_news()
        view.close()
        await asyncio.sleep(60)
        assert view.looks == 3

    lab.run(story())


def test_an_error_is_shown_and_the_next_news_are_read() -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        view = Counting()
        view.bad = True
        view.on_news()
        await asyncio.sleep(60)
        assert "this piece cannot be read" in view.regions["error"]
        view.bad = False
        view.on_news()
        await asyncio.sleep(60)
        assert view.looks == 2

    lab.run(story())
