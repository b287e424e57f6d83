"""A check of which headers of a request a reverse proxy passes on (RFC 9110 §7.6.1, §7.8).

The learner's function gets the header lines of a request and gives those that the proxy sends to the server. `CASES`
are requests as browsers and others write them: four that open a WebSocket, and two that do not. What the function gives
for one that opens a WebSocket becomes a head, and the server's own checks of an opening handshake judge it (§4.2.1).

What belongs to one hop must not go on. So Upgrade and Connection go as well, and a proxy that knows WebSocket writes
both anew, for a request that asks for `websocket` and for no other.

Left out: what a proxy adds (Via, Forwarded), and the response.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult
from wslab.protocol import HandshakeRequest, LocalProtocolError, ProtocolError

__all__ = ["check_forward"]

Lines = list[tuple[str, str]]

KEY = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
HOST = ("Host", "shop.example")


class _Case(NamedTuple):
    """A request: who writes it so, and its header lines."""

    name: str
    lines: Lines

    @property
    def opens(self) -> bool:
        """Whether it asks for a WebSocket."""
        return "websocket" in [each.lower() for each in _options(self.lines, "upgrade")]

    @property
    def hop(self) -> set[str]:
        """The names of the lines that are for one hop, in lower case."""
        return {each.lower() for each in _options(self.lines, "connection")} | _ALWAYS

    @property
    def kept(self) -> Lines:
        """The lines that go on as they are."""
        return [line for line in self.lines if line[0].lower() not in self.hop | {"connection"}]


_ALWAYS = {"keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
_VERSION = ("Sec-WebSocket-Version", "13")

CASES: tuple[_Case, ...] = (
    _Case("a browser's handshake", [HOST, ("Connection", "Upgrade"), ("Upgrade", "websocket"), KEY, _VERSION]),
    _Case(
        "Firefox's handshake", [HOST, ("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"), KEY, _VERSION]
    ),
    _Case("a library's handshake", [HOST, ("connection", "upgrade"), ("upgrade", "WebSocket"), KEY, _VERSION]),
    _Case(
        "a browser's handshake with a subprotocol",
        [HOST, ("Upgrade", "websocket"), ("Connection", "Upgrade"), KEY, _VERSION, ("Sec-WebSocket-Protocol", "chat")],
    ),
    _Case(
        "an ordinary request",
        [HOST, ("Connection", "X-Trace"), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5"), ("X-Trace", "7")],
    ),
    _Case(
        "a request for HTTP/2",
        [HOST, ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")],
    ),
)

TASK = Task(
    (list, tuple),
    "a list of pairs (name, value)",
    "Leave out Connection, each header that it names, and Upgrade. For a WebSocket write Upgrade and Connection anew.",
    "Names and options are the same in capitals and small letters: compare .lower(). Connection is a list: split(','), "
    "and it may stand in several lines (RFC 9110 §5.3).",
    """def forward(headers):
    def options(header):  # a list may stand in several lines (RFC 9110 §5.3)
        values = ",".join(value for name, value in headers if name.lower() == header)
        return {option.strip().lower() for option in values.split(",")}

    hop = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
    hop |= options("connection")
    kept = [(name, value) for name, value in headers if name.lower() not in hop]
    if "websocket" in options("upgrade"):
        kept += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    return kept""",
)


def check_forward(mine: object) -> CheckResult:
    """Pass requests through the learner's function, and name what a server then misses, or should not see.

    `mine` is a function of the header lines of a request, a list of pairs (name, value), that returns the lines that a
    reverse proxy sends on to the server.

    >>> check_forward(lambda headers: headers).ok
    False
    """
    values = TASK.values(mine, [case.lines for case in CASES])
    if isinstance(values, CheckResult):
        return values
    wrong = (_wrong(case, lines) for case, lines in zip(CASES, values, strict=True))
    right = TASK.right("four handshakes arrive whole, and of the other two requests nothing for one hop does.")
    return next((each for each in wrong if each is not None), right)


def _wrong(case: _Case, lines: Sequence[object]) -> CheckResult | None:
    """What is wrong with the lines that were given for this request."""
    pairs = [line for line in map(_pair, lines) if line is not None]
    if len(pairs) < len(lines):
        return TASK.wrong(f"for {case.name} it gives {list(lines)!r}.", f"Give {TASK.gives}, both of them text.")
    looks = (_lost, _no_handshake if case.opens else _asked_for_more, _left_in, _named)
    found = (look(case, pairs) for look in looks)
    return next((each for each in found if each is not None), None)


def _pair(line: object) -> tuple[str, str] | None:
    """A header line, if it is one."""
    if not isinstance(line, (tuple, list)) or len(line) != 2:
        return None
    name, value = line
    return (name, value) if isinstance(name, str) and isinstance(value, str) else None


def _lost(case: _Case, lines: Lines) -> CheckResult | None:
    """A line for all recipients that did not go on."""
    there = [(name.lower(), value) for name, value in lines]
    lost = next((line for line in case.kept if (line[0].lower(), line[1]) not in there), None)
    if lost is None:
        return None
    if lost[0].lower() in [name for name, _ in there]:
        return TASK.wrong(
            f"of {case.name} the line {lost[0]} goes on with another value.",
            "What is not for one hop goes on as it came: its value is the server's to read.",
        )
    return TASK.wrong(
        f"of {case.name} the line {lost[0]} does not go on.",
        "Only what is for one hop stays here: Connection, what it names, and Upgrade. All others are the server's.",
    )


def _no_handshake(case: _Case, lines: Lines) -> CheckResult | None:
    """A rule of the opening handshake that the lines break."""
    try:
        request, _ = HandshakeRequest.parse("".join(["GET / HTTP/1.1\r\n", *_written(lines), "\r\n"]).encode("latin-1"))
        request.check()
    except (ProtocolError, LocalProtocolError) as broken:
        return TASK.wrong(f"{case.name} no longer is one: {broken}", _why_no_handshake(lines))
    names = [name.lower() for name, _ in lines]
    twice = next((name for name in ("Upgrade", "Connection") if names.count(name.lower()) > 1), "")
    if not twice:
        return None
    return TASK.wrong(
        f"of {case.name} {twice} goes on twice.",
        "Leave out the client's own line before you write yours: one belongs to the hop before, one to the next.",
    )


def _written(lines: Lines) -> list[str]:
    return [f"{name}: {value}\r\n" for name, value in lines]


def _why_no_handshake(lines: Lines) -> str:
    if "websocket" not in [each.lower() for each in _options(lines, "upgrade")]:
        return (
            "Upgrade is for one hop, so it ends at the proxy. A proxy that knows WebSocket asks its own next hop: "
            "write Upgrade: websocket, and compare the client's value in small letters."
        )
    if "upgrade" not in [each.lower() for each in _options(lines, "connection")]:
        return (
            "Upgrade needs the option Upgrade in Connection beside it (RFC 9110 §7.8): write Connection: Upgrade anew."
        )
    return "Pass on the client's own lines as they came, each once, and write only Upgrade and Connection anew."


def _asked_for_more(case: _Case, lines: Lines) -> CheckResult | None:
    """An Upgrade towards the server that no client asked for, or that the proxy does not understand."""
    asked = _options(lines, "upgrade")
    if not asked and "upgrade" not in [each.lower() for each in _options(lines, "connection")]:
        return None
    if "h2c" in asked:
        hint = (
            "The server may say 101 and switch to a protocol that this proxy does not speak: pass on websocket alone."
        )
    else:
        hint = "Not every request opens a WebSocket: write Upgrade and Connection only where the client asks for one."
    return TASK.wrong(f"{case.name} asks the server for {', '.join(asked) or 'an upgrade'}.", hint)


def _left_in(case: _Case, lines: Lines) -> CheckResult | None:
    """A line for one hop that went on."""
    allowed = {"upgrade"} if case.opens else set()
    left = next((name for name, _ in lines if name.lower() in case.hop - allowed), None)
    if left is None:
        return None
    named = left.lower() not in _ALWAYS
    return TASK.wrong(
        f"of {case.name} {left} goes on to the server.",
        f"Connection names {left}, and so it is for one hop: read the options in each line of Connection "
        "(RFC 9110 §7.6.1)."
        if named
        else f"{left} is for one hop, whether Connection names it or not (RFC 9110 §7.6.1).",
    )


def _named(case: _Case, lines: Lines) -> CheckResult | None:
    """An option of the client's Connection that went on, though what it names did not."""
    own = {"upgrade", "keep-alive", "close"}
    left = next((each for each in _options(lines, "connection") if each.lower() not in own), None)
    if left is None:
        return None
    hint = "Connection itself is for one hop: leave the client's out, or write the proxy's own."
    return TASK.wrong(f"of {case.name} the option {left} of Connection goes on.", hint)


def _options(lines: Lines, name: str) -> list[str]:
    """The elements of a header that is a list."""
    values = ",".join(value for each, value in lines if each.lower() == name)
    return [part.strip() for part in values.split(",") if part.strip()]
