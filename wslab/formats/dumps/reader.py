"""Which form a text has: all are tried, and the one whose bytes make the most sense is taken.

Sense is a score: whole legal frames, a head, or whole packets; then what is legal but cut; then bytes that could begin
a frame; then any other. Between equals the order of the table decides, and the others are named. A long text is judged
by its first lines, so that only one form reads all of it.

What this module leaves out: whether the frames are legal in their order (`wslab.explain`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wslab.explain.openings import find_opening
from wslab.formats.dumps import logs, packets
from wslab.formats.dumps.form import Form, Reading, UnfitText, joined
from wslab.formats.dumps.table import FORMS, LITERALS, PLAIN, ROWS
from wslab.protocol import FrameParser, ProtocolError, Role

__all__ = ["FORM_IDS", "UnknownForm", "decoded", "read_dump"]

LARGEST = 64 * 1024 * 1024
"""Characters of a text."""

_LOOK = 64 * 1024
_GUESSES = 3
_IP = b"\x45\x00"  # where a frame would have RSV1 and a reserved opcode
_DAMAGED = 0.5  # the share from which a text is of this form, and damaged
_COMMON = ("hex", "hexdump-C", "base64")
_WHOLE, _CUT, _LIKELY, _ANY = 4, 3, 2, 1
_PREFIXED = (*ROWS, *PLAIN, *LITERALS)


_LOST = (
    (
        re.compile(r"(?m)^(?:=>|<=) (?:Send|Recv) [\w ]{1,40}, \d+ bytes \(0x[0-9a-f]+\)"),
        "this is `curl --trace-ascii`, in which a dot stands for each byte that is no letter: record it again with "
        "`curl --trace FILE`.",
    ),
    (
        re.compile(r"(?m)^[TU] \S+:\d+ -> \S+:\d+ \[[A-Z]+\]"),
        "this is ngrep's text, in which a dot stands for each byte that is no letter: record it again with `ngrep -x`, "
        "or with `tcpdump -X`.",
    ),
    (
        re.compile(r"(?m)[<>] (?:TEXT|BINARY|CONT|CLOSE|PING|PONG) .*\[\d+ bytes?"),
        "this is the log of the library websockets, which shows messages and no bytes: record them with `wslab tap`.",
    ),
    (
        re.compile("\ufffd"),
        "this text has � (U+FFFD) where bytes were that are not UTF-8: copy it again as hex or Base64, which DevTools "
        "offers beside UTF-8.",
    ),
)
"""Text whose bytes are lost: how it is known, and how to get them."""


class UnknownForm(ValueError):
    """A text that is no dump of any form; the message has the three forms that came closest."""


def _behind_prefixes(form: Form) -> Form:
    """The same form behind times and arrows."""
    return Form(form.id, f"{form.title} behind times or arrows", lambda text: logs.read_log(text, form.read), form.weak)


_ALL = (*FORMS, *map(_behind_prefixes, _PREFIXED))
FORM_IDS = tuple(dict.fromkeys(form.id for form in FORMS))
"""The names that `--as` takes, besides `raw`."""


def decoded(data: bytes) -> str | None:
    """The text of a file; None where its bytes cannot be a text: they are the frames themselves.

    A dump in text begins with ASCII, a byte order mark or an arrow; no legal frame begins like the last two.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data[:1] >= b"\x80" and data[:2] not in (b"\xe2\x86", b"\xe2\xac", b"\xe2\x9e", b"\xe2\x87"):
        return None
    if data.translate(None, _TEXT) or _is_head(data):
        return None
    return data.decode(errors="replace") if len(data) < _LOOK else data.decode("latin-1")


_TEXT = bytes([*b"\t\n\v\f\r\x1b", *range(32, 127), *range(128, 256)])


def _is_head(data: bytes) -> bool:
    return any(find_opening(data[:_LOOK], role) for role in Role) and b"HTTP/" in data.split(b"\n", 1)[0]


