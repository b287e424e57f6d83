"""TODO."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields
from typing import Any

import htpy as h
from htpy import Node

from wslab.lab.faults.ending import HOWS
from wslab.lab.faults.names import NAMES, YES_OR_NO, faults_named, fields_named
from wslab.lab.faults.presets import MEANINGS, PRESETS
from wslab.widgets import components as parts

# ---- a fault put together


def _inputs(draft: str) -> Node:
    name = _named(draft)
    return h.div(".wsl-cmake", role="group", aria_label="Add what is to be wrong")[
        h.div(".wsl-fields")[
            parts.field("Make it wrong", _choice(name)),
            _fields(name, draft) if name in NAMES else None,
        ],
        h.p(".wsl-note")[_meaning(name, draft)],
        h.div(".wsl-fields")[
            parts.field("Written", parts.text_input("draft", draft, size=34, code=True)),
            parts.do_button("Put it on", "add"),
        ],
    ]


def _named(draft: str) -> str:
    name = draft.partition(":")[0].strip()
    return name if name in PRESETS else name.replace("_", "-")


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
        yield parts.field(_LABELS.get(each.name, each.name.replace("_", " ")), _control(each, given.get(each.name)))


_LABELS = {
    "of": "bytes of",
    "after": "after s",
    "jitter": "jitter s",
    "retransmit_after": "again after s",
    "bytes_per_second": "bytes/s",
    "at_frame": "frame",
    "at_byte": "byte",
    "into": "byte of it",
    "gently": "with FIN",
    "seen": "when seen",
}
_CHOICES = {
    "of": [("", "both"), ("client", "the client"), ("server", "the server")],
    "how": [(each, each) for each in HOWS],
}


def _control(field: Field[Any], value: str | None) -> Node:
    shown = _usual(field) if value is None else value
    if field.name in _CHOICES:
        return parts.select("field", _CHOICES[field.name], shown, arg=field.name)
    if field.type == "bool":
        on = YES_OR_NO.get(shown.lower(), False)
        return h.input(
            type="checkbox", checked=on, data_do="field", data_arg=field.name, data_key=f"field-{field.name}"
        )
    return parts.text_input(
        "field",
        shown,
        size=4 if "float" in str(field.type) or "int" in str(field.type) else 12,
        code=True,
        arg=field.name,
    )


def _usual(field: Field[Any]) -> str:
    usual = "" if field.default in (MISSING, None, b"", False) else field.default
    return f"{usual:g}" if isinstance(usual, float) else str(usual)
