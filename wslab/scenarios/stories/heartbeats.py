"""Heartbeats: three of them, on three levels, and a program that holds up its own Pongs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab
from wslab.scenarios.answers import keepalive as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun

GROUP = "Keepalive"

_WHO_ANSWERS = {"TCP keepalive": "the kernel", "Ping": "the library", "message": "the program"}


def _of_three_heartbeats(run: PlayedRun) -> Explanation:
    heartbeat, stopped = str(run["heartbeat"]), str(run["stopped"])
    found = _finds(heartbeat, stopped)
    dead = {"process": "The server's process is stopped, as by SIGSTOP", "handler": "The server's handler hangs"}[
        stopped
    ]
    outcome = "gets no answer, and the client leaves" if found else "is answered, and the client stays"
    return Explanation(
        what=f"{dead}. The client's {heartbeat} {outcome}.",
        why=(
            f"A heartbeat shows that the part which answers it is alive. {_WHO_ANSWERS[heartbeat].capitalize()} "
            f"answers a {heartbeat}. A stopped process still has a kernel that answers TCP (RFC 9293 §3.8.4), and a "
            f"hanging handler has a library that answers each Ping (§5.5.2). Through a proxy TCP's keepalive reaches "
            f"the proxy only."
        ),
        knows=(
            "The client believes {client}, the server {server}. What the client knows from an answer is that "
            f"{_WHO_ANSWERS[heartbeat]} at the other end runs, and no more."
        ),
        code=(
            "Use each for what it shows: `SO_KEEPALIVE` against dead machines, `ping_interval=20` against dead paths "
            "and processes, and a message with an answer and `recv(timeout=10)` against a program that hangs."
        ),
        limits="TCP's keepalive does not show on the tape: it is below the bytes. A note says what the kernel does.",
    )


def _finds(heartbeat: str, stopped: str) -> bool:
    return heartbeat == "message" or (heartbeat, stopped) == ("Ping", "process")


@scenario(
    "three-heartbeats",
    group=GROUP,
    topic=Topic.GONE,
    question="Every Ping gets its Pong. Does that mean that the server works?",
    answers=answers.THREE_HEARTBEATS,
    explanation=_of_three_heartbeats,
    fix={"heartbeat": "message"},
    fixed="The client asks the program itself, by a message that wants an answer: a handler that hangs is found out.",
)
async def three_heartbeats(
    lab: Lab,
    *,
    heartbeat: Annotated[Literal["TCP keepalive", "Ping", "message"], "how the client asks"] = "Ping",
    stopped: Annotated[Literal["process", "handler"], "what stands still at the server"] = "handler",
) -> None:
    """A server's handler hangs, its library answers every Ping, and only a question to the program finds out."""
    hangs = asyncio.Event()

    async def handle(connection: Endpoint) -> None:
        async for _ in connection:
            if stopped == "handler" and hangs.is_set():
                await asyncio.sleep(3600)  # waits for a lock that nobody frees
            await connection.send("alive")

    server = await lab.serve(handle)
    client = await lab.connect(server)
    await _beat(client, "message")
    hangs.set()
    client.note(f"From now on the server's {stopped} stands still.")
    async with asyncio.TaskGroup() as tasks:
        if stopped == "process":
            tasks.create_task(lab.block(server, 100))
        tasks.create_task(_watch(client, heartbeat))
    await asyncio.sleep(1)


async def _watch(client: Endpoint, heartbeat: str) -> None:
    """Three beats; the client leaves at one that is not answered."""
    try:
        for _ in range(3):
            await asyncio.sleep(20)
            await _beat(client, heartbeat)
    except TimeoutError:
        client.note(f"No answer to the {heartbeat}: the client leaves.")
        client.abort()


async def _beat(client: Endpoint, heartbeat: str) -> None:
    """Ask once, and wait 10 s for the answer."""
    if heartbeat == "Ping":
        await client.ping(timeout=10)
    elif heartbeat == "message":
        await client.send("alive?")
        await client.recv(timeout=10)
    else:
        client.note("The kernel sends a keepalive probe, and the server's kernel acknowledges it.")


def _of_pong_behind_queue(run: PlayedRun) -> Explanation:
    if run["reader"] == "works on each" and run.code("server") == 1000:
        return Explanation(
            what="The client works {pause} s on each message. Its queue is read often enough, and each Ping finds its "
            "Pong in time.",
            why="A Ping waits in TCP only while the client's queue is full, and not for the 20 s of the server "
            "(§5.5.2).",
            knows="The client believes {client}, the server {server}.",
            code=_READ_ON,
        )
    if run["reader"] == "never waits":
        return Explanation(
            what="The client takes every message at once and works in a task beside it. Each Ping finds its Pong.",
            why="TCP is read all the time, so no Ping waits in it, and each is answered at once (§5.5.2).",
            knows="The client believes {client}, the server {server}.",
            code=_READ_ON,
        )
    return Explanation(
        what="The client works {pause} s on each message. The server sends a Ping, gets no Pong within 20 s and "
        "fails the connection.",
        why=(
            "The client's queue is full, so its library stops reading from TCP: that is backpressure, as it should "
            "be. The Ping "
            "waits in TCP behind the messages, and is answered too late or never (§5.5.2). The log says “keepalive "
            "ping timeout”, "
            "though network and event loop are both well."
        ),
        knows=(
            "The server believes {server}: it takes the client for dead. The client believes {client}, busy with old "
            "messages."
        ),
        code=_READ_ON,
        limits="The tape calls lost what had arrived at the client's system and was never read, the server's Close "
        "among it. asyncio drops that once a write of its own has met the RST. A client that reads first finds the "
        "Close, and reports 1011, as that of `websockets` often does here.",
    )


_READ_ON = (
    "Read in one task and work in another, with a queue of your own that drops or joins what is old. Or raise "
    "`max_queue` (in `websockets`) and `ping_timeout`; both only move the limit. To measure: time between two `recv()`."
)


@scenario(
    "pong-behind-queue",
    group=GROUP,
    topic=Topic.CLOSED,
    question="A client works long on each message. Network and loop are well. Why does the server miss its Pong?",
    answers=answers.PONG_BEHIND_QUEUE,
    explanation=_of_pong_behind_queue,
    fix={"reader": "never waits"},
    fixed="The client reads all the time and works beside it: a Ping never waits behind messages.",
)
async def pong_behind_queue(
    lab: Lab,
    *,
    reader: Annotated[
        Literal["works on each", "never waits"], "what the client does between two messages"
    ] = "works on each",
    pause: Annotated[float, "seconds of work on each message"] = 10.0,
) -> None:
    """A slow consumer's queue is full, a Ping waits behind it unread, and the server takes the client for dead."""

    async def feed(connection: Endpoint) -> None:
        with suppress(ConnectionClosed, TimeoutError):
            for _ in range(24):
                await connection.send(bytes(32 * 1024))
                await asyncio.sleep(1)
        await connection.wait_closed()

    client = await lab.connect(await lab.serve(feed, ping_interval=20), max_queue=32 * 1024)
    with suppress(ConnectionClosed, TimeoutError):
        for _ in range(24):
            await client.recv(timeout=60)
            await asyncio.sleep(0 if reader == "never waits" else pause)
    await client.close_quietly(1000)
