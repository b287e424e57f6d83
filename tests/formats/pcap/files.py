"""Captures as files: pcap in its variants and pcapng in its own, written for tests.

A `Packet` has the link type, the bytes and, where the capture kept less of them, how many there were on the wire.
Packets are a millisecond apart.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

BEGAN = 1_700_000_000_000  # milliseconds


class Packet(NamedTuple):
    """A packet in a capture; `size` is 0 where all of it is there."""

    link: int
    data: bytes
    size: int = 0

    @property
    def on_wire(self) -> int:
        """How many bytes it had."""
        return max(self.size, len(self.data))


def cut(packet: Packet, snap: int) -> Packet:
    """What a snap length leaves of it; a negative one takes so many bytes from the end."""
    return Packet(packet.link, packet.data[:snap], packet.on_wire)


def pcap(packets: Sequence[Packet], *, magic: int = 0xA1B2C3D4, order: str = "<", more: bytes = b"") -> bytes:
    """The older format, for packets of one link type; `more` is what each packet's header has behind it."""
    digits = 10**6 if magic == 0xA1B23C4D else 1000  # of a millisecond
    whole = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, packets[0].link)
    for number, each in enumerate(packets):
        seconds, rest = divmod(BEGAN + number, 1000)
        whole += struct.pack(f"{order}IIII", seconds, rest * digits, len(each.data), each.on_wire) + more + each.data
    return whole


def section(order: str) -> bytes:
    """The beginning of a section of pcapng."""
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def block(order: str, kind: int, body: bytes) -> bytes:
    """A block of pcapng, filled up."""
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def interface(order: str, link: int, snap: int = 262144, options: bytes = b"") -> bytes:
    """The block that announces an interface."""
    return block(order, 1, struct.pack(f"{order}HHI", link, 0, snap) + options)


def enhanced(order: str, number: int, interface: int, packet: Packet) -> bytes:
    """The block of a packet; microseconds since 1970."""
    high, low = divmod((BEGAN + number) * 1000, 1 << 32)
    head = struct.pack(f"{order}IIIII", interface, high, low, len(packet.data), packet.on_wire)
    return block(order, 6, head + packet.data)


def pcapng(packets: Iterable[Packet], order: str = "<") -> bytes:
    """One section with an interface for each link type, in the order of appearance."""
    packets = list(packets)
    links = list(dict.fromkeys(each.link for each in packets))
    blocks = (enhanced(order, number, links.index(each.link), each) for number, each in enumerate(packets))
    return section(order) + b"".join(interface(order, link) for link in links) + b"".join(blocks)


def _sections(packets: Sequence[Packet]) -> bytes:
    """Three sections of either byte order; the interfaces of each count anew."""
    third = len(packets) // 3
    parts = (packets[:third], packets[third : 2 * third], packets[2 * third :])
    return b"".join(
        section(order)
        + interface(order, 147)
        + interface(order, part[0].link)
        + b"".join(enhanced(order, at + third * number, 1, each) for at, each in enumerate(part))
        for number, (order, part) in enumerate(zip("<><", parts, strict=True))
    )


def _simple(packets: Sequence[Packet]) -> bytes:
    """Packets without a time and an interface."""
    blocks = (block("<", 3, struct.pack("<I", each.on_wire) + each.data) for each in packets)
    return section("<") + interface("<", packets[0].link) + b"".join(blocks)


FILES: Mapping[str, Callable[[Sequence[Packet]], bytes]] = {
    "pcap, little-endian": pcap,
    "pcap, big-endian": lambda packets: pcap(packets, order=">"),
    "pcap, nanoseconds": lambda packets: pcap(packets, magic=0xA1B23C4D),
    "pcap, nanoseconds, big-endian": lambda packets: pcap(packets, magic=0xA1B23C4D, order=">"),
    "pcap, modified": lambda packets: pcap(packets, magic=0xA1B2CD34, more=struct.pack("<IHBB", 2, 0x800, 0, 0)),
    "pcap, modified, big-endian": lambda packets: pcap(
        packets, magic=0xA1B2CD34, order=">", more=struct.pack(">IHBB", 2, 0x800, 0, 0)
    ),
    "pcapng, little-endian": pcapng,
    "pcapng, big-endian": lambda packets: pcapng(packets, ">"),
    "pcapng, three sections": _sections,
    "pcapng, simple packets": _simple,
}
"""Every kind of file by its name."""
