"""Frames, heads, Closes and errors as sentences.

The sentences are short, in the present tense, in the RFC's terms. They say what the bytes say, never what a program
meant by them. Payloads are data: they are cut, made printable, and quoted.

What this module leaves out: the format. A sentence is plain text; a tape as Markdown is `wslab.formats.markdown`.
"""

from __future__ import annotations

from wslab.explain.hextext import short_hex
from wslab.explain.words import close_code_words, is_readable, is_text, opcode_name, printable, quoted
from wslab.protocol.codes import Opcode
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames import Frame
from wslab.protocol.handshake.head import is_interim, is_refusal
from wslab.protocol.messages import CloseBody
from wslab.protocol.numbers import size_in_words
from wslab.protocol.rules import OF_SENDERS, Force, Rule, cite

__all__ = [
    "narrate_answer",
    "narrate_close",
    "narrate_error",
    "narrate_frame",
    "narrate_going_on",
    "narrate_head",
    "narrate_judged_head",
    "size_in_words",
]


def narrate_frame(frame: Frame, sender: str, plain: bytes | None = None) -> str:
    """One frame as a sentence; `sender` is `client` or `server`, `plain` the inflated payload of a compressed one.

    >>> narrate_frame(Frame.text("Hello", mask=bytes(4)), "client")
    'The client sends text, 5 bytes, masked: “Hello”.'
    """
    if plain is None:
        squeezed = ", marked as compressed (RSV1)" if frame.rsv1 else ""
        return f"The {sender} {_verb(frame)}{squeezed}{_masking(frame)}{_content(frame)}."
    shown = frame.replace(payload=plain)
    squeezed = f", compressed to {size_in_words(len(frame.payload))}"
    return f"The {sender} {_verb(shown)}{squeezed}{_masking(frame)}{_content(shown)}."


def _verb(frame: Frame) -> str:
    opcode, size = frame.opcode, size_in_words(len(frame.payload))
    if opcode == Opcode.CLOSE:
        return "sends Close" + _close_code(frame.payload)
    if opcode in (Opcode.PING, Opcode.PONG):
        return f"sends {opcode_name(opcode)}, {size}"
    if opcode == Opcode.CONTINUATION:
        return f"sends {'the last' if frame.fin else 'a further'} fragment, {size}"
    if opcode in (Opcode.TEXT, Opcode.BINARY):
        name = opcode_name(opcode)
        return f"sends {name}, {size}" if frame.fin else f"begins a {name} message, first fragment, {size}"
    return f"sends a frame with the reserved opcode 0x{opcode:X}, {size}"


def _masking(frame: Frame) -> str:
    return ", masked" if frame.mask is not None else ""


def _content(frame: Frame) -> str:
    payload = frame.payload[2:] if frame.opcode == Opcode.CLOSE else frame.payload
    if not payload:
        return ""
    return f": {quoted(payload)}" if _is_shown_as_text(frame, payload) else f": {short_hex(payload, 12)}"


def _is_shown_as_text(frame: Frame, payload: bytes) -> bool:
    if frame.opcode in (Opcode.PING, Opcode.PONG):
        return is_readable(payload)
    return frame.opcode != Opcode.BINARY and is_text(payload, frame.fin and frame.opcode != Opcode.CONTINUATION)


def _close_code(payload: bytes) -> str:
    if not payload:
        return " without a code"
    if len(payload) == 1:
        return " with half a code"
    code = CloseBody.lenient(payload).code
    return f" {code} ({close_code_words(code).partition(':')[0].partition(';')[0]})"


def narrate_close(code: int, reason: str = "") -> str:
    """A close code with its meaning, and the reason where one came."""
    return f"{code}, {close_code_words(code)}" + (f"; reason {quoted(reason.encode())}" if reason else "")


def narrate_head(head: str, sender: str) -> str:
    r"""The head of a request or an answer as a sentence; `head` is its text, with a refusal's body behind it.

    >>> narrate_head("GET /chat HTTP/1.1\r\nUpgrade: websocket", "client")
    'The client asks to upgrade: GET /chat HTTP/1.1.'
    """
    lines = head.splitlines()
    first = lines[0] if lines else ""
    shown = _up_to(first, 80)
    if sender == "client":
        return f"The client {_asks(lines)}: {shown}{_terms(lines)}."
    begin = first[:13].encode("latin-1", "replace")
    if is_interim(begin):
        return f"The server sends an interim answer, and the final one is still to come (RFC 9110 §15.2): {shown}."
    if is_refusal(begin):
        return f"The server {_not_agreed(first)}: {shown}{_body(head)}."
    return f"The server agrees: {shown}{_terms(lines)}.{remark_body(lines)}"


def narrate_judged_head(
    data: bytes, sender: str, error: ProtocolError | None, despite: Rule | None, *, ordinary: bool = False
) -> str:
    """A head as a sentence, with what it breaks and who should act on that.

    `error` is what the peer holds against it, and `despite` what the request of a response broke. An `ordinary`
    response answers a request that asked for no WebSocket.
    """
    told = narrate_head(data.decode("latin-1"), sender)
    if ordinary:
        told = f"The {sender} answers: {printable(data[:80].splitlines()[0].decode('latin-1'))}."
    said = f"{told} {_judgement(error, sender)}" if error is not None else told
    return f"{said}{_in_spite_of(despite, refused=is_refusal(data[:13]))}"


