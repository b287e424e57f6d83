"""The explanations of `stories.handshakes`."""

from __future__ import annotations

from wslab.scenarios.explanation import Explain, Explanation, by, either


def _refused(why: str, code: str) -> Explanation:
    return Explanation(
        what="The server answers with status {status} instead of 101. No WebSocket begins.",
        why=f"{why} Any status but 101 is plain HTTP (§4.1): 401 asks for credentials, 3xx points elsewhere, and a "
        "client may follow or not. Nothing is open, so no Close comes. §7.1.5 has 1006 for that, and a script in a "
        "browser is told it for every refusal; here, as in Python's libraries, only what was open ends with a code.",
        knows="The client believes {client}, the server {server}, both without a code. A Python client sees the "
        "status and the body; a script in a browser sees neither.",
        code=code,
    )


HANDSHAKE_REFUSED = by(
    "status",
    {
        400: _refused(
            "400: a header of the request is wrong or missing (§4.2.1); here an intermediary took out the key.",
            "Compare what the client sent with what arrived (`wslab tap`). `except HandshakeRefused as error` here, "
            "`InvalidStatus` in websockets.",
        ),
        401: _refused(
            "401: the server wants to know who asks (§10.5).",
            "`connect(..., headers=[('Authorization', 'Bearer ...')])` (`additional_headers=` in websockets). A page "
            "cannot set this header: use a cookie, a ticket in the URL, or a first message.",
        ),
        403: _refused(
            "403: the server knows what is asked and does not allow it; here the Origin is not one that it accepts "
            "(§4.2.2, §10.2).",
            "Add your page's origin (scheme, host and port) to `origins=[...]` on the server. Do not switch the check "
            "off.",
        ),
        426: _refused(
            "426: the server does not speak this version, and its answer names the one that it does (§4.2.2; the "
            "example of §4.4 has 400).",
            "Every client today sends version 13. Where 426 comes, an intermediary or a home-made client changed "
            "`Sec-WebSocket-Version`.",
        ),
        503: _refused(
            "503: the server is not able to take the connection now (RFC 9110 §15.6.4).",
            "Connect again after a random pause that grows (§7.2.3), or after what `Retry-After` says.",
        ),
        101: Explanation(
            what="The client brings all that the server asks for, and the server answers 101.",
            why="Every check of the request passes: key, version, Origin and Authorization (§4.2.1, §4.2.2). With 101 "
            "and the right accept value both sides are OPEN (§4.1).",
            knows="The client believes {client}, the server {server}: they talked and closed cleanly.",
            code="`connect(url, origin='https://shop.example', headers=[('Authorization', 'Bearer ...')])`. Check the "
            "token in `on_request=`, before anything is open.",
        ),
    },
)

UPGRADE_STRIPPED = by(
    "proxy",
    {
        "knows HTTP only": Explanation(
            what="The proxy takes Upgrade out of the request and writes a Connection of its own. The server sees a "
            "plain GET and refuses it.",
            why="Upgrade and Connection are for the next hop only (RFC 9110 §7.6.1), and a proxy that does not know "
            "WebSocket does not pass them on. Without them the request is no opening handshake (§4.2.1). This server "
            "answers 400; others say 426 or send a page.",
            knows="The client believes {client}, the server {server}. The client's request was right (§4.1), and what "
            "arrived was not; neither sees who changed it.",
            code="In nginx, `proxy_set_header Upgrade $http_upgrade;` and `proxy_set_header Connection 'upgrade';`; "
            "`proxy_http_version 1.1;` as well before 1.29.7. Use wss://: a proxy on the way then sees no headers, "
            "but where TLS ends (nginx, a load balancer, an inspecting proxy) it does, and has to pass them on.",
        ),
        "knows WebSocket": Explanation(
            what="The proxy passes Upgrade and Connection on, and the server answers 101.",
            why="A proxy that knows WebSocket makes the same request to the server (§4.2.1, RFC 9110 §7.8) and, after "
            "101, passes bytes on and looks at them no more.",
            knows="The client believes {client}, the server {server}: they talked and closed cleanly.",
            code="In nginx, `proxy_set_header Upgrade $http_upgrade;` and `proxy_set_header Connection 'upgrade';`, "
            "and a longer `proxy_read_timeout`.",
        ),
    },
)

