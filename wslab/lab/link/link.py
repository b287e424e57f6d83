"""A link: what stands between clients and a server, and in which something can be wrong.

How it works: a link is a relay on a port of its own. Clients dial the link, it dials the server, and passes on what
both say. Faults can be given before or while it runs, and hold for every connection that goes through. Real peers go
through a link as the lab's own do.

There is no way back from silence: what a silent link swallowed was acknowledged to its sender, so no TCP will send
it again, and TCP never delivers a stream with a hole. A connection of which something was swallowed stays silent, in
both directions where the silence was in both. New ones are silent, too, while the link has the fault `Silence`; once it
is taken away, they are whole, as are those of which nothing was swallowed.

Left out: the relay itself (`relay`, `relayed`), what each fault does (`faults`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar

from wslab.explain import counted
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import GateStage, Held, InsertStage
from wslab.lab.faults.names import resolve
from wslab.lab.faults.stage import Stage
from wslab.lab.link.relay import Relay
from wslab.lab.network.base import TcpSignal
from wslab.protocol import Frame, Role
from wslab.tape.tape import Tape

S = TypeVar("S", bound=Stage)


class LabOfLink(Protocol):
    """The lab of a link, as the link shows it; a link in use keeps its lab alive."""

    @property
    def tape(self) -> Tape:
        """The tape of the lab."""

    @property
    def now(self) -> float:
        """Seconds on the lab's clock."""

    @property
    def in_memory(self) -> bool:
        """Whether no other program can reach it."""

    timeout: float
    """The limit of every wait, in seconds, unless a call says otherwise."""

    def connect(self, target: Any, /) -> Coroutine[Any, Any, Any]:
        """A client's connection to this link."""

    def endpoint(self, connection: int, role: Role) -> Any:
        """One end of a connection, where it is the lab's own and lives."""

    def start(self, coroutine: Coroutine[Any, Any, None], /) -> None:
        """Run a coroutine of the lab beside all else."""


def _undecided(gates: Iterable[GateStage]) -> Iterator[Held]:
    return (held for gate in gates for held, _ in gate.held if not held.decided)


