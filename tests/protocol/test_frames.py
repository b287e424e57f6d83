"""Frames out and in: the figure of §5.2, however the bytes are cut."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from collections import deque
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import State as TheirState
from websockets.server import ServerProtocol
from wsproto.frame_protocol import FrameProtocol

from wslab.protocol import Frame, FrameError, FrameParser, LocalProtocolError, Offset, Opcode, ProtocolError, Role
from wslab.protocol.frames.parser import Header, read_header

from .streams import ZERO, Way, byte_by_byte, each_way, failure

SIZES = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537]
KEY = bytes.fromhex("37fa213d")

# --- out ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "wire"),
    [  # the examples of §5.7, all that fit a line
        (Frame.text("Hello"), "81 05 48 65 6c 6c 6f"),
        (Frame.text("Hello", mask=KEY), "81 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Frame.text("Hel", fin=False), "01 03 48 65 6c"),
        (Frame.continuation("lo"), "80 02 6c 6f"),
        (Frame.ping(b"Hello"), "89 05 48 65 6c 6c 6f"),
        (Frame.pong(b"Hello", mask=KEY), "8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Frame.close(1000, "bye"), "88 05 03 e8 62 79 65"),
        (Frame.close(), "88 00"),
    ],
    ids=repr,
)
def test_a_frame_is_written_as_the_rfc_shows_it(frame: Frame, wire: str) -> None:
    assert frame.serialize().hex(" ") == wire


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "82 00"),
        (125, "82 7d"),
        (126, "82 7e 00 7e"),
        (256, "82 7e 01 00"),
        (65535, "82 7e ff ff"),
        (65536, "82 7f 00 00 00 00 00 01 00 00"),
    ],
)
def test_the_length_takes_its_shortest_form(size: int, header: str) -> None:
    wire = Frame.binary(bytes(size)).serialize()
    assert wire[: len(wire) - size].hex(" ") == header


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mask", [None, KEY], ids=["unmasked", "masked"])
def test_header_size_is_what_stands_before_the_payload(size: int, mask: bytes | None) -> None:
    frame = Frame.binary(bytes(size), mask=mask)
    assert frame.header_size == len(frame.serialize()) - size


@pytest.mark.parametrize("opcode", range(16))
@pytest.mark.parametrize("bits", range(16))
def test_any_first_byte_can_be_built_also_an_illegal_one(opcode: int, bits: int) -> None:
    fin, rsv1, rsv2, rsv3 = (bool(bits & bit) for bit in (8, 4, 2, 1))
    frame = Frame(opcode, fin=fin, rsv1=rsv1, rsv2=rsv2, rsv3=rsv3)
    assert (frame.fin, frame.rsv1, frame.rsv2, frame.rsv3, frame.opcode) == (fin, rsv1, rsv2, rsv3, opcode)
    assert frame.serialize() == bytes((bits << 4 | opcode, 0))


def test_the_payload_of_a_masked_frame_is_the_plain_one() -> None:
    assert Frame.text("Hello", mask=KEY).payload == b"Hello"


def test_a_frame_is_a_value() -> None:
    one, same, other = Frame.text("a", mask=KEY), Frame.text("a", mask=KEY), Frame.text("a")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "a"
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one


def test_replace_changes_only_what_it_names() -> None:
    frame = Frame.text("a", mask=KEY)
    assert frame.replace(fin=False, rsv2=True) == Frame(1, b"a", fin=False, rsv2=True, mask=KEY)
    assert frame == Frame.text("a", mask=KEY)


def test_replace_knows_its_fields() -> None:
    with pytest.raises(TypeError, match="a frame has no field 'masked'; it has opcode, payload"):
        Frame.text("a").replace(masked=True)


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        (Frame.text("Hello"), "<Frame TEXT b'Hello'>"),
        (Frame(3, fin=False, rsv1=True), "<Frame 0x3 b'' fin=False rsv1=True>"),
        (Frame.binary(bytes(40)), f"<Frame BINARY {bytes(16) + b'...' + bytes(16)!r} 40 bytes>"),
    ],
    ids=["plain", "odd", "long"],
)
def test_a_frame_shows_what_is_unusual(frame: Frame, shown: str) -> None:
    assert repr(frame) == shown


def test_a_frame_keeps_its_own_copy_of_the_payload() -> None:
    data: Any = bytearray(b"abc")
    frame = Frame.binary(data)
    data[0] = 0
    assert frame.payload == b"abc"


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: Frame(16), "local-frame-field"),
        (lambda: Frame(-1), "local-frame-field"),
        (lambda: Frame(1, "text"), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame(1, 5), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame(1, None), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame("1"), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame(1.0), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame(1, mask="abcd"), "local-key-length"),  # type: ignore[arg-type]
        (lambda: Frame(1, mask=4), "local-key-length"),  # type: ignore[arg-type]
        (lambda: Frame(1, mask=_words(16)), "local-key-length"),
        (lambda: Frame.ping(_words(160)), "local-control-too-long"),
        (lambda: Frame.ping(5), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame.ping("x" * 200), "local-frame-field"),  # type: ignore[arg-type]
        (lambda: Frame.text(b"bytes"), "local-text"),  # type: ignore[arg-type]
        (lambda: Frame.close(1000, b"bytes"), "local-text"),  # type: ignore[arg-type]
        (lambda: Frame.close("1000"), "local-close-code"),  # type: ignore[arg-type]
        (lambda: Frame.close(3000.5), "local-close-code"),  # type: ignore[arg-type]
        (lambda: Frame(1, mask=b"abc"), "local-key-length"),
        (lambda: Frame(1, mask=b""), "local-key-length"),
        (lambda: Frame.text("\ud800"), "local-text"),
        (lambda: Frame.continuation("a\udfff"), "local-text"),
        (lambda: Frame.ping(bytes(126)), "local-control-too-long"),
        (lambda: Frame.pong(bytes(126)), "local-control-too-long"),
        (lambda: Frame.close(1000, "é" * 62), "local-control-too-long"),
        (lambda: Frame.close(1000, "\ud800"), "local-text"),
        (lambda: Frame.close(None, "why"), "local-reason-needs-code"),
        (lambda: Frame.close(True), "local-close-code"),
        (lambda: Frame.text("a").replace(payload="b"), "local-frame-field"),
        *((lambda code=code: Frame.close(code), "local-close-code") for code in (0, 999, 1004, 1016)),
        *((lambda code=code: Frame.close(code), "local-close-code-reserved") for code in (1005, 1006, 1015)),
        *((lambda code=code: Frame.close(code), "local-close-code") for code in (-1, 2999, 5000, 70000)),
    ],
)
def test_what_cannot_be_a_frame_is_refused(build: Any, rule: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        build()
    assert caught.value.rule.id == rule
    assert str(caught.value).isprintable()


def _words(size: int) -> Any:
    """`size` bytes of which `len` counts only the four-byte words."""
    return memoryview(bytes(size)).cast("I")


@pytest.mark.parametrize("flag", [2, -1, "yes", [0]])
def test_a_flag_is_true_or_false_and_never_reaches_another_bit(flag: Any) -> None:
    assert Frame(1, fin=flag, rsv1=flag).serialize() == b"\xc1\x00"


def test_a_bool_is_the_number_that_it_is() -> None:
    assert Frame(True) == Frame(Opcode.TEXT)


@pytest.mark.parametrize("payload", [b"", bytes(125), bytearray(125), memoryview(bytes(125))], ids=len)
def test_a_control_frame_carries_up_to_125_bytes(payload: bytes) -> None:
    assert Frame.ping(payload).payload == bytes(payload)


# --- in -------------------------------------------------------------------------------------


def parse(role: Role, chunks: Any) -> list[Frame]:
    parser = FrameParser(role)
    return [frame for chunk in chunks for frame in parser.feed(chunk)]


@each_way
@pytest.mark.parametrize("size", [size for size in SIZES if size < 1000])
@pytest.mark.parametrize("role", Role, ids=str)
def test_what_was_written_is_read(role: Role, size: int, way: Way) -> None:
    frame = Frame.binary(bytes(at % 251 for at in range(size)), mask=KEY if role is Role.SERVER else None)
    parser = FrameParser(role)
    frames: list[Frame] = []
    try:
        for chunk in way(frame.serialize()):
            frames += parser.feed(chunk)
    except FrameError as error:  # of what lies behind the frame, where the way puts something there
        frames += error.frames
    assert frames[0] == frame


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("role", Role, ids=str)
@pytest.mark.parametrize("piece", [7, 1000, 65536])
def test_the_size_of_the_pieces_does_not_matter(role: Role, size: int, piece: int) -> None:
    frames = [Frame.binary(bytes(size), mask=KEY if role is Role.SERVER else None)] * 2
    data = b"".join(frame.serialize() for frame in frames)
    assert parse(role, (data[at : at + piece] for at in range(0, len(data), piece))) == frames


def test_the_parser_gives_opcodes_their_names() -> None:
    assert [frame.opcode for frame in FrameParser(Role.CLIENT).feed(b"\x81\x00\x89\x00")] == [Opcode.TEXT, Opcode.PING]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_can_be_fed(kind: Any) -> None:
    assert FrameParser(Role.CLIENT).feed(kind(b"\x81\x02hi")) == [Frame.text("hi")]


@pytest.mark.parametrize("data", [5, "text", None, [1]], ids=repr)
def test_what_is_not_bytes_is_a_mistake_and_harms_nothing(data: Any) -> None:
    parser = FrameParser(Role.CLIENT)
    with pytest.raises(TypeError, match="bytes"):
        parser.feed(data)
    assert parser.feed(b"\x81\x02hi") == [Frame.text("hi")]


@pytest.mark.parametrize("limit", [-1, -(1 << 63)])
def test_a_limit_is_not_negative(limit: int) -> None:
    with pytest.raises(ValueError, match=f"max_payload is a number of bytes, 0 or more: {limit}"):
        FrameParser(Role.CLIENT, max_payload=limit)


@pytest.mark.parametrize("role", Role)
def test_a_role_may_be_given_by_its_word(role: Role) -> None:
    assert FrameParser(role.value).role is role  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'host' is not a valid Role"):
        FrameParser("host")  # type: ignore[arg-type]


def test_nothing_fed_is_nothing_found() -> None:
    parser = FrameParser(Role.SERVER)
    assert parser.feed(b"") == []
    assert not parser.inside_frame


def test_the_parser_keeps_no_hold_on_a_buffer_that_it_was_fed() -> None:
    parser = FrameParser(Role.CLIENT)
    data: Any = bytearray(b"\x82\x04ab")
    assert parser.feed(data) == []
    data[:] = b"xxxx"
    assert parser.feed(b"cd") == [Frame.binary(b"abcd")]


TYPICAL = [
    Frame.text("Hello", mask=KEY),
    Frame.binary(bytes(126), mask=KEY),
    Frame.ping(b"ping", mask=KEY),
    Frame.text("", mask=KEY),
]


@pytest.mark.parametrize("frame", TYPICAL, ids=["short", "16 bits", "ping", "empty"])
def test_truncated_at_every_length_a_frame_is_waited_for(frame: Frame) -> None:
    data = frame.serialize()
    for size in range(len(data)):
        parser = FrameParser(Role.SERVER)
        assert parser.feed(data[:size]) == []
        assert parser.inside_frame is (size > 0)
        assert parser.feed(data[size:]) == [frame]
        assert not parser.inside_frame


def test_position_counts_the_bytes_of_whole_frames() -> None:
    parser = FrameParser(Role.SERVER)
    data = b"".join(frame.serialize() for frame in TYPICAL)
    ends = [parser.position for chunk in byte_by_byte(data) if parser.feed(chunk)]
    sizes = [len(frame.serialize()) for frame in TYPICAL]
    assert ends == [sum(sizes[: number + 1]) for number in range(len(sizes))]


# --- in, wrongly --------------------------------------------------------------------------

LEGAL_FIRST = {0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A}


def reject(role: Role, chunks: Any, **limits: Any) -> ProtocolError:
    parser = FrameParser(role, **limits)
    with pytest.raises(ProtocolError) as caught:
        deque(map(parser.feed, chunks))
    return caught.value


def expected_of_first(first: int) -> tuple[str, Offset]:
    """The first wrong bit of a first byte, from the left."""
    if first in (0x08, 0x09, 0x0A) or (first & 0x8F in (0x08, 0x09, 0x0A)):
        return "control-fragmented", Offset(0, 0)
    for bit in (1, 2, 3):
        if first & 0x80 >> bit:
            return "reserved-bits", Offset(0, bit)
    return "reserved-opcode", Offset(0, 4)


@each_way
@pytest.mark.parametrize("first", sorted(set(range(256)) - LEGAL_FIRST), ids=hex)
def test_every_illegal_first_byte_is_refused_at_its_first_wrong_bit(first: int, way: Way) -> None:
    error = reject(Role.SERVER, way(bytes((first, 0x80)) + ZERO))
    assert (error.rule.id, error.offset) == expected_of_first(first)


def test_with_compression_too_a_fragmented_control_frame_is_wrong_before_its_rsv1() -> None:
    with pytest.raises(FrameError) as refused:
        FrameParser(Role.SERVER, rsv1=True).feed(b"\x49")
    assert (refused.value.rule.id, refused.value.offset) == ("control-fragmented", Offset(0, 0))


@pytest.mark.parametrize("first", sorted(set(range(256)) - LEGAL_FIRST), ids=hex)
def test_an_illegal_first_byte_is_refused_before_the_second_comes(first: int) -> None:
    assert reject(Role.CLIENT, [bytes((first,))]).offset.byte == 0


@each_way
@pytest.mark.parametrize("first", sorted(LEGAL_FIRST), ids=hex)
@pytest.mark.parametrize("length", [0, 1, 125])
def test_wrong_masking_is_refused_in_both_roles(first: int, length: int, way: Way) -> None:
    data = bytes((first, length)) + bytes(length)
    error = reject(Role.SERVER, way(data))
    assert (error.rule.id, error.offset) == ("client-masks", Offset(1, 0))
    data = bytes((first, 0x80 | length)) + ZERO + bytes(length)
    error = reject(Role.CLIENT, way(data))
    assert (error.rule.id, error.offset) == ("server-does-not-mask", Offset(1, 0))


@each_way
@pytest.mark.parametrize("first", [0x88, 0x89, 0x8A], ids=hex)
@pytest.mark.parametrize("form", [b"\xfe\x00\x7e", b"\xfe\x00\x05", b"\xff" + (126).to_bytes(8, "big")], ids=bytes.hex)
def test_a_control_frame_over_125_bytes_is_refused(first: int, form: bytes, way: Way) -> None:
    error = reject(Role.SERVER, way(bytes((first,)) + form + ZERO + bytes(126)))
    assert (error.rule.id, error.offset) == ("control-too-long", Offset(1, 1))
    # true of both: one that carries too much, and one whose few bytes are counted in 16 bits
    assert "must carry at most 125 bytes, and count them in seven bits" in str(error)
    assert "write its length in seven bits (§5.2)" in str(error)


@each_way
@pytest.mark.parametrize("length", [0, 1, 125])
def test_a_short_length_in_16_bits_is_refused(length: int, way: Way) -> None:
    error = reject(Role.SERVER, way(b"\x82\xfe" + length.to_bytes(2, "big") + ZERO + bytes(length)))
    assert (error.rule.id, error.offset) == ("length-minimal", Offset(1, 1))
    assert f"{length} written in 16 bits" in str(error)


@each_way
@pytest.mark.parametrize("length", [0, 125, 126, 65535])
def test_a_short_length_in_64_bits_is_refused(length: int, way: Way) -> None:
    error = reject(Role.SERVER, way(b"\x82\xff" + length.to_bytes(8, "big") + ZERO))
    assert (error.rule.id, error.offset) == ("length-minimal", Offset(1, 1))
    assert f"{length} written in 64 bits" in str(error)


@each_way
@pytest.mark.parametrize("length", [1 << 63, (1 << 63) + 1, (1 << 64) - 1])
def test_a_length_with_the_top_bit_is_refused_as_soon_as_that_bit_is_seen(length: int, way: Way) -> None:
    data = b"\x82\xff" + length.to_bytes(8, "big")
    error = reject(Role.SERVER, way(data))
    assert (error.rule.id, error.offset) == ("length-top-bit", Offset(2, 0))
    assert reject(Role.SERVER, [data[:3]]).offset == Offset(2, 0)


def test_the_top_bit_is_refused_whatever_the_limit() -> None:
    data = b"\x82\xff" + (1 << 63).to_bytes(8, "big") + ZERO
    assert reject(Role.SERVER, [data], max_payload=1 << 70).rule.id == "length-top-bit"


@pytest.mark.parametrize("limit", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_a_frame_just_at_the_limit_passes_and_one_more_is_refused_before_its_payload_came(limit: int) -> None:
    at_limit, over = (Frame.binary(bytes(size), mask=KEY) for size in (limit, limit + 1))
    assert FrameParser(Role.SERVER, max_payload=limit).feed(at_limit.serialize()) == [at_limit]
    error = reject(Role.SERVER, [over.serialize()[: over.header_size]], max_payload=limit)
    assert (error.rule.id, error.offset) == ("frame-too-big", Offset(1, 1))
    assert error.close_code == 1009


def test_frames_before_a_violation_come_with_the_error() -> None:
    parser = FrameParser(Role.CLIENT)
    with pytest.raises(FrameError) as caught:
        parser.feed(b"\x81\x02hi\x82\x01x\x83\x00")
    assert caught.value.frames == [Frame.text("hi"), Frame.binary(b"x")]
    assert caught.value.offset == Offset(7, 4)


def test_the_place_counts_from_the_first_byte_of_the_stream() -> None:
    parser = FrameParser(Role.CLIENT)
    parser.feed(b"\x81\x02hi\x82")
    parser.feed(b"\x01x")
    with pytest.raises(FrameError) as caught:
        parser.feed(b"\x83")
    assert caught.value.offset == Offset(7, 4)


def test_after_an_error_every_feed_raises_it_again_without_frames() -> None:
    parser = FrameParser(Role.CLIENT)
    with pytest.raises(FrameError) as first:
        parser.feed(b"\x81\x00\x83")
    for data in (b"\x81\x00", b""):
        with pytest.raises(FrameError) as again:
            parser.feed(data)
        assert str(again.value) == str(first.value)
        assert again.value.frames == []


def test_read_header_waits_until_the_header_is_whole() -> None:
    data = Frame.binary(bytes(70000), mask=KEY).serialize()[:14]
    assert [read_header(data[:size], Role.SERVER) for size in range(14)] == [None] * 14
    assert read_header(data, Role.SERVER) == Header(0x82, KEY, 70000, 14)


# --- bounded work and memory ------------------------------------------------------------------


def test_a_large_frame_may_trickle_in() -> None:
    frame = Frame.binary(bytes(range(256)) * (4 << 12), mask=KEY)
    data = frame.serialize()
    assert len(data) > 4 << 20
    assert parse(Role.SERVER, (data[at : at + 1024] for at in range(0, len(data), 1024))) == [frame]


def test_a_large_frame_may_come_in_single_bytes() -> None:
    frame = Frame.binary(bytes(range(256)) * 400, mask=KEY)
    assert parse(Role.SERVER, byte_by_byte(frame.serialize())) == [frame]


# --- any frame, any bytes, any cut -----------------------------------------------------------

payloads = st.one_of(
    st.binary(max_size=300), st.sampled_from(SIZES).flatmap(lambda size: st.just(bytes(size))), st.binary(max_size=4)
)
control_payloads = st.binary(max_size=125)
masks = st.binary(min_size=4, max_size=4)


@st.composite
def legal_frames(draw: st.DrawFn, role: Role) -> Frame:
    """Any frame that a receiver in `role` takes by itself."""
    opcode = draw(st.sampled_from(Opcode))
    payload = draw(control_payloads if opcode.is_control else payloads)
    fin = opcode.is_control or draw(st.booleans())
    return Frame(opcode, payload, fin=fin, mask=draw(masks) if role is Role.SERVER else None)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


cuts = st.lists(st.integers(0, 1 << 20), max_size=12)
roles = st.sampled_from(Role)


@given(data=st.data(), role=roles, places=cuts)
@settings(max_examples=200)
def test_every_frame_survives_any_cut(data: st.DataObject, role: Role, places: list[int]) -> None:
    frames = data.draw(st.lists(legal_frames(role), max_size=5))
    wire = b"".join(frame.serialize() for frame in frames)
    assert parse(role, cut(wire, places)) == frames


Outcome = tuple[list[Frame], str | None, Offset | None]


def outcome(role: Role, chunks: list[bytes]) -> Outcome:
    parser = FrameParser(role, max_payload=1000)
    frames: list[Frame] = []
    try:
        for chunk in chunks:
            frames += parser.feed(chunk)
    except FrameError as error:
        return frames + error.frames, error.rule.id, error.offset
    return frames, None, None


# bytes that look like frames get further than any bytes do
frameish = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(Role).flatmap(lambda role: legal_frames(role).map(Frame.serialize)),
        st.builds(bytes, st.tuples(st.sampled_from(sorted(LEGAL_FIRST)), st.integers(0, 255))),
    ),
    max_size=6,
).map(b"".join)


@given(role=roles, data=frameish, places=cuts)
@settings(max_examples=200)
def test_any_bytes_give_frames_or_one_rule_and_the_same_however_they_are_cut(
    role: Role, data: bytes, places: list[int]
) -> None:
    expected = outcome(role, [data])
    assert outcome(role, cut(data, places)) == expected
    assert outcome(role, list(byte_by_byte(data[:3000]))) == outcome(role, [data[:3000]])


# --- held against others -----------------------------------------------------------------------


@given(data=st.data(), role=roles)
@settings(max_examples=150)
def test_websockets_writes_the_same_bytes(data: st.DataObject, role: Role) -> None:
    ours = data.draw(legal_frames(Role.CLIENT))  # unmasked: their key is their own secret
    theirs = TheirFrame(TheirOpcode(ours.opcode), ours.payload, fin=ours.fin)
    assert ours.serialize() == theirs.serialize(mask=False)
    masked = theirs.serialize(mask=True)
    (read,) = FrameParser(Role.SERVER).feed(masked)
    assert (read.opcode, read.payload, read.fin) == (ours.opcode, ours.payload, ours.fin)
    assert read.serialize() == masked


@pytest.mark.parametrize("first", range(256), ids=hex)
@pytest.mark.parametrize(
    "rest", [b"\x00", b"\x01x", b"\x80" + ZERO, b"\x81" + ZERO + b"x", b"\xfe\0\x7e" + ZERO + bytes(126)], ids=len
)
def test_websockets_accepts_and_refuses_the_same_whole_frames(first: int, rest: bytes) -> None:
    theirs = ServerProtocol(state=TheirState.OPEN)
    theirs.receive_data(bytes((first,)) + rest)
    error = failure(Role.SERVER, [bytes((first,)) + rest])
    assert (error is not None) is (theirs.parser_exc is not None)
    assert error is None or theirs.close_sent is None or error.close_code == theirs.close_sent.code


@pytest.mark.parametrize("came", [0, 10, 5000])
def test_a_frame_that_has_begun_keeps_little_of_the_chunk_that_it_began_in(came: int) -> None:
    parser = FrameParser(Role.SERVER)
    tracemalloc.start()
    try:
        parser.feed(Frame.binary(bytes(250_000), mask=ZERO).serialize() + b"\x82\xfe\xff\xff" + ZERO + bytes(came))
        assert tracemalloc.get_traced_memory()[0] < 5000 + came
    finally:
        tracemalloc.stop()
    (frame,) = parser.feed(bytes(65535 - came))
    assert frame.payload == bytes(65535)


@given(payload=st.binary(max_size=300), mask=masks)
@settings(max_examples=150)
def test_wsproto_reads_and_writes_the_same_payloads(payload: bytes, mask: bytes) -> None:
    theirs = FrameProtocol(client=False, extensions=[])
    theirs.receive_bytes(Frame.binary(payload, mask=mask).serialize())
    assert [frame.payload for frame in theirs.received_frames()] == [payload]
    sent = FrameProtocol(client=True, extensions=[]).send_data(payload, fin=True)
    assert [frame.payload for frame in FrameParser(Role.SERVER).feed(bytes(sent))] == [payload]
