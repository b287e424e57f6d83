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
from tests.formats.pcap.conditions import CONDITIONS, WRITTEN, Seen, Talk, seen
from tests.formats.pcap.dissected import dissected
from tests.formats.pcap.files import Packet, pcapng
from tests.formats.pcap.wrapped import WRAPPINGS
from wslab import Tape

PAGE = Path(wslab.__file__).parent / "formats" / "pcap" / "CAPTURES.md"
UNKNOWN_TO_TSHARK = frozenset({"MPLS, link", "PPP, pppd"})
_FIRST_PORT = 20_000


class Cell(NamedTuple):
    """What each of the two sees of one connection."""

    ours: list[Seen]
    theirs: list[Seen]


Table = Mapping[tuple[str, str], Cell]


def measured(folder: Path) -> Table:
    """Write all captures, and read them with both."""
    talks = {place: _packets(number, *place) for number, place in enumerate(_places())}
    known = (packets[CONDITIONS[condition].hidden :] for (_, condition), packets in talks.items())
    (folder / "all.pcapng").write_bytes(pcapng(packet for packets in known for packet in packets))
    theirs = dissected(folder / "all.pcapng")
    ours = {link: _ours(folder / "one.pcapng", [talks[link, each] for each in CONDITIONS]) for link in WRAPPINGS}
    return {
        place: Cell(ours[place[0]][number % len(CONDITIONS)], theirs.get(_FIRST_PORT + number, []))
        for number, place in enumerate(talks)
    }


def _places() -> list[tuple[str, str]]:
    return [(link, condition) for link in WRAPPINGS for condition in CONDITIONS]


def _packets(number: int, link: str, condition: str) -> list[Packet]:
    talk, wrapping = Talk(_FIRST_PORT + number), WRAPPINGS[link]
    CONDITIONS[condition].write(talk)
    return [Packet(wrapping.link, wrapping.wrap(data)) for data in talk.packets]


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
    lines = (f"| {link} | {' | '.join(_word(table[link, each]) for each in CONDITIONS)} |\n" for link in WRAPPINGS)
    return (
        "# Captures: link types and conditions\n\n"
        "Measured by `python -m tests.formats.pcap.table`: one connection in each condition, behind the headers of\n"
        f"each link type. Its {len(WRITTEN)} frames are compared one by one (sender, FIN, RSV, opcode, masking key,\n"
        "length, payload), as `wslab.load` sees them, as tshark does, and as they were written.\n\n"
        f"- {len(WRITTEN)}: so many frames, the same for all three.\n"
        f"- *{len(WRITTEN)}*: the same for `wslab.load` and as written; tshark does not know the link type.\n\n"
        "tshark reads no upgrade behind CONNECT, so it is given those connections from the upgrade on.\n\n"
        f"| link type | {' | '.join(CONDITIONS)} |\n|---|{'--:|' * len(CONDITIONS)}\n" + "".join(lines)
    )


def _word(cell: Cell) -> str:
    if cell.ours != WRITTEN:
        return f"wrong: {len(cell.ours)}"
    if cell.theirs == WRITTEN:
        return str(len(WRITTEN))
    return f"tshark: {len(cell.theirs)}" if cell.theirs else f"*{len(WRITTEN)}*"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(page(measured(Path(name))))
