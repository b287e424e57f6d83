"""What every fault is."""

from __future__ import annotations

from dataclasses import dataclass, fields

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


def _one_place(fault: Fault, *given: bool) -> None:
    if sum(given) > 1:
        raise ValueError(f"{type(fault).__name__}: it has one place; give at_byte or at_frame, not both.")
