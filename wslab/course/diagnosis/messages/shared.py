"""Words that many programs share: for those that have no table of their own.

The likeliest words for one thing stand together, in any program's order. Those that other programs use, too, count only
where the line speaks of a WebSocket. Both tables stand behind every table of one program.
"""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

_ALIVE = r"\b(heart-?beats?|pings?|pongs?|keep-?alives?)\b.{0,30}\b"
"""A sign of life, and a word about it behind."""

_WS = r"^(?=.{0,400}(?:web[ _-]?sockets?|\bwss?\b))"
"""Near its beginning, the line speaks of a WebSocket. It is looked at once: hence the anchor."""

SPECIFIC: tuple[Pattern, ...] = tuple(
    table(
        "any program",
        (
            r"\bcontrol (frame|message|opcode)s?\b.{0,60}\b(fragment|not final|FIN\b)|\bfragment\w* control\b"
            r"|\bcontrol (frame|message)s? (must|may) not be fragmented",
            "A control frame came in fragments.",
            "fragmented-ping framing-lost",
            1002,
        ),
        (
            r"\bcontrol (frame|message)s?\b.{0,60}(\btoo (big|long|large)|\blength|\bsize|\bpayload|> ?125)"
            r"|\b(payload|length|size)\b.{0,40}\bcontrol (frame|message)"
            r"|\b(ping|pong) payload\b.{0,40}\b(125|long|large)",
            "A control frame was longer than 125 bytes.",
            "long-ping framing-lost",
            1002,
        ),
        (
            r"(invalid|unknown|bad|reserved|unexpected|unsupported|illegal)(?: \w+)? op-?code\b"
            r"|\bexpected control frame",
            "An opcode came that is reserved: one wrong frame, or the stream is no longer read at a frame's beginning.",
            "framing-lost rsv1-unasked",
            1002,
        ),
        (
            r"\b(reserved|rsv\d?) ?(bits?|\d|!= ?0)|\bRSV[123]\b",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked framing-lost",
            1002,
        ),
        (
            r"\b(unexpected|without|no initial|missing first|stray) continu\w+ (frame|opcode)|\bcontinuation (frame )?"
            r"(without|but no|unexpected)|\bexpected (a )?continuation",
            "Fragments were mixed: one message began inside another, or a fragment came where no message had begun.",
            "cancelled-close framing-lost concurrent-writes",
            1002,
        ),
        (
            r"\b(incorrect|invalid|bad|wrong|missing) (frame )?mask\b|\b(un|not )masked frames?\b|\bmasking error\b"
            r"|\bframes?\b.{0,30}\b(not masked|unmasked|must (not )?be masked)",
            "A frame came with a mask where it must have none, or without one where it must.",
            "unmasked-client masked-server",
            1002,
        ),
        (
            r"\b(close|status) code:? ?\d{1,5} (is|was) (not |in)valid"
            r"|\b(invalid|illegal|bad) (websocket )?close (status )?code"
            r"|\b(invalid|malformed) close (frame|payload|body)",
            "A Close had a code that may not be sent, or a faulty body.",
            "wrong-close-code",
            1002,
        ),
        (
            _WS + r".{0,400}\b(invalid|not (valid )?|non-?|bad )utf-?8|\b(invalid|not valid|malformed|bad) utf-?8\b",
            "Text was not UTF-8.",
            "text-not-utf8 wrong-encoding fragment-checker",
            1007,
        ),
        (
            _WS + r".{0,400}\b(message|frame|payload|packet)\b.{0,60}\b(too (big|large|long)|exceed(s|ed|ing)?)\b",
            "A message was larger than a limit.",
            "message-too-big slow-consumer",
            1009,
        ),
        (
            r"\b(zombie|dead|stale) (connection|client|socket|peer)\b|"
            + _ALIVE
            + r"(timed? ?-?out|missed|missing|failed|lost|expired)\b|"
            + _ALIVE
            + r"(not|never|n.t) (been )?(answered|received|acknowledged)|\b(no|without|waiting for"
            r"|did ?n.t (get|receive)|did not (get|receive))( an?| the| any)? (heart-?beat|pong)\b",
            "A sign of life did not come in time.",
            "half-open blocked-loop background-tab",
            1006,
        ),
        (
            _WS + r".{0,400}\b(idle time-?out|inactivity)",
            "Nobody spoke for as long as a timer waits.",
            "idle-proxy background-tab",
        ),
        (
            _WS
            + r".{0,400}\borigin\b.{0,60}\b(not (allowed|authorized|permitted)|forbidden|rejected|denied|mismatch)|"
            + _WS
            + r".{0,400}\b(rejected|refused|denied|forbidden)\b.{0,100}\borigin\b",
            "The server does not take this Origin.",
            "cross-site-origin handshake-refused",
        ),
        (
            _WS
            + r".{0,400}\b(accept (key|hash|header)|Sec-WebSocket-Accept)\b.{0,60}\b(invalid|incorrect|wrong|mismatch"
            r"|does not match|missing)|\b(invalid|incorrect|wrong|mismatch\w*|missing)\b.{0,30}\bSec-WebSocket-Accept",
            "The answer does not belong to the key that was sent.",
            "wrong-accept upgrade-stripped",
        ),
        (
            r"(handshake|upgrade)\b.{0,60}\b(fail(s|ed|ure)?|refused|rejected|declined|error|not 101)\b.{0,80}"
            r"\b(?P<status>[345]\d{2})\b",
            "The server refused the handshake.",
            "",
        ),
        (
            _WS + r".{0,400}\b(?P<status>[345]\d{2}) (?:bad request|unauthorized|forbidden|not found|method not allowed"
            r"|upgrade required|too many requests|internal server error|bad gateway|service unavailable"
            r"|gateway time-?out)",
            "The server refused the handshake.",
            "",
        ),
        (
            _WS + r".{0,200}\b(?:http )?(?:status|response)(?: code)?\W{1,3}(?P<status>200|[345]\d{2})\b",
            "The server refused the handshake.",
            "",
        ),
        (
            r"(did ?n.t|did not) respond with 101|\b(status|response) code\b.{0,20}\bnot 101"
            r"|expected (status )?(code )?101\b|\bunexpected (http )?(status|response)( code)?\b",
            "The server refused the handshake.",
            "handshake-refused upgrade-stripped",
        ),
        (
            _WS + r".{0,400}\b(path|route|url|uri|endpoint)\b.{0,20}\b(not (found|match\w*)|no match|unknown)",
            "The server has no WebSocket at this address.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"\b(invalid|unexpected|malformed|bad|no valid) (websocket )?(http )?(upgrade|handshake) (response|reply)"
            r"|\b(wrong|bad|invalid) handshake\b",
            "The answer is no upgrade: a status other than 101, or no HTTP.",
            "handshake-refused not-http upgrade-stripped",
        ),
        (
            r"\b(invalid|malformed|not (a )?valid|unparsable) HTTP\b|\bdata before (the )?handshake"
            r"|\bHTTP/0\.9\b|\bmalformed (status|request|response) line",
            "What came is no HTTP: another protocol, or TLS at a plain port.",
            "not-http handshake-refused killed",
        ),
        (
            r"\bsub-?protocols?\b.{0,60}\b(not|no|un\w+|only|mismatch|requested|require[ds]?|invalid)\b"
            r"|\b(no|not|un\w+|only|invalid)\b.{0,60}\b(sub-?protocols?|Sec-WebSocket-Protocols?)\b",
            "Client and server do not agree on a subprotocol.",
            "wrong-subprotocol",
        ),
        (
            r"\bSec-WebSocket-Extensions?\b.{0,60}\b(invalid|un\w+|not)\b"
            r"|\b(invalid|un\w+|bad)\b.{0,30}\bSec-WebSocket-Extensions?\b",
            "A side cannot read the extensions that the other names, or did not ask for them.",
            "rsv1-unasked handshake-refused",
        ),
        (
            r"\b(pending|queued|buffered) messages\b.{0,40}\b(exceed\w*|limit|too many|max\w*)|\bback-?pressure\b"
            r"|\b(send|write|outgoing|output) (queue|buffer)\b.{0,40}\b(full|exceed\w*|overflow\w*|limit)"
            r"|\bslow (consumer|client|reader)\b",
            "The peer takes less than it is sent.",
            "slow-consumer slow-one-in-the-room",
        ),
        (
            _WS
            + r".{0,200}\b(timed ?-?out|time-?out)\b.{0,40}\b(connect\w*|handshake|open\w*)\b|"
            + _WS
            + r".{0,200}\b(connect\w*|handshake|open\w*)\b.{0,40}\b(timed ?-?out|time-?out)\b",
            "No answer to the handshake came in time.",
            "handshake-unanswered half-open blocked-loop",
        ),
        (
            _WS + r".{0,400}\b(handshake|upgrade) (has )?(fail(s|ed|ure)?|error|refused|rejected|declined)",
            "The handshake failed.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"\bremote (host|end|side|server|peer) (has )?closed\b|\bclosed by (the )?(remote|peer|foreign)\b"
            r"|\btransport\b.{0,15}\blost\b|\blost connection to (wss?|https?):|"
            + _WS
            + r".{0,400}\bEOF\b|"
            + _WS
            + r".{0,400}\b(without (a )?clos(e|ing) (frame|handshake)|unexpected(ly)? (eof|clos|disconnect|end)"
            r"|premature(ly)? (eof|clos|end)|abnormal(ly)? clos"
            r"|connection (was |has been )?(lost|aborted|dropped|broken|interrupted))",
            "TCP ended without a Close.",
            "cut idle-proxy killed network-change",
            1006,
        ),
        (
            r"\b(send(ing)?|read(ing)?|writ(e|ing)|call\w*|use)\b.{0,30}\b(on|to|of|from) (an? )?(already )?closed\b",
            "The program went on after the connection had ended.",
            "cut simultaneous-close wake-up",
        ),
        (
            r"\[?Error: websocket error\]?",
            "The WebSocket below failed, most often before it was open, and its error does not say why.",
            "upgrade-stripped handshake-refused nothing-listens",
        ),
        source="words that the programs above share",
    )
)
"""Words for the same thing in programs that have no table of their own."""

VAGUE: tuple[Pattern, ...] = tuple(
    table(
        "any program",
        (
            r"\bsocket (was )?closed\b|\bweb ?socket( connection)?\b.{0,40}\b(is|was|has|been|already|state)\W{1,3}"
            r"(already )?(been )?(closed|closing|not open|not connected)\b",
            "The program went on after the connection had ended.",
            "cut simultaneous-close wake-up",
        ),
        (
            r"\bweb ?socket\b.{0,20}\b(connection|connect|client|handshake)\b(?: to \S{1,300})?.{0,20}"
            r"\b(fail(ed|ure)?|error)\b|\b(fail(ed|ure)?|unable|could ?n.t|could not|cannot|can.t|error)\b.{0,20}"
            r"\b(connect\w*|open\w*|establish\w*)\b.{0,60}\b(web ?sockets?\b|wss?://)"
            r"|\b(fail\w*|unable|could not|cannot) to upgrade\b",
            "The connection did not open, and the line does not say why.",
            "nothing-listens handshake-refused upgrade-stripped",
        ),
        source="words that the programs above share",
    )
)
"""Messages that only say that it failed: they count where a line has nothing better, such as a code."""
