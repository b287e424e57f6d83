"""The explanations of `stories.keepalive`."""

from __future__ import annotations

from dataclasses import replace

from wslab.explain import counted
from wslab.protocol import Opcode
from wslab.scenarios.explanation import Explanation, PlayedRun, by, either
from wslab.tape.entry import LOST
from wslab.tape.records import FaultAct

_SILENT_PATH = (
    "The path stays silent, and TCP waits for ever. A real TCP sends again what is not acknowledged, and gives "
    "up after about 15 minutes on Linux (`tcp_retries2`)."
)
_BOB_STAYS = Explanation(
    what="Bob's laptop falls asleep. The server goes on counting him and sends him both of Ada's messages. TCP "
    "takes them, and they are lost.",
    why="A sleeping machine sends nothing, not even FIN, and to TCP that looks like a quiet user. TCP notices "
    "only when what it sent stays without an acknowledgement for long: 100 s at least (RFC 9293 §3.8.3), on Linux "
    "about 15 minutes. It never does while there is nothing to send, unless its keepalive is on (§3.8.4 there). `send` "
    "reports that TCP took the bytes, so it reports no error.",
    knows="The server believes {server} of Ada, and {server2} of Bob, who is gone. Bob's client believes "
    "{client2}: it sleeps. Ada's believes {client}, and nothing tells her that Bob reads nothing.",
    code="Ask: `ping_interval=25, ping_timeout=20` on the server, here and in websockets (§5.5.2). Count a user "
    "as present only for a limited time after the last sign of life. Keep each message until the user's program "
    "has confirmed it, and send "
    "it again when he is back.",
    limits=f"{_SILENT_PATH} Where Bob wakes up before that and has his address still, TCP brings him the messages.",
)
_BOB_IS_GONE = Explanation(
    what="Bob's laptop falls asleep. The server's Ping gets no Pong within 20 s, so it fails the connection and "
    "no longer counts Bob.",
    why="A Ping asks for an answer (§5.5.2), so its silence says something. The server sends a Close with 1011, "
    "which is lost as well, and waits for no answer (§7.1.7). From then on nothing is sent to him.",
    knows="The server believes {server} of Ada, and {server2} of Bob. Bob's client still believes {client2}: it "
    "sleeps. Ada's believes {client}.",
    code="`ping_interval=25, ping_timeout=20` on the server finds this out within 45 s. What was sent in that time "
    "is lost: keep each message until the user's program has confirmed it. The laptop asks at once when it wakes "
    "up.",
    limits=_SILENT_PATH,
)
_BOB_IS_GOING = replace(
    _BOB_IS_GONE,
    what="Bob's laptop falls asleep. The server's Ping gets no Pong within 20 s, so it fails the connection. When the "
    "story ends, it still waits for TCP to end, and so it counts Bob for some seconds more.",
)


def zombie_user(run: PlayedRun) -> Explanation:
    """Bob stays on the server, is about to go, or is gone."""
    if run.is_open("server", 2):
        return _BOB_STAYS
    return _BOB_IS_GOING if run.code("server", 2) is None else _BOB_IS_GONE


