"""The explanations of `stories.endings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from wslab.protocol import Opcode
from wslab.scenarios.explanation import Explain, Explanation, PlayedRun, by, either

CLEAN_CLOSE = Explanation(
    what="The client sends Close 1000 with a reason. The server answers with a Close and ends TCP with FIN, and the "
    "client follows.",
    why="A Close ends what its sender has to say, and the other side answers with a Close of its own (§5.5.1). With "
    "both, the closing handshake is complete. The server then closes TCP at once and the client waits for it (§5.5.1), "
    "so TIME_WAIT stays with the server, where it does no harm (§7.1.1). TCP ends behind both Closes: the connection "
    "is closed cleanly (§7.1.4).",
    knows="The client believes {client}, the server {server}: each has the code of the Close that it received "
    "(§7.1.5). Both know that the end was intended. Neither knows what the other's program did with the last "
    "messages.",
    code="`await ws.close(1000, 'thank you')` in Python, `ws.close(1000, 'thank you')` in a browser. Limit the wait "
    "for the answer: `timeout=` here, `close_timeout=` in websockets. Log the code, the reason, and whether the end "
    "was clean (`event.wasClean` in a browser).",
)

_CUT_RST = Explanation(
    what="TCP is reset: both sides get RST, and no Close frame travels.",
    why="RST ends TCP at once: a side that gets it throws away what it still had to send, and takes nothing that comes "
    "later (RFC 9293 §3.10.7). A firewall, or a proxy that drops its connections, looks like this. Where no Close "
    "was received, the close code is 1006 by definition (§7.1.5); it is never on the wire (§7.4.1).",
    knows="The client believes {client}, the server {server}. The client has its echo, so it knows that its message "
    "arrived; the server does not know whether the echo did. Neither knows who ended the connection: each may take the "
    "other for the cause.",
    code="No program can prevent such an end, so be ready. Connect again after a random pause that grows: `await "
    "asyncio.sleep(random.uniform(0, 5))` first (§7.2.3). Number what must not get lost. Where you end a connection "
    "yourself, say it: `await server.close(1001, 'maintenance')`.",
)
CUT = by(
    "how",
    {
        "rst": _CUT_RST,
        "fin": replace(
            _CUT_RST,
            what="TCP is closed: both sides get FIN, and no Close frame travels.",
            why="FIN says that no more bytes come. Unlike RST it throws nothing away: it arrives behind all bytes "
            "that were sent before it. A process that ends, or a proxy with an idle timer, looks like this. But no "
            "Close came before it, so the close code is 1006 by definition (§7.1.5), never on the wire (§7.4.1).",
        ),
        "close": Explanation(
            what="The server sends Close 1001 with a reason before the connection goes. The client answers, and TCP "
            "ends.",
            why="1001 says that an endpoint is going away, such as a server that goes down (§7.4.1). The Close "
            "travels in front of the end of TCP, so its reader can tell an intended end from a failure.",
            knows="The client believes {client}, the server {server}. Both know that the server ended it, and why.",
            code="On SIGTERM: `await server.close(1001, 'maintenance')`. A client that reads 1001 and still needs the "
            "connection connects again after a random pause (§7.2.3).",
        ),
    },
)

_SILENT_PATH = (
    "In this model the path is silent for ever, and TCP waits for ever. A real TCP sends again what is not "
    "acknowledged, and gives up after about 15 minutes on Linux (`tcp_retries2`): there a side that has sent something "
    "learns it then."
)
HALF_OPEN = either(
    lambda run: run.is_open("server"),
    Explanation(
        what="The path falls silent. The client's message is lost, its Ping gets no Pong within {timeout} s, and it "
        "cuts TCP. Its RST is lost, too, and the server keeps the connection.",
        why="To TCP a silent path looks like a quiet one: it takes the bytes, and `send` succeeds. A Ping asks for an "
        "answer (§5.5.2), so its silence says something. The server sends nothing, has not asked yet, or still waits "
        "for its Pong, and so nothing tells it yet: the connection is half-open.",
        knows="The client believes {client}: it asked. The server believes {server}, and goes on counting this user.",
        code="Ask on each side that has to know: `ping_interval=20, ping_timeout=20` on the server here and in "
        "websockets. Reconnect when a Ping times out. A page cannot send a Ping: send a message of your own and "
        "expect its answer.",
        limits=_SILENT_PATH,
    ),
    Explanation(
        what="The path falls silent. The client's Ping gets no Pong within {timeout} s, and it cuts TCP. The "
        "server's own Ping, sent every {ping_interval} s, gets no Pong either, and it fails the connection.",
        why="A Ping asks for an answer (§5.5.2). Here both sides ask, so both find out, each by its own timer. The "
        "side that fails the connection sends a Close with 1011 into the silence and waits for no answer (§7.1.7).",
        knows="The client believes {client}, the server {server}: no Close came to either (§7.1.5). Neither knows "
        "whether the peer or the path is dead.",
        code="`ping_interval=20, ping_timeout=20` on the server: it finds a dead connection 40 s after the last sign "
        "of life at the latest. The client connects again after a random pause (§7.2.3).",
        limits=_SILENT_PATH,
    ),
)

CLEAN_CLOSE_BY_SERVER = Explanation(
    what="The server answers, sends Close {code}, receives the client's Close and ends TCP.",
    why="No matter who sends Close first, the server closes TCP first (§5.5.1, §7.1.1). The side that does has to "
    "remember the connection for a while (TIME_WAIT), and a server can afford it: a new SYN ends that wait. The "
    "answer typically repeats the code (§5.5.1), but need not: aiohttp answers every Close with 1000.",
    knows="The client believes {client}, the server {server}: each believes the code that it received (§7.1.5).",
    code="`await connection.close({code}, reason)` in the handler. In the client look at the code: "
    "after 1000 the work is done, after 1001 or 1012 connect again after a random pause if you still need it "
    "(§7.2.3).",
)

SIMULTANEOUS_CLOSE = Explanation(
    what="Both sides send a Close at the same moment, and the two cross on the way. Neither is an answer.",
    why="Each side has sent its Close already, so the other's is all that it still waits for (§5.5.1). The code that "
    "counts is the one in the Close that was *received* (§7.1.5, with a note on exactly this case).",
    knows="The client believes {client}, which the server sent; the server believes {server}, which the client sent. "
    "The two logs differ, and neither is wrong.",
    code="When you compare logs, write down both codes: the one sent and the one received (`rcvd` and `sent` in "
    "websockets' `ConnectionClosed`). Treat the pair as one clean end.",
)


def _crossed_the_close(run: PlayedRun) -> bool:
    """Whether a message of the server's came after the client had sent its Close."""
    (close,) = run.tape.frames(Opcode.CLOSE, "client")
    return any((each.arrived or 0) > close.time for each in run.tape.frames(Opcode.TEXT, "server"))


