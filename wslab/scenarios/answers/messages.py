"""The answers to the questions of `stories.messages` and `stories.texts`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

SPLIT_CHARACTER = Answers(
    "Yes: the message as a whole is UTF-8",
    {
        "No: each fragment has to be UTF-8": "The rule is about the message. A fragment may end anywhere, inside a "
        "character, too (§5.6).",
        "No: the server closes with 1007": "The server reads the text whole: it carries the beginning of the character "
        "over to the next fragment.",
        "Yes, but the “€” is lost": "Its three bytes come together again, and the text arrives as it was.",
    },
    before=4,
)

TEXT_NOT_UTF8 = Answers(
    "At the first ü",
    {
        "Only at the end of the message": "A receiver may check there. This one checks what it has, and no character "
        "of UTF-8 begins with 0xFC.",
        "At the first letter": "The letters before the ü are ASCII, and ASCII is UTF-8, too.",
        "Never: a text may have any bytes": "A text message is UTF-8 and nothing else (§5.6).",
    },
)

PING_BETWEEN_FRAGMENTS = Answers(
    "No: it comes before the message is whole",
    {
        "Yes: one thing after the other": "A control frame may stand between the fragments of a message (§5.4), and "
        "its Pong is sent as soon as is practical (§5.5.2).",
        "No Pong comes: a Ping may not stand there": "It may (§5.4). What may not stand there is another message.",
    },
    before=5,
)

FRAGMENTED_PING = Answers(
    "No: the server closes with 1002",
    {
        "Yes: the rule is the same for all frames": "A control frame must not be fragmented (§5.5).",
        "Yes, and the Pong comes after the last part": "The server fails the connection at the first part: a control "
        "frame must not be fragmented (§5.5).",
        "No: the server leaves the frame out": "A rule is broken, and the server fails the connection (§7.1.7). It "
        "does not go on without the frame.",
    },
)

TRICKLE = Answers(
    "Never: nothing limits it here",
    {
        "After 60 s, by an idle timer": "Each byte is a sign of life to an idle timer that counts what the client "
        "sends. It runs out only where nothing comes.",
        "At once: half a frame is an error": "A frame may come in as many pieces as TCP makes of it. Half a frame is a "
        "beginning.",
        "When the protocol's limit is over": "The RFC has no limit on time. What it recommends is a limit on sizes "
        "(§10.4).",
    },
)

MESSAGE_TOO_BIG = Answers(
    "The receiver's: the server that said 1009",
    {
        "The sender's": "The limit is that of the side which sends the 1009, and that is the server, which received "
        "the message.",
        "An intermediary's": "There is none on the way here: the Close with 1009 comes from the server.",
        "The protocol's": "The protocol's own limit is 2^63-1 bytes a frame (§5.2). The server takes 65,536.",
    },
)

SLOW_CONSUMER = Answers(
    "Most of them in the server's memory",
    {
        "All on the wire": "TCP takes only as much as its window allows (RFC 9293 §3.8.6). The rest waits at the "
        "server.",
        "All in the client's queue": "The client takes them slowly, and TCP's window closes. What the server goes on "
        "sending waits on its own side.",
        "Nowhere: they are dropped": "All 16 arrive, late. Until then they wait in the server's memory.",
    },
)

DEFLATE_BOMB = Answers(
    "About 1 MB, a thousand times as much",
    {
        "About 1 KB": "That is its size on the wire. The server holds what comes out of it.",
        "About 2 KB: it can hardly be shorter": "DEFLATE shrinks repeated data up to about 1:1000.",
        "None: the server's limit stops it": "The limit here is 16 MiB, and what comes out has 1 MiB.",
    },
)

RSV1_UNASKED = Answers(
    "It never read that compression was agreed on",
    {
        "A server must not compress": "It may: the client offered compression, and the server's 101 accepted it (RFC "
        "7692 §5). That header was taken out on the way.",
        "RSV1 is always a violation": "An extension may give the bit a meaning, and permessage-deflate does (RFC 7692 "
        "§6). Without an agreement it has none.",
        "The compressed data is damaged": "The data is whole. The client fails the connection because of the bit "
        "(§5.2).",
    },
)

UNMASKED_CLIENT = Answers(
    "Yes: it fails the connection",
    {
        "No: masking is optional": "A client must mask each frame, and a server must close the connection on a frame "
        "without a mask (§5.1).",
        "Yes: it answers 400": "The handshake is over, and with it the time of statuses. The server sends a Close with "
        "1002 (§5.1).",
        "Yes: it drops the frame and goes on": "It must close the connection (§5.1).",
    },
)

MASKED_SERVER = Answers(
    "No: the client fails the connection",
    {
        "Yes: it protects the other direction, too": "A server's bytes do harm only with a forged request, and the "
        "client's mask prevents that (§10.3). A server must not mask (§5.1).",
        "It changes nothing: the client unmasks": "Some clients would, such as aiohttp's. By the RFC a client must "
        "close the connection on a masked frame (§5.1).",
    },
)

FRAGMENT_CHECKER = Answers(
    "1007",
    {
        "None: the text is valid": "It is. But this client checks each fragment by itself, and half a character is not "
        "UTF-8.",
        "1002": "1002 is for an error in the protocol. What this client believes to be wrong is the text, and that is "
        "1007 (§7.4.1).",
        "1003": "1003 is for a type of data that an endpoint cannot accept (§7.4.1), not for a text that is damaged.",
    },
)

WRONG_ENCODING = Answers(
    "Nothing: it fails the connection with 1007",
    {
        "“Grüße”: it finds out the encoding": "A text message is UTF-8 and nothing else (§5.6): there is nothing to "
        "find out.",
        "Two strange letters for each ü and ß": "That comes of UTF-8 that is read as another encoding. These bytes are "
        "not UTF-8, and the server fails the connection (§8.1).",
        "“Grüße” with a gap behind each letter": "Plain ASCII would pass so, with a zero behind each letter. But `fc`, "
        "a byte of the “ü” here, is in no character of UTF-8.",
    },
)

CROSSING_MESSAGES = Answers(
    "No: the two cross on the way",
    {
        "Yes: the server waits for the client": "After the handshake either side may send at any time (§1.2).",
        "Yes: one is sent again later": "One TCP connection carries a stream in each direction, and the two do not "
        "disturb each other.",
    },
    before=4,
)

IN_ORDER = Answers(
    "None",
    {
        "About 10: one in twenty": "One packet in twenty is lost, but no message: TCP sends again what was lost and "
        "holds back what came after it.",
        "All that come after a loss": "They come late and not out of order: TCP holds them back until what is missing "
        "has come.",
    },
)
