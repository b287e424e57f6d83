"""Access: who may come in, for how long, and what a browser refuses before a byte leaves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Server
from wslab.protocol import CloseCode, HandshakeRequest
from wslab.scenarios.answers import openings as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun

GROUP = "Access"


def _of_token_expires(run: PlayedRun) -> Explanation:
    if run["at_expiry"] == "close":
        return Explanation(
            what="At {lifetime} s the server closes with 3000. The client gets a new token and connects again.",
            why=(
                "The server looks at the clock as well as at the token. 3000 is registered with IANA as “Unauthorized” "
                "(§7.4.2, §11.7), so the client knows that it needs a new token and not another try."
            ),
            knows="Both sides of connection 1 believe {client}. Connection 2 has the new token: {client2}.",
            code=(
                "`await asyncio.sleep(expires - now); await ws.close(3000, 'token expired')`; on 3000 renew, then "
                "connect."
            ),
        )
    return Explanation(
        what=(
            "The token expires after {lifetime} s, and the news goes on. When the server restarts, the client comes "
            "back with the old token and is refused with 401, three times."
        ),
        why=(
            "Over HTTP a server can check a token at each request. A WebSocket has one request, its handshake "
            "(§4.1), and a connection can outlive its token. Afterwards the client does not see what is wrong: a "
            "script in a browser gets 1006 for a refused handshake, and never the 401."
        ),
        knows=(
            "In the end the client of connection 1 believes {client}, the server {server}. The later ones were never "
            "open: {client4}."
        ),
        code=(
            "In the handler, `await ws.close(3000, 'token expired')` when the time has come, and check rights at each "
            "message. In the client, renew the token before the reconnect, and do not repeat a 401."
        ),
    )


@scenario(
    "token-expires",
    group=GROUP,
    topic=Topic.REFUSED,
    question="The login was checked at the handshake and expires after an hour. What does the user get after that?",
    answers=answers.TOKEN_EXPIRES,
    explanation=_of_token_expires,
    fix={"at_expiry": "close"},
    fixed="The server closes with 3000 when the token expires; the client renews it and is back at once.",
)
async def token_expires(
    lab: Lab,
    *,
    at_expiry: Annotated[Literal["nothing", "close"], "what the server does when the token expires"] = "nothing",
    lifetime: Annotated[int, "seconds for which a token is valid", range(2, 86_401)] = 3600,
) -> None:
    """A token expires while its connection is open: the news goes on, and later the client is locked out."""
    issued: dict[str, float] = {"token-1": lab.now}

    def check(request: HandshakeRequest) -> tuple[int, str] | None:
        token = (request.header("Authorization") or "").removeprefix("Bearer ")
        valid = lab.now < issued.get(token, -lifetime) + lifetime
        return None if valid else (401, "This token has expired.")

    async def news(connection: Endpoint) -> None:
        for number in (1, 2, 3):
            await asyncio.sleep(lifetime / 2)
            if number == 2:
                connection.note("The client's token expires.")
                if at_expiry == "close":
                    await connection.close(3000, "token expired")
                    return
            await connection.send(f"news {number}")
        await connection.wait_closed()

    server = await lab.serve(news, on_request=check)
    client = await lab.connect(server, headers=[("Authorization", "Bearer token-1")])
    if at_expiry == "close":
        await _until_closed(client)
        issued["token-2"] = lab.now
        client = await lab.connect(server, headers=[("Authorization", "Bearer token-2")])
        client.note("The client has a new token.")
        await client.recv(timeout=lifetime)
        return
    for _ in range(3):
        await client.recv(timeout=lifetime)
    await server.connections[0].close(CloseCode.SERVICE_RESTART, "the server restarts")
    for seconds in (1, 2, 4):
        await asyncio.sleep(seconds)
        with suppress(HandshakeRefused):
            await lab.connect(server, headers=[("Authorization", "Bearer token-1")])


async def _until_closed(client: Endpoint) -> None:
    with suppress(ConnectionClosed):
        while True:
            await client.recv(timeout=86_400)


_TOKEN = "s3cr3t-of-ada"  # noqa: S105  a story's token


def _of_token_in_url(run: PlayedRun) -> Explanation:
    where = str(run["where"])
    if where == "query":
        return Explanation(
            what=(
                "The token is in the access log. A stranger who reads the log connects with it, and the server takes "
                "the stranger for Ada."
            ),
            why=(
                "A script in a browser sets no header of a handshake but Sec-WebSocket-Protocol, so the token went "
                "into the query of the URL (§3). Proxies and servers write the target of each request into their logs. "
                "TLS does not help: it ends at the machine that writes the log."
            ),
            knows="The server takes connection 2 for Ada's, too, and believes {server2}. Ada's client believes "
            "{client}, and knows nothing of the other.",
            code=(
                "Let a request with a cookie fetch a ticket for one use, and connect with `?ticket=...`; or send the "
                "token as the first message, with a time limit. Keep `Sec-WebSocket-Protocol` and queries "
                "out of logs."
            ),
        )
    if where == "ticket":
        return Explanation(
            what="A ticket stands in the log. It has been used, and the reader of the log is refused with 401.",
            why=(
                "The server forgets a ticket when it takes it. What the log shows is used up, so the answer is 401 "
                "(§4.2.2)."
            ),
            knows="Ada's client believes {client}. The stranger has no WebSocket: {client2}.",
            code=(
                "`tickets.pop(ticket, None)`: taking and forgetting are one step, and a ticket lives for seconds only."
            ),
        )
    return Explanation(
        what="The access log has the target only. A stranger who reads it finds no token and does not get in.",
        why=_WHY_UNSEEN[where],
        knows="Ada's client believes {client}, the server {server}. The stranger believes {client2}.",
        code=_HOW_UNSEEN[where],
    )


_WHY_UNSEEN = {
    "cookie": "A browser sends the cookie by itself. That is also the danger: check the Origin, too (§10.2).",
    "subprotocol": (
        "Sec-WebSocket-Protocol is a header that a script can set. It was not made for secrets, and some logs have "
        "headers; and the server may answer with one that was offered and with no other (§4.2.2)."
    ),
    "first message": (
        "The token travels in a message, after the handshake (§4.2.2). Until it has come, the server does nothing "
        "for this connection."
    ),
}
_HOW_UNSEEN = {
    "cookie": "`Set-Cookie: ...; Secure; HttpOnly; SameSite=Lax`, and `origins=[...]` at the server.",
    "subprotocol": "`new WebSocket(url, ['news', 'token.' + token])`; the server answers `news`.",
    "first message": "`token = await ws.recv(timeout=5)` first of all; without it, close with 1008.",
}


@scenario(
    "token-in-url",
    group=GROUP,
    topic=Topic.CODE,
    question="A page puts the user's token into the URL of its WebSocket. Who can read it?",
    answers=answers.TOKEN_IN_URL,
    explanation=_of_token_in_url,
    fix={"where": "ticket"},
    fixed="A ticket for one use stands in the URL: when the log is read, it is worth nothing.",
)
async def token_in_url(
    lab: Lab,
    *,
    where: Annotated[
        Literal["query", "cookie", "subprotocol", "first message", "ticket"], "where the client puts the token"
    ] = "query",
) -> None:
    """A token is put into the URL, the access log has it, and a reader of the log comes in with it."""
    tickets = {"once-4711"}
    log: list[str] = []

    def check(request: HandshakeRequest) -> tuple[int, str] | None:
        log.append(f"GET {request.target}")
        return None if _may_enter(request, where, tickets) else (401, "Log in first.")

    async def hello(connection: Endpoint) -> None:
        try:
            if where == "first message" and await connection.recv(timeout=5) != _TOKEN:
                await connection.close(CloseCode.POLICY_VIOLATION, "log in first")
        except TimeoutError:
            await connection.close(CloseCode.POLICY_VIOLATION, "log in first")
        await connection.send("hello, Ada")
        await connection.wait_closed()

    server = await lab.serve(hello, on_request=check, subprotocols=["news"])
    await _ada(lab, server, where)
    lab.tape.note(0, None, f"The access log: {log[0]}")
    await asyncio.sleep(60)
    await _reader_of_the_log(lab, server, log[0])


def _may_enter(request: HandshakeRequest, where: str, tickets: set[str]) -> bool:
    """Whether the request carries what this server asks for; a ticket is taken at once."""
    _, _, query = request.target.partition("?")
    if where == "ticket":
        ticket = query.removeprefix("ticket=")
        taken = ticket in tickets
        tickets.discard(ticket)
        return taken
    return {
        "query": query == f"token={_TOKEN}",
        "cookie": request.header("Cookie") == f"session={_TOKEN}",
        "subprotocol": f"token.{_TOKEN}" in request.subprotocols,
        "first message": True,
    }[where]


async def _ada(lab: Lab, server: Server, where: str) -> None:
    target = {"query": f"news?token={_TOKEN}", "ticket": "news?ticket=once-4711"}.get(where, "news")
    client = await lab.connect(
        f"{server.url}{target}",
        headers=[("Cookie", f"session={_TOKEN}")] if where == "cookie" else [],
        subprotocols=["news", f"token.{_TOKEN}"] if where == "subprotocol" else ["news"],
    )
    client.note("This is Ada.")
    if where == "first message":
        await client.send(_TOKEN)
    await client.recv()


async def _reader_of_the_log(lab: Lab, server: Server, line: str) -> None:
    """A stranger who has nothing but the line of the log."""
    with suppress(HandshakeRefused, ConnectionClosed):
        client = await lab.connect(f"{server.url}{line.removeprefix('GET /')}", subprotocols=["news"])
        client.note("This is a stranger, with the target that is in the log.")
        await client.recv()


_REFUSALS = {
    "mixed content": "The page https://shop.example asks for ws://api.shop.example: mixed content",
    "content policy": (
        "The page has `Content-Security-Policy: connect-src 'self'`, and api.shop.example is another host"
    ),
    "local network": (
        "The public page https://shop.example asks for ws://127.0.0.1: Local Network Access, no permission"
    ),
}
_TOLD = {
    "mixed content": ", and so does the message of that error",
    "content policy": ", and the event `securitypolicyviolation` tells the page",
}
_NOTED = {
    "mixed content": "In Chromium `new WebSocket` raises SecurityError: the page has no socket, and no code.",
    "content policy": "The page gets an `error` event; in Chromium no `close` event comes behind it, and so no code.",
    "local network": "The page gets an `error` event, and 1006.",
}
_TO_THE_PAGE = {
    "mixed content": "In Chromium `new WebSocket` raises `SecurityError`: the page has no socket, event or code.",
    "content policy": (
        "In Chromium the page gets an `error` event without a reason, and no `close` event behind it: no code."
    ),
    "local network": "The page gets an `error` event without a reason, and a `close` event with that code.",
}
_CURES = {
    "mixed content": (
        "Serve wss:// and use `new WebSocket('wss://...')`: an https:// page may not open ws:// to another machine."
    ),
    "content policy": "Name the server in the policy: `connect-src 'self' wss://api.shop.example`.",
    "local network": (
        "Ask the user: Chromium 147 and newer show a permission for the local network (`navigator.permissions`). Or "
        "serve the page from this machine, too."
    ),
}


def _of_browser_says_no(run: PlayedRun) -> Explanation:
    reason = str(run["reason"])
    if reason == "none":
        return Explanation(
            what="The browser lets the page connect, and the connection opens.",
            why="The page is secure and so is the URL (§3), the policy names the host, and the address is public.",
            knows="The client believes {client}, the server {server}.",
            code="`new WebSocket('wss://api.shop.example/')`, and a policy with `connect-src wss://api.shop.example`.",
            limits=_NO_BROWSER,
        )
    return Explanation(
        what="The browser refuses and sends no request, so the server has no line in any log.",
        why=(
            f"{_REFUSALS[reason]}. These rules are the browser's, not RFC 6455's. The WHATWG's standard has an `error` "
            "event for it, and then a `close` event with 1006."
        ),
        knows=(
            f"{_TO_THE_PAGE[reason]} The server knows nothing. The browser's console says why in one sentence"
            f"{_TOLD.get(reason, '')}."
        ),
        code=_CURES[reason],
        limits=_NO_BROWSER,
    )


_NO_BROWSER = (
    "No browser takes part. The notes say what Chromium does; in the fixed variant the lab's client connects in its "
    "place."
)


@scenario(
    "browser-says-no",
    group=GROUP,
    topic=Topic.REFUSED,
    question="A page cannot connect, and the server has seen no request. Who refused?",
    answers=answers.BROWSER_SAYS_NO,
    explanation=_of_browser_says_no,
    fix={"reason": "none"},
    fixed="wss://, a policy that names the host, a public address: the browser lets the page connect.",
)
async def browser_says_no(
    lab: Lab,
    *,
    reason: Annotated[
        Literal["mixed content", "content policy", "local network", "none"], "why the browser refuses"
    ] = "mixed content",
) -> None:
    """A browser refuses to open a page's WebSocket before it sends a request, and the server learns nothing of it."""

    async def hello(connection: Endpoint) -> None:
        await connection.send("hello")
        await connection.wait_closed()

    server = await lab.serve(hello)
    if reason != "none":
        lab.tape.note(0, None, f"{_REFUSALS[reason]}. The browser refuses, and sends no request.")
        await asyncio.sleep(1)
        lab.tape.note(0, None, f"The server has seen no request. {_NOTED[reason]}")
        return
    client = await lab.connect(server, origin="https://shop.example")
    await client.recv()
