"""Rooms: one message to many users, and a list that is fetched while it changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab, Server
from wslab.protocol import CloseCode
from wslab.scenarios.answers import services as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun
from wslab.scenarios.steps import read_all

GROUP = "Services"

_NEWS = bytes(64 * 1024)


def _of_slow_one(run: PlayedRun) -> Explanation:
    if run["fan_out"] == "a queue each":
        return Explanation(
            what=(
                "The stalled user's queue is full with {queue} of the 64 KiB messages, and the server closes with "
                "1013. The others do not wait."
            ),
            why=(
                "Each user has a queue and a task of their own, and the queue has a limit. A user who is too slow is "
                "sent a Close that says so (§7.4.1 has 1008; 1013 is in the registry of §11.7); it waits behind the "
                "messages, for 2 s here. Then the server resets TCP, which throws away what still waits to be sent "
                "(RFC 9293 §3.10.5): a user who reads again only later gets 1006."
            ),
            knows="Connection 1 is the stalled one: its client believes {client}, for it reads no Close; the server "
            "{server}, for no Close came back (§7.1.5). The next user's client believes {client2}.",
            code=_FAN_OUT,
        )
    return Explanation(
        what="One user's connection takes no more bytes. The others wait with it for 10 s, and then get nothing more.",
        why=(
            "The loop awaits `send` to each user in turn. The window of the stalled one is closed (RFC 9293 §3.8.6), "
            "so its `send` waits for room until its time limit (10 s here). Everybody after it in the list waits "
            "too, and then the error ends the loop for all."
        ),
        knows=(
            "Connection 1 is the stalled one: its client believes {client}, the server {server}. The next user's "
            "client believes {client2}, and does not know that news is missing."
        ),
        code=_FAN_OUT,
    )


_FAN_OUT = (
    "`queue.put_nowait(message)` into an `asyncio.Queue(maxsize=...)` for each user, a task each that sends; at "
    "`QueueFull` close with 1013 or 1008, or drop old messages. `broadcast(connections, message)` of "
    "`websockets` never waits, but has no bound: what a slow one does not read stays in memory until its Ping times "
    "out, so keep `ping_interval` and `ping_timeout` short."
)


@scenario(
    "slow-one-in-the-room",
    group=GROUP,
    topic=Topic.SLOW,
    question="A server sends news to each user in turn. One user's phone stalls until TCP is full. Who gets the next?",
    answers=answers.SLOW_ONE_IN_THE_ROOM,
    explanation=_of_slow_one,
    fix={"fan_out": "a queue each"},
    fixed="A bounded queue for each user: the slow one is closed with 1013, and nobody else waits.",
)
async def slow_one_in_the_room(
    lab: Lab,
    *,
    fan_out: Annotated[Literal["in turn", "a queue each"], "how one message goes to all"] = "in turn",
    users: Annotated[int, "how many are in the room", range(2, 51)] = 5,
    queue: Annotated[int, "messages that may wait for a user", range(1, 9)] = 4,
) -> None:
    """One user of a room stalls, the server waits for that one in turn, and all others wait with it."""

    async def stay(connection: Endpoint) -> None:
        await connection.wait_closed()

    server = await lab.serve(stay)
    stalled = await lab.connect(server, max_queue=1)
    stalled.note("This user's phone stalls: its program reads no more.")
    others = [await lab.connect(server) for _ in range(users - 1)]
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(read_all(each)) for each in others]
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await (_in_turn(server) if fan_out == "in turn" else _by_queues(server, queue))
        counts = [_seen(lab, each) for each in others]
        for each in others:
            await each.close_quietly(CloseCode.NORMAL_CLOSURE)
        await asyncio.wait(reading)
    got = f"{min(counts)} to {max(counts)}" if len(set(counts)) > 1 else f"{counts[0]} each"
    lab.tape.note(0, None, f"Of 20 messages the others got {got}.")


async def _in_turn(server: Server) -> None:
    for _ in range(20):
        for user in server.connections:
            await user.send(_NEWS)
        await asyncio.sleep(1)


async def _by_queues(server: Server, size: int) -> None:
    """Put each message into every user's queue; a user whose queue is full is closed."""
    queues = {user: asyncio.Queue[bytes](size) for user in server.connections}
    async with asyncio.TaskGroup() as sending:
        senders = {user: sending.create_task(_send_from(user, queue)) for user, queue in queues.items()}
        for _ in range(20):
            for user in list(queues):
                try:
                    queues[user].put_nowait(_NEWS)
                except asyncio.QueueFull:
                    del queues[user]
                    senders[user].cancel()
                    sending.create_task(user.close_quietly(CloseCode.TRY_AGAIN_LATER, "too slow", timeout=2))
            await asyncio.sleep(1)
        for task in senders.values():
            task.cancel()


async def _send_from(user: Endpoint, queue: asyncio.Queue[bytes]) -> None:
    with suppress(ConnectionClosed):
        while True:
            await user.send(await queue.get())