def narrate_going_on(rule: Rule | None) -> str:
    """That a client sends a frame although the response to its handshake broke a rule, to stand behind a sentence."""
    if rule is None or _duty(rule) == "may":
        return ""
    duty = "should" if rule.force is Force.SHOULD else "had to"
    return f" It {duty} fail the connection instead ({_fails_by(rule)}): {rule.text} ({rule.reference})."


def _duty(rule: Rule) -> str:
    """What a receiver is to do: a defined form, and a MUST of the sender alone, demand nothing of it (§10.7)."""
    return "may" if rule.id in OF_SENDERS else {Force.MUST: "must", Force.SHOULD: "should"}.get(rule.force, "may")


def _fails_by(rule: Rule) -> str:
    """The section by which a client fails the connection: §4.1, and for extensions that of their rule."""
    return rule.reference if rule.section == "9.1" or rule.section.startswith("RFC 7692") else "§4.1"


def _error_words(rule: Rule) -> str:
    """With what a server refuses a request. §4.2.1 asks for "an appropriate error code (such as 400 Bad Request)"."""
    if rule.names_answer == "4.2.1":
        return f"an error such as {rule.http_status} (§4.2.1)"
    named = f"{rule.http_status} ({cite(rule.names_answer)})" if rule.names_answer else f"{rule.http_status}"
    return f"an error (§4.2.1), such as {named}" if rule.force is Force.MUST else named


def _judgement(error: ProtocolError, sender: str) -> str:
    rule = error.rule
    duty = _duty(rule)
    does = f"The client {duty} fail the connection{'' if duty == 'may' else f' ({_fails_by(rule)})'}."
    if sender == "client":
        does = f"The server {duty} refuse it with {_error_words(rule)}."
    return f"It breaks {rule.id}: {rule.text} ({rule.reference}); found {error.found} at {error.place}. {does}"


def _in_spite_of(rule: Rule | None, *, refused: bool) -> str:
    """What a server makes of a request that breaks a rule."""
    if rule is None or _duty(rule) == "may":
        return ""
    if refused:
        return f" It has a reason: the request breaks {rule.id} ({rule.reference})."
    return f" It should have refused the request with {_error_words(rule)}: {rule.text} ({rule.reference})."


def _asks(lines: list[str]) -> str:
    """What a client does with its request: without an Upgrade header it is plain HTTP (RFC 9110 §7.8)."""
    names = {line.partition(":")[0].lower() for line in lines[1:]}
    return "asks to upgrade" if "upgrade" in names else "sends a request without Upgrade"


def _not_agreed(first: str) -> str:
    """What a server does with a status that is not 101: §4.1 names a 3xx apart."""
    return "redirects" if first[8:10] == " 3" else "refuses"


_BODY = {"content-length": "RFC 9110 §8.6", "transfer-encoding": "RFC 9112 §6.1"}


def remark_body(lines: list[str]) -> str:
    """A sentence on a 101 whose header `lines` speak of a body, to stand behind another; empty where none does.

    It is no violation that a client fails the server for: a 101 ends with its empty line, whatever its headers say
    (RFC 9112 §6.3). A Content-Length of 0 announces no body, and may not be there either (RFC 9110 §8.6).
    """
    names = (line.partition(":")[0] for line in lines[1:])
    name = next((name for name in names if name.lower() in _BODY), None)
    if name is None:
        return ""
    return f" It has the header {printable(name)}, which no 101 may have ({_BODY[name.lower()]}): no body is read."


_TERMS = ("origin", "sec-websocket-protocol", "sec-websocket-extensions")


def _terms(lines: list[str]) -> str:
    """The headers in which this handshake differs from most."""
    terms = [line for line in lines[1:] if line.partition(":")[0].lower() in _TERMS]
    shown = "; ".join(_up_to(line, 120) for line in terms)
    return f" ({shown})" if terms else ""


def _up_to(text: str, most: int) -> str:
    """Text on one line; where it is longer than `most` characters, an ellipsis says that the rest is left out."""
    return printable(text) if len(text) <= most else f"{printable(text[: most - 1])}…"


def _body(head: str) -> str:
    """The body of a refusal, where it is plain text for people."""
    lines, _, body = head.partition("\r\n\r\n")
    if not body or "content-type: text/plain" not in lines.lower():
        return ""
    said = body.encode("latin-1", "replace").decode("utf-8", "replace").strip().rstrip(".")
    return f": {quoted(said.encode(), 240)}"


def narrate_answer(error: ProtocolError, receiver: str) -> str:
    """What the receiver does about a violation, without its reason and without a full stop."""
    if error.close_code is not None:
        does = f"fails the connection with {int(error.close_code)}"
    elif receiver == "server":
        does = f"refuses the handshake with {error.rule.http_status}"
    else:
        does = "does not accept this answer to its handshake, and fails the connection"
    return f"The {receiver} {does}"


def narrate_error(error: ProtocolError, receiver: str) -> str:
    """What the receiver does about a violation, and why."""
    return f"{narrate_answer(error, receiver)}: {error.rule.text} ({error.rule.reference})."
