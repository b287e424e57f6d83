"""What common peers do when a rule is broken, measured: data that `rules` carries, and `RULES.md` shows.

`python -m tests.peers` breaks every rule for every peer and prints what it did, and a test compares that with this
table. Each peer has its default options, but with compression on; where a rule is about the answer to an offer, a
client makes the offer that it needs. Each rule is tried with one example, its own: `NOTES` has what others showed. What
is not here was not tried: nobody can break a server's rules for a server, and a browser is no server.

What this module leaves out: whether a peer is right. Where the RFC leaves a choice, or names no code, all may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from wslab.protocol.codes import Role

Answer = int | Literal["accepts", "declines", "ends TCP", "waits"]
"""What a peer does: the close code or the HTTP status that it sends, or that it sends none.

`accepts`: it goes on as if nothing were wrong. `declines`: it opens the connection without the extension that was
offered, as RFC 7692 §7 asks of a server. `ends TCP`: without a Close and without an HTTP answer, as a client does
with a wrong response. `waits`: for more, for at least three seconds.
"""

ACCEPTS: Literal["accepts"] = "accepts"
DECLINES: Literal["declines"] = "declines"
ENDS_TCP: Literal["ends TCP"] = "ends TCP"
WAITS: Literal["waits"] = "waits"

OURS = "wslab"
VERSIONS: Mapping[str, str] = MappingProxyType(
    {"websockets": "17.4", "ws": "8.23.0", "aiohttp": "3.14.5", "Chromium": "156"}
)
"""The peers beside our own, with the versions that were measured."""

_C, _S = Role.CLIENT, Role.SERVER
_OK, _NO, _TCP, _MORE = ACCEPTS, DECLINES, ENDS_TCP, WAITS


def _row(*answers: Answer | None) -> Mapping[str, Answer]:
    """The answers of `wslab` and of the others in the order of `VERSIONS`; None where a peer was not tried."""
    named = zip((OURS, *VERSIONS), answers, strict=True)
    return MappingProxyType({peer: answer for peer, answer in named if answer is not None})


_ROWS: dict[tuple[str, Role], Mapping[str, Answer]] = {
    ("reserved-bits", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("reserved-bits", _S): _row(1002, 1002, 1002, 1002, None),
    ("reserved-opcode", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("reserved-opcode", _S): _row(1002, 1002, 1002, 1002, None),
    ("client-masks", _S): _row(1002, 1002, 1002, _OK, None),
    ("server-does-not-mask", _C): _row(1002, 1002, 1002, _OK, 1002),
    ("control-fragmented", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("control-fragmented", _S): _row(1002, 1002, 1002, 1002, None),
    ("control-too-long", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("control-too-long", _S): _row(1002, 1002, 1002, 1002, None),
    ("length-minimal", _C): _row(1002, _OK, _OK, _OK, 1002),
    ("length-minimal", _S): _row(1002, _OK, _OK, _OK, None),
    ("length-top-bit", _C): _row(1002, 1009, 1009, 1009, 1002),
    ("length-top-bit", _S): _row(1002, 1009, 1009, 1009, None),
    ("frame-too-big", _C): _row(1009, 1009, 1009, 1009, _TCP),
    ("frame-too-big", _S): _row(1009, 1009, 1009, 1009, None),
    ("continuation-needs-start", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("continuation-needs-start", _S): _row(1002, 1002, 1002, 1002, None),
    ("messages-do-not-interleave", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("messages-do-not-interleave", _S): _row(1002, 1002, 1002, 1002, None),
    ("text-is-utf8", _C): _row(1007, 1007, 1007, 1007, 1002),
    ("text-is-utf8", _S): _row(1007, 1007, 1007, 1007, None),
    ("close-body-length", _C): _row(1002, 1002, 1002, 1002, 1002),
    ("close-body-length", _S): _row(1002, 1002, 1002, 1002, None),
    ("close-code-valid", _C): _row(1002, 1002, 1002, _OK, 1002),
    ("close-code-valid", _S): _row(1002, 1002, 1002, _OK, None),
    ("close-code-known", _C): _row(1002, 1002, 1002, 1002, _OK),
    ("close-code-known", _S): _row(1002, 1002, 1002, 1002, None),
    ("close-reason-utf8", _C): _row(1007, 1007, 1007, 1007, 1002),
    ("close-reason-utf8", _S): _row(1007, 1007, 1007, 1007, None),
    ("rsv1-first-fragment", _C): _row(1002, 1002, 1002, _OK, 1002),
    ("rsv1-first-fragment", _S): _row(1002, 1002, 1002, _OK, None),
    ("deflate-data", _C): _row(1007, 1002, 1007, 1000, 1002),
    ("deflate-data", _S): _row(1007, 1002, 1007, 1000, None),
    ("head-not-tls", _S): _row(400, _MORE, 400, 400, None),
    ("head-is-http", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("head-is-http", _S): _row(400, _TCP, 400, 400, None),
    ("head-ends-lines-with-crlf", _C): _row(_TCP, _TCP, _TCP, _OK, _OK),
    ("head-ends-lines-with-crlf", _S): _row(400, _TCP, 400, 400, None),
    ("request-method", _S): _row(405, 405, 405, 405, None),
    ("request-http-version", _S): _row(400, 505, _OK, _OK, None),
    ("request-target", _S): _row(400, _OK, _OK, _OK, None),
    ("request-host", _S): _row(400, _OK, _OK, 400, None),
    ("request-upgrade", _S): _row(400, 426, 426, 400, None),
    ("request-connection", _S): _row(400, 426, 426, 400, None),
    ("request-key", _S): _row(400, 400, 400, 400, None),
    ("request-version", _S): _row(426, 400, _OK, _OK, None),
    ("request-subprotocol", _S): _row(400, 400, 400, _OK, None),
    ("request-subprotocol-once", _S): _row(400, _OK, 400, _OK, None),
    ("request-no-body", _S): _row(400, _TCP, _OK, _OK, None),
    ("response-status", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("response-http-version", _C): _row(_TCP, _TCP, _OK, _OK, _OK),
    ("response-upgrade", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("response-connection", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("response-accept", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("response-subprotocol", _C): _row(_TCP, _TCP, _TCP, _OK, _TCP),
    ("response-subprotocol-once", _C): _row(_TCP, _TCP, _TCP, _OK, _TCP),
    ("response-extensions", _C): _row(_TCP, _TCP, _TCP, _OK, _TCP),
    ("extensions-syntax", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("extensions-syntax", _S): _row(400, 400, 400, _OK, None),
    ("deflate-parameter-known", _C): _row(_TCP, _TCP, _TCP, _TCP, _TCP),
    ("deflate-parameter-known", _S): _row(_NO, _NO, 400, _NO, None),
    ("deflate-parameter-once", _C): _row(_TCP, _TCP, _TCP, _OK, _TCP),
    ("deflate-parameter-once", _S): _row(_NO, _NO, 400, _OK, None),
    ("deflate-parameter-value", _C): _row(_TCP, _TCP, _TCP, _OK, _TCP),
    ("deflate-parameter-value", _S): _row(_NO, _NO, 400, _NO, None),
    ("deflate-answer-once", _C): _row(_TCP, _TCP, _OK, _OK, _TCP),
    ("deflate-answer-client-bits", _C): _row(None, _TCP, _TCP, None, None),
    ("deflate-answer-server-bits", _C): _row(_TCP, _TCP, _OK, None, None),
    ("deflate-answer-takeover", _C): _row(_TCP, _TCP, _OK, None, None),
}  # `python -m tests.peers --data`

MEASURED: Mapping[tuple[str, Role], Mapping[str, Answer]] = MappingProxyType(_ROWS)
"""By rule and by the role of the peer for which it is broken: what each peer does."""

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "messages-do-not-interleave": "with a first fragment of one byte: an empty one is accepted by aiohttp",
        "close-code-valid": "with 1006: 1005 and 1015 get 1002 from aiohttp too",
        "close-code-known": "with 1016: 5000 is accepted by aiohttp too",
        "rsv1-first-fragment": "with a Ping: a continuation gets 1002 from aiohttp too",
        "head-ends-lines-with-crlf": "with a head that has no CR at all",
        **dict.fromkeys(
            ("deflate-answer-client-bits", "deflate-answer-server-bits", "deflate-answer-takeover"),
            "with an option that makes the offer: not measured where a client has none",
        ),
    }
)
"""With which of several examples a rule was tried, and what another showed or was left out; `RULES.md` shows it."""


def differing(rule: str, role: Role) -> Mapping[str, Answer]:
    """What the peers in this role do when `rule` is broken, where it is not what we do."""
    cells = MEASURED.get((rule, role), {})
    return {peer: answer for peer, answer in cells.items() if answer != cells.get(OURS, answer)}
