"""Every bit has a name, whatever the bytes are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.explain import Anatomy, anatomy
from wslab.explain.anatomy import MOST_FRAMES
from wslab.explain.inflating import MAX_INFLATED
from wslab.protocol import RULES, Deflate, Extension, Frame, HandshakeRequest, HandshakeResponse, Role
from wslab.protocol.deflate import Deflater

KEY = bytes.fromhex("37fa213d")
REQUEST = HandshakeRequest.build("127.0.0.1:9001", "/chat?room=1", key="dGhlIHNhbXBsZSBub25jZQ==")
RESPONSE = HandshakeResponse.accept(REQUEST)
LISTS = HandshakeRequest.build(
    "a",
    key="dGhlIHNhbXBsZSBub25jZQ==",
    subprotocols=["chat", "superchat"],
    extensions=[Deflate(server_max_window_bits=10).offer(), Extension("x-other", (("a", "b"),))],
)
AGREED = [None, Deflate(), Deflate(client_no_context_takeover=True, server_no_context_takeover=True)]
HEADS = [
    LISTS.serialize(),
    REQUEST.serialize(),
    RESPONSE.serialize(),
    b"GET ",
    b"HTTP/1.1 ",
    b"GET / HTTP/1.1\r\nHost",
    b"\r\n\r\n",
]

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


@given(streams, roles, st.sampled_from(AGREED))
def test_fields_tile_any_stream_and_are_its_very_bits(data: bytes, role: Role, agreed: Deflate | None) -> None:
    found = anatomy(data, role, deflate=agreed)
    check_tiles(found)
    assert "".join(bits(data)[field.start : field.end] for field in found.fields) == bits(data)


@given(any_frame, roles)
def test_a_frame_cut_off_anywhere_still_tiles(frame: Frame, role: Role) -> None:
    data = frame.serialize()
    for size in range(min(len(data), 20)):
        check_tiles(anatomy(data[:size], role))


values = st.text('ab,;= \t"\\é', max_size=30).map(lambda text: text.encode("latin-1"))


@given(st.sampled_from([b"Sec-WebSocket-Extensions", b"sec-websocket-protocol"]), values)
def test_any_value_of_a_list_tiles(name: bytes, value: bytes) -> None:
    data = b"GET / HTTP/1.1\r\n" + name + b":" + value + b"\r\n\r\n"
    found = anatomy(data, Role.SERVER)
    check_tiles(found)
    assert b"".join(data[field.start // 8 : field.end // 8] for field in found.fields) == data


@given(streams, roles, st.sampled_from(AGREED))
def test_a_violation_inside_the_data_is_carried_by_a_field(data: bytes, role: Role, agreed: Deflate | None) -> None:
    found = anatomy(data, role, deflate=agreed)
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
        (Frame.close(1000, "bye"), ["MASK", "Payload len", "Close code", "Reason"]),
        (Frame.close(1000), ["MASK", "Payload len", "Close code"]),
    ],
    ids=str,
)
def test_fields_keep_the_names_of_the_rfc(frame: Frame, behind: list[str]) -> None:
    assert names(frame.serialize()) == FIRST + behind


def test_fin_of_a_control_frame_cites_the_section_that_demands_it() -> None:
    """§5.5: control frames "MUST NOT be fragmented"; §5.2 only says what the bit is."""
    fin = anatomy(Frame.ping().serialize(), Role.CLIENT).fields[0]
    assert (fin.meaning, fin.section) == ("whole, as every control frame must be", "5.5")
    assert anatomy(Frame.text("Hi").serialize(), Role.CLIENT).fields[0].section == "5.2"


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
        ("88820000000003ee", Role.SERVER, {"Close code": "close-code-valid"}),
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


# --- lists in the heads ------------------------------------------------------------------------


def tokens(data: bytes, *names: str) -> list[tuple[str, str]]:
    return [(field.name, field.value) for field in anatomy(data, Role.SERVER).fields if field.name in names]


def test_the_value_of_a_list_is_cut_into_its_tokens() -> None:
    assert tokens(LISTS.serialize(), "Subprotocol") == [("Subprotocol", "chat"), ("Subprotocol", "superchat")]
    assert tokens(LISTS.serialize(), "Extension", "Parameter", "Parameter value") == [
        ("Extension", "permessage-deflate"),
        ("Parameter", "server_max_window_bits"),
        ("Parameter value", "10"),
        ("Parameter", "client_max_window_bits"),
        ("Extension", "x-other"),
        ("Parameter", "a"),
        ("Parameter value", "b"),
    ]


def test_a_wrong_token_of_a_list_carries_the_rule_alone() -> None:
    found = anatomy(RULES["extensions-syntax"].example, Role.SERVER)
    assert [field.value for field in found.fields if field.rule] == ["="]


# --- compressed messages ------------------------------------------------------------------------


def squeezed(*texts: str | bytes, agreed: Deflate | None = None) -> bytes:
    """Compressed messages of a server, one frame each, in one window."""
    deflater = Deflater(agreed or Deflate(), Role.SERVER)
    frames = []
    for text in texts:
        data = text.encode() if isinstance(text, str) else text
        frames.append(Frame(1 if isinstance(text, str) else 2, deflater.deflate(data), rsv1=True))
    return b"".join(frame.serialize() for frame in frames)


def test_compressed_messages_are_told_by_what_they_inflate_to_over_the_window_of_all_of_them() -> None:
    found = anatomy(squeezed("Hello", "Hello", b"\x01\x02"), Role.CLIENT, deflate=Deflate())
    assert [part.inflated for part in found.parts] == [b"Hello", b"Hello", b"\x01\x02"]
    assert len(found.parts[1].plain) < len(found.parts[0].plain), "the second only points into the window"
    told = [(field.value, field.meaning) for field in found.fields if field.name in ("RSV1", "Payload data")]
    assert told[:2] == [
        ("1", "compressed: the message was deflated"),
        ("“Hello”", "UTF-8 text, compressed to 7 bytes, inflates to 5 bytes"),
    ]
    assert told[5][0] == "01 02"
    assert found.error is None
    assert [field.rule for field in found.fields] == [None] * len(found.fields)


def test_the_same_bytes_without_the_agreement_break_reserved_bits() -> None:
    found = anatomy(squeezed("Hello"), Role.CLIENT)
    assert found.error is not None
    assert found.error.rule is RULES["reserved-bits"]
    assert found.parts[0].inflated is None


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ("8000", "the message's first frame says whether it is compressed"),
        ("8900", "a control frame is never compressed"),
        ("c900", "only the first frame of a message may set it"),
    ],
)
def test_rsv1_of_a_frame_that_cannot_begin_a_compressed_message(data: str, meaning: str) -> None:
    found = anatomy(bytes.fromhex(data), Role.CLIENT, deflate=Deflate())
    (rsv1,) = (field for field in found.fields if field.name == "RSV1")
    assert (rsv1.meaning, rsv1.reference) == (meaning, "RFC 7692 §6.1")


def test_a_fragmented_compressed_message_is_inflated_piece_by_piece_with_a_ping_between() -> None:
    deflater = Deflater(Deflate(), Role.SERVER)
    first = Frame(1, deflater.deflate(b"gr" + "ü".encode()[:1], last=False), fin=False, rsv1=True)
    last = Frame(0, deflater.deflate("ü".encode()[1:] + b"n"))
    plain = Frame.text("plain")
    data = b"".join(frame.serialize() for frame in (first, Frame.ping(b"?"), last, plain))
    found = anatomy(data, Role.CLIENT, deflate=Deflate())
    assert [part.inflated for part in found.parts] == ["grü".encode()[:3], None, "ün".encode()[1:], None]
    assert found.error is None


@pytest.mark.parametrize(
    "frame", [Frame(0, b"", rsv1=True), Frame(9, b"", rsv1=True), Frame(3, b"", rsv1=True)], ids=str
)
def test_rsv1_where_it_has_no_place_carries_its_rule(frame: Frame) -> None:
    fields = anatomy(frame.serialize(), Role.CLIENT, whole_stream=False, deflate=Deflate()).fields
    assert fields[1].rule is RULES["rsv1-first-fragment"]


def test_what_cannot_be_inflated_is_named_so_and_so_is_all_behind_it() -> None:
    bad = Frame(1, b"\xff\xff", rsv1=True).serialize()
    found = anatomy(bad + squeezed("Hello"), Role.CLIENT, deflate=Deflate())
    assert [part.inflated for part in found.parts] == [None, None]
    assert "cannot be inflated" in found.parts[0].fields[-1].meaning
    assert found.parts[0].fields[-1].rule is RULES["deflate-data"]


def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    at_limit = anatomy(squeezed(bytes(MAX_INFLATED)), Role.CLIENT, deflate=Deflate()).parts[0]
    beyond = anatomy(squeezed(bytes(MAX_INFLATED + 1)), Role.CLIENT, deflate=Deflate()).parts[0]
    assert at_limit.inflated == bytes(MAX_INFLATED)
    assert beyond.inflated is None


@pytest.mark.parametrize("size", range(4, 9))
def test_a_compressed_payload_cut_off_is_inflated_as_far_as_it_goes(size: int) -> None:
    part = anatomy(squeezed("Hello")[:size], Role.CLIENT, deflate=Deflate()).parts[0]
    assert part.missing == 9 - size
    assert part.inflated is not None
    assert b"Hello".startswith(part.inflated)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("81", "at least 1 byte"),
        ("81fe", "at least 6 bytes"),
        ("81fe01", "at least 5 bytes"),
        ("817f00", "at least 7 bytes"),
        ("81fe0100", "260 bytes"),
        ("81fe0100aabb", "258 bytes"),
        ("8185", "9 bytes"),
        ("8185aabb", "7 bytes"),
        ("8185aabbccdd", "5 bytes"),
        ("8185aabbccdd0000000000", ""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n".hex(), "at least 1 byte"),
    ],
)
def test_what_is_missing_counts_all_that_the_header_says_so_far(data: str, words: str) -> None:
    assert anatomy(bytes.fromhex(data), Role.SERVER).parts[0].missing_words == words


# --- a field changed, and all the others as they were ----------------------------------------------

# fields whose bits do not say where the next field begins, and what else each of them says something about
ALONE = {
    "FIN": set(),
    "RSV1": set(),
    "RSV2": set(),
    "RSV3": set(),
    "Masking-key": {"Payload data", "Close code", "Reason"},
    "Payload data": set(),
    "Close code": set(),
    "Reason": set(),
    "Request target": set(),
    "Header value": set(),
    "Extension": set(),
    "Parameter value": set(),
}
whole_frames = st.builds(
    Frame, st.integers(0, 15), st.binary(min_size=2, max_size=140), mask=st.none() | st.binary(min_size=4, max_size=4)
).map(Frame.serialize)


@given(st.one_of(whole_frames, st.sampled_from(HEADS[:3])), roles, st.data())
def test_a_changed_field_changes_nothing_but_itself(data: bytes, role: Role, draw: st.DataObject) -> None:
    before = anatomy(data, role, whole_stream=False)
    choices = [field for field in before.fields if field.name in ALONE]
    if not choices:
        return
    field = draw.draw(st.sampled_from(choices))
    text = before.parts[0].kind.id == "http"
    new = b"z" * (field.size // 8) if text else draw.draw(st.binary(min_size=18 * 8, max_size=18 * 8))
    bits = int.from_bytes(new, "big") % (1 << field.size)
    after = anatomy(before.changed(field, bits), role, whole_stream=False)
    assert [(one.name, one.start, one.size) for one in after.fields] == [
        (one.name, one.start, one.size) for one in before.fields
    ]
    changed = {one.name for one, two in zip(before.fields, after.fields, strict=True) if one.value != two.value}
    places = {one.start for one, two in zip(before.fields, after.fields, strict=True) if one.value != two.value}
    assert changed <= {field.name, *ALONE[field.name]}
    assert places <= {field.start} or field.name == "Masking-key"
    was = int.from_bytes(before.data, "big") >> (len(data) * 8 - field.end) & ((1 << field.size) - 1)
    assert after.changed(field, was) == data, "and back again"


@pytest.mark.parametrize("behind", [b"", b"\x81\x00"])
@pytest.mark.parametrize(
    ("data", "name"), [(b"\x81\x02a\xc3", "Payload data"), (b"\x88\x04\x03\xe8a\xc3", "Reason")], ids=str
)
def test_a_text_that_ends_inside_a_character_is_wrong_itself_and_not_the_frame_behind(
    data: bytes, name: str, behind: bytes
) -> None:
    wrong = [field for field in anatomy(data + behind, Role.CLIENT).fields if field.rule]
    assert [(field.name, field.bytes.stop) for field in wrong] == [(name, len(data))]


def test_a_field_takes_no_more_bits_than_it_has() -> None:
    found = anatomy(b"\x81\x00", Role.CLIENT)
    with pytest.raises(OverflowError, match=r"opcode holds 0 to 2\^4 - 1, and 16 does not fit it"):
        found.changed(found.fields[4], 16)


def test_only_so_many_frames_are_taken_apart_and_the_rest_is_one_field() -> None:
    data = b"\x81\x00" * (MOST_FRAMES + 7)
    found = anatomy(data, Role.CLIENT)
    check_tiles(found)
    assert (len(found.parts), found.parts[-1].name, found.error) == (MOST_FRAMES + 1, "the rest", None)
    (field,) = found.parts[-1].fields
    assert field.meaning == "14 bytes behind the first 500 frames: judged, but not taken apart"
    assert len(anatomy(data[: 2 * MOST_FRAMES], Role.CLIENT).parts) == MOST_FRAMES


def test_a_violation_behind_them_is_carried_by_that_field() -> None:
    found = anatomy(b"\x81\x00" * (MOST_FRAMES + 7) + b"\x83\x00", Role.CLIENT)
    assert found.error is not None
    assert found.fields[-1].rule is found.error.rule


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ("8101e9", "bytes that are not UTF-8, 1 byte"),
        ("810548656c6c6f", "UTF-8 text, 5 bytes"),
        ("8102c3a9", "UTF-8 text, 2 bytes"),
        ("0101c3", "UTF-8 text, 1 byte"),  # a fragment may end inside a character (§5.6)
        ("010248e9", "UTF-8 text, 2 bytes"),
        ("820148", "the application's bytes, 1 byte"),
    ],
)
def test_a_payload_is_called_text_only_where_it_is(data: str, meaning: str) -> None:
    fields = anatomy(bytes.fromhex(data), Role.CLIENT).fields
    assert fields[-1].meaning == meaning


@pytest.mark.parametrize(
    ("payload", "is_text"),
    [(b"." * 300 + b"\xff", False), (b"." * 300 + b"\xc3", False), (b"." * 255 + b"\xc3\xa9", True),
     ("the sign \ufffd itself".encode(), True)],
)  # fmt: skip
def test_all_of_a_payload_is_judged_before_it_is_called_text(payload: bytes, is_text: bool) -> None:
    found = anatomy(Frame(1, payload).serialize(), Role.CLIENT)
    assert found.fields[-1].meaning.startswith("UTF-8 text") is is_text
    assert (found.error is None) is is_text


def test_an_unused_bit_is_not_explained_by_an_extension_that_is_missing() -> None:
    found = anatomy(squeezed("Hello"), Role.CLIENT, deflate=Deflate())
    (rsv2,) = (field for field in found.fields if field.name == "RSV2")
    assert rsv2.meaning == "unused: no extension gave it a meaning"


def test_a_line_end_is_called_what_it_is_and_a_separator_cites_its_grammar() -> None:
    head = b"GET / HTTP/1.1\nHost: a\r\nSec-WebSocket-Extensions: a, b; c=d\r\n\r\n"
    found = anatomy(head, Role.SERVER).fields
    assert [field.meaning for field in found if field.name == "Line end"] == ["should be CR LF", "CR LF", "CR LF"]
    assert [field.section for field in found if field.name == "Separator"] == ["RFC 9110 5.6.1", "9.1", "9.1"]


def glosses(data: bytes, name: str) -> list[tuple[str, str]]:
    return [(field.meaning, field.section) for field in anatomy(data, Role.CLIENT).fields if field.name == name]


def test_a_status_and_an_empty_line_are_told_by_what_comes_behind() -> None:
    """An interim answer neither refuses nor asks (RFC 9110 §15.2), and behind a refusal come no frames (§1.3)."""
    interim, refusal = b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 401 Unauthorized\r\n\r\n"
    assert glosses(interim + refusal, "Status code") == [
        ("an interim answer: the final one comes behind it", "RFC 9110 15.2"),
        ("not 101: it stays HTTP, such as a refusal, a wish for a login (401) or another address (3xx)", "4.1"),
    ]
    assert [meaning for meaning, _ in glosses(interim + refusal, "Empty line")] == [
        "the head ends here; the next answer follows",
        "the head ends here; the body follows, if there is one",
    ]


def test_another_header_of_a_response_is_not_cited_from_the_section_on_requests() -> None:
    assert glosses(b"HTTP/1.1 401 No\r\nServer: x\r\n\r\n", "Header name") == [("another header", "RFC 9110 6.3")]