def _seen(lab: Lab, user: Endpoint) -> int:
    return len(lab.tape.frames(2, "server", user.number))


def _of_snapshot_gap(run: PlayedRun) -> Explanation:
    order = str(run["order"])
    if order == "numbered":
        return Explanation(
            what="The page subscribes, keeps what comes, fetches the list with its number, and applies what is newer.",
            why=(
                "WebSocket orders one connection only (§1.5), so the list itself says which change is the last that "
                "it contains. "
                "Older changes are dropped, newer ones applied once each."
            ),
            knows="The client believes {client}, the server {server}. Both have the same list.",
            code=_SNAPSHOT,
            limits=_HTTP_LIMITS,
        )
    what = {
        "fetch first": "The change between the fetch and the subscription is missing, for good.",
        "subscribe first": "The change that came between the subscription and the fetch is there twice.",
    }[order]
    return Explanation(
        what=what,
        why=(
            "The list and the changes come over two connections, and nothing orders one connection against another: "
            "each TCP keeps its own order only (§1.5). What happens between the two is lost, or comes over both."
        ),
        knows="The client believes {client}, the server {server}. The page shows a wrong list, and no side knows.",
        code=_SNAPSHOT,
        limits=_HTTP_LIMITS,
    )


_SNAPSHOT = (
    "Number the changes. Subscribe first and keep what comes in a buffer; fetch the list with its number `n`; apply "
    "from the buffer what is above `n`. “Exactly once” is done with numbers, by dropping duplicates."
)
_HTTP_LIMITS = (
    "The list would be fetched by HTTP. Here a second WebSocket stands for it; what matters is that it is another "
    "connection."
)


@scenario(
    "snapshot-gap",
    group=GROUP,
    topic=Topic.WRONG,
    question="A page fetches the list of orders and then subscribes to changes. Is its list right?",
    answers=answers.SNAPSHOT_GAP,
    explanation=_of_snapshot_gap,
    fix={"order": "numbered"},
    fixed="Subscribe, keep, fetch the list with its number, apply what is newer: nothing is missing or doubled.",
)
async def snapshot_gap(
    lab: Lab,
    *,
    order: Annotated[
        Literal["fetch first", "subscribe first", "numbered"], "how the page comes to its list"
    ] = "fetch first",
) -> None:
    """A page fetches a list and subscribes to its changes, and a change between the two is lost or doubled."""
    orders = ["order 1", "order 2"]
    subscribers: list[Endpoint] = []

    async def site(connection: Endpoint) -> None:
        if connection.request.target == "/list":
            await connection.recv()
            await connection.send("\n".join(orders))
        else:
            subscribers.append(connection)
        await connection.wait_closed()

    server = await lab.serve(site)
    changing = asyncio.ensure_future(_change(orders, subscribers))
    mine = await _numbered_page(lab, server) if order == "numbered" else await _page(lab, server, order)
    await changing
    lab.tape.note(0, None, f"The page shows: {', '.join(mine)}. The server has: {', '.join(orders)}.")
    await subscribers[0].close_quietly(CloseCode.NORMAL_CLOSURE)


async def _change(orders: list[str], subscribers: list[Endpoint]) -> None:
    """A new order in the second second, and one more in the fifth."""
    for number, seconds in ((3, 2), (4, 3)):
        await asyncio.sleep(seconds)
        orders.append(f"order {number}")
        for each in subscribers:
            await each.send(f"order {number}")


async def _page(lab: Lab, server: Server, order: str) -> list[str]:
    """Fetch and subscribe, two seconds apart, and take what comes."""
    if order == "fetch first":
        mine = await _fetch(lab, server)
        await asyncio.sleep(2.5)
        return mine + await _until_quiet(await lab.connect(f"{server.url}changes"))
    changes = await lab.connect(f"{server.url}changes")
    await asyncio.sleep(2.5)
    return await _fetch(lab, server) + await _until_quiet(changes)


async def _numbered_page(lab: Lab, server: Server) -> list[str]:
    changes = await lab.connect(f"{server.url}changes")
    await asyncio.sleep(2.5)
    mine = await _fetch(lab, server)
    newest = _number(mine[-1])
    return mine + [each for each in await _until_quiet(changes) if _number(each) > newest]


def _number(text: str) -> int:
    return int(text.rpartition(" ")[2])


async def _fetch(lab: Lab, server: Server) -> list[str]:
    """The list as it is now, over a connection of its own."""
    async with await lab.connect(f"{server.url}list") as asking:
        asking.note("The page fetches the list.")
        await asking.send("list, please")
        return str(await asking.recv()).split("\n")


async def _until_quiet(changes: Endpoint) -> list[str]:
    """All changes until nothing comes for 5 s."""
    got: list[str] = []
    with suppress(TimeoutError):
        while True:
            got.append(str(await changes.recv(timeout=5)))
    return got
