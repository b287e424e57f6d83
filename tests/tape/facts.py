"""Every kind of fact that a record can hold, with the sentence that says it; and facts with their labels."""

from __future__ import annotations

from wslab.protocol import Frame
from wslab.tape.records import (
    TOLD,
    CloseFailed,
    EndedInside,
    Fact,
    FaultAct,
    ForeignSource,
    FramesFound,
    Injected,
    LinkEnded,
    Missing,
    Noted,
    PortTakenOver,
    ProcessDied,
    Raised,
    Reported,
    RuleFailed,
    SilenceEnded,
    TcpEvent,
    TcpLost,
    TimedOut,
    TlsBegan,
    TlsFailed,
    Unreachable,
    WentSilent,
)
from wslab.tape.sentences import NOTHING_BEGAN
from wslab.tape.streams.gaps import MissingBehind, Torn
from wslab.tape.streams.preamble import Preamble

BEGAN = f"{NOTHING_BEGAN}."

SAID: list[tuple[Fact, str]] = [
    (
        Injected("server", 5, Frame.text("Hi").serialize()),
        "The link, in place of the server, sends text, 2 bytes: “Hi”.",
    ),
    (Injected("client", 5, b"\xff"), "The link, in place of the client, sends what is no frame, 1 byte."),
    (
        RuleFailed("server", "client-masks", 1, 0, "MASK 0"),
        "The server fails the connection with 1002: a client must mask every frame that it sends (§5.1). "
        "Found MASK 0 at byte 1, bit 0.",
    ),
    (
        RuleFailed("client", "of-tomorrow", None, None, "a ∞"),
        "The client fails the connection: its peer broke the rule of-tomorrow. Found a ∞.",
    ),
    (
        RuleFailed("client", "response-subprotocol", 151, 0, "`chat.v1`"),
        "The client does not accept this answer to its handshake, and fails the connection: the subprotocol in "
        "the answer must be one that the client asked for (§4.1). Found `chat.v1` at byte 151. "
        "To fix it, answer with one of the names asked for, or with none.",
    ),
    (
        FaultAct("client", "header:name=Origin", "header-removed", {"name": "Origin"}),
        "An intermediary takes the header Origin out of the request.",
    ),
    (
        FaultAct("server", "header:name=Server,value=x", "header-set", {"name": "Server", "value": "x"}),
        "An intermediary makes the header Server of the response 'x'.",
    ),
    (
        FaultAct("client", "flip:at_frame=1,into=6", "bit-flipped", {"bit": 7, "byte": 6, "frame": 1}),
        "Bit 7 of byte 6 of frame 1 of the client is flipped on the way.",
    ),
    (
        FaultAct("client", "flip:at_byte=3", "bit-flipped", {"bit": 7, "byte": 3, "frame": None}),
        "Bit 7 of byte 3 of the head of the client is flipped on the way.",
    ),
    (
        FaultAct("server", "truncate-text", "text-truncated", {"frame": 1}),
        "Frame 1 of the server is shortened on the way, and ends inside a character.",
    ),
    (
        FaultAct("client", "truncate-text", "not-truncated", {"frame": 1, "why": "compressed"}),
        "Frame 1 of the client passes unchanged: it is compressed, and this fault does not inflate it.",
    ),
    (
        FaultAct("client", "gate", "too-large", {"frame": 2, "room": 1048576}),
        "Frame 2 of the client is larger than 1,048,576 bytes, and passes the fault unseen.",
    ),
    (FaultAct("client", "gate", "edited"), "A frame of the client is changed by hand on the way."),
    (FaultAct("client", "", "bytes-replaced"), "The client's bytes are changed on the way."),
    (
        FaultAct("server", "", "stream-bit-flipped", {"bit": 1, "byte": 9}),
        "Bit 1 of byte 9 of what the server sent is flipped.",
    ),
    (
        FaultAct("wire", "max-age:seconds=60", "too-old", {"seconds": 60.0}),
        "The intermediary lets no connection live longer than 60 s.",
    ),
    (
        FaultAct("wire", "idle:seconds=60", "idle", {"seconds": 60.0, "how": "fin"}),
        "The intermediary saw no byte for 60 s, and ends TCP with FIN to both sides.",
    ),
    (
        FaultAct("wire", "idle:seconds=60,how=forget", "idle", {"seconds": 60.0, "how": "forget"}),
        "The intermediary saw no byte for 60 s, and forgets the connection without telling anybody.",
    ),
    (
        FaultAct("client", "idle:seconds=60,how=forget", "forgotten"),
        "The intermediary knows no such connection any more, and answers the client with RST.",
    ),
    (
        FaultAct("client", "melt:degrees=9", "melted", {"at": 9}),
        "The fault melt:degrees=9 acts on what the client sends.",
    ),
    (FaultAct("wire", "idle:seconds=60", "idle"), "The fault idle:seconds=60 acts on the connection."),
    (TimedOut("client", "opening", 10.0), "The opening handshake was not done within 10 s, and the client ends TCP."),
    (
        TimedOut("client", "pong", 0.5),
        "No Pong answered the client's Ping within 0.5 s (§5.5.2): the client takes the server for gone, even if "
        "other frames of it came, and fails the connection (§7.1.7).",
    ),
    (
        TimedOut("server", "write", 2.0),
        "The server waited 2 s for TCP to take what was sent, and it did not: the client reads too slowly or not at "
        "all, or the path is slow or broken. "
        "The server believes that the connection is CLOSING: sent a Close, waits for the peer's.",
    ),
    (
        TimedOut("server", "end", 3.0),
        "The server waited 3 s for the client to end TCP, and it did not. "
        "The server believes that the connection is CLOSING: sent a Close, waits for the peer's.",
    ),
    (
        TimedOut("server", "close", 3.0),
        "The server waited 3 s for the peer's Close, and it did not come. "
        "The server believes that the connection is CLOSING: sent a Close, waits for the peer's.",
    ),
    (
        CloseFailed("server"),
        "The server was closing the connection, and TCP ended before both sides had sent a Close. "
        "The server believes that the connection is CLOSING: sent a Close, waits for the peer's.",
    ),
    (
        TlsBegan("server", "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
        "TLSv1.3 protects this connection (TLS_AES_256_GCM_SHA384): the tape shows what is inside it.",
    ),
    (
        TlsBegan("wire", "TLSv1.3", "X"),
        "The link speaks TLS to the server: TLSv1.3 protects this connection (X): the tape shows what is inside it.",
    ),
    (
        TlsFailed("client", "127.0.0.1:443", "name", "a.example", ("b.example", "c.example")),
        f"The certificate of 127.0.0.1:443 is for b.example and c.example, not for a.example, the name that was asked "
        f"for: {BEGAN}",
    ),
    (
        TlsFailed("wire", "127.0.0.1:443", "expired"),
        f"The link cannot reach 127.0.0.1:443: The certificate of 127.0.0.1:443 has expired: {BEGAN}",
    ),
    (
        TlsFailed("client", "127.0.0.1:443", "no-tls", message="WRONG_VERSION_NUMBER"),
        "127.0.0.1:443 does not speak TLS, and ws:// may be what it wants (WRONG_VERSION_NUMBER): " + BEGAN,
    ),
    (Unreachable("wire", "127.0.0.1:9", "refused"), "The link cannot reach 127.0.0.1:9: nobody listens there."),
    (Unreachable("wire", "127.0.0.1:9", "Host is down"), "The link cannot reach 127.0.0.1:9: Host is down."),
    (
        Raised("server", "handler", "KeyError: 'x'"),
        "The handler raised KeyError: 'x'. The server closes with 1011 (§7.4.1).",
    ),
    (Raised("server", "on_request", "OSError"), "on_request raised OSError. The server answers 500."),
    (Raised("wire", "scenario", "No Pong came."), "The story ends here. No Pong came."),
    (
        ProcessDied("server"),
        "The server's process is dead: it believes nothing any more, and its system ends TCP.",
    ),
    (
        Raised("client", "answer_close", "TypeError: no"),
        "answer_close raised TypeError: no. The client answers the Close with 1011 (which §7.4.1 defines for servers).",
    ),
    (
        PortTakenOver("wire", 9001),
        "The server at port 9001 is closed: the same program asked for its port again.",
    ),
    (
        Missing("client", 1200, 5000),
        "The capture misses 1,200 bytes of what the client sent, behind its byte 5,000.",
    ),
    (
        Missing("client", 1200, 5000, cut=True),
        "The capture misses 1,200 bytes of what the client sent, behind its byte 5,000: its snap length cut the "
        "packet.",
    ),
    (
        FramesFound("client", "middle", 14, 3, False, True),
        "The capture begins in the middle of this connection: 14 bytes of the client before its first whole frame are "
        "not told. Found by trying: from there 3 frames follow one another.",
    ),
    (
        FramesFound("server", "gap", 0, 1, False, False),
        "Behind the gap, the first byte of the server begins a frame. Found by trying: from there 1 frame follows, "
        "which may be chance.",
    ),
    (
        FramesFound("server", "gap", 9, 0, False, False),
        "Behind the gap, no place was found at which a frame of the server begins: what comes is not told.",
    ),
    (
        ForeignSource("wire", "hexdump"),
        "This comes from a hex dump, which has no times: only the order is known.",
    ),
    (
        SilenceEnded("wire"),
        "The silence of the link ends: it swallowed nothing, and passes on again what both sides send.",
    ),
    (
        SilenceEnded("server"),
        "The silence of the link ends: it swallowed nothing, and passes on again what the server sends.",
    ),
    (Reported("wire", "net::ERR_FAILED"), "The tool that recorded it reports: net::ERR_FAILED"),
]

LABELS: list[tuple[Fact, str]] = [
    (TcpEvent("client", "connect"), "TCP connects"),
    (TcpEvent("client", "FIN"), "FIN"),
    (TcpEvent("server", "RST", unsent=True), "RST"),
    (TcpLost("client", "Connection timed out"), "TCP lost"),
    (EndedInside("client", False, 3), "ends inside a frame"),
    (EndedInside("client", True, 3), "ends inside a head"),
    (WentSilent("wire"), "The link goes silent"),
    (WentSilent("client"), "The link goes silent one way"),
    (SilenceEnded("wire"), "The silence ends"),
    (SilenceEnded("client"), "The silence ends one way"),
    (LinkEnded("wire", "FIN"), "The link ends TCP"),
    (LinkEnded("wire", "RST"), "The link is cut"),
    (Noted("wire", "The server counts 2 users."), "The server counts 2 users"),
    (Injected("server", 5, Frame.text("Hi").serialize()), "injected text “Hi”"),
    (Injected("client", 5, b"\xff"), "injected 1 byte"),
    (RuleFailed("server", "client-masks", 1, 0, "MASK 0"), "fails with 1002"),
    (RuleFailed("client", "of-tomorrow", None, None, "a ∞"), "fails the connection"),
    (FaultAct("client", "", "header-removed", {"name": "Origin"}), "header Origin removed"),
    (FaultAct("server", "", "header-set", {"name": "Server", "value": "x"}), "header Server set to 'x'"),
    (FaultAct("client", "", "bit-flipped", {"bit": 7, "byte": 6, "frame": 1}), "bit 7 of byte 6 flipped"),
    (FaultAct("server", "", "text-truncated", {"frame": 1}), "frame 1 truncated"),
    (FaultAct("client", "", "not-truncated", {"frame": 1, "why": "ascii"}), "frame 1 not truncated"),
    (FaultAct("client", "", "too-large", {"frame": 2, "room": 9}), "frame 2 passes unseen: too large"),
    (FaultAct("client", "gate", "edited"), "frame edited by hand"),
    (FaultAct("client", "", "bytes-replaced"), "bytes replaced"),
    (FaultAct("server", "", "stream-bit-flipped", {"bit": 1, "byte": 9}), "bit 1 of byte 9 flipped"),
    (FaultAct("wire", "", "too-old", {"seconds": 60.0}), "older than 60 s"),
    (FaultAct("wire", "", "idle", {"seconds": 60.0, "how": "fin"}), "idle for 60 s"),
    (FaultAct("client", "", "forgotten"), "unknown connection"),
    (FaultAct("client", "", TOLD, {"text": "A bit is flipped."}), "A bit is flipped"),
    (FaultAct("client", "melt:degrees=9", "melted", {"at": 9}), "melt:degrees=9"),
    (FaultAct("wire", "", "idle"), "idle"),
    (TimedOut("client", "opening", 10.0), "no opening handshake within 10 s"),
    (TimedOut("client", "pong", 0.5), "no Pong within 0.5 s"),
    (TimedOut("server", "close", 3.0), "no Close within 3 s"),
    (TimedOut("server", "end", 3.0), "no end of TCP within 3 s"),
    (TimedOut("server", "write", 3.0), "too little taken by TCP within 3 s"),
    (CloseFailed("server"), "TCP ended before both Closes"),
    (TlsBegan("server", "TLSv1.3", "X"), "TLSv1.3"),
    (TlsBegan("wire", "TLSv1.3", "X"), "TLSv1.3 to the server"),
    (TlsFailed("client", "127.0.0.1:443", "name"), "TLS failed: certificate for another name"),
    (TlsFailed("client", "127.0.0.1:443", "issuer"), "TLS failed: certificate of an unknown issuer"),
    (TlsFailed("client", "127.0.0.1:443", "early"), "TLS failed: certificate not valid yet"),
    (TlsFailed("wire", "127.0.0.1:443", "expired"), "TLS failed: certificate expired"),
    (TlsFailed("client", "127.0.0.1:443", "mistrusted"), "TLS failed: certificate not trusted"),
    (TlsFailed("client", "127.0.0.1:443", "closed"), "TLS failed: closed inside the TLS handshake"),
    (TlsFailed("client", "127.0.0.1:443", "no-tls"), "TLS failed: no TLS there"),
    (TlsFailed("client", "127.0.0.1:443", "terms"), "TLS failed: no agreement"),
    (Unreachable("wire", "127.0.0.1:9", "refused"), "127.0.0.1:9 refuses"),
    (Unreachable("wire", "127.0.0.1:9", "Host is down"), "127.0.0.1:9: Host is down"),
    (Raised("server", "handler", "KeyError: 'x'"), "handler raised KeyError: 'x'"),
    (Raised("wire", "scenario", "No Pong came."), "the story ends"),
    (ProcessDied("server"), "process is dead"),
    (PortTakenOver("wire", 9001), "port 9001 taken over"),
    (Missing("client", 1200, 5000), "1,200 bytes missing"),
    (MissingBehind("client", 1200, 5000, 3), "1,200 bytes missing"),
    (FramesFound("client", "gap", 14, 3, False, True), "frames found"),
    (FramesFound("client", "gap", 14, 0, False, False), "no frames found"),
    (Torn("client", "rest"), "the end of a frame or a head"),
    (ForeignSource("wire", "har"), "from a HAR"),
    (ForeignSource("wire", "hexdump"), "from a hex dump"),
    (ForeignSource("wire", "tarot"), "from tarot"),
    (Reported("wire", "net::ERR_FAILED"), "reported: net::ERR_FAILED"),
    (Preamble("client", "SOCKS5", "ask", "a.example:80"), "SOCKS5: a.example:80"),
]
"""Every kind of fact, and each act of a fault, with its label."""
