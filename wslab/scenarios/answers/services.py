"""The answers to the questions of `stories.services`, `stories.rooms` and `stories.browsers`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

PARTITION = Answers(
    "No: lines come twice, and in another order",
    {
        "Yes: the bus keeps the order": "Each connection keeps its own order. While the servers did not hear each "
        "other, each half of the chat went on by itself.",
        "No: the lines of that time are lost": "When the bus is back, each server sends all that it has. What both had "
        "comes twice.",
        "Yes: each page sorts the lines": "The lines have no numbers here, so no page can tell which comes first.",
    },
)

OTHER_SERVER = Answers(
    "No: the other server closes with 1008",
    {
        "Yes: it comes to the same server again": "A connection stays with its server, but the next one may come to "
        "any. This one came to another.",
        "Yes: servers share what they know": "Here each server has it in its own memory, and with the first server it "
        "is gone.",
        "No: the handshake is refused": "The handshake succeeds. The ticket comes in a message, and the Close with "
        "1008 answers that.",
    },
)

SOCKET_IO = Answers(
    "Nobody answered its “2”, which is a message",
    {
        "Its Ping got no Pong": "No Ping of §5.5.2 was sent: a library would have answered it. Socket.IO asks with a "
        "text message.",
        "The subprotocol was wrong": "Socket.IO names none (§1.9), and the handshake is done.",
        "A proxy ended it": "There is none here. The Close comes from the server.",
    },
)

LONG_PING = Answers(
    "No Pong: it fails the connection",
    {
        "A Pong with the same 200 bytes": "A Pong repeats the data (§5.5.3), but a control frame carries at most 125 "
        "bytes (§5.5).",
        "A Pong with the first 125 bytes": "Nothing is cut off. A Ping with more than 125 bytes breaks a rule (§5.5).",
        "An empty Pong": "A Pong repeats the data of its Ping (§5.5.3), and this Ping is not legal (§5.5).",
    },
)

LOSSY_PATH = Answers(
    "All ten, in order",
    {
        "About seven, in order": "Packets are lost, but no message: TCP sends again what was lost.",
        "All ten, some out of order": "TCP holds back what came after a lost packet until that has come.",
    },
)

CENSOR = Answers(
    "Nothing: each may blame the other",
    {
        "Both see who sent the RST": "It comes to each side in the other's name.",
        "The server knows: its answer had the word": "The server gets RST and no reason. For it, the client may have "
        "ended the connection.",
        "Both read it in the Close, 1008": "No Close came, so each side believes 1006 (§7.1.5).",
    },
)

SLOW_ONE_IN_THE_ROOM = Answers(
    "Nobody: all wait for the phone that stalls",
    {
        "All but the slow one": "The loop awaits `send` to one user after the other. Here the one that stalls is "
        "the first, and all others wait behind it.",
        "All: the slow one's news is dropped": "Nothing drops it. Its `send` waits for room, for 10 s here, and then "
        "an error ends the loop for all.",
    },
)

SNAPSHOT_GAP = Answers(
    "No: the change in between is missing",
    {
        "Yes: no message is lost": "None is lost on its connection. But nothing orders two connections against each "
        "other (§1.5), and the change came between the two.",
        "No: one change is there twice": "That can happen if the page subscribes first. Here it fetches first, and "
        "misses what comes in between.",
        "Yes, after the next change": "The next change does not bring the one that is missing.",
    },
)

BACKGROUND_TAB = Answers(
    "It closes: no heartbeat came for 45 s",
    {
        "Nothing: the page goes on": "Browsers slow down the timers of a hidden page. Its heartbeats come once a "
        "minute, and the server waits for 45 s.",
        "It asks with a Ping, and all is well": "This server sends none. It waits for the page's heartbeat.",
        "Nothing: the browser has closed": "The browser keeps the connection. It is the server that closes, with 1008.",
    },
)

WAKE_UP = Answers(
    "No, and `send` gives no error",
    {
        "Yes: the socket says OPEN": "OPEN is what the page believes. While it slept, a router has forgotten the "
        "connection.",
        "No: `send` raises an error": "`send` gives the bytes to TCP, which takes them. The RST comes after that.",
        "Yes, a little later": "RST answers it, and nobody sends the mail again.",
    },
)

OVER_HTTP2 = Answers(
    "Nothing: a router refused the CONNECT",
    {
        "A GET without Upgrade": "Over HTTP/2 the browser asks with CONNECT (RFC 8441 §4), and the router answers it "
        "with 405.",
        "The request; it answered 405": "It was the router in front of it. The server's log is empty.",
        "A frame that it could not read": "No frame was sent: the request was refused before.",
    },
)