class Link:
    """A relay between clients and a server. Clients dial `url` instead of the server's.

    Everything holds for all connections that go through the link.
    """

    def __init__(self, lab: LabOfLink, relay: Relay, path: str) -> None:
        self._lab = lab
        self._relay = relay
        self._path = path

    @property
    def url(self) -> str:
        """What a client dials: `ws://127.0.0.1:PORT/`."""
        return f"ws://{self._relay.address}{self._path}"

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._relay.address.port

    @property
    def connection_numbers(self) -> list[int]:
        """The numbers of the connections that go through it now; one that both sides have left does not."""
        return [each.number for each in self._relay.in_order if not each.is_over]

    @property
    def newest(self) -> int:
        """The number of the connection that began last, also when it is over; 0 where there was none."""
        return self._relay.newest

    @property
    def connection_count(self) -> int:
        """How many connections clients have made to it so far, also those that a full tape did not record."""
        return self._relay.count

    @property
    def silent(self) -> list[int]:
        """The numbers of the connections of which something was swallowed for good: no TCP sends it again."""
        return [each.number for each in self._relay.in_order if each.lasting]

    @property
    def target(self) -> str:
        """Where it dials for each of its clients: `127.0.0.1:PORT`."""
        return str(self._relay.target)

    @property
    def lab(self) -> LabOfLink:
        """The lab that made it."""
        return self._lab

    @property
    def tape(self) -> Tape:
        """What happens on it, and all else in its lab."""
        return self._lab.tape

    # --- faults -----------------------------------------------------------------------

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with it, in the order in which bytes meet it. Assign faults, or names of presets.

        A fault that stays goes on as it was; one that is taken away lets go of what it held. Raises `ValueError`
        where two faults contradict each other.
        """
        return self._relay.faults

    @faults.setter
    def faults(self, faults: Iterable[Fault | str]) -> None:
        self._relay.apply(resolve(faults))

    def silence(self) -> None:
        """Swallow both directions from now on, also of new connections. Neither side hears of it, not by FIN or RST.

        Each side goes on to believe what it believed (half-open). There is no way back for a connection of which
        something was swallowed: `link.faults = ()` makes only the others whole, and those to come.
        """
        if Silence() not in self.faults:
            self.faults = (*self.faults, Silence())

    def cut(self) -> None:
        """Cut the connections at once: RST to both sides. A new connection goes through the same faults."""
        self.enter(lambda: self._relay.end(TcpSignal.RST))

    def fin(self) -> None:
        """End the connections at once with FIN to both sides, without a Close. New ones go through the same faults."""
        self.enter(lambda: self._relay.end(TcpSignal.FIN))

    # --- by hand ----------------------------------------------------------------------

    def enter(self, call: Callable[[], object]) -> None:
        """Call it on the lab's own loop: at once, or soon where that runs in another thread, as a widget may."""
        self._relay.context.clock.enter(call)

    def watch(self, callback: Callable[[], object]) -> Callable[[], object]:
        """Call `callback()` soon after something happened, at most 20 times a second; gives a function to stop."""
        return self._lab.tape.watch(callback)

    @property
    def held(self) -> list[Held]:
        """What waits at the link's `Gate`: heads and frames, each to be released, dropped or edited."""
        return list(_undecided(self._stages(GateStage)))

    def first_held(self, most: int, *, connection: int | None = None, of: Role | None = None) -> list[Held]:
        """The first of `held`, at most so many; what is behind them costs nothing.

        Of one `connection`, and `of` one sender, where they are given.
        """
        gates = (
            gate
            for gate in self._stages(GateStage)
            if connection in (None, gate.owner.number) and of in (None, gate.role)
        )
        return list(islice(_undecided(gates), most))

    def count_held(self, connection: int, of: Role) -> int:
        """How many of `held` one side of a connection sent; none of them is looked at."""
        gates = self._stages(GateStage)
        return sum(gate.undecided for gate in gates if gate.owner.number == connection and gate.role is of)

    def count_frames(self, connection: int, of: Role) -> int:
        """How many frames of one side have come to it, where the connection lives; also those that are on no tape."""
        living = (each for each in self._relay.in_order if each.number == connection)
        return sum(each.pipelines[of].frames for each in living)

    @property
    def held_counts(self) -> dict[Role, int]:
        """How many of `held` each side sent; none of them is looked at."""
        counts = dict.fromkeys(Role, 0)
        for gate in self._stages(GateStage):
            counts[gate.role] += gate.undecided
        return counts

    def inject(self, frame: Frame, *, to: Role | str, connection: int | None = None, as_it_is: bool = False) -> int:
        """Put a frame between those that pass, as if the other side had sent it; returns on how many connections.

        The link needs the fault `Insert()`. Towards a server the frame is masked, unless it goes `as_it_is`. It goes at
        once, or behind the frame that is just passing. Where another fault holds bytes while `Insert()` is put on, it
        goes behind the next frame. Behind a Close that was put in, nothing of that side passes any more.
        """
        sender = Role(to).peer
        stages = [
            each
            for each in self._stages(InsertStage)
            if each.role is sender and connection in (None, each.owner.number)
        ]
        if not stages and self._relay.connections:
            raise ValueError("Nothing can be put into these connections: give the link the fault Insert() first.")
        for each in stages:
            made = frame if as_it_is or sender is Role.SERVER else frame.replace(mask=self._relay.context.keys(4))
            self.enter(partial(each.insert, made))
        return len(stages)

    def _stages(self, kind: type[S]) -> list[S]:
        pipelines = [pipeline for each in self._relay.in_order for pipeline in each.pipelines.values()]
        return [each for pipeline in pipelines for each in pipeline.stages if isinstance(each, kind)]

    # --- its end ----------------------------------------------------------------------

    async def close(self) -> None:
        """Listen no more, and end what goes through."""
        _ = self._relay.context.clock.loop  # raises where this is not the loop of the lab
        self._relay.drop()
        await self._relay.context.clock.settle()

    async def __aenter__(self) -> Link:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        state = ", ".join(map(repr, self.faults)) or "passes everything on"
        count = counted(len(self._relay.connections), "connection")
        return f"<Link at {self.url} to {self._relay.target}, {state}, {count}>"
