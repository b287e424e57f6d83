"""Headers that may stand between a link and TCP: VLAN tags, MPLS, PPPoE and PPP, GRE, and the tunnels in UDP.

A reader is given a packet and the place where its header begins. It says what follows: a number, the space in which
the number has its meaning (`LINK`, `ETHERTYPE`, `PPP`, `IP`, `UDP`), and the place. It says None where the bytes are
not such a header. The place only grows, so that a packet takes no more time than its bytes, however its headers are
nested; a header that is cut raises IndexError or `struct.error`.

A tunnel in UDP is known by the port to which it is sent. MPLS does not say what it carries: the first four bits of IP
do (RFC 4928), and what is not IP is Ethernet (RFC 4448), behind its control word where it has one.

What it leaves out: what is encrypted (IPsec, WireGuard, MACsec), compressed or cut into pieces.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

LINK, ETHERTYPE, PPP, IP, UDP = "link", "ethertype", "ppp", "ip", "udp"

ETHERNET = 1
"""The link type of Ethernet."""

IPV4, IPV6 = 0x0800, 0x86DD
"""The EtherTypes of IP."""

_VLANS = (0x8100, 0x88A8, 0x9100)
_VN_TAG = 0x8926  # of Cisco's switches; a tag of a VLAN mostly follows
_BRIDGED, _PPP_TYPE, _SNAP = 0x6558, 0x880B, b"\xaa\xaa\x03"
_ERSPAN_II, _ERSPAN_III = 0x88BE, 0x22EB
_LARGEST_LENGTH = 1500  # what is not more is a length, no EtherType (IEEE 802.3)


class Following(NamedTuple):
    """What follows a header: its number, the space of the number, and the place of its first byte."""

    space: str
    number: int
    at: int


Reader = Callable[[bytes, int], Following | None]


class PacketHeader(NamedTuple):
    """One kind of header: its name, and how it is read."""

    name: str
    read: Reader


def number_at(data: bytes | bytearray, at: int) -> int:
    """The 16 bits at a place; fewer where the packet ends."""
    return int.from_bytes(data[at : at + 2], "big")


def ethernet(data: bytes, at: int) -> Following | None:
    """Two addresses of 6 bytes, then an EtherType."""
    return ethertype(data, at + 12)


def ethertype(data: bytes, at: int) -> Following | None:
    """An EtherType, or a length with LLC and SNAP behind it (RFC 1042)."""
    number = number_at(data, at)
    if number > _LARGEST_LENGTH:
        return Following(ETHERTYPE, number, at + 2)
    return Following(ETHERTYPE, number_at(data, at + 8), at + 10) if data[at + 2 : at + 5] == _SNAP else None


def ip(_: bytes, at: int) -> Following:
    """IP, whose first bits say which version."""
    return Following(ETHERTYPE, IPV4, at)


def ppp(data: bytes, at: int) -> Following:
    """PPP, with address and control or without (RFC 1662), its protocol in one byte or two (RFC 1661)."""
    at += 2 if data[at : at + 2] == b"\xff\x03" else 0
    wide = not data[at] & 1
    return Following(PPP, number_at(data, at) if wide else data[at], at + 1 + wide)


def pppoe(data: bytes, at: int) -> Following | None:
    """A packet of a PPPoE session (RFC 2516)."""
    return ppp(data, at + 6) if data[at : at + 2] == b"\x11\x00" else None


def mpls(data: bytes, at: int) -> Following:
    """A stack of labels; the bottom one has its bit set (RFC 3032)."""
    while not data[at + 2] & 1:
        at += 4
    at += 4
    first = data[at] >> 4
    if first in (4, 6):
        return ip(data, at)
    has_control_word = first == 0 and number_at(data, at + 16) in (IPV4, IPV6, *_VLANS)
    return Following(LINK, ETHERNET, at + 4 * has_control_word)


def gre(data: bytes, at: int) -> Following | None:
    """GRE with its options (RFC 2784, RFC 2890), and that of PPTP (RFC 2637)."""
    flags, number = struct.unpack_from(">HH", data, at)
    if flags & 0x4006:  # source routing, or a version that is not known
        return None
    options = (0x8000, 0x2000, 0x1000, *((0x80,) if flags & 1 else ()))
    at += 4 + 4 * sum(1 for each in options if flags & each)
    if number in (_ERSPAN_II, _ERSPAN_III):
        return _erspan(data, at, number, has_number=bool(flags & 0x1000))
    return Following(ETHERTYPE, number, at)


def _erspan(data: bytes, at: int, number: int, *, has_number: bool) -> Following:
    """Ethernet mirrored by a switch: of type I without a header, of type III with one that may be longer."""
    if number == _ERSPAN_II:
        return Following(LINK, ETHERNET, at + 8 * has_number)
    return Following(LINK, ETHERNET, at + 12 + 8 * (data[at + 11] & 1))


def _udp(data: bytes, at: int) -> Following:
    return Following(UDP, number_at(data, at + 2), at + 8)


def _vxlan(data: bytes, at: int) -> Following | None:
    return Following(LINK, ETHERNET, at + 8) if data[at] & 8 else None


def _vxlan_gpe(data: bytes, at: int) -> Following | None:
    carried = data[at + 3] if data[at] & 4 else 3
    return ip(data, at + 8) if carried in (1, 2) else Following(LINK, ETHERNET, at + 8) if carried == 3 else None


def _tzsp(data: bytes, at: int) -> Following | None:
    """TZSP, in which routers send what they see: tags with their lengths, but for 0 (nothing) and 1 (the end)."""
    is_ethernet = data[at] == 1 and number_at(data, at + 2) == 1
    at += 4
    while data[at] != 1:
        at += 2 + data[at + 1] if data[at] else 1
    return Following(LINK, ETHERNET, at + 1) if is_ethernet else None


def _geneve(data: bytes, at: int) -> Following | None:
    return Following(ETHERTYPE, number_at(data, at + 2), at + 8 + 4 * (data[at] & 63)) if data[at] < 64 else None


_VXLAN, _MPLS, _GRE = PacketHeader("VXLAN", _vxlan), PacketHeader("MPLS", mpls), PacketHeader("GRE", gre)

HEADERS: Mapping[tuple[str, int], PacketHeader] = {
    **dict.fromkeys(
        ((ETHERTYPE, number) for number in _VLANS), PacketHeader("VLAN", lambda data, at: ethertype(data, at + 2))
    ),
    (ETHERTYPE, _VN_TAG): PacketHeader("VN-Tag", lambda data, at: ethertype(data, at + 4)),
    **dict.fromkeys(((ETHERTYPE, 0x8847), (ETHERTYPE, 0x8848), (PPP, 0x281), (IP, 137), (UDP, 6635)), _MPLS),
    (ETHERTYPE, 0x8864): PacketHeader("PPPoE", pppoe),
    (ETHERTYPE, _BRIDGED): PacketHeader("Ethernet", ethernet),
    (ETHERTYPE, _PPP_TYPE): PacketHeader("PPP", ppp),
    **dict.fromkeys(((PPP, 0x21), (PPP, 0x57), (IP, 4), (IP, 41)), PacketHeader("", ip)),
    **dict.fromkeys(((IP, 47), (UDP, 4754)), _GRE),
    (IP, 97): PacketHeader("EtherIP", lambda _, at: Following(LINK, ETHERNET, at + 2)),
    (IP, 17): PacketHeader("UDP", _udp),
    (UDP, 4789): _VXLAN,
    (UDP, 8472): _VXLAN,  # Linux, before there was a number for it
    (UDP, 4790): PacketHeader("VXLAN-GPE", _vxlan_gpe),
    (UDP, 6081): PacketHeader("Geneve", _geneve),
    (UDP, 37008): PacketHeader("TZSP", _tzsp),
}
"""Each header by what the one before it says: RFC 7348 (VXLAN), RFC 8926 (Geneve), RFC 3378 (EtherIP), and others."""
