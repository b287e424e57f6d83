"""The explanations of `stories.messages`."""

from __future__ import annotations

from wslab.protocol import Opcode
from wslab.protocol.numbers import size_in_words
from wslab.scenarios.explanation import Explanation, PlayedRun, by

_CLEAN = "The client believes {client}, the server {server}: they talked and closed cleanly."
_SERVER_FAILED = (
    "The server believes {server}: it failed the connection and read nothing more (§7.1.7). The client believes "
    "{client}, the code in the server's Close."
)
_CLIENT_FAILED = (
    "The client believes {client}: it failed the connection and read nothing more (§7.1.7). The server believes "
    "{server}, the code in the client's Close."
)

SPLIT_CHARACTER = Explanation(
    what="The text “costs €5” comes in two fragments, {at} of its 10 bytes in the first, and the server reads it "
    "whole.",
    why="A text is UTF-8 as a whole message, and a fragment may end anywhere, inside a character too (§5.4, §5.6). "
    "The server here checks what it has at once and carries the beginning of a character over to the next fragment: "
    "so a wrong byte fails at once, and half a character does not. A receiver that checks each fragment by itself "
    "fails a valid text.",
    knows=_CLEAN,
    code="`decoder = codecs.getincrementaldecoder('utf-8')()`, then `decoder.decode(payload, final=frame.fin)` for "
    "each fragment. Or join the fragments and decode the message: `b''.join(parts).decode()`.",
)

TEXT_NOT_UTF8 = by(
    "encoding",
    {
        "latin-1": Explanation(
            what="The client writes text in Latin-1. The server fails the connection at the first ü, before the "
            "message is whole.",
            why="No character of UTF-8 begins with 0xFC, so the rest cannot make it text. A text message is UTF-8 and "
            "nothing else (§5.6), and a receiver that finds other bytes has to fail the connection (§8.1). §8.1 names "
            "no code; the meaning of 1007 fits (§7.4.1), and Chromium sends 1002. A receiver may also check at the "
            "end of the message, as websockets and ws do.",
            knows=_SERVER_FAILED,
            code="`await ws.send(text)` with a `str`, which is encoded as UTF-8. Bytes in another encoding are a "
            "binary message: `await ws.send(text.encode('latin-1'))`.",
        ),
        "utf-8": Explanation(
            what="The client writes text in UTF-8, in two fragments, and the server has the same characters.",
            why="A text message is UTF-8 and nothing else, so no header needs to say which encoding it is (§5.6).",
            knows=_CLEAN,
            code="`await ws.send(text)` with a `str`.",
        ),
    },
)

PING_BETWEEN_FRAGMENTS = Explanation(
    what="The client sends a Ping in the middle of a fragmented message. Its Pong comes before the message is whole.",
    why="Control frames may stand between the fragments of a message (§5.4), and a Pong is sent as soon as is "
    "practical (§5.5.2). This is one use of fragments: a large message does not hold up the heartbeat. Another "
    "message may not stand there.",
    knows=_CLEAN,
    code="Send large data in fragments: `await ws.send_fragment(part, fin=False)`, in websockets by "
    "`ws.send(iterator)`. A receiver handles control frames before it looks at `opcode == 0`.",
)

FRAGMENTED_PING = by(
    "fin",
    {
        False: Explanation(
            what="The client sends a Ping without FIN, and the server fails the connection before a second part can "
            "come.",
            why="A control frame must not be fragmented (§5.4, §5.5): it has to be short and whole, so that it can "
            "stand between the fragments of a message. 1002 is for an error in the protocol (§7.4.1).",
            knows=_SERVER_FAILED,
            code="`await ws.ping(b'are you there?')` sets FIN by itself. In an encoder of your own set the bit 0x80 "
            "in the first byte of every frame with an opcode of 8 or more.",
        ),
        True: Explanation(
            what="The client sends a Ping as one whole frame, and its Pong comes back.",
            why="A control frame has FIN set and at most 125 bytes (§5.5), and a Pong repeats its payload (§5.5.3).",
            knows=_CLEAN,
            code="`await ws.ping(b'are you there?')`.",
        ),
    },
)

