"""Keepalive: connections that are dead and look alive, those that are alive and look dead, and who notices when."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.explain import counted
from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.faults.ending import IdleTimer
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Delay, Outage, Rate
from wslab.protocol import Role
from wslab.protocol.numbers import size_in_words
from wslab.scenarios.answers import keepalive as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import AtLeast, scenario
from wslab.scenarios.explanations import keepalive as explanations
from wslab.scenarios.explanations import paths

GROUP = "Keepalive"


@scenario(
    "zombie-user",
    group=GROUP,
    topic=Topic.GONE,
    question="Bob shut his laptop two minutes ago. How many users does the server count, and what became of the "
    "messages for him?",
    answers=answers.ZOMBIE_USER,
    explanation=explanations.zombie_user,
    fix={"ping_interval": 25.0},
    fixed="The server asks every 25 s and waits 20 s for the Pong: within a minute Bob is no longer counted.",
)
async def zombie_user(
    lab: Lab,
    *,
    ping_interval: Annotated[float | None, "seconds between the server's Pings (None: it never asks)"] = None,
) -> None:
    """Bob's laptop falls asleep during a chat, and the server goes on sending to a user who is long gone."""

    async def chat(connection: Endpoint) -> None:
        async for message in connection:
            for each in server.connections:
                with suppress(ConnectionClosed):
                    await each.send(message)

    server = await lab.serve(chat, ping_interval=ping_interval)
    link = await lab.link(server)
    ada = await lab.connect(server)
    await lab.connect(link)
    link.silence()
    for minute in (1, 2):
        await asyncio.sleep(60)
        await ada.send(f"Bob, are you there? ({minute})")
        await ada.recv()
    lab.tape.note(0, Role.SERVER, f"The server counts {counted(len(server.connections), 'user')}.")


@scenario(
    "half-open-server",
    group=GROUP,
    topic=Topic.GONE,
    question="The client waits for news and sends nothing itself. When does it notice that the path is dead?",
    answers=answers.HALF_OPEN_SERVER,
    explanation=explanations.HALF_OPEN_SERVER,
    fix={"ping_interval": 20.0},
    fixed="The client asks, too: 40 s after the break it fails the connection, and can reconnect.",
)
async def half_open_server(
    lab: Lab,
    *,
    ping_interval: Annotated[float | None, "seconds between the client's Pings (None: it never asks)"] = None,
) -> None:
    """The path falls silent, and the client waits for news that the server sends in vain."""

    async def news(connection: Endpoint) -> None:
        for number in range(1, 6):
            await connection.send(f"news {number}")
            await asyncio.sleep(30)

    link = await lab.link(await lab.serve(news))
    client = await lab.connect(link, ping_interval=ping_interval)
    await client.recv()
    link.silence()
    with suppress(TimeoutError, ConnectionClosed):
        await client.recv(timeout=100)


@scenario(
    "idle-proxy",
    group=GROUP,
    topic=Topic.CLOSED,
    question="Nobody speaks for 75 s, and both programs are well. What happens when the client speaks again?",
    answers=answers.IDLE_PROXY,
    explanation=explanations.idle_proxy,
    fix={"ping_interval": 25.0},
    fixed="The server sends a Ping every 25 s: the proxy sees life, and the message at 75 s is answered.",
)
async def idle_proxy(
    lab: Lab,
    *,
    ping_interval: Annotated[float | None, "seconds between the server's Pings (None: none)"] = None,
    idle: Annotated[float, "seconds without a byte after which the proxy ends the connection"] = 60.0,
    quiet: Annotated[float, "seconds for which nobody speaks"] = 75.0,
) -> None:
    """A proxy closes a connection on which nobody spoke for a minute, and both sides believe 1006."""
    server = await lab.serve(echo, ping_interval=ping_interval)
    client = await lab.connect(await lab.link(server, IdleTimer(idle)))
    await client.send("good morning")
    await client.recv()
    await asyncio.sleep(quiet)
    does = "wants to speak"
    try:
        await client.send("where were we?")
        does = "waits for an answer"
        await client.recv()
    except ConnectionClosed as closed:
        client.note(f"The client's program {does}, and learns that its connection is over: {closed.code}.")


@scenario(
    "keepalive",
    group=GROUP,
    topic=Topic.GONE,
    question="How many bytes does it take to keep a quiet connection alive for ten minutes behind a 60 s timer?",
    answers=answers.KEEPALIVE,
    explanation=explanations.keepalive,
    fix={},
    fixed="There is nothing to fix: this is what keeps a quiet connection.",
)
async def keepalive(
    lab: Lab,
    *,
    ping_interval: Annotated[float, "seconds between the server's Pings", AtLeast(0.1)] = 25.0,
    idle: Annotated[float, "seconds without a byte after which the proxy ends the connection"] = 60.0,
) -> None:
    """A Ping every 25 s keeps a connection on which nobody speaks for ten minutes."""
    server = await lab.serve(echo, ping_interval=ping_interval)
    client = await lab.connect(await lab.link(server, IdleTimer(idle)))
    await asyncio.sleep(explanations.KEEPALIVE_LASTS)
    with suppress(ConnectionClosed):
        await client.send("still here?")
        await client.recv()


