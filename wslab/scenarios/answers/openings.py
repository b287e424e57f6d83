"""The answers to the questions of `stories.handshakes` and `stories.access`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

HANDSHAKE_REFUSED = Answers(
    "Both CLOSED, without a Close and its code",
    {
        "Both CLOSED 1006, read from a Close": "No Close came, for nothing was open. §7.1.5 has 1006 for that, and a "
        "script in a browser is told it. Here, as in Python's libraries, only what was open ends with a code.",
        "Both OPEN, and then CLOSED 1008": "Only 101 opens a connection (§4.1). Without one the server can send no "
        "Close.",
        "The client waits on, the server CLOSED": "The status is the answer that the client waited for. It knows that "
        "nothing was opened.",
    },
)

UPGRADE_STRIPPED = Answers(
    "A proxy took Upgrade out of the request",
    {
        "The client left out Upgrade": "The client's request has it. The one that reaches the server does not.",
        "The server does not allow this page": "Then this server would say 403. It got a plain GET, which is no "
        "opening handshake (§4.2.1).",
        "The server changed it: it knows no WebSocket": "Both programs are correct. The server answers what it got, "
        "and that had no Upgrade any more.",
    },
)

HANDSHAKE_UNANSWERED = Answers(
    "The server does; the client ends it after 10 s",
    {
        "The client does; the server ends it": "The client never saw the 101, so for it nothing is open. The server's "
        "last step was to send it (§4.2.2).",
        "Neither does; TCP gives up": "For the server the connection is OPEN with its 101 (§4.2.2). And it is the "
        "client's limit of 10 s that ends the wait; the RFC has none.",
        "Both do; nobody ends it": "The client is CONNECTING until it has read a 101 (§4.1). After 10 s it cuts TCP.",
    },
)

FIRST_FRAME_GLUED = Answers(
    "It is thrown away, and nobody sends it again",
    {
        "Nothing: TCP keeps the two apart": "TCP keeps the order of bytes and not their boundaries. One read may "
        "return the head and the frame behind it.",
        "The server sends it again": "The server has sent it, and TCP has delivered it to the proxy. The server does "
        "not know that it is missing.",
        "It is an error: the server sent too early": "The server may send as soon as its 101 is out (§4.2.2).",
    },
)

WRONG_SUBPROTOCOL = Answers(
    "No: the client has to fail it",
    {
        "Yes: a 101 opens it": "With a subprotocol that the client did not ask for, it has to fail the connection, "
        "even with a 101 (§4.1).",
        "Yes, and both speak chat.v1": "The client did not ask for chat.v1. It fails the connection (§4.1).",
        "No: the server refuses with 400": "The server answered 101 and believed OPEN. It is the client that ends TCP.",
    },
)

CROSS_SITE_ORIGIN = Answers(
    "It can, and this bank does not look who asks",
    {
        "No: the same-origin policy forbids it": "That policy does not stop a page from opening a WebSocket elsewhere.",
        "It can, and the bank refuses the stranger": "By Origin it could, for that says which page asks (§10.2). This "
        "server does not look at it.",
        "No: a WebSocket has no cookies": "The opening handshake is an HTTP request, and it may carry cookies (§4.1).",
    },
)

TLS_NAME_MISMATCH = Answers(
    "Nothing: not a byte of it is sent",
    {
        "All of it, and then the client closes": "TLS comes before the opening handshake (§4.1). The client compares "
        "the name first, and ends there.",
        "The request, and it answers 400": "No request is sent, so there is none to answer.",
        "All of it: the certificate is genuine": "It proves another name. The client compares it with the one that it "
        "dialled (RFC 9525 §6), and fails the connection.",
    },
)

TOKEN_EXPIRES = Answers(
    "The news, until a reconnect is refused",
    {
        "A Close with 1008, right then": "That would be good. This server looks at the token in the handshake only, "
        "and a connection has one handshake (§4.1).",
        "401 for the next message": "A status answers a request. Messages are frames, and no status belongs to them.",
        "Nothing more: each message is checked": "Nothing checks a message. The login was part of the one request, the "
        "handshake (§4.1).",
    },
)

TOKEN_IN_URL = Answers(
    "Everybody who can read a log on the way",
    {
        "Nobody else: TLS hides the URL": "TLS ends at the machine that writes the log, and that writes down the "
        "target of each request.",
        "Only the server's program": "The server's access log has it, too. Here a stranger reads that log and connects "
        "as Ada.",
    },
)

BROWSER_SAYS_NO = Answers(
    "The browser itself",
    {
        "The server, with 403": "No request reached the server: its log has no line.",
        "A firewall on the way": "The browser sent nothing, so nothing on the way could refuse it.",
        "TLS, for a wrong certificate": "The page asked for ws://, without TLS. From a page of https:// that is mixed "
        "content, and the browser does not try it.",
    },
)