_TCP_KEEPALIVE = (
    "TCP's own keepalive is off unless a program turns it on, and then waits two hours or more by default (RFC 9293 "
    "§3.8.4). It asks the other end of the TCP connection, which may be a proxy. Chromium turns it on: 45 s, then "
    "nine tries, so a page on Linux would notice after about 7.5 minutes."
)
HALF_OPEN_SERVER = either(
    lambda run: run.is_open("client"),
    Explanation(
        what="The path falls silent. The server's news is lost, the client waits, and in 100 s neither side notices.",
        why="A side that only listens, or that still waits for a Pong, cannot tell a dead path from a quiet day. "
        f"{_TCP_KEEPALIVE}",
        knows="The client believes {client} and hears nothing. The server believes {server}, and every `send` "
        "succeeds.",
        code="Let the client ask: `connect(..., ping_interval=20, ping_timeout=20)` (§5.5.2). Or let it expect a Ping "
        "or a message every 30 s and reconnect when none came. A page's script has no Ping: send a message of your "
        "own and expect an answer.",
        limits="The server has sent something, so a real TCP tells it after about 15 minutes on Linux; here TCP "
        "waits for ever.",
    ),
    Explanation(
        what="The path falls silent. The client's Ping gets no Pong within 20 s, and it fails the connection.",
        why="A Ping asks for an answer (§5.5.2). The client needs no news to find out that the path is dead. It sends "
        "a Close with 1011 into the silence and waits for no answer (§7.1.7).",
        knows="The client believes {client} and can come back. The server believes {server}: it did not ask, and the "
        "client's Close was lost.",
        code="`connect(..., ping_interval=20, ping_timeout=20)`, then connect again after a random pause (§7.2.3). "
        "Give the server a `ping_interval=` too, or it keeps the dead connection.",
        limits="The server has sent something, so a real TCP tells it after about 15 minutes on Linux; here TCP "
        "waits for ever.",
    ),
)

_BOTH_DIRECTIONS = (
    "This timer takes bytes of either direction for life. Proxies differ: nginx documents only what the server behind "
    "it sends (`proxy_read_timeout`) and counts both (1.22), CloudFront counts only bytes from the origin. So let the "
    "server send."
)
_OFTEN_ENOUGH = "`ping_interval=` below half of the shortest timer on the way, such as 25 for one of 60 s"
_ENDED_BY_THE_PROXY = Explanation(
    what="No byte travels for {idle} s, and the proxy ends TCP on both sides. The client wants to speak later, "
    "and its connection is gone.",
    why="A proxy cannot know whether a quiet connection is alive, and frees its memory by a timer: nginx after 60 "
    "s, unless told otherwise. It sends FIN and no Close, as it does not speak WebSocket itself, so the code is "
    "1006 (§7.1.5). The hint is that it always takes the same number of seconds from the last byte.",
    knows="The client believes {client}, the server {server}. Nothing is wrong at either end, and no log there "
    "says who ended it: only the proxy's does.",
    code=f"On the server {_OFTEN_ENOUGH}: a Ping and its Pong are bytes (§5.5.2). On the proxy a longer timer: "
    "`proxy_read_timeout 3600s;` in nginx, `timeout tunnel` in HAProxy, the idle timeout of a load balancer.",
    limits=_BOTH_DIRECTIONS,
)
_SPOKE_TOO_LATE = replace(
    _ENDED_BY_THE_PROXY,
    what="The client speaks after {quiet} s. Its message is on its way to the proxy when {idle} s without a byte are "
    "over there: the proxy ends TCP on both sides, and the message is lost.",
    knows="The client believes {client}, the server {server}. The client's `send` succeeded, and the server never "
    "learns that there was a message. No log at either end says who ended it: only the proxy's does.",
)
_ENDED_AFTERWARDS = replace(
    _ENDED_BY_THE_PROXY,
    what="The client speaks after {quiet} s, in time, and the server answers. Then no byte travels for {idle} s, and "
    "the proxy ends TCP on both sides.",
)
_KEPT_BY_THE_PROXY = Explanation(
    what="In {quiet} s the proxy never sees {idle} s without a byte. It ends nothing, and the client's message is "
    "answered.",
    why="Each byte starts the proxy's timer again, also those of a Ping and its Pong (§5.5.2).",
    knows="The client believes {client}, the server {server}: the connection is alive.",
    code=f"On the server {_OFTEN_ENOUGH}. Then one late Ping does no harm.",
    limits=_BOTH_DIRECTIONS,
)


def idle_proxy(run: PlayedRun) -> Explanation:
    """Kept, ended before the client speaks again or while it does, or ended after all was said."""
    if run.code("client") is None:
        return _KEPT_BY_THE_PROXY
    _, *again = run.tape.frames(Opcode.TEXT, "client")
    if not again:
        return _ENDED_BY_THE_PROXY
    return _SPOKE_TOO_LATE if again[0].fate == LOST else _ENDED_AFTERWARDS


