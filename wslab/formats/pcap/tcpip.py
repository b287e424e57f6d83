"""TCP segments in IP packets: their headers, written and read.

What is written is plain IPv4 with right checksums. What is read comes from anywhere: a packet that is damaged or of
another kind is None, and a header that is cut raises IndexError or `struct.error`. Lengths are believed only as far as
bytes are there.

What it leaves out: what stands around IP (`unwrap`), putting fragments of IP together, and checking sums, which
captures on the sending machine have wrong.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

WINDOW_SCALE = 8
TCP = 6
"""The protocol number of TCP in an IP header."""

FRAGMENT = 44
"""That of a part of an IP packet: in IPv6 it is the number of its header, and here it stands for those of IPv4, too."""

_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_SEGMENT = struct.Struct(">HHIIBBHHH")
_PSEUDO = struct.Struct(">4s4sBBH")
_IPV6_EXTENSIONS = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options
_AUTHENTICATION = 51
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
    pseudo = _PSEUDO.pack(source.host, target.host, 0, TCP, size)
    whole = _checksum(pseudo + _SEGMENT.pack(*fields, 0, 0) + options + payload)
    return _ip(source.host, target.host, size) + _SEGMENT.pack(*fields, whole, 0) + options + payload


def _ip(source: bytes, target: bytes, size: int) -> bytes:
    fields = (0x45, 0, _IPV4.size + size, 0, 0x4000, 64, TCP)
    return _IPV4.pack(*fields, _checksum(_IPV4.pack(*fields, 0, source, target)), source, target)


def _checksum(data: bytes) -> int:
    """The complement of the sum of all 16-bit words, carries added in: the rest of a division by 65,535."""
    if len(data) % 2:
        data += b"\0"
    return 0xFFFF - (int.from_bytes(data, "big") % 0xFFFF or 0xFFFF)


# ---- reading


class IpPacket(NamedTuple):
    """An IP header: what it carries, and from where to where; the capture may have kept less than up to `end`."""

    name: str
    source: bytes
    target: bytes
    protocol: int
    begin: int
    end: int


def ip_packet(data: bytes, at: int, size: int) -> IpPacket | None:
    """The IP header at a place of a packet that had `size` bytes on the wire; None where there is none."""
    version = data[at] >> 4
    return _ipv4(data, at, size) if version == 4 else _ipv6(data, at, size) if version == 6 else None


def _ipv4(data: bytes, at: int, size: int) -> IpPacket | None:
    first, _, total, _, fragment, _, protocol, _, source, target = _IPV4.unpack_from(data, at)
    length = (first & 15) * 4
    if length < _IPV4.size:
        return None
    protocol = FRAGMENT if fragment & 0x3FFF else protocol
    protocol, begin = _behind(data, protocol, at + length, frozenset())
    return IpPacket("IPv4", source, target, protocol, begin, at + total if total else size)


def _ipv6(data: bytes, at: int, size: int) -> IpPacket | None:
    length, following = struct.unpack_from(">HB", data, at + 4)
    source, target, begin = data[at + 8 : at + 24], data[at + 24 : at + 40], at + 40
    protocol, behind = _behind(data, following, begin, _IPV6_EXTENSIONS)
    return IpPacket("IPv6", source, target, protocol, behind, begin + length if length else size)


def _behind(data: bytes, protocol: int, at: int, extensions: frozenset[int]) -> tuple[int, int]:
    """What stands behind the extension headers of IPv6 (RFC 8200) and behind AH (RFC 4302), and where."""
    while protocol in extensions or protocol == _AUTHENTICATION:
        units = 4 * (data[at + 1] + 2) if protocol == _AUTHENTICATION else 8 * (data[at + 1] + 1)
        protocol, at = data[at], at + units
    return protocol, at


def tcp_segment(packet: IpPacket, data: bytes) -> Segment | None:
    """The TCP segment that an IP packet carries; None where its header cannot be right."""
    sport, tport, seq, ack, offset, flags, *_ = _SEGMENT.unpack_from(data, packet.begin)
    begin = packet.begin + (offset >> 4) * 4
    if begin < packet.begin + _SEGMENT.size or packet.end < begin:
        return None
    source, target = PacketPlace(packet.source, sport), PacketPlace(packet.target, tport)
    return Segment(source, target, seq, ack, flags, data[begin : packet.end], packet.end - begin)