_SWALLOWED_AGAIN = (
    "The model sends nothing again. A real TCP sends the 101 again, and after a bad moment of the path it comes late "
    "(RFC 9293 §3.8). What swallows it here swallows all that comes on this connection."
)
HANDSHAKE_UNANSWERED = either(
    lambda run: len(run.tape.connection_numbers) < 2,
    Explanation(
        what="The server answers 101, and something on the way swallows it. The client waits {timeout} s and cuts TCP.",
        why="The 101 was the server's last step: for it the connection is OPEN (§4.2.2). The client is still "
        "CONNECTING, so it can send no Close, for a Close is a frame (§7.1.7). The RFC has no limit for this wait: "
        "without one of its own a client waits for ever.",
        knows="The client believes {client}, without a code, as it never was OPEN. The server believed OPEN until the "
        "RST came, and now {server}.",
        code="`connect(..., timeout=10)` here, `open_timeout=10` in websockets; a page cannot set it and needs a "
        "timer of its own that calls `ws.close()`. Then try again after a random pause (§7.2.3).",
        limits=_SWALLOWED_AGAIN,
    ),
    Explanation(
        what="The first answer is swallowed, and the client ends it after {timeout} s. It tries once more, and the "
        "new connection gets through.",
        why="A new connection is a new try: what swallowed the answer on the first one need not do so on the second. "
        "The pause before it is random, so that many clients do not come back at once (§7.2.3).",
        knows="Of the first connection the client believes {client}, and the server {server}. Of the second both "
        "believe {client2}.",
        code="`connect(..., timeout=10)` (`open_timeout=10` in websockets) in a loop with a random pause that grows. "
        "In websockets `async for ws in connect(url)` is such a loop: its first pause is random, the later ones grow "
        "and are not.",
        limits=_SWALLOWED_AGAIN,
    ),
)

FIRST_FRAME_GLUED = by(
    "proxy",
    {
        "throws it away": Explanation(
            what="The server greets at once. One read gives the proxy the 101 and the greeting behind it; it passes "
            "the head on and throws the rest of that read away. The client waits {timeout} s for the greeting in "
            "vain.",
            why="TCP keeps bytes and not their boundaries, so one read may return the head and the first frame. That "
            "frame belongs to the connection: the server may send as soon as its 101 is out (§4.2.2). A program that "
            "reads a head and drops what came with it loses the frame now and then: when the two happen to come "
            "together.",
            knows="The client believes {client}, the server {server}: a clean end. The server thinks that it greeted, "
            "the client that it did not, and the greeting is lost for good: nobody sends it again.",
            code="Keep what is behind `\\r\\n\\r\\n`: `head, rest = data.split(b'\\r\\n\\r\\n', 1)`, and give `rest` "
            "to the frame parser first. In asyncio `await reader.readuntil(b'\\r\\n\\r\\n')` does it. If a client "
            "must have the first message, let it ask for it.",
        ),
        "keeps it": Explanation(
            what="The server greets at once. One read gives the proxy the 101 and the greeting behind it, and it "
            "passes all of it on.",
            why="What stands behind the head is the first frame of the connection (§4.2.2, §5.2), however TCP cut it.",
            knows="The client believes {client}, the server {server}. The client has read the greeting.",
            code="Give what is left behind `\\r\\n\\r\\n` to the frame parser before the next read.",
        ),
    },
)

WRONG_SUBPROTOCOL = by(
    "answer",
    {
        "chat.v1": Explanation(
            what="The client asks for chat.v2, and the server answers 101 with {answer}. The client fails the "
            "connection.",
            why="A subprotocol that the client did not ask for makes it fail the connection, even with a 101 (§4.1). "
            "The client never was OPEN, so it can send no Close (§7.1.7): it ends TCP.",
            knows="The client believes {client}, without a code, and knows why. The server was OPEN with its 101; it "
            "believes {server} and does not learn why.",
            code="`lab.serve(handler, subprotocols=['chat.v2', 'chat.v1'])`: the server then picks from what the "
            "client asked for (§4.2.2). Never write Sec-WebSocket-Protocol as a fixed header.",
        ),
        "chat.v2": Explanation(
            what="The client asks for chat.v2, and the server answers 101 with {answer}.",
            why="The server picked one of those that the client asked for (§4.2.2), so both know how to read what "
            "comes (§1.9).",
            knows="The client believes {client}, the server {server}: they talked in chat.v2 and closed cleanly.",
            code="`subprotocols=['chat.v2']` on both sides, and look at `ws.subprotocol` before the first message.",
        ),
        "none": Explanation(
            what="The client asks for chat.v2, and the server answers 101 without a subprotocol. This client goes on.",
            why="No subprotocol in the answer is legal (§4.2.2, /subprotocol/), and §4.1 does not tell the client to "
            "fail. (§1.9 reads as if the connection needed one, but is not normative.) websockets goes on, as wslab "
            "does. The WHATWG's standard for browsers tells them to fail it; Chromium and npm ws do.",
            knows="The client believes {client}, the server {server}: they talked and closed cleanly, though nobody "
            "promised that both mean chat.v2.",
            code="`if ws.subprotocol is None: await ws.close(1008, 'chat.v2 is needed')`, or make the server pick: "
            "`subprotocols=['chat.v2']`.",
        ),
    },
)

