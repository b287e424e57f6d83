"""Whole packets in a dump: their headers are stripped, and named.

A dump does not say its link type, so each is tried: what it leads to must be a TCP segment whose IP length fits the
bytes. A WebSocket frame is hardly ever mistaken for one: an IP header would have to stand at the right place of its
payload, with a length that fits.

What this module leaves out: the order of TCP's segments; a dump is read from top to bottom, a segment seen before
(same direction and sequence number) left out.
"""

from __future__ import annotations

from wslab.formats.dumps.form import IN, OUT, Piece
from wslab.formats.pcap.links import NULL, SLL, SLL2
from wslab.formats.pcap.links import RAW_IP as RAW
from wslab.formats.pcap.tcpip import Segment
from wslab.formats.pcap.tunnels import ETHERNET
from wslab.formats.pcap.unwrap import unwrap

_LINKS = (ETHERNET, RAW, SLL, SLL2, NULL)
_SHORTEST = 40  # bytes: an IP header and that of TCP


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
    for found in filter(None, (unwrap(link, data) for link in _LINKS)):
        if found.segment is not None:
            return found.segment, ", ".join((*found.headers, "TCP"))
    return None


def _payloads(segments: list[Segment]) -> list[Piece]:
    first, seen, pieces = segments[0].source, set(), []
    for each in segments:
        mark = (each.source, each.seq)
        if each.payload and mark not in seen:
            seen.add(mark)
            pieces.append(Piece(each.payload, OUT if each.source == first else IN))
    return pieces if any(piece.way == IN for piece in pieces) else [Piece(piece.data) for piece in pieces]
