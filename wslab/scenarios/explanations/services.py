"""The explanations of `stories.services`."""

from __future__ import annotations

from dataclasses import replace

from wslab.protocol import Opcode
from wslab.scenarios.explanation import Explanation, PlayedRun, by, either

_TWO_HALVES = (
    "Each connection keeps its order, as TCP does, and nothing in WebSocket orders what went over different ones. "
    "While the servers do not hear each other, each half of the chat goes on by itself (§1.5: a layer over one TCP "
    "connection)."
)
_CHAT_ENDS = (
    "Ann and Ben believe {client}: no user learns of it. Of the first bus server A believes {client3}, and "
    "server B {server3}: the RST was lost on the silent path. Of the second both believe {client4}."
)
_BUS_LIMITS = (
    "The model sends nothing again. Where a path comes back, server B's real TCP sends its line again, and A's, which "
    "knows no such connection, answers with RST (RFC 9293 §3.5.2): soon B believes CLOSED 1006, too."
)
PARTITION = by(
    "numbered",
    {
        False: Explanation(
            what="The bus between two servers is silent for a while. When it is back each server sends all that it "
            "has: "
            "what both had comes twice, and each half is in another order.",
            why=_TWO_HALVES,
            knows=f"{_CHAT_ENDS} The two read different chats, and neither can know.",
            code="Give each line an id and a number that is larger than all that its server has heard (a Lamport "
            "clock): `number = 1 + max(heard)`. Sort by `(number, server)` and drop ids that you have. Give the bus a "
            "`ping_interval=`, too.",
            limits=_BUS_LIMITS,
        ),
        True: Explanation(
            what="The bus between two servers is silent for a while. When it is back each server sends all that it "
            "has, "
            "and the numbers make one chat of it.",
            why=f"{_TWO_HALVES} A number that is larger than all that a server has heard, with the server's name, "
            "gives an order that is the same everywhere, in which no answer stands before what it answers. Of two "
            "lines whose writers did not hear each other it does not say which came first.",
            knows=f"{_CHAT_ENDS} They read the same chat in the end; while the bus was silent they did not.",
            code="`number = 1 + max(heard)`, then sort by `(number, server)` and drop what you have. Give the bus a "
            "`ping_interval=`, too.",
            limits=_BUS_LIMITS,
        ),
    },
)

_STAYS = (
    "A connection stays with the server that answered its handshake: that needs no sticky sessions. The next "
    "connection (§7.2.3) may come to any server."
)
OTHER_SERVER = by(
    "store",
    {
        "own": Explanation(
            what="The first server goes away with Close 1001. The client connects again, another server answers, does "
            "not know its ticket, and closes with 1008.",
            why=f"{_STAYS} What the first server kept in its own memory is gone with it. 1008 is the generic code for "
            "a policy that forbids something (§7.4.1).",
            knows="Of the first connection both believe {client}, of the second {client2}. The client has a ticket "
            "that the new server does not know, as the reason says.",
            code="Keep sessions where every server can read them: Redis (`await redis.hset(f'session:{{ticket}}', "
            "...)`), a database, or a signed token that the client brings along. Sticky sessions at the load balancer "
            "do not help when the server is gone.",
        ),
        "shared": Explanation(
            what="The first server goes away with Close 1001. The client connects again, another server answers, and "
            "goes on with its ticket.",
            why=f"{_STAYS} The sessions are in a store that all servers ask.",
            knows="Of the first connection both believe {client}, of the second {client2}. The client notices nothing "
            "but the new connection.",
            code="`await redis.hgetall(f'session:{{ticket}}')`, a database, or a signed token. On 1001 the client "
            "connects again after a random pause (§7.2.3).",
        ),
    },
)

_SOCKET_IO = (
    "Socket.IO is a protocol of its own inside WebSocket's messages. It names no subprotocol (§1.9) that would say so. "
    "Each text message begins with a digit: 0 opens, 2 asks, 3 answers, 40 joins, 42 is an event. Binary data follows "
    "its event in binary messages, without a digit. The 2 and 3 are messages, not the Ping and Pong of §5.5.2, which a "
    "library answers by itself."
)
_USE_ITS_CLIENT = (
    "Use a client for it: `socketio.AsyncClient()` of python-socketio, `socket.io-client` in JavaScript. Or let the "
    "server speak plain WebSocket."
)
SOCKET_IO = by(
    "client",
    {
        "only listens": Explanation(
            what="The client gets in, reads the 0 and then a 2, answers nothing, and after 20 s more the server "
            "closes.",
            why=f"{_SOCKET_IO} No 3 came, so the server takes the client for gone. Its Close has no code, which a "
            f"program sees as 1005 (§7.1.5).",
            knows="The client believes {client}, the server {server}: a clean end without a code. The client does not "
            "know why; the server thinks that it was dead.",
            code=_USE_ITS_CLIENT,
        ),
        "says hello": Explanation(
            what="The client gets in and sends “hello”, which is no packet of Socket.IO, and the server closes at "
            "once.",
            why=f"{_SOCKET_IO} To the server this is a parse error. Its Close has no code, which a program sees as "
            f"1005 (§7.1.5).",
            knows="The client believes {client}, the server {server}: a clean end without a code, and without a "
            "reason.",
            code=_USE_ITS_CLIENT,
        ),
        "speaks it": Explanation(
            what="The client joins with 40, answers each 2 with a 3, sends its messages as 42[...], and stays.",
            why=_SOCKET_IO,
            knows="The client believes {client}, the server {server}: the client closed when it was done.",
            code="`sio = socketio.AsyncClient(); await sio.connect(url)`; it does all of this. `pingInterval` and "
            "`pingTimeout` are in the server's first packet.",
        ),
    },
)