_OVER_BEFORE_IT_BEGAN = Explanation(
    what="After {timeout} s, before a byte of the message has come, the server says Close 1008. The client is between "
    "two frames and answers.",
    why="The server limits the time of a whole message, from the moment at which it waits for one; no section asks for "
    "that (§10.4 is about sizes). Between two frames a Close can be answered at once (§5.5.1).",
    knows="The client believes {client}, the server {server}: a clean end, with no message at all.",
    code="`async with asyncio.timeout(30): await anext(connection)`: longer than an honest message takes.",
)
_WAITED_FOR = Explanation(
    what="The client sends half a frame and then a byte every {gap} s. The server waits for the rest.",
    why="The protocol has no time limits: a frame may announce any length (§5.2) and come as slowly as TCP "
    "allows. Each byte is a sign of life to an idle timer that counts what the client sends. §10.4 recommends "
    "limits on sizes; on time no section does.",
    knows="The client believes {client}, the server {server}. The server cannot tell an attack from a bad line.",
    code="Limit the time of a whole message, not only the time without bytes: `async with asyncio.timeout(30): "
    "await anext(connection)` in the handler, and `max_message=` for what may wait in memory.",
)
_TOO_SLOW = Explanation(
    what="The client sends half a frame and then a byte every {gap} s. After {timeout} s the server says Close "
    "1008. The client answers inside its unfinished frame, so the server reads no Close, and cuts TCP.",
    why="The server limits the time of a whole message; no section asks for that (§10.4 is about sizes). Nothing "
    "can stand inside a frame (§5.2): the 8 bytes of the client's Close are 8 bytes more of its payload. A client "
    "would have to finish its frame first.",
    knows="The client believes {client}, the code that it received. The server believes {server}: no Close came "
    "back that it could read.",
    code="`async with asyncio.timeout({timeout}): await anext(connection)` in a `try`, and `except TimeoutError: await "
    "connection.close(1008, 'too slow', timeout=1)`.",
)
_LATE_AS_IT_ENDS = Explanation(
    what="The client sends half a frame and then a byte every {gap} s. After {timeout} s the server says Close 1008, "
    "and there the story ends.",
    why="The server limits the time of a whole message; no section asks for that (§10.4 is about sizes). Nothing can "
    "stand inside a frame (§5.2), so the server can read no Close before the client has finished its frame.",
    knows="The client believes {client}. The server believes {server}: it waits a second for a Close, and then it cuts "
    "TCP.",
    code="`async with asyncio.timeout(30): await anext(connection)`: longer than an honest message takes.",
)


def trickle(run: PlayedRun) -> Explanation:
    """Waited for, too slow in the middle of a frame or before it, or too slow at the very end."""
    if run.code("server") == 1008:
        return _OVER_BEFORE_IT_BEGAN
    if run.is_open("server"):
        return _WAITED_FOR
    return _LATE_AS_IT_ENDS if run.code("server") is None else _TOO_SLOW


def message_too_big(run: PlayedRun) -> Explanation:
    """Through, or refused by one of three."""
    codes = {run.code("client"), run.code("server")}
    return _TOO_BIG[str(run["whose"])] if 1009 in codes else _THROUGH


_LIMITS = (
    "A receiver that will not take a message of that size says so (§7.4.1), as soon as a header announces the length. "
    "The protocol's own limit is 2^63-1 bytes a frame (§5.2), and §10.4 says that an endpoint SHOULD set one of its "
    "own. "
    "Most limits are for the message, so fragments do not help; some are for a frame: AWS API Gateway takes frames of "
    "32 KB and messages of 128 KB, and says 1009 for either."
)
_RAISE = (
    "Raise the limit of the side that sent the 1009: `max_message=` here, `max_size=` in websockets, `max_msg_size=` "
    "in aiohttp, `maxPayload` in ws. Or send several messages, each with its place: `{{'part': 3, 'of': 7}}`."
)
_TOO_BIG = {
    "server": Explanation(
        what="The client sends {size:byte}. The server takes {limit} at most and fails the connection with 1009.",
        why=f"The limit is that of the side which *sent* the 1009: here the server. {_LIMITS}",
        knows=f"{_SERVER_FAILED} It does not learn the figure.",
        code=_RAISE,
    ),
    "client": Explanation(
        what="The server sends {size:byte} back. The client takes {limit} at most and fails the connection with 1009.",
        why=f"The limit is that of the side which *sent* the 1009: here the client. {_LIMITS}",
        knows=f"{_CLIENT_FAILED} It does not learn the figure.",
        code=_RAISE,
    ),
    "gateway": Explanation(
        what="The client sends {size:byte}. A gateway in front of the server takes {limit} at most and fails the "
        "client's connection with 1009. The server never sees the message.",
        why=f"The limit is that of the side which *sent* the 1009: here the gateway. {_LIMITS}",
        knows="Of the first connection the client believes {client}, and the gateway {server}: it read nothing more "
        "(§7.1.7). Of the gateway's own connection to the server both believe {client2}. The client cannot see that "
        "it was not the server.",
        code=f"{_RAISE} Look for limits in every proxy and gateway on the way.",
    ),
}
_THROUGH = Explanation(
    what="The client sends {size:byte}, and no limit on the way is smaller. The message gets through and comes back.",
    why=f"Every endpoint on the path takes it. {_LIMITS}",
    knows="The client believes {client}, the server {server}: they talked and closed cleanly.",
    code=_RAISE,
)

