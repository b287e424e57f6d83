"""The answers to the questions of `stories.endings`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

CLEAN_CLOSE = Answers(
    "The server",
    {
        "The client": "The client began the closing handshake, but it leaves TCP to the server and waits. So TIME_WAIT "
        "stays with the server (§7.1.1).",
        "Both at the same moment": "The server's FIN departs first. The client's follows when that one has arrived.",
        "Nobody: TCP stays for the next connection": "No WebSocket uses TCP again: a side that has sent and "
        "received a Close has to close TCP, too (§5.5.1).",
    },
)

CUT = Answers(
    "1006 on both sides, and it was not on the wire",
    {
        "1000 on both sides, and both were on the wire": "1000 would be in a Close. Here no Close travelled: all that "
        "each side received at the end is RST.",
        "1006 on both sides, and RST carried it": "RST is TCP's and carries no close code. Each side believes 1006 "
        "because no Close came (§7.1.5); 1006 must not stand in a frame (§7.4.1).",
        "No code: both still believe OPEN": "RST ends the connection for both sides at once. A path that falls "
        "silent would leave both OPEN.",
    },
)

HALF_OPEN = Answers(
    "Only the client finds out, after 10 s",
    {
        "Both find out at once": "A silent path gives no sign. TCP takes the client's bytes, and only the Pong that "
        "does not come tells it something, 10 s later.",
        "Both find out after 10 s": "Nothing that the client does reaches the server: its Ping and its RST are lost, "
        "too. The server does not ask, so it goes on believing OPEN.",
        "Neither ever finds out": "The client asks with a Ping (§5.5.2). When no Pong has come within 10 s, it cuts "
        "TCP and believes 1006.",
    },
)

CLEAN_CLOSE_BY_SERVER = Answers(
    "The server, again",
    {
        "The client, because it answers": "It does not matter who said Close first: the server closes TCP first, and "
        "the client waits for that (§5.5.1, §7.1.1).",
        "Both at the same moment": "The server's FIN departs first, and the client's follows when that has arrived.",
    },
)

SIMULTANEOUS_CLOSE = Answers(
    "Nobody answers; each believes the other's code",
    {
        "Each answers the other; both believe 1000": "Each side has sent its Close already, so what arrives needs no "
        "answer (§5.5.1). And the client received 1001, so it believes that.",
        "Nobody answers; each believes its own code": "The code that counts is that of the Close which a side "
        "received, not of the one it sent (§7.1.5).",
        "It is an error; both believe 1002": "Closes that cross are legal (§5.5.1): each side has sent one and "
        "received one, so the closing handshake is complete.",
    },
)

CLOSE_IN_FLIGHT = Answers(
    "They arrive, and nobody reads them",
    {
        "They are lost on the way": "They arrive: TCP delivers what the server sent before it saw the Close. It is the "
        "client's program that reads no more.",
        "The client's program gets them all": "It could with some libraries, if it read on. This program stops "
        "reading, and no endpoint has to process data after its own Close (§5.5.1).",
        "The server takes them back": "What TCP has taken cannot be taken back. They left before the server saw the "
        "Close.",
    },
    before=5,
)

CLOSE_WITHOUT_CODE = Answers(
    "1005, and it was not on the wire",
    {
        "1000, as the default": "An empty Close has no code, and nobody puts 1000 in its place. A program sees 1005: "
        "no code was present (§7.1.5).",
        "1006, as there is no code": "1006 says that no Close came at all. Here one came, only without a code, and "
        "that is 1005 (§7.1.5).",
        "1005, and it was in the Close": "The Close has no body. 1005 must not stand in a frame (§7.4.1).",
    },
)

CLOSE_CODE = Answers(
    "The server: a policy forbids it, so do not repeat it",
    {
        "The client: the server broke a rule": "The Close comes from the server's program, and nobody broke a rule of "
        "the protocol: for that the code is 1002 (§7.4.1).",
        "The server: it is overloaded, so try later": "“Try again later” is 1013, registered with IANA. 1008 says that "
        "a policy forbids this (§7.4.1); the same again ends the same way.",
        "Nobody: the network ended it": "1008 stands in a Close that the server sent. An end without a Close shows as "
        "1006 (§7.1.5).",
    },
)

WRONG_CLOSE_CODE = Answers(
    "It refuses the frame and says 1002",
    {
        "It believes 1006 and answers 1006": "1006 must not stand in a Close (§7.4.1), so the server fails the "
        "connection with 1002. That it believes 1006 in the end has another reason: it read no valid Close (§7.1.5).",
        "It takes it for an empty Close, 1005": "1005 is for a Close without a code (§7.1.5). This one has a code, and "
        "one that must not be sent.",
        "It ignores the frame and stays OPEN": "The server does not go on after a frame that it cannot accept: it "
        "fails the connection (§7.1.7).",
    },
)

KILLED = Answers(
    "At once, and it believes 1006",
    {
        "At once, and it believes 1001": "1001 would be in a Close, and a process that is killed sends none. Its "
        "system sends FIN only.",
        "Only when no Pong comes": "The system of the killed process closes its sockets, and the FIN arrives at once. "
        "When the whole machine dies, nobody sends FIN.",
        "Never: it stays OPEN": "The FIN arrives, and the client believes 1006. It would stay OPEN if the machine had "
        "lost its power.",
    },
)

HASTY_RESET = Answers(
    "Only the pages that had left before the RST",
    {
        "All of it: every `send` succeeded": "`send` returns when TCP has taken the bytes, not when they have arrived. "
        "RST throws away what TCP still holds (RFC 9293 §3.10.5).",
        "Nothing: RST takes back all of it": "The RST travels behind the pages that have left, and takes back none of "
        "them. What still waited in the server's TCP is lost.",
        "All of it, only later": "TCP sends again only while the connection lives. RST ends it.",
    },
)

CLOSE_UNANSWERED = Answers(
    "10 s: the client's own time limit",
    {
        "A minute, until the server reads again": "It would without a limit. This client waits 10 s for the answer, "
        "and then cuts TCP.",
        "No time: a Close needs no answer": "A connection is closed when each side has sent and received a Close "
        "(§5.5.1), so the client waits for the server's.",
        "Many minutes, until TCP gives up": "TCP is well and delivers the Close. It is the server's program that does "
        "not read.",
    },
)

CLOSE_ANSWER_LOST = Answers(
    "The client 1006, the server 1000",
    {
        "Both 1000": "The client received no Close, so its code is 1006 (§7.1.5). That the server sent one does not "
        "change that.",
        "Both 1006": "The server received the client's Close with 1000 and believes that (§7.1.5). The RST that "
        "ends TCP 5 s later does not change it.",
        "The client 1000, the server 1006": "It is the other way round: the server received a Close, and the client "
        "did not. What a side has sent does not count (§7.1.5).",
    },
)
