"""What came from a server against what had to come: right, or what is wrong, at which byte, by which rule.

The verdict looks at bytes alone. Where what came breaks a rule by itself (a mask, an unknown opcode, a wrong accept
value), that is the finding. Otherwise it is compared with what had to come, written in the plainest way: one whole
frame, not masked. The first byte that differs is then the first wrong one, or the first that is missing. A server may
cut or compress what it sends back; only the message counts then, and no byte is named.

Left out: how it looks on a screen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wslab.conformance.lessons import ALIVE, CLOSE, ECHO, OPENING, PONG, TCP, Lesson, of_rule
from wslab.conformance.path.case import Case, Closing, Echo, Failure, Refusal, Survival
from wslab.conformance.path.exchange import Seen
from wslab.conformance.path.replies import Came, Replies
from wslab.explain import close_code_words, size_in_words, verdict
from wslab.explain.preview import preview
from wslab.protocol import (
    CloseCode,
    Frame,
    FrameParser,
    HandshakeResponse,
    Message,
    Offset,
    Opcode,
    ProtocolError,
    Role,
)
from wslab.protocol.rules import cite

__all__ = ["Finding", "judge"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say of a case.

    `problem` is a sentence, empty where all is right; `note` a remark on what is right and could be better. `lesson`
    is the rule or duty that was missed. `came` are the bytes that it is about, `expected` those that had to come, in
    bytes or in `wanted` words, and `wrong` is the first wrong bit, counted from the first byte of `came`. `hint` is
    one that fits better than the stage's.
    """

    problem: str = ""
    note: str = ""
    lesson: Lesson | None = None
    came: bytes = b""
    expected: bytes = b""
    wanted: str = ""
    wrong: Offset | None = None
    hint: str = ""
    declined: bool = False

    @property
    def passed(self) -> bool:
        """Whether the case is right."""
        return not self.problem


RIGHT = Finding()

_GRANT_IT = "This request is right: answer it with `HTTP/1.1 101 Switching Protocols` and the three headers."

# §5.5.1: behind both Closes "The server MUST close the underlying TCP connection immediately"
_END = replace(TCP, text="a server must end TCP at once when both Closes are through", section="5.5.1")


def judge(case: Case, seen: Seen) -> Finding:
    """The finding on one case."""
    if isinstance(case.want, Survival):  # the next client says whether it survived
        return RIGHT
    if isinstance(case.want, Refusal):
        return _of_refusal(case.want, seen)
    if not seen.is_open:
        return _not_open(seen)
    if seen.declined:
        return Finding(note="the server declined the compression, as it may (RFC 7692 §5)", declined=True)
    if seen.replies.error is not None:
        return _broke_in_frames(case, seen)
    match case.want:
        case Echo():
            return _of_echo(case, case.want, seen)
        case Failure():
            return _of_failure(case.want, seen)
        case Closing():
            return _of_closing(case.want, seen)
    return _granted(seen)


def _granted(seen: Seen) -> Finding:
    """The answer passes every check that an RFC demands; what else there is to say of it."""
    strict = seen.strictness
    if strict is None:
        return RIGHT
    return Finding(note=f"{strict.rule.text}, and it has {strict.found} (no RFC demands it; some clients do)")


# --- the opening handshake ------------------------------------------------------------


def _not_open(seen: Seen) -> Finding:
    """Why there is no WebSocket although the request is right."""
    if seen.fault is None:
        return _no_answer(seen)
    found = _broke(seen.fault, seen.answer if isinstance(seen.answer, bytes) else seen.begun)
    # the fix of this rule is written for a client
    return replace(found, hint=_GRANT_IT) if seen.fault.rule.id == "response-status" else found


def _no_answer(seen: Seen) -> Finding:
    end = f"the server ended TCP ({seen.ended})" if seen.ended else f"nothing {'more ' if seen.begun else ''}came for"
    end += "" if seen.ended else f" {seen.waited:g} s"
    if not seen.begun:
        told, wanted = f"No answer to the opening handshake came: {end}.", "HTTP/1.1 101 Switching Protocols"
        hint = "Read up to the empty line of the request, then send the answer and flush it. Do not wait for more."
    else:
        told, wanted = f"The answer has no empty line behind its headers, so it never ends: {end}.", "CR LF CR LF"
        hint = "Put CR LF behind each line, the last header too, and one CR LF more behind that."
    return Finding(told, lesson=OPENING, came=seen.begun, wanted=wanted, wrong=Offset(len(seen.begun)), hint=hint)


def _broke(error: ProtocolError, came: bytes) -> Finding:
    """What came breaks a rule by itself."""
    text = error.rule.text
    return Finding(
        f"{text[0].upper()}{text[1:]}: found {error.found}.",
        lesson=of_rule(error.rule),
        came=came,
        wanted=f"{error.expected}, at {error.place}",
        wrong=error.offset,
        hint=f"{error.rule.fix[0].upper()}{error.rule.fix[1:]}.",
    )