_TCP_FULL = (
    "The client reads one message in {pause} s. TCP's window closes (RFC 9293 §3.8.6), and what the server goes on "
    "sending waits on its side."
)
_CUT_OFF = Explanation(
    what="The client takes {pause} s for each of {messages:message}. What waits for it waits longer than the server's "
    "limit of 10 s, and the server cuts TCP.",
    why=f"{_TCP_FULL} A Close waits behind all of that (§5.5.1). This server waits 10 s for room and 10 s for the "
    "answer to its Close; then it cuts TCP.",
    knows="The client believes {client}, the server {server}: no Close came to either (§7.1.5). What had not arrived "
    "is lost.",
    code="Let the limit fit the slowest receiver that you want to keep (`Lab(timeout=...)` here), and close one that "
    "is slower before its queue is long: `asyncio.Queue(maxsize=...)`.",
    limits="The client reads what had arrived before the RST, as on Linux. Other systems throw it away with the RST.",
)
_ALL_BUT_THE_ANSWER = Explanation(
    what="What the server sends arrives, {messages:message}. Its Close waits behind that in the client's queue, and "
    "the client takes {pause} s for each. The server does not wait that long for the answer, and cuts TCP.",
    why=f"{_TCP_FULL} A Close stands behind all that was sent before it (§5.5.1), and this server waits 10 s for its "
    "answer.",
    knows="The client believes {client}: it read the server's Close in the end. The server believes {server}: no "
    "answer came in time (§7.1.5).",
    code="Let the limit fit the slowest receiver that you want to keep: `await connection.close(1000, timeout=60)`.",
)
_NOTHING_WAITS = Explanation(
    what="The server sends {messages:message} of 64 KiB, and TCP takes all in a moment.",
    why="TCP's buffers have room for few messages, and a reader that is quick opens the window again at once (RFC 9293 "
    "§3.8.6). So what a program sends without waiting is in its memory for a moment only. With more messages and a "
    "slower client it stays there.",
    knows="The client believes {client}, the server {server}: all arrived.",
    code="`await connection.send(message)` anyway: it costs nothing here, and holds the sender back where it has to.",
)


_PILED_UP = Explanation(
    what="The server starts {messages:send} of 64 KiB and waits for none. The client reads slowly, and they "
    "pile up in the server's memory.",
    why=f"{_TCP_FULL} Sends that nobody awaits have no limit: RFC 6455 sets none for what waits to be sent.",
    knows="The client believes {client}, the server {server}. Neither log says anything: only the server's "
    "memory grows.",
    code="`await connection.send(message)`: it waits while TCP takes no more. For many receivers give each a "
    "bounded `asyncio.Queue(maxsize=...)` and close the one that is full. A page looks at `bufferedAmount`: "
    "the payload of its own sends that is not out yet, without framing.",
)
_HELD_BACK = Explanation(
    what="The server awaits each of its {messages:send} of 64 KiB, and so sends only as fast as the client reads.",
    why=f"{_TCP_FULL} A program that awaits each send is held back (backpressure), and no more than a buffer "
    f"waits in its memory.",
    knows="The client believes {client}, the server {server}: all arrived.",
    code="`await connection.send(message)`. It has a time limit, `Lab(timeout=...)` here: a receiver that "
    "takes longer is too slow.",
)


_ON_THE_LINE = 0.0005
"""Seconds that the model's network takes for 64 KiB: so long one waits for those before it, however quick the "
"reader."""


def slow_consumer(run: PlayedRun) -> Explanation:
    """Cut off, before or after all has arrived; all taken at once, held back, or piled up."""
    if run.code("server") == 1006:
        return _CUT_OFF if run.code("client") == 1006 else _ALL_BUT_THE_ANSWER
    sent = run.tape.frames(Opcode.BINARY, "server")
    a_moment = 0.05 + _ON_THE_LINE * len(sent)
    if run["drain"]:  # a sender that is held back shows in when it sends, and not in how long one message waits
        return _NOTHING_WAITS if sent[-1].time - sent[0].time < a_moment else _HELD_BACK
    return _NOTHING_WAITS if max((each.arrived or 0) - each.time for each in sent) < a_moment else _PILED_UP


_INFLATES = (
    "DEFLATE shrinks repeated data up to about 1:1000, and a frame's header gives only the compressed length (RFC "
    "7692 §6.1). A limit on that does not see it, and a limit after inflating comes too late. RFC 6455 §10.4 asks for "
    "a limit on the message; it has to hold *while* inflating."
)
_BIG = (
    "A frame's header gives only the compressed length (RFC 7692 §6.1), and here that alone is too much. Where it is "
    "not, only a limit that holds *while* inflating sees how much there is: RFC 6455 §10.4 asks for a limit on the "
    "message."
)
_LIMIT_CODE = (
    "`lab.serve(handler, max_message=65536)`: as small as your largest honest message; `max_size=` in websockets, "
    "which holds while inflating, too. `deflate=None` (`compression=None`) where you do not need it. In code of your "
    "own `decompressor.decompress(data, max_length)`."
)


