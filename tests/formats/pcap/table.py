"""Link types and conditions, measured: `python -m tests.formats.pcap.table > wslab/formats/pcap/CAPTURES.md`.

Every condition is written behind the headers of every link type. wslab reads one file for each link type, tshark one
file with all, whose interfaces have the link types; both must see each frame as it was written.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import wslab
from tests.formats.pcap.conditions import CONDITIONS, Seen, Talk, seen
from tests.formats.pcap.dissected import dissected
from tests.formats.pcap.files import Packet, cut, pcapng
from tests.formats.pcap.wrapped import WRAPPINGS
from wslab import Tape

PAGE = Path(wslab.__file__).parent / "formats" / "pcap" / "CAPTURES.md"
UNKNOWN_TO_TSHARK = frozenset({"MPLS, link", "PPP, pppd"})
_FIRST_PORT, _PORTS = 20_000, 100
_HEADERS = 40  # of IPv4 and TCP


class Cell(NamedTuple):
    """What each of the two sees of one connection."""

    ours: list[Seen]
    theirs: list[Seen]


Table = Mapping[tuple[str, str], Cell]


def measured(folder: Path) -> Table:
    """Write all captures, and read them with both."""
    talks = {place: _packets(*place) for place in _places()}
    theirs = {**_theirs(folder / "whole", talks, gaps=False), **_theirs(folder / "gaps", talks, gaps=True)}
    ours = {link: _ours(folder / "one.pcapng", [talks[link, each] for each in CONDITIONS]) for link in WRAPPINGS}
    return {
        (link, condition): Cell(
            ours[link][number], _whole(theirs.get(_port(link, condition), []), CONDITIONS[condition].kept)
        )
        for link in WRAPPINGS
        for number, condition in enumerate(CONDITIONS)
    }


def _theirs(path: Path, talks: Mapping[tuple[str, str], list[Packet]], *, gaps: bool) -> Mapping[int, list[Seen]]:
    """What tshark sees of the conditions that have gaps, or of those that have none."""
    chosen = {name: each for name, each in CONDITIONS.items() if each.has_gaps is gaps}
    known = (packets[chosen[name].hidden :] for (_, name), packets in talks.items() if name in chosen)
    path.write_bytes(pcapng(packet for packets in known for packet in packets))
    return dissected(path, [_ports(name) for name, each in chosen.items() if each.is_told], waits=not gaps)


def _places() -> list[tuple[str, str]]:
    return [(link, condition) for link in WRAPPINGS for condition in CONDITIONS]


def _ports(condition: str) -> range:
    """The ports that the clients of a condition have, one for each link type."""
    first = _FIRST_PORT + _PORTS * list(CONDITIONS).index(condition)
    return range(first, first + _PORTS)


def _port(link: str, condition: str) -> int:
    return _ports(condition)[list(WRAPPINGS).index(link)]


def _packets(link: str, condition: str) -> list[Packet]:
    talk, wrapping, kept = Talk(_port(link, condition)), WRAPPINGS[link], CONDITIONS[condition].kept + _HEADERS
    CONDITIONS[condition].write(talk)
    whole = ((Packet(wrapping.link, wrapping.wrap(data)), len(data)) for data in talk.packets)
    return [cut(packet, kept - size) if size > kept else packet for packet, size in whole]


def _whole(frames: list[Seen], kept: int) -> list[Seen]:
    """Those of which the capture has all; tshark also tells of others."""
    return [frame for frame in frames if frame.length + 8 <= kept]


def _ours(path: Path, talks: list[list[Packet]]) -> list[list[Seen]]:
    """The frames of each connection; a reader who misses a connection has none for the last."""
    path.write_bytes(pcapng(packet for packets in talks for packet in packets))
    tape = wslab.load(path)
    found = [frames_of(tape, number) for number in tape.connection_numbers]
    return found + [[]] * (len(talks) - len(found))


def frames_of(tape: Tape, connection: int) -> list[Seen]:
    """The frames of a connection: those of the client, then those of the server."""
    return [
        seen(entry.frame, from_client=entry.sender == "client")
        for sender in ("client", "server")
        for entry in tape.frames(connection=connection, side=sender)
        if entry.frame is not None
    ]


def page(table: Table) -> str:
    """The table as Markdown."""
    rows = ((link, [_word(table[link, each], CONDITIONS[each].frames) for each in CONDITIONS]) for link in WRAPPINGS)
    return (
        "# Captures: link types and conditions\n\n"
        "Measured by `python -m tests.formats.pcap.table`: one connection in each condition, behind the headers of\n"
        "each link type. Its frames are compared one by one (sender, FIN, RSV, opcode, masking key, length, payload),\n"
        "as `wslab.load` sees them, as tshark does, and as they were written.\n\n"
        "- 12: all three agree. Of 12 frames, two are in the packets that are lost, and a snap length cuts three.\n"
        "- *12*: `wslab.load` sees what was written; tshark does not know the link type.\n\n"
        "tshark gets some help: it is told that a connection without a handshake is a WebSocket, and it is not given\n"
        "what it cannot read past, CONNECT before the upgrade and the rest of a frame whose beginning is missing.\n\n"
        f"| link type | {' | '.join(CONDITIONS)} |\n|---|{'--:|' * len(CONDITIONS)}\n"
        + "".join(f"| {link} | {' | '.join(words)} |\n" for link, words in rows)
    )


def _word(cell: Cell, wanted: list[Seen]) -> str:
    if cell.ours != wanted:
        return f"wrong: {len(cell.ours)}"
    if cell.theirs == wanted:
        return str(len(wanted))
    return f"tshark: {len(cell.theirs)}" if cell.theirs else f"*{len(wanted)}*"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(page(measured(Path(name))))
