"""Packets of which a capture kept only the beginning: its snap length cut them.

A packet says how long it was on the wire, and its IP header how long its segment is. What counts here is bytes of TCP
that are missing: a cut that takes only padding harms nobody. Where a cut goes through the headers, it is not known
whether the packet was TCP; this is told only where nothing else is found.

What it leaves out: where in its stream the missing bytes stand (`flows`).
"""

from __future__ import annotations

from wslab.explain import counted, size_in_words
from wslab.formats.pcap.tcpip import Segment

_CURE = "Capture whole packets: `tcpdump -s 0`, or a snap length of 262144 bytes in Wireshark's capture options."


class CutPackets:
    """Counts what the snap length took."""

    def __init__(self) -> None:
        self._cut = 0  # segments
        self._missing = 0  # bytes of these
        self._kept = 0  # bytes, of the longest packet that was cut
        self._headless = 0  # packets that end inside their headers

    def count(self, kept: int, size: int, found: Segment | None) -> None:
        """One packet of `size` bytes, of which `kept` are in the capture, with the segment found in it."""
        missing = found.size - len(found.payload) if found is not None else size - kept
        if kept >= size or missing <= 0:
            return
        self._kept = max(self._kept, kept)
        if found is None:
            self._headless += 1
        else:
            self._cut += 1
            self._missing += missing

    def sentences(self) -> list[str]:
        """What is missing of segments, and what helps; empty where nothing is."""
        if not self._cut:
            return []
        were = "was" if self._cut == 1 else "were"
        return [
            f"The snap length of the capture is too short: {counted(self._cut, 'packet')} {were} cut to "
            f"{counted(self._kept, 'byte')} or less, and {size_in_words(self._missing)} of what was sent are missing. "
            f"{_CURE}"
        ]

    def hint(self) -> str:
        """The same where nothing was found, with a space before it; then also cut headers count."""
        if self._cut or not self._headless:
            return "".join(f" {each}" for each in self.sentences())
        return (
            f" The snap length of the capture is too short: {counted(self._headless, 'packet')} cut to "
            f"{counted(self._kept, 'byte')} or less, before the end of the headers. {_CURE}"
        )
