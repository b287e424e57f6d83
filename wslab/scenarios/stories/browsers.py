"""Browsers: timers that sleep, machines that wake up, and the way over HTTP/2."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab, Link, echo
from wslab.lab.faults.ending import IdleTimer
from wslab.protocol import CloseCode, Opcode
from wslab.scenarios.answers import services as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun

GROUP = "Browsers"


_HIDDEN = 60  # seconds after which the user opens another tab
_A_MODEL_TAB = (
    "The page is played by a client whose timer slows down as soon as the tab is hidden. In Chromium that takes a "
    "minute more, and five for a page that is still loading."
)
_ASKED_BY_THE_SERVER = Explanation(
    what="The tab is hidden, its timers are slow, and the connection stays: the browser answers each Ping.",
    why=(
        "A Pong is the browser's work, not the script's (§5.5.2). No timer of the page is needed, so no "
        "throttling reaches it."
    ),
    knows="The client believes {client}, the server {server}.",
    code=(
        "`ping_interval=20` at the server, and no heartbeat in the page. A page that has to know when it is "
        "shown again listens to `visibilitychange`."
    ),
    limits=_A_MODEL_TAB,
)
_SLOW_ENOUGH = Explanation(
    what="The tab is hidden, its heartbeats come once a minute, and the server, which waits {limit} s, is "
    "content with that.",
    why="A limit above the slowest timer of a hidden page lets its heartbeats come in time. A frozen page "
    "sends none at all. No section has a number for it (§7.4.1 has no code for it either).",
    knows="The client believes {client}, the server {server}. A user who is really gone stays for {limit} s.",
    code="`ping_interval=20` at the server finds that out sooner, and needs no timer of the page.",
    limits=_A_MODEL_TAB,
)
_TOO_SHORT = Explanation(
    what="The page sends a heartbeat every 20 s. The server waits {limit} s only, and ends the connection "
    "before the tab is hidden.",
    why="A limit has to be longer than the time between two heartbeats, and than the path's worst delay. 1008 "
    "is this server's choice: §7.4.1 has no code for it.",
    knows="The server believes {server}. The client believes {client}, and is there.",
    code="`await connection.recv(timeout=45)` for a heartbeat every 20 s; or `ping_interval=20` at the server.",
    limits=_A_MODEL_TAB,
)
_THROTTLED = Explanation(
    what=(
        "The tab is hidden after a minute, its heartbeats come once a minute, and the server ends the connection "
        "after {limit} s without one."
    ),
    why=(
        "Browsers slow down the timers of hidden pages: Chromium to once a minute after a minute, and a "
        "frozen page runs none. The network and the page are well; only `setInterval` is late. 1008 "
        "is this server's choice: §7.4.1 has no code for it."
    ),
    knows=(
        "The server believes {server} and that the user has left. The client believes {client}: its `close` "
        "event comes at once, but the user sees it only when back in the tab."
    ),
    code=(
        "Let the server ask: `ping_interval=20`. The browser answers Pings by itself, in a hidden tab, too. Where "
        "the page must beat, allow for more than a minute, or beat from a worker."
    ),
    limits=_A_MODEL_TAB,
)


def _of_background_tab(run: PlayedRun) -> Explanation:
    if run["asks"] == "the server":
        return _ASKED_BY_THE_SERVER
    if run.is_open("server"):
        return _SLOW_ENOUGH
    return _TOO_SHORT if run.tape.frames(Opcode.CLOSE, "server")[0].time < _HIDDEN else _THROTTLED


@scenario(
    "background-tab",
    group=GROUP,
    topic=Topic.CLOSED,
    question="A page sends a heartbeat every 20 s. The user looks at another tab. What does the server do?",
    answers=answers.BACKGROUND_TAB,
    explanation=_of_background_tab,
    fix={"asks": "the server"},
    fixed="The server sends Pings, and the browser answers them without the page: no timer is throttled.",
)
async def background_tab(
    lab: Lab,
    *,
    asks: Annotated[Literal["the page", "the server"], "who sends the heartbeat"] = "the page",
    limit: Annotated[float, "seconds without a heartbeat after which the server ends the connection"] = 45.0,
) -> None:
    """A page's own heartbeat slows down in a hidden tab, and the server ends a connection that is well."""

    async def wait_for_beats(connection: Endpoint) -> None:
        try:
            while asks == "the page":
                await connection.recv(timeout=limit)
            await connection.wait_closed()
        except TimeoutError:
            await connection.close(CloseCode.POLICY_VIOLATION, f"no heartbeat for {limit:g} s")

    server = await lab.serve(wait_for_beats, ping_interval=20 if asks == "the server" else None)
    page = await lab.connect(server)
    with suppress(ConnectionClosed):
        for second in range(20, 301, 20):
            await asyncio.sleep(20)
            if second == _HIDDEN:
                page.note("The user opens another tab: from now on the page's timers run once a minute.")
            if asks == "the page" and (second <= _HIDDEN or second % 60 == 0):
                await page.send("beat")


