"""A frame in a few words."""

from __future__ import annotations

import pytest

from wslab.explain.preview import preview
from wslab.protocol import Frame, Opcode


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (Frame.text("Hello"), "text “Hello”"),
        (Frame.text(""), "text"),
        (Frame(Opcode.TEXT, b"Hel", fin=False), "text, more follows “Hel”"),
        (Frame(Opcode.CONTINUATION, b"lo"), "continuation “lo”"),
        (Frame(Opcode.TEXT, "gr\u00fcn".encode()[:3], fin=False), "text, more follows “gr\\xc3”"),
        (Frame.binary(b"\x00\xff"), "binary, 2 bytes"),
        (Frame.ping(b"\xff" * 9), "Ping ff ff ff ff ff ff ff ff …"),
        (Frame.ping(b"\x01\x02\x03\x04"), "Ping 01 02 03 04"),
        (Frame.pong(b"\xa5bc\xe2"), "Pong a5 62 63 e2"),
        (Frame.ping("é".encode()), "Ping “é”"),
        (Frame(Opcode.CLOSE, b"\x03\xe8by\xff"), "Close 1000 “by\\xff”"),
        (Frame.text("\ufffd"), "text “\ufffd”"),
        (Frame.close(1000, "bye"), "Close 1000 “bye”"),
        (Frame(Opcode.CLOSE, b""), "Close"),
        (Frame(Opcode.CLOSE, b"\x03"), "Close"),
        (Frame.text("\x1b[2J\u202e"), "text “·[2J·”"),
        (Frame.text("x" * 100), f"text “{'x' * 12}…{'x' * 12}”"),
    ],
)
def test_a_frame_has_few_words(frame: Frame, words: str) -> None:
    assert preview(frame) == words


def test_a_compressed_frame_shows_its_plain_payload() -> None:
    squeezed = Frame(Opcode.TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", rsv1=True)
    assert preview(squeezed, b"Hello") == "text “Hello”"


def test_a_compressed_binary_frame_shows_both_sizes() -> None:
    squeezed = Frame(Opcode.BINARY, bytes(7), rsv1=True)
    assert preview(squeezed, bytes(50)) == "binary, 50 bytes out of 7"
