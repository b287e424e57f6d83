"""Heads and frames are found however the stream is chunked, and every byte is accounted for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.protocol import Frame, Opcode
from wslab.protocol.frames.scanner import FrameScanner, Span, announced_size

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FRAMES = [
    Frame.text("one", mask=b"abcd"),
    Frame.binary(bytes(200)),
    Frame.ping(b""),
    Frame.binary(bytes(70_000), mask=b"\0\0\0\0"),
    Frame.close(1000, "bye"),
]
STREAM = REQUEST + b"".join(frame.serialize() for frame in FRAMES)


def fed(stream: bytes, *sizes: int) -> list[Span]:
    scanner, parts, at = FrameScanner(), [], 0
    for size in (*sizes, len(stream)):
        parts += scanner.feed(stream[at : at + size])
        at += size
    return parts + scanner.end()


def wholes(parts: list[Span]) -> list[tuple[int, int | None, bytes]]:
    """Parts of the same frame put together."""
    found: dict[int, tuple[int, int | None, bytes]] = {}
    for part in parts:
        before = found.get(part.frame, (0, None, b""))[2]
        assert part.at == len(before)
        found[part.frame] = (part.frame, part.opcode, before + part.data)
    return list(found.values())


@given(st.lists(st.integers(1, 300), max_size=300))
def test_the_parts_are_the_stream_however_it_is_chunked(sizes: list[int]) -> None:
    parts = fed(STREAM, *sizes)
    assert b"".join(part.data for part in parts) == STREAM
    expected = [(0, None, REQUEST), *((n, f.opcode, f.serialize()) for n, f in enumerate(FRAMES, 1))]
    assert wholes(parts) == expected


@given(st.binary(max_size=200), st.lists(st.integers(1, 9), max_size=60))
def test_any_bytes_go_through_unharmed(stream: bytes, sizes: list[int]) -> None:
    assert b"".join(part.data for part in fed(stream, *sizes)) == stream


def test_behind_a_refusal_come_no_frames_but_a_page() -> None:
    page = b"HTTP/1.1 403 Forbidden\r\n\r\n\x81\x02hi"
    assert {part.frame for part in fed(page, 5, 20)} == {0}


@given(st.lists(st.integers(1, 40), max_size=60))
def test_behind_an_interim_answer_comes_another_head(sizes: list[int]) -> None:
    """RFC 9110 §15.2: 1xx, but not 101, is not the answer yet."""
    heads = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2 + b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    parts = fed(heads + FRAMES[0].serialize() + FRAMES[4].serialize(), *sizes)
    assert b"".join(part.data for part in parts if part.frame == 0) == heads
    assert wholes([part for part in parts if part.frame]) == [
        (1, Opcode.TEXT, FRAMES[0].serialize()),
        (2, Opcode.CLOSE, FRAMES[4].serialize()),
    ]


@pytest.mark.parametrize("frame", FRAMES)
def test_the_size_of_a_frame_is_told_as_soon_as_its_length_is_whole(frame: Frame) -> None:
    data = frame.serialize()
    sizes = [announced_size(data[:count]) for count in range(15)]
    assert set(sizes) <= {None, len(data)}
    assert sizes[-1] == len(data)


def test_a_copy_goes_on_from_where_the_first_one_is() -> None:
    scanner = FrameScanner()
    scanner.feed(STREAM[: len(REQUEST) + 5])
    assert scanner.is_inside
    other, before = scanner.clone(), scanner.before()
    assert other.feed(STREAM[len(REQUEST) + 5 : len(REQUEST) + 9])[0].last
    assert scanner.is_inside
    assert before.feed(Frame.text("again").serialize())[0] == Span(b"\x81\x05again", 1, Opcode.TEXT, 0, True)
