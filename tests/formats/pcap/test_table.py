"""Every link type in every condition, and every kind of file, frame by frame beside tshark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.pcap.conditions import CONDITIONS, WRITTEN, Talk
from tests.formats.pcap.dissected import dissected
from tests.formats.pcap.files import BEGAN, FILES, Packet
from tests.formats.pcap.table import PAGE, UNKNOWN_TO_TSHARK, frames_of, measured, page
from tests.formats.pcap.wrapped import WRAPPINGS
from wslab import load

ASKED = {
    "PKTAP",
    "NFLOG",
    "PPP",
    "PPPoE",
    "MPLS",
    "GRE",
    "VXLAN",
    "Geneve",
    "SLL2, VLAN",
    "QinQ",
    "NULL",
    "LOOP",
    "raw IP",
}


def test_every_frame_of_every_link_type_and_condition_is_seen_as_tshark_sees_it(tmp_path: Path) -> None:
    table = measured(tmp_path)
    wanted = {name: each.frames for name, each in CONDITIONS.items()}
    assert len(table) == len(WRAPPINGS) * len(CONDITIONS) > 800
    assert {place for place, cell in table.items() if cell.ours != wanted[place[1]]} == set()
    assert {place[0] for place, cell in table.items() if cell.theirs != wanted[place[1]]} == UNKNOWN_TO_TSHARK
    assert PAGE.read_text(encoding="utf-8") == page(table)


def test_the_table_has_what_captures_have() -> None:
    assert {name for name in ASKED if any(link.startswith(name) for link in WRAPPINGS)} == ASKED


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_read_as_tshark_reads_it(name: str, tmp_path: Path) -> None:
    talk, path = Talk(20_000), tmp_path / "capture"
    CONDITIONS["in order"].write(talk)
    path.write_bytes(FILES[name]([Packet(1, WRAPPINGS["Ethernet"].wrap(data)) for data in talk.packets]))
    tape = load(path)
    assert frames_of(tape, 1) == dissected(path)[20_000] == WRITTEN
    assert tape.warnings == []
    if "simple" not in name:  # these have no times
        assert [round(tape.epoch * 1000), round(tape[-1].time * 1000)] == [BEGAN, len(talk.packets) - 2]
