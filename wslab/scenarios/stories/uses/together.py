"""Several who act at once: a chat, a game and an editor. The figures are order, delay and conflicts."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab, Link, Tape
from wslab.lab.faults.manual import Gate
from wslab.lab.faults.timing import Delay, Loss
from wslab.protocol import Opcode, Role
from wslab.scenarios.answers import programs as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun

GROUP = "What people build"


def _of_chat(run: PlayedRun) -> Explanation:
    lines = run.tape.frames(Opcode.TEXT)
    took = (lines[-1].arrived or lines[-1].time) - lines[0].time
    trip = f"From the first line's departure to the last arrival it takes {took * 1000:.0f} ms."
    if run["shows"] == "when it comes back":
        return Explanation(
            what=f"Each page shows a line when the server sends it, its own included. Both read the same. {trip}",
            why=(
                "The server sends one line to all before the next, and each connection keeps the order in which it "
                "sent them (TCP, §1.5). So one place decides the order, and every page follows it. It costs a round "
                "trip until one sees one's own line."
            ),
            knows="The clients believe {client} and {client2}, the server {server}. What one sees, all will see.",
            code=_CHAT_CODE,
        )
    return Explanation(
        what=f"Both write at the same moment. Each page shows its own line at once, and so before the other's. {trip}",
        why=(
            "Each connection keeps its order (TCP, §1.5), and nothing orders the two pages. A line that a page shows "
            "by itself never went through the place where the order is made."
        ),
        knows="The clients believe {client} and {client2}, the server {server}. Ann and Ben read another order, and "
        "nothing tells them.",
        code=_CHAT_CODE,
    )


_CHAT_CODE = (
    "`for queue in queues: queue.put_nowait(line)`, the sender's included, and a task for each user that sends from "
    "the user's queue. Two handlers run at once, and an `await` inside this loop would let another line overtake, and "
    "let one slow user hold up all (`slow-one-in-the-room`). Give each line a number of the server's. A page that "
    "shows its own line at once marks it as pending, and puts it in its place when it comes back."
)


@scenario(
    "chat",
    group=GROUP,
    topic=Topic.WRONG,
    question="Ann and Ben write at the same moment. Do they read the two lines in the same order?",
    answers=answers.CHAT,
    explanation=_of_chat,
    fix={"shows": "when it comes back"},
    fixed="Each page shows what comes from the server, its own line included: one order for all, a round trip later.",
)
async def chat(
    lab: Lab,
    *,
    shows: Annotated[Literal["at once", "when it comes back"], "when a page shows its own line"] = "at once",
    delay: Annotated[float, "seconds from a page to the server"] = 0.1,
) -> None:
    """Two people write in a chat at the same moment, and each page puts its own line first."""
    echoes = shows == "when it comes back"

    async def room(connection: Endpoint) -> None:
        async for line in connection:
            for each in server.connections:
                if echoes or each is not connection:
                    await each.send(line)

    server = await lab.serve(room)
    link = await lab.link(server, Delay(delay))
    limit = 60 + 4 * delay
    pages = {name: await lab.connect(link, timeout=limit) for name in ("Ann", "Ben")}
    await asyncio.sleep(2 * delay)  # until the server has both
    reads: dict[str, list[str]] = {name: [] for name in pages}
    for name, page in pages.items():
        line = f"{name}: at {8 if name == 'Ann' else 9}?"
        reads[name] += [] if echoes else [line]
        await page.send(line)
    for name, page in pages.items():
        reads[name] += [str(await page.recv(timeout=limit)) for _ in range(2 if echoes else 1)]
        page.note(f"{name} reads: {' | '.join(reads[name])}")


_EVERY = 0.05  # seconds between two positions
_LATE = 0.1  # seconds: a packet that was lost takes longer, one that was not takes 30 ms


def oldest(tape: Tape) -> float:
    """How old the picture was at most, in seconds, by the tape: until a newer one came, or until the last was sent."""
    sent = tape.frames(Opcode.BINARY, "server")
    seen = [entry for entry in sent if entry.arrived is not None]
    if not sent:
        return 0.0
    if not seen:
        return sent[-1].time - sent[0].time
    until = [*(later.arrived or 0.0 for later in seen[1:]), sent[-1].time]
    return max(end - shown.time for shown, end in zip(seen, until, strict=True))


def _of_game(run: PlayedRun) -> Explanation:
    return _of_datagrams(run) if run["over"] == "datagrams" else _of_stream(run)


def _of_datagrams(run: PlayedRun) -> Explanation:
    sent = run.tape.frames(Opcode.BINARY, "server")
    lost = sum(entry.fate == "lost" for entry in sent)
    return Explanation(
        what=f"Of {len(sent)} positions {lost} are lost and never come. {_age(run)}",
        why=(
            "A datagram waits for none before it. A lost position is of no use later: the next one is on its way. "
            "WebSocket cannot do this, for it is one stream of TCP (§1.5)."
        ),
        knows="The client believes {client}, the server {server}. The server does not know which positions came.",
        code=_GAME_CODE,
        limits=_GAME_LIMITS,
    )


def _of_stream(run: PlayedRun) -> Explanation:
    sent = run.tape.frames(Opcode.BINARY, "server")
    what = f"All {len(sent)} positions arrive, in order. {_age(run)}"
    if any((each.arrived or 0) - each.time > _LATE for each in sent):
        why = (
            "TCP delivers in order: it sends again what was lost, and holds back all that came after it (RFC 9293 "
            "§2.2). The player waits for an old position while newer ones are there already. WebSocket inherits this "
            "from TCP (§1.5)."
        )
        seen = "Neither sees a loss, only a pause."
    else:
        why = (
            "No position was lost, so TCP held none back (RFC 9293 §2.2). A position is as old as the path is long, "
            "and gets older until the next one is there."
        )
        seen = "Neither would see a loss, only a pause."
    knows = f"The client believes {{client}}, the server {{server}}. {seen}"
    return Explanation(what=what, why=why, knows=knows, code=_GAME_CODE, limits=_GAME_LIMITS)


def _age(run: PlayedRun) -> str:
    return f"The oldest picture is {oldest(run.tape) * 1000:,.0f} ms old."


_GAME_CODE = (
    "For positions: `new RTCPeerConnection().createDataChannel('p', {{ordered: false, maxRetransmits: 0}})`, or "
    "`transport.datagrams` of `WebTransport`. For what must arrive, such as a purchase: `await ws.send(...)`. Over a "
    "WebSocket send whole positions, not steps, so that only the newest counts."
)
_GAME_LIMITS = (
    "A lost packet is sent again after 200 ms here, and each further time after twice as long; it is lost six times "
    "at most. A real TCP often needs about a round trip. Datagrams are played by frames that the path loses whole, "
    "which no TCP does."
)


@scenario(
    "game",
    group=GROUP,
    topic=Topic.SLOW,
    question="A game sends 20 positions a second, and the path loses some packets. How old is what the player sees?",
    answers=answers.GAME,
    explanation=_of_game,
    fix={"over": "datagrams"},
    fixed="Datagrams: what is lost stays lost, and nothing waits for it. The picture is newer, with small gaps.",
)
async def game(
    lab: Lab,
    *,
    over: Annotated[Literal["WebSocket", "datagrams"], "how the positions travel"] = "WebSocket",
    probability: Annotated[float, "with which a packet is lost; below 1"] = 0.05,
) -> None:
    """A game sends positions over a path that loses packets, and an old position holds up the newer ones."""
    loss = Loss(probability, of=Role.SERVER)

    async def play_on(connection: Endpoint) -> None:
        for number in range(200):
            await connection.send(number.to_bytes(4, "big"))
            await asyncio.sleep(_EVERY)
        await connection.close_quietly(1000, timeout=600)

    server = await lab.serve(play_on)
    link = await lab.link(server, loss if over == "WebSocket" else Gate(of=Role.SERVER), Delay(0.03))
    async with asyncio.TaskGroup() as tasks:
        if over == "datagrams":
            path = tasks.create_task(_lose_whole(lab, link, probability))
        player = await lab.connect(link, timeout=600)
        with suppress(ConnectionClosed):
            while True:
                await player.recv(timeout=600)
        await player.wait_closed()
        await asyncio.sleep(60)  # the last FIN may be lost, too
        if over == "datagrams":
            path.cancel()
    lab.tape.note(0, None, f"The oldest picture that the player saw was {oldest(lab.tape) * 1000:,.0f} ms old.")


async def _lose_whole(lab: Lab, link: Link, probability: float) -> None:
    """Let frames go on as a path of datagrams does: each or not, and none waits for another."""
    while True:
        for held in link.held:
            data = held.frame is not None and held.frame.opcode == Opcode.BINARY
            (held.drop if data and lab.random.random() < probability else held.release)()
        await asyncio.sleep(0.001)


_TEXT = "the cat sat"


def _of_editor(run: PlayedRun) -> Explanation:
    if run["sends"] == "operations":
        return Explanation(
            what="Both edits are in the text, and Ann, Ben and the server have the same.",
            why=(
                "Each page sends what it does and which version it saw. The server puts the operations in an order, "
                "moves a place by what was inserted before it, and sends each to all; every connection keeps the "
                "order (TCP, §1.5)."
            ),
            knows="The clients believe {client} and {client2}, the server {server}. All have both edits.",
            code=_EDITOR_CODE,
            limits="Only insertions, and a page shows its own edit when it comes back. Real editors show it at once.",
        )
    return Explanation(
        what="Both edit at the same moment. The server keeps the text that comes last, and the other edit is lost.",
        why=(
            "Each page sends the whole text as it has it, without the other's edit. The messages arrive as they were "
            "sent, each connection in its order (TCP, §1.5): WebSocket carries messages and merges nothing."
        ),
        knows="The clients believe {client} and {client2}, the server {server}. Ann has Ben's text and Ben has Ann's; "
        "nothing tells them that they differ.",
        code=_EDITOR_CODE,
    )


_EDITOR_CODE = (
    "Send operations with the version that the page saw: `ws.send(JSON.stringify({{base: 3, at: 4, insert: 'black "
    "'}}))`, and let the server order them. Or use a type that merges by itself: Yjs (`y-websocket`), Automerge."
)


@scenario(
    "joint-editing",
    group=GROUP,
    topic=Topic.WRONG,
    question="Ann and Ben edit the same sentence at the same moment. Whose edit is in the server's text in the end?",
    answers=answers.JOINT_EDITING,
    explanation=_of_editor,
    fix={"sends": "operations"},
    fixed="Pages send operations, the server orders them and moves places: both edits are there, and all texts alike.",
)
async def joint_editing(
    lab: Lab,
    *,
    sends: Annotated[Literal["the whole text", "operations"], "what a page sends after an edit"] = "the whole text",
    delay: Annotated[float, "seconds from a page to the server"] = 0.1,
) -> None:
    """Two people edit one text at the same moment, and one edit overwrites the other."""
    shared = _Document(_TEXT)

    async def edited(connection: Endpoint) -> None:
        async for change in connection:
            news = shared.take(str(change))
            for each in server.connections:
                if sends == "operations" or each is not connection:
                    await each.send(news)

    server = await lab.serve(edited)
    link = await lab.link(server, Delay(delay))
    limit = 60 + 4 * delay
    pages = [await lab.connect(link, timeout=limit) for _ in range(2)]
    await asyncio.sleep(2 * delay)  # until the server has both
    edits = {"Ann": (4, "black "), "Ben": (len(_TEXT), " down")}
    for page, (at, insert) in zip(pages, edits.values(), strict=True):
        mine = json.dumps({"base": 0, "at": at, "insert": insert})
        await page.send(mine if sends == "operations" else _TEXT[:at] + insert + _TEXT[at:])
    for page, name in zip(pages, edits, strict=True):
        copy = _Document(_TEXT)
        for _ in range(2 if sends == "operations" else 1):
            copy.take(str(await page.recv(timeout=limit)))
        page.note(f"{name} has: {copy.text}")
    lab.tape.note(0, Role.SERVER, f"The server has: {shared.text}")


class _Document:
    """A text, and the insertions that made it; `take` gives what the others are to be sent."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._done: list[tuple[int, int]] = []  # place and length of each insertion

    def take(self, change: str) -> str:
        """A whole text takes the place of the old one; an operation goes where it belongs by now."""
        if not change.startswith("{"):
            self.text = change
            return change
        operation = json.loads(change)
        at, insert = operation["at"], operation["insert"]
        for place, length in self._done[operation["base"] :]:
            at += length if place <= at else 0
        self.text = self.text[:at] + insert + self.text[at:]
        self._done.append((at, len(insert)))
        return json.dumps({"base": len(self._done) - 1, "at": at, "insert": insert})
