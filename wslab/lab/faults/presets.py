"""Presets: faults that often come together, under the name that people give them.

Each stands here once, with what it is in life and its faults. A preset has no values; where one needs others, its
faults are written one by one.

Left out: how names are read (`names`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Rechunk
from wslab.lab.faults.ending import Cut, IdleTimer, MaxAge, Silence
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate
from wslab.protocol import Role


class _Preset(NamedTuple):
    name: str
    meaning: str
    faults: tuple[Fault, ...]


_ALL = (
    _Preset(
        "mobile",
        "A phone on the move: changing delay, a narrow path, and now and then a packet is lost and sent again.",
        (Delay(0.08, jitter=0.06), Rate(250_000), Loss(0.02)),
    ),
    _Preset(
        "satellite",
        "Far away: every byte takes 0.3 s, each way.",
        (Delay(0.3, jitter=0.02), Loss(0.005)),
    ),
    _Preset(
        "train_tunnel",
        "After 10 s nothing passes for 45 s, then all that waited comes at once; with a real TCP it comes later still.",
        (Delay(0.06, jitter=0.04), Outage(45, after=10)),
    ),
    _Preset(
        "laptop_lid",
        "After 10 s the lid is closed for an hour. Real TCP outlives that where nobody has anything to send;"
        " otherwise the side that sends ends the connection, on Linux after about 15 minutes.",
        (Outage(3600, after=10),),
    ),
    _Preset(
        "wifi_to_mobile",
        "After 10 s the phone has another network: the old connection is silent, and for minutes nothing tells the"
        " server.",
        (Silence(after=10),),
    ),
    _Preset(
        "nginx_60s",
        "A proxy ends a connection on which nothing passed for 60 s, with FIN to both sides.",
        (IdleTimer(60, how="fin"),),
    ),
    _Preset(
        "nat_5min",
        "A router forgets a connection that was quiet for 5 minutes, and tells nobody, ever.",
        (IdleTimer(300, how="silent"),),
    ),
    _Preset(
        "cloud_350s",
        "A load balancer forgets a connection quiet for 350 s; the next side to send gets RST.",
        (IdleTimer(350, how="forget"),),
    ),
    _Preset(
        "two_hours_at_most",
        "An intermediary ends every connection after two hours, busy or not.",
        (MaxAge(7200),),
    ),
    _Preset(
        "corporate_proxy",
        "A proxy that knows only HTTP removes the Upgrade header, so no handshake succeeds.",
        (AlterHeader("Upgrade", of=Role.CLIENT), AlterHeader("Connection", "close", of=Role.CLIENT)),
    ),
    _Preset(
        "censor_rst",
        "An intermediary reads along, and resets both sides when the server says “forbidden”.",
        (Cut(seen=b"forbidden", of=Role.SERVER),),
    ),
    _Preset(
        "slow_reader",
        "The client takes 2,000 bytes a second; what the server sends piles up.",
        (Rate(2_000, of=Role.SERVER),),
    ),
    _Preset(
        "byte_by_byte",
        "Every byte comes alone: a reader that takes a chunk for a frame breaks.",
        (Rechunk(1),),
    ),
    _Preset(
        "glue",
        "What comes within 50 ms comes as one chunk: several frames in one read.",
        (Coalesce(0.05),),
    ),
    _Preset(
        "pongs_lost",
        "Pings arrive, Pongs do not: a heartbeat ends a connection that works.",
        (SwallowPongs(),),
    ),
)

PRESETS: Mapping[str, tuple[Fault, ...]] = MappingProxyType({each.name: each.faults for each in _ALL})
"""The faults of each preset, by its name."""

MEANINGS: Mapping[str, str] = MappingProxyType({each.name: each.meaning for each in _ALL})
"""What each preset is in life, by its name."""
