"""Two tapes compared: the first step at which they go different ways, in words.

Steps are compared in their order, by their facts and bytes, never by their sentences: who did what, its fate, and what
each side then believed. Chance counts only when it is asked for: masking keys, the key of the handshake and its
answer, ports. What is masked is compared unmasked.

What it leaves out: bringing the two together again behind the first difference. From there on everything may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from wslab.explain import size_in_words
from wslab.explain.hextext import short_hex
from wslab.tape.entry import Belief, Entry

_CHANCE = re.compile(rb"(?im)^((?:Sec-WebSocket-(?:Key|Accept)|Date):).*$|^(Host:[^\r\n]*?):\d+(?=\r?$)")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two tapes part: step `step`, which is entry `here` on the one and `there` on the other (None: it ended).

    `what` names all that differs in that step: `kind`, `sender`, `connection`, `payload` (of a handshake: `head`),
    `bytes`, `key`, `fact` (what happened, where that is no bytes), `rule` (that it breaks), `fate`, `client`,
    `server` (what these believe), `time`, `arrived`. `ends` has a sentence for each side that in the end believes
    something else.
    """

    step: int
    here: Entry | None
    there: Entry | None
    what: tuple[str, ...]
    ends: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    @property
    def sentences(self) -> list[str]:
        """What `str` says, a sentence for each thing: where, how it is here, how there, and each end."""
        first = f"The first difference is step {self.step}"
        if self.here is None or self.there is None:
            entry, ended, other = (
                (self.there, "this tape", "the other") if self.here is None else (self.here, "the other tape", "this")
            )
            assert entry is not None
            return [f"{first}: {ended} ends before it, and on {other} {_in_words(entry)}", *self.ends]
        here, there = self._side(self.here), self._side(self.there)
        return [f"{first} ({', '.join(self.what)}).", f"Here: {here}", f"There: {there}", *self.ends]

    def _side(self, entry: Entry) -> str:
        """One of the two in words: its sentence, and behind it what is different and not certainly in the sentence."""
        is_said = not _SAID.isdisjoint(self.what)
        names = [name for name in self.what if name in _BELIEFS or not is_said]
        return " ".join([_in_words(entry), *(f"{name.capitalize()}: {_field(entry, name)}." for name in names)])


_BELIEFS = ("client", "server")
_SAID = frozenset({"connection", "sender", "kind", "rule", "fact"})  # where these differ, the sentences do


def first_difference(here: Sequence[Entry], there: Sequence[Entry], *, times: bool, keys: bool) -> Difference | None:
    """The first step at which two lists of entries differ, or None."""
    for step, (mine, other) in enumerate(zip_longest(here, there)):
        what = _differing(mine, other, times=times, keys=keys)
        if what is not None:
            return Difference(step, mine, other, what, tuple(_ends(here, there)))
    return None


def _differing(mine: Entry | None, other: Entry | None, *, times: bool, keys: bool) -> tuple[str, ...] | None:
    if mine is None or other is None:
        return ()
    names = ["connection", "sender", "kind", "bytes", "rule", "fate", *_BELIEFS]
    if mine.data == other.data:  # the plain case, and the cheap one
        names[3] = "fact"
    elif not keys:
        names[3] = "payload"
    names += ["time", "arrived"] if times else []
    found = [name for name in names if _value(mine, name) != _value(other, name)]
    if "payload" in found and mine.kind == other.kind == "http":
        found[found.index("payload")] = "head"
    if keys and "bytes" in found and _value(mine, "payload") == _value(other, "payload"):
        found[found.index("bytes")] = "key"
    return tuple(found) or None


def _value(entry: Entry, name: str) -> object:
    if name == "bytes":
        return entry.data
    if name == "payload":
        return _without_chance(entry)
    if name == "rule":
        return entry.error and entry.error.rule.id
    return getattr(entry, name)


def _without_chance(entry: Entry) -> object:
    """What an entry's bytes mean, without what chance put into them."""
    if entry.kind == "http":
        return _CHANCE.sub(rb"\1\2", entry.data)
    frame = entry.frame
    if frame is None:
        return entry.data
    return frame.replace(mask=None if frame.mask is None else bytes(4)), entry.inflated


def _field(entry: Entry, name: str) -> str:
    if name in _BELIEFS:
        return _belief(getattr(entry, name))
    if name in ("time", "arrived"):
        seconds = getattr(entry, name)
        return "never" if seconds is None else f"{seconds:.6f} s"
    if name == "key":
        frame = entry.frame
        key = frame.mask if frame is not None else None
        return entry.data[:80].decode("latin-1") if key is None else f"{key.hex(' ')}"
    if name in ("bytes", "payload", "head"):
        data = entry.plain if entry.plain is not None else entry.data
        return f"{short_hex(data, 32)} ({size_in_words(len(data))})"
    return str(_value(entry, name))


def _belief(belief: Belief | None) -> str:
    if belief is None:
        return "no belief is recorded"
    return f"believes {belief} ({belief.detail})"


def _in_words(entry: Entry) -> str:
    return f"#{entry.connection} {entry.sentence}"


def _ends(here: Sequence[Entry], there: Sequence[Entry]) -> Iterator[str]:
    """What each side believes at last, where that differs."""
    mine, other = _last_beliefs(here), _last_beliefs(there)
    for place in sorted(mine.keys() & other.keys()):
        if mine[place] != other[place]:
            number, side = place
            yield f"In the end the {side} of #{number} {mine[place]} here, and {other[place]} there."


def _last_beliefs(entries: Sequence[Entry]) -> dict[tuple[int, str], str]:
    last: dict[tuple[int, str], str] = {}
    for entry in entries:
        for side in _BELIEFS:
            belief = getattr(entry, side)
            place = entry.connection, side
            if belief is not None or place in last:  # none behind one: the process of this side died
                last[place] = _short(belief)
    return last


def _short(belief: Belief | None) -> str:
    return f"believes {belief or 'nothing'}"
