"""A recorded session of the `websockets` library, replayed against its own programs, changed and unchanged."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

import wslab
from wslab.lab import HandshakeRefused, Lab, PortInUse, Tape
from wslab.lab.replay.deviation import CHANGED, ENDED, FULL, MISSING, MORE, UNREAD, Deviation, ReplayResult
from wslab.lab.replay.replay import Replay
from wslab.lab.replay.script import NothingToReplay
from wslab.protocol import Offset, Opcode

MESSAGES = ("hello", "there", "friend")
CLOCKS = ("virtual", "real")


async def shout(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(str(message).upper())


async def talk(url: str, messages: Sequence[str] = MESSAGES, compression: str | None = "deflate") -> list[str]:
    """A client in lock-step; what it heard."""
    heard = []
    async with connect(url, compression=compression, ping_interval=None) as ws:
        for message in messages:
            await ws.send(message)
            heard.append(str(await ws.recv()))
    return heard


def port_of(server: object) -> int:
    return int(server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]


def recorded(clock: str = "virtual", compression: str | None = "deflate") -> Tape:
    """The tape of a link between the client and the server."""
    lab = Lab(clock=clock, seed=7)

    async def story() -> None:
        async with serve(shout, "127.0.0.1", 0, compression=compression) as server:
            link = await lab.link(f"ws://127.0.0.1:{port_of(server)}/")
            await talk(link.url, MESSAGES, compression)
            while link.connection_numbers:  # noqa: ASYNC110  it is over when both ends of TCP are
                await asyncio.sleep(0.001)

    lab.run(story())
    return lab.tape


@pytest.fixture(scope="module")
def tape() -> Tape:
    return recorded(compression=None)


def served(
    replay: Replay, messages: Sequence[str], compression: str | None = None, clock: str = "virtual"
) -> tuple[list[str], ReplayResult]:
    """What a client of `websockets` hears from the replayed server, and what that says of it."""
    lab = Lab(clock=clock, seed=8)

    async def story() -> tuple[list[str], ReplayResult]:
        async with await replay.serve() as server:
            heard: list[str] = []
            with suppress(ConnectionClosed):
                heard = await talk(server.url, messages, compression)
            return heard, await server.result()

    return lab.run(story())


@pytest.mark.parametrize("compression", ["deflate", None])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_changed_client_is_told_the_first_difference_by_frame_byte_and_bit(
    clock: str, compression: str | None
) -> None:
    tape = recorded(clock, compression)
    heard, result = served(wslab.replay(tape), MESSAGES, compression, clock)
    assert heard == ["HELLO", "THERE", "FRIEND"]
    assert result.is_same, str(result)
    assert result.compared == 5  # the request, three messages, a Close
    _, result = served(wslab.replay(tape), ("hello", "thera", "friend"), compression, clock)
    (found,) = result.deviations
    assert (found.kind, found.frame, found.what, found.offset) == (CHANGED, 2, "payload", Offset(4, 5))
    assert found.recorded is not None
    assert tape[found.recorded.number] is found.recorded
    assert found.sentence == (
        f"Frame 2 of the client (step {found.recorded.number} of the recording) differs at byte 4, bit 5 of its"
        " payload: text “thera” came, and the recording has text “there”."
    )


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_changed_server_is_told_the_first_difference(clock: str) -> None:
    replay = wslab.replay(recorded(clock))
    lab = Lab(clock=clock, seed=8)

    async def whisper(ws: ServerConnection) -> None:
        async for message in ws:
            await ws.send(str(message).upper().replace("THERE", "THERe"))

    async def story() -> list[ReplayResult]:
        found = []
        for handler in (shout, whisper):
            async with serve(handler, "127.0.0.1", 0) as server:
                found.append(await replay.connect(f"ws://127.0.0.1:{port_of(server)}/"))
        return found

    same, changed = lab.run(story())
    assert same.is_same, str(same)
    (found,) = changed.deviations
    assert (found.frame, found.what, found.offset) == (2, "payload", Offset(4, 2))
    assert found.sentence.startswith("Frame 2 of the server")


def test_an_hour_of_keepalive_is_replayed_in_virtual_time() -> None:
    """The library draws the payload of each Ping by chance; the replayed Pongs answer those that come now."""
    lab = Lab(clock="virtual", seed=7)

    async def wait(url: str) -> None:
        async with connect(url, ping_interval=20, ping_timeout=10):
            await asyncio.sleep(3600)

    async def record() -> None:
        async with serve(shout, "127.0.0.1", 0, ping_interval=None) as server:
            await wait((await lab.link(f"ws://127.0.0.1:{port_of(server)}/")).url)

    async def again() -> ReplayResult:
        async with await wslab.replay(lab.tape).serve() as server:
            await wait(server.url)
            return await server.result()

    lab.run(record())
    other = Lab(clock="virtual", seed=8)
    result = other.run(again())
    assert result.is_same, str(result)
    assert result.compared > 180
    assert other.now > 3600


@pytest.mark.parametrize(
    ("messages", "kind", "frame"),
    [
        (("hello", "friend"), MISSING, 2),
        (("hello", "there", "friend", "more"), CHANGED, 4),
        (("hello", "x", "there", "friend"), CHANGED, 2),
        (("hello",), CHANGED, 2),
    ],
)
def test_what_is_left_out_or_more_is_named_once(messages: tuple[str, ...], kind: str, frame: int, tape: Tape) -> None:
    _, result = served(wslab.replay(tape, timeout=1), messages)
    assert result.first is not None
    assert (result.first.kind, result.first.frame) == (kind, frame)
    assert len(result.deviations) <= 3


def test_each_wait_has_a_limit_and_the_replay_goes_on() -> None:
    tape = recorded(compression=None)
    lab = Lab(clock="virtual", seed=8)

    async def story() -> tuple[str, ReplayResult]:
        async with await wslab.replay(tape, timeout=3).serve() as server, connect(server.url, compression=None) as ws:
            heard = await ws.recv()  # without a word
            return str(heard), await server.result()

    heard, result = lab.run(story())
    assert heard == "HELLO"
    assert [each.kind for each in result.deviations] == [MISSING] * 3
    assert "did not come within 3.0 s: the recording has text “hello”" in str(result)


def test_recorded_pauses_are_kept_unless_it_goes_as_fast_as_it_can() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def slow(ws: ServerConnection) -> None:
        for number in range(3):
            await asyncio.sleep(100)
            await ws.send(str(number))

    async def listen(url: str) -> float:
        begin = asyncio.get_running_loop().time()
        async with connect(url, ping_interval=None) as ws:
            assert [message async for message in ws] == ["0", "1", "2"]
        return asyncio.get_running_loop().time() - begin

    async def record() -> None:
        async with serve(slow, "127.0.0.1", 0, ping_interval=None) as server:
            await listen((await lab.link(f"ws://127.0.0.1:{port_of(server)}/")).url)

    async def again(*, fast: bool) -> tuple[float, bool]:
        async with await wslab.replay(lab.tape, fast=fast).serve() as server:
            return await listen(server.url), (await server.result()).is_same

    lab.run(record())
    seconds, is_same = Lab(clock="virtual").run(again(fast=False))
    assert is_same
    assert 300 <= seconds < 301
    assert Lab(clock="virtual").run(again(fast=True))[0] < 1


def test_compression_is_agreed_on_anew() -> None:
    heard, result = served(wslab.replay(recorded()), MESSAGES, None)
    assert heard == ["HELLO", "THERE", "FRIEND"]  # uncompressed, for this client offers nothing
    (found,) = result.deviations
    assert (found.what, found.header) == ("header", "Sec-WebSocket-Extensions")
    assert "none came, and the recording has `permessage-deflate" in found.sentence


def test_a_masked_recording_is_replayed_with_its_masks(tmp_path: Path) -> None:
    lab = Lab(clock="virtual", seed=7)
    heads: list[bytes] = []

    async def ask(url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "X-Page": "1"}
        async with connect(f"{url}?token={token}", additional_headers=headers) as ws:
            await ws.send("hello")
            await ws.recv()

    async def record() -> None:
        async with serve(shout, "127.0.0.1", 0) as server:
            await ask((await lab.link(f"ws://127.0.0.1:{port_of(server)}/")).url, "Qy1secretQy1")

    lab.run(record())
    replay = wslab.replay(lab.tape.save(tmp_path / "a.jsonl"))
    assert replay.masked == 2

    async def again() -> ReplayResult:
        async with await replay.serve() as server:
            await ask(server.url, "of-another-length")  # a secret is not compared
            return await server.result()

    async def dial() -> ReplayResult:
        async with serve(shout, "127.0.0.1", 0) as server:
            result = await replay.connect(f"ws://127.0.0.1:{port_of(server)}/")
            heads.append(replay.tape.heads(result.connection)["client"])
            return result

    result = Lab(clock="virtual").run(again())
    assert result.is_same, str(result)
    assert Lab(clock="virtual").run(dial()).is_same
    assert b"Authorization: Bearer ************\r\n" in heads[0]


def test_a_deviation_in_a_head_shows_no_secret(tape: Tape) -> None:
    async def story() -> ReplayResult:
        async with await wslab.replay(tape).serve() as server:
            headers = {"Authorization": "Bearer Qy1secretQy1"}
            async with connect(server.url, compression=None, additional_headers=headers):
                pass
            return await server.result()

    result = Lab(clock="virtual").run(story())
    assert "Authorization" in str(result)
    assert "Qy1secretQy1" not in str(result)


def test_the_connection_is_chosen_by_its_number() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def record() -> None:
        async with serve(shout, "127.0.0.1", 0) as server:
            link = await lab.link(f"ws://127.0.0.1:{port_of(server)}/")
            for message in ("one", "two"):
                await talk(link.url, [message])

    lab.run(record())
    assert wslab.replay(lab.tape).connection == 1
    assert served(wslab.replay(lab.tape, connection=2), ["two"], "deflate")[1].is_same
    assert not served(wslab.replay(lab.tape, connection=1), ["two"], "deflate")[1].is_same
    with pytest.raises(NothingToReplay, match=r"no connection 3 with bytes; it has: 1, 2\."):
        wslab.replay(lab.tape, connection=3)
    with pytest.raises(NothingToReplay, match="nothing of it can be replayed"):
        wslab.replay(Tape.blank())


def test_frames_without_a_handshake_are_replayed_behind_the_plainest_one(tmp_path: Path) -> None:
    path = tmp_path / "frames.txt"
    path.write_text("81 02 48 69\n")  # a text of a server: "Hi"

    async def story() -> list[str]:
        async with await wslab.replay(path).serve() as server, connect(server.url) as ws:
            return [str(message) async for message in ws]

    assert Lab(clock="virtual").run(story()) == ["Hi"]
    assert both(wslab.load(path)) == ""
    result = Lab(clock="virtual").run(against(wslab.load(path), b""))
    assert str(result) == "TCP ended before the request of the client."


@pytest.mark.parametrize("name", ["chrome.har", "echo.pcap"])
def test_both_sides_of_a_file_of_other_tools_fit_together(name: str, root: Path) -> None:
    assert both(wslab.load(root / "tests" / "formats" / "data" / name)) == ""


SCENARIOS = (
    *("clean-close", "simultaneous-close", "killed", "wrong-close-code", "close-answer-lost", "half-open", "keepalive"),
    *("handshake-refused", "wrong-subprotocol", "first-frame-glued", "ping-between-fragments", "text-not-utf8"),
    *("rsv1-unasked", "unmasked-client", "crossing-messages", "deflate-memory", "deflate-bomb", "chat"),
)


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_sides_of_a_scenario_fit_together(name: str) -> None:
    assert both(wslab.play(name)) == ""


def both(tape: Tape) -> str:
    """The deviations where the replayed server talks with the replayed client."""

    async def story() -> str:
        async with await wslab.replay(tape).serve() as server:
            mine = await wslab.replay(tape).connect(server.url)
            theirs = await server.result(timeout=1e6)
        return "\n".join(str(each) for each in (mine, theirs) if not each.is_same)

    return Lab(clock="virtual").run(story())


def test_it_speaks_tls_and_names_a_certificate_that_is_not_trusted() -> None:
    tape = recorded()
    authority = trustme.CA()
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(certificate)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async def story() -> tuple[ReplayResult, ReplayResult]:
        async with await wslab.replay(tape).serve(tls=certificate) as server:
            with pytest.raises(HandshakeRefused, match="authority"):
                await wslab.replay(tape).connect(server.url)
            mine = await wslab.replay(tape).connect(server.url, tls=trust)
            return mine, await server.result()

    assert [each.is_same for each in Lab(clock="virtual").run(story())] == [True, True]


# --- what a hostile or broken peer may do ---------------------------------------------------------


async def against(tape: Tape, data: bytes, *, reads: bool = True, **limits: Any) -> ReplayResult:
    """What the replayed server says of a program that sends these bytes behind its handshake, and FIN."""
    async with await Replay(tape, **limits).serve() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(data)
        if reads:
            writer.write_eof()
            await reader.read()
        result = await server.result()
        writer.close()
        return result


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HELLO = bytes.fromhex("8185 00000000") + b"hello"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", ENDED),
        (b"\x16\x03\x01\x00\x05hello", ENDED),
        (b"GET / HTTP/1.1\r\n\r\n", CHANGED),
        (REQUEST, ENDED),
        (REQUEST + HELLO, ENDED),
        (REQUEST + bytes.fromhex("8585 00000000") + b"hello", CHANGED),
        (REQUEST + HELLO * 500, CHANGED),
    ],
    ids=["nothing", "TLS", "no handshake", "no frame", "one frame", "an opcode", "too many"],
)
def test_a_broken_peer_ends_the_replay_in_time(data: bytes, kind: str, tape: Tape) -> None:
    lab = Lab(clock="virtual")
    result = lab.run(against(tape, data, timeout=2))
    assert kind in [each.kind for each in result.deviations]
    assert len(result.deviations) <= 100
    assert all(each.sentence for each in result.deviations)
    assert lab.now < 30


def test_a_full_tape_ends_the_replay(tape: Tape) -> None:
    result = Lab(clock="virtual").run(against(tape, REQUEST + HELLO * 100, tape_bytes=600))
    assert FULL in [each.kind for each in result.deviations]


def test_a_peer_that_does_not_read_is_named() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def record() -> None:
        async def flood(ws: ServerConnection) -> None:
            for _ in range(64):
                await ws.send(bytes(1 << 16))

        async with serve(flood, "127.0.0.1", 0, compression=None) as server:
            link = await lab.link(f"ws://127.0.0.1:{port_of(server)}/")
            async with connect(link.url, compression=None) as ws:
                assert len([message async for message in ws]) == 64

    lab.run(record())
    result = Lab(clock="virtual").run(against(lab.tape, REQUEST, reads=False, timeout=2))
    assert [each.kind for each in result.deviations][-1] == UNREAD


def test_a_ping_that_the_recording_does_not_have_is_answered(tape: Tape) -> None:
    async def story() -> ReplayResult:
        async with await wslab.replay(tape).serve() as server:
            async with connect(server.url, compression=None) as ws:
                await asyncio.wait_for(await ws.ping(b"more"), 1)
            return await server.result()

    first = Lab(clock="virtual").run(story()).first
    assert first is not None
    assert first.kind == MORE
    assert first.live is not None
    assert first.live.opcode == Opcode.PING


def test_it_stays_on_this_machine_unless_it_is_told(tape: Tape) -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="beyond this machine"):
            await wslab.replay(tape).serve(host="0.0.0.0")
        with pytest.raises(ValueError, match="beyond this machine"):
            await wslab.replay(tape).connect("ws://192.0.2.1/")
        with pytest.raises(ConnectionRefusedError, match="Nobody listens at"):
            await wslab.replay(tape).connect("ws://127.0.0.1:9/")

    Lab(clock="virtual").run(story())
    with pytest.raises(ValueError, match="timeout is a finite number of seconds"):
        wslab.replay(tape, timeout=float("inf"))


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_port_in_use_is_named_and_what_is_stopped_is_closed_with_1001(clock: str, tape: Tape) -> None:
    async def story() -> int | None:
        async with await wslab.replay(tape).serve() as server:
            with pytest.raises(PortInUse, match=str(server.port)):
                await wslab.replay(tape).serve(port=server.port)
            async with connect(server.url, compression=None) as ws:
                await server.close()
                with pytest.raises(ConnectionClosed):
                    await ws.recv()
                return ws.close_code

    assert Lab(clock=clock).run(story()) == 1001


def test_a_caller_s_error_is_raised_or_logged_and_ends_the_replay(tape: Tape, caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: int, deviation: Deviation) -> None:
        raise ZeroDivisionError(f"{connection}: {deviation}")

    changed = recorded()  # whose server agrees to compression

    async def story() -> ReplayResult:
        result = await against(tape, REQUEST + HELLO * 2, on_deviation=fail)
        async with serve(shout, "127.0.0.1", 0, compression=None) as server:
            with pytest.raises(ZeroDivisionError):
                await wslab.replay(changed, on_deviation=fail).connect(f"ws://127.0.0.1:{port_of(server)}/")
        return result

    assert not Lab(clock="virtual").run(story()).is_same
    assert "The replay of connection 1 ended with an error." in caplog.text


def test_a_long_recording_is_read_in_proportion_to_its_frames() -> None:
    """Twenty thousand frames whose Pings nobody answers take no time that grows with their square."""
    from wslab.lab.replay.script import read_script
    from wslab.protocol import Role
    from wslab.tape.records import RecordKind, tag

    tape = Tape.blank()
    tape.put(0.0, 1, tag(RecordKind.JOINED), b"")
    tape.put(0.0, 1, tag(RecordKind.TAKEN, Role.CLIENT), bytes.fromhex("8980 00000000") * 20_000)
    tape.put(0.0, 1, tag(RecordKind.TAKEN, Role.SERVER), bytes.fromhex("8a00") * 20_000)
    len(tape)
    begin = time.process_time()
    script = read_script(tape, 1, Role.SERVER)
    assert len(script.steps) == 20_001
    assert time.process_time() - begin < 5
