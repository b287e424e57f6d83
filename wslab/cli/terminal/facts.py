"""Questions about an entry, one function each.

The tape has no facts yet for what a link does; until it has, two of these functions look at the entry's sentence. All
other modules of the command line ask here and never read a sentence.
"""

from __future__ import annotations

import re

from wslab.protocol import Frame, FrameParser, Role
from wslab.tape.entry import Entry


def is_link_fault(entry: Entry) -> bool:
    """Whether it is something that the link did, and not a peer."""
    return entry.kind == "fault" and entry.sender == "wire"


def injected(entry: Entry) -> tuple[str, Frame] | None:
    """Who received a frame that was injected at a link, and the frame; None for every other entry."""
    # the record INJECTED(to, frame) replaces this look at the sentence
    found = _INJECTED.match(entry.sentence) if is_link_fault(entry) else None
    return (found[1], FrameParser(Role(found[1])).feed(entry.data)[0]) if found else None


_INJECTED = re.compile("Somebody in the middle sends the (client|server) ")


def tcp_signal(entry: Entry) -> str | None:
    """`FIN` or `RST` where the entry is a side's end of TCP; None for every other entry."""
    if entry.kind != "tcp":
        return None
    # the TCP records FIN and RST replace this look at the sentence
    return next((signal for signal in ("FIN", "RST") if f"({signal})" in entry.sentence), None)