KEEPALIVE_LASTS = 601
"""Seconds for which nobody speaks in `keepalive`."""

_TO_THE_PROXY = 0.001
"""Seconds that the last message needs to the proxy, at most: until then its timer runs on."""


def keepalive(run: PlayedRun) -> Explanation:
    """How many bytes it took, or that it was too slow."""
    if run.code("client") is not None:
        return _TOO_SLOW
    beats = run.tape.frames((Opcode.PING, Opcode.PONG))
    if not beats:
        return _NOT_NEEDED
    sent = " and ".join(counted(len(beats) // 2, each) for each in ("Ping", "Pong"))
    size = f"{sum(len(each.data) for each in beats)} bytes of WebSocket"
    if run.number("idle") <= KEEPALIVE_LASTS + _TO_THE_PROXY:
        return _kept(f"In ten minutes {sent} keep the connection: {size}.")
    return _kept(
        f"In ten minutes {sent} travel: {size}. The proxy waits {{idle}} s, longer than the story, and would have "
        "kept the connection without them."
    )


def _kept(what: str) -> Explanation:
    return Explanation(
        what=what,
        why="A Ping of the server's is 6 bytes here, the masked Pong 10 (§5.2, §5.5.2, §5.5.3). Each pair starts the "
        "proxy's timer again and shows the server that the client is there. On the wire the "
        "headers of TCP and IP, acknowledgements and TLS come on top, many times as much.",
        knows="The client believes {client}, the server {server}. The server knows it from each Pong; the client has "
        "seen Pings, and could notice if they stopped.",
        code=f"On the server {_OFTEN_ENOUGH}. Such a timer is `proxy_read_timeout` in nginx, or the idle timeout of a "
        "load balancer.",
        limits=_BOTH_DIRECTIONS,
    )


_NOT_NEEDED = Explanation(
    what="In ten minutes no Ping is sent: the first would go after {ping_interval} s. The connection lives because the "
    "proxy waits {idle} s, longer than the story.",
    why="Without a byte in either direction the proxy's timer runs on. A Ping and its Pong would start it again "
    "(§5.5.2).",
    knows="The client believes {client}, the server {server}. For ten minutes neither has seen a sign of the other.",
    code=f"On the server {_OFTEN_ENOUGH}.",
    limits=_BOTH_DIRECTIONS,
)
_TOO_SLOW = Explanation(
    what="The first Ping is due after {ping_interval} s. That is too late: after {idle} s without a byte the proxy "
    "ends TCP on both sides.",
    why="A keepalive that is not faster than the shortest timer on the way keeps nothing alive. No Close came, so the "
    "code is 1006 (§7.1.5).",
    knows="The client believes {client}, the server {server}, and neither knows who ended it.",
    code=f"On the server {_OFTEN_ENOUGH}.",
    limits=_BOTH_DIRECTIONS,
)


SLOW_KEEPALIVE_LASTS = 100
"""Seconds for which `slow-keepalive` is watched."""

_AFTERWARDS = 0.02
"""Seconds for which a run goes on after its story (`player.SETTLE`): the router's timer may end in them."""


def slow_keepalive(run: PlayedRun) -> Explanation:
    """Found forgotten, forgotten and not yet found out, kept alive by Pings, or too short a story to tell."""
    if run.code("server") is not None:
        return _FORGOTTEN
    if any(isinstance(entry.fact, FaultAct) and entry.fact.act == "idle" for entry in run.tape):
        return _UNNOTICED
    if not run.tape.frames(Opcode.PING):
        return _NOTHING_YET
    if run.number("idle") > SLOW_KEEPALIVE_LASTS + _AFTERWARDS:
        return _KEPT_ANYWAY
    return _KEPT if run.number("ping_interval") < run.number("idle") else _KEPT_BY_LUCK


_ROUTERS = (
    "This router answers with RST, as the Network Load Balancer of AWS does, and its NAT gateway to the machines "
    "behind it. Most drop what they do not know, and then the server finds out only by the Pong that does not come."
)
_FORGOTTEN = Explanation(
    what="The router forgets the connection after {idle} s without a byte. The server's Ping at {ping_interval} s "
    "finds nothing, and the router answers with RST.",
    why="A router with NAT or a stateful firewall keeps a table of connections and cleans it by a timer. A keepalive "
    "that is slower than that timer keeps nothing alive; it only detects the loss, and only for the side that sends "
    "(§5.5.2).",
    knows="The server believes {server}. The client believes {client}: it sends nothing, so nothing tells it.",
    code=f"On the server {_OFTEN_ENOUGH}. And let the client notice when no Ping comes, or ask itself: "
    "`connect(..., ping_interval=25)`.",
    limits=_ROUTERS,
)
_KEPT = Explanation(
    what="The server sends a Ping every {ping_interval} s, so the router, which forgets a connection after {idle} s "
    "without a byte, keeps this one.",
    why="Each Ping and its Pong start the router's timer again (§5.5.2).",
    knows="The client believes {client}, the server {server}: the connection is alive.",
    code=f"On the server {_OFTEN_ENOUGH}.",
    limits=_ROUTERS,
)
_KEPT_ANYWAY = replace(
    _KEPT,
    what="The server sends a Ping every {ping_interval} s, and the router would forget the connection after {idle} s "
    "without a byte: longer than the story, which would have gone well without a Ping, too.",
)
_KEPT_BY_LUCK = replace(
    _KEPT,
    what="The server sends a Ping every {ping_interval} s, and the router would forget the connection after {idle} s "
    "without a byte. So far it has not, by some milliseconds.",
    why="Each byte starts the router's timer again (§5.5.2), and the last one before a Ping travelled a little after "
    "the server had begun to count. A Ping that is some milliseconds later finds nothing.",
)
_NOTHING_YET = Explanation(
    what="In the 100 s of this story nothing happens. The server's first Ping goes after {ping_interval} s, and the "
    "router would forget the connection after {idle} s without a byte.",
    why="Whichever comes first decides: a Ping starts the router's timer again (§5.5.2), or the timer ends first and "
    "the Ping finds nothing.",
    knows="The client believes {client}, the server {server}, and so far both are right.",
    code=f"On the server {_OFTEN_ENOUGH}.",
    limits=_ROUTERS,
)
_UNNOTICED = Explanation(
    what="The router forgets the connection after {idle} s without a byte. The server's first Ping, after "
    "{ping_interval} s, is still to come when the story ends.",
    why="Nobody sends anything, so nobody can notice: a forgotten connection looks like a quiet one until the next "
    "byte (§5.5.2).",
    knows="The client believes {client}, the server {server}, and both are wrong.",
    code=f"On the server {_OFTEN_ENOUGH}.",
    limits=_ROUTERS,
)


def blocked_loop(run: PlayedRun) -> Explanation:
    """Given up by the client before or after the server reads again, kept because of the thread, or over in time."""
    if run.code("client") is not None:
        return _READ_TOO_LATE if run.code("server") == 1011 else _BLOCKED
    return _IN_A_THREAD if run["where"] == "in a thread" else _SHORT


_BLOCKED = Explanation(
    what="The handler computes for {busy} s on the event loop. The client's Ping arrives and is not read; after 10 s "
    "without a Pong the client fails the connection. The answer comes too late.",
    why="A handler that computes, or calls `time.sleep`, stops its loop: nothing is read, and no Pong goes out. "
    "§5.5.2 asks for one as soon as is practical. The client sends a Close with 1011 “keepalive ping timeout”. The "
    "text of §7.4.1 gives 1011 to servers; libraries send it as clients, too. Every other connection of that loop "
    "waited, too.",
    knows="The client believes {client}: it failed the connection and read nothing more (§7.1.7). Its log blames the "
    "network. The server believes {server}, and its program learns it only with its next `send` or `recv`.",
    code="`result = await asyncio.to_thread(work, data)` keeps the loop free. That helps where the work waits or "
    "where C code lets go of the GIL; pure Python holds it by turns with the loop and slows it, so use a "
    "`ProcessPoolExecutor` for it. "
    "`loop.slow_callback_duration` and asyncio's debug mode find such a handler.",
    limits="The tape calls the Pings lost: they arrived at the server's system, and its program never read them. Its "
    "`send` meets the RST first, and asyncio then drops what is unread. A server that reads first still finds it, as "
    "in `close-unanswered`.",
)
_READ_TOO_LATE = replace(
    _BLOCKED,
    what="The handler computes for {busy} s on the event loop. After 10 s without a Pong the client fails the "
    "connection. When the loop is back, the server reads the Pings and the Close, and answers them: too late.",
    knows="The client believes {client}: it failed the connection and read nothing more (§7.1.7). Its log blames the "
    "network. The server believes {server}, the code in the Close that it read when its loop was back.",
    limits="",
)
_IN_A_THREAD = Explanation(
    what="The handler computes for {busy} s beside the loop. No Ping stays unanswered, and the result arrives.",
    why="The loop is free, so it reads each Ping and sends its Pong at once (§5.5.2), while the work goes on "
    "elsewhere.",
    knows="The client believes {client}, the server {server}. Whenever the client asks by a Ping, it learns that the "
    "server is there.",
    code="`result = await asyncio.to_thread(work, data)`; `loop.run_in_executor(ProcessPoolExecutor(), ...)` for pure "
    "Python that computes, for a thread that holds the GIL by turns with the loop slows it.",
    limits="The model has no threads: it waits without holding up the loop.",
)
_SHORT = Explanation(
    what="The handler computes for {busy} s on the event loop. That ends before the client's 10 s for a Pong are over.",
    why="A Ping that comes meanwhile waits until the loop reads again; its Pong is late, but in time (§5.5.2).",
    knows="The client believes {client}, the server {server}. Every other connection of that loop waited as long.",
    code="`await asyncio.to_thread(work)` anyway: the next work may take longer.",
)

PONG_LOST = by(
    "judge",
    {
        "the Pong": Explanation(
            what="Every message arrives, and the Pongs do not. The server fails the connection when no Pong has come "
            "for 20 s.",
            why="The server takes a missing Pong for a dead peer. TCP never loses one frame out of the middle. So "
            "either the client never sent the Pong, though it must (§5.5.2), or an intermediary swallowed it.",
            knows="The server believes {server}: it failed the connection and read nothing more, not even the answer "
            "to its Close (§7.1.7). The client believes {client}, the code of the Close that it received.",
            code="Take every message for a sign of life: `await connection.recv(timeout=45)` with "
            "`ping_timeout=None`. And find out who swallows the Pongs: `wslab tap` on both sides of the proxy.",
        ),
        "any message": Explanation(
            what="Every message arrives, and the Pongs do not. The server takes each message for a sign of life, and "
            "the connection goes on.",
            why="A peer that sends messages is there, whatever became of its Pongs. It has to send one for a Ping "
            "(§5.5.2), but this server does not count Pongs: its handler waits for messages only.",
            knows="The client believes {client}, the server {server}: rightly.",
            code="`ping_interval=20, ping_timeout=None`, and `await connection.recv(timeout=45)` in the handler: when "
            "no message came for 45 s, end the connection. That needs a client which always has something to say.",
        ),
    },
)


def pong_behind_upload(run: PlayedRun) -> Explanation:
    """Failed, saved by fragments, or too small to matter."""
    if run.code("server") != 1000:
        return _BEHIND
    fragments, pongs = run.tape.frames(Opcode.CONTINUATION), run.tape.frames(Opcode.PONG)
    slipped = bool(fragments and pongs) and pongs[0].time < fragments[-1].time
    return _BETWEEN if slipped else _SMALL


_LINE = "The line carries 30,000 bytes a second upwards; a real one also queues in routers, which makes it worse."
_BEHIND = Explanation(
    what="The client uploads {size:byte} over a slow line. Its Pong waits behind them, and after 10 s without one "
    "the server fails the connection in the middle of the upload.",
    why="Bytes leave in the order in which they were given to TCP, and no frame can interrupt another (§5.2). The "
    "server receives bytes all the time, but it counts only the Pong. It sends a Close with 1011 and reads nothing "
    "more (§7.1.7).",
    knows="The server believes {server}: it took the client for dead. The client believes {client}: it was sending, "
    "and did nothing wrong.",
    code="`await ws.send_fragment(part, fin=...)` with small parts, awaiting each, so that a Pong fits in between "
    "(§5.4); a page cannot fragment and sends several messages. On the server: a longer `ping_timeout=`, or count any "
    "byte as a sign of life.",
    limits=_LINE,
)
_BETWEEN = Explanation(
    what="The client uploads {size:byte} in fragments of {fragment}, each when TCP has room. A Pong that is due "
    "meanwhile slips between two of them, and the file arrives.",
    why="Control frames may stand between the fragments of a message (§5.4), not inside a frame (§5.2). No more waits "
    "in TCP than its buffer takes, so a Pong waits some seconds on this line, and not until the end of the file.",
    knows="The client believes {client}, the server {server}: the file is stored.",
    code="`await ws.send_fragment(part, fin=...)`: to await each one keeps the queue short. A page sends several "
    "messages, each when `bufferedAmount` is small.",
    limits=_LINE,
)
_SMALL = Explanation(
    what="The client uploads a file of {size:byte}. It is through before any Pong is too late.",
    why="A Pong that is due meanwhile waits behind what was given to TCP before it (RFC 9293 §2.2), but not longer "
    "than the server's 10 s.",
    knows="The client believes {client}, the server {server}: the file is stored.",
    code="Do not count on it: a larger file or a slower line fails. Send large data in parts and await each: `await "
    "ws.send_fragment(part, fin=...)`.",
    limits=_LINE,
)

ONE_WAY_HEARTBEAT = by(
    "beat",
    {
        "pong": Explanation(
            what="The client sends a Pong every 30 s without being asked. When the path dies, the Pongs are lost, and "
            "nothing tells the client before the story ends.",
            why="An unsolicited Pong is allowed, and a response to it is not expected (§5.5.3). It shows the server "
            "that the client is there, and to this proxy it is traffic. Sending into a dead path looks like any "
            "other sending, until TCP gives up.",
            knows="The client believes {client}: it never asked. The server believes {server}: it could notice that "
            "the Pongs stopped, but does not look.",
            code="Ask instead: `await ws.ping(timeout=10)`, or `connect(..., ping_interval=30, ping_timeout=10)`. On "
            "the server watch the heartbeat that you expect, and end the connection when two are missing.",
            limits=f"{_BOTH_DIRECTIONS} {_SILENT_PATH}",
        ),
        "ping": Explanation(
            what="The client sends a Ping every 30 s. When the path dies, no Pong comes within 10 s, and the client "
            "cuts TCP.",
            why="A Ping has to be answered (§5.5.2), so a missing answer says something. The client's RST is lost on "
            "the dead path.",
            knows="The client believes {client} and can come back. The server believes {server}: it does not ask, and "
            "does not look for the client's Pings.",
            code="`connect(..., ping_interval=30, ping_timeout=10)`. The server asks too, or expects the client's "
            "Pings and ends the connection when none came for some time, as a client of Engine.IO 4 does when its "
            "server's `2` is late.",
            limits=_BOTH_DIRECTIONS,
        ),
    },
)
