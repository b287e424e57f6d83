"""The errors of the lab: a connection that has ended, was refused, or could not begin.

How it works: an error carries its facts as attributes, and its text is made of them when it is shown. The text says
what happened, what it means and, where there is one, the way out. It says only what this side can know: a reset shows
that TCP was cut, never who cut it.

What it leaves out: broken rules of the protocol (`protocol.errors`), a virtual run that cannot go on (`Deadlock`, in
`clock`).
"""

from __future__ import annotations

from wslab.lab.ending import Ending
from wslab.protocol import HandshakeResponse, ProtocolError, Rule


class ConnectionClosed(Exception):
    """The connection has ended: no message can be sent, and none will come.

    `code` (int) and `reason` (str) are what this side believes (§7.1.5, §7.1.6): those of the Close frame
    that came, 1005 where it had none, 1006 where none came. `clean` (bool) is whether both sides sent a
    Close. `by` is who closed first, failed the connection or, at this side, cut TCP (`abort`): `"client"`
    or `"server"`, and `"nobody"` where TCP ended without any of these.
    """

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending

    @property
    def code(self) -> int:
        """The close code that this side believes in (§7.1.5)."""
        return self.ending.code

    @property
    def reason(self) -> str:
        """The reason that came with it (§7.1.6), often empty."""
        return self.ending.reason

    @property
    def clean(self) -> bool:
        """Whether the closing handshake was complete (§7.1.4)."""
        return self.ending.clean

    @property
    def by(self) -> str:
        """Who ended it, as far as this side knows: `client`, `server` or `nobody`."""
        return "nobody" if self.ending.closed_by is None else self.ending.closed_by.value

    def __str__(self) -> str:
        return self.ending.words()


class HandshakeRefused(Exception):
    """The opening handshake failed (§4.1, §4.2.2).

    `status` is the HTTP status that came (0: none did), `sentence` says why, `response` is the
    server's answer where one came, `error` what broke which rule, where this side knows it.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        response: HandshakeResponse | None = None,
        error: ProtocolError | None = None,
    ) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.response = response
        self.error = error

    @property
    def rule(self) -> Rule | None:
        """The rule that was broken, where this side knows it."""
        return None if self.error is None else self.error.rule

    def __str__(self) -> str:
        return self.sentence


class PortInUse(OSError):
    """Somebody listens already at the port that was asked for. `port` is its number."""

    def __init__(self, host: str, port: int, program: str) -> None:
        super().__init__(
            f"Port {port} on {host} is held by {program}: end that one, choose another port, "
            "or leave `port` out and a free one is taken."
        )
        self.port = port


def error_words(error: Exception) -> str:
    """An error of the user's code in a few words, without a full stop: `KeyError: 'name'`."""
    return f"{type(error).__name__}: {error}".rstrip(".: ")
