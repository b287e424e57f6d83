"""A frame in bits as text: the RFC's figure, 32 bits a row or 16, as wide as it says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from wslab.explain.anatomy import anatomy
from wslab.protocol import Frame, Opcode, Role
from wslab.widgets.frame_text import WIDTHS, frame_lines, plain_lines

KEY = bytes.fromhex("37fa213d")
HELLO = Frame.text("Hello", mask=KEY).serialize()


def drawn(data: bytes, width: int = 80, role: Role = Role.SERVER) -> list[str]:
    told = anatomy(data, role)
    return plain_lines(told, told.parts[0], width)


def test_it_is_the_figure_of_the_rfc() -> None:
    assert drawn(HELLO)[:10] == [
        "      0                   1                   2                   3",
        "      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1",
        "     +-+-+-+-+-------+-+-------------+-------------------------------+",
        "     |F|R|R|R|opcode |M| Payload len |          Masking-key          |",
        "     |I|S|S|S|  (4)  |A|     (7)     |             (32)              |",
        "     |N|V|V|V|       |S|             |                               |",
        "     | |1|2|3|       |K|             |                               |",
        "   0 |      81       |      85       |   37 key[0]       fa key[1]   |",
        "     |1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|",
        "     +-+-+-+-+-------+-+-------------+-------------------------------+",
    ]


def test_a_masked_payload_shows_wire_key_and_plain() -> None:
    assert any("7f ^ 37 = 48 H  9f ^ fa = 65 e" in line for line in drawn(HELLO))


FRAMES = [
    HELLO,
    Frame.text("Hello").serialize(),
    Frame.close(1000, "bye", mask=KEY).serialize(),
    Frame.binary(bytes(300), mask=KEY).serialize(),
    Frame.binary(bytes(70_000)).serialize(),
    Frame(Opcode.PING, b"", mask=KEY).serialize(),
    b"\xff" * 30,
    *(HELLO[:size] for size in range(1, 11)),
]


@pytest.mark.parametrize("data", FRAMES)
@pytest.mark.parametrize("bits", [32, 16])
def test_every_line_has_its_width_and_its_borders_meet(data: bytes, bits: int) -> None:
    lines = [line for line in drawn(data, WIDTHS[bits]) if line[4:5] == " " and line[5:6] in "|+"]
    assert lines
    assert max(map(len, drawn(data, WIDTHS[bits]))) <= WIDTHS[bits]
    for above, below in pairwise(lines):
        for one, other in ((above, below), (below, above)):
            if "|" in one and other[5] == "+":
                assert all(other[column] == "+" for column, sign in enumerate(one) if sign == "|")


@pytest.mark.parametrize("data", FRAMES)
def test_the_bits_are_those_of_the_data(data: bytes) -> None:
    rows = [line[5:] for line in drawn(data) if set(line[5:]) <= set("01| ") and line[:6] == "     |"]
    bits = "".join(each for row in rows for each in row if each in "01")
    assert bits
    assert f"{int.from_bytes(data, 'big'):0{len(data) * 8}b}".startswith(bits)


@pytest.mark.parametrize(("width", "bits"), [(200, 32), (70, 32), (69, 16), (38, 16)])
def test_it_is_as_wide_as_there_is_room(width: int, bits: int) -> None:
    assert drawn(HELLO, width)[1].split()[-1] == str((bits - 1) % 10)


def test_where_there_is_no_room_or_no_frame_there_is_no_figure() -> None:
    assert drawn(HELLO, 37) == []
    assert drawn(b"GET / HTTP/1.1\r\n\r\n") == []


def test_what_is_illegal_is_named_and_what_is_left_out_or_missing_is_told() -> None:
    lines = drawn(bytes.fromhex("c30548656c6c6f"))
    assert "     |F|×|R|R|×opcode|×| Payload len |" in [line[:38] for line in lines]
    assert "".join(line[8] for line in lines[3:8]) == "×RSV1"
    assert drawn(Frame.binary(bytes(300)).serialize())[-1].strip().startswith("… ")
    assert drawn(HELLO[:9])[-1].strip() == "2 bytes still to come: the frame is cut off here"


def test_a_run_knows_its_field() -> None:
    told = anatomy(HELLO, Role.SERVER)
    fields = {run.field.name for line in frame_lines(told, told.parts[0], 80) for run in line if run.field is not None}
    assert fields == {field.name for field in told.fields}
