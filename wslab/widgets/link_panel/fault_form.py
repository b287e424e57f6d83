"""The form that puts a fault together: a name from a list, a control for each of its fields, and its text.

The text is the truth, `delay:seconds=0.2`: the controls are filled from it, and what is chosen or typed in a control
writes it again (`draft`). A text that cannot be read has no controls; what is wrong with it is shown below.

Left out: putting the fault on the link (`widget`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any

import htpy as h
from htpy import Node

from wslab.lab.faults.names import NAMES, faults_named, fields_named
from wslab.lab.faults.presets import MEANINGS, PRESETS
from wslab.widgets import components
from wslab.widgets.link_panel.draft import fault_name, usual_value

__all__ = ["fault_form"]


def fault_form(draft: str) -> Node:
    """The form, filled from the text of the fault that is being put together."""
    name = fault_name(draft)
    return h.div(".wsl-cmake", role="group", aria_label="Add what is to be wrong")[
        h.div(".wsl-fields")[
            components.field("Make it wrong", _choice(name)),
            _fields(name, draft) if name in NAMES else None,
        ],
        h.p(".wsl-note")[_meaning(name, draft)],
        h.div(".wsl-fields")[
            components.field("Written", components.text_input("draft", draft, size=34, code=True, enter="add-")),
            components.do_button("Put it on", "add"),
        ],
    ]


def _choice(name: str) -> Node:
    groups = (("In life", PRESETS), ("One fault", NAMES))
    known = name in PRESETS or name in NAMES
    return h.select(".wsl-input", data_do="choose", data_arg="", data_key="choose-")[
        not known and h.option(value="", selected=True)["choose …"],
        (
            h.optgroup(label=label)[
                (h.option(value=each, selected=each == name)[each.replace("_", " ")] for each in names)
            ]
            for label, names in groups
        ),
    ]


def _meaning(name: str, draft: str) -> Node:
    if name in PRESETS:
        return [MEANINGS[name], " ", h.code[" ".join(each.written() for each in PRESETS[name])]]
    try:
        return " ".join(each.told() for each in faults_named(draft))
    except ValueError as problem:
        return str(problem)


def _fields(name: str, draft: str) -> Iterable[Node]:
    """A control for each field of a fault, filled from the text."""
    try:
        given = fields_named(draft)
    except ValueError:
        return
    own = sorted(fields(NAMES[name]), key=lambda each: each.name in ("of", "after"))
    for each in own:
        yield components.field(
            _LABELS.get(each.name, each.name.replace("_", " ")),
            _control(each, given.get(each.name), _choices(name, each.name)),
        )


_LABELS = {
    "of": "bytes of",
    "after": "after s",
    "jitter": "jitter s",
    "retransmit_after": "again after s",
    "bytes_per_second": "bytes/s",
    "at_frame": "frame",
    "at_byte": "byte",
    "into": "byte of it",
    "seen": "when seen",
}
_SENDERS = [("", "both"), ("client", "the client"), ("server", "the server")]


def _choices(fault: str, field: str) -> list[tuple[str, str]]:
    """The values to choose from and their words; none where the field may have any value."""
    return _SENDERS if field == "of" else [(each, each) for each in NAMES[fault].choices.get(field, ())]


def _control(field: Field[Any], value: str | None, choices: list[tuple[str, str]]) -> Node:
    shown = usual_value(field) if value is None else value
    if choices:
        return components.select("field", choices, shown, arg=field.name)
    return components.text_input(
        "field",
        shown,
        size=4 if "float" in str(field.type) or "int" in str(field.type) else 12,
        code=True,
        arg=field.name,
    )
