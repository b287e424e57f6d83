"""Every rule that this code enforces, once: the MUSTs of the RFCs, and what is stricter than they are.

A rule is data. It says who must obey it, with what force, where the RFC says so, what it demands in our words, why,
how to fix a violation, and what a receiver of ours answers: a close code (frames) or an HTTP status (a request). To a
wrong response a client answers nothing, and ends TCP (§4.1, §7.1.7). The parser, the handshake, the inspector, the
checks of the course and the command line all use this table; a sentence about a rule is written nowhere else.

Two things that are easily taken for the RFC's are told apart from it. `force` says whether the RFC demands the rule at
all, or whether it is a limit or a strictness of ours. `names_answer` is the section that names the close code or the
status for this very violation. For most violations in frames the RFC names none, and the code is our choice from its
list (§7.4.1). What common peers do instead is in `wslab.protocol.peers`.

`example` is a smallest stream of bytes that breaks the rule, sent by `role` (by a client where both sides are bound;
its masking key is zero, so that the payload can be read), and `wrong` is its first wrong bit. A rule about our own
sending has no example: nothing reaches the wire.

What this module leaves out: enforcing a rule, and the page for people (`wslab.explain.rules_page`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from wslab.protocol.codes import CloseCode, Role
from wslab.protocol.offset import Offset
from wslab.protocol.peers import Answer, differing


def cite(section: str) -> str:
    """A section as it is cited: `§5.2`, or `RFC 9112 §2.2`."""
    document, _, number = section.rpartition(" ")
    return f"{document} §{number}".strip()


class Force(Enum):
    """Where a rule comes from: the RFC's own words, or a decision of ours."""

    MUST = "MUST"  # the section, or what it refers to, has the word
    SHOULD = "SHOULD"
    DEFINED = "defined"  # the section defines the form, without such a word
    LIMIT = "limit"  # the receiver's own limit, which the section allows
    STRICT = "strict"  # the section leaves it open, or to a receiver, and we refuse


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `role` is who must obey it (None: both sides), `force` who demands it. `section` is RFC 6455's unless it
    names another document. `text` is the rule as a sentence without its full stop, `fix` completes "to fix it, ...".
    `names_answer` is the section that names `close_code` or `http_status` for this, empty where they are our choice.
    """

    id: str
    role: Role | None
    force: Force
    section: str
    text: str
    why: str
    fix: str
    close_code: CloseCode | None = None
    http_status: int | None = None
    names_answer: str = ""
    example: bytes = b""
    wrong: Offset | None = None

    @property
    def reference(self) -> str:
        """The section as it is cited: `§5.1`, or `RFC 9112 §3`."""
        return cite(self.section)

    @property
    def link(self) -> str:
        """The public page of the section."""
        document, _, section = self.section.rpartition(" ")
        number = document.removeprefix("RFC ") or "6455"
        return f"https://www.rfc-editor.org/rfc/rfc{number}#section-{section}"

    @property
    def is_local(self) -> bool:
        """Whether it is about our own sending: our own caller breaks it, and nothing reaches the wire."""
        return self.id.startswith("local-")

    @property
    def in_head(self) -> bool:
        """Whether a peer breaks it in the opening handshake, and not in its frames."""
        return self.close_code is None and not self.is_local

    def peers(self, role: Role) -> Mapping[str, Answer]:
        """What common peers in this role do when it is broken, by their names, where they differ from us."""
        return differing(self.id, role)


_ZERO = bytes(4)  # a masking key that leaves the payload readable
_C, _S = Role.CLIENT, Role.SERVER
_BAD = CloseCode.PROTOCOL_ERROR
_TEXT = CloseCode.INVALID_PAYLOAD
_BIG = CloseCode.MESSAGE_TOO_BIG
_POLICY = CloseCode.POLICY_VIOLATION
_MUST, _SHOULD, _DEFINED, _LIMIT, _STRICT = Force

_FRAMES = (
    Rule(
        "reserved-bits", None, _MUST, "5.2",
        "RSV1, RSV2 and RSV3 must be 0 unless an extension gave them a meaning",
        "an extension may use them one day; a receiver that ignored them now would misread such a frame",
        "clear the bit, or negotiate the extension that uses it in the opening handshake",
        _BAD, example=b"\xc1\x80" + _ZERO, wrong=Offset(0, 1),
    ),
    Rule(
        "reserved-opcode", None, _MUST, "5.2",
        "an opcode must be 0x0, 0x1, 0x2, 0x8, 0x9 or 0xA",
        "0x3 to 0x7 and 0xB to 0xF are kept for frames that do not exist yet, and nobody can guess what they mean",
        "send one of the six opcodes that exist",
        _BAD, example=b"\x83\x80" + _ZERO, wrong=Offset(0, 4),
    ),
    Rule(
        "client-masks", _C, _MUST, "5.1",
        "a client must mask every frame that it sends",
        "a page could otherwise choose the bytes on the wire, and fool a proxy that takes them for HTTP (§10.3)",
        "set the MASK bit, send a fresh random four-byte key and XOR the payload with it",
        _BAD, names_answer="5.1", example=b"\x81\x00", wrong=Offset(1, 0),
    ),
    Rule(
        "server-does-not-mask", _S, _MUST, "5.1",
        "a server must not mask any frame that it sends",
        "masking guards proxies against scripts in a browser; what a server sends needs no such guard",
        "clear the MASK bit, send no key and leave the payload as it is",
        _BAD, names_answer="5.1", example=b"\x81\x80" + _ZERO, wrong=Offset(1, 0),
    ),
    Rule(
        "control-fragmented", None, _MUST, "5.5",
        "a control frame must not be fragmented",
        "it must be handled at once, between the fragments of a message, and so it has to be whole",
        "set FIN",
        _BAD, example=b"\x09\x80" + _ZERO, wrong=Offset(0, 0),
    ),
    Rule(
        "control-too-long", None, _MUST, "5.5",
        "a control frame must carry at most 125 bytes, and count them in seven bits",
        "it has to fit between fragments without a length that needs more bytes, and without holding anything up",
        "shorten the payload to 125 bytes (a Close reason to 123, for the code takes two), and write its length in "
        "seven bits (§5.2)",
        _BAD, example=b"\x89\xfe\x00\x7e" + _ZERO + b"." * 126, wrong=Offset(1, 1),
    ),
    Rule(
        "length-minimal", None, _MUST, "5.2",
        "the length must be written in the fewest bytes that hold it",
        "one length, one form: two spellings of a frame are a way past a filter that knows only one",
        "write up to 125 in seven bits, up to 65535 in 16, and only more in 64",
        _BAD, example=b"\x81\xfe\x00\x7d" + _ZERO + b"." * 125, wrong=Offset(1, 1),
    ),
    Rule(
        "length-top-bit", None, _MUST, "5.2",
        "the highest bit of a 64-bit length must be 0",
        "then the length fits a signed 64-bit integer, and some languages have no larger one",
        "announce at most 2^63 - 1 bytes",
        _BAD, example=b"\x82\xff\x80" + bytes(7) + _ZERO, wrong=Offset(2, 0),
    ),
    Rule(
        "frame-too-big", None, _LIMIT, "10.4",
        "a frame must not carry more than the receiver's limit",
        "the protocol allows 2^63 - 1 bytes; a receiver that believed every announced length would have no memory left",
        "send less, or raise `max_message` at the receiver: the one that answers 1009 has the small limit",
        _BIG, names_answer="7.4.1", example=b"\x82\xff\x7f" + b"\xff" * 7 + _ZERO, wrong=Offset(1, 1),
    ),
)  # fmt: skip

_MESSAGES = (
    Rule(
        "continuation-needs-start", None, _DEFINED, "5.4",
        "a continuation frame must continue a message that has begun",
        "alone it has no type: nobody knows whether it is text or binary",
        "begin the message with a text or binary frame whose FIN is 0",
        _BAD, example=b"\x80\x80" + _ZERO, wrong=Offset(0, 4),
    ),
    Rule(
        "messages-do-not-interleave", None, _MUST, "5.4",
        "a message must be finished before the next begins",
        "fragments carry no number, so two messages at once could not be told apart",
        "send the rest as continuation frames, the last with FIN 1, and then begin the next message",
        _BAD, example=b"\x01\x81" + _ZERO + b"." + b"\x81\x80" + _ZERO, wrong=Offset(7, 4),
    ),
    Rule(
        "text-is-utf8", None, _MUST, "8.1",
        "a text message must be valid UTF-8 as a whole",
        "both sides then mean the same characters; bytes that are not text have a type of their own, binary",
        "encode the text as UTF-8, or send the bytes in a binary message",
        _TEXT, names_answer="7.4.1", example=b"\x81\x81" + _ZERO + b"\xff", wrong=Offset(6, 0),
    ),
    Rule(
        "message-too-big", None, _LIMIT, "10.4",
        "a message must not be longer than the receiver's limit, over all its fragments",
        "endless fragments would fill any memory",
        "send less, or raise `max_message` at the receiver: the one that answers 1009 has the small limit",
        _BIG, names_answer="7.4.1",
    ),
    Rule(
        "close-body-length", None, _MUST, "5.5.1",
        "the body of a Close frame must be empty or begin with a two-byte code",
        "one byte alone is no code",
        "leave the body empty, or begin it with a two-byte close code",
        _BAD, example=b"\x88\x81" + _ZERO + b"\x03", wrong=Offset(6, 0),
    ),
    Rule(
        "close-code-valid", None, _MUST, "7.4.1",
        "a Close frame must not carry 1005, 1006 or 1015",
        "they tell an application that the Close had no code, that no Close came, or that the TLS handshake failed",
        "send the code that fits, 1000 for a normal end, or none: the peer's application then sees 1005",
        _BAD, example=b"\x88\x82" + _ZERO + b"\x03\xee", wrong=Offset(6, 0),
    ),
    Rule(
        "close-code-known", None, _STRICT, "7.4.2",
        "the code of a Close frame should have a meaning: 1000 to 1003, 1007 to 1014 or 3000 to 4999",
        "none below 1000 is used, the others up to 2999 may be defined one day, and the RFC says nothing above 4999",
        "send 1000 to 1003, 1007 to 1014, 3000 to 3999 (registered with IANA) or 4000 to 4999 (your own)",
        _BAD, example=b"\x88\x82" + _ZERO + b"\x03\xf8", wrong=Offset(6, 0),
    ),
    Rule(
        "close-reason-utf8", None, _MUST, "8.1",
        "the reason in a Close frame must be valid UTF-8",
        "it is text like any other, for logs and scripts; a client must not show it to its user (§5.5.1)",
        "encode the reason as UTF-8",
        _TEXT, example=b"\x88\x83" + _ZERO + b"\x03\xe8\xff", wrong=Offset(8, 0),
    ),
)  # fmt: skip


_COMPRESSED = (
    Rule(
        "rsv1-first-fragment", None, _MUST, "RFC 7692 6.1",
        "RSV1 must mark a compressed message on its first frame, and must not be set on any other",
        "compression is a property of the message; on any other frame the bit has no meaning",
        "set RSV1 on the first frame of a compressed message only, never on a continuation or a control frame",
        _BAD, example=b"\xc9\x80" + _ZERO, wrong=Offset(0, 1),
    ),
    Rule(
        "deflate-data", None, _DEFINED, "RFC 7692 7.2.2",
        "a message marked as compressed must be a DEFLATE stream that stays within the agreed window",
        "what cannot be inflated cannot be delivered",
        "compress with raw DEFLATE, flush with an empty block, and remove its last four bytes, 00 00 FF FF",
        _TEXT, example=b"\xc1\x81" + _ZERO + b"\xff", wrong=Offset(6, 0),
    ),
    Rule(
        "inflated-too-big", None, _LIMIT, "10.4",
        "a message must not be longer than the receiver's limit once it is inflated",
        "a kilobyte can inflate to a megabyte; the limit stops such a bomb while it inflates",
        "send less, or raise `max_message` at the receiver: the one that answers 1009 has the small limit",
        _BIG, names_answer="7.4.1",
    ),
    Rule(
        "deflate-final-blocks", None, _LIMIT, "10.7",
        "a compressed message must not have more than 1000 final DEFLATE blocks (BFINAL 1): a limit of our own",
        "each ends a DEFLATE stream, and a new one must begin: two bytes on the wire cost as much work as a message",
        "flush with an empty block that is not final, as zlib does with Z_SYNC_FLUSH",
        _POLICY,
    ),
)  # fmt: skip


def _request(*, drop: str = "", add: str = "", line: str = "GET / HTTP/1.1", **changed: str) -> bytes:
    """A smallest valid request with one thing wrong."""
    headers = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if name != drop)]
    return "\r\n".join([*lines, *([add] if add else []), "", ""]).encode("latin-1")


def _response(
    *, drop: str = "", add: str = "", line: str = "HTTP/1.1 101 Switching Protocols", **changed: str
) -> bytes:
    """A smallest valid answer to the sample key of §1.3 with one thing wrong."""
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if name != drop)]
    return "\r\n".join([*lines, *([add] if add else []), "", ""]).encode("latin-1")


_HEADS = (
    Rule(
        "head-not-tls", _C, _MUST, "4.1",
        "a ws:// connection must begin with an HTTP request in clear",
        "the first byte 0x16 begins a TLS handshake: the client wants wss:// where no TLS is spoken",
        "dial ws:// at this port, or give the server a certificate",
        http_status=400, names_answer="4.2.1",
        example=b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", wrong=Offset(0, 0),
    ),
    Rule(
        "head-is-http", None, _MUST, "RFC 9112 2",
        "the opening handshake must be a well-formed HTTP/1.1 head: a first line, header lines, an empty line",
        "every proxy, server and filter between the two must read it the same way",
        "send `name: value` lines of visible characters after a first line, and end with an empty line",
        http_status=400, names_answer="4.2.1", example=b"\x00\x01garbage\r\n\r\n", wrong=Offset(0, 0),
    ),
    Rule(
        "head-ends-lines-with-crlf", None, _STRICT, "RFC 9112 2.2",
        "a line of the head must end with CR LF",
        "where one reader ends a line at LF alone and another does not, a header can be hidden from one of them",
        "end each line with the two bytes 0D 0A",
        http_status=400, example=b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n", wrong=Offset(14, 0),
    ),
    Rule(
        "head-size", None, _LIMIT, "RFC 9110 5.4",
        "the head must not be longer than the receiver's limit",
        "an endless head would fill any memory",
        "send fewer or shorter headers, cookies above all, or raise the limit (`max_head` of the lab's server)",
        http_status=431, names_answer="RFC 6585 5",
    ),
)  # fmt: skip

_REQUEST = (
    Rule(
        "request-method", _C, _MUST, "4.1",
        "the method of the opening handshake must be GET",
        "GET only asks and changes nothing, so a server that does not know WebSocket does no harm by answering it",
        "send `GET target HTTP/1.1`",
        http_status=405, names_answer="RFC 9110 15.5.6", example=_request(line="POST / HTTP/1.1"), wrong=Offset(0, 0),
    ),
    Rule(
        "request-http-version", _C, _MUST, "4.1",
        "the request must be HTTP/1.1 or later",
        "a server must ignore Upgrade in an HTTP/1.0 request (RFC 9110 §7.8), and HTTP/1.0 does not require Host",
        "send `GET target HTTP/1.1`",
        http_status=400, names_answer="4.2.1", example=_request(line="GET / HTTP/1.0"), wrong=Offset(6, 0),
    ),
    Rule(
        "request-target", _C, _MUST, "4.1",
        "the target must be a path that begins with `/`, or an absolute URI, and must have no fragment",
        "the part behind `#` is for the client alone and is never sent",
        "send the path, from its `/` on, and the query, and no `#` but as %23",
        http_status=400, names_answer="4.2.1", example=_request(line="GET /chat#one HTTP/1.1"), wrong=Offset(9, 0),
    ),
    Rule(
        "request-host", _C, _MUST, "4.1",
        "the request must have one Host header",
        "one address serves many sites; the server must know which is meant",
        "send `Host: name` once, with the port when it is not the usual one",
        http_status=400, names_answer="4.2.1", example=_request(drop="Host"), wrong=Offset(129, 0),
    ),
    Rule(
        "request-upgrade", _C, _MUST, "4.1",
        "the Upgrade header must name `websocket`",
        "it asks the server to leave HTTP on this connection; without it the request is a plain GET",
        "send `Upgrade: websocket`; if you did, look for a proxy that strips it",
        http_status=400, names_answer="4.2.1", example=_request(drop="Upgrade"), wrong=Offset(126, 0),
    ),
    Rule(
        "request-connection", _C, _MUST, "4.1",
        "the Connection header must have the token `Upgrade`",
        "it marks Upgrade as meant for the next hop only: a proxy removes both, and to pass them on adds both again",
        "send `Connection: Upgrade`; if you did, look for a proxy that strips it",
        http_status=400, names_answer="4.2.1", example=_request(Connection="keep-alive"), wrong=Offset(65, 0),
    ),
    Rule(
        "request-key", _C, _MUST, "4.1",
        "there must be one Sec-WebSocket-Key: 16 random bytes in Base64",
        "the answer is computed from it, which proves that the server speaks WebSocket and did not answer from a cache",
        "send 24 characters that end with `==`, fresh for every connection",
        http_status=400, names_answer="4.2.1",
        example=_request(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ"), wrong=Offset(93, 0),
    ),
    Rule(
        "request-version", _C, _MUST, "4.1",
        "Sec-WebSocket-Version must be 13",
        "many drafts before the RFC have version numbers of their own, and the early ones have other frames",
        "send `Sec-WebSocket-Version: 13`",
        http_status=426, names_answer="4.2.2", example=_request(Sec_WebSocket_Version="8"), wrong=Offset(142, 0),
    ),
    Rule(
        "request-subprotocol", _C, _MUST, "4.1",
        "the subprotocols asked for must be tokens",
        "the server answers with one of these names: each must be one word, and say one thing only",
        "send names of visible characters without separators, as in `Sec-WebSocket-Protocol: chat, superchat`",
        http_status=400, names_answer="4.2.1",
        example=_request(add="Sec-WebSocket-Protocol: ch@t"), wrong=Offset(170, 0),
    ),
    Rule(
        "request-subprotocol-once", _C, _MUST, "4.1",
        "each subprotocol must be asked for only once",
        "the names stand in the order in which the client prefers them, where each has one place",
        "name each subprotocol once, as in `Sec-WebSocket-Protocol: chat, superchat`",
        http_status=400, example=_request(add="Sec-WebSocket-Protocol: chat, chat"), wrong=Offset(170, 0),
    ),
    Rule(
        "request-no-body", _C, _STRICT, "RFC 9110 9.3.1",
        "the request should announce no body",
        "a proxy would take what follows the head for the body and the server for frames: a way to smuggle requests",
        "leave out Transfer-Encoding, and Content-Length unless it is 0",
        http_status=400, example=_request(add="Content-Length: 5"), wrong=Offset(162, 0),
    ),
    Rule(
        "request-origin", _C, _SHOULD, "10.2",
        "the Origin should be one that the server allows",
        "a browser may send the user's cookies along; SameSite stops other sites, not other ports or subdomains",
        "allow the origin (scheme, host, port) at the server, or send one that it allows; a page cannot choose its own",
        http_status=403, names_answer="10.2",
    ),
)  # fmt: skip

_RESPONSE = (
    Rule(
        "response-status", _S, _MUST, "4.2.2",
        "a server that agrees must answer 101 Switching Protocols",
        "any other final status is plain HTTP: a refusal, or a wish for a login (401) or for another address (3xx)",
        "look at the status and the body: they say what the server wants, or why it refused",
        example=_response(line="HTTP/1.1 200 OK"), wrong=Offset(9, 0),
    ),
    Rule(
        "response-http-version", _S, _STRICT, "4.2.2",
        "the answer should be HTTP/1.1 or later",
        "HTTP/1.0 has no Upgrade, and no status 101",
        "answer `HTTP/1.1 101 Switching Protocols`",
        example=_response(line="HTTP/1.0 101 Switching Protocols"), wrong=Offset(0, 0),
    ),
    Rule(
        "response-upgrade", _S, _MUST, "4.1",
        "the answer's Upgrade header must be `websocket`",
        "it says to which protocol the server changes",
        "answer with `Upgrade: websocket`",
        example=_response(drop="Upgrade"), wrong=Offset(107, 0),
    ),
    Rule(
        "response-connection", _S, _MUST, "4.1",
        "the answer's Connection header must have the token `Upgrade`",
        "it marks Upgrade as meant for the next hop only: a plain proxy removes both on the way (RFC 9110 §7.6.1)",
        "answer with `Connection: Upgrade`",
        example=_response(drop="Connection"), wrong=Offset(106, 0),
    ),
    Rule(
        "response-accept", _S, _MUST, "4.1",
        "Sec-WebSocket-Accept must be the SHA-1 of key and GUID in Base64",
        "only a server that read this very request and knows WebSocket can compute it; a cache, for one, cannot",
        "append the GUID of §1.3 to the key without decoding it, hash with SHA-1, encode the 20 bytes in Base64",
        example=_response(Sec_WebSocket_Accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="), wrong=Offset(97, 0),
    ),
    Rule(
        "response-subprotocol", _S, _MUST, "4.1",
        "the subprotocol in the answer must be one that the client asked for",
        "otherwise the two do not understand each other from the first message on",
        "answer with one of the names asked for, or with none",
        example=_response(add="Sec-WebSocket-Protocol: chat"), wrong=Offset(151, 0),
    ),
    Rule(
        "response-subprotocol-once", _S, _MUST, "11.3.4",
        "Sec-WebSocket-Protocol must not appear more than once in the answer",
        "the server chooses one subprotocol; two headers would be two choices, or a list",
        "write the header once, with the one name that was chosen",
        example=_response(add="Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"), wrong=Offset(154, 0),
    ),
    Rule(
        "response-extensions", _S, _MUST, "4.1",
        "the extensions in the answer must be ones that the client offered",
        "an extension changes what the frames mean; both must know it",
        "answer with an extension that was offered, or with none",
        example=_response(add="Sec-WebSocket-Extensions: x-unasked"), wrong=Offset(153, 0),
    ),
)  # fmt: skip

_EXTENSIONS = (
    Rule(
        "extensions-syntax", None, _MUST, "9.1",
        "Sec-WebSocket-Extensions must be a list of at least one name, with its parameters, if any, behind semicolons",
        "both sides must read the same parameters, or they speak different protocols without knowing it",
        "write `name; parameter=value, name2`; a value in quotes is a token too; leave out a header that names nothing",
        http_status=400, names_answer="4.2.1",
        example=_request(add="Sec-WebSocket-Extensions: permessage-deflate; =10"), wrong=Offset(192, 0),
    ),
    Rule(
        "deflate-parameter-known", None, _MUST, "RFC 7692 7",
        "permessage-deflate must have no parameter but its four",
        "an unknown parameter may change what the bytes mean",
        "use server_no_context_takeover, client_no_context_takeover, server_max_window_bits, client_max_window_bits",
        example=_response(add="Sec-WebSocket-Extensions: permessage-deflate; level=9"), wrong=Offset(153, 0),
    ),
    Rule(
        "deflate-parameter-once", None, _MUST, "RFC 7692 7",
        "a parameter of permessage-deflate must not appear more than once",
        "two values for one thing leave open which one holds",
        "leave out the second",
        example=_response(
            add="Sec-WebSocket-Extensions: permessage-deflate; "
            "server_no_context_takeover; server_no_context_takeover"
        ), wrong=Offset(153, 0),
    ),
    Rule(
        "deflate-parameter-value", None, _MUST, "RFC 7692 7",
        "a window must have 8 to 15 bits, written without a leading zero; a takeover parameter must have no value",
        "DEFLATE has windows of 256 to 32768 bytes",
        "write server_max_window_bits=10, for example, or client_no_context_takeover alone",
        example=_response(add="Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7"),
        wrong=Offset(153, 0),
    ),
    Rule(
        "deflate-answer-once", _S, _MUST, "RFC 7692 5",
        "permessage-deflate must not be accepted more than once",
        "both would use RSV1, and one bit cannot tell which of them compressed a message",
        "answer with one element only",
        example=_response(add="Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"),
        wrong=Offset(153, 0),
    ),
    Rule(
        "deflate-answer-client-bits", _S, _MUST, "RFC 7692 7.1.2.2",
        "a server must not limit the client's window unless the client offered that",
        "a client that did not offer it may be unable to use a smaller window",
        "leave client_max_window_bits out of the answer, or offer it, with a number as a hint or without one",
        example=_response(add="Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10"),
        wrong=Offset(153, 0),
    ),
    Rule(
        "deflate-answer-server-bits", _S, _DEFINED, "RFC 7692 7.1.2.1",
        "a server that accepts a limit of its window must promise that limit or a smaller one",
        "the client set up a window of that size and cannot inflate with a larger one",
        "repeat server_max_window_bits in the answer, even where it is 15, with no more than was asked for",
        example=_response(
            add="Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_max_window_bits=12"
        ),
        wrong=Offset(153, 0),
    ),
    Rule(
        "deflate-answer-takeover", _S, _DEFINED, "RFC 7692 7.1.1.1",
        "a server that accepts server_no_context_takeover must say so",
        "the client is ready to forget the window after each message, and must know whether it may",
        "repeat server_no_context_takeover in the answer, or decline the offer",
        example=_response(add="Sec-WebSocket-Extensions: permessage-deflate"), wrong=Offset(153, 0),
    ),
)  # fmt: skip

_LOCAL = (
    Rule(
        "local-not-open", None, _MUST, "5.5.1",
        "no data frame may be sent behind a Close frame, and nothing behind both Closes, a failure or the end of TCP",
        "a peer discards data that comes behind a Close, so it would be lost unnoticed (§1.4)",
        "send it before you close, or on a new connection",
    ),
    Rule(
        "local-key-length", _C, _DEFINED, "5.3",
        "a masking key must have four bytes",
        "the header has exactly four bytes for it",
        "pass four bytes, as secrets.token_bytes(4) makes them",
    ),
    Rule(
        "local-control-too-long", None, _MUST, "5.5",
        "the payload of a control frame must not be longer than 125 bytes",
        "the peer would fail the connection, most likely with 1002",
        "shorten it (a Close reason to 123 bytes of UTF-8), or send a message instead",
    ),
    Rule(
        "local-close-code-reserved", None, _MUST, "7.4.1",
        "a Close frame must not carry 1005, 1006 or 1015",
        "they tell an application that the Close had no code, that no Close came, or that the TLS handshake failed",
        "choose 1000 for a normal end, 1001 when you go away, or no code: the peer's application then sees 1005",
    ),
    Rule(
        "local-close-code", None, _STRICT, "7.4",
        "a Close frame should carry 1000 to 1003, 1007 to 1014 or 3000 to 4999",
        "none below 1000 is used, the others up to 2999 may be defined one day, and the RFC says nothing above 4999",
        "choose 1000 for a normal end, 1001 when you go away, 4000 and up for your own meanings",
    ),
    Rule(
        "local-reason-needs-code", None, _MUST, "5.5.1",
        "a Close reason must follow a code",
        "the first two bytes of the body are always the code",
        "give a code too, 1000 for a normal end",
    ),
    Rule(
        "local-text", None, _MUST, "5.6",
        "text must be valid UTF-8 once it is encoded",
        "the peer would fail the connection (§8.1), most likely with 1007",
        "pass a str without lone surrogates, or send bytes in a binary message",
    ),
    Rule(
        "local-message-order", None, _MUST, "5.4",
        "a message must begin as text or binary and be finished before the next begins",
        "fragments carry no number, so two messages at once could not be told apart",
        "begin with text or binary, and finish with send_fragment(..., fin=True) before the next message",
    ),
    Rule(
        "local-frame-field", None, _DEFINED, "5.2",
        "a field of a frame must fit its bits",
        "an opcode has four bits, a masking key four bytes",
        "give an opcode of 0 to 15, a key of four bytes or None, and a payload of bytes",
    ),
    Rule(
        "local-header", None, _MUST, "RFC 9112 5",
        "a header of the handshake must be a token, a colon and visible characters on one line, and should be ASCII",
        "a line break in a value would begin a second header, of an attacker's choice; readers disagree beyond ASCII",
        "leave out line breaks and control characters, and write what is not ASCII as ASCII, as in %C3%BC for ü",
    ),
    Rule(
        "local-header-once", None, _MUST, "11.3",
        "a header that may come only once, and that the handshake writes itself, must not be added again",
        "key, version, accept value and chosen subprotocol may appear once only, and the handshake writes them",
        "leave it out of `headers`; what can be chosen has a parameter of its own, such as `subprotocols=`",
    ),
    Rule(
        "local-subprotocol", _C, _MUST, "4.1",
        "the subprotocols that we ask for must be tokens, each only once",
        "the server answers with one of these names: each must be one word, and say one thing only",
        "give a list of different names without spaces and separators",
    ),
    Rule(
        "local-unasked", _S, _MUST, "4.2.2",
        "an answer must have no subprotocol and no extension that the request did not ask for",
        "the client would fail the connection",
        "choose from `request.subprotocols` and `request.extensions`, or leave it out",
    ),
    Rule(
        "local-target", _C, _MUST, "3",
        "a WebSocket URI must be ws:// or wss:// with a host and no fragment",
        "the part behind `#` is never sent",
        "write it as ws://host:port/path?query",
    ),
)  # fmt: skip


GROUPS: Mapping[str, tuple[Rule, ...]] = {
    "Frames": _FRAMES,
    "Messages": _MESSAGES,
    "Compressed messages": _COMPRESSED,
    "Heads": _HEADS,
    "The request": _REQUEST,
    "The answer": _RESPONSE,
    "Extensions": _EXTENSIONS,
    "Our own sending": _LOCAL,
}
"""The rules by what they are about, in the order of the page."""

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rules in GROUPS.values() for rule in rules})
"""Every rule by its id."""

OF_SENDERS = frozenset(
    {
        "control-fragmented",
        "control-too-long",
        "length-minimal",
        "length-top-bit",
        "messages-do-not-interleave",
        "close-body-length",
        "close-code-valid",
        "request-subprotocol-once",
        "response-subprotocol-once",
    }
)
"""Rules whose MUST is of the sender alone: no section says what a receiver does, who MAY end TCP (§10.7)."""


class Unjudged(NamedTuple):
    """A MUST that no receiver fails a peer for: where it stands, what it says, and why it is left."""

    section: str
    text: str
    why: str


UNJUDGED = (
    Unjudged("4.1", "one connection to a host in CONNECTING at a time", "many clients share one address"),
    Unjudged(
        "4.1", "a client waits for the answer", "a server that grants the request reads what came early as frames"
    ),
    Unjudged("4.1", "the key is random", "one key alone shows nothing"),
    Unjudged(
        "RFC 4648 3.5",
        "the unused bits at the end of the key's Base64 are zero",
        "it decodes to 16 bytes in any case, and no server has to decode it (§4.2.2)",
    ),
    Unjudged("4.1", "a browser's request has an Origin header", "a request does not show what sent it (§10.1)"),
    Unjudged("5.3", "a masking key is fresh and unpredictable", "a key may come twice by chance"),
    Unjudged("5.5.1", "no data frame comes behind a Close", "it is discarded, as §1.4 says; a view points it out"),
    Unjudged("RFC 9110 8.6", "a 101 has no Content-Length", "it has no body whatever it says; a view points it out"),
    Unjudged("5.5.1", "a Close is answered with a Close", "how long to wait is the limit `timeout`, not a rule"),
    Unjudged("5.5.2", "a Ping is answered with a Pong", "as above; one Pong may stand for several Pings (§5.5.3)"),
    Unjudged("5.5.1", "behind both Closes the server closes TCP at once", "a slow network looks like a slow server"),
    Unjudged("RFC 7692 7", "an offer of permessage-deflate is legal", "a server declines an illegal offer and goes on"),
)
"""What the table leaves out, and why."""
