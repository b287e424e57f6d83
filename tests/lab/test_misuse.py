"""The lab in clumsy hands: what cannot be is one sentence before it happens, and no handler leaves a peer hanging."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.protocol import CloseCode

NOBODY = "ws://127.0.0.1:1/"
CLOCKS = pytest.mark.parametrize("clock", ["real", "virtual"])


def on(clock: str, story: Callable[[Lab], Awaitable[object]]) -> None:
    """Play a story in a lab of its own, closed at its end."""

    async def play() -> None:
        async with lab:
            await story(lab)

    lab = Lab(clock=clock, timeout=2.0)
    lab.run(play())


@CLOCKS
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": -1}, "port is a number"),
        ({"port": 70000}, "port is a number"),
        ({"port": "80"}, "port is a number"),
        ({"max_message": -1}, "max_message is a number of bytes"),
        ({"max_queue": "x"}, "max_queue is a number of bytes"),
        ({"max_head": 1.5}, "max_head is a number of bytes"),
        ({"ping_interval": "5"}, "ping_interval is a number of seconds"),
        ({"origins": "https://example.org"}, "origins is a list"),
        ({"origins": 5}, "origins is a list"),
        ({"on_request": 5}, "on_request is a function"),
        ({"deflate": True}, "deflate is wslab.protocol.Deflate"),
        ({"headers": {"Server": "mine"}}, "headers is a list"),
        ({"headers": 5}, "headers is a list"),
        ({"headers": [("Server", None)]}, "headers is a list"),
    ],
)
def test_a_server_that_cannot_be_is_told_before_it_listens(clock: str, options: dict[str, Any], words: str) -> None:
    async def story(lab: Lab) -> None:
        with pytest.raises((ValueError, TypeError), match=words):
            await lab.serve(echo, **options)

    on(clock, story)


@CLOCKS
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": -1}, "timeout is a number of seconds"),
        ({"timeout": float("nan")}, "timeout is a number of seconds"),
        ({"timeout": "x"}, "timeout is a number of seconds"),
        ({"deflate": True}, "deflate is wslab.protocol.Deflate"),
        ({"headers": {"Cookie": "a=b"}}, "headers is a list"),
        ({"max_message": None}, "max_message is a number of bytes"),
    ],
)
def test_a_client_that_cannot_be_is_told_before_it_dials(clock: str, options: dict[str, Any], words: str) -> None:
    async def story(lab: Lab) -> None:
        with pytest.raises((ValueError, TypeError), match=words):
            await lab.connect(NOBODY, **options)

    on(clock, story)


@CLOCKS
def test_a_link_or_a_pause_that_cannot_be_is_told(clock: str) -> None:
    async def story(lab: Lab) -> None:
        with pytest.raises(TypeError, match="A fault is one of"):
            await lab.link(NOBODY, 5)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="port is a number"):
            await lab.link(NOBODY, port=-5)
        with pytest.raises(TypeError, match="stands still is a Server"):
            await lab.block(None, 1)  # type: ignore[arg-type]

    on(clock, story)


@pytest.mark.parametrize("options", [{"timeout": "x"}, {"timeout": float("nan")}, {"tape_bytes": -1}])
def test_a_lab_that_cannot_be_is_told(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is a number of"):
        Lab(**options)


async def cancelled(connection: Endpoint) -> None:
    """Waits for a task that somebody else cancels."""
    await connection.recv()
    task = asyncio.ensure_future(asyncio.sleep(60))
    asyncio.get_running_loop().call_soon(task.cancel)
    await task


@CLOCKS
def test_a_handler_whose_own_task_was_cancelled_closes_with_1011(clock: str) -> None:
    async def story(lab: Lab) -> None:
        server = await lab.serve(cancelled)
        client = await lab.connect(server)
        await client.send("x")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.code == CloseCode.INTERNAL_ERROR
        assert "was cancelled" in str(server.errors[0])

    on(clock, story)


@CLOCKS
@pytest.mark.parametrize("how", ["cancelled from outside", "GeneratorExit"])
def test_a_handler_that_is_gone_leaves_no_connection_open(clock: str, how: str) -> None:
    async def handler(connection: Endpoint) -> None:
        if how == "GeneratorExit":
            raise GeneratorExit
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(60)

    async def story(lab: Lab) -> None:
        client = await lab.connect(await lab.serve(handler))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.code == CloseCode.ABNORMAL_CLOSURE

    on(clock, story)
