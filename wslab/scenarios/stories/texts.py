"""Texts and their order: what UTF-8 is checked on, what a wrong encoding does, and what TCP keeps in order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import pairwise
from typing import Annotated, Literal

from wslab.explain.durations import format_duration
from wslab.explain.words import counted
from wslab.lab import ConnectionClosed, Endpoint, Lab
from wslab.lab.faults.timing import Delay, Loss
from wslab.protocol import CloseCode, Frame, Opcode, Role
from wslab.scenarios.answers import messages as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun

GROUP = "Messages"

_EURO = "10 €".encode()
_CUT = 4  # the first fragment ends behind the first of the three bytes of €


def _of_fragment_checker(run: PlayedRun) -> Explanation:
    if run["checks"] == "the message":
        return Explanation(
            what="The client joins both fragments and reads “10 €”.",
            why="The message as a whole must be UTF-8; a fragment may end inside a character (§5.6).",
            knows="The client believes {client}, the server {server}.",
            code="`codecs.getincrementaldecoder('utf-8')()` keeps half a character until its rest comes.",
        )
    return Explanation(
        what="The text is valid, and the client closes with 1007 at its first fragment.",
        why=(
            "The fragment ends inside the three bytes of “€”. This client decodes each fragment by itself and takes "
            "the half character for an error. The rule is about the message: a fragment “might include a partial "
            "UTF-8 sequence” (§5.6)."
        ),
        knows=(
            "The client believes {client}, the server {server}: this client's program closes with 1007, and the "
            "answer repeats the code. A library that fails the connection does not read the answer (§7.1.7). The "
            "server's developer looks for a bad character in a good text."
        ),
        code=(
            "Decode with `codecs.getincrementaldecoder('utf-8')()`, `final=True` at FIN only. To find such a peer, "
            "send it a character in two fragments: `send_fragment(data[:4], fin=False)`."
        ),
    )


@scenario(
    "fragment-checker",
    group=GROUP,
    topic=Topic.WRONG,
    question=(
        "A valid text comes in two fragments, cut inside a character. Which code does a careless client close with?"
    ),
    answers=answers.FRAGMENT_CHECKER,
    explanation=_of_fragment_checker,
    fix={"checks": "the message"},
    fixed="The client checks the message as a whole and keeps the half character until its rest comes.",
)
async def fragment_checker(
    lab: Lab,
    *,
    checks: Annotated[Literal["each fragment", "the message"], "what the client decodes by itself"] = "each fragment",
) -> None:
    """A client decodes each fragment alone, and takes half a character for an error in a valid text."""

    async def price(connection: Endpoint) -> None:
        await connection.send_fragment(_EURO[:_CUT], fin=False, opcode=Opcode.TEXT)
        await asyncio.sleep(1)
        with suppress(ConnectionClosed):
            await connection.send_fragment(_EURO[_CUT:], fin=True)
        await connection.wait_closed()

    client = await lab.connect(await lab.serve(price))
    if checks == "each fragment":
        await asyncio.sleep(0.5)
        first = lab.tape.frames(Opcode.TEXT, "server")[0]
        await _check_alone(client, first.plain or b"")
    else:
        await client.recv()
        await client.close()
    await client.wait_closed()


async def _check_alone(client: Endpoint, fragment: bytes) -> None:
    """What the careless client does with a fragment."""
    try:
        fragment.decode()
    except UnicodeDecodeError as error:
        client.note(f"The client decodes this fragment alone: {error}.")
        await client.close_quietly(CloseCode.INVALID_PAYLOAD, "not UTF-8")


def _of_wrong_encoding(run: PlayedRun) -> Explanation:
    mistake = str(run["mistake"])
    if mistake == "none":
        return Explanation(
            what="“Grüße” arrives as it was sent.",
            why="Both sides use UTF-8, the only encoding of a text message (§5.6).",
            knows="The client believes {client}, the server {server}.",
            code="`ws.send(text)` with a `str`: the library encodes. For other encodings send bytes, a binary message.",
        )
    if mistake == "read as Mac Roman":
        return Explanation(
            what="The bytes arrive as they were sent, and the program shows “Gr√º√üe”: mojibake.",
            why=(
                "The message is valid UTF-8. The program took its bytes and decoded them as Mac Roman, in which each "
                "byte is a character. The protocol only checks that the bytes are UTF-8 (§8.1), and they are."
            ),
            knows="Neither side notices: the client believes {client}, the server {server}. Only a reader sees it.",
            code="Take the `str` that the library gives you, or `data.decode('utf-8')`. Never name another encoding.",
        )
    return Explanation(
        what="The client's bytes are not UTF-8, and the server fails the connection with 1007.",
        why=(
            "A text message is UTF-8 and nothing else (§5.6). `fc` is “ü” in Latin-1 and the low byte of it in UTF-16; "
            "in UTF-8 no character has this byte. §8.1 demands that the server fail the connection; it names no "
            "code, and §7.4.1 has 1007 for this. Plain ASCII would have passed: in Latin-1 unseen, in UTF-16 with a "
            "zero after each letter."
        ),
        knows=(
            "The server believes {server}: it failed the connection (§7.1.7). The client believes {client} and should "
            "look at its own encoding."
        ),
        code="`ws.send(text)` with a `str`, not `ws.send_raw` with bytes of another encoding; or a binary message.",
    )


_ENCODED = {"none": "utf-8", "read as Mac Roman": "utf-8", "sent as UTF-16": "utf-16-le", "sent as Latin-1": "latin-1"}


@scenario(
    "wrong-encoding",
    group=GROUP,
    topic=Topic.WRONG,
    question="A client sends “Grüße” as a text message, in UTF-16. What does the server read?",
    answers=answers.WRONG_ENCODING,
    explanation=_of_wrong_encoding,
    fix={"mistake": "none"},
    fixed="The text is sent and read as UTF-8, the only encoding that a text message has (§5.6).",
)
async def wrong_encoding(
    lab: Lab,
    *,
    mistake: Annotated[
        Literal["sent as UTF-16", "sent as Latin-1", "read as Mac Roman", "none"], "who uses the wrong encoding"
    ] = "sent as UTF-16",
) -> None:
    """A text is sent or read in another encoding than UTF-8: the connection fails, or the text is mojibake."""

    async def read(connection: Endpoint) -> None:
        async for text in connection:
            shown = str(text).encode().decode("mac_roman" if mistake == "read as Mac Roman" else "utf-8")
            connection.note(f"The server's program shows: {shown}")

    client = await lab.connect(await lab.serve(read))
    await client.send_frame(Frame(Opcode.TEXT, "Grüße".encode(_ENCODED[mistake])))
    with suppress(ConnectionClosed, TimeoutError):
        await client.recv(timeout=1)
    await client.close_quietly(CloseCode.NORMAL_CLOSURE)


def _of_crossing(run: PlayedRun) -> Explanation:
    (hers,) = run.tape.frames(Opcode.TEXT, "client")
    took = format_duration((hers.arrived or hers.time) - hers.time)
    return Explanation(
        what=f"Both messages are on the way at once, cross, and arrive after {took} each.",
        why=(
            "One TCP connection carries a stream in each direction, and neither waits for the other. There is no turn "
            "to take: after the handshake either side may send at any time (§1.2)."
        ),
        knows=(
            "When each side sent its message, the other's was still on its way: neither is an answer to the other. "
            "In the end the client believes {client}, the server {server}."
        ),
        code=(
            "Read and send in two tasks: `async for message in ws` in one, `ws.send(...)` in another. Give a request "
            "an id, and find the answer by it: the next message is not always the answer."
        ),
    )


@scenario(
    "crossing-messages",
    group=GROUP,
    topic=Topic.SLOW,
    question="Both sides send at the same moment. Does one have to wait for the other?",
    answers=answers.CROSSING_MESSAGES,
    explanation=_of_crossing,
    fix={},
    fixed="There is nothing to fix: this is what a connection in both directions is.",
)
async def crossing_messages(lab: Lab, *, delay: Annotated[float, "seconds that a byte is on the way"] = 0.5) -> None:
    """Client and server send at the same moment, and the two messages pass each other on the way."""
    wait = max(3.0, delay)  # the server is OPEN one `delay` before the client

    async def market(connection: Endpoint) -> None:
        await asyncio.sleep(wait)
        await connection.send("sale!")
        await connection.recv()
        await connection.wait_closed()

    client = await lab.connect(await lab.link(await lab.serve(market), Delay(delay)), timeout=60 + 4 * delay)
    await asyncio.sleep(wait - max(delay, 0.001))
    await client.send("buy 10")
    await client.recv()
    await client.close(timeout=60 + 4 * delay)
    await asyncio.sleep(2 * delay)  # until the last FIN has arrived


_LATE = 0.2  # seconds: when TCP sends a lost packet again


def _of_in_order(run: PlayedRun) -> Explanation:
    sent = run.tape.frames(Opcode.TEXT, "client")
    is_late = any((each.arrived or 0) - each.time > _LATE for each in sent)
    late = "Some came late; the order stayed, and every message arrived." if is_late else "Every message arrived."
    return Explanation(
        what=f"The client sends {{messages:message}}, and what was sent first arrives first. {late}",
        why=(
            "A connection is one TCP stream (§1.5), and TCP keeps the order of bytes. It sends again what was lost, "
            "and holds back what came after it. Fragments of two messages never mix (§5.4)."
        ),
        knows="The client believes {client}, the server {server}.",
        code=(
            "On one connection you need no numbers for the order. Number messages where order can be lost: across a "
            "reconnect, over several "
            "connections or servers, and where the handler starts a task for each message (scenario `out-of-order`)."
        ),
        limits=(
            "The model sends a lost packet again after 200 ms, and each further time after twice as long; it is lost "
            "six times at most. A real TCP also has fast retransmit, so most losses cost less; the order is the same."
        ),
    )


@scenario(
    "in-order",
    group=GROUP,
    topic=Topic.WRONG,
    question="Numbered messages cross a path that loses packets. How many arrive out of order?",
    answers=answers.IN_ORDER,
    explanation=_of_in_order,
    fix={},
    fixed="There is nothing to fix: this is what TCP does for every connection.",
)
async def in_order(
    lab: Lab,
    *,
    messages: Annotated[int, "how many the client sends", range(1, 10_001)] = 200,
    probability: Annotated[float, "with which a packet is lost; below 1"] = 0.05,
) -> None:
    """Numbered messages cross a path that loses packets, and arrive in order, each once."""
    numbers: list[int] = []

    async def count(connection: Endpoint) -> None:
        async for number in connection:
            numbers.append(int(number))  # noqa: PERF401  what came before an end without a Close counts, too

    link = await lab.link(await lab.serve(count), Delay(0.02, jitter=0.05), Loss(probability, of=Role.CLIENT))
    client = await lab.connect(link, timeout=3600)
    for number in range(messages):
        await client.send(str(number))
        if number % 100 == 0:
            await asyncio.sleep(0.01)
    await client.close_quietly(CloseCode.NORMAL_CLOSURE, timeout=3600)
    await asyncio.sleep(3600 if probability else 1)  # the last FIN may be lost, too
    swapped = sum(one > other for one, other in pairwise(numbers))
    arrived = f"{len(numbers):,} of {counted(messages, 'message')} arrived"
    lab.tape.note(0, None, f"{arrived}; {swapped} of them out of order.")
