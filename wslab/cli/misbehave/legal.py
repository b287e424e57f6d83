"""`wslab misbehave --legal`: heads that are legal and unusual, to test what a server takes.

Each head asks for a WebSocket as the RFCs allow it, and in a form that some client, proxy or network makes of it. A
server should take them all; one that looks for a line of a certain spelling does not. First the usual head is sent: a
server that refuses that one (no login, another path) cannot be tried.

Each request is held against our own checks first, so that none of them breaks a rule. What it leaves out: clients,
which see only one response, and heads whose form the RFCs forbid to a sender, such as folded lines (RFC 9112 §5.2).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console

from wslab.cli.errors import CliError
from wslab.cli.misbehave.conversation import Conversation, dial
from wslab.cli.misbehave.verdict import Judgement, Reaction
from wslab.cli.terminal.output import write_line
from wslab.lab.endpoint.opening_handshake import new_key
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import CloseCode, Frame, HandshakeRequest, HandshakeResponse, ProtocolError
from wslab.protocol.rules import cite

Lines = list[str]


class LegalHead(NamedTuple):
    """One unusual form of a request.

    `what` says what is unusual, `section` what allows it. `change` makes it of the lines of the usual head; `pieces`
    sends it byte by byte.
    """

    id: str
    what: str
    section: str
    change: Callable[[Lines], Lines] = lambda lines: lines
    pieces: bool = False


def _set(name: str, *values: str) -> Callable[[Lines], Lines]:
    """Other lines in place of a header's."""

    def change(lines: Lines) -> Lines:
        at = next(at for at, line in enumerate(lines) if line.startswith(f"{name}:"))
        return [*lines[:at], *(f"{name}:{value}" for value in values), *lines[at + 1 :]]

    return change


def _add(*more: str) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines, *more]


def _lower(lines: Lines) -> Lines:
    named = (line.partition(":") for line in lines[1:])
    return [lines[0], *(f"{name.lower()}{colon}{value}" for name, colon, value in named)]


def _upper(lines: Lines) -> Lines:
    named = (line.partition(":") for line in lines[1:])
    return [lines[0], *(f"{name.upper()}{colon}{value}" for name, colon, value in named)]


def _absolute(lines: Lines) -> Lines:
    method, target, version = lines[0].split(" ")
    host = next(line for line in lines if line.startswith("Host:")).partition(": ")[2]
    return [f"{method} http://{host}{target} {version}", *lines[1:]]


_ALL_PARAMETERS = (
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
    "server_max_window_bits=12; client_max_window_bits=12, permessage-deflate"
)

HEADS: Sequence[LegalHead] = (
    LegalHead(
        "connection-list", "Connection: keep-alive, Upgrade", "4.2.1", _set("Connection", " keep-alive, Upgrade")
    ),
    LegalHead(
        "connection-twice", "two Connection lines", "RFC 9110 5.3", _set("Connection", " keep-alive", " Upgrade")
    ),
    LegalHead("connection-case", "Connection: upgrade in small letters", "4.2.1", _set("Connection", " upgrade")),
    LegalHead("upgrade-case", "Upgrade: WebSocket with capitals", "4.2.1", _set("Upgrade", " WebSocket")),
    LegalHead("upgrade-list", "Upgrade: h2c, websocket", "RFC 9110 7.8", _set("Upgrade", " h2c, websocket")),
    LegalHead("upgrade-twice", "two Upgrade lines", "RFC 9110 5.3", _set("Upgrade", " h2c", " websocket")),
    LegalHead("names-lower", "names of headers in small letters, as many proxies write them", "RFC 9110 5.1", _lower),
    LegalHead("names-upper", "names of headers in capitals", "RFC 9110 5.1", _upper),
    LegalHead(
        "no-space", "no space behind the colons", "RFC 9112 5", lambda lines: [lines[0], *map(_tight, lines[1:])]
    ),
    LegalHead("many-spaces", "tabs and spaces around values", "RFC 9112 5", _set("Upgrade", " \t  websocket \t ")),
    LegalHead(
        "reversed", "the headers in reverse order, Host last", "RFC 9110 5.3", lambda all_: [all_[0], *all_[:0:-1]]
    ),
    LegalHead("absolute-target", "an absolute URI as target, as to a proxy", "RFC 9112 3.2.2", _absolute),
    LegalHead(
        "protocols-twice",
        "two Sec-WebSocket-Protocol lines",
        "11.3.4",
        _add("Sec-WebSocket-Protocol: x-one", "Sec-WebSocket-Protocol: x-two, x-three"),
    ),
    LegalHead(
        "extensions-twice",
        "two Sec-WebSocket-Extensions lines with extensions that do not exist",
        "11.3.2",
        _add("Sec-WebSocket-Extensions: x-one; a=1", 'Sec-WebSocket-Extensions: x-two; b="2", x-three'),
    ),
    LegalHead("deflate-all", "permessage-deflate with all parameters, twice", "RFC 7692 5.1", _add(_ALL_PARAMETERS)),
    LegalHead(
        "other-headers",
        "many other headers, one of 4,000 bytes, one empty",
        "4.1",
        _add(*(f"X-Other-{number}: {number}" for number in range(40)), f"X-Long: {'x' * 4000}", "X-Empty:"),
    ),
    LegalHead("no-body-announced", "Content-Length: 0", "RFC 9110 8.6", _add("Content-Length: 0")),
    LegalHead("key-of-ones", "a key of sixteen bytes 0xFF", "4.1", _set("Sec-WebSocket-Key", f" {'/' * 21}w==")),
    LegalHead("byte-by-byte", "the usual head, one byte a write", "RFC 9293 3.8", pieces=True),
)


