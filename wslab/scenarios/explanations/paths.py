"""The explanations of `stories.keepalive` in which the path changes under a connection: a tunnel, another network."""

from __future__ import annotations

from wslab.protocol import Opcode
from wslab.scenarios.explanation import Explanation, PlayedRun, by, either

TUNNEL_BEGINS = 12
"""Second of the story in which the train is in the tunnel."""

_OUTAGE = (
    "The model has no retransmission timer: what waited in the tunnel comes the moment it ends. A real TCP doubles "
    "the time between its tries, so the next may come as long after the tunnel as the tunnel was: up to about 15 s "
    "later after 15 s, 45 s after 45 s. After about 15 minutes (Linux, `tcp_retries2`) it gives up and ends the "
    "connection (RFC 9293 §3.8.3). Choose a longer `ping_timeout=` than this story needs."
)
_BEFORE_THE_TUNNEL = Explanation(
    what="The server waits {ping_timeout} s for a Pong, no longer than its way takes. It fails the connection before "
    "the train is in the tunnel.",
    why="A Pong needs a round trip at least, here 102 ms. A limit that is not longer takes every peer for dead "
    "(§5.5.2). The server sends a Close with 1011 and reads nothing more (§7.1.7).",
    knows="The server believes {server}: it read no Close. The client believes {client}, the code that it received.",
    code="`ping_timeout=20`: seconds, not milliseconds.",
)


def _ended_before_the_tunnel(run: PlayedRun) -> bool:
    """Whether the server's Close, which its first Ping brought about, was sent before the train was in the tunnel."""
    return any(close.time < TUNNEL_BEGINS for close in run.tape.frames(Opcode.CLOSE, "server"))


_IN_THE_TUNNEL = either(
    lambda run: run.code("server") is not None,
    Explanation(
        what="The train is in the tunnel for {seconds} s. The server waits {ping_timeout} s for a Pong, fails the "
        "connection, and throws away what comes out of the tunnel later.",
        why="A short tunnel alone loses nothing: TCP sends again, and everything comes late. But a Pong that is late "
        "and a peer that is dead look the same (§5.5.2). The server sends a Close with 1011 and reads nothing more, as "
        "§7.1.7 demands of a side that fails the connection. How long a Pong may take decides which mistake you "
        "make: to end a live connection, or to keep a dead one.",
        knows="The server believes {server}: it read no Close. The client believes {client}, and learned of it only "
        "when something came through again.",
        code="`ping_timeout=20` or more for mobile clients. A client that reads 1011 “keepalive ping timeout” "
        "connects again; a late Pong is not a bug in the application.",
        limits=_OUTAGE,
    ),
    Explanation(
        what="The train is in the tunnel for {seconds} s, and the server waits up to {ping_timeout} s for a Pong. "
        "No Pong takes longer, and the connection goes on.",
        why="TCP sends again what was lost in the tunnel, so it comes late (RFC 9293 §3.8), but within the server's "
        "limit for a Pong (§5.5.2).",
        knows="The client believes {client}, the server {server}. Neither noticed more than a delay.",
        code="`ping_timeout=20` or more for mobile clients, and accept that a dead connection is kept that much "
        "longer.",
        limits=_OUTAGE,
    ),
)

_NOTHING_LATE = Explanation(
    what="The train is in the tunnel for {seconds} s. Nothing was on its way at that time, so nothing comes late, and "
    "the connection goes on.",
    why="An outage is noticed only by what is sent meanwhile. With nothing on its way TCP has nothing to send again "
    "(RFC 9293 §3.8), and each Ping finds its Pong (§5.5.2).",
    knows="The client believes {client}, the server {server}. Neither knows that there was a tunnel.",
    code="`ping_timeout=20` or more for mobile clients anyway: the next tunnel may be longer.",
)


def _had_something_in_the_tunnel(run: PlayedRun) -> bool:
    """Whether a frame was lost, or on its way for longer than the path takes."""
    return any(entry.arrived is None or entry.arrived - entry.time > 0.06 for entry in run.tape.frames())


TUNNEL = either(
    _ended_before_the_tunnel,
    _BEFORE_THE_TUNNEL,
    either(_had_something_in_the_tunnel, _IN_THE_TUNNEL, _NOTHING_LATE),
)

NETWORK_CHANGE = by(
    "resume",
    {
        False: Explanation(
            what="The phone leaves the Wi-Fi and comes back over mobile {away} s later. The server has two sessions "
            "of one user, and all that it sends to the old one from the change on is lost.",
            why="A TCP connection belongs to two addresses and two ports: with another address it is dead, and "
            "nothing tells the server for minutes. WebSocket adds no acknowledgement and no session of its own "
            "(§1.5), so the new connection knows nothing of the old one. The phone says what it saw last, and this "
            "server does not look at it.",
            knows="Of the old connection the phone believes {client}, and the server {server}: it still sends to it. "
            "Of the new one both believe {client2}.",
            code="Number what you send, keep the last N on the server, and let the client say what it has: `await "
            "ws.send(json.dumps({{'resume': last_id}}))` as its first message. End the old session of that user then: "
            "`old.abort()`.",
            limits="The old path stays silent, and TCP waits for ever. A real TCP sends the news again, and gives up "
            "after about 15 minutes on Linux (`tcp_retries2`): then the server has one session.",
        ),
        True: Explanation(
            what="The phone leaves the Wi-Fi and comes back over mobile {away} s later. It says what it saw last; the "
            "server ends the old session and sends what was missed.",
            why="WebSocket has no acknowledgement (§1.5), so the application has numbers of its own: what the client "
            "has, and what the server keeps.",
            knows="Of the old connection the phone believes {client}, and the server {server}. Of the new one both "
            "believe {client2}. The phone has all the news, each once.",
            code="`await ws.send(json.dumps({{'resume': last_id}}))` first. On the server `old.abort()`, for a Close "
            "would wait for an answer that cannot come, and then send everything after `last_id`.",
        ),
    },
)