LONG_PING = either(
    lambda run: run.number("size") > 125,
    Explanation(
        what="The server puts {size:byte} into a Ping, and the client fails the connection.",
        why="A control frame carries at most 125 bytes (§5.5): it has to fit between the fragments of a message, and "
        "its Pong repeats all of it (§5.5.3). The same limit holds for a Close: 2 bytes are its code, so a reason has "
        "at most 123 bytes of UTF-8 (§5.5.1).",
        knows="The client believes {client}: it failed the connection and read nothing more (§7.1.7). The server "
        "believes {server}, the code in the client's Close.",
        code="Keep a Ping's payload to a few bytes, or empty: `await ws.ping()`. Send a status as a message. Cut a "
        "reason by bytes, not by characters: `reason.encode()[:123].decode(errors='ignore')`.",
    ),
    Explanation(
        what="The server puts {size:byte} into a Ping, and the Pong brings them back.",
        why="A control frame carries up to 125 bytes (§5.5), and a Pong repeats the payload of its Ping (§5.5.3).",
        knows="The client believes {client}, the server {server}: the connection goes on.",
        code="`await ws.ping(payload)` with at most 125 bytes; a reason has at most 123.",
    ),
)

_LOSSY = (
    "WebSocket is a layer over TCP (§1.5), which sends again what was lost and holds back what came after it "
    "(head-of-line blocking): loss becomes delay, not a gap. What a connection loses, it loses when it ends."
)
_LOSSY_LIMITS = (
    "A lost packet costs a timeout here, 200 ms and twice as much each further time; it is lost six times at most. A "
    "real TCP also has fast retransmit: in the middle of a stream a loss costs about one round trip. The chance is "
    "drawn for each packet by itself; real losses come in groups."
)


def lossy_path(run: PlayedRun) -> Explanation:
    """With a loss that delayed a message, with luck, or without loss."""
    if not run.number("probability"):
        return _LOSSLESS
    sent = run.tape.frames(Opcode.TEXT, "client")
    return _DELAYED if any((each.arrived or 0) - each.time > 0.2 for each in sent) else _LUCKY


_DELAYED = Explanation(
    what="Each packet of the client's is lost with the probability {probability}. All ten messages arrive, in "
    "order, late where a packet was lost.",
    why=_LOSSY,
    knows="The client believes {client}, the server {server}. Neither sees the loss: the client's sends return at "
    "once, and the server sees messages that come late, sometimes several at a time.",
    code="Do not send again what TCP still carries. Put a time into each message (`{{'sent': time.time()}}`) and "
    "drop what is too old, such as a position; send the newest only when the last is out (`bufferedAmount == 0` "
    "in a page). Choose `ping_timeout=20` or more.",
    limits=_LOSSY_LIMITS,
)
_LUCKY = replace(
    _DELAYED,
    what="Each packet of the client's is lost with the probability {probability}. By luck none of the ten messages was "
    "lost: each takes 51 ms, nearly all of them the path's.",
    knows="The client believes {client}, the server {server}. Neither knows that the path may lose packets.",
)
_LOSSLESS = Explanation(
    what="No packet is lost. Each of the ten messages takes 51 ms, nearly all of them the path's.",
    why="TCP has nothing to send again and holds nothing back (§1.5).",
    knows="The client believes {client}, the server {server}.",
    code="Nothing is needed here. Test with loss anyway: `Loss(0.1)` on a link, or `tc qdisc ... netem loss 1%`.",
    limits="The path has no jitter, and its bandwidth has no limit.",
)


def censor(run: PlayedRun) -> Explanation:
    """Cut, or not."""
    return _CUT if run.code("client") == 1006 else _PASSED


_CUT = Explanation(
    what="The server's answer contains a word that an intermediary does not like. It sends RST to both sides, to each "
    "in the other's name.",
    why="An intermediary that reads along can pick words and end the connection. Here it reads the server's answer, "
    "which is not masked. The client's question with the same word had passed: it was masked, and a box that only "
    "searches the bytes does not see it, while one that parses frames does, for the key is in the frame (§5.3). TLS "
    "hides both (§10.6).",
    knows="The client believes {client}, the server {server}: no Close came (§7.1.5). Each may think that it was the "
    "other.",
    code="Use `wss://`: `lab.serve(..., tls=context)`. An intermediary that cannot read cannot pick words, but it can "
    "still cut by address, name (SNI) or size. So connect again after a random pause (§7.2.3), and do not send the "
    "same question for ever: after three cuts at the same place, say so.",
)
_PASSED = Explanation(
    what="The client asks about “{word}”, and the intermediary, which reads along, lets it pass.",
    why="The word that it looks for does not occur. It has read everything nevertheless: without TLS each byte of the "
    "server is in clear, and each of the client's is masked with a key that stands beside it (§5.3).",
    knows="The client believes {client}, the server {server}. Neither knows that somebody reads along.",
    code="Use `wss://` (§10.6): `lab.serve(..., tls=context)`. To avoid a word is no protection.",
)
