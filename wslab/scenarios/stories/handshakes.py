"""Openings that go wrong: refused, stripped, swallowed, misread, or granted without a look at the origin."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

from wslab.lab import Endpoint, HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate
from wslab.lab.faults.presets import PRESETS
from wslab.lab.faults.timing import Coalesce
from wslab.protocol import HandshakeRequest, Role
from wslab.scenarios.answers import openings as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import AtLeast, scenario
from wslab.scenarios.explanations import handshakes as explanations

if TYPE_CHECKING:
    import ssl

GROUP = "Openings"

_SPOILED: dict[int, Fault] = {
    400: AlterHeader("Sec-WebSocket-Key", of=Role.CLIENT),
    426: AlterHeader("Sec-WebSocket-Version", "8", of=Role.CLIENT),
}


@scenario(
    "handshake-refused",
    group=GROUP,
    topic=Topic.REFUSED,
    question="The server answers the opening handshake with another status than 101. What does each side believe then?",
    answers=answers.HANDSHAKE_REFUSED,
    explanation=explanations.HANDSHAKE_REFUSED,
    fix={"status": 101},
    fixed="The same client brings all that the server asks for, and gets 101 and its answer.",
)
async def handshake_refused(
    lab: Lab,
    *,
    status: Annotated[Literal[400, 401, 403, 426, 503, 101], "what the server answers"] = 403,
) -> None:
    """The client asks to upgrade, and the server says no with an HTTP status and a sentence."""

    def doorkeeper(request: HandshakeRequest) -> tuple[int, str] | None:
        if request.header("Authorization") is None:
            return 401, "Say who you are: send a token in the Authorization header."
        if status == 503:
            return 503, "Every place is taken: come back in a minute."
        return None

    server = await lab.serve(echo, origins=["https://shop.example"], on_request=doorkeeper)
    link = await lab.link(server, *([_SPOILED[status]] if status in _SPOILED else []))
    page = "https://shop.example" if status != 403 else "https://elsewhere.example"
    token = [("Authorization", "Bearer of-the-shop")] if status != 401 else []
    with suppress(HandshakeRefused):
        client = await lab.connect(link, origin=page, headers=token)
        await _ask(client, "is anybody there?")


@scenario(
    "upgrade-stripped",
    group=GROUP,
    topic=Topic.REFUSED,
    question="Both programs are correct, and yet the server answers 400. Who changed what on the way?",
    answers=answers.UPGRADE_STRIPPED,
    explanation=explanations.UPGRADE_STRIPPED,
    fix={"proxy": "knows WebSocket"},
    fixed="The proxy passes Upgrade and Connection on. nginx must be told to, by two proxy_set_header lines.",
)
async def upgrade_stripped(
    lab: Lab,
    *,
    proxy: Annotated[Literal["knows HTTP only", "knows WebSocket"], "what stands in between"] = "knows HTTP only",
) -> None:
    """A proxy takes the Upgrade header out of the request, and the server sees a plain GET."""
    server = await lab.serve(echo)
    link = await lab.link(server, *(PRESETS["corporate_proxy"] if proxy == "knows HTTP only" else ()))
    with suppress(HandshakeRefused):
        await _ask(await lab.connect(link), "through?")


@scenario(
    "handshake-unanswered",
    group=GROUP,
    topic=Topic.REFUSED,
    question="The answer never arrives. Which of the two sides believes in a connection, and who ends it?",
    answers=answers.HANDSHAKE_UNANSWERED,
    explanation=explanations.HANDSHAKE_UNANSWERED,
    fix={"tries": 2},
    fixed="The client tries once more after a random pause (§7.2.3), and the new connection gets through.",
)
async def handshake_unanswered(
    lab: Lab,
    *,
    tries: Annotated[int, "how often the client tries", range(1, 11)] = 1,
    timeout: Annotated[float, "seconds that the client waits for the answer", AtLeast(0.1)] = 10.0,
) -> None:
    """Something on the way swallows the server's answer, and the client waits until its time is over."""
    server = await lab.serve(echo)
    link = await lab.link(server, Silence(of=Role.SERVER))
    for _ in range(tries):
        try:
            client = await lab.connect(link, timeout=timeout)
        except TimeoutError:
            link.faults = ()  # only that connection: new ones are whole
            await asyncio.sleep(lab.random.uniform(0, 5))
        else:
            return await _ask(client, "now?")
    return None


