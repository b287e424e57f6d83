"""How a rule is broken on purpose, as pure data: the bytes that break it and no other, and what a good peer does.

The bytes are the rule's own example, fitted to the peer at hand: its key, its host, what it offered. Several answers
may break a rule; the one is sent that, by our own checks, breaks this rule alone. Where there is none, since the client
offered no compression for example, the peer cannot be tried, and `NotPossible` says what it would have to offer.

What it leaves out: sockets and the terminal (`conversation`), and the judgement (`verdict`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product

from wslab.protocol import (
    RULES,
    Deflate,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    Opcode,
    ProtocolError,
    Role,
    Rule,
    accept_key,
    deflate,
)
from wslab.protocol.messages import CloseBody
from wslab.protocol.rules import OF_SENDERS, Force, cite

PROBE = b"still there?"
"""The payload of the legal Ping behind the broken bytes: a peer that answers it has gone on."""

_SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of §1.3, which the examples use
_SAMPLE_HOST = "Host: 127.0.0.1"
# two lines of one header are read as a list, which is not a name that the client asked for
_FOLLOWS = {"response-subprotocol-once": {"response-subprotocol"}}
_ANSWERED_BY_SERVER = ("deflate-parameter-",)
# what a rule leaves to a receiver; the legend of `RULES.md` says the same of each force
_LEFT_OPEN = {
    Force.STRICT: "{section} leaves it open, and refusing is a strictness of wslab",
    Force.DEFINED: "{section} defines the form, and asks nothing of a receiver that gets another",
    Force.LIMIT: "the limit is the receiver's own ({section}), and another may take more",
}
_SENDERS_MUST = "{section} has a MUST for the sender, and does not say that a receiver must refuse it"
_DECLINED = "a server declines an illegal offer of permessage-deflate and goes on (RFC 7692 §7)"


class NotPossible(Exception):
    """This rule cannot be broken here; the text is one sentence that says why and what would help."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that one side breaks."""

    rule: Rule
    breaker: Role

    @property
    def in_head(self) -> bool:
        """Whether it is broken in the opening handshake, else in the frames."""
        return self.rule.in_head

    @property
    def sent_code(self) -> int | None:
        """The code of the Close that breaks the rule, None where no Close does."""
        data = broken_frames(self) if not self.in_head else b""
        if not data or data[0] & 0b1111 != Opcode.CLOSE:
            return None
        return CloseBody.lenient(data[6 if data[1] & 0x80 else 2 :]).code

    @property
    def fitted(self) -> bool:
        """Whether the answer that breaks it is chosen by what the client asked for."""
        return self.rule.id.startswith(("response-subprotocol", "deflate-answer-"))

    @property
    def compressed(self) -> bool:
        """Whether compression must be agreed on first."""
        return not self.in_head and self.rule.section.startswith("RFC 7692")

    @property
    def expected(self) -> str:
        """What a good peer does, in a sentence or two."""
        return self._refusal + (f" A peer that goes on is not wrong: {self.left_open}." if self.left_open else "")

    @property
    def left_open(self) -> str:
        """Why a peer may still go on, without a full stop; empty where the RFC says that it must not."""
        why = _SENDERS_MUST if self.rule.id in OF_SENDERS else _LEFT_OPEN.get(self.rule.force, "")
        return why.format(section=self.rule.reference)

    @property
    def _refusal(self) -> str:
        peer, rule = self.breaker.peer, self.rule
        if not self.in_head:
            code = int(rule.close_code or 0)
            if rule.names_answer:
                return f"The {peer} fails the connection (§7.1.7) with {code} ({cite(rule.names_answer)})."
            return f"The {peer} fails the connection (§7.1.7); the RFC names no code for this, and wslab sends {code}."
        if peer is Role.SERVER:
            return self._refused_by_server
        if rule.id == "response-status":  # §4.1: the client "handles the response per HTTP [RFC2616] procedures"
            return "The client takes the answer as HTTP and sends no frame: no WebSocket begins (§4.1)."
        return "The client fails the connection: it closes TCP and sends no frame (§4.1, §7.1.7)."

    @property
    def _refused_by_server(self) -> str:
        # §4.2.1 asks for an error, and names 400 alone; other statuses have sections of their own
        refused, status = "The server refuses the handshake with an HTTP error", self.rule.http_status
        match self.rule.names_answer:
            case "":
                return f"{refused} (§4.2.1); the RFC names none for this, and wslab sends {status}."
            case "4.2.1":
                return f"{refused}, such as {status} (§4.2.1)."
            case section:
                return f"{refused} (§4.2.1), such as {status} ({cite(section)})."


