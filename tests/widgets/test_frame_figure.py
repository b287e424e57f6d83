"""The figure of a frame: every bit of the header a button, the payload in blocks, what is wrong by name."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, Tags, look
from wslab.explain.anatomy import anatomy
from wslab.protocol import Frame, Role
from wslab.widgets.frame_figure import Drawing, Flip, figure
from wslab.widgets.strip import tokens

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


def drawn(data: bytes, role: Role = Role.SERVER, changed: frozenset[int] = frozenset()) -> Tags:
    told = anatomy(data, role)
    return look(figure(Drawing(told, told.parts[0], changed)))


def test_every_bit_of_the_header_is_a_button_with_its_value() -> None:
    buttons = drawn(HELLO).of_class("wsl-bit")
    assert [each["data-arg"] for each in buttons] == [str(bit) for bit in range(48)]
    values = "".join((each["aria-label"] or "").split(": ")[1][0] for each in buttons)
    assert values == "".join(f"{byte:08b}" for byte in HELLO[:6])


def test_fields_bits_and_words_share_a_token_without_a_space() -> None:
    names = tokens(anatomy(HELLO + HELLO, Role.SERVER))
    assert list(names.values())[:9] == [
        "fin",
        "rsv1",
        "rsv2",
        "rsv3",
        "opcode",
        "mask",
        "payload-len",
        "masking-key",
        "payload-data",
    ]
    assert names[11 * 8 + 4] == "opcode-2"
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ("c18537fa213d7f9f4d5158", ["RSV1"]),
        ("8300", ["opcode", "MASK"]),
        ("09 80 00 00 00 00", ["FIN"]),
        ("81 fe 00 05", ["Payload len"]),
    ],
)
def test_an_illegal_field_is_hatched_and_named(data: str, fields: list[str]) -> None:
    tags = drawn(bytes.fromhex(data))
    hatched = [each["data-link"] for each in tags.of_class("is-illegal")]
    assert hatched == [name.lower().replace(" ", "-") for name in fields]
    assert [name for name in fields if f"× {name}" in tags.text] == fields


def test_a_legal_frame_has_no_hatching() -> None:
    tags = drawn(HELLO)
    assert not tags.of_class("is-illegal")
    assert "×" not in tags.text


def test_a_changed_bit_is_ringed_and_told() -> None:
    ringed = drawn(HELLO, changed=frozenset({1})).of_class("is-changed")
    assert [each["aria-label"] for each in ringed] == ["RSV1, byte 0 bit 1: 0, changed"]


def test_a_payload_byte_is_one_cell_of_wire_key_and_plain() -> None:
    text = drawn(HELLO).text
    assert "wire7fkey[0]37plain48H" in text.replace(" ", "")
    assert text.count("7f") == 1


def test_a_space_is_seen_and_a_close_code_is_a_number() -> None:
    assert "␣" in drawn(Frame.text("a b").serialize(), Role.CLIENT).text
    assert "1000" in drawn(Frame.close(1000, "bye").serialize(), Role.CLIENT).text


def test_each_flip_has_a_sign_and_says_why() -> None:
    told = anatomy(HELLO, Role.SERVER)
    flips = {0: Flip(True, "fine"), 1: Flip(False, "a rule"), 9: Flip(None, "waits")}
    tags = look(figure(Drawing(told, told.parts[0], flips=flips)))
    marks = tags.of_class("wsl-flip")
    assert [(each["data-arg"], each["data-do"], each["title"]) for each in marks] == [
        ("0", "flip", "fine"),
        ("1", "flip", "a rule"),
        ("9", "flip", "waits"),
    ]
    assert "✓" in tags.text
    assert "×" in tags.text


@pytest.mark.parametrize(
    ("size", "still"), [(1, "at least 1 byte"), (2, "9 bytes"), (4, "7 bytes"), (6, "5 bytes"), (10, "1 byte")]
)
def test_what_is_cut_off_is_told(size: int, still: str) -> None:
    assert f"{still} still to come" in drawn(HELLO[:size]).text


def test_a_long_payload_is_cut_and_the_rest_can_be_opened() -> None:
    tags = drawn(Frame.binary(bytes(1000), mask=bytes(4)).serialize())
    (more,) = tags.of_class("wsl-omore")
    assert more["data-opens"] == "dump"
    assert "997 bytes more" in tags.text
    assert len(tags.of_class("wsl-oct")) == 8 + 3 + 1


def test_a_payload_is_data() -> None:
    told = anatomy(Frame.text(EVIL).serialize(), Role.CLIENT)
    assert "<img" not in str(figure(Drawing(told, told.parts[0])))