_BYE = (
    "Do not read messages out of the closing handshake. Let the application end the talk first: send `bye`, read "
    "until `ok` comes, then `await ws.close(1000)`."
)
_CROSSED = by(
    "then",
    {
        "stops reading": Explanation(
            what="The client sends Close after price 2 and its program reads no more. The prices that were on their "
            "way arrive after its Close, and nobody reads them.",
            why="A Close ends only what its sender sends. What the peer sent before it saw that Close still arrives, "
            "for TCP keeps it; only the peer's own Close says that no more comes (§1.4). But there is no guarantee "
            "that the side that has sent a Close goes on to process data (§5.5.1): a browser and aiohttp throw it "
            "away, websockets and ws deliver it.",
            knows="The client believes {client}, the server {server}: a clean end. The server does not know that "
            "prices were lost, and no error says it.",
            code=_BYE,
        ),
        "reads on": Explanation(
            what="The client sends Close after price 2 and reads on until the server's Close. It gets every price "
            "that the server sent before that.",
            why="A Close ends only what its sender sends, and TCP keeps the order: what the server sent first comes "
            "before its Close, which says that no more follows (§1.4). This works with wslab, websockets and ws. It "
            "does not travel: no endpoint has to process data after its own Close (§5.5.1), and browsers and aiohttp "
            "do not.",
            knows="The client believes {client}, the server {server}. The client knows that it has all, because the "
            "server's Close came after it.",
            code="Here: `async for message in ws` after `ws.close()`. For every peer: an application's own `bye` and "
            "`ok` in front of `await ws.close(1000)`.",
        ),
    },
)
CLOSE_IN_FLIGHT = either(
    _crossed_the_close,
    _CROSSED,
    Explanation(
        what="The client sends Close after price 2. No price is on its way at that moment, so none is missed.",
        why="A Close ends only what its sender sends, and what the peer sent before still arrives (§1.4). How much "
        "that is depends on the moment and on the path: here it is nothing, by luck.",
        knows="The client believes {client}, the server {server}: a clean end. Neither knows that it was luck.",
        code=_BYE,
    ),
)

