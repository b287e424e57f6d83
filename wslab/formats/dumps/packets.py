"""Whole packets in a dump: their headers are stripped, and named.

A dump does not say its link type, so each is tried: what it leads to must be a TCP segment whose IP length fits the
bytes. A WebSocket frame is hardly ever mistaken for one: an IP header would have to stand at the right place of its
payload, with a length that fits.

What this module leaves out: the order of TCP's segments; a dump is read from top to bottom, a segment seen before
(same direction and sequence number) left out.
"""

from __future__ import annotations

from wslab.formats.dumps.form import IN, OUT, Piece
from wslab.formats.pcap.tcpip import Segment, segment

_LINKS = {1: "Ethernet", 101: "", 113: "SLL", 276: "SLL2", 0: "NULL"}
_SHORTEST = 40  # bytes: an IP header and that of TCP
_FAMILIES = frozenset({2, 24, 28, 30})  # of BSD's loopback header, in either byte order


def strip(pieces: list[Piece]) -> tuple[list[Piece], str] | None:
    """The payloads of TCP and the names of the headers; None where any piece is not such a packet."""
    found = [_segment(piece.data) for piece in pieces]
    whole = [each for each in found if each is not None]
    if not whole or len(whole) < len(found):
        return None
    return list(_payloads([each[0] for each in whole])), whole[0][1]


def _segment(data: bytes) -> tuple[Segment, str] | None:
    if len(data) < _SHORTEST:
        return None
    for link, name in _LINKS.items():
        found = segment(link, data)
        if found is not None and _fits(link, data, found):
            return found, ", ".join(filter(None, [name, _vlan(link, data), _ip(found), "TCP"]))
    return None


def _fits(link: int, data: bytes, found: Segment) -> bool:
    begin = data[:4] in {size.to_bytes(4, order) for size in _FAMILIES for order in ("big", "little")}
    return found.size >= len(found.payload) and (link != 0 or begin)


def _ip(found: Segment) -> str:
    return "IPv4" if len(found.source.host) == 4 else "IPv6"


def _vlan(link: int, data: bytes) -> str:
    return "VLAN" if link == 1 and data[12:14] in (b"\x81\x00", b"\x88\xa8", b"\x91\x00") else ""


def _payloads(segments: list[Segment]) -> list[Piece]:
    first, seen, pieces = segments[0].source, set(), []
    for each in segments:
        mark = (each.source, each.seq)
        if each.payload and mark not in seen:
            seen.add(mark)
            pieces.append(Piece(each.payload, OUT if each.source == first else IN))
    return pieces if any(piece.way == IN for piece in pieces) else [Piece(piece.data) for piece in pieces]
