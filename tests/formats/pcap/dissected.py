"""The WebSocket frames of a capture as tshark sees them, many connections in one call.

tshark prints a line for each packet that ends a frame, with the values of its fields in columns. Where a packet has
several frames, a column has several values: those that every frame has tell how many there are, and the others are
given out in order, to the frames that have them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.formats.pcap.conditions import PORTS, Seen
from tests.formats.tshark import run
from wslab.protocol import Opcode

AND = ";"
FIELDS = (
    *("tcp.srcport", "tcp.dstport", "websocket.fin", "websocket.rsv", "websocket.opcode", "websocket.mask"),
    *("websocket.masking_key", "websocket.payload_length", "websocket.payload_length_ext_16"),
    *("websocket.payload.text", "websocket.payload.ping", "websocket.payload.pong"),
    *("websocket.payload.close.status_code", "websocket.payload.close.reason", "data.data"),
)
OPTIONS = (
    *("-d", "udp.port==8472,vxlan"),
    *("-d", "mpls.label==1001,pwethcw"),
    *("-Y", "websocket", "-T", "fields", "-E", f"aggregator={AND}", "-E", "occurrence=a"),
)


def dissected(path: Path, told: Iterable[range] = (), *, waits: bool = True) -> Mapping[int, list[Seen]]:
    """Every frame, by the client's port: what the client sent, then what the server sent.

    Of the clients' ports `told`, tshark is told that they are WebSockets: it knows it by the handshake only. With
    `waits` it puts segments in order, and without it it goes on behind bytes that never come; it cannot do both.
    """
    found: dict[int, list[Seen]] = defaultdict(list)
    ports = (word for each in told for word in ("-d", f"tcp.port=={each.start}-{each.stop - 1},websocket"))
    order = ("-o", f"tcp.reassemble_out_of_order:{str(waits).upper()}")
    for line in run(path, *OPTIONS, *order, *ports, *(word for name in FIELDS for word in ("-e", name))).splitlines():
        columns = {
            name: value.split(AND) if value else [] for name, value in zip(FIELDS, line.split("\t"), strict=True)
        }
        source, target = int(columns["tcp.srcport"][0]), int(columns["tcp.dstport"][0])
        found[source if target in PORTS else target] += _frames(columns, from_client=target in PORTS)
    return {client: sorted(frames, key=lambda frame: not frame.from_client) for client, frames in found.items()}


def _frames(columns: Mapping[str, list[str]], *, from_client: bool) -> Iterator[Seen]:
    """The frames of a packet; the columns are used up."""
    for _ in range(len(columns["websocket.opcode"])):
        opcode = int(_next(columns, "websocket.opcode"))
        fin, rsv = _next(columns, "websocket.fin") in ("1", "True"), int(_next(columns, "websocket.rsv"), 16)
        masked = _next(columns, "websocket.mask") in ("1", "True")
        key = bytes.fromhex(_next(columns, "websocket.masking_key")) if masked else None
        length = int(_next(columns, "websocket.payload_length"))
        if length == 126:
            length = int(_next(columns, "websocket.payload_length_ext_16"))
        payload = _payload(columns, opcode) if length else b""
        whole = fin and opcode != Opcode.CONTINUATION
        yield Seen(from_client, fin, rsv, opcode, key, length, payload if whole else None)


def _next(columns: Mapping[str, list[str]], name: str) -> str:
    return columns[name].pop(0) if columns[name] else ""


def _payload(columns: Mapping[str, list[str]], opcode: int) -> bytes:
    if opcode == Opcode.TEXT:
        return _next(columns, "websocket.payload.text").encode()
    if opcode == Opcode.CLOSE:
        code = int(_next(columns, "websocket.payload.close.status_code"))
        return code.to_bytes(2, "big") + _next(columns, "websocket.payload.close.reason").encode()
    name = {Opcode.PING: "websocket.payload.ping", Opcode.PONG: "websocket.payload.pong"}.get(
        Opcode(opcode), "data.data"
    )
    return bytes.fromhex(_next(columns, name))
