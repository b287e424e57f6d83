"""`BreakIt` as HTML and as text: what is sent, one head or frame in bytes, the question, the verdicts, the controls.

Each head and frame is a region of its own, so that a flipped bit redraws only its own; the page steps between them
without Python.

Left out: the bytes (`sent`), the question and the verdicts (`ask`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.course.peers.attempt import BreakState
from wslab.course.peers.exchanges import EXCHANGES, HEADS
from wslab.course.peers.find import Judged
from wslab.course.peers.words import SIGNS, cure, headline, left_open, peer_line
from wslab.explain.hextext import spaced_hex
from wslab.widgets import components
from wslab.widgets.break_it.ask import ask
from wslab.widgets.break_it.sent import ladder, opened
from wslab.widgets.break_it.state import sent_name

__all__ = ["regions", "text"]

HELP = (
    "An exchange that is legal to the last bit: open one of its heads or frames, open a byte, and flip a bit or type "
    "another value; one byte at most is changed. "
    "Guess what the receiver does, or skip that: then real peers are run on these very bytes. "
    "Arrow keys step through what is sent; in a row of bytes or bits they move, and Enter opens or flips."
)


def regions(state: BreakState, step: int) -> dict[str, Node]:
    """All regions of the view."""
    places = range(len(state.exchange.sent))
    return {
        "header": _header(state),
        "ladder": ladder(state, step),
        **{f"sent-{place}": opened(state, place, step) for place in places},
        "ask": ask(state),
        "controls": _controls(state),
        "steps": _steps(state, step),
    }


def _header(state: BreakState) -> Node:
    options = [(each.name, each.title) for each in EXCHANGES.values()]
    return components.header(
        "Break it",
        HELP,
        components.copy_button("Copy as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=components.field("Exchange", components.select("exchange", options, state.exchange.name)),
    )


def _controls(state: BreakState) -> Node:
    return h.div(".wsl-row.wsl-bcontrols")[
        components.do_button("Undo", "undo", picture="undo", off=not state.undo),
        components.do_button("Back to legal", "reset", off=state.change is None),
        components.do_button("Surprise me", "surprise"),
        components.field("seed", components.text_input("seed", str(state.seed), size=6, code=True)),
        state.drawn > 0 and h.span(".wsl-note")[f"surprise {state.drawn}"],
        h.output(".wsl-bscore")[_score(state)],
    ]


def _score(state: BreakState) -> str:
    return f"score {state.right} of {state.of}" if state.of else "no guess yet"


def _steps(state: BreakState, step: int) -> Node:
    """Where the page finds the ends of the steps; the ladder is what one presses."""
    return h.div(".wsl-hidden", aria_hidden="true", inert=True)[
        components.stepper(step, len(state.exchange.sent) - 1, what="place")
    ]


# ---- the same in words


def text(state: BreakState) -> str:
    """The exchange, the change and the verdicts as plain text."""
    lines = [f"{state.exchange.title}: what is sent, in order"]
    lines += (line for place in range(len(state.exchange.sent)) for line in _sent_lines(state, place))
    lines += [""]
    if state.change is None:
        lines += ["All of it is legal. flip(place, bit) changes a bit, judge() asks the peers."]
    elif state.told is None:
        lines += [f"{_change_line(state)} What does the {state.receiver} do? judge() asks the peers."]
    else:
        lines += [_change_line(state), *_verdict_lines(state, state.told)]
    return "\n".join(lines)


def _sent_lines(state: BreakState, place: int) -> Iterator[str]:
    sent = state.exchange.sent[place]
    changed = "  ← changed" if state.change is not None and state.change.place == place else ""
    yield f"  {place}  {sent.sender} sends the {sent_name(state.exchange, place)}{changed}"
    data = state.data(place)
    if place >= HEADS:
        yield f"       {spaced_hex(data)}"
    else:
        yield from (f"       {line!r}"[:-1].replace("'", "", 1) for line in data.decode("latin-1").splitlines() if line)


def _change_line(state: BreakState) -> str:
    change = state.change
    assert change is not None
    was = change.was(state.exchange)
    return f"Byte {change.byte} of {change.place} is {change.value:02x} instead of {was:02x}."


def _verdict_lines(state: BreakState, told: Judged) -> Iterator[str]:
    ours = told.ours
    section = f" ({ours.error.rule.reference})" if ours.error else ""
    yield f"{SIGNS[ours.outcome]} {headline(ours).removesuffix('.')}{section}."
    for said, right in state.guess.points(ours):
        yield f"  {'✓' if right else '≠'} you said: {said}"
    for each in told.verdicts:
        yield f"  {SIGNS[each.outcome]} {f'{each.peer} {each.version}'.strip()}: {peer_line(each)}"
    yield from (f"  {sentence}" for sentence in told.missing)
    yield from filter(None, [cure(ours), left_open(told)])