@scenario(
    "first-frame-glued",
    group=GROUP,
    topic=Topic.WRONG,
    question="The proxy waits for a head, and one read gives it the 101 and the first message. What becomes of that?",
    answers=answers.FIRST_FRAME_GLUED,
    explanation=explanations.FIRST_FRAME_GLUED,
    fix={"proxy": "keeps it"},
    fixed="The proxy passes on what came with the head, and the client reads the first frame from the same bytes.",
)
async def first_frame_glued(
    lab: Lab,
    *,
    proxy: Annotated[
        Literal["throws it away", "keeps it"], "what it does with bytes behind the head"
    ] = "throws it away",
    timeout: Annotated[float, "seconds that the client waits for the first message"] = 5.0,
) -> None:
    """The server greets at once, its greeting arrives glued to its 101, and a proxy loses it."""

    async def greet(connection: Endpoint) -> None:
        await connection.send("welcome")
        await echo(connection)

    server = await lab.serve(greet)
    link = await lab.link(server, Coalesce(0.02, of=Role.SERVER), Gate(of=Role.SERVER))
    async with asyncio.TaskGroup() as together:
        together.create_task(_first_read(lab, link, keeps=proxy == "keeps it"))
        client = await lab.connect(link)
    with suppress(TimeoutError):
        await client.recv(timeout=timeout)
    await _ask(client, "did you not greet me?")


async def _first_read(lab: Lab, link: Link, *, keeps: bool) -> None:
    """What the proxy does with its first read from the server: a head, and perhaps more."""
    while not link.held:  # noqa: ASYNC110  a gate has no event to wait for
        await asyncio.sleep(0.01)
    head, *behind = link.held
    if behind:
        does = "hands all of it on" if keeps else "hands the head on and throws the rest of that read away"
        lab.tape.note(head.connection, None, f"One read gives the proxy the head and a frame behind it: it {does}.")
    for frame in behind:
        (frame.release if keeps else frame.drop)()
    head.release()
    link.faults = ()


@scenario(
    "wrong-subprotocol",
    group=GROUP,
    topic=Topic.REFUSED,
    question="The client asks for chat.v2, and the server says 101 and chat.v1. Is there a connection?",
    answers=answers.WRONG_SUBPROTOCOL,
    explanation=explanations.WRONG_SUBPROTOCOL,
    fix={"answer": "chat.v2"},
    fixed="The server picks from what the client asked for (§4.2.2), and both know how to read what comes.",
)
async def wrong_subprotocol(
    lab: Lab,
    *,
    answer: Annotated[Literal["chat.v1", "chat.v2", "none"], "the subprotocol that the server puts into its 101"] = (
        "chat.v1"
    ),
) -> None:
    """The server agrees to the upgrade with a subprotocol that the client did not ask for."""
    fixed = [] if answer == "none" else [("Sec-WebSocket-Protocol", answer)]  # whatever is asked for
    server = await lab.serve(echo, headers=fixed)
    with suppress(HandshakeRefused):
        client = await lab.connect(server, subprotocols=["chat.v2"])
        await _ask(client, "hello in chat.v2")


@scenario(
    "cross-site-origin",
    group=GROUP,
    topic=Topic.CODE,
    question="A page of another site opens a WebSocket to the bank. Does the browser send the bank's cookie along?",
    answers=answers.CROSS_SITE_ORIGIN,
    explanation=explanations.CROSS_SITE_ORIGIN,
    fix={"checks": True},
    fixed="The server lets its own pages in and refuses every other Origin with 403, before anything is open (§10.2).",
)
async def cross_site_origin(
    lab: Lab, *, checks: Annotated[bool, "whether the server looks at the Origin"] = False
) -> None:
    """Two pages ask the bank with the same cookie: the bank's own, and another that the user has open."""

    async def bank(connection: Endpoint) -> None:
        if connection.request.header("Cookie") == "session=anna":
            async for _ in connection:
                await connection.send("Anna has 1,200 euros")

    server = await lab.serve(bank, origins=["https://bank.example"] if checks else None)
    for page in ("https://bank.example", "https://kittens.example"):
        with suppress(HandshakeRefused):
            client = await lab.connect(server, origin=page, headers=[("Cookie", "session=anna")])
            await _ask(client, "how much?")


@scenario(
    "tls-name-mismatch",
    group=GROUP,
    topic=Topic.REFUSED,
    clock="real",
    extra="tls",
    question="The certificate is genuine, but for another name. How much of the opening handshake does the server see?",
    answers=answers.TLS_NAME_MISMATCH,
    explanation=explanations.TLS_NAME_MISMATCH,
    fix={"name": "localhost"},
    fixed="The certificate is for the name that the client asks for, and the same messages travel inside TLS.",
)
async def tls_name_mismatch(
    lab: Lab, *, name: Annotated[str, "the name that the certificate is for"] = "shop.example"
) -> None:
    """The client dials wss://localhost, the certificate is for another name, and TLS fails before a byte of HTTP."""
    certificate, trust = _certificate_for(name)
    server = await lab.serve(echo, tls=certificate)
    with suppress(HandshakeRefused):
        client = await lab.connect(f"wss://localhost:{server.port}/", tls=trust)
        await _ask(client, "is it you?")


def _certificate_for(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts its issuer."""
    import ssl

    import trustme

    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    try:
        authority.issue_cert(name).configure_cert(server)
    except ValueError as error:
        raise ValueError(f"name is a host's name, such as shop.example; this is {name!r}.") from error
    authority.configure_trust(client)
    return server, client


async def _ask(client: Endpoint, message: str) -> None:
    """One message, its answer, and a clean end."""
    await client.send(message)
    await client.recv()
    await client.close()
