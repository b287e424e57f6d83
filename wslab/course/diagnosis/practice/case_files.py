"""Cases whose cause is to be found: `case_file("A")` is what somebody brings, a log or a capture.

A capture is a scenario's run, written as pcapng and read again. So it has what a capture has: bytes, times, TCP, and
neither what a side believed nor what the link did. The logs are lines that programs print, as in `messages`.

A to C are found by `diagnose`, C with an answer to its question. D to G end with the same Close, for which a line of a
log has one first guess: what tells them apart, for a person and for `diagnose`, are the times in the capture.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from wslab.course.diagnosis.practice.sheet import Asked, judge
from wslab.course.report import CheckResult
from wslab.formats import load
from wslab.formats.pcap import pcapng
from wslab.scenarios.player import play
from wslab.tape.tape import Tape

__all__ = ["case_file", "check_diagnoses"]

_LOG_A = "\n".join(  # as they are printed
    (
        r"WARNING asyncio: Executing <Task pending name='Task-7' coro=<month_report()>> took 41.302 seconds",
        r"ERROR websockets.exceptions.ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; "
        r"no close frame received",
    )
)
_LOG_C = """\
Error: Unexpected server response: 400
(It never opens, but in our office only. At home the same laptop gets in, at the same wss:// address.)"""


def _captured(name: str, **values: object) -> Tape:
    """A run as a capture has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.pcapng"
        pcapng.save(play(name, **values), path)  # type: ignore[arg-type]
        return load(path)


_CASES: Mapping[str, Callable[[], str | Tape]] = {
    "A": lambda: _LOG_A,
    "B": partial(_captured, "idle-proxy", idle=350.0, quiet=400.0),
    "C": lambda: _LOG_C,
    "D": partial(_captured, "tunnel"),
    "E": partial(_captured, "blocked-loop", busy=45.0),
    "F": partial(_captured, "pong-behind-upload"),
    "G": partial(_captured, "pong-behind-queue"),
}


def case_file(letter: str) -> str | Tape:
    """What somebody brings in case `letter`, "A" to "G": lines of a log, or a capture as a tape.

    Give it to `diagnose`, and look at it. Raises ValueError for another letter.
    """
    _check_letter(letter)
    return _CASES[letter]()


def _check_letter(letter: str) -> None:
    if letter not in _CASES:
        raise ValueError(f"The cases are {', '.join(_CASES)}; this is {letter!r}.")


_CAUSES = (
    *("age-limit", "blocked-loop", "browser-says-no", "cut", "half-open", "handshake-refused", "idle-proxy"),
    *("inspecting-proxy", "killed", "pong-behind-queue", "tunnel", "upgrade-stripped"),
)
"""What may be said of A, B and C."""
_PONGS = ("blocked-loop", "pong-behind-queue", "pong-behind-upload", "tunnel")
_LATE = "Look at the Ping, at what is on its way in front of it and of its Pong, and at who sends again, and when."
_NO_UPLOAD = "In front of the Pong there is no large message on its way."
_NO_QUEUE = "The one who sends the Pings has sent nothing large before them that is still unread."
_ON_THE_WAY = "Frames arrive meanwhile, so the network was not away."

_SHEET: Mapping[str, Asked] = {
    "A": Asked(
        "blocked-loop",
        _CAUSES,
        "Give the text to diagnose: what does the first line add to the second?",
        {
            "tunnel": "The first line names what took 41 s, and it is this program and not the network.",
            "pong-behind-queue": "The first line says that the loop itself was busy: then nothing is read at all.",
        },
    ),
    "B": Asked(
        "idle-proxy",
        _CAUSES,
        "How long had nobody spoken when TCP ended, and who ended it?",
        {
            "cut": "That is so, and it is no cause yet: who ends TCP for both sides at once, after a round time?",
            "age-limit": "A limit on age asks for no silence; here nobody had spoken since the first second.",
            "killed": "Of a process that dies, the other side gets a FIN. Here both sides get one in the same moment.",
            "half-open": "There is a FIN in the capture: a silent path has none.",
        },
    ),
    "C": Asked(
        "inspecting-proxy",
        _CAUSES,
        "diagnose asks who loses the connection: answer(who=...).",
        {
            "upgrade-stripped": "So it is. But who can reach the headers under TLS, and in the office only?",
            "handshake-refused": "The server takes the same laptop in from elsewhere.",
            "browser-says-no": "A 400 is an answer: the browser has sent its request.",
        },
    ),
    "D": Asked("tunnel", _PONGS, _LATE, {"pong-behind-upload": _NO_UPLOAD, "pong-behind-queue": _NO_QUEUE}),
    "E": Asked(
        "blocked-loop",
        _PONGS,
        _LATE,
        {
            "pong-behind-upload": _NO_UPLOAD,
            "pong-behind-queue": _NO_QUEUE,
            "tunnel": "Behind a tunnel what was sent arrives late. Here the server's answer itself is sent late.",
        },
    ),
    "F": Asked("pong-behind-upload", _PONGS, _LATE, {"pong-behind-queue": _NO_QUEUE, "tunnel": _ON_THE_WAY}),
    "G": Asked("pong-behind-queue", _PONGS, _LATE, {"pong-behind-upload": _NO_UPLOAD, "tunnel": _ON_THE_WAY}),
}


def check_diagnoses(mine: object, cases: str) -> CheckResult:
    """Compare the causes that a learner found with those of the cases, each a letter of `cases`.

    `mine` is a dict of letters and causes, a cause being the name of the scenario that shows it. Raises ValueError for
    a letter in `cases` that no case has.

    >>> check_diagnoses({"A": "tunnel", "B": "", "C": ""}, "ABC").hint
    'The first line names what took 41 s, and it is this program and not the network.'
    """
    for letter in cases:
        _check_letter(letter)
    sheet = {letter: _SHEET[letter] for letter in cases}
    return judge(mine, sheet, bigger=" ".join(f"{letter}: {each.look}" for letter, each in sheet.items()))