CLOSE_WITHOUT_CODE = either(
    lambda run: run["code"] is None,
    Explanation(
        what="The client sends a Close with an empty body. The server answers with an empty one.",
        why="A Close may have no body (§5.5.1). Then there is no code, and a program sees 1005 instead, which means "
        "“no status code was actually present” and is never on the wire (§7.1.5, §7.4.1). JavaScript's `close()` "
        "without arguments sends exactly this. It is a clean end and not an error.",
        knows="The client believes {client}, the server {server}: both know that the end was intended, and neither "
        "why.",
        code="Name a code: `ws.close(1000)`. When you read 1005, treat it as 1000; do not take it for 1006.",
    ),
    Explanation(
        what="The client sends a Close with {code}, and the server answers with the same code.",
        why="The first two bytes of a Close's body are its code (§5.5.1), and the side that receives it believes it "
        "(§7.1.5). The answer typically repeats it.",
        knows="The client believes {client}, the server {server}: both logs have the code, and with it why it ended.",
        code="`ws.close({code})`. A page's script may send only 1000 and 3000 to 4999.",
    ),
)

_PROGRAM = "The client sends something, and the server's program ends the connection with Close {code}."
_FAILS = (
    "The client sends something that the server cannot take, and the server fails the connection with Close {code}."
)
_BOTH = "The client believes {client}, the server {server}: the answer repeats the code."
_ONE = (
    "The client believes {client}, which it received. The server believes {server}: a side that fails the connection "
    "reads nothing more, not even the answer to its Close (§7.1.7), so for it no Close came (§7.1.5)."
)
_NEVER_AGAIN = "Do not send the same again: it ends the same way."


def _code(why: str, code: str, *, what: str = _PROGRAM, knows: str = _BOTH) -> Explanation:
    return Explanation(
        what, f"{why} What to do next is for the application: §7.4 leaves the action to it.", knows, code
    )


