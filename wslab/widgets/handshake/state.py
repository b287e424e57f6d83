"""What the handshake stepper shows: an exchange, and how many of its moments have happened.

A moment is a line that is written, a check that is made, a stage of the accept value, or the outcome. `moments` lists
them in order; step n means that the first n have happened. `when` and `span` give the step of a moment and of a stage.

Left out: the bytes and their checks (`exchange`), and how they look (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from wslab.protocol.codes import Role
from wslab.widgets.handshake.exchange import Exchange, Line, lines

__all__ = ["STAGES", "HandshakeState"]

STAGES = {
    "request": "Request",
    "server": "Server checks",
    "accept": "Accept value",
    "response": "Response",
    "client": "Client checks",
    "end": "Outcome",
}
"""The stages in order, with the words of their buttons."""


@dataclass(frozen=True)
class HandshakeState:
    """What the picture shows: step n means that the first n of `moments` have happened.

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
    def moments(self) -> list[tuple[str, int]]:
        """All that happens, in order: (stage, number in its stage)."""
        counts = {
            "request": len(self.request_lines),
            "server": len(self.exchange.server_checks),
            "accept": 4 if self.exchange.refusal is None else 0,
            "response": len(self.response_lines),
            "client": len(self.exchange.client_checks),
            "end": 1,
        }
        return [(stage, number) for stage, count in counts.items() for number in range(count)]

    @property
    def last(self) -> int:
        """The last step: the outcome."""
        return len(self.moments)

    def when(self, stage: str, number: int = 0) -> int:
        """The step at which this has just happened."""
        return self.moments.index((stage, number)) + 1

    def span(self, stage: str) -> tuple[int, int]:
        """The first and the last step of a stage."""
        steps = [n for n, (name, _) in enumerate(self.moments, 1) if name == stage]
        return steps[0], steps[-1]

    @property
    def decided(self) -> int:
        """The step of the check that ended the handshake; the last step where none did."""
        decision, by = self.exchange.decision, self.exchange.by
        if decision is None or by is None:
            return self.last
        checks = self.exchange.server_checks if by is Role.SERVER else self.exchange.client_checks
        return self.when(by.value, checks.index(decision))
