"""Services: several servers behind one name, protocols on top of WebSocket, and what TCP does below it."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab
from wslab.lab.faults.ending import Cut
from wslab.lab.faults.timing import Delay, Loss
from wslab.protocol import CloseCode, Role
from wslab.scenarios.answers import services as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanations import services as explanations

GROUP = "Services"


class _Room:
    """One server's part of a chat: its users, what was said, and the bus to the other server."""

    def __init__(self, name: str, *, numbered: bool) -> None:
        self.said: list[str] = []
        self._name = name
        self._numbered = numbered
        self._users: list[Endpoint] = []
        self._bus: Endpoint | None = None

    async def serve(self, connection: Endpoint) -> None:
        """The handler: of a user, or of the other server."""
        if connection.request.target == "/bus":
            await self.join(connection)
            return
        self._users.append(connection)
        async for text in connection:
            heard = self._number(str(text))
            await self.hear(heard)
            await self._tell(heard, [self._bus] if self._bus else [])

    async def join(self, bus: Endpoint) -> None:
        """Be one chat with the other server, as long as the bus holds: tell it all, and hear it."""
        self._bus = bus
        await self._tell("\n".join(self.said), [bus])
        async for heard in bus:
            for text in filter(None, str(heard).split("\n")):
                await self.hear(text)

    async def hear(self, text: str) -> None:
        """Keep it, in its place where there are numbers, and tell the users."""
        if self._numbered and text in self.said:
            return
        self.said.append(text)
        if self._numbered:
            self.said.sort(key=lambda each: (_leading_number(each), each))
        await self._tell(text, self._users)

    def _number(self, text: str) -> str:
        """With one more than the largest number heard, and the server's name: an order that is the same everywhere."""
        largest = max(map(_leading_number, self.said), default=0)
        return f"{largest + 1}{self._name} {text}" if self._numbered else text

    async def _tell(self, text: str, whom: list[Endpoint]) -> None:
        for each in whom if text else []:
            with suppress(ConnectionClosed):
                await each.send(text)


def _leading_number(text: str) -> int:
    return int(re.sub(r"[^0-9].*", "", text, flags=re.DOTALL) or 0)


@scenario(
    "partition",
    group=GROUP,
    topic=Topic.MANY,
    question="The bus between two servers is silent for a while. Do Ann and Ben read the same chat when it is back?",
    answers=answers.PARTITION,
    explanation=explanations.PARTITION,
    fix={"numbered": True},
    fixed="Each line has a number (one more than the largest heard) and its server's name: both sort alike, and "
    "recognise what they have.",
)
async def partition(
    lab: Lab, *, numbered: Annotated[bool, "whether each line of the chat has a number and its server's name"] = False
) -> None:
    """A chat on two servers loses the bus between them: two halves go on alone, and then are merged again."""
    rooms = [_Room(name, numbered=numbered) for name in "AB"]
    servers = [await lab.serve(room.serve) for room in rooms]
    ann, ben = [await lab.connect(server) for server in servers]
    ann.note("This is Ann, at server A.")
    ben.note("This is Ben, at server B.")
    path = await lab.link(servers[1].url + "bus")
    async with asyncio.TaskGroup() as tasks:
        bus = tasks.create_task(_bus(lab, rooms[0], path.url))
        await _say(ann, "ann: hello", ben, "ben: hi")
        path.silence()
        await _say(ann, "ann: at eight?", ben, "ben: at nine?")
        bus.cancel()
        path.faults = ()
        bus = tasks.create_task(_bus(lab, rooms[0], path.url))
        await asyncio.sleep(1)
        bus.cancel()
    for name, reader, room in zip(("Ann", "Ben"), (ann, ben), rooms, strict=True):
        reader.note(f"{name} reads: {' | '.join(room.said)}")


async def _bus(lab: Lab, room: _Room, url: str) -> None:
    """A connection of one server to the other, until it ends."""
    bus = await lab.connect(url)
    bus.note("This is the bus: server A is the client of server B.")
    try:
        await room.join(bus)
    finally:
        bus.abort()


