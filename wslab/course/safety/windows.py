"""A check of which windows a server keeps between two messages, by what its 101 says (RFC 7692 §7.1).

The learner's function gets the value of Sec-WebSocket-Extensions in the answer, and gives two numbers: the bits of the
window with which the server compresses, and of the one with which it inflates; 0 for one that is not kept. What is
right comes from the protocol's own reading of the value, as a client reads it.

Left out: illegal answers, and how many bytes zlib takes for a window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult
from wslab.protocol.deflate import NAME, Deflate, agreed_by
from wslab.protocol.extensions import Extension

__all__ = ["check_windows"]

Windows = tuple[int, int]

_BOTH = "server_no_context_takeover; client_no_context_takeover"
ANSWERS = (
    "",
    "permessage-deflate",
    "permessage-deflate; server_max_window_bits=12",
    "permessage-deflate; client_max_window_bits=10; server_max_window_bits=11",
    "permessage-deflate; server_no_context_takeover",
    "permessage-deflate; client_no_context_takeover; server_max_window_bits=9",
    f"permessage-deflate; {_BOTH}",
    f"permessage-deflate; {_BOTH}; server_max_window_bits=12; client_max_window_bits=12",
)

TASK = Task(
    (tuple, list),
    "a pair of numbers",
    "Split the value at each semicolon. Where a parameter is missing, its window has 15 bits and is kept.",
    "server_... is about the server's compressing, client_... about the client's, which the server inflates. A window "
    "without context takeover is not kept: 0.",
    """def windows(answer):
    parts = [part.strip() for part in answer.split(";")]
    if parts[0] != "permessage-deflate":
        return 0, 0
    kept = []
    for side in ("server", "client"):
        bits = [part.partition("=")[2] for part in parts if part.startswith(f"{side}_max_window_bits")]
        forgets = f"{side}_no_context_takeover" in parts
        kept.append(0 if forgets else int((bits or [15])[0]))
    return tuple(kept)""",
)


def check_windows(mine: object) -> CheckResult:
    """Give answers of a handshake to the learner's function, and name the parameter that it overlooks.

    `mine` is a function of a text, the value of Sec-WebSocket-Extensions in the 101 (empty: none), that returns a pair:
    the bits of the window that the server compresses with, and inflates with, each 0 where it is not kept.

    >>> check_windows(lambda answer: (15, 15)).sentence
    'where the 101 names no extension it gives 15 and 15, and right is 0 and 0.'
    """
    values = TASK.values(mine, ANSWERS)
    if isinstance(values, CheckResult):
        return values
    said = [tuple(value) for value in values]
    wrong = next((at for at, answer in enumerate(ANSWERS) if said[at] != _kept(answer)), None)
    if wrong is None:
        return TASK.right(f"{len(ANSWERS)} answers are read as both sides read them.")
    return TASK.wrong(_told(ANSWERS[wrong], said[wrong]), _mistake(said) or _hint(ANSWERS[wrong], said[wrong]))


def _kept(answer: str) -> Windows:
    """What the server keeps, by the protocol's own reading."""
    if not answer:
        return 0, 0
    pairs = [part.strip().partition("=") for part in answer.split(";")[1:]]
    parameters = tuple((name, value or None) for name, _, value in pairs)
    return _windows(agreed_by(Extension(NAME, parameters), Extension(NAME)), answer)


def _windows(agreed: Deflate, answer: str) -> Windows:
    # the client's bits are as in the answer: an offer without a value limits nothing
    compresses = 0 if agreed.server_no_context_takeover else agreed.server_max_window_bits
    inflates = 0 if agreed.client_no_context_takeover else agreed.client_max_window_bits
    return compresses, inflates


def _told(answer: str, value: Sequence[object]) -> str:
    where = f"of `{answer}`" if answer else "where the 101 names no extension"
    right = " and ".join(map(str, _kept(answer)))
    return f"{where} it gives {' and '.join(map(str, value)) or 'nothing'}, and right is {right}."


def _hint(answer: str, value: Sequence[object]) -> str:
    if len(value) != 2 or not all(type(each) is int for each in value):
        return "Two whole numbers: int(...) makes one of the text behind the `=`."
    if not answer:
        return "Without permessage-deflate in the answer nothing is compressed, and there is no window (RFC 7692 §5.1)."
    if "takeover" in answer:
        return "Without context takeover a window ends with its message, so none is kept: 0 (RFC 7692 §7.1.1)."
    if "bits" in answer:
        return "`..._max_window_bits=12` says that this side's window has 12 bits (RFC 7692 §7.1.2)."
    return "Where no parameter says otherwise, both windows have 15 bits, and both are kept (RFC 7692 §7.1)."


_MISTAKES: tuple[tuple[str, Callable[[int, int], Windows]], ...] = (
    (
        "Yours are the wrong way round: server_... is what the server compresses with, and stands first.",
        lambda compresses, inflates: (inflates, compresses),
    ),
    (
        "You give the bytes of the windows; asked for are their bits: 15, not 32,768.",
        lambda compresses, inflates: (compresses and 1 << compresses, inflates and 1 << inflates),
    ),
)


def _mistake(said: Sequence[Sequence[object]]) -> str:
    """The mistake that gives all of these values; empty where it is none of those."""
    found = (words for words, wrong in _MISTAKES if [*said] == [wrong(*_kept(answer)) for answer in ANSWERS])
    return next(found, "")
