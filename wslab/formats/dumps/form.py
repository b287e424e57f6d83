"""What a form is: a name, and a function that reads a text of it.

A reader returns pieces in the order of the text. It raises `UnfitText` where the text is not of its form, with the
place up to which it was; so a refusal can name the forms that came closest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wslab.explain import size_in_words

OUT, IN = "out", "in"
"""Who wrote a piece: the side that kept the log, or the other one. Empty where the text does not say."""


class Piece(NamedTuple):
    """Some bytes of one direction; `way` is `out`, `in` or empty."""

    data: bytes
    way: str = ""


class UnfitText(ValueError):
    """The text is not of this form. `share` says how much of it was, from 0 to 1."""

    def __init__(self, why: str, share: float = 0.0) -> None:
        super().__init__(why)
        self.share = share


class Form(NamedTuple):
    """One way to write bytes.

    `id` is its name for `--as`, `title` its name in a sentence. A `weak` form also fits ordinary words: it counts only
    where its bytes could be frames, or when it is asked for.
    """

    id: str
    title: str
    read: Callable[[str], list[Piece]]
    weak: bool = False


class Reading(NamedTuple):
    """What a text was taken for, and its bytes.

    `stripped` names the headers of packets that were taken away, `others` the forms that make as much sense and give
    other bytes.
    """

    form: Form
    pieces: list[Piece]
    stripped: str = ""
    others: tuple[Form, ...] = ()

    @property
    def size(self) -> int:
        """The number of bytes."""
        return sum(len(piece.data) for piece in self.pieces)

    @property
    def sentence(self) -> str:
        """What the text was taken for, as one or two sentences."""
        count = size_in_words(self.size)
        behind = f" behind the headers of {self.stripped}" if self.stripped else ""
        others = " or ".join(f"{form.title} (--as {form.id})" for form in self.others)
        return f"Read as {self.form.title}, {count}{behind}." + (f" It could also be {others}." if others else "")


def joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one direction as one piece; empty ones left out."""
    runs: list[tuple[str, bytearray]] = []
    for data, way in pieces:
        if data and (not runs or runs[-1][0] != way):
            runs.append((way, bytearray()))
        if data:
            runs[-1][1].extend(data)
    return [Piece(bytes(data), way) for way, data in runs]
