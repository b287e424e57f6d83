"""The first stage: the opening handshake (§4.2)."""

from __future__ import annotations

from wslab.conformance.lessons import OPENING
from wslab.conformance.path.case import Case, Grant, Refusal, Stage, head
from wslab.protocol import RULES

__all__ = ["HANDSHAKE"]

HANDSHAKE = Stage(
    "handshake",
    "Answer the opening handshake",
    "Listen on 127.0.0.1 at the given port. Read the request up to its empty line, however TCP cuts it, and answer"
    " `HTTP/1.1 101 Switching Protocols` with `Upgrade: websocket`, `Connection: Upgrade` and `Sec-WebSocket-Accept`:"
    " the key, followed by 258EAFA5-E914-47DA-95CA-C5AB0DC85B11, as SHA-1, its 20 bytes in Base64. Lines end with"
    " CR LF, and an empty line ends the head. Names of headers match in any case. Refuse with an HTTP error (400) what"
    " is no GET or has no Sec-WebSocket-Key; another Sec-WebSocket-Version than 13 with 426 and the header"
    " `Sec-WebSocket-Version: 13`.",
    "Compute the accept value for the key of §1.3, dGhlIHNhbXBsZSBub25jZQ==: it is s3pPLMBiTxaQ9kYGzzhZRbK+xOo=.",
    "Do not decode the key. Append the GUID to its text, hash that with SHA-1, and encode the 20 raw bytes in Base64,"
    " not their 40 hex digits: 28 characters that end with one `=`.",
    "handshake-refused",
    (
        Case("rfc-key", "a request with the key of §1.3", Grant(), lesson=OPENING),
        Case(
            "another-key",
            "a request with another key",
            Grant(),
            head=head(key="AAECAwQFBgcICQoLDA0ODw=="),
            hint="The accept value is computed afresh from the key of each request.",
        ),
        Case(
            "spelling",
            "names of headers in small letters, and Connection as Firefox sends it",
            Grant(),
            head=head("User-Agent: wslab build")
            .replace("Sec-WebSocket-Key", "sec-websocket-key")
            .replace("Upgrade: websocket", "upgrade: WebSocket")
            .replace("Connection: Upgrade", "connection: keep-alive, Upgrade"),
            hint="Compare names of headers without regard to case (§4.1), and Connection as a list of tokens.",
        ),
        Case(
            "pieces",
            "a request that arrives in pieces of 7 bytes",
            Grant(),
            cut=7,
            hint="One read is not one request: read on until the empty line, CR LF CR LF, is there.",
        ),
        Case(
            "no-key",
            "a request without Sec-WebSocket-Key",
            Refusal(RULES["request-key"]),
            head=head(without="Sec-WebSocket-Key"),
            hint="Look for the key before you answer 101; without it answer `HTTP/1.1 400 Bad Request`.",
        ),
        Case(
            "post",
            "a POST",
            Refusal(RULES["request-method"]),
            head=head(method="POST"),
            hint="Look at the first line: only GET opens a WebSocket (§4.2.1).",
        ),
        Case(
            "version-8",
            "a request with Sec-WebSocket-Version: 8",
            Refusal(RULES["request-version"], version=True),
            head=head(version="8"),
            hint="Answer `HTTP/1.1 426 Upgrade Required` with `Sec-WebSocket-Version: 13` (§4.2.2).",
        ),
    ),
)