async def _say(ann: Endpoint, hers: str, ben: Endpoint, his: str) -> None:
    """One says something, and then the other."""
    for who, text in ((ann, hers), (ben, his)):
        await asyncio.sleep(1)
        await who.send(text)
    await asyncio.sleep(1)


@scenario(
    "other-server",
    group=GROUP,
    topic=Topic.MANY,
    question="The server goes away and the client reconnects to another. Does its ticket still mean anything?",
    answers=answers.OTHER_SERVER,
    explanation=explanations.OTHER_SERVER,
    fix={"store": "shared"},
    fixed="The sessions are in a store that both servers ask: any server can go on where the other ended.",
)
async def other_server(
    lab: Lab, *, store: Annotated[Literal["own", "shared"], "where a server keeps its sessions"] = "own"
) -> None:
    """The client reconnects to another server, which knows nothing of its session."""
    memory: dict[str, int] = {}

    async def count_up(connection: Endpoint, sessions: dict[str, int]) -> None:
        async for text in connection:
            ticket, _, wish = str(text).partition(": ")
            if wish != "begin" and ticket not in sessions:
                await connection.close(CloseCode.POLICY_VIOLATION, f"{ticket}? Log in first.")
                return
            sessions[ticket] = sessions.get(ticket, 0) + (wish == "one more")
            await connection.send(f"{ticket} has {sessions[ticket]} in the basket")

    one = await lab.serve(lambda connection: count_up(connection, memory))
    other = await lab.serve(lambda connection: count_up(connection, memory if store == "shared" else {}))
    client = await lab.connect(one)
    for wish in ("begin", "one more", "one more"):
        await client.send(f"ticket 12: {wish}")
        await client.recv()
    await one.close(reason="deploy")
    client = await lab.connect(other)
    client.note("The client is back, and this time another server answers it.")
    await client.send("ticket 12: one more")
    with suppress(ConnectionClosed):
        await client.recv()
        await client.close()
    await client.wait_closed()


_EVERY, _AT_MOST = 25.0, 20.0  # seconds: Socket.IO's own defaults


@scenario(
    "socket-io",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The handshake is done and a first message came. Why does the server close after 45 seconds?",
    answers=answers.SOCKET_IO,
    explanation=explanations.SOCKET_IO,
    fix={"client": "speaks it"},
    fixed="The client speaks Socket.IO, too: 40 to join, a 3 for each 2, and its messages as events, 42[...].",
)
async def socket_io(
    lab: Lab,
    *,
    client: Annotated[
        Literal["only listens", "says hello", "speaks it"], "what a client makes of the server's first message"
    ] = "only listens",
) -> None:
    """A plain WebSocket client meets a Socket.IO server: it gets in, does not understand the 2, and is closed."""
    server = await lab.serve(_engine)
    mine = await lab.connect(f"{server.url}socket.io/?EIO=4&transport=websocket")
    first = {"only listens": (), "says hello": ("hello",), "speaks it": ("40", '42["chat","hello"]')}[client]
    for text in first:
        await mine.send(text)
    with suppress(TimeoutError):
        async with asyncio.timeout(90):
            async for packet in mine:
                if packet == "2" and client == "speaks it":
                    await mine.send("3")
    await mine.close()


