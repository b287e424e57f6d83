"""What befalls the client in `check_reconnect`, and one run of it.

A `Situation` has a script, a coroutine of a `Service`. After it the client has some time to complete its items, then
the server closes with 1000, and the run goes on for `AFTERWARDS` seconds. `Observed` is what was seen of that.

Left out: what is right (`reconnect_findings`), and the server (`service`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from wslab.course.exercises.service import Client, Service
from wslab.course.exercises.trial import Run, Trial
from wslab.lab.faults.base import Fault
from wslab.lab.faults.pongs import SwallowPongs
from wslab.lab.faults.timing import Delay

NOTICED_IN = 60.0
"""Seconds in which a silent path must be noticed."""

AFTERWARDS = 200.0
"""Seconds for which a run goes on after the server closed with 1000."""

HERD = 60
"""Clients that come back at once, in the situation that is about them."""

MOST_IN_A_SECOND = HERD * 2 // 3

Script = Callable[[Service], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Situation:
    """What happens, as a script, and what may be asked of a client in it.

    `name` is the scenario that tells it, `setting` says it in a sentence. `within` are the seconds that a client has to
    complete its items after the script. `most_dials` is how often each client may dial.
    """

    name: str
    setting: str
    script: Script
    most_dials: int
    within: float = 5.0
    faults: tuple[Fault, ...] = ()
    clients: int = 1
    again: int = 0


# ---- what happens


async def calm(service: Service) -> None:
    """Three items."""
    await service.publish(3, every=5)


async def cut(service: Service) -> None:
    """The fourth item is on its way when the connection is cut, and more come while the client is away."""
    await service.publish(4, every=5)
    await asyncio.sleep(0.02)
    service.link.cut()
    await service.publish(4, every=0.5)


async def deploy(service: Service) -> None:
    """The server restarts, and says so."""
    await service.publish(3, every=5)
    await service.restart(20, 1001)
    await service.publish(3, every=5)


async def silence(service: Service) -> None:
    """The path falls silent, and is back for new connections after 20 s."""
    await service.publish(4, every=5)
    await asyncio.sleep(1)
    service.link.silence()
    await service.publish(2, every=10)
    service.link.faults = ()  # a new connection gets through; the old one has lost something, and stays silent
    await service.publish(3, every=10)


async def quiet(service: Service) -> None:
    """Ten minutes without an item."""
    await service.publish(3, every=5)
    await asyncio.sleep(600)
    await service.publish(2, every=5)


async def steady(service: Service) -> None:
    """An item now and then."""
    await service.publish(20, every=15)


async def gone(service: Service) -> None:
    """Half an hour nobody listens, and for another half the server starts and refuses."""
    await service.publish(2, every=5)
    await service.restart(1800, None)
    service.status = 503
    await asyncio.sleep(1800)
    service.status = 101
    await service.publish(2, every=30)


async def crashing(service: Service) -> None:
    """The server takes each connection and dies at once."""
    await service.publish(2, every=5)
    service.crashes = True
    service.link.cut()
    await asyncio.sleep(1800)
    service.crashes = False


async def twice(service: Service) -> None:
    """A long outage, two good minutes, and a short break."""
    await service.publish(2, every=5)
    await service.restart(600, None)
    await service.publish(8, every=15)
    service.link.cut()
    await service.publish(1, every=1)


async def refused(service: Service) -> None:
    """The server lets nobody in any more."""
    await service.publish(2, every=5)
    service.status = 403
    service.link.cut()
    await asyncio.sleep(600)


SITUATIONS = (
    Situation("clean-close", "Three items come, and the server closes with 1000.", calm, 1),
    Situation(
        "reconnect", "The connection is cut while item 4 is on its way.", cut, 3, within=10, faults=(Delay(0.05),)
    ),
    Situation(
        "sent-twice",
        "After a cut, the server sends to a client that comes back the last two items once more.",
        cut,
        3,
        within=10,
        faults=(Delay(0.05),),
        again=2,
    ),
    Situation("rolling-deploy", "The server closes with 1001, is away for 20 s, and comes back.", deploy, 15, 60),
    Situation("half-open-server", "The path falls silent after 21 s.", silence, 5, within=NOTICED_IN - 50 + 5),
    Situation("keepalive", "Nothing is published for ten minutes; the server answers each Ping.", quiet, 1),
    Situation("slow-path", "Each way takes 4 s, and nothing comes for ten minutes.", quiet, 1, 15, (Delay(4),)),
    Situation("pong-lost", "An item comes every 15 s, and every Pong is lost.", steady, 1, faults=(SwallowPongs(),)),
    Situation("herd", "The server is gone for an hour: nobody listens, then it answers 503.", gone, 250, 65, clients=3),
    Situation("killed", "For half an hour the server takes each connection and dies at once.", crashing, 160, 65),
    Situation(
        "network-change",
        "After ten bad minutes and two good ones the connection is cut again.",
        twice,
        70,
        8,
        clients=3,
    ),
    Situation("handshake-refused", "The connection is cut, and the server answers 403.", refused, 2),
    Situation("herd", f"The server restarts, and {HERD} clients come back.", deploy, 15, 60, clients=HERD),
)
"""In the order in which they are played."""


# ---- one run


@dataclass
class Observed:
    """What was observed of one run."""

    situation: Situation
    trial: Trial
    service: Service
    left_open: Sequence[int] = ()

    @property
    def wanted(self) -> list[int]:
        """The items, as they should be shown."""
        return list(range(1, self.service.published + 1))

    @property
    def is_complete(self) -> bool:
        """Whether every client has shown everything."""
        return all(each.items == self.wanted for each in self.service.clients)

    @property
    def client(self) -> Client:
        """The first client that lacks something, or the first of all."""
        clients, over = self.service.clients, self.service.over_at
        return next((each for each in clients if each.items_by(over) != self.wanted), clients[0])

    @property
    def dials_in_time(self) -> list[float]:
        """When that client dialled before all was over."""
        return [each for each in self.client.dials if each <= (self.service.over_at or float("inf"))]

    @property
    def run(self) -> Run:
        """The run of that client."""
        return self.trial.runs[self.service.clients.index(self.client)]


def play(function: Callable[..., Awaitable[object]], situation: Situation) -> Observed:
    """Run a learner's function through a situation."""
    trial = Trial(function)
    seen = Observed(situation, trial, Service(trial.lab, situation.clients, situation.again))
    trial.run(_story(seen))
    return seen


async def _story(seen: Observed) -> None:
    service, trial = seen.service, seen.trial
    await service.open(*seen.situation.faults)
    for client in service.clients:
        trial.start(service.connect_of(client), service.show_of(client))
    loop = asyncio.get_running_loop()
    script = loop.create_task(_whole_script(seen))
    enough = loop.create_task(service.enough.wait())
    await asyncio.wait({script, enough}, return_when=asyncio.FIRST_COMPLETED)
    enough.cancel()
    if script.done():
        script.result()  # an error of the script is the check's own
    script.cancel()


async def _whole_script(seen: Observed) -> None:
    service, situation = seen.service, seen.situation
    await situation.script(service)
    until = seen.trial.lab.now + situation.within
    while seen.trial.lab.now < until and not seen.is_complete:  # noqa: ASYNC110  each client would need an event
        await asyncio.sleep(0.5)
    await asyncio.sleep(1)  # what was shown with the last item is over
    service.end()
    await asyncio.sleep(AFTERWARDS)
    all_ = [each for client in service.clients for each in client.connections]
    seen.left_open = [each.number for each in all_ if each.is_open]
