"""Bytes in hex: linked with their fields, the plain ones beneath, long data cut and its length told."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look
from wslab.explain.anatomy import anatomy
from wslab.protocol import Frame, Role
from wslab.widgets.hexdump import dump, lines

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


def test_each_byte_links_to_all_its_fields() -> None:
    buttons = look(dump(anatomy(HELLO, Role.SERVER))).of_class("wsl-dbyte")
    assert buttons[0]["data-link"] == "fin rsv1 rsv2 rsv3 opcode"
    assert buttons[1]["data-link"] == "mask payload-len"
    assert buttons[5]["data-link"] == "masking-key"
    assert buttons[0]["aria-label"] == "byte 0: 81"


def test_the_plain_bytes_stand_under_a_masked_payload() -> None:
    text = look(dump(anatomy(HELLO, Role.SERVER))).text
    assert text.endswith("48656c6c6f Hello")


def test_an_unmasked_payload_stands_once() -> None:
    assert not look(dump(anatomy(Frame.text("Hello").serialize(), Role.CLIENT))).of_class("is-plain")


@pytest.mark.parametrize("size", [129, 500, 70000])
def test_long_data_is_cut_and_opens_whole(size: int) -> None:
    told = anatomy(Frame.binary(bytes(size)).serialize(), Role.CLIENT)
    cut = look(dump(told))
    assert f"of {len(told.data):,} bytes are left out" in cut.text
    assert cut.having("data-do")[0]["data-do"] == "whole"
    whole = look(dump(told, whole=True))
    assert ("The first 65,536 bytes" in whole.text) == (size > 65536)
    assert whole.having("data-do")[0]["data-arg"] == "no"


def test_no_bytes_are_told() -> None:
    assert look(dump(anatomy(b"", Role.SERVER))).text == "There are no bytes."


def test_text_lines_hold_offset_bytes_and_letters() -> None:
    assert lines(b"GET / HTTP/1.1\r\n!") == [
        "0000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1··",
        "0010  21                                                !",
    ]


def test_bytes_are_data() -> None:
    html = str(dump(anatomy(Frame.text(EVIL * 20).serialize(), Role.CLIENT), whole=True))
    assert "<img" not in html
