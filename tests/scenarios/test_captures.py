"""Every scenario as a capture: tshark decodes its frames as they stand on the tape, and finds nothing malformed.

Starting tshark takes longer than any scenario, so all of them go into one capture, each with connections of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import wslab
from tests.formats import tshark
from tests.formats.tshark import Told
from wslab import Tape
from wslab.lab import Entry
from wslab.protocol import Role
from wslab.tape.records import tag
from wslab.tape.text import in_words

NAMES = [scenario.name for scenario in wslab.scenarios()]
SIDES = {"wire": None, "client": Role.CLIENT, "server": Role.SERVER}


def of_header(entry: Entry) -> tuple[object, ...]:
    """A frame by its own header, legal or not (§5.2)."""
    data = entry.data
    length, extended = data[1] & 0x7F, {126: 2, 127: 8}.get(data[1] & 0x7F, 0)
    size = int.from_bytes(data[2 : 2 + extended], "big") if extended else length
    key = data[2 + extended : 6 + extended] if data[1] & 0x80 else None
    return data[0] >= 0x80, data[0] >> 4 & 7, data[0] & 15, key, size


def of_tshark(told: Told) -> tuple[object, ...]:
    return told.fin, told.rsv, told.opcode, told.key, told.length


def one_behind_the_other(tapes: dict[str, Tape]) -> tuple[Tape, dict[int, str]]:
    """All tapes on one, an hour apart; and which connection is whose."""
    whole, owners, begin, base = Tape.blank(), dict[int, str](), 0.0, 0
    for name, tape in tapes.items():
        time = begin
        for seconds, number, what, side, data in tape.records():
            time = begin + seconds
            whole.put(time, base + number if number else 0, tag(what, SIDES[side]), data)
        owners |= {base + number: name for number in tape.connection_numbers}
        begin, base = time + 3600, base + max(tape.connection_numbers, default=0)
    return whole, owners


def test_tshark_decodes_all_scenarios_as_they_were(tmp_path: Path) -> None:
    tape, owners = one_behind_the_other({name: wslab.play(name) for name in NAMES})
    told, faults = tshark.decode(wslab.export(tape, tmp_path / "tape.pcapng", secrets=True))
    connections = [number for number in tape.connection_numbers if number]
    found = [(owners[connections[each.stream]], *of_tshark(each)) for each in told]
    assert found == [(owners[entry.connection], *of_header(entry)) for entry in tape.frames()]
    broken = sum(entry.error is not None for entry in tape)
    assert {fault.partition(": ")[2] for fault in faults} <= {"malformed"}
    assert len(faults) <= broken


def words(tape: Tape) -> str:
    """What a tape says with its secrets; printed as it is, only one that a scenario invented shows them."""
    return in_words(tape, tape.log, tape.pending(), many=len(tape.connection_numbers) > 1)


@pytest.mark.parametrize("name", NAMES)
def test_each_scenario_is_saved_and_loaded_whole(name: str, tmp_path: Path) -> None:
    tape = wslab.play(name)
    loaded = wslab.load(tape.save(tmp_path / "tape.jsonl", secrets=True))
    assert loaded.digest() == tape.digest()
    assert tape.diff(loaded, times=True, keys=True) is None
    assert words(loaded) == words(tape)
