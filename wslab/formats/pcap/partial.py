"""Packets that are not whole: the snap length of the capture cut them, or they are fragments of IP.

A packet says how long it was on the wire, and its IP header how long its segment is. What counts here is bytes of TCP
that are missing: a cut that takes only padding harms nobody. Where a cut goes through the headers, it is not known
whether the packet was TCP; this is told only where nothing else is found.

What it leaves out: where in its stream the missing bytes stand (`flows`).
"""

from __future__ import annotations

from wslab.explain import counted, size_in_words
from wslab.formats.pcap.tcpip import Segment
from wslab.formats.pcap.unwrap import Unwrapped

_CURE = "Capture whole packets: `tcpdump -s 0`, or a snap length of 262144 bytes in Wireshark's capture options."


class PartialPackets:
    """Counts them."""

    def __init__(self) -> None:
        self._cut = 0  # segments
        self._missing = 0  # bytes of these
        self._kept = 0  # bytes, of the longest packet that was cut
        self._headless = 0  # packets that end inside their headers
        self._fragments = 0

    def count(self, kept: int, size: int, found: Unwrapped | None) -> None:
        """One packet of `size` bytes, of which `kept` are in the capture, with what was found in it."""
        if found is not None and found.segment is None:
            self._fragments += 1
        elif kept < size:
            self._count_cut(kept, size, None if found is None else found.segment)

    def _count_cut(self, kept: int, size: int, segment: Segment | None) -> None:
        missing = size - kept if segment is None else segment.size - len(segment.payload)
        if missing > 0:
            self._kept = max(self._kept, kept)
            self._headless += segment is None
            self._cut += segment is not None
            self._missing += missing * (segment is not None)

    def sentences(self) -> list[str]:
        """What is missing of segments, and what helps; empty where nothing is."""
        were = "was" if self._cut == 1 else "were"
        cut = (
            f"The snap length of the capture is too short: {counted(self._cut, 'packet')} {were} cut to "
            f"{counted(self._kept, 'byte')} or less, and {size_in_words(self._missing)} of what was sent are missing. "
            f"{_CURE}"
        )
        are = "is a fragment" if self._fragments == 1 else "are fragments"
        fragments = (
            f"{counted(self._fragments, 'packet')} of the capture {are} of IP, and what is in them is missing: "
            "wslab does not put fragments together."
        )
        return [cut] * bool(self._cut) + [fragments] * bool(self._fragments)

    def hints(self) -> list[str]:
        """The same where nothing was found; then also cut headers count."""
        if self._cut or not self._headless:
            return self.sentences()
        headless = (
            f"The snap length of the capture is too short: {counted(self._headless, 'packet')} cut to "
            f"{counted(self._kept, 'byte')} or less, before the end of the headers. {_CURE}"
        )
        return [headless, *self.sentences()]
