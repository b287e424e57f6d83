"""TODO."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Rechunk
from wslab.lab.faults.ending import Cut, IdleTimer, MaxAge, Silence
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate
from wslab.protocol import Role

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "mobile": "A phone on the move: late by turns, narrow, and now and then a packet is lost and sent again.",
        "satellite": "Far away: every byte takes a third of a second, each way.",
        "train_tunnel": "After 10 s nothing passes for 45 s, then all that waited comes at once.",
        "laptop_lid": "After 10 s the lid is closed for an hour; TCP outlives it, timers may not.",
        "wifi_to_mobile": "After 10 s the phone has another network: the old connection is silent, and nobody is told.",
        "nginx_60s": "A proxy ends a connection on which nothing passed for 60 s, with FIN to both sides.",
        "nat_5min": "A router forgets a connection that was quiet for 5 minutes, and tells nobody, ever.",
        "cloud_350s": "A load balancer forgets a connection quiet for 350 s; whoever sends next gets RST.",
        "two_hours_at_most": "An intermediary ends every connection after two hours, busy or not.",
        "corporate_proxy": "A proxy that knows HTTP only takes the Upgrade header away, so no handshake succeeds.",
        "censor_rst": "Somebody reads along, and resets both sides when the server says “forbidden”.",
        "slow_reader": "The client takes 2,000 bytes a second; what the server sends piles up.",
        "byte_by_byte": "Every byte comes alone: a reader that takes a chunk for a frame breaks.",
        "glue": "What comes within 50 ms comes as one chunk: several frames in one read.",
        "pongs_lost": "Pings arrive, Pongs do not: a heartbeat gives up a connection that works.",
    }
)
"""What each preset is in life, by its name."""


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
