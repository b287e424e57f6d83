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
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Any

from wslab.protocol import Role


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something wrong with a link. `of` is whose bytes it touches, `"client"` or `"server"` (None: both)."""

    of: Role | str | None = None
    after: float = 0.0

    def __post_init__(self) -> None:
        if self.of is not None:
            object.__setattr__(self, "of", _role(self.of))
        for field in fields(self):
            _not_negative(type(self).__name__, field.name, getattr(self, field.name))

    def touches(self, role: Role) -> bool:
        """Whether it has to do with the bytes that `role` sends."""
        return self.of is None or self.of is role


def _role(of: Role | str) -> Role:
    try:
        return Role(of)
    except ValueError:
        raise ValueError(f"of is 'client' or 'server', whose bytes it touches, or None for both; not {of!r}.") from None


def _not_negative(fault: str, name: str, value: object) -> None:
    if isinstance(value, (int, float)) and not value >= 0:
        raise ValueError(f"{fault}: {name} is not below 0; this is {value!r}. Time and bytes go one way only.")


# --- faults of time ---------------------------------------------------------------------


@dataclass(frozen=True)
class Delay(Fault):
    """Each byte takes `seconds` longer, and up to `jitter` seconds more, by chance. Order is kept."""

    seconds: float
    jitter: float = 0.0


@dataclass(frozen=True)
class Rate(Fault):
    """A narrow path: so many bytes a second. Little waits in it; then it holds back the sender: a slow reader, too."""

    bytes_per_second: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bytes_per_second <= 0:
            raise ValueError("Rate: bytes_per_second is above 0; to let nothing pass, use Silence.")


@dataclass(frozen=True)
class Loss(Fault):
    """Packets are lost with this `probability`, and TCP repairs it: no byte is ever missing.

    The bytes come `retransmit_after` seconds later, after each further loss twice as late, and all that is behind
    them waits (head-of-line blocking).
    """

    probability: float
    retransmit_after: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.probability >= 1:
            raise ValueError("Loss: probability is below 1; a path that loses everything is Silence.")


@dataclass(frozen=True)
class Outage(Fault):
    """For `seconds` nothing passes, then everything that waited comes at once: a tunnel, a sleeping laptop."""

    seconds: float


# --- faults of the connection -------------------------------------------------------------


@dataclass(frozen=True)
class Silence(Fault):
    """Everything is swallowed and nobody is told, not even by FIN or RST: half-open. There is no way back."""


@dataclass(frozen=True)
class Cut(Fault):
    """TCP ends on both sides: with RST, or `gently` with FIN.

    At once, or when the stream of `of` (the client unless given) reaches a place: behind `at_byte` bytes, its heads
    included; at the beginning of frame `at_frame` (counted from 1), or `into` bytes inside it; or when the bytes
    `seen` pass by.
    """

    gently: bool = False
    at_byte: int | None = None
    at_frame: int | None = None
    into: int = 0
    seen: bytes = b""

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_place(self, self.at_byte is not None, self.at_frame is not None, bool(self.seen))
        if self.has_place and self.of is None:
            object.__setattr__(self, "of", Role.CLIENT)

    @property
    def has_place(self) -> bool:
        """Whether it waits for a place in the stream."""
        return self.at_byte is not None or self.at_frame is not None or bool(self.seen)


HOWS = ("fin", "rst", "forget", "silent")


@dataclass(frozen=True)
class IdleTimer(Fault):
    """An intermediary that gives up a connection on which no byte passed for `seconds`.

    `how`: `"fin"` and `"rst"` to both sides; `"forget"`: nobody is told, and whoever sends next gets RST; `"silent"`:
    nobody is told, ever.
    """

    seconds: float
    how: str = "fin"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.how not in HOWS:
            raise ValueError(f"IdleTimer: how is one of {', '.join(HOWS)}; not {self.how!r}.")
        if self.of is not None:
            raise ValueError("IdleTimer: it watches both directions; leave `of` out.")


@dataclass(frozen=True)
class MaxAge(Fault):
    """An intermediary that ends every connection after `seconds`, busy or not."""

    seconds: float
    gently: bool = True


# --- faults of the bytes ------------------------------------------------------------------


@dataclass(frozen=True)
class Rechunk(Fault):
    """The same bytes in chunks of `size`: TCP promises bytes, not chunks."""

    size: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise ValueError("Rechunk: size is at least 1 byte.")


@dataclass(frozen=True)
class Split(Fault):
    """A chunk ends behind so many bytes of the stream, heads included, wherever else chunks end."""

    at_byte: int


@dataclass(frozen=True)
class Coalesce(Fault):
    """What comes within `seconds` goes on as one chunk."""

    seconds: float


@dataclass(frozen=True)
class Flip(Fault):
    """One bit is turned over: `bit` (0 is the first, most significant one, as the RFC draws them) of a byte.

    The byte is number `at_byte` of the stream, counted from 0, or number `into` of frame `at_frame`, counted from 1.
    """

    at_byte: int | None = None
    at_frame: int | None = None
    into: int = 0
    bit: int = 7

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_place(self, self.at_byte is not None, self.at_frame is not None)
        if self.bit > 7:
            raise ValueError(f"Flip: bit is 0 to 7; this is {self.bit}.")
        if self.at_byte is None and self.at_frame is None:
            raise ValueError("Flip: say which byte: at_byte=..., or at_frame=... and into=....")
        if self.of is None:
            object.__setattr__(self, "of", Role.CLIENT)


@dataclass(frozen=True)
class TruncateText(Fault):
    """Text frame `at_frame` of a sender is shortened by some bytes, so that it ends inside a character of UTF-8."""

    at_frame: int = 1


@dataclass(frozen=True)
class AlterHeader(Fault):
    """A header of the opening handshake is removed (`value` None), changed, or added."""

    name: str
    value: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or any(c in "\r\n:" for c in self.name) or any(c in "\r\n" for c in self.value or ""):
            raise ValueError(f"AlterHeader: a header is one line, `Name: value`; not {self.name!r}: {self.value!r}.")


@dataclass(frozen=True)
class SwallowPongs(Fault):
    """Pongs vanish; everything else passes."""


@dataclass(frozen=True)
class DelayPongs(Fault):
    """Each Pong, and what is behind it, comes `seconds` later."""

    seconds: float


@dataclass(frozen=True)
class Gate(Fault):
    """Every head and frame waits until somebody lets it pass, drops it or changes it: see `Link.held`."""


@dataclass(frozen=True)
class Insert(Fault):
    """Nothing is wrong, but somebody may put frames of his own between those that pass: see `Link.inject`."""


@dataclass(frozen=True)
class Meddle(Fault):
    """One thing done to the bytes from `start` up to `stop` of a sender's stream: what an intervention becomes.

    `action` is `drop`, `flip` (`bit` counts from the first of these bytes), `edit` (`data` goes on instead), `delay`
    (`seconds`, and what is behind waits), or `cut` (RST to both sides instead).
    """

    start: int
    stop: int
    action: str
    bit: int = 0
    data: bytes = b""
    seconds: float = 0.0
    connection: int = 1


def _one_place(fault: Fault, *given: bool) -> None:
    if sum(given) > 1:
        raise ValueError(f"{type(fault).__name__}: it has one place; give at_byte or at_frame, not both.")


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


PRESETS: Mapping[str, tuple[Fault, ...]] = MappingProxyType(
    {
        "mobile": (Delay(0.08, jitter=0.06), Rate(250_000), Loss(0.02)),
        "satellite": (Delay(0.3, jitter=0.02), Loss(0.005)),
        "train_tunnel": (Delay(0.06, jitter=0.04), Outage(45, after=10)),
        "laptop_lid": (Outage(3600, after=10),),
        "wifi_to_mobile": (Silence(after=10),),
        "nginx_60s": (IdleTimer(60, how="fin"),),
        "nat_5min": (IdleTimer(300, how="silent"),),
        "cloud_350s": (IdleTimer(350, how="forget"),),
        "two_hours_at_most": (MaxAge(7200),),
        "corporate_proxy": (AlterHeader("Upgrade", of=Role.CLIENT), AlterHeader("Connection", "close", of=Role.CLIENT)),
        "censor_rst": (Cut(seen=b"forbidden", of=Role.SERVER),),
        "slow_reader": (Rate(2_000, of=Role.SERVER),),
        "byte_by_byte": (Rechunk(1),),
        "glue": (Coalesce(0.05),),
        "pongs_lost": (SwallowPongs(),),
    }
)
"""Faults that often come together, by the name that people give them."""

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
