"""What can go wrong on a link, as data: faults, presets with names, and the names that a command line knows.

Rules of this module: a fault is a value that says what happens, to whose bytes (`of`: the sender; None: both), and
from when on (`after`: seconds from the moment at which it is put on a connection). It does nothing by itself: `stages`
and `watchers` act. Faults of one link stand in the cable one behind the other, in the order given. What cannot
be, or says two things at once, is refused with a sentence when it is made.

What it leaves out: what TCP itself never does. Bytes are late, cut off or swallowed by somebody, never lost one by one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import (
    AlterHeader,
    AlterHeaderStage,
    Flip,
    FlipStage,
    Rechunk,
    RechunkStage,
    Split,
    SplitStage,
    TruncateText,
    TruncateTextStage,
)
from wslab.lab.faults.ending import (
    Cut,
    CutStage,
    CutWatcher,
    IdleTimer,
    IdleWatcher,
    MaxAge,
    MaxAgeWatcher,
    Silence,
    SilenceStage,
    SilenceWatcher,
)
from wslab.lab.faults.manual import Gate, GateStage, Insert, InsertStage
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.pongs import DelayPongs, DelayPongsStage, SwallowPongs, SwallowPongsStage
from wslab.lab.faults.presets import PRESETS
from wslab.lab.faults.stage import Stage
from wslab.lab.faults.timing import (
    Coalesce,
    CoalesceStage,
    Delay,
    DelayStage,
    Loss,
    LossStage,
    Outage,
    OutageStage,
    Rate,
    RateStage,
)
from wslab.lab.faults.watcher import Watched, Watcher
from wslab.lab.faults.words import _value as _as_written
from wslab.protocol import Role

_COMMON = frozenset(each.name for each in fields(Fault))


def name_of(fault: Fault) -> str:
    """The name that a command line knows, as `half-open`; of those that it does not know, the class's."""
    return next((name for name, kind in NAMES.items() if kind is type(fault)), type(fault).__name__.lower())


def written(fault: Fault) -> str:
    """A fault as one writes it: `delay:seconds=0.2,of=client`; only what is not as usual is told."""
    own = sorted(fields(fault), key=lambda each: each.name in _COMMON)
    parts = [f"{each.name}={_as_written(getattr(fault, each.name))}" for each in own if not _is_usual(fault, each)]
    return ":".join(filter(None, [name_of(fault), ",".join(parts)]))


def _is_usual(fault: Fault, field: Any) -> bool:
    return field.default is not MISSING and getattr(fault, field.name) == field.default


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


NAMES: Mapping[str, type[Fault]] = MappingProxyType(
    {
        "delay": Delay,
        "rate": Rate,
        "loss": Loss,
        "outage": Outage,
        "half-open": Silence,
        "cut": Cut,
        "idle": IdleTimer,
        "max-age": MaxAge,
        "rechunk": Rechunk,
        "split": Split,
        "coalesce": Coalesce,
        "flip": Flip,
        "truncate-text": TruncateText,
        "header": AlterHeader,
        "swallow-pongs": SwallowPongs,
        "delay-pongs": DelayPongs,
        "gate": Gate,
    }
)
"""The faults as a command line writes them: `NAME`, `NAME:VALUE`, `NAME:FIELD=VALUE,...`."""


def faults_named(text: str, **more: Any) -> tuple[Fault, ...]:
    """The faults that `text` names: a preset, or `delay:0.2`, `cut:gently`, `flip:at_frame=2,bit=3,of=server`.

    `more` are fields for all of them. `ValueError` with the nearest name, or with the fields that there are.
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
    """Faults and names as faults; `ValueError` where two contradict each other."""
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
    """`0.2` is the first field; `gently` alone is a switch; the rest is `field=value`."""
    known = {each.name: str(each.type) for each in fields(kind)}
    own = [name for name in known if name not in ("of", "after")]
    given: dict[str, str] = {}
    for number, part in enumerate(filter(None, text.split(","))):
        name, equals, value = part.partition("=")
        if not equals and known.get(name) == "bool":
            value = "yes"
        elif not equals and number < len(own):
            name, value = own[number], part
        if name not in known:
            raise ValueError(f"{kind.__name__} has no {name!r}: there are {', '.join((*own, 'of', 'after'))}.")
        given[name] = value
    return given


YES_OR_NO = MappingProxyType({"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False})
"""What a command line may write for a switch."""


def _value(name: str, kind: str, text: str) -> Any:
    try:
        if kind.startswith("float"):
            return float(text.removesuffix("s"))
        if kind.startswith("int"):
            return int(text)
    except ValueError:
        raise ValueError(f"{name} is a number; not {text!r}.") from None
    if kind == "bool":
        if text.lower() not in YES_OR_NO:
            raise ValueError(f"{name} is yes or no; not {text!r}.")
        return YES_OR_NO[text.lower()]
    return text.encode() if kind == "bytes" else text


STAGES: dict[type[Fault], type[Stage]] = {
    Delay: DelayStage,
    Rate: RateStage,
    Loss: LossStage,
    Outage: OutageStage,
    Silence: SilenceStage,
    Rechunk: RechunkStage,
    Split: SplitStage,
    Coalesce: CoalesceStage,
    Flip: FlipStage,
    TruncateText: TruncateTextStage,
    AlterHeader: AlterHeaderStage,
    SwallowPongs: SwallowPongsStage,
    DelayPongs: DelayPongsStage,
    Gate: GateStage,
    Insert: InsertStage,
    Cut: CutStage,
}
"""The stage that each fault of bytes becomes."""


def stage(fault: Fault, pipeline: Pipeline) -> Stage | None:
    """The stage that this fault becomes, if any."""
    if isinstance(fault, Cut) and not fault.has_place:
        return None
    kind = STAGES.get(type(fault))
    return None if kind is None else kind(fault, pipeline)


def watcher(fault: Fault, cable: Watched) -> Watcher | None:
    """The watcher that this fault needs, if any."""
    if isinstance(fault, Cut) and fault.has_place:
        return None
    kind = _WATCHERS.get(type(fault))
    return None if kind is None else kind(fault, cable)


_WATCHERS: dict[type[Fault], type[Watcher]] = {
    Cut: CutWatcher,
    Silence: SilenceWatcher,
    MaxAge: MaxAgeWatcher,
    IdleTimer: IdleWatcher,
}
