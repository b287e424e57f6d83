"""Other values for the parameters of a scenario: a slider for a number, a list for a choice.

A slider has a few stops and no value between them: the default, that of the fixed variant, and a quarter, half and
twice as much. So a run stays short enough to be played while somebody looks. Any other value can be given in code. A
parameter that may be None has it as its first stop.

Left out: playing the run (`widget`), and what the parameters mean (`scenarios.catalogue`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.scenarios.catalogue import Parameter, Scenario
from wslab.scenarios.interventions import as_code
from wslab.scenarios.player import PlayedTape
from wslab.widgets import components

__all__ = ["chosen", "stops", "values"]

FACTORS = (0.25, 0.5, 1, 2)
"""What a number is multiplied by for the stops of its slider."""

MOST_STOPS = 12
"""Of a range with so few values all are stops."""


def stops(scenario: Scenario, parameter: Parameter, value: object) -> tuple[object, ...]:
    """The values that are offered for a parameter, in order, the present one among them; empty for a text."""
    if parameter.choices or parameter.types == (bool,):
        return parameter.choices or (False, True)
    if str in parameter.types:
        return ()
    offered = {*_offered(scenario, parameter), value}
    return tuple(sorted(offered, key=lambda each: (each is not None, each)))


def _offered(scenario: Scenario, parameter: Parameter) -> Iterator[object]:
    """The default, the value of the fix, and what is near one of them."""
    if parameter.within is not None and len(parameter.within) <= MOST_STOPS:
        yield from parameter.within
        return
    fixed = scenario.fix.get(parameter.name)
    base = parameter.default if parameter.default is not None else fixed
    near = [_nice(factor * base, parameter) for factor in FACTORS] if isinstance(base, (int, float)) else []
    for each in (parameter.default, fixed, *parameter.examples, *([] if parameter.examples else near)):
        if each is not None or parameter.default is None:
            yield each


def _nice(value: float, parameter: Parameter) -> object:
    """A number within the range of its parameter: a whole one, or one with two digits that say something."""
    number = float(f"{value:.2g}") if float in parameter.types else round(value)
    if parameter.within is None or number in parameter.within:
        return number
    return parameter.within[0] if number < parameter.within[0] else parameter.within[-1]


def chosen(tape: PlayedTape, name: str, sent: str) -> object:
    """The value that the page has sent: the place of a stop, or a text."""
    parameter = tape.scenario.parameters[name]
    offered = stops(tape.scenario, parameter, tape.run[name])
    return offered[int(sent)] if offered else sent


# ---- as HTML


def values(tape: PlayedTape) -> Node:
    """A control for each parameter, with its present value."""
    scenario = tape.scenario
    return h.div(".wsl-values")[
        (_value(scenario, each, tape.run[name]) for name, each in scenario.parameters.items()),
        components.do_button("Defaults", "defaults", off=not tape.call.parameters and not tape.call.fixed),
    ]


def _value(scenario: Scenario, parameter: Parameter, value: object) -> Node:
    offered = stops(scenario, parameter, value)
    is_number = not parameter.choices and parameter.types != (bool,) and bool(offered)
    control = _slider(parameter, offered, value) if is_number else _choice(parameter, offered, value)
    return h.div(".wsl-value")[
        h.label[h.code[parameter.name], control, is_number and h.output[as_code(value)]],
        h.span(".wsl-note")[parameter.text],
    ]


def _slider(parameter: Parameter, offered: tuple[object, ...], value: object) -> Node:
    words = [as_code(each) for each in offered]
    return h.input(
        type="range",
        min=0,
        max=len(offered) - 1,
        step=1,
        value=offered.index(value),
        data_do="set",
        data_arg=parameter.name,
        data_key=f"set-{parameter.name}",
        data_words="\t".join(words),
        aria_valuetext=as_code(value),
    )


def _choice(parameter: Parameter, offered: tuple[object, ...], value: object) -> Node:
    if not offered:
        return components.text_input("set", str(value), arg=parameter.name, size=14)
    options = [(str(place), as_code(each).strip('"')) for place, each in enumerate(offered)]
    return components.select("set", options, str(offered.index(value)), arg=parameter.name)
