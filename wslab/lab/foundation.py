"""What a lab stands on: its clock, and the network that fits that clock.

How it works: real time has the sockets of this machine. Where Python has none, as in a browser, it has TCP in memory on
the loop that runs, one network for all labs of a loop. Virtual time has TCP in memory on a loop of its own.

What it leaves out: how they work (`clock`, `network`).
"""

from __future__ import annotations

import sys

from wslab.lab.clock.base import Clock
from wslab.lab.clock.real import RealClock
from wslab.lab.clock.virtual import VirtualClock
from wslab.lab.network.base import Network
from wslab.lab.network.lent import LentNetwork, lend
from wslab.lab.network.memory import MemoryNetwork
from wslab.lab.network.sockets import SocketNetwork

REAL, VIRTUAL = "real", "virtual"

PLATFORM: str = sys.platform

_WITHOUT_SOCKETS = "emscripten"  # the platform of a Python in a browser: no page can listen, or open a TCP connection


def has_sockets() -> bool:
    """Whether this Python can listen and dial; not so in a browser."""
    return PLATFORM != _WITHOUT_SOCKETS


def clock_and_network(name: str, seed: int | None) -> tuple[Clock, Network]:
    """The two that fit together; `ValueError` where there is no clock of that name."""
    if name == REAL:
        real = RealClock()
        return real, SocketNetwork(real) if has_sockets() else LentNetwork(real)
    if name == VIRTUAL:
        virtual = VirtualClock(seed or 0)
        memory = MemoryNetwork(virtual.virtual_loop)
        lend(virtual.virtual_loop, memory)
        return virtual, memory
    raise ValueError(f"clock is {REAL!r} or {VIRTUAL!r}; this is {name!r}.")
