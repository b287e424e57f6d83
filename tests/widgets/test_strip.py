"""A frame as a strip of bytes: tints, names, what stands below, and what is left out."""

from __future__ import annotations

from tests.widgets.helpers import look
from wslab.protocol import Frame, Role
from wslab.widgets.page import html_of
from wslab.widgets.strip import strip

KEY = bytes.fromhex("37fa213d")


def cells(data: bytes, role: Role = Role.CLIENT) -> list[tuple[str, str | None]]:
    """The tint of each byte and what stands below it."""
    found = look(strip(data, role)).of_class("wsl-sbyte")
    return [((each["class"] or "").split()[1], each.get("data-plain")) for each in found]


def test_each_byte_is_a_cell_with_the_tint_of_its_field() -> None:
    data = Frame.close(1000, "done", mask=KEY).serialize()
    tints = [tint for tint, _ in cells(data, Role.SERVER)]
    assert tints == ["is-first", "is-second", *["is-key"] * 4, *["is-close"] * 2, *["is-payload"] * 4]


def test_below_each_byte_of_a_payload_stands_its_plain_character() -> None:
    data = Frame.text("Hi ·", mask=KEY).serialize()
    assert [plain for tint, plain in cells(data, Role.SERVER) if tint == "is-payload"] == ["H", "i", " ", "·", "·"]


def test_below_the_header_stand_the_opcode_the_length_and_the_close_code() -> None:
    told = look(strip(Frame.close(1001, "bye").serialize(), Role.CLIENT)).text
    for words in ("close", "5", "1001", "Reason"):
        assert words in told


def test_a_field_that_breaks_a_rule_is_hatched_and_named() -> None:
    node = strip(bytes.fromhex("810548656c6c6f"), Role.SERVER)
    found = look(node)
    assert "× MASK" in found.text
    assert len(found.of_class("is-illegal")) == 1


def test_a_long_payload_says_how_much_is_left_out() -> None:
    html = html_of(strip(Frame.binary(bytes(70_000)).serialize(), Role.CLIENT))
    assert "69,992 more" in look(html).text
    assert len(html) < 5_000


def test_bytes_that_are_no_whole_frame_are_cells_too() -> None:
    assert len(cells(b"\x81")) == 1
    assert len(cells(b"\x81\xfe\x00", Role.SERVER)) == 3
