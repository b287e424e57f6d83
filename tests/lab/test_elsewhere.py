"""A lab belongs to one loop: used from another one, each call is one sentence, and no byte goes out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from wslab.lab import Endpoint, Lab, Link, Server, echo
from wslab.protocol import Frame

Call = Callable[[Lab, Server, Link, Endpoint], Awaitable[object]]


async def aborted(client: Endpoint) -> None:
    client.abort()


async def received(client: Endpoint) -> None:
    async for _ in client:
        pass


async def entered(client: Endpoint) -> None:
    async with client:
        pass


CALLS: dict[str, Call] = {
    "send": lambda _, __, ___, client: client.send("x"),
    "send_fragment": lambda _, __, ___, client: client.send_fragment("x", fin=False),
    "send_frame": lambda _, __, ___, client: client.send_frame(Frame.text("x")),
    "send_raw": lambda _, __, ___, client: client.send_raw(b"x"),
    "ping": lambda _, __, ___, client: client.ping(),
    "pong": lambda _, __, ___, client: client.pong(),
    "recv": lambda _, __, ___, client: client.recv(),
    "iteration": lambda _, __, ___, client: received(client),
    "close": lambda _, __, ___, client: client.close(),
    "async with": lambda _, __, ___, client: entered(client),
    "wait_closed": lambda _, __, ___, client: client.wait_closed(),
    "abort": lambda _, __, ___, client: aborted(client),
    "lab.close": lambda lab, _, __, ___: lab.close(),
    "lab.serve": lambda lab, _, __, ___: lab.serve(echo),
    "lab.connect": lambda lab, server, _, __: lab.connect(server),
    "lab.link": lambda lab, server, _, __: lab.link(server),
    "server.close": lambda _, server, __, ___: server.close(),
    "link.close": lambda _, __, link, ___: link.close(),
}


def in_a_thread(call: Callable[[], Awaitable[object]]) -> BaseException | None:
    """What the coroutine raises on a loop of another thread."""
    raised: list[BaseException] = []

    async def awaited() -> None:
        async with asyncio.timeout(5):
            await call()

    def target() -> None:
        try:
            asyncio.run(awaited())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    return raised[0] if raised else None


@pytest.mark.parametrize("waiting", [False, True], ids=["", "a message waits"])
@pytest.mark.parametrize("name", CALLS)
async def test_another_loop_is_one_sentence_and_nothing_is_sent(name: str, waiting: bool) -> None:
    async with Lab() as lab:
        server = await lab.serve(echo)
        link = await lab.link(server)
        client = await lab.connect(link)
        await client.ping()
        if waiting:
            await client.send("Hello")
            await client.ping()
        before = len(lab.tape)
        error = await asyncio.to_thread(in_a_thread, lambda: CALLS[name](lab, server, link, client))
        assert isinstance(error, RuntimeError)
        assert "This lab lives on another event loop" in str(error)
        assert len(lab.tape) == before
        # and all goes on where it was made
        await client.send("x")
        assert [await client.recv() for _ in range(1 + waiting)][-1] == "x"
        assert len(server.connections) == 1


def test_another_loop_of_the_same_thread_is_refused_too() -> None:
    first = asyncio.new_event_loop()
    try:
        lab = Lab()
        client: Any = first.run_until_complete(opened(lab))
        for call in (client.send("x"), client.ping(), client.close(), lab.close()):
            with pytest.raises(RuntimeError, match="lives on another event loop"):
                asyncio.run(call)
        first.run_until_complete(lab.close())
    finally:
        first.close()


async def opened(lab: Lab) -> Endpoint:
    return await lab.connect(await lab.serve(echo))


def test_a_virtual_lab_is_refused_from_another_thread() -> None:
    async def story(lab: Lab) -> BaseException | None:
        client = await opened(lab)
        before = len(lab.tape)
        error = in_a_thread(lambda: client.send("x"))
        assert len(lab.tape) == before
        return error

    lab = Lab(clock="virtual")
    assert "lives on another event loop" in str(lab.run(story(lab)))


async def test_a_link_can_be_changed_from_another_thread() -> None:
    async with Lab() as lab:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        await asyncio.to_thread(lambda: setattr(link, "faults", ["delay:0.01"]))
        await asyncio.to_thread(link.cut)
        await client.wait_closed()
        assert client.close_code == 1006
