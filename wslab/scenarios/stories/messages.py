"""Messages: fragments, text, sizes and speeds, and frames that were not agreed on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab, Server, echo
from wslab.lab.faults.content import AlterHeader
from wslab.lab.server import Handler
from wslab.protocol import Frame, Opcode, Role, State
from wslab.protocol.deflate import Deflate
from wslab.protocol.numbers import size_in_words
from wslab.scenarios.answers import messages as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanations import messages as explanations

GROUP = "Messages"

KIB, MIB = 1024, 1024 * 1024


# --- fragments ------------------------------------------------------------------------------------


@scenario(
    "split-character",
    group=GROUP,
    topic=Topic.WRONG,
    question="The first fragment ends inside the three bytes of “€”. May it?",
    answers=answers.SPLIT_CHARACTER,
    explanation=explanations.SPLIT_CHARACTER,
    fix={},
    fixed="There is nothing to fix: the receiver carries half a character over to the next fragment (§5.6).",
)
async def split_character(
    lab: Lab, *, at: Annotated[int, "bytes of “costs €5” in the first fragment: 7 or 8 cut its “€”", range(7, 9)] = 7
) -> None:
    """A text comes in two fragments, and the cut goes through the middle of a character."""
    client = await lab.connect(await lab.serve(echo))
    text = "costs €5".encode()
    await client.send_fragment(text[:at], fin=False, opcode=Opcode.TEXT)
    await asyncio.sleep(0.1)
    await client.send_fragment(text[at:], fin=True)
    await client.recv()
    await client.close()


@scenario(
    "text-not-utf8",
    group=GROUP,
    topic=Topic.WRONG,
    question="Only half of the message is there yet. At which byte does the server know that it will never be text?",
    answers=answers.TEXT_NOT_UTF8,
    explanation=explanations.TEXT_NOT_UTF8,
    fix={"encoding": "utf-8"},
    fixed="The client encodes the text as UTF-8, and the server has the same characters.",
)
async def text_not_utf8(
    lab: Lab,
    *,
    encoding: Annotated[Literal["latin-1", "utf-8"], "how the client writes its text as bytes"] = "latin-1",
) -> None:
    """The client sends text in Latin-1, in two fragments, and the server fails the connection at the first umlaut."""
    client = await lab.connect(await lab.serve(echo))
    await client.send_frame(Frame(Opcode.TEXT, "Grüße aus ".encode(encoding), fin=False))
    await asyncio.sleep(1)
    with suppress(ConnectionClosed):
        await client.send_frame(Frame(Opcode.CONTINUATION, "Düsseldorf".encode(encoding)))
        await client.recv()
        await client.close()
    await client.wait_closed()


@scenario(
    "ping-between-fragments",
    group=GROUP,
    topic=Topic.SLOW,
    question="A Ping stands between two fragments of a message. Does its Pong wait until the message is whole?",
    answers=answers.PING_BETWEEN_FRAGMENTS,
    explanation=explanations.PING_BETWEEN_FRAGMENTS,
    fix={},
    fixed="There is nothing to fix: a receiver must be ready for a control frame between any two fragments.",
)
async def ping_between_fragments(
    lab: Lab, *, pause: Annotated[float, "seconds before and after the Ping"] = 0.5
) -> None:
    """The client sends a Ping in the middle of a fragmented message, and has its Pong before the message is whole."""
    client = await lab.connect(await lab.serve(echo))
    await client.send_fragment("a long ", fin=False)
    await asyncio.sleep(pause)
    await client.ping(b"there?")
    await asyncio.sleep(pause)
    await client.send_fragment("story", fin=True)
    await client.recv()
    await client.close()


@scenario(
    "fragmented-ping",
    group=GROUP,
    topic=Topic.CLOSED,
    question="If a message may come in fragments, may a Ping?",
    answers=answers.FRAGMENTED_PING,
    explanation=explanations.FRAGMENTED_PING,
    fix={"fin": True},
    fixed="The Ping is one whole frame, and its Pong comes back.",
)
async def fragmented_ping(
    lab: Lab, *, fin: Annotated[bool, "whether the Ping's first frame is also its last"] = False
) -> None:
    """The client sends the beginning of a Ping, and the server fails the connection before the rest can come."""
    client = await lab.connect(await lab.serve(echo))
    await client.send_frame(Frame(Opcode.PING, b"are you there?", fin=fin))
    await asyncio.sleep(0.1)
    await client.close_quietly(1000)


@scenario(
    "trickle",
    group=GROUP,
    topic=Topic.SLOW,
    question="A byte comes every ten seconds, so the connection is never idle. When is the message too late?",
    answers=answers.TRICKLE,
    explanation=explanations.trickle,
    fix={"timeout": 30.0},
    fixed="The server gives a message 30 s, then says Close 1008; the peer is inside its frame, and TCP is cut.",
)
async def trickle(
    lab: Lab,
    *,
    timeout: Annotated[float | None, "seconds that the server gives a message (None: as long as it takes)"] = None,
    gap: Annotated[float, "seconds between two bytes"] = 10.0,
) -> None:
    """The client sends half a frame, then a byte now and then, and the server waits for the rest."""

    async def hear_one(connection: Endpoint) -> None:
        try:
            async with asyncio.timeout(timeout):
                await anext(connection)
        except TimeoutError:
            await connection.close_quietly(1008, "too slow", timeout=1)

    client = await lab.connect(await lab.serve(hear_one))
    frame = Frame.binary(bytes(1000), mask=lab.random.randbytes(4)).serialize()
    try:
        await client.send_raw(frame[:500])
        for sent in range(500, 506):
            client.note(f"The client has sent {sent} bytes of a frame of {len(frame):,}.")
            await asyncio.sleep(gap)
            await client.send_raw(frame[sent : sent + 1])
    except ConnectionClosed:
        await client.wait_closed()
    if client.state is State.CLOSING:  # the server's Close came while the last bytes went
        await client.wait_closed()


# --- sizes and speeds -----------------------------------------------------------------------------


@scenario(
    "message-too-big",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The connection ends with 1009. Whose limit was it: the sender's, the receiver's, or an intermediary's?",
    answers=answers.MESSAGE_TOO_BIG,
    explanation=explanations.message_too_big,
    fix={"limit": 128 * KIB},
    fixed="The side with the small limit raises it (or the sender splits the message into several): it gets through.",
)
async def message_too_big(
    lab: Lab,
    *,
    whose: Annotated[Literal["server", "client", "gateway"], "who has the small limit"] = "server",
    limit: Annotated[int, "that limit, in bytes: a control frame fits", range(125, 64 * MIB + 1)] = 64 * KIB,
    size: Annotated[int, "bytes of the message", range(1, MIB)] = 100_000,
) -> None:
    """A message is larger than one endpoint on its path accepts, and the connection ends with 1009."""
    server = await lab.serve(echo, max_message=limit if whose == "server" else MIB)
    if whose == "gateway":
        server = await lab.serve(_gateway(lab, server), max_message=limit)
    client = await lab.connect(server, max_message=limit if whose == "client" else MIB)
    with suppress(ConnectionClosed):
        await client.send(bytes(size))
        await client.recv()
        await client.close()
    await client.wait_closed()


def _gateway(lab: Lab, server: Server) -> Handler:
    """A handler that hands each message on to `server`, and its answer back."""

    async def hand_on(connection: Endpoint) -> None:
        async with await lab.connect(server) as onward:
            onward.note("This client is the gateway, with a connection of its own to the server.")
            async for message in connection:
                await onward.send(message)
                await connection.send(await onward.recv())

    return hand_on


@scenario(
    "slow-consumer",
    group=GROUP,
    topic=Topic.SLOW,
    question="The client reads more slowly than the server sends. Where are the messages that are not read yet?",
    answers=answers.SLOW_CONSUMER,
    explanation=explanations.slow_consumer,
    fix={"drain": True},
    fixed="The server awaits each send, and so sends only as fast as the client reads: its memory stays small.",
)
async def slow_consumer(
    lab: Lab,
    *,
    drain: Annotated[bool, "whether the server waits for each send"] = False,
    messages: Annotated[int, "how many it sends, of 64 KiB each", range(1, 257)] = 16,
    pause: Annotated[float, "seconds that the client takes for each"] = 0.1,
) -> None:
    """The server sends more than the client reads, and what the client has not read waits somewhere."""

    async def feed(connection: Endpoint) -> None:
        most = 0
        async with asyncio.TaskGroup() as sending:
            for _ in range(messages):
                if drain:
                    await connection.send(bytes(64 * KIB))
                else:
                    sending.create_task(_send_and_forget(connection, bytes(64 * KIB)))
                    await asyncio.sleep(0)
                most = max(most, connection.unwritten)
            connection.note(f"The server has sent all {messages}; up to {most:,} bytes waited in its memory.")

    client = await lab.connect(await lab.serve(feed), max_queue=1)
    with suppress(ConnectionClosed):
        async for _ in client:
            await asyncio.sleep(pause)


async def _send_and_forget(connection: Endpoint, message: bytes) -> None:
    """Send in a task that nothing awaits, and whose errors are dropped."""
    with suppress(ConnectionClosed, TimeoutError):
        await connection.send(message)


@scenario(
    "deflate-bomb",
    group=GROUP,
    topic=Topic.SLOW,
    question="A compressed message of 1 KB arrives. How much memory may it take?",
    answers=answers.DEFLATE_BOMB,
    explanation=explanations.deflate_bomb,
    fix={"limit": 64 * KIB},
    fixed="The server stops inflating at its limit of 64 KiB and fails the connection with 1009.",
)
async def deflate_bomb(
    lab: Lab,
    *,
    limit: Annotated[int, "bytes that the server takes as one message, inflated"] = 16 * MIB,
    size: Annotated[int, "bytes that the message inflates to", range(1, 64 * MIB)] = MIB,
) -> None:
    """The client sends a kilobyte, and in the server's memory it becomes a megabyte."""

    async def hear(connection: Endpoint) -> None:
        async for message in connection:
            connection.note(f"The server holds a message of {size_in_words(len(message))}.")

    client = await lab.connect(await lab.serve(hear, max_message=limit), deflate=Deflate())
    await client.send(bytes(size))
    await asyncio.sleep(0.1)
    await client.close_quietly(1000)


