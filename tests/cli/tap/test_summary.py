"""What a tap says when a connection is over, and how an entry looks as a line: from tapes of connections that ran."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from rich.console import Console

from wslab.cli.close_advice import ADVICE, explain_end, is_final
from wslab.cli.tap.summary import ConnectionSummary
from wslab.cli.terminal.lines import MOST_SHOWN, EntryPrinter, printable
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.manual import Insert
from wslab.lab.server import Handler
from wslab.protocol import Deflate, Frame


async def story_of(act: Callable[[Endpoint, Link], Awaitable[object]], handler: Handler = echo) -> str:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(handler))
        client = await lab.connect(link)
        try:
            await act(client, link)
            await asyncio.wait_for(client.wait_closed(), 2)
        except (ConnectionClosed, TimeoutError):
            client.abort()
        await asyncio.sleep(0.05)
        story = ConnectionSummary()
        for entry in lab.tape:
            story.take(entry)
    return "\n".join(story.tell())


async def test_a_clean_close_names_who_was_first_and_what_the_other_answered() -> None:
    said = await story_of(lambda client, _: client.close(4001, "enough"))
    assert "The client said Close first, with 4001, private use" in said
    assert "the server answered with the same" in said


async def test_an_end_without_a_close_says_1006_and_who_ended_tcp() -> None:
    async def cut(client: Endpoint, _: Link) -> None:
        client.abort()

    said = await story_of(cut)
    assert "No Close frame passed: both programs will report 1006" in said
    assert "The client ended TCP first (RST)." in said
    assert ADVICE[1006] in said


async def test_a_fault_in_between_is_named() -> None:
    async def pull(client: Endpoint, link: Link) -> None:
        link.cut()
        await client.recv()

    assert "In between: The link is cut: RST to both sides." in await story_of(pull)


async def test_bytes_that_break_a_rule_are_named() -> None:
    async def breaks(client: Endpoint, _: Link) -> None:
        await client.send_raw(b"\x83\x80\x00\x00\x00\x00")
        await client.recv()

    said = await story_of(breaks)
    assert "Before: The client sends" in said
    assert "The server said Close first, with 1002" in said


async def test_a_refused_handshake_was_no_connection() -> None:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo, on_request=lambda _: (403, "no")))
        with pytest.raises(HandshakeRefused):
            await lab.connect(link)
        story = ConnectionSummary()
        for entry in lab.tape:
            story.take(entry)
    assert "no WebSocket connection began" in "\n".join(story.tell())


async def test_what_is_open_when_the_tap_ends_says_so_and_what_was_said_so_far() -> None:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.silence()
        with pytest.raises(TimeoutError):
            await client.close(1000, "bye", timeout=0.05)
        story = ConnectionSummary()
        for entry in lab.tape:
            story.take(entry)
    said = "\n".join(story.tell(still_open=True))
    assert said.startswith("1 frame went →, 0 came ←. The client said Close first, with 1000")
    assert "the server never answered it. It is still open, for one side at least" in said
    assert ADVICE[1000] not in said


async def test_a_client_that_refuses_the_servers_answer_is_suspected_of_it() -> None:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo), "header:Sec-WebSocket-Accept,x,of=server")
        with pytest.raises(HandshakeRefused):
            await lab.connect(link)
        await asyncio.sleep(0.05)
        story = ConnectionSummary()
        for entry in lab.tape:
            story.take(entry)
    assert "It sent no frame: see whether it took the server's answer" in "\n".join(story.tell())


def test_of_a_story_that_the_tape_did_not_keep_whole_no_end_is_told() -> None:
    story = ConnectionSummary(opened=True)
    assert "1006" in "\n".join(story.tell())
    told = "\n".join(story.tell(whole=False))
    assert "how this connection ended was not seen" in told
    assert "1006" not in told


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_each_code_has_its_advice_in_a_sentence(code: int) -> None:
    assert ADVICE[code].endswith(".")
    assert is_final(code) == (code in (1000, 1002, 1003, 1007, 1008, 1009, 1010))


@pytest.mark.parametrize(("code", "words"), [(3001, "library"), (4001, "this very application"), (1011, "its log")])
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


# --- lines ----------------------------------------------------------------------------------------------


async def lines_of(*messages: str | bytes, width: int = 100, deflate: bool = False, whole: bool = False) -> list[str]:
    async with Lab(timeout=5.0) as lab:
        agreed = Deflate() if deflate else None
        client = await lab.connect(await lab.serve(echo, deflate=Deflate()), deflate=agreed)
        for message in messages:
            await client.send(message)
            await client.recv()
        await client.ping(b"hey")
        await client.close(4000, "done")
        console = Console(width=width, force_terminal=True, color_system=None, highlight=False)
        lines = EntryPrinter(lab.tape, console, dark=True, whole=whole)
        return [str(lines.line(entry)) for entry in lab.tape]


async def test_a_line_tells_time_direction_kind_size_and_manner() -> None:
    lines = await lines_of("Hello", b"\x01\x02")
    assert any("#1  → T text         5 B  masked    Hello" in line for line in lines)
    assert any("#1  ← T text         5 B            Hello" in line for line in lines)
    assert any("→ B binary       2 B  masked    01 02" in line for line in lines)
    assert any("ms after the Ping" in line for line in lines)
    assert any("× close" in line and "4000 private use" in line and "“done”" in line for line in lines)


async def test_a_compressed_frame_shows_its_plain_text_and_both_sizes() -> None:
    lines = await lines_of("hello " * 50, deflate=True, width=140)
    assert any("deflate" in line and "300 B plain" in line and "hello hello" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
async def test_a_frame_takes_one_line_however_narrow_the_terminal(width: int) -> None:
    lines = await lines_of("x" * 100_000, bytes(5000), width=width)
    assert all(len(line) <= max(width, 70) for line in lines if " T " in line or " B " in line)
    assert all("…" in line for line in lines if "100,000 B" in line)


async def test_a_whole_payload_is_bounded_still() -> None:
    lines = await lines_of("x" * 1_000_000, whole=True)
    assert max(map(len, lines)) < MOST_SHOWN + 200


async def test_what_a_peer_sends_commands_no_terminal() -> None:
    lines = await lines_of("\x1b[2J\x07\u202e\r\n")
    assert all(line.isprintable() for line in lines)
    assert any("\\x1b[2J\\x07\\u202e" in line for line in lines)


@pytest.mark.parametrize(("text", "shown"), [("grün", "grün"), ("a\nb", "a\\nb"), ("\x1b", "\\x1b"), ("", "")])
def test_text_is_made_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


# --- what somebody at the tap put in ------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["client", "server"])
async def test_a_close_that_was_put_in_is_told_as_such_and_nobody_is_blamed(side: str) -> None:
    story, lines = await told_of(Frame.close(1011, "enough"), side)
    said = "\n".join(story.tell())
    assert "A Close was put in here, with 1011" in said
    assert "the client and the server answered it" in said
    assert "said Close first" not in said
    assert ADVICE[1011] not in said
    (answer,) = (line for line in lines if "goes no further" in line)
    assert "close" in answer
    assert "lost on the way" not in "".join(lines)


async def test_the_pong_to_a_ping_that_was_put_in_tells_its_time() -> None:
    _, lines = await told_of(Frame.ping(b"you?"), "client")
    (pong,) = (line for line in lines if "pong" in line)
    assert "ms after the Ping" in pong


async def told_of(frame: Frame, side: str) -> tuple[ConnectionSummary, list[str]]:
    """A connection into which somebody puts a frame: its story, and its lines."""
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo), Insert())
        client = await lab.connect(link)
        link.inject(frame, to=side)
        with suppress(ConnectionClosed, TimeoutError):
            await client.recv(timeout=0.2)
        await asyncio.sleep(0.05)
        story = ConnectionSummary()
        for entry in lab.tape:
            story.take(entry)
        lines = EntryPrinter(lab.tape, Console(width=120, highlight=False), dark=True)
        return story, [str(lines.line(entry)) for entry in lab.tape]