def breakers(rule: Rule) -> tuple[Role, ...]:
    """Who can break a rule so that the other notices; no side where only the receiver's limit or choice decides."""
    if not rule.example:
        return ()
    if rule.id.startswith(_ANSWERED_BY_SERVER):
        return (Role.SERVER,)
    return tuple(Role) if rule.role is None else (rule.role,)


def find_violation(name: str, breaker: Role) -> Violation:
    """The rule `name`, broken by `breaker`; `NotPossible` where there is none, or it is for the other side to obey."""
    rule = RULES.get(name)
    if rule is None:
        raise NotPossible(f"There is no rule {name!r}{_nearest(name)}; `wslab misbehave --list` lists them all.")
    able = breakers(rule)
    if not able:
        if rule.is_local:
            raise NotPossible(f"{name} cannot be broken by any bytes: it is about our own sending.")
        raise NotPossible(f"{name} is not broken by misbehave: it is about a limit or choice of the receiver.")
    if breaker not in able and rule.role is None:
        raise NotPossible(f"{name} cannot be broken by a {breaker} so that it shows: {_DECLINED}; leave --client out.")
    if breaker not in able:
        how = "give --client ws://... to break it as a client" if breaker is Role.SERVER else "leave --client out"
        raise NotPossible(f"{name} binds the {able[0]}, and a {breaker} cannot break it: {how}.")
    return Violation(rule, breaker)


