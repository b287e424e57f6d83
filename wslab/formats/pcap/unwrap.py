"""From a packet to its TCP segment: the headers around it are passed over, from the outside.

Each header says what follows (`links`, `tunnels`), IP among them (`tcpip`); the innermost IP packet has the segment.
The walk ends at TCP, at a header that nobody knows, or behind `MOST_HEADERS`.

What it leaves out: fragments of IP, which are known as such and not put together.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from wslab.formats.pcap.links import LINKS
from wslab.formats.pcap.tcpip import FRAGMENT, TCP, IpPacket, Segment, ip_packet, tcp_segment
from wslab.formats.pcap.tunnels import ETHERTYPE, HEADERS, IP, IPV4, IPV6, LINK, Following, PacketHeader

MOST_HEADERS = 32
"""Headers that a packet may have before its TCP segment."""


class Unwrapped(NamedTuple):
    """A segment, and the names of the headers before it, from the outside. Of a fragment of IP there is no segment."""

    segment: Segment | None
    headers: tuple[str, ...]


def is_link_known(link: int) -> bool:
    """Whether packets of this link type can be read."""
    return link in LINKS


def unwrap(link: int, data: bytes, size: int = 0) -> Unwrapped | None:
    """The TCP segment in a captured packet, or that it is a fragment of IP; None where it is neither.

    `size` is that of the packet on the wire, where a capture may have kept less of it.
    """
    try:
        return _walk(Following(LINK, link, 0), data, max(size, len(data)))
    except (struct.error, IndexError):  # a header is cut
        return None


def _walk(following: Following | None, data: bytes, size: int) -> Unwrapped | None:
    names: list[str] = []
    while following is not None and len(names) < MOST_HEADERS:
        space, number, at = following
        if space == ETHERTYPE and number in (IPV4, IPV6):
            packet = ip_packet(data, at, size)
            if packet is None:
                return None
            names.append(packet.name)
            if packet.protocol in (TCP, FRAGMENT):
                return _end(packet, data, names)
            following = Following(IP, packet.protocol, packet.begin)
        elif (header := _header(space, number)) is None:
            return None
        else:
            names.append(header.name)
            following = header.read(data, at)
    return None


def _end(packet: IpPacket, data: bytes, names: list[str]) -> Unwrapped | None:
    segment = tcp_segment(packet, data) if packet.protocol == TCP else None
    if segment is None and packet.protocol == TCP:
        return None
    return Unwrapped(segment, tuple(filter(None, names)))


def _header(space: str, number: int) -> PacketHeader | None:
    return LINKS.get(number) if space == LINK else HEADERS.get((space, number))
