"""What a check says: a verdict, the learner's bytes beside the right ones, and helps that wait to be asked for.

    ≠ Not quite: 5 of 8 bytes are right. Byte 5 is the first that differs.

    (the bytes, as `comparison` draws them)

    Hint › Bigger hint › Solution: .hint, .bigger_hint, .solution

A `CheckResult` is data and prints itself as text. In Jupyter it shows itself as a widget, which draws the same, in the
same words and order.

Left out: what is right (`checks`, `values`, `accept`).
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Literal

from wslab.course.comparison import Comparison, drawn
from wslab.protocol.offset import Offset
from wslab.tape.tape import Tape

__all__ = ["HELPS", "CheckResult"]

HELPS = ("Hint", "Bigger hint", "Solution")

WIDTH = 96
"""Columns after which a line of text goes on in the next."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check says: `ok` is None where there is nothing to check yet.

    `sentence` is the verdict. `hint`, `bigger_hint` and `solution` each say more than the one before; all three are
    empty where the check passes. `comparison` has the learner's bytes or characters beside the right ones, where there
    are any. `tape` is that of the run, where the learner's code ran on a connection: show it with `Timeline`.

    Of a function that was called: `rule` is the id in `RULES` that a wrong result is about, `mistake` the name of a
    known mistake that gives the same results, `input` the arguments by name, `got` what the function gave (the error,
    where it raised one), `expected` what is right (`ValueError`, where the input is to be refused). `ended_by` is
    `raises` or `hangs` where it gave nothing. `first_wrong_bit` is a place in the learner's bytes or text, and where
    these are read from an input, in that.
    """

    ok: bool | None
    sentence: str
    hint: str = ""
    bigger_hint: str = ""
    solution: str = ""
    first_wrong_bit: Offset | None = None
    comparison: Comparison | None = None
    tape: Tape | None = None
    rule: str = ""
    mistake: str = ""
    input: Mapping[str, object] | None = None
    got: object = None
    expected: object = None
    ended_by: Literal["", "raises", "hangs"] = ""

    @property
    def kind(self) -> str:
        """One of `not yet`, `right`, `wrong`, `raises` and `hangs`."""
        return self.ended_by or {None: "not yet", True: "right", False: "wrong"}[self.ok]

    @property
    def headline(self) -> str:
        """The result in two words, to put before the sentence."""
        return "Not yet" if self.ok is None else "Right" if self.ok else "Not quite"

    @property
    def sign(self) -> str:
        """The result as one character."""
        return {True: "✓", False: "≠", None: "…"}[self.ok]

    @property
    def helps(self) -> tuple[tuple[str, str], ...]:
        """The helps, each with its name, in the order in which one asks for them."""
        pairs = zip(HELPS, (self.hint, self.bigger_hint, self.solution), strict=True)
        return tuple((name, words) for name, words in pairs if words)

    def text(self, asked: int = 0) -> str:
        """The report as plain text, with the first `asked` helps."""
        parts = [fill(f"{self.sign} {self.headline}: {self.sentence}", WIDTH, subsequent_indent="  ")]
        if self.comparison is not None:
            parts.append("\n".join(drawn(self.comparison, wanted=asked > 0)))
        helps = "\n".join(self._helps(asked))
        return "\n\n".join([*parts, *filter(None, [helps])])

    def _helps(self, asked: int) -> Iterator[str]:
        """The names of the helps and how to ask for the next ones; below them those that were asked for."""
        left = ", ".join(f".{name.lower().replace(' ', '_')}" for name, _ in self.helps[asked:])
        names = " › ".join(f"{name} ✓" if number < asked else name for number, (name, _) in enumerate(self.helps))
        if names:
            yield f"{names}: {left}" if left else names
        for name, words in self.helps[:asked]:
            if "\n" in words:  # code of several lines stays as it is written
                yield f"{name}\n{words}"
                continue
            line = f"{name:<13}{words}"
            yield line if name == HELPS[-1] else fill(line, WIDTH, subsequent_indent=" " * 13)  # code stays whole

    def __bool__(self) -> bool:
        return self.ok is True

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"
