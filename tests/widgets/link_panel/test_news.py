"""What a screen reader hears: what an action led to, and what a side believes now; never a flood."""

from __future__ import annotations

import asyncio

from tests.widgets.helpers import press
from wslab.lab import Lab, echo
from wslab.widgets.link_panel.news import MOST_LOOKS
from wslab.widgets.link_panel.widget import LinkPanel


async def looked(panel: LinkPanel) -> None:
    """Let happen what is under way, and look at it."""
    await asyncio.sleep(0.2)
    panel.look()


def heard(panel: LinkPanel) -> list[str]:
    """The list in which gathers what is said."""
    said: list[str] = []

    def send(content: dict[str, str], buffers: object = None) -> None:
        said.extend(filter(None, [content.get("say")]))

    panel.send = send
    return said


def test_it_hears_what_an_action_led_to_and_no_more_than_that() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        said = heard(panel)
        press(panel, "dial")
        await looked(panel)
        assert said[-1].endswith("Now client OPEN; server OPEN.")
        press(panel, "hand", "written", "hello")
        press(panel, "by_hand", "message")
        await looked(panel)
        assert "“hello”" in said[-1]
        client = lab.endpoint(1, "client")
        assert client is not None
        said.clear()
        for _ in range(10 * MOST_LOOKS):
            await client.send("by a program")
            await client.recv()
            await looked(panel)
        assert len(said) <= MOST_LOOKS
        said.clear()
        link.cut()
        await looked(panel)
        assert said == ["Now client CLOSED 1006; server CLOSED 1006."]
        panel.close()

    lab.run(story())


def test_what_is_held_is_said_to_be_held_and_earlier_steps_are_counted() -> None:
    lab = Lab(clock="virtual", timeout=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        client = await lab.connect(link)
        await looked(panel)
        said = heard(panel)
        press(panel, "hold")
        for text in ("one", "two", "three"):
            await client.send(text)
        await looked(panel)
        assert said[-1].startswith("1 more step. Step 4: ")
        assert said[-1].endswith("The link holds it.")
        panel.close()

    lab.run(story())
