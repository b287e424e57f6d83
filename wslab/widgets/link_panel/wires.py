"""The drawing of a link: client left, server right, a wire for each direction, and on them the faults that they meet.

A fault of both directions is drawn across both wires, a fault of one direction on its own wire. Behind a silence a wire
is broken and ends in a cross. The drawing goes from left to right and goes on in a second line where there is no room,
as text does: each fault is a piece of both wires with its block on it.

Left out: the buttons (`picture`), and what travelled (`timeline`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import htpy as h
from htpy import Node

from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate
from wslab.protocol import Role
from wslab.widgets import components
from wslab.widgets.link_panel.state import LinkEnd

__all__ = ["wires"]


def wires(
    faults: Sequence[Fault],
    client: LinkEnd,
    server: LinkEnd,
    *,
    silent: bool = False,
    waiting: Mapping[Role, int] | None = None,
) -> Node:
    """The drawing.

    `silent`: all connections stay silent for good. `waiting`: how many frames of each side wait at a gate.
    """
    silent = silent and not any(isinstance(each, Silence) for each in faults)  # those are in the picture themselves
    return h.div(".wsl-link")[
        _end("Client", "dials", client),
        h.div(".wsl-wires", role="group", aria_label=_spoken(faults))[
            _tip("is-left", dead=_is_dead(Role.SERVER, faults, silent)),
            _stages(faults, silent, waiting or {}),
            _rest(faults, silent),
            _tip("is-right", dead=_is_dead(Role.CLIENT, faults, silent)),
        ],
        _end("Server", "listens at", server),
    ]


def _spoken(faults: Sequence[Fault]) -> str:
    return f"The wires between them, with {len(faults)} fault{'' if len(faults) == 1 else 's'}"


def _end(who: str, does: str, end: LinkEnd) -> Node:
    return h.div(class_=f"wsl-cend is-{who.lower()}")[
        h.b[who],
        end.belief is not None and components.pill(str(end.belief), true=end.true),
        end.address and h.span(".wsl-note")[does, " ", h.code[end.address]],
    ]


def _silences(faults: Sequence[Fault], role: Role) -> list[int]:
    return [place for place, each in enumerate(faults) if isinstance(each, Silence) and each.touches(role)]


def _is_dead(role: Role, faults: Sequence[Fault], silent: bool) -> bool:
    return silent or bool(_silences(faults, role))


def _stages(faults: Sequence[Fault], silent: bool, waiting: Mapping[Role, int]) -> Iterator[Node]:
    """One piece of the wires for each fault, with its block on it."""
    to_right = min(_silences(faults, Role.CLIENT), default=len(faults))
    to_left = max(_silences(faults, Role.SERVER), default=-1)
    for place, fault in enumerate(faults):
        dead = [silent or place > to_right, silent or place < to_left]
        yield h.div(class_=["wsl-cstage", _touched(fault), *_dead(*dead), *_stops(fault)])[
            _block(place, fault, waiting)
        ]


def _touched(fault: Fault) -> str:
    return "is-both" if fault.of is None else f"is-{Role(fault.of).value}"


def _stops(fault: Fault) -> list[str]:
    """Where a silence lets a wire end."""
    if not isinstance(fault, Silence):
        return []
    return [f"stops-{role.value}" for role in Role if fault.touches(role)]


def _dead(to_server: bool, to_client: bool) -> list[str]:
    return ["is-dead-right"] * to_server + ["is-dead-left"] * to_client


def _rest(faults: Sequence[Fault], silent: bool) -> Node:
    """The wires behind the last fault, with what they are."""
    dead = [_is_dead(Role.CLIENT, faults, silent), silent]
    return h.div(class_=["wsl-cstage", "is-rest", *_dead(*dead)])[
        h.span(".wsl-clabel")["what the client sends"], h.span(".wsl-clabel")["what the server sends"]
    ]


def _block(place: int, fault: Fault, waiting: Mapping[Role, int]) -> Node:
    count = sum(many for sender, many in waiting.items() if fault.touches(sender)) if isinstance(fault, Gate) else 0
    return h.div(
        class_=["wsl-cblock", isinstance(fault, Gate) and "is-gate", isinstance(fault, Silence) and "is-silence"]
    )[
        h.span[
            h.span(".wsl-mark", aria_hidden="true")["⚡"],
            h.b[fault.kind],
            h.span(".wsl-cfigures")[f"{count:,} waiting" if count else fault.brief()],
        ],
        h.button(
            ".wsl-button.wsl-cx",
            type="button",
            data_do="remove",
            data_arg=str(place),
            data_key=f"remove-{place}",
            aria_label=f"Take away {fault.written()}",
            title="Take it away",
        )["×"],
    ]


def _tip(side: str, *, dead: bool) -> Node:
    """Where a wire ends: an arrow's head, or a cross."""
    shape = "M2 2L10 10M10 2L2 10" if dead else "M3 1L10 6L3 11" if side == "is-right" else "M9 1L2 6L9 11"
    return h.span(class_=["wsl-ctip", side, dead and "is-cut"], aria_hidden="true")[
        h.svg(viewBox="0 0 12 12", focusable="false")[h.Element("path")(d=shape)]
    ]
