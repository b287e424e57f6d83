"""What jupyter-server-proxy makes of a WebSocket: a table of what it changes, and a recording that shows each change.

On JupyterHub and Binder a page's script reaches a server in the kernel through this proxy. It ends the page's
connection and opens one of its own to the server: two halves, each with its own handshake, its own Pings and its own
end. Messages and Pings pass from one half to the other, Pongs and close codes do not; proxies of another make pass
these on as well.

`recorded_proxy` gives a tape with both halves of four dials of a real Chromium through the real proxy; cookies are
asterisks. `DIFFERENCES` says what they show. Tests hold the table to this recording, and to a fresh one
(`tests/browser/proxied.py`). Versions 4.4.0, 4.5.0 and 4.6.0 gave the same.

Left out: the page's script (`wslab.widgets.browser_peer`), and what JupyterHub's own proxy in front changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wslab.tape.tape import Tape

__all__ = ["DIFFERENCES", "MEASURED", "Difference", "recorded_proxy"]

MEASURED = "4.6.0"
"""The version of jupyter-server-proxy in the recording."""

_RECORDING = Path(__file__).parent / "recordings" / "jupyter-server-proxy.jsonl"


@dataclass(frozen=True, slots=True)
class Difference:
    """One subject in which the halves differ, or in which one might think that they do.

    `page` is what the page's half has, `server` what the server's half has, `means` what follows for a program.
    `halves` are the numbers of the two connections in the recording that show it: the page's, the server's.
    """

    subject: str
    page: str
    server: str
    means: str
    halves: tuple[int, int]


_CLOSES, _CLOSED, _ENDS, _REFUSED = (1, 2), (3, 4), (5, 6), (7, 8)

DIFFERENCES = (
    Difference(
        "Opening",
        "101, before the server is asked",
        "403",
        "An `open` in the page does not say that the server agreed. Where it refuses, the page is told 1006 next.",
        _REFUSED,
    ),
    Difference(
        "Origin",
        "the page's",
        "the same: passed on, and so are Host and Cookie",
        "The server can check the origin as without a proxy (§10.2). It also gets Jupyter's cookie.",
        _CLOSES,
    ),
    Difference(
        "Subprotocol",
        "the first that the page offers",
        "what the server chooses",
        "Where the server chooses another, the two speak different subprotocols (§4.2.2). Offer one only.",
        _CLOSES,
    ),
    Difference(
        "Extensions",
        "none",
        "permessage-deflate",
        "Compression ends in the proxy: the page's half is not compressed (§9.1).",
        _CLOSES,
    ),
    Difference(
        "Messages",
        "one frame each",
        "fragments, as the server sent them",
        "Fragments may be put together on the way (§5.4): where one ends must mean nothing to a program.",
        _CLOSES,
    ),
    Difference(
        "Pings",
        "the same Ping, passed on; its Pong ends in the proxy",
        "Ping, and a Pong from the proxy at once",
        "A Pong says that the proxy lives. Whether the page does, the server has to ask in a message.",
        _CLOSES,
    ),
    Difference(
        "Close by the server",
        "Close without a code: 1005",
        "Close 4001 “go away”",
        "Code and reason do not arrive (§7.1.5). What the page has to know, send it in a message before.",
        _CLOSES,
    ),
    Difference(
        "Close by the page",
        "Close 4001, which the proxy answers itself",
        "Close without a code: 1005",
        "The page is told its own code again, and the server learns only that it is over.",
        _CLOSED,
    ),
    Difference(
        "End without a Close",
        "Close without a code: 1005, clean",
        "FIN alone: 1006",
        "A server that falls over looks to the page as if it had closed properly (§7.1.4).",
        _ENDS,
    ),
)


def recorded_proxy() -> Tape:
    """A recording of a real page behind the real jupyter-server-proxy.

    Each dial is two connections, the page's half and the server's half. In 1 and 2 the server closes with 4001; in 3
    and 4 the page does; in 5 and 6 the server ends TCP without a Close; in 7 and 8 it refuses with 403.
    """
    return Tape.load(_RECORDING)
