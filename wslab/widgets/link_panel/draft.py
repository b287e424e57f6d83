"""The text of a fault that is being put together, as `flip:at_frame=2,bit=3`, and what a choice or a field makes of it.

A field that has its usual value is not written, so the text stays as short as one would write it by hand. The fields
are in the fault's own order; the direction (`of`) and the delay (`after`), which every fault has, come last.

Left out: reading the text into faults (`wslab.lab.faults.names`), and the form (`fault_form`).
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

from wslab.lab.faults.names import NAMES, fields_named
from wslab.lab.faults.presets import PRESETS

__all__ = ["FIRST", "choose", "fault_name", "usual_value", "with_field"]

FIRST = "delay:seconds=0.2"
"""The text in the form before anything was chosen."""


def fault_name(draft: str) -> str:
    """The name in the text, as the tables of faults and presets have it."""
    name = draft.partition(":")[0].strip()
    return name if name in PRESETS else name.replace("_", "-")


def usual_value(field: Field[Any]) -> str:
    """A field's default as it would be written; empty where it has none."""
    usual = "" if field.default in (MISSING, None, b"") else field.default
    return f"{usual:g}" if isinstance(usual, float) else str(usual)


def choose(name: str) -> str:
    """The text once a preset or a fault is chosen: a fault comes with an example of its fields."""
    example = NAMES[name].example if name in NAMES else ""
    return f"{name}:{example}" if example else name


def with_field(draft: str, name: str, value: str) -> str:
    """The text with another value in one field; an empty value takes the field out of the text.

    Raises ValueError for a text that names no fault.
    """
    given = fields_named(draft)
    given.pop(name, None)
    fault = fault_name(draft)
    usual = {each.name: usual_value(each) for each in fields(NAMES[fault])}
    if value.strip() and value != usual[name]:
        given[name] = value.strip()
    in_order = sorted((each for each in usual if each in given), key=lambda each: each in ("of", "after"))
    written = ",".join(f"{each}={given[each]}" for each in in_order)
    return f"{fault}:{written}" if written else fault
