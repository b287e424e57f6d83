"""The names of faults: what a command line writes, and what contradicts what.

A fault is written as `NAME`, `NAME:VALUE` or `NAME:FIELD=VALUE,...`, where the name is the class's `kind` and a value
without a field belongs to the first field that is free. A preset is a name alone. `resolve` makes faults of all of
this, and is what every caller uses: it refuses a list that says two things at once with a sentence.

Faults of one link stand one behind the other, in the order given.

Left out: what a fault is and how it is written (`base`), and what it does (the modules of the families).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

from wslab.lab.faults.base import COMMON, Fault
from wslab.lab.faults.content import AlterHeader, Flip, Rechunk, Split, TruncateText
from wslab.lab.faults.ending import Cut, Fin, IdleTimer, MaxAge, Silence
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.pongs import DelayPongs, SwallowPongs
from wslab.lab.faults.presets import PRESETS
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate
from wslab.protocol import Role

# --- several at once ----------------------------------------------------------------------

_ONCE = (Delay, Rate, Loss, Silence, IdleTimer, MaxAge, Rechunk, Coalesce, Gate, Insert)
_CONTRADICT = ((Rechunk, Coalesce), (SwallowPongs, DelayPongs))


def check(faults: Sequence[Fault]) -> None:
    """`ValueError` where two faults contradict each other on the same direction."""
    for role in Role:
        here = [each for each in faults if each.touches(role)]
        for kind in _ONCE:
            if sum(isinstance(each, kind) for each in here) > 1:
                raise ValueError(f"Two faults {kind.__name__} on the bytes of the {role}: which one holds? Keep one.")
        for one, other in _CONTRADICT:
            if _has(here, one) and _has(here, other):
                raise ValueError(f"{one.__name__} and {other.__name__} contradict each other on the {role}'s bytes.")


def _has(faults: Iterable[Fault], kind: type[Fault]) -> bool:
    return any(isinstance(each, kind) for each in faults)


# --- names ------------------------------------------------------------------------------

_NAMED: tuple[type[Fault], ...] = (
    *(Delay, Rate, Loss, Outage),
    *(Silence, Cut, Fin, IdleTimer, MaxAge),
    *(Rechunk, Split, Coalesce, Flip, TruncateText, AlterHeader),
    *(SwallowPongs, DelayPongs, Gate),
)

NAMES: Mapping[str, type[Fault]] = MappingProxyType({each.kind: each for each in _NAMED})
"""The faults as a command line writes them: `NAME`, `NAME:VALUE`, `NAME:FIELD=VALUE,...`."""


def faults_named(text: str, **more: Any) -> tuple[Fault, ...]:
    """The faults that `text` names: a preset, or `delay:0.2`, `max-age:60,rst`, `flip:at_frame=2,bit=3,of=server`.

    `more` are further values for a fault; a preset takes none.

    Raises:
        ValueError: With the nearest name where there is no such fault; with the fields that there are; or a value
            that cannot be.
    """
    name, _, values = text.partition(":")
    name = name.strip()
    if name in PRESETS and not values and not more:
        return PRESETS[name]
    if name.replace("_", "-") not in NAMES:
        raise ValueError(_unknown(name, values or more))
    kind = NAMES[name.replace("_", "-")]
    given = _values(kind, values) | more
    missing = [each.name for each in fields(kind) if each.default is MISSING and each.name not in given]
    if missing:
        raise ValueError(f"{name} needs {' and '.join(missing)}: write {name}:{missing[0]}=...")
    return (kind(**given),)


def resolve(faults: Iterable[Fault | str]) -> tuple[Fault, ...]:
    """Faults and names as faults, in the order given.

    Raises:
        ValueError: A name that cannot be read, or two faults that contradict each other.
        TypeError: What is neither a fault nor a name.
    """
    found: list[Fault] = []
    for each in faults:
        if not isinstance(each, (Fault, str)):
            raise TypeError(f"A fault is one of wslab.lab.faults, or a name; this is {each!r}.")
        found += (each,) if isinstance(each, Fault) else faults_named(each)
    check(found)
    return tuple(found)


def _unknown(name: str, values: object) -> str:
    if name in PRESETS:
        return (
            f"{name} is a preset, and takes no values; make its faults yourself: {', '.join(map(str, PRESETS[name]))}."
        )
    near = difflib.get_close_matches(name, (*PRESETS, *NAMES), n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join((*PRESETS, *NAMES))}."
    return f"There is no fault {name!r}: {hint}"


def fields_named(text: str) -> dict[str, str]:
    """What `text` writes into the fields of a fault, as it stands: `{"seconds": "0.2"}` for `delay:0.2`.

    `ValueError` where there is no such fault or field.
    """
    name, _, values = text.partition(":")
    if (known := name.strip().replace("_", "-")) not in NAMES:
        raise ValueError(_unknown(name.strip(), values))
    return _written(NAMES[known], values)


def _values(kind: type[Fault], text: str) -> dict[str, Any]:
    known = {each.name: str(each.type) for each in fields(kind)}
    return {name: _value(name, known[name], value) for name, value in _written(kind, text).items()}


def _written(kind: type[Fault], text: str) -> dict[str, str]:
    """`0.2` is the first field, and what stands there without a name; the rest is `field=value`."""
    known = {each.name: str(each.type) for each in fields(kind)}
    own = [name for name in known if name not in COMMON]
    given: dict[str, str] = {}
    for number, part in enumerate(filter(None, text.split(","))):
        name, value = _part(part, number, own, known)
        if name not in known:
            raise ValueError(f"{kind.__name__} has no {name!r}: there are {', '.join((*own, *COMMON))}.")
        given[name] = value
    return given


def _part(part: str, number: int, own: Sequence[str], known: Mapping[str, str]) -> tuple[str, str]:
    """Field and value of one part, the `number`th of its text."""
    name, equals, value = part.partition("=")
    if equals:
        return name, value
    return (own[number], part) if number < len(own) else (name, "")


def _value(name: str, kind: str, text: str) -> Any:
    try:
        if kind.startswith("float"):
            return float(text.removesuffix("s"))
        if kind.startswith("int"):
            return int(text)
    except ValueError:
        raise ValueError(f"{name} is a number; not {text!r}.") from None
    return text.encode() if kind == "bytes" else text
