"""Which peers are here, why others are not, and all of them asked about one change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from wslab.course.peers.changes import Change
from wslab.course.peers.exchanges import Exchange
from wslab.course.peers.in_node import find_ws
from wslab.course.peers.in_websockets import InWebsockets
from wslab.course.peers.in_wslab import InWslab
from wslab.course.peers.judging import Verdict, judge
from wslab.course.peers.reading import Peer, PeerGone
from wslab.extras import EXTRAS

__all__ = ["Judged", "Peers", "find_peers"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What every peer did, wslab first, and a sentence for each that could not be asked."""

    verdicts: tuple[Verdict, ...]
    missing: tuple[str, ...]

    @property
    def ours(self) -> Verdict:
        """The verdict of wslab."""
        return self.verdicts[0]


@dataclass(frozen=True, slots=True)
class Peers:
    """The peers that are here, wslab first; `missing` has a sentence for each that is not."""

    here: tuple[Peer, ...]
    missing: tuple[str, ...] = ()

    def judge(self, exchange: Exchange, change: Change) -> Judged:
        """What each makes of a change."""
        verdicts, missing = [], list(self.missing)
        for peer in self.here:
            try:
                verdicts.append(judge(peer, exchange, change))
            except PeerGone as why:
                missing.append(f"{peer.name} says nothing: {why}.")
        return Judged(tuple(verdicts), tuple(missing))


def find_peers(ws: str | Path | None = None) -> Peers:
    """wslab, `websockets`, wsproto where it is installed, and npm's `ws`.

    `ws` is looked for in the folder of this name, or where Node.js finds it from the present folder.
    """
    here: list[Peer] = [InWslab(), InWebsockets()]
    missing = []
    for name, found in _others(ws):
        if isinstance(found, str):
            missing.append(f"{name} is not asked: {found}.")
        else:
            here.append(found)
    return Peers(tuple(here), tuple(missing))


def _others(ws: str | Path | None) -> Iterator[tuple[str, Peer | str]]:
    """The peers that may be missing, each with itself or the reason."""
    yield "wsproto", _wsproto()
    try:
        yield "ws", find_ws(ws)
    except PeerGone as why:
        yield "ws", f"{why} (it takes Node.js, and `npm install ws` in this folder or `BreakIt(ws=FOLDER)`)"


def _wsproto() -> Peer | str:
    if find_spec("wsproto") is None:
        return f"it is not installed (`{EXTRAS['peers'].command}` does that)"
    make: partial[Peer] = partial(import_module("wslab.course.peers.in_wsproto").InWsproto)
    return make()
