"""How connections end: with a Close, with which code, without one, or without either side noticing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from wslab.explain.words import counted
from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.timing import Delay
from wslab.protocol import Frame, Opcode, Role, State
from wslab.protocol.codes import may_be_sent
from wslab.protocol.deflate import Deflate
from wslab.scenarios.answers import endings as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import AtLeast, scenario
from wslab.scenarios.explanations import endings as explanations

GROUP = "Endings"


@scenario(
    "clean-close",
    group=GROUP,
    topic=Topic.CLOSED,
    question="Who closes TCP first: the client, which began the closing handshake, or the server?",
    answers=answers.CLEAN_CLOSE,
    explanation=explanations.CLEAN_CLOSE,
    fix={},
    fixed="There is nothing to fix: this is how it should go.",
)
async def clean_close(lab: Lab) -> None:
    """The client says Close with 1000, the server answers, and TCP ends."""
    client = await lab.connect(await lab.serve(echo))
    await client.send("that is all")
    await client.recv()
    await client.close(1000, "thank you")


@scenario(
    "cut",
    group=GROUP,
    topic=Topic.CLOSED,
    question="Which close code does each side believe, and which of them was on the wire?",
    answers=answers.CUT,
    explanation=explanations.CUT,
    fix={"how": "close"},
    fixed="The server says Close itself, with 1001, before the connection ends (§7.4.1): both sides know why it ended.",
)
async def cut(
    lab: Lab,
    *,
    how: Annotated[Literal["rst", "fin", "close"], "RST or FIN to both sides, or a Close of the server's"] = "rst",
) -> None:
    """The connection between client and server ends at once, and no Close frame says why."""
    server = await lab.serve(echo)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("still there?")
    await client.recv()
    (far_end,) = server.connections
    if how == "close":
        await far_end.close(1001, "maintenance")
    else:
        end = link.fin if how == "fin" else link.cut
        end()
    await client.wait_closed()
    await far_end.wait_closed()


@scenario(
    "half-open",
    group=GROUP,
    topic=Topic.GONE,
    question="The client sends into a silent path. What do the two sides believe then, and for how long?",
    answers=answers.HALF_OPEN,
    explanation=explanations.HALF_OPEN,
    fix={"ping_interval": 20.0},
    fixed="The server asks, too: a Ping every 20 s, and it finds the zombie 20 s after the first one without a Pong.",
)
async def half_open(
    lab: Lab,
    *,
    ping_interval: Annotated[float | None, "seconds between the server's Pings (None: it never asks)"] = None,
    timeout: Annotated[float, "seconds that the client waits for its Pong", AtLeast(0.1)] = 10.0,
) -> None:
    """The path falls silent: the client asks with a Ping and in the end cuts TCP; the server keeps a zombie."""
    server = await lab.serve(echo, ping_interval=ping_interval)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    link.silence()
    await client.send("two")
    with suppress(TimeoutError):
        await client.ping(timeout=timeout)
    client.abort()
    await client.wait_closed()
    await asyncio.sleep(60)


_FAREWELLS = {1000: "the auction is over", 1001: "this server goes down", 1012: "a new version starts"}


@scenario(
    "clean-close-by-server",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The server says Close first. Which side closes TCP first now?",
    answers=answers.CLEAN_CLOSE_BY_SERVER,
    explanation=explanations.CLEAN_CLOSE_BY_SERVER,
    fix={},
    fixed="There is nothing to fix: this is how a server says that it is done.",
)
async def clean_close_by_server(
    lab: Lab, *, code: Annotated[Literal[1000, 1001, 1012], "done, going away, or back in a moment"] = 1000
) -> None:
    """The server answers, says Close, hears the client's, and ends TCP."""

    async def answer_once(connection: Endpoint) -> None:
        async for _ in connection:
            await connection.send("sold")
            await connection.close_quietly(code, _FAREWELLS[code])

    client = await lab.connect(await lab.serve(answer_once))
    await client.send("I bid 100")
    await client.recv()
    await client.wait_closed()


@scenario(
    "simultaneous-close",
    group=GROUP,
    topic=Topic.CLOSED,
    question="Both Closes are on their way at once. Who answers whom, and which code does each side believe?",
    answers=answers.SIMULTANEOUS_CLOSE,
    explanation=explanations.SIMULTANEOUS_CLOSE,
    fix={},
    fixed="There is nothing to fix: two Closes that cross are a closing handshake like any other.",
)
async def simultaneous_close(
    lab: Lab, *, delay: Annotated[float, "seconds that the link takes each way"] = 0.1
) -> None:
    """Client and server say Close at the same moment, and their Closes cross on the way."""
    server = await lab.serve(echo)
    client = await lab.connect(await lab.link(server, Delay(delay)))
    leaving = [client.close(1000, "I have all I need")]
    leaving += [each.close(1001, "closing time") for each in server.connections]
    await asyncio.gather(*leaving)


