"""Packets as captures have them: an IP packet behind the headers of every link type and tunnel.

The headers are written here from their specifications, apart from the code that reads them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

ETHERNET, RAW = 1, 101
_ADDRESSES = bytes.fromhex("020000000001 020000000002")
_IPV6 = bytes.fromhex("20010db8") + bytes(8)


class Wrapping(NamedTuple):
    """A link type, and how an IP packet becomes a packet of it."""

    link: int
    wrap: Callable[[bytes], bytes]


def checksum(data: bytes) -> int:
    """Of IP and TCP: the complement of the sum of 16-bit words."""
    data += bytes(len(data) % 2)
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


# --- IP --------------------------------------------------------------------------------------------


def ipv4(payload: bytes, protocol: int) -> bytes:
    """Behind an IPv4 header of a tunnel's ends."""
    fields = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol)
    ends = bytes((10, 9, 0, 1, 10, 9, 0, 2))
    return fields + struct.pack(">H", checksum(fields + bytes(2) + ends)) + ends + payload


def ipv6(payload: bytes, protocol: int) -> bytes:
    """Behind an IPv6 header of a tunnel's ends."""
    ends = _IPV6 + bytes((0, 0, 9, 1)) + _IPV6 + bytes((0, 0, 9, 2))
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + ends + payload


def six(data: bytes, options: bytes = b"") -> bytes:
    """An IPv4 packet with TCP as one of IPv6, its sums right again; `options` stand before TCP."""
    source, target, segment = _IPV6 + data[12:16], _IPV6 + data[16:20], bytearray(data[20:])
    segment[16:18] = bytes(2)
    pseudo = source + target + struct.pack(">II", len(segment), 6)
    segment[16:18] = struct.pack(">H", checksum(pseudo + segment))
    kind = 60 if options else 6
    head = struct.pack(">IHBB", 6 << 28, len(options) + len(segment), kind, 64)
    return head + source + target + options + segment


def udp(payload: bytes, port: int) -> bytes:
    """Behind IPv4 and UDP, whose sum is not given."""
    return ipv4(struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload, 17)


# --- links -----------------------------------------------------------------------------------------


def typed(payload: bytes) -> bytes:
    """Behind the EtherType of its version of IP."""
    return (b"\x08\x00" if payload[0] >> 4 == 4 else b"\x86\xdd") + payload


def ether(payload: bytes, kind: bytes | None = None) -> bytes:
    """In Ethernet, filled up to 60 bytes as a card does."""
    whole = _ADDRESSES + (typed(payload) if kind is None else kind + payload)
    return whole + bytes(max(0, 60 - len(whole)))


def vlan(payload: bytes) -> bytes:
    """Behind a tag without the EtherType before it."""
    return b"\x00\x07" + typed(payload)


def ppp(payload: bytes) -> bytes:
    """In PPP without address and control."""
    return (b"\x00\x21" if payload[0] >> 4 == 4 else b"\x00\x57") + payload


def pppoe(payload: bytes) -> bytes:
    """In a PPPoE session."""
    body = ppp(payload)
    return struct.pack(">BBHH", 0x11, 0, 1, len(body)) + body


def labels(payload: bytes, count: int) -> bytes:
    """Behind so many labels of MPLS."""
    stack = [(1000 + number) << 12 | (number == count - 1) << 8 | 64 for number in range(count)]
    return struct.pack(f">{count}I", *stack) + payload


def sll(kind: bytes, payload: bytes) -> bytes:
    """In Linux "cooked" capture."""
    return struct.pack(">HHH", 0, 1, 6) + _ADDRESSES[:6] + bytes(2) + kind + payload


def sll2(kind: bytes, payload: bytes) -> bytes:
    """In the second version of it, which has the number of the interface."""
    return kind + bytes(2) + struct.pack(">IHBB", 3, 1, 0, 6) + _ADDRESSES[:6] + bytes(2) + payload


def pktap(link: int, payload: bytes) -> bytes:
    """Behind the header of macOS's pktap, whose size is 108."""
    return struct.pack("<III", 108, 1, link) + b"en0".ljust(96, b"\0") + payload