def _of_wake_up(run: PlayedRun) -> Explanation:
    if run["on_resume"] == "ask first":
        return Explanation(
            what="The page asks before it sends, gets no answer, and connects again. The mail goes over connection 2.",
            why=(
                "A question with a short limit tells a dead connection from a living one before anything is lost. "
                "`send` alone cannot: the protocol has no acknowledgement (§1.5)."
            ),
            knows="Connection 1: the client believes {client}, the server {server}. Connection 2: {client2}.",
            code=_RESUME,
            limits=_A_MODEL_NAT,
        )
    return Explanation(
        what="After {asleep} s the lid opens. The mail is sent without an error, and the server never reads it.",
        why=(
            "While the machine slept, a router forgot the connection. `send` only hands the bytes to TCP, which takes "
            "them. The page's timers stood still, too. Whether one that was due fires at once or goes on where it was "
            "depends on the system's clock; and the wall clock has jumped: a heartbeat that reads it sees {asleep} "
            "lost seconds, one that counts its own ticks sees none. 1006 comes with the RST (§7.1.5), after the mail "
            "is gone."
        ),
        knows="The client believes {client}, the server {server}: it has not heard of any end.",
        code=_RESUME,
        limits=_A_MODEL_NAT,
    )


_RESUME = (
    "On `resume`, `online`, `visibilitychange` and `pageshow` ask at once: a message with an answer, limit 2 s; if "
    "none comes, reconnect. Keep each message until its answer is there. The server: `ping_interval=20`."
)
_A_MODEL_NAT = (
    "The router is one that answers with RST; many are silent instead, and then the end shows only after minutes."
)


@scenario(
    "wake-up",
    group=GROUP,
    topic=Topic.GONE,
    question="The lid opens after twenty minutes, and the socket says OPEN. Does mail that is sent now arrive?",
    answers=answers.WAKE_UP,
    explanation=_of_wake_up,
    fix={"on_resume": "ask first"},
    fixed="The page first asks, with a limit of 2 s, then connects again and sends the mail there.",
)
async def wake_up(
    lab: Lab,
    *,
    on_resume: Annotated[Literal["send", "ask first"], "what the page does when the machine wakes up"] = "send",
    asleep: Annotated[int, "seconds that the machine sleeps", range(301, 86_401)] = 1200,
) -> None:
    """A laptop wakes up, its connection has been forgotten by a router, and the first message is lost."""
    read: list[str] = []

    async def inbox(connection: Endpoint) -> None:
        async for text in connection:
            read.append(str(text))
            await connection.send("ok")

    link = await lab.link(await lab.serve(inbox), IdleTimer(300, how="forget"))
    page = await lab.connect(link)
    page.note("The lid closes: this machine sends nothing and answers nothing.")
    await asyncio.sleep(asleep)
    page.note("The lid opens: the page's timers run again, and `readyState` is OPEN.")
    if on_resume == "ask first":
        page = await _asked(lab, link, page)
    with suppress(ConnectionClosed, TimeoutError):
        await page.send("the mail")
        await page.recv(timeout=10)
    lab.tape.note(0, None, f"The server has read: {', '.join(read) or 'nothing'}.")