def deflate_bomb(run: PlayedRun) -> Explanation:
    """Refused while inflating, refused by its header, or taken."""
    (frame,) = run.tape.frames(Opcode.BINARY, "client")
    sent = len(frame.data) - frame.header_size
    came = f"The client sends {size_in_words(sent)}, which inflate to {{size}}."
    if run.code("client") != 1009:
        return Explanation(
            what=f"{came} The server, which takes up to {{limit}}, holds all of it in memory.",
            why=_INFLATES,
            knows="The client believes {client}, the server {server}. The server's program has the message; only its "
            "memory shows what it cost.",
            code=_LIMIT_CODE,
        )
    how, why = "stops inflating at its limit of {limit:byte}", _INFLATES
    if sent > run.number("limit"):
        how, why = "takes {limit} at most, which is less than the frame's header announces; it inflates nothing", _BIG
    return Explanation(
        what=f"{came} The server {how}, and fails the connection with 1009.",
        why=why,
        knows=_SERVER_FAILED,
        code=_LIMIT_CODE,
    )


RSV1_UNASKED = by(
    "proxy",
    {
        "drops it": Explanation(
            what="An intermediary takes Sec-WebSocket-Extensions out of the 101. The server compresses, as was agreed "
            "for it, and the client fails the connection.",
            why="The server uses permessage-deflate and marks its message with RSV1 (RFC 7692 §6). The client never "
            "read of an agreement, and without one that gives the bit a meaning it has to fail the connection (§5.2, "
            "§9.1). Each side follows the rules as far as it knows.",
            knows=f"{_CLIENT_FAILED} The server cannot see why: in its own view it kept to what was agreed on.",
            code="Pass Sec-WebSocket-Extensions on in both directions, or take it out of the *request*: then nothing "
            "is agreed on. Without access to the proxy: `deflate=None` here, `compression=None` in websockets.",
        ),
        "passes it on": Explanation(
            what="The 101 arrives as it was sent, the server compresses, and the client inflates.",
            why="Both read the same Sec-WebSocket-Extensions, so for both RSV1 means compressed (RFC 7692 §6).",
            knows=_CLEAN,
            code="`deflate=Deflate()` here, `compression='deflate'` in websockets (its default).",
        ),
    },
)

_MASKING = (
    "Masking hides nothing: the key is in the frame. It keeps a page from choosing the bytes on the wire and so from "
    "fooling a proxy that takes them for HTTP (§5.3, §10.3)."
)
UNMASKED_CLIENT = by(
    "masks",
    {
        False: Explanation(
            what="The client sends a frame without a mask, and the server fails the connection.",
            why=f"A server MUST close the connection on an unmasked frame, and MAY say 1002 (§5.1). {_MASKING} "
            "aiohttp's server takes such frames anyway.",
            knows=_SERVER_FAILED,
            code="Mask with a fresh key: `key = os.urandom(4)`, and `bytes(b ^ key[i % 4] for i, b in "
            "enumerate(payload))` with the bit 0x80 set in the second byte. Or use a library.",
        ),
        True: Explanation(
            what="The client masks its frame with a fresh key, and the server answers.",
            why=f"A client masks every frame (§5.1) with a key that nobody can predict (§5.3). {_MASKING}",
            knows=_CLEAN,
            code="`os.urandom(4)` for each frame; a library does it by itself.",
        ),
    },
)

MASKED_SERVER = by(
    "masks",
    {
        True: Explanation(
            what="The server masks its frame, and the client fails the connection.",
            why="A server MUST NOT mask. A client MUST close the connection on a masked frame, and MAY say 1002 "
            "(§5.1). What a server sends can look like an HTTP response, but that needs a forged request as well, "
            "and the mask of the client prevents it (§10.3). Not every client notices: aiohttp's takes such frames.",
            knows=_CLIENT_FAILED,
            code="Leave the bit `0x80` in the second byte unset in a server's encoder, and send the payload as it is. "
            "Test it against more than one client: `wslab connect` refuses it.",
        ),
        False: Explanation(
            what="The server sends its payload as it is, and the client reads it.",
            why="A server does not mask (§5.1): only what a client sends could pass for an HTTP request (§10.3).",
            knows=_CLEAN,
            code="In a server's encoder the bit `0x80` in the second byte stays 0.",
        ),
    },
)