@scenario(
    "close-in-flight",
    group=GROUP,
    topic=Topic.WRONG,
    question="The client says Close after price 2. What becomes of the prices that are already on their way?",
    answers=answers.CLOSE_IN_FLIGHT,
    explanation=explanations.CLOSE_IN_FLIGHT,
    fix={"then": "reads on"},
    fixed="The client reads on until the server's Close comes. This works here, in websockets and ws, not in browsers.",
)
async def close_in_flight(
    lab: Lab,
    *,
    then: Annotated[Literal["stops reading", "reads on"], "what the client's program does after its Close"] = (
        "stops reading"
    ),
    delay: Annotated[float, "seconds that the link takes each way"] = 0.1,
) -> None:
    """The client says Close while prices of the server are still on their way."""
    client = await lab.connect(await lab.link(await lab.serve(_prices), Delay(delay)))
    await client.recv()
    await client.recv()
    await client.close(1000, "enough")
    read = 0
    if then == "reads on":
        async for _ in client:
            read += 1
    client.note(f"The client's program reads {counted(read, 'message')} that came after its own Close.")
    await asyncio.sleep(2 * delay)


async def _prices(connection: Endpoint) -> None:
    """A price every 40 ms, as long as the connection is open."""
    number = 0
    while connection.state is State.OPEN:
        number += 1
        await connection.send(f"price {number}")
        await asyncio.sleep(0.04)


@scenario(
    "close-without-code",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The client's Close is empty. Which code does the server tell its program, and was it on the wire?",
    answers=answers.CLOSE_WITHOUT_CODE,
    explanation=explanations.CLOSE_WITHOUT_CODE,
    fix={"code": 1000},
    fixed="The client says 1000, and both logs say that the end was intended.",
)
async def close_without_code(
    lab: Lab,
    *,
    code: Annotated[
        int | None, "what the Close says: a code that may be sent (None: nothing)", (None, 1000, 1001, 4000)
    ] = None,
) -> None:
    """The client sends a Close with nothing in it, and both sides believe a code that nobody sent."""
    client = await lab.connect(await lab.serve(echo))
    await client.send("see you")
    await client.recv()
    await client.close(code)


class _Cause(NamedTuple):
    """What the client sends, and the reason with which the server's program closes (None: the protocol does it)."""

    said: Frame
    reason: str | None = None


CAUSES: Mapping[int, _Cause] = MappingProxyType(
    {
        1000: _Cause(Frame.text("that was my last question"), "you are welcome"),
        1001: _Cause(Frame.text("hello"), "this server goes down for the night"),
        1002: _Cause(Frame(0x3, b"an opcode that nobody has defined")),
        1003: _Cause(Frame.binary(b"\x89PNG"), "this program reads text only"),
        1007: _Cause(Frame(Opcode.TEXT, "grüße".encode("latin-1"))),
        1008: _Cause(Frame.text("delete all"), "you may not do that"),
        1009: _Cause(Frame.text("a" * 2000)),
        1010: _Cause(Frame.text("hello"), "I need permessage-deflate"),
        1011: _Cause(Frame.text("1/0"), "the handler raised an error"),
        1012: _Cause(Frame.text("hello"), "a new version starts"),
        1013: _Cause(Frame.text("hello"), "too many users: try again in a minute"),
        1014: _Cause(Frame.text("hello"), "the server behind this gateway answered with garbage"),
        3000: _Cause(Frame.text("my token is abc"), "not authorised"),
        4000: _Cause(Frame.text("it is ada again"), "you signed in elsewhere"),
    }
)
"""Codes that may be sent, and what makes a peer send each."""


@scenario(
    "close-code",
    group=GROUP,
    topic=Topic.CLOSED,
    question="Who sends this code, why, and is it of any use to try again?",
    answers=answers.CLOSE_CODE,
    explanation=explanations.CLOSE_CODE,
    fix={},
    fixed="There is nothing to fix: each code is what a careful peer sends in this case.",
)
async def close_code(
    lab: Lab,
    *,
    code: Annotated[
        Literal[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4000],
        "the code that one side has reason to send",
    ] = 1008,
) -> None:
    """One side has a reason to end the connection, and its Close says which."""
    said, reason = CAUSES[code]

    async def judge(connection: Endpoint) -> None:
        async for _ in connection:
            await connection.close_quietly(code, reason or "")

    server = await lab.serve(judge, max_message=1000, deflate=None)
    client = await lab.connect(server, deflate=Deflate() if code == 1010 else None)
    if code == 1010:
        await client.close(code, reason or "")
    else:
        await client.send_frame(said)
    await client.wait_closed()