@scenario(
    "slow-keepalive",
    group=GROUP,
    topic=Topic.GONE,
    question="The server sends a Ping every 75 s; the router on the way forgets after 60 s. Who notices, and when?",
    answers=answers.SLOW_KEEPALIVE,
    explanation=explanations.slow_keepalive,
    fix={"ping_interval": 25.0},
    fixed="Every 25 s is below half of the router's minute: it never forgets.",
)
async def slow_keepalive(
    lab: Lab,
    *,
    ping_interval: Annotated[float, "seconds between the server's Pings", AtLeast(0.1)] = 75.0,
    idle: Annotated[float, "seconds without a byte after which the router forgets the connection"] = 60.0,
) -> None:
    """The keepalive is slower than the timer of a router, and its first Ping finds the connection forgotten."""
    server = await lab.serve(echo, ping_interval=ping_interval)
    client = await lab.connect(await lab.link(server, IdleTimer(idle, how="forget")))
    await client.send("good morning")
    await client.recv()
    await asyncio.sleep(explanations.SLOW_KEEPALIVE_LASTS)


@scenario(
    "tunnel",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The train is in a tunnel for 15 s, and TCP would survive it. Does the connection?",
    answers=answers.TUNNEL,
    explanation=paths.TUNNEL,
    fix={"ping_timeout": 20.0},
    fixed="The server waits 20 s: the Pong comes late, and nobody notices the tunnel.",
)
async def tunnel(
    lab: Lab,
    *,
    ping_timeout: Annotated[float, "seconds that the server waits for a Pong", AtLeast(0.001)] = 5.0,
    seconds: Annotated[float, "seconds in the tunnel"] = 15.0,
) -> None:
    """A train is in a tunnel, and a keepalive with a short timeout ends a connection that would have survived."""
    server = await lab.serve(echo, ping_interval=10, ping_timeout=ping_timeout)
    client = await lab.connect(await lab.link(server, Delay(0.05), Outage(seconds, after=paths.TUNNEL_BEGINS)))
    await asyncio.sleep(11)
    with suppress(ConnectionClosed, TimeoutError):
        await client.send("we are about to enter the tunnel")
        await client.recv()
        await asyncio.sleep(2)
        await client.send("it is dark in here")
        await client.recv(timeout=seconds + 5)
    await asyncio.sleep(1)


@scenario(
    "blocked-loop",
    group=GROUP,
    topic=Topic.CODE,
    question="The handler computes for a minute on the event loop. Who closes, with which code, and whose fault is it?",
    answers=answers.BLOCKED_LOOP,
    explanation=explanations.blocked_loop,
    fix={"where": "in a thread"},
    fixed="`await asyncio.to_thread(...)` computes beside the loop, which answers each Ping. The result arrives.",
)
async def blocked_loop(
    lab: Lab,
    *,
    where: Annotated[Literal["on the loop", "in a thread"], "where the server computes"] = "on the loop",
    busy: Annotated[float, "seconds that it takes"] = 60.0,
) -> None:
    """A handler computes on the server's event loop, no Pongs come, and the client ends the connection."""

    async def compute(connection: Endpoint) -> None:
        async for _ in connection:
            await (lab.block(server, busy) if where == "on the loop" else asyncio.sleep(busy))
            await connection.send("42")

    server = await lab.serve(compute)
    client = await lab.connect(server, ping_interval=10, ping_timeout=10)
    await client.send("what is the answer?")
    with suppress(ConnectionClosed):
        await client.recv(timeout=busy + 10)
    await asyncio.sleep(max(0.0, busy - lab.now) + 1)


@scenario(
    "pong-lost",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The client's messages arrive every 15 s, but its Pongs do not. Is the connection alive?",
    answers=answers.PONG_LOST,
    explanation=explanations.PONG_LOST,
    fix={"judge": "any message"},
    fixed="The server takes every message for a sign of life, and ends the connection only when no message comes for "
    "45 s.",
)
async def pong_lost(
    lab: Lab,
    *,
    judge: Annotated[Literal["the Pong", "any message"], "what the server takes for a sign of life"] = "the Pong",
) -> None:
    """Everything arrives except the Pongs, and the server ends a connection whose client talks to it."""

    async def listen(connection: Endpoint) -> None:
        with suppress(TimeoutError):
            while True:
                await connection.recv(timeout=45)

    server = await lab.serve(listen, ping_interval=20, ping_timeout=20 if judge == "the Pong" else None)
    client = await lab.connect(await lab.link(server, SwallowPongs()))
    with suppress(ConnectionClosed):
        for number in range(1, 7):
            await client.send(f"position {number}")
            await asyncio.sleep(15)