async def _asked(lab: Lab, link: Link, page: Endpoint) -> Endpoint:
    """The connection if it answers within 2 s, else a new one."""
    try:
        await page.send("there?")
        await page.recv(timeout=2)
    except (ConnectionClosed, TimeoutError):
        page.abort()
        page = await lab.connect(link)
        page.note("No answer came, so the page has a new connection.")
    return page


def _of_over_http2(run: PlayedRun) -> Explanation:
    if run["router"] == "knows CONNECT":
        return Explanation(
            what="The browser sends CONNECT with `:protocol websocket`, gets 200, and frames travel in a stream.",
            why=(
                "HTTP/2 has no Upgrade. RFC 8441 opens a WebSocket in one stream of the connection: no key, no accept "
                "value, 200 instead of 101. The frames are those of RFC 6455, masked as always (§5.3)."
            ),
            knows="The client believes {client}, the server {server}.",
            code=_H2_CODE,
            limits=_H2_LIMITS,
        )
    return Explanation(
        what=(
            "The browser's CONNECT is refused with 405, the page gets 1006, and the server behind the router sees "
            "nothing."
        ),
        why=(
            "The site announced SETTINGS_ENABLE_CONNECT_PROTOCOL, so the browser opens the WebSocket over HTTP/2 (RFC "
            "8441 §3). Its router knows GET and POST only: “method not allowed”. Without that setting the browser "
            "would have opened a connection with HTTP/1.1, and all would be well."
        ),
        knows="The page knows that it is over, and nothing else (§7.1.5). The server knows nothing: its log is empty.",
        code=_H2_CODE,
        limits=_H2_LIMITS,
    )


_H2_CODE = (
    "Route the method CONNECT as well as GET, or do not announce it: `SETTINGS_ENABLE_CONNECT_PROTOCOL=0` "
    "(`allow_connect` in Envoy; uvicorn and nginx take WebSocket over HTTP/1.1 only). A client library needs RFC "
    "8441 to use it."
)
_H2_LIMITS = (
    "The lab speaks HTTP/1.1. HTTP/2 between browser and router stands in notes; what is on the tape is the router's "
    "own connection to the server. In HTTP/2 all streams share one TCP: when it ends, every WebSocket in it ends."
)


@scenario(
    "over-http2",
    group=GROUP,
    topic=Topic.REFUSED,
    question="The same page works over HTTP/1.1. Over HTTP/2 it gets 1006. What did the server get?",
    answers=answers.OVER_HTTP2,
    explanation=_of_over_http2,
    fix={"router": "knows CONNECT"},
    fixed="The router knows the extended CONNECT of RFC 8441: it answers 200, and the same frames travel in a stream.",
)
async def over_http2(
    lab: Lab,
    *,
    router: Annotated[
        Literal["answers 405", "knows CONNECT"], "what the site's router makes of the method CONNECT"
    ] = "answers 405",
) -> None:
    """A browser opens a WebSocket over HTTP/2 with CONNECT, and a router that only knows GET refuses it."""
    server = await lab.serve(echo)
    lab.tape.note(0, None, "HTTP/2, stream 5: `:method CONNECT`, `:protocol websocket`, `:path /chat`; no key.")
    await asyncio.sleep(0.05)
    if router == "answers 405":
        lab.tape.note(0, None, "HTTP/2, stream 5: `:status 405`. The page's `close` event says 1006.")
        return
    inside = await lab.connect(server)
    lab.tape.note(0, None, "HTTP/2, stream 5: `:status 200`. From here on DATA frames carry WebSocket frames.")
    await inside.send("the same frames")
    await inside.recv()
    await inside.close()
