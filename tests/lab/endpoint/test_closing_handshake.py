"""The closing handshake: both Closes, the end of TCP, every way to end, and what is answered before."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.limits import HOLD_LIMIT
from wslab.protocol import (
    Frame,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    LocalProtocolError,
    Opcode,
    Role,
    State,
    accept_key,
)
from wslab.tape.records import reason


async def test_a_clean_close_is_believed_by_both(lab: Lab) -> None:
    ends: list[Endpoint] = []

    async def handler(connection: Endpoint) -> None:
        ends.append(connection)
        assert [message async for message in connection] == ["last words"]

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.send("last words")
    await ws.close(4000, "done")
    await ends[0].wait_closed()
    assert (ws.state, ws.close_code, ws.close_reason) == (State.CLOSED, 4000, "")
    assert (ends[0].state, ends[0].close_code, ends[0].close_reason) == (State.CLOSED, 4000, "done")
    with pytest.raises(ConnectionClosed, match="The client closed the connection with 4000") as closed:
        await ws.recv()
    assert (closed.value.by, closed.value.clean) == ("client", True)


async def test_4000_ends_an_iteration_with_an_error(lab: Lab) -> None:
    seen: list[BaseException] = []

    async def handler(connection: Endpoint) -> None:
        try:
            async for _ in connection:
                pass
        except ConnectionClosed as closed:
            seen.append(closed)
            raise

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.close(4000, "done")
    await lab.close()
    assert len(seen) == 1
    assert server.errors == []


@pytest.mark.parametrize("code", [1000, 1001, None])
async def test_an_iteration_ends_quietly_after_a_normal_close(lab: Lab, code: int | None) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.send("one")
        await connection.close(code)

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    assert [message async for message in ws] == ["one"]
    assert ws.close_code == (1005 if code is None else code)


async def test_both_closing_at_once_is_clean(lab: Lab) -> None:
    arrived: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()

    async def handler(connection: Endpoint) -> None:
        arrived.set_result(connection)
        await connection.wait_closed()

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    other = await arrived
    await asyncio.gather(ws.close(1000), other.close(1001))
    assert (ws.close_code, other.close_code) == (1001, 1000)


async def test_closing_twice_and_sending_afterwards_are_told_apart(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    await ws.close()
    await ws.close()
    with pytest.raises(ConnectionClosed):
        await ws.send("late")
    with pytest.raises(ConnectionClosed):
        await ws.ping()


@pytest.mark.parametrize("code", [0, 999, 1005, 1006, 1015, 5000])
async def test_a_code_that_may_not_travel_is_refused_and_nothing_ends(lab: Lab, code: int) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        with pytest.raises(LocalProtocolError):
            await ws.close(code)
        await ws.send("on")
        assert await ws.recv() == "on"


async def test_abort_is_a_reset_and_both_believe_1006(lab: Lab) -> None:
    ends: list[Endpoint] = []

    async def handler(connection: Endpoint) -> None:
        ends.append(connection)
        await echo(connection)

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    ping = asyncio.ensure_future(ws.ping())
    await ping
    ws.abort()
    await ws.wait_closed()
    await ends[0].wait_closed()
    assert (ws.close_code, ends[0].close_code) == (1006, 1006)
    with pytest.raises(ConnectionClosed, match=r"TCP was reset \(RST\).*never on the wire") as closed:
        await ends[0].recv()
    assert (closed.value.by, closed.value.clean) == ("nobody", False)
    assert server.errors == []


async def test_every_waiter_ends_when_the_connection_does(lab: Lab) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.recv()
        connection.abort()

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    waiters = [asyncio.ensure_future(each) for each in (ws.recv(), ws.ping(b"a"))]
    await ws.send("now")
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert isinstance(results[0], ConnectionClosed)
    assert isinstance(results[1], (ConnectionClosed, float))


async def test_a_block_that_raises_closes_with_1011(lab: Lab) -> None:
    server = await lab.serve(echo)
    with pytest.raises(ZeroDivisionError):
        async with await lab.connect(server) as ws:
            raise ZeroDivisionError
    with pytest.raises(ConnectionClosed, match="The client closed the connection with 1011"):
        await ws.recv()


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"\x81\x00", 1002), (b"\x83\x80" + bytes(4), 1002), (b"\x81\x81" + bytes(4) + b"\xff", 1007)],
)
async def test_a_violation_fails_the_connection_and_names_the_rule(lab: Lab, raw: bytes, code: int) -> None:
    ends: list[ConnectionClosed] = []

    async def handler(connection: Endpoint) -> None:
        assert await connection.recv() == "before"
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
        ends.append(closed.value)

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.send_raw(Frame.text("before", mask=bytes(4)).serialize() + raw)
    with pytest.raises(ConnectionClosed, match=f"The server closed the connection with {code}"):
        await ws.recv()
    await lab.close()
    assert (ends[0].by, ends[0].code) == ("server", 1006)
    assert f"The server failed the connection with {code}" in str(ends[0])


async def test_a_message_over_the_limit_closes_with_1009(lab: Lab) -> None:
    server = await lab.serve(echo, max_message=1000)
    ws = await lab.connect(server)
    await ws.send("x" * 1001)
    await ws.wait_closed()
    assert ws.close_code == 1009


async def test_the_end_can_be_waited_for_before_and_after_it_came(lab: Lab) -> None:
    ws = await lab.connect(await lab.serve(echo))
    waiters = [asyncio.ensure_future(ws.wait_closed()) for _ in range(3)]
    await asyncio.sleep(0)
    await ws.close()
    await asyncio.wait_for(asyncio.gather(*waiters, ws.wait_closed()), 2)
    assert not ws.is_open


async def test_a_server_that_is_gone_right_behind_its_close_is_no_error(lab: Lab) -> None:
    async def close_and_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, _ = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))
        key = accept_key(request.header("Sec-WebSocket-Key") or "")
        head = f"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {key}\r\n\r\n"
        writer.write(head.encode() + Frame.close(1009, "big").serialize())
        writer.transport.abort()  # the client's Close will be answered with RST, before it reads the FIN

    raw = await asyncio.start_server(close_and_go, "127.0.0.1", 0)
    ws = await lab.connect(f"ws://127.0.0.1:{raw.sockets[0].getsockname()[1]}/")
    await ws.wait_closed()
    assert (ws.close_code, ws.close_reason) == (1009, "big")
    assert [entry.sentence for entry in lab.tape if entry.kind == "fault"] == []
    raw.close()


# --- what came before a Close or a violation is answered before the connection ends ----------

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"abcd"


async def talk(port: int, data: bytes) -> tuple[list[Frame], float]:
    """All that a server sends to a client that writes `data` behind its request in one piece, and how long it took."""
    request = HandshakeRequest.build(f"127.0.0.1:{port}", key=KEY).serialize()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = asyncio.get_running_loop().time()
    writer.write(request + data)
    heard = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    _, behind = HandshakeResponse.parse(heard)
    return FrameParser(Role.CLIENT).feed(behind), asyncio.get_running_loop().time() - began


ASK = [Frame.text(f"ask {number}", mask=MASK) for number in range(3)]
ENDINGS = {"violation": Frame(3, mask=MASK), "Close": Frame.close(4001, mask=MASK)}


async def test_a_side_that_failed_waits_for_the_end_of_tcp_and_not_for_a_close(lab: Lab) -> None:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def handler(connection: Endpoint) -> None:
        await asyncio.sleep(0.1)  # in which all of it comes
        with pytest.raises(TimeoutError) as error:
            await connection.close(timeout=0.1)
        told.set_result(str(error.value))

    server = await lab.serve(handler)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    request = HandshakeRequest.build(f"127.0.0.1:{server.port}", key=KEY).serialize()
    writer.write(request + b"".join(each.serialize() for each in ENDINGS.values()))  # its Close came, and no FIN
    said = await asyncio.wait_for(told, 5)
    assert said.startswith("The server waited 0.1 s for the client to end TCP, and it did not.")
    writer.close()


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_echo_answers_all_that_came_before_the_end_in_one_piece(lab: Lab, ending: str) -> None:
    server = await lab.serve(echo)
    data = b"".join(frame.serialize() for frame in [*ASK, ENDINGS[ending]])
    frames, seconds = await talk(server.port, data)
    assert frames[:-1] == [frame.replace(mask=None) for frame in ASK]
    assert frames[-1].opcode == Opcode.CLOSE
    assert int.from_bytes(frames[-1].payload[:2], "big") == (1002 if ending == "violation" else 4001)
    assert seconds < 0.9, "the Close follows the last answer, not the limit"


async def test_a_handler_that_never_comes_back_holds_the_close_for_a_second_at_most(lab: Lab) -> None:
    async def slow(ws: Endpoint) -> None:
        await ws.recv()
        await asyncio.sleep(30)

    server = await lab.serve(slow)
    frames, seconds = await talk(server.port, ASK[0].serialize() + ENDINGS["violation"].serialize())
    assert [frame.opcode for frame in frames] == [Opcode.CLOSE]
    assert 0.5 < seconds < 4


async def test_a_handler_that_closes_itself_after_a_violation_still_tells_the_violation(lab: Lab) -> None:
    async def one(ws: Endpoint) -> None:
        await ws.send(await ws.recv())

    server = await lab.serve(one)
    frames, _ = await talk(server.port, ASK[0].serialize() + ENDINGS["violation"].serialize())
    assert [frame.opcode for frame in frames] == [Opcode.TEXT, Opcode.CLOSE]
    assert int.from_bytes(frames[1].payload[:2], "big") == 1002


async def test_an_answer_that_comes_after_tcp_is_over_is_told_that_the_connection_is_closed(lab: Lab) -> None:
    caught: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def late(ws: Endpoint) -> None:
        await ws.recv()
        await ws.wait_closed()
        with pytest.raises(ConnectionClosed) as closed:
            await ws.send("late")
        caught.set_result(closed.value)

    server = await lab.serve(late)
    request = HandshakeRequest.build(f"127.0.0.1:{server.port}", key=KEY).serialize()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request + ASK[0].serialize() + ENDINGS["Close"].serialize())
    writer.close()
    assert "sent a Close" in str(await asyncio.wait_for(caught, 5))
    assert server.errors == []


async def test_bytes_behind_a_violation_push_out_no_message_that_came_before_it() -> None:
    received: list[str | bytes] = []

    async def slow(ws: Endpoint) -> None:
        await asyncio.sleep(0.3)  # the Close that was held is out by now
        received.extend([await ws.recv() for _ in ASK])

    async with Lab(timeout=0.2) as lab:
        server = await lab.serve(slow, max_queue=4)
        request = HandshakeRequest.build(f"127.0.0.1:{server.port}", key=KEY).serialize()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request + b"".join(frame.serialize() for frame in [*ASK, ENDINGS["violation"]]))
        await asyncio.sleep(0.25)
        writer.write(bytes(100_000))
        await asyncio.sleep(0.3)
        writer.close()
    assert received == ["ask 0", "ask 1", "ask 2"]


# --- Pings behind our own Close ---------------------------------------------------------------


async def test_a_ping_behind_our_own_close_gets_its_pong(lab: Lab) -> None:
    """§5.5.2: only an endpoint that *received* a Close may leave a Ping without an answer."""

    async def goes(ws: Endpoint) -> None:
        await ws.close(1001)

    server = await lab.serve(goes)
    request = HandshakeRequest.build(f"127.0.0.1:{server.port}", key=KEY).serialize()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(4) == Frame.close(1001).serialize()
    writer.write(Frame.ping(b"still there?", mask=MASK).serialize())
    pong = Frame.pong(b"still there?").serialize()
    assert await asyncio.wait_for(reader.readexactly(len(pong)), 5) == pong
    writer.write(Frame.close(1001, mask=MASK).serialize())
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


def test_a_close_that_could_not_be_answered_is_believed_all_the_same() -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.send("one")  # unread, so the client holds its answer to the Close back
        await connection.send_frame(Frame.close(1001, "restart"))
        await asyncio.sleep(HOLD_LIMIT / 2)
        connection.abort()

    async def story(lab: Lab) -> Endpoint:
        client = await lab.connect(await lab.serve(handler))
        await client.wait_closed()
        assert await client.recv() == "one"
        with pytest.raises(ConnectionClosed, match=r"This side still believes that code \(§7\.1\.5\)") as closed:
            await client.recv()
        assert (closed.value.code, closed.value.clean) == (1001, False)
        assert "1006" not in str(closed.value)
        return client

    lab = Lab(clock="virtual")
    assert lab.run(story(lab)).close_code == 1001
    beliefs = [change.belief for entry in lab.tape for change in entry.changes if change.side == "client"]
    assert [belief and belief.why for belief in beliefs[-2:]] == [reason("close-received"), reason("unanswered", "RST")]
