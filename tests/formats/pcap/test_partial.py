"""Packets that are not whole: how many, how much of them is missing, and what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.pcap.conditions import CONDITIONS, Talk
from tests.formats.pcap.files import FILES, Packet, cut, pcap
from tests.formats.pcap.wrapped import WRAPPINGS
from wslab import load
from wslab.formats import UnreadableFile

CURE = "Capture whole packets: `tcpdump -s 0`, or a snap length of 262144 bytes in Wireshark's capture options."


def talk(link: str = "Ethernet") -> list[Packet]:
    written = Talk(20_000)
    CONDITIONS["in order"].write(written)
    return [Packet(WRAPPINGS[link].link, WRAPPINGS[link].wrap(data)) for data in written.packets]


@pytest.mark.parametrize("kind", [name for name in FILES if "sections" not in name])
def test_too_short_a_snap_length_is_named_with_what_helps(kind: str, tmp_path: Path) -> None:
    """Of the 12 frames those of 420, 200 and 300 bytes are longer than 240 bytes with their headers."""
    packets = [cut(each, 240) for each in talk()]
    (tmp_path / "capture").write_bytes(FILES[kind](packets))
    warnings = load(tmp_path / "capture").warnings
    assert sum("its snap length cut the packet" in each for each in warnings) == 3
    assert (
        f"The snap length of the capture is too short: 3 packets were cut to 240 bytes or less, and {MISSING} bytes of "
        f"what was sent are missing. {CURE}" in warnings
    )


MISSING = sum(len(each.data) - 240 for each in talk() if len(each.data) > 240)


def test_a_cut_that_takes_only_padding_is_not_named(tmp_path: Path) -> None:
    packets = [cut(each, 54) if each.data[16:18] == b"\0\x28" else each for each in talk()]
    assert any(len(each.data) < each.on_wire for each in packets)
    (tmp_path / "capture").write_bytes(pcap(packets))
    assert load(tmp_path / "capture").warnings == []


def test_a_cut_through_the_headers_is_named_where_nothing_is_found(tmp_path: Path) -> None:
    packets = [cut(each, 40) for each in talk()]
    (tmp_path / "capture").write_bytes(pcap(packets))
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "capture")
    assert caught.value.why == (
        f"this capture has {len(packets)} packets, and no TCP. The snap length of the capture is too short: "
        f"{len(packets)} packets cut to 40 bytes or less, before the end of the headers. {CURE}"
    )


@pytest.mark.parametrize("link", ["Ethernet", "VXLAN", "IPv4 in IPv6"])
def test_fragments_of_ip_are_named(link: str, tmp_path: Path) -> None:
    """Two parts of a packet: of the innermost IPv4, for the tunnels around it may be whole."""
    packets = talk(link)
    at = packets[5].data.rindex(b"\x45\x00")
    first, second = (bytearray(packets[5].data) for _ in range(2))
    first[at + 6], second[at + 7] = 0x20, 1
    packets[5:6] = [packets[5]._replace(data=bytes(each)) for each in (first, second)]
    (tmp_path / "capture").write_bytes(pcap(packets))
    tape = load(tmp_path / "capture")
    assert tape.warnings[-1] == (
        "2 packets of the capture are fragments of IP, and what is in them is missing: wslab does not put fragments "
        "together."
    )
    assert len(tape.frames()) == 11


def test_where_the_card_cut_the_segment_the_size_on_the_wire_counts(tmp_path: Path) -> None:
    """With segmentation in the network card, the IP header of a sent packet may say no length."""
    packets = [
        cut(each._replace(data=each.data[:16] + bytes(2) + each.data[18:]), 240) if len(each.data) > 240 else each
        for each in talk()
    ]
    (tmp_path / "capture").write_bytes(pcap(packets))
    assert any(f"{MISSING} bytes of what was sent are missing" in each for each in load(tmp_path / "capture").warnings)
