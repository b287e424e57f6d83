"""TCP segments in IP packets: their headers, written and read.

What is written is plain IPv4 with right checksums. What is read comes from anywhere: a packet
that is cut, damaged or of another kind is None, never an error. Lengths are believed only as far as bytes are there.

What it leaves out: fragments of IP (None), and checking sums, which captures on the sending machine have wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

WINDOW_SCALE = 8
RAW_IP = 101
"""The link type of packets that begin with their IP header."""

_TCP = 6
_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_SEGMENT = struct.Struct(">HHIIBBHHH")
_PSEUDO = struct.Struct(">4s4sBBH")
_VLANS = frozenset({0x8100, 0x88A8, 0x9100})
_IPV4_TYPE, _IPV6_TYPE = 0x0800, 0x86DD
_IPV6_EXTENSIONS = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options
_SYN_OPTIONS = bytes((2, 4, 0xFF, 0xD7, 1, 3, 3, WINDOW_SCALE))  # maximum segment size, window scale


class PacketPlace(NamedTuple):
    """One end of TCP: an address of 4 or 16 bytes, and a port."""

    host: bytes
    port: int

    def __str__(self) -> str:
        if len(self.host) == 4:
            return f"{'.'.join(map(str, self.host))}:{self.port}"
        return f"[{':'.join(f'{word:x}' for word in struct.unpack('>8H', self.host))}]:{self.port}"


class Segment(NamedTuple):
    """A TCP segment; `size` is that of its payload on the wire, of which a capture may have kept less."""

    source: PacketPlace
    target: PacketPlace
    seq: int
    ack: int
    flags: int
    payload: bytes
    size: int


# ---- writing


def packet(source: PacketPlace, target: PacketPlace, seq: int, ack: int, flags: int, payload: bytes = b"") -> bytes:
    """An IPv4 packet with one TCP segment."""
    options = _SYN_OPTIONS if flags & SYN else b""
    size = _SEGMENT.size + len(options) + len(payload)
    offset = (_SEGMENT.size + len(options)) // 4 << 4
    fields = (source.port, target.port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, offset, flags, 0xFFFF)
    pseudo = _PSEUDO.pack(source.host, target.host, 0, _TCP, size)
    whole = _checksum(pseudo + _SEGMENT.pack(*fields, 0, 0) + options + payload)
    return _ip(source.host, target.host, size) + _SEGMENT.pack(*fields, whole, 0) + options + payload


def _ip(source: bytes, target: bytes, size: int) -> bytes:
    fields = (0x45, 0, _IPV4.size + size, 0, 0x4000, 64, _TCP)
    return _IPV4.pack(*fields, _checksum(_IPV4.pack(*fields, 0, source, target)), source, target)


def _checksum(data: bytes) -> int:
    """The complement of the sum of all 16-bit words, carries added in: the rest of a division by 65,535."""
    if len(data) % 2:
        data += b"\0"
    return 0xFFFF - (int.from_bytes(data, "big") % 0xFFFF or 0xFFFF)


# ---- reading


def segment(link: int, data: bytes) -> Segment | None:
    """The TCP segment in a captured packet, or None where there is none."""
    strip = _LINKS.get(link)
    found = None if strip is None else strip(data)
    try:
        return None if not found else _from_ip(found)
    except (struct.error, IndexError):
        return None


def is_link_known(link: int) -> bool:
    """Whether packets of this link type can be read."""
    return link in _LINKS


def _from_ip(data: bytes) -> Segment | None:
    version = data[0] >> 4
    return _from_ipv4(data) if version == 4 else _from_ipv6(data) if version == 6 else None


def _from_ipv4(data: bytes) -> Segment | None:
    first, _, total, _, fragment, _, protocol, _, source, target = _IPV4.unpack_from(data)
    begin = (first & 15) * 4
    if protocol != _TCP or fragment & 0x3FFF or begin < _IPV4.size:
        return None
    return _from_tcp(source, target, data[begin : total or None], (total or len(data)) - begin)


def _from_ipv6(data: bytes) -> Segment | None:
    size, following = struct.unpack_from(">HB", data, 4)
    source, target, at = data[8:24], data[24:40], 40
    end = 40 + size if size else len(data)
    while following in _IPV6_EXTENSIONS:
        following, at = data[at], at + (data[at + 1] + 1) * 8
    return _from_tcp(source, target, data[at:end], end - at) if following == _TCP else None


def _from_tcp(source: bytes, target: bytes, data: bytes, size: int) -> Segment | None:
    sport, tport, seq, ack, offset, flags, *_ = _SEGMENT.unpack_from(data)
    begin = (offset >> 4) * 4
    if begin < _SEGMENT.size or size < begin:
        return None
    return Segment(PacketPlace(source, sport), PacketPlace(target, tport), seq, ack, flags, data[begin:], size - begin)


def _ethernet(data: bytes) -> bytes | None:
    return _typed(data, 12)


def _typed(data: bytes, at: int) -> bytes | None:
    """The IP packet after an EtherType, with the tags of VLANs skipped."""
    kind = int.from_bytes(data[at : at + 2], "big")
    while kind in _VLANS and len(data) > at + 4:
        at += 4
        kind = int.from_bytes(data[at : at + 2], "big")
    return data[at + 2 :] if kind in (_IPV4_TYPE, _IPV6_TYPE) else None


_LINKS: Mapping[int, Callable[[bytes], bytes | None]] = {
    0: lambda data: data[4:],  # BSD loopback: the family first
    108: lambda data: data[4:],
    1: _ethernet,
    113: lambda data: _typed(data, 14),  # Linux "any"
    276: lambda data: data[20:] if int.from_bytes(data[:2], "big") in (_IPV4_TYPE, _IPV6_TYPE) else None,
    **dict.fromkeys((12, 14, RAW_IP, 228, 229), lambda data: data),
}
