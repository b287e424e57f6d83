"""Two ends of ours: messages, pings, fragments, limits, and every way to end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.protocol import Frame, HandshakeRequest, LocalProtocolError, Opcode, State, accept_key


@pytest.mark.parametrize("message", ["Hello", "", "ÄÖ😀", b"", b"\x00\xff" * 70, "x" * 200_000, b"y" * 3_000_000])
async def test_a_message_comes_back_as_it_was(lab: Lab, message: str | bytes) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send(message)
        assert await ws.recv() == message


async def test_what_is_sent_is_on_the_tape_at_once(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send("now")
        assert lab.tape[-1].sentence == "The client sends text, 3 bytes, masked: “now”."


async def test_messages_come_in_order_and_their_answers_in_few_writes(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    for number in range(500):
        await ws.send(str(number))
    assert [await ws.recv() for _ in range(500)] == [str(number) for number in range(500)]
    await ws.close()
    writes = {entry.time for entry in lab.tape if entry.kind == "text" and entry.sender == "server"}
    assert len(writes) < 50


async def test_bytes_like_messages_are_binary(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send(bytearray(b"one"))
        assert await ws.recv() == b"one"


@pytest.mark.parametrize("message", [1, None, ["a"], {"a": 1}])
async def test_other_types_are_refused_and_nothing_is_sent(lab: Lab, message: object) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        with pytest.raises(TypeError, match="text \\(str\\) or binary \\(bytes\\)"):
            await ws.send(message)  # type: ignore[arg-type]
        await ws.send("still well")
        assert await ws.recv() == "still well"


async def test_fragments_make_one_message_also_cut_inside_a_character(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send_fragment("ä".encode()[:1], fin=False, opcode=Opcode.TEXT)
        assert await ws.ping() >= 0
        await ws.send_fragment("ä".encode()[1:], fin=True)
        assert await ws.recv() == "ä"


async def test_a_ping_measures_the_time_to_its_own_pong(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        one, two = await asyncio.gather(ws.ping(b"one"), ws.ping(b"two"))
        assert 0 < one < 2
        assert 0 < two < 2
        with pytest.raises(LocalProtocolError):
            await ws.ping(b"x" * 126)
        assert await ws.ping() < 2


async def test_two_pings_with_one_payload_are_refused(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        first = asyncio.ensure_future(ws.ping(b"same"))
        await asyncio.sleep(0)
        with pytest.raises(ValueError, match="on its way already"):
            await ws.ping(b"same")
        await first


async def test_an_unasked_pong_does_no_harm(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.pong(b"alive")
        await ws.send("on")
        assert await ws.recv() == "on"


async def test_recv_ends_with_a_sentence_when_nothing_comes(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        with pytest.raises(TimeoutError, match=r"The client waited 0.05 s for a message.*believes.*OPEN"):
            await ws.recv(timeout=0.05)
        await ws.send("later")
        assert await ws.recv() == "later"


async def test_a_second_receiver_is_refused(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        first = asyncio.ensure_future(ws.recv())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one at a time"):
            await ws.recv()
        await ws.send("x")
        assert await first == "x"


async def test_a_cancelled_recv_loses_no_message(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        waiting = asyncio.ensure_future(ws.recv())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await ws.send("kept")
        assert await ws.recv() == "kept"


# --- the end -----------------------------------------------------------------------------


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


async def test_what_arrived_before_the_end_is_received_first(lab: Lab) -> None:
    async def handler(connection: Endpoint) -> None:
        for number in range(3):
            await connection.send(str(number))

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.wait_closed()
    assert [await ws.recv() for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(ConnectionClosed, match="The server closed the connection with 1000, normal closure"):
        await ws.recv()


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


# --- limits ----------------------------------------------------------------------------------


async def test_a_reader_that_stops_reading_stops_the_writer(lab: Lab) -> None:
    go_on = asyncio.Event()
    received: list[int] = []

    async def handler(connection: Endpoint) -> None:
        await go_on.wait()
        received.extend([len(message) async for message in connection])

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    sent = 0

    async def flood() -> None:
        nonlocal sent
        for _ in range(1000):
            await ws.send(b"x" * 100_000)
            sent += 1

    flooding = asyncio.ensure_future(flood())
    await asyncio.sleep(0.3)
    assert 0 < sent < 900
    held = lab.tape.bytes(ws.number, "client")
    assert len(held) < 30_000_000
    go_on.set()
    await flooding
    await ws.close()
    assert received == [100_000] * 1000


async def test_send_gives_up_when_the_peer_never_reads() -> None:
    async def handler(connection: Endpoint) -> None:
        await asyncio.sleep(60)

    async with Lab(timeout=0.3) as lab:
        server = await lab.serve(handler)
        ws = await lab.connect(server)
        sending = asyncio.gather(*(ws.send(b"x" * 100_000) for _ in range(200)))
        with pytest.raises(TimeoutError, match="the peer does not read"):
            await sending
        ws.abort()


async def test_a_flood_of_messages_waits_in_a_bounded_queue(lab: Lab) -> None:
    go_on = asyncio.Event()
    peers: list[Endpoint] = []

    async def handler(connection: Endpoint) -> None:
        peers.append(connection)
        await go_on.wait()
        async for _ in connection:
            pass

    server = await lab.serve(handler, max_queue=100_000)
    ws = await lab.connect(server)
    flooding = asyncio.gather(*(ws.send(bytes(1000)) for _ in range(2000)))
    await asyncio.sleep(0.3)
    assert 0 < peers[0]._inbox.count < 400
    go_on.set()
    await flooding
    await ws.close()


async def test_two_hundred_connections_at_once_lose_and_mix_nothing(lab: Lab) -> None:
    server = await lab.serve(echo)

    async def talk(number: int) -> list[str | bytes]:
        async with await lab.connect(server) as ws:
            for turn in range(5):
                await ws.send(f"{number}.{turn}")
            return [await ws.recv() for _ in range(5)]

    heard = await asyncio.gather(*(talk(number) for number in range(200)))
    assert heard == [[f"{number}.{turn}" for turn in range(5)] for number in range(200)]
    assert len(lab.tape.connections) == 200
    assert {entry.fate for entry in lab.tape if entry.kind == "text"} == {"arrived"}


async def test_without_a_tape_nothing_is_recorded_and_all_works() -> None:
    async with Lab(tape=False) as lab:
        server = await lab.serve(echo)
        async with await lab.connect(server) as ws:
            await ws.send("x")
            assert await ws.recv() == "x"
        assert len(lab.tape) == 0
        assert lab.tape.size == 0


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


async def test_a_flood_of_pings_from_a_peer_that_never_reads_fills_no_buffer(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    ws._tcp.stop_reading()
    pings = Frame.ping(bytes(125), mask=bytes(4)).serialize() * 500
    end = server.connections[0]
    most = 0
    for _ in range(300):
        await ws.send_raw(pings)
        await asyncio.sleep(0)
        most = max(most, end._tcp.unwritten)
    assert end._outbox.drained is not None, "TCP is full"
    assert most < 1_000_000
    ws._tcp.go_on_reading()
    assert await ws.ping(b"still there") >= 0
    await ws.close()


async def test_answers_put_aside_never_pass_their_limit(lab: Lab) -> None:
    most = 0

    async def handler(connection: Endpoint) -> None:
        nonlocal most
        async for message in connection:
            await connection.send(message)
            most = max(most, connection._outbox._aside)

    ws = await lab.connect(await lab.serve(handler))
    for _ in range(200):
        await ws.send(bytes(5000))
    for _ in range(200):
        await ws.recv()
    await ws.close()
    assert 0 < most < 70_000


def test_on_the_virtual_clock_an_endpoint_does_all_that_it_does_on_the_real_one() -> None:
    lab = Lab(clock="virtual", seed=1)

    async def story() -> None:
        server = await lab.serve(echo)
        async with await lab.connect(server) as ws:
            assert [each.number for each in server.connections] == [ws.number]
            assert 0 < await ws.ping() < 0.1
            await ws.send("over memory")
            assert await ws.recv() == "over memory"
            began = lab.now
            with pytest.raises(TimeoutError, match="waited 3600 s"):
                await ws.recv(timeout=3600)
            assert lab.now - began == pytest.approx(3600)
        assert ws.close_code == 1000
        await asyncio.sleep(0.01)  # the server learns it a moment later
        assert server.connections == []

    lab.run(story())


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