async def _engine(connection: Endpoint) -> None:
    """As much of an Engine.IO server (protocol 4) as a client of one room sees."""
    await connection.send(
        '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    )
    answered = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(_ask(connection, answered))
        with suppress(ConnectionClosed):
            async for packet in connection:
                await _answer(connection, str(packet), answered)
        asking.cancel()


async def _ask(connection: Endpoint, answered: asyncio.Event) -> None:
    """A 2 every 25 s, and 20 s for its 3."""
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(_EVERY)
            answered.clear()
            await connection.send("2")
            try:
                await asyncio.wait_for(answered.wait(), _AT_MOST)
            except TimeoutError:
                connection.note("No 3 came for the server's 2: it takes the client for gone, and closes.")
                await connection.close(None)


async def _answer(connection: Endpoint, packet: str, answered: asyncio.Event) -> None:
    """One packet of the client's."""
    if packet == "3":
        answered.set()
    elif packet == "40":
        await connection.send('40{"sid":"wZX3oN0bSVIhsaknAAAI"}')
    elif packet.startswith("42"):
        await connection.send(packet)
    else:
        connection.note(f"“{packet}” is no packet of Engine.IO: a parse error, and the server closes.")
        await connection.close(None)


@scenario(
    "long-ping",
    group=GROUP,
    topic=Topic.CLOSED,
    question="A Ping may carry data. What does the client answer to one with 200 bytes?",
    answers=answers.LONG_PING,
    explanation=explanations.LONG_PING,
    fix={"size": 125},
    fixed="The Ping carries 125 bytes, the most that it can, and the Pong brings them back.",
)
async def long_ping(
    lab: Lab, *, size: Annotated[int, "bytes that the server puts into its Ping", range(65_536)] = 200
) -> None:
    """The server puts too much into a Ping, and the client fails the connection."""

    async def greet(connection: Endpoint) -> None:
        length = bytes([size]) if size <= 125 else b"\x7e" + size.to_bytes(2, "big")
        await connection.send_raw(b"\x89" + length + b"status: all is well; " * (size // 21) + b"." * (size % 21))
        await connection.wait_closed()

    client = await lab.connect(await lab.serve(greet))
    with suppress(TimeoutError, ConnectionClosed):
        await client.recv(timeout=1)


_LONG = 3600.0  # seconds: a packet may be lost many times, and each time costs twice as long a wait


@scenario(
    "lossy-path",
    group=GROUP,
    topic=Topic.SLOW,
    question="A third of the client's packets are lost. How many of its ten messages arrive, and in which order?",
    answers=answers.LOSSY_PATH,
    explanation=explanations.lossy_path,
    fix={"probability": 0.0},
    fixed="The same path without loss: each message takes 51 ms.",
)
async def lossy_path(
    lab: Lab, *, probability: Annotated[float, "with which a packet of the client's is lost; below 1"] = 0.33
) -> None:
    """A third of the client's packets are lost on the way, yet all messages arrive, in order, some of them late."""
    sent: dict[str | bytes, float] = {}
    over = asyncio.Event()

    async def read(connection: Endpoint) -> None:
        async for text in connection:
            late = lab.now - sent.get(text, lab.now)
            connection.note(f"The server reads “{text!s}”, {late * 1000:.0f} ms after it was sent.")
        await connection.wait_closed()
        over.set()

    link = await lab.link(await lab.serve(read), Delay(0.05), Loss(probability, of=Role.CLIENT))
    client = await lab.connect(link, timeout=_LONG)
    for number in range(1, 11):
        sent[f"message {number}"] = lab.now
        await client.send(f"message {number}")
        await asyncio.sleep(0.1)
    await client.close_quietly(1000, timeout=_LONG)  # the Close may be lost several times
    await over.wait()  # the last FIN may be late, too


@scenario(
    "censor",
    group=GROUP,
    topic=Topic.CLOSED,
    question="One word makes the connection end. What does each side know about who ended it?",
    answers=answers.CENSOR,
    explanation=explanations.censor,
    fix={"word": "weather"},
    fixed="Another word is used. The real remedy is wss://: there an intermediary can read no word, unless the client "
    "trusts its certificate.",
)
async def censor(lab: Lab, *, word: Annotated[str, "what the client asks the server about"] = "forbidden") -> None:
    """An intermediary sees a word that it does not like, and ends the connection in the name of both sides."""

    async def answer(connection: Endpoint) -> None:
        async for topic in connection:
            await connection.send(f"all about {topic!s}")

    link = await lab.link(await lab.serve(answer), Cut(seen=b"forbidden", of=Role.SERVER))
    client = await lab.connect(link)
    with suppress(ConnectionClosed):
        for topic in ("music", word):
            await client.send(topic)
            await client.recv()
        await client.close()
    await client.wait_closed()
