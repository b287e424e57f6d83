"""What it may cost to look at a mebibyte: heads of many lines, messages that inflate to a thousand times as much."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial

import pytest

from wslab.cli.dissect import json_chunks, take_apart
from wslab.explain import anatomy, verdict
from wslab.explain.anatomy import MOST_FIELDS, MOST_FRAMES
from wslab.explain.inflating import MAX_INFLATED
from wslab.protocol import Deflate, Frame, HandshakeRequest, Role
from wslab.protocol.deflate import Deflater
from wslab.widgets import FrameInspector

MIB = 1 << 20
HEAD = HandshakeRequest.build("127.0.0.1", key="dGhlIHNhbXBsZSBub25jZQ==").serialize()[:-2]


def peak(work: Callable[[], object]) -> int:
    """Bytes that are held at most while it works."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def bombs(count: int) -> bytes:
    """Messages of a kibibyte that inflate to a mebibyte each."""
    deflater = Deflater(Deflate(), Role.SERVER)
    first, next_one = (Frame.binary(deflater.deflate(bytes(MIB))).replace(rsv1=True).serialize() for _ in range(2))
    return first + next_one * (count - 1)


def test_a_verdict_keeps_nothing_of_what_messages_inflate_to() -> None:
    """Half a mebibyte of these took 1 GB."""
    data = bombs(64)
    assert peak(lambda: verdict(data, Role.CLIENT, deflate=Deflate())) < 48 * MIB
    assert verdict(data, Role.CLIENT, deflate=Deflate()).sentence.count("a binary message of 1,048,576 bytes") == 64


def test_all_messages_together_are_inflated_up_to_the_limit() -> None:
    """As JSON they were 1 GB."""
    whole, found = take_apart(bombs(64), Role.CLIENT, deflate=Deflate())
    assert sum(len(part.inflated or b"") for part in whole.parts) == MAX_INFLATED
    assert sum(len(chunk) for chunk in json_chunks(whole, found)) < 4 * MAX_INFLATED
    assert (whole.error, found.accepted) == (None, True)


def test_of_a_head_of_very_many_lines_the_first_fields_are_named_and_the_rest_is_one() -> None:
    """A mebibyte of these took 1.5 GB and 20 s, and 139 MB of JSON; a list in one value took 2 GB."""
    lines = HEAD + b"a:b\r\n" * 10_000 + b"\r\n"
    tokens = HEAD + b"Sec-WebSocket-Protocol: " + b"a," * 20_000 + b"a\r\n\r\n"
    for data in (lines, tokens):
        assert peak(partial(anatomy, data, Role.SERVER)) < 100 * len(data)
        (part,) = anatomy(data, Role.SERVER).parts
        assert (len(part.fields), part.fields[-1].name, part.end) == (
            MOST_FIELDS + 1,
            "More of the head",
            len(data) * 8,
        )
        assert part.fields[-1].meaning.endswith("behind the first 1000 fields: judged, but not taken apart")


def test_a_header_that_is_wrong_behind_them_is_carried_by_the_rest() -> None:
    data = HEAD + b"a:b\r\n" * 4_000 + b"Sec-WebSocket-Version: 12\r\n\r\n"
    found = anatomy(data.replace(b"Sec-WebSocket-Version: 13\r\n", b""), Role.SERVER)
    assert found.error is not None
    assert found.fields[-1].rule is found.error.rule


@pytest.mark.parametrize("role", Role)
def test_a_mebibyte_of_zeros_is_cheap_to_inspect(role: Role) -> None:
    """The inspector took 45 s, and JSON 3.4 GB."""
    whole, found = take_apart(bytes(MIB), role)
    assert sum(len(chunk) for chunk in json_chunks(whole, found)) < MIB
    assert [part.name for part in whole.parts] == ["no frame: nul"]  # of a stream; each frame alone is one
    alone, _ = take_apart(bytes(MIB), role, alone=True)
    assert (len(alone.parts), alone.parts[-1].name) == (MOST_FRAMES + 1, "the rest")
    drawn: list[object] = []
    assert peak(lambda: drawn.append(FrameInspector(bytes(MIB)))) < 64 * MIB
    assert len(str(drawn[0])) < MIB
