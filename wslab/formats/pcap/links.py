"""Link types: what each packet of a capture begins with, by the numbers that libpcap gives them.

A reader is one of `tunnels`, at the first byte of a packet. Headers of the machine itself (NULL, PKTAP, NFLOG) have the
byte order of the machine that captured, which may be another one than that of the file: the order is the one that makes
sense.

What it leaves out: the air of Wi-Fi, Bluetooth and USB.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from wslab.formats.pcap.tunnels import (
    ETHERNET,
    ETHERTYPE,
    IPV4,
    IPV6,
    LINK,
    Following,
    PacketHeader,
    ethernet,
    ethertype,
    ip,
    mpls,
    number_at,
    ppp,
    pppoe,
)

RAW_IP = 101
"""The link type of packets that begin with their IP header."""

NULL, SLL, SLL2 = 0, 113, 276

_FAMILIES = frozenset({2, 10, 23, 24, 26, 28, 30, IPV4, IPV6})  # of IPv4, what systems have for IPv6, and EtherTypes
_PKTAP_PACKET, _NFLOG_PAYLOAD = 1, 9


def _null(data: bytes, at: int) -> Following | None:
    """BSD loopback: the family of addresses in 4 bytes."""
    is_family = any(struct.unpack_from(f"{order}I", data, at)[0] in _FAMILIES for order in "<>")
    return ip(data, at + 4) if is_family else None


def _pktap(data: bytes, at: int) -> Following | None:
    """macOS: a header that says its own size, and the link type of what follows."""
    for order in "<>":
        size, kind, link = struct.unpack_from(f"{order}III", data, at)
        if 12 <= size <= len(data) and kind == _PKTAP_PACKET:
            return Following(LINK, link, at + size)
    return None


def _nflog(data: bytes, at: int) -> Following | None:
    """Linux netfilter: a list of sizes, types and values, of which one is the packet."""
    at += 4
    order = "<" if data[at + 2] else ">"  # no type is 0 or above 255
    while True:
        size, kind = struct.unpack_from(f"{order}HH", data, at)
        if kind & 0x7FFF == _NFLOG_PAYLOAD:
            return ip(data, at + 4)
        if size < 4:
            return None
        at += size + -size % 4


def _hdlc(data: bytes, at: int) -> Following | None:
    """PPP on a serial line, or Cisco's own HDLC there."""
    return _cisco_hdlc(data, at) if data[at] in (0x0F, 0x8F) else ppp(data, at)


def _cisco_hdlc(data: bytes, at: int) -> Following:
    return Following(ETHERTYPE, number_at(data, at + 2), at + 4)


_PKTAP = PacketHeader("PKTAP", _pktap)

LINKS: Mapping[int, PacketHeader] = {
    NULL: PacketHeader("NULL", _null),
    108: PacketHeader("LOOP", _null),
    ETHERNET: PacketHeader("Ethernet", ethernet),
    9: PacketHeader("PPP", _hdlc),
    50: PacketHeader("PPP", _hdlc),
    51: PacketHeader("PPPoE", pppoe),
    104: PacketHeader("HDLC", _cisco_hdlc),
    SLL: PacketHeader("SLL", lambda data, at: ethertype(data, at + 14)),
    149: _PKTAP,  # macOS, before it had a number
    166: PacketHeader("PPP", lambda data, at: ppp(data, at + 2)),  # the direction in place of the address
    204: PacketHeader("PPP", lambda data, at: ppp(data, at + 1)),  # the direction before it
    219: PacketHeader("MPLS", mpls),
    226: PacketHeader("IPNET", lambda data, at: ip(data, at + 24)),  # Solaris
    239: PacketHeader("NFLOG", _nflog),
    258: _PKTAP,
    SLL2: PacketHeader("SLL2", lambda data, at: Following(ETHERTYPE, number_at(data, at), at + 20)),
    **dict.fromkeys((12, 14, RAW_IP, 228, 229), PacketHeader("", ip)),
}
"""How a packet begins, by its link type."""