def _nearest(name: str) -> str:
    near = get_close_matches(name, [rule.id for rule in RULES.values() if breakers(rule)], 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""


# --- the bytes ----------------------------------------------------------------------------------


def broken_request(violation: Violation, host: str, target: str, key: str) -> bytes:
    """The head with which a client breaks the rule; its host, path and key are those of the moment."""
    if violation.rule.id == "head-ends-lines-with-crlf":
        return HandshakeRequest.build(host, target, key=key).serialize().replace(b"\r\n", b"\n")
    example = violation.rule.example.decode("latin-1")
    path = example.partition(" ")[2].partition(" ")[0].partition("#")[0]
    if path.startswith("/"):
        example = example.replace(f" {path}", f" {target}", 1)
    fitted = example.replace(_SAMPLE_HOST, f"Host: {host}", 1).replace(_SAMPLE_KEY, key, 1)
    return fitted.encode("latin-1")


def broken_answer(violation: Violation, request: HandshakeRequest) -> bytes:
    """The answer to this request that breaks this rule and no other.

    Raises:
        NotPossible: The client asked for nothing that could be answered so.
    """
    for data in _answers(violation.rule, request):
        if _broken_by(data, request) - _FOLLOWS.get(violation.rule.id, set()) == {violation.rule.id}:
            return data
    raise NotPossible(f"{violation.rule.id} cannot be broken for this client: {_missing(violation.rule)}.")


def broken_frames(violation: Violation) -> bytes:
    """The frames that break the rule; a server's are not masked, unless that is the rule."""
    example = violation.rule.example
    return _unmasked(example) if violation.rule.role is None and violation.breaker is Role.SERVER else example


def probe(violation: Violation) -> bytes:
    """A legal Ping behind the broken frames; nothing behind a Close: such a Ping needs no answer (§5.5.2)."""
    if not violation.in_head and violation.rule.example[0] & 0b1111 == Opcode.CLOSE:
        return b""
    return Frame.ping(PROBE, mask=bytes(4) if violation.breaker.masks else None).serialize()


def _unmasked(data: bytes) -> bytes:
    """The frames of an example without their masking keys. These are zero, so the payload stays the same."""
    made = b""
    while data:
        ends = 2 + {126: 2, 127: 8}.get(data[1] & 0x7F, 0)
        size = int.from_bytes(data[2:ends], "big") if ends > 2 else data[1] & 0x7F
        payload = data[ends + 4 :][:size]
        made += bytes((data[0], data[1] & 0x7F)) + data[2:ends] + payload
        data = data[ends + 4 + size :]
    return made


def _answers(rule: Rule, request: HandshakeRequest) -> Iterator[bytes]:
    """Answers that may break the rule, the plainest first."""
    example = rule.example.decode("latin-1").replace(accept_key(_SAMPLE_KEY), accept_key(request.key))
    match rule.id:
        case "head-is-http":
            yield rule.example
        case "head-ends-lines-with-crlf":
            yield HandshakeResponse.accept(request).serialize().replace(b"\r\n", b"\n")
        case "extensions-syntax":
            yield _with(request, "Sec-WebSocket-Extensions: permessage-deflate; =10")
        case "response-status":  # with a length, so that no client waits for a body
            yield example.replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n").encode()
        case "response-subprotocol":
            yield from (_with(request, f"Sec-WebSocket-Protocol: {name}") for name in ("chat", "nobody-asked-for-this"))
        case "response-subprotocol-once":
            yield from (_with(request, *[f"Sec-WebSocket-Protocol: {name}"] * 2) for name in request.subprotocols)
        case name if name.startswith("deflate-answer-"):
            yield example.encode()
            yield from (_with(request, f"Sec-WebSocket-Extensions: {answer}") for answer in _deflate_answers())
        case _:
            yield example.encode()


def _with(request: HandshakeRequest, *lines: str) -> bytes:
    """The right answer with further header lines, as they are."""
    right = HandshakeResponse.accept(request).serialize()
    return right.removesuffix(b"\r\n") + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _deflate_answers() -> Iterator[str]:
    """Answers to an offer of compression, each legal by itself."""
    windows = ("", *(f"={bits}" for bits in range(15, 7, -1)))
    for takeover, server, client in product(("", "; server_no_context_takeover"), windows, windows):
        bits = [f"; {side}_max_window_bits{size}" for side, size in (("server", server), ("client", client)) if size]
        yield f"{deflate.NAME}{takeover}{''.join(bits)}"


def _broken_by(answer: bytes, request: HandshakeRequest) -> set[str]:
    try:
        response = HandshakeResponse.parse(answer)[0]
    except ProtocolError as error:
        return {error.rule.id}
    return {check.rule.id for check in response.checks(request) if not check.passed}


def _missing(rule: Rule) -> str:
    if rule.id == "response-subprotocol-once":
        return "it asked for no subprotocol; ask for one"
    wanted = {
        "deflate-answer-client-bits": " without client_max_window_bits",
        "deflate-answer-server-bits": " with server_max_window_bits below 15",
        "deflate-answer-takeover": " with server_no_context_takeover",
    }.get(rule.id, "")
    return f"it made no such offer; offer permessage-deflate{wanted}"


def agreement(violation: Violation, request: HandshakeRequest) -> tuple[bytes, Deflate | None]:
    """The right answer to a request, for what is broken after it; with compression only where the rule is about it."""
    if not violation.compressed:
        return HandshakeResponse.accept(request).serialize(), None
    choice = deflate.choose(request.extensions, Deflate())
    if choice is None:
        raise NotPossible(f"{violation.rule.id} cannot be broken for this client: {_missing(violation.rule)}.")
    return HandshakeResponse.accept(request, extensions=[choice[1]]).serialize(), choice[0]