CLOSE_CODE = by(
    "code",
    {
        1000: _code("1000: the purpose is fulfilled (§7.4.1).", "`ws.close(1000)`. Do not connect again."),
        1001: _code(
            "1001: an endpoint goes away: a server goes down, or a page is left (§7.4.1). From a server it usually is "
            "a deploy.",
            "On SIGTERM `await server.close(1001)`. A client that reads it connects again after a random pause "
            "(§7.2.3).",
        ),
        1002: _code(
            "1002: a protocol error (§7.4.1); here an opcode that nobody has defined. The side that sends it saw the "
            "error. The other made it, or an intermediary that changed the bytes.",
            f"{_NEVER_AGAIN} Look at the last frame before the Close: `wslab tap` or `wslab dissect` names the rule.",
            what=_FAILS,
            knows=_ONE,
        ),
        1003: _code(
            "1003: a type of data that this endpoint cannot accept, such as binary where it reads text (§7.4.1).",
            f"{_NEVER_AGAIN} Send a `str` for text and `bytes` for binary, whichever the peer reads.",
        ),
        1007: _code(
            "1007: data that does not fit the type of its message, such as text that is not UTF-8 (§7.4.1). Chromium "
            "sends 1002 for it.",
            f"{_NEVER_AGAIN} Encode text as UTF-8, or send `bytes` as a binary message.",
            what=_FAILS,
            knows=_ONE,
        ),
        1008: _code(
            "1008: a policy forbids it; the generic code where no better one fits (§7.4.1).",
            f"{_NEVER_AGAIN} Read the reason; often a login is missing or has run out: `ws.close(1008, 'log in "
            "first')`.",
        ),
        1009: _code(
            "1009: a message that is too big to process (§7.4.1).",
            "Raise `max_message=` on the server (`max_size=` in websockets), or split the data into several messages.",
            what=_FAILS,
            knows=_ONE,
        ),
        1010: _code(
            "1010: a client needs an extension to which the server did not agree. A server can refuse the handshake "
            "instead, and says 1010 only in its answer, which typically repeats the code (§7.4.1, §5.5.1).",
            "Turn the extension on at the server: `deflate=Deflate()` here, `compression='deflate'` in websockets. "
            "Or let the client do without it. The reason should list what was needed.",
            what="The client needs permessage-deflate, the server did not agree to it, and the client sends Close "
            "{code}.",
        ),
        1011: _code(
            "1011: an unexpected condition kept the server from fulfilling the request (§7.4.1). It does not say "
            "whose fault it was: here the client asked for 1/0, and asking again ends the same way.",
            "In the server, catch what a client can cause (`except ZeroDivisionError`) and answer it. In the client, "
            "retry a few times after a random pause (§7.2.3), not for ever.",
        ),
        1012: _code(
            "1012: a service restart. It stands in the IANA registry (§11.7), not in §7.4.1.",
            "`await asyncio.sleep(random.uniform(5, 30))` before you connect again, as its registration says.",
        ),
        1013: _code(
            "1013: try again later; the service is overloaded. It stands in the IANA registry (§11.7).",
            "Connect to another address if there is one, or when the user acts, as its registration says: not in a "
            "loop with `connect(url)`.",
        ),
        1014: _code(
            "1014: a gateway got an invalid response from the server behind it. It stands in the IANA registry "
            "(§11.7).",
            "Look at the gateway's log, and at the server behind it. A client waits, `await "
            "asyncio.sleep(random.uniform(0, 5))` and longer each time, and connects again (§7.2.3).",
        ),
        3000: _code(
            "3000 to 3999 are registered with IANA by libraries, frameworks and applications (§7.4.2): 3000 is "
            "Unauthorized, 3003 Forbidden, 3008 Timeout.",
            "Do not reconnect with the same token: get a new one first. `ws.close(3000, 'not authorised')`.",
        ),
        4000: _code(
            "4000 to 4999 are for private use (§7.4.2): only the two programs know what they mean.",
            "Write a table of your codes for both sides: `ws.close(4000, 'you signed in elsewhere')`. A page's script "
            "may send only 1000 and 3000 to 4999.",
        ),
    },
)

