"""An attempt to break an exchange: the one byte that is changed, a guess, the verdicts, and the score.

The state is immutable. Each action makes the next one; the verdicts come from outside (`with_verdicts`). A new change
takes back what was guessed and told, and is put before undo. At most one byte is changed: another one takes its place.

A guess has up to three parts, and each that was given counts a point: what becomes of the bytes, and where they are
refused, the answer (a Close code, an HTTP status, the end of TCP) and the rule. It is compared with what wslab did,
which alone names a rule.

Left out: asking the peers (`find`), and how it looks (`wslab.widgets.break_it`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wslab.course.peers.changes import Change, flipped, surprises
from wslab.course.peers.exchanges import HEADS, Exchange
from wslab.course.peers.find import Judged
from wslab.course.peers.judging import Outcome, Verdict
from wslab.course.peers.words import answer_name
from wslab.explain.hextext import parse_hex
from wslab.protocol.codes import Role
from wslab.protocol.peers import ENDS_TCP, Answer
from wslab.protocol.rules import RULES, Rule

__all__ = ["MOST_UNDO", "BreakState", "Guess", "answers_for", "rules_for"]

MOST_UNDO = 100
"""Changes that can be taken back."""

FRAME_ANSWERS: tuple[Answer, ...] = (1002, 1003, 1007, 1009, ENDS_TCP)
REQUEST_ANSWERS: tuple[Answer, ...] = (400, 405, 426, 505, ENDS_TCP)


_HALVES = ("", *"0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a learner expects; empty where nothing was said."""

    outcome: Outcome | None = None
    answer: str = ""
    rule: str = ""

    def points(self, verdict: Verdict) -> tuple[tuple[str, bool], ...]:
        """Each part that was given, in words, and whether it is right.

        Where a server accepts, and the client refuses its answer, both are right.
        """
        if self.outcome is None:
            return ()
        accepted = self.outcome is Outcome.ACCEPTS and verdict.fails not in (None, verdict.role)
        said = [(self.outcome.value, accepted or self.outcome is verdict.outcome)]
        if self.outcome is Outcome.REFUSES and self.answer:
            given = "" if verdict.refusal is None else answer_name(verdict.refusal.answer)
            said.append((self.answer, self.answer == given))
        if self.outcome is Outcome.REFUSES and self.rule:
            broken = verdict.error
            said.append((RULES[self.rule].text, broken is not None and broken.rule.id == self.rule))
        return tuple(said)


def answers_for(exchange: Exchange, place: int) -> tuple[str, ...]:
    """How a receiver may refuse what is sent at a place, by name."""
    answers = FRAME_ANSWERS if _reaches_frames(exchange, place) else ()
    if place < HEADS:
        answers = (*(REQUEST_ANSWERS if place == 0 else ()), ENDS_TCP, *answers)
    return tuple(dict.fromkeys(map(answer_name, answers)))


def rules_for(exchange: Exchange, place: int) -> tuple[Rule, ...]:
    """The rules that what is sent at a place can break, or make later frames or the answer break."""
    sender = exchange.sent[place].sender
    kinds = {place < HEADS, not _reaches_frames(exchange, place)}
    answers = {"response-accept"} if place == 0 else set()  # the answer to another key fits the client's no more
    rules = (
        rule for rule in RULES.values() if not rule.is_local and (rule.role in (None, sender) or rule.id in answers)
    )
    return tuple(rule for rule in rules if rule.in_head in kinds)


def _reaches_frames(exchange: Exchange, place: int) -> bool:
    """Whether a change at this place may show in the frames: a head may lose the extension that they need."""
    return place >= HEADS or exchange.deflate is not None


