"""Ours and theirs agree, or disagree for a reason that has a name and a section."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslab.protocol import Deflate, Frame, Role
from wslab.protocol.deflate import Deflater

from .bulk import Tally
from .differences import REASONS, Case, reasons
from .readers import Ours, Websockets, Wsproto
from .streams import AGREEMENTS, PLAIN, Stream, cut, make

SEED = 6455
PEERS = (Websockets, Wsproto)
README = (Path(__file__).parent / "README.md").read_text()
NAMED = set(re.findall(r"^\| `([a-z0-9-]+)` \|", README, re.MULTILINE))


@pytest.mark.parametrize("part", range(4))
def test_twenty_thousand_streams_leave_no_difference_without_a_reason(part: int) -> None:
    tally = Tally().add(SEED, range(part * 5000, part * 5000 + 5000))
    assert tally.unexplained == []
    assert tally.streams == 5000
    for peer in PEERS:
        assert tally.agreed[peer.name] > 4000, "more reasons than agreement: what do these streams prove?"


frames = st.builds(
    Frame,
    st.sampled_from([0, 0, 0, 1, 1, 2, 2, 3, 8, 9, 10, 11]),
    st.binary(max_size=130) | st.text(max_size=40).map(str.encode) | st.integers(0, 5100).map(lambda n: n.to_bytes(2)),
    fin=st.booleans(),
    rsv1=st.sampled_from([False, False, True]),
    rsv2=st.sampled_from([False, False, False, True]),
    mask=st.sampled_from([b"\x37\xfa\x21\x3d", None]),
)


@given(st.data(), st.lists(frames, max_size=6), st.sampled_from(list(Role)), st.sampled_from([None, *AGREEMENTS]))
@settings(max_examples=600)
def test_streams_of_any_frames_leave_none_either(
    data: st.DataObject, some: list[Frame], role: Role, agreed: Deflate | None
) -> None:
    if data.draw(st.booleans()):
        some = [frame.replace(mask=b"\x37\xfa\x21\x3d" if role is Role.SERVER else None) for frame in some]
    wire = b"".join(frame.serialize() for frame in some) + data.draw(st.just(b"") | st.binary(max_size=12))
    chunks = cut(random.Random(data.draw(st.integers(0, 99))), wire)
    stream = Stream(role, agreed, chunks)
    for peer in PEERS:
        assert reasons(Case(stream, peer)) is not None


# --- the reasons ----------------------------------------------------------------------------------


def test_the_readme_explains_every_reason_and_no_other() -> None:
    assert NAMED == REASONS


def test_every_reason_is_met_so_that_none_outlives_its_difference() -> None:
    met = {reason for _, reason in Tally().add(SEED, range(10_000)).reasons}
    assert met == REASONS


def wrong(case: Case, change: str) -> Case:
    """A reader of ours that makes one mistake."""
    ours = case.ours
    if change == "loses the last":
        ours.happened = ours.happened[:-1]
    elif change == "sees one twice":
        ours.happened = ours.happened + ours.happened[-1:]
    elif change == "changes a payload":
        kind, payload = ours.happened[-1]
        ours.happened = [*ours.happened[:-1], (kind, payload[1:])]
    elif change == "another code":
        ours.end = ("failed", 1011)
    else:
        ours.end = None
    return case


@pytest.mark.parametrize(
    "change", ["loses the last", "sees one twice", "changes a payload", "another code", "no end at all"]
)
@pytest.mark.parametrize("peer", PEERS)
def test_a_mistake_of_ours_has_no_reason(change: str, peer: type[Websockets] | type[Wsproto]) -> None:
    """Every stream on which both agree is a trap for a reader that errs."""
    caught = tried = 0
    for number in range(400):
        case = Case(make(SEED, number), peer)
        if case.agrees and case.ours.happened and case.ours.happened[-1][1] and case.ours.end:
            tried += 1
            caught += bool(reasons(wrong(case, change)) != [])
    assert tried > 50
    assert caught == tried


# --- the parts ------------------------------------------------------------------------------------


def test_a_stream_is_made_again_from_its_seed_and_number() -> None:
    assert make(3, 4) == make(3, 4)
    assert make(3, 4) != make(3, 5)
    assert make(3, 4) != make(4, 4)


def test_the_streams_are_both_roles_compressed_or_not_legal_or_not() -> None:
    streams = [make(SEED, number) for number in range(500)]
    ends = []
    for stream in streams:
        ours = Ours(stream.role, stream.deflate)
        ours.feed(stream.data)
        ends.append(ours.end[0] if ours.end else "")
    assert {stream.role for stream in streams} == set(Role)
    assert {stream.deflate for stream in streams} == {None, *AGREEMENTS}
    for end in ("failed", "close", ""):
        assert ends.count(end) > 30


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("peer", PEERS)
def test_a_compressed_message_is_read_alike(role: Role, peer: type[Websockets] | type[Wsproto]) -> None:
    deflater = Deflater(PLAIN, role.peer)
    mask = b"abcd" if role is Role.SERVER else None
    wire = b"".join(
        Frame(1, deflater.deflate(text.encode()), rsv1=True, mask=mask).serialize() for text in ("Hello", "Hello", "")
    )
    case = Case(Stream(role, PLAIN, (wire,)), peer)
    assert case.ours.happened == [("text", "Hello"), ("text", "Hello"), ("text", "")]
    assert case.agrees


def test_the_command_counts_reports_and_says_how_to_go_on(root: Path) -> None:
    command = [sys.executable, "-m", "tests.differential", "--count", "9000", "--seed", "7", "--seconds", "0.001"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "5,000 of 9,000 streams" in done.stdout
    assert "no reason: 0" in done.stdout
    assert "--seed 7 --start 5000 --count 4000" in done.stdout