_NOT_SENDABLE: Mapping[tuple[int, ...], str] = MappingProxyType(
    {
        (0, 999): "0 to 999 are not used (§7.4.2).",
        (1004,): "1004 is reserved, and its meaning is not defined (§7.4.1).",
        (1005, 1006, 1015): "1005, 1006 and 1015 tell a program what happened, and must not be set as a code in a "
        "Close (§7.4.1).",
        (1016, 2999): "1016 to 2999 are reserved for future versions and extensions (§7.4.2). Any of them may be "
        "registered one day, and then a strict receiver is wrong. Chromium accepts those that were tried.",
        (5000, 65535): "Above 4999 the RFC says nothing: §7.4.2 ends there. Receivers differ: aiohttp and Chromium "
        "accept 5000, websockets refuses it, and so does the server here.",
    }
)
_REFUSED: Mapping[object, Explain] = {
    code: Explanation(
        what="The client sends a Close with {code}. The server does not take it: it fails the connection with Close "
        "1002 and ends TCP.",
        why=f"{why} 1002 is the usual answer; no section demands it.",
        knows="The client believes {client}, the server {server}: it read no valid Close, so its own code is the "
        "one for none (§7.1.5, §7.1.7).",
        code="Send 1000, or a code of your own from 4000 to 4999: `ws.close(4000, 'bye')`; those from 3000 to 3999 are "
        "registered with IANA (§7.4.2). websockets and ws refuse to send {code}; here the frame is made by hand with "
        "`send_frame`.",
    )
    for codes, why in _NOT_SENDABLE.items()
    for code in codes
}
WRONG_CLOSE_CODE = by(
    "code",
    {
        **_REFUSED,
        1000: Explanation(
            what="The client sends a Close with {code}, and the server answers with the same code.",
            why="1000 may be sent (§7.4.1), and the answer typically repeats the code (§5.5.1).",
            knows="The client believes {client}, the server {server}: each believes the code that it received "
            "(§7.1.5).",
            code="`ws.close(1000, 'bye')`.",
        ),
    },
)

KILLED = by(
    "signal",
    {
        "SIGKILL": Explanation(
            what="The server's process gets SIGKILL and is gone. Its system ends TCP with FIN, and no Close travels.",
            why="A process that is killed says nothing. Its system closes its sockets: with FIN, or with RST where "
            "bytes had come that the process never read. The client notices at once, but no Close came, so its code "
            "is 1006 (§7.1.5). It is different when the machine dies or loses power: then nobody sends FIN, "
            "and the client believes OPEN until it asks (`wslab play half-open`).",
            knows="The client believes {client}. It cannot tell this from a bug or a proxy. The server believes "
            "{server}: a dead process has no beliefs, and its log just stops.",
            code="A server cannot catch SIGKILL: stop it with SIGTERM, and let it close in time "
            "(`terminationGracePeriodSeconds` in Kubernetes). A client connects again after a random pause (§7.2.3), "
            "and has `ping_interval=20` for the machine that dies without a word.",
        ),
        "SIGTERM": Explanation(
            what="The server's process gets SIGTERM, sends Close 1001 to every client, and ends when they have "
            "answered.",
            why="SIGTERM can be caught. 1001 says that the server is going away (§7.4.1), and the client knows it "
            "from the Close, before TCP ends.",
            knows="The client believes {client}, the server {server}. Both know that the server went on purpose.",
            code="`loop.add_signal_handler(signal.SIGTERM, ...)`, and there `await server.close(1001, 'shutting "
            "down')`. A client that reads 1001 connects again after a random pause (§7.2.3).",
        ),
    },
)

_RESET = Explanation(
    what="The server writes {pages:page} and cuts TCP. What its TCP has sent by then arrives; what still waits "
    "there is lost.",
    why="`send` returns when TCP has taken the bytes, not when they have arrived, and RST throws away what "
    "TCP still holds (RFC 9293 §3.10.5). A system also sends RST where a program closes TCP with unread bytes "
    "(§1.4). The closing handshake avoids exactly this: its Close travels behind all that was sent.",
    knows="The client believes {client}, the server {server}. The server's program saw every `send` succeed; "
    "the client does not know how much is missing.",
    code="End with `await connection.close(1000)`, not with `abort()` or `transport.abort()`. Say at the "
    "beginning how much will come, so that a receiver can tell.",
    limits="The client reads what had arrived before the RST, as on Linux. On other systems its `recv` fails at once, "
    "“even if there was data waiting to be read” (§1.4), and more is lost.",
)
HASTY_RESET = by(
    "how",
    {
        "rst": either(
            lambda run: any(page.fate == "lost" for page in run.tape.frames(Opcode.TEXT, "server")),
            _RESET,
            replace(
                _RESET,
                what="The server writes {pages:page} and cuts TCP. By luck all had left before the RST, and arrive.",
                knows="The client believes {client}, the server {server}. Neither knows that nothing is missing.",
            ),
        ),
        "close": Explanation(
            what="The server writes {pages:page} and a Close behind them. The client gets all of it and answers, and "
            "only then TCP ends.",
            why="The Close stands behind the report in the same stream, and TCP keeps order. The server waits for the "
            "client's Close before it ends TCP (§5.5.1), so nothing is thrown away (§1.4). The Close shows that the "
            "bytes were read, not what a program did with them.",
            knows="The client believes {client}, the server {server}. The client knows that the report is whole, and "
            "the server that it was received.",
            code="`await connection.close(1000)`, with a `timeout=` for a peer that does not answer.",
        ),
    },
)