def _tight(line: str) -> str:
    name, _, value = line.partition(": ")
    return f"{name}:{value}"


def request_of(head: LegalHead, host: str, target: str, key: str) -> HandshakeRequest:
    """The request in this form."""
    usual = HandshakeRequest.build(host, target, key=key).serialize().decode("latin-1")
    lines = head.change(usual.removesuffix("\r\n\r\n").split("\r\n"))
    return HandshakeRequest.parse("\r\n".join([*lines, "", ""]).encode("latin-1"))[0]


async def run_legal(uri: WebSocketURI, console: Console, *, timeout: float) -> list[Reaction]:
    """Try every head at a server, each over a connection of its own, and print what it does with each.

    Raises:
        CliError: The server cannot be reached, or does not take the usual head either.
    """
    if uri.secure:
        raise CliError("misbehave does not speak TLS: give the ws:// address of the server behind it.")
    usual = await _try(LegalHead("usual", "the usual head", "4.1"), uri, timeout)
    if usual.reaction is not Reaction.RIGHT:
        raise CliError(f"Nothing can be tried here: to the usual head {usual.sentence}")
    write_line(f"{len(HEADS)} heads that are legal and unusual, each over a connection of its own:")
    reactions = []
    for head in HEADS:
        judged = await _try(head, uri, timeout)
        reactions.append(judged.reaction)
        words = f"{judged.reaction.mark} {head.id:<18}{head.what} ({cite(head.section)}): {judged.sentence}"
        console.print(
            words, markup=False, soft_wrap=True, style="bold red" if judged.reaction is Reaction.WRONG else ""
        )
    return reactions


async def _try(head: LegalHead, uri: WebSocketURI, timeout: float) -> Judgement:
    """What the server makes of one head."""
    try:
        conversation = await dial(uri, timeout)
    except OSError as error:
        raise CliError(f"{uri.address} cannot be reached: {error.strerror or error}.") from error
    try:
        request = request_of(head, uri.host_header, uri.path, new_key(secrets.token_bytes))
        await _write(conversation, request.serialize(), pieces=head.pieces)
        judged = _judge(request, await conversation.answer(timeout))
        conversation.write(Frame.close(CloseCode.NORMAL_CLOSURE, mask=bytes(4)).serialize())
        return judged
    finally:
        await conversation.close()


async def _write(conversation: Conversation, data: bytes, *, pieces: bool) -> None:
    for at in range(0, len(data), 1 if pieces else len(data)):
        conversation.write(data[at : at + 1] if pieces else data)
        await asyncio.sleep(0)  # each write of its own


def _judge(request: HandshakeRequest, response: HandshakeResponse | None) -> Judgement:
    if response is None:
        return Judgement(Reaction.WRONG, "the server gives no answer of HTTP.")
    try:
        response.check(request)
    except ProtocolError as error:
        said = f"the server answers {response.status}" if response.status != 101 else f"its 101 breaks {error.rule.id}"
        return Judgement(Reaction.WRONG, f"{said}, though the head is legal.")
    return Judgement(Reaction.RIGHT, "taken.")