def _broke_in_frames(case: Case, seen: Seen) -> Finding:
    """The same, in frames: they may be something else, such as an error of HTTP, or the count of bytes was lost."""
    error, came = seen.replies.error, bytes(seen.replies.data)
    assert error is not None
    # it repeats what it should refuse; what a receiver may take is no less wrong in a frame of the server's own
    if isinstance(case.want, Failure) and case.want.rule is error.rule and not case.want.left_open:
        return replace(_went_on(case.want, seen, "sent it back"), wrong=error.offset)
    found = _broke(error, came)
    cause = verdict(came, Role.CLIENT, deflate=seen.agreed).cause
    return found if cause is None else replace(found, problem=f"{found.problem} {cause.sentence}")


def _of_refusal(want: Refusal, seen: Seen) -> Finding:
    wanted = f"an HTTP error, such as {want.rule.http_status}"
    lesson = of_rule(want.rule)
    if not isinstance(seen.answer, bytes):
        told = f"ended TCP ({seen.ended}) without an answer" if seen.ended else "sent no answer of HTTP"
        return Finding(
            f"The server {told}; an error has to say that it refuses (§4.2.1).", lesson=lesson, wanted=wanted
        )
    answer = HandshakeResponse.parse(seen.answer)[0]
    if not 400 <= answer.status < 600:
        problem = f"The server answered {answer.status} to a request that it has to refuse."
        return Finding(problem, lesson=lesson, came=seen.answer, wanted=wanted, wrong=Offset(len("HTTP/1.1 ")))
    if want.version and "13" not in _versions(answer):
        problem = "The refusal does not say which version the server speaks (§4.2.2, §4.4)."
        return Finding(problem, lesson=lesson, came=seen.answer, wanted="the header Sec-WebSocket-Version: 13")
    return RIGHT


def _versions(answer: HandshakeResponse) -> list[str]:
    lines = answer.head.named("Sec-WebSocket-Version")
    return [value.strip() for line in lines for value in line.value.split(",")]


# --- messages -------------------------------------------------------------------------


def _of_echo(case: Case, want: Echo, seen: Seen) -> Finding:
    replies = seen.replies
    for number, frame in enumerate(want.messages):
        if number >= len(replies.messages):
            return _missing(frame, case.lesson, seen)
        if _data(replies.messages[number]) != (frame.opcode, frame.payload):
            return _differs(frame, replies.messages[number], case.lesson, seen)
    if len(replies.messages) > len(want.messages):
        return _too_many(replies.messages[len(want.messages)], seen)
    return _of_pongs(want, seen)


def _of_pongs(want: Echo, seen: Seen) -> Finding:
    pongs = seen.replies.pongs
    wrong = [came for payload, came in pongs.items() if payload not in want.pongs]
    if want.pongs and want.pongs[-1] not in pongs:
        expected = Frame.pong(want.pongs[-1])
        if not wrong:
            return _missing(expected, PONG, seen)
        return _compared("A Pong came whose payload is not that of the Ping.", expected, wrong[0], PONG, seen)
    # §5.5.3: a Pong may be sent unasked, "This serves as a unidirectional heartbeat", and needs no answer
    return Finding(note="a Pong came that answers no Ping, as it may, and nobody needs it (§5.5.3)") if wrong else RIGHT


def _data(came: Came) -> tuple[int, bytes]:
    assert isinstance(came.event, Message)
    data = came.event.data
    return (Opcode.TEXT, data.encode()) if isinstance(data, str) else (Opcode.BINARY, data)


def _missing(frame: Frame, lesson: Lesson, seen: Seen) -> Finding:
    """Something had to come and did not: the time was over, or the server ended the connection."""
    what, replies = _named(frame), seen.replies
    if replies.close is not None:
        told = f"A Close came instead of {what}: {preview(_close_of(replies))}."
        came, lesson = replies.close, ALIVE
    else:
        rest = len(replies.data) > replies.read
        end = f"the server ended TCP ({seen.ended})" if seen.ended else f"nothing more came for {seen.waited:g} s"
        told = f"{what[0].upper()}{what[1:]} did not {'become whole' if rest else 'come'}: {end}."
        came = Came(Message(b""), replies.read, len(replies.data))  # what is there of it
    return _compared(told, frame, came, lesson, seen)


def _close_of(replies: Replies) -> Frame:
    """The server's Close, for words."""
    assert replies.close is not None
    return FrameParser(Role.CLIENT).feed(bytes(replies.data[replies.close.begin : replies.close.end]))[0]


def _named(frame: Frame) -> str:
    if frame.opcode == Opcode.PONG:
        return "the Pong"
    kind = "text" if frame.opcode == Opcode.TEXT else "binary message"
    return f"the {kind} of {size_in_words(len(frame.payload))}"