_COOKIES = (
    "A cookie says whose browser this is, not which page asks, and the same-origin policy does not stop a page from "
    "opening a WebSocket elsewhere. Browsers help only in part. Chromium sends a cookie without SameSite only for "
    "pages of the cookie's own site, Firefox keeps the cookies of each site apart, Safari blocks those of third "
    "parties. But SameSite knows the site and "
    "not the origin: a page on another port or subdomain sends every cookie along, and a cookie with SameSite=None "
    "goes out from any site's page where the browser allows it."
)
_CHECK_ORIGIN = (
    "`lab.serve(handler, origins=['https://bank.example'])`, `origins=` in websockets. The check matters even more "
    "where a server trusts an address or listens on localhost, because no cookie is involved there. It stops pages "
    "only: a program that is not a browser can write any Origin (§10.1)."
)
_MODELLED = "The two clients stand for pages in one browser, with a cookie of SameSite=None."
CROSS_SITE_ORIGIN = by(
    "checks",
    {
        False: Explanation(
            what="Two pages ask the bank with the same cookie, and both get Anna's account.",
            why=f"{_COOKIES} Only the Origin says which page asks, a page cannot forge it, and this server does not "
            "look at it (§10.2).",
            knows="Each client believes {client}, and the server {server}: both talked and closed cleanly. The bank "
            "takes the stranger's page for Anna, and Anna sees nothing.",
            code=_CHECK_ORIGIN,
            limits=_MODELLED,
        ),
        True: Explanation(
            what="Two pages ask the bank with the same cookie. The bank's own gets an answer; the other is refused "
            "with 403 before anything is open.",
            why=f"{_COOKIES} The Origin says which page asks, and a page cannot forge it. The server compares it with "
            "those that it accepts (§4.2.2, §10.2).",
            knows="The bank's own page believes {client}, the server {server}. The other page believes {client2}, the "
            "server {server2} of it: nothing was open, and then neither has a code here.",
            code=_CHECK_ORIGIN,
            limits=_MODELLED,
        ),
    },
)

TLS_NAME_MISMATCH: Explain = either(
    lambda run: not run.tape.connection_numbers,
    Explanation(
        what="The client dials wss://localhost, and the certificate is for {name}. TLS fails, and not a byte of the "
        "opening handshake is sent.",
        why="TLS comes first: a client that does not get it fails the connection before it sends its request (§4.1, "
        "§10.6). A certificate proves a name, and the client compares it with the one that it dialled (RFC 9525 §6). "
        "Another name may be another server. No Close was sent: a page gets 1006 or 1015, which are never on the wire "
        "(§7.4.1).",
        knows="The client believes {client} of a connection, and the server {server}: none began. A Python client has "
        "the error of its TLS library. A page gets no reason.",
        code="Look at the names: `openssl s_client -connect host:443 -servername host | openssl x509 -noout -ext "
        "subjectAltName`. Get a certificate whose names contain the host in your URL, or dial that name. Never answer "
        "with `verify_mode = ssl.CERT_NONE` or `check_hostname = False`.",
    ),
    Explanation(
        what="The client dials wss://localhost, and the certificate is for {name}. Inside TLS the opening handshake "
        "and the messages are those of ws://.",
        why="The name that was dialled is one of the certificate's (RFC 9525 §6), and the client trusts its issuer. "
        "Then the opening handshake runs over TLS (§4.1).",
        knows="The client believes {client}, the server {server}: they talked and closed cleanly.",
        code="`lab.serve(handler, tls=context)`, where the certificate has the host's name as subjectAltName; "
        "`connect('wss://...', tls=context)` where its issuer is not one that your system trusts.",
    ),
)
