"""The two ways to be wrong: the peer broke a rule, or we were about to.

Rules of this module: an error always has its `Rule`, and its text is one
sentence that says what is wrong, where, which section, and how to fix it.
`ProtocolError` is the peer's fault and names the first wrong bit.
`LocalProtocolError` is ours: nothing has been sent, the connection is unharmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslab.protocol.offset import Offset

if TYPE_CHECKING:
    from wslab.protocol.codes import CloseCode
    from wslab.protocol.frames import Frame
    from wslab.protocol.rules import Rule


class ProtocolError(Exception):
    """The peer broke a rule.

    `rule` tells which; `offset` is the first wrong bit, counted from the first
    byte that the parser was given; `found` and `expected` are words.
    `frames` are the whole frames that came before the violation in the same
    `FrameParser.feed`: they are valid, and must be handled first.
    """

    def __init__(self, rule: Rule, offset: Offset, found: str, expected: str) -> None:
        super().__init__(rule, offset, found, expected)
        self.rule = rule
        self.offset = offset
        self.found = found
        self.expected = expected
        self.frames: list[Frame] = []

    @property
    def close_code(self) -> CloseCode | None:
        """The code to fail the connection with (§7.1.7); None for a rule of the opening handshake."""
        return self.rule.close_code

    def moved(self, by: int) -> ProtocolError:
        """The same violation with its offset counted from `by` bytes earlier."""
        return ProtocolError(self.rule, self.offset.moved(by), self.found, self.expected)

    def __str__(self) -> str:
        rule = self.rule
        return (
            f"{rule.says[0].upper()}{rule.says[1:]} ({rule.reference}): found {self.found} "
            f"at {self.offset}, expected {self.expected}; to fix it, {rule.fix}."
        )


class LocalProtocolError(Exception):
    """We were asked to break a rule ourselves; nothing was sent and the connection is as before."""

    def __init__(self, rule: Rule, found: str, expected: str) -> None:
        super().__init__(rule, found, expected)
        self.rule = rule
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        rule = self.rule
        return (
            f"{rule.says[0].upper()}{rule.says[1:]} ({rule.reference}): found {self.found}, "
            f"expected {self.expected}; to fix it, {rule.fix}."
        )
