"""Operations: proxies that look into the traffic, deploys, limits of age, and what many connections cost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.explain import counted
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Server, echo
from wslab.lab.faults.content import AlterHeader
from wslab.lab.faults.ending import MaxAge
from wslab.protocol import CloseCode, Opcode, Role
from wslab.protocol.deflate import Deflate
from wslab.scenarios.answers import fleets as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun
from wslab.scenarios.steps import read_all

GROUP = "Operations"


_PATHS = {
    "ws://": "A proxy that nobody asked reads what goes to port 80, and forwards it without Upgrade.",
    "wss://, passed through": (
        "CONNECT api.example:443: first 407, then with a login 200. The proxy passes TLS through."
    ),
    "wss://, inspected": "CONNECT is granted. The proxy answers TLS itself, with a certificate of its own.",
    "wss://, inspected and trusted": "The company's authority is trusted here, so the proxy reads what is inside TLS.",
}


_FOR_ONE_HOP = (AlterHeader("Upgrade", None, of=Role.CLIENT), AlterHeader("Connection", "close", of=Role.CLIENT))
"""A proxy that knows no WebSocket forwards neither, and writes a Connection of its own (RFC 9110 §7.6.1)."""

_PROXY_CODE = (
    "Use wss://, give the library the proxy (`connect(..., proxy='http://proxy:8080')`) and its login, and have the "
    "host exempted from inspection. Keep a way without WebSocket: long polling or SSE."
)
_PROXY_LIMITS = (
    "TLS and CONNECT stand in notes. What is on the tape is HTTP as the proxy forwards it, or as it travels inside TLS."
)
_PASSED_THROUGH = Explanation(
    what="The client asks the proxy with CONNECT, logs in after a 407, and its handshake arrives whole.",
    why="Inside TLS the proxy sees bytes and no headers, so it can remove none (§4.1 step 3, RFC 9110 §9.3.6).",
    knows="The client believes {client}, the server {server}.",
    code=_PROXY_CODE,
    limits=_PROXY_LIMITS,
)
_NOT_TRUSTED = Explanation(
    what="The client ends TLS before it sends its handshake: it does not know the authority that signed the "
    "certificate.",
    why=(
        "The proxy does not have the server's certificate and key, so it made a certificate. The client must not "
        "accept it (§4.1 step 5)."
    ),
    knows=(
        "The client knows a TLS error; a page in a browser knows only that no connection opened. The server "
        "knows nothing."
    ),
    code=(
        "Trust the company's authority in the program (`ssl.create_default_context(cafile=...)`), or ask for "
        "an exemption."
    ),
    limits=_PROXY_LIMITS,
)


_INTERCEPTED = (
    "A client that knows a proxy asks it with CONNECT, for ws:// too (§4.1 step 3); this one intercepts. Without TLS"
)


def _of_inspecting_proxy(run: PlayedRun) -> Explanation:
    path = str(run["path"])
    if path == "wss://, passed through":
        return _PASSED_THROUGH
    if path == "wss://, inspected":
        return _NOT_TRUSTED
    inside = "TLS ends at the proxy, so" if "inspected" in path else _INTERCEPTED
    return Explanation(
        what=(
            "The server gets a GET without Upgrade and answers 400; others answer 426, or 200 with a page. No "
            "WebSocket opens."
        ),
        why=(
            f"{inside} it sees the headers. `Upgrade` and `Connection` are for one hop (RFC 9110 §7.6.1, §7.8), and a "
            "proxy that knows no WebSocket does not forward them. The server then sees no opening handshake (§4.2.1)."
        ),
        knows=(
            "The client believes {client}: it knows the status. The server saw an ordinary request and believes "
            "{server}."
        ),
        code=_PROXY_CODE,
        limits=_PROXY_LIMITS,
    )


@scenario(
    "inspecting-proxy",
    group=GROUP,
    topic=Topic.REFUSED,
    question="In the office wss:// fails as ws:// does. TLS hides the headers from a proxy, so who removes Upgrade?",
    answers=answers.INSPECTING_PROXY,
    explanation=_of_inspecting_proxy,
    fix={"path": "wss://, passed through"},
    fixed="The host is exempted from inspection: the proxy passes TLS through and sees no header.",
)
async def inspecting_proxy(
    lab: Lab,
    *,
    path: Annotated[
        Literal["ws://", "wss://, passed through", "wss://, inspected", "wss://, inspected and trusted"],
        "how the client goes through the office's proxy",
    ] = "wss://, inspected and trusted",
) -> None:
    """An office proxy ends TLS to look inside, reads the handshake, and forwards it without Upgrade."""
    server = await lab.serve(echo)
    lab.tape.note(0, None, _PATHS[path])
    if path == "wss://, inspected":
        lab.tape.note(
            0, None, "The client does not know the authority, and ends TLS and TCP. It sent nothing inside TLS."
        )
        return
    strips = path != "wss://, passed through"
    link = await lab.link(server, *(_FOR_ONE_HOP if strips else ()))
    with suppress(HandshakeRefused):
        client = await lab.connect(link)
        await client.send("hello")
        await client.recv()
        await client.close()


_LATE_RENEWAL = Explanation(
    what="After {age} s the load balancer ends the connection, and the client's own {renew} s come too late. "
    "The client connects again.",
    why="A timer of the client's has to be shorter than the limit. No Close comes: 1006 (§7.1.5).",
    knows="Of connection 1 the client believes {client}, the server {server}. Connection 2: {client2}.",
    code="Learn the limit from the age of connections at their end, and renew at 90 % of it: `renew = 0.9 * limit`.",
)
_RENEWED = Explanation(
    what="At {renew} s the client opens a second connection, and closes the first one when that is open.",
    why=(
        "The client knows the limit and acts before it: the new connection is open before the old one ends, "
        "and the old one ends cleanly (§7.1.4)."
    ),
    knows="Connection 1 ended cleanly: the client believes {client}. Connection 2: {client2}.",
    code=(
        "A timer at 90 % of the limit, less a random part; open the next, subscribe, then `await "
        "old.close(1000)` (§7.1.2)."
    ),
)


def _of_age_limit(run: PlayedRun) -> Explanation:
    if run["renew"] is not None:
        return _LATE_RENEWAL if run.code("client") == 1006 else _RENEWED
    pongs = len(run.tape.frames(Opcode.PONG))
    answered = f"however well it is: {counted(pongs, 'Ping')} had an answer."
    return Explanation(
        what=f"After {{age}} s the connection ends, {answered if pongs else 'before the first Ping.'}",
        why=(
            "A load balancer or a gateway ends each connection at an age, busy or not: AWS API Gateway after two "
            "hours. (A proxy that is deployed ends them as well, but all at one moment.) A heartbeat cures an idle "
            "timer; it does nothing here. No Close comes from this one: 1006 (§7.1.5). A gateway that speaks "
            "WebSocket may send one, such as 1001."
        ),
        knows=(
            "The client believes {client}, the server {server}. Neither knows that it was a timer; only the equal "
            "ages show it."
        ),
        code=(
            "Log the age of each connection at its end, and how long nothing was sent before. If the age is always "
            "the same, it is a limit on age; if the quiet time is, an idle timer. Reconnect before it: a second "
            "connection at 90 % of the limit, then `close(1000)` of the "
            "first."
        ),
    )


@scenario(
    "age-limit",
    group=GROUP,
    topic=Topic.CLOSED,
    question="A Ping goes out every minute, and still each connection ends after an hour. What helps?",
    answers=answers.AGE_LIMIT,
    explanation=_of_age_limit,
    fix={"renew": 3240},
    fixed="The client opens its next connection before the limit, and closes the old one itself.",
)
async def age_limit(
    lab: Lab,
    *,
    age: Annotated[int, "seconds after which the load balancer ends a connection", range(1, 86_401)] = 3600,
    renew: Annotated[int | None, "seconds after which the client opens its next one (None: it does not)"] = None,
) -> None:
    """A load balancer ends each connection when it is an hour old, however busy it is."""

    async def news(connection: Endpoint) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(600)
                await connection.send("news")

    link = await lab.link(await lab.serve(news, ping_interval=60), MaxAge(age))
    client = await lab.connect(link)
    reading = asyncio.ensure_future(read_all(client))
    await asyncio.wait({reading}, timeout=renew)
    if renew is not None:
        successor = await lab.connect(link)
        late = "The old connection has ended already; this is the next one."
        successor.note(late if reading.done() else "The next connection is open; only now is the old one closed.")
        await client.close_quietly(CloseCode.NORMAL_CLOSURE)
    await reading


def _of_rolling_deploy(run: PlayedRun) -> Explanation:
    last = run.client(run.tape.connection_numbers[-1])
    if run["drain"]:
        return Explanation(
            what="No client is sent to a server that is about to end. Each client reconnects once, and they do so at "
            "different times.",
            why=(
                "The old servers leave the balancer first. Then each closes its connections one after another with "
                "1012, “service restart” (IANA registry, §11.7), and ends when it has none."
            ),
            knows=f"On its first connection the first client believes {{client}}, and its server {{server}}: all "
            f"know that it was a restart. On the last connection the client believes {last}.",
            code=_DEPLOY_CODE,
        )
    return Explanation(
        what=(
            "Three servers restart one after another, and a client can land on the next one to end: then it "
            "reconnects again, up to three times."
        ),
        why=(
            "The balancer still sends clients to servers that are about to end. Each server closes all at once, so its "
            "clients come back in the same second (§7.2.3 asks for a random delay after an abnormal end, and it helps "
            "after any). A client that does not answer the Close within the grace period is cut: 1006."
        ),
        knows=f"On its first connection the first client believes {{client}}, and its server {{server}}. In the end "
        f"all are back: the last believes {last}.",
        code=_DEPLOY_CODE,
    )


_DEPLOY_CODE = (
    "On SIGTERM: readiness off; wait until the balancer has noticed (deregistration delay); then `close(1012)` to a "
    "few connections at a time, over the grace period (`terminationGracePeriodSeconds`). New servers start first."
)


@scenario(
    "rolling-deploy",
    group=GROUP,
    topic=Topic.MANY,
    question="Three servers restart one after another. How often does a client have to reconnect?",
    answers=answers.ROLLING_DEPLOY,
    explanation=_of_rolling_deploy,
    fix={"drain": True},
    fixed="Old servers leave the balancer before they close anything: every client reconnects once, to a new one.",
)
async def rolling_deploy(
    lab: Lab,
    *,
    drain: Annotated[bool, "whether an old server leaves the balancer before it closes its connections"] = False,
    clients: Annotated[int, "how many are connected", range(1, 31)] = 6,
) -> None:
    """Three servers are replaced one after another, and clients of each land on the next one that ends."""
    old = [await lab.serve(echo) for _ in range(3)]
    new = [await lab.serve(echo) for _ in range(3)]
    ready = list(old)
    connects = [0] * clients

    async def stay(number: int) -> None:
        while True:
            connection = await lab.connect(ready[number % len(ready)])
            connects[number] += 1
            await read_all(connection)
            await connection.wait_closed()
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        users = [group.create_task(stay(number)) for number in range(clients)]
        await asyncio.sleep(10)
        await (_drained(old, new, ready) if drain else _one_by_one(old, new, ready))
        await asyncio.sleep(10)
        for user in users:
            user.cancel()
    most, every = counted(max(connects), "time"), counted(sum(connects), "connection")
    lab.tape.note(0, None, f"A client connected {most} at most; {every} in all.")


async def _one_by_one(old: list[Server], new: list[Server], ready: list[Server]) -> None:
    """Each in its turn closes all its connections at once; a new one takes its place in the end of the list."""
    for server, successor in zip(old, new, strict=True):
        ready.remove(server)
        await server.close(CloseCode.SERVICE_RESTART, "deploy")
        await asyncio.sleep(20)
        ready.append(successor)


async def _drained(old: list[Server], new: list[Server], ready: list[Server]) -> None:
    """The new ones take over at the balancer; then the old ones close their connections one at a time."""
    ready[:] = new
    await asyncio.sleep(5)
    for server in old:
        for connection in server.connections:
            await connection.close_quietly(CloseCode.SERVICE_RESTART, "deploy")
            await asyncio.sleep(2)
        await server.close(CloseCode.SERVICE_RESTART, "deploy")


_KIB = 1024


def window_memory(agreed: Deflate | None) -> int:
    """Bytes that zlib holds at one side of an idle connection, by the formulas of zlib's own documentation.

    Deflating takes 2 ** (window + 2) bytes and 2 ** 17 for its tables, inflating 2 ** window and about 7 KiB. Without
    context takeover neither has to be kept between two messages (RFC 7692 §7.1.1).
    """
    if agreed is None:
        return 0
    deflating = 0 if agreed.server_no_context_takeover else (1 << agreed.server_max_window_bits + 2) + (1 << 17)
    inflating = 0 if agreed.client_no_context_takeover else (1 << agreed.client_max_window_bits) + 7 * _KIB
    return deflating + inflating


_WINDOWS = (
    "With context takeover a message may refer to the one before it, so both sides keep their windows as long as the "
    "connection lives: 256 KiB to deflate, some 40 KiB to inflate with zlib's defaults (RFC 7692 §7.1.1, §7.1.2). "
    "Small messages gain most from it; an idle connection gains nothing."
)


def _of_deflate_memory(run: PlayedRun) -> Explanation:
    why = _WINDOWS
    if run["context_takeover"]:
        what = "The server has {clients:idle connection}, each counted with two windows: about 300 KiB at the server."
    else:
        what = "The server has {clients:idle connection}, and no window: here both are given back after each message."
        why = f"Without context takeover each message is compressed by itself (RFC 7692 §7.1.1). {_WINDOWS}"
    return Explanation(
        what=what,
        why=why,
        knows="Neither side knows what the other holds. The first client believes {client}, its server {server}.",
        code=(
            "`Deflate(server_no_context_takeover=True, client_no_context_takeover=True)`, or "
            "`server_max_window_bits=10`; in `websockets` `ServerPerMessageDeflateFactory(...)`; in ws "
            "`perMessageDeflate: {{serverMaxWindowBits: 10}}` or `false`, for ws keeps its memory even without context "
            "takeover."
        ),
        limits=(
            "The figure is computed with zlib's documented formulas from what was negotiated, as if a message had gone "
            "each way. Here none did. websockets takes the memory with the handshake, wslab and ws with the first "
            "message of each direction."
        ),
    )


@scenario(
    "deflate-memory",
    group=GROUP,
    topic=Topic.SLOW,
    question="Many idle connections agree on compression. How much memory does a server hold for each?",
    answers=answers.DEFLATE_MEMORY,
    explanation=_of_deflate_memory,
    fix={"context_takeover": False},
    fixed="Without context takeover no window has to be kept between messages: here an idle connection costs nothing.",
)
async def deflate_memory(
    lab: Lab,
    *,
    context_takeover: Annotated[bool, "whether a message may refer to the one before it"] = True,
    clients: Annotated[int, "how many connect and then do nothing", range(1, 1001)] = 100,
) -> None:
    """Idle connections that agreed on compression keep their windows, and the server's memory goes into them."""
    offer = Deflate(server_no_context_takeover=not context_takeover, client_no_context_takeover=not context_takeover)
    server = await lab.serve(echo, deflate=offer)
    for _ in range(clients):
        await lab.connect(server, deflate=offer)
    held = sum(window_memory(offer if each.response.extensions else None) for each in server.connections)
    idle = counted(clients, "idle connection")
    lab.tape.note(0, None, f"{idle}: the server holds {held // _KIB:,} KiB for their windows.")