def read_dump(text: str, as_form: str = "") -> Reading:
    """Read bytes from a text; `as_form` is the id of its form, where that is known.

    Raises:
        UnknownForm: The text is of no form, or not of that one; the message says which came closest, and why not.
    """
    if len(text) > LARGEST:
        raise UnknownForm(f"this text has more than {LARGEST:,} characters: keep a part of it.")
    look = text if len(text) <= _LOOK else text[: max(text.rfind(each, 0, _LOOK) for each in "\n ,") + 1 or _LOOK]
    tried = [_tried(form, look) for form in _ALL if not as_form or form.id == as_form]
    fitting = [
        each for each in tried if isinstance(each, tuple) and (as_form or not each[1].form.weak or each[0] > _ANY)
    ]
    if not fitting and (lost := next((words for sign, words in _LOST if sign.search(look)), "")):
        raise UnknownForm(lost)
    if not fitting:
        raise UnknownForm(_refusal([each for each in tried if isinstance(each, _Failure)], tried, as_form))
    best = max(score for score, _ in fitting)
    equals = [reading for score, reading in fitting if score == best]
    first = equals[0] if look is text else _read_all(equals[0].form, text)
    return first._replace(others=_others(equals) if best >= _CUT and look is text else ())


def _others(equals: list[Reading]) -> tuple[Form, ...]:
    mine = equals[0].pieces
    other = {each.form.id: each.form for each in equals[1:] if [p.data for p in each.pieces] != [p.data for p in mine]}
    return tuple(other.values())[:2]


class _Failure(UnfitText):
    """Why a form does not fit."""

    def __init__(self, form: Form, why: str, share: float) -> None:
        super().__init__(why, share)
        self.form = form


def _tried(form: Form, text: str) -> tuple[int, Reading] | _Failure:
    try:
        reading = _read(form, text)
        return _score(reading), reading
    except UnfitText as error:
        return _Failure(form, str(error), error.share)
    except ValueError as error:  # of this form, and damaged
        return _Failure(form, str(error), 1.0)


def _read_all(form: Form, text: str) -> Reading:
    """A long text, by the form that its beginning has."""
    try:
        return _read(form, text)
    except ValueError as error:
        raise UnknownForm(f"this cannot be read as {form.title}: {str(error).rstrip('.')}.") from None


def _read(form: Form, text: str) -> Reading:
    pieces = [piece for piece in form.read(text) if piece.data]
    if not pieces:
        raise UnfitText("it has no bytes")
    stripped = packets.strip(pieces) or packets.strip(joined(pieces))
    if stripped is not None:
        return Reading(form, joined(stripped[0]), stripped[1])
    if any(piece.data.startswith(_IP) for piece in pieces):
        raise UnfitText("these are whole IP packets without a whole segment of TCP", 0.9)
    return Reading(form, joined(pieces))


def _refusal(failures: list[_Failure], tried: list[tuple[int, Reading] | _Failure], as_form: str) -> str:
    closest = sorted(failures, key=lambda each: (-each.share, each.form.id not in _COMMON))
    if as_form and failures:
        return f"this cannot be read as {failures[0].form.title}: {str(closest[0]).rstrip('.')}."
    weak = dict.fromkeys(each[1].form.id for each in tried if isinstance(each, tuple))
    guesses = [f"{form.title} ({why})" for form, why in _distinct(closest)]
    damaged = sum(each.share >= _DAMAGED for each in closest[:1])
    guesses[damaged:damaged] = [f"{id_} (its bytes begin no frame; --as {id_} reads them)" for id_ in weak][:1]
    return f"this is no dump of bytes in a form that is known. Closest are {'; '.join(guesses[:_GUESSES])}."


def _distinct(failures: list[_Failure]) -> Iterator[tuple[Form, str]]:
    seen: set[str] = set()
    for each in failures:
        if each.form.id not in seen:
            seen.add(each.form.id)
            yield each.form, str(each).rstrip(".")


# --- how much sense the bytes make ------------------------------------------------------------------


def _score(reading: Reading) -> int:
    if reading.stripped:
        return _WHOLE
    ways = {piece.way for piece in reading.pieces}
    streams = (b"".join(piece.data for piece in reading.pieces if piece.way == way) for way in ways)
    return min(max(_score_for(data, role) for role in Role) for data in streams)


def _score_for(data: bytes, role: Role) -> int:
    if find_opening(data, role) is not None:
        return _WHOLE
    parser = FrameParser(role, rsv1=True)
    try:
        parser.feed(data)
    except ProtocolError:
        return _LIKELY if data[0] & 0x30 == 0 and data[0] & 7 <= 2 else _ANY
    return _CUT if parser.inside_frame else _WHOLE