def _answered_too_late(run: PlayedRun) -> bool:
    """Whether the client did not wait for an answer that came at once."""
    return run.code("client") == 1006 and (run.number("busy") < run.number("timeout") or not run["busy"])


_BUSY = either(
    lambda run: run.code("client") == 1006,
    Explanation(
        what="The server computes for {busy} s and reads nothing. The client's Close waits in TCP; after {timeout} s "
        "the client cuts TCP. The server reads the Close too late, though it had arrived long before.",
        why="The closing handshake needs both sides, and the RFC sets no time for it. (The “reasonable amount of "
        "time” of §7.1.1 is for the end of TCP behind both Closes.) A client without a limit hangs as long as the "
        "server.",
        knows="The client believes {client}: no Close came to it. The server believes {server}: it did read one. One "
        "connection, two codes (§7.1.5).",
        code="`await ws.close(1000, timeout=10)` here, `close_timeout=10` in websockets. In the server, keep long "
        "work off the loop: `await asyncio.to_thread(work)`.",
        limits="The server reads what had arrived before the RST, as on Linux. Other systems throw it away with the "
        "RST, and the server would believe what the client does. Chromium waits 60 s for the answer, ws 30 s.",
    ),
    Explanation(
        what="The client says Close, the server is back from its work in time, and answers.",
        why="The loop of the server reads while the client still waits, so the closing handshake is complete within "
        "the {timeout} s (§5.5.1).",
        knows="The client believes {client}, the server {server}.",
        code="Keep long work off the loop: `await asyncio.to_thread(work)`. Keep the limit on the wait: `close(1000, "
        "timeout=10)`.",
        limits="`busy` 0 stands for work in a thread: the model has no threads.",
    ),
)

CLOSE_UNANSWERED = either(
    _answered_too_late,
    Explanation(
        what="The client says Close and waits {timeout} s, less than an answer takes, and cuts TCP. The server answers "
        "at once; its answer is lost.",
        why="An answer needs a round trip at least, and the RFC sets no time for it (§7.1.1 speaks of the end of TCP "
        "behind both Closes). A limit below a round trip ends every connection uncleanly.",
        knows="The client believes {client}: no Close came in time. The server believes {server}: it read one and "
        "answered (§7.1.5).",
        code="`await ws.close(1000, timeout=10)`: seconds, not milliseconds.",
    ),
    _BUSY,
)

CLOSE_ANSWER_LOST = Explanation(
    what="The client says Close, the server answers and ends TCP, and the path swallows the answer. After {timeout} "
    "s the client cuts TCP.",
    why="The side that speaks last cannot know whether it was heard. An acknowledgement would only move the question "
    "to the one who sends that. So each side limits its wait, for which the RFC sets no time, and the two codes may "
    "differ (§7.1.5).",
    knows="The client believes {client}: no Close came to it. The server believes {server}: it received a Close and "
    "sent one, so for it the closing handshake is complete. That TCP ends with RST and not with FIN does not "
    "change its code.",
    code="Limit the wait: `close(1000, timeout=5)`. Let nothing depend on the last word: settle orders and payments "
    "with messages and answers before the Close.",
    limits="TCP would send the lost answer again, and get it through where the path is back in time. This path stays "
    "silent.",
)