@scenario(
    "wrong-close-code",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The client sends a Close with code 1006. What does the server make of it, and which codes are like it?",
    answers=answers.WRONG_CLOSE_CODE,
    explanation=explanations.WRONG_CLOSE_CODE,
    fix={"code": 1000},
    fixed="With 1000 the server answers with the same code, and both sides believe it.",
)
async def wrong_close_code(
    lab: Lab,
    *,
    code: Annotated[
        Literal[0, 999, 1000, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535], "the code in the client's Close"
    ] = 1006,
) -> None:
    """The client sends a Close with a code that the server does not take, and the server fails the connection."""
    client = await lab.connect(await lab.serve(echo))
    if may_be_sent(code):
        await client.close(code, "bye")
    else:
        await client.send_frame(Frame(Opcode.CLOSE, code.to_bytes(2, "big") + b"bye"))
        await client.wait_closed()


@scenario(
    "killed",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The server's process is killed. Does the client notice, how soon, and which code does it believe?",
    answers=answers.KILLED,
    explanation=explanations.KILLED,
    fix={"signal": "SIGTERM"},
    fixed="The server catches SIGTERM and says Close with 1001 to all before it goes (§7.4.1).",
)
async def killed(
    lab: Lab,
    *,
    signal: Annotated[Literal["SIGKILL", "SIGTERM"], "how the process ends: only SIGTERM can be caught"] = "SIGKILL",
) -> None:
    """The server's process is killed, and its system ends TCP without a Close."""
    server = await lab.serve(echo)
    client = await lab.connect(server)
    await client.send("one")
    await client.recv()
    lab.tape.note(0, Role.SERVER, f"The server's process gets {signal}.")
    if signal == "SIGTERM":
        await server.close(1001, "shutting down")
    else:
        server.kill()
    await client.wait_closed()


@scenario(
    "hasty-reset",
    group=GROUP,
    topic=Topic.WRONG,
    question="The server has written the whole report before it cuts TCP. How much of it does the client get?",
    answers=answers.HASTY_RESET,
    explanation=explanations.HASTY_RESET,
    fix={"how": "close"},
    fixed="The Close travels behind the report, and TCP ends when the client's answer is there: nothing is lost.",
)
async def hasty_reset(
    lab: Lab,
    *,
    how: Annotated[Literal["rst", "close"], "how the server ends: cuts TCP at once, or says Close"] = "rst",
    pages: Annotated[int, "messages of 10 kB that the report has", range(1, 1001)] = 20,
) -> None:
    """The server sends a report and cuts TCP at once, and the end of the report never arrives."""

    async def report(connection: Endpoint) -> None:
        for number in range(1, pages + 1):
            await connection.send(f"page {number} ".ljust(10_000, "."))
        connection.note(f"The server's program has sent {counted(pages, 'page')}.")
        if how == "rst":
            connection.abort()

    client = await lab.connect(await lab.link(await lab.serve(report), Delay(0.1)))
    got = 0
    with suppress(ConnectionClosed):
        async for _ in client:
            got += 1
    client.note(f"The client's program has got {counted(got, 'page')}.")
    await asyncio.sleep(0.2)


@scenario(
    "close-unanswered",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The server computes for a minute and reads nothing. How long does the client's `close()` take?",
    answers=answers.CLOSE_UNANSWERED,
    explanation=explanations.CLOSE_UNANSWERED,
    fix={"busy": 0.0},
    fixed="The server computes in a thread, so its loop reads on and answers at once.",
)
async def close_unanswered(
    lab: Lab,
    *,
    busy: Annotated[float, "seconds for which the server does nothing else"] = 60.0,
    timeout: Annotated[float, "seconds that the client waits for the answer to its Close"] = 10.0,
) -> None:
    """The client says Close to a server that is busy, waits in vain, and cuts TCP."""
    server = await lab.serve(echo)
    client = await lab.connect(server)
    await client.send("one")
    await client.recv()
    async with asyncio.TaskGroup() as both:
        both.create_task(lab.block(server, busy))
        both.create_task(client.close_quietly(1000, "done", timeout=timeout))


@scenario(
    "close-answer-lost",
    group=GROUP,
    topic=Topic.CLOSED,
    question="The server's Close is lost on its way to the client. Which code does each side believe in the end?",
    answers=answers.CLOSE_ANSWER_LOST,
    explanation=explanations.CLOSE_ANSWER_LOST,
    fix={},
    fixed="There is nothing to fix: a limit on the wait is all that can be done.",
)
async def close_answer_lost(
    lab: Lab,
    *,
    timeout: Annotated[float, "seconds that the client waits for the answer to its Close", AtLeast(0.1)] = 5.0,
) -> None:
    """The client says Close, the path swallows the answer, and the two sides believe different codes."""
    server = await lab.serve(echo)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    link.faults = (Silence(of=Role.SERVER),)
    await client.close_quietly(1000, "done", timeout=timeout)
    await asyncio.sleep(lab.timeout)
