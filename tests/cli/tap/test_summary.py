"""What a tap says when a connection is over: from tapes of connections that ran."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from rich.console import Console

from wslab.cli.close_advice import ADVICE
from wslab.cli.tap.summary import ConnectionSummary
from wslab.cli.terminal.lines import EntryPrinter
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.manual import Insert
from wslab.lab.server import Handler
from wslab.protocol import Frame
from wslab.protocol.messages import CloseBody


async def sentences_of(act: Callable[[Endpoint, Link], Awaitable[object]], handler: Handler = echo) -> str:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(handler))
        client = await lab.connect(link)
        try:
            await act(client, link)
            await asyncio.wait_for(client.wait_closed(), 2)
        except (ConnectionClosed, TimeoutError):
            client.abort()
        await asyncio.sleep(0.05)
        summary = ConnectionSummary()
        for entry in lab.tape:
            summary.add(entry)
    return "\n".join(summary.sentences())


async def test_a_clean_close_names_who_was_first_and_what_the_other_answered() -> None:
    said = await sentences_of(lambda client, _: client.close(4001, "enough"))
    assert "The client sent the first Close, with 4001, private use" in said
    assert "the server answered with the same" in said


async def test_a_close_without_a_code_has_none() -> None:
    said = await sentences_of(lambda client, _: client.close(None))
    assert "The client sent the first Close, with no code; the server answered with the same." in said
    assert "1005, no status" not in said


async def test_an_end_without_a_close_says_1006_and_who_ended_tcp() -> None:
    async def cut(client: Endpoint, _: Link) -> None:
        await client.send("a frame passed, so the handshake was done")
        client.abort()

    said = await sentences_of(cut)
    assert "No Close frame passed: both programs will report 1006" in said
    assert "The client ended TCP first (RST)." in said
    assert ADVICE[1006] in said


def test_a_close_without_an_answer_is_1006_for_the_side_that_sent_it() -> None:
    alone = ConnectionSummary(opened=True, closes={"client": CloseBody(1000, "")})
    said = "\n".join(alone.sentences())
    assert "the server never answered it. No Close came back, so the client will report 1006 (§7.1.5)." in said
    assert "1006" not in "\n".join(alone.sentences(still_open=True))
    both = ConnectionSummary(opened=True, closes={"client": CloseBody(1000, ""), "server": CloseBody(1000, "")})
    assert "1006" not in "\n".join(both.sentences())


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        ("server", "the server answered with the same. The server's Close was lost on the way, so the client"),
        ("client", "the server never answered it. The client's Close was lost on the way, so both programs"),
    ],
)
async def test_a_close_that_was_lost_on_the_way_reaches_nobody(silent: str, said: str) -> None:
    async def close(client: Endpoint, link: Link) -> None:
        link.faults = (f"half-open:of={silent}",)
        with pytest.raises(TimeoutError):
            await client.close(1000, timeout=0.1)
        link.cut()

    told = await sentences_of(close)
    assert f"{said} will report 1006 (§7.1.5)." in told
    assert ADVICE[1006] in told
    assert ADVICE[1000] not in told


async def test_a_fault_in_between_is_named() -> None:
    async def pull(client: Endpoint, link: Link) -> None:
        link.cut()
        await client.recv()

    assert "In between: The link is cut: RST to both sides." in await sentences_of(pull)


async def test_bytes_that_break_a_rule_are_named() -> None:
    async def breaks(client: Endpoint, _: Link) -> None:
        await client.send_raw(b"\x83\x80\x00\x00\x00\x00")
        await client.recv()

    said = await sentences_of(breaks)
    assert "Before: The client sends" in said
    assert "The server sent the first Close, with 1002" in said


async def test_a_refused_handshake_was_no_connection() -> None:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo, on_request=lambda _: (403, "no")))
        with pytest.raises(HandshakeRefused):
            await lab.connect(link)
        summary = ConnectionSummary()
        for entry in lab.tape:
            summary.add(entry)
    assert "no WebSocket connection began" in "\n".join(summary.sentences())


async def test_what_is_open_when_the_tap_ends_says_so_and_what_was_said_so_far() -> None:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.silence()
        with pytest.raises(TimeoutError):
            await client.close(1000, "bye", timeout=0.05)
        summary = ConnectionSummary()
        for entry in lab.tape:
            summary.add(entry)
    said = "\n".join(summary.sentences(still_open=True))
    assert said.startswith("The client sent 1 frame, the server 0. The client sent the first Close, with 1000")
    assert "the server never answered it. It is still open, for one side at least" in said
    assert ADVICE[1000] not in said


async def test_a_client_that_refuses_the_servers_answer_is_suspected_of_it() -> None:
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo), "header:Sec-WebSocket-Accept,x,of=server")
        with pytest.raises(HandshakeRefused):
            await lab.connect(link)
        await asyncio.sleep(0.05)
        summary = ConnectionSummary()
        for entry in lab.tape:
            summary.add(entry)
    said = "\n".join(summary.sentences())
    assert "It sent no frame: see whether it took the server's answer" in said
    assert "a side whose handshake was done will report 1006" in said
    assert "both programs" not in said


def test_of_a_story_that_the_tape_did_not_keep_whole_no_end_is_told() -> None:
    summary = ConnectionSummary(opened=True)
    assert "1006" in "\n".join(summary.sentences())
    told = "\n".join(summary.sentences(unseen="the tape was full"))
    assert "how this connection ended was not seen" in told
    assert "1006" not in told


# --- an injected frame --------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["client", "server"])
async def test_a_close_that_was_injected_is_named_and_neither_side_is_blamed(side: str) -> None:
    summary, lines = await summary_and_lines(Frame.close(1011, "enough"), side)
    said = "\n".join(summary.sentences())
    assert "A Close was injected here, with 1011" in said
    assert "the client and the server answered it" in said
    assert "sent the first Close" not in said
    assert ADVICE[1011] not in said
    (answer,) = (line for line in lines if "goes no further" in line)
    assert "Close" in answer
    assert "lost on the way" not in "".join(lines)


async def test_the_pong_to_a_ping_that_was_injected_tells_its_time() -> None:
    _, lines = await summary_and_lines(Frame.ping(b"you?"), "client")
    (pong,) = (line for line in lines if "Pong" in line)
    assert "ms after the Ping" in pong


async def summary_and_lines(frame: Frame, side: str) -> tuple[ConnectionSummary, list[str]]:
    """A connection with an injected frame: its summary, and its lines."""
    async with Lab(timeout=2.0) as lab:
        link = await lab.link(await lab.serve(echo), Insert())
        client = await lab.connect(link)
        link.inject(frame, to=side)
        with suppress(ConnectionClosed, TimeoutError):
            await client.recv(timeout=0.2)
        await asyncio.sleep(0.05)
        summary = ConnectionSummary()
        for entry in lab.tape:
            summary.add(entry)
        lines = EntryPrinter(lab.tape, Console(width=120, highlight=False), dark=True)
        return summary, [str(lines.line(entry)) for entry in lab.tape]


def test_a_1000_behind_large_data_without_an_answer_is_not_called_normal() -> None:
    closed = {"server": CloseBody(1000, ""), "client": CloseBody(1000, "")}
    large = ConnectionSummary(opened=True, closes=closed, unanswered={"client": 70_000, "server": 0})
    assert "70,000 bytes that nobody answered" in "\n".join(large.sentences())
    answered = ConnectionSummary(opened=True, closes=closed, unanswered={"client": 0, "server": 70_000})
    assert ADVICE[1000] in "\n".join(answered.sentences())
