"""Every bit has a name, whatever the bytes are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.explain import Anatomy, anatomy
from wslab.protocol import RULES, Frame, HandshakeRequest, HandshakeResponse, Role

KEY = bytes.fromhex("37fa213d")
REQUEST = HandshakeRequest.build("127.0.0.1:9001", "/chat?room=1", key="dGhlIHNhbXBsZSBub25jZQ==")
RESPONSE = HandshakeResponse.accept(REQUEST)
HEADS = [REQUEST.serialize(), RESPONSE.serialize(), b"GET ", b"HTTP/1.1 ", b"GET / HTTP/1.1\r\nHost", b"\r\n\r\n"]

roles = st.sampled_from(list(Role))
any_frame = st.builds(
    Frame,
    st.integers(0, 15),
    st.binary(max_size=200),
    fin=st.booleans(),
    rsv1=st.booleans(),
    rsv2=st.booleans(),
    rsv3=st.booleans(),
    mask=st.none() | st.binary(min_size=4, max_size=4),
)
streams = st.lists(
    st.sampled_from(HEADS) | st.binary(max_size=40) | any_frame.map(Frame.serialize), min_size=1, max_size=5
).map(b"".join)


def check_tiles(found: Anatomy) -> None:
    fields = found.fields
    assert [field.start for field in fields[:1]] == ([0] if found.data else [])
    assert all(one.end == two.start for one, two in pairwise(fields)), "a gap or an overlap"
    assert all(field.size > 0 for field in fields)
    assert (fields[-1].end if fields else 0) == len(found.data) * 8


def bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


@given(streams, roles)
def test_fields_tile_any_stream_and_are_its_very_bits(data: bytes, role: Role) -> None:
    found = anatomy(data, role)
    check_tiles(found)
    assert "".join(bits(data)[field.start : field.end] for field in found.fields) == bits(data)


@given(any_frame, roles)
def test_a_frame_cut_off_anywhere_still_tiles(frame: Frame, role: Role) -> None:
    data = frame.serialize()
    for size in range(min(len(data), 20)):
        check_tiles(anatomy(data[:size], role))


@given(streams, roles)
def test_a_violation_inside_the_data_is_carried_by_a_field(data: bytes, role: Role) -> None:
    found = anatomy(data, role)
    if found.error is not None and found.error.offset.byte < len(data):
        assert found.error.rule in [field.rule for field in found.fields]


def names(data: bytes, role: Role = Role.SERVER) -> list[str]:
    return [field.name for field in anatomy(data, role).fields]


FIRST = ["FIN", "RSV1", "RSV2", "RSV3", "opcode"]


@pytest.mark.parametrize(
    ("frame", "behind"),
    [
        (Frame.text("Hello", mask=KEY), ["MASK", "Payload len", "Masking-key", "Payload data"]),
        (Frame.text("Hello"), ["MASK", "Payload len", "Payload data"]),
        (Frame.ping(), ["MASK", "Payload len"]),
        (Frame.binary(bytes(126)), ["MASK", "Payload len", "Extended payload length", "Payload data"]),
        (Frame.close(1000, "bye"), ["MASK", "Payload len", "Status code", "Reason"]),
        (Frame.close(1000), ["MASK", "Payload len", "Status code"]),
    ],
    ids=str,
)
def test_fields_keep_the_names_of_the_rfc(frame: Frame, behind: list[str]) -> None:
    assert names(frame.serialize()) == FIRST + behind


@pytest.mark.parametrize(
    ("data", "role", "broken"),
    [
        ("f180", Role.SERVER, {"RSV1": "reserved-bits", "RSV2": "reserved-bits", "RSV3": "reserved-bits"}),
        ("8f8000000000", Role.SERVER, {"opcode": "reserved-opcode"}),
        ("0900", Role.SERVER, {"FIN": "control-fragmented", "MASK": "client-masks"}),
        ("818000000000", Role.CLIENT, {"MASK": "server-does-not-mask"}),
        ("89fe007e", Role.SERVER, {"Payload len": "control-too-long"}),
        ("81fe007d", Role.SERVER, {"Payload len": "length-minimal"}),
        ("82ff8000000000000000", Role.SERVER, {"Extended payload length": "length-top-bit"}),
        ("88820000000003ee", Role.SERVER, {"Status code": "close-code-valid"}),
        ("888100000000ff", Role.SERVER, {"Payload data": "close-body-length"}),
    ],
)
def test_each_illegal_field_carries_its_rule_also_several_in_one_frame(
    data: str, role: Role, broken: dict[str, str]
) -> None:
    fields = anatomy(bytes.fromhex(data), role).fields
    got = {field.name: field.rule.id for field in fields if field.rule}
    assert got == broken


def test_a_legal_frame_breaks_no_rule_for_its_receiver() -> None:
    for role in Role:
        data = Frame.text("Hello", mask=KEY if role is Role.SERVER else None).serialize()
        assert [field.rule for field in anatomy(data, role).fields] == [None] * len(anatomy(data, role).fields)


def test_a_request_is_cut_into_line_header_and_token_and_the_frame_behind_it_is_a_frame() -> None:
    found = anatomy(REQUEST.serialize() + Frame.text("Hi", mask=KEY).serialize(), Role.SERVER)
    assert [part.name for part in found.parts] == ["request", "text frame"]
    values = {field.name: field.value for field in found.parts[0].fields}
    assert values["Request target"] == "/chat?room=1"
    assert found.error is None


def test_a_wrong_header_carries_the_rule_of_the_handshake() -> None:
    found = anatomy(RULES["request-version"].example, Role.SERVER)
    assert [field.value for field in found.fields if field.rule is RULES["request-version"]] == ["8"]
    assert found.error is not None
    assert found.error.rule is RULES["request-version"]


def test_a_frame_alone_is_not_judged_by_the_frames_before_it() -> None:
    data = Frame.continuation(b"lo", mask=KEY).serialize()
    assert anatomy(data, Role.SERVER).error is not None
    assert anatomy(data, Role.SERVER, whole_stream=False).error is None


def test_at_names_the_field_of_a_bit() -> None:
    found = anatomy(Frame.text("Hello", mask=KEY).serialize(), Role.SERVER)
    assert [found.at(bit).name for bit in (0, 3, 4, 7, 8, 15, 16, 47, 48)] == [
        *("FIN", "RSV3", "opcode", "opcode", "MASK", "Payload len", "Masking-key", "Masking-key", "Payload data")
    ]
    with pytest.raises(IndexError, match="bit 88 lies outside the 88 bits"):
        found.at(88)


@given(any_frame, roles, st.data())
def test_changing_a_bit_of_a_field_of_one_bit_changes_that_field_alone(
    frame: Frame, role: Role, data: st.DataObject
) -> None:
    wire = bytearray(frame.serialize())
    bit = data.draw(st.integers(0, 3))
    before = anatomy(bytes(wire), role, whole_stream=False).parts[0].fields
    wire[0] ^= 0x80 >> bit
    after = anatomy(bytes(wire), role, whole_stream=False).parts[0].fields
    assert [(one.name, one.value) for one in before if one.start != bit and one.name != "FIN"] == [
        (two.name, two.value) for two in after if two.start != bit and two.name != "FIN"
    ]
    assert before[bit].value != after[bit].value