@scenario(
    "pong-behind-upload",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The client uploads a large file in one frame over a slow line. When does its Pong reach the server?",
    answers=answers.PONG_BEHIND_UPLOAD,
    explanation=explanations.pong_behind_upload,
    fix={"fragment": 30_000},
    fixed="In fragments, each sent when TCP has room, the Pong slips between two of them and comes in time.",
)
async def pong_behind_upload(
    lab: Lab,
    *,
    fragment: Annotated[
        int, "bytes in each fragment of the file (0: all in one frame)", (0, 10_000, 30_000, 300_000)
    ] = 0,
    size: Annotated[int, "bytes that the file has", range(1, 10_000_000)] = 900_000,
) -> None:
    """A Pong waits behind a large file on a slow line, and the server ends the connection during the upload."""

    async def store(connection: Endpoint) -> None:
        async for file in connection:
            await connection.send(f"stored {size_in_words(len(file), grouped=False)}")
            break

    server = await lab.serve(store, ping_interval=5, ping_timeout=10)
    client = await lab.connect(await lab.link(server, Rate(30_000, of=Role.CLIENT)), timeout=120)
    step = fragment or size
    with suppress(ConnectionClosed):
        for at in range(0, size, step):
            await client.send_fragment(bytes(min(step, size - at)), fin=at + step >= size)
        await client.recv()
    await asyncio.sleep(10)


@scenario(
    "one-way-heartbeat",
    group=GROUP,
    topic=Topic.GONE,
    question="The client sends a Pong every 30 s without being asked. What does it learn when the path dies?",
    answers=answers.ONE_WAY_HEARTBEAT,
    explanation=explanations.ONE_WAY_HEARTBEAT,
    fix={"beat": "ping"},
    fixed="With a Ping the client asks, and 10 s without a Pong give the answer (§5.5.2).",
)
async def one_way_heartbeat(
    lab: Lab, *, beat: Annotated[Literal["pong", "ping"], "what the client sends every 30 s"] = "pong"
) -> None:
    """The client sends unsolicited Pongs: the proxy is satisfied, and the death of the path goes unnoticed."""
    link = await lab.link(await lab.serve(echo), IdleTimer(60))
    client = await lab.connect(link)
    for number in range(1, 6):
        await asyncio.sleep(30)
        if number == 4:
            link.silence()
        if beat == "pong":
            await client.pong(b"here")
            continue
        try:
            await client.ping(timeout=10)
        except TimeoutError:
            client.abort()
            break


@scenario(
    "network-change",
    group=GROUP,
    topic=Topic.GONE,
    question="The phone changes from Wi-Fi to mobile. How many sessions does its user have, and which news?",
    answers=answers.NETWORK_CHANGE,
    explanation=paths.NETWORK_CHANGE,
    fix={"resume": True},
    fixed="The phone says what it saw last: the server ends the old session and sends what was missed.",
)
async def network_change(
    lab: Lab,
    *,
    resume: Annotated[bool, "whether the server acts on what the phone says that it saw last"] = False,
    away: Annotated[float, "seconds until the phone is back"] = 3.0,
) -> None:
    """A phone leaves the Wi-Fi, and its old connection is still on the server when the new one comes."""
    feed = _Feed(resume)
    server = await lab.serve(feed.serve)
    wifi, mobile = await lab.link(server, Delay(0.01)), await lab.link(server, Delay(0.05))
    async with asyncio.TaskGroup() as story:
        phone = await lab.connect(wifi)
        await phone.send("nothing yet")
        story.create_task(feed.publish(5 + round(away)))
        seen = [await phone.recv(), await phone.recv()]
        wifi.silence()
        await asyncio.sleep(away)
        phone.abort()
        phone = await lab.connect(mobile)
        await phone.send(seen[-1])
        while feed.goes_on or feed.history[-1] not in seen:
            seen.append(await phone.recv())
    phone.note(f"The phone has seen {len(seen)} of {len(feed.history)} news items: {', '.join(map(str, seen))}.")
    lab.tape.note(0, Role.SERVER, f"The server counts {counted(len(server.connections), 'session')} of one user.")


class _Feed:
    """News every second, to all sessions of one user."""

    def __init__(self, resume: bool) -> None:
        self.history: list[str] = []
        self.sessions: list[Endpoint] = []
        self.goes_on = True
        self._resume = resume

    async def publish(self, count: int) -> None:
        """So many news."""
        for number in range(1, count + 1):
            await asyncio.sleep(1)
            self.history.append(f"news {number}")
            for each in self.sessions:
                with suppress(ConnectionClosed):
                    await each.send(self.history[-1])
        self.goes_on = False

    async def serve(self, connection: Endpoint) -> None:
        """One session: it says what it saw last."""
        async for last in connection:
            if self._resume and last in self.history:
                for old in self.sessions:
                    old.abort()
                self.sessions.clear()
                for missed in self.history[self.history.index(str(last)) + 1 :]:
                    await connection.send(missed)
            self.sessions.append(connection)
