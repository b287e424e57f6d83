"""The list of scenarios, and how one is played."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wslab.lab import Lab, Tape
from wslab.scenarios.disconnects import clean_close, cut, half_open


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: `run(lab)` makes it happen; `question` is asked before, `explanation` told after."""

    name: str
    run: Callable[[Lab], Awaitable[None]]
    question: str
    explanation: str

    @property
    def sentence(self) -> str:
        """What happens, in one sentence."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]


class UnknownScenario(LookupError):
    """No scenario has that name; the message lists those that are near."""

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name, SCENARIOS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(SCENARIOS)}."
        super().__init__(f"There is no scenario {name!r}: {hint}")


_ALL = (
    Scenario(
        "clean-close",
        clean_close,
        "Who closes TCP first: the client, which began the closing handshake, or the server?",
        "Two Close frames, one each way, then TCP, the server first (§7.1.1). Both sides know when, why and by whom.",
    ),
    Scenario(
        "cut",
        cut,
        "Which close code does each side believe in, and which of them was on the wire?",
        "RST ends TCP at once, and no Close frame came: each side tells its program 1006, which nobody sent (§7.1.5).",
    ),
    Scenario(
        "half-open",
        half_open,
        "The client sends into a silent cable. What do the two sides believe then?",
        "Both still believe OPEN: TCP takes the bytes and nobody says that they were lost. "
        "A Ping without its Pong is how the client finds out (§5.5.2); the server, which did not ask, keeps a zombie.",
    ),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
"""Every scenario by its name."""


async def play(name: str, *, seed: int | None = None) -> Tape:
    """Run a scenario on real sockets and return what happened, up to its most telling moment.

    With a `seed` the masking keys and the handshake's key repeat from run to run. Raises
    `UnknownScenario` with the nearest name.
    """
    if name not in SCENARIOS:
        raise UnknownScenario(name)
    async with Lab(seed=seed) as lab:
        await SCENARIOS[name].run(lab)
        return lab.tape.copy()
