"""The question about the change, and in its place, once they were asked, what the peers did.

Nothing answers before it is asked: the verdicts come when the learner runs them, with or without a guess. The answers
and the rules to choose from are all that could come, not a selection around the right one.

Left out: the bytes (`sent`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.course.peers.attempt import BreakState, answers_for, rules_for
from wslab.course.peers.find import Judged
from wslab.course.peers.judging import Outcome, Verdict
from wslab.course.peers.words import SIGNS, cure, headline, left_open, peer_line
from wslab.widgets import components
from wslab.widgets.break_it.state import sent_name

__all__ = ["ask"]

_LOOKS = {Outcome.ACCEPTS: "is-yes", Outcome.OTHER: "is-other", Outcome.WAITS: "is-waiting", Outcome.REFUSES: "is-no"}
_CHOICES = {
    Outcome.ACCEPTS: "accepts it, reads the same",
    Outcome.OTHER: "accepts it, reads something else",
    Outcome.WAITS: "waits for more",
    Outcome.REFUSES: "refuses it",
}


def ask(state: BreakState) -> Node:
    """What to do first, the question, or the verdicts."""
    if state.change is None:
        return h.p(".wsl-invite")[
            "All of this is legal. Open a byte and flip one of its bits, type another value, or let chance choose."
        ]
    return _question(state) if state.told is None else _verdicts(state, state.told)


# ---- the question


def _question(state: BreakState) -> Node:
    return h.div(".wsl-bask")[
        h.p(".wsl-line")[f"{_what(state)} What does the {state.receiver} do?"],
        h.div(".wsl-chips.wsl-bchips", role="group", aria_label="Your guess", data_roving=True)[
            (_choice(state, outcome) for outcome in Outcome)
        ],
        h.div(".wsl-fields.wsl-brefused")[_refused(state), _run(state)],
    ]


def _what(state: BreakState) -> str:
    change = state.change
    assert change is not None
    bits = change.bits(state.exchange)
    where = f"of the {sent_name(state.exchange, change.place)}"
    if len(bits) == 1:
        return f"Bit {bits[0]} of byte {change.byte} {where} is flipped."
    return f"Byte {change.byte} {where} is {change.value:02x} instead of {change.was(state.exchange):02x}."


def _choice(state: BreakState, outcome: Outcome) -> Node:
    is_chosen = state.guess.outcome is outcome
    return h.button(
        class_=["wsl-button", is_chosen and "is-chosen"],
        type="button",
        data_do="guess",
        data_arg=outcome.value,
        data_key=f"guess-{outcome.name}",
        aria_pressed="true" if is_chosen else "false",
    )[h.span(".wsl-bsign", aria_hidden="true")[SIGNS[outcome]], _CHOICES[outcome]]


def _refused(state: BreakState) -> Node:
    """How it refuses, and by which rule: only where that was guessed."""
    if state.guess.outcome is not Outcome.REFUSES or state.change is None:
        return None
    place = state.change.place
    answers = [("", "how?"), *((each, each) for each in answers_for(state.exchange, place))]
    rules = [("", "which rule?"), *((rule.id, rule.text) for rule in rules_for(state.exchange, place))]
    return [
        components.field("It answers", components.select("answer", answers, state.guess.answer)),
        h.div(".is-rule")[components.field("by the rule", components.select("rule", rules, state.guess.rule))],
    ]


def _run(state: BreakState) -> Node:
    return components.do_button("Run it" if state.guess.outcome else "Run it without a guess", "judge")


# ---- the verdicts


def _verdicts(state: BreakState, told: Judged) -> Node:
    ours = told.ours
    return h.div(".wsl-btold")[
        h.div(class_=["wsl-verdict", _LOOKS[ours.outcome]], role="status")[
            h.span(".wsl-sign", aria_hidden="true")[SIGNS[ours.outcome]],
            h.strong(".wsl-says")[components.prose(headline(ours)), " ", _section(ours)],
            _said(state, ours),
        ],
        h.div(".wsl-btwo")[_peers(told), _places(told)],
    ]


def _section(ours: Verdict) -> Node:
    return None if ours.error is None else components.section(ours.error.rule.section)


def _said(state: BreakState, ours: Verdict) -> Node:
    points = state.guess.points(ours)
    if not points:
        return h.span(".wsl-note")["no guess"]
    names = (points[0][0], *(said if said.startswith(("Close", "HTTP", "TCP")) else "rule" for said, _ in points[1:]))
    shown = zip(names, points, strict=True)
    return h.span(".wsl-note.wsl-bsaid")[
        "you said", (h.span[f"{'✓' if right else '≠'} {name}"] for name, (_, right) in shown)
    ]


def _peers(told: Judged) -> Node:
    return h.div(".wsl-bpeers")[
        h.table(".wsl-table")[
            h.thead[h.tr[h.th(scope="col")["peer"], h.th(scope="col")["what it did"]]],
            h.tbody[(_peer(each) for each in told.verdicts)],
        ],
        (h.p(".wsl-note")[components.prose(sentence)] for sentence in told.missing),
    ]


def _peer(verdict: Verdict) -> Node:
    why = verdict.refusal.why if verdict.refusal and not verdict.error else ""
    return h.tr[
        h.th(scope="row")[verdict.peer, " ", h.span(".wsl-note")[verdict.version]],
        h.td(class_=_LOOKS[verdict.outcome])[
            h.b[SIGNS[verdict.outcome]], " ", peer_line(verdict), why and h.span(".wsl-note", title=why)[f" “{why}”"]
        ],
    ]


def _places(told: Judged) -> Node:
    return h.div(".wsl-bplaces")[(_place(title, words) for title, words in _told(told) if words)]


def _place(title: str, words: str) -> Node:
    return h.div(".wsl-place")[h.span(".wsl-note")[title], h.div[components.prose(words)]]


def _told(told: Judged) -> Iterator[tuple[str, str]]:
    yield "to fix it" if told.ours.outcome is Outcome.REFUSES else "what helps", cure(told.ours)
    yield "what the RFC leaves open", left_open(told)
