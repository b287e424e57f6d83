"""What is told of a cause: what the bytes are, who writes such bytes, and how to find out."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Cause"]


class Cause(NamedTuple):
    """Why bytes are no legal frame.

    `id` is for programs. `what` is a sentence that says what the bytes are, `writer` one that says who writes such
    bytes, `check` completes "To find out, ...".
    """

    id: str
    what: str
    writer: str
    check: str

    @property
    def sentence(self) -> str:
        """All of it, as sentences."""
        return f"{self.what} {self.writer} To find out, {self.check}."
