"""Questions about an entry, one function each. All other modules of the command line ask here."""

from __future__ import annotations

from wslab.protocol import Frame
from wslab.tape.entry import Entry
from wslab.tape.records import Injected


def is_link_fault(entry: Entry) -> bool:
    """Whether it is something that the link did, and not a peer."""
    return entry.kind == "fault" and entry.sender == "wire"


def injected(entry: Entry) -> tuple[str, Frame] | None:
    """Who received a frame that was injected at a link, and the frame; None for every other entry."""
    if not isinstance(entry.fact, Injected) or (frame := entry.fact.frame) is None:
        return None
    return entry.fact.to, frame


def tcp_signal(entry: Entry) -> str | None:
    """`FIN` or `RST` where the entry is a side's end of TCP; None for every other entry."""
    return None if entry.tcp == "connect" else entry.tcp