def nflog(payload: bytes) -> bytes:
    """Behind the header of Linux's netfilter log, with a prefix before the packet."""
    entries = ((1, b"\x08\x00\x01\x00"), (10, b"x\0"), (9, payload))
    lists = b"".join(
        (size := struct.pack("<HH", 4 + len(value), kind) + value) + bytes(-len(size) % 4) for kind, value in entries
    )
    return bytes((2, 0, 0, 5)) + lists


def gre(payload: bytes, kind: int, flags: int = 0, options: bytes = b"") -> bytes:
    """In GRE over IPv4."""
    return ipv4(struct.pack(">HH", flags, kind) + options + payload, 47)


def vxlan(payload: bytes, port: int = 4789) -> bytes:
    """In VXLAN over UDP."""
    return udp(struct.pack(">II", 8 << 24, 7 << 8) + payload, port)


def geneve(payload: bytes, kind: int, options: bytes = b"") -> bytes:
    """In Geneve over UDP."""
    return udp(struct.pack(">BBHI", len(options) // 4, 0, kind, 7 << 8) + options + payload, 6081)


def vn_tag(payload: bytes) -> bytes:
    """A VN-Tag of a switch, and the tag of a VLAN, without the EtherType before them."""
    return b"\x80\x01\x00\x02\x81\x00" + vlan(payload)


def tzsp(payload: bytes, kind: int = 0) -> bytes:
    """In TZSP over UDP: with two bytes of padding, a tag with its value, and the end."""
    return udp(bytes((1, kind, 0, 1, 0, 0, 10, 1, 99, 1)) + ether(payload), 37008)


def ipnet(payload: bytes) -> bytes:
    """Behind the header of Solaris: version, family, kind, size, interfaces, zones."""
    return struct.pack(">BBHIIIII", 1, 2, 2, len(payload), 1, 0, 0, 0) + payload


def _on_ethernet(wrap: Callable[[bytes], bytes]) -> Wrapping:
    return Wrapping(ETHERNET, lambda data: ether(wrap(data)))


WRAPPINGS: Mapping[str, Wrapping] = {
    "raw IP": Wrapping(RAW, lambda data: data),
    "raw IPv4": Wrapping(228, lambda data: data),
    "raw IPv6": Wrapping(229, six),
    "NULL, little-endian": Wrapping(0, lambda data: struct.pack("<I", 2) + data),
    "NULL, big-endian, IPv6": Wrapping(0, lambda data: struct.pack(">I", 30) + six(data)),
    "NULL, EtherType": Wrapping(0, lambda data: struct.pack(">I", 0x800) + data),
    "LOOP": Wrapping(108, lambda data: struct.pack(">I", 2) + data),
    "Ethernet": Wrapping(ETHERNET, ether),
    "Ethernet, IPv6": _on_ethernet(six),
    "Ethernet, IPv6 with options": _on_ethernet(lambda data: six(data, b"\x06\x00\x01\x04" + bytes(4))),
    "Ethernet, LLC and SNAP": Wrapping(
        ETHERNET, lambda data: ether(b"\xaa\xaa\x03" + bytes(3) + typed(data), struct.pack(">H", 8 + len(data)))
    ),
    "VLAN": Wrapping(ETHERNET, lambda data: ether(vlan(data), b"\x81\x00")),
    "QinQ": Wrapping(ETHERNET, lambda data: ether(b"\x00\x05\x81\x00" + vlan(data), b"\x88\xa8")),
    "QinQ, 9100": Wrapping(ETHERNET, lambda data: ether(b"\x00\x05\x81\x00" + vlan(data), b"\x91\x00")),
    "VN-Tag": Wrapping(ETHERNET, lambda data: ether(vn_tag(data), b"\x89\x26")),
    "SLL": Wrapping(113, lambda data: sll(typed(data)[:2], data)),
    "SLL, VLAN": Wrapping(113, lambda data: sll(b"\x81\x00", vlan(data))),
    "SLL2": Wrapping(276, lambda data: sll2(typed(data)[:2], data)),
    "SLL2, VLAN": Wrapping(276, lambda data: sll2(b"\x81\x00", vlan(data))),
    "SLL2, QinQ": Wrapping(276, lambda data: sll2(b"\x88\xa8", b"\x00\x05\x81\x00" + vlan(data))),
    "PKTAP, raw IP": Wrapping(258, lambda data: pktap(12, data)),
    "PKTAP, Ethernet": Wrapping(258, lambda data: pktap(ETHERNET, ether(data))),
    "NFLOG": Wrapping(239, nflog),
    "IPNET": Wrapping(226, ipnet),
    "PPP": Wrapping(9, ppp),
    "PPP, address and control": Wrapping(9, lambda data: b"\xff\x03" + ppp(data)),
    "PPP, one byte of protocol": Wrapping(9, lambda data: ppp(data)[1:]),
    "PPP, serial": Wrapping(50, lambda data: b"\xff\x03" + ppp(data)),
    "PPP, pppd": Wrapping(166, lambda data: b"\x01\x03" + ppp(data)),
    "PPP, direction": Wrapping(204, lambda data: b"\x01\xff\x03" + ppp(data)),
    "HDLC of Cisco": Wrapping(104, lambda data: b"\x0f\x00" + typed(data)),
    "PPPoE": Wrapping(ETHERNET, lambda data: ether(pppoe(data), b"\x88\x64")),
    "PPPoE, IPv6, VLAN": Wrapping(ETHERNET, lambda data: ether(b"\x00\x07\x88\x64" + pppoe(six(data)), b"\x81\x00")),
    "PPPoE, link": Wrapping(51, pppoe),
    "MPLS": Wrapping(ETHERNET, lambda data: ether(labels(data, 1), b"\x88\x47")),
    "MPLS, three labels, IPv6": Wrapping(ETHERNET, lambda data: ether(labels(six(data), 3), b"\x88\x47")),
    "MPLS, Ethernet": Wrapping(ETHERNET, lambda data: ether(labels(bytes(4) + ether(data), 2), b"\x88\x47")),
    "MPLS, link": Wrapping(219, lambda data: labels(data, 2)),
    "GRE": _on_ethernet(lambda data: gre(data, 0x800)),
    "GRE, key and number": _on_ethernet(lambda data: gre(data, 0x800, 0x3000, bytes(8))),
    "GRE, Ethernet": _on_ethernet(lambda data: gre(ether(data), 0x6558)),
    "GRE, PPTP": _on_ethernet(
        lambda data: gre(ppp(data), 0x880B, 0x3081, struct.pack(">HHII", 2 + len(data), 1, 1, 1))
    ),
    "ERSPAN": _on_ethernet(
        lambda data: gre(ether(data), 0x88BE, 0x1000, bytes(4) + struct.pack(">HHI", 1 << 12, 7, 0))
    ),
    "IPv4 in IPv4": _on_ethernet(lambda data: ipv4(data, 4)),
    "IPv6 in IPv4": _on_ethernet(lambda data: ipv4(six(data), 41)),
    "IPv4 in IPv6": _on_ethernet(lambda data: ipv6(data, 4)),
    "IPv6 in IPv6": _on_ethernet(lambda data: ipv6(six(data), 41)),
    "VXLAN": _on_ethernet(lambda data: vxlan(ether(data))),
    "VXLAN, port 8472, SLL": Wrapping(113, lambda data: sll(b"\x08\x00", vxlan(ether(data), 8472))),
    "VXLAN in VXLAN": _on_ethernet(lambda data: vxlan(ether(vxlan(ether(data))))),
    "VXLAN-GPE": _on_ethernet(lambda data: udp(struct.pack(">II", 0x0C << 24 | 1, 7 << 8) + data, 4790)),
    "TZSP": _on_ethernet(tzsp),
    "Geneve": _on_ethernet(lambda data: geneve(ether(data), 0x6558)),
    "Geneve, options, IP": _on_ethernet(lambda data: geneve(data, 0x800, struct.pack(">HBBI", 0x102, 0x80, 1, 5))),
}
"""Every wrapping by its name."""
