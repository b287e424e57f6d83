"""What real peers do with what this run's peer got wrong, where they differ from wslab.

The rules are those for which a side of this run fails its peer, and what is told is of peers in the role of that side.
It comes from the measured table (`protocol.peers`), which `RULES.md` shows for all rules.

Left out: rules that nobody breaks in this run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import htpy as h
from htpy import Node

from wslab.explain.rules_page import done_by
from wslab.lab import Tape
from wslab.protocol.codes import Role
from wslab.protocol.peers import MEASURED, OURS, VERSIONS, Answer
from wslab.protocol.rules import RULES
from wslab.tape.records import RuleFailed
from wslab.widgets import components

__all__ = ["differing", "told"]

Broken = tuple[str, Role]
"""The id of a rule, and the role of the side that fails its peer for it."""


def differing(tape: Tape) -> list[Broken]:
    """The rules for which a side fails its peer, and for which some peer in its role does something else."""
    facts = (entry.fact for entry in tape)
    failed = ((fact.rule, Role(fact.side)) for fact in facts if isinstance(fact, RuleFailed))
    return [(rule, role) for rule, role in dict.fromkeys(failed) if rule in RULES and RULES[rule].peers(role)]


def told(broken: Sequence[Broken]) -> Node:
    """A sentence or two for each rule, and what was measured."""
    versions = ", ".join(f"{peer} {version}" for peer, version in VERSIONS.items())
    return [
        (_rule(rule, role) for rule, role in broken),
        h.p(".wsl-note")[f"Measured with {versions}, each with its default options."],
    ]


def _rule(name: str, role: Role) -> Node:
    rule = RULES[name]
    other = rule.peers(role)
    return h.p(".wsl-line")[
        f"{rule.text[0].upper()}{rule.text[1:]} (",
        components.section(rule.section),
        f"). Where this is broken, {_ours(MEASURED[name, role], other, role)} Other {role.value}s: ",
        h.b[done_by(other.items())],
        ".",
    ]


def _ours(answers: Mapping[str, Answer], other: Mapping[str, Answer], role: Role) -> str:
    """What wslab does, and who does the same."""
    alike = [peer for peer in answers if peer not in other and peer != OURS]
    ours = done_by([(f"wslab as a {role.value}", answers[OURS])])
    return f"{_is(ours)}{f', and so by {_listed(alike)}' if alike else ''}."


def _is(words: str) -> str:
    """`it is answered with 1002`, `it is accepted`, `TCP is ended without an answer`."""
    if words[:1].isdigit():
        return f"it is answered with {words}"
    return words.replace("TCP ended", "TCP is ended", 1) if words.startswith("TCP ended") else f"it is {words}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
