"""A lab is used twice, dropped, interrupted, its port is asked for again; nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import warnings

import pytest

from wslab.lab import ConnectionClosed, Deadlock, Endpoint, HandshakeRefused, Lab, PortInUse, echo, run
from wslab.lab.faults.intervention import StreamIntervention
from wslab.protocol import LocalProtocolError, State


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def collected() -> None:
    """Collect garbage, and let the loop end what was found."""
    gc.collect()
    for _ in range(10):
        await asyncio.sleep(0)
    gc.collect()


async def nothing_left(before: set[asyncio.Task[object]]) -> None:
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=5)
    assert left == set()


async def test_a_lab_dropped_without_close_leaves_nothing() -> None:
    before = asyncio.all_tasks()

    async def use() -> tuple[int, Endpoint]:
        lab = Lab(timeout=2)
        server = await lab.serve(echo)
        link = await lab.link(server)
        ws = await lab.connect(link)
        await ws.send("x")
        assert await ws.recv() == "x"
        return server.port, ws

    port, ws = await use()
    await collected()
    await nothing_left(before)
    assert ws.state is State.CLOSED
    with pytest.raises(ConnectionClosed, match="its lab ended"):
        await ws.recv()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_lab_dropped_while_a_handler_waits_leaves_nothing() -> None:
    before = asyncio.all_tasks()
    started, ended = asyncio.Event(), asyncio.Event()

    async def handler(connection: Endpoint) -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    lab = Lab()
    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await started.wait()
    del lab, server, ws
    await collected()
    await nothing_left(before)
    assert ended.is_set()


async def test_a_server_in_use_keeps_its_lab() -> None:
    server = await Lab().serve(echo)
    await collected()
    async with Lab() as other, await other.connect(server) as ws:
        await ws.send("alive")
        assert await ws.recv() == "alive"
    await server.close()


async def test_a_cell_run_twice_takes_its_port_again() -> None:
    port = free_port()
    labs, clients = [], []
    for turn in range(3):
        lab = Lab(timeout=2)
        server = await lab.serve(echo, port=port)
        assert server.port == port
        ws = await lab.connect(server)
        await ws.send(str(turn))
        assert await ws.recv() == str(turn)
        labs.append(lab)
        clients.append(ws)
    assert [ws.close_code for ws in clients] == [1001, 1001, None]
    assert "asked for its port again" in str(labs[0].tape)
    for lab in labs:
        await lab.close()


async def test_a_port_is_free_again_after_close() -> None:
    port = free_port()
    for _ in range(3):
        async with Lab() as lab:
            server = await lab.serve(echo, port=port)
            async with await lab.connect(server) as ws:
                await ws.send("x")
                await ws.recv()


HOLD_A_PORT = """
import socket
sock = socket.socket()
sock.bind(("127.0.0.1", 0))
sock.listen()
print(sock.getsockname()[1], flush=True)
input()
"""


def test_in_memory_a_port_is_held_by_the_lab_itself() -> None:
    async def twice(lab: Lab) -> None:
        await lab.serve(echo, port=9000)
        with pytest.raises(PortInUse, match=r"Port 9000 .* by another server or link of this one: end that one"):
            await lab.serve(echo, port=9000)

    lab = Lab(clock="virtual")
    lab.run(twice(lab))


async def test_a_port_of_a_link_is_held_by_this_process_itself(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    with pytest.raises(PortInUse, match=f"Port {link.port} .* held by (this process itself|another program)"):
        await lab.serve(echo, port=link.port)


def test_the_program_that_has_the_port_is_named_in_one_sentence() -> None:
    command = [sys.executable, "-c", HOLD_A_PORT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(PortInUse, match=f"Port {port} on 127.0.0.1 is held by .*choose another port") as taken:
            run(Lab().serve(echo, port=port))
        assert taken.value.port == port
        assert "\n" not in str(taken.value)
        if sys.platform == "linux":
            assert f"process {other.pid}" in str(taken.value)
        other.communicate(b"\n")


async def test_closing_tells_every_peer_and_waits_for_it() -> None:
    lab = Lab(timeout=2)
    server = await lab.serve(echo)
    clients = [await lab.connect(server) for _ in range(5)]
    await lab.close()
    assert {ws.close_code for ws in clients} == {1001}
    assert lab.tape[-1].kind != "fault"


async def test_closing_is_quick_where_a_peer_does_not_answer() -> None:
    lab = Lab(timeout=60)
    server = await lab.serve(echo)
    link = await lab.link(server)
    ws = await lab.connect(link)
    link.silence()
    async with asyncio.timeout(4):
        await lab.close()
    assert ws.close_code == 1006


async def test_closing_twice_or_unused_does_nothing_and_the_lab_lives_on() -> None:
    lab = Lab()
    await lab.close()
    for _ in range(2):
        server = await lab.serve(echo)
        async with await lab.connect(server) as ws:
            await ws.send("x")
            await ws.recv()
        await lab.close()
        await lab.close()
    assert lab.tape.connection_numbers == [1, 2]


@pytest.mark.parametrize("when", ["connecting", "receiving", "closing"])
async def test_an_interrupted_wait_leaves_nothing(when: str) -> None:
    before = asyncio.all_tasks()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await asyncio.sleep(0.2)
        writer.close()

    async def cell(lab: Lab, url: str) -> None:
        if when == "connecting":
            raw = await asyncio.start_server(deaf, "127.0.0.1", 0)
            async with raw:
                await lab.connect(f"ws://127.0.0.1:{raw.sockets[0].getsockname()[1]}/")
        ws = await lab.connect(url)
        if when == "receiving":
            await ws.recv()
        link = await lab.link(url)
        through = await lab.connect(link)
        link.silence()
        await through.close()

    lab = Lab(timeout=30)
    server = await lab.serve(echo)
    running = asyncio.ensure_future(cell(lab, server.url))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    del lab, server, running
    await collected()
    await nothing_left(before)


def test_a_loop_that_ends_takes_the_lab_with_it() -> None:
    lab = Lab()

    async def use(lab: Lab) -> None:
        server = await lab.serve(echo)
        ws = await lab.connect(server)
        await ws.send("x")
        assert await ws.recv() == "x"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            asyncio.run(use(lab))
            gc.collect()
        del lab
        gc.collect()


def test_a_lab_on_a_second_living_loop_is_refused() -> None:
    lab = Lab()
    one, two = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        one.run_until_complete(lab.serve(echo))
        with pytest.raises(RuntimeError, match="lives on another event loop"):
            two.run_until_complete(lab.serve(echo))
        one.run_until_complete(lab.close())
    finally:
        one.close()
        two.close()


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_time_that_cannot_be_a_limit_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="number of seconds above 0"):
        Lab(timeout=timeout)


async def test_a_seed_makes_the_bytes_of_a_client_repeatable() -> None:
    streams = []
    for _ in range(2):
        async with Lab(seed=7) as lab:
            server = await lab.serve(echo)
            async with await lab.connect(server) as ws:
                await ws.send("x")
                await ws.recv()
            head, _, frames = lab.tape.bytes(1, "client").partition(b"\r\n\r\n")
            key = next(line for line in head.splitlines() if line.startswith(b"Sec-WebSocket-Key"))
            streams.append(key + frames)
    assert streams[0] == streams[1]


async def test_closing_a_lab_while_a_connection_opens_leaves_nothing() -> None:
    before = asyncio.all_tasks()
    lab = Lab(timeout=30)
    server = await lab.serve(echo)
    link = await lab.link(server)
    link.silence()
    connecting = asyncio.ensure_future(lab.connect(link))
    reader, writer = await asyncio.open_connection(server.host, server.port)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(4):
        await lab.close()
        assert await reader.read() == b""
    with pytest.raises(HandshakeRefused):
        await connecting
    writer.close()
    await nothing_left(before)


@pytest.mark.parametrize("handler", [None, "echo", 1])
async def test_anything_but_a_handler_is_refused_at_once(handler: object) -> None:
    async with Lab() as lab:
        with pytest.raises(TypeError, match="A handler is a coroutine function"):
            await lab.serve(handler)  # type: ignore[arg-type]


async def test_headers_that_cannot_be_sent_are_refused_at_once() -> None:
    async with Lab() as lab:
        with pytest.raises(LocalProtocolError):
            await lab.serve(echo, headers=[("X-One", "two\r\nX-Three: four")])
        server = await lab.serve(echo)
        with pytest.raises(LocalProtocolError):
            await lab.connect(server, headers=[("X-One", "two\r\nX-Three: four")])


async def test_a_forgotten_await_has_a_message_of_its_own(lab: Lab) -> None:
    with pytest.raises(TypeError, match=r"nobody awaited: write `await lab\.serve\(\.\.\.\)`"):
        await lab.connect(lab.serve(echo))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"nobody awaited: write `await lab\.link\(\.\.\.\)`"):
        await lab.connect(lab.link("ws://127.0.0.1:1/"))  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [8765, None, b"ws://127.0.0.1/"])
async def test_anything_but_a_target_is_refused(lab: Lab, target: object) -> None:
    with pytest.raises(TypeError, match="a Server, a Link or a ws:// address"):
        await lab.connect(target)  # type: ignore[arg-type]


# --- the virtual clock ----------------------------------------------------------------


async def chat(lab: Lab) -> float:
    async with lab:
        client = await lab.connect(await lab.serve(echo))
        for text in ("one", "two"):
            await asyncio.sleep(3600)
            await client.send(text)
            assert await client.recv() == text
        await client.close(1000, "done")
    return lab.now


def test_the_same_coroutines_run_on_a_virtual_clock() -> None:
    lab = Lab(clock="virtual")
    assert 7200 < lab.run(chat(lab)) < 7201
    assert [each.kind for each in lab.tape.entries()][:3] == ["tcp", "http", "http"]
    assert "Close 1000" in str(lab.tape)


async def test_a_virtual_lab_runs_inside_a_running_loop() -> None:
    lab = Lab(clock="virtual")
    assert lab.run(chat(lab)) > 7200


def test_what_was_opened_stays_and_time_stands_still_between_two_runs() -> None:
    lab = Lab(clock="virtual")
    server = lab.run(lab.serve(echo))
    client = lab.run(lab.connect(server))
    then = lab.now
    lab.run(client.send("later"))
    assert lab.run(client.recv()) == "later"
    assert lab.now - then < 0.01
    lab.run(lab.close())
    assert client.close_code == 1001


async def test_awaiting_a_virtual_lab_in_real_time_says_how_to_go_in() -> None:
    lab = Lab(clock="virtual")
    for coroutine in (lab.serve(echo), lab.connect("ws://127.0.0.1:1/"), lab.__aenter__()):
        with pytest.raises(RuntimeError, match=r"virtual and stands still here: run the coroutine with lab\.run"):
            await coroutine


def test_the_same_seed_gives_the_same_tape_and_another_seed_another() -> None:
    def tape(seed: int) -> str:
        lab = Lab(clock="virtual", seed=seed)
        lab.run(chat(lab))
        return f"{lab.tape} {lab.tape.bytes(1, 'client').hex()}"

    assert tape(7) == tape(7)
    assert tape(7) != tape(8)


def test_a_dropped_virtual_lab_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    lab = Lab(clock="virtual")
    lab.run(lab.connect(lab.run(lab.serve(echo))))
    del lab
    gc.collect()
    assert not caplog.records


def test_a_wait_that_never_ends_is_a_deadlock() -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        client = await lab.connect(await lab.serve(echo))
        await client.wait_closed()

    with pytest.raises(Deadlock, match=r"story.*waits in Endpoint\.wait_closed"):
        lab.run(story())


def test_interventions_need_the_virtual_clock() -> None:
    with pytest.raises(ValueError, match="use them in a lab with clock='virtual'"):
        Lab(interventions=[StreamIntervention(start=0, stop=1, action="drop")])


def test_an_unknown_clock_is_named() -> None:
    with pytest.raises(ValueError, match="clock is 'real' or 'virtual'; this is 'fast'"):
        Lab(clock="fast")


async def test_run_works_on_the_real_clock_too(lab: Lab) -> None:
    assert lab.run(asyncio.sleep(0, "done")) == "done"
