"""The answers to the questions of `stories.keepalive` and `stories.heartbeats`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

ZOMBIE_USER = Answers(
    "Two, and the messages for Bob are lost",
    {
        "One: TCP has noticed that Bob is gone": "A machine that sleeps sends nothing, not even FIN. TCP sends again "
        "what is not acknowledged, and gives up only after minutes.",
        "Two, and Bob reads them when he is back": "Only TCP would send them again, and it gives up after some "
        "minutes. WebSocket keeps nothing: it adds no acknowledgement of its own (§1.5).",
        "Two, and `send` raises an error": "`send` reports only that TCP took the bytes. TCP did, so there is no "
        "error.",
    },
)

HALF_OPEN_SERVER = Answers(
    "Not at all while we watch, 100 s",
    {
        "At once": "A path that falls silent gives no sign. The client only listens, so nothing of its own stays "
        "without an answer.",
        "After a minute, by a timer of TCP": "TCP's own keepalive is off unless a program turns it on, and then it "
        "waits for two hours or more by default (RFC 9293 §3.8.4).",
        "When the server's next `send` fails": "The server's `send` does not fail: TCP takes the bytes. And what "
        "happens at the server does not reach the client any more.",
    },
)

IDLE_PROXY = Answers(
    "It is gone: the proxy ended TCP after 60 s",
    {
        "All is well: neither side closed it": "Neither program did. The proxy between them did, after 60 s without a "
        "byte, and on both sides.",
        "Its message is lost without an error": "The proxy has sent FIN to both sides. The client knows it before it "
        "wants to speak, and believes 1006.",
        "The proxy connects again": "A proxy ends TCP and does no more. To connect again is for the client (§7.2.3).",
    },
)

KEEPALIVE = Answers(
    "384 bytes: 24 Pings with their Pongs",
    {
        "Many kB: each Ping is an HTTP request": "A Ping is a frame and no request: 6 bytes here, and its masked Pong "
        "10 (§5.2).",
        "None: an open connection stays open": "Without a byte for 60 s the proxy would end TCP. A connection sends "
        "nothing by itself.",
        "144 bytes: only the Pings travel": "Here a Pong answers each Ping (§5.5.2), and has 10 bytes. That makes 16 "
        "for each pair.",
    },
)

SLOW_KEEPALIVE = Answers(
    "Only the server, at 75 s",
    {
        "Both, at 60 s": "The router forgets the connection and tells nobody. Its RST answers the Ping at 75 s, and "
        "goes to the server only.",
        "Only the client, at 75 s": "The Ping was the server's, so the RST goes back to the server. The client sends "
        "nothing, so nothing tells it.",
        "Neither: the Ping keeps it alive": "A Ping every 75 s comes too late for a timer of 60 s.",
    },
)

TUNNEL = Answers(
    "No: the server fails it after 5 s without a Pong",
    {
        "Yes: TCP sends again, and all comes late": "TCP does. But the server waits only 5 s for its Pong, and has "
        "failed the connection before the train is out.",
        "No: TCP gives up in the tunnel": "TCP waits much longer than 15 s. It is the server's `ping_timeout` of 5 s "
        "that ended the connection.",
        "No: the client closes it": "The client learns of it last, from the Close with 1011 that comes out of the "
        "tunnel.",
    },
)

BLOCKED_LOOP = Answers(
    "The client, with 1011; the server's code is at fault",
    {
        "The server, with 1011; its handler took too long": "The server's loop stands still, so it sends nothing. The "
        "client gets no Pong within 10 s and fails the connection.",
        "The client, with 1006; the network is at fault": "1006 is never on the wire (§7.4.1): the client's Close says "
        "1011. And the network delivered the Ping; nobody read it.",
        "Nobody: the answer only comes late": "The client waits 10 s for a Pong, and the handler computes for 60 s.",
    },
)

PONG_LOST = Answers(
    "It is alive, and the server ends it",
    {
        "No: nothing of the client's arrives": "Its messages arrive, one every 15 s. Only its Pongs are missing.",
        "Yes, and the server sees it by the messages": "It could. But this server counts only the Pong, and fails the "
        "connection when none has come for 20 s.",
        "Yes: TCP sends the Pongs again": "TCP never loses one frame out of the middle of a stream, so it has nothing "
        "to send again. Something on the way takes the Pongs out.",
    },
)

PONG_BEHIND_UPLOAD = Answers(
    "Too late: it waits behind the upload",
    {
        "At once: a control frame goes first": "A control frame may stand between two frames and never inside one "
        "(§5.2), and the upload is one frame.",
        "At once: Pongs have a stream of their own": "There is one stream in each direction. Bytes leave in the order "
        "in which TCP got them.",
        "It does not matter: the upload is a sign of life": "Bytes do arrive all the time. But the server counts only "
        "the Pong, and fails the connection after 10 s without one.",
    },
)

ONE_WAY_HEARTBEAT = Answers(
    "Nothing: it never asked",
    {
        "After 30 s it knows, as no answer comes": "No response is expected to a Pong that nobody asked for (§5.5.3), "
        "so nothing is missing.",
        "At once: its `send` raises an error": "TCP takes the bytes, so sending looks as it always did.",
        "The server tells it": "This server does not look for Pongs that are missing, and believes OPEN. A path that "
        "is dead would not carry its word, either.",
    },
)

NETWORK_CHANGE = Answers(
    "Two sessions; news 3, 4 and 5 never reach the phone",
    {
        "One: the connection moves along": "A TCP connection belongs to two addresses and two ports. With a new "
        "address a new connection begins.",
        "One: the server sees that the old one is gone": "Nothing tells the server for minutes. It goes on sending to "
        "the old connection and believes that it is OPEN.",
        "Two; the server sends again what was lost": "This server does not look at what the phone has seen, and "
        "WebSocket has no acknowledgement of its own (§1.5).",
    },
)

THREE_HEARTBEATS = Answers(
    "No: only that its library runs",
    {
        "Yes: a Pong comes from the whole server": "The library answers a Ping and does not ask the program. Here the "
        "handler hangs, and each Ping gets its Pong (§5.5.2).",
        "No: only that its kernel runs": "The kernel answers for TCP. A Pong is a frame, and the library has to run to "
        "send it.",
    },
)

PONG_BEHIND_QUEUE = Answers(
    "The client's queue is full, so the Ping stays unread",
    {
        "The client's event loop is blocked": "The loop runs. The library has stopped reading from TCP, because the "
        "queue of messages is full: that is backpressure.",
        "The network has lost the Ping": "Nothing is lost: the Ping waits in TCP, behind the messages that nobody has "
        "read yet.",
        "The program has to answer Pings itself": "The library answers each Ping that it reads (§5.5.2). It has not "
        "read this one yet.",
    },
)
