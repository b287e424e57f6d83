"""The two protocol errors: the peer broke a rule, or our own caller asked us to.

An error always has its `Rule`, and its text is one sentence that says what is wrong, where, which section, and how to
fix it. `ProtocolError` is the peer's fault and names the first wrong bit. `LocalProtocolError` is our own caller's:
nothing has been sent, and the connection is as it was. Neither is a subclass of the other, so that `except` for one
never hides the other.

What this module leaves out: what to do about an error (`connection`, and each half of the handshake).
"""

from __future__ import annotations

from wslab.protocol.codes import CloseCode
from wslab.protocol.offset import Offset
from wslab.protocol.rules import Rule


class ProtocolError(Exception):
    """The peer broke a rule.

    `rule` says which; `offset` is the first wrong bit, counted from the first byte that the parser was given; `found`
    and `expected` are words. `cause` says what the bytes are instead, where somebody has found that out.
    """

    def __init__(self, rule: Rule, offset: Offset, found: str, expected: str) -> None:
        super().__init__(rule, offset, found, expected)
        self.rule = rule
        self.offset = offset
        self.found = found
        self.expected = expected
        self.cause = ""

    def because(self, cause: str) -> ProtocolError:
        """The same violation with a cause that was found: sentences that stand in place of the rule's own fix."""
        error = self.moved(0)
        error.cause = cause
        return error

    @property
    def place(self) -> str:
        """Where it is, in words: to the bit in a frame, to the byte in a head of HTTP, which is text."""
        return f"byte {self.offset.byte}" if self.rule.close_code is None else str(self.offset)

    @property
    def close_code(self) -> CloseCode | None:
        """The code to fail the connection with (§7.1.7); None for a rule of the opening handshake."""
        return self.rule.close_code

    def moved(self, by: int) -> ProtocolError:
        """The same violation with its offset counted from `by` bytes earlier."""
        error = ProtocolError(self.rule, self.offset.moved(by), self.found, self.expected)
        error.cause = self.cause
        return error

    def __str__(self) -> str:
        rule = self.rule
        cure = f". {self.cause}" if self.cause else f"; to fix it, {rule.fix}."
        return (
            f"{rule.text[0].upper()}{rule.text[1:]} ({rule.reference}): found {self.found} "
            f"at {self.place}, expected {self.expected}{cure}"
        )


class LocalProtocolError(Exception):
    """Our own caller asked for something that breaks a rule; nothing was sent and the connection is as before."""

    def __init__(self, rule: Rule, found: str, expected: str) -> None:
        super().__init__(rule, found, expected)
        self.rule = rule
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        rule = self.rule
        return (
            f"{rule.text[0].upper()}{rule.text[1:]} ({rule.reference}): found {self.found}, "
            f"expected {self.expected}; to fix it, {rule.fix}."
        )
