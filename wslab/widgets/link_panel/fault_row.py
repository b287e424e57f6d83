"""The buttons of the faults, and what they say: three groups, one number each, the written form folded.

A button with a fault is pressed while the fault is on. RST and FIN are no faults that stay: they end, now, what goes
through the link. Below stands what is wrong with the link in sentences.

Left out: which faults have a button (`knobs`), and the form for all others (`fault_form`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.lab.faults.manual import Gate
from wslab.widgets import components
from wslab.widgets.link_panel.fault_form import fault_form
from wslab.widgets.link_panel.knobs import GROUPS, Knob, knob_of, worn
from wslab.widgets.link_panel.signs import sign
from wslab.widgets.link_panel.state import LinkPanelState

__all__ = ["NOTHING_TO_END", "WHOLE", "fault_row", "sentences"]

WHOLE = "The link passes everything on, just as it comes."
"""What the panel says of a link without faults."""

HOLDS = "The link holds each head and frame until you decide."
"""What it says of one with a gate alone."""

NOTHING_TO_END = "No connection goes through the link now"
"""Why RST and FIN do nothing."""


def fault_row(state: LinkPanelState) -> Node:
    """The buttons, the sentences, and the fold."""
    return h.div(".wsl-lfaults")[
        h.div(".wsl-lgroups")[(_group(state, name, knobs) for name, knobs in GROUPS)],
        h.div(".wsl-lsays")[
            h.p(".wsl-ltold", title=" ".join(sentences(state)))[" ".join(sentences(state))],
            h.div(".wsl-row")[
                components.do_button("Undo the last change of faults", "undo", picture="undo", off=not state.can_undo),
                components.do_button("All off", "heal", off=not state.faults, title="Take all faults away"),
                _written(state),
            ],
        ],
    ]


def _group(state: LinkPanelState, name: str, knobs: tuple[Knob, ...]) -> Node:
    return h.div(".wsl-lgroup", role="group", aria_label=f"Faults: {name}")[
        h.span(".wsl-note", aria_hidden="true")[name], h.div(".wsl-row")[_knobs(state, name, knobs)]
    ]


def _knobs(state: LinkPanelState, group: str, knobs: tuple[Knob, ...]) -> Iterator[Node]:
    for place, knob in enumerate(knobs):
        yield _knob(state, knob)
        if group == "ends" and place == 0:
            yield from (_end(state, how) for how in ("rst", "fin"))


def _end(state: LinkPanelState, how: str) -> Node:
    """RST or FIN, now."""
    words = how.upper()
    says = f"{words} to both sides, now" if state.living else NOTHING_TO_END
    return h.button(
        ".wsl-button.wsl-lknob",
        type="button",
        data_do="cut",
        data_arg=how,
        data_key=f"cut-{how}",
        aria_disabled=None if state.living else "true",
        title=says,
    )[sign(how), words]


def _knob(state: LinkPanelState, knob: Knob) -> Node:
    """A button with the sign of its fault, and its number beside it."""
    place = worn(knob, state.faults)
    number, shown = knob.number, _number(state, knob, place)
    button = h.button(
        class_=f"wsl-button wsl-lknob {'' if number is None else 'has-number'}",
        type="button",
        data_do="fault",
        data_arg=knob.name,
        data_key=f"fault-{knob.name}",
        aria_pressed="false" if place is None else "true",
        aria_label=f"{knob.name}{'' if number is None else f' {shown} {number.unit}'}",
        title=knob.says,
    )[sign(knob.name), knob.word]
    if number is None:
        return button
    return h.span(class_=f"wsl-lpair {'' if place is None else 'is-on'}")[
        button,
        number.before and h.span(".wsl-lunit.is-before", aria_hidden="true")[number.unit],
        h.input(
            ".wsl-input",
            type="number",
            value=shown,
            min=f"{number.least:g}",
            max=None if number.most is None else f"{number.most:g}",
            step="any" if number.step < 1 else f"{number.step:g}",
            style=f"--digits:{number.digits}",
            data_do="number",
            data_arg=knob.name,
            data_key=f"number-{knob.name}",
            aria_label=f"{knob.name} in {number.unit}",
        ),
        not number.before and h.span(".wsl-lunit", aria_hidden="true")[number.unit],
    ]


def _number(state: LinkPanelState, knob: Knob, place: int | None) -> str:
    if knob.number is None:
        return ""
    if place is not None:
        return knob.number.shown(state.faults[place])
    return state.numbers.get(knob.name, f"{knob.number.usual:g}")


# ---- in words


def sentences(state: LinkPanelState) -> Iterator[str]:
    """What is wrong with the link, and what was done last."""
    if state.notice:
        yield state.notice
    faults = [each for each in state.faults if each != Gate()]  # the switch and the beads say it
    yield from (each.told() for each in faults)
    if state.stays_silent:
        what = "the link acknowledged what it swallowed, so no TCP sends it again"
        yield f"Connection {state.connection} stays silent: {what}."
    elif not faults and not state.notice:
        yield HOLDS if state.faults else WHOLE


# ---- the fold


def _written(state: LinkPanelState) -> Node:
    others = [each for each in state.faults if knob_of(each) is None and not isinstance(each, Gate)]
    return h.details(".wsl-lwritten", data_key="written")[
        h.summary(".wsl-button", data_key="written-button", title="All faults as they are written")[
            f"written · {len(others)} more" if others else "written"
        ],
        h.div[
            bool(state.faults)
            and h.ul(".wsl-llist", aria_label="What is wrong with the link")[
                (_item(place, each.written(), each.told()) for place, each in enumerate(state.faults))
            ],
            fault_form(state.draft),
        ],
    ]


def _item(place: int, written: str, told: str) -> Node:
    return h.li[
        components.do_button("Off", "remove", str(place), title=f"Take away {written}"), h.code[written], h.span[told]
    ]
