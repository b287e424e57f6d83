"""What the handshake stepper shows: an exchange, and how many of its steps have been taken.

A step is one stage in the journey of the key: a few lines that are written, the checks of one side, a stage of the
accept value, or the outcome. `steps` lists them in order; step n means that the first n have been taken. A handshake
that is refused has fewer: it ends where it is refused.

Left out: the bytes and their checks (`exchange`), where things stand (`layout`), and how they look (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from wslab.protocol.codes import Role
from wslab.protocol.handshake.checks import Check
from wslab.widgets.handshake.exchange import Exchange, Line, lines

__all__ = ["ACCEPT_RULE", "HandshakeState"]

ACCEPT_RULE = "response-accept"
"""The check of the client's that compares the two values."""

_REQUEST = ("line", "upgrade", "key", "server")
_AGREED = ("guid", "sha1", "base64", "status", "accept", "client")


@dataclass(frozen=True)
class HandshakeState:
    """What the picture shows: step n means that the first n of `steps` have been taken.

    `typed` and `problems` are, by field, a value that was typed and is refused, and why.
    """

    exchange: Exchange
    step: int = 0
    typed: Mapping[str, str] | None = None
    problems: Mapping[str, str] | None = None

    @cached_property
    def request_lines(self) -> list[Line]:
        """The request as it is sent, with what was changed in it."""
        return lines(self.exchange.request, self.exchange.asked)

    @cached_property
    def response_lines(self) -> list[Line]:
        """The response as it is sent, with what was changed in it."""
        return lines(self.exchange.response, self.exchange.answered)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The names of all steps, in order; the last one is the outcome."""
        if self.exchange.refusal is not None:
            return (*_REQUEST, "status", "end")
        compared = self.exchange.decision is None or self.is_about_accept
        return (*_REQUEST, *_AGREED, *(["compare"] if compared else []), "end")

    @property
    def is_about_accept(self) -> bool:
        """Whether the handshake is refused because the two values differ."""
        return self.exchange.decision is not None and self.exchange.decision.rule.id == ACCEPT_RULE

    @property
    def last(self) -> int:
        """The last step: the outcome."""
        return len(self.steps)

    def when(self, name: str) -> int:
        """The step at which this has just happened; one behind the last where it never does."""
        return self.steps.index(name) + 1 if name in self.steps else self.last + 1

    @property
    def decided(self) -> int:
        """The step of the check that ended the handshake; the last step where none did."""
        by = self.exchange.by
        if by is None:
            return self.last
        return self.when("server" if by is Role.SERVER else "compare" if self.is_about_accept else "client")

    def step_of(self, side: Role, line: Line) -> int:
        """The step at which a side writes a line."""
        if side is Role.SERVER:
            return self.when("accept" if self.exchange.refusal is None and self._is_behind(line) else "status")
        first = line is self.request_lines[0]
        name = line.text.partition(":")[0].strip().lower()
        return self.when("line" if first else _REQUEST_STEPS.get(name, "key"))

    def _is_behind(self, line: Line) -> bool:
        """Whether a line of the response is the accept value's, or comes after it."""
        here = self.response_lines.index(line)
        return any(each.text.lower().startswith("sec-websocket-") for each in self.response_lines[: here + 1])

    def checks(self, side: Role) -> Sequence[tuple[Check, int]]:
        """The checks of a side, each with the step at which its result is known."""
        if side is Role.SERVER:
            return [(check, self.when("server")) for check in self.exchange.server_checks]
        usual = self.when("client") if self.exchange.refusal is None else self.last
        late = self.when("compare") if "compare" in self.steps else usual
        return [(each, late if each.rule.id == ACCEPT_RULE else usual) for each in self.exchange.client_checks]


_REQUEST_STEPS = {"host": "line", "upgrade": "upgrade", "connection": "upgrade"}