@dataclass(frozen=True)
class BreakState:
    """What is shown. `picked` is the byte that is opened in bits, for each place of the exchange.

    `drawn` counts the surprises taken so far; `right` and `of` are the score. `problem` is a byte that cannot be read:
    what was typed, and what is wrong with it.
    """

    exchange: Exchange
    seed: int
    change: Change | None = None
    picked: tuple[int, ...] = ()
    guess: Guess = Guess()
    told: Judged | None = None
    undo: tuple[Change | None, ...] = ()
    drawn: int = 0
    right: int = 0
    of: int = 0
    problem: tuple[str, str] | None = None

    @classmethod
    def of_exchange(cls, exchange: Exchange, seed: int) -> BreakState:
        """The legal exchange."""
        return cls(exchange, seed, picked=(0,) * len(exchange.sent))

    def data(self, place: int) -> bytes:
        """What is sent at a place, with the change."""
        if self.change is not None and self.change.place == place:
            return self.change.data(self.exchange)
        return self.exchange.sent[place].data

    @property
    def receiver(self) -> Role | None:
        """Who judges the change."""
        return None if self.change is None else self.exchange.sent[self.change.place].sender.peer

    # --- changes --------------------------------------------------------------------------------

    def with_change(self, change: Change | None) -> BreakState:
        """Another change, or none; what was guessed and told goes."""
        clean = replace(self, problem=None)
        if change == self.change:
            return clean
        before = (*self.undo[1 - MOST_UNDO :], self.change)
        return replace(_opened(clean, change), change=change, undo=before, guess=Guess(), told=None)

    def flip(self, place: int, bit: int) -> BreakState:
        """One bit flipped, counted from the first that is sent at this place."""
        return self.pick(place, bit // 8).with_change(flipped(self.exchange, place, bit, self.change))

    def type_byte(self, place: int, byte: int, text: str) -> BreakState:
        """A byte given as two hex digits; the first alone is waited on, and what cannot be read is a `problem`."""
        if text.strip() in _HALVES:
            return replace(self, problem=None)
        try:
            data = parse_hex(text, "the byte")
            if len(data) != 1:
                raise ValueError(f"This is one byte, two hex digits such as 8f, and not {len(data)} bytes.")
        except ValueError as problem:
            return replace(self, problem=(text, str(problem)))
        legal = self.exchange.sent[place].data[byte]
        return self.with_change(None if data[0] == legal else Change(place, byte, data[0]))

    def undone(self) -> BreakState:
        """The change before this one."""
        if not self.undo:
            return self
        change, before = self.undo[-1], self.undo[:-1]
        return replace(_opened(self, change), change=change, undo=before, guess=Guess(), told=None, problem=None)

    def surprise(self) -> BreakState:
        """The next single-bit change of the seed's order, which holds each once."""
        order = surprises(self.exchange.name, self.seed)
        return replace(self.with_change(order[self.drawn % len(order)]), drawn=self.drawn + 1)

    def reseeded(self, seed: int) -> BreakState:
        """The order of another seed, from its first surprise on."""
        return replace(self, seed=seed, drawn=0)

    def pick(self, place: int, byte: int) -> BreakState:
        """Another byte opened in bits."""
        if not (0 <= place < len(self.exchange.sent) and 0 <= byte < len(self.exchange.sent[place].data)):
            raise ValueError(f"There is no byte {byte} at place {place} of this exchange.")
        picked = (*self.picked[:place], byte, *self.picked[place + 1 :])
        return replace(self, picked=picked, problem=None)

    # --- guess and verdict ----------------------------------------------------------------------

    def guessed(self, guess: Guess) -> BreakState:
        """Another guess; once the verdict is told, the guess stands."""
        return self if self.told is not None else replace(self, guess=guess)

    def with_verdicts(self, told: Judged) -> BreakState:
        """The verdicts, and the points of the guess."""
        points = self.guess.points(told.ours)
        right = sum(is_right for _, is_right in points)
        return replace(self, told=told, right=self.right + right, of=self.of + len(points))


def _opened(state: BreakState, change: Change | None) -> BreakState:
    return state if change is None else state.pick(change.place, change.byte)
