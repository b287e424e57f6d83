"""Why a connection ended, in three lines for a person."""

from __future__ import annotations

import asyncio

import pytest

from wslab.cli.close_advice import ADVICE, advice, explain_end, is_final
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab
from wslab.lab.server import Handler


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_each_code_has_its_advice_in_a_sentence(code: int) -> None:
    assert ADVICE[code].endswith(".")
    assert is_final(code) == (code in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003))


def test_a_code_above_the_ranges_of_the_rfc_is_not_of_an_application() -> None:
    assert "of this application" in advice(4999)
    assert "reserved, or that wslab does not know (§7.4.2)" in advice(5000)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3001, "a framework or an application"),
        (3000, "log in"),
        (3003, "may not do"),
        (4001, "of this application"),
        (1011, "its log"),
    ],
)
async def test_an_end_is_explained_in_three_lines(code: int, words: str) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(code, "why")

    async with Lab(timeout=2.0) as lab:
        client = await lab.connect(await lab.serve(handler))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    first, second, third = explain_end(closed.value.ending)
    assert (first.split()[0], second.split()[0], third.split()[0]) == ("WebSocket", "TCP", "Meaning")
    assert words in third


async def meaning_of(handler: Handler, *, unanswered: int = 0) -> str:
    """The last line for a client whose server does this."""
    async with Lab(timeout=2.0, log_errors=False) as lab:
        client = await lab.connect(await lab.serve(handler))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    return explain_end(closed.value.ending, unanswered=unanswered)[2]


@pytest.mark.parametrize(
    ("data", "words", "scenario"),
    [
        (b"\r\n\x81\x05Hello", "no longer reads frames where they begin", ""),
        (b"\xc1\x05Hello", "no compression was agreed on", "rsv1-unasked"),
        (b"\x81\x85\0\0\0\0Hello", "a server must not mask", "masked-server"),
    ],
)
async def test_after_our_own_1002_it_speaks_of_what_the_peer_sent(data: bytes, words: str, scenario: str) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.send_raw(data)
        await connection.wait_closed()

    meaning = await meaning_of(handler)
    assert "because of what the peer sent, which breaks a rule (§5." in meaning
    assert words in meaning
    assert (f"`wslab play {scenario}`" in meaning) == bool(scenario)
    assert "a timer is likely" not in meaning


async def test_a_1000_behind_a_large_message_without_an_answer_is_no_normal_end() -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(1000)

    assert "all is well, but it came behind 70,000 bytes" in await meaning_of(handler, unanswered=70_000)
    assert "A normal end" in await meaning_of(handler, unanswered=70)


async def test_a_handler_that_returned_or_raised_is_named() -> None:
    async def returns(_: Endpoint) -> None:
        pass

    async def raises(_: Endpoint) -> None:
        raise KeyError("user")

    assert "A handler that returns closes so" in await meaning_of(returns)
    assert "a handler that raised" in await meaning_of(raises)


async def test_the_exception_says_that_a_handler_may_have_returned() -> None:
    """For a plain 1000 of a server only: a reason is an answer already."""

    async def with_reason(connection: Endpoint) -> None:
        await connection.close(1000, "bye")

    async def returns(_: Endpoint) -> None:
        pass

    said = []
    for handler in (returns, with_reason):
        async with Lab(timeout=2.0) as lab:
            client = await lab.connect(await lab.serve(handler))
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
        said.append("A handler that returns" in str(closed.value))
    assert said == [True, False]


async def test_a_frame_that_never_ended_is_the_meaning_of_an_end_without_a_close() -> None:
    """After a clean end it is not: what was begun did not end the connection."""

    async def cut(connection: Endpoint) -> None:
        connection.abort()

    async def closes(connection: Endpoint) -> None:
        await connection.close(1001)

    async with Lab(timeout=2.0) as lab:
        for handler, waited in ((cut, True), (closes, False)):
            client = await lab.connect(await lab.serve(handler))
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            last = explain_end(closed.value.ending, pending="A frame of 200 bytes never ended.")[2]
            assert ("never ended" in last) == waited


async def test_of_half_a_head_it_is_said_how_much_came() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        writer.close()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    async with server, Lab(timeout=2.0) as lab:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(HandshakeRefused, match="34 bytes of a head came, without the empty line"):
            await lab.connect(f"ws://127.0.0.1:{port}")
