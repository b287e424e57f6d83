"""A server: what becomes of handlers and hooks that raise, and where it may listen."""

from __future__ import annotations

import asyncio
import logging

import pytest

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, echo
from wslab.protocol import HandshakeRequest
from wslab.tape.records import CloseFailed, ProcessDied


async def test_a_handler_that_raises_closes_with_1011_and_is_told(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(connection: Endpoint) -> None:
        raise KeyError("the handler's own fault")

    server = await lab.serve(handler)
    with caplog.at_level(logging.ERROR, "wslab"):
        ws = await lab.connect(server)
        await ws.wait_closed()
    assert ws.close_code == 1011
    assert [type(each) for each in server.errors] == [KeyError]
    assert server.errors[0].__traceback__ is not None
    assert "KeyError" in str(lab.tape)
    assert [record.name for record in caplog.records] == ["wslab"]


async def test_a_handler_that_raises_once_the_connection_is_over_closes_nothing(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(connection: Endpoint) -> None:
        async for _ in connection:
            pass
        raise ValueError("late")

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.close(1000)
    while not server.errors:  # noqa: ASYNC110 - the limit is that of the test
        await asyncio.sleep(0.01)
    assert "The handler raised ValueError: late. No 1011 goes out: the connection was closing or over." in str(lab.tape)
    assert "1011 (" not in str(lab.tape)


async def test_a_handler_that_is_no_coroutine_is_told(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    def handler(connection: Endpoint) -> None:
        """Forgot the async."""

    server = await lab.serve(handler)  # type: ignore[arg-type]
    ws = await lab.connect(server)
    await ws.wait_closed()
    assert ws.close_code == 1011
    assert "write `async def`" in str(server.errors[0])
    assert len(caplog.records) == 1


async def test_the_end_of_another_connection_is_an_error_of_the_handler(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    backend = await lab.serve(echo)

    async def handler(connection: Endpoint) -> None:
        behind = await lab.connect(backend)
        await behind.close()
        await behind.recv()

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.wait_closed()
    assert ws.close_code == 1011
    assert [type(error) for error in server.errors] == [ConnectionClosed]
    assert len(caplog.records) == 1


async def test_a_hook_that_raises_answers_500_and_is_told(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    def judge(request: HandshakeRequest) -> None:
        raise KeyError(request.target)

    server = await lab.serve(echo, on_request=judge)
    with pytest.raises(HandshakeRefused, match="500 Internal Server Error"):
        await lab.connect(server)
    assert [type(error) for error in server.errors] == [KeyError]
    assert "on_request raised KeyError" in str(lab.tape)
    assert [record.name for record in caplog.records] == ["wslab"]


async def test_serving_beyond_loopback_must_be_asked_for(lab: Lab) -> None:
    with pytest.raises(ValueError, match="beyond_loopback=True"):
        await lab.serve(echo, host="0.0.0.0")


@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_server_that_is_killed_says_no_close_and_believes_nothing_any_more(clock: str) -> None:
    lab = Lab(clock=clock)

    async def story() -> None:
        server = await lab.serve(echo)
        clients = [await lab.connect(server) for _ in range(2)]
        server.kill()
        for each in clients:
            await each.wait_closed()
        assert [each.close_code for each in clients] == [1006, 1006]
        with pytest.raises(ConnectionError):
            await lab.connect(server)
        server.kill()  # a second time it does nothing

    lab.run(story())
    for number in (1, 2):
        entries = lab.tape.entries(number)
        (death,) = [each for each in entries if isinstance(each.fact, ProcessDied)]
        before, after = entries[: entries.index(death)], entries[entries.index(death) :]
        assert str(before[-1].server) == "OPEN"
        assert {each.server for each in after} == {None}
        assert str(after[-1].client) == "CLOSED 1006"
    assert lab.tape.frames(8) == []
    lab.run(lab.close())


@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_an_end_that_its_handler_kills_was_closing_nothing(clock: str) -> None:
    lab = Lab(clock=clock)

    async def handle(ws: Endpoint) -> None:
        ws.kill()

    async def story() -> None:
        client = await lab.connect(await lab.serve(handle))
        await client.wait_closed()
        await lab.close()

    lab.run(story())
    facts = [type(each.fact) for each in lab.tape]
    assert ProcessDied in facts
    assert CloseFailed not in facts
