"""The recorded head of the opening handshake, made to fit the connection that it opens now.

How it works: the bytes stay as they were recorded, but for what this connection must have of its own. A request gets
the Host of the server that is dialled (§4.1), and its path where the URL names one. A response gets the accept value of
the key that came (§4.2.2), unless the recorded one was wrong already. The key and the masking keys of a recorded client
are sent again, so that a replay repeats; a client that must be safe draws them afresh (§5.3).

Compression is agreed on anew: where the recorded answer does not fit what the client offers now, it is left out, and no
message is compressed (RFC 7692 §5). A recording without heads gets the plainest ones. Secrets that the recording has as
asterisks are sent as asterisks.
"""

from __future__ import annotations

import secrets
from base64 import b64encode

from wslab.lab.network.uri import WebSocketURI
from wslab.lab.replay.script import Script
from wslab.protocol import HandshakeRequest, HandshakeResponse, ProtocolError, accept_key
from wslab.protocol.deflate import NAME, check_answers
from wslab.protocol.handshake.head import Head, HeaderLine

_ACCEPT, _EXTENSIONS = "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions"


def request_for(script: Script, uri: WebSocketURI) -> bytes:
    """The request to send to a server at `uri`."""
    if script.request is None:
        key = b64encode(secrets.token_bytes(16)).decode()
        return HandshakeRequest.build(uri.host_header, uri.path, key=key).serialize()
    data = script.request
    for line in Head(data).named("Host")[:1]:
        data = _with_value(data, line, uri.host_header)
    return data if uri.path == "/" else _with_target(data, uri.path)


def response_for(script: Script, live: bytes) -> bytes:
    """The response to send to a client whose request is `live`."""
    request = _read(live)
    if script.response is None:
        return b"" if request is None else HandshakeResponse.accept(request).serialize()
    if request is None:
        return script.response
    data = script.response
    for line in Head(data).named(_ACCEPT)[:1]:
        if _was_right(script, line.value):
            data = _with_value(data, line, accept_key(request.key))
    return data if _fits(data, request) else _without(data, _EXTENSIONS)


def _read(head: bytes) -> HandshakeRequest | None:
    try:
        return HandshakeRequest.parse(head)[0]
    except ProtocolError:
        return None


def _was_right(script: Script, value: str) -> bool:
    recorded = None if script.request is None else _read(script.request)
    return recorded is None or not recorded.key or value == accept_key(recorded.key)


def _fits(response: bytes, request: HandshakeRequest) -> bool:
    """Whether the extensions of a response answer what a request offers; those nobody can read stay as recorded."""
    try:
        chosen = HandshakeResponse.parse(response)[0].extensions
        offers = [each for each in request.extensions if each.name == NAME]
    except ProtocolError:
        return True
    return not chosen or (bool(offers) and check_answers(chosen, offers) is None)


def _with_value(head: bytes, line: HeaderLine, value: str) -> bytes:
    return head[: line.value_at] + value.encode("latin-1") + head[line.value_at + len(line.value) :]


def _with_target(head: bytes, target: str) -> bytes:
    first, end, rest = head.partition(b"\r\n")
    words = first.split(b" ")
    return b" ".join([words[0], target.encode("ascii"), *words[2:]]) + end + rest


def _without(head: bytes, name: str) -> bytes:
    """A head without the lines of one header."""
    for line in reversed(Head(head).named(name)):
        head = head[: line.name_at] + head[head.index(b"\n", line.name_at) + 1 :]
    return head