def _differs(frame: Frame, came: Came, lesson: Lesson, seen: Seen) -> Finding:
    opcode, payload = _data(came)
    other = _named(frame.replace(opcode=opcode, payload=payload)).removeprefix("the ")
    same_form = (opcode, len(payload)) == (frame.opcode, len(frame.payload))
    told = "Another payload" if same_form else f"A {other}"
    return _compared(f"{told} came in place of {_named(frame)}.", frame, came, lesson, seen)


def _too_many(came: Came, seen: Seen) -> Finding:
    return _compared("One message more came than had to come.", None, came, ECHO, seen)


def _compared(problem: str, frame: Frame | None, place: Came, lesson: Lesson, seen: Seen) -> Finding:
    """A finding with the bytes that came at this place beside those of the frame that had to come."""
    came = bytes(seen.replies.data[place.begin : place.end])
    if frame is None:
        return Finding(problem, lesson=lesson, came=came, wanted="nothing more", wrong=Offset(0))
    expected = frame.serialize()
    plain = not came or came[0] == expected[0] or came[0] & 0b1000 or came[0] & 0b1100_0000 == 0b1000_0000
    wrong = first_difference(came, expected) if plain else None
    return Finding(problem, lesson=lesson, came=came, expected=expected, wrong=wrong)


def first_difference(came: bytes, expected: bytes) -> Offset:
    """The first bit in which bytes that came differ from those that had to, or the first that is missing."""
    for at, (one, other) in enumerate(zip(came, expected, strict=False)):
        if one != other:
            return Offset(at, 8 - (one ^ other).bit_length())
    return Offset(min(len(came), len(expected)))


# --- the end of a connection ----------------------------------------------------------


def _of_failure(want: Failure, seen: Seen) -> Finding:
    replies, code = seen.replies, int(want.rule.close_code or 1002)
    if replies.messages or not (replies.close or seen.ended):
        return _went_on(want, seen, _how_it_went_on(seen))
    if replies.close is None:
        note = f"TCP ended without a Close: one with {code} would say why (§7.1.7)"
        return Finding(note=note)
    got = getattr(replies.close.event, "code", code)
    if got == code or (want.demanded and got == CloseCode.MESSAGE_TOO_BIG):
        return RIGHT
    cited = cite(want.rule.names_answer or "7.4.1")
    return Finding(note=f"the Close has {got}: {code} ({close_code_words(code).partition(':')[0]}) fits ({cited})")


def _how_it_went_on(seen: Seen) -> str:
    if seen.replies.messages:
        return "sent it back"
    return "answered the Ping behind it" if seen.replies.pongs else f"neither closed nor answered for {seen.waited:g} s"


def _went_on(want: Failure, seen: Seen, told: str) -> Finding:
    if want.left_open:
        note = f"the server {told}; {want.rule.reference} asks nothing of a receiver here, and most refuse it"
        return Finding(note=note)
    wanted = f"a Close with {int(want.rule.close_code or 1002)}, or the end of TCP"
    came = bytes(seen.replies.data)
    wrong = Offset(0) if came else None
    return Finding(f"The server went on: it {told}.", "", of_rule(want.rule), came, wanted=wanted, wrong=wrong)


def _of_closing(want: Closing, seen: Seen) -> Finding:
    replies = seen.replies
    wanted = "a Close, then the end of TCP"
    if replies.close is None:
        return _unanswered(want, wanted, seen)
    if any(not frame.opcode & 8 for frame in replies.behind_close):
        problem = "A data frame came behind the server's own Close."
        return Finding(problem, lesson=CLOSE, came=bytes(replies.data), wanted=wanted, wrong=Offset(replies.close.end))
    if seen.ended is None:
        problem = f"The server answered the Close, and did not end TCP within {seen.waited:g} s."
        return Finding(problem, lesson=_END, came=bytes(replies.data), wanted=wanted, wrong=Offset(len(replies.data)))
    got = getattr(replies.close.event, "code", None)
    if not want.wrong and want.code is not None and got != want.code:
        told = "no code" if got == 1005 else f"the code {got}"
        return Finding(note=f"the Close has {told}: most servers repeat the one that came, {want.code} (§5.5.1)")
    return RIGHT


def _unanswered(want: Closing, wanted: str, seen: Seen) -> Finding:
    if seen.ended and want.wrong:
        return Finding(note=f"TCP ended without a Close: one with {want.wrong} would say why (§7.1.7)")
    told = f"the server ended TCP ({seen.ended})" if seen.ended else f"nothing came for {seen.waited:g} s"
    came = bytes(seen.replies.data)
    expected = Frame.close(want.code).serialize() if want.code and not want.wrong else b""
    wrong = first_difference(came, expected) if expected else Offset(len(came))
    return Finding(
        f"No Close came back: {told}.", lesson=CLOSE, came=came, expected=expected, wanted=wanted, wrong=wrong
    )