# --- frames that were not agreed on ---------------------------------------------------------------


@scenario(
    "rsv1-unasked",
    group=GROUP,
    topic=Topic.WRONG,
    question="The server compresses, as the client asked. Why does the client call the bit RSV1 a violation?",
    answers=answers.RSV1_UNASKED,
    explanation=explanations.RSV1_UNASKED,
    fix={"proxy": "passes it on"},
    fixed="The 101 arrives as it was sent, and both sides know that RSV1 means compressed.",
)
async def rsv1_unasked(
    lab: Lab,
    *,
    proxy: Annotated[
        Literal["drops it", "passes it on"], "what it does with Sec-WebSocket-Extensions in the answer"
    ] = "drops it",
) -> None:
    """The server compresses, but the client never learned that both had agreed on it."""
    server = await lab.serve(echo)
    lost = [AlterHeader("Sec-WebSocket-Extensions", of=Role.SERVER)] if proxy == "drops it" else []
    client = await lab.connect(await lab.link(server, *lost), deflate=Deflate())
    with suppress(ConnectionClosed):
        await client.send("compress me, " * 8)
        await client.recv()
        await client.close()
    await client.wait_closed()


@scenario(
    "unmasked-client",
    group=GROUP,
    topic=Topic.CODE,
    question="A home-made client leaves masking out, since it hides nothing anyway. Does the server mind?",
    answers=answers.UNMASKED_CLIENT,
    explanation=explanations.UNMASKED_CLIENT,
    fix={"masks": True},
    fixed="The client masks every frame with a fresh key (§5.3), and the server answers.",
)
async def unmasked_client(lab: Lab, *, masks: Annotated[bool, "whether the client masks its frame"] = False) -> None:
    """The client sends a frame without a mask, and the server fails the connection."""
    client = await lab.connect(await lab.serve(echo))
    key = lab.random.randbytes(4) if masks else None
    with suppress(ConnectionClosed):
        await client.send_raw(Frame.text("Hello", mask=key).serialize())
        await client.recv()
        await client.close()
    await client.wait_closed()


@scenario(
    "masked-server",
    group=GROUP,
    topic=Topic.CODE,
    question="Masking protects proxies. Is it safer still if the server masks, too?",
    answers=answers.MASKED_SERVER,
    explanation=explanations.MASKED_SERVER,
    fix={"masks": False},
    fixed="The server sends its payload as it is, and the client reads it.",
)
async def masked_server(lab: Lab, *, masks: Annotated[bool, "whether the server masks its frame"] = True) -> None:
    """The server masks what it sends, and the client fails the connection."""

    async def greet(connection: Endpoint) -> None:
        key = lab.random.randbytes(4) if masks else None
        await connection.send_raw(Frame.text("welcome", mask=key).serialize())
        await connection.wait_closed()

    client = await lab.connect(await lab.serve(greet))
    with suppress(ConnectionClosed):
        await client.recv()
        await client.close()
    await client.wait_closed()
